"""A workbook checked cell by cell: made again from its own inputs by the engine, then compared."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from functools import cached_property
from typing import Any, NamedTuple

from openpyxl.utils import column_index_from_string
from openpyxl.utils import get_column_letter as letter

import xlllm
from xlllm.plan import CASES, Plan, dated
from xlllm.template import Given, Scenario, Template
from xlllm.values import figure, shown
from xlllm.workbook import formula, words
from xlllm.workbook.aligned import MOSTLY, Aligned, align, last_row, likeness, signatures
from xlllm.workbook.book import NOTHING, At, Book, CellError, Held, Sheet
from xlllm.workbook.canvas import CASE_COLUMN
from xlllm.workbook.extract import RATE, SAME, Extracted, extract
from xlllm.workbook.formula import Place
from xlllm.workbook.report import Report
from xlllm.workbook.sheets import engine, inputs, log

ERROR, STALE, WARNING, NOTE = SEVERITIES = ("error", "stale", "warning", "note")
CLOSE = 1e-9
"""Relative difference from the engine that counts as equal."""
NOTHING_LEFT = 1e-9
"""What rounding may leave of a zero."""
HARMLESS = frozenset({0.0, 1.0})
"""Numbers in a formula that hide no assumption."""
MONTHS = 12


class Finding(NamedTuple):
    """One thing that somebody should know."""

    severity: str
    code: str
    sheet: str
    cell: str
    message: str
    was: str = ""
    """What the cell should hold or show."""
    now: str = ""

    @property
    def place(self) -> str:
        return f"{self.sheet}!{self.cell}" if self.cell else self.sheet


class Checked(NamedTuple):
    """A workbook and what was found in it, the worst first."""

    extracted: Extracted
    as_of: dt.date
    findings: list[Finding]

    def count(self, severity: str) -> int:
        return sum(f.severity == severity for f in self.findings)


def check(book: Book, own: Template | None = None, as_of: dt.date | None = None) -> Checked:
    """Everything in a workbook that its own inputs do not explain. Raises what :func:`extract` raises."""
    day = as_of or dt.date.today()
    found = extract(book, own)
    checker = _Checker(book, found, day)
    order = {title: i for i, title in enumerate(book.sheets)}
    ranked = sorted(
        checker.findings(), key=lambda f: (SEVERITIES.index(f.severity), order.get(f.sheet, -1), formula.cell(f.cell))
    )
    return Checked(found, day, ranked)


def as_json(book: Book, checked: Checked) -> dict[str, Any]:
    found = checked.extracted
    return {
        "schema": 1,
        "xlllm": xlllm.__version__,
        "book": book.name,
        "made_by": found.version,
        "template": found.template.id,
        "lang": found.lang,
        "edition": found.edition,
        "as_of": checked.as_of.isoformat(),
        **{f"{severity}s" if severity != STALE else STALE: checked.count(severity) for severity in SEVERITIES},
        "findings": [f._asdict() for f in checked.findings],
    }


# -- the workbook as it should be --------------------------------------------------------------------------------------
def as_made(found: Extracted) -> Scenario:
    """Today's values in the shape that the workbook was made in: a case typed later has no rows of its own."""
    made = found.made
    now = Plan(found.template, found.scenario)
    given: dict[str, Given] = {}
    for id in found.scenario.inputs:
        if id in made.choices:
            given[id] = now.choices[id].given.model_copy(update=_origin(made.choices[id].given, now.choices[id].given))
            continue
        then, today = made.inputs[id].given, now.inputs[id].given
        update = _origin(then, today)
        for case in ("low", "high"):
            typed = getattr(today, case)
            update[case] = None if getattr(then, case) is None else today.value if typed is None else typed
        update["own"] = today.value if today.own is None and then.own is not None else today.own
        given[id] = today.model_copy(update=update)
    rate = found.scenario.settings.jpy_per_usd
    kept = made.scenario.settings.jpy_per_usd
    settings = found.scenario.settings.model_copy(
        update={RATE: kept.model_copy(update={"value": rate.value, "as_of": kept.as_of})}
    )
    title = made.scenario.title
    return found.scenario.model_copy(update={"inputs": given, "settings": settings, "title": title})


def _origin(then: Given, today: Given) -> dict[str, Any]:
    """The words stay those of then; a date stays absent or present."""
    as_of = today.as_of if then.as_of and today.as_of else then.as_of
    return {"source": then.source, "note": then.note, "as_of": as_of}


class _Checker:
    def __init__(self, book: Book, found: Extracted, day: dt.date) -> None:
        self.book, self.found, self.day = book, found, day
        self.lang = found.lang
        scenario = as_made(found)
        self.plan = Plan(found.template, scenario)
        self.report = self._made_again(self.plan)
        self.want = Book(self.report.xlsx, book.name)
        self.open = {Place(title, *formula.cell(cell)) for title, cell in self.report.unlocked}
        self.values_only = found.edition == "values"
        self.list: list[Finding] = []
        self.roots: set[Place] = set()
        """Cells as made whose content somebody changed: what follows from them is not compared."""
        self.misses: list[tuple[Place, Sheet, At, Held, Held]] = []
        self.blanks = self.formulas = 0
        self.stale_rows: dict[int, tuple[Sheet, At, str]] = {}
        """Rows of the Engine sheet whose stamps are of other inputs."""
        self.pairs: dict[str, Aligned] = {}

    def _made_again(self, plan: Plan) -> Report:
        return Report(plan, self.lang, edition=self.found.edition, dialect=self.found.dialect)

    def _add(self, severity: str, code: str, sheet: Sheet | str, at: At | None, message: str, **more: str) -> None:
        title = sheet if isinstance(sheet, str) else sheet.title
        self.list.append(Finding(severity, code, title, f"{letter(at[1])}{at[0]}" if at else "", message, **more))

    def findings(self) -> list[Finding]:
        self._pair_sheets()
        self._names()
        for pair in self.pairs.values():
            self._compare(pair)
        self._inputs()
        self._values()
        self._engine_says()
        self._stale()
        self._file()
        return self.list

    # -- which sheet, row and column is which --------------------------------------------------------------------------
    def _pair_sheets(self) -> None:
        left = {title: sheet for title, sheet in self.book.sheets.items() if title not in self.want.sheets}
        for title, sheet in self.want.sheets.items():
            have = self.book.sheets.get(title)
            if have is None:
                alike = {t: likeness(sheet, s) for t, s in left.items()}
                best = max(alike, key=lambda t: alike[t], default="")
                if best and alike[best] > 0.5:
                    have = left.pop(best)
                    self._add(NOTE, "sheet_renamed", have, None, f"was called {title}")
            if have is None:
                self._add(ERROR, "sheet_removed", title, None, "is gone; make the workbook again")
                self.roots |= {Place(title, *at) for at in sheet.cells}
            else:
                self.pairs[title] = self._align(sheet, have)
        for title in left:
            self._add(NOTE, "sheet_added", title, None, "was added; it is only looked at for errors")
            self._added(left[title], list(left[title].cells))

    def _align(self, want: Sheet, have: Sheet) -> Aligned:
        keyed = have is self.found.layout.sheet
        excused = self._later_own(want)
        last = max([last_row(want), *(p.row for p in self.open if p.sheet == want.title)])
        wanted = [r for r in range(1, last + 1) if r not in excused]
        lines = signatures(want), signatures(have)
        if keyed:  # what people type is no sign of a row, its key is
            lines = self._by_key(want, lines[0]), self._by_key(have, lines[1])
        return align(want, have, *lines, wanted)

    def _by_key(self, sheet: Sheet, lines: dict[int, tuple[str, ...]]) -> dict[int, tuple[str, ...]]:
        column = self.found.layout.columns["id"] if sheet is self.found.layout.sheet else _KEYS
        keys = {row: sheet.get(row, column).value for row in lines}
        known = self.found.layout.rows
        return {row: (str(keys[row]),) if keys[row] in known else line for row, line in lines.items()}

    def _later_own(self, sheet: Sheet) -> set[int]:
        """Rows of the Scenarios sheet that only a case typed later calls for."""
        if sheet.title != words.SHEETS["scenarios"].in_(self.lang):
            return set()
        head = words.DIFFERING.in_(self.lang)
        start = next((r for (r, c), h in sheet.cells.items() if c == 2 and h.value == head), 0)
        shown_here = [i for i in self.plan.inputs.values() if not _cases(i.given) <= {None}]
        then = self.found.made.inputs
        return {start + n for n, i in enumerate(shown_here, 1) if _cases(then[i.id].given) <= {None}}

    # -- cell by cell --------------------------------------------------------------------------------------------------
    def _compare(self, pair: Aligned) -> None:
        want, have = pair.want, pair.have
        for row in pair.removed:
            label = _label(want, row)
            self._add(ERROR, "row_removed", have, None, f"the row {shown(label)} is gone" if label else "a row is gone")
            self.roots |= {Place(want.title, *at) for at in want.cells if at[0] == row}
        expected: set[At] = set()
        skipped = self._read_elsewhere(want)
        for (row, column), held in want.cells.items():
            at = pair.at(row, column)
            if at is None:
                continue
            expected.add(at)
            cell = Place(want.title, row, column)
            if (row, column) not in skipped and cell not in self.open:
                self._cell(pair, cell, held, at, have.get(*at))
        open_here = {pair.at(r, c) for t, r, c in self.open if t == want.title}
        unknown = [at for at in have.cells if at not in expected and at not in open_here]
        for row in pair.added:
            self._add(NOTE, "row_added", have, (row, 1), "this row was added")
        self._added(have, [at for at in unknown if at not in skipped])

    def _read_elsewhere(self, want: Sheet) -> set[At]:
        """Cells of the Log that say how the workbook was made."""
        if want.title != words.SHEETS[log.SHEET].in_(self.lang):
            return set()
        known = ("version", "scenario", "as_of", "hash", log.MADE_FROM)
        rows = [r for (r, c), h in want.cells.items() if isinstance(h.value, str) and h.value.startswith(known)]
        return {(r, 3) for r in rows} | {(r, c) for r in rows for c in (2, 4, 5)}

    def _cell(self, pair: Aligned, cell: Place, want: Held, at: At, have: Held) -> None:
        if want.formula:
            self.formulas += 1
            if have.formula and self._same_formula(pair, want.formula, have.formula):
                self._value(cell, pair.have, at, want, have)
            else:
                self._replaced(pair, cell, want, at, have)
        elif have.formula:
            self.roots.add(cell)
            message = f"{self._of(pair, cell)}a formula stands where a fixed value belongs"
            self._add(ERROR, "formula_added", pair.have, at, message, was=_shown(want.value), now=have.formula)
        elif not _alike(want.value, have.value, 0):
            self._constant(pair, cell, want, at, have)

    def _replaced(self, pair: Aligned, cell: Place, want: Held, at: At, have: Held) -> None:
        of, more = self._of(pair, cell), {"was": want.formula, "now": have.formula or _shown(have.value)}
        self.roots.add(cell)
        case = _CASES.get(cell.column, "") if pair.have is self.found.layout.sheet else ""
        if case in ("low", "high") and have.value is not None and not have.formula:
            message = (
                f"{of}a {case} case was typed where there was none: Sensitivity and What-if leave it out until "
                "xlllm extract and xlllm report make the workbook again"
            )
            self._add(WARNING, "range_typed", pair.have, at, message, **more)
        elif have.formula:
            self._add(ERROR, "formula_changed", pair.have, at, f"{of}the formula was changed", **more)
        elif have == NOTHING or have.value in (None, ""):
            self._add(ERROR, "formula_deleted", pair.have, at, f"{of}the formula was deleted", **more)
        else:
            kind = "text" if isinstance(have.value, str) else "number"
            message = f"{of}a {kind} was typed over the formula"
            self._add(ERROR, "formula_overwritten", pair.have, at, message, **more)

    def _constant(self, pair: Aligned, cell: Place, want: Held, at: At, have: Held) -> None:
        of, more = self._of(pair, cell), {"was": _shown(want.value), "now": _shown(have.value)}
        if self.values_only:  # what was computed looks like what was typed
            if not _alike(want.value, have.value, CLOSE):
                self.misses.append((cell, pair.have, at, want, have))
            return
        self.roots.add(cell)
        solved = pair.want.title == words.SHEETS[engine.SHEET].in_(self.lang) and cell.column in _STAMPS
        if solved:
            self.stale_rows.setdefault(at[0], (pair.have, at, of.removesuffix(": ")))
        elif isinstance(want.value, str) and not isinstance(want.value, CellError):
            unit = cell.column == self._unit_column(pair) and have == NOTHING
            code, what = ("no_unit", "the unit is gone") if unit else ("label_changed", "a label was changed")
            self._add(WARNING, code, pair.have, at, f"{of}{what}", **more)
        else:
            self._add(ERROR, "number_changed", pair.have, at, f"{of}a fixed number was changed", **more)

    def _unit_column(self, pair: Aligned) -> int:
        return 4 if pair.have is self.found.layout.sheet or pair.want.title in self._with_units else 0

    @cached_property
    def _with_units(self) -> set[str]:
        return {words.SHEETS[id].in_(self.lang) for id in ("calculation", "years", "scenarios")}

    def _of(self, pair: Aligned, cell: Place) -> str:
        """The row that a cell belongs to."""
        label = _label(pair.want, cell.row)
        return f"{label}: " if label and cell.column != 2 else ""

    def _value(self, cell: Place, sheet: Sheet, at: At, want: Held, have: Held) -> None:
        if have.value is None and want.value not in (None, ""):
            self.blanks += 1
        elif not _alike(want.value, have.value, CLOSE):
            self.misses.append((cell, sheet, at, want, have))

    # -- formulas ------------------------------------------------------------------------------------------------------
    @cached_property
    def still(self) -> bool:
        return all(pair.still for pair in self.pairs.values())

    def _same_formula(self, pair: Aligned, want: str, have: str) -> bool:
        if self.still and (want == have or formula.spelled_alike(want, have)):
            return True
        mine, theirs = formula.tokens(want, pair.want.title), formula.tokens(have, pair.have.title)
        theirs = formula.moved(theirs, self._as_made)
        return mine == theirs or formula.meaning(mine) == formula.meaning(theirs)

    def _as_made(self, place: Place) -> Place:
        """Where a cell of the workbook stood when it was made; a row that was added has no such place."""
        pair = self._back.get(place.sheet)
        if pair is None:
            return place
        column = pair.columns.get(place.column, place.column if pair.upright else -place.column)
        return Place(pair.want.title, pair.rows.get(place.row, -place.row), column)

    @cached_property
    def _back(self) -> dict[str, Aligned]:
        """From the workbook's sheets to those as made."""
        back = {}
        for pair in self.pairs.values():
            rows, columns = {v: k for k, v in pair.rows.items()}, {v: k for k, v in pair.columns.items()}
            back[pair.have.title] = pair._replace(rows=rows, columns=columns)
        return back

    def _names(self) -> None:
        """Names that formulas refer to."""
        for name, target in self.want.names.items():
            have, place = self.book.names.get(name, ""), self.want.place(name)
            if formula.tokens(target, "") == formula.moved(formula.tokens(have, ""), self._as_made):
                continue
            code, said = ("name_changed", "means another cell") if have else ("name_removed", "is gone")
            self._add(ERROR, code, name, None, f"the defined name {said}", was=self._today(place) or target, now=have)
            if place:
                self.roots.add(Place(place[0].title, *place[1:]))

    def _today(self, place: tuple[Sheet, int, int] | None) -> str:
        """Where a cell as made stands now."""
        pair = self.pairs.get(place[0].title) if place else None
        at = pair.at(*place[1:]) if pair and place else None
        return pair.have.name(*at) if pair and at else ""

    def _added(self, sheet: Sheet, cells: Iterable[At]) -> None:
        """What people put into cells that were empty."""
        notes: list[At] = []
        for at in sorted(cells):
            held = sheet.get(*at)
            if isinstance(held.value, CellError):
                self._add(ERROR, "error_value", sheet, at, f"shows {held.value}", now=held.formula)
            elif held.formula:
                self._hard_coded(sheet, at, held.formula)
                notes.append(at)
            elif held.value not in (None, ""):
                notes.append(at)
        if notes:
            places = ", ".join(f"{letter(c)}{r}" for r, c in notes[:5]) + (" …" if len(notes) > 5 else "")
            kind = "cell was" if len(notes) == 1 else "cells were"
            self._add(NOTE, "cell_added", sheet, notes[0], f"{len(notes)} {kind} added: {places}")

    def _hard_coded(self, sheet: Sheet, at: At, text: str) -> None:
        numbers = [n for n in formula.numbers(formula.tokens(text, sheet.title)) if n not in HARMLESS]
        if numbers:
            listed = ", ".join(figure(n, 12) for n in numbers[:3])
            message = f"a formula hides {listed}: give each number a cell with a label, a unit and a source"
            self._add(WARNING, "hard_coded", sheet, at, message, now=text)

    # -- what the inputs lack ------------------------------------------------------------------------------------------
    def _inputs(self) -> None:
        layout = self.found.layout
        for note in self.found.notes:
            sheet, _, cell = note.at.rpartition("!")
            code = "computes_otherwise" if note.differs else "read_as"
            self.list.append(Finding(ERROR if note.differs else NOTE, code, sheet, cell, note.text))
        for id, row in layout.rows.items():
            if id in words.SETTINGS:
                continue
            item = self.plan.inputs.get(id) or self.plan.choices[id]
            label = item.label.in_(self.lang)
            if not str(layout.at(id, "source").value or "").strip():
                at = (row, layout.columns["source"])
                self._add(WARNING, "no_source", layout.sheet, at, f"{label}: no source says where this comes from")
            if id in self.plan.inputs and _priced(self.plan.inputs[id].quantity.unit):
                held = layout.at(id, "as_of")
                if held == NOTHING or held.value in (None, ""):
                    at = (row, layout.columns["as_of"])
                    self._add(WARNING, "no_date", layout.sheet, at, f"{label}: a price needs the date of its source")
            for case in CASES:
                held, column = layout.at(id, case), layout.columns[case]
                base = f"={letter(layout.columns['base'])}{row}"
                if held.formula and held.formula.replace("$", "").upper() != base:
                    self._hard_coded(layout.sheet, (row, column), held.formula)
        self.roots |= self._unlike_the_scenario()

    def _unlike_the_scenario(self) -> set[Place]:
        """Cells as made with which the workbook computes, and the scenario does not."""
        back, layout = self._back[self.found.layout.sheet.title], self.found.layout
        places = [formula.cell(n.at.rpartition("!")[2]) for n in self.found.notes if n.differs]
        places += [
            (layout.rows[id], layout.columns["as_of"])
            for id, given in self.found.given.items()
            if given.as_of and layout.at(id, "as_of").value in (None, "")
        ]
        return {Place(back.want.title, back.rows.get(r, r), back.columns.get(c, c)) for r, c in places}

    # -- values --------------------------------------------------------------------------------------------------------
    def _values(self) -> None:
        solved = {r.label.in_(self.lang) for r in self.plan.rows.values() if r.frozen}
        if stale := [(sheet, at, label) for sheet, at, label in self.stale_rows.values() if label in solved]:
            listed = ", ".join(label for *_, label in stale[:3]) + (" …" if len(stale) > 3 else "")
            said = f"solved for other inputs: {listed}. xlllm extract and xlllm report make the workbook again"
            self._add(ERROR, "engine_stale", *stale[0][:2], said)
        total = self.formulas
        if self.blanks:
            message = f"{self.blanks:,} of {total:,} formula cells hold no value: open it in a spreadsheet and save it"
            self._add(ERROR, "not_recalculated", self.book.name, None, message)
        follow = self._followers() if self.misses and self.roots else set()
        misses = [m for m in self.misses if m[0] not in follow]
        if dependent := len(self.misses) - len(misses):
            message = f"{dependent:,} values differ from the engine's because they follow from the cells named here"
            self._add(NOTE, "values_follow", self.book.name, None, message)
        if misses and self._as_before(misses):
            message = (
                f"{len(misses):,} values are still those of the inputs it was made with: "
                "open it in a spreadsheet, let it calculate, and save it"
                if not self.values_only
                else f"{len(misses):,} values hold for other inputs, and this edition computes nothing: "
                "xlllm extract and xlllm report make the workbook again"
            )
            self._add(ERROR, "not_recalculated", self.book.name, None, message)
            return
        for cell, sheet, at, want, have in misses:
            of = self._of(self.pairs[cell.sheet], cell)
            error = isinstance(have.value, CellError)
            code = "error_value" if error else "value_differs"
            message = f"{of}shows {_shown(have.value)}, the engine finds {_shown(want.value)}"
            self._add(ERROR, code, sheet, at, message, was=_shown(want.value), now=_shown(have.value))

    def _as_before(self, misses: list[tuple[Place, Sheet, At, Held, Held]]) -> bool:
        """Whether the values are those of the inputs that the workbook was made with."""
        if self.plan.scenario == self.found.made.scenario:
            return False
        before = Book(self._made_again(self.found.made).xlsx, self.book.name)
        same = 0
        for (title, row, column), _, _, want, have in misses:
            old = before.sheets[title].get(row, column) if title in before.sheets else NOTHING
            same += old.formula == want.formula and _alike(old.value, have.value, CLOSE)
        return same >= MOSTLY * len(misses)

    def _followers(self) -> set[Place]:
        """Cells whose values follow from those that somebody changed."""
        names = {n.upper(): Place(p[0].title, *p[1:]) for n in self.want.names if (p := self.want.place(n))}
        readers: dict[Place, list[Place]] = defaultdict(list)
        for title, sheet in self.want.sheets.items():
            for at, held in sheet.cells.items():
                for source in formula.references(formula.tokens(held.formula, title)) if held.formula else ():
                    place = names.get(source) if isinstance(source, formula.Name) else source
                    if place:
                        readers[place].append(Place(title, *at))
        found, waiting = set(self.roots), list(self.roots)
        while waiting:
            for reader in readers.get(waiting.pop(), ()):
                if reader not in found:
                    found.add(reader)
                    waiting.append(reader)
        return found

    # -- what the engine says ------------------------------------------------------------------------------------------
    def _engine_says(self) -> None:
        title = words.SHEETS["checks"].in_(self.lang)
        pair = self.pairs.get(title)
        for line in self.report.checks:
            if not line["passed"]:
                severity, code = (WARNING, "check_noted") if line["warns"] else (ERROR, "check_failed")
                rows = (
                    [r for (r, c), h in pair.want.cells.items() if c == 2 and h.value == line["check"]] if pair else []
                )
                at = pair.at(rows[0], 6) if pair and rows else None
                self._add(severity, code, pair.have if pair else title, at, f"{line['check']}: not met")
        title = words.SHEETS["calculation"].in_(self.lang)
        cases = [*CASES[:3], *([CASES[3]] if any(i.given.own is not None for i in self.plan.inputs.values()) else [])]
        reasons: dict[tuple[str, str], list[str]] = {}
        for case in cases:
            for id, why in self.plan.undefined(self.plan.results(case)).items():
                reasons.setdefault((id, why), []).append(case)
        for (id, why), where in reasons.items():
            label = self.plan.rows[id].label.in_(self.lang)
            self._add(NOTE, "no_answer", title, None, f"{label} ({', '.join(where)} case): {why}")

    def _stale(self) -> None:
        """Prices older than allowed."""
        layout, settings = self.found.layout, self.found.scenario.settings
        now = Plan(self.found.template, self.found.scenario)
        limit = settings.stale_after_months
        prices = [
            (i.choice or i.id, "base" if i.choice else "as_of", i.label.in_(self.lang), i.given)
            for i in now.inputs.values()
            if _priced(i.quantity.unit) and (i.choice or i.id) in layout.rows
        ]
        prices.append((RATE, "as_of", words.SETTINGS[RATE].in_(self.lang), settings.jpy_per_usd))
        for id, column, label, given in prices:
            since = dated(given)
            if since and id in layout.rows and (age := _months(since, self.day)) > limit:
                at = (layout.rows[id], layout.columns[column])
                whose = f"{label} of {now.choices[id].given.value}" if id in now.choices else label
                message = f"{whose} is of {since}, {age} months old; {limit} are allowed"
                self._add(STALE, "stale_price", layout.sheet, at, message, now=since)

    def _file(self) -> None:
        if self.book.has_macros:
            self._add(WARNING, "macros", self.book.name, None, "holds macros; no workbook of ours does")
        if self.book.links:
            self._add(WARNING, "links", self.book.name, None, f"reads from {self.book.links} other workbook(s)")
        if self.found.version not in ("", xlllm.__version__):
            message = f"was made by xlllm {self.found.version}; this is {xlllm.__version__}, whose formulas may differ"
            self._add(NOTE, "other_version", self.book.name, None, message)


_KEYS = column_index_from_string(inputs.KEY_COLUMN)
_CASES = {column_index_from_string(c): case for case, c in CASE_COLUMN.items()}
_STAMPS = frozenset(column_index_from_string(c) for c in engine.STAMP.values())


def _cases(given: Given) -> set[Any]:
    return {given.low, given.high, given.own}


def _priced(unit: str) -> bool:
    return unit.startswith(inputs.PRICED)


def _months(since: str, day: dt.date) -> int:
    """Whole months, counted as the workbook counts them."""
    year, month = int(since[:4]), int(since[5:7] or day.month)
    return MONTHS * (day.year - year) + day.month - month


def _shown(value: Any) -> str:
    return "" if value is None else shown(value) if isinstance(value, str) else figure(value, 12)


def _label(sheet: Sheet, row: int) -> str:
    """What a row is called: its first text."""
    held = sheet.get(row, 2)
    return held.value if isinstance(held.value, str) and not held.formula else ""


def _alike(want: Any, have: Any, tolerance: float) -> bool:
    """Whether two values are the same: flags are numbers to some programs, and spaces at the ends nothing."""
    if isinstance(want, CellError) or isinstance(have, CellError):
        return isinstance(want, CellError) and isinstance(have, CellError)
    if isinstance(want, (float, bool)) and isinstance(have, (float, bool)):
        left = NOTHING_LEFT if tolerance and not want else 0
        return abs(want - have) <= max(max(tolerance, SAME) * abs(want), left)
    texts = ["" if x is None else x for x in (want, have)]
    return all(isinstance(x, str) for x in texts) and texts[0].strip() == texts[1].strip()
