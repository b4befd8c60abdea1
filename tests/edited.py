"""What people do to a workbook, done by a spreadsheet engine nobody here wrote, or to the file itself."""

import io
import re
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import ironcalc
from openpyxl.utils.cell import coordinate_to_tuple

from xlllm.plan import build
from xlllm.template import load_scenario, load_template
from xlllm.workbook.book import Book
from xlllm.workbook.extract import extract
from xlllm.workbook.report import Report

LANGUAGES = ("en", "ja")
Cells = Mapping[str, Any]
"""Contents by cell, as in ``Inputs!F12``: a number, a flag, a text, a formula, or None for nothing."""


@lru_cache
def made(template: str = "training_budget", lang: str = "en", edition: str = "native") -> bytes:
    """The workbook of a template with its example."""
    return Report(build(load_scenario(load_template(template).scenario)), lang, edition=edition).xlsx


def book(xlsx: bytes) -> Book:
    return Book(xlsx, "book.xlsx")


@lru_cache
def _where(template: str, lang: str) -> Any:
    return extract(book(made(template, lang))).layout


def at(id: str, column: str = "base", *, template: str = "training_budget", lang: str = "en") -> str:
    """The cell of an input: its low, base, high or own case, source, as_of or note."""
    name: str = _where(template, lang).name(id, column)
    return name


class Spreadsheet:
    """A workbook opened in IronCalc."""

    def __init__(self, xlsx: bytes) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "book.xlsx")
            path.write_bytes(_rewritten(xlsx, r'(<c r="[A-Z]+\d+"(?: s="\d+")?) t="n" ?/>', r"\1/>"))  # else 0 to it
            self.model = ironcalc.load_from_xlsx(str(path), "en", "UTC", "en")

    @property
    def sheets(self) -> list[str]:
        return [str(s["name"]) for s in self.model.get_worksheets_properties()]

    def index(self, sheet: str) -> int:
        return self.sheets.index(sheet)

    def type(self, cells: Cells) -> None:
        for place, value in cells.items():
            sheet, _, cell = place.rpartition("!")
            where = (self.index(sheet), *coordinate_to_tuple(cell))
            match value:
                case None:
                    self.model.clear_cell_contents(*where)
                case bool():
                    self.model.update_cell_with_bool(*where, value)
                case int() | float():
                    self.model.update_cell_with_number(*where, float(value))
                case str() if value.startswith("="):
                    self.model.update_cell_with_formula(*where, value)
                case _:
                    self.model.update_cell_with_text(*where, value)

    def insert_rows(self, sheet: str, row: int, count: int = 1) -> None:
        self.model.insert_rows(self.index(sheet), row, count)
        self._move_names(sheet, lambda column, r: (column, r + count * (r >= row)))

    def delete_row(self, sheet: str, row: int) -> None:
        self.model.delete_rows(self.index(sheet), row, 1)
        self._move_names(sheet, lambda column, r: (column, r - (r > row)))

    def insert_column(self, sheet: str, number: int) -> None:
        self.model.insert_columns(self.index(sheet), number, 1)
        self._move_names(sheet, lambda column, r: (column + (column >= number), r))

    def _move_names(self, sheet: str, move: Callable[[int, int], tuple[int, int]]) -> None:
        """Excel and LibreOffice move defined names with their cells; this engine does not."""
        for name in self.model.get_defined_name_list():
            found = re.fullmatch(r"('?)(.*?)\1!\$([A-Z]+)\$(\d+)", str(name["formula"]).lstrip("="))
            if found and found[2] == sheet:
                column, row = move(ironcalc.column_number_from_name(found[3]), int(found[4]))
                target = f"{found[1]}{sheet}{found[1]}!${ironcalc.column_name_from_number(column)}${row}"
                self.model.update_defined_name(name["name"], name["scope"], name["name"], name["scope"], target)

    def saved(self) -> bytes:
        self.model.evaluate()
        return bytes(self.model.to_xlsx())


def typed(xlsx: bytes, cells: Cells) -> bytes:
    """A workbook in which somebody typed, calculated and saved."""
    sheet = Spreadsheet(xlsx)
    sheet.type(cells)
    return sheet.saved()


def untouched(xlsx: bytes, cells: Cells) -> bytes:
    """A workbook in which a program changed cells and calculated nothing."""
    paths = dict(zip(book(xlsx).sheets, _sheet_parts(xlsx), strict=True))
    for place, value in cells.items():
        sheet, _, cell = place.rpartition("!")
        content = "" if value is None else f"<v>{value!r}</v>"
        kind = ""
        if isinstance(value, str) and value.startswith("="):
            content = f"<f>{value[1:]}</f>"
        elif isinstance(value, str):
            content, kind = f"<is><t>{value}</t></is>", ' t="inlineStr"'
        xlsx = _rewritten(
            xlsx,
            rf'<c r="{cell}"( s="\d+")?[^>]*?(?:/>|>.*?</c>)',
            lambda m, c=content, k=kind, at=cell: f'<c r="{at}"{m[1] or ""}{k}>{c}</c>',
            paths[sheet],
        )
    return xlsx


def _sheet_parts(xlsx: bytes) -> list[str]:
    with zipfile.ZipFile(io.BytesIO(xlsx)) as parts:
        return sorted(
            (n for n in parts.namelist() if n.startswith("xl/worksheets/sheet")),
            key=lambda n: int(re.sub(r"\D", "", n)),
        )


def _rewritten(xlsx: bytes, pattern: str, new: Any, only: str = "xl/worksheets/") -> bytes:
    """The file with a pattern replaced in some of its parts."""
    return with_parts(
        xlsx, {n: re.sub(pattern, new, t.decode()).encode() for n, t in parts(xlsx).items() if n.startswith(only)}
    )


def parts(xlsx: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(xlsx)) as file:
        return {name: file.read(name) for name in file.namelist()}


def with_parts(xlsx: bytes, changed: Mapping[str, bytes | None]) -> bytes:
    """The file with other parts, or (None) without them."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name, data in {**parts(xlsx), **changed}.items():
            if data is not None:
                target.writestr(name, data)
    return out.getvalue()
