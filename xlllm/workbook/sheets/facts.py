"""Facts: the catalogue entries to choose from, with source and date; above them, live, the chosen one."""

from __future__ import annotations

from openpyxl.utils import get_column_letter as letter

from xlllm import catalog, locale
from xlllm.native import Cell, ref
from xlllm.plan import Choice
from xlllm.quantities import Quantity
from xlllm.workbook import words
from xlllm.workbook.canvas import Canvas, absolute
from xlllm.workbook.sheets import settings
from xlllm.workbook.styles import number_format

SHEET = "facts"
SOURCE_WIDTH = 48  # characters
FIRST_FIELD = 6  # F: behind entry, source, date and confidence


def draw(canvas: Canvas) -> None:
    choices = list(canvas.plan.choices.values())
    widest = max([6, *(len(c.facts) for c in choices)])
    columns = " ".join(letter(FIRST_FIELD + i) for i in range(widest))
    ws = canvas.open(
        SHEET, {"A": 1.7, "B": 38, "C": SOURCE_WIDTH - 4, "D": 15, "E": 12, columns: 13 if canvas.lang == "en" else 15}
    )
    row = settings.units(canvas, SHEET, 5) + 1
    for kind in dict.fromkeys(c.catalog for c in choices):
        for group in _alike([c for c in choices if c.catalog == kind]):
            row = _table(canvas, kind, group, row) + 1
    ws.freeze_panes = "C5"
    canvas.paint.put(ws, "B3", canvas.say(words.CONFIDENCE_CODES), "note")
    canvas.page(SHEET, letter(FIRST_FIELD + widest), row - 2)


def _alike(choices: list[Choice]) -> list[list[Choice]]:
    """Choices of one catalogue that show the same facts share a table."""
    groups: dict[tuple[tuple[str, ...], tuple[str, ...]], list[Choice]] = {}
    for c in choices:
        groups.setdefault((tuple(field for _, field in c.facts), c.entries), []).append(c)
    return list(groups.values())


def _table(canvas: Canvas, kind: str, choices: list[Choice], row: int) -> int:
    """One catalogue: heads, units, the chosen entries, all entries. Returns the row after it."""
    fields = [field for _, field in choices[0].facts]
    quantities = [canvas.plan.inputs[id].quantity for id, _ in choices[0].facts]
    columns = [letter(FIRST_FIELD + i) for i in range(len(fields))]
    canvas.group(SHEET, row, canvas.say(words.CATALOGS[kind]), ["B", "C", "D", "E", *columns])
    heads = [("B", "entry", "head"), ("C", "source", "head"), ("D", "as_of", "head"), ("E", "confidence", "head")]
    heads += [(c, locale.text(q, "label", canvas.lang), "head_right") for c, q in zip(columns, quantities, strict=True)]
    canvas.head(SHEET, row + 1, heads, 36 if canvas.lang == "en" else 48)
    ws, put = canvas.ws[SHEET], canvas.paint.put
    put(ws, f"B{row + 2}", canvas.say(words.HEAD["unit"]), "row_note")
    canvas.blank(SHEET, row + 2, "CDE", "row_note")
    for column, q in zip(columns, quantities, strict=True):
        put(ws, f"{column}{row + 2}", "" if q.kind == "flag" else locale.text(q, "unit", canvas.lang), "helper_calc")
    first = row + 3 + len(choices)
    keys = choices[0].entries
    last = first + len(keys) - 1
    for i, choice in enumerate(choices, row + 3):
        _chosen(canvas, choice, i, quantities, first, last)
    for i, key in enumerate(keys, first):
        _entry(canvas, choices[0], key, i, quantities)
    return last + 1


def _chosen(canvas: Canvas, choice: Choice, row: int, quantities: list[Quantity], first: int, last: int) -> None:
    ws = canvas.ws[SHEET]
    canvas.paint.put(ws, f"B{row}", f"▶ {canvas.say(choice.label)}", "output_label")
    canvas.blank(SHEET, row, "CDE", "output_note")
    keys = f"{choice.id} entries"
    canvas.locate(keys, SHEET, absolute(f"B{first}:B{last}"), list(choice.entries))
    for i, (q, (id, field)) in enumerate(zip(quantities, choice.facts, strict=True), FIRST_FIELD):
        column, table = letter(i), f"{id} column"
        values = [canvas.plan.published(choice, key)[field] for key in choice.entries]
        canvas.locate(table, SHEET, absolute(f"{column}{first}:{column}{last}"), values)
        found = Cell("INDEX", ref(table), Cell("MATCH", ref(choice.id), ref(keys)))
        canvas.formula(SHEET, f"{column}{row}", found, "output", number_format(q, canvas.lang))
        canvas.locate(id, SHEET, absolute(f"{column}{row}"))
        canvas.name(id, SHEET, f"{column}{row}")


def _entry(canvas: Canvas, choice: Choice, key: str, row: int, quantities: list[Quantity]) -> None:
    ws, put = canvas.ws[SHEET], canvas.paint.put
    entry, published = catalog.find(choice.catalog, key), canvas.plan.published(choice, key)
    put(ws, f"B{row}", key, "label")
    facts = [entry.facts[field] for _, field in choice.facts if field in entry.facts]
    cited = "; ".join(dict.fromkeys(canvas.source(f.source) for f in facts))
    put(ws, f"C{row}", cited, "wrapped_note")
    if len(cited) > SOURCE_WIDTH:
        ws.row_dimensions[row].height = 13 * -(-len(cited) // SOURCE_WIDTH) + 4
    put(ws, f"D{row}", max((f.date for f in facts), default=""), "row_note")
    put(ws, f"E{row}", ", ".join(sorted({f.confidence for f in facts})), "row_note")
    for i, (q, (_, field)) in enumerate(zip(quantities, choice.facts, strict=True), FIRST_FIELD):
        put(ws, f"{letter(i)}{row}", published[field], "calc", number_format(q, canvas.lang))
