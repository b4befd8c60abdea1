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
from xlllm import locale
from xlllm.arguments import Parameter
from xlllm.errors import InputError, XlllmError
from xlllm.handbook import bounds, shelves
from xlllm.hosts import calls
from xlllm.registry import Formula
from xlllm.values import typed
from xlllm.worksheet import OMITTED

LONGEST_HELP = 255
"""Characters of a description or of an argument's help that Excel shows."""
ERROR_MARK = "\ue000"
"""Begins an error on its way through COM, which has no type for it: the VBA wrapper makes it one."""


def description(formula: Formula, lang: str) -> str:
    """What a function computes, and in which unit."""
    units = list(dict.fromkeys(locale.text(q, "unit", lang) for q in formula.results))
    return f"{locale.title(formula, lang)} [{', '.join(units)}]"


def argument_help(p: Parameter, lang: str) -> str:
    """What an argument is, its unit, what is allowed and what it is if left out."""
    if p.record:
        return f"{locale.record(p.name, 'label', lang)}: {locale.record(p.name, 'help', lang)}"
    assert p.quantity
    q = p.quantity
    unit = "" if q.unit in ("text", "any", "TRUE/FALSE") else locale.text(q, "unit", lang)
    allowed = "; ".join(x for x in (unit, bounds(q)) if x)
    default = p.same_as or ("" if p.required or p.default is None else typed(p.default))
    brackets = f" ({allowed})" if allowed else ""
    text = f"{locale.text(q, 'label', lang)}{brackets}{f' [{default}]' if default else ''}"
    help = f"{text}: {locale.text(q, 'help', lang)}"
    return help if len(help) <= LONGEST_HELP else text


def category(shelf: str, lang: str) -> str:
    """Where the function wizard lists a shelf: numbered, so that its alphabetical order is that of the handbook."""
    among = "scaling" if shelf == "fitting" else shelf
    numbered = [s for s in locale.SHELVES if s not in ("fitting", "lookups")]
    number = f"{numbered.index(among) + 1} " if among in numbered else ""
    return f"xlllm {number}{locale.shelf(among, lang).replace('：', ':').partition(':')[0]}"


def signature(formula: Formula) -> inspect.Signature:
    """Positional arguments; those that may be left out default to ``OMITTED``."""
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    return inspect.Signature(
        [
            inspect.Parameter(p.name, kind, default=inspect.Parameter.empty if p.required else OMITTED)
            for p in formula.parameters
        ]
    )


def through_com(found: Any) -> Any:
    """An answer for the VBA wrapper: errors marked."""

    def cell(x: Any) -> Any:
        return f"{ERROR_MARK}{x.cell}" if isinstance(x, XlllmError) else x

    return _cells(found, cell)


def through_office(found: Any) -> Any:
    """An answer for Office.js, which makes an error of its name. Only #VALUE! takes a message along."""
    if isinstance(found, XlllmError) and found.cell == InputError.cell:
        raise xw.XlwingsError(found.message)

    def cell(x: Any) -> Any:
        return x.cell if isinstance(x, XlllmError) else x

    return _cells(found, cell)


def _cells(found: Any, cell: Callable[[Any], Any]) -> Any:
    table = calls.rows(found)
    if not (isinstance(found, np.ndarray) and found.dtype == float):
        table = [[cell(x) for x in row] for row in table]
    return table if len(table) > 1 or len(table[0]) > 1 else table[0][0]


def _udf(formula: Formula, shelf: str, lang: str, shown: Callable[[Any], Any]) -> Callable[..., Any]:
    name = formula.worksheet_name

    def udf(*args: Any) -> Any:
        return shown(calls.answer(name, args))

    udf.__name__ = udf.__qualname__ = name
    udf.__doc__ = description(formula, lang)
    udf.__module__ = __name__
    udf.__signature__ = signature(formula)  # type: ignore[attr-defined]
    decorated: Any = xw.ret()(udf)
    for p in formula.parameters:
        decorated = xw.arg(p.name, ndim=2, err_to_str=True, doc=argument_help(p, lang))(decorated)
    decorated = xw.func(category=category(shelf, lang), call_in_wizard=formula.kind != "S")(decorated)
    return cast(Callable[..., Any], decorated)


def _udfs() -> Iterator[Callable[..., Any]]:
    lang = calls.language()
    shown = through_office if xw.func.__module__.startswith("xlwings.pro") else through_com
    for shelf, formulas in shelves().items():
        for formula in formulas:
            yield _udf(formula, shelf, lang, shown)


def _one_person() -> bool:
    """Whether the process serves one person: Excel's own on Windows, or the browser's."""
    return sys.platform in ("win32", "emscripten")


globals().update({f.__name__: f for f in _udfs()})
if _one_person():
    calls.tell_last_error()
