"""What people do to a finished workbook: type admissible inputs, choose entries and scenarios. And what must follow.

The same changes go into the file, where a spreadsheet recalculates them, and into a scenario, from which the engine
makes the workbook anew; both must show the same.
"""

import io
from pathlib import Path
from typing import Any

import numpy as np
from engines import Error, Key, Value, Values, cached, differences
from openpyxl import Workbook, load_workbook

from xlllm.plan import CASES, Plan, build
from xlllm.quantities import Quantity
from xlllm.template import Scenario
from xlllm.values import closed_bounds
from xlllm.workbook import words
from xlllm.workbook.canvas import CASE_COLUMN
from xlllm.workbook.report import Report
from xlllm.workbook.sheets.inputs import KEY_COLUMN

NOTHING = 1e-12
RTOL = 1e-9  # of what a long chain of formulas adds up to
SPREAD = 0.4  # of the logarithm: from two thirds to one and a half times
COMPARED = ("calculation", "years", "scenarios", "sensitivity", "what_if")
"""Sheets that hold nothing but what follows from the inputs."""


def random_edit(plan: Plan, rng: np.random.Generator) -> dict[str, Any]:
    """New base values for about half of the inputs, an entry of each catalogue, and a case."""
    edit: dict[str, Any] = {}
    for item in plan.inputs.values():
        if item.choice or rng.random() < 0.5:
            continue
        if (value := _other(item.quantity, item.given.value, item.given.low, item.given.high, rng)) is not None:
            edit[item.id] = value
    for choice in plan.choices.values():
        if rng.random() < 0.3:
            edit[choice.id] = str(rng.choice(choice.entries))
    return {**edit, "case": str(rng.choice(CASES))}


def _other(q: Quantity, value: Any, low: Any, high: Any, rng: np.random.Generator) -> Any:
    if not q.numeric:
        options = q.choices if q.kind == "choice" else (True, False) if q.kind == "flag" else ()
        return rng.choice(options).item() if options else None
    if value == 0:
        return None
    least, most = closed_bounds(q)
    if low is not None or high is not None:  # the base lies within its range
        ends = [value if low is None else low, value if high is None else high]
        least, most = max(least, min(ends)), min(most, max(ends))
    new = float(np.clip(value * np.exp(rng.uniform(-SPREAD, SPREAD)), least, most))
    return round(new) if q.kind == "whole" else float(f"{new:.6g}")


def typed(report: Report, edit: dict[str, Any]) -> Workbook:
    """The workbook with the changes typed into it."""
    book = load_workbook(io.BytesIO(report.xlsx))
    ws = book[words.SHEETS["inputs"].in_(report.lang)]
    rows = {ws[f"{KEY_COLUMN}{r}"].value: r for r in range(1, ws.max_row + 1)}
    for id, value in edit.items():
        if id == "case":
            ws["C3"] = words.CASES[value].in_(report.lang)
        else:
            key, _, case = id.partition(".") if id.endswith((".low", ".high", ".own")) else (id, "", "base")
            ws[f"{CASE_COLUMN[case]}{rows[key]}"] = value
    return book


def changed(scenario: Scenario, edit: dict[str, Any]) -> Scenario:
    """The scenario with the same changes."""
    data = scenario.model_dump(by_alias=True)
    for id, value in edit.items():
        if id == "case":
            data["settings"]["case"] = value
        else:
            data["inputs"][id] = {**(data["inputs"].get(id) or {}), "value": value}
    return Scenario.model_validate(data)


def expected(report: Report, edit: dict[str, Any], folder: Path) -> tuple[Path, Values]:
    """The edited file, and what the engine says that its compared cells show."""
    file, fresh = folder / "edited.xlsx", folder / "fresh.xlsx"
    typed(report, edit).save(file)
    plan = build(changed(report.plan.scenario, edit))
    fresh.write_bytes(Report(plan, report.lang).xlsx)
    titles = [words.SHEETS[s].in_(report.lang) for s in COMPARED]
    solved = _solved(report)
    return file, {k: v for k, v in cached(fresh).items() if k[0] in titles and k not in solved}


def _solved(report: Report) -> set[Key]:
    """Cells of values that only the engine can compute: they keep theirs and say STALE."""
    canvas = report._canvas
    frozen = {r.id for r in report.plan.rows.values() if r.frozen}
    title = words.SHEETS["calculation"].in_(report.lang)
    cells: set[Key] = set()
    labels = {canvas.label(id) for id in frozen}
    for sheet in ("calculation", "scenarios"):
        ws = canvas.ws[sheet]
        for row in range(1, ws.max_row + 1):
            if ws[f"B{row}"].value in labels:
                cells |= {(ws.title, f"{c}{row}") for c in "CEFGH"}
    assert not frozen or any(sheet == title for sheet, _ in cells)
    return cells


def faults(file: Path, want: Values, got: Values) -> list[str]:
    """What a spreadsheet shows otherwise than the engine says; cells that are not compared count as they are."""
    got = {k: _as_said(want.get(k), v) for k, v in got.items()}
    for key, value in want.items():  # shares rounded to nine digits, where noise may decide the last one
        title = words.SHEETS["sensitivity"]
        if key[0] in (title.en, title.ja) and key[1].startswith("J"):
            shown = got[key]
            if isinstance(value, float) and isinstance(shown, float) and abs(value - shown) <= 1.5e-9:
                got[key] = value
    both = {k: got[k] for k, v in want.items() if isinstance(v, Error) and isinstance(got[k], Error)}  # whichever error
    legitimate = [key for key, value in {**got, **want}.items() if isinstance(value, Error)]  # no answer: so be it
    return differences({**got, **want, **both}, got, file, RTOL, allowed_errors=legitimate)


def _as_said(want: Value, got: Value) -> Value:
    """LibreOffice's ways of saying the same: TRUE as 1, and 0 for what differs from 0 in the sixteenth digit."""
    if isinstance(want, bool) and got in (0.0, 1.0):
        return bool(got)
    return want if isinstance(want, float) and got == 0 and abs(want) < NOTHING else got
