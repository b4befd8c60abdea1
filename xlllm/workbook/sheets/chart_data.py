"""Chart data: a hidden sheet of formulas that the charts and phrases of the Dashboard read."""

from __future__ import annotations

from typing import Any

from xlllm.native import Cell, chosen, fixed, joined, ref
from xlllm.plan import CASES
from xlllm.workbook import words
from xlllm.workbook.canvas import Canvas
from xlllm.workbook.styles import MINUS

SHEET = "chart_data"
MILLION = 1_000_000
CODE = "G1"  # the confidence, as a word of the code
CASH_COLUMN = dict(zip(CASES, "BCD", strict=True))


def bridge_rows(canvas: Canvas) -> tuple[int, int]:
    """First and last row of the waterfall."""
    return 1, len(canvas.plan.template.dashboard.bridge.items) + 1


def cash_rows(canvas: Canvas) -> tuple[int, int]:
    """Head and last row of the lines over the years."""
    head = bridge_rows(canvas)[1] + 2
    return head, head + canvas.plan.years


def draw(canvas: Canvas) -> None:
    _bridge(canvas)
    _cash(canvas)


def _bridge(canvas: Canvas) -> None:
    """Columns: label with its number, unseen base, part, total; E holds the amount in millions."""
    bridge = canvas.plan.template.dashboard.bridge
    end: Any = 0
    for row, id in enumerate([*bridge.items, bridge.total], 1):
        amount = canvas.formula(SHEET, f"E{row}", ref(id) / MILLION, "calc")
        size = canvas.here(SHEET, f"E{row}", amount)
        label = joined(f"{canvas.say(canvas.holder(id).label)}   ", fixed(size, 1))
        canvas.formula(SHEET, f"A{row}", label, "label")
        is_total = id == bridge.total
        if isinstance(end, Cell) and not is_total:
            base = canvas.here(SHEET, f"B{row}", canvas.formula(SHEET, f"B{row}", end, "calc"))
        else:
            base = canvas.here(SHEET, f"B{row}", canvas.paint.put(canvas.ws[SHEET], f"B{row}", 0, "calc").value)
        end = base + size
        for column, filled in (("C", not is_total), ("D", is_total)):
            if filled:
                canvas.formula(SHEET, f"{column}{row}", size, "calc")
            else:
                canvas.paint.put(canvas.ws[SHEET], f"{column}{row}", 0, "calc")


def _cash(canvas: Canvas) -> None:
    """A line a case; its name carries the last value."""
    id, (head, last) = canvas.plan.template.dashboard.cash.row, cash_rows(canvas)
    for year in range(canvas.plan.years):
        canvas.paint.put(canvas.ws[SHEET], f"A{head + 1 + year}", str(year), "label")
    for case, column in CASH_COLUMN.items():
        for year in range(canvas.plan.years):
            amount = Cell("year", ref(id, canvas.plan.years), year) / MILLION
            shown = canvas.formula(SHEET, f"{column}{head + 1 + year}", amount, "calc", case=case)
        number = canvas.here(SHEET, f"{column}{last}", shown)
        sign = chosen(number < 0, MINUS[canvas.lang], "+")
        name = joined(f"{canvas.say(words.CASES[case])} ", sign, fixed(abs(number), 1))
        canvas.formula(SHEET, f"{column}{head}", name, "label")
