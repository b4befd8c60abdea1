"""The bad arguments of bad_arguments.toml as cells of a sheet, for every host to answer alike.

``host_differences.toml`` holds what a host forces to be different: at most six rows.
"""

import math
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from samples import arguments, has_series, same, sample
from test_bad_arguments import TABLE, Place, attempt, places

from xlllm.errors import PropagatedError, XlllmError
from xlllm.registry import Formula

TOLD = tomllib.loads((Path(__file__).parent / "host_differences.toml").read_text("utf-8"))
DIFFERENCES: list[dict[str, Any]] = TOLD["difference"]
NO_CELL = {"none", "huge_int", "complex", "bytes", "cell_error"}
"""What only Python can give. (A blank cell is None too; it is the value of its own kinds.)"""
SHEET_ONLY_IN_CODE = {"dict", "empty-range", "ragged", "unknown", "twice", "missing", "nan", "datetime"}
BLANKS = {"blank", "blank-text", "blank-name"}


class Case(NamedTuple):
    """A call with one bad argument, and what its cell must show."""

    kind: str
    place: str
    formula: Formula
    args: list[Any]
    """Values, or rows of cells."""
    expected: Any
    """The error with its message; or the answer, where a blank is as good as nothing."""

    def __str__(self) -> str:
        return f"{self.kind}: {self.formula.worksheet_name}({self.place})"


def cases() -> Iterator[Case]:
    """Every bad argument that a cell can hold, at every place of every function."""
    for kind in TABLE["kind"]:
        if _in_a_sheet(kind):
            for place in places():
                if place.takes(kind) and not (kind["id"] == "mismatched" and has_series(place.formula)):
                    yield _case(place, kind)
    for kind in TABLE["call"]:
        if kind["id"] == "too-many":
            for place in {p.formula.name: p for p in places()}.values():
                args = [*arguments(place.formula), 1.0]
                yield Case("too-many", "", place.formula, as_cells(args), attempt(place.formula, *args))


def _in_a_sheet(kind: dict[str, Any]) -> bool:
    value = kind.get("value")
    finite = not isinstance(value, float) or math.isfinite(value)
    blank = kind["id"] in BLANKS
    return finite and kind["id"] not in SHEET_ONLY_IN_CODE and (blank or kind.get("python") not in NO_CELL)


def _case(place: Place, kind: dict[str, Any]) -> Case:
    f = place.formula
    if kind["id"] == "mismatched":
        args = _mismatched(place)
        return Case(kind["id"], place.name, f, as_cells(args), attempt(f, *args))
    args = [place.value(kind) if p is place.argument else sample(f, p) for p in f.parameters]
    meant = args
    if kind["id"] in BLANKS and not place.argument.required and not place.cell and not place.series:
        meant = [p.default if p is place.argument else x for p, x in zip(f.parameters, args, strict=True)]
    expected = attempt(f, *meant)
    return Case(kind["id"], place.name, f, as_cells(args), expected)


def as_cells(args: list[Any]) -> list[Any]:
    """Arguments as a sheet holds them: a series or a record is a row of cells."""
    return [[x] if isinstance(x, list) and not isinstance(x[0], list) else x for x in args]


def _mismatched(place: Place) -> list[Any]:
    """Two rows of the argument, three of its neighbour."""
    f, here = place.formula, place.formula.parameters.index(place.argument)
    given = arguments(f)
    for i, rows in ((here, 2), (here - 1, 3)):
        x = given[i]
        given[i] = [x] * rows if isinstance(x, list) else [[x]] * rows
    return given


def differs(case: Case, host: str) -> dict[str, Any] | None:
    """The row of host_differences.toml that speaks of the case."""
    return next((d for d in DIFFERENCES if host in d["hosts"] and _meant(d, case)), None)


def _meant(difference: dict[str, Any], case: Case) -> bool:
    return case.kind in difference["kinds"]


def faults(case: Case, cell: Any, message: str | None) -> Iterator[str]:
    """What is wrong with what a host shows: ``cell`` is its error's name or its answer, ``message`` the last error."""
    expected = case.expected
    if not isinstance(expected, XlllmError):
        if not same(np.ravel(cell), np.ravel(expected)):
            yield f"{case}: shows {cell!r:.80} instead of {expected!r:.80}"
        return
    told = expected.message.removeprefix(f"{case.formula.name}: ")
    if cell != expected.cell:
        yield f"{case}: shows {cell!r:.80} instead of {expected.cell}: {expected.message}"
    elif message is not None and not isinstance(expected, PropagatedError) and not message.endswith(told):
        yield f"{case}: says {message!r} instead of {expected.message!r}"


def all_faults(show: Callable[[Case], tuple[Any, str | None]], host: str) -> tuple[int, list[str]]:
    """How many cases a host was asked, and what is wrong; where it must differ, that it differs as the table says."""
    asked, found = 0, []
    for case in cases():
        if differs(case, host) is None:
            asked += 1
            found += faults(case, *show(case))
    return asked, found
