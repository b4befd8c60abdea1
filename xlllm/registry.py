"""The one list of everything callable, and the checked call that every host uses.

``@formula`` checks names against the vocabulary at import and returns the function unchanged: Python users call plain
numpy. A host calls the ``Formula`` object, which reads and checks arguments, computes, and answers with errors per
element.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from inspect import cleandoc
from types import FunctionType, ModuleType
from typing import Any, TypeVar, cast

import numpy as np

from xlllm.arguments import RECORDS, REQUIRED, Array, Parameter, read_argument
from xlllm.errors import DomainError, InputError, XlllmError
from xlllm.quantities import Quantity, quantity
from xlllm.values import closed_bounds, typed

VARIADIC = 0x04 | 0x08  # CPython's flags of functions with *args or **kwargs
CHUNK = 32_768  # rows that stay in cache together: see the benchmarks
TEXTS_REMEMBERED = 1024
_NUMBER = frozenset({float, int, np.float64, np.int64})
_WHOLE = frozenset({int, np.int64})
_NEVER: frozenset[type] = frozenset()

F = TypeVar("F", bound=Callable[..., Any])


FORMULAS: dict[str, Formula] = {}
PREFIXES = ("llm_", "llm.", "_xldudf_llm_")
"""How hosts begin the worksheet names: Excel, LibreOffice, Office.js."""


def bare_name(name: str) -> str:
    """A function's name without what a host puts before it."""
    plain = name.strip().lower()
    return next((plain.removeprefix(p) for p in PREFIXES if plain.startswith(p)), plain)


def formula(
    *,
    returns: str | tuple[str, ...],
    kind: str = "C",
    cites: tuple[str, ...] = (),
    label: str = "",
    undefined: str | Callable[..., str] = "",
    same_as: dict[str, str] | None = None,
    series: tuple[str, ...] = (),
    table: bool = False,
    fitted: dict[str, tuple[float, float]] | None = None,
) -> Callable[[F], F]:
    """Register a function under its own name and return it unchanged.

    Parameters
    ----------
    returns
        The quantity of the answer; several if it spills: the function then returns a tuple of columns.
    kind
        C closed form (has a native worksheet formula), S solver, table or order statistic, L look-up.
    cites
        Keys of ``references.toml``.
    label
        What a row of it is called where the quantity's own label would not do ("Compute-optimal parameters").
    undefined
        What to tell the user when the function answers NaN: why there is no answer, and the way out. Where there are
        several reasons, a function of the same arguments that says which.
    same_as
        Optional arguments that take another argument's value: ``{"serve_usd_per_flop": "usd_per_flop"}``.
    series
        Arguments that are series here although their quantity is a single value elsewhere.
    table
        The answer is a table of many rows; otherwise several results are one row.
    fitted
        Ranges of arguments, or of the answer under its quantity's name, that the constants of the function were fitted
        to. Outside of them the answer still comes, with a warning. (Ranges of a law stand with the law.)

    Raises
    ------
    KeyError
        If an argument or the result is not in the vocabulary (at import).
    """

    def register(fn: F) -> F:
        name = fn.__name__
        if name in FORMULAS:
            raise ValueError(f"{name} is registered already")
        results = (returns,) if isinstance(returns, str) else returns
        FORMULAS[name] = Formula(
            fn, results, kind, cites, label, undefined, same_as or {}, series=series, table=table, fitted=fitted or {}
        )
        return fn

    return register


class Formula:
    """A registered function with what a host needs to know of it."""

    def __init__(
        self,
        fn: Callable[..., Any],
        returns: tuple[str, ...],
        kind: str,
        cites: tuple[str, ...],
        label: str,
        undefined: str | Callable[..., str],
        same_as: dict[str, str],
        *,
        series: tuple[str, ...] = (),
        table: bool = False,
        fitted: dict[str, tuple[float, float]] | None = None,
    ) -> None:
        self.fn, self.name, self.kind, self.cites, self.undefined = fn, fn.__name__, kind, cites, undefined
        self.results = tuple(map(quantity, returns))
        self.returns = self.results[0]
        self.table, self.spills = table, table or len(returns) > 1
        self.fitted = fitted or {}
        self.own_label = label
        self.parameters = _parameters(fn, same_as, series)
        self.required = sum(p.required for p in self.parameters)
        self._position = {p.name: i for i, p in enumerate(self.parameters)}
        self._defaults = tuple(p.default for p in self.parameters)
        self._fast = tuple(_fast(p) for p in self.parameters)
        self._low, self._high = closed_bounds(self.returns)
        self._number = self.returns.numeric and not self.spills
        self._in_numbers: bool | None = None
        """Whether it computes a single answer in Python's own numbers, without numpy and its warnings."""

    def __repr__(self) -> str:
        return f"<Formula {self.signature()}>"

    def signature(self) -> str:
        """As in the function table: optional arguments in brackets with their defaults."""
        return f"{self.name}({', '.join(self._spelled())})"

    def _spelled(self) -> Iterator[str]:
        for p in self.parameters:
            if p.required:
                yield p.name
            elif p.same_as:
                yield f"[{p.name}={p.same_as}]"
            elif p.record or p.default is None:
                yield f"[{p.name}]"
            else:
                yield f"[{p.name}={typed(p.default)}]"

    @property
    def worksheet_name(self) -> str:
        """What it is called in a cell."""
        return f"LLM_{self.name.upper()}"

    @property
    def title(self) -> str:
        """First line of the docstring."""
        return _plain_text((self.fn.__doc__ or "").strip().splitlines()[0].rstrip("."))

    @property
    def notes(self) -> str:
        """The docstring's Notes as one paragraph of plain text."""
        return _plain_text(self._section("Notes"))

    @property
    def examples(self) -> list[str]:
        """The calls of the docstring's Examples."""
        calls = re.findall(r"^>>> (.*(?:\n\.\.\. .*)*)", self._section("Examples"), re.MULTILINE)
        return [call.replace("\n... ", " ") for call in calls]

    def _section(self, name: str) -> str:
        """A section of the docstring, without its heading."""
        text = cleandoc(self.fn.__doc__ or "")
        _, heading, rest = text.partition(f"\n{name}\n{'-' * len(name)}\n")
        return re.split(r"\n\n\w+\n-+\n", rest)[0].strip() if heading else ""

    def __call__(self, *args: Any, **named: Any) -> Any:
        """The checked call.

        A single answer is a float, bool or str, and a bad argument raises. If any argument is an array, so is the
        answer, in the broadcast shape; where elements fail it is an object array holding the errors themselves.
        A function of several results answers with a row of them for each element, or with a table.
        """
        if named or len(args) != len(self._fast):
            args = self._bind(args, named)
        for (low, high, types, default, _), x in zip(self._fast, args, strict=True):
            if not (type(x) in types and low <= x <= high) and x is not default:
                if type(x) is not str or (read_args := self._texts_read(args)) is None:
                    return self._read_then_call(args)
                args = read_args
                break
        if self._in_numbers is None:  # only now is every function known that it may call
            self._in_numbers = not _uses_numpy(self.fn)
        try:
            if self._in_numbers:
                answer = self.fn(*args)
            else:
                with np.errstate(all="ignore"):
                    answer = self.fn(*args)
        except ArithmeticError:  # Python raises where numpy answers inf or NaN
            answer = self._in_numpy(args)
        if type(answer) is float and self._low <= answer <= self._high:
            return answer
        return self._checked(answer, args)

    def bound(self, args: Sequence[Any]) -> tuple[Any, ...]:
        """All arguments of a call by position, those left out at their defaults."""
        return self._bind(args, {})

    def _bind(self, args: Sequence[Any], named: dict[str, Any]) -> tuple[Any, ...]:
        if len(args) > len(self.parameters):
            raise InputError(f"{self.name} takes {len(self.parameters)} arguments, got {len(args)}: {self.signature()}")
        bound = [*args, *self._defaults[len(args) :]]
        for name, value in named.items():
            position = self._position.get(name)
            if position is None:
                raise InputError(f"{self.name} has no argument {name!r}: {self.signature()}")
            if position < len(args):
                raise InputError(f"{self.name} got {name} twice: {self.signature()}")
            bound[position] = value
        missing = [p.name for p, x in zip(self.parameters, bound, strict=True) if x is REQUIRED]
        if missing:
            raise InputError(f"{self.name} needs {', '.join(missing)}: {self.signature()}")
        return tuple(bound)

    def _in_numpy(self, args: Sequence[Any]) -> Any:
        """The function on numpy numbers, which answer inf or NaN where Python would raise or turn complex."""
        with np.errstate(all="ignore"):
            return self.fn(*map(_as_numpy, args))

    def _texts_read(self, args: Sequence[Any]) -> tuple[Any, ...] | None:
        """The arguments with "70B" or a law's key replaced by what they mean; None if anything needs a closer look."""
        values = []
        for p, (low, high, types, default, texts), x in zip(self.parameters, self._fast, args, strict=True):
            if type(x) is str and x is not default:
                if x not in texts:
                    column = read_argument(p, x)
                    if column.errors is not None:
                        return None
                    if len(texts) >= TEXTS_REMEMBERED:
                        texts.clear()
                    texts[x] = column.value
                x = texts[x]
            elif not (type(x) in types and low <= x <= high) and x is not default:
                return None
            values.append(x)
        return tuple(values)

    def calling(self, replaced: Callable[[Formula], Callable[..., Any]]) -> Callable[..., Any]:
        """The function with every formula that it calls by name replaced."""
        fn = self.fn
        called = [f for n in fn.__code__.co_names if (f := FORMULAS.get(n)) and f.fn is fn.__globals__.get(n)]
        scope = {**fn.__globals__, **{f.name: replaced(f) for f in called}}
        return FunctionType(fn.__code__, scope, fn.__name__, fn.__defaults__, fn.__closure__)

    # -- anything that is not a plain number within its bounds -------------------------------------------------------
    def _read_then_call(self, args: tuple[Any, ...]) -> Any:
        if (answer := self._in_chunks(args)) is not None:
            return answer
        columns = [read_argument(p, x) for p, x in zip(self.parameters, args, strict=True)]
        try:
            shape = np.broadcast_shapes(*(c.shape for c in columns))
        except ValueError:
            sizes = ", ".join(
                f"{p.name} {_size(c.shape)}"
                for p, c in zip(self.parameters, columns, strict=True)
                if math.prod(c.shape) != 1
            )
            raise InputError(
                f"{self.name}: sizes do not match: {sizes}. Use one value, or ranges of the same size"
            ) from None
        lengths = {p.name: np.shape(c.value)[-1:] for p, c in zip(self.parameters, columns, strict=True) if p.series}
        if len(set(lengths.values())) > 1:
            sizes = ", ".join(f"{name} {_size(length)}" for name, length in lengths.items())
            raise InputError(f"{self.name}: sizes do not match: {sizes}. Give as many values in each")
        errors = [c.errors for c in columns if c.errors is not None]
        values = [c.value for c in columns]
        if shape == ():
            if errors:
                raise cast(XlllmError, errors[0][()])
            return self._checked(self._in_numpy(values), values)
        if self.table:
            raise InputError(f"{self.name} answers with a table: give it one value for each argument, not a range")
        if self.kind == "L":
            return self._element_by_element(values, shape, errors)
        found = self._in_numpy(values)
        if self.spills:
            return self._rows(found, shape, errors, values)
        answer = np.asarray(found)
        if answer.ndim > len(shape):  # a series for each element
            return self._with_errors(answer, [e[..., None] for e in errors], values)
        return self._with_errors(np.broadcast_to(answer, shape), errors, values)

    def _in_chunks(self, args: tuple[Any, ...]) -> Array | None:
        """Many rows of plain numbers, checked and computed a cache-full at a time; None if that does not apply."""
        sizes = {x.shape for x in args if type(x) is np.ndarray and x.dtype == float and x.flags.c_contiguous}
        if len(sizes) != 1 or not self._number or math.prod(shape := sizes.pop()) <= CHUNK:
            return None
        rows: list[tuple[int, Array, float, float, bool]] = []
        given = list(args)
        for i, ((low, high, types, default, _), x) in enumerate(zip(self._fast, args, strict=True)):
            if type(x) is np.ndarray and x.shape == shape and x.dtype == float and types is not _NEVER:
                rows.append((i, x.reshape(-1), low, high, types is _WHOLE))
            elif (type(x) in types and low <= x <= high) or x is default:
                continue
            elif isinstance(x, np.ndarray):
                return None
            else:  # an option, a flag, a law: read once
                alone = read_argument(self.parameters[i], x)
                if alone.errors is not None or alone.shape:
                    return None
                given[i] = alone.value
        out = np.empty(math.prod(shape))
        with np.errstate(all="ignore"):
            for start in range(0, out.size, CHUNK):
                for i, column, low, high, whole in rows:
                    given[i] = part = column[start : start + CHUNK]
                    if not _within(part, low, high) or (whole and (part != np.floor(part)).any()):
                        return None
                answer = out[start : start + CHUNK]
                answer[...] = self.fn(*given)
                if not _within(answer, self._low, self._high):
                    return None
        return out.reshape(shape)

    def _checked(self, answer: Any, args: Sequence[Any]) -> Any:
        """One answer as float, bool or str; raises if it is no number."""
        if self.table:
            return _side_by_side(self.results, map(np.asarray, answer))
        if self.spills:
            row = self._rows(answer, (), [], args)
            if row.dtype == object and isinstance(failure := row[0], XlllmError):
                raise failure
            return row
        if isinstance(answer, (np.ndarray, np.generic)):
            if np.ndim(answer):  # a series in, a series out
                return self._with_errors(np.asarray(answer), [], args)
            answer = answer.item()
        if not self._number:
            return bool(answer) if self.returns.kind == "flag" else answer
        if isinstance(answer, complex):  # a negative number to a broken power
            answer = math.nan
        if failure := self._failure(float(answer), args, ()):
            raise failure
        return float(answer)

    def _failure(
        self, answer: float, args: Sequence[Any], at: tuple[int, ...], quantity: Quantity | None = None
    ) -> XlllmError | None:
        """What is wrong with the answer of one element, if anything is; with a result of one element if it spills."""
        quantity = quantity or self.returns
        low, high = closed_bounds(quantity)
        if low <= answer <= high:
            return None
        if math.isnan(answer):
            return DomainError(f"{self.name} has no answer here: {self._reason(args, at)}")
        if math.isinf(answer):
            return DomainError(f"{self.name} is too large for a spreadsheet number: check the units of its arguments")
        bounds = f"outside {quantity.low:g} to {quantity.high:g} {quantity.unit}"
        what = f"{quantity.name} = " if self.spills else ""
        return DomainError(f"{self.name} gives {what}{answer:.6g}, {bounds}: check the units of its arguments")

    def _reason(self, args: Sequence[Any], at: tuple[int, ...]) -> str:
        """Why one element has no answer."""
        if callable(self.undefined):
            with np.errstate(all="ignore"):
                return self.undefined(*(_element(p, x, at) for p, x in zip(self.parameters, args, strict=True)))
        return self.undefined or "the numbers leave its domain"

    def _with_errors(self, answer: Array, errors: list[Array], args: Sequence[Any]) -> Array:
        """The answers, with the first error of each element in its place."""
        good: Any = True
        if self._number:
            answer = np.asarray(answer, dtype=float)
            with np.errstate(invalid="ignore"):
                good = (answer >= self._low) & (answer <= self._high)
            if not errors and good.all():
                return answer.copy() if not answer.flags.writeable else answer
        elif not errors:
            return answer.copy()
        failures = _first_of(errors, answer.shape)
        fine = failures == None  # noqa: E711 (elementwise)
        for at in map(tuple, np.argwhere(~np.broadcast_to(good, answer.shape) & fine)):
            failures[at] = self._failure(float(answer[at]), args, at)
        return np.where(failures == None, answer.astype(object), failures)  # noqa: E711 (elementwise)

    def _rows(
        self, results: tuple[Any, ...], shape: tuple[int, ...], errors: list[Array], args: Sequence[Any]
    ) -> Array:
        """A row of results for each element; where an element fails, its error in every cell of the row."""
        columns = [np.broadcast_to(np.asarray(x), shape) for x in results]
        rows = _side_by_side(self.results, columns)
        failures = _first_of(errors, shape)
        for q, column in zip(self.results, columns, strict=True):
            if q.numeric:
                low, high = closed_bounds(q)
                bad = ~((low <= column) & (column <= high)) & (failures == None)  # noqa: E711 (elementwise)
                for at in map(tuple, np.argwhere(bad)):
                    failures[at] = self._failure(float(column[at]), args, at, q)
        if (failed := failures != None).any():  # noqa: E711 (elementwise)
            rows = rows.astype(object)
            for at in map(tuple, np.argwhere(failed)):
                rows[at] = np.full(len(columns), failures[at], dtype=object)
        return rows[..., 0, :] if len(shape) > 1 and shape[-1] == 1 else rows

    def _element_by_element(self, values: list[Any], shape: tuple[int, ...], errors: list[Array]) -> Array:
        columns = [np.broadcast_to(np.asarray(v, dtype=object), shape) for v in values]
        answer = np.empty(shape, dtype=object)
        for at in np.ndindex(shape):
            failed = [e for column in errors if (e := np.broadcast_to(column, shape)[at]) is not None]
            try:
                answer[at] = failed[0] if failed else self.fn(*(c[at] for c in columns))
            except XlllmError as error:
                answer[at] = error
        return answer


def _uses_numpy(fn: Callable[..., Any]) -> bool:
    """Whether a function, or one that it calls, uses numpy or a module that does."""
    known: list[Any] = [fn]
    for each in known:  # which grows on the way
        names = [each.__globals__.get(name) for name in each.__code__.co_names]
        if any(isinstance(x, ModuleType) for x in names):
            return True
        known += [f for f in dict.fromkeys(filter(_is_function, names)) if f not in known]
    return False


def _is_function(x: Any) -> bool:
    return isinstance(x, FunctionType)


def _side_by_side(results: Sequence[Quantity], columns: Iterable[Array]) -> Array:
    """The results along a new last axis: of floats, unless there is a text among them."""
    types = [float if q.numeric else object for q in results]
    return np.stack([c.astype(t) for c, t in zip(columns, types, strict=True)], axis=-1)


def _plain_text(text: str) -> str:
    """A docstring's text without its mark-up, as one paragraph."""
    return re.sub(r":func:`(\w+)`|``([^`]+)``", r"\1\2", " ".join(text.split()))


def _first_of(errors: list[Array], shape: tuple[int, ...]) -> Array:
    """For each element the first argument's error, or None."""
    first = np.empty(shape, dtype=object)
    for column in reversed(errors):
        column = np.broadcast_to(column, shape)
        first = np.where(column != None, column, first)  # noqa: E711 (elementwise)
    return first


def _element(p: Parameter, value: Any, at: tuple[int, ...]) -> Any:
    """One element of an argument that has been read, where ``at`` counts in the shape of the answer."""
    if p.record and value is not None:
        return value._make(_element(p._replace(record=None), x, at) for x in value)
    array = np.asarray(value)
    axes = array.ndim - p.series
    if axes <= 0:
        return value
    own = array.shape[:axes]
    return array[tuple(0 if n == 1 else i for n, i in zip(own, at[len(at) - axes :], strict=True))]


def _parameters(fn: Callable[..., Any], same_as: dict[str, str], series: tuple[str, ...]) -> tuple[Parameter, ...]:
    """The arguments of a function: positional, without stars. (Its code says so faster than ``inspect``.)"""
    code = fn.__code__
    if code.co_flags & VARIADIC or code.co_kwonlyargcount:
        raise TypeError(f"{fn.__name__}: arguments are positional")
    names = code.co_varnames[: code.co_argcount]
    defaults = fn.__defaults__ or ()
    padded = (REQUIRED,) * (len(names) - len(defaults)) + defaults
    return tuple(_parameter(n, d, same_as.get(n, ""), n in series) for n, d in zip(names, padded, strict=True))


def _parameter(name: str, default: Any, same_as: str, series: bool) -> Parameter:
    if rec := RECORDS.get(name):
        return Parameter(name, None, rec, default, same_as)
    q = quantity(name)
    return Parameter(name, q, None, default, same_as, series or q.kind == "series")


def _fast(p: Parameter) -> tuple[float, float, frozenset[type], Any, dict[str, Any]]:
    """What the quick check of a scalar needs: bounds, types, default, and the texts read so far."""
    if p.quantity is None or p.series or p.quantity.kind not in ("real", "whole"):
        return 0, 0, _NEVER, p.default, {}
    low, high = closed_bounds(p.quantity)
    return low, high, _WHOLE if p.quantity.kind == "whole" else _NUMBER, p.default, {}


def _size(shape: tuple[int, ...]) -> str:
    return f"{shape[0]} values" if len(shape) == 1 else "×".join(map(str, shape))


def _as_numpy(x: Any) -> Any:
    if isinstance(x, tuple):
        return x._make(map(_as_numpy, x))  # type: ignore[attr-defined]
    return np.float64(x) if type(x) in _NUMBER else x


def _within(x: Any, low: float, high: float) -> bool:
    """Whether all numbers lie within bounds; NaN does not."""
    return bool(low <= np.minimum.reduce(x) and np.maximum.reduce(x) <= high)
