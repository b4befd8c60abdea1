"""What must hold for every function, wherever in its domain it is called.

Inverses undo each other, answers rise and fall with their arguments as ``RESPONSES`` says, a column is answered as its
cells are, and whatever lies within the bounds of the vocabulary gives a number within bounds or an error that says why.
"""

import math
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
import numpy_financial
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from samples import column, row, same, sample
from scipy import stats

from xlllm.arguments import RECORDS, Parameter
from xlllm.errors import InputError, XlllmError
from xlllm.quantities import VOCABULARY, Quantity
from xlllm.registry import FORMULAS, Formula
from xlllm.values import closed_bounds

F = SimpleNamespace(**FORMULAS)
COMPUTED = {f.name: f for f in FORMULAS.values() if f.kind != "L"}
each_computed = pytest.mark.parametrize("f", COMPUTED.values(), ids=COMPUTED)
few = settings(derandomize=True, deadline=None, max_examples=8)
some = settings(derandomize=True, deadline=None, max_examples=20)
seeds = st.integers(0, 2**32 - 1)


def often(f: Formula) -> settings:
    """Less often what takes longer."""
    return settings(few, max_examples=2) if f.name == "fit_law" else few


def between(low: float, high: float) -> st.SearchStrategy[float]:
    """As many small numbers as large ones."""
    return st.floats(math.log(low), math.log(high)).map(math.exp)


# -- inverses, and two ways to one number ------------------------------------------------------------------------------
class Identity(NamedTuple):
    """Two numbers that are the same for all arguments."""

    name: str
    given: dict[str, tuple[float, float]]
    """Ranges of what is drawn; whole numbers if both ends are."""
    sides: Callable[..., tuple[Any, Any]]
    tolerance: float = 1e-12


MODEL = {"n": (1e7, 1e13), "d": (1e9, 1e15)}
PRICES = {"k": (1e-19, 1e-17), "p": (1e-3, 10.0), "t": (1e9, 1e14), "ks": (1e-19, 1e-17)}
"""Of a training FLOP, a million tokens and a serving FLOP, and the tokens served."""

IDENTITIES = [
    # scaling
    Identity("params_for_loss undoes loss", MODEL, lambda n, d: (F.params_for_loss(F.loss(n, d), d), n), 1e-10),
    Identity("tokens_for_loss undoes loss", MODEL, lambda n, d: (F.tokens_for_loss(F.loss(n, d), n), d), 1e-10),
    Identity(
        "flops_for_loss undoes optimal_loss",
        {"c": (1e16, 1e28)},
        lambda c: (F.flops_for_loss(F.optimal_loss(c)), c),
        1e-10,
    ),
    Identity(
        "the optimum spends all compute",
        {"c": (1e16, 1e28)},
        lambda c: (F.train_flops(F.optimal_params(c), F.optimal_tokens(c)), c),
    ),
    Identity(
        "tokens per parameter at the optimum",
        {"c": (1e16, 1e28)},
        lambda c: (F.optimal_params(c) * F.tokens_per_param(c), F.optimal_tokens(c)),
    ),
    Identity(
        "optimal_loss is the loss there",
        {"c": (1e16, 1e28)},
        lambda c: (F.optimal_loss(c), F.loss(F.optimal_params(c), F.optimal_tokens(c))),
    ),
    Identity(
        "params_for_corpus undoes corpus_for_skills",
        {"k": (1e-3, 1e3), "g": (0.2, 1.0)},
        lambda k, g: (F.params_for_corpus(F.corpus_for_skills(k, g), g), k),
    ),
    Identity(
        "max_epochs is where a token is worth v",
        {"v": (0.01, 0.9), "r": (1.0, 50.0)},
        lambda v, r: (slope(lambda n: F.effective_tokens(1e9, n, r), F.max_epochs(v, r)) / 1e9, v),
        1e-6,
    ),
    Identity(
        "lifetime_params and lifetime_tokens reach the loss",
        {"loss": (1.85, 4.0), "t": (1e6, 1e16)},
        lambda loss, t: (F.loss(F.lifetime_params(loss, t), F.lifetime_tokens(loss, t)), loss),
    ),
    Identity(
        "lifetime_tokens are those for the loss",
        {"loss": (1.85, 4.0), "t": (1e6, 1e16)},
        lambda loss, t: (F.lifetime_tokens(loss, t), F.tokens_for_loss(loss, F.lifetime_params(loss, t))),
        1e-9,
    ),
    Identity(
        "nothing served: the compute optimum",
        {"loss": (1.85, 4.0)},
        lambda loss: (F.lifetime_params(loss, 0), F.optimal_params(F.flops_for_loss(loss))),
        1e-10,
    ),
    # compute
    Identity(
        "mfu undoes gpu_hours",
        {"c": (1e15, 1e27), "peak": (1e12, 1e16), "m": (0.01, 1.0)},
        lambda c, peak, m: (F.mfu(c, F.gpu_hours(c, peak, m), peak), m),
    ),
    Identity(
        "gpus_for_deadline undoes train_days",
        {"h": (1.0, 1e7), "gpus": (1, 100_000), "g": (0.5, 1.0)},
        lambda h, gpus, g: (F.gpus_for_deadline(h, F.train_days(h, gpus, g), g), gpus),
    ),
    Identity(
        "billed hours at full goodput take as long",
        {"h": (1.0, 1e7), "gpus": (1, 100_000), "g": (0.5, 1.0)},
        lambda h, gpus, g: (F.train_days(F.billed_gpu_hours(h, g), gpus), F.train_days(h, gpus, g)),
    ),
    Identity(
        "bytes of the tokens in a corpus",
        {"gb": (1.0, 1e6), "b": (0.5, 8.0)},
        lambda gb, b: (F.tokens_from_gb(gb, b) * b, gb * 1e9),
    ),
    Identity(
        "characters of the tokens in a text",
        {"ch": (1e2, 1e15), "b": (0.5, 8.0)},
        lambda ch, b: (F.tokens_from_chars(ch, b) * b, ch),
    ),
    Identity(
        "full fine-tuning is training",
        MODEL,
        lambda n, d: (F.finetune_flops(n, d, "full"), F.train_flops(n, d)),
    ),
    Identity(
        "a frozen model is only run",
        MODEL,
        lambda n, d: (F.finetune_flops(n, d, "frozen"), F.forward_flops(n, d)),
    ),
    Identity(
        "tokens_for_flops undoes train_flops",
        MODEL,
        lambda n, d: (F.tokens_for_flops(F.train_flops(n, d), n), d),
    ),
    # model or data
    Identity(
        "usd_per_flop times the work is gpu_hours times the price",
        {"c": (1e15, 1e27), "peak": (1e12, 1e16), "m": (0.01, 1.0), "p": (0.1, 100.0)},
        lambda c, peak, m, p: (F.usd_per_flop(p, peak, m) * c, F.final_run_usd(F.gpu_hours(c, peak, m), p)),
    ),
    Identity(
        "the best model costs the budget",
        {"budget": (1e5, 1e10), **PRICES},
        lambda budget, k, p, t, ks: (
            F.lifetime_usd(F.best_params(budget, k, p, t, ks), F.best_tokens(budget, k, p, t, ks), k, p, t, ks),
            budget,
        ),
    ),
    Identity(
        "at the best model a dollar of data is worth one of model",
        {"budget": (1e5, 1e10), **PRICES},
        lambda budget, k, p, t, ks: (
            F.marginal_ratio(F.best_params(budget, k, p, t, ks), F.best_tokens(budget, k, p, t, ks), k, p, t, ks),
            1,
        ),
        1e-9,
    ),
    Identity(
        "params_for_budget undoes lifetime_usd",
        {**MODEL, **PRICES},
        lambda n, d, k, p, t, ks: (F.params_for_budget(F.lifetime_usd(n, d, k, p, t, ks), d, k, p, t, ks), n),
        1e-4,
    ),
    Identity(
        "tokens_for_budget undoes lifetime_usd",
        {**MODEL, **PRICES},
        lambda n, d, k, p, t, ks: (F.tokens_for_budget(F.lifetime_usd(n, d, k, p, t, ks), n, k, p, t, ks), d),
        1e-4,
    ),
    Identity(
        "free data and nothing served: the best model is the compute optimum",
        {"budget": (1e3, 1e10), "k": (1e-19, 1e-17)},
        lambda budget, k: (F.best_params(budget, k), F.optimal_params(budget / k)),
        1e-9,
    ),
    Identity(
        "the same of its tokens",
        {"budget": (1e3, 1e10), "k": (1e-19, 1e-17)},
        lambda budget, k: (F.best_tokens(budget, k), F.optimal_tokens(budget / k)),
        1e-9,
    ),
    Identity(
        "at the break-even price of data a dollar of data is worth one of model",
        {**MODEL, **PRICES},
        lambda n, d, k, p, t, ks: (F.marginal_ratio(n, d, k, F.breakeven_data_price(n, d, k, t, ks), t, ks), 1),
        1e-6,
    ),
    Identity(
        "marginal_ratio is one marginal loss over the other",
        {**MODEL, **PRICES},
        lambda n, d, k, p, t, ks: (
            F.marginal_ratio(n, d, k, p, t, ks) * F.marginal_loss_params(n, d, k, p, t, ks),
            F.marginal_loss_tokens(n, d, k, p, t, ks),
        ),
    ),
    Identity(
        "marginal_loss_params is the slope of loss over that of cost",
        {**MODEL, **PRICES},
        lambda n, d, k, p, t, ks: (
            slope(lambda x: F.loss(x, d), n) / slope(lambda x: F.lifetime_usd(x, d, k, p, t, ks), n),
            -F.marginal_loss_params(n, d, k, p, t, ks),
        ),
        1e-4,
    ),
    Identity(
        "marginal_loss_tokens is the slope of loss over that of cost",
        {**MODEL, **PRICES},
        lambda n, d, k, p, t, ks: (
            slope(lambda x: F.loss(n, x), d) / slope(lambda x: F.lifetime_usd(n, x, k, p, t, ks), d),
            -F.marginal_loss_tokens(n, d, k, p, t, ks),
        ),
        1e-4,
    ),
    Identity(
        "a fall to the floor is all of the reducible loss",
        {"loss": (1.9, 4.0), "value": (1.0, 1e6)},
        lambda loss, value: (F.loss_benefit_usd(loss, F.loss_floor(), value), 100 * value),
    ),
    # memory
    Identity(
        "one copy shards nothing",
        {"n": (1e7, 1e13), "stage": (0, 3)},
        lambda n, stage: (F.model_state_gb(n, stage, 1), 16e-9 * n),
    ),
    Identity(
        "stage 3 divides all by the copies",
        {"n": (1e7, 1e13), "dp": (1, 10_000)},
        lambda n, dp: (F.model_state_gb(n, 3, dp) * dp, F.model_state_gb(n)),
    ),
    Identity(
        "serving without cache or overhead is the weights",
        {"n": (1e7, 1e13), "bits": (1.0, 16.0)},
        lambda n, bits: (F.serve_gb(n, 0, bits), F.weight_gb(n, bits)),
    ),
    Identity(
        "copies of tensor and pipeline parallel GPUs are all GPUs",
        {"gpus": (1, 100_000), "tp": (1, 8), "pp": (1, 16)},
        lambda gpus, tp, pp: (F.data_parallel(gpus, tp, pp) * tp * pp if gpus >= tp * pp else gpus, gpus),
    ),
    Identity(
        "the cache of many sequences",
        {"s": (1, 100_000), "b": (1, 1000)},
        lambda s, b: (F.kv_cache_gb(row("arch"), s, b), b * F.kv_cache_gb(row("arch"), s, 1)),
    ),
    # serving
    Identity(
        "a request is read, then written at the speed of its final length",
        {
            "n": (1e8, 1e12),
            "b": (1, 256),
            "s": (1.0, 1e5),
            "o": (1.0, 1e4),
            "kv": (1e-6, 1e-3),
            "peak": (1e14, 1e17),
            "bw": (1e3, 1e6),
        },
        lambda n, b, s, o, kv, peak, bw: (
            1 / F.requests_per_s(n, b, s, o, kv, peak, bw),
            F.prefill_seconds(n, s, peak) + o / F.decode_tokens_per_s(n, b, s + o, kv, bw),
        ),
    ),
    Identity(
        "at the break-even volume own tokens cost what the API's do",
        {"fixed": (1.0, 1e9), "own": (0.01, 1.0), "api": (1.1, 100.0)},
        lambda fixed, own, api: (
            F.api_usd(F.breakeven_tokens(fixed, api, own), 0, api, 0),
            fixed + F.api_usd(F.breakeven_tokens(fixed, api, own), 0, own, 0),
        ),
        1e-9,
    ),
    Identity(
        "at the break-even utilization an own token costs what the API's does",
        {"p": (0.5, 5.0), "gpus": (1, 8), "s": (1e4, 1e5), "api": (1.0, 100.0)},
        lambda p, gpus, s, api: (F.selfhost_usd_mtok(p, gpus, s, F.breakeven_utilization(p, gpus, s, api)), api),
    ),
    Identity(
        "blended price of as many tokens in as out",
        {"i": (0.01, 100.0), "o": (0.01, 100.0), "share": (0.01, 0.99)},
        lambda i, o, share: (F.blended_usd_mtok(i, o, share), F.api_usd(1e6 * (1 - share), 1e6 * share, i, o)),
    ),
    Identity(
        "price_ratio one way and the other",
        {"i": (0.01, 100.0), "o": (0.01, 100.0), "j": (0.01, 100.0), "q": (0.01, 100.0)},
        lambda i, o, j, q: (F.price_ratio(i, o, j, q) * F.price_ratio(j, q, i, o), 1),
    ),
    Identity(
        "a model that never fails costs its attempts",
        {"usd": (1e-4, 10.0), "loss": (0.1, 100.0)},
        lambda usd, loss: (F.usd_per_success(usd, 1, loss), usd),
    ),
    Identity(
        "electricity of a million tokens, by the hours they take",
        {"w": (50.0, 1000.0), "s": (1.0, 1e4), "p": (0.01, 1.0), "pue": (1.0, 2.0)},
        lambda w, s, p, pue: (
            F.energy_usd_mtok(w, s, p, pue),
            F.energy_usd(F.energy_kwh(1e6 / s / 3600, w, pue), p),
        ),
    ),
    Identity(
        "requests that come evenly, for a year",
        {"r": (1.0, 1e9), "s": (1.0, 1e4)},
        lambda r, s: (F.yearly_tokens(r, s), F.peak_requests_per_s(r, 1) * s * 8760 * 3600),
    ),
    # energy
    Identity(
        "a device used all its life carries all of its making",
        {"life": (100.0, 1e5), "kg": (1.0, 1e4)},
        lambda life, kg: (F.embodied_kg(life, kg, life), kg),
    ),
    Identity(
        "grams, kilograms and tonnes",
        {"kwh": (1.0, 1e9), "grams": (1.0, 1e3), "price": (1.0, 1e3)},
        lambda kwh, grams, price: (F.carbon_usd(F.carbon_kg(kwh, grams), price), kwh * grams * price / 1e6),
    ),
    # data and people
    Identity(
        "items_for_budget undoes annotation_usd",
        {"items": (1, 1_000_000), "m": (0.1, 1000.0), "p": (1.0, 500.0), "r": (1.0, 5.0), "qa": (0.01, 1.0)},
        lambda items, m, p, r, qa: (F.items_for_budget(F.annotation_usd(items, m, p, r, qa), m, p, r, qa), items),
    ),
    Identity(
        "the team is the sum of its parts",
        {"fte": (0.1, 1e4)},
        lambda fte: (sum(F.team_split(fte)[:, 1]), fte),
    ),
    Identity(
        "price of data times the tokens kept",
        {"a": (1.0, 1e6), "c": (1.0, 1e6), "s": (1.0, 1e6), "d": (1e6, 1e13), "kept": (0.01, 1.0)},
        lambda a, c, s, d, kept: (F.data_usd_mtok(a, c, s, d, kept) * d * kept / 1e6, a + c + s),
    ),
    # finance
    Identity(
        "training is the final run, the runs before and the rest",
        {"h": (1.0, 1e9), "p": (0.1, 100.0), "x": (1.0, 10.0), "other": (1.0, 1e9)},
        lambda h, p, x, other: (
            F.train_usd(h, p, x, other),
            F.total_usd([F.final_run_usd(h, p), F.experiment_usd(h, p, x), other]),
        ),
    ),
    Identity(
        "a year's cash is its benefit less its cost, and the investment counts once",
        {"t": (0, 20), "i": (1.0, 1e9), "b": (1.0, 1e9), "c": (1.0, 1e9), "g": (0.01, 1.0), "k": (0.01, 1.0)},
        lambda t, i, b, c, g, k: (
            F.yearly_flow(t, i, b, g),
            F.net_flow(t, i, b, c, g, k) + F.yearly_cost_flow(t, 0, c, k),
        ),
        1e-6,
    ),
    Identity(
        "compute whose growth makes up for its price is a cost like any other",
        {"t": (0, 20), "i": (1.0, 1e9), "b": (1.0, 1e9), "c": (1.0, 1e9), "g": (0.01, 1.0), "d": (0.01, 0.9)},
        lambda t, i, b, c, g, d: (
            F.project_flow(t, i, b, 0, c, g, 0, 1 / (1 - d) - 1, d),
            F.net_flow(t, i, b, c, g),
        ),
        1e-6,
    ),
    Identity(
        "GPUs rented around the clock are a run of a year",
        {"gpus": (1, 100_000), "p": (0.1, 100.0)},
        lambda gpus, p: (F.yearly_gpu_usd(gpus, p), F.final_run_usd(8760 * gpus, p)),
    ),
    Identity(
        "npv is what the discounted flows add up to",
        {"r": (0.001, 3.0), "a": (1.0, 1e9), "b": (1.0, 1e9), "c": (1.0, 1e9)},
        lambda r, a, b, c: (F.npv(r, [a, b, c]), F.total_usd(F.discounted_flows(r, [a, b, c]))),
    ),
    Identity(
        "payments of the capital recovery factor repay the capital",
        {"r": (1e-9, 3.0), "years": (1, 60)},
        lambda r, years: (1 + F.npv(r, [-1] + years * [F.capital_recovery(r, years)]), 1),
    ),
    Identity(
        "nothing is left at the internal rate of return",
        {"a": (300.0, 1e3), "b": (10.0, 1e3), "c": (10.0, 1e3), "d": (10.0, 1e3)},
        lambda a, b, c, d: (1 + F.npv(F.irr([-a, b, c, d]), [-a, b, c, d]) / a, 1),
        1e-11,
    ),
    Identity(
        "the rate of one year's loan",
        {"a": (1.0, 1e6), "r": (1e-6, 10.0)},
        lambda a, r: (1 + F.irr([-a, a * (1 + r)]), 1 + r),
    ),
    Identity(
        "profitability is 1 at the internal rate of return",
        {"a": (300.0, 1e3), "b": (10.0, 1e3), "c": (10.0, 1e3)},
        lambda a, b, c: (F.profitability_index(F.irr([-a, b, c]), [-a, b, c]), 1),
        1e-11,
    ),
    Identity(
        "even flows are paid back in cost over benefit",
        {"a": (1.0, 100.0), "b": (1.0, 100.0)},
        lambda a, b: (F.payback([-a] + 101 * [b]), a / b),
        1e-9,
    ),
    Identity(
        "discounted payback without interest is payback",
        {"a": (1.0, 100.0), "b": (1.0, 100.0)},
        lambda a, b: (F.discounted_payback(0, [-a] + 101 * [b]), F.payback([-a] + 101 * [b])),
    ),
    Identity(
        "a price after some years and some more",
        {"p": (0.01, 1e4), "fall": (0.01, 0.9), "a": (0.1, 10.0), "b": (0.1, 10.0)},
        lambda p, fall, a, b: (F.price_path(F.price_path(p, fall, a), fall, b), F.price_path(p, fall, a + b)),
    ),
    Identity(
        "a price that falls and rises again",
        {"p": (0.01, 1e4), "fall": (0.01, 0.9), "a": (0.1, 10.0)},
        lambda p, fall, a: (F.price_path(F.price_path(p, fall, a), 1 - 1 / (1 - fall), a), p),
    ),
    Identity(
        "months of rent saved pay for the purchase",
        {"capex": (1e3, 1e6), "own": (1.0, 1e4), "saved": (1e3, 1e5)},
        lambda capex, own, saved: (F.buy_or_rent_months(capex, own, own + saved) * saved, capex),
        1e-9,
    ),
    Identity(
        "a GPU sold at its price costs interest only",
        {"capex": (1e3, 1e5), "years": (0.5, 10.0), "r": (1e-6, 1.0)},
        lambda capex, years, r: (F.owned_gpu_hour_usd(capex, years, 1, r, 0, 0, 1, 0, 1), capex * r / 8760),
        1e-8,
    ),
    Identity(
        "continuous and yearly interest",
        {"r": (1e-9, 10.0), "years": (1, 30)},
        lambda r, years: (math.exp(years * F.continuous_rate(r)), (1 + r) ** years),
    ),
    Identity(
        "deviation and roi are the same quotient",
        {"a": (1.0, 1e9), "b": (1.0, 1e9)},
        lambda a, b: (2 + F.deviation(a, b), 2 + F.roi(a, b)),
    ),
    # risk
    Identity(
        "the triangular distribution's own probability",
        {"u": (1e-6, 0.999), "low": (1.0, 10.0), "rise": (0.1, 10.0), "fall": (0.1, 10.0)},
        lambda u, low, rise, fall: (
            stats.triang(rise / (rise + fall), low, rise + fall).cdf(
                F.triangular(u, low, low + rise, low + rise + fall)
            ),
            u,
        ),
        1e-9,
    ),
    Identity(
        "the PERT distribution's own probability",
        {"u": (1e-6, 0.999), "low": (1.0, 10.0), "rise": (0.1, 10.0), "fall": (0.1, 10.0)},
        lambda u, low, rise, fall: (
            stats.beta(1 + 4 * rise / (rise + fall), 1 + 4 * fall / (rise + fall), low, rise + fall).cdf(
                F.pert(u, low, low + rise, low + rise + fall)
            ),
            u,
        ),
        1e-6,
    ),
    Identity(
        "a mirrored triangular distribution",
        {"u": (0.001, 0.999), "low": (1.0, 10.0), "rise": (0.1, 10.0), "fall": (0.1, 10.0)},
        lambda u, low, rise, fall: (
            -F.triangular(1 - u, -low - rise - fall, -low - rise, -low),
            F.triangular(u, low, low + rise, low + rise + fall),
        ),
    ),
    Identity(
        "a mirrored PERT distribution",
        {"u": (0.001, 0.999), "low": (1.0, 10.0), "rise": (0.1, 10.0), "fall": (0.1, 10.0)},
        lambda u, low, rise, fall: (
            -F.pert(1 - u, -low - rise - fall, -low - rise, -low),
            F.pert(u, low, low + rise, low + rise + fall),
        ),
    ),
    Identity(
        "mean of a triangular distribution, over its quantiles",
        {"low": (1.0, 10.0), "rise": (0.1, 10.0), "fall": (0.1, 10.0)},
        lambda low, rise, fall: (
            F.triangular(LEVELS, low, low + rise, low + rise + fall) @ WEIGHTS,
            low + (2 * rise + fall) / 3,
        ),
        1e-5,
    ),
    Identity(
        "mean of a PERT distribution, over its quantiles: (low + 4·mode + high)/6",
        {"low": (1.0, 10.0), "rise": (0.1, 10.0), "fall": (0.1, 10.0)},
        lambda low, rise, fall: (
            F.pert(LEVELS, low, low + rise, low + rise + fall) @ WEIGHTS,
            (low + 4 * (low + rise) + low + rise + fall) / 6,
        ),
        1e-5,
    ),
]
"""Functions that undo each other or meet."""

NODES, NODE_WEIGHTS = np.polynomial.legendre.leggauss(200)
LEVELS, WEIGHTS = (1 + NODES) / 2, NODE_WEIGHTS / 2


def slope(fn: Callable[[float], float], x: float) -> float:
    """Central difference."""
    step = 1e-4 * x
    return (fn(x + step) - fn(x - step)) / (2 * step)


def drawn_from(given: dict[str, tuple[float, float]]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {
            name: st.integers(*ends) if all(isinstance(x, int) for x in ends) else between(*ends)
            for name, ends in given.items()
        }
    )


@pytest.mark.parametrize("identity", IDENTITIES, ids=lambda i: i.name)
def test_two_ways_to_one_number(identity: Identity) -> None:
    @some
    @given(drawn_from(identity.given))
    def agree(drawn: dict[str, Any]) -> None:
        one, other = identity.sides(**drawn)
        assert math.isclose(one, other, rel_tol=identity.tolerance), drawn

    agree()


# -- best, least, just enough ------------------------------------------------------------------------------------------
class Claim(NamedTuple):
    """What is true for all arguments."""

    name: str
    given: dict[str, tuple[float, float]]
    holds: Callable[..., bool]


OFF = {"off": (0.5, 2.0)}
"""How far from the best."""

CLAIMS = [
    Claim(
        "no other size has less loss for the compute",
        {"c": (1e16, 1e28), **OFF},
        lambda c, off: F.loss(F.optimal_params(c) * off, F.optimal_tokens(c) / off) >= F.optimal_loss(c) * LESS,
    ),
    Claim(
        "no other size needs less compute over its life",
        {"loss": (1.9, 3.0), "t": (1e9, 1e15), **OFF},
        lambda loss, t, off: (
            lifetime_flops(F.lifetime_params(loss, t), loss, t) * LESS
            <= lifetime_flops(F.lifetime_params(loss, t) * off, loss, t)
        ),
    ),
    Claim(
        "no other size has less loss for the budget",
        {"budget": (1e5, 1e10), **PRICES, **OFF},
        lambda budget, off, **prices: (
            loss_for(budget, F.best_params(budget, **named(prices)), **prices) * LESS
            <= loss_for(budget, F.best_params(budget, **named(prices)) * off, **prices)
        ),
    ),
    Claim(
        "the next dollar goes where the ratio says",
        {**MODEL, **PRICES, "band": (0.01, 1.0)},
        lambda n, d, k, p, t, ks, band: (
            F.next_dollar(n, d, k, p, t, ks, band=band) == said(F.marginal_ratio(n, d, k, p, t, ks), band)
        ),
    ),
    Claim(
        "the best use has the least loss, the first of equal ones",
        {"model": (1, 5), "data": (1, 5), "passes": (1, 5)},
        lambda model, data, passes: (
            F.best_use(model, data, passes)
            == min((("model", model), ("data", data), ("passes", passes)), key=lambda use: use[1])[0]
        ),
    ),
    Claim(
        "bought tokens are new as far as there are any, and what is at hand stays",
        {"u": (1, 1e6), "d": (1, 1e6), "more": (1, 1e6), "supply": (1, 1e6)},
        lambda u, d, more, supply: (
            u <= F.unique_tokens_after(u, d, more, supply) <= max(u, supply)
            and F.unique_tokens_after(u, d, more, supply) <= F.unique_tokens_wanted(u, d, more)
        ),
    ),
    Claim(
        "the cheapest option passes the gate and costs no more than any other that does, the first of equal ones",
        {"train": (1, 5), "tune": (1, 5), "api": (1, 5), "small": (1, 5), "gate": (0, 15)},
        lambda gate, **costs: (
            F.cheapest_option(*gated(gate, costs))
            == min((o for i, o in enumerate(OPTIONS) if gate >> i & 1), key=costs.get, default="none")
        ),
    ),
    Claim(
        "what the cheapest option costs is its own cost",
        {"train": (1.0, 1e9), "tune": (1.0, 1e9), "api": (1.0, 1e9), "small": (1.0, 1e9), "gate": (1, 15)},
        lambda gate, **costs: F.option_cost_usd(*gated(gate, costs)) == costs[F.cheapest_option(*gated(gate, costs))],
    ),
    Claim(
        "repeated tokens are worth at most themselves, and at most r_star passes more",
        {"d": (1e6, 1e15), "n": (0.01, 1e4), "r": (0.1, 100.0)},
        lambda d, n, r: F.effective_tokens(d, n, r) * LESS <= d * min(n, 1 + r),
    ),
    Claim(
        "parameters are worth at most themselves",
        {"n": (1e6, 1e13), "d": (1e6, 1e15), "epochs": (0.1, 100.0)},
        lambda n, d, epochs: F.usable_params(n, d, epochs) * LESS <= F.effective_params(n, d, epochs) <= n / LESS,
    ),
    Claim(
        "the deadline is met, and not with one GPU less",
        {"h": (1e3, 1e8), "days": (1.0, 100.0), "g": (0.5, 1.0)},
        lambda h, days, g: (
            (F.gpus_for_deadline(h, days, g) - 1) * 24 * days * g * LESS
            <= h
            <= F.gpus_for_deadline(h, days, g) * 24 * days * g / LESS
        ),
    ),
    Claim(
        "the items can be paid, and not one more",
        {"usd": (10.0, 1e6), "m": (0.1, 100.0), "p": (1.0, 100.0), "r": (1.0, 5.0), "qa": (0.01, 1.0)},
        lambda usd, m, p, r, qa: (
            F.annotation_usd(F.items_for_budget(usd, m, p, r, qa), m, p, r, qa) * LESS
            <= usd
            < F.annotation_usd(F.items_for_budget(usd, m, p, r, qa) + 1, m, p, r, qa)
        ),
    ),
    Claim(
        "the GPUs hold it, and one less does not",
        {"gb": (1.0, 1e5), "gpu": (10.0, 200.0), "free": (0.01, 0.5)},
        lambda gb, gpu, free: (
            (F.min_gpus(gb, gpu, free) - 1) * F.usable_gb(gpu, free) * LESS
            <= gb
            <= F.min_gpus(gb, gpu, free) * F.usable_gb(gpu, free) / LESS
        ),
    ),
    Claim(
        "the batch fits, and one sequence more does not",
        {"gpu": (80.0, 200.0), "gpus": (1, 16), "n": (1e8, 7e10), "kv": (1e-3, 10.0), "bits": (4.0, 8.0)},
        lambda gpu, gpus, n, kv, bits: (
            F.serve_gb(n, kv * F.max_batch(gpu, gpus, n, kv, bits), bits) * LESS
            <= gpus * F.usable_gb(gpu)
            < F.serve_gb(n, kv * (F.max_batch(gpu, gpus, n, kv, bits) + 1), bits)
        ),
    ),
    Claim(
        "the replicas carry the peak, and one less does not",
        {"peak": (0.1, 1e4), "one": (0.1, 100.0), "gpus": (1, 8), "load": (0.1, 1.0)},
        lambda peak, one, gpus, load: (
            (F.serving_gpus(peak, one, gpus, load) / gpus - 1) * one * load * LESS
            <= peak
            <= F.serving_gpus(peak, one, gpus, load) / gpus * one * load / LESS
        ),
    ),
    Claim(
        "quantiles lie between the lowest and the highest",
        {"u": (1e-9, 1.0), "low": (1.0, 10.0), "rise": (1e-6, 10.0), "fall": (1e-6, 10.0)},
        lambda u, low, rise, fall: all(
            low * LESS <= f(u, low, low + rise, low + rise + fall) <= (low + rise + fall) / LESS
            for f in (F.triangular, F.pert)
        ),
    ),
    Claim(
        "a PERT distribution has a thinner tail than a triangular one, at one end at least",
        {"low": (1.0, 10.0), "rise": (1.0, 10.0), "fall": (1.0, 10.0)},
        lambda low, rise, fall: (
            F.pert(0.01, low, low + rise, low + rise + fall) > F.triangular(0.01, low, low + rise, low + rise + fall)
            or F.pert(0.99, low, low + rise, low + rise + fall) < F.triangular(0.99, low, low + rise, low + rise + fall)
        ),
    ),
]

LESS = 1 - 1e-9
"""Times a number: a little less of it."""


OPTIONS = ("train", "tune", "api", "small")


def gated(gate: int, costs: dict[str, float]) -> list[Any]:
    """The costs of the options, and which of them a bit of ``gate`` lets pass."""
    return [costs[o] for o in OPTIONS] + [bool(gate >> i & 1) for i in range(len(OPTIONS))]


def lifetime_flops(params: float, loss: float, served: float) -> float:
    """Of training until the loss is reached, and of serving; infinite where no training reaches it."""
    try:
        return F.train_flops(params, F.tokens_for_loss(loss, params)) + F.forward_flops(params, served)
    except XlllmError:
        return math.inf


def named(prices: dict[str, float]) -> dict[str, float]:
    names = {"k": "usd_per_flop", "p": "data_usd_mtok", "t": "served_tokens", "ks": "serve_usd_per_flop"}
    return {names[key]: x for key, x in prices.items()}


def loss_for(budget: float, params: float, k: float, p: float, t: float, ks: float) -> float:
    """Of a model of this size, trained on as many tokens as the budget leaves; infinite if it leaves none."""
    tokens = (budget - 2 * params * t * ks) / (6 * params * k + p / 1e6)
    return F.loss(params, tokens) if tokens >= 1 else math.inf


def said(ratio: float, band: float) -> str:
    return "data" if ratio > 1 + band else "model" if ratio < 1 / (1 + band) else "balanced"


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda c: c.name)
def test_what_is_always_true(claim: Claim) -> None:
    @some
    @given(drawn_from(claim.given))
    def holds(drawn: dict[str, Any]) -> None:
        assert claim.holds(**drawn), drawn

    holds()


# -- how answers respond -----------------------------------------------------------------------------------------------
RESPONSES = """
attention_params: arch.d_model:+1 arch.head_dim:+1 arch.heads:+ arch.kv_heads:+ arch.vocab:0
feed_forward_params: arch.d_model:+1 arch.d_ff:+1 arch.experts:0
bias_params: arch.layers:+ arch.d_model:+ arch.d_ff:+ arch.experts:+ arch.positions:+
param_count: arch.layers:+ arch.d_model:+ arch.d_ff:+ arch.heads:+ arch.kv_heads:+ arch.vocab:+ arch.experts:+ arch.top_k:0
active_param_count: arch.layers:+ arch.d_model:+ arch.d_ff:+ arch.vocab:+ arch.experts:+ arch.top_k:+
train_flops: params:+1 tokens:+1
tokens_for_flops: flops:+1 params:-1
forward_flops: params:+1 tokens:+1
finetune_flops: params:+1 tokens:+1
preference_flops: flops:+1 preference_multiple:+1
pruned_params: params:+1 params_share:+1
model_flops: arch.layers:+ arch.d_ff:+ arch.vocab:+ arch.experts:0 arch.top_k:+ seq_len:+ tokens:+1
gpu_hours: flops:+1 peak_flops:-1 mfu:-1
billed_gpu_hours: gpu_hours:+1 goodput:-1
train_days: gpu_hours:+1 gpus:-1 goodput:-1
gpus_for_deadline: gpu_hours:+ days:- goodput:-
mfu: flops:+1 gpu_hours:-1 peak_flops:-1
tokens_from_gb: gb:+1 bytes_per_token:-1
tokens_from_chars: chars:+1 chars_per_token:-1
data_usd_mtok: acquire_usd:+ clean_usd:+ store_usd:+ raw_tokens:-1 kept_share:-1
team_usd: fte:+1 usd_per_fte_year:+1 months:+1 on_cost:+
area_fte: fte:+1 area_share:+1
smallest_fte: data_fte:+ pretrain_fte:+ tune_fte:+
unlicensed_items: items:+1
annotation_usd: items:+1 minutes_per_item:+1 usd_per_hour:+1 redundancy:+1 qa_share:+
items_for_budget: budget_usd:+ minutes_per_item:- usd_per_hour:- redundancy:- qa_share:-
synthetic_usd: items:+1 tokens_per_item:+1 usd_mtok:+1 accept_rate:-1
team_split: fte:+1
energy_kwh: gpu_hours:+1 gpu_watts:+1 pue:+1
it_kwh: gpu_hours:+1 gpu_watts:+1
carbon_kg: kwh:+1 grams_per_kwh:+1
market_grams_per_kwh: grams_per_kwh:+1 renewable_share:-
energy_usd: kwh:+1 usd_kwh:+1
embodied_kg: gpu_hours:+1 kg_per_gpu:+1 life_hours:-1
water_l: it_kwh:+1 litres_per_kwh:+1
carbon_usd: kg:+1 usd_per_tonne:+1
total_kg: items_kg:=1
avoided_kg: kg:+ alternative_kg:-
abatement_usd_tonne: usd:- alternative_usd:+ kg:? alternative_kg:?
train_usd: gpu_hours:+ gpu_hour_usd:+ experiment_multiple:+ other_usd:+
final_run_usd: gpu_hours:+1 gpu_hour_usd:+1
experiment_usd: gpu_hours:+1 gpu_hour_usd:+1 experiment_multiple:+
yearly_gpu_usd: gpus:+1 gpu_hour_usd:+1
total_usd: items_usd:=1
contingency_usd: planned_usd:+1 contingency:+1
deviation: estimate:+ reference:-
yearly_flow: year_index:? invest_usd:- yearly_benefit_usd:+ yearly_growth:+
yearly_cost_flow: year_index:? invest_usd:+ yearly_cost_usd:+ cost_growth:+
project_flow: year_index:? invest_usd:- yearly_benefit_usd:+ yearly_cost_usd:- compute_usd:- yearly_growth:+ cost_growth:- volume_growth:- yearly_decline:+
yearly_benefit: items_usd:=1
yearly_cost: items_usd:=1
net_flow: year_index:? invest_usd:- yearly_benefit_usd:+ yearly_cost_usd:- yearly_growth:+ cost_growth:-
total_benefit: flows:=1
roi: benefit_usd:+ cost_usd:-
npv: rate:- flows:=1
cumulative_flows: flows:=1
highest_so_far: flows:=1
unpaid_years: flows:=0
payback: flows:=0
discounted_flows: rate:- flows:=1
discounted_payback: rate:+ flows:=0
profitability_index: rate:- flows:=0
irr: flows:=0
continuous_rate: rate:+
capital_recovery: rate:+ years:-
owned_gpu_hour_usd: capex_usd:+ years:- utilization:- rate:+ kw:+ usd_kwh:+ pue:+ opex_share:+ residual_share:-
buy_or_rent_months: capex_usd:+1 opex_usd_month:+ rent_usd_month:-
price_path: price:+1 yearly_decline:- years:-
expected_loss_usd: probability:+1 impact_usd:+1 mitigation:-
fit_law: params:? tokens:? losses:?
loss: params:- tokens:- law.E:+ law.A:+ law.B:+
loss_floor: law.E:+1 law.A:0 law.B:0 law.alpha:0 law.beta:0
size_balance: law.E:0 law.A:+ law.B:-
optimal_params: flops:+ law.E:0 law.A:+ law.B:-
optimal_tokens: flops:+ law.E:0 law.A:- law.B:+
optimal_loss: flops:- law.E:+ law.A:+ law.B:+
tokens_per_param: flops:? law.E:0 law.A:- law.B:+
params_for_loss: loss:- tokens:- law.E:+ law.A:+ law.B:+
tokens_for_loss: loss:- params:- law.E:+ law.A:+ law.B:+
flops_for_loss: loss:- law.E:+ law.A:+ law.B:+
kaplan_loss: nonembedding_params:- tokens:-
kaplan_optimal_params: flops:+0.73
kaplan_optimal_tokens: flops:+0.27
critical_batch: loss:-4.761904761904762
llama3_optimal_tokens: flops:+0.537
deepseek_batch: flops:+0.3271
deepseek_learning_rate: flops:-0.125
epochs: tokens:+1 unique_tokens:-1
effective_tokens: unique_tokens:+1 epochs:+ r_star:+
usable_params: params:+ unique_tokens:+ epochs:+
effective_params: params:+ unique_tokens:+ epochs:+
repeated_loss: params:- unique_tokens:- epochs:-
max_epochs: token_value:- r_star:+
corpus_for_skills: skill_multiple:+ gamma:-
params_for_corpus: corpus_multiple:+ gamma:+
may_emerge: params:- unique_sequences:+
moe_loss: total_params:- tokens:- granularity:-
retrieval_params: params:+1 ratio:-1
lifetime_params: loss:- served_tokens:-
lifetime_tokens: loss:- served_tokens:+
usd_per_flop: gpu_hour_usd:+1 peak_flops:-1 mfu:-1
lifetime_usd: params:+ tokens:+ usd_per_flop:+ data_usd_mtok:+ served_tokens:+ serve_usd_per_flop:+
params_for_budget: budget_usd:+ tokens:- usd_per_flop:- data_usd_mtok:- served_tokens:- serve_usd_per_flop:-
tokens_for_budget: budget_usd:+ params:- usd_per_flop:- data_usd_mtok:- served_tokens:- serve_usd_per_flop:-
marginal_loss_params: params:- tokens:- usd_per_flop:- data_usd_mtok:0 served_tokens:- serve_usd_per_flop:- law.A:+1 law.B:0
marginal_loss_tokens: params:- tokens:- usd_per_flop:- data_usd_mtok:- served_tokens:0 serve_usd_per_flop:0 law.A:0 law.B:+1
marginal_ratio: params:+ tokens:- usd_per_flop:? data_usd_mtok:- served_tokens:+ serve_usd_per_flop:+ law.A:-1 law.B:+1
breakeven_data_price: params:? tokens:- usd_per_flop:? served_tokens:+ serve_usd_per_flop:+ law.A:- law.B:+
next_dollar: params:+ tokens:- usd_per_flop:? data_usd_mtok:- served_tokens:+ serve_usd_per_flop:+ band:?
best_params: budget_usd:+ usd_per_flop:? data_usd_mtok:? served_tokens:? serve_usd_per_flop:? law.E:0
best_tokens: budget_usd:+ usd_per_flop:? data_usd_mtok:? served_tokens:? serve_usd_per_flop:? law.E:0
unique_tokens_wanted: unique_tokens:+ tokens:- more_tokens:+
unique_tokens_after: unique_tokens:+ tokens:- more_tokens:+ unique_supply:+
least_loss: model_loss:+ data_loss:+ passes_loss:+
best_use: model_loss:? data_loss:? passes_loss:?
loss_valued: usd_per_percent:+
loss_benefit_usd: loss_before:+ loss_after:- usd_per_percent:=1
labor_benefit_usd: tasks:+1 minutes_saved:+1 usd_per_hour:+1 adoption:+1 cash_share:+1
dearest_option_usd: train_option_usd:+ tune_option_usd:+ api_option_usd:+ small_option_usd:+
option_cost_usd: train_option_usd:+ tune_option_usd:+ api_option_usd:+ small_option_usd:+
cheapest_option: train_option_usd:? tune_option_usd:? api_option_usd:? small_option_usd:?
weight_gb: params:+1 weight_bits:+1
model_state_gb: params:+1 zero_stage:- dp:- weight_bytes:+ grad_bytes:+ optimizer_bytes:+
activation_bytes: arch.d_ff:+ arch.heads:+ seq_len:+ tp:-
activation_gb: arch.layers:+1 arch.d_ff:+ seq_len:+ micro_batch:+1 tp:-
dense_shard_params: arch.layers:+ arch.vocab:+ tp:-1 pp:-
expert_shard_params: arch.layers:+1 arch.d_ff:+1 tp:-1 pp:-1 ep:-1
train_state_gb: arch.layers:+ arch.vocab:+ dp:- tp:- pp:- ep:- zero_stage:- grad_bytes:+
train_gb: arch.layers:+ arch.vocab:+ seq_len:+ micro_batch:+ dp:- tp:- pp:? ep:- zero_stage:- grad_bytes:+
last_stage_gb: arch.layers:+ arch.vocab:+ seq_len:+ micro_batch:+ dp:- tp:- pp:- ep:- zero_stage:- grad_bytes:+
data_parallel: gpus:+1 tp:-1 pp:-1
usable_gb: gpu_gb:+1 headroom:-
min_gpus: gb:+ gpu_gb:- headroom:+
kv_gb_per_token: arch.layers:+1 arch.kv_heads:+1 arch.head_dim:+1 arch.heads:0 kv_bits:+1
kv_gb_per_sequence: kv_gb_per_token:+1 seq_len:+1
kv_cache_gb: arch.layers:+1 arch.kv_heads:+1 arch.head_dim:+1 arch.heads:0 seq_len:+1 batch:+1 kv_bits:+1
serve_gb: params:+ kv_gb:+ weight_bits:+ runtime_overhead:+
max_batch: gpu_gb:+ gpus:+ params:- kv_gb_per_sequence:- weight_bits:- headroom:-
lora_params: arch.layers:+1 arch.d_model:+1 rank:+1 matrices:+1
lora_gb: params:+ adapter_params:+ weight_bits:+
data_parallel_fits: params:- activation_gb:- gpu_gb:+ dp:+ zero_stage:+ headroom:-
parallel_plan: seq_len:? gpus:? gpu_gb:? micro_batch:?
triangular: u:+ low:+ mode:+ high:+
pert: u:+ low:? mode:+ high:?
risk_summary: draws:?
tornado: lows:? highs:?
prefill_seconds: active_params:+1 prompt_tokens:+1 replica_peak_flops:-1 compute_efficiency:-1
decode_tokens_per_s: params:- batch:+ context_tokens:- kv_gb_per_token:- replica_bandwidth_gbs:+1 weight_bits:- memory_efficiency:+1
requests_per_s: params:- batch:+ prompt_tokens:- output_tokens:- kv_gb_per_token:- replica_peak_flops:+ replica_bandwidth_gbs:+ weight_bits:- compute_efficiency:+ memory_efficiency:+ active_params:-
speedup_tokens_per_s: tokens_per_s:+1 speedup:+1
peak_requests_per_s: requests_per_day:+1 peak_factor:+1
yearly_tokens: requests_per_day:+1 tokens_per_request:+1
replica_peak_flops: peak_flops:+1 gpus_per_replica:+1
replica_bandwidth_gbs: bandwidth_gbs:+1 gpus_per_replica:+1
running_batch: max_batch:+ batch:+
request_tokens: prompt_tokens:+ output_tokens:+
output_share: prompt_tokens:- output_tokens:+
fleet_tokens_per_s: requests_per_s:+1 tokens_per_request:+1 gpus:+1 gpus_per_replica:-1
load_utilization: served_tokens:+1 tokens_per_s:-1
yearly_tokens_usd: served_tokens:+1 usd_mtok:+1
staffed_gpu_hour_usd: gpu_hour_usd:+ yearly_cost_usd:+ gpus:-
quantized_quality: weight_bits:? quality:? quality_8bit:? quality_4bit:?
serving_gpus: peak_requests_per_s:+ requests_per_s_replica:- gpus_per_replica:+1 target_load:-
selfhost_usd_mtok: gpu_hour_usd:+1 gpus:+1 tokens_per_s:-1 utilization:-1
energy_usd_mtok: watts:+1 tokens_per_s:-1 usd_kwh:+1 pue:+1
api_usd: input_tokens:+ output_tokens:+ input_usd_mtok:+ output_usd_mtok:+ cached_share:- cached_usd_mtok:+
blended_usd_mtok: input_usd_mtok:+ output_usd_mtok:+ output_share:+
price_ratio: input_usd_mtok_a:+ output_usd_mtok_a:+ input_usd_mtok_b:- output_usd_mtok_b:- output_share:?
breakeven_tokens: fixed_usd:+1 api_usd_mtok:- variable_usd_mtok:+
breakeven_utilization: gpu_hour_usd:+1 gpus:+1 tokens_per_s:-1 api_usd_mtok:-1
yearly_tasks: requests_per_day:+1
life_tokens: served_tokens:+1 years:+1
breakeven_requests: requests_per_day:+1 own_fixed_usd:+ own_variable_usd:+ api_fixed_usd:- api_variable_usd:-
failure_cost: tasks:+1 success_rate:- fallback_usd:+1 adoption:+1
running_cost: compute_usd:+ failed_usd:+ items_usd:?
present_cost_usd: yearly_cost_usd:+1 rate:- years:+ cost_growth:+
equivalent_annual_usd: cost_usd:+1 rate:+ years:-
months_to_reach: requests_per_day:- target_per_day:+ yearly_growth:-
saving_usd: compared_usd:+ usd:-
option_allowed: quality:+ quality_needed:-
usd_per_task: yearly_cost_usd:+1 tasks:-1
usd_per_quality: usd_per_task:+1 quality:-1
usd_per_success: usd_per_task:+ success_rate:- fallback_usd:+
"""  # noqa: E501 (a table: one function a line)
"""+ the answer rises with the argument, - falls, 0 does neither, ? depends. With a number, twice the argument gives
2^number times the answer; = says that alone. Fields of a record need not be given."""

TOGETHER = """
data_usd_mtok: acquire_usd clean_usd store_usd: 1
smallest_fte: data_fte pretrain_fte tune_fte: 1
items_for_budget: budget_usd usd_per_hour: 0
avoided_kg: kg alternative_kg: 1
abatement_usd_tonne: usd alternative_usd: 1
abatement_usd_tonne: kg alternative_kg: -1
train_usd: gpu_hours other_usd: 1
train_usd: gpu_hour_usd other_usd: 1
deviation: estimate reference: 0
roi: benefit_usd cost_usd: 0
yearly_flow: invest_usd yearly_benefit_usd: 1
yearly_cost_flow: invest_usd yearly_cost_usd: 1
project_flow: invest_usd yearly_benefit_usd yearly_cost_usd compute_usd: 1
net_flow: invest_usd yearly_benefit_usd yearly_cost_usd: 1
owned_gpu_hour_usd: capex_usd usd_kwh: 1
owned_gpu_hour_usd: capex_usd kw: 1
buy_or_rent_months: capex_usd opex_usd_month rent_usd_month: 0
loss: law.E law.A law.B: 1
optimal_loss: law.E law.A law.B: 1
size_balance: law.A law.B: 0
optimal_params: law.A law.B: 0
optimal_tokens: law.A law.B: 0
tokens_per_param: law.A law.B: 0
params_for_loss: loss law.E law.A law.B: 0
tokens_for_loss: loss law.E law.A law.B: 0
flops_for_loss: loss law.E law.A law.B: 0
lifetime_params: loss law.E law.A law.B: 0
lifetime_tokens: loss law.E law.A law.B: 0
unique_tokens_wanted: unique_tokens tokens more_tokens: 1
unique_tokens_after: unique_tokens tokens more_tokens unique_supply: 1
least_loss: model_loss data_loss passes_loss: 1
best_use: model_loss data_loss passes_loss: 0
loss_benefit_usd: loss_before loss_after law.E: 0
saving_usd: compared_usd usd: 1
option_allowed: quality quality_needed: 0
breakeven_requests: own_fixed_usd api_fixed_usd: 1
breakeven_requests: own_variable_usd api_variable_usd: -1
running_cost: compute_usd failed_usd items_usd: 1
months_to_reach: requests_per_day target_per_day: 0
dearest_option_usd: train_option_usd tune_option_usd api_option_usd small_option_usd: 1
option_cost_usd: train_option_usd tune_option_usd api_option_usd small_option_usd: 1
usable_params: params unique_tokens: 1
effective_params: params unique_tokens: 1
may_emerge: params unique_sequences: 0
lifetime_usd: usd_per_flop data_usd_mtok serve_usd_per_flop: 1
params_for_budget: budget_usd usd_per_flop data_usd_mtok serve_usd_per_flop: 0
tokens_for_budget: budget_usd usd_per_flop data_usd_mtok serve_usd_per_flop: 0
lifetime_usd: tokens served_tokens: 1
marginal_loss_params: usd_per_flop serve_usd_per_flop: -1
marginal_loss_tokens: usd_per_flop data_usd_mtok: -1
marginal_ratio: usd_per_flop data_usd_mtok serve_usd_per_flop: 0
marginal_ratio: law.A law.B: 0
breakeven_data_price: usd_per_flop serve_usd_per_flop: 1
next_dollar: usd_per_flop data_usd_mtok serve_usd_per_flop: 0
best_params: budget_usd usd_per_flop data_usd_mtok serve_usd_per_flop: 0
best_params: law.A law.B: 0
best_tokens: budget_usd usd_per_flop data_usd_mtok serve_usd_per_flop: 0
model_state_gb: weight_bytes grad_bytes optimizer_bytes: 1
min_gpus: gb gpu_gb: 0
request_tokens: prompt_tokens output_tokens: 1
output_share: prompt_tokens output_tokens: 0
staffed_gpu_hour_usd: gpu_hour_usd yearly_cost_usd: 1
quantized_quality: quality quality_8bit quality_4bit: 1
serve_gb: params kv_gb: 1
max_batch: gpu_gb params kv_gb_per_sequence: 0
lora_gb: params adapter_params: 1
data_parallel_fits: params activation_gb gpu_gb: 0
triangular: low mode high: 1
pert: low mode high: 1
decode_tokens_per_s: params kv_gb_per_token: -1
requests_per_s: replica_peak_flops replica_bandwidth_gbs: 1
serving_gpus: peak_requests_per_s requests_per_s_replica: 0
api_usd: input_tokens output_tokens: 1
api_usd: input_usd_mtok output_usd_mtok cached_usd_mtok: 1
blended_usd_mtok: input_usd_mtok output_usd_mtok: 1
price_ratio: input_usd_mtok_a output_usd_mtok_a: 1
price_ratio: input_usd_mtok_b output_usd_mtok_b: -1
breakeven_tokens: fixed_usd api_usd_mtok variable_usd_mtok: 0
breakeven_utilization: gpu_hour_usd api_usd_mtok: 0
usd_per_success: usd_per_task fallback_usd: 1
"""
"""Arguments that are counted in one unit: twice all of them gives 2^number times the answer."""


class Response(NamedTuple):
    """How an answer follows one argument, or several that are counted in one unit."""

    names: tuple[str, ...]
    direction: str
    degree: float | None


def responses() -> dict[str, list[Response]]:
    table: dict[str, list[Response]] = {name: [] for name in COMPUTED}
    for line in RESPONSES.strip().splitlines():
        name, _, rest = line.partition(": ")
        for argument, code in (x.split(":") for x in rest.split()):
            direction, degree = code[0], code[1:] if code != "0" else code
            sign = -1 if direction == "-" else 1
            table[name].append(Response((argument,), direction, sign * float(degree) if degree else None))
    for line in TOGETHER.strip().splitlines():
        name, arguments, degree = line.split(": ")
        table[name].append(Response(tuple(arguments.split()), "=", float(degree)))
    return table


TABLE = responses()
SCALES = {
    "low": (0.5, 1), "mode": (1, 1.4), "high": (1, 2), "E": (0.5, 1), "alpha": (0.9, 1.1), "beta": (0.9, 1.1),
    "loss": (1.5, 2.5), "loss_before": (1.4, 2), "loss_after": (1, 1.3), "skill_multiple": (1, 4), "flows": (0.95, 1.1),
    "rate": (0.5, 1), "rent_usd_month": (1, 2), "opex_usd_month": (0.5, 1), "api_usd_mtok": (1, 2),
    "variable_usd_mtok": (0.5, 1), "losses": (1, 1.01), "params": (0.6, 1.6),
    "unique_sequences": (0.03, 0.3), "year_index": (0.1, 2), "data_usd_mtok": (0.01, 2), "served_tokens": (0.003, 3),
    "activation_gb": (0.5, 3),
}  # fmt: skip
"""Where a sample times half to two would mostly have no answer."""
ARCHS = [
    row("arch"),
    [12, 768, 3072, 12, 12, 50257, False, True, 64, 1, 1, 1024, 0],
    [32, 4096, 14336, 32, 8, 32000, True, False, 128, 8, 2, 0, 0],
]
"""LLaMA-like, GPT-2-like, Mixtral-like."""
VERDICTS = {"model": -1.0, "balanced": 0.0, "data": 1.0}


def scaled(q: Quantity, x: Any, rng: np.random.Generator) -> Any:
    """A value around the sample."""
    factor = float(np.exp(rng.uniform(*np.log(SCALES.get(q.name, (0.5, 2))))))
    low, high = closed_bounds(q)
    if isinstance(x, list):
        return [scaled(q, one, rng) if isinstance(one, float) else one for one in x]
    match q.kind:
        case "flag":
            return bool(rng.random() < 0.5)
        case "choice":
            return str(rng.choice(q.choices))
        case "whole" if q.high < 10:
            return int(rng.integers(q.low, q.high + 1))
        case "whole":
            return int(min(max(round(x * factor), low), high))
        case "real" | "series":
            return float(min(max(x * factor, low), high))
    return x


def around(f: Formula, rng: np.random.Generator) -> dict[str, Any]:
    """Arguments that mostly have an answer."""
    return {p.name: _around(f, p, rng) for p in f.parameters}


def _around(f: Formula, p: Parameter, rng: np.random.Generator) -> Any:
    if p.record is None:
        return scaled(p.quantity, sample(f, p), rng)
    if p.name == "arch":
        widths = {"layers", "d_model", "d_ff", "vocab"}
        cells = ARCHS[rng.integers(len(ARCHS))]
        return [scaled(q, x, rng) if q.name in widths else x for q, x in zip(p.record.fields, cells, strict=True)]
    return [scaled(q, x, rng) for q, x in zip(p.record.fields, row(p.name), strict=True)]


def at(name: str) -> tuple[str, int]:
    """The argument, and the place of the field in it."""
    argument, _, field = name.partition(".")
    return argument, [q.name for q in RECORDS[argument].fields].index(field) if field else -1


def changed(args: dict[str, Any], names: tuple[str, ...], change: Callable[[Quantity, Any], Any]) -> dict[str, Any]:
    args = dict(args)
    for argument, place in map(at, names):
        if place < 0:
            args[argument] = change(VOCABULARY[argument], args[argument])
        else:
            field, cells = RECORDS[argument].fields[place], list(args[argument])
            cells[place] = change(field, cells[place])
            args[argument] = cells
    return args


def raised(q: Quantity, x: Any, rng: np.random.Generator) -> Any:
    """A larger value, if there is one."""
    _, high = closed_bounds(q)
    if q.kind == "whole":
        return int(min(x + rng.integers(1, max(x, 1) + 1), high))
    larger = x * rng.uniform(1.05, 2)
    return larger if larger <= high else x + (high - x) * rng.uniform(0.1, 1)


def times(factor: float, x: Any) -> Any:
    return [times(factor, one) for one in x] if isinstance(x, list) else type(x)(x * factor)


def numbers(answer: Any) -> Any:
    """The numbers of an answer, a verdict being one."""
    cells = [VERDICTS.get(x, x) if isinstance(x, str) else x for x in np.ravel(answer).tolist()]
    return np.array([x for x in cells if not isinstance(x, str)], dtype=float)


def answered(f: Formula, args: dict[str, Any]) -> Any:
    """The numbers, or nothing where there is no answer."""
    try:
        return numbers(f(**args))
    except XlllmError:
        return None


def test_every_argument_has_its_response() -> None:
    def numeric(f: Formula) -> set[str]:
        return {p.name for p in f.parameters if p.quantity and p.quantity.numeric}

    assert {n: {r.names[0] for r in TABLE[n] if "." not in r.names[0]} for n in TABLE} == {
        n: numeric(f) for n, f in COMPUTED.items()
    }


@each_computed
def test_answers_rise_and_fall(f: Formula) -> None:
    @often(f)
    @given(seeds)
    def respond(seed: int) -> None:
        rng = np.random.default_rng(seed)
        args = around(f, rng)
        assume((before := answered(f, args)) is not None)
        for names, direction, _ in TABLE[f.name]:
            if direction in "+-0":
                after = answered(f, changed(args, names, lambda q, x: raised(q, x, rng)))
                if after is not None:
                    noise = 1e-12 * np.maximum(np.abs(before), np.abs(after))
                    assert direction == "-" or (after >= before - noise).all(), (names, args)
                    assert direction == "+" or (after <= before + noise).all(), (names, args)

    respond()


@each_computed
def test_twice_the_argument(f: Formula) -> None:
    @often(f)
    @given(seeds)
    def scale(seed: int) -> None:
        args = around(f, np.random.default_rng(seed))
        assume((before := answered(f, args)) is not None)
        for names, _, degree in TABLE[f.name]:
            if degree is not None:
                for factor in (2, 0.5):  # half, where twice is out of bounds
                    after = answered(f, changed(args, names, lambda q, x, by=factor: times(by, x)))
                    if after is not None:
                        assert np.allclose(after, before * factor**degree, 1e-12, 0), (names, args)
                        break

    scale()


# -- columns -----------------------------------------------------------------------------------------------------------
def cells(answer: Any) -> list[Any]:
    """What cells show: the answers, or the errors that they become."""
    return [x.cell if isinstance(x, XlllmError) else x for x in np.ravel(answer).tolist()]


def alone(f: Formula, args: list[Any]) -> list[Any]:
    try:
        return cells(f(*args))
    except XlllmError as error:
        return [error.cell]


@each_computed
def test_a_column_is_answered_as_its_cells(f: Formula) -> None:
    @often(f)
    @given(seeds)
    def together(seed: int) -> None:
        rng = np.random.default_rng(seed)
        rows = [list(around(f, rng).values()) for _ in range(3)]
        columns = [column(f, x) for x in zip(*rows, strict=True)]
        if f.table:
            with pytest.raises(InputError, match="table"):
                f(*columns)
        else:
            for args, answer in zip(rows, f(*columns), strict=True):
                wanted = alone(f, args)
                assert same(cells(answer), wanted * (np.size(answer) // len(wanted))), args

    together()


# -- anything within bounds --------------------------------------------------------------------------------------------
LONGEST_MESSAGE = 400
NARROWER = {"layers": (1, 256), "experts": (1, 16), "gpus": (1, 4096)}
"""parallel_plan tries all divisors."""


def anywhere(q: Quantity, x: Any, rng: np.random.Generator) -> Any:
    """Anything within the bounds, the ends and the sample too; as many small numbers as large ones."""
    if isinstance(x, list):
        return [anywhere(q, one, rng) if q.numeric else one for one in x]
    if not q.numeric:
        return scaled(q, x, rng)
    low, high = NARROWER.get(q.name, closed_bounds(q))
    choice = rng.random()
    if choice < 0.3:
        return type(x)(low if choice < 0.15 else high)
    if choice < 0.5:
        return x
    size = math.exp(rng.uniform(math.log(max(low, 1e-9)), math.log(high)))
    size = -size if low < 0 and rng.random() < 0.5 else size
    return int(min(max(round(size), low), high)) if q.kind == "whole" else float(min(max(size, low), high))


def anything(f: Formula, rng: np.random.Generator) -> list[Any]:
    return [
        [anywhere(q, x, rng) for q, x in zip(p.record.fields, row(p.name), strict=True)]
        if p.record
        else anywhere(p.quantity, sample(f, p), rng)
        for p in f.parameters
    ]


def sound(f: Formula, q: Quantity, x: Any) -> bool:
    """A number (within bounds if it is the only one), one of the texts, or an error that says something short."""
    if isinstance(x, XlllmError):
        return 0 < len(x.message) < LONGEST_MESSAGE
    if isinstance(x, float):
        low, high = closed_bounds(q)
        return math.isfinite(x) and (f.spills or low <= x <= high)
    return isinstance(x, (bool, str)) and (not q.choices or x in q.choices)


@each_computed
def test_a_number_within_bounds_or_an_error_that_says_why(f: Formula) -> None:
    @often(f)
    @given(seeds)
    def answer(seed: int) -> None:
        rng = np.random.default_rng(seed)
        for _ in range(10):
            args = anything(f, rng)
            try:
                found = f(*args)
            except XlllmError as error:
                found = np.full(len(f.results), error)
            answers = found if f.spills else np.reshape(found, (-1, 1))
            for one in np.reshape(answers, (-1, len(f.results))).tolist():
                assert all(sound(f, q, x) for q, x in zip(f.results, one, strict=True)), args

    answer()


# -- the internal rate of return ---------------------------------------------------------------------------------------
flows_out = st.lists(between(10, 1e6).map(lambda x: -x), min_size=1, max_size=3)
flows_in = st.lists(between(10, 1e6), min_size=1, max_size=10)


@some
@given(flows_out, flows_in)
def test_irr_as_numpy_financial(out: list[float], back: list[float]) -> None:
    """Which takes the eigenvalue nearest 0; with one change of sign there is one only."""
    assert math.isclose(1 + F.irr(out + back), 1 + numpy_financial.irr(out + back), rel_tol=1e-9)


@some
@given(flows_out, flows_in, between(1e-15, 1e11), st.integers(0, 5), st.integers(0, 5))
def test_irr_of_other_money(out: list[float], back: list[float], unit: float, before: int, after: int) -> None:
    """In another currency, of the other party, later or with years of nothing, backwards."""
    flows = np.array(out + back)
    growth = 1 + F.irr(flows)
    assert math.isclose(1 + F.irr(unit * flows), growth, rel_tol=1e-12)
    assert math.isclose(1 + F.irr(-flows), growth, rel_tol=1e-12)
    assert math.isclose(1 + F.irr([0.0] * before + flows.tolist() + [0.0] * after), growth, rel_tol=1e-12)
    assert math.isclose(1 + F.irr(flows[::-1]), 1 / growth, rel_tol=1e-12)


@some
@given(between(1e-5, 0.1), st.integers(1, 480))
def test_irr_of_a_mortgage(rate: float, months: int) -> None:
    payment = F.capital_recovery(rate, months)
    assert math.isclose(F.irr([-1.0] + months * [payment]), rate, rel_tol=1e-9)


@some
@given(st.integers(2, 360), st.integers(2, 360), between(0.6, 1.6), between(1e-3, 1e3))
def test_irr_of_long_series_that_shrink_or_grow(out: int, back: int, yearly: float, ratio: float) -> None:
    """Amounts of very different size, of which eigenvalues make nothing: the net present value changes sign there."""
    flows = yearly ** np.arange(out + back) * np.where(np.arange(out + back) < out, -ratio, 1)
    if np.max(np.abs(flows)) > 1e18:
        flows *= 1e18 / np.max(np.abs(flows))
    growth = 1 + F.irr(flows)
    below, above = (balance(flows, growth * x) for x in (1 - 1e-9, 1 + 1e-9))
    assert below > 0 > above


def balance(flows: Any, growth: float) -> float:
    """Net present value over that of all amounts taken as positive."""
    sizes = np.log(np.abs(flows)) - np.arange(len(flows)) * math.log(growth)
    values = np.sign(flows) * np.exp(sizes - np.max(sizes))
    return float(np.sum(values) / np.sum(np.abs(values)))


@some
@given(st.lists(st.integers(-45, 70), min_size=2, max_size=4, unique_by=lambda x: x // 5))
def test_irr_names_all_rates(percents: list[int]) -> None:
    flows = -np.poly([1 + x / 100 for x in percents])
    with pytest.raises(XlllmError) as error:
        F.irr(flows)
    found = ", ".join(f"{x:.4f}%" for x in sorted(percents))
    assert f"{len(percents)} rates bring the net present value to 0 ({found});" in error.value.message


@some
@given(st.integers(-45, 100), st.floats(0.01, 0.9), st.floats(0.1, math.pi))
def test_irr_in_spite_of_several_changes_of_sign(percent: int, size: float, angle: float) -> None:
    """A pair of imaginary roots is no second rate."""
    flows = -np.real(np.poly([1 + percent / 100, size * np.exp(1j * angle), size * np.exp(-1j * angle)]))
    assert math.isclose(1 + F.irr(flows), 1 + percent / 100, rel_tol=1e-9)


# -- rows and tables of results ----------------------------------------------------------------------------------------
@some
@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30))
def test_risk_summary_of_any_draws(draws: list[float]) -> None:
    p10, p50, p90, mean, negative = F.risk_summary(draws)
    assert min(draws) <= p10 <= p50 <= p90 <= max(draws)
    assert math.isclose(p50, np.median(draws), rel_tol=1e-12, abs_tol=1e-300)
    assert math.isclose(mean, math.fsum(draws) / len(draws), rel_tol=1e-9, abs_tol=1e-6)
    assert negative == sum(x < 0 for x in draws) / len(draws)
    assert np.allclose(F.risk_summary(sorted(draws))[:3], [p10, p50, p90], 1e-12, 0)


@some
@given(st.lists(st.tuples(st.integers(-5, 5), st.integers(-5, 5)), min_size=1, max_size=12))
def test_tornado_of_any_results(ends: list[tuple[int, int]]) -> None:
    """The widest first; of the same width, the first."""
    rows = [[f"input {i}", float(low), float(high)] for i, (low, high) in enumerate(ends)]
    assert F.tornado(*map(list, zip(*rows, strict=True))).tolist() == sorted(rows, key=lambda r: -abs(r[2] - r[1]))


@some
@given(st.floats(0, 1e6))
def test_team_split_of_any_team(fte: float) -> None:
    area, people = F.team_split(fte).T
    assert math.isclose(sum(people), fte, rel_tol=1e-12)
    assert fte == 0 or area[people.argmax()] == "evaluation and analysis"


@settings(few, max_examples=3)
@given(between(0.1, 10.0), seeds)
def test_fit_law_of_exact_runs(unit: float, seed: int) -> None:
    """The law that made the losses; in another unit of loss, the same law in that unit."""
    rng = np.random.default_rng(seed)
    params, tokens = np.exp(rng.uniform(*np.log([[1e8, 1e9], [1e10, 1e11]]), (20, 2))).T
    law = np.array(row("law"))
    fit = F.fit_law(params, tokens, unit * F.loss(params, tokens, law.tolist()))
    assert np.allclose(fit[:5], law * [unit, unit, unit, 1, 1], 1e-4, 0)


@few
@given(st.sampled_from(ARCHS), st.sampled_from([1024, 4096]), st.integers(0, 9), st.sampled_from([24.0, 80.0, 192.0]))
def test_parallel_plan_of_any_cluster(arch: list[Any], seq_len: int, doublings: int, gpu_gb: float) -> None:
    """All GPUs work, and each holds its part."""
    (plan,) = F.parallel_plan(arch, seq_len, [2**doublings], gpu_gb)
    assume(not isinstance(plan[0], XlllmError))  # nothing fits
    dp, tp, pp, ep, zero, recompute, gb, _ = plan
    assert dp * tp * pp == 2**doublings
    assert gb <= 0.9 * gpu_gb
    assert gb >= F.train_gb(arch, seq_len, 1, dp, tp, pp, ep, zero, recompute) * LESS
