"""The worksheet functions for xlwings, each once: Excel on Windows, xlwings Server and xlwings Lite import this module.

Everything is read from the registry and the vocabulary when the module is imported. Where xlwings has no host, on Linux
and macOS without a server, its decorators do nothing and the functions are plain Python.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator
from typing import Any, cast

import numpy as np
import xlwings as xw

import xlllm.catalog.lookups  # noqa: F401 (registers the look-ups)
from xlllm.errors import InputError, XlllmError
from xlllm.handbook import shelves
from xlllm.hosts import calls
from xlllm.hosts.texts import argument_help, category, description
from xlllm.registry import Formula
from xlllm.worksheet import OMITTED

ERROR_MARK = "\ue000"
"""Begins an error on its way through COM, which has no type for it: the VBA wrapper makes it one."""


def signature(formula: Formula) -> inspect.Signature:
    """Positional arguments; those that may be left out default to ``OMITTED``."""
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    return inspect.Signature(
        [
            inspect.Parameter(p.name, kind, default=inspect.Parameter.empty if p.required else OMITTED)
            for p in formula.parameters
        ]
    )


def through_com(found: Any) -> list[list[Any]]:
    """An answer for the VBA wrapper: rows, with errors marked. COM carries what is in them as it is."""

    def cell(x: Any) -> Any:
        return f"{ERROR_MARK}{x.cell}" if isinstance(x, XlllmError) else x

    return _rows(found, cell)


def through_office(found: Any) -> Any:
    """An answer for Office.js, which makes an error of its name. Only #VALUE! takes a message along."""
    if isinstance(found, XlllmError) and found.cell == InputError.cell:
        raise xw.XlwingsError(found.message)

    def cell(x: Any) -> Any:
        return x.cell if isinstance(x, XlllmError) else x

    table = _rows(found, cell)
    return table if len(table) > 1 or len(table[0]) > 1 else table[0][0]


def _rows(found: Any, cell: Callable[[Any], Any]) -> list[list[Any]]:
    table = calls.rows(found)
    if isinstance(found, np.ndarray) and found.dtype == float:
        return table
    return [[cell(x) for x in row] for row in table]


def _udf(formula: Formula, shelf: str, lang: str, shown: Callable[[Any], Any]) -> Callable[..., Any]:
    name = formula.worksheet_name

    def udf(*args: Any) -> Any:
        return shown(calls.answer(name, args))

    udf.__name__ = udf.__qualname__ = name
    udf.__doc__ = description(formula, lang)
    udf.__module__ = __name__
    udf.__annotations__ = {}  # xlwings reads them at every call
    udf.__signature__ = signature(formula)  # type: ignore[attr-defined]
    # xlwings would look at every cell again, which takes longer than the formula does
    decorated: Any = xw.ret("raw" if shown is through_com else None)(udf)
    for p in formula.parameters:
        decorated = xw.arg(p.name, ndim=2, err_to_str=True, doc=argument_help(p, lang))(decorated)
    decorated = xw.func(category=category(shelf, lang), call_in_wizard=formula.kind != "S")(decorated)
    return cast(Callable[..., Any], decorated)


def _udfs() -> Iterator[Callable[..., Any]]:
    lang = calls.language()
    shown = through_com if _in_excel() else through_office
    for shelf, formulas in shelves().items():
        for formula in formulas:
            yield _udf(formula, shelf, lang, shown)


def _in_excel() -> bool:
    """Whether Excel on Windows asks, through COM."""
    return xw.func.__module__ == "xlwings.udfs"


def _in_office() -> bool:
    """Whether xlwings Server or Lite imports this module, whose decorators are not those of Excel on Windows."""
    return xw.func.__module__.startswith("xlwings.pro")


def _one_person() -> bool:
    """Whether the process serves one person: the browser's, or Excel's own on Windows."""
    return sys.platform == "emscripten" or (sys.platform == "win32" and not _in_office())


globals().update({f.__name__: f for f in _udfs()})
if _one_person():
    calls.tell_last_error()
