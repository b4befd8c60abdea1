"""Memory and parallelism: does it fit?"""

import math
from typing import Any, NamedTuple

import numpy as np

from xlllm.formulas import edges
from xlllm.formulas.compute import (
    BYTES_PER_GB,
    LATENT_ATTENTION,
    Arch,
    attention_params,
    feed_forward_params,
    head_width,
    known,
)
from xlllm.registry import formula

BITS_PER_GB = 8e9
EXPERTS_OVER_COPIES = "experts spread over the data-parallel copies: ep may not exceed dp"


@formula(returns="gb", label="Weights")
def weight_gb(params: Any, weight_bits: Any = 16) -> Any:
    """Memory for the weights.

    Notes
    -----
    params·weight_bits/8e9.

    Examples
    --------
    >>> weight_gb(175e9, 32)   # GPT-3 in FP32
    700.0
    """
    return params * weight_bits / BITS_PER_GB


@formula(returns="gb", label="Model states per GPU", cites=("rajbhandari2020",))
def model_state_gb(
    params: Any,
    zero_stage: Any = 0,
    dp: Any = 1,
    weight_bytes: Any = 2,
    grad_bytes: Any = 2,
    optimizer_bytes: Any = 12,
) -> Any:
    """Memory for weights, gradients and optimizer on each GPU.

    Notes
    -----
    ZeRO, Rajbhandari et al. 2020 section 3 and Table 1: stage 1 spreads the optimizer over the dp copies, stage 2
    also the gradients, stage 3 also the weights.

    Examples
    --------
    >>> round(float(model_state_gb(7.5e9, 1, 64)), 1)
    31.4
    """
    weights = weight_bytes / np.where(zero_stage >= 3, dp, 1)
    gradients = grad_bytes / np.where(zero_stage >= 2, dp, 1)
    optimizer = optimizer_bytes / np.where(zero_stage >= 1, dp, 1)
    return params / BYTES_PER_GB * (weights + gradients + optimizer)


@formula(returns="activation_bytes", label="Activation bytes per value", cites=("korthikanti2022",))
def activation_bytes(
    arch: Arch,
    seq_len: Any,
    tp: Any = 1,
    recompute: Any = "selective",
    sequence_parallel: Any = True,
) -> Any:
    """Bytes of activations one layer keeps for every value of its residual stream.

    Notes
    -----
    Bytes a layer over s·b·h, Korthikanti et al. 2022 equations 1 to 6 with c = 8 + 4·d_ff·top_k/d_model in place of
    24: "full" keeps 2 (the layer's input, never divided by tp), "selective" (10+c)/tp with sequence parallelism and
    10 + c/tp without, "none" adds the attention scores 5·a·s/(h·tp). 16-bit, with dropout.

    Examples
    --------
    >>> float(activation_bytes(Arch(96, 12288, 49152, 96, 96, 51200, False, True), 2048, recompute="none"))   # GPT-3
    114.0
    """
    inner = 8 + 4 * arch.d_ff * arch.top_k / arch.d_model
    kept = np.where(sequence_parallel, (10 + inner) / tp, 10 + inner / tp)
    scores = np.where(recompute == "none", 5 * arch.heads * seq_len / (arch.d_model * tp), 0)
    return np.where(recompute == "full", 2, kept + scores)


@formula(returns="activation_gb", cites=("korthikanti2022",))
def activation_gb(
    arch: Arch,
    seq_len: Any,
    micro_batch: Any,
    tp: Any = 1,
    recompute: Any = "selective",
    sequence_parallel: Any = True,
) -> Any:
    """Memory for the activations of all layers on one GPU.

    Notes
    -----
    layers·s·b·h·:func:`activation_bytes`/1e9: Korthikanti et al. 2022, the form of one layer times the layers; no
    embedding and no head.

    Examples
    --------
    >>> round(float(activation_gb(Arch(96, 12288, 49152, 96, 96, 51200, False, True), 2048, 1, 8)), 2)   # GPT-3
    10.27
    """
    per_value = activation_bytes(arch, seq_len, tp, recompute, sequence_parallel)
    return arch.layers * seq_len * micro_batch * arch.d_model * per_value / BYTES_PER_GB


@formula(returns="part_params", label="Dense parameters, most loaded GPU", cites=("megatron-lm",))
def dense_shard_params(arch: Arch, tp: Any = 1, pp: Any = 1) -> Any:
    """Parameters outside the experts on the most loaded GPU.

    Notes
    -----
    Megatron-LM's accounting: the layers of one pipeline stage over tp, and over tp also the embedding (both ends of
    it if pp = 1 and they are not tied).

    Examples
    --------
    >>> f"{dense_shard_params(Arch(32, 4096, 11008, 32, 32, 32000)):,.0f}"
    '6,738,411,520'
    """
    ends = arch.vocab * arch.d_model / tp * np.where(arch.tied, 1, np.where(pp == 1, 2, 1))
    router = np.where(arch.experts > 1, arch.d_model * arch.experts, 0)
    feed_forward = np.where(arch.experts > 1, 0, feed_forward_params(arch))
    return arch.layers / pp * (attention_params(arch) + feed_forward + router + 2 * arch.d_model) / tp + ends


@formula(returns="part_params", label="Expert parameters, most loaded GPU", cites=("megatron-lm",))
def expert_shard_params(arch: Arch, tp: Any = 1, pp: Any = 1, ep: Any = 1) -> Any:
    """Parameters of the experts on the most loaded GPU; 0 in a dense model.

    Notes
    -----
    Megatron-LM's accounting: the experts of one pipeline stage over tp·ep.

    Examples
    --------
    >>> f"{expert_shard_params(Arch(32, 4096, 14336, 32, 8, 32000, experts=8, top_k=2), ep=8):,.0f}"
    '5,637,144,576'
    """
    return np.where(arch.experts > 1, arch.layers / pp * feed_forward_params(arch) * arch.experts / (tp * ep), 0)


@formula(
    returns="gb",
    label="Training states, most loaded GPU",
    cites=("megatron-lm", "rajbhandari2020"),
    undefined=EXPERTS_OVER_COPIES,
)
def train_state_gb(
    arch: Arch,
    dp: Any = 1,
    tp: Any = 1,
    pp: Any = 1,
    ep: Any = 1,
    zero_stage: Any = 1,
    grad_bytes: Any = 4,
) -> Any:
    """Memory for weights, gradients and optimizer on the most loaded GPU of a 3D-parallel run.

    Notes
    -----
    Megatron-LM's accounting: :func:`model_state_gb` of the dense shard with dp copies and of the expert shard with
    dp/ep copies; 2 bytes a weight, grad_bytes a gradient and 12 bytes of optimizer. Experts spread over the
    data-parallel copies, so that ep may not exceed dp.

    Examples
    --------
    >>> round(float(train_state_gb(Arch(32, 4096, 11008, 32, 32, 32000), dp=8)), 2)
    50.54
    """
    dense = model_state_gb(dense_shard_params(arch, tp, pp), zero_stage, dp, 2, grad_bytes)
    experts = model_state_gb(expert_shard_params(arch, tp, pp, ep), zero_stage, dp / ep, 2, grad_bytes)
    return np.where(np.logical_and(arch.experts > 1, ep > dp), np.nan, dense + experts)


@formula(
    returns="gb",
    label="Training memory per GPU",
    cites=("megatron-lm", "korthikanti2022"),
    undefined=f"{LATENT_ATTENTION}; {EXPERTS_OVER_COPIES}",
)
def train_gb(
    arch: Arch,
    seq_len: Any,
    micro_batch: Any,
    dp: Any = 1,
    tp: Any = 1,
    pp: Any = 1,
    ep: Any = 1,
    zero_stage: Any = 1,
    recompute: Any = "selective",
    grad_bytes: Any = 4,
) -> Any:
    """Training memory on the most loaded GPU, mixtures of experts included.

    Notes
    -----
    Megatron-LM's accounting: :func:`train_state_gb`; activations of all layers, because the first stage holds pp
    micro-batches, sequence-parallel if tp > 1; and the ends: 8 + d_model bytes a token of every micro-batch in flight
    for the embedding, and with pp = 1 also 4·(d_model + vocab) for the head. Megatron-LM's own script, dense models:
    within 5% on 7B, 8B and 175B.

    Examples
    --------
    >>> round(float(train_gb(Arch(32, 4096, 11008, 32, 32, 32000), 4096, 1, dp=8)), 2)   # Llama-2-7B
    66.58
    """
    states = train_state_gb(arch, dp, tp, pp, ep, zero_stage, grad_bytes)
    activations = activation_gb(arch, seq_len, micro_batch, tp, recompute, tp > 1)
    head = np.where(pp == 1, 4 * (arch.d_model + arch.vocab), 0)
    ends = seq_len * micro_batch * ((8 + arch.d_model) * pp + head) / tp / BYTES_PER_GB
    return known(arch, states + activations + ends)


@formula(
    returns="gb",
    label="Training memory, last stage",
    cites=("megatron-lm", "narayanan2021"),
    undefined=f"{LATENT_ATTENTION}; {EXPERTS_OVER_COPIES}",
)
def last_stage_gb(
    arch: Arch,
    seq_len: Any,
    micro_batch: Any,
    dp: Any = 1,
    tp: Any = 1,
    pp: Any = 1,
    ep: Any = 1,
    zero_stage: Any = 1,
    recompute: Any = "selective",
    grad_bytes: Any = 4,
) -> Any:
    """Training memory on a GPU of the last pipeline stage, which holds the logits.

    Notes
    -----
    :func:`train_state_gb`; activations of layers/pp, because one micro-batch is in flight there (Narayanan et al. 2021
    section 2.2.1); and 4·(d_model + vocab) bytes a token for the head. :func:`train_gb` counts the first stage, as
    Megatron-LM's report does: with a pipeline, long sequences and a large vocabulary the last one may need more.

    Examples
    --------
    >>> round(float(last_stage_gb(Arch(32, 4096, 16384, 16, 1, 256000), 65536, 1, 32, 1, 2)), 1)
    245.1
    """
    states = train_state_gb(arch, dp, tp, pp, ep, zero_stage, grad_bytes)
    activations = activation_gb(arch, seq_len, micro_batch, tp, recompute, tp > 1) / pp
    head = seq_len * micro_batch * 4 * (arch.d_model + arch.vocab) / tp / BYTES_PER_GB
    return known(arch, states + activations + head)


@formula(returns="dp", label="Data-parallel copies", cites=("narayanan2021",))
def data_parallel(gpus: Any, tp: Any = 1, pp: Any = 1) -> Any:
    """Copies of the model that a number of GPUs makes room for.

    Notes
    -----
    gpus/(tp·pp): Narayanan et al. 2021 section 3. No whole number means that GPUs stay idle.

    Examples
    --------
    >>> data_parallel(2048, 8)
    256.0
    """
    return gpus / (tp * pp)


@formula(returns="gb", label="Usable memory per GPU")
def usable_gb(gpu_gb: Any, headroom: Any = 0.1) -> Any:
    """Memory of one GPU that a plan may fill.

    Notes
    -----
    gpu_gb·(1 − headroom).

    Examples
    --------
    >>> usable_gb(80)
    72.0
    """
    return gpu_gb * (1 - headroom)


@formula(returns="gpus", label="GPUs that hold it")
def min_gpus(gb: Any, gpu_gb: Any, headroom: Any = 0.1) -> Any:
    """Whole GPUs whose memory together holds a given size.

    Notes
    -----
    ceil(gb/(gpu_gb·(1 − headroom))); headroom is the share of device memory left free.

    Examples
    --------
    >>> min_gpus(1400, 80, 0)
    np.float64(18.0)
    """
    return edges.ceil(gb / usable_gb(gpu_gb, headroom))


@formula(returns="kv_gb", cites=("kwon2023", "deepseek2024"))
def kv_cache_gb(arch: Arch, seq_len: Any, batch: Any, kv_bits: Any = 16) -> Any:
    """Memory for the keys and values of sequences being served.

    Notes
    -----
    2·layers·kv_heads·head_dim·seq_len·batch·kv_bits/8e9, for multi-head, grouped and multi-query attention; with
    latent attention layers·kv_latent in place of 2·layers·kv_heads·head_dim. Kwon et al. 2023 section 3: 800 KB a
    token for OPT-13B.

    Examples
    --------
    >>> round(float(kv_cache_gb(Arch(80, 8192, 28672, 64, 8, 128256), 8192, 1)), 3)   # Llama 3 70B
    2.684
    """
    values = np.where(arch.kv_latent > 0, arch.kv_latent, 2 * arch.kv_heads * head_width(arch))
    return arch.layers * values * seq_len * batch * kv_bits / BITS_PER_GB


@formula(returns="kv_gb_per_token", cites=("kwon2023", "deepseek2024"))
def kv_gb_per_token(arch: Arch, kv_bits: Any = 16) -> Any:
    """Memory for the keys and values of one token.

    Notes
    -----
    :func:`kv_cache_gb` of one sequence of one token.

    Examples
    --------
    >>> float(kv_gb_per_token(Arch(32, 4096, 14336, 32, 8, 128256)))   # Llama 3 8B
    0.000131072
    """
    return kv_cache_gb(arch, 1, 1, kv_bits)


@formula(returns="kv_gb_per_sequence", cites=("kwon2023",))
def kv_gb_per_sequence(kv_gb_per_token: Any, seq_len: Any) -> Any:
    """Memory for the keys and values of one sequence at its full length.

    Notes
    -----
    cache of a token·length.

    Examples
    --------
    >>> round(kv_gb_per_sequence(0.000131072, 2000), 6)   # Llama 3 8B
    0.262144
    """
    return kv_gb_per_token * seq_len


@formula(returns="gb", label="Serving memory")
def serve_gb(params: Any, kv_gb: Any, weight_bits: Any = 16, runtime_overhead: Any = 0) -> Any:
    """Memory for serving: weights, key-value cache and the runtime.

    Notes
    -----
    (weights + cache)·(1 + overhead).

    Examples
    --------
    >>> round(serve_gb(70e9, 21.5, 8, 0.1), 2)
    100.65
    """
    return (weight_gb(params, weight_bits) + kv_gb) * (1 + runtime_overhead)


@formula(returns="max_batch", cites=("kwon2023",))
def max_batch(
    gpu_gb: Any, gpus: Any, params: Any, kv_gb_per_sequence: Any, weight_bits: Any = 16, headroom: Any = 0.1
) -> Any:
    """Sequences whose cache fits beside the weights; 0 if none does.

    Notes
    -----
    max(0, floor((gpus·gpu_gb·(1 − headroom) − weights)/cache of one sequence)).

    Examples
    --------
    >>> float(max_batch(80, 2, 70e9, 0.67, 8))
    110.0
    """
    free = gpus * usable_gb(gpu_gb, headroom) - weight_gb(params, weight_bits)
    return np.maximum(edges.floor(free / kv_gb_per_sequence), 0)


@formula(returns="adapter_params", label="Adapter parameters", cites=("hu2021",))
def lora_params(arch: Arch, rank: Any, matrices: Any = 2) -> Any:
    """Trainable parameters of low-rank adapters.

    Notes
    -----
    layers·matrices·rank·2·d_model: Hu et al. 2021 section 4 for square matrices. Exact for queries and values of
    multi-head attention, an upper bound with grouped attention.

    Examples
    --------
    >>> f"{lora_params(Arch(96, 12288, 49152, 96, 96, 50257, False, True, positions=2048), 4):,.0f}"   # GPT-3
    '18,874,368'
    """
    return arch.layers * matrices * rank * 2 * arch.d_model


@formula(returns="gb", label="LoRA memory", cites=("hu2021", "dettmers2023"))
def lora_gb(params: Any, adapter_params: Any, weight_bits: Any = 16) -> Any:
    """Memory for fine-tuning with adapters, activations not included.

    Notes
    -----
    params·weight_bits/8e9 for the frozen weights, 16 bytes for each adapter parameter (weight, gradient, Adam). Below
    16 bits it is QLoRA (Dettmers et al. 2023).

    Examples
    --------
    >>> round(lora_gb(65.2e9, 40e6, 4.127), 1)
    34.3
    """
    return weight_gb(params, weight_bits) + adapter_params * 16 / BYTES_PER_GB


@formula(returns="fits", cites=("rajbhandari2020",))
def data_parallel_fits(
    params: Any, activation_gb: Any, gpu_gb: Any, dp: Any, zero_stage: Any = 3, headroom: Any = 0.1
) -> Any:
    """Whether data parallelism alone is enough: try it before tensor and pipeline parallelism.

    Notes
    -----
    TRUE if :func:`model_state_gb` with 4-byte gradients plus activations is at most gpu_gb·(1 − headroom).

    Examples
    --------
    >>> bool(data_parallel_fits(7e9, 15, 80, 8))
    True
    """
    needed = model_state_gb(params, zero_stage, dp, 2, 4) + activation_gb
    return edges.at_most(needed, usable_gb(gpu_gb, headroom))


class ParallelPlan(NamedTuple):
    """How training is spread over the GPUs."""

    dp: Any
    tp: Any
    pp: Any
    ep: Any
    zero_stage: Any
    recompute: Any
    gb: Any
    reason: Any


TENSOR_PARALLEL = (1, 2, 4, 8)
RECOMPUTE = ("selective", "full")
ZERO_STAGES = (0, 1, 2, 3)
USABLE_SHARE = 0.9


def _no_plan(arch: Arch, seq_len: Any, gpus: Any, gpu_gb: Any, micro_batch: Any) -> str:
    if arch.kv_latent > 0:
        return LATENT_ATTENTION
    smallest = _search(arch, seq_len, gpus, gpu_gb, micro_batch)[1]
    if not np.isfinite(smallest):
        return f"no split of {gpus:g} GPUs gives every one a whole part of the model; try another number of GPUs"
    usable = USABLE_SHARE * gpu_gb
    return f"nothing fits {usable:.4g} GB: the smallest plan needs {smallest:.4g} GB a GPU; take more or larger GPUs"


@formula(
    returns=("dp", "tp", "pp", "ep", "zero_stage", "recompute", "gb", "reason"),
    kind="S",
    label="Parallel plan",
    cites=("megatron-lm", "narayanan2021", "rajbhandari2020"),
    undefined=_no_plan,
)
def parallel_plan(arch: Arch, seq_len: Any, gpus: Any, gpu_gb: Any, micro_batch: Any = 1) -> ParallelPlan:
    """The simplest way to train that fits: data parallelism first, pipelines only when they must.

    Notes
    -----
    The first plan with :func:`train_gb` ≤ 0.9·gpu_gb, in the order pp = 1, then the divisors of layers; within, tp =
    1, 2, 4, 8 (dividing heads and kv_heads); within, ep = 1, then the divisors of experts; within, recomputation
    selective, full; within, ZeRO stage 0, 1, 2, 3; dp = gpus/(tp·pp), a whole number not below ep. The reason says so
    where :func:`last_stage_gb` does not fit.

    Examples
    --------
    >>> [x.item() for x in parallel_plan(Arch(80, 8192, 28672, 64, 8, 32000), 4096, 1024, 80)[:6]]   # Llama-2-70B
    [1024.0, 1.0, 1.0, 1.0, 3.0, 'full']
    """
    return _search(arch, seq_len, gpus, gpu_gb, micro_batch)[0]


def _search(arch: Arch, seq_len: Any, gpus: Any, gpu_gb: Any, micro_batch: Any) -> tuple[ParallelPlan, Any]:
    """The plan of each element, and the least memory that any plan needs."""
    arch = arch.completed()
    shape = np.broadcast_shapes(*(np.shape(x) for x in (*arch, seq_len, gpus, gpu_gb, micro_batch)))
    smallest = np.full(shape, np.inf)
    found = {name: np.full(shape, np.nan) for name in ("dp", "tp", "pp", "ep", "zero_stage", "gb")}
    recomputed, reason = np.full(shape, "", dtype=object), np.full(shape, "", dtype=object)
    open_ = np.broadcast_to(np.asarray(arch.kv_latent) == 0, shape).copy()
    for pp, tp, ep in _splits(arch, gpus):
        if not open_.any():
            break
        dp = gpus / (tp * pp)
        fits_shape = open_ & _divides(pp, arch.layers) & _divides(tp, arch.heads) & _divides(tp, arch.kv_heads)
        fits_shape &= _divides(ep, arch.experts) & _divides(tp * pp, gpus) & (dp >= ep)
        if not fits_shape.any():
            continue
        for recompute in RECOMPUTE:
            for stage in ZERO_STAGES:
                gb = np.broadcast_to(train_gb(arch, seq_len, micro_batch, dp, tp, pp, ep, stage, recompute), shape)
                smallest = np.where(fits_shape & open_, np.fmin(smallest, gb), smallest)
                chosen = fits_shape & open_ & edges.at_most(gb, USABLE_SHARE * np.asarray(gpu_gb))
                if not chosen.any():
                    continue
                values = {"dp": dp, "tp": tp, "pp": pp, "ep": ep, "zero_stage": stage, "gb": gb}
                for name, value in values.items():
                    found[name] = np.where(chosen, value, found[name])
                recomputed[chosen], reason[chosen] = recompute, _why(pp, tp, ep, recompute)
                last = np.broadcast_to(
                    last_stage_gb(arch, seq_len, micro_batch, dp, tp, pp, ep, stage, recompute), shape
                )
                for at in map(tuple, np.argwhere(chosen & (pp > 1) & (last > USABLE_SHARE * np.asarray(gpu_gb)))):
                    reason[at] += f"; but the last stage needs {last[at]:.4g} GB for its logits"
                open_ &= ~chosen
                if not open_.any():
                    break
    plan = ParallelPlan(**found, recompute=recomputed, reason=reason)
    return plan, smallest


def _splits(arch: Arch, gpus: Any) -> Any:
    """Every pp, tp and ep that some element may use, the simplest first."""
    most = np.max(_known(gpus), initial=0)
    experts = _divisors(arch.experts)
    for pp in _divisors(arch.layers):
        for tp in TENSOR_PARALLEL:
            if pp * tp <= most:
                yield from ((pp, tp, ep) for ep in experts)


def _divisors(numbers: Any) -> Any:
    """Numbers that divide one of ``numbers``, ascending."""
    found: set[int] = set()
    for number in map(int, np.unique(_known(numbers))):
        small = [n for n in range(1, math.isqrt(number) + 1) if number % n == 0]
        found.update(small, (number // n for n in small))
    return sorted(found)


def _known(numbers: Any) -> Any:
    """Without the NaN that stands for an element that could not be read."""
    flat = np.ravel(numbers)
    return flat[~np.isnan(flat)]


def _divides(divisor: Any, number: Any) -> Any:
    return np.asarray(number) % divisor == 0


def _why(pp: int, tp: int, ep: int, recompute: str) -> str:
    """The plan in words: what it resorts to."""
    steps = [f"tensor parallel {tp}"] * (tp > 1) + [f"pipeline parallel {pp}"] * (pp > 1)
    steps += [f"experts over {ep} GPUs"] * (ep > 1) + ["full recomputation"] * (recompute == "full")
    return "data parallel is enough" if not steps else f"needs {', '.join(steps)}"
