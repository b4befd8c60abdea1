"""Model or data: where does the next dollar go?"""

from typing import Any

import numpy as np

from xlllm.formulas import edges, solvers
from xlllm.formulas.compute import SECONDS_PER_HOUR
from xlllm.formulas.data import MINUTES_PER_HOUR, TOKENS_PER_MTOK
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


@formula(returns="usd", label="Lifetime cost", cites=("sardana2024",), same_as=SERVING)
def lifetime_usd(
    params: Any,
    tokens: Any,
    usd_per_flop: Any,
    data_usd_mtok: Any = 0,
    served_tokens: Any = 0,
    serve_usd_per_flop: Any = None,
) -> Any:
    """What training, data and serving cost over the life of a model.

    Notes
    -----
    6NDk + 2NTk_s + Dp: Sardana et al. 2024 equation 6, with a price of data. People, experiments and evaluation are
    not in it.

    Examples
    --------
    >>> round(lifetime_usd(70e9, 1.4e12, 7.775e-18, 0.1, 1e12))
    5800200
    """
    serving = usd_per_flop if serve_usd_per_flop is None else serve_usd_per_flop
    data = tokens * data_usd_mtok / TOKENS_PER_MTOK
    return 6 * params * tokens * usd_per_flop + 2 * params * served_tokens * serving + data


@formula(
    returns="params",
    label="Parameters for a budget",
    cites=("sardana2024",),
    same_as=SERVING,
    undefined="the data alone costs as much as the budget or more: raise the budget, or train on fewer tokens",
)
def params_for_budget(
    budget_usd: Any,
    tokens: Any,
    usd_per_flop: Any,
    data_usd_mtok: Any = 0,
    served_tokens: Any = 0,
    serve_usd_per_flop: Any = None,
) -> Any:
    """Parameters of the model that a budget trains on given tokens, feeds and serves.

    Notes
    -----
    (budget − Dp)/(6Dk + 2Tk_s): :func:`lifetime_usd` solved for N.

    Examples
    --------
    >>> f"{float(params_for_budget(5_800_200, 1.4e12, 7.775e-18, 0.1, 1e12)):.4g}"
    '7e+10'
    """
    serving = usd_per_flop if serve_usd_per_flop is None else serve_usd_per_flop
    data = tokens * data_usd_mtok / TOKENS_PER_MTOK
    params = (budget_usd - data) / (6 * tokens * usd_per_flop + 2 * served_tokens * serving)
    return np.where(edges.more(budget_usd, data), params, np.nan)


@formula(
    returns="tokens",
    label="Tokens for a budget",
    cites=("sardana2024",),
    same_as=SERVING,
    undefined="serving alone costs as much as the budget or more: raise the budget, or serve a smaller model",
)
def tokens_for_budget(
    budget_usd: Any,
    params: Any,
    usd_per_flop: Any,
    data_usd_mtok: Any = 0,
    served_tokens: Any = 0,
    serve_usd_per_flop: Any = None,
) -> Any:
    """Training tokens that a budget leaves to a model of a given size, once it is served.

    Notes
    -----
    (budget − 2NTk_s)/(6Nk + p): :func:`lifetime_usd` solved for D.

    Examples
    --------
    >>> f"{float(tokens_for_budget(5_800_200, 70e9, 7.775e-18, 0.1, 1e12)):.4g}"
    '1.4e+12'
    """
    serving = usd_per_flop if serve_usd_per_flop is None else serve_usd_per_flop
    served = 2 * params * served_tokens * serving
    tokens = (budget_usd - served) / (6 * params * usd_per_flop + data_usd_mtok / TOKENS_PER_MTOK)
    return np.where(edges.more(budget_usd, served), tokens, np.nan)


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
    """Loss that one more dollar of parameters cuts.

    Notes
    -----
    αA·N^(−α−1)/(6Dk + 2Tk_s): the derivative of the loss (Hoffmann et al. 2022 equation 10) over the derivative of
    the lifetime cost 6NDk + 2NTk_s + Dp. The data price does not enter.

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
    """Loss that one more dollar of training tokens cuts.

    Notes
    -----
    βB·D^(−β−1)/(6Nk + p): the derivative of the loss over the derivative of the lifetime cost 6NDk + 2NTk_s + Dp.
    Serving does not enter.

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
    """The most worth paying for a million new tokens; above it, enlarge the model.

    Notes
    -----
    The p at which R = 1: 1e6·(βB·D^(−β−1)/m_N − 6Nk) with m_N = :func:`marginal_loss_params`. Negative means that the
    model is over-trained already: more tokens are not worth having for free.

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


TOO_SMALL = "the budget pays for no model of even one parameter and one token, or its optimum is smaller than that"


@formula(
    returns="params",
    kind="S",
    label="Best parameters for a budget",
    cites=("hoffmann2022", "sardana2024"),
    same_as=SERVING,
    undefined=TOO_SMALL,
)
def best_params(
    budget_usd: Any,
    usd_per_flop: Any,
    data_usd_mtok: Any = 0,
    served_tokens: Any = 0,
    serve_usd_per_flop: Any = None,
    law: Law = BESIROGLU_2024,
) -> Any:
    """Parameters of the model with the least loss that a budget trains, feeds and serves.

    Notes
    -----
    The N at which :func:`lifetime_usd` is the budget and :func:`marginal_ratio` is 1. With free data and nothing
    served it is :func:`optimal_params` of the compute that the budget buys. Solved to 1e-12.

    Examples
    --------
    >>> f"{float(best_params(10e6, 7.775e-18, 0.5, 1e12)):.4g}"
    '8.875e+10'
    """
    serving = usd_per_flop if serve_usd_per_flop is None else serve_usd_per_flop
    price = data_usd_mtok / TOKENS_PER_MTOK
    largest = (budget_usd - price) / (6 * usd_per_flop + 2 * served_tokens * serving)  # with one token of training

    def data_over_model(log_params: Any, budget: Any, k: Any, p: Any, served: Any, ks: Any, *law: Any) -> Any:
        """Logarithm of R along the budget; it rises with the size of the model."""
        params = np.exp(log_params)
        tokens = tokens_for_budget(budget, params, k, p, served, ks)
        ratio = marginal_ratio(params, tokens, k, p, served, ks, Law(*law))
        return np.where(tokens > 0, np.log(ratio), np.inf)

    args = np.broadcast_arrays(budget_usd, usd_per_flop, data_usd_mtok, served_tokens, serving, *law)
    return np.exp(solvers.root(data_over_model, 0.0, np.log(largest), args))


@formula(
    returns="tokens",
    kind="S",
    label="Best tokens for a budget",
    cites=("hoffmann2022", "sardana2024"),
    same_as=SERVING,
    undefined=TOO_SMALL,
)
def best_tokens(
    budget_usd: Any,
    usd_per_flop: Any,
    data_usd_mtok: Any = 0,
    served_tokens: Any = 0,
    serve_usd_per_flop: Any = None,
    law: Law = BESIROGLU_2024,
) -> Any:
    """Training tokens of the model with the least loss that a budget trains, feeds and serves.

    Notes
    -----
    :func:`tokens_for_budget` at :func:`best_params`.

    Examples
    --------
    >>> f"{float(best_tokens(10e6, 7.775e-18, 0.5, 1e12)):.4g}"
    '1.858e+12'
    """
    serving = usd_per_flop if serve_usd_per_flop is None else serve_usd_per_flop
    params = best_params(budget_usd, usd_per_flop, data_usd_mtok, served_tokens, serving, law)
    return tokens_for_budget(budget_usd, params, usd_per_flop, data_usd_mtok, served_tokens, serving)


@formula(returns="unique_tokens", label="Unique tokens wanted")
def unique_tokens_wanted(unique_tokens: Any, tokens: Any, more_tokens: Any) -> Any:
    """Unique tokens there would be if every further training token were bought new.

    Notes
    -----
    unique + (tokens with the money − tokens before), and never fewer than there are.

    Examples
    --------
    >>> float(unique_tokens_wanted(0.6e12, 3e12, 5e12))
    2600000000000.0
    """
    return unique_tokens + np.maximum(more_tokens - tokens, 0)


@formula(returns="unique_tokens", label="Unique tokens after buying")
def unique_tokens_after(unique_tokens: Any, tokens: Any, more_tokens: Any, unique_supply: Any) -> Any:
    """Unique tokens once further training tokens are bought new, as far as there are any to be had.

    Notes
    -----
    :func:`unique_tokens_wanted`, or the supply where that is less; what is at hand stays. Repeats make up for the rest.

    Examples
    --------
    >>> float(unique_tokens_after(0.6e12, 3e12, 5e12, 2e12))
    2000000000000.0
    """
    wanted = unique_tokens_wanted(unique_tokens, tokens, more_tokens)
    return np.maximum(unique_tokens, np.minimum(wanted, unique_supply))


@formula(returns="loss", label="Least loss of three uses")
def least_loss(model_loss: Any, data_loss: Any, passes_loss: Any) -> Any:
    """The lowest of the losses that the same money reaches in three ways.

    Notes
    -----
    The least of the three: a bigger model, new data, more passes over the data at hand.

    Examples
    --------
    >>> float(least_loss(1.97, 1.96, 1.98))
    1.96
    """
    return np.minimum(np.minimum(model_loss, data_loss), passes_loss)


@formula(returns="best_use")
def best_use(model_loss: Any, data_loss: Any, passes_loss: Any) -> Any:
    """Which use of the same money reaches the least loss: "model", "data" or "passes".

    Notes
    -----
    The first whose loss is :func:`least_loss`: a bigger model, new data, more passes over the data at hand. Compares
    whole investments, where :func:`next_dollar` compares the next dollar only.

    Examples
    --------
    >>> str(best_use(1.97, 1.96, 1.98))
    'data'
    """
    least = least_loss(model_loss, data_loss, passes_loss)
    model, data = edges.at_most(model_loss, least), edges.at_most(data_loss, least)
    return np.where(model, "model", np.where(data, "data", "passes"))


@formula(returns="laws_agree")
def laws_agree(best_use: Any, second_use: Any) -> Any:
    """Whether two loss laws give the money the same use.

    Notes
    -----
    Both answers of :func:`best_use` are the same.

    Examples
    --------
    >>> bool(laws_agree("data", "model"))
    False
    """
    return best_use == second_use


@formula(returns="loss_valued")
def loss_valued(usd_per_percent: Any) -> Any:
    """Whether a lower loss has been given a value in money; without one only cost-effectiveness can be compared.

    Notes
    -----
    value of a percent > 0.

    Examples
    --------
    >>> bool(loss_valued(0))
    False
    """
    return usd_per_percent > 0


@formula(
    returns="benefit_usd",
    label="Benefit of a lower loss",
    undefined="the loss before must lie above the law's irreducible loss E: there is nothing to reduce",
)
def loss_benefit_usd(loss_before: Any, loss_after: Any, usd_per_percent: Any, law: Law = BESIROGLU_2024) -> Any:
    """What cutting the loss is worth, by your own value of a percent.

    Notes
    -----
    value of a percent·100·(before − after)/(before − E): percent of the reducible loss. Negative if the loss rises.
    No paper says what a percent is worth to you; without a value of your own, compare cost-effectiveness only.

    Examples
    --------
    >>> round(float(loss_benefit_usd(2.0, 1.95, 50_000)))
    1367615
    """
    value = usd_per_percent * 100 * (loss_before - loss_after) / (loss_before - law.E)
    return np.where(edges.more(loss_before, law.E), value, np.nan)


@formula(returns="benefit_usd", label="Benefit of time saved")
def labor_benefit_usd(tasks: Any, minutes_saved: Any, usd_per_hour: Any, adoption: Any = 1, cash_share: Any = 1) -> Any:
    """What saved working time is worth as cash.

    Notes
    -----
    tasks·minutes/60·cost of an hour·adoption·share that becomes cash. Say by which mechanism minutes become money:
    fewer hires, less overtime, more sales.

    Examples
    --------
    >>> labor_benefit_usd(200_000, 6, 50, 0.6, 0.5)
    300000.0
    """
    return tasks * minutes_saved / MINUTES_PER_HOUR * usd_per_hour * adoption * cash_share


@formula(returns="usd", label="Saving")
def saving_usd(compared_usd: Any, usd: Any) -> Any:
    """What one choice saves against another; negative if it costs more.

    Notes
    -----
    cost compared with − cost, both over the same period.

    Examples
    --------
    >>> saving_usd(1_200_000, 900_000)
    300000
    """
    return compared_usd - usd


@formula(returns="allowed")
def option_allowed(quality: Any, quality_needed: Any, permitted: Any = True) -> Any:
    """Whether an option passes the gate: permitted, and good enough.

    Notes
    -----
    permitted and points ≥ points needed. A gate is hard: no saving makes up for it.

    Examples
    --------
    >>> bool(option_allowed(82, 75, permitted=False))
    False
    """
    return np.logical_and(permitted, edges.at_most(quality_needed, quality))


@formula(returns="usd", label="Dearest option")
def dearest_option_usd(train_option_usd: Any, tune_option_usd: Any, api_option_usd: Any, small_option_usd: Any) -> Any:
    """What the dearest of four options costs, allowed or not.

    Notes
    -----
    The largest of the four.

    Examples
    --------
    >>> float(dearest_option_usd(9e6, 2e6, 3e6, 1e6))
    9000000.0
    """
    return np.maximum(np.maximum(train_option_usd, tune_option_usd), np.maximum(api_option_usd, small_option_usd))


def _any_of_four(train: Any, tune: Any, api: Any, small: Any) -> Any:
    return np.logical_or(np.logical_or(train, tune), np.logical_or(api, small))


@formula(
    returns="usd",
    label="Cost of the cheapest option",
    undefined="no option passes the gate: allow one, or change what makes them fail",
)
def option_cost_usd(
    train_option_usd: Any,
    tune_option_usd: Any,
    api_option_usd: Any,
    small_option_usd: Any,
    train_allowed: Any = True,
    tune_allowed: Any = True,
    api_allowed: Any = True,
    small_allowed: Any = True,
) -> Any:
    """What the cheapest of the options that pass the gate costs.

    Notes
    -----
    The least of the four; one that is not allowed counts as :func:`dearest_option_usd` there, and so undercuts none.

    Examples
    --------
    >>> float(option_cost_usd(9e6, 2e6, 3e6, 1e6, small_allowed=False))
    2000000.0
    """
    barred = dearest_option_usd(train_option_usd, tune_option_usd, api_option_usd, small_option_usd)
    own = np.minimum(np.where(train_allowed, train_option_usd, barred), np.where(tune_allowed, tune_option_usd, barred))
    other = np.minimum(np.where(api_allowed, api_option_usd, barred), np.where(small_allowed, small_option_usd, barred))
    passes = _any_of_four(train_allowed, tune_allowed, api_allowed, small_allowed)
    return np.where(passes, np.minimum(own, other), np.nan)


@formula(returns="option")
def cheapest_option(
    train_option_usd: Any,
    tune_option_usd: Any,
    api_option_usd: Any,
    small_option_usd: Any,
    train_allowed: Any = True,
    tune_allowed: Any = True,
    api_allowed: Any = True,
    small_allowed: Any = True,
) -> Any:
    """The cheapest option that passes the gate: "train", "tune", "api" or "small"; "none" if all fail.

    Notes
    -----
    The first that is allowed and costs no more than :func:`option_cost_usd`: of equal ones the first named. What an
    option must pass (quality, law, time, risk) is yours to say; costs decide only among those that pass.

    Examples
    --------
    >>> str(cheapest_option(9e6, 2e6, 3e6, 1e6, small_allowed=False))
    'tune'
    """
    costs = (train_option_usd, tune_option_usd, api_option_usd, small_option_usd)
    gate = (train_allowed, tune_allowed, api_allowed, small_allowed)
    least = option_cost_usd(*costs, *gate)
    train = np.logical_and(train_allowed, edges.at_most(train_option_usd, least))
    tune = np.logical_and(tune_allowed, edges.at_most(tune_option_usd, least))
    api = np.logical_and(api_allowed, edges.at_most(api_option_usd, least))
    best = np.where(train, "train", np.where(tune, "tune", np.where(api, "api", "small")))
    return np.where(_any_of_four(*gate), best, "none")
