"""Workbooks read back: as openpyxl reads them, whatever program wrote them; what is none says what it is."""

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
from edited import Spreadsheet, made, parts, untouched, with_parts
from openpyxl import Workbook, load_workbook

from xlllm.errors import FileError
from xlllm.workbook import book as module
from xlllm.workbook.book import Book, CellError, read_book

SHEET = "xl/worksheets/sheet1.xml"
HEAD = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
TAIL = "</sheetData></worksheet>"
OLE = bytes.fromhex("D0CF11E0A1B11AE1")


def small(**cells: Any) -> bytes:
    workbook, out = Workbook(), io.BytesIO()
    for cell, value in cells.items():
        workbook.active[cell] = value
    workbook.save(out)
    return out.getvalue()


def sheet(rows: str) -> Any:
    xlsx = with_parts(small(A1=1), {SHEET: f"{HEAD}{rows}{TAIL}".encode()})
    return next(iter(Book(xlsx, "x").sheets.values()))


@pytest.mark.parametrize("saved", [False, True], ids=["ours", "another program's"])
def test_reads_what_openpyxl_reads(saved: bool) -> None:
    xlsx = Spreadsheet(made(lang="ja")).saved() if saved else made(lang="ja")
    read = Book(xlsx, "x")
    formulas, values = (load_workbook(io.BytesIO(xlsx), data_only=only) for only in (False, True))
    assert list(read.sheets) == formulas.sheetnames
    for ws in formulas:
        ours = read.sheets[ws.title]
        for line in ws.iter_rows():
            for cell in line:
                held, value = ours.get(cell.row, cell.column), values[ws.title].cell(cell.row, cell.column).value
                assert held.formula == (cell.value if cell.data_type == "f" else "")
                if hasattr(value, "year"):
                    assert read.day(held.value) == value.date()
                else:
                    wanted = float(value) if isinstance(value, int) and not isinstance(value, bool) else value
                    assert (held.value or None) == (wanted or None), cell.coordinate
    assert read.place("gpus") is not None
    assert read.place("nothing") is None


def test_every_kind_of_cell() -> None:
    cells = sheet(
        '<row r="2"><c r="B2" t="inlineStr"><is><r><t>研</t></r><rPh sb="0" eb="1"><t>けん</t></rPh>'
        '<r><t>究</t></r></is></c><c t="b"><v>1</v></c><c r="E2" t="e"><v>#N/A</v></c>'
        '<c r="F2" t="str"><f>B2&amp;"x"</f><v>研究x</v></c></row>'
        '<row><c><v>1.5e3</v></c><c t="str"><f>""</f><v></v></c><c><f>1+1</f></c><c s="1"/></row>'
        '<row r="5"><c r="A5"><f t="shared" ref="A5:A6" si="0">B5*$C$1</f><v>1</v></c></row>'
        '<row r="6"><c r="A6"><f t="shared" si="0"/><v>2</v></c><c r="B6"><f>TRUE()</f><v>1</v></c>'
        '<c r="C6"><f t="array" ref="C6">SUM(A1:A2)</f><v>3</v></c><c r="D6" t="d"><v>2024-01-31</v></c>'
        '<c r="E6" t="inlineStr"><is><t>a_x000D_\nb</t></is></c></row>'
    )
    content = {at: (held.formula, held.value) for at, held in cells.cells.items()}
    assert content == {
        (2, 2): ("", "研究"),
        (2, 3): ("", True),
        (2, 5): ("", "#N/A"),
        (2, 6): ('=B2&"x"', "研究x"),
        (3, 1): ("", 1500.0),
        (3, 2): ('=""', ""),
        (3, 3): ("=1+1", None),
        (5, 1): ("=B5*$C$1", 1.0),
        (6, 1): ("=B6*$C$1", 2.0),
        (6, 2): ("", True),
        (6, 3): ("=SUM(A1:A2)", 3.0),
        (6, 4): ("", "2024-01-31"),
        (6, 5): ("", "a\nb"),
    }
    assert isinstance(content[2, 5][1], CellError)


def test_strict_files_and_days_from_1904() -> None:
    xlsx = small(A1=5)
    strict = {
        name: data.replace(
            b"http://schemas.openxmlformats.org/spreadsheetml/2006/main", b"http://purl.oclc.org/ooxml/x"
        )
        for name, data in parts(xlsx).items()
    }
    strict["xl/workbook.xml"] = strict["xl/workbook.xml"].replace(b"<workbookPr ", b'<workbookPr date1904="1" ')
    read = Book(with_parts(xlsx, strict), "x")
    assert read.sheets["Sheet"].get(1, 1).value == 5
    assert read.day(43_831).isoformat() == "2024-01-02"
    with pytest.raises(ValueError, match="is no date"):
        read.day(1e9)


def test_what_a_file_brings_along() -> None:
    plain = Book(made(), "x")
    assert not plain.has_macros
    assert plain.links == 0
    more = Book(with_parts(made(), {"xl/vbaProject.bin": b"", "xl/externalLinks/externalLink1.xml": b""}), "x")
    assert more.has_macros
    assert more.links == 1


def zipped(**names: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        for name, data in names.items():
            file.writestr(name.replace("__", "/"), data)
    return out.getvalue()


def encrypted_part() -> bytes:
    data = bytearray(small(A1=1))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.find(mark)
        while at >= 0:
            data[at + offset] |= 1
            at = data.find(mark, at + 4)
    return bytes(data)


def bomb() -> bytes:
    return with_parts(small(A1=1), {SHEET: f"{HEAD}<row>{' ' * (module.LARGEST_PART + 1)}</row>{TAIL}".encode()})


LAUGHS = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><worksheet>&b;</worksheet>'
WRONG = {
    "empty": (b"", "is empty"),
    "text": (b"a,b\n1,2\n", "is no .xlsx workbook"),
    "broken off": (made()[:5000], "is damaged: it begins like an .xlsx file and breaks off"),
    "xls": (OLE + b"Workbook", "Excel 97–2003 (.xls): open it in your spreadsheet program and save it as .xlsx"),
    "password": (OLE + "EncryptedPackage".encode("utf-16-le"), "is protected by a password: remove it"),
    "zip password": (encrypted_part(), "is protected by a password: remove it"),
    "ods": (zipped(mimetype=b"application/vnd.oasis.opendocument.spreadsheet"), "OpenDocument file (.ods): open it"),
    "numbers": (zipped(Index__Document=b""), "is a Numbers document: export it as Excel"),
    "zip": (zipped(readme=b"x"), "is a zip file, but no .xlsx workbook"),
    "xlsb": (b"", ""),
    "bomb": (b"", "unpacks to over 64 MB"),
    "entities": (with_parts(small(A1=1), {SHEET: LAUGHS.encode()}), "declares entities"),
    "no XML": (with_parts(small(A1=1), {SHEET: b"<worksheet>"}), "is damaged: "),
    "no sheet": (with_parts(small(A1=1), {SHEET: None}), "is damaged or no .xlsx workbook"),
    "no number": (with_parts(small(A1=1), {SHEET: f"{HEAD}<row><c><v>x</v></c></row>{TAIL}".encode()}), "is damaged"),
    "no text": (
        with_parts(small(A1=1), {SHEET: f'{HEAD}<row><c t="s"><v>99</v></c></row>{TAIL}'.encode()}),
        "is damaged",
    ),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_no_workbook_says_what_it_is(what: str, tmp_path: Path) -> None:
    data, says = WRONG[what]
    if what == "bomb":
        data = bomb()
        assert len(data) < 1_000_000
    if what == "xlsb":
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as file:
            file.writestr("xl/workbook.bin", b"")
        data, says = out.getvalue(), "is a binary workbook (.xlsb)"
    path = tmp_path / "book.xlsx"
    path.write_bytes(data)
    with pytest.raises(FileError) as caught:
        read_book(path)
    assert says in caught.value.message
    assert caught.value.message.startswith(str(path))


def test_a_broken_checksum_is_damage() -> None:
    data = bytearray(made())
    at = data.find(b"xl/worksheets/sheet1.xml") + 300
    data[at : at + 50] = bytes(50)
    with pytest.raises(FileError, match="is damaged"):
        Book(bytes(data), "x")


def test_files_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="no such file"):
        read_book(tmp_path / "none.xlsx")
    with pytest.raises(FileError, match="is a folder"):
        read_book(tmp_path)


def test_a_large_file_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "book.xlsx"
    path.write_bytes(made())
    monkeypatch.setattr(module, "LARGEST_FILE", 1000)
    with pytest.raises(FileError, match="more than a budget workbook can hold"):
        read_book(path)


def test_a_program_that_types_and_does_not_calculate() -> None:
    """The helper of other tests does what it says."""
    read = Book(untouched(made(), {"Inputs!F14": 7.0, "Inputs!B14": "x", "Calculation!F6": None}), "x")
    assert read.sheets["Inputs"].get(14, 6).value == 7
    assert read.sheets["Inputs"].get(14, 2).value == "x"
    assert read.sheets["Calculation"].get(6, 6).value is None
