"""Log: how the workbook was made (which is how extract and check know it again), and room for what people change."""

from __future__ import annotations

import hashlib
import json

import xlllm
from xlllm.template import Scenario
from xlllm.workbook import words
from xlllm.workbook.canvas import Canvas

SHEET = "log"
FIRST = 5
EMPTY_LINES = 15
MADE_FROM = "made_from"
CELL = 32_000
"""Characters that every spreadsheet keeps in a cell."""


def draw(canvas: Canvas) -> None:
    ws = canvas.open(SHEET, {"A F": 1.7, "B": 30, "C": 24, "D": 60, "E": 50})
    put, say, plan = canvas.paint.put, canvas.say, canvas.plan
    for column, head in (("B", "item"), ("C", "value"), ("D", "note"), ("E", "id")):
        put(ws, f"{column}4", say(words.HEAD[head]), "head")
    facts = {
        "template": (plan.template.id, say(plan.template.title)),
        "scenario": (say(plan.scenario.title), ""),
        "version": (xlllm.__version__, ""),
        "lang": (canvas.lang, ""),
        "edition": (canvas.edition, ""),
        "dialect": (canvas.dialect if canvas.edition == "udf" else "", ""),
        "as_of": (plan.scenario.as_of.isoformat(), ""),
        "hash": (digest(plan.scenario.model_dump_json()), ""),
    }
    note = say(words.MADE_FROM_NOTE)
    facts |= {key: (part, note) for key, part in made_from(plan.scenario).items()}
    for row, (id, (value, note)) in enumerate(facts.items(), FIRST):
        put(ws, f"B{row}", say(words.LOG_ITEMS[id.partition(" ")[0]]), "label")
        put(ws, f"C{row}", value, "label")
        put(ws, f"D{row}", note, "row_note")
        put(ws, f"E{row}", id, "row_note")
        ws.row_dimensions[row].height = 17
        ws.row_dimensions[row].hidden = id.startswith(MADE_FROM)  # for programs, not for people
    row = FIRST + len(facts) + 1
    for column, head in (("B", "changed_on"), ("C", "changed_by"), ("D", "changed_what"), ("E", "changed_why")):
        put(ws, f"{column}{row}", say(words.HEAD[head]), "head")
    for at in range(row + 1, row + 1 + EMPTY_LINES):
        canvas.blank(SHEET, at, "BCDE", "log")
        ws.row_dimensions[at].height = 17
    canvas.page(SHEET, "F", row + EMPTY_LINES)


def made_from(scenario: Scenario) -> dict[str, str]:
    """The scenario in as many cells as it needs: extract and check know what was changed, and lose nothing."""
    text = json.dumps(scenario.model_dump(mode="json", by_alias=True, exclude_defaults=True), separators=(",", ":"))
    parts = [text[i : i + CELL] for i in range(0, len(text), CELL)]
    return {MADE_FROM + (f" {n}" if n > 1 else ""): part for n, part in enumerate(parts, 1)}


def digest(text: str) -> str:
    """A short fingerprint."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]
