"""Money, years and dates: how the workbook shows amounts. Nothing is computed from it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from xlllm.native import Cell, chosen, joined, ref
from xlllm.plan import dated
from xlllm.values import DAY_0, LAST_YEAR
from xlllm.workbook import words
from xlllm.workbook.canvas import Canvas, absolute

NAMES = ("scale", "decimals", "before", "after")
DATE = "yyyy-mm-dd"
MONTHS = 12
FIRST_PRICE, LAST_PRICE = "36526", "73415"  # 2000-01-01 and 2100-12-31 as spreadsheets count


def defaults(canvas: Canvas) -> dict[str, Any]:
    """The settings of the scenario, with those that depend on the language."""
    given, ja = canvas.plan.scenario.settings, canvas.lang == "ja"
    return {
        "money_unit": canvas.say(words.MONEY_UNITS[given.money or ("jpy_oku" if ja else "usd_m")][0]),
        "jpy_per_usd": float(given.jpy_per_usd.value),
        "first_year": given.first_year or canvas.plan.scenario.as_of.year,
        "fiscal_start_month": given.fiscal_start_month or (4 if ja else 1),
        "price_date": canvas.plan.scenario.as_of,
        "stale_after_months": given.stale_after_months,
    }


def units(canvas: Canvas, sheet: str, row: int) -> int:
    """The table of money units; returns the row after it. ``jpy_per_usd`` is on Inputs, which is drawn later."""
    put, ws, say = canvas.paint.put, canvas.ws[sheet], canvas.say
    rate = float(canvas.plan.scenario.settings.jpy_per_usd.value)
    canvas.shown["jpy_per_usd"] = rate
    heads = ("unit_name", "currency", "divisor", "factor", "decimals", "before", "after", "decimals", "before", "after")
    columns = "BCDEFGHIJK"
    canvas.group(sheet, row, say(words.DISPLAY), list(columns))
    head = [(c, h, "head" if c in "BC" else "head_right") for c, h in zip(columns, heads, strict=True)]
    canvas.head(sheet, row + 1, head)
    first, last = row + 2, row + 1 + len(words.MONEY_UNITS)
    shown: dict[str, list[Any]] = {c: [] for c in columns}
    for at, (name, currency, divisor, decimals, before, after) in enumerate(words.MONEY_UNITS.values(), first):
        price_decimals, price_before, price_after, spoken = words.PRICE_WORDS[currency]
        cell = canvas.here(sheet, f"D{at}", divisor)
        factor = ref("jpy_per_usd") / cell if currency == "JPY" else 1 / cell
        texts = {"B": say(name), "C": say(spoken), "D": divisor, "F": decimals, "G": say(before), "H": say(after)}
        texts |= {"I": price_decimals, "J": say(price_before), "K": say(price_after)}
        for column, value in texts.items():
            fmt = "#,##0" if column == "D" else ""
            put(ws, f"{column}{at}", value, "label" if column in "BC" else "calc", fmt)
            shown[column].append(value)
        shown["E"].append(canvas.formula(sheet, f"E{at}", factor, "calc", "0.0E+00"))
    for column in columns:
        canvas.locate(f"units {column}", sheet, absolute(f"{column}{first}:{column}{last}"), shown[column])
    return last + 1


def draw(canvas: Canvas, sheet: str, row: int) -> int:
    """The settings as rows of Inputs; returns the row after them."""
    ws, put, say = canvas.ws[sheet], canvas.paint.put, canvas.say
    canvas.group(sheet, row, say(words.DISPLAY), list("BCDEFGHIJKLM"))
    given = canvas.plan.scenario.settings.jpy_per_usd
    for id, value in defaults(canvas).items():
        row += 1
        at = f"F{row}"
        fmt = DATE if id == "price_date" else "#,##0.00" if id == "jpy_per_usd" else "0"
        put(ws, f"B{row}", say(words.SETTINGS[id]), "label")
        put(ws, f"D{row}", say(words.SETTING_UNITS[id]) if id in words.SETTING_UNITS else "", "unit")
        canvas.blank(sheet, row, "EGHK", "unit")
        put(ws, at, value, "input", fmt)
        shown = serial(value) if isinstance(value, dt.date) else value
        canvas.formula(sheet, f"C{row}", canvas.here(sheet, at, shown), "in_use", fmt)
        canvas.named(id, sheet, f"C{row}", shown)
        note = words.SETTING_NOTES.get(id)
        put(ws, f"I{row}", canvas.source(given.source) if id == "jpy_per_usd" else "", "origin_unit")
        put(ws, f"J{row}", dated(given) if id == "jpy_per_usd" else "", "origin")
        put(ws, f"L{row}", say(given.note) if id == "jpy_per_usd" else say(note) if note else "", "origin")
        put(ws, f"M{row}", id, "row_note")
        ws.row_dimensions[row].height = 17
        _validate(canvas, sheet, at, id)
    _derive(canvas)
    return row + 1


def _validate(canvas: Canvas, sheet: str, at: str, id: str) -> None:
    limits = {"first_year": (2000, 2100), "fiscal_start_month": (1, 12), "stale_after_months": (1, 240)}
    title, said = canvas.say(words.SETTINGS[id]), canvas.say(words.SETTING_NOTES.get(id, words.SETTINGS[id]))
    if id == "money_unit":
        canvas.validate(sheet, at, "list", canvas.place("units B"), title, said)
    elif id == "price_date":
        canvas.validate(sheet, at, "date", FIRST_PRICE, title, said, LAST_PRICE)
    else:
        low, high = limits.get(id, (0.01, 10000))
        canvas.validate(sheet, at, "whole" if id in limits else "decimal", str(low), title, said, str(high))


def _derive(canvas: Canvas) -> None:
    """The names that every amount is shown through, on the hidden sheet."""
    sheet = "chart_data"
    position = Cell("MATCH", ref("money_unit"), ref("units B"))
    canvas.named("money_row", sheet, "I1", canvas.formula(sheet, "I1", position, "calc"))
    columns = dict(zip([f"money_{n}" for n in NAMES], "EFGH", strict=True))
    columns |= {"price_decimals": "I", "price_before": "J", "price_after": "K", "currency": "C"}
    for row, (name, column) in enumerate(columns.items(), 2):
        tree = Cell("INDEX", ref(f"units {column}"), ref("money_row"))
        if name.endswith(("before", "after")):
            tree = joined(tree, "")  # an empty cell as empty text, where a spreadsheet would show 0
        canvas.named(name, sheet, f"I{row}", canvas.formula(sheet, f"I{row}", tree, "calc"))
    divisor = Cell("INDEX", ref("units D"), ref("money_row"))
    canvas.named("price_scale", sheet, "I12", canvas.formula(sheet, "I12", ref("money_scale") * divisor, "calc"))


def months_old(as_of: Cell, today: Cell) -> Cell:
    """Whole months between the date of a fact (or its year alone) and a day."""
    since = MONTHS * (Cell("YEAR", today) - Cell("YEAR", as_of)) + Cell("MONTH", today) - Cell("MONTH", as_of)
    return chosen(as_of > LAST_YEAR, since, MONTHS * (Cell("YEAR", today) - as_of))


def serial(day: dt.date) -> int:
    """A date as spreadsheets count it."""
    return (day - DAY_0).days


def fiscal_year(canvas: Canvas, year: Cell) -> Cell:
    """The name of a fiscal year."""
    number = ref("first_year") + year
    if canvas.lang == "ja":
        return joined(number, canvas.say(words.FISCAL).format(""))
    plain = joined(canvas.say(words.FISCAL).format(""), number)
    return chosen(ref("fiscal_start_month") == 1, plain, joined(plain, "/", Cell("RIGHT", number + 1, 2)))


def day(name: str) -> Cell:
    """A date as text, the same in every locale."""
    d = ref(name)
    month, date = (Cell("RIGHT", joined("0", Cell(part, d)), 2) for part in ("MONTH", "DAY"))
    return joined(Cell("YEAR", d), "-", month, "-", date)
