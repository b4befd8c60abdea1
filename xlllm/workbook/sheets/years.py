"""Rows over the years, a column a year, in the three cases."""

from __future__ import annotations

from openpyxl.utils import get_column_letter as letter

from xlllm import locale
from xlllm.plan import CASES, YEAR, Row
from xlllm.workbook import words
from xlllm.workbook.canvas import Canvas
from xlllm.workbook.sheets import settings
from xlllm.workbook.styles import number_format

SHEET = "years"
FIRST_YEAR = 4  # column D
HEAD_ROW = 5
FISCAL_ROW = 4


def _series(canvas: Canvas) -> list[Row]:
    return [r for r in canvas.rows_shown if r.length]


def _row_of(canvas: Canvas, case: str, position: int) -> int:
    """Below its case's heading."""
    return HEAD_ROW + 2 + CASES.index(case) * (len(_series(canvas)) + 1) + position


def locate(canvas: Canvas) -> None:
    """Where the rows stand, before they are drawn: single rows refer to them."""
    if not canvas.plan.years:
        return
    first = letter(FIRST_YEAR)
    canvas.locate(YEAR, SHEET, f"{first}{HEAD_ROW}", list(range(canvas.plan.years)))
    for case in CASES:
        for i, item in enumerate(_series(canvas)):
            canvas.locate(item.id, SHEET, f"{first}{_row_of(canvas, case, i)}", case=case)


def draw(canvas: Canvas) -> None:
    if not canvas.plan.years:
        return
    columns = [letter(FIRST_YEAR + year) for year in range(canvas.plan.years)]
    last = letter(FIRST_YEAR + canvas.plan.years)
    ws = canvas.open(
        SHEET, {"A": 1.7, "B": 38, "C": 16, " ".join(columns): 14 if canvas.lang == "en" else 18, last: 30}
    )
    put = canvas.paint.put
    canvas.head(SHEET, HEAD_ROW, [("B", "year", "head"), ("C", "unit", "head_unit"), (last, "function", "head_unit")])
    for year, column in enumerate(columns):
        put(ws, f"{column}{HEAD_ROW}", year, "head_right", "0")
        fiscal = settings.fiscal_year(canvas, canvas.here(SHEET, f"{column}{HEAD_ROW}", year))
        canvas.locate(
            f"fiscal {year}",
            SHEET,
            f"{column}{FISCAL_ROW}",
            canvas.formula(SHEET, f"{column}{FISCAL_ROW}", fiscal, "head_right"),
        )
    canvas.blank(SHEET, FISCAL_ROW, ["B", "C", last], "head")
    ws.row_dimensions[FISCAL_ROW].height = 20
    row = HEAD_ROW
    for case in CASES:
        canvas.group(SHEET, _row_of(canvas, case, -1), canvas.say(words.CASE_HEADS[case]), ["B", "C", *columns, last])
        for i, item in enumerate(_series(canvas)):
            row = _row_of(canvas, case, i)
            fmt = number_format(item.quantity, canvas.lang)
            put(ws, f"B{row}", canvas.say(item.label), "helper" if item.helper else "label")
            put(ws, f"C{row}", locale.text(item.quantity, "unit", canvas.lang), "unit")
            canvas.compute(item, SHEET, f"{columns[0]}{row}", "helper_calc" if item.helper else "calc", fmt, case=case)
            put(ws, f"{last}{row}", item.formula.worksheet_name, "unit")
            ws.row_dimensions[row].height = 17
    ws.freeze_panes = f"{letter(FIRST_YEAR)}{HEAD_ROW + 1}"
    canvas.page(SHEET, last, row, title_rows=f"{FISCAL_ROW}:{HEAD_ROW}")
