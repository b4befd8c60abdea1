"""Checks: what must hold for the advice, with every limit in a cell of its own."""

from __future__ import annotations

from typing import Any, NamedTuple

from xlllm.native import Cell, chosen, fixed, joined, ref
from xlllm.plan import RANGE
from xlllm.template import Check, Text
from xlllm.workbook import words
from xlllm.workbook.canvas import Canvas, absolute
from xlllm.workbook.styles import number_format

SHEET = "checks"
FIRST = 5
CODE_SHEET, CODE = "chart_data", "G1"  # the confidence, as a word of the code


class Line(NamedTuple):
    """One check as the sheet has it: the template's, or one that every workbook has."""

    label: Text
    warns: bool
    check: Check | None = None
    marks: str = ""
    """The range of marks, none of which may begin like ``bad``."""
    bad: str = ""

    @property
    def row(self) -> str:
        return self.check.row if self.check else self.marks


def lines(canvas: Canvas) -> list[Line]:
    """The checks of the workbook in their order."""
    own = [Line(c.label, c.warns, c) for c in canvas.plan.template.checks]
    own.append(Line(words.PRICES_CHECK, True, marks="ages", bad=canvas.say(words.OLD)))
    if "engine" in canvas.ws:
        own.append(Line(words.ENGINE_CHECK, True, marks="engine states", bad=canvas.say(words.STALE)))
    return own


def draw(canvas: Canvas) -> None:
    ws = canvas.open(SHEET, {"A H": 1.7, "B": 50, "C": 18, "D E": 18, "F": 24, "G": 20})
    heads = [("B", "check", "head"), ("C", "value", "head_right"), ("D", "at_least", "head_right")]
    heads += [("E", "at_most", "head_right"), ("F", "result", "head_right"), ("G", "if_missed", "head_unit")]
    canvas.head(SHEET, 4, heads)
    checks = lines(canvas)
    results = [_row(canvas, line, row) for row, line in enumerate(checks, FIRST)]
    last = FIRST + len(results) - 1
    canvas.locate("check results", SHEET, absolute(f"F{FIRST}:F{last}"), results)
    canvas.locate("check labels", SHEET, absolute(f"B{FIRST}:B{last}"), [canvas.say(c.label) for c in checks])
    _count(canvas, "checks_failed", last + 2, canvas.say(words.FAILED), canvas.say(words.FAIL))
    _count(canvas, "checks_warned", last + 3, canvas.say(words.WARNED), canvas.say(words.WARN))
    _confidence(canvas, last + 4)
    canvas.mark_alerts(SHEET, f"F{FIRST}:F{last}", f"F{FIRST}")
    ws.freeze_panes = f"C{FIRST}"
    canvas.page(SHEET, "H", last + 4)


def _row(canvas: Canvas, line: Line, row: int) -> str:
    """One check; returns its mark."""
    ws, put = canvas.ws[SHEET], canvas.paint.put
    put(ws, f"B{row}", canvas.say(line.label), "label")
    held = _counted(canvas, line, row) if line.check is None else _held(canvas, line.check, row)
    missed = canvas.say(words.WARN if line.warns else words.FAIL)
    put(ws, f"G{row}", canvas.say(words.CONDITIONS if line.warns else words.DECIDES), "unit")
    ws.row_dimensions[row].height = 17
    return str(canvas.formula(SHEET, f"F{row}", chosen(held, canvas.say(words.PASS), missed), "check"))


def _counted(canvas: Canvas, line: Line, row: int) -> Cell:
    """No mark of a range is a bad one."""
    count = canvas.formula(SHEET, f"C{row}", Cell("COUNTIF", ref(line.marks), line.bad), "link", "0")
    canvas.blank(SHEET, row, "D", "calc")
    canvas.paint.put(canvas.ws[SHEET], f"E{row}", 0, "calc", "0")
    return canvas.here(SHEET, f"C{row}", count) <= canvas.here(SHEET, f"E{row}", 0)


def _held(canvas: Canvas, check: Check, row: int) -> Cell:
    ws, put = canvas.ws[SHEET], canvas.paint.put
    fmt = number_format(canvas.holder(check.row).quantity, canvas.lang)
    value = canvas.here(SHEET, f"C{row}", canvas.formula(SHEET, f"C{row}", ref(check.row), "link", fmt))
    if check.keeps_sign:
        return _keeps_sign(canvas, check.row, row, fmt)
    tests = []
    for column, limit in (("D", check.low), ("E", check.same_as or check.high)):
        if limit is None:
            put(ws, f"{column}{row}", None, "calc")
            continue
        if isinstance(limit, str):
            shown = canvas.formula(SHEET, f"{column}{row}", ref(limit), "link", fmt)
        else:
            shown = put(ws, f"{column}{row}", limit, "calc", fmt).value
        end = canvas.here(SHEET, f"{column}{row}", shown)
        tests.append(value == end if check.same_as else value >= end if column == "D" else value <= end)
    held = tests[0] if len(tests) == 1 else Cell("AND", *tests)
    return held if check.same_as else chosen(Cell("ISNUMBER", value), held, False)  # no answer does not hold


def _keeps_sign(canvas: Canvas, id: str, row: int, fmt: str) -> Cell:
    """Whether the low and the high case lie on the same side of 0."""
    ends: list[Any] = []
    for column, case in zip("DE", (RANGE[0], RANGE[2]), strict=True):
        shown = canvas.formula(SHEET, f"{column}{row}", ref(f"{id}.{case}"), "link", fmt)
        ends.append(canvas.here(SHEET, f"{column}{row}", shown))
    base = ref(f"{id}.base")
    numbers = Cell("AND", *(Cell("ISNUMBER", end) for end in (*ends, base)))
    below = Cell("AND", *(end < 0 for end in (*ends, base)))
    above = Cell("AND", *(end >= 0 for end in (*ends, base)))
    return chosen(numbers, Cell("OR", below, above), False)


def _count(canvas: Canvas, id: str, row: int, label: str, mark: str) -> None:
    canvas.paint.put(canvas.ws[SHEET], f"B{row}", label, "output_label")
    canvas.blank(SHEET, row, "CDEG", "output_note")
    count = canvas.formula(SHEET, f"F{row}", Cell("COUNTIF", ref("check results"), mark), "output", "0")
    canvas.named(id, SHEET, f"F{row}", count)
    canvas.ws[SHEET].row_dimensions[row].height = 17


def _confidence(canvas: Canvas, row: int) -> None:
    """The words that the reader sees, and out of sight the code that phrases follow."""
    code = chosen(ref("checks_failed") > 0, "none", chosen(ref("checks_warned") > 0, "conditional", "high"))
    canvas.named("confidence", CODE_SHEET, CODE, canvas.formula(CODE_SHEET, CODE, code, "calc"))
    canvas.paint.put(canvas.ws[SHEET], f"B{row}", canvas.say(words.CONFIDENCE), "output_label")
    canvas.blank(SHEET, row, "CDEG", "output_note")
    canvas.formula(SHEET, f"F{row}", badge(canvas), "output")
    for k, (name, tree) in enumerate({"checks_light": light(canvas), "reason": reason(canvas)}.items(), 2):
        canvas.named(name, CODE_SHEET, f"G{k}", canvas.formula(CODE_SHEET, f"G{k}", tree, "calc"))
    canvas.ws[SHEET].row_dimensions[row].height = 17


def badge(canvas: Canvas) -> Cell:
    """The confidence in words."""
    high, conditional, none = (canvas.say(words.BADGES[k]) for k in ("high", "conditional", "none"))
    code = ref("confidence")
    return chosen(code == "none", none, chosen(code == "conditional", conditional, high))


def reason(canvas: Canvas) -> Cell:
    """The check that decides the confidence."""
    results, labels = ref("check results"), ref("check labels")
    first = {
        mark: joined(canvas.say(words.NOT_MET), Cell("INDEX", labels, Cell("MATCH", canvas.say(mark), results)))
        for mark in (words.FAIL, words.WARN)
    }
    code = ref("confidence")
    noted = chosen(code == "conditional", first[words.WARN], canvas.say(words.ALL_HOLD))
    return chosen(code == "none", first[words.FAIL], noted)


def light(canvas: Canvas) -> Cell:
    """How the checks stand, in words."""
    failed, warned = ref("checks_failed"), ref("checks_warned")
    fail, warn = (
        joined(canvas.say(before), fixed(count, 0), canvas.say(after))
        for before, count, after in (
            (words.SOME_FAIL_BEFORE, failed, words.SOME_FAIL_AFTER),
            (words.SOME_WARN_BEFORE, warned, words.SOME_WARN_AFTER),
        )
    )
    fine = canvas.say(words.ALL_PASS).format(len(lines(canvas)))
    return chosen(failed > 0, fail, chosen(warned > 0, warn, fine))
