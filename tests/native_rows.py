"""Rows for every closed formula, random ones and edges, and the workbook that computes them by native formulas.

The workbook has a sheet for each formula (for each number of years, if it takes a series), a line for each row: the
inputs as cells, the helper rows and the formula itself as worksheet formulas. They must show the engine's own answer,
that of the numpy function called on whole columns. More sheets hold what is easily misspelt.
``test_native.py`` and ``check_native.py`` recalculate it.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from engines import RTOL, Error, Key, Value
from numpy.typing import NDArray
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.utils.cell import get_column_letter

import xlllm.formulas  # noqa: F401 (registers the formulas)
from xlllm.formulas.scaling import USABLE_PARAMS
from xlllm.native import Cell, Tracer, chosen, evaluate, fixed, joined, ref, spell
from xlllm.quantities import Quantity
from xlllm.registry import FORMULAS, Formula
from xlllm.values import closed_bounds

Array = NDArray[Any]
Columns = dict[str, Array]
"""Values by name: one a row, or for a series a line of years a row."""

CLOSED = {f.name: f for f in FORMULAS.values() if f.kind == "C"}
ROWS, CANDIDATES, EDGES = 200, 4000, 80
YEARS = (1, 2, 4, 9)
ULP = 2.0**-52

RANGES = {
    "params": (1e3, 1e15), "tokens": (1e3, 1e16), "served_tokens": (1e3, 1e18), "unique_tokens": (1, 1e15),
    "more_tokens": (1e3, 1e16), "unique_supply": (1, 1e16),
    "r_star": (1e-2, 1e4), "gamma": (0.05, 1), "skill_multiple": (1e-2, 1e2), "bytes_per_token": (0.1, 1e3),
    "E": (1e-3, 10), "A": (1e-2, 1e4), "B": (1e-2, 1e4), "alpha": (0.05, 1), "beta": (0.05, 1), "flops": (1e6, 1e32),
    "layers": (1, 1e3), "d_model": (1, 1e5), "d_ff": (1, 1e6), "vocab": (1, 1e7), "experts": (1, 1e3),
    "seq_len": (1, 1e6), "micro_batch": (1, 1e3), "positions": (1, 1e6), "kv_latent": (1, 1e4),
    "gpu_hours": (1e-3, 1e13), "days": (1e-3, 1e5), "gpu_gb": (1, 1e4), "gpu_watts": (1, 1e5),
    "usd_per_flop": (1e-22, 1e-12), "serve_usd_per_flop": (1e-22, 1e-12), "gpu_hour_usd": (1e-3, 1e6),
    "data_usd_mtok": (1e-6, 1e6), "other_usd": (1e-3, 1e12), "usd_per_fte_year": (1e-3, 1e9),
    "estimate": (1e-3, 1e12), "reference": (1e-3, 1e12), "benefit_usd": (1e-3, 1e12), "cost_usd": (1e-3, 1e12),
    "yearly_benefit_usd": (1e-3, 1e9), "yearly_cost_usd": (1e-3, 1e9), "items_usd": (1e-3, 1e12), "flows": (1, 1e9),
    "year_index": (1, 30), "rate": (1e-2, 3), "yearly_growth": (1e-2, 3), "cost_growth": (1e-2, 3),
    "requests_per_day": (1e-1, 1e8), "target_per_day": (1, 1e12), "compared_usd": (1e-3, 1e12),
    "own_fixed_usd": (1e-3, 1e9), "own_variable_usd": (1e-3, 1e9), "api_fixed_usd": (1e-3, 1e9),
    "api_variable_usd": (1e-3, 1e9), "failed_usd": (1e-3, 1e9),
    "volume_growth": (1e-2, 3), "compute_usd": (1e-3, 1e9),
    "yearly_decline": (9, 11), "years": (0.1, 50), "items_kg": (1e-3, 1e12), "kg": (1e-3, 1e12),
    "usd": (1e-3, 1e12), "alternative_usd": (1e-3, 1e12), "alternative_kg": (1e-3, 1e12),
    "loss": (0.5, 20), "loss_before": (0.5, 20), "loss_after": (0.5, 20),
    "model_loss": (0.5, 20), "data_loss": (0.5, 20), "passes_loss": (0.5, 20), "usd_per_percent": (1e-3, 1e9),
    "nonembedding_params": (1e3, 1e15), "low": (1e-3, 1e12), "mode": (1e-3, 1e12), "high": (1e-3, 1e12),
}  # fmt: skip
"""What to draw from where the bounds mostly lead to answers out of bounds; of the distance from the lower bound if
that is negative."""
AT_LOWEST = {"kv_latent": 0.9, "positions": 0.5, "experts": 0.5, "flows": 0.05}
"""Share of rows at the lowest value, or at 0 where negative ones are allowed; elsewhere one in ten."""


# -- random rows -------------------------------------------------------------------------------------------------------
def quantities(f: Formula) -> list[Quantity]:
    """Of the arguments, and of the fields of a record."""
    return [q for p in f.parameters for q in (p.record.fields if p.record else (p.quantity,)) if q]


def drawn(q: Quantity, shape: tuple[int, ...], rng: np.random.Generator) -> Array:
    """Options in turn; numbers log-uniform, some at an end of the bounds."""
    if options := (False, True) if q.kind == "flag" else range(4) if q.name == "zero_stage" else q.choices:
        return rng.permutation(np.resize(np.array(options, dtype=object if q.choices else None), shape))
    signed = q.low == -q.high
    low, high = (0.0, q.high) if signed else closed_bounds(q)
    start = 0.0 if signed else min(q.low, 0.0)
    values = start + np.exp(rng.uniform(*np.log(RANGES.get(q.name, (max(low, 1e-6), high - start))), shape))
    if q.share and q.high == 1 and not q.high_open:
        values = np.where(rng.random(shape) < 0.1, high, values)
    if not q.low_open:
        values = np.where(rng.random(shape) < AT_LOWEST.get(q.name, 0.1), low, values)
    if signed:
        values *= rng.choice([-1.0, 1.0], shape)
    return np.floor(values) if q.kind == "whole" else values


def candidates(f: Formula, years: int, rng: np.random.Generator) -> Columns:
    """Random rows; the first of them at the edges of the formula."""
    series = {p.name for p in f.parameters if p.series}
    values = {q.name: drawn(q, (CANDIDATES, years) if q.name in series else (CANDIDATES,), rng) for q in quantities(f)}
    for small, large in (pair for p in f.parameters if p.record for pair in p.record.at_most):
        values[small] = np.minimum(values[small], values[large])
    values |= SHAPED[f.name](values, rng) if f.name in SHAPED else {}
    if f.name in AT_EDGES:
        for name, x in AT_EDGES[f.name]({name: x[:EDGES] for name, x in values.items()}, rng).items():
            values[name][:EDGES] = x
    return values


def allowed(f: Formula, values: Columns) -> Array:
    """Rows within the bounds that have an answer within its bounds, or deliberately none."""
    answer = engine(f, values)
    good = np.isnan(answer) & bool(f.undefined) if f.returns.numeric else np.zeros(answer.shape, dtype=bool)
    rows = [(good | within(f.returns, answer)), *(within(q, values[q.name]) for q in quantities(f))]
    return np.all([x.reshape(CANDIDATES, -1).all(axis=1) for x in rows], axis=0)


def within(q: Quantity, x: Array) -> Array:
    low, high = closed_bounds(q)
    return (low <= x) & (x <= high) if q.numeric else np.ones(x.shape, dtype=bool)


# -- rows that belong together -----------------------------------------------------------------------------------------
def reached(v: Columns, rng: np.random.Generator) -> Columns:
    """Losses of models that there could be, and some of none."""
    sizes = (np.exp(rng.uniform(*np.log(RANGES[name]), CANDIDATES)) for name in ("params", "tokens"))
    possible = engine(CLOSED["loss"], dict(zip(("params", "tokens"), sizes, strict=True)) | v)
    return {"loss": np.where(rng.random(CANDIDATES) < 0.8, possible, v["loss"])}


def ascending(v: Columns, rng: np.random.Generator) -> Columns:
    """Mostly in order, and as many probabilities near 1 as near 0."""
    given = np.stack([v["low"], v["mode"], v["high"]])
    low, mode, high = np.where(rng.random(CANDIDATES) < 0.85, np.sort(given, axis=0), given)
    return {"low": low, "mode": mode, "high": high, "u": np.where(rng.random(CANDIDATES) < 0.5, v["u"], 1 - v["u"])}


def growing(v: Columns, rng: np.random.Generator) -> Columns:
    """Volumes that mostly grow, to at most a thousand times as much."""
    shape = v["requests_per_day"].shape
    target = v["requests_per_day"] * np.exp(rng.uniform(-1, math.log(1e3), shape))
    return {
        "target_per_day": target,
        "yearly_growth": np.where(rng.random(shape) < 0.1, 0, rng.uniform(0.05, 2, shape)),
    }


SHAPED: dict[str, Callable[[Columns, np.random.Generator], Columns]] = {
    "params_for_loss": reached,
    "tokens_for_loss": reached,
    "triangular": ascending,
    "pert": ascending,
    "months_to_reach": growing,
}
"""What makes a fair share of random rows have an answer."""


# -- edges -------------------------------------------------------------------------------------------------------------
def noisy(x: Any, rng: np.random.Generator, ulps: int = 3) -> Array:
    """Up to so many units in the last place away."""
    return np.asarray(x * (1 + ULP * rng.integers(-ulps, ulps + 1, np.shape(x))))


def whole(rng: np.random.Generator) -> Array:
    """Whole numbers of GPUs; above some 400,000 the noise of a quotient reaches the 9 decimals that are kept."""
    return np.floor(np.exp(rng.uniform(0, math.log(1e5), EDGES)))


def at_a_price(v: Columns, rng: np.random.Generator) -> Columns:
    """A data price at which R is 1 + band or 1/(1 + band)."""
    ratio = (1 + v["band"]) ** rng.choice([-1, 1], EDGES)
    slope = v["beta"] * v["B"] / v["tokens"] ** (v["beta"] + 1)
    by_model = engine(CLOSED["marginal_loss_params"], v)
    with np.errstate(all="ignore"):
        price = 1e6 * (slope / (ratio * by_model) - 6 * v["params"] * v["usd_per_flop"])
    return {"data_usd_mtok": noisy(price, rng)}


def at_break_even(v: Columns, rng: np.random.Generator) -> Columns:
    """A first flow that the others pay back exactly, or almost."""
    first, *later = v["flows"].T
    back = sum((x / (1 + v["rate"]) ** t for t, x in enumerate(later, 1)), np.zeros(len(first)))
    return {"flows": np.column_stack([-noisy(back, rng), *later])}


def at_payback(v: Columns, rng: np.random.Generator) -> Columns:
    """Decimal flows that add up to 0 in some year, exactly or almost; or never."""
    flows = np.abs(np.round(v["flows"] % 1e3, 1)) + 0.1
    back = np.cumsum(flows, axis=1) - flows[:, :1]
    year = rng.integers(0, back.shape[1], EDGES)
    flows[:, 0] = -noisy(back[np.arange(EDGES), year], rng) * rng.choice([1, 1, 1, 1e3], EDGES)
    return {"flows": flows}


def at_discounted_payback(v: Columns, rng: np.random.Generator) -> Columns:
    """A first flow that the others, discounted, pay back in some year, exactly or almost."""
    flows = np.abs(v["flows"])
    back = np.cumsum(engine(CLOSED["discounted_flows"], {"rate": v["rate"], "flows": flows}), axis=1)
    year = rng.integers(0, back.shape[1], EDGES)
    flows[:, 0] = -noisy((back - back[:, :1])[np.arange(EDGES), year], rng)
    return {"flows": flows}


def nearly(name: str, edge: Callable[[Columns], Array]) -> Callable[[Columns, np.random.Generator], Columns]:
    """Every third row with a value that is the edge, or noise away from it."""
    return lambda v, rng: {name: np.where(rng.random(EDGES) < 0.33, noisy(edge(v), rng), v[name])}


def least_loss(v: Columns) -> Array:
    """What the law leaves at the other's value."""
    name, a, exponent = ("tokens", "B", "beta") if "tokens" in v else ("params", "A", "alpha")
    return np.asarray(v["E"] + v[a] / v[name] ** v[exponent])


def nearly_free_credit(v: Columns, rng: np.random.Generator) -> Columns:
    return {"rate": rng.choice([0, 1e-15, -1e-15, 1e-12, -1e-9, 1e-6, 0.08], EDGES)}


def at_corners(v: Columns, rng: np.random.Generator) -> Columns:
    """Two or three of the values equal but for noise, or the mode's own probability, or none, or all."""
    low, mode, high = np.sort(np.stack([v["low"], v["mode"], v["high"]]), axis=0)
    case = rng.integers(0, 6, EDGES)
    low = np.where((case == 0) | (case == 1), noisy(mode, rng), low)
    high = np.where((case == 1) | (case == 2), noisy(mode, rng), high)
    own = (mode - low) / np.where(high == low, 1, high - low)
    u = np.select([case == 3, case == 4, case == 5], [np.clip(noisy(own, rng), 1e-6, 1 - 1e-6), 0 * own, 1], v["u"])
    return {"low": low, "mode": mode, "high": high, "u": u}


def just_fits(v: Columns, rng: np.random.Generator) -> Columns:
    """A model whose states leave some of the memory, and activations that fill it."""
    limit = engine(CLOSED["usable_gb"], v)
    in_bytes = {"weight_bytes": 2, "grad_bytes": 4, "optimizer_bytes": 12}
    full = engine(CLOSED["model_state_gb"], v | in_bytes | {"params": 1})
    params = np.maximum(rng.random(EDGES) * limit / full, 1)
    return {"params": params, "activation_gb": np.maximum(noisy(limit - params * full, rng), 0)}


def whole_batches(v: Columns, rng: np.random.Generator) -> Columns:
    """Weights that leave some of the memory, and caches of which a whole number fills it."""
    total = v["gpus"] * engine(CLOSED["usable_gb"], v)
    params = np.maximum(rng.random(EDGES) * total * 8e9 / v["weight_bits"], 1)
    free = total - engine(CLOSED["weight_gb"], v | {"params": params})
    return {"params": params, "kv_gb_per_sequence": noisy(free / whole(rng), rng)}


AT_EDGES: dict[str, Callable[[Columns, np.random.Generator], Columns]] = {
    "gpus_for_deadline": lambda v, rng: {"gpu_hours": noisy(whole(rng) * (24 * v["days"] * v["goodput"]), rng)},
    "min_gpus": lambda v, rng: {"gb": noisy(whole(rng) * (v["gpu_gb"] * (1 - v["headroom"])), rng)},
    "may_emerge": lambda v, rng: {"unique_sequences": noisy(v["params"], rng, 1)},
    "effective_tokens": lambda v, rng: {"epochs": 1 + rng.choice([-1e-5, -1e-10, -ULP, 0, ULP, 1e-10, 1e-5], EDGES)},
    "next_dollar": at_a_price,
    "npv": at_break_even,
    "unpaid_years": at_payback,
    "payback": at_payback,
    "discounted_payback": at_discounted_payback,
    "profitability_index": at_break_even,
    "capital_recovery": nearly_free_credit,
    "owned_gpu_hour_usd": nearly_free_credit,
    "params_for_budget": nearly("budget_usd", lambda v: v["tokens"] * v["data_usd_mtok"] / 1e6),
    "tokens_for_budget": nearly("budget_usd", lambda v: 2 * v["params"] * v["served_tokens"] * v["serve_usd_per_flop"]),
    "abatement_usd_tonne": nearly("alternative_kg", lambda v: v["kg"]),
    "best_use": nearly("data_loss", lambda v: v["model_loss"]),
    "unique_tokens_after": nearly("unique_supply", lambda v: engine(CLOSED["unique_tokens_wanted"], v)),
    "cheapest_option": nearly("tune_option_usd", lambda v: v["api_option_usd"]),
    "breakeven_requests": nearly("own_variable_usd", lambda v: v["api_variable_usd"]),
    "months_to_reach": nearly("target_per_day", lambda v: v["requests_per_day"]),
    "option_allowed": nearly("quality_needed", lambda v: v["quality"]),
    "buy_or_rent_months": nearly("rent_usd_month", lambda v: v["opex_usd_month"]),
    "breakeven_tokens": nearly("api_usd_mtok", lambda v: v["variable_usd_mtok"]),
    "params_for_loss": nearly("loss", least_loss),
    "tokens_for_loss": nearly("loss", least_loss),
    "flops_for_loss": nearly("loss", lambda v: v["E"]),
    "loss_benefit_usd": nearly("loss_before", lambda v: v["E"]),
    "usable_params": nearly("params", lambda v: USABLE_PARAMS * v["unique_tokens"] * np.minimum(v["epochs"], 1)),
    "effective_params": nearly("params", lambda v: USABLE_PARAMS * v["unique_tokens"] * np.minimum(v["epochs"], 1)),
    "triangular": at_corners,
    "pert": at_corners,
    "data_parallel_fits": just_fits,
    "max_batch": whole_batches,
    "items_for_budget": lambda v, rng: {
        "budget_usd": noisy(whole(rng) * engine(CLOSED["annotation_usd"], v | {"items": 1}), rng)
    },
    "serving_gpus": lambda v, rng: {
        "peak_requests_per_s": noisy(whole(rng) * (v["requests_per_s_replica"] * v["target_load"]), rng)
    },
}


# -- what the engine says ----------------------------------------------------------------------------------------------
def engine(f: Formula, v: Columns) -> Array:
    """The numpy function on whole columns."""
    args = (p.record.type(*(v[q.name] for q in p.record.fields)) if p.record else v[p.name] for p in f.parameters)
    with np.errstate(all="ignore"):
        return np.asarray(f.fn(*args))


def paid_back(flows: Array) -> Array:
    """What paybacks are made of."""
    year = np.minimum(CLOSED["unpaid_years"].fn(flows), flows.shape[1] - 1)
    rows = np.arange(len(flows))
    return np.cumsum(np.abs(flows), axis=1)[rows, year] / np.maximum(np.abs(flows[rows, year]), 1e-9)


def inverted(name: str, v: Columns, least: Array, exponent: Array) -> Array:
    """What an inverse makes of the rounding of the loss, from which it takes the least there can be."""
    return np.asarray(engine(CLOSED[name], v) * exponent * v["loss"] / (v["loss"] - least))


TERMS: dict[str, Callable[[Columns], Array]] = {
    "deviation": lambda v: v["estimate"] / v["reference"],
    "roi": lambda v: v["benefit_usd"] / v["cost_usd"],
    "total_usd": lambda v: np.sum(np.abs(v["items_usd"]), axis=1),
    "saving_usd": lambda v: v["compared_usd"] + np.abs(v["usd"]),
    "avoided_kg": lambda v: v["kg"] + v["alternative_kg"],
    "abatement_usd_tonne": lambda v: (
        1e3 * (np.abs(v["usd"]) + np.abs(v["alternative_usd"])) * v["kg"] / (v["kg"] - v["alternative_kg"]) ** 2
    ),
    "total_benefit": lambda v: np.sum(np.abs(v["flows"]), axis=1),
    "cumulative_flows": lambda v: np.cumsum(np.abs(v["flows"]), axis=1),
    "npv": lambda v: engine(CLOSED["npv"], {"rate": v["rate"], "flows": np.abs(v["flows"])}),
    "payback": lambda v: paid_back(v["flows"]),
    "discounted_payback": lambda v: paid_back(engine(CLOSED["discounted_flows"], v)),
    "profitability_index": lambda v: 1 + TERMS["npv"](v) / np.abs(v["flows"][:, 0]),
    "owned_gpu_hour_usd": lambda v: engine(CLOSED["owned_gpu_hour_usd"], v | {"residual_share": -v["residual_share"]}),
    "breakeven_data_price": lambda v: 6e6 * v["params"] * v["usd_per_flop"],
    "net_flow": lambda v: np.abs(
        engine(CLOSED["net_flow"], v | {"yearly_benefit_usd": -np.abs(v["yearly_benefit_usd"])})
    ),
    "project_flow": lambda v: np.abs(
        engine(CLOSED["project_flow"], v | {"yearly_benefit_usd": -np.abs(v["yearly_benefit_usd"])})
    ),
    "unique_tokens_wanted": lambda v: v["unique_tokens"] + v["more_tokens"] + v["tokens"],
    "unique_tokens_after": lambda v: v["unique_tokens"] + v["more_tokens"] + v["tokens"],
    "params_for_budget": lambda v: (
        v["budget_usd"] / engine(CLOSED["lifetime_usd"], v | {"params": 1, "data_usd_mtok": 0})
    ),
    "tokens_for_budget": lambda v: (
        v["budget_usd"] / engine(CLOSED["lifetime_usd"], v | {"tokens": 1, "served_tokens": 0})
    ),
    "active_param_count": lambda v: engine(CLOSED["param_count"], v),
    "params_for_loss": lambda v: inverted("params_for_loss", v, least_loss(v), 1 / v["alpha"]),
    "tokens_for_loss": lambda v: inverted("tokens_for_loss", v, least_loss(v), 1 / v["beta"]),
    "flops_for_loss": lambda v: inverted("flops_for_loss", v, v["E"], 1 / v["alpha"] + 1 / v["beta"]),
    "loss_benefit_usd": lambda v: 100 * v["usd_per_percent"] * v["loss_before"] / np.abs(v["loss_before"] - v["E"]),
    "triangular": lambda v: np.max(np.abs([v["low"], v["mode"], v["high"]]), axis=0),
    "pert": lambda v: np.max(np.abs([v["low"], v["mode"], v["high"]]), axis=0),
}
"""How large the terms are whose difference may be near 0: the rounding of the difference is theirs."""


# -- sheets ------------------------------------------------------------------------------------------------------------
class Sheet(NamedTuple):
    """Trees on rows of inputs."""

    name: str
    inputs: Columns
    trees: dict[str, Cell]
    """In the order of calculation."""
    wanted: Columns
    """What the trees must show; nothing is asked of helper rows."""
    terms: Columns
    rtol: float = RTOL

    def places(self) -> dict[str, tuple[int, int]]:
        """First column and number of columns of every input and tree."""
        widths = {name: x.shape[1] if x.ndim > 1 else 1 for name, x in self.inputs.items()}
        widths |= {name: max(tree.length, 1) for name, tree in self.trees.items()}
        ends = np.cumsum([1, *widths.values()])
        return {name: (int(end), width) for (name, width), end in zip(widths.items(), ends, strict=False)}

    def lines(self) -> Iterator[list[Value]]:
        """The cells of every row."""
        places, mark = self.places(), "§"

        def address(name: str, first: int = 0, last: int | None = None) -> str:
            years = sorted({first, first if last is None else last})
            return ":".join(f"{get_column_letter(places[name][0] + year)}{mark}" for year in years)

        each_year = [(t, y) for t in self.trees.values() for y in (range(t.length) if t.length else [None])]
        texts = ["=" + spell(tree, address, year) for tree, year in each_year]
        for row, cells in enumerate(zip(*(x.tolist() for x in self.inputs.values()), strict=True), 1):
            inputs = [x for cell in cells for x in (cell if isinstance(cell, list) else [cell])]
            yield inputs + [text.replace(mark, str(row)) for text in texts]

    def compare(self, shown: Callable[[Key], Value], booleans: bool = True) -> tuple[float, list[str]]:
        """The largest relative difference among cells that agree, and a line for each that does not.

        Without ``booleans`` a TRUE is a 1.
        """
        largest, faults, places = 0.0, [], self.places()
        for name, wanted in self.wanted.items():
            terms = np.broadcast_to(self.terms.get(name, np.zeros(1)), wanted.shape)
            for (row, *year), answer in np.ndenumerate(wanted):
                ours = as_shown(answer)
                got = shown((self.name, f"{get_column_letter(places[name][0] + sum(year))}{row + 1}"))
                if isinstance(ours, bool) and not booleans:
                    ours = float(ours)
                apart = difference(ours, got, abs(terms[(row, *year)]))
                if apart <= self.rtol:
                    largest = max(largest, apart)
                else:
                    given = ", ".join(f"{k}={x.tolist()[row]!r}" for k, x in self.inputs.items())
                    faults.append(f"{name} wanted {ours!r}, got {got!r}: {apart:.1e} apart, with {given}")
        return largest, faults


def as_shown(value: Any) -> Value:
    """As a spreadsheet holds it: numbers are floats, NaN is an error."""
    value = value.item() if isinstance(value, np.generic) else value
    if isinstance(value, (str, bool)):
        return value
    return Error("#NUM!") if math.isnan(value) else float(value)


def difference(wanted: Value, got: Value, term: float = 0) -> float:
    """Relative to the larger of the wanted number and the term; infinite if no numbers and not the same."""
    if isinstance(wanted, float) and isinstance(got, float):
        return abs(got - wanted) / (max(abs(wanted), term) or 1.0)
    return 0.0 if type(wanted) is type(got) and wanted == got else math.inf


def trees(f: Formula, years: int = 0) -> dict[str, Cell]:
    """The helper rows and the formula itself, on cells named as its arguments."""
    args = tuple(
        p.record.type(*(ref(q.name) for q in p.record.fields)) if p.record else ref(p.name, years * p.series)
        for p in f.parameters
    )
    tree, helpers = Tracer().trace(f.name, f, args)
    return {**{h.id: h.tree for h in helpers}, f.name: tree}


def has_years(f: Formula) -> bool:
    return any(p.series for p in f.parameters)


def formula_sheet(f: Formula, years: int) -> Sheet:
    name = f"{f.name} {years}" if years else f.name
    tried = candidates(f, years, np.random.default_rng(list(name.encode())))
    kept = np.flatnonzero(allowed(f, tried))[:ROWS]
    values = {name: x[kept] for name, x in tried.items()}
    with np.errstate(all="ignore"):
        terms = {f.name: TERMS[f.name](values)} if f.name in TERMS else {}
    return Sheet(name, values, trees(f, years), {f.name: engine(f, values)}, terms)


FORMULA_SHEETS = [formula_sheet(f, years) for f in CLOSED.values() for years in (YEARS if has_years(f) else [0])]


# -- expressions that are easily misspelt ------------------------------------------------------------------------------
EXPRESSIONS = (
    "-x**2", "(-x)**2", "-(x**2)*y", "-x*y", "x*-y", "x - -y", "x**-y", "(-2)**y", "x*-2", "y - x**2", "-(-x)",
    "x - (y - z)", "x - (y + z)", "x + (y - z)", "x/(y*z)", "x*(y/z)", "x/(y/z)", "x/y/z", "2**y**2", "(y**2)**y",
    "np.ceil(x**2)", "np.ceil(-x)", "np.ceil(x/y)", "np.floor(x - y)", "np.floor(-x**2)", "np.exp(-x**2)", "abs(x - y)",
    "np.expm1(x)**2", "x - np.expm1(y)", "x/np.expm1(y)", "-np.expm1(x**2)", "x/np.log1p(abs(y))", "-np.log1p(x**2)",
    "np.where(x < y, x - y, -x)", "x*np.where(x**2 <= y + z, 1, 2)",
    "np.where(np.logical_and(x < y, np.logical_not(y < z)), 1, -1)", "np.logical_or(x > y, y == z)",
    "np.minimum(x, y) - np.maximum(y, z)", "np.sqrt(abs(x)) - np.log(abs(y)) + np.log10(abs(z))",
)  # fmt: skip
XYZ = {
    "x": [2.0, -3.0, 0.5, 1e-9, -0.25, 7.0],
    "y": [3.0, 2.0, -2.0, 2.0, 3.0, 1.0],
    "z": [0.5, 4.0, 3.0, 1.0, -1.5, 1.0],
}

NEAR_ZERO = [sign * 10.0**e for e in range(-18, 0) for sign in (1, -1)]
FAR = {"expm1": [-1e5, -1500.0, -700.0, -40.0, 1.0, 40.0, 700.0], "log1p": [-0.999999, -0.5, 1.0, 1e3, 1e9, 1e18]}

TEXTS = {
    "quotes": joined('"', fixed(ref("number"), 1), '" and ""'),
    "line breaks": joined("\n", ref("word"), "\n\nend"),
    "a line": joined(ref("word"), Cell("line_break"), fixed(ref("number"), 0)),
    "any case": chosen(ref("word") == "Full", "yes", "no"),
    "chosen": joined(chosen(ref("number") < 0, "−", ""), fixed(abs(ref("number")), 2), "円"),
    "inner": joined("a", chosen(joined(ref("word"), "?") == "full?", "=b", "\n")),
}
WORDS = {
    "word": ["full", "FULL", 'say "hi"', "two\nlines", "人", "none"],
    "number": [2.5, -2.5, 1234567.891, 0.0, -1.125, 999.96],
}
TAIL_RTOL = 1e-10
"""LibreOffice's BETAINV solves BETADIST(x) = u, which says ever less of x the closer u is to 1: measured 7e-13 off at
1 − 1e-6, 3e-12 at 1 − 1e-7, 3e-11 at 1 − 1e-9. Elsewhere it is at most 1e-14 off, and IronCalc's 1e-13 everywhere."""
TAILS = [tail for e in range(-9, -5) for tail in (10.0**e, 1 - 10.0**e)]
MODES = [0.0, 0.1, 0.5, 0.9, 1.0]
HALVES = {
    0: {0.5: "1", 1.5: "2", 2.5: "3", -2.5: "-3", 1999.5: "2,000", 4999999.5: "5,000,000", 1e9: "1,000,000,000"},
    1: {0.25: "0.3", 0.35: "0.4", 999.95: "1,000.0", -1234.25: "-1,234.3", 0.049: "0.0"},
    2: {0.125: "0.13", 2.675: "2.68", 0.994999: "0.99", 1234567.895: "1,234,567.90", 0.0: "0.00"},
}
"""What FIXED shows: halves away from zero."""


def other_sheet(name: str, values: dict[str, Sequence[Any]], trees: dict[str, Cell], rtol: float = RTOL) -> Sheet:
    rows = [dict(zip(values, row, strict=True)) for row in zip(*values.values(), strict=True)]
    inputs = {k: np.array(x, dtype=float if isinstance(x[0], float) else object) for k, x in values.items()}
    wanted = {k: np.array([evaluate(tree, row) for row in rows], dtype=object) for k, tree in trees.items()}
    return Sheet(name, inputs, trees, wanted, {}, rtol)


def cells(*names: str) -> dict[str, Any]:
    return {"np": np} | {name: ref(name) for name in names}


OTHER_SHEETS = [
    other_sheet("expressions", XYZ, {text: eval(text, cells("x", "y", "z")) for text in EXPRESSIONS}),
    other_sheet("texts", WORDS, TEXTS),
    *(other_sheet(f"halves {d}", {"x": list(shown)}, {"fixed": fixed(ref("x"), d)}) for d, shown in HALVES.items()),
    *(other_sheet(f"{ufunc} near 0", {"x": NEAR_ZERO}, {ufunc: getattr(np, ufunc)(ref("x"))}) for ufunc in FAR),
    other_sheet(
        "pert tails",
        dict(zip(("u", "mode", "low", "high"), zip(*product(TAILS, MODES, [0.0], [1.0]), strict=True), strict=True)),
        trees(CLOSED["pert"]),
        TAIL_RTOL,
    ),
    *(other_sheet(f"{ufunc} far", {"x": far}, {ufunc: getattr(np, ufunc)(ref("x"))}) for ufunc, far in FAR.items()),
]


def write(path: Path) -> None:
    """The workbook, without any value to repeat."""
    book = Workbook(write_only=True)
    for sheet in (*FORMULA_SHEETS, *OTHER_SHEETS):
        ws = book.create_sheet(sheet.name)
        for line in sheet.lines():
            ws.append([_exact(ws, value) if isinstance(value, float) else value for value in line])
    book.save(path)


def _exact(ws: Any, value: float) -> WriteOnlyCell:
    """A number with all its digits, of which openpyxl writes 16 only."""
    cell = WriteOnlyCell(ws, repr(value))
    cell.data_type = "n"
    return cell
