"""Memory and parallelism: does it fit?"""

from typing import Any

import numpy as np

from xlllm.formulas import edges
from xlllm.formulas.compute import BYTES_PER_GB, LATENT_ATTENTION, Arch, attention_params, feed_forward_params, known
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
    >>> gpt3 = Arch(96, 12288, 49152, 96, 96, 51200, gated=False, tied=True)
    >>> float(activation_bytes(gpt3, 2048, recompute="none"))
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
    >>> gpt3 = Arch(96, 12288, 49152, 96, 96, 51200, gated=False, tied=True)
    >>> round(float(activation_gb(gpt3, 2048, 1, 8)) / 96 * 1e9 / 2**20, 1)   # MiB a layer
    102.0
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
    return edges.ceil(gb / (gpu_gb * (1 - headroom)))
