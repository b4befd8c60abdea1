"""A call as Excel's add-in JavaScript makes it, and the answer it gets: what a process of ``xlllm serve`` does.

xlwings converts what Excel sends and what it takes back; nothing reaches it but a well-formed call of one of our
functions. Import this module where ``XLWINGS_ON_SERVER`` is ``true``.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Coroutine
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Any, NamedTuple

import xlwings as xw
from xlwings import server

from xlllm.errors import InputError, UnknownNameError, XlllmError
from xlllm.hosts import calls, udfs
from xlllm.registry import FORMULAS, Formula

ERRORS_AS_OBJECTS = "1.4"
"""The runtime of Excel that takes errors inside answers. Our script in the task pane translates for earlier ones."""
for solver in ("scipy.optimize.elementwise", "scipy.special"):
    import_module(solver)  # now: who first asks for an answer must not wait for it
_browser = ModuleType("pyodide.ffi")  # xlwings tries to import it for every cell: failing takes longer than the rest
_browser.JsNull = type("JsNull", (), {})  # type: ignore[attr-defined]
sys.modules |= {"pyodide": _browser, "pyodide.ffi": _browser}
_log = logging.getLogger(__name__)


class Reply(NamedTuple):
    """An answer on its way back: an HTTP status, with JSON if it is 200, else with the message for the cell."""

    status: int
    text: str


def reply(body: bytes) -> Reply:
    """The answer to the body of a call. Nothing is raised."""
    try:
        call = _checked(body)
    except UnknownNameError as error:
        return Reply(404, error.message)
    except XlllmError as error:
        return Reply(400, error.message)
    calls.forget_last_error()
    try:
        result = _finished(server.custom_functions_call(call, udfs))
        answer = {"result": result} | ({"message": calls.last_error()} if calls.last_error() else {})
        return Reply(200, json.dumps(answer, allow_nan=False))
    except xw.XlwingsError as error:
        return Reply(400, str(error))
    except Exception:  # a defect of ours must not reach the cell as code
        _log.exception("%s failed", call["func_name"])
        return Reply(500, calls.DEFECT)


def _finished(call: Coroutine[Any, Any, Any]) -> Any:
    """What a call gives. It never waits for anything, so that no event loop is needed to run it."""
    try:
        call.send(None)
    except StopIteration as done:
        return done.value
    raise RuntimeError("xlwings waits for something")


@cache
def _functions() -> dict[str, Formula]:
    return {f.worksheet_name: f for f in FORMULAS.values()}


def _checked(body: bytes) -> dict[str, Any]:
    """The call, holding what xlwings reads and nothing else. Excel's numbers are floats."""
    try:
        sent = _JSON.decode(body.decode())
    except (ValueError, RecursionError):
        raise InputError("the body of a call must be JSON") from None
    name, args = (sent.get("func_name"), sent.get("args")) if isinstance(sent, dict) else (None, None)
    if not isinstance(name, str) or not isinstance(args, list):
        raise InputError("a call names a function and lists its arguments")
    formula = _functions().get(name)
    if formula is None:
        raise UnknownNameError("there is no such function here")
    if not all(map(_is_argument, args)):
        raise InputError("every argument of a call must be null or rows of cells")
    if len(args) > len(formula.parameters):
        raise calls.answer(name, [None] * len(args))  # it says that there are too many
    return {
        "client": "Office.js",
        "func_name": name,
        "args": args,
        "version": xw.__version__,
        "runtime": ERRORS_AS_OBJECTS,
    }


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


_JSON = json.JSONDecoder(parse_int=float, parse_constant=_refuse)


def _is_argument(x: Any) -> bool:
    """Rows of cells; nothing; or the text that the client sends for a stock or a place."""
    if x is None:
        return True
    if not isinstance(x, list) or not x:
        return False
    if len(x) == 1 and isinstance(x[0], str):
        return True
    return all(isinstance(row, list) and bool(row) and all(map(_is_cell, row)) for row in x)


def _is_cell(x: Any) -> bool:
    if isinstance(x, dict):  # an error, or a number with its format
        return isinstance(x.get("type"), str) and isinstance(x.get("basicValue"), (str, float, bool))
    return not isinstance(x, list)
