"""The `udf` edition of a workbook and its `native` twin: which cell of one is which of the other."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from engines import Key, Values, cached

from xlllm.plan import CASES, build
from xlllm.template import load_scenario, load_template
from xlllm.workbook import words
from xlllm.workbook.canvas import split
from xlllm.workbook.report import Report
from xlllm.workbook.sheets import checks

Row = tuple[str, int]
"""Title of a sheet, number of a row."""


@cache
def made(template: str, lang: str = "en", edition: str = "native", dialect: str = "vba") -> Report:
    """The workbook of a template with its example."""
    return Report(build(load_scenario(load_template(template).scenario)), lang, edition=edition, dialect=dialect)


def twin_values(template: str, lang: str, cells: Iterable[Key]) -> Values:
    """What the native twin carries for cells of the `udf` edition."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "native.xlsx")
        path.write_bytes(made(template, lang).xlsx)
        shown = cached(path)
    moved = _moved(made(template, lang, "udf"), made(template, lang))
    found: Values = {}
    for title, at in cells:
        column, row = split(at)
        twin, number = moved.get((title, row), (title, row))
        found[title, at] = shown.get((twin, f"{column}{number}"))
    return found


def _moved(udf: Report, native: Report) -> dict[Row, Row]:
    """Rows of the `udf` edition that stand elsewhere in its twin, which has rows for what functions do inside."""
    here, there = _rows(udf), _rows(native)
    moved = {place: there[name] for name, place in here.items()}
    counts = [len(checks.lines(report._canvas)) for report in (udf, native)]
    title, last = words.SHEETS[checks.SHEET].in_(udf.lang), checks.FIRST + counts[0] - 1
    return moved | {(title, row): (title, row + counts[1] - counts[0]) for row in range(last + 1, last + 10)}


def _rows(report: Report) -> dict[tuple[str, str], Row]:
    """Where the rows of the plan stand in each case."""
    places = report._canvas._places
    found = {}
    for name, case in places:
        if name in report.plan.rows and case in CASES:
            title, _, cell = places[name, case].rpartition("!")
            found[name, case] = title.strip("'"), split(cell)[1]
    return found
