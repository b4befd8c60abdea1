"""The `udf` edition: every call in three dialects, its metadata, its twin, and its recalculation by formualizer."""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import formualizer
import numpy as np
import pytest
from engines import RTOL, Error, Key, Values, cached, content, deviations, differences, formulas
from formualizer_host import register, shown
from openpyxl import load_workbook
from openpyxl.utils.cell import coordinate_to_tuple
from openpyxl.utils.datetime import to_excel
from samples import same
from twins import made, twin_values

from xlllm import worksheet
from xlllm.errors import XlllmError
from xlllm.hosts import calls
from xlllm.plan import CASES
from xlllm.registry import Formula
from xlllm.template import template_names
from xlllm.workbook import words
from xlllm.workbook.book import Book
from xlllm.workbook.canvas import DIALECTS

BOOKS = [(template, dialect) for template in template_names() for dialect in DIALECTS]
CLOSE = 1e-9
_CALL = re.compile(r"=(?:INDEX\()?((?:LLM_|LLM\.|_xldudf_LLM_)\w+)\((.*)\)")
_INDEX = re.compile(r"=INDEX\(.*,(\d+)\)")
_CELLS = re.compile(r"(?:('[^']+'|[^\W\d]\w*)!)?(\$?[A-Z]{1,3}\$?\d+(?::\$?[A-Z]{1,3}\$?\d+)?)")


@cache
def file(template: str, dialect: str, lang: str = "en") -> bytes:
    return made(template, lang, "udf", dialect).xlsx


@pytest.fixture(scope="module", params=BOOKS, ids="-".join)
def book(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("udf") / "-".join((*request.param, "udf.xlsx"))
    path.write_bytes(file(*request.param))
    return path


def part(xlsx: bytes, name: str) -> str:
    with zipfile.ZipFile(io.BytesIO(xlsx)) as parts:
        return parts.read(name).decode()


def texts(xlsx: bytes) -> set[str]:
    """Every text of a workbook."""
    sheets = Book(xlsx, "book.xlsx").sheets.values()
    return {held.value for sheet in sheets for held in sheet.cells.values() if isinstance(held.value, str)}


# ---- every call ------------------------------------------------------------------------------------------------
def split_arguments(text: str) -> list[str]:
    """What stands between the commas outside brackets."""
    found, depth = [""], 0
    for c in text:
        depth += (c in "({") - (c in ")}")
        if c == "," and not depth:
            found.append("")
        else:
            found[-1] += c
    return found


class Cells:
    """The values in a file, read by address or name."""

    def __init__(self, path: Path) -> None:
        self.book = load_workbook(path, data_only=True)

    def value(self, text: str, title: str) -> Any:
        if m := re.fullmatch(r"CHOOSE\(\{([\d,]+)\},(.*)\)", text):
            cells = split_arguments(m[2])
            assert m[1] == ",".join(str(i) for i in range(1, len(cells) + 1)), text
            return [[self.value(cell, title) for cell in cells]]
        if text in self.book.defined_names:
            text = self.book.defined_names[text].attr_text
        m = _CELLS.fullmatch(text)
        assert m, f"{text} is no cell"
        found = self.book[(m[1] or title).strip("'")][m[2].replace("$", "")]
        return [[c.value for c in row] for row in found] if isinstance(found, tuple) else found.value


def read(text: str) -> tuple[Formula, list[str], int]:
    """The function of a call, its arguments as they are written, and which of its results is shown."""
    index = _INDEX.fullmatch(text)
    m = _CALL.fullmatch(text.removesuffix(f",{index[1]})") if index else text)
    assert m, text
    return worksheet.function(m[1]), split_arguments(m[2]), int(index[1]) if index else 1


@lru_cache(1)
def calls_in(path: Path) -> dict[Key, tuple[str, int]]:
    """The first cell of every formula that calls a function, its text and in how many cells it answers."""
    found = {}
    for ws in load_workbook(path):
        for c in (c for row in ws.iter_rows() for c in row if c.data_type == "f"):
            text, ref = getattr(c.value, "text", c.value), getattr(c.value, "ref", c.coordinate)
            if "LLM" in text:
                cells = ws[ref]
                found[ws.title, c.coordinate] = text, len(cells[0]) if isinstance(cells, tuple) else 1
    return found


def test_every_call_gives_the_value_in_its_cells(book: Path) -> None:
    values, found = Cells(book), calls_in(book)
    prefix = DIALECTS[next(d for d in DIALECTS if f"-{d}-" in book.name)]
    for (title, at), (text, width) in found.items():
        assert re.search(r"[A-Za-z_]*LLM[_.]", text)[0] == prefix, text  # type: ignore[index]
        formula, written, result = read(text)
        assert len(written) == len(formula.parameters), text
        args = [values.value(x, title) for x in written]
        for p, x in zip(formula.parameters, args, strict=True):
            assert x is not None, text
            assert not p.record or isinstance(x, str), f"{text}: {p.name} goes by its key"
        answer = calls.rows(calls.answer(formula.worksheet_name, args))
        row, column = coordinate_to_tuple(at)
        held = [content(values.book[title].cell(row, column + i)) for i in range(width)]
        given = answer[0] if width > 1 else [answer[0][result - 1]]
        assert len(answer) == 1
        expected = [Error(x.cell) if isinstance(x, XlllmError) else x for x in given]
        assert same(*(np.array(x, dtype=object) for x in (expected, held))), (text, expected, held)


@pytest.mark.parametrize("template", template_names())
def test_every_row_that_a_function_computes_calls_it(template: str) -> None:
    """In every case; solvers too, so that there is nothing to turn stale."""
    report = made(template, "en", "udf", "vba")
    canvas, sheets = report._canvas, load_workbook(io.BytesIO(report.xlsx))
    for item in report.plan.rows.values():
        for case in CASES if not item.helper else ():
            title, _, at = canvas.place(item.id, case).rpartition("!")
            formula, _, result = read(sheets[title.strip("'")][at].value.text)
            assert (formula, result) == (item.formula, item.result + 1)
    assert words.SHEETS["engine"].en not in sheets.sheetnames
    assert not any(words.STALE.en in text for text in texts(report.xlsx))


def test_every_name_is_defined(book: Path) -> None:
    """What-if reads rows that functions compute inside: they have cells of their own."""
    sheets = load_workbook(book)
    known = {name.upper() for name in sheets.defined_names}
    used: set[str] = set()
    for text in set(formulas(book).values()):
        plain = re.sub(r'"[^"]*"|\'[^\']*\'!|\w+!', "", text)
        used |= set(re.findall(r"(?<![\w.$])[A-Za-z_][\w.]*(?![\w.(!])", plain))
    cells = re.compile(r"[A-Z]{1,3}\d+|[A-Z]{1,3}|TRUE|FALSE")
    assert not {name for name in used if name.upper() not in known and not cells.fullmatch(name)}


# ---- what Excel and LibreOffice need ---------------------------------------------------------------------------
def test_a_row_over_the_years_spills(book: Path) -> None:
    found = {key: width for key, (_, width) in calls_in(book).items() if width > 1}
    template = next(t for t in template_names() if book.name.startswith(f"{t}-"))
    years = made(template, "en").plan.years
    assert bool(found) == bool(years)
    assert set(found.values()) <= {years}
    assert {title for title, _ in found} <= {words.SHEETS["years"].en}


def test_metadata_says_that_calls_spill(book: Path) -> None:
    xlsx, found = book.read_bytes(), calls_in(book)
    sheets = [part(xlsx, name) for name in zipfile.ZipFile(book).namelist() if "worksheets/sheet" in name]
    arrays = [m[0] for xml in sheets for m in re.finditer(r'<c [^>]*><f t="array" ref="[A-Z0-9:]+">', xml)]
    spilled = sum(width > 1 for _, width in found.values())
    assert len(arrays) == (spilled if "-libreoffice-" in book.name else len(found))
    assert all(' cm="1"' in c for c in arrays)
    assert sum(xml.count(" cm=") for xml in sheets) == len(arrays)
    named = "xl/metadata.xml" in zipfile.ZipFile(book).namelist()
    assert named == bool(arrays)
    if named:
        assert 'fDynamic="1"' in part(xlsx, "xl/metadata.xml")
        assert '<Override PartName="/xl/metadata.xml"' in part(xlsx, "[Content_Types].xml")
        assert 'Target="/xl/metadata.xml"' in part(xlsx, "xl/_rels/workbook.xml.rels")


def test_nothing_is_computed_anew_on_opening(book: Path) -> None:
    """Where the functions are missing, the values in the file are all there is."""
    calculation = re.search("<calcPr[^>]*>", part(book.read_bytes(), "xl/workbook.xml"))
    assert calculation
    assert 'fullCalcOnLoad="1"' not in calculation[0]
    assert int(re.search(r'calcId="(\d+)"', calculation[0])[1]) >= 191029  # type: ignore[index]


def test_the_same_plan_gives_the_same_bytes() -> None:
    made.cache_clear()
    assert made("training_budget", "ja", "udf", "officejs").xlsx == file("training_budget", "officejs", "ja")


def test_spilled_cells_are_read_back_as_formulas() -> None:
    sheets = Book(file("serving", "vba"), "serving.xlsx").sheets
    row = [h for (r, _), h in sheets[words.SHEETS["years"].en].cells.items() if r == 7 and h.formula]
    assert len(row) == made("serving").plan.years
    assert {h.formula for h in row} == {row[0].formula}
    assert len({h.value for h in row}) > 1


def test_the_file_to_print_calls_nothing() -> None:
    report = made("serving", "en", "udf", "libreoffice")
    with zipfile.ZipFile(io.BytesIO(report.printable)) as parts:
        assert not any(re.search(b"<f[ >]", parts.read(n)) for n in parts.namelist() if "worksheets/sheet" in n)
    assert made("serving").printable == made("serving").xlsx


@pytest.mark.parametrize("lang", ["en", "ja"])
@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_guide_says_what_it_needs(dialect: str, lang: str) -> None:
    for template, without in (("carbon", words.STAYS), ("serving", words.NO_ROWS)):
        said = texts(file(template, dialect, lang))
        needs = next(text for text in said if words.ADD_INS[dialect].in_(lang) in text)
        assert (without if dialect == "libreoffice" else words.STAYS).in_(lang) in needs
        assert (words.SHEETS["years"].in_(lang) in needs) == (template == "serving")
        assert words.CLASSIC.in_(lang) not in said
        assert words.CLASSIC.in_(lang) in texts(made(template, lang).xlsx)


# ---- the twin, and another engine ------------------------------------------------------------------------------
@pytest.mark.parametrize("lang", ["en", "ja"])
@pytest.mark.parametrize("template", template_names())
def test_the_native_twin_shows_the_same(template: str, lang: str, tmp_path: Path) -> None:
    path = tmp_path / "udf.xlsx"
    path.write_bytes(file(template, "vba", lang))
    ours = cached(path)
    theirs = twin_values(template, lang, ours)
    errors = [key for key, value in theirs.items() if isinstance(value, Error)]
    assert differences(theirs, ours, path, RTOL, allowed_errors=errors) == []


@pytest.mark.parametrize("template", template_names())
def test_formualizer_recalculates(template: str, tmp_path: Path) -> None:
    """From a file without any value of a call; its CHOOSE takes no array, which stands beside cells in its HSTACK."""
    path = tmp_path / "udf.xlsx"
    path.write_bytes(file(template, "vba"))
    emptied = load_workbook(path)  # openpyxl keeps no value beside a formula
    for (title, at), text in formulas(path).items():
        cell = emptied[title][at]
        if cell.data_type != "f":
            cell.value = None
        elif hasattr(cell.value, "text"):
            cell.value.text = re.sub(r"CHOOSE\(\{[\d,]+\},", "HSTACK(", text)
    emptied.save(tmp_path / "emptied.xlsx")
    engine = formualizer.load_workbook(str(tmp_path / "emptied.xlsx"))
    register(engine)
    engine.evaluate_all()
    expected = twin_values(template, "en", cached(path))
    got: Values = {key: _value(engine, key) for key in expected}
    calling = {key for key, text in formulas(path).items() if "LLM_" in text}
    assert calling
    assert differences(expected, got, path, CLOSE) == []
    assert max(deviations(expected, got, path, CLOSE).values()) <= CLOSE


def _value(engine: formualizer.Workbook, key: Key) -> Any:
    value = engine.get_value(key[0], *coordinate_to_tuple(key[1]))
    named = shown(value)
    if isinstance(value, dict):
        return Error(named)
    if isinstance(value, dt.date):
        return float(to_excel(value))
    return float(value) if type(value) is int else value
