"""The workbooks: recalculated in a spreadsheet engine nobody here wrote, edited, linted, compared byte by byte."""

import io
import re
import tomllib
import zipfile
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from edits import expected, faults, random_edit, typed
from engines import Error, Values, differences, ironcalc_values
from engines import cached as cached_values
from openpyxl import Workbook, load_workbook
from openpyxl.formula import Tokenizer

from xlllm.errors import InputError
from xlllm.plan import build
from xlllm.template import load_scenario, load_template, template_names
from xlllm.workbook import words
from xlllm.workbook.report import Report
from xlllm.workbook.sheets.checks import lines as check_lines
from xlllm.workbook.styles import Painter, plain_look
from xlllm.workbook.words import SHEETS

LANGUAGES = ("en", "ja")
BOOKS = [(name, lang) for name in template_names() for lang in LANGUAGES]


@cache
def made(template: str, lang: str) -> Report:
    return Report(build(load_scenario(load_template(template).scenario)), lang)


@pytest.fixture(scope="module", params=BOOKS, ids=lambda book: "-".join(book))
def report(request: pytest.FixtureRequest) -> Report:
    return made(*request.param)


@pytest.fixture(scope="module")
def path(report: Report, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("book") / f"{report.plan.template.id}-{report.lang}.xlsx"
    file.write_bytes(report.xlsx)
    return file


@pytest.fixture(scope="module")
def book(path: Path) -> Workbook:
    """The file as another program reads it; tests look only."""
    return load_workbook(path)


@pytest.fixture(scope="module")
def shown(path: Path) -> Values:
    return cached_values(path)


def test_every_formula_recalculates_to_its_cached_value(path: Path, shown: Values) -> None:
    expected_values = shown
    assert len(expected_values) > 500
    assert differences(expected_values, ironcalc_values(path), path) == []


def test_no_formula_shows_an_error(shown: Values) -> None:
    assert [at for at, value in shown.items() if isinstance(value, Error)] == []


@pytest.mark.parametrize("case", ["low", "high"])
@pytest.mark.parametrize("template", template_names())
def test_the_selector_drives_every_sheet(template: str, case: str, tmp_path: Path) -> None:
    """The workbook with another case chosen shows what the engine makes with that case."""
    file, want = expected(made(template, "en"), {"case": case}, tmp_path)
    assert faults(file, want, ironcalc_values(file)) == []


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("template", template_names())
def test_edits_recalculate_alike(template: str, seed: int, tmp_path: Path) -> None:
    """Admissible changes, typed into the finished workbook, against the engine. (LibreOffice: check_edits.py)"""
    report = made(template, LANGUAGES[seed % 2])
    edit = random_edit(report.plan, np.random.default_rng([seed, len(template)]))
    file, want = expected(report, edit, tmp_path)
    assert faults(file, want, ironcalc_values(file)) == []


def test_a_solved_value_turns_stale_when_its_inputs_move(tmp_path: Path) -> None:
    report = made("training_budget", "en")
    assert any(r.frozen for r in report.plan.rows.values())
    file = tmp_path / "book.xlsx"
    typed(report, {"gpus": 1024}).save(file)
    shown = ironcalc_values(file)
    states = {v for (sheet, at), v in shown.items() if sheet == "Engine values" and at.startswith("L")}
    assert words.STALE.en in states
    row = 5 + [line.marks for line in check_lines(report._canvas)].index("engine states")
    assert shown["Checks", f"F{row}"] == words.WARN.en


def test_prices_that_grow_old_are_flagged(tmp_path: Path) -> None:
    report = made("training_budget", "en")
    file = tmp_path / "book.xlsx"
    typed(report, {"price_date": 47000, "stale_after_months": 12}).save(file)
    shown = ironcalc_values(file)
    assert words.OLD.en in {v for (sheet, at), v in shown.items() if sheet == "Inputs" and at.startswith("K")}


FLIPS = tomllib.loads((Path(__file__).parent / "flips.toml").read_text("utf-8"))["flip"]


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("flip", FLIPS, ids=lambda flip: f"{flip['template']}: {flip['name']}")
def test_the_sentence_follows_the_numbers(flip: dict[str, Any], lang: str, tmp_path: Path) -> None:
    report = made(flip["template"], lang)
    assert flip["says"][lang] not in report.decision, "nothing to flip"
    file, title = tmp_path / "book.xlsx", SHEETS["dashboard"].in_(lang)
    typed(report, flip["set"]).save(file)
    shown = ironcalc_values(file)
    assert flip["says"][lang] in str(shown[title, "B1"])
    if badge := flip.get("badge"):
        assert report._canvas.shown["confidence"] != badge, "nothing to flip"
        assert shown[title, "Q1"] == words.BADGES[badge].in_(lang)


def test_every_template_has_a_flip() -> None:
    assert {flip["template"] for flip in FLIPS} == set(template_names())


@pytest.mark.parametrize(("unit", "says"), [("$M", "$"), ("$k", "k"), ("¥100M", "¥"), ("¥M", "M"), ("¥", "¥")])
def test_the_unit_of_money_drives_every_amount(unit: str, says: str, tmp_path: Path) -> None:
    report = made("training_budget", "en")
    file = tmp_path / "book.xlsx"
    typed(report, {"money_unit": unit}).save(file)
    shown = ironcalc_values(file)
    cell = str(shown["Dashboard", "B1"])
    assert says in cell.splitlines()[0]
    assert unit in str(shown["Dashboard", "B4"])


def test_the_same_plan_gives_the_same_bytes(report: Report) -> None:
    again = Report(build(report.plan.scenario), report.lang)
    assert again.xlsx == report.xlsx
    with zipfile.ZipFile(io.BytesIO(report.xlsx)) as file:
        assert {i.date_time for i in file.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert f"{report.plan.scenario.as_of}T00:00:00Z".encode() in file.read("docProps/core.xml")


def test_only_inputs_can_be_typed(book: Workbook, report: Report) -> None:
    """Yellow cells, the origin of what they hold, and the lines to fill in on Log and on the paper to sign."""
    open_sheets = {SHEETS[id].in_(report.lang) for id in ("inputs", "log", "brief")}
    for ws in book:
        assert ws.protection.sheet
        for row in ws.iter_rows():
            for cell in row:
                if cell.value is not None and not cell.protection.locked:
                    assert ws.title in open_sheets, (ws.title, cell.coordinate)
                    formula = isinstance(cell.value, str) and cell.value.startswith("=") and cell.data_type == "f"
                    assert not formula or cell.column_letter == "H", "only the own case follows the base until typed"


def test_every_typed_number_is_validated(book: Workbook, report: Report) -> None:
    ws = book[SHEETS["inputs"].in_(report.lang)]
    for row in ws.iter_rows(min_row=3, max_col=8):
        for cell in row:
            if not cell.protection.locked:
                rules = [r for r in ws.data_validations.dataValidation if cell.coordinate in r.sqref]
                assert len(rules) == 1, cell.coordinate
                assert rules[0].error
                assert bool(re.search("[ぁ-んァ-ヶ一-龥]", rules[0].error)) == (report.lang == "ja")


def test_every_input_has_unit_source_and_date(report: Report) -> None:
    for item in report.plan.inputs.values():
        assert item.given.source, item.id
        assert item.given.as_of or item.given.source == "default", item.id


# design: literals are unit conversions and the coefficients of the cited equation; formulas are linted by name in
# test_native.py. What the sheets add around them:
CONVERSIONS = {"0", "1", "2", "3", "10", "100", "1000", "10000", "100000000", "1000000", "1000000000", "1000000000000"}
"""Signs, decimals of FIXED, %, k, M, B, T and 万, 億, 兆."""
LITERALS = {
    "calculation": {"0", "1"},
    "inputs": {"12", "9999", "0", "1"},  # months a year; larger numbers are days
    "checks": {"0"},
    "cover": CONVERSIONS,
    "dashboard": CONVERSIONS | {str(n) for n in range(1, 12)},  # positions in a table of what-ifs
    "brief": CONVERSIONS,
    "scenarios": {"0"},
    "sensitivity": {"0", "1", "9"},  # digits that decide an order
    "engine": {"0", "1"},
    "what_if": CONVERSIONS | {"0.1", "0.5", "0.9"} | {str(n) for n in range(1, 12)},  # percentiles, positions
    "years": {"1", "2"},
    "chart_data": CONVERSIONS | {str(n) for n in range(1, 16)} | {"1.25"},  # positions; room for labels
    "facts": {"0", "1"},
}


def test_no_literal_outside_the_rule(book: Workbook, report: Report) -> None:
    formulas = set()
    for row in report.plan.rows.values():
        formulas |= set(re.findall(r"(?<![A-Za-z_$])\d+\.?\d*(?:E[+-]?\d+)?", _spelled(row.tree)))
    title_of = {ws.title: id for id, ws in report._canvas.ws.items()}
    for ws in book:
        id = title_of[ws.title]
        allowed = LITERALS.get(id, set()) | (formulas if id in ("calculation", "years", "what_if") else set())
        for row in ws.iter_rows():
            for cell in row:
                if cell.data_type == "f":
                    numbers = {
                        t.value for t in Tokenizer(cell.value).items if t.type == "OPERAND" and t.subtype == "NUMBER"
                    }
                    assert numbers <= allowed, (ws.title, cell.coordinate, cell.value)


def test_nine_of_ten_numbers_are_formulas(book: Workbook, report: Report) -> None:
    """Off the sheets that hold what is typed and published."""
    given = {SHEETS[id].in_(report.lang) for id in ("inputs", "facts")}
    typed_numbers = formulas = 0
    for ws in book:
        for cell in (cell for row in ws.iter_rows() for cell in row if ws.title not in given):
            formulas += cell.data_type == "f"
            typed_numbers += cell.data_type == "n" and cell.value is not None
    assert formulas >= 9 * typed_numbers, (formulas, typed_numbers)


def _spelled(tree: object) -> str:
    from xlllm.native import spell

    return spell(tree, lambda name, *_: "x", 0 if getattr(tree, "length", 0) else None)


CLASSIC = frozenset(
    re.findall(
        r"\w+",
        "ABS AND ATANH AVERAGE BETAINV CHAR CHOOSE COUNT COUNTIF DAY EXP FIXED IF INDEX INT ISNUMBER LN LOG10 MATCH "
        "MAX MIN MOD MONTH NOT OR PERCENTILE RANK RIGHT ROUND SINH SQRT SUM SUMPRODUCT YEAR",
    )
)


def test_classic_functions_only(book: Workbook) -> None:
    """Excel 2016 and LibreOffice 7.4 know them all."""
    used = set()
    for ws in book:
        for row in ws.iter_rows():
            for cell in row:
                if cell.data_type == "f":
                    used |= {
                        t.value.rstrip("(")
                        for t in Tokenizer(cell.value).items
                        if t.type == "FUNC" and t.subtype == "OPEN"
                    }
    assert used <= CLASSIC, used - CLASSIC


def test_formulas_are_short_enough_to_explain(report: Report) -> None:
    for ws in report._canvas.ws.values():
        longest = max((c.value for row in ws.iter_rows() for c in row if c.data_type == "f"), key=len, default="")
        assert len(longest) <= 450, (ws.title, longest)  # a function's own text is at most 250, with cell names


def test_the_sheets_speak_one_language(book: Workbook, report: Report) -> None:
    titles = [t.in_(report.lang) for t in SHEETS.values()]
    assert book.sheetnames == [t for t in titles if t in book.sheetnames]
    for id in ("cover", "dashboard", "inputs", "calculation", "scenarios", "sensitivity", "checks", "sources", "log"):
        assert SHEETS[id].in_(report.lang) in book.sheetnames
    if report.lang == "en":
        for ws in (book[t] for t in book.sheetnames if t != SHEETS["sources"].en):  # titles of works stay as they are
            for row in ws.iter_rows():
                for cell in row:
                    assert not (isinstance(cell.value, str) and re.search("[ぁ-んァ-ヶ一-龥]", cell.value)), (
                        ws.title,
                        cell.coordinate,
                    )


def test_charts_can_be_read_aloud(report: Report) -> None:
    charts = len(report._canvas.ws["dashboard"]._charts)
    assert charts
    with zipfile.ZipFile(io.BytesIO(report.xlsx)) as file:
        texts = re.findall(r'descr="([^"]+)"', file.read("xl/drawings/drawing1.xml").decode())
    assert len(texts) >= charts
    assert all(len(t) > 8 for t in texts)


def test_cached_values_reach_other_readers(path: Path, report: Report) -> None:
    import pandas as pd

    title = SHEETS["dashboard"].in_(report.lang)
    assert load_workbook(path, data_only=True)[title]["B1"].value == report.decision
    table = pd.read_excel(path, sheet_name=title, header=None, engine="calamine")
    assert report.decision in set(table.to_numpy().ravel().tolist())


def test_summary() -> None:
    report = made("training_budget", "en")
    summary = report.summary
    assert summary["results"]["gpu_hours"]["base"] == report.plan.results("base")["gpu_hours"]
    assert summary["inputs"]["params"]["source"] == "touvron2023"
    assert summary["confidence"] == "conditional"
    assert len(summary["decision"]) == 2


def test_the_built_workbooks_are_current(report: Report) -> None:
    """`python tests/build_workbooks.py` rebuilds them."""
    built = Path(__file__).parent.parent / "workbooks" / f"{report.plan.template.id}-{report.lang}.xlsx"
    assert _parts(built.read_bytes()) == _parts(report.xlsx)


def _parts(file: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(file)) as parts:
        return {name: parts.read(name) for name in parts.namelist()}


def test_text_stays_text_and_whole() -> None:
    """Also text that no scenario brought: a catalogue's, a template's."""
    book = Workbook()
    paint, ws = Painter(book, plain_look("en")), book.worksheets[0]
    for text in ("=1+1", "+1", "-1", "@A1", "#N/A"):
        cell = paint.put(ws, "A1", text, "label")
        assert (cell.value, cell.data_type, bool(cell.quotePrefix)) == (text, "s", text[0] != "#")
    for text in ("x" * 32_768, "a\x07b", "\N{PILE OF POO}" * 16_384):
        with pytest.raises(InputError, match="a cell must be text"):
            paint.put(ws, "A1", text, "label")
