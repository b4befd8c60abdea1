"""Two scenarios side by side: what differs, what that does, and what each input does alone."""

import json
import math
from typing import Any

import pytest

from xlllm.compare import as_json, compare
from xlllm.errors import InputError
from xlllm.plan import Plan, build
from xlllm.template import Given, Scenario, load_scenario, load_template, template_names

EXAMPLE = load_scenario("llama-65b")
A = build(EXAMPLE)


def other(settings: dict[str, Any] | None = None, **inputs: Any) -> Plan:
    given = {id: Given.model_validate(g if isinstance(g, dict) else {"value": g}) for id, g in inputs.items()}
    update: dict[str, Any] = {"inputs": {**EXAMPLE.inputs, **given}}
    if settings:
        update["settings"] = EXAMPLE.settings.model_copy(update=settings)
    return build(EXAMPLE.model_copy(update=update))


@pytest.mark.parametrize("template", template_names())
def test_a_scenario_beside_itself(template: str) -> None:
    plan = build(load_scenario(load_template(template).scenario))
    found = compare(plan, plan)
    assert found.inputs == []
    assert found.effects == []
    assert found.results
    for r in [*found.results, found.target]:
        assert r.a == r.b or (math.isnan(r.a) and math.isnan(r.b))
        assert r.change in (0, None)


def test_what_differs_and_what_it_does() -> None:
    b = other(mfu={"value": 0.4, "low": 0.4, "high": 0.52}, gpu="H100", fte={"value": 30, "low": 30, "high": 16})
    found = compare(A, b)
    assert {(d.id, d.case): (d.a, d.b) for d in found.inputs} == {
        ("gpu", "base"): ("A100 SXM 80GB", "H100 SXM5 80GB"),
        ("mfu", "base"): (0.4765, 0.4),
        ("fte", "base"): (20, 30),
        ("fte", "low"): (26, 30),
    }
    mine, theirs = A.evaluate(), b.evaluate()
    assert [r.id for r in found.results] == [r.id for r in A.rows.values() if r.output and not r.length]
    for r in found.results:
        assert (r.a, r.b) == (mine[r.id], theirs[r.id])
    assert found.target.id == "npv"
    assert found.target.change == theirs["npv"] - mine["npv"]


def test_each_input_alone() -> None:
    b = other(mfu=0.4, gpu="H100", rate=0.05, gpus=1024)
    found = compare(A, b)
    assert [e.id for e in found.effects] == ["gpu", "rate", "mfu", "gpus"], "the largest first"
    for e in found.effects:
        alone = other(**{e.id: b.scenario.inputs[e.id].value})
        assert e.value == alone.evaluate()["npv"]
        assert e.change == e.value - found.target.a
    assert found.effects[-1].change == 0, "GPUs change the days, not the value"


def test_labels_and_units_in_both_languages() -> None:
    for lang, label, unit in (("en", "GPUs reserved", "GPUs"), ("ja", "確保するGPU数", "基")):
        found = compare(A, other(gpus=1024), lang)
        assert (found.inputs[0].label, found.inputs[0].unit) == (label, unit)
    assert compare(A, other(gpu="H100")).inputs[0].unit == ""


def test_a_default_that_is_replaced_differs() -> None:
    found = compare(A, other(ep=2))
    assert [(d.id, d.a, d.b) for d in found.inputs] == [("ep", 1, 2)]
    assert [e.id for e in found.effects] == ["ep"]


def test_settings_differ_too_and_do_nothing() -> None:
    found = compare(A, other({"money": "jpy_oku", "jpy_per_usd": Given(value=140)}))
    assert [(d.id, d.a, d.b) for d in found.inputs] == [("money", None, "jpy_oku"), ("jpy_per_usd", 150, 140)]
    assert found.effects == []


def test_what_has_no_answer() -> None:
    """A plan that never pays back."""
    found = compare(A, other(yearly_benefit_usd=1))
    payback = next(r for r in found.results if r.id == "payback")
    assert math.isnan(payback.b)
    assert payback.change is None
    data = json.loads(json.dumps(as_json(found), allow_nan=False))
    assert next(r for r in data["results"] if r["id"] == "payback")["b"] is None
    assert data["inputs"][0].keys() == {"id", "label", "unit", "case", "a", "b"}
    assert data["target"]["id"] == "npv"
    assert data["effects"][0]["change"] < 0


def test_without_a_tornado_the_first_output_is_the_target() -> None:
    template = load_template("training_budget")
    template = template.model_copy(update={"what_ifs": [w for w in template.what_ifs if w.kind != "tornado"]})
    a, b = (Plan(template, s) for s in (EXAMPLE, other(mfu=0.4).scenario))
    assert compare(a, b).target.id == "gpu_hours"


def test_other_templates_cannot_be_compared() -> None:
    scenario: Scenario = load_scenario(load_template("risk").scenario)
    with pytest.raises(InputError, match="one fills training_budget, the other risk: only scenarios of one template"):
        compare(A, build(scenario))
