"""Times xlllm against the same work done without it: ``python tests/benchmarks/run.py [NAME…]``.

The names: import, scalar, array, formulas, solvers, eval, plan, report, write, facts, hosts; without one, all of them.
Both sides run in turn, many times over, after a check that they compute the same. ``least`` is the ratio of their
shortest times (of their speeds where it says so), ``median`` that of their medians. No time is a test: it depends on
who else uses the machine.
"""

from __future__ import annotations

import io
import sys
import tempfile
import tomllib
from collections.abc import Callable, Iterator
from copy import copy
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from functions import evaluations, formulas, solvers
from hosts import hosts
from timing import ROWS, Line, alone, compared, drawn, fresh, python, raced, same, shown_time

import xlllm
from xlllm.formulas.compute import Arch

CHUNK = 16_384
SCENARIO = "llama-65b"
FLAGSHIP = "executive-budget"
VARIED = (
    "params", "tokens", "gpus", "pue",
    # and what the scenario itself gives a low and a high case
    "served_tokens", "mfu", "goodput", "gpu_hour_usd", "experiment_multiple", "usd_kwh", "acquire_usd", "clean_usd",
    "kept_share", "fte", "months", "other_usd", "contingency", "yearly_benefit_usd", "yearly_growth", "rate",
)  # fmt: skip


# -- import -----------------------------------------------------------------------------------------------------------
def imports() -> Iterator[Line]:
    """Start Python and import xlllm, against importing numpy alone."""
    loaded = set(python("import sys, xlllm; print(*sys.modules)").split())
    assert "numpy" in loaded
    assert not loaded & {"pydantic", "openpyxl", "typer"}
    ours, theirs = raced(lambda: python("import xlllm"), lambda: python("import numpy"), times=25)
    yield compared("import xlllm : import numpy, fresh processes", ours, theirs, "≤ 1.2")


# -- checked calls ----------------------------------------------------------------------------------------------------
def scalars() -> Iterator[Line]:
    """One checked call above the bare function."""
    from xlllm.catalog.lookups import record

    law = record("law", "hoffmann-2022")
    cases = (
        ("gpu_hours", (3.14e23, 312e12, 0.45), (3.14e23, 312e12, 0.45), "≤ 3"),
        ("loss", (70e9, 1.4e12), (70e9, 1.4e12), "≤ 3"),
        ("loss", ("70B", "1.4T"), (70e9, 1.4e12), "≤ 5"),
        ("loss", (70e9, 1.4e12, "hoffmann-2022"), (70e9, 1.4e12, law), "≤ 5"),
        ("loss", ("70B", "1.4T", "hoffmann-2022"), (70e9, 1.4e12, law), "≤ 5"),
    )
    for name, given, read, target in cases:
        checked, bare = xlllm.FORMULAS[name], getattr(xlllm, name)
        same(checked(*given), bare(*read), name)
        calls = 2000
        ours, theirs = raced(_repeated(checked, given, calls), _repeated(bare, read, calls), times=50) / calls
        least, median = ((f(ours) - f(theirs)) * 1e6 for f in (np.min, np.median))
        told = ", ".join(f'"{x}"' if isinstance(x, str) else f"{x:g}" for x in given)
        yield Line(f"{name}({told})", ours.min(), theirs.min(), f"+{least:.2f} µs", f"+{median:.2f} µs", target)


def _repeated(fn: Callable[..., Any], args: tuple[Any, ...], calls: int) -> Callable[[], None]:
    def run() -> None:
        for _ in range(calls):
            fn(*args)

    return run


def columns() -> Iterator[Line]:
    """A checked call on a million rows against the expression written out."""

    def loss(n: np.ndarray, d: np.ndarray) -> np.ndarray:
        return 1.8172 + 482.01 / n**0.3478 + 2085.43 / d**0.3658

    cases = (
        ("gpu_hours", (drawn(5e23), drawn(312e12), drawn(0.45, 0, 1)), lambda c, p, u: c / (p * u) / 3600),
        ("loss", (drawn(70e9), drawn(1.4e12)), loss),
        ("train_usd", (drawn(1e6), drawn(3.93), drawn(1.3, 1), drawn(2e5)), lambda h, p, m, o: h * p * m + o),
    )
    for name, args, by_hand in cases:
        checked = xlllm.FORMULAS[name]
        same(checked(*args), by_hand(*args), name)
        ours, theirs = raced(lambda: checked(*args), lambda: by_hand(*args), times=40, warm=2)  # noqa: B023
        yield compared(f"{name}, {ROWS:,} rows : by hand", ours, theirs, "≤ 1.5")


# -- plan -------------------------------------------------------------------------------------------------------------
def plans() -> Iterator[Line]:
    """All rows of a plan for a million scenarios against the same chain written out in numpy."""
    plan = _plan()
    varied = {}
    for id in VARIED:
        q = plan.inputs[id].quantity
        column = drawn(plan.base[id], q.low, q.high)
        varied[id] = np.round(column) if q.kind == "whole" else column
    assert len(varied) == 20
    known = {**plan.base, **varied}
    few_rows = {id: x[:2] for id, x in varied.items()}
    rows = frozenset(training_budget({**plan.base, **few_rows}))  # not what only solvers compute
    assert rows <= {r.id for r in plan.rows.values() if not r.helper}

    def by_hand() -> dict[str, Any]:
        return training_budget(known)

    def in_chunks() -> dict[str, Any]:
        return chunked(known)

    ours, whole, chunks = plan.evaluate(varied, rows=rows), by_hand(), in_chunks()
    for id in rows:
        same(ours[id], whole[id], id)
        same(chunks[id], whole[id], id)
    assert np.isnan(whole["payback"]).any()  # scenarios on both sides of the edges
    assert len(np.unique(whole["next_dollar"])) > 1
    del ours, whole, chunks
    outputs = frozenset(r.id for r in plan.rows.values() if r.output)
    sides = (lambda: plan.evaluate(varied, rows=rows), by_hand, in_chunks, lambda: plan.evaluate(varied, rows=outputs))
    ours, whole, chunks, few = raced(*sides, times=9)
    title = f"plan, {len(rows)} rows × {ROWS:,}, speed"
    yield compared(f"{title} : by hand, whole arrays", ours, whole, "≥ 0.8", faster=True)
    yield compared(f"{title} : by hand, {CHUNK:,} at a time", ours, chunks, faster=True)
    yield compared(f"  {len(outputs)} rows asked for : all", few, ours)


def _plan(scenario: str = SCENARIO) -> Any:
    from xlllm.plan import build
    from xlllm.template import load_scenario

    return build(load_scenario(scenario))


def chunked(v: dict[str, Any]) -> dict[str, Any]:
    """:func:`training_budget`, a cache-full of scenarios at a time."""
    out: dict[str, Any] = {}
    for start in range(0, ROWS, CHUNK):
        part = slice(start, start + CHUNK)
        few = training_budget({k: x[part] if isinstance(x, np.ndarray) else x for k, x in v.items()})
        for id, value in few.items():
            if np.ndim(value) == 0:
                out[id] = value
                continue
            if id not in out:
                out[id] = np.empty((ROWS, *value.shape[1:]), value.dtype)
            out[id][part] = value
    return out


@np.errstate(all="ignore")
def training_budget(v: dict[str, Any]) -> dict[str, Any]:
    """Every row of the plan, by somebody who knows what depends on what and computes no row twice."""
    out: dict[str, Any] = {}
    n, d, seq = v["params"], v["tokens"], v["seq_len"]
    layers, width, inner, heads, kv_heads, vocab, gated, tied, head, experts, top, positions, latent = (
        v[f"arch.{field}"] for field in Arch._fields
    )
    assert not latent

    # compute
    attention = width * head * (2 * heads + 2 * kv_heads)
    forward = (3 if gated else 2) * width * inner
    flops = out["train_flops"] = 6 * n * d
    matrices = 2 * (layers * (attention + forward * top) + vocab * width)
    scores = layers * 4 * seq * heads * head * (0.5 if v["causal"] else 1)
    out["model_flops"] = 3 * d * (matrices + scores)
    hours = out["gpu_hours"] = flops / (v["peak_flops"] * v["mfu"]) / 3600
    billed = out["billed_gpu_hours"] = hours / v["goodput"]
    out["train_days"] = billed / (24 * v["gpus"])
    out["gpus_for_deadline"] = np.ceil(np.round(billed / (24 * v["deadline_days"]), 9))

    # quality
    e, a, b, alpha, beta = (v[f"law.{f}"] for f in ("E", "A", "B", "alpha", "beta"))
    by_size, by_data = a / n**alpha, b / d**beta
    out["loss"] = e + by_size + by_data
    out["loss_floor"] = e
    sixth = flops / 6
    best = out["optimal_params"] = (alpha * a / (beta * b)) ** (1 / (alpha + beta)) * sixth ** (beta / (alpha + beta))
    best_tokens = out["optimal_tokens"] = sixth / best
    out["optimal_loss"] = e + a / best**alpha + b / best_tokens**beta
    out["tokens_per_param"] = best_tokens / best

    # memory
    moe = experts > 1
    router = width * experts if moe else 0
    layer = attention + forward * experts + router + 2 * width
    biases = 0
    if positions:
        biased = experts * ((2 if gated else 1) * inner + width)
        biases = layers * (head * (heads + 2 * kv_heads) + width + biased + 2 * width) + width + positions * width
    counted = out["counted_params"] = layers * layer + width + vocab * width * (1 if tied else 2) + biases
    tp, pp, ep, stage = v["tp"], v["pp"], v["ep"], v["zero_stage"]
    copies = out["data_parallel"] = v["gpus"] / (tp * pp)
    out["weight_gb"] = n * v["weight_bits"] / 8e9

    def states(params: Any, copies: Any, weight: Any, gradient: Any, optimizer: Any) -> Any:
        weight = weight / (copies if stage >= 3 else 1)
        gradient = gradient / (copies if stage >= 2 else 1)
        return params / 1e9 * (weight + gradient + optimizer / (copies if stage >= 1 else 1))

    one = out["model_state_gb"] = states(n, copies, v["weight_bytes"], v["grad_bytes"], v["optimizer_bytes"])
    usable = out["usable_gb"] = v["gpu_gb"] * (1 - v["headroom"])
    out["gpus_per_copy"] = np.ceil(np.round(one / usable, 9))

    def activations(sequence_parallel: bool) -> Any:
        c = 8 + 4 * inner * top / width
        kept = (10 + c) / tp if sequence_parallel else 10 + c / tp
        if v["recompute"] == "none":
            kept = kept + 5 * heads * seq / (width * tp)
        kept = 2 if v["recompute"] == "full" else kept
        return layers * seq * v["micro_batch"] * width * kept / 1e9

    out["activation_gb"] = activations(v["sequence_parallel"])
    ends = vocab * width / tp * (1 if tied or pp != 1 else 2)
    dense = layers / pp * (attention + (0 if moe else forward) + router + 2 * width) / tp + ends
    total = states(dense, copies, 2, v["grad_bytes"], 12)
    if moe:
        total = total + states(layers / pp * forward * experts / (tp * ep), copies / ep, 2, v["grad_bytes"], 12)
    top_and_tail = (8 + width) * pp + (4 * (width + vocab) if pp == 1 else 0)
    out["train_gb"] = total + activations(tp > 1) + seq * v["micro_batch"] * top_and_tail / tp / 1e9

    # energy
    kwh = out["energy_kwh"] = hours * v["gpu_watts"] * v["pue"] / 1000
    carbon = out["run_carbon_kg"] = kwh * v["grams_per_kwh"] / 1000
    out["energy_usd"] = kwh * v["usd_kwh"]

    # cost
    final = out["final_run_usd"] = billed * v["gpu_hour_usd"]
    out["experiment_usd"] = final * (v["experiment_multiple"] - 1)
    train = out["train_usd"] = final * v["experiment_multiple"] + v["other_usd"]
    data = out["data_usd"] = v["acquire_usd"] + v["clean_usd"] + v["store_usd"]
    team = out["team_usd"] = v["fte"] * v["usd_per_fte_year"] * v["months"] / 12 * (1 + v["on_cost"])
    planned = out["planned_usd_row"] = train + data + team
    reserve = out["contingency_usd"] = planned * v["contingency"]
    budget = out["total_budget_usd"] = planned + reserve

    # model or data
    k = out["usd_per_flop"] = v["gpu_hour_usd"] / (v["peak_flops"] * v["mfu"] * 3600)
    price = out["data_usd_mtok"] = data / (v["raw_tokens"] * v["kept_share"]) * 1e6
    token_usd = 6 * n * k
    data_usd = token_usd + price / 1e6
    param_usd = (6 * d + 2 * v["served_tokens"]) * k
    gain_data, gain_model = beta * by_data / d, alpha * by_size / n / param_usd
    ratio = out["marginal_ratio"] = gain_data / data_usd / gain_model
    out["next_dollar"] = _advice(ratio, v["band"])
    out["breakeven_data_price"] = 1e6 * (gain_data / gain_model - token_usd)
    a, b, alpha, beta = (v[f"second_law.{f}"] for f in ("A", "B", "alpha", "beta"))
    second = beta * b / d ** (beta + 1) / data_usd / (alpha * a / n ** (alpha + 1) / param_usd)
    out["second_ratio"], out["second_advice"] = second, _advice(second, v["band"])

    # beside the published run
    out["hours_gap"] = hours / v["published.gpu_hours"] - 1
    out["kwh_gap"] = kwh / v["published.kwh"] - 1
    out["carbon_gap"] = carbon / v["published.carbon_kg"] - 1
    out["usd_gap"] = final / v["published.usd"] - 1
    out["params_gap"] = n / counted - 1

    # cash flow: years on the last axis
    years = 6
    flows = out["yearly_flow"] = np.empty((len(n), years))
    flows[:, 0] = -budget
    flows[:, 1:] = v["yearly_benefit_usd"][:, None] * (1 + v["yearly_growth"])[:, None] ** np.arange(years - 1.0)
    cash = out["cumulative_flows"] = np.cumsum(flows, axis=1)
    best_cash = out["highest_so_far"] = np.maximum.accumulate(cash, axis=1)
    out["npv"] = (flows / (1 + v["rate"])[:, None] ** np.arange(float(years))).sum(axis=1)
    unpaid = (best_cash < -1e-12 * budget[:, None]).sum(axis=1)
    year = np.minimum(unpaid, years - 1)[:, None]
    before = np.take_along_axis(cash, np.maximum(year - 1, 0), axis=1)[:, 0]
    income = np.take_along_axis(flows, year, axis=1)[:, 0]
    within = np.where(unpaid < years, unpaid - 1 - before / income, np.nan)
    out["payback"] = np.where(unpaid == 0, 0, within)
    benefit = out["total_benefit"] = cash[:, -1] + budget
    out["roi"] = benefit / budget - 1
    return out


def _advice(ratio: Any, band: Any) -> Any:
    to_data, to_model = ratio > (1 + band) * (1 + 1e-12), ratio < (1 - 1e-12) / (1 + band)
    return np.where(to_data, "data", np.where(to_model, "model", "balanced"))


# -- workbook ---------------------------------------------------------------------------------------------------------
_SPLIT = f"""
from time import perf_counter as now
times = [now()]
import xlllm.cli
from xlllm.plan import build
from xlllm.template import load_scenario
from xlllm.workbook.report import Report
times.append(now()); plan = build(load_scenario({FLAGSHIP!r}))
times.append(now()); report = Report(plan)
times.append(now()); report.xlsx
times.append(now()); print(*times)
"""


def reports() -> Iterator[Line]:
    """The command from start to exit, and where its time goes."""
    with tempfile.TemporaryDirectory() as folder:
        book, command = Path(folder) / "book.xlsx", Path(sys.executable).with_name("xlllm")
        parts = []

        def report() -> None:
            fresh(command, "report", FLAGSHIP, "--force", "-o", book)

        def split() -> None:
            parts.append(np.diff([float(x) for x in python(_SPLIT).split()]))

        report()
        assert book.read_bytes() == _report(_plan(FLAGSHIP)).xlsx
        ours, _ = raced(report, split, times=15)
    yield alone(f"xlllm report {FLAGSHIP} -o book.xlsx", ours, "≤ 1.2 s")
    for name, seconds in zip(("import", "plan", "drawing", "finishing"), np.transpose(parts), strict=True):
        yield alone(f"  of that, {name}", seconds)


def _report(plan: Any) -> Any:
    from xlllm.workbook.report import Report

    return Report(plan)


def writing() -> Iterator[Line]:
    """Drawing and finishing a workbook against openpyxl writing cells that are all known already."""
    from openpyxl import load_workbook

    def read(data: bytes) -> tuple[list[Sheet], dict[str, dict[str, Any]], dict[str, str]]:
        book = load_workbook(io.BytesIO(data))
        styles = _styles(book)
        names = {n: d.attr_text for n, d in book.defined_names.items()}
        return [_sheet(ws, styles) for ws in book.worksheets], styles, names

    plan = _plan(FLAGSHIP)
    known = sheets, _, _ = read(_report(plan).xlsx)
    again, _, _ = read(_plainly(*known))
    assert [_borderless(s) for s in again] == [_borderless(s) for s in sheets]
    ours, theirs = raced(lambda: _report(plan).xlsx, lambda: _plainly(*known), times=15)
    count = sum(len(s.cells) for s in sheets)
    yield compared(f"writing {count:,} cells : plain openpyxl, same cells", ours, theirs, "≤ 1.4")


class Sheet(NamedTuple):
    """What somebody who writes the same sheet with plain openpyxl must know of it."""

    title: str
    cells: list[tuple[int, int, Any, str, dict[str, Any]]]
    """Row, column, value or formula, named style, and what differs from that style."""
    widths: dict[str, float]
    heights: dict[int, float]
    merged: list[str]
    rules: list[Any]
    conditions: list[tuple[str, Any]]
    charts: list[Any]


LOOKS = ("number_format", "font", "fill", "border", "alignment", "protection")


def _sheet(ws: Any, styles: dict[str, dict[str, Any]]) -> Sheet:
    cells = []
    for c in (c for row in ws.iter_rows() for c in row if c.value is not None or c.has_style):
        own = {k: copy(getattr(c, k)) for k in LOOKS if getattr(c, k) != styles[c.style][k]}
        cells.append((c.row, c.column, c.value, c.style, own | ({"quotePrefix": True} if c.quotePrefix else {})))
    return Sheet(
        ws.title,
        cells,
        {k: d.width for k, d in ws.column_dimensions.items()},
        {k: d.height for k, d in ws.row_dimensions.items() if d.height},
        [str(span) for span in ws.merged_cells.ranges],
        list(ws.data_validations.dataValidation),
        [(str(span.sqref), rule) for span in ws.conditional_formatting for rule in span.rules],
        list(ws._charts),
    )


def _borderless(sheet: Sheet) -> list[Any]:
    """The cells without their borders: openpyxl writes those of merged cells in a way of its own."""
    return [(*cell, {k: v for k, v in own.items() if k != "border"}) for *cell, own in sheet.cells]


def _styles(book: Any) -> dict[str, dict[str, Any]]:
    return {s.name: {k: copy(getattr(s, k)) for k in LOOKS} for s in book._named_styles}


def _plainly(sheets: list[Sheet], styles: dict[str, dict[str, Any]], names: dict[str, str]) -> bytes:
    """The same workbook by the public ways of openpyxl, from values, formulas and styles that lie ready."""
    from openpyxl import Workbook
    from openpyxl.styles import NamedStyle
    from openpyxl.workbook.defined_name import DefinedName

    book = Workbook()
    book.remove(book.active)
    book._named_styles["Normal"].font = styles["Normal"]["font"]
    for name, looks in styles.items():
        if name != "Normal":
            book.add_named_style(NamedStyle(name, **looks))
    for sheet in sheets:
        ws = book.create_sheet(sheet.title)
        for span in sheet.merged:
            ws.merge_cells(span)
        for row, column, value, style, own in sheet.cells:
            cell = ws.cell(row, column, value)
            cell.style = style
            for look, wanted in own.items():
                setattr(cell, look, wanted)
        for column, width in sheet.widths.items():
            ws.column_dimensions[column].width = width
        for row, height in sheet.heights.items():
            ws.row_dimensions[row].height = height
        for rule in sheet.rules:
            ws.add_data_validation(rule)
        for span, condition in sheet.conditions:
            ws.conditional_formatting.add(span, condition)
        for chart in sheet.charts:
            ws.add_chart(chart)
    for name, target in names.items():
        book.defined_names[name] = DefinedName(name, attr_text=target)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


# -- facts ------------------------------------------------------------------------------------------------------------
_FACTS = """
from time import perf_counter as now
import numpy, datetime, tomllib, importlib.resources
start = now()
import pydantic; from pydantic import BaseModel, model_validator
imported = now()
import xlllm.catalog
begin = now()
for kind in xlllm.catalog.FILES: xlllm.catalog.load(kind)
print(imported - start, now() - begin)
"""


def facts() -> Iterator[Line]:
    """Load the whole catalogue, against importing pydantic."""
    for kind, name in xlllm.catalog.FILES.items():
        raw = tomllib.loads((files("xlllm.catalog") / name).read_text("utf-8"))
        assert set(xlllm.catalog.load(kind)) == set(raw)
    theirs, ours = np.array([[float(x) for x in python(_FACTS).split()] for _ in range(15)]).T
    yield compared("facts: load all kinds : import pydantic", ours, theirs)


BENCHMARKS = {
    "import": imports,
    "scalar": scalars,
    "array": columns,
    "formulas": formulas,
    "solvers": solvers,
    "eval": evaluations,
    "plan": plans,
    "report": reports,
    "write": writing,
    "facts": facts,
    "hosts": hosts,
}


def main(names: list[str]) -> None:
    if unknown := set(names) - set(BENCHMARKS):
        sys.exit(f"no benchmark is called {min(unknown)}; there are {', '.join(BENCHMARKS)}")
    print(f"{'':62}{'xlllm':>11}{'other':>11}{'least':>10}{'median':>10}   target")
    for name in names or BENCHMARKS:
        for line in BENCHMARKS[name]():
            theirs = "" if line.theirs is None else shown_time(line.theirs)
            ours = shown_time(line.ours)
            print(f"{line.what:62}{ours:>11}{theirs:>11}{line.least:>10}{line.median:>10}   {line.target}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
