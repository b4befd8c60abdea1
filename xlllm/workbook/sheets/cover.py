"""Guide: what the workbook decides, how to use it, what its colours say, how far to trust it."""

from __future__ import annotations

from xlllm.workbook import branding, words
from xlllm.workbook.canvas import Canvas, quoted
from xlllm.workbook.sheets import checks

SHEET = "cover"


def draw(canvas: Canvas) -> None:
    ws, put, say = canvas.ws[SHEET], canvas.paint.put, canvas.say
    canvas.widths(ws, {"A E": 1.7, "B": 24, "C": 70, "D": 44})
    put(ws, "B1", say(canvas.plan.template.title), "cover_title")
    put(ws, "B2", say(canvas.plan.template.about), "body", to="D2")
    put(ws, "B3", say(canvas.plan.scenario.title), "note")
    heights = {1: 46, 2: 34, 3: 20}
    if canvas.look.logo:
        branding.place(ws, canvas.look.logo, "D")
        canvas.alt_texts[ws.title] = [say(words.LOGO)]
    row = 5
    put(ws, f"B{row}", say(words.GUIDE["decision"]), "heading")
    canvas.formula(
        SHEET, f"B{row + 1}", canvas.speaker.lines(canvas.plan.template.dashboard.decision), "body", to=f"D{row + 1}"
    )
    canvas.formula(SHEET, f"B{row + 2}", checks.badge(canvas), "mark", to=f"D{row + 2}")
    heights |= {row + 1: 36, row + 2: 20}
    row += 4
    put(ws, f"B{row}", say(words.GUIDE["how"]), "heading")
    for text in words.STEPS:
        row += 1
        put(ws, f"B{row}", say(text), "body", to=f"D{row}")
        heights[row] = 19
    row += 2
    put(ws, f"B{row}", say(words.GUIDE["sheets"]), "heading")
    for id, text in words.PURPOSES.items():
        if id in canvas.ws:
            row += 1
            title = canvas.ws[id].title
            cell = put(ws, f"B{row}", title, "mark")
            cell.hyperlink = f"#{quoted(title)}!A1"
            cell._style = ws[f"B{row}"]._style
            put(ws, f"C{row}", say(text), "row_note", to=f"D{row}")
            heights[row] = 17
    row += 2
    put(ws, f"B{row}", say(words.GUIDE["legend"]), "heading")
    for role, text, sample in words.LEGEND:
        row += 1
        put(ws, f"B{row}", say(sample), role, horizontal="right")
        put(ws, f"C{row}", say(text), "row_note", to=f"D{row}")
        heights[row] = 17
    row += 2
    put(ws, f"B{row}", say(words.GUIDE["trust"]), "heading")
    for said in (_needs(canvas), say(words.OWN_FIGURES)):
        row += 1
        put(ws, f"B{row}", said, "body", to=f"D{row}")
        heights[row] = 32
    for at in range(1, row + 1):
        ws.row_dimensions[at].height = heights.get(at, 20)
    ws.sheet_view.showRowColHeaders = False
    canvas.page(SHEET, "E", row, one_page=True)


def _needs(canvas: Canvas) -> str:
    """Where the workbook calculates."""
    if not canvas.calls_functions:
        return canvas.say(words.CLASSIC)
    ranges = canvas.dialect == "libreoffice" and canvas.plan.years  # which LibreOffice computes when it opens a file
    without, add_in = words.NO_ROWS if ranges else words.STAYS, words.ADD_INS[canvas.dialect]
    sheets = canvas.say(words.AND).join(canvas.ws[id].title for id in ("calculation", "years") if id in canvas.ws)
    return canvas.say(words.CALLS).format(sheets=sheets, add_in=canvas.say(add_in), without=canvas.say(without))
