"""What a formula means, however a program spells it: spaces, dollars, brackets that change nothing do not count."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import lru_cache
from typing import Any, NamedTuple

from openpyxl.utils import column_index_from_string

LONGEST_RANGE = 20_000
DEEPEST = 100
_TOKEN = re.compile(
    r"""(?P<text>"(?:[^"]|"")*")
    | (?:(?P<sheet>'(?:[^']|'')+'|[^\W\d][\w.]*)!)?(?P<cell>\$?[A-Za-z]{1,3}\$?[1-9]\d{0,6})(?![\w(.])
    | (?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)
    | (?P<error>\#(?:REF!|N/A|NUM!|VALUE!|DIV/0!|NAME\?|NULL!))
    | (?P<name>[^\W\d][\w.]*)
    | (?P<sign><>|<=|>=|\S)""",
    re.VERBOSE,
)
_PIECE = re.compile(r"""\"(?:[^"]|"")*\"|'(?:[^']|'')+'|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|[$\w.]+|<>|<=|>=|\S""")
_CELL = re.compile(r"\$?([A-Za-z]{1,3})\$?(\d+)")
_PREFIX = re.compile(r"^_XL(?:FN|L|WS)\.")
_BINDS = {"=": 1, "<>": 1, "<": 1, "<=": 1, ">": 1, ">=": 1, "&": 2, "+": 3, "-": 3, "*": 4, "/": 4, "^": 5}
_END = ("end",)


class Place(NamedTuple):
    """A cell that a formula refers to."""

    sheet: str
    row: int
    column: int


class Name(str):
    """The name of a function or of a cell, in capitals."""


def cell(text: str) -> tuple[int, int]:
    """Row and column of ``$B$7``; zeros if it is no cell."""
    at = _CELL.fullmatch(text)
    return (int(at[2]), column_index_from_string(at[1])) if at else (0, 0)


def tokens(formula: str, title: str) -> list[Any]:
    """A formula of the sheet ``title`` in pieces: places, names, numbers, texts in quotes, signs."""
    found: list[Any] = []
    for m in _TOKEN.finditer(formula.removeprefix("=")):
        match m.lastgroup:
            case "cell":
                ranged = len(found) > 1 and found[-1] == ":" and isinstance(found[-2], Place)
                sheet = unquoted(m["sheet"]) or (found[-2].sheet if ranged else title)
                found.append(Place(sheet, *cell(m["cell"])))
            case "number":
                found.append(float(m[0]))
            case "name":
                found.append(Name(_PREFIX.sub("", m[0].upper())))
            case _:
                found.append(m[0])
    return found


def spelled_alike(a: str, b: str) -> bool:
    """Whether two formulas of one place are the same piece by piece: quicker than reading them."""
    mine, theirs = _PIECE.findall(a), _PIECE.findall(b)
    return len(mine) == len(theirs) and all(
        x == y or _spelling(x) == _spelling(y) for x, y in zip(mine, theirs, strict=True)
    )


@lru_cache(maxsize=4096)
def _spelling(piece: str) -> Any:
    if piece[0] in "\"'":
        return piece if piece[0] == '"' else unquoted(piece)
    with suppress(ValueError):
        return float(piece)
    return _PREFIX.sub("", piece.replace("$", "").upper()) if piece.isascii() else piece


def moved(pieces: list[Any], move: Callable[[Place], Place]) -> list[Any]:
    """The pieces as they were before their cells moved."""
    return [move(p) if isinstance(p, Place) else p for p in pieces]


def unquoted(sheet: str | None) -> str:
    return "" if not sheet else sheet[1:-1].replace("''", "'") if sheet.startswith("'") else sheet


def references(pieces: list[Any]) -> Iterator[Place | Name]:
    """Every cell that a formula reads, those inside a range too, and every name."""
    for i, piece in enumerate(pieces):
        if isinstance(piece, Name):
            yield piece
        elif isinstance(piece, Place):
            yield piece
            if i > 1 and pieces[i - 1] == ":" and isinstance(first := pieces[i - 2], Place):
                rows, columns = range(first.row, piece.row + 1), range(first.column, piece.column + 1)
                if len(rows) * len(columns) <= LONGEST_RANGE:
                    yield from (Place(piece.sheet, r, c) for r in rows for c in columns)


def numbers(pieces: list[Any]) -> list[float]:
    """The numbers that are written out."""
    return [p for p in pieces if isinstance(p, float)]


def meaning(pieces: list[Any]) -> Any:
    """What the pieces compute: sums and products without the brackets inside them. What cannot be read is itself."""
    reader = _Reader(pieces)
    try:
        tree = reader.expression(0)
    except (ValueError, RecursionError):
        return tuple(pieces)
    return tree if reader.now == _END else tuple(pieces)


class _Reader:
    def __init__(self, pieces: list[Any]) -> None:
        self._pieces, self._at, self._depth = [*pieces, _END], 0, 0

    @property
    def now(self) -> Any:
        return self._pieces[self._at]

    def _next(self) -> Any:
        self._at += 1
        return self._pieces[self._at - 1]

    def _take(self, sign: str) -> None:
        if self._next() != sign:
            raise ValueError(sign)

    def expression(self, least: int) -> Any:
        self._depth += 1
        if self._depth > DEEPEST:
            raise ValueError("too deep")
        left = self._prefix()
        while isinstance(self.now, str) and not isinstance(self.now, Name) and _BINDS.get(self.now, 0) > least:
            sign = self._next()
            left = _joined(sign, left, self.expression(_BINDS[sign]))
        self._depth -= 1
        return left

    def _prefix(self) -> Any:
        if self.now in ("-", "+"):
            return _negative(self._prefix()) if self._next() == "-" else self._prefix()
        value = self._value()
        while self.now in ("%", ":"):
            value = ("%", value) if self._next() == "%" else ("range", value, self._value())
        return value

    def _value(self) -> Any:
        piece = self._next()
        if piece == "(":
            inner = self.expression(0)
            while self.now == ",":  # a union of ranges
                self._next()
                inner = ("union", inner, self.expression(0))
            self._take(")")
            return inner
        if piece == "{":
            return self._list("}", "array")
        if isinstance(piece, Name) and self.now == "(":
            self._next()
            call = self._list(")", piece)
            if piece == "SINGLE" and len(call) == 2:  # one cell of several, where there is one
                return call[1]
            return piece if piece in ("TRUE", "FALSE") and len(call) == 1 else call
        if isinstance(piece, (float, Place, Name)) or (isinstance(piece, str) and piece[:1] in ('"', "#")):
            return piece
        raise ValueError(piece)

    def _list(self, end: str, name: str) -> tuple[Any, ...]:
        items: list[Any] = [name]
        if self.now == end:
            self._next()
            return (name,)
        while True:
            items.append("" if self.now in (",", ";", end) else self.expression(0))
            if (sign := self._next()) == end:
                return tuple(items)
            if sign not in (",", ";"):
                raise ValueError(sign)
            if sign == ";":
                items.append(";")


def _joined(sign: str, left: Any, right: Any) -> Any:
    match sign:
        case "+" | "-":
            turn = 1 if sign == "+" else -1
            return ("sum", *_terms(left), *((turn * s, t) for s, t in _terms(right)))
        case "*" | "/":
            turn = 1 if sign == "*" else -1
            (s, *a), (t, *b) = _factors(left), _factors(right)
            return ("product", s * t, *a, *((turn * power, f) for power, f in b))
        case "&":
            return ("join", *_parts(left), *_parts(right))
    return (sign, left, right)


def _negative(value: Any) -> Any:
    sign, *factors = _factors(value)
    return ("product", -sign, *factors)


def _terms(value: Any) -> list[tuple[int, Any]]:
    """The terms of a sum, each with its sign."""
    if isinstance(value, tuple) and value[:1] == ("sum",):
        return list(value[1:])
    sign, *factors = _factors(value)
    alone = len(factors) == 1 and factors[0][0] == 1
    return [(sign, factors[0][1] if alone else ("product", 1, *factors))]


def _factors(value: Any) -> list[Any]:
    """The sign of a product, then its factors, each with 1 or −1 as its power."""
    if isinstance(value, tuple) and value[:1] == ("product",):
        return list(value[1:])
    if isinstance(value, float) and value < 0:
        return [-1, (1, -value)]
    return [1, (1, value)]


def _parts(value: Any) -> list[Any]:
    return list(value[1:]) if isinstance(value, tuple) and value[:1] == ("join",) else [value]
