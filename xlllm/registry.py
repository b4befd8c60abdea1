"""The one list of everything callable, and the checked call that every host uses.

``@formula`` checks names against the vocabulary at import and returns the function unchanged: Python users call plain
numpy. A host calls the ``Formula`` object, which reads and checks arguments, computes, and answers with errors per
element.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from xlllm.errors import DomainError, InputError, NotInCatalogError, XlllmError
from xlllm.quantities import Quantity, quantity
from xlllm.values import bounded, closed_bounds, propagate, read, shown

REQUIRED: Any = object()
VARIADIC = 0x04 | 0x08  # CPython's flags of functions with *args or **kwargs
CHUNK = 16_384  # rows that stay in cache together: see the benchmarks
TEXTS_REMEMBERED = 1024
_NUMBER = frozenset({float, int, np.float64, np.int64})
_WHOLE = frozenset({int, np.int64})
_NEVER: frozenset[type] = frozenset()

Array = NDArray[Any]
F = TypeVar("F", bound=Callable[..., Any])
R = TypeVar("R", bound=type)


class Record(NamedTuple):
    """An argument made of several quantities: given as a catalogue key, a named tuple, or a row of cells."""

    name: str
    type: type
    fields: tuple[Quantity, ...]
    required: int
    at_most: tuple[tuple[str, str], ...]
    """Pairs of fields of which the first may not exceed the second."""


class Parameter(NamedTuple):
    """One argument of a formula."""

    name: str
    quantity: Quantity | None
    record: Record | None
    default: Any
    """``REQUIRED`` if the argument must be given."""
    same_as: str
    """The argument whose value this one takes if it is omitted."""

    @property
    def required(self) -> bool:
        return self.default is REQUIRED


RECORDS: dict[str, Record] = {}
FORMULAS: dict[str, Formula] = {}


def _no_catalogue(kind: str, key: str) -> Any:
    raise InputError(f"no catalogue is loaded to look up {kind} {shown(key)}")


class Resolver:
    """How a record's key becomes the record. The package's front door plugs the catalogue in here."""

    find: Callable[[str, str], Any] = staticmethod(_no_catalogue)


def record(name: str, *, at_most: tuple[tuple[str, str], ...] = ()) -> Callable[[R], R]:
    """Register a named tuple of quantities as the argument ``name``."""

    def register(cls: R) -> R:
        fields: tuple[str, ...] = cls._fields  # type: ignore[attr-defined]
        required = len(fields) - len(cls._field_defaults)  # type: ignore[attr-defined]
        RECORDS[name] = Record(name, cls, tuple(quantity(f) for f in fields), required, at_most)
        return cls

    return register


def formula(
    *,
    returns: str,
    kind: str = "C",
    cites: tuple[str, ...] = (),
    label: str = "",
    undefined: str = "",
    same_as: dict[str, str] | None = None,
) -> Callable[[F], F]:
    """Register a function under its own name and return it unchanged.

    Parameters
    ----------
    returns
        The quantity of the answer.
    kind
        C closed form (has a native worksheet formula), S solver, table or order statistic, L look-up.
    cites
        Keys of ``references.toml``.
    label
        What a row of it is called where the quantity's own label would not do ("Compute-optimal parameters").
    undefined
        What to tell the user when the function answers NaN: why there is no answer, and the way out.
    same_as
        Optional arguments that take another argument's value: ``{"serve_usd_per_flop": "usd_per_flop"}``.

    Raises
    ------
    KeyError
        If an argument or the result is not in the vocabulary (at import).
    """

    def register(fn: F) -> F:
        name = fn.__name__
        if name in FORMULAS:
            raise ValueError(f"{name} is registered already")
        FORMULAS[name] = Formula(fn, returns, kind, cites, label, undefined, same_as or {})
        return fn

    return register


class Formula:
    """A registered function with what a host needs to know of it."""

    def __init__(
        self,
        fn: Callable[..., Any],
        returns: str,
        kind: str,
        cites: tuple[str, ...],
        label: str,
        undefined: str,
        same_as: dict[str, str],
    ) -> None:
        self.fn, self.name, self.kind, self.cites, self.undefined = fn, fn.__name__, kind, cites, undefined
        self.returns = quantity(returns)
        self.own_label = label
        self.parameters = _parameters(fn, same_as)
        self.required = sum(p.required for p in self.parameters)
        self._position = {p.name: i for i, p in enumerate(self.parameters)}
        self._defaults = tuple(p.default for p in self.parameters)
        self._fast = tuple(_fast(p) for p in self.parameters)
        self._low, self._high = closed_bounds(self.returns)
        self._number = self.returns.numeric

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
            elif p.record:
                yield f"[{p.name}]"
            else:
                text = f'"{p.default}"' if isinstance(p.default, str) else str(p.default)
                yield f"[{p.name}={text.upper() if isinstance(p.default, bool) else text}]"

    @property
    def title(self) -> str:
        """First line of the docstring."""
        return (self.fn.__doc__ or "").strip().splitlines()[0].rstrip(".")

    def __call__(self, *args: Any, **named: Any) -> Any:
        """The checked call.

        A single answer is a float, bool or str, and a bad argument raises. If any argument is an array, so is the
        answer, in the broadcast shape; where elements fail it is an object array holding the errors themselves.
        """
        if named or len(args) != len(self._fast):
            args = self._bind(args, named)
        for (low, high, types, default, _), x in zip(self._fast, args, strict=True):
            if not (type(x) in types and low <= x <= high) and x is not default:
                if type(x) is not str or (read_args := self._texts_read(args)) is None:
                    return self._read_then_call(args)
                args = read_args
                break
        try:
            answer = self.fn(*args)
        except ArithmeticError:  # Python raises where numpy answers inf or NaN
            answer = self._in_numpy(args)
        if type(answer) is float and self._low <= answer <= self._high:
            return answer
        return self._checked(answer)

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
                    column = _read_argument(p, x)
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

    # -- anything that is not a plain number within its bounds -------------------------------------------------------
    def _read_then_call(self, args: tuple[Any, ...]) -> Any:
        columns = [_read_argument(p, x) for p, x in zip(self.parameters, args, strict=True)]
        try:
            shape = np.broadcast_shapes(*(c.shape for c in columns))
        except ValueError:
            sizes = ", ".join(
                f"{p.name} {_size(c.shape)}" for p, c in zip(self.parameters, columns, strict=True) if c.shape
            )
            raise InputError(
                f"{self.name}: sizes do not match: {sizes}. Use one value, or ranges of the same size"
            ) from None
        errors = [c.errors for c in columns if c.errors is not None]
        values = [c.value for c in columns]
        if shape == ():
            if errors:
                raise cast(XlllmError, errors[0][()])
            return self._checked(self._in_numpy(values))
        if self.kind == "L":
            return self._element_by_element(values, shape, errors)
        if not errors and self._number and (answer := self._in_chunks(values, shape)) is not None:
            return answer
        with np.errstate(all="ignore"):
            answer = np.asarray(self.fn(*map(_as_numpy, values)))
        if answer.ndim > len(shape):  # a series for each element
            return self._with_errors(answer, [e[..., None] for e in errors])
        return self._with_errors(np.broadcast_to(answer, shape), errors)

    def _in_chunks(self, values: list[Any], shape: tuple[int, ...]) -> Any:
        """Plain arrays of one shape, a cache-full at a time; None if that does not apply or an answer is no number."""
        arrays = [isinstance(v, np.ndarray) and v.ndim > 0 for v in values]
        series = any(p.quantity and p.quantity.kind == "series" for p in self.parameters)
        size = math.prod(shape)
        if (
            series
            or size <= CHUNK
            or any(
                (is_array and (v.shape != shape or not v.flags.c_contiguous))
                or (isinstance(v, tuple) and _is_column(v))
                for v, is_array in zip(values, arrays, strict=True)
            )
        ):
            return None
        flat = [v.reshape(-1) if is_array else v for v, is_array in zip(values, arrays, strict=True)]
        out = np.empty(size)
        with np.errstate(all="ignore"):
            for start in range(0, size, CHUNK):
                stop = start + CHUNK
                part = out[start:stop]
                part[...] = self.fn(*(v[start:stop] if a else v for v, a in zip(flat, arrays, strict=True)))
                if not (self._low <= part.min() and part.max() <= self._high):
                    return None
        return out.reshape(shape)

    def _checked(self, answer: Any) -> Any:
        """One answer as float, bool or str; raises if it is no number."""
        if isinstance(answer, (np.ndarray, np.generic)):
            if np.ndim(answer):  # a series in, a series out
                return self._with_errors(np.asarray(answer), [])
            answer = answer.item()
        if not self._number:
            return bool(answer) if self.returns.kind == "flag" else answer
        if isinstance(answer, complex):  # a negative number to a broken power
            answer = math.nan
        failure = self._failure(float(answer))
        if failure:
            raise failure
        return float(answer)

    def _failure(self, answer: float) -> XlllmError | None:
        if self._low <= answer <= self._high:
            return None
        if math.isnan(answer):
            return DomainError(f"{self.name} has no answer here: {self.undefined or 'the numbers leave its domain'}")
        if math.isinf(answer):
            return DomainError(f"{self.name} is too large for a spreadsheet number: check the units of its arguments")
        low, high, unit = self.returns.low, self.returns.high, self.returns.unit
        bounds = f"outside {low:g} to {high:g} {unit}"
        return DomainError(f"{self.name} gives {answer:.6g}, {bounds}: check the units of its arguments")

    def _with_errors(self, answer: Array, errors: list[Array]) -> Array:
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
        mixed = answer.astype(object)
        for at in np.argwhere(~np.broadcast_to(good, mixed.shape)):
            mixed[tuple(at)] = self._failure(float(answer[tuple(at)]))
        for column in reversed(errors):  # the first argument's error wins
            column = np.broadcast_to(column, mixed.shape)
            mixed = np.where(column != None, column, mixed)  # noqa: E711 (elementwise)
        return mixed

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


class _Column(NamedTuple):
    """An argument that has been read: its value, the shape it broadcasts with, and the errors of its elements."""

    value: Any
    shape: tuple[int, ...]
    errors: Array | None


def _parameters(fn: Callable[..., Any], same_as: dict[str, str]) -> tuple[Parameter, ...]:
    """The arguments of a function: positional, without stars. (Its code says so faster than ``inspect``.)"""
    code = fn.__code__
    if code.co_flags & VARIADIC or code.co_kwonlyargcount:
        raise TypeError(f"{fn.__name__}: arguments are positional")
    names = code.co_varnames[: code.co_argcount]
    defaults = fn.__defaults__ or ()
    padded = (REQUIRED,) * (len(names) - len(defaults)) + defaults
    return tuple(_parameter(n, d, same_as.get(n, "")) for n, d in zip(names, padded, strict=True))


def _parameter(name: str, default: Any, same_as: str) -> Parameter:
    rec = RECORDS.get(name)
    return Parameter(name, None if rec else quantity(name), rec, default, same_as)


def _fast(p: Parameter) -> tuple[float, float, frozenset[type], Any, dict[str, Any]]:
    """What the quick check of a scalar needs: bounds, types, default, and the texts read so far."""
    if p.quantity is None or p.quantity.kind not in ("real", "whole"):
        return 0, 0, _NEVER, p.default, {}
    low, high = closed_bounds(p.quantity)
    return low, high, _WHOLE if p.quantity.kind == "whole" else _NUMBER, p.default, {}


def _size(shape: tuple[int, ...]) -> str:
    return f"{shape[0]} values" if len(shape) == 1 else "×".join(map(str, shape))


def _as_numpy(x: Any) -> Any:
    if isinstance(x, tuple):
        return x._make(map(_as_numpy, x))  # type: ignore[attr-defined]
    return np.float64(x) if type(x) in _NUMBER else x


def _is_column(rec: tuple[Any, ...]) -> bool:
    return any(np.ndim(x) for x in rec)


def _read_argument(p: Parameter, value: Any) -> _Column:
    if value is p.default:
        return _Column(value, (), None)
    if p.record:
        return _read_record(p.record, value)
    assert p.quantity
    if p.quantity.kind == "series":
        return _read_series(p.quantity, value)
    if not isinstance(value, (np.ndarray, list, tuple)):
        try:
            return _Column(read(p.quantity, value), (), None)
        except XlllmError as error:
            return _Column(math.nan, (), _alone(error))
    return _read_array(p.quantity, as_array(p.name, value))


def _alone(error: XlllmError) -> Array:
    column = np.empty((), dtype=object)
    column[()] = error
    return column


def as_array(name: str, value: Any) -> Array:
    """``value`` as an array of numbers if it is one, else of objects. InputError if it is empty or ragged."""
    try:
        array = np.asarray(value)
    except ValueError:
        raise InputError(f"{name}: the rows of the range differ in length") from None
    if array.dtype.kind in "USOMmcb" or (not isinstance(value, np.ndarray) and _holds_bool(value)):
        array = np.asarray(value, dtype=object)  # numpy would take TRUE among numbers for 1
    if array.size == 0:
        raise InputError(f"{name}: the range is empty")
    return array


def _holds_bool(value: Any) -> bool:
    return isinstance(value, (bool, np.bool_)) or (isinstance(value, (list, tuple)) and any(map(_holds_bool, value)))


def _read_array(q: Quantity, array: Array) -> _Column:
    if array.dtype != object and q.numeric:
        values = np.asarray(array, dtype=float)
        low, high = closed_bounds(q)
        if low <= values.min() and values.max() <= high and (q.kind != "whole" or (values == np.floor(values)).all()):
            return _Column(values, values.shape, None)
    values = np.empty(array.shape, dtype=float if q.numeric else bool if q.kind == "flag" else object)
    errors = np.empty(array.shape, dtype=object)
    for at in np.ndindex(array.shape):
        try:
            values[at] = read(q, array[at])
        except XlllmError as error:
            errors[at] = error
            values[at] = math.nan if q.numeric else False if q.kind == "flag" else ""
    bad = errors != None  # noqa: E711 (elementwise)
    return _Column(values if values.shape else values[()], array.shape, errors if bad.any() else None)


def _read_series(q: Quantity, value: Any) -> _Column:
    """The last axis is the series; the axes before it are elements."""
    array = as_array(q.name, value)
    if array.ndim == 0:
        array = array.reshape(1)
    column = _read_array(q, array)
    if column.errors is None:
        return _Column(column.value, array.shape[:-1], None)
    firsts = np.empty(array.shape[:-1], dtype=object)
    for at in np.ndindex(firsts.shape):
        firsts[at] = next((e for e in column.errors[at] if e is not None), None)
    return _Column(column.value, array.shape[:-1], firsts)


def _read_record(rec: Record, value: Any) -> _Column:
    if isinstance(value, str) or value is None or not isinstance(value, (np.ndarray, list, tuple)):
        try:
            return _Column(_record_of_key(rec, value), (), None)
        except XlllmError as error:
            return _Column(_no_record(rec), (), _alone(error))
    if isinstance(value, rec.type) and not any(np.ndim(x) for x in value):
        return _one_record(rec, list(value))
    if isinstance(value, rec.type):
        return _Column(value, np.broadcast_shapes(*(np.shape(x) for x in value)), None)
    array = as_array(rec.name, value)
    array = array.astype(object)
    if array.ndim == 0:
        return _read_record(rec, array.item())
    rows = array.reshape(-1, array.shape[-1])
    if array.ndim == 1:
        return _read_record(rec, array[0]) if len(array) == 1 else _one_record(rec, list(array))
    columns = [_read_record(rec, row[0]) if len(row) == 1 else _one_record(rec, list(row)) for row in rows]
    errors = np.empty((len(columns), 1), dtype=object)
    errors[:, 0] = [None if c.errors is None else c.errors[()] for c in columns]
    stacked = rec.type(*(np.array(f).reshape(-1, 1) for f in zip(*(c.value for c in columns), strict=True)))
    bad = any(c.errors is not None for c in columns)
    return _Column(stacked, (len(columns), 1), errors if bad else None)


def _no_record(rec: Record) -> Any:
    """What stands in for a record that could not be read: it computes to NaN and its error is shown instead."""
    return rec.type(*[math.nan] * len(rec.fields))


def _record_of_key(rec: Record, key: Any) -> Any:
    fields = ", ".join(q.name for q in rec.fields[: rec.required])
    if isinstance(key, XlllmError):
        raise key
    if not isinstance(key, str) or not key.strip():
        got = "a blank" if key is None or isinstance(key, str) else shown(key)
        raise InputError(f"{rec.name} must be a catalogue key in quotes, or the cells {fields}: got {got}")
    propagate(rec.name, key)
    try:
        return _completed(Resolver.find(rec.name, key))
    except NotInCatalogError as error:
        raise NotInCatalogError(f"{rec.name}: {error.message}") from None


def _completed(value: Any) -> Any:
    """A record with the fields that follow from others."""
    return value.completed() if hasattr(value, "completed") else value


def _one_record(rec: Record, cells: list[Any]) -> _Column:
    names = [q.name for q in rec.fields]
    while cells and len(cells) > rec.required and (cells[-1] is None or cells[-1] == ""):
        cells.pop()
    try:
        if not rec.required <= len(cells) <= len(names):
            wanted = f"{rec.required} to {len(names)}" if rec.required < len(names) else f"{rec.required}"
            raise InputError(f"{rec.name} takes {wanted} cells ({', '.join(names)}): got {len(cells)}")
        values = dict(rec.type._field_defaults)  # type: ignore[attr-defined]
        for q, cell in zip(rec.fields, cells, strict=False):
            if q.name in values and (cell is None or cell == ""):
                continue
            values[q.name] = read(q, cell, f"{rec.name}.{q.name}")
        for small, large in rec.at_most:
            if values[small] > values[large]:
                raise DomainError(
                    f"{rec.name}.{small} may not exceed {large}: got {values[small]:g} and {values[large]:g}"
                )
        return _Column(_completed(rec.type(**values)), (), None)
    except XlllmError as error:
        return _Column(_no_record(rec), (), _alone(error))


def validated(q: Quantity, value: Any, name: str = "") -> Any:
    """One value of a plan's input, read and bounded as any host would."""
    answer = read(q, value, name)
    return bounded(q, answer, name) if q.numeric else answer
