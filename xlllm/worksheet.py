"""A call as a worksheet makes it: omitted arguments and ranges in, one value or a rectangle of cells out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from xlllm import catalog, extrapolation
from xlllm.arguments import Parameter
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
    """The answer of a function to what stands between its brackets."""
    args = list(cells)
    while args and args[-1] is OMITTED:
        args.pop()
    given = [_argument(p, x) for p, x in zip(formula.parameters, args, strict=False)]
    given += args[len(given) :]  # too many: the call says so
    result = formula(*given)
    return Answer(_rectangle(formula, result), _unit(formula, given), extrapolation.warnings(formula, given, result))


def _argument(p: Parameter, value: Any) -> Any:
    """A cell's or range's content as the checked call takes it."""
    if value is OMITTED:
        return p.default
    if not isinstance(value, np.ndarray):
        return value
    if p.series and 1 in value.shape:
        return value.reshape(-1).tolist()
    if p.series:
        raise InputError(f"{p.name} must be one row or one column: got {value.shape[0]}×{value.shape[1]} cells")
    return value[0, 0] if value.size == 1 else value.tolist()


def _rectangle(formula: Formula, result: Any) -> Any:
    """One value, or rows of cells."""
    if not isinstance(result, np.ndarray):
        return result
    cells = result.astype(object)
    if cells.ndim > 2:
        raise InputError(f"{formula.name} answers with a row for each element: give it one column, not a grid")
    rows = cells.reshape(1, -1) if cells.ndim < 2 else cells
    if rows.size > 1 or formula.spills:
        return rows
    if isinstance(rows[0, 0], XlllmError):
        raise rows[0, 0]
    return rows[0, 0]


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
