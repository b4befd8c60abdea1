"""Model or data: where does the next dollar go?"""

from typing import Any

import numpy as np

from xlllm.formulas import edges
from xlllm.formulas.compute import SECONDS_PER_HOUR
from xlllm.formulas.data import TOKENS_PER_MTOK
from xlllm.formulas.scaling import BESIROGLU_2024, Law
from xlllm.registry import formula

SERVING = {"serve_usd_per_flop": "usd_per_flop"}


@formula(returns="usd_per_flop", cites=("chowdhery2022",))
def usd_per_flop(gpu_hour_usd: Any, peak_flops: Any, mfu: Any) -> Any:
    """Price of one floating-point operation at the achieved utilisation.

    Notes
    -----
    Price of a GPU-hour over the FLOP it performs, peak·MFU·3600.

    Examples
    --------
    >>> f"{usd_per_flop(3.93, 312e12, 0.45):.3e}"
    '7.775e-18'
    """
    return gpu_hour_usd / (peak_flops * mfu * SECONDS_PER_HOUR)


@formula(returns="loss_per_usd", label="Loss cut by a dollar of model", cites=("hoffmann2022",), same_as=SERVING)
def marginal_loss_params(
    params: Any,
    tokens: Any,
    usd_per_flop: Any,
    data_usd_mtok: Any = 0,
    served_tokens: Any = 0,
    serve_usd_per_flop: Any = None,
    law: Law = BESIROGLU_2024,
) -> Any:
    r"""Loss that one more dollar of parameters cuts.

    Notes
    -----
    :math:`\alpha A N^{-\alpha-1}/(6Dk + 2Tk_s)`: the derivative of the loss (Hoffmann et al. 2022 equation 10) over
    the derivative of the lifetime cost 6NDk + 2NTk_s + Dp. The data price does not enter.

    Examples
    --------
    >>> f"{marginal_loss_params(7e9, 140e9, 7.775e-18, served_tokens=1e12):.3e}"
    '4.085e-07'
    """
    serving = usd_per_flop if serve_usd_per_flop is None else serve_usd_per_flop
    slope = law.alpha * law.A / params ** (law.alpha + 1)
    return slope / (6 * tokens * usd_per_flop + 2 * served_tokens * serving)


@formula(returns="loss_per_usd", label="Loss cut by a dollar of data", cites=("hoffmann2022",), same_as=SERVING)
def marginal_loss_tokens(
    params: Any,
    tokens: Any,
    usd_per_flop: Any,
    data_usd_mtok: Any = 0,
    served_tokens: Any = 0,
    serve_usd_per_flop: Any = None,
    law: Law = BESIROGLU_2024,
) -> Any:
    r"""Loss that one more dollar of training tokens cuts.

    Notes
    -----
    :math:`\beta B D^{-\beta-1}/(6Nk + p)`: the derivative of the loss over the derivative of the lifetime cost
    6NDk + 2NTk_s + Dp. Serving does not enter.

    Examples
    --------
    >>> f"{marginal_loss_tokens(7e9, 140e9, 7.775e-18):.3e}"
    '1.397e-06'
    """
    slope = law.beta * law.B / tokens ** (law.beta + 1)
    return slope / (6 * params * usd_per_flop + data_usd_mtok / TOKENS_PER_MTOK)


@formula(returns="marginal_ratio", cites=("hoffmann2022", "besiroglu2024"), same_as=SERVING)
def marginal_ratio(
    params: Any,
    tokens: Any,
    usd_per_flop: Any,
    data_usd_mtok: Any = 0,
    served_tokens: Any = 0,
    serve_usd_per_flop: Any = None,
    law: Law = BESIROGLU_2024,
) -> Any:
    """R: what a dollar of data cuts over what a dollar of model cuts; above 1, buy data.

    Notes
    -----
    :func:`marginal_loss_tokens` over :func:`marginal_loss_params`. It is 1 at the compute optimum when data is free
    and nothing is served.

    Examples
    --------
    >>> round(marginal_ratio(70e9, 1.4e12, 7.775e-18), 2)
    0.97
    """
    args = (params, tokens, usd_per_flop, data_usd_mtok, served_tokens, serve_usd_per_flop, law)
    return marginal_loss_tokens(*args) / marginal_loss_params(*args)


@formula(returns="data_usd_mtok", label="Break-even data price", cites=("hoffmann2022",), same_as=SERVING)
def breakeven_data_price(
    params: Any,
    tokens: Any,
    usd_per_flop: Any,
    served_tokens: Any = 0,
    serve_usd_per_flop: Any = None,
    law: Law = BESIROGLU_2024,
) -> Any:
    r"""The most worth paying for a million new tokens; above it, enlarge the model.

    Notes
    -----
    The p at which R = 1: :math:`10^6\,(\beta B D^{-\beta-1}/m_N - 6Nk)` with m_N = :func:`marginal_loss_params`.
    Negative means that the model is over-trained already: more tokens are not worth having for free.

    Examples
    --------
    >>> round(breakeven_data_price(7e9, 140e9, 7.775e-18, 1e12), 2)
    0.79
    """
    by_model = marginal_loss_params(params, tokens, usd_per_flop, 0, served_tokens, serve_usd_per_flop, law)
    slope = law.beta * law.B / tokens ** (law.beta + 1)
    return TOKENS_PER_MTOK * (slope / by_model - 6 * params * usd_per_flop)


@formula(returns="advice", cites=("hoffmann2022",), same_as=SERVING)
def next_dollar(
    params: Any,
    tokens: Any,
    usd_per_flop: Any,
    data_usd_mtok: Any = 0,
    served_tokens: Any = 0,
    serve_usd_per_flop: Any = None,
    law: Law = BESIROGLU_2024,
    band: Any = 0.1,
) -> Any:
    """Where the next dollar cuts the loss most: "data", "model" or "balanced".

    Notes
    -----
    "data" if R > 1 + band, "model" if R < 1/(1 + band), else "balanced"; R of :func:`marginal_ratio`.

    Examples
    --------
    >>> str(next_dollar(7e9, 140e9, 7.775e-18, served_tokens=1e12))
    'data'
    """
    ratio = marginal_ratio(params, tokens, usd_per_flop, data_usd_mtok, served_tokens, serve_usd_per_flop, law)
    better_data = edges.more(ratio, 1 + band)
    better_model = edges.less(ratio, 1 / (1 + band))
    return np.where(better_data, "data", np.where(better_model, "model", "balanced"))
