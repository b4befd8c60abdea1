"""A workbook against the engine: what was done to it is named once, with its cell; what was not is left alone."""

import datetime as dt
import json
import re
from collections import Counter
from typing import Any

import pytest
from edited import LANGUAGES, Spreadsheet, at, book, made, parts, typed, untouched, with_parts

from xlllm.plan import build
from xlllm.template import Given, load_scenario, load_template, template_names
from xlllm.workbook.book import CellError
from xlllm.workbook.check import CLOSE, ERROR, STALE, WARNING, Checked, Finding, _alike, as_json, check
from xlllm.workbook.extract import extract, read_log
from xlllm.workbook.report import Report
from xlllm.workbook.words import SHEETS

DAY = load_scenario("llama-65b").as_of
PRICED = load_scenario("llama-65b").settings.stale_after_months
RUNS = Counter(f.code for f in check(book(made()), as_of=DAY).findings)
"""What there is to say about the example itself."""


def checked(xlsx: bytes, day: dt.date = DAY) -> Checked:
    return check(book(xlsx), as_of=day)


def new(done: Checked) -> list[Finding]:
    """What is said beyond the example's own notes, without the count of what follows."""
    left = Counter(RUNS)
    findings = []
    for f in done.findings:
        if left[f.code] > 0:
            left[f.code] -= 1
        elif f.code != "values_follow":
            findings.append(f)
    return findings


def brief(done: Checked) -> list[tuple[str, str]]:
    return [(f.code, f.place) for f in new(done)]


def formula(xlsx: bytes, place: str) -> str:
    sheet, _, cell = place.rpartition("!")
    row, column = int(re.sub(r"\D", "", cell)), ord(cell[0]) - 64
    return book(xlsx).sheets[sheet].get(row, column).formula


# -- nothing to say ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("template", template_names())
def test_a_new_workbook_is_as_the_engine_makes_it(template: str, lang: str) -> None:
    scenario = load_scenario(load_template(template).scenario)
    done = checked(made(template, lang), scenario.as_of)
    failed = Report(build(scenario), lang).failed
    assert {f.code for f in done.findings} <= {"check_noted", "no_answer", "check_failed", "stale_price"}
    assert done.count(ERROR) == len(failed)


@pytest.mark.parametrize("edition", ["udf", "values"])
def test_every_edition(edition: str) -> None:
    assert new(checked(made("training_budget", "en", edition))) == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_workbook_that_another_program_saved(lang: str) -> None:
    """It drops brackets, writes numbers another way, and calculates for itself."""
    saved = Spreadsheet(made(lang=lang)).saved()
    again = book(saved)
    other = sum(
        h.formula != again.sheets[title].get(*at_).formula
        for title, sheet in book(made(lang=lang)).sheets.items()
        for at_, h in sheet.cells.items()
    )
    assert other > 20
    assert new(checked(saved)) == []


INPUTS = {
    "a share": {at("mfu"): 0.45},
    "a price": {at("gpu_hour_usd"): 2.95, at("gpu_hour_usd", "low"): 3.5, at("gpu_hour_usd", "high"): 1.99},
    "an accelerator's owner": {at("yearly_benefit_usd"): 6_000_000, at("rate"): 0.09},
    "a case of one's own": {at("mfu", "own"): 0.5, at("fte", "own"): 12, "Inputs!C3": "Own"},
    "the low case": {"Inputs!C3": "Low"},
    "money": {at("money_unit"): "¥100M", at("jpy_per_usd"): 140, at("first_year"): 2030},
    "words": {at("mfu", "source"): "our runs", at("mfu", "note"): "measured", at("mfu", "as_of"): 45_000},
    "a law": {at("second_law"): "besiroglu-2024"},
    "the log": {"Log!B16": 45_000, "Log!C16": "me", "Log!D16": "=mfu", "Log!E16": "=1+1"},
}


@pytest.mark.parametrize("what", INPUTS)
def test_using_it_is_no_finding(what: str) -> None:
    done = checked(typed(made(), INPUTS[what]))
    assert [f for f in new(done) if f.severity == ERROR] == []
    assert {f.code for f in new(done)} <= {"check_noted", "no_answer"}


# -- what was done to it -----------------------------------------------------------------------------------------------
CALCULATED = "Calculation!F6"
DONE: dict[str, tuple[dict[str, Any], list[tuple[str, str]]]] = {
    "a number over a formula": ({CALCULATED: 5}, [("formula_overwritten", CALCULATED)]),
    "the same number over a formula": (
        {"Calculation!F60": book(made()).sheets["Calculation"].get(60, 6).value},
        [("formula_overwritten", "Calculation!F60")],
    ),
    "a text over a formula": ({"Calculation!F10": "n/a"}, [("formula_overwritten", "Calculation!F10")]),
    "another formula": ({"Calculation!F11": "=F10*7"}, [("formula_changed", "Calculation!F11")]),
    "another cell": (
        {"Calculation!F12": formula(made(), "Calculation!F12").replace("Inputs!F", "Inputs!E", 1)},
        [("formula_changed", "Calculation!F12")],
    ),
    "no formula": ({"Calculation!F13": None}, [("formula_deleted", "Calculation!F13")]),
    "a label": ({"Calculation!B15": "Mine"}, [("label_changed", "Calculation!B15")]),
    "no label": ({"Calculation!B16": None}, [("label_changed", "Calculation!B16")]),
    "no unit": ({"Inputs!D22": None}, [("no_unit", "Inputs!D22")]),
    "a limit": ({"Checks!D7": 0.1}, [("number_changed", "Checks!D7")]),
    "a formula as a limit": ({"Checks!D8": "=-0.05*1"}, [("formula_added", "Checks!D8")]),
    "a fact": ({"Facts!F40": 7}, [("number_changed", "Facts!F40")]),
    "a hidden number": (
        {"Calculation!N6": "=F6*1.37"},
        [("hard_coded", "Calculation!N6"), ("cell_added", "Calculation!N6")],
    ),
    "notes of one's own": ({"Scenarios!N6": "see board", "Scenarios!N7": 1}, [("cell_added", "Scenarios!N6")]),
    "an error": ({"Checks!N6": "=1/0"}, [("error_value", "Checks!N6")]),
    "a hidden number in an input": (
        {at("gpus"): "=2000+48"},
        [("hard_coded", at("gpus")), ("read_as", at("gpus"))],
    ),
    "no source": ({at("tokens", "source"): None}, [("no_source", at("tokens", "source"))]),
    "no date of a price": ({at("gpu_hour_usd", "as_of"): None}, [("no_date", at("gpu_hour_usd", "as_of"))]),
    "a text count": ({at("served_tokens"): "100B"}, [("computes_otherwise", at("served_tokens"))]),
    "a blank case": ({at("months", "own"): None}, [("computes_otherwise", at("months", "own"))]),
    "a range where none was": ({at("pue", "low"): 1.4}, [("range_typed", at("pue", "low"))]),
}


@pytest.fixture(scope="module")
def all_at_once() -> list[tuple[str, str]]:
    """What is found if everything is done to one workbook."""
    cells = {place: value for done, _ in DONE.values() for place, value in done.items()}
    return brief(checked(typed(made(), cells)))


@pytest.mark.parametrize("what", DONE)
def test_what_was_done_is_named(what: str, all_at_once: list[tuple[str, str]]) -> None:
    for finding in DONE[what][1]:
        assert all_at_once.count(finding) == 1


def test_nothing_else_is_named(all_at_once: list[tuple[str, str]]) -> None:
    assert Counter(all_at_once) == Counter(f for _, wanted in DONE.values() for f in wanted)


def test_it_says_what_it_was_and_what_it_is() -> None:
    found = new(checked(typed(made(), {CALCULATED: 5})))[0]
    assert (found.was, found.now) == (formula(made(), CALCULATED), "5")
    assert found.message == "Training compute: a number was typed over the formula"
    label = new(checked(typed(made(lang="ja"), {"計算!B6": "私の行"})))[0]
    assert label.now == "'私の行'"


def test_what_follows_is_counted_not_listed() -> None:
    done = checked(typed(made(), {CALCULATED: 5}))
    follow = [f for f in done.findings if f.code == "values_follow"]
    assert len(follow) == 1
    assert int(re.sub(r"\D", "", follow[0].message)) > 300


def test_two_causes_are_two_findings() -> None:
    cells = {"Calculation!F12": 1, "Calculation!G60": 2}
    assert [place for _, place in brief(checked(typed(made(), cells)))] == list(cells)


def test_solved_values_that_are_out_of_date() -> None:
    """The engine solved them for other inputs; everything else was calculated by the spreadsheet."""
    done = checked(typed(made(), {at("gpus"): 1536, at("deadline_days"): 60}))
    found = [f for f in new(done) if f.severity == ERROR]
    assert [f.code for f in found] == ["engine_stale"]
    assert "Simplest plan: copies" in found[0].message
    assert "xlllm extract and xlllm report make the workbook again" in found[0].message


# -- values ------------------------------------------------------------------------------------------------------------
def test_a_value_that_no_formula_gives() -> None:
    sheet, part = "Calculation", "xl/worksheets/sheet"
    place = next(n for n, t in parts(made()).items() if n.startswith(part) and b"6*Inputs!F14*Inputs!F15" in t)
    xml = parts(made())[place].decode()
    wrong = re.sub(r"(<f>6\*Inputs!F14\*Inputs!F15</f><v>)[^<]*", r"\g<1>5.5e23", xml)
    found = new(checked(with_parts(made(), {place: wrong.encode()})))
    assert [(f.code, f.place) for f in found] == [("value_differs", f"{sheet}!F6")]
    assert found[0].message == "Training compute: shows 5.5e+23, the engine finds 5.4768e+23"
    close = re.sub(r"(<f>6\*Inputs!F14\*Inputs!F15</f><v>)[^<]*", r"\g<1>5.4768000001e23", xml)
    assert new(checked(with_parts(made(), {place: close.encode()}))) == []


def test_inputs_changed_by_a_program_that_calculates_nothing() -> None:
    found = new(checked(untouched(made(), {at("mfu"): 0.45, at("rate"): 0.11})))
    errors = [f for f in found if f.severity == ERROR]
    assert [f.code for f in errors] == ["not_recalculated"]
    assert "values are still those of the inputs it was made with" in errors[0].message


def test_no_values_at_all() -> None:
    bare = {n: re.sub(rb"(</f>)<v>[^<]*</v>", rb"\1", t) for n, t in parts(made()).items() if "worksheets/" in n}
    errors = [f for f in new(checked(with_parts(made(), bare))) if f.severity == ERROR]
    assert [f.code for f in errors] == ["not_recalculated"]
    assert "formula cells hold no value: open it in a spreadsheet and save it" in errors[0].message


def test_an_edition_without_formulas_cannot_follow() -> None:
    xlsx = untouched(made("training_budget", "en", "values"), {at("mfu"): 0.45})
    errors = [f for f in new(checked(xlsx)) if f.severity == ERROR]
    assert [f.code for f in errors] == ["not_recalculated"]
    assert "this edition computes nothing" in errors[0].message
    changed = untouched(made("training_budget", "en", "values"), {"Calculation!F12": 1.0})
    assert brief(checked(changed)) == [("value_differs", "Calculation!F12")]


# -- rows, columns, sheets, names --------------------------------------------------------------------------------------
@pytest.mark.parametrize(("sheet", "row"), [("Inputs", 20), ("Calculation", 20), ("Checks", 7), ("What-if", 9)])
def test_rows_that_were_inserted(sheet: str, row: int) -> None:
    work = Spreadsheet(made())
    work.insert_rows(sheet, row, 2)
    assert new(checked(work.saved())) == []
    work.type({f"{sheet}!B{row}": "Mine", f"{sheet}!F{row + 1}": 5})
    codes = {f.code for f in new(checked(work.saved()))}
    assert codes <= {"row_added", "cell_added", "read_as"}
    assert "row_added" in codes


def test_a_change_below_rows_that_were_inserted() -> None:
    work = Spreadsheet(made())
    work.insert_rows("Calculation", 20, 3)
    work.type({"Calculation!F63": 5})  # it was F60
    assert brief(checked(work.saved())) == [("formula_overwritten", "Calculation!F63")]


@pytest.mark.parametrize(("sheet", "column"), [("Calculation", 4), ("Inputs", 4), ("Scenarios", 3)])
def test_columns_that_were_inserted(sheet: str, column: int) -> None:
    work = Spreadsheet(made())
    work.insert_column(sheet, column)
    assert new(checked(work.saved())) == []


def test_a_row_that_was_deleted() -> None:
    work = Spreadsheet(made())
    work.delete_row("Calculation", 20)
    found = [f for f in new(checked(work.saved())) if f.code not in ("name_changed", "name_removed")]
    removed = next(f for f in found if f.code == "row_removed")
    assert removed.message == "the row 'Compute-optimal loss' is gone"
    assert all(f.code in ("row_removed", "formula_changed") for f in found if f.severity == ERROR)


def test_sheets_that_were_renamed_added_and_deleted() -> None:
    work = Spreadsheet(made())
    work.model.rename_sheet(work.index("Calculation"), "Maths")
    work.model.add_sheet("Mine")
    work.type({"Mine!A1": "=Inputs!F22*1.5", "Mine!A2": "=1/0"})
    assert brief(checked(work.saved())) == [
        ("error_value", "Mine!A2"),
        ("hard_coded", "Mine!A1"),
        ("sheet_renamed", "Maths"),
        ("sheet_added", "Mine"),
        ("cell_added", "Mine!A1"),
    ]
    work = Spreadsheet(made())
    work.model.delete_sheet(work.index("Chart data"))
    errors = [f for f in new(checked(work.saved())) if f.severity == ERROR and not f.code.startswith("name_")]
    assert [(f.code, f.place) for f in errors] == [("sheet_removed", "Chart data")]


def test_a_name_that_means_another_cell() -> None:
    xml = parts(made())["xl/workbook.xml"].decode()
    moved = re.sub(r'(<definedName name="gpus"[^>]*>)Inputs!\$C\$22', r"\1Inputs!$C$23", xml)
    assert moved != xml
    assert brief(checked(with_parts(made(), {"xl/workbook.xml": moved.encode()}))) == [("name_changed", "gpus")]
    gone = re.sub(r'<definedName name="gpus"[^>]*>.*?</definedName>', "", xml)
    assert brief(checked(with_parts(made(), {"xl/workbook.xml": gone.encode()}))) == [("name_removed", "gpus")]


def test_macros_links_and_another_version() -> None:
    log = read_log(book(made()))
    xlsx = untouched(made(), {f"Log!C{log.rows['version']}": "0.0.1"})
    xlsx = with_parts(xlsx, {"xl/vbaProject.bin": b"", "xl/externalLinks/externalLink1.xml": b""})
    assert [code for code, _ in brief(checked(xlsx))] == ["macros", "links", "other_version"]


# -- checks and prices -------------------------------------------------------------------------------------------------
def test_a_failed_check_is_an_error() -> None:
    done = checked(typed(made(), {at("deadline_days"): 10}))
    found = [f for f in new(done) if f.severity == ERROR]
    assert [f.code for f in found] == ["check_failed"]
    assert found[0].message == "The run ends before the deadline: not met"
    assert found[0].sheet == SHEETS["checks"].en


def test_prices_grow_old() -> None:
    xlsx = made()
    fresh, old = checked(xlsx, dt.date(2025, 1, 31)), checked(xlsx, dt.date(2025, 3, 1))
    assert fresh.count(STALE) == 0
    prices = [f for f in old.findings if f.severity == STALE]
    assert prices
    assert old.count(ERROR) == 0
    assert prices[0].message.endswith(f"25 months old; {PRICED} are allowed")
    layout = extract(book(xlsx)).layout
    rows = {layout.sheet.name(r, layout.columns["as_of"]): id for id, r in layout.rows.items()}
    plan = build(load_scenario("llama-65b"))
    for f in prices:
        assert plan.inputs[rows[f.place]].quantity.unit.startswith(("USD/", "JPY/"))


def test_a_price_of_the_catalogue_grows_old_too() -> None:
    xlsx = made("data_and_team")
    found = [f for f in checked(xlsx, dt.date(2060, 1, 1)).findings if f.severity == STALE]
    chosen = [f for f in found if " of " in f.message.split(" is of ")[0]]
    assert chosen
    assert len(found) > len(chosen)


def test_without_a_day_prices_are_aged_to_today(monkeypatch: pytest.MonkeyPatch) -> None:
    assert check(book(made())).as_of == dt.date.today()


def test_an_exchange_rate_grows_old() -> None:
    rate = Given(value=140.0, source="bank", as_of="2023-02")
    scenario = load_scenario("llama-65b")
    scenario = scenario.model_copy(update={"settings": scenario.settings.model_copy(update={"jpy_per_usd": rate})})
    done = checked(Report(build(scenario), "en").xlsx, dt.date(2025, 6, 1))
    assert at("jpy_per_usd", "as_of") in [f.place for f in done.findings if f.severity == STALE]


# -- the report --------------------------------------------------------------------------------------------------------
def test_the_worst_comes_first() -> None:
    done = checked(
        typed(made(), {"Calculation!N6": "x", CALCULATED: 5, at("gpus", "source"): None}), dt.date(2030, 1, 1)
    )
    ranks = [["error", "stale", "warning", "note"].index(f.severity) for f in done.findings]
    assert ranks == sorted(ranks)
    assert len(set(ranks)) == 4


def test_json() -> None:
    xlsx = typed(made(), {CALCULATED: 5})
    data = json.loads(json.dumps(as_json(book(xlsx), checked(xlsx)), allow_nan=False))
    assert (data["template"], data["lang"], data["edition"]) == ("training_budget", "en", "native")
    assert data["errors"] == sum(f["severity"] == ERROR for f in data["findings"]) == 1
    assert data["warnings"] == sum(f["severity"] == WARNING for f in data["findings"])
    assert data["findings"][0].keys() == {"severity", "code", "sheet", "cell", "message", "was", "now"}


@pytest.mark.parametrize(
    ("want", "have", "alike"),
    [
        (1.0, 1.0 + 1e-10, True),
        (1.0, 1.0 + 1e-8, False),
        (1e23, 1e23 * (1 + 1e-8), False),
        (1e-18, 2e-18, False),
        (0.0, 1e-12, True),
        (0.0, 1e-3, False),
        (True, 1.0, True),
        (True, False, False),
        ("a", "a ", True),
        ("a", "b", False),
        ("", None, True),
        (0.0, None, False),
        (False, "", False),
        (1.0, "1", False),
        (CellError("#NUM!"), CellError("#VALUE!"), True),
        (CellError("#NUM!"), "#NUM!", False),
        (1.0, CellError("#NUM!"), False),
    ],
)
def test_when_values_are_alike(want: Any, have: Any, alike: bool) -> None:
    assert _alike(want, have, CLOSE) is alike
