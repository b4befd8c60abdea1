"""The handbook says everything of every function, in both languages, and its examples work."""

import re
from pathlib import Path

import pytest

from xlllm import handbook, locale
from xlllm.registry import FORMULAS, Formula

README = (Path(__file__).parent.parent / "README.md").read_text("utf-8")
JAPANESE = re.compile(r"[ぁ-ゖァ-ヺ一-鿿]")

each_formula = pytest.mark.parametrize("f", FORMULAS.values(), ids=FORMULAS)


@each_formula
@pytest.mark.parametrize("lang", ["en", "ja"])
def test_page(f: Formula, lang: str) -> None:
    page = handbook.entry(f, lang)
    assert page.title
    assert page.notes
    assert page.shelf
    assert len(page.arguments) == len(f.parameters)
    assert all(a.label and a.help for a in (*page.arguments, *page.returns))
    assert bool(page.native) is (f.kind == "C")
    for text in (page.title, page.notes, *(row for row in page.native)):
        assert ":func:" not in text
        assert "``" not in text
    if lang == "ja":
        assert JAPANESE.search(page.title)
        assert JAPANESE.search(page.notes)
    assert page.signature in handbook.markdown_page(page, lang)
    assert handbook.as_json(page)["name"] == f.worksheet_name


@each_formula
def test_example_works(f: Formula) -> None:
    example = handbook.example(f)
    assert example is not None, "the docstring has no call that can be typed into a cell"
    assert example.expression.startswith(f"={f.worksheet_name}(")
    assert not example.answer.startswith("#"), example


def test_every_shelf_has_its_question() -> None:
    shelves = handbook.shelves()
    assert sum(map(len, shelves.values())) == len(FORMULAS), "a shelf is missing from the order"
    assert shelves.keys() == locale.SHELVES.keys()
    assert locale.texts("ja")["shelves"].keys() == locale.SHELVES.keys()
    assert locale.texts("ja")["records"].keys() == locale.RECORDS.keys()


def test_the_readme_shows_the_table() -> None:
    shown = README.split("<!-- xlllm functions --markdown -->\n", 1)[1].split("<!-- end -->", 1)[0]
    assert shown.strip() == handbook.markdown_table("en").strip(), "run tests/update_readme.py"
