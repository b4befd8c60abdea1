"""formualizer, a spreadsheet engine on PyPI, as a host of the functions in this process. Only the tests use it.

Measured with formualizer 0.13:

- It hands over a number as a float, a boolean and a text as such, a date as its number, a blank cell as ``None``, a
  range or an array constant as rows of these, and an error as ``{"type": "Error", "kind": "Div"}``, inside ranges too.
- What stands between two commas, ``LLM_X(A1,,A3)``, comes as 0.0, as does what follows a last comma: nobody can tell
  it from a zero that was typed. Arguments left out at the end do not come at all.
- Of a whole column it hands over the rows down to the last that is filled.
- It shows a float, boolean or text; lists of rows spill; a dictionary as above is an error, also inside rows. ``None``
  becomes 0, NaN and infinity stay what they are, rows as tuples are #VALUE!.
- A cell whose format is a date's reads back as a date.
- It lets a spill stop at cells that hold something, also where these are the values that the spill itself left in the
  file, and its CHOOSE takes no array of numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import formualizer
import numpy as np

import xlllm.catalog.lookups  # noqa: F401 (registers the look-ups)
from xlllm.errors import InputError, XlllmError
from xlllm.hosts import calls
from xlllm.registry import FORMULAS

KINDS = {
    "Div": "#DIV/0!",
    "Na": "#N/A",
    "Name": "#NAME?",
    "Null": "#NULL!",
    "Num": "#NUM!",
    "Ref": "#REF!",
    "Value": "#VALUE!",
}
_KIND_OF = {name: kind for kind, name in KINDS.items()}


def register(book: formualizer.Workbook) -> None:
    """Every function, under the name that people type."""
    for formula in FORMULAS.values():
        book.register_function(formula.worksheet_name, _function(formula.worksheet_name), min_args=0)


def _function(name: str) -> Callable[..., Any]:
    return lambda *args: _out(calls.answer(name, [shown(x) for x in args]))


def shown(x: Any) -> Any:
    """A cell or rows of cells, errors by their names."""
    if isinstance(x, list):
        return [shown(cell) for cell in x]
    if isinstance(x, dict):
        return KINDS.get(x["kind"], InputError.cell)
    return x


def _out(found: Any) -> Any:
    if not isinstance(found, np.ndarray):
        return _cell(found)
    return [[_cell(x) for x in row] for row in found.tolist()]


def _cell(x: Any) -> Any:
    return {"type": "Error", "kind": _KIND_OF[x.cell]} if isinstance(x, XlllmError) else x
