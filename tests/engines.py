"""Spreadsheet programs that nobody here wrote recalculate a workbook, and every formula cell is compared.

A workbook carries the values our own engine computed, so a program that merely repeats them proves nothing:
`recalculates` shows that a program really computes. An engine is any function from a path to the values of the
formula cells; a number is always a float, and an error value is an `Error`, so that the text "#N/A" is not one.
"""

import contextlib
import inspect
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from pathlib import Path
from typing import Any

import ironcalc
from openpyxl import Workbook, load_workbook
from openpyxl.formula import Tokenizer
from openpyxl.formula.tokenizer import Token
from openpyxl.utils.cell import coordinate_to_tuple, get_column_letter
from openpyxl.utils.datetime import to_excel


@dataclass(frozen=True)
class Error:
    """An error value such as #N/A."""

    code: str


Key = tuple[str, str]  # sheet, cell
Value = float | bool | str | Error | None  # None: the cell holds nothing
Values = dict[Key, Value]
Engine = Callable[[Path], Values]

RTOL = 1e-12


# ---- what the file says ----------------------------------------------------------------------------------------
def formulas(path: Path) -> dict[Key, str]:
    """Every formula cell and its formula; each cell of an array formula has the formula of the array."""
    found: dict[Key, str] = {}
    for sheet in load_workbook(path).worksheets:
        for cell in (cell for row in sheet.iter_rows() for cell in row if cell.data_type == "f"):
            area = sheet[getattr(cell.value, "ref", cell.coordinate)]
            found |= {(sheet.title, each.coordinate): getattr(cell.value, "text", cell.value) for each in flat(area)}
    return found


def cached(path: Path) -> Values:
    """The values that the file itself carries for its formula cells."""
    book = load_workbook(path, data_only=True)
    return {(sheet, at): content(book[sheet][at]) for sheet, at in formulas(path)}


def content(cell: Any) -> Value:
    match cell.value:
        case None:
            return "" if cell.data_type == "str" else None  # openpyxl reads an empty text result as None
        case str(text):
            return Error(text) if cell.data_type == "e" else text
        case bool(flag):
            return flag
        case date() | time() | timedelta() as day:
            return float(to_excel(day))
        case number:
            return float(number)


def flat(area: Any) -> Iterator[Any]:
    """The cells of what openpyxl gives for an address: one cell, a row or column of cells, or rows of cells."""
    if isinstance(area, tuple):
        for part in area:
            yield from flat(part)
    else:
        yield area


def numbers(values: Values) -> dict[Key, float]:
    return {key: value for key, value in values.items() if isinstance(value, float)}


# ---- IronCalc --------------------------------------------------------------------------------------------------
class IronCalc:
    """A workbook held by IronCalc, recalculated."""

    def __init__(self, path: Path) -> None:
        self.model = ironcalc.load_from_xlsx(str(path), "en", "UTC", "en")
        self.index = {sheet["name"]: i for i, sheet in enumerate(self.model.get_worksheets_properties())}
        self.model.evaluate()

    def at(self, key: Key) -> tuple[int, int, int]:
        return self.index[key[0]], *coordinate_to_tuple(key[1])

    def value(self, key: Key) -> Value:
        value: Value = self.model.get_cell_value(*self.at(key))
        return Error(str(value)) if self.model.get_cell_type(*self.at(key)) == ironcalc.CellType.ErrorValue else value


def ironcalc_values(path: Path) -> Values:
    book = IronCalc(path)
    return {key: book.value(key) for key in formulas(path)}


# ---- LibreOffice -----------------------------------------------------------------------------------------------
SECONDS = 300
SETTINGS = '<oor:items xmlns:oor="http://openoffice.org/2001/registry">'
RECALCULATE_ALWAYS = """<item oor:path="/org.openoffice.Office.Calc/Formula/Load"
 ><prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item>"""
ERRORS = {502: "#NUM!", 503: "#NUM!", 519: "#VALUE!", 521: "#NULL!", 523: "#NUM!", 524: "#REF!", 525: "#NAME?"}
ERRORS |= {532: "#DIV/0!", 32767: "#N/A"}


def libreoffice_values(path: Path) -> Values:
    return libreoffice_books([path])[0]


def libreoffice_books(paths: Sequence[Path], profile: Path | None = None) -> list[Values]:
    """Recalculate workbooks in one fresh session of LibreOffice, or in one with a profile's extensions.

    The values are read through UNO: a file that LibreOffice saves keeps 15 digits only.
    LibreOffice has no booleans (a TRUE is a 1 that is displayed so): 0 and 1 take the type of the cached value.
    """
    with tempfile.TemporaryDirectory(prefix="recalculate-") as folder:
        copies = [shutil.copy(path, f"{folder}/{i}.xlsx") for i, path in enumerate(paths)]
        own = profile or Path(folder, "profile")
        settings(own, RECALCULATE_ALWAYS)
        answer = in_libreoffice(formula_cells, copies, own)
    return [typed(path, cells) for path, cells in zip(paths, answer, strict=True)]


def settings(profile: Path, *items: str) -> None:
    """Write settings into a profile of LibreOffice."""
    file = profile / "user" / "registrymodifications.xcu"
    file.parent.mkdir(parents=True, exist_ok=True)
    known = file.read_text("utf-8") if file.exists() else f"{SETTINGS}</oor:items>"
    file.write_text(known.replace("</oor:items>", "".join((*items, "</oor:items>"))), "utf-8")


def in_libreoffice(work: Callable[..., Any], task: Any, profile: Path) -> Any:
    """What `work` answers to a task in a session of LibreOffice. It runs in another Python; all else is JSON."""
    python, soffice = uno_python()
    called = f"session({work.__name__})"
    source = "\n".join(["from __future__ import annotations", *map(inspect.getsource, (session, work)), called])
    with tempfile.TemporaryDirectory(prefix="task-") as folder:
        file = Path(folder, "task.json")
        file.write_text(json.dumps(task), "utf-8")
        with subprocess.Popen(
            [python, "-I", "-", soffice, profile.as_uri(), str(file)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"PATH": os.defpath},  # LibreOffice's own Python takes the library of the first on it
            start_new_session=True,
        ) as running:
            try:
                answer, _ = running.communicate(source, SECONDS)
            finally:
                if running.poll() != 0:  # failed or too late: end it with all that it has started
                    with contextlib.suppress(ProcessLookupError):
                        os.killpg(running.pid, signal.SIGKILL)
    if running.returncode:
        raise RuntimeError("LibreOffice did not do its work: its message is above")
    return json.loads(answer)


def typed(path: Path, cells: list[tuple[str, int, int, float | str | int]]) -> Values:
    found: Values = {}
    for sheet, row, column, value in cells:
        is_error = type(value) is int  # a whole number is the code of an error: numbers come as floats
        at = f"{get_column_letter(column + 1)}{row + 1}"
        found[sheet, at] = Error(ERRORS.get(value, f"Err:{value}")) if is_error else value
    ours = cached(path)  # LibreOffice makes formulas of boolean constants: only the formulas of the file count
    flags = {key for key, value in ours.items() if isinstance(value, bool) and found.get(key) in (0.0, 1.0)}
    return {key: bool(found[key]) if key in flags else found.get(key) for key in ours}


def uno_python() -> tuple[str, str]:
    """The Python that LibreOffice's bindings belong to (seldom the one running this), and LibreOffice."""
    advice = "needed to recalculate workbooks; on Debian: apt-get install libreoffice-calc python3-uno"
    soffice = shutil.which("soffice") or shutil.which("libreoffice")
    if soffice is None:
        raise FileNotFoundError(f"LibreOffice is {advice}")
    for python in ("/usr/bin/python3", sys.executable, str(Path(soffice).resolve().with_name("python"))):
        if shutil.which(python) and not subprocess.run([python, "-Ic", "import uno"], capture_output=True).returncode:
            return python, soffice
    raise FileNotFoundError(f"LibreOffice's Python bindings are {advice}")


def session(work: Callable[..., Any]) -> None:
    """Runs in another Python: starts LibreOffice, gives it the task, prints the answer."""
    import json
    import subprocess
    import sys
    import time

    import uno

    soffice, profile, task = sys.argv[1:]
    address = f"pipe,name=recalculate{time.time_ns()};urp;"
    quiet = ("--headless", "--norestore", "--nologo", "--nodefault")
    office = subprocess.Popen(
        [soffice, *quiet, f"-env:UserInstallation={profile}", f"--accept={address}"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    resolver = uno.getComponentContext().ServiceManager.createInstance("com.sun.star.bridge.UnoUrlResolver")
    while True:
        try:
            context = resolver.resolve(f"uno:{address}StarOffice.ComponentContext")
            break
        except Exception:
            if office.poll() is not None:
                sys.exit(f"LibreOffice ended with status {office.returncode} before it answered")
            time.sleep(0.05)
    desktop = context.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", context)
    with open(task, encoding="utf-8") as file:
        answer = work(context, desktop, json.load(file))
    desktop.terminate()
    office.wait()
    json.dump(answer, sys.stdout)


def formula_cells(context: Any, desktop: Any, paths: list[str]) -> list[list[tuple[str, int, int, Any]]]:
    """Runs in LibreOffice's session: sheet, row, column and value of the formula cells of workbooks."""
    import sys

    import uno
    from com.sun.star.beans import PropertyValue

    formula = uno.getConstantByName("com.sun.star.sheet.CellFlags.FORMULA")
    error = uno.getConstantByName("com.sun.star.sheet.FormulaResult.ERROR")

    def cells(sheet: Any) -> Iterator[tuple[str, int, int, float | str | int | None]]:
        for area in sheet.queryContentCells(formula):
            at = area.RangeAddress
            for row, values in enumerate(area.DataArray, at.StartRow):
                for column, value in enumerate(values, at.StartColumn):
                    yield sheet.Name, row, column, value
        for cell in sheet.queryFormulaCells(error).Cells:
            yield sheet.Name, cell.CellAddress.Row, cell.CellAddress.Column, cell.getError()

    books = []
    for path in paths:
        hidden = PropertyValue(Name="Hidden", Value=True)
        book = desktop.loadComponentFromURL(uno.systemPathToFileUrl(path), "_blank", 0, (hidden,))
        if book is None:
            sys.exit(f"LibreOffice cannot open {path}")
        book.calculateAll()
        books.append([cell for sheet in book.Sheets for cell in cells(sheet)])
        book.close(True)
    return books


# ---- comparison ------------------------------------------------------------------------------------------------
def differences(
    expected: Values, got: Values, path: Path, rtol: float = RTOL, allowed_errors: Collection[Key] = ()
) -> list[str]:
    """What differs, a line for each cell: nothing when the two sides are the same workbook.

    Numbers agree within `rtol` of each other or, near zero, of the largest term of the formula (see `Terms`); text,
    booleans and errors are equal. An error value is a difference even where both sides have it, unless it is allowed.
    """
    formula, apart = formulas(path), deviations(expected, got, path, rtol)

    def fault(key: Key) -> str | None:
        ours, theirs = expected.get(key), got.get(key)
        if ours is None or theirs is None:
            return f"no {'expected' if ours is None else 'recalculated'} value"
        if key in apart:
            return f"expected {ours!r}, got {theirs!r}: {apart[key]:.1e} apart" if apart[key] > rtol else None
        if type(ours) is not type(theirs) or ours != theirs:
            return f"expected {ours!r}, got {theirs!r}"
        return f"{ours!r} on both sides" if isinstance(ours, Error) and key not in allowed_errors else None

    keys = dict.fromkeys([*formula, *expected, *got])
    found = {key: text for key in keys if (text := fault(key))}
    return [f"{sheet}!{at}: {text}   {formula.get((sheet, at), '')}" for (sheet, at), text in found.items()]


def deviations(expected: Values, got: Values, path: Path, rtol: float = RTOL) -> dict[Key, float]:
    """How far two numbers are apart, relative to the larger one or, near zero, to the largest term of the formula."""
    ours, theirs = numbers(expected), numbers(got)
    scale = {key: max(abs(ours[key]), abs(theirs[key])) for key in ours.keys() & theirs.keys()}
    far = [key for key in scale if abs(ours[key] - theirs[key]) > rtol * scale[key]]
    if far:
        terms = Terms(path)
        scale |= {key: max(scale[key], terms.largest(key)) for key in far}
    return {key: abs(ours[key] - theirs[key]) / (scale[key] or 1.0) for key in scale}


class Terms:
    """How large the terms are that a formula adds up: the rounding of a sum that nearly cancels is theirs.

    The term of a cell that the formula refers to is what it contributes: the change of the result, a thousandfold,
    when that cell alone changes by a thousandth. In `a-b` these are a and b; in `E+A/N^alpha` the parameter count N
    is huge and its contribution is not. No term counts for more than the largest number referred to.
    """

    def __init__(self, path: Path) -> None:
        self.formula, self.book, self.engine = formulas(path), load_workbook(path), IronCalc(path)

    def largest(self, key: Key) -> float:
        terms = numbers({at: self.engine.value(at) for at in self.references(key)})
        contributions = [self.contribution(key, at, value) for at, value in terms.items()]
        return min(max(contributions, default=0.0), max(map(abs, terms.values()), default=0.0))

    def contribution(self, key: Key, at: Key, value: float) -> float:
        before, *after = (self.with_value(key, at, value * (1 + step)) for step in (0, 0.001, -0.001))
        pairs = [(before, moved) for moved in after]
        return max((1000 * abs(b - a) for a, b in pairs if isinstance(a, float) and isinstance(b, float)), default=0.0)

    def with_value(self, key: Key, at: Key, value: float) -> Value:
        """The value of one cell while another holds the given number."""
        original = self.engine.model.get_cell_content(*self.engine.at(at))
        try:
            self.engine.model.update_cell_with_number(*self.engine.at(at), value)
            self.engine.model.evaluate()
            return self.engine.value(key)
        finally:
            self.engine.model.set_user_input(*self.engine.at(at), original)

    def references(self, key: Key) -> set[Key]:
        """The cells that a formula names: by address, as a range, or by a defined name."""
        found: set[Key] = set()
        for token in Tokenizer(self.formula.get(key, "")).items:
            if token.type == Token.OPERAND and token.subtype == Token.RANGE:
                name = self.book[key[0]].defined_names.get(token.value) or self.book.defined_names.get(token.value)
                title, _, area = token.value.rpartition("!")
                title = title.removeprefix("'").removesuffix("'").replace("''", "'") or key[0]
                for sheet, place in name.destinations if name else [(title, area)]:
                    found |= {(sheet, cell.coordinate) for cell in flat(self.book[sheet][place])}
        return found


# ---- does the engine compute at all? ---------------------------------------------------------------------------
PROOF: list[tuple[str, Value, str, str]] = [  # formula, its value, type and text of the wrong value in the file
    ("=A1/3", 1 / 3, "n", "7"),
    ("=A2+A3", 0.1 + 0.2, "n", "7"),
    ("=B1*3+B2", 1.3, "n", "7"),
    ("=A1>0", True, "b", "0"),
    ('=A4&"人"', "x人", "str", "stale"),
    ("=A1/A5", Error("#DIV/0!"), "n", "7"),
    ('="#N/A"', "#N/A", "str", "stale"),
]


def recalculates(engine: Engine) -> None:
    """Raise unless the engine computes, to the last digit, what a file with wrong cached values should hold."""
    with tempfile.TemporaryDirectory() as folder:
        plain, wrong = Path(folder, "plain.xlsx"), Path(folder, "wrong.xlsx")
        book = Workbook()
        sheet = book.create_sheet("It's 表")
        for row, value in enumerate((1, 0.1, 0.2, "x", 0), 1):
            sheet.cell(row, 1, value)
        for row, (formula, *_) in enumerate(PROOF, 1):
            sheet.cell(row, 2, formula)
        book.save(plain)

        def spoil(match: re.Match[str]) -> str:
            *_, kind, text = PROOF[int(match["row"]) - 1]
            return f'<c r="B{match["row"]}" t="{kind}">{match["formula"]}<v>{text}</v></c>'

        cell = re.compile(r'<c r="B(?P<row>\d+)"[^>]*>(?P<formula><f>.*?</f>)<v ?/?>(</v>)?</c>')
        with zipfile.ZipFile(plain) as source, zipfile.ZipFile(wrong, "w") as target:
            for part in source.namelist():
                text = source.read(part)
                target.writestr(part, cell.sub(spoil, text.decode()) if "worksheets/sheet" in part else text)

        right = {(sheet.title, f"B{row}"): value for row, (_, value, *_) in enumerate(PROOF, 1)}
        spoiled, got = cached(wrong), engine(wrong)
    if spoiled.keys() != right.keys() or any(spoiled[key] in (right[key], None) for key in right):
        raise AssertionError("the self-check did not write wrong values")
    if got != right:
        raise AssertionError(f"{getattr(engine, '__name__', engine)} does not recalculate: {got} instead of {right}")
