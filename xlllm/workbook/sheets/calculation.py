"""Calculation: a row a quantity, in the three cases; formulas called inside another stand above it, muted."""

from __future__ import annotations

from xlllm import locale
from xlllm.native import ref
from xlllm.plan import CASES, Row
from xlllm.workbook import words
from xlllm.workbook.canvas import CASE_COLUMN, IN_USE, Canvas
from xlllm.workbook.sheets import engine, years
from xlllm.workbook.sheets.inputs import in_use
from xlllm.workbook.styles import number_format

SHEET = "calculation"


def draw(canvas: Canvas) -> None:
    ws = canvas.open(SHEET, {"A K": 1.7, "B": 42, "C": 16, "D": 19, "E F G H": 15, "I": 38, "J": 46})
    cases = [(column, canvas.say(words.CASE_HEADS[case]), "head_right") for case, column in CASE_COLUMN.items()]
    heads = [("B", "quantity", "head"), ("C", "in_use", "head_right"), ("D", "unit", "head_unit"), *cases]
    canvas.head(SHEET, 4, [*heads, ("I", "function", "head_unit"), ("J", "source", "head")])
    singles = [r for r in canvas.rows_shown if not r.length]
    rows, row, group = {}, 4, None
    for item in singles:  # places first: some refer to the rows over the years, which refer back
        row += 1 + (item.group != group)
        rows[item.id], group = row, item.group
        for case, column in CASE_COLUMN.items():
            canvas.locate(item.id, SHEET, f"{column}{row}", case=case)
    years.locate(canvas)
    if engine.SHEET in canvas.ws:
        engine.locate(canvas)
    group = None
    for item in singles:
        if item.group != group:
            canvas.group(SHEET, rows[item.id] - 1, canvas.say(item.group), "BCDEFGHIJ")
            group = item.group
        _row(canvas, item, rows[item.id])
    ws.freeze_panes = "C5"
    canvas.page(SHEET, "K", row, title_rows="4:4")


def _row(canvas: Canvas, item: Row, row: int) -> None:
    ws, put, q = canvas.ws[SHEET], canvas.paint.put, item.quantity
    fmt = number_format(q, canvas.lang)
    label, value, used, unit, note = (
        ("output_label", "output", "output", "output_unit", "output_note")
        if item.output
        else ("helper", "helper_calc", "helper_calc", "unit", "row_note")
        if item.helper
        else ("label", "calc", "in_use", "unit", "row_note")
    )
    put(ws, f"B{row}", canvas.say(item.label), label)
    put(ws, f"D{row}", locale.text(q, "unit", canvas.lang) if q.numeric else "", unit)
    for case, column in CASE_COLUMN.items():
        if item.frozen and engine.SHEET in canvas.ws:
            canvas.formula(SHEET, f"{column}{row}", ref(engine.stamped(item.id, case)), "link", fmt)
        else:
            canvas.compute(item, SHEET, f"{column}{row}", value, fmt, case=case)
    tree = in_use(canvas, item.id, SHEET, row, {case: canvas.results[case][item.id] for case in CASES})
    canvas.formula(SHEET, f"C{row}", tree, used, fmt)
    if item.helper:
        canvas.locate(item.id, SHEET, f"C{row}", case=IN_USE)
    else:
        canvas.name(item.id, SHEET, f"C{row}")
    put(ws, f"I{row}", item.formula.worksheet_name, note, indent=1)
    sources = "; ".join(canvas.source(c) for c in item.formula.cites)
    put(ws, f"J{row}", sources or canvas.say(words.DEFINITION), note)
    ws.row_dimensions[row].height = 17
