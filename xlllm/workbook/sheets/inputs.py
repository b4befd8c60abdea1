"""Inputs: the only cells to type in, with unit, three cases, source, date and note."""

from __future__ import annotations

import datetime as dt
import sys
from typing import Any

from xlllm import locale
from xlllm.native import Cell, chosen, ref
from xlllm.plan import CASES, Choice, Input, dated
from xlllm.quantities import Quantity
from xlllm.template import Given, Text
from xlllm.workbook import words
from xlllm.workbook.canvas import CASE_COLUMN, Canvas, absolute
from xlllm.workbook.sheets import settings
from xlllm.workbook.styles import input_format

SHEET = "inputs"
COLUMNS = "BCDEFGHIJKLM"
KEY_COLUMN = "M"
PRICED = ("USD/", "JPY/")
"""Units of prices, which age."""


def draw(canvas: Canvas) -> None:
    ws = canvas.open(
        SHEET, {"A N": 1.7, "B": 38, "C": 22, "D": 16, "E F G H": 15, "I": 25, "J K": 12, "L": 44, "M": 22}
    )
    _scenario(canvas)
    cases = [(column, canvas.say(words.CASE_HEADS[case]), "head_right") for case, column in CASE_COLUMN.items()]
    heads = [("B", "input", "head"), ("C", "in_use", "head_right"), ("D", "unit", "head_unit"), *cases]
    heads += [("I", "source", "head_unit"), ("J", "as_of", "head"), ("K", "age", "head"), ("L", "note", "head")]
    canvas.head(SHEET, 5, [*heads, (KEY_COLUMN, "id", "head")])
    put, first, ages = canvas.paint.put, sys.maxsize, list[Any]()
    row = settings.draw(canvas, SHEET, 6)
    for title, items in _groups(canvas):
        canvas.group(SHEET, row, canvas.say(title), COLUMNS)
        for row, item in enumerate(items, row + 1):  # noqa: B020 (the next group goes on below)
            if isinstance(item, Choice):
                _choice(canvas, item, row)
            else:
                _typed(canvas, item, row)
            put(ws, f"{KEY_COLUMN}{row}", item.id, "row_note")
            ages.append(_age(canvas, item, row))
            ws.row_dimensions[row].height = 17
            first = min(first, row)
        row += 1
    canvas.locate("ages", SHEET, absolute(f"K{first}:K{row - 1}"), ages)
    ws.freeze_panes = "C6"
    canvas.page(SHEET, "N", row - 1, title_rows="5:5")


def _groups(canvas: Canvas) -> list[tuple[Text, list[Input | Choice]]]:
    """The rows in the template's order; what no template row lists comes last."""
    typed: list[Input | Choice] = [i for i in canvas.plan.inputs.values() if not i.choice]
    items = typed + list(canvas.plan.choices.values())
    listed = [(g.title, [r.id or r.name for r in g.rows]) for g in canvas.plan.template.inputs]
    by_id = {i.id: i for i in items}
    groups = [(title, [by_id.pop(id) for id in ids]) for title, ids in listed]
    for item in by_id.values():
        if groups[-1][0] != item.group:
            groups.append((item.group, []))
        groups[-1][1].append(item)
    return groups


def _scenario(canvas: Canvas) -> None:
    """The selector that drives every sheet."""
    ws, say = canvas.ws[SHEET], canvas.say
    canvas.paint.put(ws, "B3", say(words.SCENARIO), "label")
    names = {case: say(text) for case, text in words.CASES.items()}
    canvas.paint.put(ws, "C3", names[canvas.case], "input", horizontal="center")
    canvas.validate(SHEET, "C3", "list", f'"{",".join(names.values())}"', say(words.SCENARIO), say(words.SCENARIO_HELP))
    canvas.locate("case", SHEET, "C3", names[canvas.case])
    canvas.locate("cases", "chart_data", absolute("K1:N1"), list(names.values()))
    for column, name in zip("KLMN", names.values(), strict=True):
        canvas.paint.put(canvas.ws["chart_data"], f"{column}1", name, "label")
    number = Cell("MATCH", ref("case"), ref("cases"))
    shown = canvas.formula(SHEET, "D3", number, "unit", '0" / 4"', horizontal="left")
    canvas.name("case", SHEET, "C3")
    canvas.named("case_no", SHEET, "D3", shown)
    ws.row_dimensions[3].height, ws.row_dimensions[4].height = 19, 6


def in_use(canvas: Canvas, id: str, sheet: str, row: int, values: dict[str, Any]) -> Cell:
    """The value of the chosen scenario among the three case columns of a row."""
    for case in CASES:
        canvas.locate(f"{id}.{case}", sheet, f"{CASE_COLUMN[case]}{row}", values[case])
    return Cell("CHOOSE", ref("case_no"), *(ref(f"{id}.{case}") for case in CASES))


def _typed(canvas: Canvas, item: Input, row: int) -> None:
    ws, put, q = canvas.ws[SHEET], canvas.paint.put, item.quantity
    fmt = input_format(q, canvas.lang)
    put(ws, f"B{row}", canvas.say(item.label), "label")
    put(ws, f"D{row}", locale.text(q, "unit", canvas.lang) if q.numeric else "", "unit")
    given = {"low": item.given.low, "base": item.given.value, "high": item.given.high, "own": item.given.own}
    values = {case: item.given.value if value is None else value for case, value in given.items()}
    tree = in_use(canvas, item.id, SHEET, row, values)
    typed: list[str] = []
    for case, column in CASE_COLUMN.items():
        at = f"{column}{row}"
        canvas.locate(item.id, SHEET, at, case=case)
        if given[case] is None:  # what does not vary follows the base case
            canvas.formula(SHEET, at, ref(f"{item.id}.base"), "own" if case == "own" else "follows", fmt)
        else:
            put(ws, at, given[case], "input", fmt)
        if given[case] is not None or case == "own":
            typed.append(at)
    _validate_quantity(canvas, typed, q, item.label)
    canvas.formula(SHEET, f"C{row}", tree, "in_use", fmt)
    canvas.name(item.id, SHEET, f"C{row}")
    _origin(canvas, item.given, row)


def _choice(canvas: Canvas, item: Choice, row: int) -> None:
    ws, put = canvas.ws[SHEET], canvas.paint.put
    put(ws, f"B{row}", canvas.say(item.label), "label")
    canvas.blank(SHEET, row, "DEGH", "unit")
    put(ws, f"F{row}", item.given.value, "input")
    canvas.formula(SHEET, f"C{row}", canvas.here(SHEET, f"F{row}", item.given.value), "in_use")
    canvas.name(item.id, SHEET, f"C{row}")
    title, help = canvas.say(item.label), canvas.say(words.CHOOSE)
    canvas.validate(SHEET, f"F{row}", "list", canvas.place(f"{item.id} entries"), title, help)
    _origin(canvas, item.given, row)


def _origin(canvas: Canvas, given: Given, row: int) -> None:
    ws, put = canvas.ws[SHEET], canvas.paint.put
    put(ws, f"I{row}", canvas.source(given.source), "origin_unit")
    put_date(canvas, SHEET, f"J{row}", dated(given), "origin")
    put(ws, f"L{row}", canvas.say(given.note), "origin")


def held(iso: str) -> int | str:
    """What a cell holds of a date: days, of a year alone its number."""
    if len(iso) <= len("2023"):
        return int(iso) if iso else ""
    return settings.serial(dt.date.fromisoformat(iso if len(iso) > len("2023-02") else f"{iso}-01"))


def put_date(canvas: Canvas, sheet: str, at: str, iso: str, role: str) -> None:
    """A date as spreadsheets count it."""
    fmt = "0" if len(iso) == len("2023") else "yyyy-mm-dd"[: len(iso) or None]
    canvas.paint.put(canvas.ws[sheet], at, held(iso) or None, role, fmt, horizontal="left")


def _age(canvas: Canvas, item: Input | Choice, row: int) -> str:
    """Whether a price is older than allowed; returns the mark."""
    priced = isinstance(item, Input) and item.quantity.unit.startswith(PRICED)
    if not priced or not item.given.as_of:
        canvas.blank(SHEET, row, "K", "unit")
        return ""
    since = canvas.here(SHEET, f"J{row}", held(dated(item.given)))
    months = settings.months_old(since, ref("price_date"))
    old, fresh = canvas.say(words.OLD), canvas.say(words.FRESH)
    return str(canvas.formula(SHEET, f"K{row}", chosen(months > ref("stale_after_months"), old, fresh), "unit"))


def _validate_quantity(canvas: Canvas, cells: list[str], q: Quantity, label: Text) -> None:
    """The bounds of the vocabulary as data validation, one rule for the cells of a row."""
    first, at = cells[0], " ".join(cells)
    title, low, high = canvas.say(label), f"{q.low:.15g}", f"{q.high:.15g}"
    if q.kind in ("choice", "flag"):
        options = ",".join(q.choices or ("TRUE", "FALSE"))
        canvas.validate(SHEET, at, "list", f'"{options}"', title, _must_be(canvas, label, "list", q))
    elif q.low_open or q.high_open:  # a list of bounds cannot exclude its ends
        above, below = ">" if q.low_open else ">=", "<" if q.high_open else "<="
        test = f"AND(ISNUMBER({first}),{first}{above}{low},{first}{below}{high})"
        bounds = "share" if q.share and q.high == 1 else "above"
        canvas.validate(SHEET, at, "custom", test, title, _must_be(canvas, label, bounds, q))
    else:
        kind = "whole" if q.kind == "whole" else "decimal"
        bounds = "share" if q.share and q.high == 1 else "whole" if q.kind == "whole" else "number"
        canvas.validate(SHEET, at, kind, low, title, _must_be(canvas, label, bounds, q), high)


def _must_be(canvas: Canvas, label: Text, bounds: str, q: Quantity) -> str:
    text = canvas.say(words.BOUNDS[bounds]).format(low=f"{q.low:,g}", high=f"{q.high:,g}")
    if q.numeric and not q.share:
        unit = locale.text(q, "unit", canvas.lang)
        text += f" ({unit})" if canvas.lang == "en" else f"（{unit}）"
    return canvas.say(words.MUST_BE).format(label=canvas.say(label), bounds=text)
