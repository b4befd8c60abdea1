"""Evaluates what one types into a cell: ``=LLM_GPU_HOURS(LLM_TRAIN_FLOPS("65.2B",1.4e12), 312e12, 0.477)``.

The grammar is Excel's: −2^2 is 4, 2^3^2 is 64, % follows its number, ``{1,2;3,4}`` is an array. The functions are those
of xlllm and nothing else; there are no cells to refer to.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np

from xlllm.errors import InputError, PropagatedError, XlllmError
from xlllm.values import CELL_ERRORS, number_from_text, shown
from xlllm.worksheet import OMITTED, Answer, Grid, call, function

LONGEST, DEEPEST = 8_192, 64
"""Characters of a formula, and levels of brackets, that Excel takes."""

_TOKEN = re.compile(
    r"""(?P<space>\s+)
    | (?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)
    | (?P<text>"(?:[^"]|"")*")
    | (?P<error>\#(?:N/A|NUM!|VALUE!|DIV/0!|REF!|NAME\?|NULL!|SPILL!|CALC!))
    | (?P<name>[^\W\d][\w.]*|\$[A-Za-z$][\w$]*)
    | (?P<operator><>|<=|>=|[-+*/^&=<>%(){},;:!])""",
    re.VERBOSE | re.IGNORECASE,
)
_CELL = re.compile(r"\$?[A-Za-z]{1,3}\$?\d+")
_BINDS = {"=": 1, "<>": 1, "<": 1, "<=": 1, ">": 1, ">=": 1, "&": 2, "+": 3, "-": 3, "*": 4, "/": 4, "^": 5}
_FLAGS = {"TRUE": True, "FALSE": False}
_END = ""


class Token(NamedTuple):
    kind: str
    text: str
    at: int


class Outcome(NamedTuple):
    """The answer to an expression, or the error that a cell would show."""

    expression: str
    value: Any
    unit: str | list[str | None] | None
    warnings: list[str]
    error: XlllmError | None


def evaluate(expression: str) -> Outcome:
    """The value of an expression. Errors are part of the outcome; nothing is raised."""
    evaluation = _Evaluation(expression)
    try:
        value, unit = evaluation.result()
    except XlllmError as error:
        return Outcome(expression, None, None, evaluation.warnings, error)
    failed = next((x for x in value.flat if isinstance(x, XlllmError)), None) if isinstance(value, np.ndarray) else None
    return Outcome(expression, value, unit, evaluation.warnings, failed)


def as_json(outcome: Outcome) -> dict[str, Any]:
    """The outcome as plain data; a cell of a range that failed shows its error's name."""
    value = outcome.value
    if isinstance(value, np.ndarray):
        value = [[x.cell if isinstance(x, XlllmError) else x for x in row] for row in value.tolist()]
    error = outcome.error and {"cell": outcome.error.cell, "message": outcome.error.message}
    return {**outcome._asdict(), "value": value, "error": error}


def _tokens(text: str) -> Iterator[Token]:
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            what = "a text without its closing quotation mark" if text[at] == '"' else shown(text[at])
            raise InputError(f"character {at + 1}: {what} means nothing here")
        if match.lastgroup != "space":
            yield Token(str(match.lastgroup), match[0], at)
        at = match.end()
    yield Token("end", _END, at)


class _Evaluation:
    """Reads an expression from left to right and computes it on the way."""

    def __init__(self, expression: str) -> None:
        self.expression = expression
        self.warnings: list[str] = []
        self._depth = 0

    def result(self) -> tuple[Any, Any]:
        """The value and its unit."""
        if len(self.expression) > LONGEST:
            raise InputError(
                f"the expression has {len(self.expression):,} characters; a cell holds {LONGEST:,}. "
                "Put large data into the cells of a sheet"
            )
        self._rest = _tokens(self.expression.strip().removeprefix("="))
        self._token = next(self._rest)
        if self._token.kind == "end":
            raise InputError("the expression is empty: write for example LLM_TRAIN_FLOPS(70e9, 1.4e12)")
        value = self._value(0)
        if self._token.kind != "end":
            raise self._unexpected()
        answer = value if isinstance(value, Answer) else Answer(value, None, [])
        if isinstance(answer.value, XlllmError):
            raise answer.value
        return answer.value, answer.unit

    # -- reading -------------------------------------------------------------------------------------------------------
    def _next(self) -> Token:
        """Go on; returns the token that was current."""
        passed, self._token = self._token, next(self._rest)
        return passed

    def _takes(self, text: str) -> bool:
        if self._token.kind == "operator" and self._token.text == text:
            self._next()
            return True
        return False

    def _expect(self, text: str) -> None:
        if not self._takes(text):
            raise self._unexpected(f"; {text} is missing")

    def _unexpected(self, hint: str = "") -> InputError:
        if self._token.kind == "end":
            return InputError(f"the expression ends too early{hint}")
        if self._token.text in (":", "!"):
            return InputError("there are no cells here: write the values themselves, a range as {1,2;3,4}")
        return InputError(f"character {self._token.at + 1}: {shown(self._token.text)} is not expected here{hint}")

    def _value(self, least: int) -> Any:
        """Operators that bind tighter than ``least``, from left to right."""
        left = self._prefixed()
        while self._token.kind == "operator" and (binds := _BINDS.get(self._token.text, 0)) > least:
            sign = self._next().text
            left = _elementwise(_OPERATORS[sign], left, self._value(binds))
        return left

    def _prefixed(self) -> Any:
        """Signs bind tighter than powers, % tighter still."""
        signs = []
        while self._token.kind == "operator" and self._token.text in "+-":
            signs.append(self._next().text)
        value = self._operand()
        while self._takes("%"):
            value = _elementwise(lambda x: _number(x) / 100, value)
        if signs.count("-"):
            value = _elementwise(_negative if signs.count("-") % 2 else _number, value)
        return value

    def _operand(self) -> Any:
        token = self._token
        match token.kind, token.text:
            case "number", _:
                self._next()
                return _finite(float(token.text))
            case "text", _:
                self._next()
                return token.text[1:-1].replace('""', '"')
            case "error", _:
                self._next()
                return _cell_error(token.text)
            case "name", _:
                return self._named()
            case "operator", "(":
                self._next()
                with self._deeper():
                    value = self._value(0)
                    self._expect(")")
                return value
            case "operator", "{":
                return self._array()
        raise self._unexpected()

    def _named(self) -> Any:
        """TRUE, FALSE, or a call."""
        name = self._next().text
        if not self._takes("("):
            if name.upper() in _FLAGS:
                return _FLAGS[name.upper()]
            quoted = f'write "{name}" in quotes if it is a name' if _CELL.fullmatch(name) else "put names in quotes"
            what = "is a cell of a sheet" if _CELL.fullmatch(name) else "means nothing here"
            raise InputError(f"{name} without quotes {what}: {quoted}")
        with self._deeper():
            args = self._arguments()
        if name.upper() in _FLAGS and not args:
            return _FLAGS[name.upper()]
        called = function(name)
        for x in args:
            if isinstance(x, XlllmError):
                raise x
        answer = call(called, args)
        self.warnings += [w for w in answer.warnings if w not in self.warnings]
        return answer

    def _arguments(self) -> list[Any]:
        if self._takes(")"):
            return []
        args = []
        while True:
            left_out = self._token.kind == "operator" and self._token.text in ",)"
            value = OMITTED if left_out else self._value(0)
            args.append(value.value if isinstance(value, Answer) else value)
            if self._takes(")"):
                return args
            self._expect(",")

    def _array(self) -> Grid:
        """Constants in braces: commas part columns, semicolons rows."""
        self._next()
        rows: list[list[Any]] = [[]]
        while True:
            negative = self._takes("-")
            token = self._token
            if token.kind not in ("number", "text", "error") and token.text.upper() not in _FLAGS:
                raise self._unexpected("; an array holds constants only")
            value = self._operand()
            rows[-1].append(_negative(value) if negative else value)
            if self._takes("}"):
                break
            if self._takes(";"):
                rows.append([])
            else:
                self._expect(",")
        if len({len(row) for row in rows}) > 1:
            raise InputError(f"the rows of the array differ in length: {', '.join(str(len(row)) for row in rows)}")
        grid = np.empty((len(rows), len(rows[0])), dtype=object)
        grid[:] = rows
        return grid

    @contextmanager
    def _deeper(self) -> Iterator[None]:
        """Inside one more pair of brackets."""
        if self._depth == DEEPEST:
            raise InputError(f"brackets stand more than {DEEPEST} deep, which no sheet takes")
        self._depth += 1
        yield
        self._depth -= 1


# -- operators ---------------------------------------------------------------------------------------------------------
def _elementwise(operation: Callable[..., Any], *operands: Any) -> Any:
    """The operation on values, or cell by cell on arrays of one size; errors stay in their cells."""
    values = [x.value if isinstance(x, Answer) else x for x in operands]
    shapes = {x.shape for x in values if isinstance(x, np.ndarray)}
    if not shapes:
        return _cell(operation, *values)
    try:
        grids = np.broadcast_arrays(*(np.asarray(x, dtype=object) for x in values))
    except ValueError:
        sizes = " and ".join(f"{rows}×{columns}" for rows, columns in sorted(shapes))
        return InputError(f"sizes do not match: {sizes}")
    out = np.empty(grids[0].shape, dtype=object)
    for at in np.ndindex(out.shape):
        out[at] = _cell(operation, *(g[at] for g in grids))
    return out


def _cell(operation: Callable[..., Any], *values: Any) -> Any:
    for x in values:
        if isinstance(x, XlllmError):
            return x
    try:
        return operation(*values)
    except XlllmError as error:
        return error
    except (OverflowError, ValueError):
        return PropagatedError("#NUM!", "the number is too large for a cell, or none")


def _number(x: Any) -> float:
    if isinstance(x, str):
        try:
            return number_from_text(x)
        except ValueError:
            raise InputError(f"{shown(x)} is no number to calculate with") from None
    return float(x)


def _finite(x: Any) -> float:
    if isinstance(x, complex) or not math.isfinite(x):
        raise PropagatedError("#NUM!", "the number is too large for a cell, or none")
    return float(x)


def _cell_error(text: str) -> XlllmError:
    name = next(e for e in CELL_ERRORS if e == text.upper())
    return PropagatedError(name, f"the expression holds the error {name} already")


def _negative(x: Any) -> float:
    return -_number(x)


def _arithmetic(operation: Callable[[float, float], Any]) -> Callable[[Any, Any], float]:
    def compute(a: Any, b: Any) -> float:
        return _finite(operation(_number(a), _number(b)))

    return compute


def _divided(a: float, b: float) -> float:
    if b == 0:
        raise PropagatedError("#DIV/0!", "division by zero")
    return a / b


def _power(a: float, b: float) -> Any:
    if a == 0 and b == 0:
        raise PropagatedError("#NUM!", "0^0 has no value")
    return _divided(1, a**-b) if a == 0 and b < 0 else a**b


def _joined(a: Any, b: Any) -> str:
    return _as_text(a) + _as_text(b)


def _as_text(x: Any) -> str:
    return str(x).upper() if isinstance(x, bool) else x if isinstance(x, str) else f"{x:.15g}".upper()


def _compared(operation: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    """As sheets compare: numbers to 15 digits, then text whatever its case, then FALSE and TRUE."""

    def rank(x: Any) -> tuple[int, Any]:
        if isinstance(x, bool):
            return 2, x
        return (1, x.casefold()) if isinstance(x, str) else (0, float(f"{x:.15g}"))

    return lambda a, b: bool(operation(rank(a), rank(b)))


_OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "+": _arithmetic(operator.add),
    "-": _arithmetic(operator.sub),
    "*": _arithmetic(operator.mul),
    "/": _arithmetic(_divided),
    "^": _arithmetic(_power),
    "&": _joined,
    "=": _compared(operator.eq),
    "<>": _compared(operator.ne),
    "<": _compared(operator.lt),
    "<=": _compared(operator.le),
    ">": _compared(operator.gt),
    ">=": _compared(operator.ge),
}
