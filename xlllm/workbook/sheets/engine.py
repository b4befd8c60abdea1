"""Engine values: what only the engine can solve, with the inputs it holds for; a live cell says if they moved."""

from __future__ import annotations

from typing import Any

from xlllm import locale
from xlllm.native import Cell, chosen, counted, ref
from xlllm.plan import CASES, Row
from xlllm.workbook import words
from xlllm.workbook.canvas import Canvas, absolute
from xlllm.workbook.styles import number_format

SHEET = "engine"
FIRST = 7
NOW = dict(zip(CASES, "DEFG", strict=True))
STAMP = dict(zip(CASES, "HIJK", strict=True))
STATE = "L"
TOLERANCE_CELL = "D3"


def stamped(id: str, case: str) -> str:
    """The name of a solved value."""
    return f"{id} solved {case}"


def _frozen(canvas: Canvas) -> list[Row]:
    return [r for r in canvas.plan.rows.values() if r.frozen]


def _arguments(row: Row) -> list[str]:
    """What a value depends on, each once; a record goes by the entry it comes from."""
    ids: list[str] = []
    for source in row.args:
        if isinstance(source, tuple) and all("." in s for s in source):
            ids.append(source[0].rpartition(".")[0])
        else:
            ids += source if isinstance(source, tuple) else [source]
    return list(dict.fromkeys(ids))


def _depth(canvas: Canvas, id: str) -> int:
    return max(1, canvas.plan.length(id))


def _groups(canvas: Canvas) -> list[list[Row]]:
    """Results of one function of the same inputs stand together."""
    groups: dict[tuple[str, tuple[str, ...]], list[Row]] = {}
    for item in _frozen(canvas):
        groups.setdefault((item.formula.name, tuple(_arguments(item))), []).append(item)
    return list(groups.values())


def _blocks(canvas: Canvas) -> dict[str, int]:
    """The row of each solved value."""
    row, places = FIRST, {}
    for group in _groups(canvas):
        for item in group:
            places[item.id] = row
            row += 1
        row += 1 + sum(_depth(canvas, id) for id in _arguments(group[0]))
    return places


def locate(canvas: Canvas) -> None:
    """Where the solved values stand: Calculation refers to them."""
    for id, row in _blocks(canvas).items():
        for case, column in STAMP.items():
            canvas.locate(stamped(id, case), SHEET, f"{column}{row}", canvas.results[case][id])


def draw(canvas: Canvas) -> None:
    ws = canvas.open(SHEET, {"A N": 1.7, "B": 40, "C": 17, "D E F G H I J K": 16, "L": 18, "M": 13})
    put, say = canvas.paint.put, canvas.say
    put(ws, "B3", say(words.TOLERANCE), "label")
    put(ws, TOLERANCE_CELL, 1e-9, "calc", "0E+00")
    tolerance = canvas.here(SHEET, TOLERANCE_CELL, 1e-9)
    canvas.blank(SHEET, 5, "BCDEFGHIJKLM", "head")
    put(ws, "D5", say(words.HEAD["now"]), "head")
    put(ws, "H5", say(words.HEAD["stamp"]), "head")
    heads = [
        ("B", "quantity", "head"),
        ("C", "unit", "head_unit"),
        (STATE, "state", "head"),
        ("M", "moved", "head_right"),
    ]
    heads += [(c, say(words.CASES[case]), "head_right") for columns in (NOW, STAMP) for case, c in columns.items()]
    canvas.head(SHEET, 6, heads)
    places, states, last = _blocks(canvas), list[Any](), FIRST
    for group in _groups(canvas):
        first = last = places[group[-1].id]
        changed = []
        for id in _arguments(group[0]):
            for year in range(_depth(canvas, id)):
                last += 1
                changed.append(_argument(canvas, id, year, last, tolerance))
        name = f"{group[0].id} moved"
        canvas.locate(name, SHEET, absolute(f"M{first + 1}:M{last}"), changed)
        moved = counted(ref(name, len(changed)) > 0)
        for item in group:
            row = places[item.id]
            _value(canvas, item, row)
            state = chosen(moved > 0, say(words.STALE), say(words.CURRENT))
            states.append(canvas.formula(SHEET, f"{STATE}{row}", state, "check", horizontal="left"))
            canvas.locate(f"{item.id} state", SHEET, f"{STATE}{row}", states[-1])
    canvas.locate("engine states", SHEET, absolute(f"{STATE}{FIRST}:{STATE}{last}"), states)
    mark = say(words.STALE)[0]
    canvas.alert(SHEET, f"{STATE}{FIRST}:{STATE}{last}", f'LEFT({STATE}{FIRST},1)="{mark}"')
    ws.freeze_panes = f"C{FIRST}"
    canvas.page(SHEET, "N", last)


def _value(canvas: Canvas, item: Row, row: int) -> None:
    ws, put, q = canvas.ws[SHEET], canvas.paint.put, item.quantity
    fmt = number_format(q, canvas.lang)
    put(ws, f"B{row}", canvas.say(item.label), "output_label")
    put(ws, f"C{row}", locale.text(q, "unit", canvas.lang) if q.numeric else "", "output_unit")
    canvas.blank(SHEET, row, [*NOW.values(), STATE], "output_note")
    put(ws, f"D{row}", item.formula.worksheet_name, "output_note")
    for case, column in STAMP.items():
        value = canvas.results[case][item.id]
        put(ws, f"{column}{row}", value if value == value else "#NUM!", "output", fmt)
    ws.row_dimensions[row].height = 17


def _argument(canvas: Canvas, id: str, year: int, row: int, tolerance: Cell) -> int:
    """One input of a solved value, now and then; returns how many cases have moved."""
    ws, put = canvas.ws[SHEET], canvas.paint.put
    length, choice = canvas.plan.length(id), canvas.plan.choices.get(id)
    q = None if choice else canvas.plan.quantity_of(id)
    fmt = number_format(q, canvas.lang) if q else ""
    label = canvas.label(id) + (f" {year}" if length else "")
    put(ws, f"B{row}", label, "helper")
    put(ws, f"C{row}", locale.text(q, "unit", canvas.lang) if q and q.numeric else "", "unit")
    moved: Any = None
    for case in CASES:
        tree = ref(id, length)
        if length:
            tree = Cell("year", tree, year, length=0)
        if choice:
            shown = canvas.formula(SHEET, f"{NOW[case]}{row}", ref(id), "helper_calc")
        else:
            shown = canvas.formula(SHEET, f"{NOW[case]}{row}", tree, "helper_calc", fmt, case=case)
        put(ws, f"{STAMP[case]}{row}", shown, "helper_calc", fmt)
        now, then = canvas.here(SHEET, f"{NOW[case]}{row}", shown), canvas.here(SHEET, f"{STAMP[case]}{row}", shown)
        differs = (
            abs(now - then) > tolerance * abs(then)
            if isinstance(shown, float | int) and not isinstance(shown, bool)
            else now != then
        )
        one = chosen(differs, 1, 0)
        moved = one if moved is None else moved + one
    return int(canvas.formula(SHEET, f"M{row}", moved, "helper_calc"))
