"""Reading templates (what a workbook holds) and scenarios (the numbers of one case) from TOML.

Both are data: they name quantities and formulas, and never compute.
"""

from __future__ import annotations

import datetime as dt
import difflib
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from xlllm.errors import FileError, TemplateError

SCHEMA_VERSION = 1
LANGUAGES = ("en", "ja")
Language = Literal["en", "ja"]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


M = TypeVar("M", bound=_Model)


class Text(_Model):
    """A text in both languages; a plain text stands for both."""

    en: str
    ja: str

    def in_(self, lang: str) -> str:
        return self.ja if lang == "ja" else self.en


def _both(value: Any) -> Any:
    return {"en": value, "ja": value} if isinstance(value, str) else value


Words = Annotated[Text, BeforeValidator(_both)]


class Given(_Model):
    """A value with its range and origin. ``low`` is the unfavourable case, ``high`` the favourable one."""

    value: float | bool | str
    low: float | str | None = None
    high: float | str | None = None
    source: str = Field("", description="Key of the bibliography, or your own words: own plan, quote of 3 May")
    as_of: dt.date | str = Field("", description="Date of the source: YYYY, YYYY-MM or YYYY-MM-DD")
    note: Words = Text(en="", ja="")


def _given(value: Any) -> Any:
    return value if isinstance(value, (dict, Given)) else {"value": value}


GivenValue = Annotated[Given, BeforeValidator(_given)]


class InputRow(_Model):
    """A row the reader types, or a choice from the catalogue whose facts follow it."""

    name: str = Field("", description="The quantity")
    id: str = Field("", description="Its own name, where a quantity appears twice or the row is a choice")
    label: Words | None = None
    default: GivenValue | None = None
    catalog: str = Field("", description="Catalogue to choose from: gpu, model, run, law")
    facts: dict[str, str] = Field({}, description="Row id = field of the catalogue")
    record: str = Field("", description="The record argument these facts fill: law or arch")


class CalcRow(_Model):
    """A row that a formula computes."""

    name: str
    as_: str = Field("", alias="as")
    label: Words | None = None
    with_: dict[str, str | list[str]] = Field({}, alias="with")
    output: bool = False


def _row(value: Any) -> Any:
    return {"name": value} if isinstance(value, str) else value


class InputGroup(_Model):
    title: Text
    rows: list[Annotated[InputRow, BeforeValidator(_row)]]


class CalcGroup(_Model):
    title: Text
    rows: list[Annotated[CalcRow, BeforeValidator(_row)]]
    over: Literal["", "years"] = ""
    with_: dict[str, str | list[str]] = Field({}, alias="with")


class Check(_Model):
    """A row that must lie between two limits (numbers or rows), or say the same as another row."""

    row: str
    label: Text
    low: float | str | None = None
    high: float | str | None = None
    same_as: str = ""
    warns: bool = Field(False, description="A miss makes the advice conditional instead of void")


class Phrase(_Model):
    """Words that follow a row: one text for each answer, or for negative, undefined and all other numbers."""

    row: str
    cases: dict[str, Text] = {}
    negative: Text | None = None
    undefined: Text | None = None
    otherwise: Text | None = None


class Card(_Model):
    row: str
    label: Text
    show: str
    note: Text


class Bridge(_Model):
    """Components that add up to a total, as a waterfall."""

    title: Text
    subtitle: Text
    items: list[str]
    total: str


class CashChart(_Model):
    """One row over the years, in the three cases."""

    title: Text
    subtitle: Text
    row: str


class ComparisonRow(_Model):
    """A figure of this plan and, where there is one, the published figure and the difference."""

    row: str
    show: str
    published: str = ""
    difference: str = ""


class Comparison(_Model):
    """This plan beside published figures."""

    title: Text
    subtitle: Text
    rows: list[ComparisonRow]


class Dashboard(_Model):
    decision: list[Text]
    cards: list[Card]
    bridge: Bridge
    cash: CashChart
    comparison: Comparison
    checks: Text = Field(description="Title of the panel of checks")


class Template(_Model):
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
    dashboard: Dashboard


class Scenario(_Model):
    """The numbers of one case for a template."""

    schema_: Literal[1] = Field(alias="schema", description="Version of this format")
    template: str = Field(description="Id of the template it fills")
    title: Words
    as_of: dt.date = Field(description="Date of the prices")
    inputs: dict[str, GivenValue]


def home() -> Path:
    """Where the templates stand: inside the installed package, or beside it in a checkout."""
    package = Path(__file__).parent
    return package / "templates" if (package / "templates").is_dir() else package.parent / "templates"


def template_names() -> list[str]:
    return sorted(p.stem for p in home().glob("*.toml"))


def load_template(name: str) -> Template:
    """A template of the library by its id. TemplateError names what is wrong and the nearest right name."""
    path = home() / f"{name}.toml"
    if name not in template_names():
        raise TemplateError(f"no template is called {name!r}{nearest(name, template_names())}")
    return _load(Template, path)


def load_scenario(name_or_path: str) -> Scenario:
    """A scenario from a file, or one of the library's by its name."""
    path = Path(name_or_path)
    bundled = home() / "scenarios" / f"{name_or_path}.toml"
    if not path.suffix and not path.exists() and bundled.exists():
        path = bundled
    if not path.exists() and not path.suffix:
        names = sorted(p.stem for p in bundled.parent.glob("*.toml"))
        raise FileError(f"{name_or_path}: no such file, and no scenario of that name; there are {', '.join(names)}")
    return _load(Scenario, path)


def nearest(name: str, names: Iterable[str]) -> str:
    """The end of an error message: the names that come closest, or all of them."""
    names = list(names)
    near = difflib.get_close_matches(name, names, 3, 0.5)
    return f"; did you mean {' or '.join(near)}?" if near else f"; there are {', '.join(names)}" if names else ""


def read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise FileError(f"{path}: no such file") from None
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise FileError(f"{path}: cannot be read: {why}") from None
    except tomllib.TOMLDecodeError as error:
        raise TemplateError(f"{path.name}: not valid TOML: {error}") from None


def _load(model: type[M], path: Path) -> M:
    try:
        return model.model_validate(read_toml(path))
    except ValidationError as error:
        raise TemplateError("\n".join(_explained(path.name, model, e) for e in error.errors()[:5])) from None


def _explained(file: str, model: type[BaseModel], error: Any) -> str:
    where = ".".join(str(x) for x in error["loc"] if x not in ("function-before", "constrained-str"))
    if error["type"] == "extra_forbidden":
        return f"{file}: {where}: unknown key{nearest(str(error['loc'][-1]), _keys(model, error['loc'][:-1]))}"
    if error["type"] == "missing":
        return f"{file}: {where}: is missing"
    got = error.get("input")
    shown = f": got {got!r}" if isinstance(got, (str, int, float, bool)) else ""
    return f"{file}: {where}: {error['msg']}{shown}"


def _keys(model: type[BaseModel], loc: tuple[Any, ...]) -> list[str]:
    """The keys allowed at a place of a file."""
    for step in loc:
        if isinstance(step, str) and step in (fields := {f.alias or n: f for n, f in model.model_fields.items()}):
            found = _model_in(fields[step].annotation)
            if found is None:
                return []
            model = found
    return [f.alias or n for n, f in model.model_fields.items()]


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((m for a in getattr(annotation, "__args__", ()) if (m := _model_in(a))), None)
