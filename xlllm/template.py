"""Reading templates (what a workbook holds) and scenarios (the numbers of one case) from TOML.

Both are data: they name quantities and formulas, and never compute.
"""

from __future__ import annotations

import datetime as dt
import os
import tomllib
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    ValidationError,
)

from xlllm import toml
from xlllm.errors import FileError, TemplateError
from xlllm.nearest import nearest as closest
from xlllm.values import printable, shown

CHOOSER = "choose"
"""The one file among the templates that is none: the questions that lead to them."""
LONGEST_TITLE = 80
"""Characters: twice as many (every ampersand is doubled) and the codes around them fit a page header's 255."""
_DATE = r"^(\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?)?$"


class Strict(BaseModel):
    """Refuses unknown keys and values of another type."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


M = TypeVar("M", bound=Strict)


Printable = Annotated[str, AfterValidator(printable)]


class Text(Strict):
    """A text in both languages; a plain text stands for both."""

    en: Printable
    ja: Printable

    def in_(self, lang: str) -> str:
        return self.ja if lang == "ja" else self.en


class _OrPlain:
    """In the JSON Schema: a plain value of these types is the short form of a table."""

    def __init__(self, *types: str) -> None:
        self._types = types

    def __get_pydantic_json_schema__(self, schema: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"anyOf": [handler(schema), *({"type": t} for t in self._types)]}


def _both(value: Any) -> Any:
    return {"en": value, "ja": value} if isinstance(value, str) else value


def _one_line(text: Text) -> Text:
    if any(len(t.splitlines()) != 1 or len(t) > LONGEST_TITLE for t in (text.en, text.ja)):
        raise ValueError(f"one line of at most {LONGEST_TITLE} characters, because it stands in page headers")
    return text


Words = Annotated[Text, BeforeValidator(_both), _OrPlain("string")]
Title = Annotated[Words, AfterValidator(_one_line)]


def _unquoted(value: Any) -> Any:
    """A date in quotes is a date too."""
    with suppress(ValueError):
        return dt.date.fromisoformat(value) if isinstance(value, str) else value
    return value


Date = Annotated[dt.date, BeforeValidator(_unquoted)]


class Given(Strict):
    """A value with its range and origin. ``low`` is the unfavourable case, ``high`` the favourable one."""

    value: float | bool | str
    low: float | str | None = None
    high: float | str | None = None
    own: float | bool | str | None = Field(None, description="The reader's own case; without it, the base case")
    source: Printable = Field("", description="Key of the bibliography, or your own words: own plan, quote of 3 May")
    as_of: dt.date | Annotated[str, Field(pattern=_DATE)] = Field(
        "", description="Date of the source: YYYY, YYYY-MM or YYYY-MM-DD"
    )
    note: Words = Text(en="", ja="")


def _given(value: Any) -> Any:
    return value if isinstance(value, (dict, Given)) else {"value": value}


GivenValue = Annotated[Given, BeforeValidator(_given), _OrPlain("number", "boolean", "string")]


class InputRow(Strict):
    """A row the reader types, or a choice from the catalogue whose facts follow it."""

    name: str = Field("", description="The quantity")
    id: str = Field("", description="Its own name, where a quantity appears twice or the row is a choice")
    label: Words | None = None
    default: GivenValue | None = None
    catalog: str = Field("", description="Catalogue to choose from: gpu, model, run, law")
    facts: dict[str, str] = Field({}, description="Row id = field of the catalogue")
    record: str = Field("", description="The record argument these facts fill: law or arch")


class CalcRow(Strict):
    """A row that a formula computes."""

    name: str
    as_: str = Field("", alias="as")
    result: str = Field("", description="Which result, of a function that gives several")
    label: Words | None = None
    with_: dict[str, str | list[str]] = Field({}, alias="with")
    output: bool = False


def _row(value: Any) -> Any:
    return {"name": value} if isinstance(value, str) else value


class InputGroup(Strict):
    title: Text
    rows: list[Annotated[InputRow, BeforeValidator(_row), _OrPlain("string")]]


class CalcGroup(Strict):
    title: Text
    rows: list[Annotated[CalcRow, BeforeValidator(_row), _OrPlain("string")]]
    over: Literal["", "years"] = ""
    with_: dict[str, str | list[str]] = Field({}, alias="with")


class Check(Strict):
    """A row that must lie between two limits (numbers or rows), say the same as another row, or keep its sign."""

    row: str
    label: Text
    low: float | str | None = None
    high: float | str | None = None
    same_as: str = ""
    keeps_sign: bool = Field(False, description="In the low, base and high case alike")
    warns: bool = Field(False, description="A miss makes the advice conditional instead of void")


class Axis(Strict):
    """The values that a what-if gives to an input: as they are, or as multiples of the value in use."""

    row: str
    values: list[float] = []
    times: list[float] = []
    show: str = Field("", description="How the values are written beside the results")


class Option(Strict):
    """Inputs that are set together: one row of a comparison."""

    label: Words
    set: dict[str, float | bool | str]


class WhatIf(Strict):
    """Rows computed again with other inputs, each with its whole chain of formulas on a sheet of its own.

    ``tornado``: every input with a range, one at a time, around the base case. ``grid``: two inputs against each other.
    ``sweep``: one input over its values. ``options``: sets of inputs. ``draws``: all inputs with a range at once,
    drawn from their distributions with a sequence that never changes.
    """

    id: str
    kind: Literal["tornado", "grid", "sweep", "options", "draws"]
    title: Text
    targets: list[str] = Field(min_length=1)
    x: Axis | None = None
    y: Axis | None = None
    options: list[Option] = []
    fits: list[str] = Field([], max_length=2, description="A target and the target that it must not exceed")
    least: str = Field("", description="Of the options that fit, the one with the least of this target is picked")
    none: Text = Text(en="none fits", ja="該当なし")
    draws: int = Field(200, ge=20, le=2000)
    seed: int = Field(7, ge=1, le=999_999)


class Phrase(Strict):
    """Words that follow a row: a text for each answer, for yes and no, or for negative, undefined and other numbers."""

    row: str
    cases: dict[str, Text] = {}
    yes: Text | None = None
    no: Text | None = None
    negative: Text | None = None
    undefined: Text | None = None
    otherwise: Text | None = None


class Card(Strict):
    row: str
    label: Text
    show: str
    note: Text


class _Panel(Strict):
    title: Text
    subtitle: Text


class Bridge(_Panel):
    """Components that add up to a total, as a waterfall."""

    kind: Literal["bridge"]
    items: list[str]
    total: str


class Lines(_Panel):
    """One row over the years, in the three cases."""

    kind: Literal["lines"]
    row: str
    show: str = "money"


class ComparisonRow(Strict):
    """A figure of this plan and, where there is one, the published figure and the difference."""

    row: str
    show: str
    label: Text | None = None
    published: str = ""
    difference: str = ""


class Comparison(_Panel):
    """This plan beside published figures."""

    kind: Literal["comparison"]
    rows: list[ComparisonRow]


class Column(Strict):
    head: Text
    show: str


class TableRow(Strict):
    label: Text
    cells: list[str] = Field(description="Row ids, one a column; an empty text leaves the cell empty")
    answer: str = Field("", description="The answer of best that marks this row")


class Table(_Panel):
    """Options side by side; the row that ``best`` names is marked."""

    kind: Literal["table"]
    head: Text
    columns: list[Column] = Field(min_length=1, max_length=4)
    rows: list[TableRow] = Field(max_length=10)
    best: str = Field("", description="A row whose answer is that of one of the rows")


class Bars(_Panel):
    """Figures as horizontal bars, one of them emphasised."""

    kind: Literal["bars"]
    items: list[ComparisonRow] = Field(max_length=10)
    emphasis: str = ""


class Stack(_Panel):
    """Bars that add up parts: a bar an option or scenario, at most three parts."""

    kind: Literal["stack"]
    parts: list[Text] = Field(min_length=1, max_length=3)
    bars: list[TableRow] = Field(max_length=8, description="One row id for each part")
    show: str


class Tornado(_Panel):
    """How far each input with a range moves the target of a what-if."""

    kind: Literal["tornado"]
    what_if: str


class Curve(_Panel):
    """The targets of a sweep as lines over its input."""

    kind: Literal["curve"]
    what_if: str
    show: str = Field(description="How the last point of a line is written")
    labels: list[Text] = Field([], description="What the lines are called, in the order of the targets")


class Heat(_Panel):
    """The target of a grid as coloured numbers."""

    kind: Literal["heat"]
    what_if: str
    show: str
    middle: float | None = Field(None, description="Where the colour turns: a break-even")


class Options(_Panel):
    """The options of a what-if side by side: a target a column."""

    kind: Literal["options"]
    what_if: str
    columns: list[Column] = Field(min_length=1, max_length=4)


class Histogram(_Panel):
    """The draws of a what-if, counted."""

    kind: Literal["histogram"]
    what_if: str


class Notes(_Panel):
    """Sentences that follow the numbers."""

    kind: Literal["notes"]
    lines: list[Text] = Field(max_length=10)


class Checklist(_Panel):
    """How the checks stand."""

    kind: Literal["checks"]
    title: Text = Text(en="What this advice rests on", ja="この提言の前提")
    subtitle: Text = Text(en="{checks_light}", ja="{checks_light}")


Panel = Annotated[
    Bridge
    | Lines
    | Comparison
    | Table
    | Bars
    | Stack
    | Tornado
    | Curve
    | Heat
    | Options
    | Histogram
    | Notes
    | Checklist,
    Field(discriminator="kind"),
]


class Dashboard(Strict):
    decision: list[Text]
    cards: list[Card] = Field(max_length=6)
    panels: list[Panel] = Field(min_length=4, max_length=4, description="Upper left, upper right, lower left, right")


class BriefLine(Strict):
    label: Text
    text: Text
    lines: int = Field(1, ge=1, le=4, description="Lines that the longest answer needs")


class Brief(Strict):
    """One page to decide on: a ringi-sho in Japanese, a board paper in English."""

    lines: list[BriefLine]
    title: Text = Field(description="Of the table of amounts")
    amounts: list[str] = Field(max_length=10, description="Rows in money, in the three cases")
    totals: list[str] = Field(max_length=3)


class Template(Strict):
    """What a workbook holds, in which order."""

    schema_: Literal[1] = Field(alias="schema")
    id: str
    title: Text
    about: Text
    scenario: str = Field(description="The scenario that fills a new workbook")
    years: int = Field(0, ge=0, le=30, description="Years after year 0 on the time axis")
    inputs: list[InputGroup]
    calculation: list[CalcGroup]
    checks: list[Check]
    phrases: dict[str, Phrase] = {}
    what_ifs: list[WhatIf] = Field([], alias="what_if")
    dashboard: Dashboard
    brief: Brief | None = None


Money = Literal["usd", "usd_k", "usd_m", "jpy", "jpy_m", "jpy_oku"]


class Settings(Strict):
    """How a workbook shows money and years; nothing is computed from it."""

    money: Money | None = Field(None, description="Unit of amounts; without it $M in English, 億円 in Japanese")
    jpy_per_usd: GivenValue = Given(
        value=150.0, source="own estimate", note=Text(en="Replace with today's rate", ja="当日のレートに置き換え")
    )
    first_year: int | None = Field(None, ge=2000, le=2100, description="Calendar year in which year 0 begins")
    fiscal_start_month: int | None = Field(None, ge=1, le=12, description="Without it, January; April in Japanese")
    case: Literal["low", "base", "high", "own"] = Field("base", description="The scenario that is chosen at first")
    stale_after_months: int = Field(24, ge=1, le=240, description="Age from which a price is flagged")


class Scenario(Strict):
    """The numbers of one case for a template."""

    schema_: Literal[1] = Field(alias="schema", description="Version of this format")
    template: str = Field(description="Id of the template it fills")
    title: Title
    as_of: Date = Field(description="Date of the prices")
    settings: Settings = Settings()
    inputs: dict[str, GivenValue]


def home() -> Path:
    """Where the templates stand: inside the installed package, or beside it in a checkout."""
    package = Path(__file__).parent
    return package / "templates" if (package / "templates").is_dir() else package.parent / "templates"


def template_names() -> list[str]:
    return sorted(p.stem for p in home().glob("*.toml") if p.stem != CHOOSER)


def load_template(name: str) -> Template:
    """A template of the library by its id. TemplateError names what is wrong and the nearest right name."""
    path = home() / f"{name}.toml"
    if name not in template_names():
        raise TemplateError(f"no template is called {name!r}{nearest(name, template_names())}")
    return load_file(Template, path)


def load_template_file(path: Path) -> Template:
    """A template of one's own. TemplateError names the file, the line, the key and the nearest right name."""
    return load_file(Template, path)


def load_scenario_for(template: Template, folder: Path) -> Scenario:
    """The scenario that a template of one's own names: beside its file, or one of the library's."""
    beside = [folder / template.scenario, folder / f"{template.scenario}.toml"]
    return load_scenario(str(next((p for p in beside if os.path.isfile(p)), template.scenario)))


def scenario_names() -> list[str]:
    return sorted(p.stem for p in (home() / "scenarios").glob("*.toml"))


def load_scenario(name_or_path: str) -> Scenario:
    """A scenario from a file, or one of the library's by its name."""
    path, names = Path(name_or_path), scenario_names()
    if name_or_path in names and not os.path.isfile(path):
        path = home() / "scenarios" / f"{name_or_path}.toml"
    elif path.suffix != ".toml" and not os.path.exists(path):
        near = nearest(name_or_path, names)
        raise FileError(f"{name_or_path}: no such file, and no scenario of that name{near}")
    return load_file(Scenario, path)


def nearest(name: str, names: Iterable[str]) -> str:
    """The end of an error message: the names that come closest, or all of them."""
    names = list(names)
    near = closest(name, names)
    return f"; did you mean {' or '.join(near)}?" if near else f"; there are {', '.join(names)}" if names else ""


def read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8-sig"))  # Windows editors begin a file with a mark
    except FileNotFoundError:
        raise FileError(f"{path}: no such file") from None
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise FileError(f"{path}: cannot be read: {why}") from None
    except tomllib.TOMLDecodeError as error:
        raise TemplateError(f"{path.name}: not valid TOML: {error}") from None
    except (ValueError, RecursionError):
        raise TemplateError(f"{path.name}: not valid TOML: a number too long, or lists too deep") from None


def load_file(model: type[M], path: Path) -> M:
    """A file of ours or of somebody's own. TemplateError names file, place, line and the nearest right name."""
    data = read_toml(path)
    try:
        return model.model_validate(data)
    except ValidationError as error:
        lines = _explained(model, data, error)
        where = {} if path.is_relative_to(home()) else _standing(path)
        raise TemplateError("\n".join(f"{path.name}: {line}{_line(where, line)}" for line in lines[:5])) from None


def _standing(path: Path) -> Mapping[str, int]:
    """The line of every key of somebody's own file."""
    with suppress(OSError, ValueError, IndexError):
        return toml.lines(path.read_text("utf-8-sig"))
    return {}


def _line(where: Mapping[str, int], message: str) -> str:
    """The line of the key that a message begins with, or of the table where it is missing."""
    place = message.partition(": ")[0]
    while place and place not in where:
        place = place.rpartition(".")[0]
    return f" (line {where[place]})" if place else ""


_MUST_BE = {
    "Text": "text, or a table with en and ja",
    "model_type": "a table",
    "dict_type": "a table",
    "list_type": "a list",
    "float_type": "a number",
    "int_type": "a whole number",
    "bool_type": "true or false",
    "string_type": "text",
    "string_pattern_mismatch": "YYYY, YYYY-MM or YYYY-MM-DD in quotes",
    "date_type": "a date such as 2023-02-27",
    "too_long": "a list of at most {max_length}",
    "too_short": "a list of at least {min_length}",
}


def _explained(model: type[BaseModel], data: Any, error: ValidationError) -> list[str]:
    """A line for every place that is wrong; what else it could be stands on the same line."""
    lines: dict[str, str] = {}
    wanted: dict[str, list[str]] = {}
    for e in error.errors():
        kind, loc = e["type"], e["loc"]
        if kind.startswith("union_tag"):
            where, line = _wrong_kind(data, e)
            lines[where] = line
            continue
        place = _place(data, loc) + [str(loc[-1])] * (kind == "missing")
        where = ".".join(place)
        if kind == "extra_forbidden":
            lines[where] = f"{where}: unknown key{nearest(place[-1], _keys(model, loc[:-1]))}"
        elif kind == "missing":
            lines[where] = f"{where}: is missing"
        else:
            said = e["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
            context = e.get("ctx", {})
            own = _MUST_BE.get(context.get("class_name", "")) or _MUST_BE.get(kind, said).format(**context)
            could_be = wanted.setdefault(where, [])
            could_be += [own] if own not in could_be else []
            got = f": got {shown(e['input'])}" if isinstance(e["input"], (str, int, float)) else ""
            lines[where] = f"{where}: must be {' or '.join(could_be)}{got}"
    return list(lines.values())


def _wrong_kind(data: Any, e: Any) -> tuple[str, str]:
    """The place and the line of a table that says no kind, or none that there is."""
    kinds = [k.strip("'") for k in e["ctx"]["expected_tags"].split(", ")] if "expected_tags" in e["ctx"] else []
    table: Any = data
    for step in (steps := _place(data, e["loc"])):
        table = table[int(step) if isinstance(table, list) else step]
    where = ".".join([*steps, "kind"])
    if kinds:
        got = f": got {shown(table['kind'])}" if isinstance(table["kind"], (str, int, float)) else ""
        near = nearest(table["kind"], kinds) if isinstance(table["kind"], str) else ""
        return where, f"{where}: must be {', '.join(kinds)}{got}{near if 'mean' in near else ''}"
    misspelt = closest("kind", table) if isinstance(table, dict) else []
    if misspelt:
        where = ".".join([*steps, misspelt[0]])
        return where, f"{where}: unknown key; did you mean kind?"
    return where, f"{where}: is missing"


def _place(data: Any, loc: Iterable[Any]) -> list[str]:
    """The steps to a place of the file: without those that only name a kind of value, or a short form's key."""
    steps = []
    for step in loc:
        with suppress(LookupError, TypeError):
            data = data[step]
            steps.append(str(step))
    return steps


def _keys(model: type[BaseModel], loc: tuple[Any, ...]) -> list[str]:
    """The keys allowed at a place of a file."""
    among: list[type[BaseModel]] = []
    for step in loc:
        if isinstance(step, str) and step in (fields := {f.alias or n: f for n, f in model.model_fields.items()}):
            among = _models_in(fields[step].annotation)
            if not among:
                return []
            model = among[0]
        elif step in (kinds := {_kind(m): m for m in among}):
            model = kinds[step]
    return [f.alias or n for n, f in model.model_fields.items()]


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [m for a in getattr(annotation, "__args__", ()) for m in _models_in(a)]


def _kind(model: type[BaseModel]) -> str:
    """Which kind of panel a model is."""
    field = model.model_fields.get("kind")
    return str(getattr(field.annotation, "__args__", ("",))[0]) if field else ""
