"""Dashboard: the decision, how sure, six figures and four panels on one page."""

from __future__ import annotations

from typing import Any

from openpyxl.formatting.rule import FormulaRule
from openpyxl.styles import Border, Font, PatternFill
from openpyxl.utils import get_column_letter as letter

from xlllm.native import Cell, chosen, fixed, joined, ref
from xlllm.template import Text
from xlllm.workbook import charts, speech, words
from xlllm.workbook.canvas import Canvas
from xlllm.workbook.sheets import chart_data, checks
from xlllm.workbook.styles import ACCENT, ALERT, WHITE, side

SHEET = "dashboard"
LEFT, RIGHT = ("B", "I"), ("K", "R")
UPPER, LOWER = 8, 22
RIGHT_COLUMNS = "KLMNOPQR"
HEIGHTS = {"en": (46, 36, 18.5), "ja": (54, 40, 18)}  # decision, card value, panel row: Yu Gothic needs more


def draw(canvas: Canvas) -> None:
    ws, board = canvas.ws[SHEET], canvas.plan.template.dashboard
    canvas.widths(ws, {"A S": 1.7, "B C E F H I K L N O Q R": 13, "D G J M P": 1.9})
    canvas.formula(SHEET, "B1", canvas.speaker.lines(board.decision), "decision", to="O1")
    _badge(canvas)
    _meta(canvas)
    _cards(canvas)
    _panel(canvas, LEFT, UPPER, board.bridge.title, board.bridge.subtitle)
    data = canvas.ws["chart_data"]
    _chart(canvas, charts.bridge(data, *chart_data.bridge_rows(canvas), canvas.lang), UPPER)
    _panel(canvas, RIGHT, UPPER, board.comparison.title, board.comparison.subtitle)
    _comparison(canvas)
    _panel(canvas, LEFT, LOWER, board.cash.title, board.cash.subtitle)
    _chart(canvas, charts.cash(data, *chart_data.cash_rows(canvas), canvas.lang), LOWER)
    canvas.paint.put(ws, f"K{LOWER}", canvas.say(board.checks), "heading", to=f"R{LOWER}")
    canvas.formula(SHEET, f"K{LOWER + 1}", _light(canvas), "note", to=f"R{LOWER + 1}")
    _checks(canvas)
    decision, value, panel = HEIGHTS[canvas.lang]
    heights = {1: decision, 2: 20, 3: 10, 4: 20, 5: value, 6: 18, 7: 14, 8: 20, 9: 16, 21: 14, 22: 20, 23: 16}
    for row in range(1, 35):
        ws.row_dimensions[row].height = heights.get(row, panel)
    ws.sheet_view.showRowColHeaders = False
    ws.freeze_panes = "A3"
    canvas.page(SHEET, "S", 34, one_page=True)


def _badge(canvas: Canvas) -> None:
    ws = canvas.ws[SHEET]
    canvas.formula(SHEET, "Q1", checks.badge(canvas), "badge", to="R1")
    for cell in ("Q1", "R1"):
        ws[cell].border = Border(*[side(ACCENT)] * 4)  # thin: a conditional border can replace it
    high, none = (canvas.say(words.BADGES[k])[0] for k in ("high", "none"))
    white = Font(color=WHITE, bold=True)
    good = FormulaRule([f'LEFT($Q$1,1)="{high}"'], font=white, fill=PatternFill(bgColor=ACCENT))
    red = Border(*[side(ALERT)] * 4)
    bad = FormulaRule([f'LEFT($Q$1,1)="{none}"'], font=white, fill=PatternFill(bgColor=ALERT), border=red)
    for rule in (good, bad):
        ws.conditional_formatting.add("Q1:R1", rule)


def _meta(canvas: Canvas) -> None:
    """The line under the decision: subject, scenario, money, date, checks."""
    ws, say, gap = canvas.ws[SHEET], canvas.say, canvas.say(words.GAP)
    subject = f"{say(canvas.plan.scenario.title)}{gap}{say(words.SCENARIO)}{say(words.COLON)}"
    dates = say(words.PRICES_AS_OF).format(canvas.plan.scenario.as_of.isoformat())
    meta = joined(subject, ref("case"), f"{gap}{say(words.MONEY_IN)}{gap}{dates}")
    canvas.formula(SHEET, "B2", meta, "note", to="L2")
    canvas.formula(SHEET, "N2", _light(canvas), "note", to="O2")
    canvas.paint.put(ws, "Q2", say(words.SEE_CHECKS), "note", to="R2", horizontal="center")
    alert = FormulaRule([f'LEFT($N$2,1)="{say(words.FAIL)[0]}"'], font=Font(color=ALERT, bold=True))
    ws.conditional_formatting.add("N2:O2", alert)


def _light(canvas: Canvas) -> Cell:
    """How the checks stand, in words."""
    failed, warned = ref("checks_failed"), ref("checks_warned")
    fail, warn = (
        joined(canvas.say(before), fixed(count, 0), canvas.say(after))
        for before, count, after in (
            (words.SOME_FAIL_BEFORE, failed, words.SOME_FAIL_AFTER),
            (words.SOME_WARN_BEFORE, warned, words.SOME_WARN_AFTER),
        )
    )
    fine = canvas.say(words.ALL_PASS).format(len(canvas.plan.template.checks))
    return chosen(failed > 0, fail, chosen(warned > 0, warn, fine))


def _cards(canvas: Canvas) -> None:
    ws = canvas.ws[SHEET]
    for k, card in enumerate(canvas.plan.template.dashboard.cards):
        a, b = letter(2 + 3 * k), letter(3 + 3 * k)
        canvas.paint.put(ws, f"{a}4", canvas.say(card.label), "card_label", to=f"{b}4")
        fmt = speech.number_format(card.show, canvas.lang)
        canvas.formula(SHEET, f"{a}5", ref(card.row), "card_value", fmt, to=f"{b}5")
        canvas.formula(SHEET, f"{a}6", canvas.speaker.say(card.note), "note", to=f"{b}6")
        negative = FormulaRule([f"AND(ISNUMBER(${a}$5),${a}$5<0)"], font=Font(color=ALERT, bold=True))
        ws.conditional_formatting.add(f"{a}5:{b}5", negative)


def _panel(canvas: Canvas, columns: tuple[str, str], row: int, title: Text, subtitle: Text) -> None:
    first, last = columns
    canvas.formula(SHEET, f"{first}{row}", canvas.speaker.say(title), "heading", to=f"{last}{row}")
    canvas.formula(SHEET, f"{first}{row + 1}", canvas.speaker.say(subtitle), "note", to=f"{last}{row + 1}")


def _chart(canvas: Canvas, chart: Any, heading: int) -> None:
    """A chart in the left panel under its heading, which is also what a screen reader says."""
    ws = canvas.ws[SHEET]
    charts.place(ws, chart, 2, heading + 2, 9, heading + 12)
    canvas.alt_texts.setdefault(ws.title, []).append(str(canvas.cache[ws.title, f"B{heading}"]))


def _comparison(canvas: Canvas) -> None:
    ws, put, row = canvas.ws[SHEET], canvas.paint.put, UPPER + 2
    canvas.blank(SHEET, row, RIGHT_COLUMNS, "head")
    heads = {"K": ("figure", "head"), "N": ("plan", "head_right"), "O": ("published", "head_right")}
    for column, (key, role) in {**heads, "Q": ("difference", "head_right")}.items():
        to = f"R{row}" if column == "Q" else ""
        put(ws, f"{column}{row}", canvas.say(words.HEAD[key]), role, indent=0, to=to)
    signed = speech.number_format("+pct1", canvas.lang)
    for row, line in enumerate(canvas.plan.template.dashboard.comparison.rows, row + 1):  # noqa: B020
        canvas.blank(SHEET, row, RIGHT_COLUMNS, "label")
        put(ws, f"K{row}", canvas.say(canvas.holder(line.row).label), "label", to=f"M{row}")
        fmt = speech.number_format(line.show, canvas.lang)
        canvas.formula(SHEET, f"N{row}", ref(line.row), "calc", fmt, indent=0)
        if line.published:
            canvas.formula(SHEET, f"O{row}", ref(line.published), "calc", fmt, indent=0)
            canvas.formula(SHEET, f"Q{row}", ref(line.difference), "in_use", signed, indent=0, to=f"R{row}")


def _checks(canvas: Canvas) -> None:
    ws, source = canvas.ws[SHEET], canvas.ws["checks"].title
    first = LOWER + 2
    for i, check in enumerate(canvas.plan.template.checks):
        row, result = first + i, f"F{checks.FIRST + i}"
        canvas.blank(SHEET, row, RIGHT_COLUMNS, "label")
        canvas.paint.put(ws, f"K{row}", canvas.say(check.label), "label", to=f"P{row}")
        canvas.locate(f"check {i}", "checks", result, canvas.cache[source, result])
        canvas.formula(SHEET, f"Q{row}", ref(f"check {i}"), "check", indent=0, to=f"R{row}")
    canvas.mark_alerts(SHEET, f"Q{first}:R{first + len(canvas.plan.template.checks) - 1}", f"$Q{first}")
