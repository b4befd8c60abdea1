"""LibreOffice Calc answers every function through the add-in, as ``xlllm addin libreoffice --install`` sets it up.

``python tests/check_addin.py`` builds and installs it for a user of its own, in whose LibreOffice all functions stand
in one workbook, every bad argument in a cell, and all help texts in two languages. It exits 1 on any difference.
"""

import json
import math
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from bad_cells import Case, as_cells, cases, differs, faults
from engines import ERRORS, RTOL, Error, in_libreoffice, libreoffice_books, settings
from openpyxl import Workbook
from openpyxl.utils.cell import get_column_letter
from openpyxl.worksheet.formula import ArrayFormula
from openpyxl.worksheet.worksheet import Worksheet
from samples import KEYS, arguments, sample

import xlllm
from xlllm.errors import XlllmError
from xlllm.hosts import calls
from xlllm.hosts.libreoffice.extension import argument_name
from xlllm.hosts.texts import argument_help, description
from xlllm.registry import FORMULAS, Formula
from xlllm.worksheet import OMITTED

Cell = float | str | None
CELLS = 10_000
TIMES = 5
BATCH = 1000
MOST = 50
JAPANESE = """<item oor:path="/org.openoffice.Office.Linguistic/General"
 ><prop oor:name="UILocale" oor:op="fuse"><value>ja</value></prop></item>
<item oor:path="/org.openoffice.Setup/Office/InstalledLocales"><node oor:name="ja" oor:op="replace"/></item>"""


def main() -> int:
    start = time.perf_counter()
    for name in [n for n in os.environ if n.startswith(("PYTHON", "XLLLM"))]:  # the add-in finds xlllm by itself
        del os.environ[name]
    with tempfile.TemporaryDirectory(prefix="addin-") as home:
        os.environ["XDG_CONFIG_HOME"] = home
        profile = Path(home, "libreoffice", "4")
        addin("--install", "-o", f"{home}/xlllm.oxt")
        addin("--install")  # replaces the first
        bad = [*starting(profile), *all_functions(Path(home, "all.xlsx"), profile), *what_people_type(profile)]
        bad += [*bad_arguments(profile), *help_texts(profile, "en")]
        settings(profile, JAPANESE)
        bad += [*help_texts(profile, "ja"), *without_xlllm(profile)]
        print(speed(profile))
        addin("--remove")
        bad += [f"removed, it shows {x!r}" for x in in_libreoffice(show, ["=LLM.VERSION()"], profile) if x != "#NAME?"]
    print(*bad[:MOST], sep="\n", end="\n" if bad else "")
    print(f"{len(FORMULAS)} functions, {len(bad):,} differences, {time.perf_counter() - start:.0f} s")
    return 1 if bad else 0


def addin(*options: str) -> None:
    program = Path(sys.executable).with_name("xlllm")
    subprocess.run([program, "addin", "libreoffice", *options], check=True)


def starting(profile: Path) -> Iterator[str]:
    """A LibreOffice in which no function is used carries nothing of ours."""
    before, after = in_libreoffice(loaded, profile.as_uri(), profile)
    if before or not after:
        yield f"whether numpy is loaded at the start: {before}; after the first call: {after}"


def loaded(context: Any, desktop: Any, profile: str) -> list[bool]:
    """Runs in LibreOffice's session: whether it has loaded numpy before and after a function is used."""
    import contextlib
    from pathlib import Path

    from com.sun.star.beans import PropertyValue

    def numpy() -> bool:
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):  # it has ended, or is somebody else's
                command = process.joinpath("cmdline").read_text("utf-8", "replace")
                if profile in command and "soffice.bin" in command:
                    found.append("numpy" in process.joinpath("maps").read_text("utf-8", "replace"))
        return found[0]

    hidden = PropertyValue(Name="Hidden", Value=True)
    book = desktop.loadComponentFromURL("private:factory/scalc", "_blank", 0, (hidden,))
    before = numpy()
    cell = book.Sheets[0].getCellByPosition(0, 0)
    cell.Formula = "=LLM.TRAIN_FLOPS(1;1)"
    after = cell.Value == 6.0 and numpy()
    book.close(True)
    return [before, after]


# ---- every function in one workbook ----------------------------------------------------------------------------
class Call(NamedTuple):
    """A call on cells: an argument is one value, rows of cells, or OMITTED."""

    formula: Formula
    args: list[Any]


class Sheet:
    """Calls of functions under each other, their arguments in the cells beside them, and what the engine answers."""

    def __init__(self, sheet: Worksheet) -> None:
        self.sheet, self.row = sheet, 1
        self.expected: dict[tuple[str, str], tuple[Call, Any]] = {}

    def write(self, call: Call) -> None:
        answer = calls.rows(calls.answer(call.formula.worksheet_name, call.args))
        column = len(answer[0]) + 2
        given, height = [], len(answer)
        for x in call.args:
            cells = x if isinstance(x, list) else [[x]]
            for i, row in enumerate(cells if x is not OMITTED else []):
                for j, value in enumerate(row):
                    self.sheet.cell(self.row + i, column + j, value)
            given.append("" if x is OMITTED else self.area(column, len(cells[0]), len(cells)))
            column, height = column + len(cells[0]), max(height, len(cells))
        text = f"=LLM.{call.formula.name.upper()}({','.join(given)})"
        area = self.area(1, len(answer[0]), len(answer))
        self.sheet.cell(self.row, 1, ArrayFormula(area, text) if ":" in area else text)
        for i, row in enumerate(answer):
            for j, value in enumerate(row):
                self.expected[self.sheet.title, f"{get_column_letter(1 + j)}{self.row + i}"] = call, value
        self.row += height

    def area(self, column: int, width: int, height: int) -> str:
        start = f"{get_column_letter(column)}{self.row}"
        end = f"{get_column_letter(column + width - 1)}{self.row + height - 1}"
        return start if start == end else f"{start}:{end}"


def all_functions(path: Path, profile: Path) -> Iterator[str]:
    """Every function in one .xlsx, recalculated."""
    book = Workbook()
    book.remove(book.active)
    sheets = {what: Sheet(book.create_sheet(what)) for what in WRITTEN}
    for formula in FORMULAS.values():
        for what, written in WRITTEN.items():
            for args in written(formula):
                sheets[what].write(Call(formula, as_cells(args)))
    book.save(path)
    got = libreoffice_books([path], profile)[0]
    largest, cells = 0.0, 0
    for sheet in sheets.values():
        for key, (call, expected) in sheet.expected.items():
            apart = distance(expected, got.get(key))
            cells += 1
            largest = max(largest, apart if apart < math.inf else 0.0)
            if apart > RTOL and call.formula is not FORMULAS["last_error"]:
                what = f"{key[0]}!{key[1]} {call.formula.worksheet_name}{call.args!r:.200}"
                yield f"{what} shows {got.get(key)!r} instead of {expected!r}"
    print(f"one workbook: {cells:,} cells of {len(FORMULAS)} functions, largest relative difference {largest:.1e}")


def distance(expected: Any, got: Any) -> float:
    """How far apart two numbers are; infinitely where anything else differs."""
    if isinstance(expected, XlllmError):
        return 0.0 if got == Error(expected.cell) else math.inf
    if isinstance(expected, (bool, float)) and isinstance(got, float):
        return abs(expected - got) / (max(abs(expected), abs(got)) or 1.0)
    return 0.0 if type(expected) is type(got) and expected == got else math.inf


def once(formula: Formula) -> Iterator[list[Any]]:
    yield arguments(formula)


def as_ranges(formula: Formula) -> Iterator[list[Any]]:
    """One argument, the first that is a plain number, as a column, a row and a grid."""
    p = next((p for p in formula.parameters if p.quantity and p.quantity.numeric and not p.series), None)
    if p:
        x = sample(formula, p)
        near = [x, x, x] if p.quantity and p.quantity.kind == "whole" else [x, 0.99 * x, 0.98 * x]
        for cells in ([[v] for v in near], [near], [near[:2], near[1:]]):
            yield [cells if q is p else sample(formula, q) for q in formula.parameters]


def with_less(formula: Formula) -> Iterator[list[Any]]:
    """Optional arguments left out: all; each alone, between two commas."""
    args = arguments(formula)
    if formula.required < len(args):
        yield args[: formula.required]
        for i in range(formula.required, len(args) - 1):
            yield [*args[:i], OMITTED, *args[i + 1 :]]


def standing(formula: Formula) -> Iterator[list[Any]]:
    """Series in a column."""
    if any(p.series for p in formula.parameters):
        yield [[[v] for v in x] if isinstance(x, list) else x for x in arguments(formula)]


def by_key(formula: Formula) -> Iterator[list[Any]]:
    """Records by their key."""
    if any(p.record for p in formula.parameters):
        yield [KEYS.get(p.name, x) for p, x in zip(formula.parameters, arguments(formula), strict=True)]


def wrong(formula: Formula) -> Iterator[list[Any]]:
    """A text that is neither number nor key and a number out of bounds, for each argument; also below a good one."""
    for i, (p, good) in enumerate(zip(formula.parameters, arguments(formula), strict=True)):
        for value in ("no such key", -1e30):
            yield [value if j == i else x for j, x in enumerate(arguments(formula))]
        if not p.series and not p.record:
            yield [
                [[good], ["no such key"], [None], [-1e30]] if j == i else x for j, x in enumerate(arguments(formula))
            ]


WRITTEN = {
    "once": once,
    "ranges": as_ranges,
    "omitted": with_less,
    "series": standing,
    "keys": by_key,
    "errors": wrong,
}


# ---- as people type --------------------------------------------------------------------------------------------
def show(context: Any, desktop: Any, formulas: list[str]) -> list[float | str]:
    """Runs in LibreOffice's session: what the cell of each formula shows."""
    from com.sun.star.beans import PropertyValue

    hidden = PropertyValue(Name="Hidden", Value=True)
    book = desktop.loadComponentFromURL("private:factory/scalc", "_blank", 0, (hidden,))
    sheet = book.Sheets[0]
    for at, content in {"A2": "=1/0", "A3": "=NA()", "A4": "=TRUE()", "B1": "70e9", "B2": "140e9"}.items():
        sheet.getCellRangeByName(at).Formula = content
    cell, shown = sheet.getCellRangeByName("C1"), []
    for formula in formulas:
        cell.Formula = formula
        shown.append(cell.String if cell.getError() else cell.DataArray[0][0])
    book.close(True)
    return shown


def what_people_type(profile: Path) -> Iterator[str]:
    """Spellings, what LibreOffice makes of a blank and of TRUE, and what it answers without asking us."""
    typed = {
        "=LLM.VERSION()": xlllm.__version__,
        "=LLM.TRAIN_FLOPS(70e9;1.4e12)": 5.88e23,
        "=llm.train_flops(70e9;1.4e12)": 5.88e23,
        '=LLM.TRAIN_FLOPS("70B";1.4e12)': 5.88e23,
        "=SUM(LLM.TRAIN_FLOPS(B1:B2;1.4e12))": 3 * 5.88e23,
        "=LLM.LOSS(;1.4e12)": "#VALUE!",
        "=LLM.LAST_ERROR()": calls.answer("LLM_LOSS", [OMITTED, 1.4e12]).message,
        '=LLM.LOSS("";1.4e12)': "#VALUE!",
        "=LLM.LOSS(A1;1.4e12)": "#NUM!",  # a blank cell is 0
        "=LLM.LOSS(A1:A1;1.4e12)": "#VALUE!",  # a range of one blank cell is blank
        "=LLM.TRAIN_USD(10;4;A1)": "#NUM!",  # an optional one too
        "=LLM.TRAIN_USD(10;4;A1:A1)": 40.0,
        "=LLM.TRAIN_FLOPS(A4;1)": 6.0,  # TRUE is 1
        "=LLM.TRAIN_FLOPS(A2;1)": "#DIV/0!",
        "=LLM.TRAIN_FLOPS(A3;1)": "#N/A",
        "=LLM.TRAIN_FLOPS(NOSUCHNAME;1)": "#NAME?",
        "=LLM.TRAIN_FLOPS(A1:A3;1)": "Err:504",  # a range with an error in it
        "=LLM.TRAIN_FLOPS(1;2;3)": "Err:504",  # an argument too many
        "=LLM.TRAIN_FLOPS(B1~B2;1)": "Err:504",  # two areas
        "=LLM.NO_SUCH_FUNCTION(1)": "#NAME?",
        "=IFERROR(LLM.LOSS(-1;1);7)": 7.0,
        '=ISNA(LLM.GPU("H101";"watts"))': 1.0,
        "=LLM.TRAIN_FLOPS(LLM.LOSS(-1;1);1)": "#NUM!",
    }
    for (formula, wanted), got in zip(typed.items(), in_libreoffice(show, list(typed), profile), strict=True):
        told = got.partition(": ")[2] if formula == "=LLM.LAST_ERROR()" else got
        if distance(wanted, told) > RTOL:
            yield f"{formula} shows {got!r} instead of {wanted!r}"


# ---- every bad argument ----------------------------------------------------------------------------------------
def answers(context: Any, desktop: Any, batches: list[Any]) -> list[Any]:
    """Runs in LibreOffice's session: of each formula the code of its error, the last error's message, and its value."""
    from com.sun.star.beans import PropertyValue

    hidden = PropertyValue(Name="Hidden", Value=True)
    found = []
    for formulas, data in batches:
        book = desktop.loadComponentFromURL("private:factory/scalc", "_blank", 0, (hidden,))
        sheet = book.Sheets[0]
        arguments = sheet.getCellRangeByPosition(3, 0, 2 + len(data[0]), len(data) - 1)
        arguments.setDataArray(tuple(tuple("" if x is None else x for x in row) for row in data))
        for i, row in enumerate(data):
            for j, x in enumerate(row):
                if x == "":
                    arguments.getCellByPosition(j, i).Formula = '=""'
        shown = sheet.getCellRangeByPosition(0, 0, 2, len(formulas) - 1)
        shown.setFormulaArray(
            tuple(
                (f"=IF(ISERROR(C{i});ERRORTYPE(C{i});0)", f'=IF(ISERROR({call});LLM.LAST_ERROR();"")', f"={call}")
                for i, call in enumerate(formulas, 1)
            )
        )
        found += [list(row) for row in shown.DataArray]
        book.close(True)
    return found


def bad_arguments(profile: Path) -> Iterator[str]:
    """Every bad argument shows the error and the message that it shows anywhere."""
    asked = [case for case in cases() if differs(case, "libreoffice") is None]
    found = in_libreoffice(answers, [batch(asked[i : i + BATCH]) for i in range(0, len(asked), BATCH)], profile)
    count = 0
    for case, (code, message, value) in zip(asked, found, strict=True):
        cell = ERRORS.get(int(code), f"Err:{int(code)}") if code else value
        expected = case.expected if isinstance(case.expected, XlllmError) else np.ravel(case.expected)[0]
        for fault in faults(case._replace(expected=expected), cell, message):
            count += 1
            yield fault
    print(f"bad arguments: {len(asked):,} calls, {count} differences")


def batch(cases: Sequence[Case]) -> tuple[list[str], list[list[Cell]]]:
    """The formulas of some calls, and the cells from column D on in which their arguments stand."""
    formulas: list[str] = []
    data: list[list[Cell]] = []
    for case in cases:
        top, column, given = len(data) + 1, 4, []
        cells = [x if isinstance(x, list) else [[x]] for x in case.args]
        rows: list[list[Cell]] = [[] for _ in range(max(map(len, cells), default=1))]
        for x in cells:
            start, end = get_column_letter(column), get_column_letter(column + len(x[0]) - 1)
            given.append(f"{start}{top}:{end}{top + len(x) - 1}" if len(x) * len(x[0]) > 1 else f"{start}{top}")
            for i, row in enumerate(rows):
                row += [plain(v) for v in x[i]] if i < len(x) else [None] * len(x[0])
            column += len(x[0])
        data += rows
        formulas.append(f"LLM.{case.formula.name.upper()}({';'.join(given)})")
    width = max(map(len, data))
    return formulas, [[*row, *[None] * (width - len(row))] for row in data]


def plain(x: Any) -> Cell:
    """A cell's content. TRUE is 1, as it is for every function of Calc."""
    return float(x) if isinstance(x, (bool, int)) else x


# ---- help, speed, and a LibreOffice without xlllm --------------------------------------------------------------
def described(context: Any, desktop: Any, prefix: str) -> dict[str, Any]:
    """Runs in LibreOffice's session: what the function wizard shows."""
    functions = context.ServiceManager.createInstance("com.sun.star.sheet.FunctionDescriptions")
    each = [{p.Name: p.Value for p in functions.getByIndex(i)} for i in range(functions.Count)]
    return {
        f["Name"]: [f["Description"], *([a.Name, a.Description] for a in f["Arguments"] or ())]
        for f in each
        if f["Name"].startswith(prefix)
    }


def help_texts(profile: Path, lang: str) -> Iterator[str]:
    got = in_libreoffice(described, "LLM.", profile)
    wanted = {
        f"LLM.{f.name.upper()}": [
            description(f, lang),
            *([argument_name(p, lang), argument_help(p, lang)] for p in f.parameters),
        ]
        for f in FORMULAS.values()
    }
    print(f"help, {lang}: {len(got)} functions, {sum(len(x) - 1 for x in got.values())} arguments")
    for name in sorted(got.keys() | wanted.keys()):
        if got.get(name) != wanted.get(name):
            yield f"{name}: the wizard shows {got.get(name)} instead of {wanted.get(name)}"


def timed(context: Any, desktop: Any, task: list[Any]) -> list[list[float]]:
    """Runs in LibreOffice's session: seconds in which a column of each formula is recalculated, time after time."""
    import time

    from com.sun.star.beans import PropertyValue

    rows, times, formulas = task
    book = desktop.loadComponentFromURL(
        "private:factory/scalc", "_blank", 0, (PropertyValue(Name="Hidden", Value=True),)
    )
    sheet = book.Sheets[0]
    sheet.getCellRangeByName(f"A1:A{rows}").setDataArray(tuple((1e9 + i,) for i in range(rows)))
    found: list[list[float]] = [[] for _ in formulas]
    for _ in range(times):
        for seconds, formula in zip(found, formulas, strict=True):
            sheet.getCellRangeByName(f"B1:B{rows}").setFormulaArray(
                tuple((formula.format(i + 1),) for i in range(rows))
            )
            start = time.perf_counter()
            book.calculateAll()
            seconds.append(time.perf_counter() - start)
    book.close(True)
    return found


def speed(profile: Path) -> str:
    ours, built_in = in_libreoffice(timed, [CELLS, TIMES, ["=LLM.TRAIN_FLOPS(A{0};1.4e12)", "=6*A{0}*1.4e12"]], profile)
    per_cell = min(ours) / CELLS * 1e6
    return (
        f"{CELLS:,} cells recalculated: LLM.TRAIN_FLOPS {ours[0]:.2f} s at first, {min(ours):.2f} s at best "
        f"({per_cell:.0f} µs a cell), the same arithmetic built in {min(built_in):.4f} s, "
        f"ratio {min(ours) / min(built_in):.0f}"
    )


def without_xlllm(profile: Path) -> Iterator[str]:
    """An add-in that does not find xlllm says what to do; told where xlllm is, it answers."""
    (file,) = profile.rglob("built.json")
    built = json.loads(file.read_text("utf-8"))
    formulas = ["=LLM.VERSION()", "=LLM.LAST_ERROR()", "=LLM.LOSS(70e9;1.4e12)"]
    for changed, words in (
        ({"python": "3.99"}, "the add-in was made with Python 3.99"),
        ({"folders": ["/nowhere"]}, "/nowhere does not hold it any more"),
    ):
        file.write_text(json.dumps(built | changed), "utf-8")
        version, told, loss = in_libreoffice(show, formulas, profile)
        right = "xlllm is not installed for LibreOffice's Python 3." in told and words in told
        if not (version == told and right and loss == "#NAME?"):
            yield f"without xlllm cells show {version!r}, {told!r}, {loss!r}"
    os.environ["XLLLM_SITE_PACKAGES"] = built["folders"][0]
    if (version := in_libreoffice(show, formulas, profile)[0]) != xlllm.__version__:
        yield f"XLLLM_SITE_PACKAGES leads to {version!r}"
    file.write_text(json.dumps(built), "utf-8")
    del os.environ["XLLLM_SITE_PACKAGES"]


if __name__ == "__main__":
    sys.exit(main())
