"""Scenarios: key results and what makes the cases differ, side by side."""

from __future__ import annotations

from xlllm import locale
from xlllm.native import ref
from xlllm.plan import CASES, Input, Row
from xlllm.workbook import words
from xlllm.workbook.canvas import Canvas
from xlllm.workbook.sheets import sensitivity
from xlllm.workbook.speech import number_format as money_format
from xlllm.workbook.styles import number_format

SHEET = "scenarios"
COLUMN = dict(zip(CASES, "EFGH", strict=True))


def draw(canvas: Canvas) -> None:
    ws = canvas.open(SHEET, {"A I": 1.7, "B": 44, "C": 18, "D": 18, "E F G H": 16})
    heads = [("B", "quantity", "head"), ("C", "in_use", "head_right"), ("D", "unit", "head_unit")]
    heads += [(column, canvas.say(words.CASE_HEADS[case]), "head_right") for case, column in COLUMN.items()]
    canvas.head(SHEET, 4, heads)
    row = 5
    results = [r for r in canvas.plan.rows.values() if r.output and not r.length]
    inputs = [i for i in canvas.plan.inputs.values() if not {i.given.low, i.given.high, i.given.own} <= {None}]
    for title, items in ((words.RESULTS, results), (words.DIFFERING, inputs)):
        canvas.group(SHEET, row, canvas.say(title), list("BCDEFGH"))
        for item in items:
            row += 1
            _row(canvas, item, row)
        row += 1
    ws.freeze_panes = "C5"
    canvas.page(SHEET, "I", row - 1)


def _row(canvas: Canvas, item: Row | Input, row: int) -> None:
    ws, put, q = canvas.ws[SHEET], canvas.paint.put, item.quantity
    money = sensitivity.in_money(canvas, item.id)
    fmt = money_format("money", canvas.lang) if money else number_format(q, canvas.lang)
    put(ws, f"B{row}", canvas.say(item.label), "label")
    if money:
        canvas.formula(SHEET, f"D{row}", ref("money_unit"), "unit")
        canvas.whole_money(SHEET, f"C{row}:H{row}")
    else:
        put(ws, f"D{row}", locale.text(q, "unit", canvas.lang) if q.numeric else "", "unit")
    canvas.formula(SHEET, f"C{row}", sensitivity.scaled(canvas, item.id, ref(item.id)), "in_use", fmt)
    for case, column in COLUMN.items():
        tree = sensitivity.scaled(canvas, item.id, ref(f"{item.id}.{case}"))
        canvas.formula(SHEET, f"{column}{row}", tree, "link", fmt)
    ws.row_dimensions[row].height = 17
