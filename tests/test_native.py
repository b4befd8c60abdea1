"""Native worksheet formulas: what numpy computes, IronCalc computes from what ``native`` spells."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from engines import RTOL, IronCalc, Key, Value
from native_rows import (
    CLOSED,
    EXPRESSIONS,
    FAR,
    FORMULA_SHEETS,
    HALVES,
    NEAR_ZERO,
    OTHER_SHEETS,
    ROWS,
    XYZ,
    Sheet,
    as_shown,
    cells,
    difference,
    has_years,
    quantities,
    trees,
    write,
)
from openpyxl.formula import Tokenizer
from openpyxl.formula.tokenizer import Token
from scipy import special

from xlllm.errors import Untraceable
from xlllm.formulas.compute import train_flops
from xlllm.native import Cell, Tracer, chosen, evaluate, fixed, joined, ref, spell, trace
from xlllm.registry import Formula

x, y, flows = ref("x"), ref("y"), ref("flows", 3)

each_formula = pytest.mark.parametrize("f", CLOSED.values(), ids=CLOSED)


def spelled(tree: Any, year: int | None = None) -> str:
    def address(name: str, *years: int) -> str:
        return name + "".join(f"[{year}]" for year in dict.fromkeys(years))

    return spell(tree, address, year)


# -- the same answers --------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def ironcalc(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Key], Value]:
    path = tmp_path_factory.mktemp("native") / "native.xlsx"
    write(path)
    return IronCalc(path).value


@pytest.mark.parametrize("sheet", FORMULA_SHEETS + OTHER_SHEETS, ids=lambda sheet: sheet.name)
def test_ironcalc_agrees(sheet: Sheet, ironcalc: Callable[[Key], Value]) -> None:
    _, faults = sheet.compare(ironcalc)
    assert not faults, f"{len(faults)} differ"


@pytest.mark.parametrize("sheet", FORMULA_SHEETS, ids=lambda sheet: sheet.name)
def test_rows_reach_every_option_and_edge(sheet: Sheet) -> None:
    f = CLOSED[sheet.name.split()[0]]
    answers = sheet.wanted[f.name]
    assert len(answers) == ROWS
    for q in quantities(f):
        options = (True, False) if q.kind == "flag" else q.choices or {"zero_stage": (0, 1, 2, 3)}.get(q.name, ())
        assert set(options) <= set(sheet.inputs[q.name].ravel())
        if q.name in ("tp", "pp", "ep", "dp", "experts"):
            assert np.sum(sheet.inputs[q.name] == 1) > ROWS / 20
    if f.returns.numeric:
        assert np.isnan(answers).any() == bool(f.undefined)
        assert len(np.unique(answers)) > ROWS / 4 or has_years(f)
    else:
        assert set(answers.tolist()) == set(f.returns.choices or (True, False))


@pytest.mark.parametrize("sheet", FORMULA_SHEETS, ids=lambda sheet: sheet.name)
def test_evaluate_agrees(sheet: Sheet) -> None:
    """What is computed for the cache, before any spreadsheet opens the file."""
    (name, wanted), *_ = sheet.wanted.items()
    terms = np.broadcast_to(sheet.terms.get(name, np.zeros(1)), wanted.shape)
    for row in range(0, ROWS, 10):
        values: dict[str, Any] = {k: column[row] for k, column in sheet.inputs.items()}
        for step, tree in sheet.trees.items():
            years = [evaluate(tree, values, year) for year in range(tree.length)]
            values[step] = years or evaluate(tree, values)
        for ours, shown, term in np.nditer([wanted[row], values[name], terms[row]], ["refs_ok"]):
            assert difference(as_shown(ours.item()), as_shown(shown.item()), term) <= RTOL


@pytest.mark.parametrize("text", EXPRESSIONS)
def test_evaluate_is_numpy(text: str) -> None:
    for row in zip(*map(np.float64, XYZ.values()), strict=True):
        values = dict(zip(XYZ, row, strict=True))
        with np.errstate(all="ignore"):
            wanted = eval(text, {"np": np, **values})
        assert difference(as_shown(wanted), as_shown(evaluate(eval(text, cells(*XYZ)), values))) <= 1e-15


@pytest.mark.parametrize("ufunc", [np.expm1, np.log1p])
def test_evaluate_near_zero(ufunc: np.ufunc) -> None:
    for value in NEAR_ZERO + FAR[ufunc.__name__]:
        assert evaluate(ufunc(x), {"x": value}) == ufunc(value)


# -- spelling ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("tree", "text"),
    [
        (-(x**2), "-(x^2)"),  # −2^2 is 4 in a sheet
        (np.ceil(x**2), "-INT(-(x^2))"),
        ((-x) ** 2, "(-x)^2"),
        (x**y**2, "x^(y^2)"),  # 2^3^2 is 64 in a sheet
        ((x**y) ** 2, "(x^y)^2"),
        (x - (y - 1), "x-(y-1)"),
        (x - y - 1, "x-y-1"),
        (x / (y * 2), "x/(y*2)"),
        (x - -y, "x-(-y)"),
        (x * -2, "x*(-2)"),
        (np.where(x <= y, x, 1e-12), "IF(x<=y,x,1E-12)"),
        (joined('5" or ', chosen(x == "a", "b\nc", x)), '"5"" or "&IF(x="a","b"&CHAR(10)&"c",x)'),
        (joined("\n", x) == "a", '""&CHAR(10)&""&x="a"'),
        (Cell("constant", math.nan), "SQRT(-1)"),
        (x * True, "x*TRUE"),
        (1e15 * x + 1e9, "1E+15*x+1000000000"),
        (np.sum(flows, axis=-1), "SUM(flows[0][2])"),
        (np.sum(flows * (np.arange(3) == x), axis=-1), "SUMPRODUCT(flows[0][2]*({0,1,2}=x))"),
        (flows[..., 0] + flows[..., 2], "flows[0]+flows[2]"),
        (x * special.betaincinv(1 + x, 2, y), "x*BETAINV(y,1+x,2)"),  # scipy names the probability last
    ],
)
def test_spelling(tree: Cell, text: str) -> None:
    assert spelled(tree) == text


def test_spelling_of_a_year() -> None:
    assert spelled(np.cumsum(flows, axis=-1), 1) == "SUM(flows[0][1])"
    assert spelled(np.maximum.accumulate(flows, axis=-1), 2) == "MAX(flows[0][2])"
    assert spelled(flows * np.arange(3) + x, 2) == "flows[2]*2+x"


# -- text --------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("decimals", HALVES)
def test_fixed_rounds_halves_away_from_zero(decimals: int) -> None:
    for number, text in HALVES[decimals].items():
        assert evaluate(fixed(x, decimals), {"x": number}) == text


def test_quantiles() -> None:
    quantile = special.betaincinv(2, x, y)
    assert evaluate(quantile, {"x": 4.0, "y": 0.3}) == special.betaincinv(2, 4, 0.3)
    assert math.isnan(evaluate(quantile, {"x": math.nan, "y": 0.3}))


def test_joined_and_chosen() -> None:
    sentence = joined("It ", chosen(x <= 8, "fits", "is too much"), ": ", fixed(x, 1), ' "GB"\n')
    assert evaluate(sentence, {"x": 7.96}) == 'It fits: 8.0 "GB"\n'
    assert evaluate(sentence, {"x": 8.06}) == 'It is too much: 8.1 "GB"\n'
    assert math.isnan(evaluate(sentence, {"x": math.nan}))
    assert evaluate(joined(ref("word"), ref("word")), {"word": "a"}) == "aa"
    assert evaluate(chosen(ref("word") == "FULL", 1, 2), {"word": "full"}) == 1  # as a sheet compares


def test_only_fixed_turns_a_number_into_text() -> None:
    with pytest.raises(Untraceable, match="FIXED"):
        evaluate(joined("flag: ", x), {"x": True})


# -- what has no worksheet form ----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "text",
    [
        "bool(x)", "1 if x > y else 2", "x > y and y > 1", "not x", "max(x, y)", "x in (1, 2)",
        "hash(x)", "{x: 1}", "{'full': 2}.get(x)", "float(x)", "int(x)", "math.sqrt(x)", "range(x)", "round(x)",
        "list(x)", "sum(x)", "x[0]", "x[..., 0]", "flows[0]", "flows[..., 1:]", "x // y", "x*[1, 2]", "x*None", "x*1j",
        "x*np.ones((2, 2))", "Cell('constant', np.array([x, y])*2)", "x*np.array([x, y], dtype=object)",
        "np.add(x, y, where=False)", "np.add.reduce(x)", "np.cumsum(flows, axis=0)",
        "np.sum(flows, axis=-1, where=flows > 0)", "np.sum(flows, axis=-1, keepdims=True)",
        "np.sum(x)",  # in a column, of all scenarios together
        "flows[..., -1]", "flows[..., 3]",  # cells that are not of the series
    ],
)  # fmt: skip
def test_refused(text: str) -> None:
    with pytest.raises(TypeError):
        eval(text, globals())


@pytest.mark.parametrize(
    "text",
    [
        "special.betainc(x, 2, y)",
        "special.betaincinv(1, 2, x, where=False)",
        "np.sin(x)",
        "np.isnan(x)",
        "np.mod(x, 2)",
        "np.clip(x, 0, 1)",
        "np.mean(x)",
        "np.prod(x)",
        "np.round(x)",
    ],
)
def test_refusal_says_what_there_is(text: str) -> None:
    with pytest.raises(Untraceable, match=r"no worksheet form.*(maximum|where)"):
        eval(text, globals())


@pytest.mark.parametrize("literal", [1 / 3, 0.1 + 0.2, math.pi, np.float64(2 / 3), 1234567890123456, 2**60])
def test_literals_keep_their_digits(literal: Any) -> None:
    """A spreadsheet reads 15 digits; more would be dropped in silence."""
    with pytest.raises(Untraceable, match="15 digits"):
        x * literal


@pytest.mark.parametrize("literal", [123456789012345, 0.1, 1e300, 1e-12, np.int64(3), np.float64(0.5), True])
def test_literals(literal: Any) -> None:
    assert evaluate(x * literal, {"x": 1.0}) == literal == eval(spelled(x * literal), {"x": 1, "TRUE": True})


# -- helper rows -------------------------------------------------------------------------------------------------------
def twice(params: Any, tokens: Any) -> Any:
    return train_flops(params, tokens) + train_flops(params, tokens=tokens)


def both_ways(params: Any, tokens: Any) -> Any:
    return train_flops(params, tokens) / train_flops(tokens, params)


def the_same(params: Any, tokens: Any) -> Any:
    return train_flops(params, tokens)


def constant(params: Any, tokens: Any) -> Any:
    return 0 * params + train_flops(2.0, 3.0)


def rows(tracer: Tracer, fn: Callable[..., Any], name: str = "") -> dict[str, str]:
    """Every row that a formula takes, spelled."""
    f = CLOSED.get(fn.__name__) or Formula(fn, ("flops",), "C", (), "", "", {})
    tree, helpers = tracer.trace(name or f.name, f, (ref("params"), ref("tokens")))
    return {**{h.id: spelled(h.tree) for h in helpers}, name or f.name: spelled(tree)}


def test_a_formula_called_twice_is_one_row() -> None:
    assert rows(Tracer(), twice) == {
        "twice.train_flops": "6*params*tokens",
        "twice": "twice.train_flops+twice.train_flops",
    }


def test_other_arguments_are_another_row() -> None:
    assert rows(Tracer(), both_ways) == {
        "both_ways.train_flops": "6*params*tokens",
        "both_ways.train_flops_2": "6*tokens*params",
        "both_ways": "both_ways.train_flops/both_ways.train_flops_2",
    }


def test_a_row_that_is_there_already_is_used() -> None:
    tracer = Tracer()
    rows(tracer, train_flops)
    assert rows(tracer, twice) == {"twice": "train_flops+train_flops"}
    assert rows(tracer, both_ways)["both_ways"] == "train_flops/both_ways.train_flops"


def test_an_answer_that_is_another_formulas_takes_no_extra_row() -> None:
    tracer = Tracer()
    assert rows(tracer, the_same) == {"the_same": "6*params*tokens"}
    assert rows(tracer, twice) == {"twice": "the_same+the_same"}, "refers to a row that there is"


def test_a_formula_of_numbers_is_a_number() -> None:
    assert rows(Tracer(), constant) == {"constant": "0*params+36"}


@pytest.mark.parametrize("f", [f for f in CLOSED.values() if not has_years(f)], ids=lambda f: f.name)
def test_trace(f: Formula) -> None:
    """Cells are named as the arguments, the fields of a record after it."""
    tree, helpers = trace(f)
    found = {**{h.id: h.tree for h in helpers}, f.name: tree}
    records = [p.name for p in f.parameters if p.record]
    for name, wanted in trees(f).items():
        text = spelled(found[name])
        for record in records:
            text = text.replace(f"{record}.", "")
        assert text == spelled(wanted)


@each_formula
def test_omitted_arguments(f: Formula) -> None:
    """An argument that takes another's value names that one's cell."""
    named = {p.name: ref(p.name) for p in f.parameters}
    for p in f.parameters:
        if p.same_as:
            omitted, given = (named | {p.name: what} for what in (None, named[p.same_as]))
            assert calculated(f, omitted) == calculated(f, given)


def calculated(f: Formula, args: dict[str, Any]) -> dict[str, str]:
    """Every row of a formula, spelled."""
    given = (p.record.type(*map(ref, p.record.type._fields)) if p.record else args[p.name] for p in f.parameters)
    tree, helpers = Tracer().trace(f.name, f, tuple(given))
    return {**{h.id: spelled(h.tree) for h in helpers}, f.name: spelled(tree)}


@each_formula
def test_a_person_can_read_every_cell(f: Formula) -> None:
    for name, tree in trees(f, 4).items():
        text = spell(tree, lambda _, *years: "$D$23" + ":$G$23" * (len(set(years)) > 1), 0 if tree.length else None)
        assert len(text) <= LONGEST, f"{name}: {text}"


LONGEST = 250


# -- no number without a reason ----------------------------------------------------------------------------------------
HOUR = {3600: "seconds an hour"}
DAY = {24: "hours a day"}
YEAR = {8760: "hours a year"}
GB = {1e9: "bytes a GB"}
MTOK = {1e6: "tokens a Mtok"}
KILO = {1000: "W a kW, g a kg, kg a t"}
HOURLY = {60: "minutes an hour"}
TRAIN = {6: "C = 6ND"}
SERVE = {2: "2ND, forward only"}
SLOPE = {1: "N^−(α+1): Hoffmann et al. 2022 equation 10, derived"}
STAGES = {1: "ZeRO stage; one copy", 2: "ZeRO stage", 3: "ZeRO stage"}
DENSE = {1: "expert: a dense model", 0: "nothing of a mixture, or of a dense model"}
NAN = {1: "SQRT(-1) is #NUM!"}
# Guards: floating-point noise, which a spreadsheet rounds away before it compares or truncates, must not decide.
CEIL = {9: "decimals that count before rounding up"}
FLOOR = {9: "decimals that count before rounding down"}
LESS = {0.999999999999: "less by more than noise"}
MORE = {1.000000000001: "more by more than noise"}
PAID = {1e-12: "within noise of 0, relative to the first flow"}
ORDERED = {1e-12: "not above the next by more than noise"}
EXPM1 = {1: "where e^x − 1 loses no digits", 2: "e^x − 1 = 2·EXP(x/2)·SINH(x/2)"}
LOG1P = {0.5: "where ln(1 + x) loses no digits", 1: "1 + x", 2: "ln(1 + x) = 2·ATANH(x/(2 + x))"}
PAYBACK = {0: "year; at once", 1: "year; the year before", 2: "year", 3: "years in all"}
PF_DAY = {8.64e19: "FLOP a petaflop/s-day"}

LITERALS: dict[str, dict[float, str]] = {
    "attention_params": {2: "queries and outputs; keys and values"},
    "feed_forward_params": {2: "matrices", 3: "matrices if gated"},
    "bias_params": {0: "no learned positions", 1: "inner map", 2: "inner maps if gated; keys and values; norm"},
    "param_count": NAN | DENSE | {2: "norms; embeddings unless tied"},
    "train_flops": TRAIN,
    "tokens_for_flops": TRAIN,
    "model_flops": NAN
    | {0: "no latent attention", 0.5: "causal", 2: "FLOP a weight", 3: "forward and backward", 4: "FLOP a score"},
    "gpu_hours": HOUR,
    "train_days": DAY,
    "gpus_for_deadline": DAY | CEIL,
    "mfu": HOUR,
    "tokens_from_gb": GB,
    "active_param_count": {0: "no learned positions", 1: "inner map", 2: "inner maps if gated"},
    "forward_flops": SERVE,
    "finetune_flops": TRAIN | {4: "without gradients of the weights", 2: "forward only"},
    "data_usd_mtok": MTOK,
    "annotation_usd": HOURLY | {1: "labelling itself"},
    "items_for_budget": FLOOR,
    "synthetic_usd": MTOK,
    "carbon_usd": KILO,
    "lifetime_usd": TRAIN | SERVE | MTOK,
    "params_for_budget": NAN | MORE | TRAIN | SERVE | MTOK,
    "tokens_for_budget": NAN | MORE | TRAIN | SERVE | MTOK,
    "option_cost_usd": NAN,
    "unique_tokens_wanted": {0: "nothing bought"},
    "best_use": MORE,
    "loss_valued": {0: "no value given"},
    "cheapest_option": MORE,
    "loss_benefit_usd": NAN | MORE | {100: "percent a whole"},
    "labor_benefit_usd": HOURLY,
    "team_usd": {1: "pay itself", 12: "months a year"},
    "energy_kwh": KILO,
    "it_kwh": KILO,
    "carbon_kg": KILO,
    "abatement_usd_tonne": NAN | MORE | KILO,
    "market_grams_per_kwh": {1: "1 − renewable share"},
    "experiment_usd": {1: "the final run"},
    "deviation": {1: "the reference itself"},
    "yearly_flow": {0: "the year of the investment", 1: "1 + growth; the first year of benefit"},
    "yearly_cost_flow": {0: "the year of the investment", 1: "1 + growth; the first year of cost"},
    "project_flow": {0: "the year of the investment", 1: "1 + growth, 1 − decline; the first year of compute"},
    "net_flow": {0: "the year of the investment", 1: "1 + growth; the first year of benefit and cost"},
    "npv": {0: "year", 1: "year; 1 + rate", 2: "year"},
    "unpaid_years": PAID,
    "payback": NAN | PAYBACK,
    "discounted_payback": NAN | PAYBACK,
    "discounted_flows": {0: "year, over three years the first of them", 1: "1 + rate"},
    "profitability_index": NAN | {0: "an investment", 1: "1 + NPV a unit invested"},
    "continuous_rate": LOG1P,
    "capital_recovery": NAN | EXPM1 | {0: "no years; no interest", 1: "1/n"},
    "owned_gpu_hour_usd": YEAR | {1: "1 + rate; 1 − residual"},
    "yearly_gpu_usd": YEAR,
    "buy_or_rent_months": NAN | MORE,
    "price_path": {1: "1 − decline"},
    "expected_loss_usd": {1: "1 − mitigation"},
    "size_balance": {1: "1/(α+β), Hoffmann et al. 2022 equation 4"},
    "optimal_params": TRAIN,
    "optimal_tokens": TRAIN,
    "params_for_loss": NAN | MORE | {1: "1/α"},
    "tokens_for_loss": NAN | MORE | {1: "1/β"},
    "flops_for_loss": NAN | MORE | TRAIN,
    "kaplan_loss": {6.4e13: "N_c, Kaplan et al. 2020 Table 2", 1.8e13: "D_c", 0.076: "α_N", 0.103: "α_D"},
    "kaplan_optimal_params": PF_DAY | {1.3e9: "Kaplan et al. 2020 appendix A", 0.73: "p_N"},
    "kaplan_optimal_tokens": PF_DAY | {2e10: "Kaplan et al. 2020 appendix A", 0.27: "p_D"},
    "critical_batch": {2e8: "B*, Kaplan et al. 2020 equation 1.4", 0.21: "α_B"},
    "llama3_optimal_tokens": {0.299: "Llama 3 figure 3", 0.537: "the same"},
    "deepseek_batch": {0.292: "DeepSeek LLM 2024 equation 1", 0.3271: "the same"},
    "deepseek_learning_rate": {0.3118: "DeepSeek LLM 2024 equation 1", 0.125: "the same"},
    "moe_loss": {
        0.47: "c, Krajewski et al. 2024 Table 1", 2.1: "g", 0.58: "γ", 18.1: "a", 0.115: "α", 30.8: "b", 0.147: "β",
    },
    "effective_tokens": EXPM1 | {0: "no repeats", 1: "first epoch"},
    "usable_params": {0.0509865176536583: "(A/B)^(1/α), Muennighoff et al. 2023 equation 6", 1: "first epoch"},
    "effective_params": EXPM1 | {1: "usable ones count in full", 5.309743: "R_N*, Muennighoff et al. 2023"},
    "repeated_loss": {  # of C4, Muennighoff et al. 2023
        1.86914367840549: "e^0.6254804", 520.824951659919: "e^6.255414", 1487.71609378286: "e^7.3049974",
        0.3526596: "α = β",
    },
    "max_epochs": {1: "first epoch"},
    "corpus_for_skills": {1: "1/γ"},
    "may_emerge": LESS,
    "usd_per_flop": HOUR,
    "marginal_loss_params": SLOPE | TRAIN | SERVE,
    "marginal_loss_tokens": SLOPE | TRAIN | MTOK,
    "breakeven_data_price": SLOPE | TRAIN | MTOK,
    "next_dollar": LESS | MORE | {1: "1 + band, 1/(1 + band)"},
    "weight_gb": {8e9: "bits a GB"},
    "model_state_gb": GB | STAGES,
    "activation_bytes": {
        0: "no scores", 2: "kept if recomputed in full", 4: "c = 8 + 4·f·k/h", 5: "5·a·s/h", 8: "c", 10: "10 + c",
    },  # Korthikanti et al. 2022, equations 1 to 6
    "activation_gb": GB,
    "dense_shard_params": DENSE | {2: "norms; embeddings on one GPU"},
    "expert_shard_params": DENSE,
    "train_state_gb": NAN | {1: "expert: a dense model"},
    "train_gb": NAN | GB | {0: "no latent attention; no head", 1: "stage with the head too", 4: "head", 8: "bytes"},
    "last_stage_gb": NAN | GB | {0: "no latent attention", 4: "head"},
    "usable_gb": {1: "1 − headroom"},
    "min_gpus": CEIL,
    "kv_cache_gb": {0: "no latent attention", 2: "keys and values", 8e9: "bits a GB"},
    "serve_gb": {1: "1 + overhead"},
    "max_batch": FLOOR | {0: "none fits"},
    "lora_params": {2: "A and B of each matrix, Hu et al. 2021"},
    "lora_gb": GB | {16: "bytes: weight, gradient, Adam"},
    "data_parallel_fits": MORE,
    "triangular": NAN | ORDERED | {0: "all equal but for noise", 1: "1 − u"},
    "pert": NAN | ORDERED | {0: "level of the lowest value", 1: "shape 1 + 4·…; level of the highest", 4: "shape"},
    "prefill_seconds": SERVE,
    "requests_per_s": {1: "a second over the seconds of a request"},
    "serving_gpus": CEIL,
    "running_batch": {1: "at least one sequence"},
    "output_share": NAN | {0: "no tokens"},
    "load_utilization": {31536000: "seconds a year"},
    "yearly_tokens_usd": MTOK,
    "staffed_gpu_hour_usd": YEAR,
    "quantized_quality": {8: "bits", 16: "bits"},
    "unlicensed_items": {0: "the terms allow training"},
    "kv_gb_per_token": {0: "no latent attention", 1: "one token", 2: "keys and values", 8e9: "bits a GB"},
    "peak_requests_per_s": {86400: "seconds a day"},
    "yearly_tokens": {365: "days a year"},
    "yearly_tasks": {365: "days a year"},
    "breakeven_requests": NAN | MORE | {0: "no more fixed cost than the API"},
    "failure_cost": {1: "1 − success"},
    "present_cost_usd": {1: "1 + growth"},
    "months_to_reach": NAN | MORE | {0: "reached; growth", 12: "months a year"},
    "option_allowed": MORE,
    "usd_per_task": NAN | {0: "no tasks"},
    "selfhost_usd_mtok": MTOK | HOUR,
    "energy_usd_mtok": MTOK | HOUR | KILO,
    "api_usd": MTOK | {1: "1 − cached"},
    "blended_usd_mtok": {1: "1 − output share"},
    "breakeven_tokens": NAN | MORE | MTOK,
    "usd_per_success": {1: "1 − success"},
}  # fmt: skip
"""Every number in a native formula, over three years: a unit, a coefficient of the cited equation, or a guard."""


def numbers(tree: Cell) -> set[float]:
    tokens = Tokenizer("=" + spell(tree, lambda *_: "A1", 0 if tree.length else None)).items
    return {float(t.value) for t in tokens if t.type == Token.OPERAND and t.subtype == Token.NUMBER}


@each_formula
def test_every_number_has_a_reason(f: Formula) -> None:
    """A formula called inside another has its own row, and its own numbers there."""
    assert numbers(trees(f, 3)[f.name]) == set(LITERALS.get(f.name, {}))
