"""formualizer, an engine nobody here wrote, shows what one call of each function answers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import formualizer
import numpy as np
import pytest
from bad_cells import Case, all_faults, as_cells
from formualizer_host import KINDS, register, shown
from openpyxl.utils import get_column_letter as letter
from samples import KEYS, arguments, sample

from xlllm.catalog.lookups import Host
from xlllm.errors import XlllmError
from xlllm.hosts import calls
from xlllm.registry import FORMULAS, Formula

ERRORS = {"#DIV/0!": "=1/0", "#N/A": "=NA()", "#NUM!": "=SQRT(-1)"}
"""Formulas that give an error cell."""
TALLEST = 500
"""Rows of a workbook: a taller one takes longer with every call."""


class Sheet:
    """Calls under each other in a workbook of formualizer, their arguments on a sheet beside."""

    def __init__(self) -> None:
        self.start()

    def start(self) -> None:
        self.book = formualizer.Workbook()
        self.book.add_sheet("Arguments")
        self.book.add_sheet("Answers")
        register(self.book)
        self.row = 1

    def answer(self, formula: Formula, args: list[Any], size: tuple[int, int]) -> list[list[Any]]:
        """What the cells of a call show, whose arguments are values or rows of cells."""
        if self.row > TALLEST:
            self.start()
        places, column, height = [], 1, size[0]
        for x in args:
            cells = x if isinstance(x, list) else [[x]]
            self._write(cells, column)
            start = f"Arguments!{letter(column)}{self.row}"
            places.append(
                f"{start}:{letter(column + len(cells[0]) - 1)}{self.row + len(cells) - 1}"
                if isinstance(x, list)
                else start
            )
            column, height = column + len(cells[0]), max(height, len(cells))
        found = self.typed(f"={formula.worksheet_name}({','.join(places)})", size)
        self.row += height
        return found

    def typed(self, formula: str, size: tuple[int, int] = (1, 1)) -> list[list[Any]]:
        """What a formula shows in as many cells as it needs."""
        self.book.set_formula("Answers", self.row, 1, formula)
        self.book.evaluate_cell("Answers", self.row, 1)
        rows, columns = size
        return [
            [shown(self.book.get_value("Answers", self.row + i, 1 + j)) for j in range(columns)] for i in range(rows)
        ]

    def _write(self, cells: list[list[Any]], column: int) -> None:
        for i, row in enumerate(cells):
            for j, x in enumerate(row):
                at = "Arguments", self.row + i, column + j
                if isinstance(x, str) and x in ERRORS:
                    self.book.set_formula(*at, ERRORS[x])
                elif x is not None:
                    self.book.set_value(*at, x)


def in_cells(formula: Formula) -> Iterator[list[Any]]:
    """Arguments as cells hold them: values; a column, a row and a grid; a standing series; keys; fewer; wrong ones."""
    args = as_cells(arguments(formula))
    yield args
    yield args[: formula.required]
    yield as_cells([KEYS.get(p.name, x) for p, x in zip(formula.parameters, args, strict=True)])
    yield [np.transpose(x).tolist() if p.series else x for p, x in zip(formula.parameters, args, strict=True)]
    for i, p in enumerate(formula.parameters):
        x = sample(formula, p)
        single = not p.series and not p.record
        wrong = [None, "", "no such thing", -1e30, True, *ERRORS]
        among = [[[x], [w]] for w in wrong] if single else []
        shapes = [[[x], [x], [x]], [[x, x]], [[x, x], [x, x]]] if single else []
        for other in (*wrong, *among, *shapes):
            yield [*args[:i], other, *args[i + 1 :]]


def cells(found: Any) -> list[list[Any]]:
    return [[x.cell if isinstance(x, XlllmError) else x for x in row] for row in calls.rows(found)]


@pytest.mark.parametrize("formula", FORMULAS.values(), ids=lambda f: f.name)
def test_every_function(formula: Formula) -> None:
    sheet = Sheet()
    for args in in_cells(formula):
        expected = cells(calls.answer(formula.worksheet_name, args))
        if formula.name != "last_error":
            size = len(expected), len(expected[0])
            assert sheet.answer(formula, args, size) == expected, args
    assert sheet.row > 1 or not formula.parameters


def test_every_bad_argument(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Host, "last_error", Host.last_error)
    calls.tell_last_error()
    sheet = Sheet()

    def show(case: Case) -> tuple[Any, str]:
        monkeypatch.setattr(calls, "_last_error", "")
        args = [x.tolist() if isinstance(x, np.ndarray) else x for x in case.args]
        expected = case.expected
        size = (1, 1) if isinstance(expected, XlllmError) else np.atleast_2d(np.asarray(expected, dtype=object)).shape
        found = sheet.answer(case.formula, args, size)
        errors = [x for row in found for x in row if x in KINDS.values()]
        return errors[0] if errors else np.array(found, dtype=object), calls.answer("LLM_LAST_ERROR", [])

    asked, found = all_faults(show, "formualizer")
    assert asked > 20_000
    assert not found, "\n".join([f"{len(found)} faults, among them", *found[:9]])


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("=SUM(LLM_TRAIN_FLOPS({1,2,3},1))", 36.0),
        ('=llm_train_flops(LLM_NUMBER("70B"),1.4e12)', 5.88e23),
        ("=IFERROR(LLM_LOSS(-1,1),7)", 7.0),
        ("=LLM_TRAIN_FLOPS(LLM_LOSS(-1,1),1)", "#NUM!"),
        ("=LLM_TRAIN_FLOPS(1,2,3)", "#VALUE!"),
        ("=LLM_NO_SUCH(1)", "#NAME?"),
        ("=LLM_TRAIN_FLOPS(1,)", "#NUM!"),  # nothing after a comma is a zero here
        ("=LLM_TRAIN_FLOPS(1)", "#VALUE!"),
    ],
)
def test_what_people_type(formula: str, expected: Any) -> None:
    assert Sheet().typed(formula) == [[expected]]
