"""Rows for every closed formula, random ones and edges, and the workbook that computes them by native formulas.

The workbook has a sheet for each formula (for each number of years, if it takes a series), a line for each row: the
inputs as cells, the helper rows and the formula itself as worksheet formulas. What it must show is the engine's own
answer, the numpy function called on the columns. ``test_native.py`` and ``check_native.py`` recalculate it.
"""

import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from engines import RTOL, Error, Value, Values
from numpy.typing import NDArray
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.utils.cell import get_column_letter

import xlllm.formulas  # noqa: F401 (registers the formulas)
from xlllm.native import Cell, Tracer, ref, spell
from xlllm.quantities import Quantity
from xlllm.registry import FORMULAS, RECORDS, Formula
from xlllm.values import closed_bounds

Array = NDArray[Any]
Columns = dict[str, Array]
"""Values by argument or field of a record: one a row, or for a series a line of years a row."""

CLOSED = {f.name: f for f in FORMULAS.values() if f.kind == "C"}
ROWS, CANDIDATES, EDGES = 200, 4000, 80
YEARS = (1, 2, 4, 9)
ULP = 2.0**-52

RANGES = {
    "params": (1e3, 1e15), "tokens": (1e3, 1e16), "served_tokens": (1e3, 1e18), "unique_tokens": (1, 1e15),
    "r_star": (1e-2, 1e4), "gamma": (0.05, 1), "skill_multiple": (1e-2, 1e2), "bytes_per_token": (0.1, 1e3),
    "E": (1e-3, 10), "A": (1e-2, 1e4), "B": (1e-2, 1e4), "alpha": (0.05, 1), "beta": (0.05, 1), "flops": (1e6, 1e32),
    "layers": (1, 1e3), "d_model": (1, 1e5), "d_ff": (1, 1e6), "vocab": (1, 1e7), "experts": (1, 1e3),
    "seq_len": (1, 1e6), "micro_batch": (1, 1e3), "positions": (1, 1e6), "kv_latent": (1, 1e4),
    "gpu_hours": (1e-3, 1e13), "days": (1e-3, 1e5), "gpu_gb": (1, 1e4), "gpu_watts": (1, 1e5),
    "usd_per_flop": (1e-22, 1e-12), "serve_usd_per_flop": (1e-22, 1e-12), "gpu_hour_usd": (1e-3, 1e6),
    "data_usd_mtok": (1e-6, 1e6), "other_usd": (1e-3, 1e12), "usd_per_fte_year": (1e-3, 1e9),
    "estimate": (1e-3, 1e12), "reference": (1e-3, 1e12), "benefit_usd": (1e-3, 1e12), "cost_usd": (1e-3, 1e12),
    "yearly_benefit_usd": (1e-3, 1e9), "items_usd": (1e-3, 1e12), "flows": (1, 1e9), "year_index": (1, 30),
    "rate": (1e-2, 3), "yearly_growth": (1e-2, 3),
}  # fmt: skip
"""What to draw from where the bounds mostly lead to answers out of bounds; of 1 + rate, as a rate is above −1."""
AT_LOWEST = {"kv_latent": 0.9, "positions": 0.5, "experts": 0.5, "flows": 0.05, "usd_per_flop": 0.02}
"""Share of rows at the lowest value, or 0 where negative ones are allowed; elsewhere one in ten."""


# -- random values -----------------------------------------------------------------------------------------------------
def drawn(q: Quantity, shape: tuple[int, ...], rng: np.random.Generator) -> Array:
    """Options in turn; numbers log-uniform, some at the end of the bounds."""
    if options := (False, True) if q.kind == "flag" else range(4) if q.name == "zero_stage" else q.choices:
        return rng.permutation(np.resize(np.array(options, dtype=object if q.choices else None), shape))
    signed = q.low == -q.high
    low, high = (0.0, q.high) if signed else closed_bounds(q)
    start = min(q.low, 0.0) if not signed else 0.0
    first, last = RANGES.get(q.name, (max(low, 1e-6), high - start))
    values = start + np.exp(rng.uniform(math.log(first), math.log(last), shape))
    if q.share and q.high == 1:
        values = np.where(rng.random(shape) < 0.1, high, values)
    if not q.low_open:
        values = np.where(rng.random(shape) < AT_LOWEST.get(q.name, 0.1), low, values)
    if signed:
        values *= rng.choice([-1.0, 1.0], shape)
    return np.floor(values) if q.kind == "whole" else values


def candidates(f: Formula, years: int, rng: np.random.Generator) -> Columns:
    """Random rows; the first of them at the edges of the formula."""
    values: Columns = {}
    for p in f.parameters:
        for q in p.record.fields if p.record else [p.quantity]:
            assert q
            values[q.name] = drawn(q, (CANDIDATES, years) if q.kind == "series" else (CANDIDATES,), rng)
        for small, large in p.record.at_most if p.record else ():
            values[small] = np.minimum(values[small], values[large])
    if f.name in AT_EDGES:
        first = {name: x[:EDGES] for name, x in values.items()}
        for name, x in AT_EDGES[f.name](first, rng).items():
            values[name][:EDGES] = x
    return values


# -- edges -------------------------------------------------------------------------------------------------------------
def noisy(x: Any, rng: np.random.Generator, ulps: int = 3) -> Array:
    """Up to ``ulps`` away."""
    return np.asarray(x * (1 + ULP * rng.integers(-ulps, ulps + 1, np.shape(x))))


def whole(rng: np.random.Generator) -> Array:
    """Whole numbers of GPUs."""
    return np.floor(np.exp(rng.uniform(0, math.log(1e6), EDGES)))


def deadline_edges(v: Columns, rng: np.random.Generator) -> Columns:
    return {"gpu_hours": noisy(whole(rng) * (24 * v["days"] * v["goodput"]), rng)}


def min_gpus_edges(v: Columns, rng: np.random.Generator) -> Columns:
    return {"gb": noisy(whole(rng) * (v["gpu_gb"] * (1 - v["headroom"])), rng)}


def emerge_edges(v: Columns, rng: np.random.Generator) -> Columns:
    return {"unique_sequences": noisy(v["params"], rng, 1)}


def epoch_edges(v: Columns, rng: np.random.Generator) -> Columns:
    """One epoch, a little more or less, and as many as the vocabulary allows."""
    little = 1 + np.exp(rng.uniform(math.log(ULP), math.log(1e-3), EDGES)) * rng.choice([-1, 0, 1], EDGES)
    return {"epochs": np.where(np.arange(EDGES) < EDGES - 5, little, 1e6)}


def balance_edges(v: Columns, rng: np.random.Generator) -> Columns:
    """A data price at which R is 1 + band or 1/(1 + band)."""
    wanted = (1 + v["band"]) ** rng.choice([-1, 1], EDGES)
    slope = v["beta"] * v["B"] / v["tokens"] ** (v["beta"] + 1)
    args = (v["params"], v["tokens"], v["usd_per_flop"], 0, v["served_tokens"], v["serve_usd_per_flop"], law(v))
    by_model = CLOSED["marginal_loss_params"].fn(*args)
    return {"data_usd_mtok": noisy(1e6 * (slope / (wanted * by_model) - 6 * v["params"] * v["usd_per_flop"]), rng)}


def npv_edges(v: Columns, rng: np.random.Generator) -> Columns:
    """A first flow that the others pay back exactly, or almost."""
    later = [(1 + v["rate"]) ** t for t in range(v["flows"].shape[1])]
    flows = v["flows"].copy()
    flows[:, 0] = noisy(-sum(flows[:, t] / later[t] for t in range(1, len(later))), rng)
    return {"flows": flows}


def payback_edges(v: Columns, rng: np.random.Generator) -> Columns:
    """Decimal flows that add up to 0 in some year, exactly or almost; or never."""
    flows = np.abs(np.round(v["flows"] % 1e3, 1)) + 0.1
    year = rng.integers(0, flows.shape[1], EDGES)
    running = np.cumsum(flows, axis=1) - flows[:, :1]
    flows[:, 0] = -noisy(np.take_along_axis(running, year[:, None], 1)[:, 0], rng) * rng.choice([1, 1, 1, 1e3], EDGES)
    return {"flows": flows}


AT_EDGES: dict[str, Callable[[Columns, np.random.Generator], Columns]] = {
    "gpus_for_deadline": deadline_edges,
    "min_gpus": min_gpus_edges,
    "may_emerge": emerge_edges,
    "effective_tokens": epoch_edges,
    "next_dollar": balance_edges,
    "npv": npv_edges,
    "unpaid_years": payback_edges,
    "payback": payback_edges,
}


# -- what the engine says ----------------------------------------------------------------------------------------------
def law(v: Columns) -> Any:
    return RECORDS["law"].type(*(v[q.name] for q in RECORDS["law"].fields))


def engine(f: Formula, v: Columns) -> Array:
    """The numpy function on whole columns."""
    args = (p.record.type(*(v[q.name] for q in p.record.fields)) if p.record else v[p.name] for p in f.parameters)
    with np.errstate(all="ignore"):
        return np.asarray(f.fn(*args))


def payback_terms(v: Columns) -> Array:
    unpaid = CLOSED["unpaid_years"].fn(v["flows"])[:, None]
    income = np.take_along_axis(v["flows"], np.minimum(unpaid, v["flows"].shape[1] - 1), 1)
    return np.sum(np.abs(v["flows"]) * (np.arange(v["flows"].shape[1]) <= unpaid), axis=1) / np.abs(income[:, 0])


TERMS: dict[str, Callable[[Columns], Array]] = {
    "deviation": lambda v: v["estimate"] / v["reference"],
    "roi": lambda v: v["benefit_usd"] / v["cost_usd"],
    "total_usd": lambda v: np.sum(np.abs(v["items_usd"]), axis=1),
    "total_benefit": lambda v: np.sum(np.abs(v["flows"]), axis=1),
    "cumulative_flows": lambda v: np.cumsum(np.abs(v["flows"]), axis=1),
    "npv": lambda v: CLOSED["npv"].fn(v["rate"], np.abs(v["flows"])),
    "payback": payback_terms,
    "breakeven_data_price": lambda v: 6e6 * v["params"] * v["usd_per_flop"],
}
"""How large the terms are whose difference is near 0: rounding is theirs."""


# -- the workbook ------------------------------------------------------------------------------------------------------
class Sheet(NamedTuple):
    """Rows of one formula, or of several expressions."""

    name: str
    inputs: Columns
    trees: dict[str, Cell]
    """In the order of calculation."""
    wanted: Columns
    """What trees must show."""
    terms: Columns

    def places(self) -> dict[str, tuple[int, int]]:
        """First column and number of columns of every input and tree."""
        found, column = {}, 1
        lengths = {name: x.shape[1] if x.ndim > 1 else 0 for name, x in self.inputs.items()}
        for name, length in {**lengths, **{name: tree.length for name, tree in self.trees.items()}}.items():
            found[name] = column, max(length, 1)
            column += max(length, 1)
        return found

    def lines(self) -> Iterator[list[Value]]:
        """The cells of every row."""
        places = self.places()
        texts: list[str] = []
        for name, tree in self.trees.items():
            texts += [f"={spell(tree, _address(places), y)}" for y in (range(tree.length) if tree.length else [None])]
        for row, cells in enumerate(zip(*(x.tolist() for x in self.inputs.values()), strict=True), 1):
            flat = [v for x in cells for v in (x if isinstance(x, list) else [x])]
            yield flat + [text.replace(ROW, str(row)) for text in texts]

    def compare(self, got: Values) -> tuple[float, list[str]]:
        """The largest relative difference, and what differs by more than 1e-12 or in kind."""
        largest, faults = 0.0, []
        places = self.places()
        for name, wanted in self.wanted.items():
            column, _ = places[name]
            terms = np.broadcast_to(self.terms.get(name, np.array(0.0)), wanted.shape)
            for at in np.ndindex(wanted.shape):
                w, g = wanted[at], got.get((self.name, f"{get_column_letter(column + sum(at[1:]))}{at[0] + 1}"))
                apart = difference(w, g, float(abs(terms[at])))
                if apart > RTOL:
                    inputs = {
                        k: x[at[0]].tolist() if hasattr(x[at[0]], "tolist") else x[at[0]]
                        for k, x in self.inputs.items()
                    }
                    faults.append(
                        f"{self.name}: {name}{list(at[1:]) or ''} of {inputs}: wanted {w!r}, got {g!r}: {apart:.1e}"
                    )
                else:
                    largest = max(largest, apart)
        return largest, faults


ROW = "§"


def _address(places: dict[str, tuple[int, int]]) -> Callable[..., str]:
    def address(name: str, first: int = 0, last: int | None = None) -> str:
        column, _ = places[name]
        ends = {f"{get_column_letter(column + year)}{ROW}": 0 for year in (first, first if last is None else last)}
        return ":".join(ends)

    return address


def difference(wanted: Any, got: Value, term: float = 0) -> float:
    """Relative to the larger of the wanted number and the term; infinite if the two are not of one kind."""
    wanted = wanted.item() if isinstance(wanted, np.generic) else wanted
    if isinstance(wanted, (str, bool)):
        return 0.0 if wanted == got else math.inf
    if math.isnan(wanted):
        return 0.0 if got == Error("#NUM!") else math.inf
    if not isinstance(got, float) or math.isinf(wanted):
        return math.inf
    return abs(got - wanted) / (max(abs(wanted), term) or 1.0)


def sheets() -> list[Sheet]:
    """Every closed formula on its rows."""
    return [
        sheet(f, years)
        for f in CLOSED.values()
        for years in (YEARS if any(p.quantity and p.quantity.kind == "series" for p in f.parameters) else (0,))
    ]


def sheet(f: Formula, years: int) -> Sheet:
    name = f"{f.name} {years}" if years else f.name
    values = candidates(f, years, np.random.default_rng(list(name.encode())))
    answers = engine(f, values)
    good = np.ones(CANDIDATES, dtype=bool)
    for p in f.parameters:
        for q in p.record.fields if p.record else [p.quantity]:
            if q.numeric:
                low, high = closed_bounds(q)
                x = values[q.name]
                good &= ((low <= x) & (x <= high)).reshape(CANDIDATES, -1).all(axis=1)
    if f.returns.numeric:
        low, high = closed_bounds(f.returns)
        fits = (low <= answers) & (answers <= high) | (np.isnan(answers) & bool(f.undefined))
        good &= fits.reshape(CANDIDATES, -1).all(axis=1)
    kept = np.flatnonzero(good)[:ROWS]
    values = {k: x[kept] for k, x in values.items()}
    terms = {f.name: TERMS[f.name](values)} if f.name in TERMS else {}
    return Sheet(name, values, trees(f, years), {f.name: engine(f, values)}, terms)


def trees(f: Formula, years: int = 0) -> dict[str, Cell]:
    """The helper rows and the formula itself, on cells named as its arguments."""
    args = (
        p.record.type(*(ref(q.name) for q in p.record.fields))
        if p.record
        else ref(p.name, years if p.quantity and p.quantity.kind == "series" else 0)
        for p in f.parameters
    )
    tree, helpers = Tracer().trace(f.name, f, tuple(args))
    return {**{h.id: h.tree for h in helpers}, f.name: tree}


def write(sheets: list[Sheet], path: Path) -> None:
    book = Workbook(write_only=True)
    for sheet in sheets:
        ws = book.create_sheet(sheet.name)
        for line in sheet.lines():
            ws.append([_exact(ws, v) if isinstance(v, float) else v for v in line])
    book.save(path)


def _exact(ws: Any, value: float) -> WriteOnlyCell:
    """A number with all its digits, of which openpyxl writes 16 only."""
    cell = WriteOnlyCell(ws, repr(value))
    cell.data_type = "n"
    return cell
