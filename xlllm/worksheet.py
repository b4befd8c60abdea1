"""A call as a worksheet makes it: omitted arguments and ranges in, one value or a rectangle of cells out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from xlllm import catalog, extrapolation
from xlllm.arguments import REQUIRED, Parameter
from xlllm.catalog import lookups  # noqa: F401 (registers the look-ups)
from xlllm.errors import InputError, UnknownNameError, XlllmError
from xlllm.nearest import nearest
from xlllm.quantities import VOCABULARY
from xlllm.registry import FORMULAS, Formula, bare_name
from xlllm.values import shown

Grid = NDArray[np.object_]
"""A range: rows of cells."""

OMITTED: Any = object()
"""An argument left out between two commas."""
UNITLESS = ("text", "any", "date", "TRUE/FALSE")


class Answer(NamedTuple):
    """What a call gives a sheet."""

    value: Any
    """A number, text or boolean; or a Grid, in which failed cells hold their errors."""
    unit: str | list[str | None] | None
    warnings: list[str]


def function(name: str) -> Formula:
    """The formula of a worksheet name, however it is spelled in a host. Raises UnknownNameError."""
    bare = bare_name(name)
    if bare in FORMULAS and bare != name.lower():
        return FORMULAS[bare]
    near = nearest(name.upper(), [f.worksheet_name for f in FORMULAS.values()])
    hint = f"; nearest: {', '.join(near)}" if near else ""
    raise UnknownNameError(f"there is no function {shown(name)} here, only those of xlllm{hint}")


def call(formula: Formula, cells: Sequence[Any]) -> Answer:
    """The answer of a function to what stands between its brackets, with its unit and warnings."""
    given = _given(formula, cells)
    result = formula(*given)
    shown = _rectangle(formula, result)
    value = shown.astype(object) if isinstance(shown, np.ndarray) else shown
    return Answer(value, _unit(formula, given), extrapolation.warnings(formula, given, result))


def value(formula: Formula, cells: Sequence[Any]) -> Any:
    """The answer alone: a number, text or boolean; or rows of cells, in which failed ones hold their errors."""
    return _rectangle(formula, formula(*_given(formula, cells)))


def _given(formula: Formula, cells: Sequence[Any]) -> list[Any]:
    args = list(cells)
    while args and args[-1] is OMITTED:
        args.pop()
    given = [_argument(p, x) for p, x in zip(formula.parameters, args, strict=False)]
    if any(x is REQUIRED for x in given):
        formula.bound(given)  # says which is missing
    return given + args[len(given) :]  # too many: the call says so


def _argument(p: Parameter, value: Any) -> Any:
    """A cell's or range's content as the checked call takes it. A blank is as good as nothing where that is allowed."""
    if isinstance(value, np.ndarray) and value.size > 1:
        return _range(p, value)
    one = value[0, 0] if isinstance(value, np.ndarray) else value
    if one is OMITTED or (not p.required and _blank(one)):
        return p.default
    return [one] if p.series and isinstance(value, np.ndarray) else one


def _range(p: Parameter, value: NDArray[Any]) -> Any:
    if p.series:
        if 1 not in value.shape:
            raise InputError(f"{p.name} must be one row or one column: got {value.shape[0]}×{value.shape[1]} cells")
        return value.reshape(-1).tolist()
    if value.dtype != object:
        return value
    rows = value.tolist()
    if p.required or p.record or p.default is None:
        return rows
    return [[p.default if _blank(x) else x for x in row] for row in rows]


def _blank(cell: Any) -> bool:
    return cell is None or (isinstance(cell, str) and not cell)


def _rectangle(formula: Formula, result: Any) -> Any:
    """One value, or rows of cells."""
    if not isinstance(result, np.ndarray):
        return result
    if result.ndim > 2:
        raise InputError(f"{formula.name} answers with a row for each element: give it one column, not a grid")
    rows = result.reshape(1, -1) if result.ndim < 2 else result
    if rows.size > 1 or formula.spills:
        return rows
    one = rows.item()
    if isinstance(one, XlllmError):
        raise one
    return one


def _unit(formula: Formula, given: Sequence[Any]) -> str | list[str | None] | None:
    """The unit of the answer; that of a look-up is its field's."""
    if len(formula.results) > 1:
        return [_shown_unit(q.unit) for q in formula.results]
    if formula.returns.name != "fact":
        return _shown_unit(formula.returns.unit)
    asked = dict(zip((p.name for p in formula.parameters), formula.bound(given), strict=True))
    field = asked.get("field")
    if formula.name not in catalog.FILES or not isinstance(field, str):
        return None
    return _shown_unit(VOCABULARY[catalog.field_name(formula.name, field)].unit)


def _shown_unit(unit: str) -> str | None:
    return None if unit in UNITLESS else unit
