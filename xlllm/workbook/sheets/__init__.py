"""One module a sheet; each draws on the canvas. Later sheets refer to what earlier ones located."""

from xlllm.workbook.canvas import Canvas
from xlllm.workbook.sheets import calculation, chart_data, checks, dashboard, facts, inputs, sources, years
from xlllm.workbook.styles import ACCENT, INPUT_TAB, MUTED

TAB_COLOURS = {"dashboard": ACCENT, "inputs": INPUT_TAB, "calculation": MUTED, "checks": ACCENT}


def draw(canvas: Canvas) -> None:
    """All sheets of the workbook."""
    for sheet in (facts, inputs, calculation, years, checks, chart_data, dashboard, sources):
        sheet.draw(canvas)
    for id, colour in TAB_COLOURS.items():
        canvas.ws[id].sheet_properties.tabColor = colour
    for ws in canvas.ws.values():  # no password: against slips, not against people
        ws.protection.sheet = True
        ws.protection.formatColumns = ws.protection.formatRows = False
    canvas.ws["chart_data"].sheet_state = "hidden"
    canvas.book.calculation.fullCalcOnLoad = True
