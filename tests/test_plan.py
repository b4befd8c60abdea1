"""Wiring and evaluation of plans."""

import copy
import math

import numpy as np
import pytest

from xlllm.errors import TemplateError
from xlllm.formulas import compute, finance
from xlllm.plan import CASES, CHUNK, Plan, build
from xlllm.template import Scenario, Template, load_scenario, load_template

WORDS = {"en": "x", "ja": "あ"}
BOARD = {"decision": [WORDS], "cards": [], "panels": [{"kind": "checks"}] * 4}


def plan(inputs: list, calculation: list, given: dict, *, years: int = 0) -> Plan:
    groups = [c if isinstance(c, dict) else {"rows": c} for c in calculation]
    template = Template.model_validate(
        {
            "schema": 1,
            "id": "test",
            "title": WORDS,
            "about": WORDS,
            "scenario": "none",
            "years": years,
            "inputs": [{"title": WORDS, "rows": inputs}],
            "calculation": [{"title": WORDS, **g} for g in groups],
            "checks": [],
            "dashboard": BOARD,
        }
    )
    scenario = {"schema": 1, "template": "test", "title": "Test", "as_of": "2026-01-01", "inputs": given}
    return Plan(template, Scenario.model_validate(scenario))


@pytest.fixture(scope="module")
def llama() -> Plan:
    return build(load_scenario("llama-65b"))


def test_rows_find_their_arguments_by_name() -> None:
    p = plan(
        ["params", "tokens", "peak_flops", "mfu"],
        [["train_flops", "gpu_hours"]],
        {"params": "65.2B", "tokens": "1.4T", "peak_flops": 312e12, "mfu": "40%"},
    )
    results = p.results("base")
    assert results["train_flops"] == 6 * 65.2e9 * 1.4e12
    assert results["gpu_hours"] == compute.gpu_hours(6 * 65.2e9 * 1.4e12, 312e12, 0.4)


def test_an_argument_that_nothing_supplies() -> None:
    with pytest.raises(TemplateError, match="gpu_hours: nothing above supplies flops"):
        plan(["peak_flops", "mfu"], [["gpu_hours"]], {"peak_flops": 312e12, "mfu": 0.4})


def test_two_rows_of_one_quantity_must_be_told_apart() -> None:
    """Even where a row carries the argument's own name: that is how training GPUs become serving GPUs."""
    inputs, given = ["gpu_hours", {"name": "goodput"}], {"gpu_hours": 100, "goodput": 0.5}
    with pytest.raises(TemplateError, match=r"energy_kwh: gpu_hours could be gpu_hours, billed_gpu_hours; say with"):
        plan(
            [*inputs, "gpu_watts", "pue"], [["billed_gpu_hours", "energy_kwh"]], {**given, "gpu_watts": 400, "pue": 1.1}
        )
    said = {"name": "energy_kwh", "with": {"gpu_hours": "billed_gpu_hours"}}
    p = plan([*inputs, "gpu_watts", "pue"], [["billed_gpu_hours", said]], {**given, "gpu_watts": 400, "pue": 1.1})
    assert p.results("base")["energy_kwh"] == pytest.approx(200 * 0.4 * 1.1)


def test_with_on_a_group() -> None:
    group = {"rows": ["energy_kwh"], "with": {"gpu_hours": "billed_gpu_hours"}}
    given = {"gpu_hours": 100, "goodput": 0.5, "gpu_watts": 400, "pue": 1.1}
    p = plan(["gpu_hours", "goodput", "gpu_watts", "pue"], [["billed_gpu_hours"], group], given)
    assert p.results("base")["energy_kwh"] == pytest.approx(88)
    with pytest.raises(TemplateError, match="nothing here uses with goodput"):
        plan(
            ["gpu_hours", "goodput", "gpu_watts", "pue"],
            [{"rows": ["energy_kwh"], "with": {"goodput": "goodput"}}],
            given,
        )


def test_with_must_fit_in_unit_and_name() -> None:
    inputs, given = ["flops", "peak_flops", "mfu", "days"], {"flops": 1e20, "peak_flops": 1e14, "mfu": 0.4, "days": 3}
    with pytest.raises(TemplateError, match="flops is in FLOP, but days is in days"):
        plan(inputs, [[{"name": "gpu_hours", "with": {"flops": "days"}}]], given)
    with pytest.raises(TemplateError, match=r"no row above is called 'flop'; did you mean flops"):
        plan(inputs, [[{"name": "gpu_hours", "with": {"flops": "flop"}}]], given)
    with pytest.raises(TemplateError, match="gpu_hours has no argument speed"):
        plan(inputs, [[{"name": "gpu_hours", "with": {"speed": "flops"}}]], given)


def test_names_are_claimed_once() -> None:
    with pytest.raises(TemplateError, match="train_flops is a row already"):
        plan(["params", "tokens"], [["train_flops", "train_flops"]], {"params": 1e9, "tokens": 1e9})
    with pytest.raises(TemplateError, match="tokens names a quantity of its own and cannot hold flops"):
        plan(
            ["params", "raw_tokens"],
            [[{"name": "train_flops", "as": "tokens", "with": {"tokens": "raw_tokens"}}]],
            {"params": 1, "raw_tokens": 1},
        )


def test_an_unwired_default_becomes_a_visible_input() -> None:
    p = plan(["gpu_hours", "gpus"], [["train_days"]], {"gpu_hours": 4800, "gpus": 10})
    assert p.inputs["goodput"].given.value == 1
    assert p.inputs["goodput"].group.en == "Other assumptions"
    assert p.results("base")["train_days"] == 20
    again = plan(["gpu_hours", "gpus"], [["train_days"]], {"gpu_hours": 4800, "gpus": 10, "goodput": 0.5})
    assert again.results("base")["train_days"] == 40


def test_functions_that_disagree_on_a_default() -> None:
    """model_state_gb says ZeRO 0, train_gb says 1: the template must list it."""
    with pytest.raises(TemplateError, match=r"functions disagree on the default of zero_stage \(0, 1, 3\)"):
        plan(["params"], [["model_state_gb"]], {"params": 1e9})


def test_an_argument_that_follows_another() -> None:
    given = {
        "params": 7e9,
        "tokens": 1.4e11,
        "gpu_hour_usd": 3.93,
        "peak_flops": 312e12,
        "mfu": 0.45,
        "served_tokens": "1T",
    }
    law = {"id": "law", "name": "law", "catalog": "law", "record": "law", "default": "besiroglu-2024"}
    p = plan([*given, law], [["usd_per_flop", "breakeven_data_price"]], given)
    assert round(p.results("base")["breakeven_data_price"], 2) == 0.79
    assert "serve_usd_per_flop" not in p.inputs


def test_over_the_years() -> None:
    given = {"invest_usd": 1000, "yearly_benefit_usd": 300, "rate": 0.1}
    flows = {"rows": ["yearly_flow", {"name": "cumulative_flows", "with": {"flows": "yearly_flow"}}], "over": "years"}
    back = {"rows": ["npv", "payback"], "with": {"flows": "yearly_flow"}}
    p = plan(list(given), [flows, back], given, years=4)
    results = p.results("base")
    assert results["yearly_flow"] == [-1000, 300, 300, 300, 300]
    assert results["cumulative_flows"] == [-1000, -700, -400, -100, 200]
    assert results["npv"] == pytest.approx(finance.npv(0.1, np.array([-1000, 300, 300, 300, 300])))
    assert results["payback"] == pytest.approx(3 + 1 / 3)
    many = p.evaluate({"invest_usd": np.array([1000.0, 2000.0])})
    assert many["npv"].shape == (2,)
    assert many["npv"][0] == pytest.approx(results["npv"])
    assert math.isnan(many["payback"][1])


def test_amounts_are_gathered_into_a_series() -> None:
    total = {"name": "total_usd", "with": {"items_usd": ["acquire_usd", "clean_usd"]}}
    p = plan(["acquire_usd", "clean_usd"], [[total]], {"acquire_usd": 3, "clean_usd": 4})
    assert p.results("base")["total_usd"] == 7
    with pytest.raises(TemplateError, match="takes one row, not a list"):
        plan(
            ["params", "tokens"],
            [[{"name": "train_flops", "with": {"params": ["params"]}}]],
            {"params": 1, "tokens": 1},
        )


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"params": "70GB"}, r"inputs\.params is no number I can read"),
        ({"params": -1}, r"inputs\.params must be a number of parameters from 1"),
        ({"params": {"value": 5, "low": 6, "high": 7}}, r"base value 5 is not between 6 and 7"),
        ({"params": 1e9, "token": 5}, r"inputs\.token: test has no such input; did you mean tokens"),
        ({"tokens": 5}, r"inputs\.params is missing: give parameters"),
        ({"params": float("nan")}, "finite"),
        ({"params": True}, r"got TRUE"),
    ],
)
def test_bad_values(given: dict, message: str) -> None:
    with pytest.raises(TemplateError, match=message):
        plan(["params", "tokens"], [["train_flops"]], {"tokens": 1e9, **given})


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("H9000", "no gpu has the key 'H9000'"),
        (5, "must be the name of a gpu, in quotes"),
        ("TPU v4", "TPU v4"),  # its power was not published
    ],
)
def test_bad_choices(value: object, message: str) -> None:
    gpu = {"id": "gpu", "name": "gpu", "catalog": "gpu", "facts": {"peak_flops": "peak_flops", "gpu_watts": "watts"}}
    with pytest.raises((TemplateError, LookupError), match=message):
        plan([gpu], [], {"gpu": value})


def test_unknown_functions_and_quantities() -> None:
    with pytest.raises(TemplateError, match="train_flop: no such function; did you mean train_flops"):
        plan([], [["train_flop"]], {})
    with pytest.raises(TemplateError, match="'param' is not in the vocabulary; nearest: params"):
        plan(["param"], [], {"param": 1})


def test_arrays_give_what_single_cases_give(llama: Plan) -> None:
    """Every row, for more scenarios than one chunk holds."""
    rng = np.random.default_rng(7)
    size = CHUNK + 100
    varied = {
        id: llama.base[id] * rng.uniform(0.8, 1.0, size) for id in ("params", "tokens", "mfu", "gpu_hour_usd", "rate")
    }
    many = llama.evaluate(varied)
    for i in (0, CHUNK - 1, CHUNK, size - 1):
        one = llama.evaluate({k: v[i] for k, v in varied.items()})
        for id, row in llama.rows.items():
            if row.helper:
                continue
            value = many[id] if np.ndim(many[id]) == (1 if row.length else 0) else many[id][i]
            if row.quantity.numeric:
                np.testing.assert_allclose(value, one[id], rtol=1e-13, err_msg=id)
            else:
                assert value == one[id], id
    assert set(llama.evaluate(varied, rows=frozenset({"npv"}))) == {"npv"}


def test_evaluate_refuses_what_it_does_not_know(llama: Plan) -> None:
    with pytest.raises(TemplateError, match="parms is no input; did you mean params"):
        llama.evaluate({"parms": 1.0})
    with pytest.raises(TemplateError, match="scenarios differ in number: 2, 3"):
        llama.evaluate({"params": np.ones(2), "tokens": np.ones(3)})


def test_helper_rows_agree_with_their_formulas(llama: Plan) -> None:
    """A helper row is evaluated from its tree; the formula itself says the same."""
    results = llama.results("base")
    assert results["counted_params.bias_params"] == 0
    assert results["train_gb.activation_gb"] == pytest.approx(results["activation_gb"], rel=1e-15)
    assert results["payback.unpaid_years"] == finance.unpaid_years(np.array(results["yearly_flow"]))


def test_llama_beside_its_publication(llama: Plan) -> None:
    """LLaMA paper, Table 15: hours, MWh and tonnes; 2,048 GPUs × 21 days × $3.93."""
    results = llama.results("base")
    assert results["gpu_hours"] == pytest.approx(1_022_362, rel=0.002)
    assert results["energy_kwh"] == pytest.approx(449e3, rel=0.005)
    assert results["run_carbon_kg"] == pytest.approx(173e3, rel=0.005)
    assert results["final_run_usd"] == pytest.approx(4_056_515, rel=0.005)


def test_every_case_has_answers(llama: Plan) -> None:
    for case in CASES:
        assert llama.undefined(llama.results(case)) == {}


def test_every_bundled_template_wires_with_its_scenario() -> None:
    template = load_template("training_budget")
    scenario = load_scenario(template.scenario)
    assert Plan(copy.deepcopy(template), scenario).rows


def test_a_single_number_may_come_as_an_array(llama: Plan) -> None:
    params = np.full(2 * CHUNK + 1, 70e9)
    many = llama.evaluate({"params": params, "mfu": np.array(0.4)}, rows=frozenset({"gpu_hours", "yearly_flow"}))
    assert set(many) == {"gpu_hours", "yearly_flow"}
    assert many["gpu_hours"].shape == params.shape
    assert many["yearly_flow"].shape == (len(params), llama.years)
    assert many["gpu_hours"][-1] == llama.evaluate({"params": 70e9, "mfu": 0.4})["gpu_hours"]


def test_an_assumption_names_the_function_whose_default_it_is() -> None:
    p = plan(["gpu_hours", "gpus"], [[{"name": "train_days", "as": "run_days"}]], {"gpu_hours": 4800, "gpus": 10})
    assert p.inputs["goodput"].given.note.en == "Default of LLM_TRAIN_DAYS"
