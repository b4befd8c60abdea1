"""The vocabulary says everything in two languages, and nothing that nobody uses."""

import inspect
import math
import re
import tomllib
from pathlib import Path

import pytest
from samples import VALUES

import xlllm.catalog.lookups
from xlllm import catalog
from xlllm.arguments import RECORDS
from xlllm.locale import notes, text, texts, title
from xlllm.quantities import VOCABULARY, Quantity, quantity
from xlllm.registry import FORMULAS, Formula
from xlllm.values import read

KANA_OR_KANJI = re.compile(r"[ぁ-ゖァ-ヺ一-鿿]")
HELP_LENGTH = 255  # the longest help that Excel's function wizard shows
NUMBER = re.compile(r"[0-9]+(?:[.,][0-9]+)*(?:e-?[0-9]+)?")
ENGLISH_SPELLS_OUT = {str(n) for n in range(1, 11)}
JAPANESE_AS_IS: set[str] = set()
"""Labels that are the same in Japanese."""

each_quantity = pytest.mark.parametrize("q", VOCABULARY.values(), ids=VOCABULARY)
each_formula = pytest.mark.parametrize("f", FORMULAS.values(), ids=FORMULAS)


@each_quantity
def test_says_everything(q: Quantity) -> None:
    assert quantity(q.name) is q
    assert q.name.isidentifier()
    assert q.symbol
    for lang in ("en", "ja"):
        for field in ("label", "help", "unit"):
            assert (words := text(q, field, lang)), f"{field} in {lang}"
            assert words == words.strip()
        assert len(text(q, "help", lang)) <= HELP_LENGTH
    assert q.help.endswith((".", '."')), "English help is a sentence"
    assert text(q, "help", "ja").endswith("。"), "Japanese help is a sentence"


@each_quantity
def test_is_in_japanese(q: Quantity) -> None:
    assert bool(KANA_OR_KANJI.search(text(q, "label", "ja"))) is (q.name not in JAPANESE_AS_IS)
    assert KANA_OR_KANJI.search(text(q, "help", "ja"))
    assert q.unit in texts("ja")["units"]


@each_quantity
def test_bounds(q: Quantity) -> None:
    """A number lies between finite bounds, so that a slip of the finger is found; a sample passes."""
    if q.numeric:
        assert math.isfinite(q.low)
        assert math.isfinite(q.high)
        assert q.low < q.high
    else:
        assert (q.low, q.high, q.counted) == (-math.inf, math.inf, False)
    assert (q.kind == "choice") is bool(q.choices)
    for value in VALUES[q.name] if isinstance(VALUES[q.name], list) else [VALUES[q.name]]:
        assert read(q, value) == value


def test_nothing_is_unused() -> None:
    used = {p.name for f in FORMULAS.values() for p in f.parameters} | {
        q.name for f in FORMULAS.values() for q in f.results
    }
    used |= {q.name for record in RECORDS.values() for q in record.fields}
    used |= {name for kind in catalog.FILES for entry in catalog.load(kind).values() for name in entry.facts}
    unused = VOCABULARY.keys() - used
    assert not unused


def test_japanese_has_nothing_else() -> None:
    japanese = texts("ja")
    assert japanese["quantities"].keys() == VOCABULARY.keys()
    assert japanese["units"].keys() == {q.unit for q in VOCABULARY.values()}
    assert japanese["formulas"].keys() == FORMULAS.keys()
    assert all(entry.keys() == {"label", "help"} for entry in japanese["quantities"].values())


def test_labels_tell_apart() -> None:
    """A reader can tell two rows of a sheet apart, in both languages."""
    for lang in ("en", "ja"):
        labels = [text(q, "label", lang) for q in VOCABULARY.values()]
        assert not {label for label in labels if labels.count(label) > 1}


def test_unknown_names_answer_with_the_nearest() -> None:
    with pytest.raises(KeyError, match="gpu_hours"):
        quantity("gpu_hour")


@each_formula
def test_formula_in_japanese(f: Formula) -> None:
    entry = texts("ja")["formulas"][f.name]
    assert entry.keys() == {"title", "notes"} | ({"label"} if f.own_label else set())
    for words in entry.values():
        assert KANA_OR_KANJI.search(words)
        assert words == words.strip()
    assert not title(f, "ja").endswith("。"), "a Japanese title is no sentence"
    assert notes(f, "ja").endswith("。"), "Japanese notes are sentences"


@each_formula
def test_formula_has_the_same_numbers_in_japanese(f: Formula) -> None:
    """Every number of the English notes; others only where English says "two" or "twice" or "tenfold"."""
    english, japanese = (set(NUMBER.findall(notes(f, lang))) for lang in ("en", "ja"))
    assert english <= japanese
    assert japanese <= english | ENGLISH_SPELLS_OUT


@each_formula
def test_docstring(f: Formula) -> None:
    """A title, what it computes, an example; the arguments are described by the vocabulary."""
    text = inspect.getdoc(f.fn) or ""
    title, rest = text.split("\n", 1)
    assert title.endswith(".")
    assert rest.startswith("\n"), "the title is one line"
    sections = re.findall(r"^(\w+)\n-+$", text, re.MULTILINE)
    assert {"Notes", "Examples"} <= set(sections)
    assert "Parameters" not in sections
    assert ">>> " in text


@each_formula
def test_cites_are_in_the_bibliography(f: Formula) -> None:
    references = tomllib.loads((Path(xlllm.__file__).parent / "references.toml").read_text("utf-8"))
    assert set(f.cites) <= references.keys()
