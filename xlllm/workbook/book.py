"""A workbook read back: every formula and the value it showed last, in one pass. Nothing in it is ever executed."""

from __future__ import annotations

import datetime as dt
import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import cache, cached_property
from io import BytesIO
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple, NoReturn
from xml.etree import ElementTree

from openpyxl.formula.translate import Translator
from openpyxl.utils import get_column_letter as letter

from xlllm.errors import FileError
from xlllm.values import DAY_0, LAST_DAY, LAST_YEAR

LARGEST_FILE, LARGEST_PART, LARGEST_SUM = 64 << 20, 64 << 20, 160 << 20
"""Bytes of the file, of one part unpacked, and of all parts read: many times what a budget workbook has."""
LARGEST_ARRAY = 100_000
"""Cells that one formula fills."""
DAYS_FROM_1904 = 1462
_CELL = re.compile(r"\$?([A-Z]{1,3})\$?(\d{1,7})")
_OLE = bytes.fromhex("D0CF11E0A1B11AE1")
_FLAGS = {"=TRUE()": True, "=FALSE()": False}
_WAY_OUT = "open it in your spreadsheet program and save it as .xlsx"
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    OSError,
    RuntimeError,
    NotImplementedError,
    LookupError,
    ValueError,
)


class CellError(str):
    """An error value such as #N/A, which the text "#N/A" is not."""


class Held(NamedTuple):
    """What a cell holds."""

    formula: str = ""
    """With its equals sign; empty for a constant."""
    value: Any = None
    """A number, text, flag or CellError; of a formula what it showed last, or None if nobody computed it."""


NOTHING = Held()
At = tuple[int, int]
"""Row and column, from 1."""


class Sheet(NamedTuple):
    title: str
    cells: Mapping[At, Held]
    """Cells that hold something."""

    def get(self, row: int, column: int) -> Held:
        return self.cells.get((row, column), NOTHING)

    def name(self, row: int, column: int) -> str:
        """How a message calls a cell."""
        return f"{self.title}!{letter(column)}{row}"


class Book:
    """The sheets of an .xlsx file.

    Raises
    ------
    FileError
        It is no such file, is damaged or protected, or unpacks to more than any of our workbooks could hold.
    """

    def __init__(self, data: bytes, name: str) -> None:
        self.name = name
        self._zip = _opened(data, name)
        self._read = 0
        try:
            self._load()
        except ElementTree.ParseError as error:
            self._refuse(f"is damaged: {error}")
        except _BROKEN as error:
            self._refuse(f"is damaged or no .xlsx workbook: {error}")

    def _load(self) -> None:
        self.parts = frozenset(self._zip.namelist())
        book = self._xml("xl/workbook.xml")
        targets = {
            r.get("Id", ""): posixpath.normpath(posixpath.join("xl", r.get("Target", ""))).removeprefix("/")
            for r in self._xml("xl/_rels/workbook.xml.rels")
        }
        self._texts = self._shared(next((t for t in targets.values() if t.endswith("sharedStrings.xml")), ""))
        self.from_1904 = any(_tag(e) == "workbookPr" and e.get("date1904") in ("1", "true") for e in book)
        self.names: dict[str, str] = {}
        self.sheets: dict[str, Sheet] = {}
        for e in book.iter():
            if _tag(e) == "definedName" and e.get("localSheetId") is None:
                self.names[e.get("name", "")] = e.text or ""
            elif _tag(e) == "sheet":
                id = next((v for k, v in e.attrib.items() if k.endswith("}id")), "")
                if "worksheets/" in (path := targets.get(id, "")):
                    title, sheet = e.get("name", ""), self._xml(path)
                    cells = dict(self._cells(sheet))
                    self.sheets[title] = Sheet(title, cells | dict(_spilled(sheet, cells)))
        if not self.sheets:
            raise ValueError("it has no sheets")

    def _refuse(self, what: str) -> NoReturn:
        raise FileError(f"{self.name} {what}") from None

    def _xml(self, path: str) -> ElementTree.Element:
        size = self._zip.getinfo(path).file_size
        self._read += size
        if size > LARGEST_PART or self._read > LARGEST_SUM:
            self._refuse(f"unpacks to over {min(size, LARGEST_PART) >> 20} MB, more than a budget workbook can hold")
        text = self._zip.read(path)
        if b"<!DOCTYPE" in text[:1000] or b"<!ENTITY" in text:
            self._refuse("declares entities, which no spreadsheet program writes; it is not read")
        return ElementTree.fromstring(text)

    def _shared(self, path: str) -> list[str]:
        return [_text(e) for e in self._xml(path) if _tag(e) == "si"] if path else []

    def _cells(self, sheet: ElementTree.Element) -> Iterator[tuple[At, Held]]:
        shared: dict[str, Translator] = {}
        space, row, column = sheet.tag.removesuffix("worksheet"), 0, 0
        for line in sheet.iterfind(f"{space}sheetData/{space}row"):
            row, column = int(line.get("r") or row + 1), 0
            for c in line:
                at = _CELL.fullmatch(c.get("r", ""))
                row, column = (int(at[2]), _column(at[1])) if at else (row, column + 1)
                if (held := self._held(c, (row, column), space, shared)) != NOTHING:
                    yield (row, column), held

    def _held(self, c: ElementTree.Element, at: At, space: str, shared: dict[str, Translator]) -> Held:
        formula, value, kind = "", None, c.get("t", "n")
        for part in c:
            match part.tag.removeprefix(space):
                case "v":
                    value = self._value(kind, part.text)
                case "is":
                    value = _text(part)
                case "f":
                    formula = f"={(part.text or '').strip()}"
                    if part.get("t") == "shared":
                        cell = f"{letter(at[1])}{at[0]}"
                        if part.text:
                            shared[part.get("si", "")] = Translator(formula, cell)
                        elif master := shared.get(part.get("si", "")):
                            formula = str(master.translate_formula(cell))
                    elif part.get("t") == "dataTable":
                        formula = "=TABLE()"
        if formula in _FLAGS:  # how LibreOffice keeps a typed TRUE
            return Held("", _FLAGS[formula])
        return Held(formula, value)

    def _value(self, kind: str, text: str | None) -> Any:
        if text is None:
            return "" if kind == "str" else None
        match kind:
            case "s":
                return self._texts[int(text)]
            case "b":
                return text.strip() in ("1", "true")
            case "e":
                return CellError(text.strip())
            case "n":
                return float(text)
        return _plain(text)

    # -- asking --------------------------------------------------------------------------------------------------------
    @cached_property
    def has_macros(self) -> bool:
        return any(p.endswith("vbaProject.bin") for p in self.parts)

    @cached_property
    def links(self) -> int:
        """Other workbooks that this one reads from."""
        return sum(bool(re.fullmatch(r"xl/externalLinks/[^/]+\.xml", p)) for p in self.parts)

    def place(self, name: str) -> tuple[Sheet, int, int] | None:
        """The cell that a defined name stands for."""
        title, _, cell = self.names.get(name, "").rpartition("!")
        title = title[1:-1].replace("''", "'") if title.startswith("'") else title
        at = _CELL.fullmatch(cell)
        return (self.sheets[title], int(at[2]), _column(at[1])) if at and title in self.sheets else None

    def day(self, number: float) -> dt.date:
        """The date that a number means. Raises ValueError if it is none."""
        days = int(number) + DAYS_FROM_1904 * self.from_1904
        if not LAST_YEAR < days <= LAST_DAY:
            raise ValueError(f"{number:.12g} is no date")
        return DAY_0 + dt.timedelta(days)


def read_book(path: Path) -> Book:
    """The workbook in a file. Raises FileError, which says what the file is instead and the way out."""
    try:
        if path.is_dir():
            raise FileError(f"{path} is a folder; name a workbook in it")
        if path.stat().st_size > LARGEST_FILE:
            raise FileError(f"{path} has over {LARGEST_FILE >> 20} MB, more than a budget workbook can hold")
        data = path.read_bytes()
    except FileNotFoundError:
        raise FileError(f"{path}: no such file") from None
    except OSError as error:
        raise FileError(f"{path}: cannot be read: {error.strerror or error}") from None
    return Book(data, str(path))


def _opened(data: bytes, name: str) -> zipfile.ZipFile:
    """The file as a zip that holds a workbook."""
    if data.startswith(_OLE):
        if "EncryptedPackage".encode("utf-16-le") in data:
            raise FileError(f"{name} is protected by a password: remove it (File, Info, Protect Workbook) and save")
        raise FileError(f"{name} is in the format of Excel 97–2003 (.xls): {_WAY_OUT}")
    if not data:
        raise FileError(f"{name} is empty")
    try:
        book = zipfile.ZipFile(BytesIO(data))
        parts = set(book.namelist())
    except _BROKEN:
        what = (
            "is damaged: it begins like an .xlsx file and breaks off" if data[:2] == b"PK" else "is no .xlsx workbook"
        )
        raise FileError(f"{name} {what}") from None
    if "xl/workbook.xml" in parts:
        if book.getinfo("xl/workbook.xml").flag_bits & 1:
            raise FileError(f"{name} is protected by a password: remove it and save")
        return book
    if "xl/workbook.bin" in parts:
        raise FileError(f"{name} is a binary workbook (.xlsb): {_WAY_OUT}")
    if "mimetype" in parts or "content.xml" in parts:
        raise FileError(f"{name} is an OpenDocument file (.ods): {_WAY_OUT}")
    if any(p.startswith("Index/") for p in parts):
        raise FileError(f"{name} is a Numbers document: export it as Excel (File, Export To, Excel)")
    raise FileError(f"{name} is a zip file, but no .xlsx workbook")


def _spilled(sheet: ElementTree.Element, cells: Mapping[At, Held]) -> Iterator[tuple[At, Held]]:
    """Cells that an array formula fills: each has the formula of the first, as programs show it."""
    space = sheet.tag.removesuffix("worksheet")
    for f in sheet.iterfind(f"{space}sheetData/{space}row/{space}c/{space}f[@t='array']"):
        ends = [(int(m[2]), _column(m[1])) for m in _CELL.finditer(f.get("ref", ""))]
        if len(ends) == 2:
            (top, left), (bottom, right) = ends
            if (bottom - top + 1) * (right - left + 1) > LARGEST_ARRAY:
                raise ValueError(f"an array formula fills more than {LARGEST_ARRAY:,} cells")
            first = cells.get((top, left), NOTHING)
            for at in product(range(top, bottom + 1), range(left, right + 1)):
                yield at, Held(first.formula, cells.get(at, NOTHING).value)


def _tag(e: ElementTree.Element) -> str:
    """A tag without its namespace: strict and transitional files differ only in that."""
    return e.tag.rpartition("}")[2]


def _text(e: ElementTree.Element) -> str:
    """The text of a cell, its runs joined; readings above Japanese words are left out."""
    runs = [t for part in e if _tag(part) == "r" for t in part if _tag(t) == "t"]
    return _plain("".join(t.text or "" for t in [*(t for t in e if _tag(t) == "t"), *runs]))


def _plain(text: str) -> str:
    with suppress(ValueError):
        text = re.sub(r"_x([0-9A-Fa-f]{4})_", lambda m: chr(int(m[1], 16)), text)
    return text.replace("\r\n", "\n").replace("\r", "\n")


@cache
def _column(letters: str) -> int:
    number = 0
    for c in letters:
        number = number * 26 + ord(c) - 64
    return number
