"""What Calc hands over to a function, and what its cells show. Measured with LibreOffice 7.4.

It hands over numbers, texts, and ranges as rows of them; ``None`` for an argument left out, whether at the end or
between two semicolons. TRUE comes as 1 and a date as its number. A blank cell comes as 0, inside a range as "".
Where an argument is an error, holds one, or is one too many, Calc answers by itself and asks nobody.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any

import numpy as np

from xlllm.errors import InputError, XlllmError
from xlllm.hosts import calls
from xlllm.worksheet import OMITTED

Rows = tuple[tuple[Any, ...], ...]


def _error(code: int) -> float:
    """A number that Calc shows as an error: not a number, and the error's code in its lower half."""
    return float(struct.unpack("<d", struct.pack("<Q", 0x7FF8 << 48 | code))[0])


ERRORS = {
    "#NUM!": _error(503),
    "#VALUE!": _error(519),
    "#NULL!": _error(521),
    "#REF!": _error(524),
    "#NAME?": _error(525),
    "#DIV/0!": _error(532),
    "#N/A": _error(32767),
}


def answer(method: str, args: Sequence[Any]) -> Rows:
    """The rows of cells that ``LLM.METHOD`` shows. Nothing is raised."""
    found = calls.answer(f"LLM.{method}", [OMITTED if x is None else x for x in args])
    table = calls.rows(found)
    if isinstance(found, np.ndarray) and found.dtype == float:
        return tuple(map(tuple, table))
    return tuple(tuple(map(_shown, row)) for row in table)


def _shown(x: Any) -> Any:
    """A cell's content. Calc shows a boolean of Python's as 0, whichever it is."""
    if isinstance(x, XlllmError):
        return ERRORS.get(x.cell, ERRORS[InputError.cell])
    return float(x) if isinstance(x, bool) else x
