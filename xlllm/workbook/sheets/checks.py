"""Checks: what must hold for the advice, with every limit in a cell of its own."""

from __future__ import annotations

from xlllm.native import Cell, chosen, ref
from xlllm.template import Check
from xlllm.workbook import words
from xlllm.workbook.canvas import Canvas, absolute
from xlllm.workbook.sheets import chart_data
from xlllm.workbook.styles import number_format

SHEET = "checks"
FIRST = 5


def draw(canvas: Canvas) -> None:
    ws = canvas.open(SHEET, {"A H": 1.7, "B": 48, "C": 18, "D E": 18, "F": 24, "G": 20})
    heads = [("B", "check", "head"), ("C", "value", "head_right"), ("D", "at_least", "head_right")]
    heads += [("E", "at_most", "head_right"), ("F", "result", "head_right"), ("G", "if_missed", "head_unit")]
    canvas.head(SHEET, 4, heads)
    results = [_row(canvas, check, row) for row, check in enumerate(canvas.plan.template.checks, FIRST)]
    last = FIRST + len(results) - 1
    canvas.locate("check results", SHEET, absolute(f"F{FIRST}:F{last}"), results)
    _count(canvas, "checks_failed", last + 2, canvas.say(words.FAILED), canvas.say(words.FAIL))
    _count(canvas, "checks_warned", last + 3, canvas.say(words.WARNED), canvas.say(words.WARN))
    _confidence(canvas, last + 4)
    canvas.mark_alerts(SHEET, f"F{FIRST}:F{last}", f"F{FIRST}")
    ws.freeze_panes = f"C{FIRST}"
    canvas.page(SHEET, "H", last + 4)


def _row(canvas: Canvas, check: Check, row: int) -> str:
    """One check; returns its mark."""
    ws, put = canvas.ws[SHEET], canvas.paint.put
    fmt = number_format(canvas.holder(check.row).quantity, canvas.lang)
    put(ws, f"B{row}", canvas.say(check.label), "label")
    value = canvas.here(SHEET, f"C{row}", canvas.formula(SHEET, f"C{row}", ref(check.row), "link", fmt))
    tests = []
    for column, limit in (("D", check.low), ("E", check.same_as or check.high)):
        if limit is None:
            put(ws, f"{column}{row}", None, "calc")
            continue
        if isinstance(limit, str):
            shown = canvas.formula(SHEET, f"{column}{row}", ref(limit), "link", fmt)
        else:
            shown = put(ws, f"{column}{row}", limit, "calc", fmt).value
        end = canvas.here(SHEET, f"{column}{row}", shown)
        tests.append(value == end if check.same_as else value >= end if column == "D" else value <= end)
    held = tests[0] if len(tests) == 1 else Cell("AND", *tests)
    if not check.same_as:  # what has no answer does not hold
        held = chosen(Cell("ISNUMBER", value), held, False)
    missed = canvas.say(words.WARN if check.warns else words.FAIL)
    put(ws, f"G{row}", canvas.say(words.CONDITIONS if check.warns else words.DECIDES), "unit")
    ws.row_dimensions[row].height = 17
    return str(canvas.formula(SHEET, f"F{row}", chosen(held, canvas.say(words.PASS), missed), "check"))


def _count(canvas: Canvas, id: str, row: int, label: str, mark: str) -> None:
    canvas.paint.put(canvas.ws[SHEET], f"B{row}", label, "output_label")
    canvas.blank(SHEET, row, "CDEG", "output_note")
    count = canvas.formula(SHEET, f"F{row}", Cell("COUNTIF", ref("check results"), mark), "output", "0")
    canvas.shown[id] = count
    canvas.name(id, SHEET, f"F{row}")
    canvas.ws[SHEET].row_dimensions[row].height = 17


def _confidence(canvas: Canvas, row: int) -> None:
    """The words that the reader sees, and out of sight the code that phrases follow."""
    code = chosen(ref("checks_failed") > 0, "none", chosen(ref("checks_warned") > 0, "conditional", "high"))
    canvas.shown["confidence"] = canvas.formula(chart_data.SHEET, chart_data.CODE, code, "calc")
    canvas.name("confidence", chart_data.SHEET, chart_data.CODE)
    canvas.paint.put(canvas.ws[SHEET], f"B{row}", canvas.say(words.CONFIDENCE), "output_label")
    canvas.blank(SHEET, row, "CDEG", "output_note")
    canvas.formula(SHEET, f"F{row}", badge(canvas), "output")
    canvas.ws[SHEET].row_dimensions[row].height = 17


def badge(canvas: Canvas) -> Cell:
    """The confidence in words."""
    high, conditional, none = (canvas.say(words.BADGES[k]) for k in ("high", "conditional", "none"))
    code = ref("confidence")
    return chosen(code == "none", none, chosen(code == "conditional", conditional, high))
