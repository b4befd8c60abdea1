"""A template and a scenario become a plan: rows wired by name, evaluated on one case or a million.

Wiring is strict. An argument takes the only row of its quantity; once two rows hold that quantity, every later use
must say which. An optional argument that nothing supplies becomes an input row that everybody can see.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from xlllm import catalog, extrapolation, locale
from xlllm.arguments import RECORDS, Parameter
from xlllm.catalog import lookups
from xlllm.errors import NotInCatalogError, TemplateError, XlllmError
from xlllm.native import Cell, Tracer, evaluate, gathered, names, ref
from xlllm.quantities import VOCABULARY, Quantity, quantity
from xlllm.registry import FORMULAS, Formula
from xlllm.template import CalcGroup, CalcRow, Given, InputRow, Scenario, Template, Text, load_template, nearest
from xlllm.values import closed_bounds, read

CASES = ("low", "base", "high", "own")
RANGE = CASES[:3]
"""The cases that say how far a result may move."""
YEAR = "year_index"
_CELL = re.compile(r"[A-Za-z]{1,3}\d+|[rcRC]")
CHUNK = 8_192  # scenarios whose rows stay in cache together
ONE_CASE = "a choice is the same in every case"
ASSUMPTIONS = Text(en="Other assumptions", ja="その他の前提")
DEFAULT = Text(en="Default of {}", ja="{} の既定値")


class Input(NamedTuple):
    """A row that a person types (or that shows a fact of a chosen entry)."""

    id: str
    quantity: Quantity
    label: Text
    given: Given
    group: Text
    choice: str = ""
    """The choice whose catalogue entry supplies it; empty if it is typed."""
    field: str = ""


class Choice(NamedTuple):
    """A pick from the catalogue."""

    id: str
    catalog: str
    label: Text
    group: Text
    given: Given
    facts: tuple[tuple[str, str], ...]
    """Row id and field of each fact."""
    entries: tuple[str, ...]
    """Keys that publish all these fields."""


class Row(NamedTuple):
    """A row that a formula computes. Helpers are formulas called inside another."""

    id: str
    formula: Formula
    label: Text
    args: tuple[Any, ...]
    """Row ids; a tuple of them for a record or a gathered series. Empty for a helper."""
    tree: Cell
    length: int
    group: Text
    helper: bool = False
    output: bool = False
    result: int = 0
    """Which of a function's results."""

    @property
    def quantity(self) -> Quantity:
        return self.formula.results[self.result]

    @property
    def frozen(self) -> bool:
        """Whether only the engine can compute it: a solver or an enumeration, which no cell can hold."""
        return self.formula.kind == "S"


class Plan:
    """A wired template with the values of a scenario.

    Raises
    ------
    TemplateError
        A row cannot be wired, a name is unknown, or a value does not fit its quantity.
    """

    def __init__(self, template: Template, scenario: Scenario) -> None:
        self.template, self.scenario = template, scenario
        self.inputs: dict[str, Input] = {}
        self.choices: dict[str, Choice] = {}
        self.rows: dict[str, Row] = {}
        self.years = template.years + 1 if template.years else 0
        self._records: dict[str, tuple[str, dict[str, str]]] = {}
        self._published: dict[tuple[str, str], dict[str, Any]] = {}
        self._tracer = Tracer()
        self._read_inputs()
        for group in template.calculation:
            self._wire_group(group)
        self._refuse_unknown(scenario.inputs)

    # -- inputs --------------------------------------------------------------------------------------------------------
    def _read_inputs(self) -> None:
        for group in self.template.inputs:
            for row in group.rows:
                if row.catalog:
                    self._add_choice(row, group.title)
                else:
                    self._add_input(row, group.title)

    def _add_input(self, row: InputRow, group: Text) -> None:
        q = self._quantity(row.name)
        id = row.id or row.name
        given = self.scenario.inputs.get(id, row.default)
        if given is None:
            raise TemplateError(f"inputs.{id} is missing: give {q.label.lower()} ({q.unit}). {q.help}")
        self._claim(id, q)
        self.inputs[id] = Input(id, q, row.label or _label(q), _read_given(id, q, given), group)

    def _add_choice(self, row: InputRow, group: Text) -> None:
        id = row.id or row.catalog
        _refuse_cell_name(id)
        facts = dict(row.facts)
        if row.record:
            fields = [q.name for q in RECORDS[row.record].fields]
            facts |= {f"{id}.{f}": f for f in fields}
            self._records[id] = (row.record, {f: f"{id}.{f}" for f in fields})
        published = {k: _published(row, facts, k) for k in catalog.load(row.catalog)}
        entries = [k for k, values in published.items() if isinstance(values, dict)]
        for k, v in published.items():
            if isinstance(v, dict):
                self._published.setdefault((row.catalog, k), {}).update(v)
        given = self.scenario.inputs.get(id, row.default)
        if given is None or not isinstance(given.value, str):
            raise TemplateError(f"inputs.{id} must be the name of a {row.catalog}, in quotes: {', '.join(entries)}")
        if given.low is not None or given.high is not None or given.own is not None:
            raise TemplateError(f"inputs.{id}: {ONE_CASE}")
        entry = catalog.find(row.catalog, given.value)
        values = published[entry.key]
        if not isinstance(values, dict):
            raise TemplateError(f"inputs.{id}: {values}; choose among {', '.join(entries)}")
        label = row.label or Text(en=row.catalog, ja=row.catalog)
        given = given.model_copy(update={"value": entry.key})
        self.choices[id] = Choice(id, row.catalog, label, group, given, tuple(facts.items()), tuple(entries))
        for fact_id, field in facts.items():
            q = self._quantity(_quantity_of(fact_id, field))
            fact = entry.facts.get(field) or next(iter(entry.facts.values()))  # what follows from the others
            known = Given(value=values[field], source=fact.source, as_of=fact.date)
            self._claim(fact_id, q)
            self.inputs[fact_id] = Input(fact_id, q, _label(q), known, group, choice=id, field=field)

    def _assume(self, p: Parameter, row: str, formula: Formula) -> str:
        """An optional argument that nothing supplies becomes a visible input."""
        assert p.quantity
        defaults = {
            repr(q.default) for f in FORMULAS.values() for q in f.parameters if q.name == p.name and not q.required
        }
        if len(defaults) > 1 and p.name not in self.scenario.inputs:
            values = ", ".join(sorted(defaults))
            raise TemplateError(f"{row}: functions disagree on the default of {p.name} ({values}); list it as an input")
        given = self.scenario.inputs.get(p.name)
        if given is None:
            name = formula.worksheet_name
            note = Text(en=DEFAULT.en.format(name), ja=DEFAULT.ja.format(name))
            given = Given(value=p.default, source="default", note=note)
        self._claim(p.name, p.quantity)
        self.inputs[p.name] = Input(
            p.name, p.quantity, _label(p.quantity), _read_given(p.name, p.quantity, given), ASSUMPTIONS
        )
        return p.name

    def _refuse_unknown(self, given: Mapping[str, Given]) -> None:
        typed = [i.id for i in self.inputs.values() if not i.choice] + list(self.choices)
        for id in given:
            if id not in typed:
                raise TemplateError(f"inputs.{id}: {self.template.id} has no such input{nearest(id, typed)}")

    def published(self, choice: Choice, key: str) -> dict[str, Any]:
        """The facts of a catalogue entry by field."""
        return self._published[choice.catalog, key]

    # -- wiring --------------------------------------------------------------------------------------------------------
    def _quantity(self, name: str) -> Quantity:
        try:
            return quantity(name)
        except KeyError as error:
            raise TemplateError(f"{self.template.id}: {error.args[0]}") from None

    def _claim(self, id: str, q: Quantity) -> None:
        if id in self.inputs or id in self.rows:
            raise TemplateError(f"{id} is a row already; give this one another name with as")
        _refuse_cell_name(id)
        if id in VOCABULARY and id != q.name:
            raise TemplateError(f"{id} names a quantity of its own and cannot hold {q.name}; use another name")

    def _holders(self, name: str) -> list[str]:
        typed = [i.id for i in self.inputs.values() if i.quantity.name == name]
        return typed + [r.id for r in self.rows.values() if r.quantity.name == name and not r.helper]

    def _wire_group(self, group: CalcGroup) -> None:
        length = self.years if group.over else 0
        used: set[str] = set()
        for spec in group.rows:
            used |= self._wire(spec, group, length)
        if idle := set(group.with_) - used:
            raise TemplateError(f"{group.title.en}: nothing here uses with {', '.join(sorted(idle))}")

    def _wire(self, spec: CalcRow, group: CalcGroup, length: int) -> set[str]:
        formula = FORMULAS.get(spec.name)
        if formula is None:
            raise TemplateError(f"{spec.name}: no such function{nearest(spec.name, FORMULAS)}")
        id = spec.as_ or spec.name
        names = {p.name for p in formula.parameters}
        said = {**{k: v for k, v in group.with_.items() if k in names}, **spec.with_}
        if unknown := [a for a in said if a not in names]:
            raise TemplateError(f"{id}: {formula.name} has no argument {unknown[0]}: {formula.signature()}")
        wired: dict[str, Any] = {}
        for p in formula.parameters:
            wired[p.name] = self._source(id, formula, p, said.get(p.name), wired, length)
        args = tuple(wired.values())
        result = self._result(id, formula, spec.result)
        self._claim(id, formula.results[result])
        label = spec.label or formula_label(formula)
        if formula.kind == "S":
            self.rows[id] = Row(id, formula, label, args, ref(id), 0, group.title, output=spec.output, result=result)
            return set(said) & set(group.with_)
        cells = tuple(self._cells(p, a) for p, a in zip(formula.parameters, args, strict=True))
        tree, helpers = self._tracer.trace(id, formula, cells, length)
        for h in helpers:
            called = formula_label(h.formula)
            self.rows[h.id] = Row(h.id, h.formula, called, (), h.tree, h.tree.length, group.title, helper=True)
        self.rows[id] = Row(id, formula, label, args, tree, length, group.title, output=spec.output)
        return set(said) & set(group.with_)

    @staticmethod
    def _result(id: str, formula: Formula, wanted: str) -> int:
        """The position of the result that a row shows."""
        given = [q.name for q in formula.results]
        if formula.table or (wanted and wanted not in given) or (not wanted and len(given) > 1):
            which = "answers with a table, which no row can show" if formula.table else f"gives {', '.join(given)}"
            raise TemplateError(f"{id}: {formula.name} {which}{'' if formula.table else '; say which with result'}")
        return given.index(wanted) if wanted else 0

    def _source(
        self, row: str, formula: Formula, p: Parameter, said: Any, wired: Mapping[str, Any], length: int
    ) -> Any:
        """Where an argument comes from: a row id, or a tuple of them."""
        if p.record:
            fits = [id for id, (kind, _) in self._records.items() if kind == p.name]
            id = said or (fits[0] if len(fits) == 1 else None)
            if id not in fits:
                could = (
                    f"could be {', '.join(fits)}; say with = {{ {p.name} = … }}" if fits else "is supplied by no input"
                )
                raise TemplateError(f"{row}: {p.name} {could}")
            return tuple(self._records[id][1].values())
        assert p.quantity
        if isinstance(said, list):
            if not p.series:
                raise TemplateError(f"{row}: {p.name} takes one row, not a list")
            return tuple(self._said(row, p.quantity, s) for s in said)
        if said:
            return self._said(row, p.quantity, said)
        if p.name == YEAR and length:
            return YEAR
        holders = self._holders(p.name)
        if len(holders) == 1:
            return holders[0]
        if holders:
            raise TemplateError(f"{row}: {p.name} could be {', '.join(holders)}; say with = {{ {p.name} = … }}")
        if p.required:
            raise TemplateError(f"{row}: nothing above supplies {p.name} ({p.quantity.label}, {p.quantity.unit})")
        return wired[p.same_as] if p.same_as else self._assume(p, row, formula)

    def _said(self, row: str, q: Quantity, id: str) -> str:
        holder = self.inputs.get(id) or self.rows.get(id)
        if holder is None:
            raise TemplateError(f"{row}: no row above is called {id!r}{nearest(id, [*self.inputs, *self.rows])}")
        if "any" not in (q.unit, holder.quantity.unit) and holder.quantity.unit != q.unit:
            raise TemplateError(f"{row}: {q.name} is in {q.unit}, but {id} is in {holder.quantity.unit}")
        return id

    def quantity_of(self, id: str) -> Quantity:
        """The quantity that a row or an input holds."""
        return quantity(YEAR) if id == YEAR else (self.rows.get(id) or self.inputs[id]).quantity

    def length(self, id: str) -> int:
        """Years on a row's time axis; 0 for a single value."""
        return self.years if id == YEAR else self.rows[id].length if id in self.rows else 0

    def _cells(self, p: Parameter, source: Any) -> Any:
        if isinstance(source, str):
            return ref(source, self.length(source))
        return p.record.type(*map(ref, source)) if p.record else gathered(source)

    # -- evaluating ----------------------------------------------------------------------------------------------------
    @cached_property
    def base(self) -> dict[str, Any]:
        """The value of every input in the base case."""
        return {i.id: i.given.value for i in self.inputs.values()}

    def case(self, case: str) -> dict[str, Any]:
        """The inputs of the low, base or high case."""
        return {i.id: case_value(i.given, case) for i in self.inputs.values()}

    def evaluate(self, values: Mapping[str, Any] | None = None, rows: frozenset[str] | None = None) -> dict[str, Any]:
        """All rows for the base case with ``values`` in place of some inputs: numbers, or arrays of scenarios.

        Arrays hold one value a scenario (1-D, all of one length); rows over the years come back as (scenarios, years).
        With ``rows``, only these are computed and come back. What has no answer is NaN.
        """
        values = {**self.base, **(values or {})}
        if unknown := set(values) - set(self.inputs):
            raise TemplateError(f"{min(unknown)} is no input{nearest(min(unknown), self.inputs)}")
        sizes = {len(v) for v in values.values() if isinstance(v, np.ndarray) and v.ndim}
        if len(sizes) > 1:
            raise TemplateError(f"scenarios differ in number: {', '.join(map(str, sorted(sizes)))}")
        size = sizes.pop() if sizes else 0
        once, needed = _Once(), self._needed(rows)
        if size <= CHUNK:
            done = self._evaluate(values, needed, size, once)
            return done if rows is None else {k: v for k, v in done.items() if k in rows}
        out: dict[str, Any] = {k: v for k, v in values.items() if rows is None or k in rows}
        for start in range(0, size, CHUNK):
            part = slice(start, min(start + CHUNK, size))
            few = {k: v[part] if isinstance(v, np.ndarray) and v.ndim else v for k, v in values.items()}
            done = self._evaluate(few, needed, part.stop - start, once)
            for k in (r.id for r in needed if rows is None or r.id in rows):
                if not np.ndim(done[k]):
                    out[k] = done[k]
                    continue
                if k not in out:
                    out[k] = np.empty((*done[k].shape[:0:-1], size), done[k].dtype).T
                out[k][part] = done[k]
        return out

    def _needed(self, ids: frozenset[str] | None) -> tuple[Row, ...]:
        """The rows that ``ids`` follow from; all if that is None."""
        if ids is None:
            return self._computed
        needed = set(ids)
        for row in reversed(self._computed):
            if row.id in needed:
                needed.update(_sources(row.args))
        return tuple(r for r in self._computed if r.id in needed)

    def _evaluate(self, values: Mapping[str, Any], rows: tuple[Row, ...], size: int, once: _Once) -> dict[str, Any]:
        once.forget()
        known: dict[str, Any] = {k: np.float64(v) if type(v) in (int, float) else v for k, v in values.items()}
        known[YEAR] = np.arange(self.years, dtype=float)
        if size:  # a year's scenarios lie together, and so they do in every row that follows
            known[YEAR] = np.repeat(known[YEAR], size).reshape(-1, size).T
        with np.errstate(all="ignore"):
            for row in rows:
                answer = once.call(row.formula)(*self._arguments(row, known))
                known[row.id] = answer[row.result] if row.formula.spills else answer
        return known

    @cached_property
    def _computed(self) -> tuple[Row, ...]:
        return tuple(r for r in self.rows.values() if not r.helper)

    def _arguments(self, row: Row, known: Mapping[str, Any]) -> Iterator[Any]:
        for p, source in zip(row.formula.parameters, row.args, strict=True):
            if p.record:
                yield p.record.type(*(known[s] for s in source))
            elif isinstance(source, tuple):
                yield np.stack(np.broadcast_arrays(*(known[s] for s in source))).T  # whole rows lie together
            elif row.length and not self.length(source) and np.ndim(known[source]):
                yield known[source][:, None]  # one value a scenario, against the years on the last axis
            else:
                yield known[source]

    def results(self, case: str) -> dict[str, Any]:
        """Every row of one case as plain Python values, helpers included: what the cells show."""
        return self.with_helpers({k: _plain(v) for k, v in self.evaluate(self.case(case)).items()}, self.rows.values())

    def with_helpers(self, known: dict[str, Any], rows: Iterable[Row]) -> dict[str, Any]:
        """The results of one case with those of the helpers among ``rows``."""
        for row in rows:
            if row.helper:
                known[row.id] = _years(row, known) if row.length else evaluate(row.tree, known)
        return known

    # -- what follows from what ----------------------------------------------------------------------------------------
    @cached_property
    def _feeds(self) -> dict[str, frozenset[str]]:
        """For each row, helpers included, the names that its formula reads."""
        return {r.id: frozenset(_sources(r.args) if r.frozen else names(r.tree)) for r in self.rows.values()}

    def ancestors(self, targets: Iterable[str]) -> set[str]:
        """The targets and every row and input that they follow from."""
        found, waiting = set[str](), list(targets)
        while waiting:
            id = waiting.pop()
            if id not in found:
                found.add(id)
                waiting += self._feeds.get(id, ())
        return found

    def chain(self, targets: Iterable[str], varied: Iterable[str]) -> tuple[Row, ...]:
        """The targets and the rows between some inputs and them, in the order of computing.

        Raises
        ------
        TemplateError
            One of them only the engine can compute.
        """
        targets, moved = tuple(targets), set(varied)
        needed = self.ancestors(targets)
        for row in self.rows.values():
            if self._feeds[row.id] & moved:
                moved.add(row.id)
        wanted = needed & moved | set(targets)
        rows = tuple(r for r in self.rows.values() if r.id in wanted)
        if frozen := [r.id for r in rows if r.frozen]:
            raise TemplateError(f"what-ifs cannot be live where {frozen[0]} takes part: only the engine computes it")
        return rows

    def extrapolated(self, case: str) -> list[str]:
        """A line for each number that leaves the range a law was fitted to, with the rows that extrapolate from it."""
        known, rows = self.evaluate(self.case(case)), defaultdict[str, list[str]](list)
        for row in self._computed:
            for line in extrapolation.warnings(row.formula, tuple(self._arguments(row, known)), known[row.id]):
                rows[line.removeprefix(f"{row.formula.name}: ")].append(row.id)
        return [f"{line}: {', '.join(ids)}" for line, ids in rows.items()]

    def undefined(self, results: Mapping[str, Any]) -> dict[str, str]:
        """Rows that have no answer, with the reason."""
        reasons = {}
        for row in self._computed:
            numbers = results[row.id] if row.length else [results[row.id]]
            low, high = closed_bounds(row.quantity)
            if row.quantity.numeric and not all(low <= x <= high for x in numbers):
                nan = any(isinstance(x, float) and math.isnan(x) for x in numbers)
                said = row.formula.undefined
                reasons[row.id] = said if nan and said and isinstance(said, str) else "outside its range"
        return reasons


class _Once:
    """Calls formulas so that what several rows ask of the same values is computed once."""

    def __init__(self) -> None:
        self._calls: dict[str, Callable[..., Any]] = {}
        self._answers: dict[tuple[Any, ...], tuple[Any, Any]] = {}

    def forget(self) -> None:
        self._answers.clear()

    def call(self, formula: Formula) -> Callable[..., Any]:
        if formula.name not in self._calls:
            self._calls[formula.name] = self._remembering(formula)
        return self._calls[formula.name]

    def _remembering(self, formula: Formula) -> Callable[..., Any]:
        run = formula.calling(self.call)

        def call(*args: Any) -> Any:
            values = [x for a in args for x in (a if isinstance(a, tuple) else (a,))]
            key = (formula.name, *map(id, values))
            if key not in self._answers:
                self._answers[key] = (values, run(*args))  # holding the values keeps their ids theirs
            return self._answers[key][1]

        return call


def build(scenario: Scenario, template: Template | None = None) -> Plan:
    """The plan of a scenario, with its template of the library or with one's own."""
    if template and template.id != scenario.template:
        raise TemplateError(f"the scenario fills the template {scenario.template}, not {template.id}")
    return Plan(template or load_template(scenario.template), scenario)


def formula_label(formula: Formula) -> Text:
    """What a row of this formula is called."""
    return Text(en=locale.label(formula, "en"), ja=locale.label(formula, "ja"))


def case_value(given: Given, case: str) -> Any:
    value = {"low": given.low, "high": given.high, "own": given.own}.get(case)
    return given.value if value is None else value


def _refuse_cell_name(id: str) -> None:
    """A row's name is a defined name of the workbook."""
    if _CELL.fullmatch(id):
        raise TemplateError(f"{id} reads as a cell of a sheet; use a longer name")


def _sources(args: Iterable[Any]) -> list[str]:
    return [id for a in args for id in (a if isinstance(a, tuple) else (a,))]


def _label(q: Quantity) -> Text:
    return Text(en=q.label, ja=locale.text(q, "label", "ja"))


def _quantity_of(fact_id: str, field: str) -> str:
    """A fact keeps the quantity of its row where the row has one (gpu_gb from memory_gb), else that of its field."""
    return fact_id if fact_id in VOCABULARY else field


def _published(row: InputRow, facts: Mapping[str, str], key: str) -> dict[str, Any] | str:
    """The facts of an entry by field, or what it lacks."""
    try:
        record = lookups.record(row.record, key)._asdict() if row.record else {}
        return {f: record[f] if f in record else catalog.fact(row.catalog, key, f).value for f in facts.values()}
    except NotInCatalogError as error:
        return error.message


def _read_given(id: str, q: Quantity, given: Given) -> Given:
    """The value and its range in canonical form."""
    try:
        values = {"value": read(q, given.value, f"inputs.{id}")}
        for end in ("low", "high", "own"):
            if (x := getattr(given, end)) is not None:
                values[end] = read(q, x, f"inputs.{id}.{end}")
    except XlllmError as error:
        raise TemplateError(error.message) from None
    ranged = not {"low", "high"}.isdisjoint(values)
    if ranged and not q.numeric:
        raise TemplateError(f"inputs.{id}: only a number has a low and a high case")
    ends = [values.get("low", values["value"]), values.get("high", values["value"])]
    if ranged and not min(ends) <= values["value"] <= max(ends):
        raise TemplateError(
            f"inputs.{id}: the base value {values['value']:g} is not between {ends[0]:g} and {ends[1]:g}"
        )
    return given.model_copy(update=values)


def _plain(value: Any) -> Any:
    return value.tolist() if isinstance(value, (np.ndarray, np.generic)) else value


def _years(row: Row, known: Mapping[str, Any]) -> list[Any]:
    return [evaluate(row.tree, known, year) for year in range(row.length)]


def dated(given: Given) -> str:
    return given.as_of.isoformat() if isinstance(given.as_of, dt.date) else given.as_of
