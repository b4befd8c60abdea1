"""Reading the arguments of a formula: single values, columns and grids, series, records.

What cannot be read stays with its element: one bad row of 100,000 gives one error.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from xlllm.errors import DomainError, InputError, NotInCatalogError, XlllmError
from xlllm.quantities import Quantity, quantity
from xlllm.values import closed_bounds, propagate, read, shown

REQUIRED: Any = object()
Array = NDArray[Any]
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
    series: bool = False
    """It takes one row or column of values (in Python the last axis) that belong together."""

    @property
    def required(self) -> bool:
        return self.default is REQUIRED


RECORDS: dict[str, Record] = {}


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


class Column(NamedTuple):
    """An argument that has been read: its value, the shape it broadcasts with, and the errors of its elements."""

    value: Any
    shape: tuple[int, ...]
    errors: Array | None


def read_argument(p: Parameter, value: Any) -> Column:
    if value is p.default:
        return Column(value, (), None)
    if p.record:
        return _read_record(p.record, value)
    assert p.quantity
    if p.series:
        return _read_series(p.quantity, value)
    if not isinstance(value, (np.ndarray, list, tuple)):
        try:
            return Column(read(p.quantity, value), (), None)
        except XlllmError as error:
            return Column(math.nan, (), _alone(error))
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


def _read_array(q: Quantity, array: Array) -> Column:
    if array.dtype != object and q.numeric:
        values = np.asarray(array, dtype=float)
        low, high = closed_bounds(q)
        if low <= values.min() and values.max() <= high and (q.kind != "whole" or (values == np.floor(values)).all()):
            return Column(values, values.shape, None)
    values = np.empty(array.shape, dtype=float if q.numeric else bool if q.kind == "flag" else object)
    errors = np.empty(array.shape, dtype=object)
    for at in np.ndindex(array.shape):
        try:
            values[at] = read(q, array[at])
        except XlllmError as error:
            errors[at] = error
            values[at] = math.nan if q.numeric else False if q.kind == "flag" else ""
    bad = errors != None  # noqa: E711 (elementwise)
    return Column(values if values.shape else values[()], array.shape, errors if bad.any() else None)


def _read_series(q: Quantity, value: Any) -> Column:
    """The last axis is the series; the axes before it are elements."""
    array = as_array(q.name, value)
    if array.ndim == 0:
        array = array.reshape(1)
    column = _read_array(q, array)
    if column.errors is None:
        return Column(column.value, array.shape[:-1], None)
    firsts = np.empty(array.shape[:-1], dtype=object)
    for at in np.ndindex(firsts.shape):
        firsts[at] = next((e for e in column.errors[at] if e is not None), None)
    return Column(column.value, array.shape[:-1], firsts)


def _read_record(rec: Record, value: Any) -> Column:
    if isinstance(value, str) or value is None or not isinstance(value, (np.ndarray, list, tuple)):
        try:
            return Column(_record_of_key(rec, value), (), None)
        except XlllmError as error:
            return Column(_no_record(rec), (), _alone(error))
    if isinstance(value, rec.type) and not any(np.ndim(x) for x in value):
        return _one_record(rec, list(value))
    if isinstance(value, rec.type):
        return _record_of_columns(rec, value)
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
    return Column(stacked, (len(columns), 1), errors if bad else None)


def _record_of_columns(rec: Record, value: Any) -> Column:
    """A named tuple whose fields are numbers and arrays."""
    defaults = rec.type._field_defaults  # type: ignore[attr-defined]
    parts = [Parameter(f"{rec.name}.{q.name}", q, None, defaults.get(q.name, REQUIRED), "") for q in rec.fields]
    columns = [read_argument(p, x) for p, x in zip(parts, value, strict=True)]
    try:
        shape = np.broadcast_shapes(*(c.shape for c in columns))
    except ValueError:
        raise InputError(f"{rec.name}: its fields differ in size") from None
    read_values = rec.type(*(c.value for c in columns))
    errors = np.empty(shape, dtype=object)
    for small, large in rec.at_most:
        excess = np.greater(getattr(read_values, small), getattr(read_values, large))
        errors[np.broadcast_to(excess, shape)] = DomainError(f"{rec.name}.{small} may not exceed {large}")
    for column in (c.errors for c in reversed(columns) if c.errors is not None):  # the first field's error wins
        errors = np.where(np.broadcast_to(column, shape) != None, column, errors)  # noqa: E711 (elementwise)
    bad = (errors != None).any()  # noqa: E711 (elementwise)
    return Column(_completed(read_values), shape, errors if bad else None)


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


def _one_record(rec: Record, cells: list[Any]) -> Column:
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
        return Column(_completed(rec.type(**values)), (), None)
    except XlllmError as error:
        return Column(_no_record(rec), (), _alone(error))
