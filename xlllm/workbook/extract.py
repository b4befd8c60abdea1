"""A workbook back to its scenario: what people typed, with sources, dates and notes; what they left stays as it was."""

from __future__ import annotations

import datetime as dt
import sys
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any, NamedTuple

from openpyxl.utils import column_index_from_string, get_column_letter
from pydantic import ValidationError

import xlllm
from xlllm import catalog, toml
from xlllm.errors import FileError, InputError, NotInCatalogError, TemplateError, XlllmError
from xlllm.plan import CASES, Choice, Input, Plan
from xlllm.template import Given, Scenario, Settings, Template, load_scenario_for, load_template, template_names
from xlllm.template import home as library
from xlllm.values import LAST_YEAR, figure, iso_date, read, shown
from xlllm.workbook import words
from xlllm.workbook.book import NOTHING, Book, CellError, Held, Sheet
from xlllm.workbook.canvas import CASE_COLUMN, EDITIONS, Canvas
from xlllm.workbook.sheets import facts, inputs
from xlllm.workbook.sheets.log import MADE_FROM

LANGUAGES = ("en", "ja")
LOG_KEYS = frozenset({"template", "lang", "edition"})
SAME = 1e-14
"""Relative: some programs save 15 digits of a number."""
PRICE_DATE, RATE = "price_date", "jpy_per_usd"
FIELDS = {"money_unit": "money"}
"""Rows of settings whose field in a scenario has another name."""


class Layout(NamedTuple):
    """Where the Inputs sheet has what, wherever people moved it."""

    sheet: Sheet
    rows: Mapping[str, int]
    columns: Mapping[str, int]
    """low, base, high, own, source, as_of, note, unit, id."""
    extra: list[int]
    """Rows that people added."""

    def at(self, id: str, column: str) -> Held:
        return self.sheet.get(self.rows[id], self.columns[column])

    def name(self, id: str, column: str) -> str:
        return self.sheet.name(self.rows[id], self.columns[column])


class Note(NamedTuple):
    """What the scenario does not say as the workbook does."""

    at: str
    """The cell, with its sheet."""
    text: str
    differs: bool = False
    """Whether workbook and scenario compute differently."""


class Extracted(NamedTuple):
    """A workbook understood."""

    template: Template
    made: Plan
    """The plan that the workbook was made from."""
    scenario: Scenario
    lang: str
    edition: str
    dialect: str
    version: str
    layout: Layout
    case_at: tuple[Sheet, int, int] | None
    notes: list[Note]
    stays: list[Note]
    """What people wrote that no scenario holds."""

    @property
    def given(self) -> dict[str, Given]:
        """What every row of the Inputs sheet held when the workbook was made."""
        items = {i.id: i.given for i in self.made.inputs.values() if not i.choice}
        return items | {c.id: c.given for c in self.made.choices.values()}


class Log(NamedTuple):
    sheet: Sheet
    values: Mapping[str, str]
    rows: Mapping[str, int]
    column: int
    """Where the values stand."""


def read_log(book: Book) -> Log:
    """How a workbook was made. Raises FileError if it is not one of ours."""
    for sheet in book.sheets.values():
        by_column: dict[int, dict[str, int]] = {}
        for (row, column), held in sheet.cells.items():
            if isinstance(held.value, str):
                by_column.setdefault(column, {}).setdefault(held.value, row)
        for column, rows in by_column.items():
            if rows.keys() >= LOG_KEYS:
                heads = {words.HEAD["value"].in_(lang) for lang in LANGUAGES}
                above = min(rows[k] for k in LOG_KEYS)
                found = [c for (r, c), h in sheet.cells.items() if r < above and h.value in heads]
                at = found[0] if found else column - 2
                values = {key: _text(sheet.get(row, at)) for key, row in rows.items()}
                return Log(sheet, values, rows, at)
    raise FileError(
        f"{book.name} was not made by xlllm: no sheet of it holds the Log of one. "
        "Make a workbook with xlllm new, type into that, and read it back"
    )


def extract(book: Book, own: Template | None = None) -> Extracted:
    """The scenario of a workbook.

    Raises
    ------
    FileError
        It was not made by xlllm, or sheets and rows that hold its inputs are gone.
    InputError, NotInCatalogError
        Cells hold what no input can be; every one is named.
    """
    return _Reader(book, own).extracted()


class _Reader:
    def __init__(self, book: Book, own: Template | None) -> None:
        self.book, self.log = book, read_log(book)
        self.lang, self.edition = self._logged("lang", LANGUAGES), self._logged("edition", EDITIONS)
        self.template = own or self._template()
        if own and own.id != self.log.values["template"]:
            raise InputError(f"{book.name} was made from the template {self.log.values['template']}, not {own.id}")
        self.notes: list[Note] = []
        self.problems: list[XlllmError] = []
        self.made = self._made()
        items = {i.id: i for i in self.made.inputs.values() if not i.choice}
        self.items: dict[str, Input | Choice] = {**items, **self.made.choices}
        self.before, self.before_rows = self._drawn()
        self.layout = self._layout()

    def _logged(self, key: str, allowed: Iterable[str]) -> str:
        value = self.log.values[key]
        if value not in allowed:
            at = self.log.sheet.name(self.log.rows[key], self.log.column)
            raise FileError(f"{self.book.name}: {at} must be {' or '.join(allowed)}: got {shown(value)}")
        return value

    def _template(self) -> Template:
        id = self.log.values["template"]
        if id not in template_names():
            raise TemplateError(
                f"{self.book.name} was made from the template {shown(id)}, which is none of ours; "
                "if it is your own, name its file with --template"
            )
        return load_template(id)

    def _made(self) -> Plan:
        """The plan that the workbook was made from: as its Log says, or else the template's example."""
        parts = (self.log.values.get(MADE_FROM + (f" {n}" if n > 1 else ""), "") for n in range(1, 100))
        if text := "".join(parts):
            with suppress(ValidationError, XlllmError):
                scenario = Scenario.model_validate_json(text)
                if scenario.template == self.template.id:
                    return Plan(self.template, scenario)
        said = (
            "no longer says what the workbook was made from: notes in the other language, and which words of a "
            "source are a reference, are taken from the template's example"
        )
        self.notes.append(Note(f"{self.log.sheet.title}!", said))
        return Plan(self.template, load_scenario_for(self.template, library()))

    def _drawn(self) -> tuple[Sheet, dict[str, int]]:
        """The Inputs sheet as it was made, and the row of each key."""
        canvas = Canvas(self.made, self.lang)
        facts.draw(canvas)
        inputs.draw(canvas)
        cells = {}
        for at, cell in canvas.ws[inputs.SHEET]._cells.items():
            value = cell.value
            if isinstance(value, dt.date):
                cells[at] = Held("", float(inputs.held(value.isoformat()[:10])))
            elif cell.data_type == "f":
                cells[at] = Held(str(value), None)
            elif value is not None:
                cells[at] = Held("", float(value) if isinstance(value, int) and not isinstance(value, bool) else value)
        sheet = Sheet(canvas.ws[inputs.SHEET].title, cells)
        keys = column_index_from_string(inputs.KEY_COLUMN)
        known = {*words.SETTINGS, *self.items}
        return sheet, {str(h.value): r for (r, c), h in cells.items() if c == keys and h.value in known}

    # -- where things stand --------------------------------------------------------------------------------------------
    def _layout(self) -> Layout:
        sheet, rows, twice = self._keys()
        if twice:
            raise FileError(f"{self.book.name}: {sheet.title} has the key {twice[0]} twice; delete the copied row")
        missing = [k for k in self.before_rows if k not in rows]
        if missing:
            names, version = ", ".join(missing[:5]), self.log.values.get("version", "")
            other = f" (or xlllm {version}, which made it, had no such row)" if version != xlllm.__version__ else ""
            raise FileError(
                f"{self.book.name}: {sheet.title} has no row with the key {names}: it was deleted{other}, and so was "
                "what follows from it. Make the workbook again and type there"
            )
        heads = {case: words.CASE_HEADS[case] for case in CASES}
        heads |= {k: words.HEAD[k] for k in ("source", "as_of", "note", "unit", "id")}
        first = min(rows.values())
        titles = {h.value: c for (r, c), h in sorted(sheet.cells.items()) if r < first and isinstance(h.value, str)}
        columns = {k: titles[text.in_(self.lang)] for k, text in heads.items() if text.in_(self.lang) in titles}
        if lost := [text.in_(self.lang) for k, text in heads.items() if k not in columns]:
            raise FileError(
                f"{self.book.name}: no column of {sheet.title} is headed {shown(lost[0])}; put the heads back"
            )
        known = set(rows.values())
        extra = {
            r
            for (r, c), h in sheet.cells.items()
            if first <= r and r not in known and c in (columns["base"], columns["id"]) and h.value not in (None, "")
        }
        for r in sorted(extra):
            self.notes.append(Note(sheet.name(r, columns["base"]), "stands in a row without a key; it is left out"))
        return Layout(sheet, rows, columns, sorted(extra))

    def _keys(self) -> tuple[Sheet, dict[str, int], list[str]]:
        """The sheet and the rows of the inputs' keys, and keys that stand there twice."""
        best: tuple[int, Sheet | None, int] = (0, None, 0)
        for sheet in self.book.sheets.values():
            counts: dict[int, int] = {}
            for (_, column), held in sheet.cells.items():
                if isinstance(held.value, str) and held.value in self.before_rows:
                    counts[column] = counts.get(column, 0) + 1
            for column, count in counts.items():
                if count > best[0]:
                    best = (count, sheet, column)
        count, found, column = best
        if found is None or 2 * count < len(self.before_rows):
            title = words.SHEETS[inputs.SHEET].in_(self.lang)
            raise FileError(
                f"{self.book.name}: the sheet {title} with the keys of its inputs is gone; make the workbook again"
            )
        rows: dict[str, int] = {}
        twice: list[str] = []
        for (row, c), held in sorted(found.cells.items()):
            if c == column and isinstance(held.value, str) and held.value in self.before_rows:
                if held.value in rows:
                    twice.append(held.value)
                rows[held.value] = row
        return found, rows, twice

    # -- what was typed ------------------------------------------------------------------------------------------------
    def extracted(self) -> Extracted:
        given = self._inputs()
        settings, as_of = self._settings()
        made = self.made.scenario
        title = self._title()
        if self.problems:
            raise self._failed()
        case_at = self.book.place("case")
        settings["case"] = self._case(case_at)
        data = made.model_dump(by_alias=True)
        data |= {"as_of": as_of, "settings": settings, "inputs": given} | ({"title": title} if title else {})
        try:
            scenario = Scenario.model_validate(data)
            Plan(self.template, scenario)
        except ValidationError as error:
            raise self._explained(error) from None
        except TemplateError as error:
            raise InputError(self._placed(error.message)) from None
        dialect = self.log.values.get("dialect") or "vba"
        version = self.log.values.get("version", "")
        return Extracted(
            self.template, self.made, scenario, self.lang, self.edition, dialect, version,
            self.layout, case_at, self.notes, [*self._stays()],
        )  # fmt: skip

    def _stays(self) -> Iterator[Note]:
        """Lines of the Log and fields of the form to sign that people filled in."""
        sheet = self.log.sheet
        head = words.HEAD["changed_on"].in_(self.lang)
        first = next((r for (r, _), h in sheet.cells.items() if h.value == head), sys.maxsize)
        lines = sorted({r for (r, _), h in sheet.cells.items() if r > first and h.value not in (None, "")})
        form = self.book.sheets.get(words.SHEETS["brief"].in_(self.lang))
        labels = {text.in_(self.lang) for text in words.FORM_HEADS.values()}
        rows = {r for (r, _), h in form.cells.items() if h.value in labels} if form else set()
        fields = [(r, c) for (r, c), h in form.cells.items() if r in rows and h.value not in labels] if form else []
        for at, where in (((lines[0], 2), sheet) if lines else (None, sheet), (min(fields, default=None), form)):
            if at and where:
                yield Note(
                    where.name(*at), "and what stands beside it stay in this workbook; copy them into the new one"
                )

    def _failed(self) -> XlllmError:
        message = "\n".join(p.message for p in self.problems[:10])
        unknown = all(isinstance(p, NotInCatalogError) for p in self.problems)
        return NotInCatalogError(message) if unknown else InputError(message)

    def _explained(self, error: ValidationError) -> InputError:
        first = error.errors()[0]
        where, said = first["loc"], first["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
        id = str(where[1]) if len(where) > 1 else str(where[0])
        columns = {"value": "base", "first_year": "base", "source": "source", "as_of": "as_of", "note": "note"}
        column = next((columns[str(w)] for w in where if str(w) in columns), "base")
        place = self.layout.name(id, column) if id in self.layout.rows else str(where[0])
        return InputError(f"{place} must be {said}")

    def _placed(self, message: str) -> str:
        """A message about an input, with the cell that holds it."""
        id = message.removeprefix("inputs.").split(":")[0].split(" ")[0].removesuffix(".")
        id = next((k for k in (id, id.rpartition(".")[0]) if k in self.layout.rows), "")
        return f"{self.layout.name(id, 'base')}: {message}" if id else message

    def _case(self, at: tuple[Sheet, int, int] | None) -> str:
        names = {text.in_(self.lang).casefold(): case for case, text in words.CASES.items()}
        said = _text(at[0].get(*at[1:])) if at else ""
        if said.casefold() in names:
            return names[said.casefold()]
        place = at[0].name(*at[1:]) if at else "the scenario's cell"
        self.notes.append(Note(place, f"names no scenario: got {shown(said)}; the base case is taken", True))
        return "base"

    def _title(self) -> str:
        """The title if somebody changed it in the Log."""
        said = _text(Held("", self.log.values.get("scenario", "")))
        return "" if said == self.made.scenario.title.in_(self.lang) else said

    def _was(self, id: str, column: str) -> Held:
        """What the cell held when the workbook was made."""
        letters = {**CASE_COLUMN, "source": "I", "as_of": "J", "note": "L"}
        return self.before.get(self.before_rows[id], column_index_from_string(letters[column]))

    def _changed(self, id: str, column: str) -> bool:
        was, held = self._was(id, column), self.layout.at(id, column)
        if was.formula and held.formula.replace("$", "") == self._base(id):  # follows the base case wherever it moved
            return False
        if was.formula and self.edition == "values":  # a case that follows the base case is a number there too
            return not any(same(base, held) for base in (self._was(id, "base"), self.layout.at(id, "base")))
        return not same(was, held)

    def _base(self, id: str) -> str:
        """The formula of a case that follows the base case."""
        return f"={get_column_letter(self.layout.columns['base'])}{self.layout.rows[id]}"

    def _inputs(self) -> dict[str, Any]:
        made = self.made.scenario.inputs
        found: dict[str, Any] = {}
        for id, item in self.items.items():
            changes = dict(self._changes(id, item))
            if id in made:
                found[id] = made[id].model_dump() | changes
            elif changes:
                found[id] = item.given.model_dump() | changes
        return {id: found[id] for id in [*made, *found] if id in found}

    def _changes(self, id: str, item: Input | Choice) -> Iterator[tuple[str, Any]]:
        for column in CASES if isinstance(item, Input) else ("base",):
            if self._changed(id, column):
                try:
                    value = self._typed(id, item, column)
                except XlllmError as error:
                    self.problems.append(error)
                    continue
                yield ("value" if column == "base" else column), value
        yield from self._origin(id)

    def _origin(self, id: str) -> Iterator[tuple[str, Any]]:
        if self._changed(id, "source"):
            yield "source", self._reference(_text(self.layout.at(id, "source")))
        if self._changed(id, "as_of"):
            try:
                yield "as_of", self._date(id, "as_of")
            except InputError as error:
                self.problems.append(error)
        if self._changed(id, "note"):
            note = _text(self.layout.at(id, "note"))
            yield "note", {"en": note, "ja": note}

    def _typed(self, id: str, item: Input | Choice, column: str) -> Any:
        """What stands in a cell now, as a scenario says it; None if a case follows the base case."""
        held, at = self.layout.at(id, column), self.layout.name(id, column)
        if column != "base":
            if held.formula.replace("$", "") == self._base(id):
                return None
            if _blank(held):
                said = "is blank: the workbook computes with 0 there, the scenario with the base value"
                self.notes.append(Note(at, f"{said}; type {self._base(id)} or a number", True))
                return None
        value = self._value(held, at)
        if isinstance(item, Choice):
            if not isinstance(value, str) or not value.strip():
                raise InputError(f"{at} is blank: choose from the list" if value is None else f"{at} must be a name")
            try:
                return catalog.find(item.catalog, value).key
            except NotInCatalogError as error:
                raise NotInCatalogError(f"{at}: {error.message}") from None
        if isinstance(value, float) and item.quantity.kind == "date":
            value = self.book.day(value).isoformat()
        canonical = read(item.quantity, value, f"{at} ({item.label.in_(self.lang)})")
        if not (isinstance(value, str) and item.quantity.numeric):
            return canonical
        said = f"is the text {shown(value)}, with which the workbook cannot compute: type {figure(canonical)}"
        self.notes.append(Note(at, said, True))
        return value

    def _value(self, held: Held, at: str) -> Any:
        """The content of a cell; of a formula what it showed last."""
        if held.formula:
            if held.value is None:
                raise InputError(f"{at} holds {shown(held.formula)}, which nobody computed yet: type the value itself")
            self.notes.append(Note(at, f"holds {shown(held.formula)}; the value that it showed last is taken"))
        if isinstance(held.value, CellError):
            raise InputError(f"{at} holds the error {held.value}: type the value itself")
        return held.value

    def _reference(self, text: str) -> str:
        """The key of the bibliography or of ours that a source is shown for; else the text itself."""
        own = [key for key, said in words.SAYS.items() if text in (said.in_(self.lang), key)]
        works = [work.key for work in catalog.references().values() if work.cited == text]
        return own[0] if own else works[0] if len(works) == 1 else text

    def _date(self, id: str, column: str) -> Any:
        """A date, a year or a month as text, or nothing."""
        held, at = self.layout.at(id, column), self.layout.name(id, column)
        value = self._value(held, at)
        if value is None or value == "":
            return ""
        with suppress(ValueError):
            if isinstance(value, float):
                return str(int(value)) if 1900 <= value <= LAST_YEAR else self.book.day(value)
            if isinstance(value, str):
                plain = unicodedata.normalize("NFKC", value).strip().replace("/", "-").replace(".", "-")
                parts = plain.split("-")
                return iso_date("-".join([parts[0], *(p.zfill(2) for p in parts[1:])]))
        raise InputError(f"{at} must be a date: got {_shown(value)}; write 2026-04-01, 2026-04 or 2026")

    def _settings(self) -> tuple[dict[str, Any], dt.date]:
        """The settings, and the date of the prices."""
        made = self.made.scenario
        found, as_of = made.settings.model_dump(), made.as_of
        for id in (*words.SETTINGS,):
            if id not in self.layout.rows or not self._changed(id, "base"):
                continue
            held, at = self.layout.at(id, "base"), self.layout.name(id, "base")
            try:
                value = self._setting(id, held, at)
                if id == PRICE_DATE:
                    as_of = value
                elif id == RATE:
                    found[id]["value"] = value
                else:
                    field = FIELDS.get(id, id)
                    found[field] = Settings.model_validate({field: value}).model_dump()[field]
            except ValidationError as error:
                said = error.errors()[0]["msg"].removeprefix("Input should be ")
                self.problems.append(InputError(f"{at} must be {said}: got {_shown(held.value)}"))
            except XlllmError as error:
                self.problems.append(error)
        if RATE in self.layout.rows:
            found[RATE] |= dict(self._origin(RATE))
        return found, as_of

    def _setting(self, id: str, held: Held, at: str) -> Any:
        value = self._value(held, at)
        if _blank(held):
            raise InputError(f"{at} ({words.SETTINGS[id].in_(self.lang)}) is blank")
        if id == "money_unit":
            units = {name.in_(self.lang): key for key, (name, *_) in words.MONEY_UNITS.items()}
            if value not in units:
                raise InputError(f"{at} must be one of {', '.join(units)}: got {_shown(value)}")
            return units[value]
        if id == PRICE_DATE:
            day = self._date(id, "base")
            with suppress(ValueError):
                return day if isinstance(day, dt.date) else dt.date.fromisoformat(day)
            raise InputError(f"{at} must be a day: got {_shown(value)}; write 2026-04-01")
        if isinstance(value, bool) or not isinstance(value, float):
            raise InputError(f"{at} must be a number: got {_shown(value)}")
        if id == RATE and value <= 0:
            raise InputError(f"{at} must be a number above 0: got {value:g}")
        return int(value) if value == int(value) and id != RATE else value


def same(was: Held, held: Held) -> bool:
    """Whether a cell still holds what it held."""
    if was.formula or held.formula:
        return was.formula.replace("$", "") == held.formula.replace("$", "")
    numbers = [x for x in (was.value, held.value) if isinstance(x, float | bool)]
    if len(numbers) == 2:  # a program without flags writes TRUE as 1
        return abs(numbers[0] - numbers[1]) <= SAME * abs(numbers[0])
    return not numbers and _text(was) == _text(held)


def _blank(held: Held) -> bool:
    return held == NOTHING or (not held.formula and isinstance(held.value, str) and not held.value.strip())


def _text(held: Held) -> str:
    """The text of a cell; of a number its digits, because a title may be 2026."""
    value = held.value
    return "" if value is None else f"{value:.15g}" if isinstance(value, float) else str(value).strip()


def _shown(value: Any) -> str:
    return f"{value:.12g}" if isinstance(value, float) else shown(value)


# -- as a file ---------------------------------------------------------------------------------------------------------
def as_toml(found: Extracted, about: str) -> str:
    """The scenario as a file to go on with; ``about`` is its first comment."""
    data = found.scenario.model_dump(by_alias=True, exclude_defaults=True)
    data["title"] = _short(data["title"])
    settings = {k: _short_given(v) if k == RATE else v for k, v in data.pop("settings", {}).items()}
    given = {id: _short_given(v) for id, v in data.pop("inputs").items()}
    tables = ({"settings": settings} if settings else {}) | {"inputs": given}
    groups = {i.id: i.group for i in found.made.inputs.values()} | {c.id: c.group for c in found.made.choices.values()}
    titles = {id: group.in_(found.lang) for id, group in groups.items()}
    remarks: dict[str, str] = {}
    last = ""
    for id in given:
        if (title := titles.get(id, last)) != last:
            remarks[f"inputs.{id}"] = last = title
    return toml.written(about, data, tables, remarks)


def _short(text: dict[str, str]) -> str | dict[str, str]:
    """A text that is the same in both languages stands once."""
    return text["en"] if text["en"] == text["ja"] else text


def _short_given(given: dict[str, Any]) -> Any:
    if "note" in given:
        given = given | {"note": _short({"en": "", "ja": ""} | given["note"])}
    return given["value"] if given.keys() == {"value"} else given
