"""Compute: how much, how long?"""

from typing import Any, NamedTuple

import numpy as np

from xlllm.arguments import record
from xlllm.formulas import edges
from xlllm.registry import formula

SECONDS_PER_HOUR = 3600
HOURS_PER_DAY = 24
DAYS_PER_YEAR = 365
BYTES_PER_GB = 1e9

LATENT_ATTENTION = (
    "counts for latent attention (kv_latent above 0) are not modelled; "
    'take the published number with LLM_MODEL(key, "params")'
)


@record("arch", at_most=(("kv_heads", "heads"), ("top_k", "experts")))
class Arch(NamedTuple):
    """Architecture of a decoder: Llama-like, GPT-2/3-like or Mixtral-like."""

    layers: Any
    d_model: Any
    d_ff: Any
    heads: Any
    kv_heads: Any
    vocab: Any
    gated: Any = True
    tied: Any = False
    head_dim: Any = None
    """None: d_model/heads."""
    experts: Any = 1
    top_k: Any = 1
    positions: Any = 0
    kv_latent: Any = 0

    def completed(self) -> "Arch":
        """With the head width written out."""
        return self._replace(head_dim=head_width(self))


def head_width(arch: Arch) -> Any:
    """Width of one head, which most models leave at d_model/heads."""
    return arch.d_model / arch.heads if arch.head_dim is None else arch.head_dim


def known(arch: Arch, count: Any) -> Any:
    """``count``, or NaN where latent attention makes it wrong."""
    return np.where(arch.kv_latent > 0, np.nan, count)


@formula(returns="part_params", label="Attention parameters per layer", cites=("brown2020", "touvron2023"))
def attention_params(arch: Arch) -> Any:
    """Weights of the four attention matrices of one layer.

    Notes
    -----
    d_model·head_dim·(2·heads + 2·kv_heads): queries and outputs for every head, keys and values for every group.

    Examples
    --------
    >>> f"{attention_params(Arch(32, 4096, 11008, 32, 32, 32000)):,.0f}"
    '67,108,864'
    """
    return arch.d_model * head_width(arch) * (2 * arch.heads + 2 * arch.kv_heads)


@formula(returns="part_params", label="Feed-forward parameters per expert", cites=("shazeer2020",))
def feed_forward_params(arch: Arch) -> Any:
    """Weights of one feed-forward network (one expert) of one layer.

    Notes
    -----
    Three matrices of d_model·d_ff if gated (SwiGLU), else two.

    Examples
    --------
    >>> f"{feed_forward_params(Arch(32, 4096, 11008, 32, 32, 32000)):,.0f}"
    '135,266,304'
    """
    return np.where(arch.gated, 3, 2) * arch.d_model * arch.d_ff


def _expert_biases(arch: Arch) -> Any:
    """Biases of one feed-forward network in a model that has biases."""
    return np.where(arch.gated, 2, 1) * arch.d_ff + arch.d_model


@formula(returns="part_params", label="Biases and position table", cites=("radford2019",))
def bias_params(arch: Arch) -> Any:
    """Parameters that only models with learned positions have (GPT-2/3): biases, norm biases, position table.

    Notes
    -----
    Per layer: head_dim·(heads + 2·kv_heads) for queries, keys and values, d_model for the attention's output,
    for each expert d_ff (twice if gated) and d_model, and 2·d_model for the norms; plus d_model for the last norm and
    positions·d_model; 0 without learned positions. With :func:`param_count` this is 12h²+13h a layer for GPT-2.

    Examples
    --------
    >>> f"{bias_params(Arch(12, 768, 3072, 12, 12, 50257, False, True, positions=1024)):,.0f}"
    '888,576'
    """
    inner = arch.experts * _expert_biases(arch)
    layer = head_width(arch) * (arch.heads + 2 * arch.kv_heads) + arch.d_model + inner + 2 * arch.d_model
    biases = arch.layers * layer + arch.d_model + arch.positions * arch.d_model
    return np.where(arch.positions > 0, biases, 0)


@formula(
    returns="params", label="Parameters, counted", cites=("touvron2023", "radford2019"), undefined=LATENT_ATTENTION
)
def param_count(arch: Arch) -> Any:
    """Trainable parameters of an architecture, exact for Llama-, GPT-2/3- and Mixtral-like models.

    Notes
    -----
    Per layer: attention, the feed-forward experts, a router d_model·experts if there is more than one, two norms of
    d_model; plus a last norm and the embedding (twice unless tied); plus :func:`bias_params`. Rotary buffers that old
    checkpoints list are not parameters.

    Examples
    --------
    >>> f"{param_count(Arch(32, 4096, 11008, 32, 32, 32000)):,.0f}"   # Llama-2-7B
    '6,738,415,616'
    """
    router = np.where(arch.experts > 1, arch.d_model * arch.experts, 0)
    layer = attention_params(arch) + feed_forward_params(arch) * arch.experts + router + 2 * arch.d_model
    embedding = arch.vocab * arch.d_model * np.where(arch.tied, 1, 2)
    return known(arch, arch.layers * layer + arch.d_model + embedding + bias_params(arch))


@formula(returns="active_params", label="Active parameters, counted", cites=("jiang2024",), undefined=LATENT_ATTENTION)
def active_param_count(arch: Arch) -> Any:
    """Parameters that work on one token: :func:`param_count` with top_k experts in place of all.

    Notes
    -----
    param_count − layers·(experts − top_k)·(parameters of one expert, with its biases). The router counts.

    Examples
    --------
    >>> f"{active_param_count(Arch(32, 4096, 14336, 32, 8, 32000, experts=8, top_k=2)):,.0f}"   # Mixtral 8x7B
    '12,879,925,248'
    """
    biases = np.where(arch.positions > 0, _expert_biases(arch), 0)
    idle = arch.layers * (arch.experts - arch.top_k) * (feed_forward_params(arch) + biases)
    return param_count(arch) - idle


@formula(returns="flops", label="Training compute", cites=("kaplan2020", "hoffmann2022"))
def train_flops(params: Any, tokens: Any) -> Any:
    """Training compute of a dense model; give the active parameters of a mixture.

    Notes
    -----
    C = 6ND: two FLOP a parameter and token forward, four backward (Kaplan et al. 2020 section 2.1).

    Examples
    --------
    >>> f"{train_flops(175e9, 300e9):.3g}"   # GPT-3
    '3.15e+23'
    """
    return 6 * params * tokens


@formula(returns="tokens", label="Tokens for a compute", cites=("kaplan2020", "hoffmann2022"))
def tokens_for_flops(flops: Any, params: Any) -> Any:
    """Training tokens that a given amount of compute allows a model of a given size.

    Notes
    -----
    D = C/(6N): :func:`train_flops` solved for D. At one compute, larger models see fewer tokens (Hoffmann et al. 2022
    section 3.2, IsoFLOP profiles).

    Examples
    --------
    >>> f"{tokens_for_flops(5.76e23, 70e9):.4g}"   # Gopher's compute, Chinchilla's size
    '1.371e+12'
    """
    return flops / (6 * params)


@formula(returns="flops", label="Serving compute", cites=("kaplan2020",))
def forward_flops(params: Any, tokens: Any) -> Any:
    """Compute to read and write tokens with a trained model; give the active parameters of a mixture.

    Notes
    -----
    2ND: one multiplication and one addition a parameter and token, Kaplan et al. 2020 section 2.1, without the
    attention itself.

    Examples
    --------
    >>> f"{forward_flops(70e9, 1e12):.3g}"
    '1.4e+23'
    """
    return 2 * params * tokens


@formula(returns="flops", label="Fine-tuning compute", cites=("kaplan2020", "hu2021"))
def finetune_flops(params: Any, tokens: Any, method: Any = "full") -> Any:
    """Compute of fine-tuning a model.

    Notes
    -----
    Of the six FLOP a parameter and token, two go forward, two pass the gradient back and two make the gradients of
    the weights. "full" needs 6ND; "lora" 4ND, because frozen weights (Hu et al. 2021) have no gradients of their own;
    "frozen" 2ND, when only a new head is trained.

    Examples
    --------
    >>> f"{float(finetune_flops(70e9, 1e9, 'lora')):.3g}"
    '2.8e+20'
    """
    return np.where(method == "full", 6, np.where(method == "lora", 4, 2)) * params * tokens


@formula(returns="flops", label="Preference tuning compute", cites=("ouyang2022",))
def preference_flops(flops: Any, preference_multiple: Any) -> Any:
    """Compute of preference tuning (RLHF), as a multiple of that of the supervised fine-tuning before it.

    Notes
    -----
    Compute of the supervised fine-tuning times the multiple. Ouyang et al. 2022 section 5.1, for 175B: 4.9
    petaflop/s-days of fine-tuning on demonstrations, 60 of PPO-ptx, a multiple of 12.2; pre-training took 3,640.

    Examples
    --------
    >>> f"{preference_flops(4.9 * 8.64e19, 60 / 4.9):.4g}"   # InstructGPT 175B
    '5.184e+21'
    """
    return flops * preference_multiple


@formula(returns="params", label="Parameters after pruning")
def pruned_params(params: Any, params_share: Any) -> Any:
    """Parameters that pruning or distillation leaves of a model.

    Notes
    -----
    parameters·share kept. What it costs in quality, only a test of the smaller model says.

    Examples
    --------
    >>> pruned_params(8e9, 0.5)
    4000000000.0
    """
    return params * params_share


@formula(
    returns="flops",
    label="Training compute with attention",
    cites=("megatron-lm", "narayanan2021"),
    undefined=LATENT_ATTENTION,
)
def model_flops(arch: Arch, seq_len: Any, tokens: Any, causal: Any = True) -> Any:
    """Training compute counted from the architecture, attention included.

    Notes
    -----
    Three times the forward pass: two FLOP a weight of every matrix a token meets (attention, top_k experts, logits)
    and 4·seq_len·heads·head_dim a layer for the attention itself, half of it if causal, as Megatron-LM counts.
    Look-up, norms, biases and router count nothing; recomputation is not model FLOP.

    Examples
    --------
    >>> f"{model_flops(Arch(32, 4096, 11008, 32, 32, 32000), 4096, 2e12):.5e}"   # Llama-2-7B
    '8.57274e+22'
    """
    per_layer = attention_params(arch) + feed_forward_params(arch) * arch.top_k
    matrices = 2 * (arch.layers * per_layer + arch.vocab * arch.d_model)
    scores = arch.layers * 4 * seq_len * arch.heads * head_width(arch) * np.where(causal, 0.5, 1)
    return known(arch, 3 * tokens * (matrices + scores))


@formula(returns="gpu_hours", cites=("chowdhery2022",))
def gpu_hours(flops: Any, peak_flops: Any, mfu: Any) -> Any:
    """Accelerator-hours to perform a given amount of compute.

    Notes
    -----
    h = C/(P·MFU)/3600, with P the dense peak of one accelerator in FLOP/s. MFU as defined by Chowdhery et al. 2022,
    section 4.1.

    Examples
    --------
    >>> round(gpu_hours(3.14e23, 28e12, 1.0) / 8760)   # GPT-3 on V100, in GPU-years
    356
    """
    return flops / (peak_flops * mfu) / SECONDS_PER_HOUR


@formula(returns="gpu_hours", label="GPU-hours billed")
def billed_gpu_hours(gpu_hours: Any, goodput: Any = 1) -> Any:
    """Accelerator-hours that are paid for, restarts and waiting included.

    Notes
    -----
    GPU-hours over goodput: the share of the paid wall clock in which training advances.

    Examples
    --------
    >>> round(billed_gpu_hours(1_022_362, 0.99))
    1032689
    """
    return gpu_hours / goodput


@formula(returns="days", label="Training time")
def train_days(gpu_hours: Any, gpus: Any, goodput: Any = 1) -> Any:
    """Calendar days a training run takes.

    Notes
    -----
    h/(24·G·goodput): GPU-hours of advancing training, spread over the GPUs.

    Examples
    --------
    >>> round(train_days(1_022_362, 2048), 1)   # LLaMA-65B
    20.8
    """
    return gpu_hours / (HOURS_PER_DAY * gpus * goodput)


@formula(returns="gpus", label="GPUs for the deadline")
def gpus_for_deadline(gpu_hours: Any, days: Any, goodput: Any = 1) -> Any:
    """Whole GPUs that finish a training run in time.

    Notes
    -----
    ceil(h/(24·d·goodput)).

    Examples
    --------
    >>> gpus_for_deadline(1_022_362, 21)
    np.float64(2029.0)
    """
    return edges.ceil(gpu_hours / (HOURS_PER_DAY * days * goodput))


@formula(returns="mfu", cites=("chowdhery2022",))
def mfu(flops: Any, gpu_hours: Any, peak_flops: Any) -> Any:
    """Utilisation that a run achieved.

    Notes
    -----
    C/(h·3600·P): Chowdhery et al. 2022, section 4.1. Measured while training advances, recomputation not counted.

    Examples
    --------
    >>> round(mfu(6 * 65.2e9 * 1.4e12, 1_022_362, 312e12), 3)   # LLaMA-65B
    0.477
    """
    return flops / (gpu_hours * SECONDS_PER_HOUR * peak_flops)


@formula(returns="tokens", label="Tokens in a corpus", cites=("touvron2023",))
def tokens_from_gb(gb: Any, bytes_per_token: Any = 3.2857) -> Any:
    """Tokens in a corpus of a given size.

    Notes
    -----
    gb·1e9/bytes_per_token. The default is LLaMA's corpus as it is commonly quoted, 4.6 TB for 1.4T tokens; the rows
    of Table 1 in Touvron et al. 2023 add up to 4.75 TB, which is 3.39 bytes a token.

    Examples
    --------
    >>> f"{tokens_from_gb(4600):.3g}"
    '1.4e+12'
    """
    return gb * BYTES_PER_GB / bytes_per_token


@formula(returns="tokens", label="Tokens in a text")
def tokens_from_chars(chars: Any, chars_per_token: Any) -> Any:
    """Tokens in a text of a given length.

    Notes
    -----
    chars/chars_per_token; LLM_TOKENIZER gives the latter by tokenizer and language.

    Examples
    --------
    >>> tokens_from_chars(1e6, 4)
    250000.0
    """
    return chars / chars_per_token
