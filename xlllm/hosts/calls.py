"""A call from any host: whatever it hands over in, what its cells show out.

Hosts differ in what they call a blank, an error or a date. Each adapter says which of its values are which and passes
the rest on; here they become what :mod:`xlllm.worksheet` takes, so that a cell shows the same everywhere.
"""

from __future__ import annotations

import datetime as dt
import locale
import logging
import os
import sys
from collections.abc import Sequence
from decimal import Decimal
from itertools import chain
from threading import Lock
from typing import Any, NamedTuple

import numpy as np
from cachetools import LRUCache
from numpy.typing import NDArray

from xlllm import worksheet
from xlllm.catalog.lookups import Host
from xlllm.errors import InputError, PropagatedError, XlllmError
from xlllm.registry import FORMULAS, Formula, bare_name
from xlllm.values import DAY_0
from xlllm.worksheet import OMITTED

WHOLE_COLUMN, WHOLE_ROW = 1_048_576, 16_384
"""Cells of A:A and of 1:1. Nobody means their empty end."""
REMEMBERED_CELLS = 1_000_000
"""Cells of arguments and answers that are kept, so that equal calls of a recalculation are computed once."""
DEFECT = "failed inside xlllm, which is a defect of it: please report the formula with its arguments"
_NUMBERS = {float, int}
_MIDNIGHT = dt.datetime.combine(DAY_0, dt.time())
_log = logging.getLogger(__name__)


class Known(NamedTuple):
    """An answer, and how many cells it and its arguments have."""

    answer: Any
    cells: int


class Answers(LRUCache[Any, Known]):
    """Answers of earlier calls. Functions depend on nothing but their arguments, so an answer never ages."""

    def __init__(self) -> None:
        super().__init__(REMEMBERED_CELLS, getsizeof=lambda known: known.cells)
        self.lock = Lock()


def _cells(answer: Any) -> int:
    return int(answer.size) if isinstance(answer, np.ndarray) else 1


_answers = Answers()
_last_error = ""


def answer(name: str, args: Sequence[Any]) -> Any:
    """What the cell shows: a number, text, boolean or error; or rows of them as an array. Nothing is raised.

    Parameters
    ----------
    name
        The function as people type it, ``LLM_LOSS``, or however a host spells that.
    args
        Values, rows of values (nested sequences or arrays), ``None`` for a blank, ``OMITTED`` for what stands between
        two commas; an error cell as its text, ``#N/A``.
    """
    try:
        formula = worksheet.function(name)
        found = _computed(formula, [_argument(x) for x in args])
    except XlllmError as error:
        found = error
    except Exception:  # a defect of ours must neither reach the cell as code nor take the host down
        _log.exception("%s failed", name)
        found = InputError(DEFECT)
    _remember_error(name, found)
    return found


def rows(found: Any) -> list[list[Any]]:
    """An answer as rows of cells, one value as a single cell."""
    return found.tolist() if isinstance(found, np.ndarray) else [[found]]


def tell_last_error() -> None:
    """Let ``LLM_LAST_ERROR()`` answer: only for hosts whose process belongs to one person."""
    Host.last_error = staticmethod(lambda: _last_error or "there was no error yet")


def last_error() -> str:
    """What LLM_LAST_ERROR would say; nothing before the first error."""
    return _last_error


def forget_last_error() -> None:
    """Between calls of different persons."""
    global _last_error
    _last_error = ""


def language() -> str:
    """The language of help texts: XLLLM_LANG, or that of the system."""
    said = map(os.environ.get, ("XLLLM_LANG", "LC_ALL", "LC_MESSAGES", "LANG"))
    system = locale.getlocale()[0] if sys.platform == "win32" else None  # Windows: "Japanese_Japan"
    return "ja" if next((x for x in (*said, system) if x), "").lower().startswith("ja") else "en"


def _computed(formula: Formula, args: list[Any]) -> Any:
    """The answer, computed once for equal arguments."""
    if formula is FORMULAS["last_error"]:
        return worksheet.value(formula, args)
    key = (formula.name, *map(_key, args))
    with _answers.lock:
        known = _answers.get(key)
    if known:
        return known.answer
    try:
        found = worksheet.value(formula, args)
    except XlllmError as error:
        found = error
    if isinstance(found, np.ndarray):
        found.setflags(write=False)  # it is handed out again
    cells = _cells(found) + sum(map(_cells, args))
    if cells <= REMEMBERED_CELLS // 2:
        with _answers.lock:
            _answers[key] = Known(found, cells)
    return found


def _key(x: Any) -> Any:
    """Equal for equal arguments only: 1, 1.0 and TRUE are not."""
    if not isinstance(x, np.ndarray):
        return type(x), x
    if x.dtype == object:
        return x.shape, tuple((type(cell), cell) for cell in x.flat)
    return x.shape, x.tobytes()


# -- what hosts hand over ----------------------------------------------------------------------------------------------
def _argument(x: Any) -> Any:
    if isinstance(x, (list, tuple)):
        return _range(x)
    if isinstance(x, np.ndarray):
        return _range(x.tolist() if x.dtype == object else np.atleast_2d(x))
    return _cell(x)


def _cell(x: Any) -> Any:
    """A number, text, boolean, error, ``None`` or ``OMITTED``; a date as its day's number, as sheets count."""
    if type(x) is float or x is None or x is OMITTED or isinstance(x, (str, bool, XlllmError)):
        return x
    if isinstance(x, dt.datetime):
        return (x.replace(tzinfo=None) - _MIDNIGHT) / dt.timedelta(days=1)
    if isinstance(x, dt.date):
        return float((x - DAY_0).days)
    if isinstance(x, (Decimal, int)):
        return float(x)
    if isinstance(x, np.generic):
        return _cell(x.item())
    return x  # which no quantity reads: the error shows it


def _range(cells: Any) -> NDArray[Any]:
    """Rows of cells: of floats where all are numbers. A whole column or row ends with its last cell that is filled."""
    if isinstance(cells, np.ndarray):
        return cells.astype(float)
    table = [row if isinstance(row, (list, tuple)) else (row,) for row in cells] if _nested(cells) else [cells]
    width = len(table[0]) if table else 0
    if not width or any(len(row) != width for row in table):
        raise InputError("a range without cells, or whose rows differ in length, has no value")
    flat = list(chain.from_iterable(table))
    if set(map(type, flat)) <= _NUMBERS:
        return np.array(flat, dtype=float).reshape(-1, width)
    whole = np.empty(len(flat), dtype=object)
    whole[:] = [_cell(x) for x in flat]
    return _filled(whole.reshape(-1, width))


def _nested(cells: Sequence[Any]) -> bool:
    return any(isinstance(row, (list, tuple)) for row in cells)


def _filled(cells: NDArray[Any]) -> NDArray[Any]:
    if len(cells) < WHOLE_COLUMN and cells.shape[1] < WHOLE_ROW:
        return cells
    used = np.argwhere((cells != None) & (cells != ""))  # noqa: E711 (elementwise)
    last_row, last_column = used.max(axis=0) + 1 if len(used) else (1, 1)
    cells = cells[:last_row] if len(cells) >= WHOLE_COLUMN else cells
    cells = cells[:, :last_column] if cells.shape[1] >= WHOLE_ROW else cells
    only_numbers = set(map(type, cells.flat)) <= _NUMBERS
    return cells.astype(float) if only_numbers else cells


# -- the last error ----------------------------------------------------------------------------------------------------
def _remember_error(name: str, found: Any) -> None:
    """Keep the message of an error that arose here; one that was passed on has been told already."""
    global _last_error
    at, error = _first_error(found)
    if error and not isinstance(error, PropagatedError):
        _last_error = f"{name.upper()}{at}: {error.message.removeprefix(f'{bare_name(name)}: ')}"


def _first_error(found: Any) -> tuple[str, XlllmError | None]:
    if isinstance(found, XlllmError):
        return "", found
    if isinstance(found, np.ndarray) and found.dtype == object:
        for (row, column), x in np.ndenumerate(found):
            if isinstance(x, XlllmError):
                return f" (row {row + 1}, column {column + 1} of the answer)", x
    return "", None
