"""The first workbook: recalculated in a spreadsheet engine nobody here wrote, linted, compared byte by byte."""

import io
import re
import zipfile
from pathlib import Path

import numpy as np
import pytest
from engines import Error, differences, ironcalc_values
from engines import cached as cached_values
from openpyxl import Workbook, load_workbook
from openpyxl.formula import Tokenizer

from xlllm.errors import InputError
from xlllm.plan import Plan, build
from xlllm.template import Scenario, load_scenario, load_template
from xlllm.workbook.report import Report
from xlllm.workbook.styles import Painter
from xlllm.workbook.words import SHEETS

LANGUAGES = ("en", "ja")


def changed(**inputs: object) -> Scenario:
    """The LLaMA-65B scenario with other inputs."""
    scenario = load_scenario("llama-65b").model_dump(by_alias=True)
    scenario["inputs"] |= inputs
    return Scenario.model_validate(scenario)


@pytest.fixture(scope="module", params=LANGUAGES)
def report(request: pytest.FixtureRequest) -> Report:
    return Report(build(load_scenario("llama-65b")), request.param)


@pytest.fixture(scope="module")
def path(report: Report, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("book") / f"llama-{report.lang}.xlsx"
    file.write_bytes(report.xlsx)
    return file


def saved(report: Report, folder: Path) -> Path:
    file = folder / "book.xlsx"
    file.write_bytes(report.xlsx)
    return file


def test_every_formula_recalculates_to_its_cached_value(path: Path) -> None:
    expected = cached_values(path)
    assert len(expected) > 500
    assert differences(expected, ironcalc_values(path), path) == []


def test_no_formula_shows_an_error(path: Path) -> None:
    assert [at for at, value in cached_values(path).items() if isinstance(value, Error)] == []


@pytest.mark.parametrize("case", ["Low", "High"])
def test_the_selector_drives_every_sheet(case: str, tmp_path: Path) -> None:
    """The workbook with another case chosen equals the engine's results of that case."""
    report = Report(build(load_scenario("llama-65b")), "en")
    book = load_workbook(io.BytesIO(report.xlsx))
    book["Inputs"]["C3"] = case
    file = tmp_path / "book.xlsx"
    book.save(file)
    shown = ironcalc_values(file)
    results = report.plan.results(case.lower())
    names = {n: d.attr_text for n, d in book.defined_names.items()}
    for row in report.plan.rows.values():
        if row.helper or row.length:
            continue
        sheet, cell = names[row.id].replace("$", "").split("!")
        got = shown[sheet, cell]
        assert got == (pytest.approx(results[row.id], rel=1e-12) if row.quantity.numeric else results[row.id]), row.id


FLIPS = {
    "memory stops fitting": ({"gpu": "V100 SXM2 32GB", "mfu": 0.3}, "✖", "Do not approve"),
    "the deadline passes": ({"deadline_days": 20}, "✖", "Do not approve"),
    "free data, R above 1": ({"tokens": "400B", "served_tokens": "2T"}, "", "Spend the next dollar on data"),
    "R below 1": ({"tokens": "3T"}, "", "Spend the next dollar on a bigger model"),
    "NPV turns negative": ({"yearly_benefit_usd": 1_000_000}, "✖", "no payback"),
    "everything holds": (
        {"params": "13B", "arch": "LLaMA 13B", "tokens": 5.4768e23 / 6 / 13e9, "second_law": "besiroglu-2024"},
        "✔",
        "Approve $10.2M: 2,048",
    ),
    "inside every range": (
        {
            "params": "6.7B",
            "arch": "LLaMA 7B",
            "tokens": "1T",
            "second_law": "besiroglu-2024",
            "published": "LLaMA 65B",
            "gpus": 512,
        },
        "◐",
        "Approve",
    ),
}


@pytest.mark.parametrize("name", FLIPS)
def test_the_sentence_follows_the_numbers(name: str, tmp_path: Path) -> None:
    inputs, mark, words = FLIPS[name]
    scenario = changed(**inputs)
    template = load_template(scenario.template)
    if name == "everything holds":  # no law was fitted to as many tokens
        template = template.model_copy(update={"checks": [c for c in template.checks if c.row != "tokens"]})
    report = Report(Plan(template, scenario), "en")
    assert words in report.decision, report.decision
    if mark:
        assert mark in str(report.shown("dashboard", "N2"))
    file = saved(report, tmp_path)
    expected = cached_values(file)
    unpaid = [at for at, value in expected.items() if isinstance(value, Error)]  # the low case never pays back
    assert differences(expected, ironcalc_values(file), file, allowed_errors=unpaid) == []


def test_random_inputs_recalculate_alike(tmp_path: Path) -> None:
    """Admissible changes, typed into the finished workbook, against the engine."""
    rng = np.random.default_rng(3)
    plan = build(load_scenario("llama-65b"))
    report = Report(plan, "en")
    vary = [
        "params",
        "tokens",
        "served_tokens",
        "mfu",
        "gpu_hour_usd",
        "pue",
        "grams_per_kwh",
        "acquire_usd",
        "fte",
        "rate",
        "yearly_benefit_usd",
    ]
    for _ in range(8):
        book = load_workbook(io.BytesIO(report.xlsx))
        values = {
            id: float(
                np.clip(plan.base[id] * np.exp(rng.uniform(-0.5, 0.5)), None, 1 if id in ("mfu", "rate") else None)
            )
            for id in vary
        }
        values["pue"] = max(values["pue"], 1.0)
        for id, value in values.items():
            sheet, cell = book.defined_names[id].attr_text.replace("$", "").split("!")
            book[sheet][cell.replace("C", "F")] = value
        file = tmp_path / "book.xlsx"
        book.save(file)
        shown, engine = ironcalc_values(file), plan.evaluate(values)
        for row in plan.rows.values():
            if row.helper or row.length or not row.quantity.numeric:
                continue
            sheet, cell = book.defined_names[row.id].attr_text.replace("$", "").split("!")
            got, want = shown[sheet, cell], float(engine[row.id])
            if np.isnan(want):
                assert isinstance(got, str)
                assert got.startswith("#")
            else:
                largest = float(np.max(np.abs(engine["yearly_flow"]))) if row.id in ("npv", "payback") else 0
                assert got == pytest.approx(want, rel=1e-12, abs=max(1e-12 * largest, 1e-12)), row.id


def test_the_same_plan_gives_the_same_bytes(report: Report) -> None:
    again = Report(build(load_scenario("llama-65b")), report.lang)
    assert again.xlsx == report.xlsx
    with zipfile.ZipFile(io.BytesIO(report.xlsx)) as file:
        assert {i.date_time for i in file.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert b"2023-02-27T00:00:00Z" in file.read("docProps/core.xml")


def test_only_inputs_can_be_typed(path: Path, report: Report) -> None:
    book = load_workbook(path)
    for ws in book:
        for row in ws.iter_rows():
            for cell in row:
                if cell.value is not None and not cell.protection.locked:
                    assert ws.title == report._canvas.ws["inputs"].title
                    assert cell.fill.start_color.rgb.endswith("FFF9E0")


def test_every_typed_number_is_validated(path: Path, report: Report) -> None:
    ws = load_workbook(path)[report._canvas.ws["inputs"].title]
    for row in ws.iter_rows(min_row=3):
        for cell in row:
            if not cell.protection.locked:
                rules = [r for r in ws.data_validations.dataValidation if cell.coordinate in r.sqref]
                assert len(rules) == 1, cell.coordinate
                assert rules[0].error
                assert (
                    re.search("[ぁ-ん一-龥]", rules[0].error)
                    if report.lang == "ja"
                    else not re.search("[ぁ-ん一-龥]", rules[0].error)
                )


def test_every_input_has_unit_source_and_date(report: Report) -> None:
    for item in report.plan.inputs.values():
        assert item.given.source, item.id
        assert item.given.as_of or item.given.source == "default", item.id


# design: literals are unit conversions and the coefficients of the cited equation; formulas are linted by name in
# test_native.py. What the sheets add around them:
LITERALS = {
    "calculation": {"0", "1"},
    "inputs": {"1", "2", "3"},  # the number of the case
    "checks": {"0"},
    "dashboard": {"0", "1", "2", "3", "10", "100", "1000", "1000000"},  # signs, decimals, line break, %, k, M
    "chart_data": {"0", "1", "1000000"},
    "facts": {"0"},
}


def test_no_literal_outside_the_rule(path: Path, report: Report) -> None:
    formulas = set()
    for row in report.plan.rows.values():
        formulas |= set(re.findall(r"(?<![A-Za-z_$])\d+\.?\d*(?:E[+-]?\d+)?", _spelled(row.tree)))
    title_of = {ws.title: id for id, ws in report._canvas.ws.items()}
    for ws in load_workbook(path):
        id = title_of[ws.title]
        allowed = LITERALS.get(id, set()) | (formulas if id in ("calculation", "years") else set())
        for row in ws.iter_rows():
            for cell in row:
                if cell.data_type == "f":
                    numbers = {
                        t.value for t in Tokenizer(cell.value).items if t.type == "OPERAND" and t.subtype == "NUMBER"
                    }
                    assert numbers <= allowed, (ws.title, cell.coordinate, cell.value)


def _spelled(tree: object) -> str:
    from xlllm.native import spell

    return spell(tree, lambda name, *_: "x", 0 if getattr(tree, "length", 0) else None)


def test_classic_functions_only(path: Path) -> None:
    """Excel 2016 and LibreOffice 7.4 know them all."""
    classic = {
        "IF",
        "INDEX",
        "MATCH",
        "CHOOSE",
        "SUM",
        "SUMPRODUCT",
        "MAX",
        "MIN",
        "INT",
        "ROUND",
        "ABS",
        "AND",
        "FIXED",
        "CHAR",
        "COUNTIF",
        "ISNUMBER",
        "SQRT",
        "EXP",
        "SINH",
    }
    used = set()
    for ws in load_workbook(path):
        for row in ws.iter_rows():
            for cell in row:
                if cell.data_type == "f":
                    used |= {
                        t.value.rstrip("(")
                        for t in Tokenizer(cell.value).items
                        if t.type == "FUNC" and t.subtype == "OPEN"
                    }
    assert used <= classic, used - classic


def test_formulas_are_short_enough_to_explain(report: Report) -> None:
    """On the Calculation sheet: sentences on the Dashboard are long by nature."""
    ws = report._canvas.ws["calculation"]
    longest = max((c.value for row in ws.iter_rows() for c in row if c.data_type == "f"), key=len)
    assert len(longest) <= 240, longest


def test_the_sheets_speak_one_language(path: Path, report: Report) -> None:
    book = load_workbook(path)
    assert book.sheetnames == [t.in_(report.lang) for t in SHEETS.values()]
    if report.lang == "en":
        for ws in book:
            for row in ws.iter_rows():
                for cell in row:
                    assert not (isinstance(cell.value, str) and re.search("[ぁ-んァ-ヶ一-龥]", cell.value)), (
                        ws.title,
                        cell.coordinate,
                    )


def test_charts_can_be_read_aloud(report: Report) -> None:
    with zipfile.ZipFile(io.BytesIO(report.xlsx)) as file:
        texts = re.findall(r'descr="([^"]+)"', file.read("xl/drawings/drawing1.xml").decode())
    assert len(texts) == 2
    assert all(len(t) > 10 for t in texts)


def test_cached_values_reach_other_readers(path: Path, report: Report) -> None:
    book = load_workbook(path, data_only=True)
    assert book.worksheets[0]["B1"].value == report.decision


def test_summary(report: Report) -> None:
    summary = report.summary
    assert summary["results"]["gpu_hours"]["base"] == report.plan.results("base")["gpu_hours"]
    assert summary["inputs"]["params"]["source"] == "touvron2023"
    assert summary["confidence"] == "conditional"
    assert len(summary["decision"]) == 2


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_built_workbooks_are_current(lang: str) -> None:
    """`xlllm new training_budget --lang LANG -o workbooks/training_budget-LANG.xlsx --force` rebuilds them."""
    built = Path(__file__).parent.parent / "workbooks" / f"training_budget-{lang}.xlsx"
    report = Report(build(load_scenario("llama-65b")), lang)
    assert _parts(built.read_bytes()) == _parts(report.xlsx)


def _parts(file: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(file)) as parts:
        return {name: parts.read(name) for name in parts.namelist()}


def test_text_stays_text_and_whole() -> None:
    """Also text that no scenario brought: a catalogue's, a template's."""
    book = Workbook()
    paint, ws = Painter(book, "en"), book.worksheets[0]
    for text in ("=1+1", "+1", "-1", "@A1", "#N/A"):
        cell = paint.put(ws, "A1", text, "label")
        assert (cell.value, cell.data_type, bool(cell.quotePrefix)) == (text, "s", text[0] != "#")
    for text in ("x" * 32_768, "a\x07b", "\N{PILE OF POO}" * 16_384):
        with pytest.raises(InputError, match="a cell must be text"):
            paint.put(ws, "A1", text, "label")
