"""Dashboard: the decision, how sure, six figures and four panels on one page."""

from __future__ import annotations

from openpyxl.formatting.rule import FormulaRule
from openpyxl.styles import Border, Font, PatternFill
from openpyxl.utils import get_column_letter as letter

from xlllm.native import joined, ref
from xlllm.workbook import panels, words
from xlllm.workbook.canvas import Canvas
from xlllm.workbook.sheets import checks, settings, what_if
from xlllm.workbook.styles import ALERT, WHITE, side

SHEET = "dashboard"
UPPER, LOWER = 8, 22
HEIGHTS = {"en": (46, 36, 18.5), "ja": (54, 40, 18)}  # decision, card value, panel row: Yu Gothic needs more


def draw(canvas: Canvas, tables: dict[str, what_if.Table]) -> None:
    ws, board = canvas.ws[SHEET], canvas.plan.template.dashboard
    canvas.widths(ws, {"A S": 1.7, "B C E F H I K L N O Q R": 13, "D G J M P": 1.9})
    canvas.formula(SHEET, "B1", canvas.speaker.lines(board.decision), "decision", to="O1")
    _badge(canvas)
    _meta(canvas)
    _cards(canvas)
    for panel, slot in zip(board.panels, panels.slots(UPPER, LOWER), strict=True):
        panels.draw(canvas, panel, slot, tables)
    decision, value, panel_row = HEIGHTS[canvas.lang]
    heights = {1: decision, 2: 20, 3: 10, 4: 20, 5: value, 6: 18, 7: 14, 8: 20, 9: 16, 21: 14, 22: 20, 23: 16}
    for row in range(1, 35):
        ws.row_dimensions[row].height = heights.get(row, panel_row)
    ws.sheet_view.showRowColHeaders = False
    ws.freeze_panes = "A3"
    canvas.page(SHEET, "S", 34, one_page=True)


def _badge(canvas: Canvas) -> None:
    ws = canvas.ws[SHEET]
    canvas.formula(SHEET, "Q1", checks.badge(canvas), "badge", to="R1")
    for cell in ("Q1", "R1"):
        ws[cell].border = Border(*[side(canvas.look.accent)] * 4)  # thin: a conditional border can replace it
    high, none = (canvas.say(words.BADGES[k])[0] for k in ("high", "none"))
    white = Font(color=WHITE, bold=True)
    good = FormulaRule([f'LEFT($Q$1,1)="{high}"'], font=white, fill=PatternFill(bgColor=canvas.look.accent))
    red = Border(*[side(ALERT)] * 4)
    bad = FormulaRule([f'LEFT($Q$1,1)="{none}"'], font=white, fill=PatternFill(bgColor=ALERT), border=red)
    for rule in (good, bad):
        ws.conditional_formatting.add("Q1:R1", rule)


def _meta(canvas: Canvas) -> None:
    """The line under the decision: subject, scenario, money, date, checks."""
    ws, say, gap = canvas.ws[SHEET], canvas.say, canvas.say(words.GAP)
    subject = f"{say(canvas.plan.scenario.title)}{gap}{say(words.SCENARIO)}{say(words.COLON)}"
    dates = say(words.PRICES_AS_OF).format("")
    meta = joined(subject, ref("case"), f"{gap}{say(words.MONEY_IN)}", ref("money_unit"), f"{gap}{dates}")
    canvas.formula(SHEET, "B2", joined(meta, settings.day("price_date")), "note", to="J2")
    canvas.formula(SHEET, "K2", ref("checks_light"), "note", to="L2")
    canvas.formula(SHEET, "N2", ref("reason"), "note", to="R2", horizontal="right")
    alert = FormulaRule([f'LEFT($K$2,1)="{say(words.FAIL)[0]}"'], font=Font(color=ALERT, bold=True))
    ws.conditional_formatting.add("K2:L2", alert)


def _cards(canvas: Canvas) -> None:
    ws = canvas.ws[SHEET]
    for k, card in enumerate(canvas.plan.template.dashboard.cards):
        a, b = letter(2 + 3 * k), letter(3 + 3 * k)
        canvas.say_at(SHEET, f"{a}4", card.label, "card_label", to=f"{b}4")
        canvas.show_at(SHEET, f"{a}5", card.row, card.show, "card_value", to=f"{b}5")
        canvas.say_at(SHEET, f"{a}6", card.note, "note", to=f"{b}6")
        negative = FormulaRule([f"AND(ISNUMBER(${a}$5),${a}$5<0)"], font=Font(color=ALERT, bold=True))
        ws.conditional_formatting.add(f"{a}5:{b}5", negative)
