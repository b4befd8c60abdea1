"""Two scenarios of one template side by side: what differs, what that does, and what each input does alone."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from xlllm import locale
from xlllm.errors import InputError
from xlllm.plan import CASES, Choice, Input, Plan, Row
from xlllm.template import Given, Scenario

BASE = "base"


class Differing(NamedTuple):
    """An input that is not the same in both, in one of its cases."""

    id: str
    label: str
    unit: str
    case: str
    a: Any
    b: Any


class Result(NamedTuple):
    """An output in the base case of both."""

    id: str
    label: str
    unit: str
    a: Any
    b: Any

    @property
    def change(self) -> float | None:
        """B less A, where both are numbers."""
        return difference(self.a, self.b)


class Effect(NamedTuple):
    """What becomes of A's target if it takes one input of B and no other."""

    id: str
    label: str
    value: Any
    change: float | None


class Comparison(NamedTuple):
    inputs: list[Differing]
    results: list[Result]
    target: Result
    effects: list[Effect]
    """The largest first."""


def compare(a: Plan, b: Plan, lang: str = "en") -> Comparison:
    """The comparison of two plans. Raises InputError if they are not of one template."""
    if a.template.id != b.template.id:
        raise InputError(
            f"one fills {a.template.id}, the other {b.template.id}: only scenarios of one template can be compared"
        )
    differing = [*_inputs(a, b, lang), *_settings(a.scenario, b.scenario)]
    rows, target = _outputs(a), _target(a)
    ours, theirs = (p.evaluate(rows=frozenset([*rows, target])) for p in (a, b))
    results = [_result(a, id, ours[id], theirs[id], lang) for id in rows]
    main = _result(a, target, ours[target], theirs[target], lang)
    moved = dict.fromkeys(d.id for d in differing if d.case == BASE and d.id in _typed(a))
    effects = [_alone(a, b, id, main, lang) for id in moved]
    effects.sort(key=lambda e: -abs(e.change) if e.change is not None else -math.inf)
    return Comparison(differing, results, main, effects)


def as_json(found: Comparison) -> dict[str, Any]:
    def plain(row: Result) -> dict[str, Any]:
        return {**_finite(row._asdict()), "change": row.change}

    return {
        "schema": 1,
        "inputs": [_finite(d._asdict()) for d in found.inputs],
        "results": [plain(r) for r in found.results],
        "target": plain(found.target),
        "effects": [_finite(e._asdict()) for e in found.effects],
    }


def difference(a: Any, b: Any) -> float | None:
    numbers = all(isinstance(x, float) and math.isfinite(x) for x in (a, b))
    return b - a if numbers else None


def _finite(row: dict[str, Any]) -> dict[str, Any]:
    """JSON has no NaN: what has no answer is null."""
    return {k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in row.items()}


def _typed(plan: Plan) -> dict[str, Input | Choice]:
    """What a person types or chooses."""
    return {**{i.id: i for i in plan.inputs.values() if not i.choice}, **plan.choices}


def _inputs(a: Plan, b: Plan, lang: str) -> Iterator[Differing]:
    others = _typed(b)
    for id, item in _typed(a).items():
        unit = locale.text(item.quantity, "unit", lang) if isinstance(item, Input) and item.quantity.numeric else ""
        label, other = item.label.in_(lang), others[id]
        for case in (BASE, *(c for c in CASES if c != BASE)) if isinstance(item, Input) else (BASE,):
            ours, theirs = (_given(g, case) for g in (item.given, other.given))
            if ours != theirs:
                yield Differing(id, label, unit, case, ours, theirs)


def _given(given: Given, case: str) -> Any:
    return given.value if case == BASE else getattr(given, case)


def _settings(a: Scenario, b: Scenario) -> Iterator[Differing]:
    """What decides how money and dates are shown."""
    ours, theirs = ({"as_of": s.as_of.isoformat(), **s.settings.model_dump()} for s in (a, b))
    for name in ours:
        x, y = (s[name]["value"] if isinstance(s[name], dict) else s[name] for s in (ours, theirs))
        if x != y:
            yield Differing(name, name, "", BASE, x, y)


def _outputs(plan: Plan) -> list[str]:
    return [r.id for r in plan.rows.values() if r.output and not r.length]


def _target(plan: Plan) -> str:
    """The row that the template cares for most: what its tornado is about, or else its first output."""
    tornados = [w.targets[0] for w in plan.template.what_ifs if w.kind == "tornado"]
    return next(iter([*tornados, *_outputs(plan)]))


def _result(plan: Plan, id: str, a: Any, b: Any, lang: str) -> Result:
    row: Row = plan.rows[id]
    unit = locale.text(row.quantity, "unit", lang) if row.quantity.numeric else ""
    return Result(id, row.label.in_(lang), unit, _plain(a), _plain(b))


def _alone(a: Plan, b: Plan, id: str, target: Result, lang: str) -> Effect:
    """A with one input of B."""
    theirs = _typed(b)[id].given
    scenario = a.scenario.model_copy(update={"inputs": {**a.scenario.inputs, id: Given(value=theirs.value)}})
    value = _plain(Plan(a.template, scenario).evaluate(rows=frozenset([target.id]))[target.id])
    return Effect(id, _typed(a)[id].label.in_(lang), value, difference(target.a, value))


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, (np.generic, np.ndarray)) and np.ndim(value) == 0 else value
