"""The one page to decide on: a ringi-sho in Japanese, a board paper in English; A4 upright, every line live."""

from __future__ import annotations

from openpyxl.styles import Border

from xlllm.native import ref
from xlllm.plan import RANGE
from xlllm.workbook import words
from xlllm.workbook.canvas import Canvas
from xlllm.workbook.speech import number_format
from xlllm.workbook.styles import MUTED, side

SHEET = "brief"
LABEL, TEXT_FROM, LAST = "B", "D", "K"
ONE_LINE, MORE = {"en": 22, "ja": 27}, {"en": 14, "ja": 17}


def draw(canvas: Canvas) -> None:
    ws, put, say, brief = canvas.ws[SHEET], canvas.paint.put, canvas.say, canvas.plan.template.brief
    assert brief
    canvas.widths(ws, {"A L": 1.5, "B C": 8.5, "D E F G H I J K": 9.6})
    put(ws, "B2", ws.title, "cover_title", to="E3")
    ws.row_dimensions[1].height, ws.row_dimensions[2].height, ws.row_dimensions[3].height = 6, 20, 46
    if stamps := say(words.STAMPS):
        for column, who in zip("GHIJK", stamps.split(","), strict=True):
            put(ws, f"{column}2", who, "stamp")
            put(ws, f"{column}3", None, "stamp_box")
            for at in (f"{column}2", f"{column}3"):
                ws[at].border = Border(*[side(MUTED)] * 4)
    row = 5
    for pair in (("number", "date"), ("department", "deadline")):
        for (label, to), (first, last), id in zip(
            (("B", "C"), ("G", "H")), (("D", "F"), ("I", "K")), pair, strict=True
        ):
            put(ws, f"{label}{row}", say(words.FORM_HEADS[id]), "form_label", to=f"{to}{row}")
            put(ws, f"{first}{row}", None, "log", to=f"{last}{row}", indent=1)
        ws.row_dimensions[row].height = 22
        row += 1
    ws.row_dimensions[4].height = ws.row_dimensions[row].height = 9
    for line in brief.lines:
        row += 1
        put(ws, f"{LABEL}{row}", say(line.label), "form_label", to=f"C{row}")
        canvas.say_at(SHEET, f"{TEXT_FROM}{row}", line.text, "form_text", to=f"{LAST}{row}")
        ws.row_dimensions[row].height = ONE_LINE[canvas.lang] + MORE[canvas.lang] * (line.lines - 1)
    row += 2
    ws.row_dimensions[row - 1].height = 12
    canvas.say_at(SHEET, f"B{row}", brief.title, "heading", to=f"K{row}")
    row = _amounts(canvas, row + 1)
    if end := say(words.END):
        row += 1
        put(ws, f"K{row}", end, "note", horizontal="right")
    ws.sheet_view.showRowColHeaders = False
    canvas.page(SHEET, "L", row, one_page=True, portrait=True)


def _amounts(canvas: Canvas, row: int) -> int:
    """The table of amounts in the three cases; returns its last row."""
    ws, put, brief = canvas.ws[SHEET], canvas.paint.put, canvas.plan.template.brief
    assert brief
    places = dict(zip(RANGE, (("F", "G"), ("H", "I"), ("J", "K")), strict=True))
    put(ws, f"B{row}", canvas.say(words.HEAD["item"]), "head", to=f"E{row}")
    for case, (first, last) in places.items():
        put(ws, f"{first}{row}", canvas.say(words.CASE_HEADS[case]), "head_right", to=f"{last}{row}")
    ws.row_dimensions[row].height = 18
    start = row + 1
    for id in [*brief.amounts, *brief.totals]:
        row += 1
        total = id in brief.totals
        put(ws, f"B{row}", canvas.label(id), "output_label" if total else "label", to=f"E{row}")
        for case, (first, last) in places.items():
            tree = ref(f"{id}.{case}") * ref("money_scale")
            role = "output" if total else "calc"
            fmt = number_format("money", canvas.lang)
            canvas.formula(SHEET, f"{first}{row}", tree, role, fmt, to=f"{last}{row}")
        ws.row_dimensions[row].height = 17
    canvas.whole_money(SHEET, f"F{start}:K{row}")
    return row
