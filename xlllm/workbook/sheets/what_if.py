"""What-if: the chain of formulas between some inputs and some results once more, a row for every what-if.

Each table has a column for every input that it moves and for every step that follows; what does not move is read from
the Calculation sheet. So tornado, curves, heat maps and draws stay live without data tables or macros.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from openpyxl.utils import column_index_from_string as column_number
from openpyxl.utils import get_column_letter as letter

from xlllm import locale
from xlllm.errors import TemplateError
from xlllm.formulas.risk import triangular
from xlllm.native import Cell, chosen, counted, joined, ref, spell
from xlllm.plan import RANGE, YEAR, Row, case_value
from xlllm.template import Axis, WhatIf
from xlllm.workbook import words
from xlllm.workbook.canvas import IN_USE, Canvas, absolute
from xlllm.workbook.speech import spoken
from xlllm.workbook.styles import number_format

SHEET = "what_if"
FIRST_COLUMN = 3  # C, behind the label
ROW = "\0"  # stands for the row in a formula that every row of a table shares
LONGEST_GRID = 120
COLUMNS_A_PAGE = 14
PRINTED_DRAWS = 20
"""Of hundreds: all of them are in the file."""


class Line(NamedTuple):
    """One what-if: its label and the inputs it sets, each with the tree that a cell shows."""

    label: Any
    """A text or a number; None for a point of a sweep or a grid, which is called by its inputs."""
    values: dict[str, Any]
    trees: dict[str, Cell]


class Table(NamedTuple):
    """Where a what-if stands, and what it shows."""

    spec: WhatIf
    lines: list[Line]
    first: int
    columns: dict[str, str]
    """Column of each input and each row of the plan; of its year 0 for a series."""
    results: list[dict[str, Any]]

    @property
    def last(self) -> int:
        return self.first + len(self.lines) - 1


def draw(canvas: Canvas) -> dict[str, Table]:
    """All tables, by id."""
    ws = canvas.open(SHEET, {"A": 1.7, "B": 34})
    row, widest, printed, tables = 4, FIRST_COLUMN, 0, {}
    for spec in sorted(canvas.plan.template.what_ifs, key=lambda spec: spec.kind == "draws"):  # the long ones last
        table, row, end = _table(canvas, spec, row)
        printed = min(row, table.first + PRINTED_DRAWS) if spec.kind == "draws" else row
        tables[spec.id], widest = table, max(widest, end)
        row += 2
    for i in range(FIRST_COLUMN, widest + 1):
        ws.column_dimensions[letter(i)].width = 16
    ws.freeze_panes = "C4"
    canvas.page(SHEET, letter(widest), printed, pages_wide=-(-widest // COLUMNS_A_PAGE))
    ws.print_title_cols = "B:B"
    return tables


def _lines(canvas: Canvas, spec: WhatIf, row: int) -> tuple[list[Line], list[str]]:
    """The rows of a table that begins at ``row``, and the inputs that they move."""
    return {"tornado": _tornado, "sweep": _sweep, "grid": _grid, "options": _options, "draws": _draws}[spec.kind](
        canvas, spec, row
    )


def ranged(canvas: Canvas) -> list[str]:
    """Inputs with a range."""
    return [i.id for i in canvas.plan.inputs.values() if i.given.low is not None or i.given.high is not None]


def moving(canvas: Canvas, spec: WhatIf) -> list[str]:
    """Inputs with a range that the targets of a what-if follow from."""
    ancestors = canvas.plan.ancestors(spec.targets)
    return [id for id in ranged(canvas) if id in ancestors]


def _tornado(canvas: Canvas, spec: WhatIf, row: int) -> tuple[list[Line], list[str]]:
    ids = moving(canvas, spec)
    lines = [Line(canvas.say(words.CASES["base"]), {}, {})]
    for id in ids:
        given = canvas.plan.inputs[id].given
        for case in ("low", "high"):
            label = f"{canvas.label(id)}: {canvas.say(words.AT_EACH[case])}"
            lines.append(Line(label, {id: case_value(given, case)}, {id: ref(f"{id}.{case}")}))
    return lines, ids


def _axis(canvas: Canvas, axis: Axis | None, spec: WhatIf) -> Axis:
    if axis is None or bool(axis.values) == bool(axis.times):
        raise TemplateError(f"{spec.id}: an axis needs a row and values or times")
    if axis.row not in canvas.plan.inputs or canvas.plan.inputs[axis.row].choice:
        raise TemplateError(f"{spec.id}: {axis.row} is no input that a what-if can vary")
    return axis


def _points(canvas: Canvas, axis: Axis, spec: WhatIf, cells: list[str]) -> list[tuple[float, Cell]]:
    """Values of an axis, each with its tree; ``cells`` hold the numbers that the template gives."""
    numbers, points = axis.values or axis.times, []
    base = canvas.shown[axis.row]
    for number, cell in zip(numbers, cells, strict=True):
        canvas.paint.put(canvas.ws[SHEET], cell, number, "calc", "General")
        given = canvas.here(SHEET, cell, number)
        points.append((number, given) if axis.values else (base * number, ref(axis.row) * given))
    return points


def _point_label(canvas: Canvas, table: Table, at: int, values: dict[str, Any]) -> Cell:
    """What a point is called: its inputs, as the row itself holds them."""
    texts = []
    for axis in (table.spec.x, table.spec.y):
        if axis:
            cell = canvas.here(SHEET, f"{table.columns[axis.row]}{at}", values[axis.row])
            texts.append(spoken(cell, axis.show or "n", canvas.lang))
    return texts[0] if len(texts) == 1 else joined(texts[0], " / ", texts[1])


def _sweep(canvas: Canvas, spec: WhatIf, row: int) -> tuple[list[Line], list[str]]:
    x = _axis(canvas, spec.x, spec)
    count = len(x.values or x.times)
    points = _points(canvas, x, spec, [f"C{row + i}" for i in range(count)])  # column C holds the axis' own numbers
    return [Line(None, {x.row: v}, {x.row: tree}) for v, tree in points], [x.row]


def _grid(canvas: Canvas, spec: WhatIf, row: int) -> tuple[list[Line], list[str]]:
    x, y = _axis(canvas, spec.x, spec), _axis(canvas, spec.y, spec)
    xs, ys = (axis.values or axis.times for axis in (x, y))
    if len(xs) * len(ys) > LONGEST_GRID:
        raise TemplateError(f"{spec.id}: {len(xs)} × {len(ys)} points are too many; {LONGEST_GRID} are allowed")
    across = _points(canvas, x, spec, [f"C{row + i}" for i in range(len(xs))])
    down = _points(canvas, y, spec, [f"D{row + i}" for i in range(len(ys))])
    lines = []
    for v, tree in down:
        for w, other in across:
            lines.append(Line(None, {x.row: w, y.row: v}, {x.row: other, y.row: tree}))
    return lines, [x.row, y.row]


def _options(canvas: Canvas, spec: WhatIf, row: int) -> tuple[list[Line], list[str]]:
    moved = list(dict.fromkeys(id for o in spec.options for id in o.set))
    for id in moved:
        if id not in canvas.plan.inputs or canvas.plan.inputs[id].choice:
            raise TemplateError(f"{spec.id}: {id} is no input that an option can set")
    return [Line(canvas.say(o.label), dict(o.set), {}) for o in spec.options], moved


def _steps(count: int) -> list[float]:
    """Steps of the sequence that fills ``count`` dimensions evenly: powers of the root of x^(count+1) = x + 1."""
    root = 2.0
    for _ in range(60):
        root = (1 + root) ** (1 / (count + 1))
    return [float(f"{root ** -(i + 1) % 1:.12g}") for i in range(count)]


def _draws(canvas: Canvas, spec: WhatIf, row: int) -> tuple[list[Line], list[str]]:
    """Draws of every input with a range: an even sequence, never random, so that nothing moves by itself."""
    ids, put, ws = moving(canvas, spec), canvas.paint.put, canvas.ws[SHEET]
    if not ids:
        raise TemplateError(f"{spec.id}: no input has a range to draw from")
    start, steps = 0.5, _steps(len(ids))
    put(ws, f"B{row}", canvas.say(words.START), "label")
    put(ws, f"C{row}", start, "calc", "General")
    put(ws, f"B{row + 1}", canvas.say(words.STEP), "label")
    for i, step in enumerate(steps):
        put(ws, f"{letter(FIRST_COLUMN + i)}{row + 1}", step, "calc", "0.000000")
    numbers = np.arange(spec.seed, spec.seed + spec.draws)
    levels = np.mod(start + numbers[:, None] * np.array(steps), 1)
    drawn = []
    for id, level in zip(ids, levels.T, strict=True):
        low, base, high = (case_value(canvas.plan.inputs[id].given, case) for case in RANGE)
        drawn.append(triangular(level, min(low, high), base, max(low, high)).tolist())
    names = [f"{id} level" for id in ids] + ids
    rows = zip(*levels.T.tolist(), *drawn, strict=True)
    return [Line(int(n), dict(zip(names, row, strict=True)), {}) for n, row in zip(numbers, rows, strict=True)], ids


def _table(canvas: Canvas, spec: WhatIf, row: int) -> tuple[Table, int, int]:
    """One table; returns it, the row after it and its last column."""
    plan, ws, put = canvas.plan, canvas.ws[SHEET], canvas.paint.put
    case = "base" if spec.kind in ("tornado", "draws") else IN_USE
    if unknown := [t for t in spec.targets if t not in plan.rows]:
        raise TemplateError(f"{spec.id}: no row is called {unknown[0]!r}")
    put(ws, f"B{row}", canvas.say(spec.title), "heading")
    lead = {"sweep": 1, "grid": 2}.get(spec.kind, 0)  # columns of the axis' own numbers
    top = row + 1 + (2 if spec.kind == "draws" else 0)
    first = top + 2
    lines, moved = _lines(canvas, spec, row + 1 if spec.kind == "draws" else first)
    if not any(plan.ancestors([t]) & set(moved) for t in spec.targets):
        raise TemplateError(f"{spec.id}: its targets do not follow from {', '.join(moved) or 'any input with a range'}")
    chain = plan.chain(spec.targets, moved)
    columns: dict[str, str] = {}
    at = FIRST_COLUMN + lead
    levels = [f"{id} level" for id in moved] if spec.kind == "draws" else []
    for id in [*levels, *moved, *(r.id for r in chain)]:
        columns[id] = letter(at)
        at += max(1, plan.length(id))
    end = at - 1
    canvas.blank(SHEET, top, [letter(i) for i in range(2, end + 1)], "head")
    canvas.blank(SHEET, top + 1, [letter(i) for i in range(2, end + 1)], "unit")
    put(ws, f"B{top}", canvas.say(words.HEAD["item"]), "head")
    put(ws, f"B{top + 1}", canvas.say(words.HEAD["unit"]), "row_note")
    for axis, column in zip((spec.x, spec.y), "CD", strict=True):
        if axis:
            put(ws, f"{column}{top}", canvas.label(axis.row) + (" ×" if axis.times else ""), "head_right")
    for id, column in columns.items():
        _head(canvas, id, column, top)
    ws.row_dimensions[top].height = 36
    results = _results(canvas, lines, chain, case)
    table = Table(spec, lines, first, columns, results)
    _fill(canvas, table, chain, moved, levels, case)
    for id in [*moved, *spec.targets]:
        column = columns[id]
        values = [r[id] for r in results]
        canvas.locate(f"{spec.id}.{id}", SHEET, absolute(f"{column}{first}:{column}{table.last}"), values)
    canvas.locate(f"{spec.id} labels", SHEET, absolute(f"B{first}:B{table.last}"), [r[""] for r in results])
    end += _pick(canvas, table)
    return table, _summary(canvas, table) if spec.kind == "draws" else table.last + 1, end


def _head(canvas: Canvas, id: str, column: str, top: int) -> None:
    ws, put, plan = canvas.ws[SHEET], canvas.paint.put, canvas.plan
    if id.endswith(" level"):
        put(ws, f"{column}{top}", f"u: {canvas.label(id.removesuffix(' level'))}", "head_right")
        return
    label, q = canvas.label(id), plan.quantity_of(id)
    start = column_number(column)
    for year in range(max(1, plan.length(id))):
        at = letter(start + year)
        put(ws, f"{at}{top}", f"{label} {year}" if plan.length(id) else label, "head_right")
        put(ws, f"{at}{top + 1}", locale.text(q, "unit", canvas.lang) if q.numeric else "", "helper_calc")


def _results(canvas: Canvas, lines: list[Line], chain: tuple[Row, ...], case: str) -> list[dict[str, Any]]:
    """What every row of the table shows: all of them in one evaluation, helpers one by one."""
    plan = canvas.plan
    case = canvas.case if case == IN_USE else case
    start, known = plan.case(case), canvas.results[case]
    names = list(dict.fromkeys(id for line in lines for id in line.values if id in plan.inputs))
    arrays: dict[str, Any] = {}
    for id in names:
        values = [line.values.get(id, start[id]) for line in lines]
        numeric = plan.inputs[id].quantity.numeric
        arrays[id] = np.array(values, dtype=float) if numeric else np.array(values)
    found = plan.evaluate({**start, **arrays}, frozenset(r.id for r in chain if not r.helper)) if lines else {}
    results = []
    for i, line in enumerate(lines):
        row: dict[str, Any] = dict(known)
        row |= {id: line.values.get(id, start[id]) for id in names}
        row |= {id: v for id, v in line.values.items() if id not in plan.inputs}
        row |= {id: _item(v, i) for id, v in found.items()}
        results.append(plan.with_helpers(row, chain))
        row[""] = line.label
    return results


def _item(value: Any, i: int) -> Any:
    """What one what-if gives, as plain Python."""
    if np.ndim(value):
        value = value[i] if len(value) > 1 or i == 0 else value[0]
    return value.tolist() if isinstance(value, (np.ndarray, np.generic)) else value


def _fill(canvas: Canvas, table: Table, chain: tuple[Row, ...], moved: list[str], levels: list[str], case: str) -> None:
    spec, columns = table.spec, table.columns
    address = _address(canvas, table, case)
    base = {id: ref(f"{id}.base") if case == "base" else ref(id) for id in moved}
    steps = [
        (
            r,
            year,
            letter(column_number(columns[r.id]) + year),
            spell(r.tree, address, year if r.length else None),
            "output" if r.id in spec.targets else "calc",
            number_format(r.quantity, canvas.lang),
        )
        for r in chain
        for year in range(max(1, r.length))
    ]
    sampled = _sampled(canvas, table, address) if levels else {}
    start = absolute(f"C{table.first - 4}")
    for id in levels:  # the next of the sequence: a draw's number times the column's step, without the whole part
        column = columns[id]
        sampled[id] = f"MOD({start}+$B{ROW}*{column}${table.first - 3},1)"
    formats = {id: number_format(canvas.plan.inputs[id].quantity, canvas.lang) for id in moved} | dict.fromkeys(
        levels, "0.000"
    )
    own = canvas.address(SHEET, IN_USE)
    for at, line, shown in zip(range(table.first, table.last + 1), table.lines, table.results, strict=True):
        if line.label is None:
            label = _point_label(canvas, table, at, shown)
            shown[""] = canvas.formula(SHEET, f"B{at}", label, "label")
        else:
            canvas.paint.put(canvas.ws[SHEET], f"B{at}", line.label, "label", horizontal="left")
        cells = []
        for id in [*levels, *moved]:
            column, fmt = columns[id], formats[id]
            if id in sampled:
                cells.append((column, sampled[id].replace(ROW, str(at)), shown[id], "calc", fmt))
            elif id in line.trees:
                cells.append((column, spell(line.trees[id], own), shown[id], "in_use", fmt))
            elif id in line.values:
                canvas.paint.put(canvas.ws[SHEET], f"{column}{at}", line.values[id], "in_use", fmt)
            else:
                cells.append((column, spell(base[id], own), shown[id], "link", fmt))
        for row, year, column, text, role, fmt in steps:
            value = shown[row.id][year] if row.length else shown[row.id]
            cells.append((column, text.replace(ROW, str(at)), value, role, fmt))
        if spec.kind == "options":  # typed values stand among the formulas
            for column, text, value, role, fmt in cells:
                canvas.ready(SHEET, f"{column}{at}", text, value, role, fmt)
        else:
            canvas.write_row(SHEET, at, cells)
        canvas.ws[SHEET].row_dimensions[at].height = 17


def _sampled(canvas: Canvas, table: Table, address: Callable[..., str]) -> dict[str, str]:
    """The formula of each drawn input: the triangular distribution at its level."""
    texts = {}
    for id in moving(canvas, table.spec):
        ends = [ref(f"{id}.{case}") for case in ("low", "high")]
        low, high = (Cell(op, *ends) for op in ("MIN", "MAX"))
        tree = triangular(ref(f"{id} level"), low, ref(f"{id}.base"), high)
        texts[id] = spell(tree, address)
    return texts


def _address(canvas: Canvas, table: Table, case: str) -> Callable[..., str]:
    """How the formulas of a table refer to names: to its own row, or else to what does not move."""
    plan, outside = canvas.plan, canvas.address(SHEET, case)

    def address(name: str, first: int | None = None, last: int | None = None) -> str:
        if name in table.columns:
            start = column_number(table.columns[name])
            own = dict.fromkeys(f"${letter(start + (i or 0))}{ROW}" for i in (first, last))
            return ":".join(own)
        if case == IN_USE and name != YEAR and plan.length(name):
            raise TemplateError(f"{table.spec.id}: {name} runs over the years and does not move: vary something else")
        sheet, mark, cells = outside(name, first, last).rpartition("!")
        return f"{sheet}{mark}{absolute(cells)}" if mark else cells

    return address


def _pick(canvas: Canvas, table: Table) -> int:
    """The option that fits: the first one, or the one with the least of a target. Returns the columns it takes."""
    spec, ws, put = table.spec, canvas.ws[SHEET], canvas.paint.put
    if not (spec.fits or spec.least):
        return 0
    last = max(column_number(c) + max(1, canvas.plan.length(id)) - 1 for id, c in table.columns.items())
    fit, score = letter(last + 1), letter(last + 2)
    for column, text in ((fit, words.FITS), (score, words.SCORE)):
        put(ws, f"{column}{table.first - 2}", canvas.say(text), "head_right")
        put(ws, f"{column}{table.first - 1}", "", "unit")
    shown: dict[str, list[Any]] = {fit: [], score: []}
    for line, result in zip(range(table.first, table.last + 1), table.results, strict=True):
        here = {id: canvas.here(SHEET, f"{table.columns[id]}{line}", result[id]) for id in spec.targets}
        held = here[spec.fits[0]] <= here[spec.fits[1]] if spec.fits else Cell("constant", True)
        flag = canvas.formula(SHEET, f"{fit}{line}", chosen(held, 1, 0), "calc", "0")
        shown[fit].append(flag)
        value = here[spec.least] if spec.least else Cell("constant", line - table.first + 1)
        tree = chosen(canvas.here(SHEET, f"{fit}{line}", flag) == 1, value, "")
        shown[score].append(canvas.formula(SHEET, f"{score}{line}", tree, "calc", "#,##0.00"))
    for column, name in ((fit, "fit"), (score, "score")):
        span = absolute(f"{column}{table.first}:{column}{table.last}")
        canvas.locate(f"{spec.id} {name}", SHEET, span, shown[column])
    scores = ref(f"{spec.id} score")
    best = Cell("MATCH", Cell("MIN", scores), scores)
    label = Cell("INDEX", ref(f"{spec.id} labels"), best)
    found = chosen(Cell("COUNTIF", ref(f"{spec.id} fit"), 1) == 0, canvas.say(spec.none), label)
    at = f"{fit}{table.last + 1}"
    canvas.locate(f"{spec.id}.pick", SHEET, at, canvas.formula(SHEET, at, found, "in_use"))
    for id in spec.targets:  # what the picked option gives
        column = table.columns[id]
        name, at = f"{spec.id}.pick.{id}", f"{column}{table.last + 1}"
        fallback = chosen(
            Cell("COUNTIF", ref(f"{spec.id} fit"), 1) == 0, 0, Cell("INDEX", ref(f"{spec.id}.{id}"), best)
        )
        fmt = number_format(canvas.plan.rows[id].quantity, canvas.lang)
        canvas.locate(name, SHEET, at, canvas.formula(SHEET, at, fallback, "output", fmt))
    put(ws, f"B{table.last + 1}", canvas.say(words.PICKED), "output_label")
    return 2


def _summary(canvas: Canvas, table: Table) -> int:
    """What the draws say; returns the last row."""
    spec, id, ws, put = table.spec, table.spec.targets[0], canvas.ws[SHEET], canvas.paint.put
    column, fmt = table.columns[id], number_format(canvas.plan.rows[id].quantity, canvas.lang)
    draws, at = ref(f"{spec.id}.{id}"), table.last + 1
    below = counted(ref(f"{spec.id}.{id}", len(table.lines)) < 0) / Cell("COUNT", draws)
    figures = {
        "p10": ("P10", Cell("PERCENTILE", draws, 0.1), fmt),
        "p50": ("P50", Cell("PERCENTILE", draws, 0.5), fmt),
        "p90": ("P90", Cell("PERCENTILE", draws, 0.9), fmt),
        "mean": (canvas.say(words.MEAN), Cell("AVERAGE", draws), fmt),
        "negative": (canvas.say(words.SHARE_BELOW), below, "0.0%"),
    }
    for name, (label, tree, look) in figures.items():
        put(ws, f"B{at}", label, "output_label")
        shown = canvas.formula(SHEET, f"{column}{at}", tree, "output", look)
        canvas.locate(f"{spec.id}.{name}", SHEET, f"{column}{at}", shown)
        at += 1
    return at
