"""Which sheet, row and column of a workbook is which of the one as made, wherever people moved it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from difflib import SequenceMatcher
from typing import Any, NamedTuple

from xlllm.workbook.book import At, Sheet

MOSTLY = 0.9
"""Lines that stand where they stood: then nothing was moved, and the others were changed."""
FORMULA = "ƒ"

Lines = dict[int, tuple[str, ...]]
"""What each row of a sheet is known by."""


class Aligned(NamedTuple):
    """Where the rows and columns of a sheet as made stand in the workbook."""

    want: Sheet
    have: Sheet
    rows: Mapping[int, int]
    columns: Mapping[int, int]
    added: list[int]
    removed: list[int]

    def at(self, row: int, column: int) -> At | None:
        there = self.rows.get(row)
        return None if there is None else (there, self.columns.get(column, column))

    @property
    def upright(self) -> bool:
        """No column was moved."""
        return all(a == b for a, b in self.columns.items())

    @property
    def still(self) -> bool:
        """Nothing was moved."""
        same = self.upright and all(a == b for a, b in self.rows.items())
        return same and not self.added and not self.removed and self.want.title == self.have.title


def align(want: Sheet, have: Sheet, mine: Lines, theirs: Lines, wanted: list[int]) -> Aligned:
    """``wanted`` are the rows as made that the workbook should have; ``mine`` and ``theirs`` what rows are known by."""
    a = [mine.get(row, ()) for row in wanted]
    b = [theirs.get(row, ()) for row in range(1, last_row(have) + 1)]
    rows, added, removed = _matched(a, b)
    places = {wanted[i]: j + 1 for i, j in rows.items()}
    new, gone = [j + 1 for j in added if b[j]], [wanted[i] for i in removed if a[i]]
    return Aligned(want, have, places, _columns(want, have, places), new, gone)


def last_row(sheet: Sheet) -> int:
    return max((row for row, _ in sheet.cells), default=0)


def signatures(sheet: Sheet) -> dict[int, tuple[str, ...]]:
    """What of each row does not change when rows move: its words and numbers, and where formulas are."""
    lines: dict[int, list[tuple[int, str]]] = {}
    for (row, column), held in sheet.cells.items():
        if held.formula:
            text = FORMULA
        elif held.value in (None, ""):
            continue
        else:
            text = held.value if isinstance(held.value, str) else f"{held.value:.12g}"
        lines.setdefault(row, []).append((column, text))
    return {row: tuple(text for _, text in sorted(line)) for row, line in lines.items()}


def likeness(a: Sheet, b: Sheet) -> float:
    """The share of the rows of one sheet that stand in the other."""
    ours, theirs = Counter(signatures(a).values()), Counter(signatures(b).values())
    return sum((ours & theirs).values()) / max(1, ours.total())


def _matched(a: list[Any], b: list[Any]) -> tuple[dict[int, int], list[int], list[int]]:
    """Which line of one sheet is which of another; those added and those gone."""
    if all(not x for x in (a[len(b) :] or b[len(a) :])):  # empty lines at the end do not count
        a, b = a + [()] * (len(b) - len(a)), b + [()] * (len(a) - len(b))
        alike = sum(x == y for x, y in zip(a, b, strict=True))
        if alike >= MOSTLY * len(a):
            return {i: i for i in range(len(a))}, [], []
    rows: dict[int, int] = {}
    added: list[int] = []
    removed: list[int] = []
    for _, a1, a2, b1, b2 in SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        both = min(a2 - a1, b2 - b1)
        if both and a2 - a1 != b2 - b1 and any(len(x) > 1 for x in a[a1:a2]):  # lines that changed, and new ones
            inner, more, less = _matched([x[:1] for x in a[a1:a2]], [x[:1] for x in b[b1:b2]])
            rows |= {a1 + i: b1 + j for i, j in inner.items()}
            added += [b1 + j for j in more]
            removed += [a1 + i for i in less]
            continue
        rows |= {a1 + i: b1 + i for i in range(both)}
        removed += range(a1 + both, a2)
        added += range(b1 + both, b2)
    return rows, added, removed


def _columns(want: Sheet, have: Sheet, rows: Mapping[int, int]) -> dict[int, int]:
    """Where each column went: what most rows with the same words say."""
    mine, theirs = _by_row(want), _by_row(have)
    votes: dict[int, Counter[int]] = {}
    for row, there in rows.items():
        ours, other = mine.get(row, []), theirs.get(there, [])
        if len(ours) == len(other):
            for a, b in zip(ours, other, strict=True):
                votes.setdefault(a, Counter())[b] += 1
    return {column: counter.most_common(1)[0][0] for column, counter in votes.items()}


def _by_row(sheet: Sheet) -> dict[int, list[int]]:
    lines: dict[int, list[int]] = {}
    for (row, column), held in sheet.cells.items():
        if held.formula or held.value not in (None, ""):
            lines.setdefault(row, []).append(column)
    return {row: sorted(columns) for row, columns in lines.items()}
