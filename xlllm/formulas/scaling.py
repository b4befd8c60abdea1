"""Scaling: how good will it be?"""

from typing import Any, NamedTuple

import numpy as np

from xlllm.arguments import record
from xlllm.formulas import edges
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
R_STAR = 15.387756  # Muennighoff et al. 2023, fit of the value of repeated tokens


@formula(returns="loss", cites=("hoffmann2022", "besiroglu2024"))
def loss(params: Any, tokens: Any, law: Law = BESIROGLU_2024) -> Any:
    r"""Pre-training loss of a model of a given size after a given number of tokens.

    Notes
    -----
    :math:`L = E + A/N^{\alpha} + B/D^{\beta}`, Hoffmann et al. 2022 equation 10; default constants from Besiroglu et
    al. 2024. N counts all parameters, embeddings included. Fitted on models of 44M to 16B parameters.

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


@formula(returns="params", cites=("hoffmann2022",), label="Compute-optimal parameters")
def optimal_params(flops: Any, law: Law = BESIROGLU_2024) -> Any:
    r"""Parameters that reach the least loss for a given compute.

    Notes
    -----
    :math:`N^* = G (C/6)^{\beta/(\alpha+\beta)}`, :math:`G = (\alpha A/\beta B)^{1/(\alpha+\beta)}`: Hoffmann et al.
    2022 equation 4, with C = 6ND. Fitted on 6e18 to 3e21 FLOP.

    Examples
    --------
    >>> f"{optimal_params(5.76e23):.4g}"
    '7.225e+10'
    """
    balance = (law.alpha * law.A / (law.beta * law.B)) ** (1 / (law.alpha + law.beta))
    return balance * (flops / 6) ** (law.beta / (law.alpha + law.beta))


@formula(returns="tokens", cites=("hoffmann2022",), label="Compute-optimal tokens")
def optimal_tokens(flops: Any, law: Law = BESIROGLU_2024) -> Any:
    r"""Training tokens that reach the least loss for a given compute.

    Notes
    -----
    :math:`D^* = (C/6)/N^*`: Hoffmann et al. 2022 equation 4.

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


@formula(returns="tokens", cites=("muennighoff2023",), label="Effective tokens")
def effective_tokens(unique_tokens: Any, epochs: Any, r_star: Any = R_STAR) -> Any:
    r"""Fresh tokens that repeated data is worth.

    Notes
    -----
    :math:`D' = U + U R^*(1 - e^{-(n-1)/R^*})`, Muennighoff et al. 2023 equation 5; below one epoch, the tokens seen.
    Fitted with dropout 0.1 on up to 9B parameters and 1,500 epochs.

    Examples
    --------
    >>> round(float(effective_tokens(1e9, 4)) / 4e9, 3)
    0.931
    """
    repeats = np.maximum(epochs - 1, 0)
    return unique_tokens * (np.minimum(epochs, 1) - r_star * np.expm1(-repeats / r_star))


@formula(returns="corpus_multiple", cites=("kausik2024",), label="Corpus needed, multiple")
def corpus_for_skills(skill_multiple: Any, gamma: Any = 0.44) -> Any:
    r"""How many times larger the corpus must be for a multiple of the skills.

    Notes
    -----
    :math:`k^{1/\gamma}`: Kausik 2024 (version 3), parameters and skills grow as corpus^0.44, so twice the skills need
    more than four times the corpus. The exponent was 0.58 in version 1 and 0.44 to 0.72 from version 4.

    Examples
    --------
    >>> round(corpus_for_skills(2), 2)
    4.83
    """
    return skill_multiple ** (1 / gamma)


@formula(returns="params_multiple", cites=("kausik2024",), label="Parameters needed, multiple")
def params_for_corpus(corpus_multiple: Any, gamma: Any = 0.44) -> Any:
    r"""How many times more parameters a multiple of the corpus calls for.

    Notes
    -----
    :math:`(D_2/D_1)^{\gamma}`: Kausik 2024 (version 3), N grows as D^0.44.

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
