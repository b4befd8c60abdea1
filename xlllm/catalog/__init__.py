"""Sourced facts: the one loader of the catalogue and its bibliography.

A fact is a value under a quantity's name with source, locator, date and confidence; without them it does not load.
What nobody published is absent. Nothing is overwritten: a newer value stands beside the older one under its own date.

An entry in a file is a table of facts. Its ``source``, ``locator``, ``date``, ``confidence`` and ``note`` hold for all
of them; a fact written as ``{ value = 400, locator = "Table 3" }`` says otherwise for itself, and a list of tables
(``[[entry.also]]``, ``[[entry.prices]]``) for a group of facts.
"""

from __future__ import annotations

import datetime
import importlib
import re
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from types import MappingProxyType
from typing import Annotated, Any, Literal, NoReturn, TypeAlias, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from xlllm.errors import CatalogError, InputError, NotInCatalogError, XlllmError
from xlllm.nearest import nearest
from xlllm.quantities import quantity
from xlllm.values import bounded, iso_date, shown

FILES = {
    "gpu": "gpus.toml",
    "model": "models.toml",
    "run": "runs.toml",
    "law": "laws.toml",
    "ability": "abilities.toml",
    "grid": "grids.toml",
    "format": "formats.toml",
    "tokenizer": "tokenizers.toml",
    "api_price": "api_prices.toml",
    "gpu_price": "gpu_prices.toml",
    "team": "teams.toml",
}

LOOKUPS = (
    "gpu", "model", "run", "law", "ability", "grid", "format", "tokenizer", "api_price", "gpu_price", "team", "list",
    "source", "as_of", "cite", "number", "version", "last_error",
)  # fmt: skip
"""The look-up functions of ``lookups.py``, which this package offers as its own: ``catalog.gpu("H100", "watts")``."""


def __getattr__(name: str) -> Any:
    if name in LOOKUPS:
        return getattr(importlib.import_module("xlllm.catalog.lookups"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


INHERITED = ("source", "locator", "date", "confidence", "note")
"""What a fact takes from its group, and a group from its entry, unless it says otherwise."""

Value: TypeAlias = bool | int | float | str

Confidence: TypeAlias = Literal["S1", "S2", "S3", "M1", "D", "E"]
"""S1 first-party source read · S2 copy of the source read · S3 third-party summary read · M1 well remembered from the
source and not read again · D derived, the arithmetic stated · E own estimate, to be replaced by the reader's figure.
Anything weaker does not load."""
OWN = "own-estimate"
"""The source of every own estimate, and of nothing else."""


IsoDate: TypeAlias = Annotated[str, AfterValidator(iso_date)]
Text: TypeAlias = Annotated[str, Field(min_length=1)]
M = TypeVar("M", bound=BaseModel)


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Reference(_Frozen):
    """One work of the bibliography. ``authors`` is short ("Touvron et al."); ``date`` is that of publication."""

    key: Text
    title: Text
    authors: Text
    date: IsoDate
    publisher: Text
    url: str = ""
    doi: str = ""
    licence: str = ""

    @model_validator(mode="after")
    def _can_be_found(self) -> Reference:
        if not (self.url or self.doi or self.key == OWN):
            raise ValueError("url or doi is missing")
        return self

    @property
    def cited(self) -> str:
        """As in running text: "Touvron et al. 2023"."""
        return f"{self.authors} {self.date[:4]}"

    @property
    def in_full(self) -> str:
        """With title and where to find it."""
        return f"{self.cited}, {self.title}, {f'doi:{self.doi}' if self.doi else self.url}"


class Fact(_Frozen):
    """A value with its origin. ``name`` is a quantity; ``value`` is in that quantity's unit and bounds."""

    name: str
    value: Value
    source: str
    locator: Text
    date: IsoDate
    confidence: Confidence
    note: str = ""

    @field_validator("source")
    @classmethod
    def _is_referenced(cls, source: str) -> str:
        if source not in references():
            raise ValueError(f"{shown(source)} is not in references.toml{_nearest(source, _written(references()))}")
        return source

    @model_validator(mode="after")
    def _fits_its_quantity(self) -> Fact:
        if wrong := _misfit(self.name, self.value):
            raise ValueError(wrong)
        if (self.source == OWN) is not (self.confidence == "E"):
            raise ValueError(f"an own estimate has the source {OWN} and the confidence E, and nothing else has")
        return self

    @property
    def cited(self) -> str:
        """The source in one line: "Touvron et al. 2023, Table 15 (2023-02-27)"."""
        return f"{references()[self.source].cited}, {self.locator} ({self.date})"


class Entry(_Frozen):
    """An accelerator, model, run, law or price: its newest facts by name, and the earlier ones they replaced."""

    kind: str
    key: Text
    aliases: tuple[Text, ...]
    facts: Annotated[Mapping[str, Fact], AfterValidator(MappingProxyType)]
    earlier: tuple[Fact, ...] = ()

    def fact(self, field: str, as_of: str | datetime.date | None = None) -> Fact:
        """The newest fact that is not dated after ``as_of``; of all of them if that is omitted.

        A date without day or month counts as known from its first day on.

        Raises
        ------
        NotInCatalogError
            If nobody published it, or not by then, or no entry of this kind has such a field (with the nearest name).
        InputError
            If ``as_of`` is no ISO date.
        """
        name = field_name(self.kind, field)
        if name not in self.facts:
            raise NotInCatalogError(f"{name} of {self.key} is not published; known: {', '.join(self.facts)}")
        newest = self.facts[name]
        if as_of is None:
            return newest
        day = _day(as_of)
        dated = [f for f in (*self.earlier, newest) if f.name == name]  # oldest first
        known = [f for f in dated if f.date[: len(day)] <= day]
        if not known:
            raise NotInCatalogError(f"{name} of {self.key} is not known as of {day}; the first is of {dated[0].date}")
        return known[-1]


# -- asking --------------------------------------------------------------------------------------------------------
@cache
def references() -> Mapping[str, Reference]:
    """The bibliography by key. Raises CatalogError if an entry is incomplete."""
    where = "references.toml"
    table = _toml(files("xlllm") / where, where)
    return MappingProxyType(
        {key: _valid(Reference, {"key": key, **raw}, f"{where}: {key}") for key, raw in table.items()}
    )


@cache
def load(kind: str) -> Mapping[str, Entry]:
    """All entries of one kind ("gpu", "model" … of ``FILES``) by key.

    Raises
    ------
    NotInCatalogError
        If there is no such catalogue.
    CatalogError
        If a fact cannot be trusted: names file, entry and field.
    """
    if kind not in FILES:
        raise NotInCatalogError(f"there is no catalogue of kind {shown(kind)}; there are {', '.join(FILES)}")
    return read(kind, files(__name__) / FILES[kind])


def find(kind: str, key: str) -> Entry:
    """The entry called ``key``, or with that alias; case, spaces, hyphens, underscores and full width do not matter.

    Raises NotInCatalogError for an unknown key, with the nearest names.
    """
    names = _names(kind)
    if not isinstance(key, str) or not key.strip():
        raise InputError(f"key must be a name in quotes{_any(_keys(kind))}: got {shown(key)}")
    wanted = _plain(key)
    if wanted in names:
        return names[wanted]
    if len(wanted) < 3:  # likely a cell's content, taken for a name
        raise NotInCatalogError(f"no {kind} has the key {shown(key)}; write the name in quotes{_any(_keys(kind))}")
    raise NotInCatalogError(f"no {kind} has the key {shown(key)}{_nearest(key, _keys(kind)) or _any(_keys(kind))}")


def fact(kind: str, key: str, field: str, as_of: str | datetime.date | None = None) -> Fact:
    """One fact with its origin: ``fact("gpu", "H100 SXM", "peak_flops")``. Raises as ``find`` and ``Entry.fact``."""
    return find(kind, key).fact(field, as_of)


def field_name(kind: str, field: str) -> str:
    """A field as the catalogue spells it. Raises NotInCatalogError, with the nearest names."""
    fields = _fields(kind)
    if (name := fields.get(_plain(field))) is None:
        raise NotInCatalogError(f"{kind} has no field {shown(field)}{_nearest(field, fields) or _any(fields)}")
    return name


def same_name(a: str, b: str) -> bool:
    """Whether two names differ only in case, spaces, hyphens, underscores or width."""
    return _plain(a) == _plain(b)


def nearest_names(name: str, names: Iterable[str]) -> str:
    """The end of a message about an unknown name: those that come closest, or nothing."""
    return _nearest(name, _written(names))


# -- loading -------------------------------------------------------------------------------------------------------
def read(kind: str, path: Traversable) -> Mapping[str, Entry]:
    """The entries of one file. Raises CatalogError."""
    return parse(kind, _toml(path, path.name), path.name)


def parse(kind: str, table: Mapping[str, Any], where: str) -> Mapping[str, Entry]:
    """The entries of a parsed file called ``where``. Raises CatalogError."""
    entries = {key: _entry(kind, key, raw, f'{where}: "{key}"') for key, raw in table.items()}
    _by_name(entries, where)
    return MappingProxyType(entries)


def _entry(kind: str, key: str, raw: Any, where: str) -> Entry:
    if not isinstance(raw, dict):
        _refuse(where, "an entry is a table of facts")
    aliases = raw.get("aliases", [])
    dated: dict[str, list[Fact]] = {}
    for found in _facts({k: v for k, v in raw.items() if k != "aliases"}, {}, where):
        others = dated.setdefault(found.name, [])
        if any(other.date == found.date for other in others):
            _refuse(f"{where}: {found.name}", f"is given twice for {found.date}")
        others.append(found)
        others.sort(key=lambda f: f.date)
    if not dated:
        _refuse(where, "has no facts")
    whole = {
        "kind": kind,
        "key": key,
        "aliases": tuple(aliases) if isinstance(aliases, list) else aliases,
        "facts": {name: facts[-1] for name, facts in dated.items()},
        "earlier": tuple(older for facts in dated.values() for older in facts[:-1]),
    }
    return _valid(Entry, whole, where)


def _facts(group: Mapping[str, Any], inherited: Mapping[str, Any], where: str) -> Iterator[Fact]:
    origin = {**inherited, **{k: v for k, v in group.items() if k in INHERITED}}
    for name, raw in group.items():
        if name in INHERITED:
            continue
        if isinstance(raw, list):
            for part in raw:
                if not isinstance(part, dict):
                    _refuse(f"{where}: {name}", "a list holds groups of facts, each a table")
                yield from _facts(part, origin, where)
        else:
            own = raw if isinstance(raw, dict) else {"value": raw}
            if "name" in own:
                _refuse(f"{where}: {name}", "name is unknown; the field's own name is its key")
            yield _valid(Fact, {"name": name, **origin, **own}, f"{where}: {name}")


def _misfit(name: str, value: Value) -> str:
    """What is wrong with a value under a quantity's name; nothing is the empty text."""
    try:
        entry = quantity(name)
    except KeyError as unknown:
        return str(unknown.args[0])
    if not entry.numeric:
        wanted = bool if entry.kind == "flag" else str
        if not isinstance(value, wanted) or value == "":
            return f"must be {'true or false' if wanted is bool else 'text'}: got {shown(value)}"
        return f"must be one of {', '.join(entry.choices)}" if entry.choices and value not in entry.choices else ""
    if isinstance(value, (bool, str)):
        return f"must be a number: got {shown(value)}"
    if entry.kind == "whole" and isinstance(value, float):
        return f"must be a whole number: got {value}"
    try:
        bounded(entry, value, name)
    except XlllmError as outside:
        return outside.message
    return ""


def _toml(path: Traversable, where: str) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise CatalogError(f"{where}: {error}") from None


def _valid(model: type[M], values: Mapping[str, Any], where: str) -> M:
    """A model, or a CatalogError that says where and what."""
    try:
        return model(**values)
    except ValidationError as error:
        first = error.errors()[0]
        at = str(first["loc"][0]) if first["loc"] else ""
        match first["type"]:
            case "missing":
                _refuse(where, f"{at} is missing")
            case "extra_forbidden":
                _refuse(where, f"{at} is unknown{_nearest(at, _written(model.model_fields))}")
        said = first["msg"].removeprefix("Value error, ")
        _refuse(where, f"{at}: {said}" if at else said)


def _refuse(where: str, what: str) -> NoReturn:
    raise CatalogError(f"{where}: {what}")


# -- names ---------------------------------------------------------------------------------------------------------
@cache
def _names(kind: str) -> Mapping[str, Entry]:
    return _by_name(load(kind), FILES[kind])


@cache
def _keys(kind: str) -> Mapping[str, str]:
    return {name: entry.key for name, entry in _names(kind).items()}


@cache
def _fields(kind: str) -> Mapping[str, str]:
    return _written(name for entry in load(kind).values() for name in entry.facts)


def _by_name(entries: Mapping[str, Entry], where: str) -> dict[str, Entry]:
    names: dict[str, Entry] = {}
    for entry in entries.values():
        for name in (entry.key, *entry.aliases):
            if other := names.get(_plain(name)):
                _refuse(f'{where}: "{entry.key}"', f"{shown(name)} is a name of {shown(other.key)} already")
            names[_plain(name)] = entry
    return names


def _written(names: Iterable[str]) -> dict[str, str]:
    """Plain names to how they are written."""
    return {_plain(name): name for name in names}


def _plain(name: str) -> str:
    """What of a name counts: "ＬＬａＭＡ－65Ｂ" and "llama 65b" are one."""
    return re.sub(r"[\s_\-‐-―−]", "", unicodedata.normalize("NFKC", name).casefold())


def _day(as_of: str | datetime.date) -> str:
    if isinstance(as_of, datetime.date):
        return as_of.isoformat()[:10]
    try:
        return iso_date(unicodedata.normalize("NFKC", str(as_of)).strip())
    except ValueError as error:
        raise InputError(f"as_of must be a date: {error}") from None


def _nearest(name: str, written: Mapping[str, str]) -> str:
    """Names that contain ``name`` or resemble it, as the end of a message; nothing if there are none."""
    wanted = _plain(name)
    near = [n for n in written if wanted in n] + nearest(wanted, written, 4)
    found = list(dict.fromkeys(written[n] for n in near))
    return f"; nearest: {', '.join(found[:4])}" if found else ""


def _any(written: Mapping[str, str]) -> str:
    """A few names as the end of a message."""
    return f", for example {', '.join(list(dict.fromkeys(written.values()))[:4])}"
