"""The one list of everything callable, and the checked call that every host uses.

``@formula`` checks names against the vocabulary at import and returns the function unchanged: Python users call plain
numpy. A host calls the ``Formula`` object, which reads and checks arguments, computes, and answers with errors per
element.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from types import FunctionType
from typing import Any, TypeVar, cast

import numpy as np

from xlllm.arguments import RECORDS, REQUIRED, Array, Parameter, read_argument
from xlllm.errors import DomainError, InputError, XlllmError
from xlllm.quantities import quantity
from xlllm.values import closed_bounds

VARIADIC = 0x04 | 0x08  # CPython's flags of functions with *args or **kwargs
CHUNK = 32_768  # rows that stay in cache together: see the benchmarks
TEXTS_REMEMBERED = 1024
_NUMBER = frozenset({float, int, np.float64, np.int64})
_WHOLE = frozenset({int, np.int64})
_NEVER: frozenset[type] = frozenset()

F = TypeVar("F", bound=Callable[..., Any])


FORMULAS: dict[str, Formula] = {}


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
    def worksheet_name(self) -> str:
        """What it is called in a cell."""
        return f"LLM_{self.name.upper()}"

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
        with np.errstate(all="ignore"):
            answer = np.asarray(self.fn(*map(_as_numpy, values)))
        if answer.ndim > len(shape):  # a series for each element
            return self._with_errors(answer, [e[..., None] for e in errors])
        return self._with_errors(np.broadcast_to(answer, shape), errors)

    def _in_chunks(self, args: tuple[Any, ...]) -> Array | None:
        """Many rows of plain numbers, checked and computed a cache-full at a time; None if that does not apply."""
        sizes = {x.shape for x in args if type(x) is np.ndarray and x.dtype == float and x.flags.c_contiguous}
        if len(sizes) != 1 or not self._number or math.prod(shape := sizes.pop()) <= CHUNK:
            return None
        rows: list[tuple[int, Array, float, float]] = []
        given = list(args)
        for i, ((low, high, types, default, _), x) in enumerate(zip(self._fast, args, strict=True)):
            if type(x) is np.ndarray and x.shape == shape and x.dtype == float and types is _NUMBER:
                rows.append((i, x.reshape(-1), low, high))
            elif not (type(x) in types and low <= x <= high) and x is not default:
                return None
        out = np.empty(math.prod(shape))
        with np.errstate(all="ignore"):
            for start in range(0, out.size, CHUNK):
                for i, column, low, high in rows:
                    given[i] = part = column[start : start + CHUNK]
                    if not _within(part, low, high):
                        return None
                answer = out[start : start + CHUNK]
                answer[...] = self.fn(*given)
                if not _within(answer, self._low, self._high):
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


def _within(x: Any, low: float, high: float) -> bool:
    """Whether all numbers lie within bounds; NaN does not."""
    return bool(low <= np.minimum.reduce(x) and np.maximum.reduce(x) <= high)
