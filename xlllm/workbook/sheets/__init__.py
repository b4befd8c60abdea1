"""One module a sheet; each draws on the canvas. Later sheets refer to what earlier ones located."""

from xlllm.workbook.canvas import Canvas
from xlllm.workbook.sheets import (
    brief,
    calculation,
    checks,
    cover,
    dashboard,
    engine,
    facts,
    inputs,
    log,
    scenarios,
    sensitivity,
    sources,
    what_if,
    years,
)
from xlllm.workbook.styles import ACCENT, INPUT_TAB, MUTED

CURRENT_ENGINE = 191029
"""Of the calculation engine since Excel 2019: files of an older one are calculated anew when they are opened."""
TAB_COLOURS = {"dashboard": ACCENT, "brief": ACCENT, "inputs": INPUT_TAB, "calculation": MUTED, "checks": ACCENT}


def draw(canvas: Canvas) -> None:
    """All sheets of the workbook."""
    facts.draw(canvas)
    inputs.draw(canvas)
    calculation.draw(canvas)
    years.draw(canvas)
    if "engine" in canvas.ws:
        engine.draw(canvas)
    tables = what_if.draw(canvas) if "what_if" in canvas.ws else {}
    if "sensitivity" in canvas.ws:
        sensitivity.draw(canvas, tables)
    checks.draw(canvas)
    scenarios.draw(canvas)
    dashboard.draw(canvas, tables)
    if "brief" in canvas.ws:
        brief.draw(canvas)
    cover.draw(canvas)
    sources.draw(canvas)
    log.draw(canvas)
    for id, colour in TAB_COLOURS.items():
        if id in canvas.ws:
            canvas.ws[id].sheet_properties.tabColor = canvas.look.colour(colour)
    for ws in canvas.ws.values():  # no password: against slips, not against people
        ws.protection.sheet = True
        ws.protection.formatColumns = ws.protection.formatRows = False
    canvas.ws["chart_data"].sheet_state = "hidden"
    canvas.book.active = list(canvas.ws).index("dashboard")
    canvas.book.calculation.fullCalcOnLoad = not canvas.calls_functions
    if canvas.calls_functions:  # without the add-in, a program that recalculates on opening would show errors
        canvas.book.calculation.calcId = CURRENT_ENGINE
