"""Scaling: how good will it be?"""

from typing import Any, NamedTuple

import numpy as np

from xlllm.arguments import record
from xlllm.formulas import edges, solvers
from xlllm.registry import formula


@record("law")
class Law(NamedTuple):
    """Loss law ``E + A/N^alpha + B/D^beta``."""

    E: Any
    A: Any
    B: Any
    alpha: Any
    beta: Any


BESIROGLU_2024 = Law(1.8172, 482.01, 2085.43, 0.3478, 0.3658)
MUENNIGHOFF_2023 = Law(1.86914367840549, 520.824951659919, 1487.71609378286, 0.3526596, 0.3526596)
"""Exponentials of the published logarithms 0.6254804, 6.255414, 7.3049974, to the 15 digits a spreadsheet keeps."""
R_STAR = 15.387756  # Muennighoff et al. 2023, fit of the value of repeated tokens
R_STAR_PARAMS = 5.309743  # the same for parameters beyond what the data can use
USABLE_PARAMS = 0.0509865176536583  # parameters a unique token can use: (A/B)^(1/alpha) of their law
FLOP_PER_PF_DAY = 8.64e19
WIDEST_ODDS = 80.0  # e^80 to 1: further apart than any law drives size and data


def _root(x: Any, exponent: float) -> Any:
    """x^(1/exponent), with the exponent as it is printed."""
    return np.exp(np.log(x) / exponent)


@formula(returns="loss", cites=("hoffmann2022", "besiroglu2024"))
def loss(params: Any, tokens: Any, law: Law = BESIROGLU_2024) -> Any:
    """Pre-training loss of a model of a given size after a given number of tokens.

    Notes
    -----
    L = E + A/N^α + B/D^β, Hoffmann et al. 2022 equation 10; default constants from Besiroglu et al. 2024. N counts
    all parameters, embeddings included. Fitted on models of 44M to 16B parameters.

    Examples
    --------
    >>> round(loss(70e9, 1.4e12), 4)
    1.9739
    """
    return law.E + law.A / params**law.alpha + law.B / tokens**law.beta


@formula(returns="loss", cites=("hoffmann2022",), label="Loss floor")
def loss_floor(law: Law = BESIROGLU_2024) -> Any:
    """Loss that neither size nor data can remove.

    Notes
    -----
    E of the law: the entropy of text as the fit sees it, Hoffmann et al. 2022 equation 10.

    Examples
    --------
    >>> loss_floor()
    1.8172
    """
    return law.E


@formula(returns="size_balance", cites=("hoffmann2022",))
def size_balance(law: Law = BESIROGLU_2024) -> Any:
    """How a law divides compute between size and data.

    Notes
    -----
    G = (αA/(βB))^(1/(α+β)): Hoffmann et al. 2022 equation 4.

    Examples
    --------
    >>> round(size_balance(), 4)
    0.1196
    """
    return (law.alpha * law.A / (law.beta * law.B)) ** (1 / (law.alpha + law.beta))


@formula(returns="params", cites=("hoffmann2022",), label="Compute-optimal parameters")
def optimal_params(flops: Any, law: Law = BESIROGLU_2024) -> Any:
    """Parameters that reach the least loss for a given compute.

    Notes
    -----
    N* = G·(C/6)^(β/(α+β)), G = (αA/(βB))^(1/(α+β)): Hoffmann et al. 2022 equation 4, with C = 6ND. Fitted on 6e18 to
    3e21 FLOP.

    Examples
    --------
    >>> f"{optimal_params(5.76e23):.4g}"
    '7.225e+10'
    """
    return size_balance(law) * (flops / 6) ** (law.beta / (law.alpha + law.beta))


@formula(returns="tokens", cites=("hoffmann2022",), label="Compute-optimal tokens")
def optimal_tokens(flops: Any, law: Law = BESIROGLU_2024) -> Any:
    """Training tokens that reach the least loss for a given compute.

    Notes
    -----
    D* = (C/6)/N*: Hoffmann et al. 2022 equation 4.

    Examples
    --------
    >>> f"{optimal_tokens(5.76e23):.4g}"
    '1.329e+12'
    """
    return flops / 6 / optimal_params(flops, law)


@formula(returns="loss", cites=("hoffmann2022",), label="Compute-optimal loss")
def optimal_loss(flops: Any, law: Law = BESIROGLU_2024) -> Any:
    """Least loss that a given compute can reach.

    Notes
    -----
    The loss at the optimal parameters and tokens: Hoffmann et al. 2022 equations 4 and 10.

    Examples
    --------
    >>> round(optimal_loss(5.76e23), 4)
    1.9744
    """
    return loss(optimal_params(flops, law), optimal_tokens(flops, law), law)


@formula(returns="tokens_per_param", cites=("hoffmann2022",), label="Compute-optimal tokens per parameter")
def tokens_per_param(flops: Any, law: Law = BESIROGLU_2024) -> Any:
    """Training tokens per parameter at the optimum for a given compute.

    Notes
    -----
    D*/N* of Hoffmann et al. 2022 equation 4: about 18 with the default law and 93 with the constants as printed in
    2022, at the same 5.76e23 FLOP.

    Examples
    --------
    >>> round(tokens_per_param(5.76e23), 1)
    18.4
    """
    return optimal_tokens(flops, law) / optimal_params(flops, law)


UNREACHABLE = "no size or amount of data reaches this loss: it lies below what the law leaves at the other's value"


@formula(returns="params", label="Parameters for a loss", cites=("hoffmann2022",), undefined=UNREACHABLE)
def params_for_loss(loss: Any, tokens: Any, law: Law = BESIROGLU_2024) -> Any:
    """Parameters that reach a loss with a given number of training tokens.

    Notes
    -----
    N = (A/(L − E − B·D^(−β)))^(1/α): the inverse of Hoffmann et al. 2022 equation 10.

    Examples
    --------
    >>> f"{params_for_loss(1.9739, 1.4e12):.3g}"
    '7e+10'
    """
    least = law.E + law.B / tokens**law.beta
    return np.where(edges.more(loss, least), (law.A / (loss - least)) ** (1 / law.alpha), np.nan)


@formula(returns="tokens", label="Tokens for a loss", cites=("hoffmann2022",), undefined=UNREACHABLE)
def tokens_for_loss(loss: Any, params: Any, law: Law = BESIROGLU_2024) -> Any:
    """Training tokens with which a model of a given size reaches a loss.

    Notes
    -----
    D = (B/(L − E − A·N^(−α)))^(1/β): the inverse of Hoffmann et al. 2022 equation 10.

    Examples
    --------
    >>> f"{tokens_for_loss(1.9739, 70e9):.3g}"
    '1.4e+12'
    """
    least = law.E + law.A / params**law.alpha
    return np.where(edges.more(loss, least), (law.B / (loss - least)) ** (1 / law.beta), np.nan)


@formula(
    returns="flops",
    label="Compute for a loss",
    cites=("hoffmann2022",),
    undefined="no compute reaches this loss: it is not above the law's irreducible loss E",
)
def flops_for_loss(loss: Any, law: Law = BESIROGLU_2024) -> Any:
    """Least training compute that reaches a loss.

    Notes
    -----
    C = 6·((A·G^(−α) + B·G^β)/(L − E))^((α+β)/(αβ)): the inverse of the optimal loss, Hoffmann et al. 2022 equation 4.

    Examples
    --------
    >>> f"{flops_for_loss(1.9744):.3g}"
    '5.77e+23'
    """
    balance = size_balance(law)
    reducible = law.A / balance**law.alpha + law.B * balance**law.beta
    exponent = (law.alpha + law.beta) / (law.alpha * law.beta)
    return np.where(edges.more(loss, law.E), 6 * (reducible / (loss - law.E)) ** exponent, np.nan)


@formula(
    returns="loss",
    label="Loss by Kaplan et al.",
    cites=("kaplan2020",),
    fitted={"nonembedding_params": (768, 1.5e9), "tokens": (22e6, 23e9)},
)
def kaplan_loss(nonembedding_params: Any, tokens: Any) -> Any:
    """Pre-training loss by the law of 2020, which counts parameters without embeddings.

    Notes
    -----
    L = ((6.4e13/N)^(0.076/0.103) + 1.8e13/D)^0.103: Kaplan et al. 2020 equation 1.5 with the constants of the joint
    fit, Table 2. Fitted on 768 to 1.5 billion non-embedding parameters and 22M to 23B tokens.

    Examples
    --------
    >>> round(float(kaplan_loss(1.5e9, 22e9)), 3)
    2.313
    """
    size = _root((6.4e13 / nonembedding_params) ** 0.076, 0.103)
    return (size + 1.8e13 / tokens) ** 0.103


@formula(
    returns="nonembedding_params",
    label="Optimal parameters by Kaplan et al.",
    cites=("kaplan2020",),
    fitted={"nonembedding_params": (768, 1.5e9)},
)
def kaplan_optimal_params(flops: Any) -> Any:
    """Compute-optimal non-embedding parameters by the law of 2020: far larger models than the later laws advise.

    Notes
    -----
    1.3e9·(C/PF-day)^0.73, a PF-day being 8.64e19 FLOP: Kaplan et al. 2020 equation 1.8 and appendix A.

    Examples
    --------
    >>> f"{kaplan_optimal_params(8.64e20):.3g}"
    '6.98e+09'
    """
    return 1.3e9 * (flops / FLOP_PER_PF_DAY) ** 0.73


@formula(
    returns="tokens", label="Optimal tokens by Kaplan et al.", cites=("kaplan2020",), fitted={"tokens": (22e6, 23e9)}
)
def kaplan_optimal_tokens(flops: Any) -> Any:
    """Compute-optimal training tokens by the law of 2020.

    Notes
    -----
    2e10·(C/PF-day)^0.27: Kaplan et al. 2020 appendix A, batch times steps. It is 1.8 times C/(6N), because their
    optimum stops training before it has converged.

    Examples
    --------
    >>> f"{kaplan_optimal_tokens(8.64e20):.3g}"
    '3.72e+10'
    """
    return 2e10 * (flops / FLOP_PER_PF_DAY) ** 0.27


@formula(returns="tokens", label="Critical batch", cites=("kaplan2020",))
def critical_batch(loss: Any) -> Any:
    """Tokens per batch above which more parallel work saves little time.

    Notes
    -----
    2e8/L^(1/0.21) tokens: Kaplan et al. 2020 equation 1.4.

    Examples
    --------
    >>> f"{critical_batch(2.4):.3g}"
    '3.09e+06'
    """
    return 2e8 / _root(loss, 0.21)


@formula(returns="tokens", label="Optimal tokens by Llama 3", cites=("meta2024",), fitted={"flops": (6e18, 1e22)})
def llama3_optimal_tokens(flops: Any) -> Any:
    """Compute-optimal training tokens as the Llama 3 team fitted them.

    Notes
    -----
    0.299·C^0.537: Llama 3 section 3.2.1, with the constants on its figure; the text prints 0.29 and 0.53, which give
    a third fewer tokens at 3.8e25 FLOP than the 16.55T it states. Fitted on 6e18 to 1e22 FLOP.

    Examples
    --------
    >>> f"{llama3_optimal_tokens(3.8e25):.4g}"
    '1.629e+13'
    """
    return 0.299 * flops**0.537


@formula(returns="tokens", label="Batch by DeepSeek LLM", cites=("bi2024",), fitted={"flops": (1e17, 2e19)})
def deepseek_batch(flops: Any) -> Any:
    """Near-optimal tokens per batch for a given training compute.

    Notes
    -----
    0.2920·C^0.3271 tokens: DeepSeek LLM 2024 equation 1; C without embeddings.

    Examples
    --------
    >>> f"{deepseek_batch(1e20):.4g}"
    '1.017e+06'
    """
    return 0.2920 * flops**0.3271


@formula(returns="learning_rate", cites=("bi2024",), fitted={"flops": (1e17, 2e19)})
def deepseek_learning_rate(flops: Any) -> Any:
    """Near-optimal peak learning rate for a given training compute.

    Notes
    -----
    0.3118·C^(−0.1250): DeepSeek LLM 2024 equation 1; C without embeddings.

    Examples
    --------
    >>> f"{deepseek_learning_rate(1e20):.3e}"
    '9.860e-04'
    """
    return 0.3118 / flops**0.1250


@formula(returns="tokens", cites=("muennighoff2023",), label="Effective tokens", fitted={"epochs": (0, 500)})
def effective_tokens(unique_tokens: Any, epochs: Any, r_star: Any = R_STAR) -> Any:
    """Fresh tokens that repeated data is worth.

    Notes
    -----
    D' = U + U·R*·(1 − e^(−(n−1)/R*)), Muennighoff et al. 2023 equation 5; below one epoch, the tokens seen. Fitted
    with dropout 0.1 on up to 9B parameters and 500 epochs.

    Examples
    --------
    >>> round(float(effective_tokens(1e9, 4)) / 4e9, 3)
    0.931
    """
    repeats = np.maximum(epochs - 1, 0)
    return unique_tokens * (np.minimum(epochs, 1) - r_star * np.expm1(-repeats / r_star))


@formula(returns="epochs", label="Passes over the corpus")
def epochs(tokens: Any, unique_tokens: Any) -> Any:
    """How often training passes over the corpus.

    Notes
    -----
    training tokens/unique tokens; below 1, part of the corpus is not seen.

    Examples
    --------
    >>> epochs(3e12, 0.75e12)
    4.0
    """
    return tokens / unique_tokens


@formula(returns="params", cites=("muennighoff2023",), label="Parameters the data can use")
def usable_params(params: Any, unique_tokens: Any, epochs: Any) -> Any:
    """Parameters that count in full: what the unique tokens can use, and no more than there are.

    Notes
    -----
    U_N = min((A/B)^(1/α)·U_D, N) with the constants of Muennighoff et al. 2023 equation 6, U_D being the unique tokens
    seen: 0.051 parameters a token.

    Examples
    --------
    >>> f"{float(usable_params(9e9, 25e9, 40)):.4g}"
    '1.275e+09'
    """
    return np.minimum(USABLE_PARAMS * unique_tokens * np.minimum(epochs, 1), params)


@formula(returns="params", cites=("muennighoff2023",), label="Effective parameters")
def effective_params(params: Any, unique_tokens: Any, epochs: Any) -> Any:
    """Parameters that a model is worth when its data repeats: beyond what the data can use, further ones count less.

    Notes
    -----
    N' = U_N + U_N·R_N*·(1 − e^(−(N/U_N − 1)/R_N*)): Muennighoff et al. 2023 equation 6, with R_N* = 5.309743 and U_N
    of :func:`usable_params`.

    Examples
    --------
    >>> f"{float(effective_params(9e9, 25e9, 40)):.4g}"
    '5.881e+09'
    """
    usable = usable_params(params, unique_tokens, epochs)
    return usable * (1 - R_STAR_PARAMS * np.expm1(-(params / usable - 1) / R_STAR_PARAMS))


@formula(
    returns="loss",
    cites=("muennighoff2023",),
    label="Loss with repeated data",
    fitted={"params": (7e6, 9e9), "epochs": (0, 500)},
)
def repeated_loss(params: Any, unique_tokens: Any, epochs: Any) -> Any:
    """Pre-training loss when the corpus is passed through several times.

    Notes
    -----
    L = E + A/N'^α + B/D'^β, Muennighoff et al. 2023 equation 4, with :func:`effective_params` and
    :func:`effective_tokens` and their own constants. Fitted with dropout 0.1 on 7M to 9B parameters.

    Examples
    --------
    >>> round(float(repeated_loss(8.7e9, 25e9, 7)), 3)
    2.228
    """
    return loss(
        effective_params(params, unique_tokens, epochs), effective_tokens(unique_tokens, epochs), MUENNIGHOFF_2023
    )


@formula(returns="epochs", cites=("muennighoff2023",), label="Epochs worth their while")
def max_epochs(token_value: Any, r_star: Any = R_STAR) -> Any:
    """Epochs until one more repeated token is worth only a given share of a fresh one.

    Notes
    -----
    n = 1 − R*·ln v: where the derivative of Muennighoff et al. 2023 equation 5 is v. It is the value of the marginal
    token, neither the average so far nor that of a whole further epoch.

    Examples
    --------
    >>> round(float(max_epochs(0.5)), 2)
    11.67
    """
    return 1 - r_star * np.log(token_value)


@formula(returns="corpus_multiple", cites=("kausik2024",), label="Corpus needed, multiple")
def corpus_for_skills(skill_multiple: Any, gamma: Any = 0.44) -> Any:
    """How many times larger the corpus must be for a multiple of the skills.

    Notes
    -----
    k^(1/γ): Kausik 2024 (version 3), parameters and skills grow as corpus^0.44, so twice the skills need more than
    four times the corpus. The exponent was 0.58 in version 1 and 0.44 to 0.72 from version 4.

    Examples
    --------
    >>> round(corpus_for_skills(2), 2)
    4.83
    """
    return skill_multiple ** (1 / gamma)


@formula(returns="params_multiple", cites=("kausik2024",), label="Parameters needed, multiple")
def params_for_corpus(corpus_multiple: Any, gamma: Any = 0.44) -> Any:
    """How many times more parameters a multiple of the corpus calls for.

    Notes
    -----
    (D_2/D_1)^γ: Kausik 2024 (version 3), N grows as D^0.44.

    Examples
    --------
    >>> round(params_for_corpus(2), 3)
    1.357
    """
    return corpus_multiple**gamma


@formula(returns="may_emerge", cites=("kausik2024",))
def may_emerge(params: Any, unique_sequences: Any) -> Any:
    """Whether scaling up may still uncover skills nobody saw coming.

    Notes
    -----
    Kausik 2024: if the model has fewer parameters than the corpus has unique sequences. The count of sequences is the
    user's own estimate; the answer is a flag to verify, never part of a recommendation.

    Examples
    --------
    >>> bool(may_emerge(65.2e9, 1e12))
    True
    """
    return edges.less(params, unique_sequences)


@formula(
    returns="loss",
    label="Loss of a mixture",
    cites=("krajewski2024",),
    fitted={"total_params": (129e6, 3.7e9), "tokens": (16e9, 130e9), "granularity": (1, 16)},
)
def moe_loss(total_params: Any, tokens: Any, granularity: Any = 1) -> Any:
    """Pre-training loss of a mixture of experts with 64 times the feed-forward parameters that a token uses.

    Notes
    -----
    L = 0.47 + (2.1/G^0.58 + 18.1)/N^0.115 + 30.8/D^0.147: Krajewski et al. 2024, Table 1, for expansion 64 only. N
    counts all parameters without embeddings, the idle experts included.

    Examples
    --------
    >>> round(moe_loss(1e9, 20e9, 8), 3)
    3.14
    """
    experts = 2.1 / granularity**0.58
    return 0.47 + (experts + 18.1) / total_params**0.115 + 30.8 / tokens**0.147


@formula(returns="params", label="Parameters with retrieval", cites=("borgeaud2021",))
def retrieval_params(params: Any, ratio: Any = 25) -> Any:
    """Parameters that a model with retrieval needs to equal a dense one.

    Notes
    -----
    params/ratio. 25 is the wording of RETRO's abstract (Borgeaud et al. 2021): 7.5B parameters against GPT-3's 175B.
    It is a claim about some benchmarks; test it on your own task.

    Examples
    --------
    >>> retrieval_params(175e9)
    7000000000.0
    """
    return params / ratio


NOT_ABOVE_FLOOR = "the loss must lie above the law's irreducible loss E, and not so close that sizes overflow"


@formula(
    returns="params", kind="S", label="Parameters, serving counted", cites=("sardana2024",), undefined=NOT_ABOVE_FLOOR
)
def lifetime_params(loss: Any, served_tokens: Any, law: Law = BESIROGLU_2024) -> Any:
    """Parameters that reach a loss with the least compute of training and serving together.

    Notes
    -----
    The N at which αA·N^(−α)/(βB·D^(−β)) = 1 + T/(3D) with D = :func:`tokens_for_loss`: Sardana et al. 2024 section 2,
    least 6ND + 2NT. Solved to 1e-12.

    Examples
    --------
    >>> f"{float(lifetime_params(1.95, 2e12)):.4g}"
    '8.9e+10'
    """
    reducible = np.where(loss > law.E, loss - law.E, np.nan)
    return (law.A / (_size_share(reducible, served_tokens, law) * reducible)) ** (1 / law.alpha)


@formula(returns="tokens", kind="S", label="Tokens, serving counted", cites=("sardana2024",), undefined=NOT_ABOVE_FLOOR)
def lifetime_tokens(loss: Any, served_tokens: Any, law: Law = BESIROGLU_2024) -> Any:
    """Training tokens that go with the parameters of the least lifetime compute.

    Notes
    -----
    :func:`tokens_for_loss` at :func:`lifetime_params`: Sardana et al. 2024 section 2.

    Examples
    --------
    >>> f"{float(lifetime_tokens(1.95, 2e12)):.4g}"
    '2.868e+12'
    """
    reducible = np.where(loss > law.E, loss - law.E, np.nan)
    return (law.B / ((1 - _size_share(reducible, served_tokens, law)) * reducible)) ** (1 / law.beta)


def _size_share(reducible: Any, served_tokens: Any, law: Law) -> Any:
    """Share of the reducible loss that size leaves, where training and serving together cost the least compute."""

    def excess(odds: Any, served: Any, e: Any, b: Any, alpha: Any, beta: Any) -> Any:
        """Falls short of 0 where the model is too large; ``odds`` is the logarithm of share/(1 − share)."""
        tokens = (b * (1 + np.exp(odds)) / e) ** (1 / beta)
        return np.log(alpha / beta) + odds - np.log1p(served / (3 * tokens))

    args = np.broadcast_arrays(served_tokens, reducible, law.B, law.alpha, law.beta)
    odds = solvers.root(excess, -WIDEST_ODDS, WIDEST_ODDS, args)
    return 1 / (1 + np.exp(-odds))
