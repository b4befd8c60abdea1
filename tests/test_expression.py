"""What one types into a cell means here what it means in Excel; nothing but the library can be reached."""

from typing import Any

import numpy as np
import pytest

from xlllm.errors import XlllmError
from xlllm.expression import DEEPEST, LONGEST, as_json, evaluate


def value(text: str) -> Any:
    outcome = evaluate(text)
    assert outcome.error is None, outcome.error
    return outcome.value.tolist() if isinstance(outcome.value, np.ndarray) else outcome.value


def error(text: str) -> tuple[str, str]:
    found = evaluate(text).error
    assert isinstance(found, XlllmError), evaluate(text)
    return found.cell, found.message


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("-2^2", 4.0), ("=-2^2", 4.0), (" = 1 ", 1.0), ("2^3^2", 64.0), ("2^-1", 0.5), ("2^-1^2", 0.25),
        ("0-2^2", -4.0), ("1-2-3", -4.0), ("8/4/2", 1.0), ("2+3*4", 14.0), ("(2+3)*4", 20.0), ("2*3^2", 18.0),
        ("50%", 0.5), ("2^50%", 2**0.5), ("-50%^2", 0.25), ("200%%", 0.02), ("10%*10", 1.0), ("+-+1", -1.0),
        ("--3", 3.0), ('"5"+1', 6.0), ('"40%"*1', 0.4), ("TRUE+TRUE", 2.0), ("true", True), ("FALSE()", False),
        (".5", 0.5), ("5.", 5.0), ("1.4e12", 1.4e12), ("1E-3", 1e-3), ('"a""b"', 'a"b'), ('"a"&"b"&1', "ab1"),
        ("1&2+3", "15"), ('1e24&""', "1E+24"), ("TRUE&1", "TRUE1"), ("1=1", True), ("1<>1", False), ("2<=1", False),
        ("1+1=2", True), ('"A"="a"', True), ('"a"<"b"', True), ('1<"a"', True), ('"z"<TRUE', True), ("0=FALSE", False),
        ("3>=0.1*3*10", True), ("0.1+0.2=0.3", True), ("1=1=TRUE", True), ("(1)", 1.0), ("((1))", 1.0),
        ("{1,2;3,4}", [[1.0, 2.0], [3.0, 4.0]]), ("{1,2}*10", [[10.0, 20.0]]),
        ("{1;2}+{10,20}", [[11.0, 21.0], [12.0, 22.0]]),
        ("-{1,2}", [[-1.0, -2.0]]), ('{-1,"a",TRUE}', [[-1.0, "a", True]]), ("{1,2}>1", [[False, True]]),
        ("{10,20}%", [[0.1, 0.2]]), ("0^1", 0.0), ("5^0", 1.0), ("(-8)^3", -512.0),
    ],
)  # fmt: skip
def test_grammar(text: str, wanted: Any) -> None:
    assert value(text) == wanted
    assert type(value(text)) is type(wanted)


@pytest.mark.parametrize(
    ("text", "cell", "says"),
    [
        ("1/0", "#DIV/0!", "zero"), ("0^0", "#NUM!", "no value"), ("0^-1", "#DIV/0!", "zero"),
        ("1e400", "#NUM!", "large"),
        ("1e300*1e300", "#NUM!", "large"), ("10^400", "#NUM!", "large"), ("(-8)^(1/3)", "#NUM!", "none"),
        ('"a"+1', "#VALUE!", "'a' is no number"), ("#N/A+1", "#N/A", "already"), ("#n/a", "#N/A", "already"),
        ("LLM_LOSS(#DIV/0!,1)", "#DIV/0!", "already"), ("{1,2}+{1,2,3}", "#VALUE!", "sizes do not match"),
        ("", "#VALUE!", "empty"), ("=", "#VALUE!", "empty"), ("1+", "#VALUE!", "too early"),
        ("(1", "#VALUE!", ") is missing"),
        ("1)", "#VALUE!", "character 2"), ("1 2", "#VALUE!", "character 3"), ("*1", "#VALUE!", "character 1"),
        ('"abc', "#VALUE!", "closing quotation"), ("1 ? 2", "#VALUE!", "'?'"),
        ("{1,2;3}", "#VALUE!", "differ in length"),
        ("{1+1}", "#VALUE!", "missing"), ("{}", "#VALUE!", "constants only"),
        ("{LLM_VERSION()}", "#VALUE!", "constants only"),
        ("A1", "#VALUE!", "A1 without quotes is a cell"), ("$A$1", "#VALUE!", "quotes"), ("A1:B2", "#VALUE!", "cell"),
        ("{1}:{2}", "#VALUE!", "there are no cells"), ("Sheet1!A1", "#VALUE!", "quotes"),
        ("budget", "#VALUE!", "budget without quotes means nothing"), ("LLM_LOSS", "#VALUE!", "quotes"),
        ('LLM_GPU(H100,"watts")', "#VALUE!", 'H100 without quotes is a cell of a sheet: write "H100"'),
        ("LLM_LOS(1,2)", "#NAME?", "nearest: LLM_LOSS"), ("SUM(1,2)", "#NAME?", "only those of xlllm"),
        ("__import__(1)", "#NAME?", "only those of xlllm"), ("xlllm.loss(1,2)", "#NAME?", "only those of xlllm"),
        ("LLM_LOSS(1)", "#VALUE!", "needs tokens"), ("LLM_LOSS(70e9,,)", "#VALUE!", "needs tokens"),
        ("LLM_LOSS(1,2,3,4)", "#VALUE!", "takes 3 arguments"), ("LLM_GPU_HOURS(1e20,312e12,40)", "#NUM!", "0.4 or 40%"),
        ('LLM_GPU("H1000","watts")', "#N/A", "nearest"), ('LLM_GPU("TPU v4","watts")', "#N/A", "not published"),
        ("LLM_TEAM_SPLIT({1,2})", "#VALUE!", "table"), ("LLM_NPV(0.1,{1,2;3,4})", "#VALUE!", "one row or one column"),
    ],
)  # fmt: skip
def test_errors_teach(text: str, cell: str, says: str) -> None:
    found = error(text)
    assert found[0] == cell
    assert says in found[1]


@pytest.mark.parametrize(
    ("text", "wanted", "unit"),
    [
        (
            'LLM_GPU_HOURS(LLM_TRAIN_FLOPS("65.2B",1.4e12), LLM_GPU("A100 SXM 80GB","peak_flops"), 0.477)',
            1_022_236.5568,
            "GPU-hours",
        ),
        ("llm_train_flops(175e9,300e9)", 3.15e23, "FLOP"),
        ("LLM.TRAIN_FLOPS(175e9,300e9)", 3.15e23, "FLOP"),
        ("(LLM_TRAIN_FLOPS(175e9,300e9))", 3.15e23, "FLOP"),
        ("LLM_TRAIN_FLOPS(175e9,300e9)/2", 1.575e23, None),
        ('LLM_GPU("H100","watts")', 700.0, "W"),
        ('LLM_RUN("LLaMA 65B","kwh")', 449_000.0, "kWh"),
        ('LLM_GPU("H100","vendor")', "NVIDIA", None),
        ("LLM_NPV(0.1,{-1000;300;400;500;200})", 115.5658766, "USD"),
        ("LLM_NPV(0.1,{-1000,300,400,500,200})", 115.5658766, "USD"),
        ('LLM_LOSS(70e9,1.4e12,"hoffmann-2022-rounded")', 1.9366454706, "nats/token"),
        ("LLM_LOSS(70e9,1.4e12,{1.69,406.4,410.7,0.34,0.28})", 1.9366454706, "nats/token"),
        ("LLM_LOSS(70e9,1.4e12,)", 1.9738818631585637, "nats/token"),
        ("LLM_MAY_EMERGE(1e9,1e12)", True, None),
        ("LLM_PRICE_RATIO(30,60,2,2)", 22.5, "×"),
    ],
)  # fmt: skip
def test_functions(text: str, wanted: Any, unit: str | None) -> None:
    outcome = evaluate(text)
    assert outcome.value == (pytest.approx(wanted, rel=1e-6) if isinstance(wanted, float) else wanted)
    assert outcome.unit == unit


def test_ranges_spill() -> None:
    assert value("LLM_TRAIN_FLOPS({1e9;2e9},{1e10,1e11})") == [[6e19, 6e20], [1.2e20, 1.2e21]]
    assert value('LLM_GPU({"H100";"A100 SXM"},"memory_gb")') == [[80.0], [80.0]]
    assert value('LLM_LIST("law")')[0] == ["besiroglu-2024"]
    plan = evaluate('LLM_PARALLEL_PLAN({"llama 2 7b";"llama 2 70b"},4096,64,80)')
    assert plan.value.shape == (2, 8)
    assert plan.unit == ["copies", "GPUs", "stages", "GPUs", "stage", None, "GB", None]


def test_one_bad_cell_is_one_error() -> None:
    outcome = evaluate("LLM_GPU_HOURS(1e20,312e12,{0.4,40,0.5})*2")
    found = as_json(outcome)
    assert [type(x) for x in found["value"][0]] == [float, str, float]
    assert found["value"][0][1] == "#NUM!"
    assert found["error"]["cell"] == "#NUM!"
    assert "0.4 or 40%" in found["error"]["message"]


def test_warnings_outside_the_fitted_range() -> None:
    assert evaluate("LLM_LOSS(1e9,1e10)").warnings == []
    assert "params 70B leaves the" in evaluate("LLM_LOSS(70e9,1e11)").warnings[0]
    assert "besiroglu-2024" in evaluate("LLM_LOSS(70e9,1e11)").warnings[0]
    typed = evaluate("LLM_LOSS(70e9,1e11,{1.8172,482.01,2085.43,0.3478,0.3658})")
    assert "besiroglu-2024" in typed.warnings[0], "a law typed into cells is known by its constants"
    assert evaluate("LLM_LOSS(70e9,1e11,{1,400,2000,0.3,0.3})").warnings == [], "nobody says where this was fitted"
    assert evaluate("LLM_KAPLAN_LOSS(175e9,1e10)").warnings
    assert evaluate("LLM_OPTIMAL_PARAMS(1e26)").warnings, "an answer may leave the range as well"
    nested = evaluate("LLM_LOSS(70e9,1e11)-LLM_LOSS(80e9,1e11)")
    assert len(nested.warnings) == 2


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("1" * 10_000_000, f"{LONGEST:,}"),
        ("(" * 10_000 + "1" + ")" * 10_000, f"{LONGEST:,}"),
        ("(" * 4_000 + "1" + ")" * 4_000, f"{DEEPEST} deep"),
        ("LLM_NUMBER(" * 100 + "1" + ")" * 100, f"{DEEPEST} deep"),
        ("{" + ",".join(["1"] * 1_000_000) + "}", f"{LONGEST:,}"),
        ('"' + "a" * 10_000_000 + '"', f"{LONGEST:,}"),
        ("-" * 8_000, "too early"),
        ("1" + "+1" * 4_000 + "+", "too early"),
        ("1" + "%" * 8_000 + "%%" + "?", "'?'"),
        ("\x00", "means nothing"),
    ],
    ids=[
        "10 MB", "10,000 brackets", "4,000 brackets", "100 calls", "10^6 numbers", "long text", "signs", "sums",
        "percents", "NUL",
    ],
)  # fmt: skip
def test_monsters_are_refused_at_once(text: str, says: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is longer than a cell holds is refused unread; the rest is at most a cell long."""
    if len(text) > LONGEST:
        monkeypatch.setattr("xlllm.expression._tokens", pytest.fail)
    cell, message = error(text)
    assert cell == "#VALUE!"
    assert says in message
    assert len(message) < 300


def test_as_deep_as_a_sheet_takes() -> None:
    assert value("(" * DEEPEST + "1" + ")" * DEEPEST) == 1.0
    assert value("1" + "+1" * 4_000) == 4001.0
    assert value("-" * 4_000 + "1") == 1.0
