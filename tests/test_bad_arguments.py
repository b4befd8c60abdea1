"""Every bad argument gets the cell error and the message that bad_arguments.toml says a user should get."""

import math
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from samples import KEYS, arguments, column, has_series, row, same, sample

import xlllm.catalog.lookups  # noqa: F401 (registers the look-ups)
from xlllm.arguments import Parameter
from xlllm.errors import DomainError, XlllmError
from xlllm.quantities import Quantity
from xlllm.registry import FORMULAS, Formula

TABLE = tomllib.loads((Path(__file__).parent / "bad_arguments.toml").read_text("utf-8"))
PYTHON: dict[str, Any] = {
    "none": None,
    "huge_int": 10**400,
    "complex": 1 + 2j,
    "bytes": b"70",
    "long": "seventy billion " * 1000,
    "cell_error": DomainError("mfu must be a share of 1: got 40; write 0.4 or 40%"),
}


class Place(NamedTuple):
    """Where a bad value can stand: an argument of a formula, or one cell of it if it is a record."""

    formula: Formula
    argument: Parameter
    cell: Quantity | None = None

    @property
    def record(self) -> Any:
        return self.argument.record

    @property
    def name(self) -> str:
        return f"{self.argument.name}.{self.cell.name}" if self.cell else self.argument.name

    @property
    def quantity(self) -> Quantity | None:
        return self.cell or self.argument.quantity

    @property
    def sort(self) -> str:
        """What sort of value belongs here; in a series, what belongs in each of its cells."""
        match self.quantity:
            case None:
                return "record"
            case Quantity(kind="real", counted=True):
                return "count"
            case Quantity(kind="real", unit="share"):
                return "share" if (self.quantity.low, self.quantity.high) == (0, 1) else "rate"
            case Quantity(kind=kind):
                return "number" if kind in ("real", "series") else kind

    @property
    def series(self) -> bool:
        return not self.cell and self.argument.series

    @property
    def wanted(self) -> str:
        """How a message calls what belongs here."""
        return str(TABLE["wanted"].get(self.name) or TABLE["wanted"][self.sort])

    def takes(self, kind: dict[str, Any]) -> bool:
        """Whether this kind of value is bad here."""
        name = self.name.rpartition(".")[2]
        sorts = {"any", self.sort, "numeral" if name == "text" else "", "series" if self.series else ""}
        if not sorts & set(kind["for"]):
            return False
        if name not in kind.get("only", [name]) or name in kind.get("except", []):
            return False
        if self.cell:  # optional cells may be blank
            optional = self.cell.name in self.record.type._field_defaults
            return not kind.get("single") and not (optional and kind["id"] in ("blank", "blank-text"))
        if kind["id"] == "shorter":
            return sum(p.series for p in self.formula.parameters) > 1
        omitted = self.argument.default is None and kind.get("python") == "none"
        return not omitted and not (kind["id"] == "mismatched" and len(self.formula.parameters) == 1)

    def value(self, kind: dict[str, Any]) -> Any:
        """What the user gave for the argument."""
        if kind.get("single") and "value" in kind:
            return kind["value"]
        good = sample(self.formula, self.argument)
        match kind.get("python"):
            case "too_few":
                return good[: self.record.required - 1]
            case "too_many":
                return [*row("arch"), *row("arch")][: len(good) + 1]
            case "shorter":
                return good[:-1]
        if "cells" in kind:
            return [kind["cells"].get(q.name, x) for q, x in zip(self.record.fields, good, strict=True)]
        bad = PYTHON[kind["python"]] if "python" in kind else kind["value"]
        if self.cell:
            fields = [q.name for q in self.record.fields]
            return [bad if f == self.cell.name else x for f, x in zip(fields, good, strict=True)]
        return [good[0], bad, *good[2:]] if self.series else bad

    def call(self, value: Any) -> Any:
        """The formula on this argument and valid others."""
        return self.formula(
            *(value if p is self.argument else sample(self.formula, p) for p in self.formula.parameters)
        )


def places() -> Iterator[Place]:
    for formula in FORMULAS.values():
        for argument in formula.parameters:
            yield Place(formula, argument)
            yield from (Place(formula, argument, q) for q in (argument.record.fields if argument.record else ()))


def mismatched(place: Place) -> Any:
    """Two rows of the argument, three of its neighbour."""
    f, here = place.formula, place.formula.parameters.index(place.argument)
    given = arguments(f)
    for i, rows in ((here, 2), (here - 1, 3)):
        given[i] = [given[i]] * rows if has_series(f) else column(f, [given[i]] * rows)
    return f(*given)


def faults(error: Any, says: dict[str, Any], **words: str) -> Iterator[str]:
    """What is wrong with an error, given what the table says."""
    if not isinstance(error, XlllmError):
        yield f"no error but {error!r:.60}"
        return
    text = error.message
    if error.cell != says["cell"]:
        yield f"{error.cell}: {text}"
    wanted = [w.format(**words) for w in ("{name}", *says["says"])]
    if says.get("python") == "cell_error":  # names the argument in which it arose
        wanted = wanted[1:]
    if missing := [w for w in wanted if w not in text]:
        yield f"does not say {missing}: {text}"
    if len(text) >= 300 or not text.isprintable():
        yield f"is no short line: {text!r}"


def attempt(call: Any, *args: Any, **named: Any) -> Any:
    """The answer or the error, whatever error it is."""
    try:
        return call(*args, **named)
    except Exception as error:
        return error


def alone(place: Place, kind: dict[str, Any]) -> Iterator[str]:
    """What is wrong with the answer to a single bad value."""
    error = attempt(mismatched, place) if kind["id"] == "mismatched" else attempt(place.call, place.value(kind))
    yield from faults(error, kind, **words(place))


def words(place: Place) -> dict[str, str]:
    """What the table's messages speak of."""
    length = len(sample(place.formula, place.argument)) if place.series else 0
    return {"name": place.name, "wanted": place.wanted, "length": f"{length} values", "shorter": f"{length - 1} values"}


def in_a_row(place: Place, kind: dict[str, Any]) -> Iterator[str]:
    """What is wrong with the answers to three rows, the second of which is bad."""
    value, good = place.value(kind), sample(place.formula, place.argument)
    if place.record and not isinstance(value, list):
        good = KEYS[place.argument.name]
    answer, single = attempt(place.call, column(place.formula, [good, value, good])), attempt(place.call, good)
    if place.formula.table:
        if not (isinstance(answer, XlllmError) and "answers with a table: give it one value" in answer.message):
            yield f"no refusal of a range but {answer!r:.60}"
        return
    if np.shape(answer)[:1] != (3,):
        yield f"no three answers but {answer!r:.60}"
        return
    errors = {id(x): x for x in np.ravel(answer[1])}
    if len(errors) != 1:  # of a row of results, the same in every cell
        yield f"one error is wanted: got {answer[1]!r:.60}"
    for error in errors.values():
        yield from faults(error, kind, **words(place))
    for good_row in (answer[0], answer[2]):
        if not same(np.ravel(good_row), np.ravel(single)):
            yield f"a good row gives {good_row!r:.200}, alone {single!r:.200}"


@pytest.mark.parametrize("kind", TABLE["kind"], ids=lambda kind: kind["id"])
def test_alone(kind: dict[str, Any]) -> None:
    where = [place for place in places() if place.takes(kind)]
    assert where, "applies to nothing"
    found = [f"{place.formula.name}({place.name}): {fault}" for place in where for fault in alone(place, kind)]
    assert not found, "\n".join([f"{len(found)} faults, among them", *found[:9]])


@pytest.mark.parametrize("kind", [k for k in TABLE["kind"] if not k.get("single")], ids=lambda kind: kind["id"])
def test_as_one_row_of_three(kind: dict[str, Any]) -> None:
    where = [place for place in places() if place.takes(kind)]
    found = [f"{place.formula.name}({place.name}): {fault}" for place in where for fault in in_a_row(place, kind)]
    assert not found, "\n".join([f"{len(found)} faults, among them", *found[:9]])


@pytest.mark.parametrize("kind", TABLE["call"], ids=lambda kind: kind["id"])
def test_call(kind: dict[str, Any]) -> None:
    found = []
    for f in FORMULAS.values():
        good = dict(zip([p.name for p in f.parameters], arguments(f), strict=True))
        name, *_ = [*good, f.name]
        match kind["id"]:
            case "too-many":
                error, name = attempt(f, *good.values(), 1), f.name
            case "missing" if f.required:
                error = attempt(f, **{n: x for n, x in good.items() if n != name})
            case "unknown":
                error, name = attempt(f, *good.values(), wattage=400), f.name
            case "twice" if good:
                error = attempt(f, *good.values(), **{name: good[name]})
            case _:
                continue
        found += [f"{f.name}: {fault}" for fault in faults(error, kind, name=name, signature=f.signature())]
    assert not found, "\n".join([f"{len(found)} faults, among them", *found[:9]])


@pytest.mark.parametrize(
    ("name", "at", "bad"),
    [
        ("gpu_hours", "mfu", 40),
        ("loss", "tokens", "1,4T"),
        ("next_dollar", "data_usd_mtok", math.nan),
        ("train_gb", "recompute", "selectiv"),
        ("npv", "flows", None),
        ("pert", "mode", "#N/A"),
        ("risk_summary", "draws", True),
        ("parallel_plan", "gpus", 2.5),
        ("optimal_params", "law", [1.8172, 482.01, "B", 0.3478, 0.3658]),
    ],
)
def test_one_bad_row_of_100_000(name: str, at: str, bad: Any) -> None:
    f = FORMULAS[name]
    argument = f.parameters[[p.name for p in f.parameters].index(at)]
    good = sample(f, argument)
    rows = [good] * 100_000
    rows[70_000] = [*good[:-1], bad] if argument.series else bad
    results = Place(f, argument).call(rows).reshape(100_000, -1)
    errors = [i for i, row in enumerate(results) if any(isinstance(x, XlllmError) for x in row)]
    assert errors == [70_000]
    assert all(at in x.message for x in results[70_000])
    single = np.ravel(Place(f, argument).call(good))
    others = set(map(tuple, np.delete(results, 70_000, axis=0)))
    assert all(same(np.array(row, dtype=object), single) for row in others)
