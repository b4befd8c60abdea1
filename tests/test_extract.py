"""What people typed comes back as a scenario: nothing is lost, nothing is guessed, nothing is executed."""

import datetime as dt
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from edited import LANGUAGES, Spreadsheet, at, book, made, typed, untouched
from openpyxl import load_workbook

from xlllm.errors import FileError, InputError, NotInCatalogError, TemplateError, XlllmError
from xlllm.plan import Plan, build
from xlllm.template import Given, Scenario, Text, load_scenario, load_template, template_names
from xlllm.workbook.extract import Extracted, as_toml, extract, read_log
from xlllm.workbook.report import Report

EXAMPLE = load_scenario("llama-65b")
RATE, DAY, UNIT = at("jpy_per_usd"), at("price_date"), at("money_unit")
BASE = at("mfu").partition("!")[2]


def read(xlsx: bytes) -> Extracted:
    return extract(book(xlsx))


def again(found: Extracted, folder: Path) -> Scenario:
    """The scenario through a file."""
    path = folder / "again.toml"
    path.write_text(as_toml(found, "about"), "utf-8")
    return load_scenario(str(path))


def changed(**inputs: Any) -> Scenario:
    """The example with other inputs."""
    return EXAMPLE.model_copy(update={"inputs": {**EXAMPLE.inputs, **inputs}})


# -- round trips -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("template", template_names())
def test_a_round_trip_loses_nothing(template: str, lang: str, tmp_path: Path) -> None:
    found = read(made(template, lang))
    assert found.scenario == load_scenario(load_template(template).scenario)
    assert found.notes == []
    assert (found.lang, found.edition) == (lang, "native")
    scenario = again(found, tmp_path)
    assert scenario == found.scenario
    assert Report(build(scenario), lang).xlsx == made(template, lang)


@pytest.mark.parametrize("edition", ["udf", "values"])
def test_every_edition_reads_back(edition: str) -> None:
    found = read(made("training_budget", "ja", edition))
    assert found.scenario == EXAMPLE
    assert found.edition == edition


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_scenario_of_ones_own_comes_back_whole(lang: str, tmp_path: Path) -> None:
    """Text counts, short dates, notes in two languages, defaults that were replaced, settings, the case shown."""
    data = {
        "schema": 1,
        "template": "training_budget",
        "title": {"en": "=Mine & more", "ja": "自社"},
        "as_of": dt.date(2026, 5, 1),
        "settings": {
            "money": "usd_k",
            "jpy_per_usd": {"value": 142.5, "source": "treasury", "as_of": dt.date(2026, 4, 30), "note": "mid"},
            "first_year": 2027,
            "fiscal_start_month": 7,
            "stale_after_months": 12,
            "case": "own",
        },
        "inputs": {
            **{id: g.model_dump() for id, g in EXAMPLE.inputs.items()},
            "params": "652億",
            "mfu": {"value": "47%", "low": "40%", "high": 0.52, "own": 0.5, "as_of": "2026-03", "source": "own plan"},
            "gpu": {"value": "a100 sxm", "note": {"en": "", "ja": "在庫あり"}},
            "ep": {"value": 1, "source": "touvron2023"},
            "fte": {"value": 20, "low": 26, "own": 24, "source": "Touvron et al. 2023", "as_of": dt.date(2026, 1, 2)},
        },
    }
    scenario = Scenario.model_validate(data)
    xlsx = Report(build(scenario), lang).xlsx
    found = read(xlsx)
    assert found.scenario.model_dump_json() == scenario.model_dump_json()
    assert again(found, tmp_path).model_dump(mode="json") == scenario.model_dump(mode="json")
    assert Report(build(again(found, tmp_path)), lang).xlsx == xlsx


def test_the_order_of_inputs_is_kept(tmp_path: Path) -> None:
    found = read(typed(made(), {at("ep"): 2, at("gpus"): 1024}))
    assert list(again(found, tmp_path).inputs) == [*EXAMPLE.inputs, "ep"]


# -- what people change ------------------------------------------------------------------------------------------------
CHANGES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "a number": ({at("gpus"): 1024}, {"value": 1024.0}),
    "a fraction": ({at("mfu"): 0.1 + 0.2, at("mfu", "low"): 0.25}, {"value": 0.1 + 0.2, "low": 0.25}),
    "a text count": ({at("params"): "70B"}, {"value": "70B"}),
    "a Japanese count": ({at("params"): "700億"}, {"value": "700億"}),
    "a percentage as text": ({at("mfu"): "45%"}, {"value": "45%"}),
    "a flag": ({at("sequence_parallel"): False}, {"value": False}),
    "an option": ({at("recompute"): "full"}, {"value": "full"}),
    "an entry by an alias": ({at("gpu"): "h100"}, {"value": "H100 SXM5 80GB"}),
    "a range": ({at("gpus", "low"): 1000, at("gpus", "high"): 4000}, {"low": 1000.0, "high": 4000.0}),
    "a case of one's own": ({at("gpus", "own"): 4096}, {"own": 4096.0}),
    "no range any more": (
        {at("mfu", "low"): f"={BASE}", at("mfu", "high"): f"=$F${BASE[1:]}"},
        {"low": None, "high": None},
    ),
    "a source": ({at("gpus", "source"): "board paper 7"}, {"source": "board paper 7"}),
    "a source as it is cited": ({at("gpus", "source"): "Korthikanti et al. 2022"}, {"source": "korthikanti2022"}),
    "a source of ours": ({at("gpus", "source"): "own estimate"}, {"source": "own estimate"}),
    "no source": ({at("gpus", "source"): None}, {"source": ""}),
    "a day": ({at("gpus", "as_of"): 46_000}, {"as_of": dt.date(2025, 12, 9)}),
    "a year": ({at("gpus", "as_of"): 2026}, {"as_of": "2026"}),
    "a day as text": ({at("gpus", "as_of"): "2026/4/1"}, {"as_of": "2026-04-01"}),
    "a month as text": ({at("gpus", "as_of"): "２０２６-04"}, {"as_of": "2026-04"}),
    "no date": ({at("gpus", "as_of"): None}, {"as_of": ""}),
    "a note": ({at("gpus", "note"): "all of them"}, {"note": Text(en="all of them", ja="all of them")}),
    "no note": ({at("gpus", "note"): None}, {"note": Text(en="", ja="")}),
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_change_comes_back_and_nothing_else(what: str, tmp_path: Path) -> None:
    cells, wanted = CHANGES[what]
    found = read(typed(made(), cells))
    id = next(id for id, row in found.layout.rows.items() if any(c.endswith(str(row)) for c in cells))
    assert found.scenario == changed(**{id: EXAMPLE.inputs[id].model_copy(update=wanted)})
    assert again(found, tmp_path) == found.scenario


def test_a_default_that_is_replaced_joins_the_scenario() -> None:
    found = read(typed(made(), {at("ep"): 2, at("ep", "source"): "own plan", at("ep", "note"): None}))
    assert found.scenario == changed(ep=Given(value=2, source="own plan"))


def test_settings_come_back(tmp_path: Path) -> None:
    found = read(
        typed(
            made(),
            {
                UNIT: "$k", RATE: 142.5, at("first_year"): 2027, at("fiscal_start_month"): 7, DAY: 46_000,
                at("stale_after_months"): 12, at("jpy_per_usd", "source"): "treasury",
                at("jpy_per_usd", "as_of"): 46_001, at("jpy_per_usd", "note"): None, "Inputs!C3": "High",
            },
        )
    )  # fmt: skip
    settings = found.scenario.settings
    assert (settings.money, settings.first_year, settings.fiscal_start_month) == ("usd_k", 2027, 7)
    assert (settings.stale_after_months, settings.case) == (12, "high")
    assert settings.jpy_per_usd == Given(value=142.5, source="treasury", as_of=dt.date(2025, 12, 10))
    assert found.scenario.as_of == dt.date(2025, 12, 9)
    assert again(found, tmp_path) == found.scenario


def test_japanese_words_come_back() -> None:
    lang = "ja"

    def cell(id: str, column: str = "base") -> str:
        return at(id, column, lang=lang)

    cells = {
        cell("money_unit"): "百万円",
        cell("gpus", "source"): "自社計画",
        "入力!C3": "独自",
        cell("gpus", "own"): 512,
    }
    found = read(typed(made(lang=lang), cells))
    assert found.scenario.settings.money == "jpy_m"
    assert found.scenario.settings.case == "own"
    assert found.scenario.inputs["gpus"].source == "own plan"
    assert found.scenario.inputs["gpus"].note == EXAMPLE.inputs["gpus"].note, "the other language is kept"


def test_a_title_changed_in_the_log() -> None:
    log = read_log(book(made()))
    cell = f"{log.sheet.title}!C{log.rows['scenario']}"
    assert read(typed(made(), {cell: "Mine"})).scenario.title == Text(en="Mine", ja="Mine")


def test_what_no_scenario_holds_is_named() -> None:
    log = read_log(book(made("executive_budget", "ja")))
    line = max(log.rows.values()) + 3
    assert extract(book(made("executive_budget", "ja"))).stays == []
    cells = {f"{log.sheet.title}!C{line}": "担当", f"{log.sheet.title}!D{line}": "MFUを実測値に", "稟議書!D5": "R8-17"}
    found = read(typed(made("executive_budget", "ja"), cells))
    assert [n.at for n in found.stays] == [f"{log.sheet.title}!B{line}", "稟議書!D5"]
    assert found.scenario == load_scenario(load_template("executive_budget").scenario)


def test_a_formula_in_an_input_gives_what_it_showed() -> None:
    found = read(typed(made(), {at("gpus"): "=2000+48*2"}))
    assert found.scenario == changed(gpus=EXAMPLE.inputs["gpus"].model_copy(update={"value": 2096.0}))
    assert [(n.at, n.differs) for n in found.notes] == [(at("gpus"), False)]
    assert "'=2000+48*2'" in found.notes[0].text


def test_rows_and_columns_people_added() -> None:
    sheet = Spreadsheet(made())
    sheet.insert_rows("Inputs", 20, 2)
    sheet.insert_column("Inputs", 4)
    sheet.type({"Inputs!G21": 5, "Inputs!B21": "My own row"})
    found = read(sheet.saved())
    assert found.scenario == EXAMPLE
    assert [n.at for n in found.notes] == ["Inputs!G21"]


def test_sheets_people_renamed_and_moved() -> None:
    sheet = Spreadsheet(made())
    for old, new in (("Inputs", "Our inputs"), ("Log", "Our log")):
        sheet.model.rename_sheet(sheet.index(old), new)
    assert read(sheet.saved()).scenario == EXAMPLE


def test_a_blank_case_is_no_case_and_says_so() -> None:
    found = read(typed(made(), {at("gpus", "own"): None, at("mfu", "low"): None}))
    assert found.scenario.inputs["gpus"] == EXAMPLE.inputs["gpus"]
    assert found.scenario.inputs["mfu"].low is None
    assert all("the workbook computes with 0 there" in n.text and n.differs for n in found.notes)


def test_fifteen_digits_are_no_change() -> None:
    """Some programs keep no more."""
    scenario = changed(mfu=Given(value=0.1 + 0.2, source="own plan", as_of="2026"))
    xlsx = Report(build(scenario), "en").xlsx
    assert read(untouched(xlsx, {at("mfu"): 0.3})).scenario == scenario


# -- what was lost -----------------------------------------------------------------------------------------------------
def without_origin(xlsx: bytes) -> bytes:
    log = read_log(book(xlsx))
    return untouched(xlsx, {f"{log.sheet.title}!C{log.rows['made_from']}": "gone"})


@pytest.mark.parametrize("lang", LANGUAGES)
def test_without_its_origin_the_templates_example_helps(lang: str) -> None:
    found = read(without_origin(made(lang=lang)))
    assert found.scenario == EXAMPLE
    assert "the Log" in found.notes[0].at or found.notes[0].at.endswith("!")
    assert "are taken from the template's example" in found.notes[0].text


def test_without_its_origin_every_value_still_comes_back() -> None:
    mine = changed(
        gpus=Given(value=512, low=256, source="quote of 3 May", as_of="2026", note=Text(en="Mine", ja="自社")),
        mfu=Given(value=0.4, source="korthikanti2022"),
    )
    found = read(without_origin(Report(build(mine), "en").xlsx))
    gpus = mine.inputs["gpus"].model_copy(update={"note": Text(en="Mine", ja="Mine")})
    assert found.scenario == mine.model_copy(update={"inputs": {**mine.inputs, "gpus": gpus}})


def test_an_origin_that_somebody_damaged_is_none() -> None:
    log = read_log(book(made()))
    cell = f"{log.sheet.title}!C{log.rows['made_from']}"
    other = json.dumps(EXAMPLE.model_dump(mode="json", by_alias=True) | {"inputs": {"gpus": -1}})
    for text in ("{}", other, "[" * 5000):
        assert read(untouched(made(), {cell: text})).scenario == EXAMPLE


# -- mistakes ----------------------------------------------------------------------------------------------------------
MISTAKES: dict[str, tuple[dict[str, Any], type[XlllmError], str]] = {
    "blank": ({at("gpus"): None}, InputError, f"{at('gpus')} (GPUs reserved) is blank: give a whole number of GPUs"),
    "blank where 0 is allowed": ({at("served_tokens"): None}, InputError, f"{at('served_tokens')} (Tokens served"),
    "spaces": ({at("gpus"): "  "}, InputError, "is blank"),
    "text": ({at("gpus"): "many"}, InputError, "is no number I can read: got 'many'"),
    "a share": ({at("mfu"): 40}, InputError, "must be a share of 1 above 0: got 40; write 0.4 or 40%"),
    "half a GPU": ({at("gpus"): 1.5}, InputError, "must be a whole number of GPUs"),
    "no option": ({at("recompute"): "ful"}, InputError, "got 'ful'; did you mean full?"),
    "no entry": ({at("gpu"): "H1000"}, NotInCatalogError, f"{at('gpu')}: no gpu has the key 'H1000'; nearest: H100"),
    "blank entry": ({at("gpu"): None}, InputError, f"{at('gpu')} is blank: choose from the list"),
    "an error": ({at("gpus"): "=1/0"}, InputError, "holds the error #DIV/0!: type the value itself"),
    "outside its range": ({at("mfu"): 0.9}, InputError, f"{at('mfu')}: inputs.mfu: the base value 0.9 is not between"),
    "a date": ({at("gpus", "as_of"): "soon"}, InputError, "must be a date: got 'soon'; write 2026-04-01"),
    "a small date": ({at("gpus", "as_of"): 12}, InputError, "must be a date: got 12"),
    "money": ({UNIT: "£"}, InputError, f"{UNIT} must be one of $M, $k, $, ¥100M"),
    "rate": ({RATE: 0}, InputError, f"{RATE} must be a number above 0: got 0"),
    "month": ({at("fiscal_start_month"): 13}, InputError, "must be less than or equal to 12: got 13"),
    "price date": ({DAY: "soon"}, InputError, f"{DAY} must be a date: got 'soon'"),
    "price year": ({DAY: 2026}, InputError, f"{DAY} must be a day: got 2026"),
    "a low case": ({at("mfu", "low"): "x"}, InputError, f"{at('mfu', 'low')} (Model FLOPs utilisation) is no number"),
}


@pytest.mark.parametrize("what", MISTAKES)
def test_a_mistake_names_the_cell_and_what_it_needs(what: str) -> None:
    cells, kind, says = MISTAKES[what]
    with pytest.raises(kind) as caught:
        read(typed(made(), cells))
    assert says in caught.value.message
    assert type(caught.value) is kind


def test_several_mistakes_are_named_at_once() -> None:
    with pytest.raises(InputError) as caught:
        read(typed(made(), {at("gpus"): None, at("mfu"): 40, at("gpu"): "zzz"}))
    named = {re.split(r"[ :]", line)[0] for line in caught.value.message.splitlines()}
    assert named == {at("gpu"), at("gpus"), at("mfu")}


def test_a_formula_that_nobody_computed() -> None:
    with pytest.raises(InputError, match="which nobody computed yet: type the value itself"):
        read(untouched(made(), {at("gpus"): "=2000+48"}))


def test_a_deleted_input_and_a_copied_one() -> None:
    sheet = Spreadsheet(made())
    sheet.delete_row("Inputs", int(re.sub(r"\D", "", at("pp"))))
    with pytest.raises(FileError, match="Inputs has no row with the key pp: it was deleted"):
        read(sheet.saved())
    copied = typed(made(), {"Inputs!M90": "gpus"})
    with pytest.raises(FileError, match="Inputs has the key gpus twice; delete the copied row"):
        read(copied)


def test_heads_that_are_gone() -> None:
    with pytest.raises(FileError, match="no column of Inputs is headed 'Low case'; put the heads back"):
        read(typed(made(), {"Inputs!E5": "Bad case"}))


def without_sheet(title: str) -> bytes:
    workbook, out = load_workbook(io.BytesIO(made())), io.BytesIO()
    del workbook[title]
    workbook.save(out)
    return out.getvalue()


def test_a_book_that_is_not_ours() -> None:
    with pytest.raises(FileError, match="was not made by xlllm: no sheet of it holds the Log of one"):
        read(without_sheet("Log"))
    with pytest.raises(FileError, match="the sheet Inputs with the keys of its inputs is gone"):
        read(without_sheet("Inputs"))


def test_a_template_of_ones_own() -> None:
    template = load_template("training_budget").model_copy(update={"id": "mine"})
    xlsx = Report(Plan(template, EXAMPLE.model_copy(update={"template": "mine"})), "en").xlsx
    with pytest.raises(TemplateError, match="'mine', which is none of ours; if it is your own, name its file with --t"):
        read(xlsx)
    assert extract(book(xlsx), template).scenario.template == "mine"
    with pytest.raises(InputError, match="was made from the template training_budget, not mine"):
        extract(book(made()), template)


def test_a_log_that_says_nothing_we_know() -> None:
    log = read_log(book(made()))
    for key, says in {"lang": "must be en or ja: got 'fr'", "edition": "must be native or udf or values"}.items():
        with pytest.raises(FileError, match=says):
            read(typed(made(), {f"{log.sheet.title}!C{log.rows[key]}": "fr"}))
