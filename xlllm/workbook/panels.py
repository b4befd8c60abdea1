"""Panels of the Dashboard: each states its message, then shows it as a chart or a table in its quarter of the page.

What charts read stands on the hidden sheet of chart data, all of it formulas.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from openpyxl.formatting.rule import ColorScaleRule, FormulaRule
from openpyxl.styles import Font, PatternFill
from openpyxl.utils import column_index_from_string as column_number

from xlllm.errors import TemplateError
from xlllm.native import Cell, chosen, counted, fixed, joined, ref
from xlllm.plan import RANGE
from xlllm.template import (
    Bars,
    Bridge,
    Checklist,
    Comparison,
    Curve,
    Heat,
    Histogram,
    Lines,
    Notes,
    Options,
    Stack,
    Table,
    Text,
    Tornado,
)
from xlllm.workbook import charts, speech, words
from xlllm.workbook.canvas import Canvas
from xlllm.workbook.sheets import checks, sensitivity, what_if
from xlllm.workbook.styles import ACCENT_PALE, INK, WHITE

SHEET = "dashboard"
DATA = "chart_data"
ROWS = 11  # of a panel, below its heading and subtitle
MOST_BARS = 8
BINS = 14


class Slot(NamedTuple):
    """A quarter of the page."""

    first: str
    last: str
    row: int
    """Of the heading."""
    columns: tuple[tuple[str, str], ...]
    """The label's cells, then those of four values, each first and last."""

    def for_values(self, count: int) -> Slot:
        """The slot with room for so many values: what they leave goes to the label."""
        label, *values = self.columns
        spare = values[: len(values) - count]
        return self._replace(columns=((label[0], spare[-1][1] if spare else label[1]), *values[len(spare) :]))


def slots(upper: int, lower: int) -> list[Slot]:
    left = (("B", "D"), ("E", "E"), ("F", "G"), ("H", "H"), ("I", "I"))
    right = (("K", "M"), ("N", "N"), ("O", "P"), ("Q", "Q"), ("R", "R"))
    return [Slot(columns[0][0], columns[-1][1], row, columns) for row in (upper, lower) for columns in (left, right)]


def draw(canvas: Canvas, panel: Any, slot: Slot, tables: dict[str, what_if.Table]) -> None:
    """One panel in its place."""
    if not isinstance(panel, (Checklist, Tornado, Stack)):
        canvas.say_at(SHEET, f"{slot.first}{slot.row + 1}", panel.subtitle, "note", to=f"{slot.last}{slot.row + 1}")
    canvas.say_at(SHEET, f"{slot.first}{slot.row}", panel.title, "heading", to=f"{slot.last}{slot.row}")
    if what := getattr(panel, "what_if", ""):
        if what not in tables:
            raise TemplateError(f"a panel shows the what-if {what!r}, which is none of {', '.join(tables)}")
        _DRAW[panel.kind](canvas, panel, slot, tables[what])
    else:
        _DRAW[panel.kind](canvas, panel, slot)


# -- parts ------------------------------------------------------------------------------------------------------------
def _chart(canvas: Canvas, chart: Any, slot: Slot) -> None:
    """A chart under its heading, which is also what a screen reader says."""
    ws = canvas.ws[SHEET]
    charts.place(ws, chart, column_number(slot.first), slot.row + 2, column_number(slot.last), slot.row + 1 + ROWS)
    heading = ws[f"{slot.first}{slot.row}"]
    said = canvas.cache.get((ws.title, heading.coordinate), heading.value)
    canvas.alt_texts.setdefault(ws.title, []).append(str(said))


def _take(canvas: Canvas, count: int) -> tuple[int, int]:
    """Rows of chart data: the first and the last of as many as asked for."""
    first = max(canvas.data_row, 20) + 2
    canvas.data_row = first + count - 1
    return first, canvas.data_row


def _data(canvas: Canvas, at: str, tree: Any, fmt: str = "") -> Cell:
    """A cell of chart data, to refer to."""
    if isinstance(tree, Cell):
        shown = canvas.formula(DATA, at, tree, "calc", fmt)
    else:
        shown = canvas.paint.put(canvas.ws[DATA], at, tree, "calc", fmt).value
    return canvas.here(DATA, at, shown)


def _unit_of(canvas: Canvas, show: str) -> Callable[[Cell], Cell]:
    """How an amount is scaled for a chart."""
    name = show.removeprefix("+")
    if name in (speech.MONEY, speech.PRICE):
        return lambda tree: tree * ref(f"{name}_scale")
    if name == speech.COUNT:
        return lambda tree: tree
    way, _ = speech.show(show)
    return lambda tree: tree if way.per == 1 else tree / way.per


def _head(canvas: Canvas, slot: Slot, texts: list[str]) -> int:
    """The head of a table; returns its row."""
    row = slot.row + 2
    for (first, last), text in zip(slot.columns, [*texts, *[""] * (len(slot.columns) - len(texts))], strict=True):
        role = "head" if first == slot.first else "head_right"
        canvas.paint.put(
            canvas.ws[SHEET], f"{first}{row}", text, role, to=f"{last}{row}" if last != first else "", indent=0
        )
    return row


def _label(canvas: Canvas, slot: Slot, row: int, text: Text | str) -> None:
    first, last = slot.columns[0]
    canvas.blank(SHEET, row, _span(slot), "label")
    if isinstance(text, Text):
        canvas.say_at(SHEET, f"{first}{row}", text, "label", to=f"{last}{row}")
    else:
        canvas.paint.put(canvas.ws[SHEET], f"{first}{row}", text, "label", to=f"{last}{row}")


def _span(slot: Slot) -> list[str]:
    letters = "BCDEFGHI" if slot.first == "B" else "KLMNOPQR"
    return list(letters)


def _value(canvas: Canvas, slot: Slot, position: int, row: int, id: str, show: str, role: str = "calc") -> None:
    """A value of a table; a flag becomes a word."""
    first, last = slot.columns[position]
    at, to = f"{first}{row}", f"{last}{row}" if last != first else ""
    if isinstance(canvas.shown.get(id), bool):
        words_ = chosen(ref(id), canvas.say(words.YES), canvas.say(words.NO))
        canvas.formula(SHEET, at, words_, "check", to=to, indent=0)
    else:
        canvas.show_at(SHEET, at, id, show, role, to=to, indent=0)


# -- charts -----------------------------------------------------------------------------------------------------------
def _bridge(canvas: Canvas, panel: Bridge, slot: Slot) -> None:
    """Columns: label with its number, unseen base, part, total; E holds the amount."""
    ids = [*panel.items, panel.total]
    first, last = _take(canvas, len(ids))
    end: Any = 0
    for row, id in enumerate(ids, first):
        size = _data(canvas, f"E{row}", ref(id) * ref("money_scale"))
        _data(canvas, f"A{row}", joined(f"{canvas.label(id)}   ", fixed(size, ref("money_decimals"))))
        is_total = id == panel.total
        base = _data(canvas, f"B{row}", 0 if is_total else end)
        end = base + size
        _data(canvas, f"C{row}", 0 if is_total else size)
        _data(canvas, f"D{row}", size if is_total else 0)
    _chart(canvas, charts.bridge(canvas.ws[DATA], first, last, canvas.look), slot)


def _lines(canvas: Canvas, panel: Lines, slot: Slot) -> None:
    """A line a case; its name carries the last value."""
    head, last = _take(canvas, canvas.plan.years + 1)
    if not canvas.plan.length(panel.row):
        raise TemplateError(f"{panel.row} has no years to draw a line over")
    scale = _unit_of(canvas, panel.show)
    for year in range(canvas.plan.years):
        canvas.formula(DATA, f"A{head + 1 + year}", ref(f"fiscal {year}"), "label")
    for case, column in zip(RANGE, "BCD", strict=True):
        canvas.locate(f"{panel.row} of {case}", "years", canvas.place(panel.row, case).rpartition("!")[2])
        canvas.shown[f"{panel.row} of {case}"] = canvas.results[case][panel.row]
        number: Any = None
        for year in range(canvas.plan.years):
            amount = scale(Cell("year", ref(f"{panel.row} of {case}", canvas.plan.years), year, length=0))
            number = _data(canvas, f"{column}{head + 1 + year}", amount)
        sign = chosen(number < 0, canvas.look.minus, "+")
        decimals = ref("money_decimals") if panel.show == "money" else speech.show(panel.show)[0].decimals
        name = joined(f"{canvas.say(words.CASES[case])} ", sign, fixed(abs(number), decimals))
        _data(canvas, f"{column}{head}", name)
    _chart(canvas, charts.lines(canvas.ws[DATA], head, last, canvas.look), slot)


def _bars(canvas: Canvas, panel: Bars, slot: Slot) -> None:
    first, last = _take(canvas, len(panel.items))
    for row, item in enumerate(panel.items, first):
        label = canvas.speaker.say(item.label) if item.label else canvas.label(item.row)
        _data(canvas, f"A{row}", joined(label, "   ", speech.spoken(ref(item.row), item.show, canvas.lang)))
        size = _data(canvas, f"E{row}", _unit_of(canvas, item.show)(ref(item.row)))
        emphasised = item.row == panel.emphasis
        _data(canvas, f"B{row}", 0 if emphasised else size)
        _data(canvas, f"C{row}", size if emphasised else 0)
    _chart(canvas, charts.bars(canvas.ws[DATA], first, last, canvas.look), slot)


def _stack(canvas: Canvas, panel: Stack, slot: Slot) -> None:
    first, last = _take(canvas, len(panel.bars))
    under, letters = slot.row + 1, _span(slot)
    canvas.say_at(SHEET, f"{slot.first}{under}", panel.subtitle, "note", to=f"{letters[2]}{under}")
    roles = ("legend_accent", "legend_mid", "legend_rule")
    for column, name, role in zip((letters[3], letters[4], letters[6]), panel.parts, roles, strict=False):
        canvas.paint.put(canvas.ws[SHEET], f"{column}{under}", f"■ {canvas.say(name)}", role)
    for row, bar in enumerate(panel.bars, first):
        total: Any = None
        for column, id in zip("BCD", bar.cells, strict=False):
            part = _data(canvas, f"{column}{row}", _unit_of(canvas, panel.show)(ref(id)))
            total = part if total is None else total + part
        _data(canvas, f"E{row}", total)
        whole = ref(bar.cells[0])
        for id in bar.cells[1:]:
            whole = whole + ref(id)
        label = joined(canvas.speaker.say(bar.label), "   ", speech.spoken(whole, panel.show, canvas.lang))
        _data(canvas, f"A{row}", label)
    _chart(canvas, charts.stack(canvas.ws[DATA], first, last, len(panel.parts), canvas.look), slot)


def _tornado(canvas: Canvas, panel: Tornado, slot: Slot, table: what_if.Table) -> None:
    """In the order of the swing, the largest on top."""
    spec = table.spec
    count = min(MOST_BARS, len(what_if.moving(canvas, spec)))
    first, last = _take(canvas, count)
    under, letters = slot.row + 1, _span(slot)
    canvas.say_at(SHEET, f"{slot.first}{under}", panel.subtitle, "note", to=f"{letters[5]}{under}")
    for column, text, role in zip(
        letters[6:], (words.LEGEND_LOW, words.LEGEND_HIGH), ("legend_mid", "legend_accent"), strict=True
    ):
        canvas.paint.put(canvas.ws[SHEET], f"{column}{under}", canvas.say(text), role, horizontal="right")
    fmt = f'+#,##0.0;"{canvas.look.minus}"#,##0.0;'
    numbers: dict[str, list[Cell]] = {"low": [], "high": []}
    for k, row in enumerate(range(first, last + 1), 1):
        place = Cell("MATCH", k, ref(f"{spec.id} ranks"))
        _data(canvas, f"A{row}", Cell("INDEX", ref(f"{spec.id} labels of inputs"), place))
        for column, end in (("B", "low"), ("C", "high")):
            number = Cell("INDEX", ref(f"{spec.id} {end}s of inputs"), place)
            numbers[end].append(_data(canvas, f"{column}{row}", number, fmt))
    for column, op in (("D", "MIN"), ("E", "MAX")):  # one unseen point each makes room for the labels
        canvas.locate(f"{spec.id} bars", DATA, f"B{first}:C{last}", [c for n in numbers.values() for c in n])
        values = [canvas.shown[c.args[0]] for n in numbers.values() for c in n]
        canvas.shown[f"{spec.id} bars"] = values
        _data(canvas, f"{column}{first}", Cell(op, ref(f"{spec.id} bars")) * ROOM)
        for row in range(first + 1, last + 1):
            _data(canvas, f"{column}{row}", 0)
    _chart(canvas, charts.tornado(canvas.ws[DATA], first, last, canvas.look), slot)


ROOM = 1.25


def _curve(canvas: Canvas, panel: Curve, slot: Slot, table: what_if.Table) -> None:
    spec = table.spec
    if spec.kind != "sweep":
        raise TemplateError(f"{spec.id} is no sweep; a curve shows one")
    count = len(table.lines)
    head, last = _take(canvas, count + 1)
    scale = _unit_of(canvas, panel.show)
    for i in range(count):
        label = Cell("INDEX", ref(f"{spec.id} labels"), i + 1)
        canvas.formula(DATA, f"A{head + 1 + i}", label, "label")
    for k, (id, column) in enumerate(zip(spec.targets, "BCD", strict=False)):
        for i in range(count):
            value = Cell("INDEX", ref(f"{spec.id}.{id}"), i + 1)
            _data(canvas, f"{column}{head + 1 + i}", scale(value))
        name = canvas.speaker.say(panel.labels[k]) if k < len(panel.labels) else canvas.label(id)
        final = speech.spoken(Cell("INDEX", ref(f"{spec.id}.{id}"), count), panel.show, canvas.lang)
        _data(canvas, f"{column}{head}", joined(name, " ", final))
    fmt = speech.number_format(panel.show, canvas.lang) if panel.show != speech.COUNT else "General"
    way = None if panel.show in (speech.MONEY, speech.PRICE, speech.COUNT) else speech.show(panel.show)[0]
    if way and way.per != 1:  # the data are scaled already
        fmt = "#,##0" + ("." + "0" * way.decimals if way.decimals else "")
    _chart(canvas, charts.curve(canvas.ws[DATA], head, last, len(spec.targets), fmt, canvas.look), slot)


def _histogram(canvas: Canvas, panel: Histogram, slot: Slot, table: what_if.Table) -> None:
    """Bins between the least and the greatest draw, with an edge at 0 in the colours."""
    spec = table.spec
    if spec.kind != "draws":
        raise TemplateError(f"{spec.id} has no draws to count")
    first, last = _take(canvas, BINS)
    id, n = spec.targets[0], len(table.lines)
    draws = ref(f"{spec.id}.{id}", n)
    scale = _unit_of(canvas, "money" if sensitivity.in_money(canvas, id) else "x1")
    least = _data(canvas, f"F{first}", Cell("MIN", ref(f"{spec.id}.{id}")))
    most = _data(canvas, f"F{first + 1}", Cell("MAX", ref(f"{spec.id}.{id}")))
    width = _data(canvas, f"F{first + 2}", (most - least) / BINS)
    high = least
    for i, row in enumerate(range(first, last + 1)):
        low = _data(canvas, f"D{row}", high)
        high = _data(canvas, f"E{row}", most if i == BINS - 1 else low + width)
        upto = counted(draws <= high)
        below = counted(draws <= low) if i else Cell("constant", 0)
        count = _data(canvas, f"G{row}", upto - below)
        middle = (low + high) / 2
        label = joined(chosen(middle < 0, canvas.look.minus, ""), fixed(scale(abs(middle)), 1))
        _data(canvas, f"A{row}", label if i % 2 else Cell("text", ""))  # every second: they must not collide
        _data(canvas, f"B{row}", chosen(middle < 0, count, 0))
        _data(canvas, f"C{row}", chosen(middle < 0, 0, count))
    _chart(canvas, charts.histogram(canvas.ws[DATA], first, last, canvas.look), slot)


# -- tables -----------------------------------------------------------------------------------------------------------
def _comparison(canvas: Canvas, panel: Comparison, slot: Slot) -> None:
    heads = [canvas.say(words.HEAD[h]) for h in ("figure", "plan", "published", "difference")]
    row = _head(canvas, slot, [*heads[:3], "", heads[3]])
    for line in panel.rows:
        row += 1
        _label(canvas, slot, row, line.label or canvas.label(line.row))
        _value(canvas, slot, 1, row, line.row, line.show)
        if line.published:
            _value(canvas, slot, 2, row, line.published, line.show)
        if line.difference:
            _value(canvas, slot, 4, row, line.difference, "+pct1", "in_use")


def _table(canvas: Canvas, panel: Table, slot: Slot) -> None:
    slot = slot.for_values(len(panel.columns))
    row = _head(canvas, slot, [canvas.say(panel.head), *(canvas.say(c.head) for c in panel.columns)])
    first = row + 1
    for line in panel.rows:
        row += 1
        canvas.blank(SHEET, row, _span(slot), "label")
        at, to = slot.columns[0]
        if panel.best and line.answer:
            label = canvas.speaker.say(line.label)
            text = chosen(ref(panel.best) == line.answer, joined("▶ ", label), label)
            canvas.formula(SHEET, f"{at}{row}", text, "label", to=f"{to}{row}")
        else:
            canvas.say_at(SHEET, f"{at}{row}", line.label, "label", to=f"{to}{row}")
        for position, (id, column) in enumerate(zip(line.cells, panel.columns, strict=False), 1):
            if id:
                _value(canvas, slot, position, row, id, column.show)
    _mark_best(canvas, slot, first, row)
    _mark_flags(canvas, slot, first, row)


def _options(canvas: Canvas, panel: Options, slot: Slot, table: what_if.Table) -> None:
    spec = table.spec
    if len(panel.columns) > min(len(spec.targets), len(slot.columns) - 1):
        raise TemplateError(f"{spec.id}: a column needs a target, and a panel has room for four")
    slot = slot.for_values(len(panel.columns))
    row = _head(canvas, slot, [canvas.say(words.HEAD["option"]), *(canvas.say(c.head) for c in panel.columns)])
    first = row + 1
    picks = bool(spec.fits or spec.least)
    for i in range(len(table.lines)):
        row += 1
        canvas.blank(SHEET, row, _span(slot), "label")
        label = Cell("INDEX", ref(f"{spec.id} labels"), i + 1)
        at, to = slot.columns[0]
        text = chosen(label == ref(f"{spec.id}.pick"), joined("▶ ", label), label) if picks else label
        canvas.formula(SHEET, f"{at}{row}", text, "label", to=f"{to}{row}")
        for position, (id, column) in enumerate(zip(spec.targets, panel.columns, strict=False), 1):
            name = f"{spec.id} {id} {i}"
            canvas.locate(name, what_if.SHEET, f"{table.columns[id]}{table.first + i}", table.results[i][id])
            _value(canvas, slot, position, row, name, column.show)
    _mark_best(canvas, slot, first, row)
    _mark_flags(canvas, slot, first, row)


def _mark_best(canvas: Canvas, slot: Slot, first: int, last: int) -> None:
    """The chosen row is shaded and bold."""
    at = slot.first
    pale = PatternFill(bgColor=canvas.look.colour(ACCENT_PALE))
    rule = FormulaRule([f'LEFT(${at}{first},1)="▶"'], font=Font(color=INK, bold=True), fill=pale)
    canvas.ws[SHEET].conditional_formatting.add(f"{at}{first}:{slot.last}{last}", rule)


def _mark_flags(canvas: Canvas, slot: Slot, first: int, last: int) -> None:
    bad = canvas.say(words.NO)[0]
    start = slot.columns[1][0]
    canvas.alert(SHEET, f"{start}{first}:{slot.last}{last}", f'LEFT({start}{first},1)="{bad}"')


def _heat(canvas: Canvas, panel: Heat, slot: Slot, table: what_if.Table) -> None:
    """Numbers on a scale of colours: inputs across and down."""
    spec = table.spec
    if spec.kind != "grid" or not spec.x or not spec.y:
        raise TemplateError(f"{spec.id} is no grid; a heat map shows one")
    across = len(spec.x.values or spec.x.times)
    down = len(table.lines) // across
    letters = [c for c in _span(slot) if c not in "DGMP"]  # without the gutters
    if across > len(letters) - 1 or down > ROWS - 2:
        raise TemplateError(f"{spec.id}: a heat map has room for {len(letters) - 1} × {ROWS - 2} points")
    row = slot.row + 2
    ws, lang = canvas.ws[SHEET], canvas.lang
    canvas.blank(SHEET, row, _span(slot), "head")
    corner = f"{canvas.label(spec.y.row)} ↓  {canvas.label(spec.x.row)} →"
    canvas.paint.put(ws, f"{slot.first}{row}", corner, "head", to=f"{slot.last}{row}")
    row += 1
    columns = letters[1 : across + 1]
    column_of = table.columns
    canvas.blank(SHEET, row, _span(slot), "head")
    for i, column in enumerate(columns):
        name = f"{spec.id} x {i}"
        canvas.locate(name, what_if.SHEET, f"{column_of[spec.x.row]}{table.first + i}", table.results[i][spec.x.row])
        tree = speech.spoken(ref(name), spec.x.show or "n", lang)
        canvas.formula(SHEET, f"{column}{row}", tree, "head", horizontal="center")
    first = row + 1
    target = spec.targets[0]
    for k in range(down):
        row += 1
        canvas.blank(SHEET, row, _span(slot), "label")
        name, line = f"{spec.id} y {k}", k * across
        at = f"{column_of[spec.y.row]}{table.first + line}"
        canvas.locate(name, what_if.SHEET, at, table.results[line][spec.y.row])
        canvas.formula(SHEET, f"{slot.first}{row}", speech.spoken(ref(name), spec.y.show or "n", lang), "label")
        for i, column in enumerate(columns):
            name = f"{spec.id} z {k} {i}"
            at = f"{column_of[target]}{table.first + line + i}"
            canvas.locate(name, what_if.SHEET, at, table.results[line + i][target])
            canvas.show_at(SHEET, f"{column}{row}", name, panel.show, "heat")
    span = f"{columns[0]}{first}:{columns[-1]}{row}"
    middle = (
        {"mid_type": "num", "mid_value": panel.middle}
        if panel.middle is not None
        else {"mid_type": "percentile", "mid_value": 50}
    )
    scale = ColorScaleRule(
        start_type="min", start_color="F0D9B5", mid_color=WHITE, end_type="max",
        end_color=canvas.look.accent_mid, **middle,
    )  # fmt: skip
    ws.conditional_formatting.add(span, scale)
    if panel.middle is not None:  # colours never alone: what lies above the turn is bold
        canvas.embolden(SHEET, span, f"{columns[0]}{first}>={panel.middle:g}")


def _notes(canvas: Canvas, panel: Notes, slot: Slot) -> None:
    for row, text in enumerate(panel.lines, slot.row + 2):
        canvas.say_at(SHEET, f"{slot.first}{row}", text, "label", to=f"{slot.last}{row}")


def _checks(canvas: Canvas, panel: Checklist, slot: Slot) -> None:
    canvas.say_at(SHEET, f"{slot.first}{slot.row + 1}", panel.subtitle, "note", to=f"{slot.last}{slot.row + 1}")
    source, first = canvas.ws["checks"].title, slot.row + 2
    shown = checks.lines(canvas)[:ROWS]
    letters = _span(slot)
    for i, line in enumerate(shown):
        row, result = first + i, f"F{checks.FIRST + i}"
        canvas.blank(SHEET, row, letters, "label")
        canvas.paint.put(
            canvas.ws[SHEET], f"{letters[0]}{row}", canvas.say(line.label), "label", to=f"{letters[5]}{row}"
        )
        canvas.locate(f"check {i}", "checks", result, canvas.cache[source, result])
        canvas.formula(SHEET, f"{letters[6]}{row}", ref(f"check {i}"), "check", indent=0, to=f"{letters[7]}{row}")
    canvas.mark_alerts(SHEET, f"{letters[6]}{first}:{letters[7]}{first + len(shown) - 1}", f"${letters[6]}{first}")


_DRAW: dict[str, Callable[..., None]] = {
    "bridge": _bridge,
    "lines": _lines,
    "bars": _bars,
    "stack": _stack,
    "tornado": _tornado,
    "curve": _curve,
    "histogram": _histogram,
    "comparison": _comparison,
    "table": _table,
    "options": _options,
    "heat": _heat,
    "notes": _notes,
    "checks": _checks,
}
