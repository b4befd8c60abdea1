"""Runs a formula on cells and gets a worksheet formula back.

A ``Cell`` is a node of a small expression tree. Calling a formula on cells builds the tree (operators,
``__array_ufunc__``, ``__array_function__``); ``spell`` prints it for a spreadsheet, ``evaluate`` computes it as a
spreadsheet would. A registered formula called inside another becomes a helper row of its own, never one long cell.
"""

from __future__ import annotations

import datetime as dt
import inspect
import math
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, NamedTuple, NoReturn

import numpy as np

from xlllm.errors import Untraceable
from xlllm.lazy import Lazy
from xlllm.registry import Formula
from xlllm.values import DAY_0

special: Any = Lazy("scipy.special")

_BINARY = {
    np.add: "+", np.subtract: "-", np.multiply: "*", np.divide: "/", np.power: "^", np.less: "<",
    np.less_equal: "<=", np.greater: ">", np.greater_equal: ">=", np.equal: "=", np.not_equal: "<>",
}  # fmt: skip
_CALLS = {
    np.minimum: "MIN", np.maximum: "MAX", np.exp: "EXP", np.log: "LN", np.log10: "LOG10", np.sqrt: "SQRT",
    np.absolute: "ABS", np.logical_and: "AND", np.logical_or: "OR", np.logical_not: "NOT",
}  # fmt: skip
# The traps: 1-EXP(-x) and LN(1+x) lose their digits near 0, INT of a noisy whole number is off by one.
_SPECIAL = {np.negative: "negative", np.expm1: "expm1", np.log1p: "log1p", np.ceil: "ceil", np.floor: "floor"}
_UFUNCS: dict[Any, str] = {**_BINARY, **_CALLS, **_SPECIAL}
_SCIPY = {"betaincinv": "BETAINV"}  # by name: scipy takes longer to import than everything else together
_OPERATIONS: dict[str, Any] = {op: ufunc for ufunc, op in _UFUNCS.items()}
FUNCTIONS = "where(condition, yes, no), round(x, decimals), and sum and cumsum of a series over axis=-1"
_PRECEDENCE = {
    "=": 1, "<>": 1, "<": 1, "<=": 1, ">": 1, ">=": 1, "&": 2, "+": 3, "-": 3, "negative": 3, "*": 4, "/": 4, "^": 5,
}  # fmt: skip
_ATOM = 9


class Cell:
    """A node: an operation on nodes and constants. A cell is never true or false, and no key of a dict."""

    __slots__ = ("args", "key", "length", "op")
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, op: str, *args: Any, length: int | None = None) -> None:
        self.op = op
        self.args = tuple(_constant(a) for a in args)
        self.length: int = max((getattr(a, "length", 0) for a in self.args), default=0) if length is None else length
        """Years on the time axis; 0 for a single cell."""
        self.key: tuple[Any, ...] = (op, *(a.key if isinstance(a, Cell) else (type(a).__name__, a) for a in self.args))

    @property
    def ndim(self) -> int:
        return 1 if self.length else 0

    @property
    def shape(self) -> tuple[int, ...]:
        return (self.length,) if self.length else ()

    def __array_ufunc__(self, ufunc: Any, method: str, *args: Any, **options: Any) -> Cell:
        if method == "accumulate" and ufunc is np.maximum and self.length and options == {"axis": -1}:
            return Cell("running_max", args[0])
        if method == "__call__" and not options:
            if ufunc in _UFUNCS:
                return Cell(_UFUNCS[ufunc], *args)
            if ufunc.__name__ in _SCIPY:
                return Cell(_SCIPY[ufunc.__name__], *args)
        known = ", ".join(sorted([u.__name__ for u in _UFUNCS] + [*_SCIPY]))
        raise Untraceable(f"np.{ufunc.__name__} ({method}) has no worksheet form; these have one: {known}")

    def __array_function__(self, function: Any, types: Any, args: Any, options: Any) -> Any:
        match function.__name__, len(args), options:
            case "where", 3, {**none} if not none:
                return Cell("IF", *args)
            case "round", 2, {**none} if not none:
                return Cell("ROUND", *args)
            case "sum", 1, {"axis": -1, **none} if self.length and not none:
                return Cell("sum_years", args[0], length=0)
            case "cumsum", 1, {"axis": -1, **none} if self.length and not none:
                return Cell("running_sum", args[0])
            case "shape", 1, _:
                return self.shape
            case "ndim", 1, _:
                return self.ndim
        raise Untraceable(f"np.{function.__name__}{tuple(options)} has no worksheet form; these have one: {FUNCTIONS}")

    def __getitem__(self, index: Any) -> Cell:
        match index:
            case (first, int(year)) if first is Ellipsis and 0 <= year < self.length:
                return Cell("year", self, year, length=0)
        raise Untraceable("a cell has no items; only series[..., year] of its years has a worksheet form")

    def __bool__(self) -> NoReturn:
        raise Untraceable("Python if, and, or, not on a cell: use np.where, np.logical_and …")

    def __float__(self) -> NoReturn:
        raise Untraceable("float() or math on a cell: use numpy")

    __int__ = __index__ = __float__

    def __iter__(self) -> NoReturn:
        raise Untraceable("cannot iterate over a cell")

    def __add__(self, other: Any) -> Cell:
        return Cell("+", self, other)

    def __radd__(self, other: Any) -> Cell:
        return Cell("+", other, self)

    def __sub__(self, other: Any) -> Cell:
        return Cell("-", self, other)

    def __rsub__(self, other: Any) -> Cell:
        return Cell("-", other, self)

    def __mul__(self, other: Any) -> Cell:
        return Cell("*", self, other)

    def __rmul__(self, other: Any) -> Cell:
        return Cell("*", other, self)

    def __truediv__(self, other: Any) -> Cell:
        return Cell("/", self, other)

    def __rtruediv__(self, other: Any) -> Cell:
        return Cell("/", other, self)

    def __pow__(self, other: Any) -> Cell:
        return Cell("^", self, other)

    def __rpow__(self, other: Any) -> Cell:
        return Cell("^", other, self)

    def __lt__(self, other: Any) -> Cell:
        return Cell("<", self, other)

    def __le__(self, other: Any) -> Cell:
        return Cell("<=", self, other)

    def __gt__(self, other: Any) -> Cell:
        return Cell(">", self, other)

    def __ge__(self, other: Any) -> Cell:
        return Cell(">=", self, other)

    def __eq__(self, other: Any) -> Cell:  # type: ignore[override]
        return Cell("=", self, other)

    def __ne__(self, other: Any) -> Cell:  # type: ignore[override]
        return Cell("<>", self, other)

    def __neg__(self) -> Cell:
        return Cell("negative", self)

    def __abs__(self) -> Cell:
        return Cell("ABS", self)


def ref(name: str, length: int = 0) -> Cell:
    """The cell (or the years) that hold ``name``."""
    return Cell("ref", name, length=length)


def gathered(names: tuple[str, ...]) -> Cell:
    """Several cells as one series."""
    return Cell("gather", *map(ref, names), length=len(names))


def counted(condition: Cell) -> Cell:
    """How many cells of a range fulfil a condition."""
    return Cell("sum_years", condition, length=0)


def joined(*parts: Any) -> Cell:
    """Texts one after another."""
    text = parts[0] if isinstance(parts[0], Cell) else Cell("text", parts[0])
    for part in parts[1:]:
        text = Cell("&", text, part)
    return text


def fixed(value: Any, decimals: Any) -> Cell:
    """A number as text, with thousands separators: FIXED means the same in every locale, TEXT does not."""
    return Cell("FIXED", value, decimals)


def chosen(condition: Any, yes: Any, no: Any) -> Cell:
    return Cell("IF", condition, yes, no)


def _constant(x: Any) -> Any:
    """A node's argument: a cell, a text, or a plain number; a short row of numbers becomes an array constant."""
    if isinstance(x, np.ndarray):
        if x.ndim == 0:
            return _constant(x[()])
        if x.ndim == 1 and x.dtype != object:
            return Years(tuple(_constant(v) for v in x))
        raise Untraceable("an array of cells or a grid inside a formula")
    if isinstance(x, np.generic):
        x = x.item()
    if isinstance(x, (int, float)) and not math.isnan(x) and (math.isinf(x) or float(f"{x:.15g}") != x):
        raise Untraceable(f"{x!r} has more than the 15 digits a spreadsheet keeps of a literal")
    if isinstance(x, (Cell, str, bool, int, float, Years)):
        return x
    raise Untraceable(f"{type(x).__name__} inside a formula")


class Years(tuple[Any, ...]):
    """A row of constants along the time axis."""

    __slots__ = ()

    @property
    def length(self) -> int:
        return len(self)


# -- tracing ----------------------------------------------------------------------------------------------------------
class Helper(NamedTuple):
    """A row that a formula called inside another makes."""

    id: str
    formula: Formula
    tree: Cell


class Tracer:
    """Traces formulas; what is traced twice with the same arguments is one row."""

    def __init__(self) -> None:
        self._seen: dict[tuple[Any, ...], Cell] = {}
        self._helpers: list[Helper] = []
        self._row = ""

    def trace(self, row: str, formula: Formula, args: tuple[Any, ...], length: int = 0) -> tuple[Cell, list[Helper]]:
        """The tree of ``formula(*args)`` for the row ``row``, and the helper rows that it needs above it."""
        self._helpers, self._row = [], row
        tree, own = self._run(formula, args), ref(row, length)
        if self._helpers and tree.op == "ref" and tree.args == (self._helpers[-1].id,):
            last = self._helpers.pop()  # the whole answer is another formula's: no row of its own for that
            self._seen = {k: own if v.key == tree.key else v for k, v in self._seen.items()}
            tree = last.tree
        self._seen.setdefault(_call_key(formula, args), own)
        return tree, self._helpers

    def _run(self, formula: Formula, args: tuple[Any, ...]) -> Cell:
        """The formula's code with the formulas it calls replaced by rows."""
        answer = formula.calling(self._step)(*args)
        return answer if isinstance(answer, Cell) else Cell("constant", answer)

    def _step(self, formula: Formula) -> Callable[..., Any]:
        signature = inspect.signature(formula.fn)

        def call(*args: Any, **named: Any) -> Any:
            bound = signature.bind(*args, **named)
            bound.apply_defaults()
            values = tuple(bound.arguments.values())
            if not any(isinstance(x, Cell) for v in values for x in (v if isinstance(v, tuple) else (v,))):
                return formula.fn(*values)
            key = _call_key(formula, values)
            if key not in self._seen:
                tree = self._run(formula, values)
                name = f"{self._row}.{formula.name}"
                taken = {h.id for h in self._helpers}
                free = next(n for n in (name, *(f"{name}_{i}" for i in range(2, 99))) if n not in taken)
                self._helpers.append(Helper(free, formula, tree))
                self._seen[key] = ref(free, tree.length)
            return self._seen[key]

        return call


def names(node: Any) -> set[str]:
    """Every name that a tree refers to."""
    if not isinstance(node, Cell):
        return set()
    if node.op == "ref":
        return {node.args[0]}
    return set().union(*map(names, node.args))


def _call_key(formula: Formula, args: tuple[Any, ...]) -> tuple[Any, ...]:
    def key(x: Any) -> Any:
        if isinstance(x, Cell):
            return x.key
        return tuple(map(key, x)) if isinstance(x, tuple) else (type(x).__name__, x)

    return (formula.name, *map(key, args))


def trace(formula: Formula, years: int = 4) -> tuple[Cell, list[Helper]]:
    """The tree of a formula on cells named as its arguments (record fields as ``law.alpha``, series over ``years``)."""
    args = []
    for p in formula.parameters:
        if p.record:
            args.append(p.record.type(*(ref(f"{p.name}.{q.name}") for q in p.record.fields)))
        else:
            args.append(ref(p.name, years if p.series else 0))
    return Tracer().trace(formula.name, formula, tuple(args))


# -- printing ---------------------------------------------------------------------------------------------------------
Address = Callable[..., str]
"""``address(name)`` is where a value stands; ``address(name, first, last)`` the years from first to last."""


def spell(node: Any, address: Address, year: int | None = None) -> str:
    """The worksheet formula of a tree, without the equals sign; with ``year`` that of one year of a series."""
    return _spell(node, address, year)[0]


def _spell(node: Any, address: Address, year: int | None) -> tuple[str, int]:
    if not isinstance(node, Cell):
        if isinstance(node, Years):
            if year is not None:
                return _spell(node[year], address, None)
            return "{" + ",".join(_spell(x, address, None)[0] for x in node) + "}", _ATOM
        return _literal(node)

    def inner(x: Any, least: int = 0) -> str:
        text, precedence = _spell(x, address, year)
        return text if precedence >= least else f"({text})"

    op, a = node.op, node.args
    if op in ("ref", "running_sum", "running_max", "year"):
        return _reference(node, address, year), _ATOM
    if op in ("text", "constant"):
        return _spell(a[0], address, year)
    if op == "sum_years":
        if a[0].op in ("ref", "gather"):
            return f"SUM({_spell(a[0], address, None)[0]})", _ATOM
        text = _spell(a[0], address, None)[0]
        return f"SUMPRODUCT({f'--({text})' if _PRECEDENCE.get(a[0].op) == 1 else text})", _ATOM
    if op == "gather":
        return ",".join(map(inner, a)), _ATOM
    if op == "negative":  # -x^2 would be (-x)^2
        return f"-{inner(a[0], _ATOM)}", 3
    if op in _PRECEDENCE:
        p = _PRECEDENCE[op]
        left, right = (p + 1, p + 1) if p in (1, 5) else (p, p + (op in "-/"))  # keep numpy's order; bracket powers
        if op in "+*" and isinstance(a[1], Cell) and a[1].op in (op, "-" if op == "+" else "/"):
            right = p + 1
        return f"{inner(a[0], left)}{op}{inner(a[1], max(right, 4) if p == 3 else right)}", p
    if op == "ceil":
        return f"-INT(-{inner(a[0], _ATOM)})", 3
    if op == "floor":
        return f"INT({inner(a[0])})", _ATOM
    if op == "expm1":
        x, half = inner(a[0]), f"{inner(a[0], 4)}/2"
        return f"IF(ABS({x})<1,2*EXP({half})*SINH({half}),EXP({x})-1)", _ATOM
    if op == "log1p":
        x, added = inner(a[0]), inner(a[0], 4)
        return f"IF(ABS({x})<0.5,2*ATANH({added}/(2+{added})),LN(1+{added}))", _ATOM
    if op == "line_break":
        return "CHAR(10)", _ATOM
    if op == "BETAINV":
        rise, fall, level = map(inner, a)
        return f"BETAINV({level},{rise},{fall})", _ATOM
    if op == "MATCH":
        return f"MATCH({inner(a[0])},{inner(a[1])},0)", _ATOM
    if op == "RANK":
        return f"RANK({inner(a[0])},{_spell(a[1], address, None)[0]})", _ATOM
    return f"{op}({','.join(inner(x) for x in a)})", _ATOM


def _reference(node: Cell, address: Address, year: int | None) -> str:
    series = node.args[0] if node.op != "ref" else node
    if not isinstance(series, Cell) or series.op != "ref":
        raise Untraceable(f"{node.op} of an expression: give it a row of its own")
    name, last = series.args[0], series.length - 1
    if node.op == "year":
        return address(name, node.args[1], node.args[1])
    if node.op == "ref":
        if not node.length:
            return address(name)
        return address(name, 0, last) if year is None else address(name, year, year)
    if year is None:
        raise Untraceable(f"{node.op} needs a row of its own over the years")
    return f"{'SUM' if node.op == 'running_sum' else 'MAX'}({address(name, 0, year)})"


def _literal(x: Any) -> tuple[str, int]:
    if isinstance(x, bool):
        return "TRUE" if x else "FALSE", _ATOM
    if isinstance(x, str):
        pieces = [f'"{p.replace(chr(34), chr(34) * 2)}"' for p in x.split("\n")]
        return "&CHAR(10)&".join(pieces), _ATOM if len(pieces) == 1 else _PRECEDENCE["&"]
    if math.isnan(x):
        return "SQRT(-1)", _ATOM  # the cell error #NUM! in every spreadsheet
    text = str(int(x)) if x == int(x) and abs(x) < 1e15 else f"{x:.15g}".upper()
    return text, 3 if x < 0 else _ATOM


# -- evaluating -------------------------------------------------------------------------------------------------------
def evaluate(node: Any, values: Mapping[str, Any], year: int | None = None) -> Any:
    """What a spreadsheet shows for the tree: a number, text or boolean; NaN stands for an error.

    ``values`` holds a number for every name, and a row of numbers for a series.
    """
    with np.errstate(all="ignore"):
        answer = _evaluate(node, values, year)
    return answer.item() if isinstance(answer, np.generic) else answer


def _evaluate(node: Any, values: Mapping[str, Any], year: int | None) -> Any:
    if isinstance(node, Years):
        return np.array(node) if year is None else node[year]
    if not isinstance(node, Cell):
        return node
    op, a = node.op, node.args
    if op == "ref":
        value = values[a[0]]
        return value[year] if node.length and year is not None else value
    if op == "year":
        return values[a[0].args[0]][a[1]]
    if op == "sum_years":
        return np.sum(_evaluate(a[0], values, None))
    if op in ("running_sum", "running_max"):
        row = np.asarray(values[a[0].args[0]])[: None if year is None else year + 1]
        run = np.cumsum(row) if op == "running_sum" else np.maximum.accumulate(row)
        return run if year is None else run[-1]
    if op == "IF":
        condition = _evaluate(a[0], values, year)
        if isinstance(condition, np.ndarray):
            return np.where(condition, _evaluate(a[1], values, year), _evaluate(a[2], values, year))
        return math.nan if _is_error(condition) else _evaluate(a[1] if condition else a[2], values, year)
    if op == "CHOOSE":
        return _evaluate(a[int(_evaluate(a[0], values, year))], values, year)
    args = [_evaluate(x, values, year) for x in a]
    if op == "ISNUMBER":
        return not _is_error(args[0])
    if any(map(_is_error, args)):
        return math.nan
    match op:
        case "text" | "constant":
            return args[0]
        case "gather":
            return np.array(args, dtype=float)
        case "&":
            return f"{_as_text(args[0])}{_as_text(args[1])}"
        case "FIXED":
            return _fixed(*args)
        case "line_break":
            return "\n"
        case "ROUND":
            return np.round(*args)
        case "INDEX":
            return args[0][int(args[1]) - 1]
        case "MATCH":
            wanted = args[0].casefold() if isinstance(args[0], str) else args[0]
            keys = [k.casefold() if isinstance(k, str) else k for k in args[1]]
            return keys.index(wanted) + 1 if wanted in keys else math.nan
        case "COUNTIF":
            return sum(x == args[1] for x in args[0])
        case "RANK":
            return int(np.sum(np.asarray(args[1]) > args[0])) + 1
        case "COUNT":
            return sum(not isinstance(x, str) for x in args[0])
        case "PERCENTILE":
            return np.percentile(args[0], 100 * args[1])
        case "MAX" | "MIN" | "AVERAGE" if len(args) != 2:
            numbers = [x for x in (args[0] if len(args) == 1 else args) if not isinstance(x, str)]
            of: dict[str, Any] = {"MAX": np.max, "MIN": np.min, "AVERAGE": np.mean}
            return of[op](numbers) if numbers else 0
        case "AND" | "OR" if len(args) > 2:
            return (all if op == "AND" else any)(args)
        case "YEAR" | "MONTH" | "DAY":
            return getattr(DAY_0 + dt.timedelta(int(args[0])), op.lower())
        case "RIGHT":
            return _as_text(args[0])[-int(args[1]) :]
        case "MOD":
            return np.mod(*args)
        case "BETAINV":
            return special.betaincinv(*args)
        case "=" | "<>" if all(isinstance(x, str) for x in args):
            return (args[0].casefold() == args[1].casefold()) == (op == "=")
    return _OPERATIONS[op](*(np.float64(x) if type(x) in (int, float) else x for x in args))


def _fixed(value: float, decimals: int) -> str:
    """Rounded as spreadsheets do: half away from zero, after the multiplication."""
    decimals = int(decimals)
    whole = math.floor(abs(value) * 10.0**decimals + 0.5)
    return f"{Decimal(-whole if value < 0 else whole).scaleb(-decimals):,.{decimals}f}"


def _is_error(x: Any) -> bool:
    """A spreadsheet has no infinity: it is an error there."""
    return isinstance(x, float) and not math.isfinite(x)


def _as_text(x: Any) -> str:
    if isinstance(x, bool) or not isinstance(x, (str, int, float)):
        raise Untraceable("only text and numbers are joined: use FIXED for a number")
    return x if isinstance(x, str) else f"{x:.15g}"
