"""Sensitivity: how far each input with a range moves the result, live; and the same in the order of the tornado."""

from __future__ import annotations

from xlllm import locale
from xlllm.native import Cell, chosen, joined, ref
from xlllm.workbook import words
from xlllm.workbook.canvas import Canvas, absolute
from xlllm.workbook.sheets import what_if
from xlllm.workbook.sheets.what_if import Table
from xlllm.workbook.speech import number_format
from xlllm.workbook.styles import AMOUNTS, MINUS
from xlllm.workbook.styles import number_format as quantity_format

SHEET = "sensitivity"
DIGITS = 9


def draw(canvas: Canvas, tables: dict[str, Table]) -> None:
    """A table for every tornado."""
    ws = canvas.open(SHEET, {"A L": 1.7, "B": 40, "C D E F G H I J": 15, "K": 9})
    row = 4
    for table in tables.values():
        if table.spec.kind == "tornado":
            row = _table(canvas, table, row) + 2
    ws.freeze_panes = "C4"
    canvas.page(SHEET, "L", row - 2)


def in_money(canvas: Canvas, id: str) -> bool:
    """Whether a row is an amount that follows the unit of money."""
    return canvas.plan.quantity_of(id).unit in AMOUNTS


def scaled(canvas: Canvas, id: str, tree: Cell) -> Cell:
    return tree * ref("money_scale") if in_money(canvas, id) else tree


def _table(canvas: Canvas, table: Table, row: int) -> int:
    spec, put, ws = table.spec, canvas.paint.put, canvas.ws[SHEET]
    target = spec.targets[0]
    unit = joined_unit(canvas, target)
    put(ws, f"B{row}", canvas.say(spec.title), "heading")
    canvas.formula(SHEET, f"E{row}", unit, "note")
    heads = ("input", "input_low", "input_high", "result_low", "result_high", "change_low", "change_high", "swing")
    columns = "BCDEFGHI"
    head = [(c, h, "head" if c == "B" else "head_right") for c, h in zip(columns, heads, strict=True)]
    canvas.head(SHEET, row + 1, [*head, ("J", "of_largest", "head_right"), ("K", "rank", "head_right")])
    first, ids = row + 2, what_if.moving(canvas, spec)
    last = first + len(ids) - 1
    column = table.columns[target]
    money = in_money(canvas, target)
    own = quantity_format(canvas.plan.quantity_of(target), canvas.lang)
    plain = number_format("money", canvas.lang) if money else own
    signed = number_format("+money", canvas.lang) if money else signed_format(own, canvas.lang)
    base_value = table.results[0][target]
    canvas.locate(f"{spec.id} base", what_if.SHEET, absolute(f"{column}{table.first}"), base_value)
    swings, ranks = [], []
    for i, id in enumerate(ids):
        at, lines = first + i, (1 + 2 * i, 2 + 2 * i)
        put(ws, f"B{at}", canvas.label(id), "label")
        fmt = quantity_format(canvas.plan.inputs[id].quantity, canvas.lang)
        for c, case in (("C", "low"), ("D", "high")):
            canvas.formula(SHEET, f"{c}{at}", ref(f"{id}.{case}"), "link", fmt)
        changes = []
        for c, change, line in (("E", "G", lines[0]), ("F", "H", lines[1])):
            name, value = f"{spec.id} result {line}", table.results[line][target]
            canvas.locate(name, what_if.SHEET, f"{column}{table.first + line}", value)
            canvas.formula(SHEET, f"{c}{at}", scaled(canvas, target, ref(name)), "link", plain)
            tree = scaled(canvas, target, ref(name) - ref(f"{spec.id} base"))
            shown = canvas.formula(SHEET, f"{change}{at}", tree, "calc", signed)
            changes.append(canvas.here(SHEET, f"{change}{at}", shown))
        low, high = changes
        swings.append(
            canvas.formula(SHEET, f"I{at}", Cell("MAX", abs(low), abs(high), abs(high - low)), "in_use", plain)
        )
    canvas.locate(f"{spec.id} swings", SHEET, absolute(f"I{first}:I{last}"), swings)
    largest = Cell("MAX", ref(f"{spec.id} swings"))
    shares: list[float] = []
    for at, swing in enumerate(swings, first):  # rounded, so that no noise in the last digit decides the order
        share = Cell("ROUND", canvas.here(SHEET, f"I{at}", swing) / largest, DIGITS)
        shares.append(canvas.formula(SHEET, f"J{at}", chosen(largest == 0, 0, share), "calc", "0%"))
    canvas.locate(f"{spec.id} shares", SHEET, absolute(f"J{first}:J{last}"), shares)
    for i, at in enumerate(range(first, last + 1)):
        canvas.locate(f"{spec.id} above {i}", SHEET, f"J${first}:J{at}", shares[: i + 1])
        mine = canvas.here(SHEET, f"J{at}", shares[i])
        tree = Cell("RANK", mine, ref(f"{spec.id} shares")) + Cell("COUNTIF", ref(f"{spec.id} above {i}"), mine) - 1
        ranks.append(canvas.formula(SHEET, f"K{at}", tree, "calc", "0"))
        ws.row_dimensions[at].height = 17
    canvas.locate(f"{spec.id} ranks", SHEET, absolute(f"K{first}:K{last}"), ranks)
    for name, c in (("labels", "B"), ("lows", "G"), ("highs", "H")):
        span = absolute(f"{c}{first}:{c}{last}")
        values = [
            canvas.label(id) if c == "B" else canvas.cache[ws.title, f"{c}{first + i}"] for i, id in enumerate(ids)
        ]
        canvas.locate(f"{spec.id} {name} of inputs", SHEET, span, values)
    if money:
        canvas.whole_money(SHEET, f"E{first}:I{last}")
    top = Cell("INDEX", ref(f"{spec.id} labels of inputs"), Cell("MATCH", 1, ref(f"{spec.id} ranks")))
    put(ws, f"B{last + 1}", canvas.say(words.STRONGEST), "output_label")
    canvas.blank(SHEET, last + 1, "CDEFGHIJK", "output_note")
    canvas.locate(
        f"{spec.id}.top",
        SHEET,
        absolute(f"C{last + 1}"),
        canvas.formula(SHEET, f"C{last + 1}", top, "output", horizontal="left"),
    )
    return last + 1


def signed_format(fmt: str, lang: str) -> str:
    """A number format with signs, where it is a plain one."""
    return fmt if ";" in fmt or fmt == "General" else f'+{fmt};"{MINUS[lang]}"{fmt};{fmt}'


def joined_unit(canvas: Canvas, id: str) -> Cell:
    """What a result is called, with its unit."""
    label, gap = canvas.label(id), canvas.say(words.COMMA)
    if in_money(canvas, id):
        return joined(f"{label}{gap}", ref("money_unit"))
    return joined(f"{label}{gap}{locale.text(canvas.plan.quantity_of(id), 'unit', canvas.lang)}")
