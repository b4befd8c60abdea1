"""Templates and scenarios: every bundled one loads, what is misspelt or of a wrong type says where and what instead."""

import copy
import datetime as dt
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest
from pydantic import BaseModel

from xlllm import template
from xlllm.errors import FileError, TemplateError, XlllmError
from xlllm.plan import build
from xlllm.template import Given, Scenario, Template, Text, load_scenario, load_template, scenario_names, template_names

FREE = ("inputs", "facts", "with", "cases", "phrases", "set")
"""Tables whose keys are names that somebody chose."""
BUNDLED = [(Template, n) for n in template_names()] + [(Scenario, n) for n in scenario_names()]

EVERY = 9
"""Of the places in files other than the first ones, every ninth is broken: the kinds of places are the same."""

Place = tuple[Any, ...]
T = TypeVar("T")


def raw(model: type[BaseModel], name: str) -> dict[str, Any]:
    folder = template.home() / ("scenarios" if model is Scenario else "")
    return tomllib.loads((folder / f"{name}.toml").read_text("utf-8"))


def load(monkeypatch: pytest.MonkeyPatch, model: type[BaseModel], name: str, data: dict[str, Any]) -> BaseModel:
    """What the loader makes of ``data`` in place of the file."""
    monkeypatch.setattr(template, "read_toml", lambda path: data)
    return load_scenario(name) if model is Scenario else load_template(name)


def tables(data: Any, place: Place = ()) -> Iterator[tuple[Place, dict[str, Any]]]:
    """Every table of a file and where it stands."""
    if isinstance(data, dict):
        yield place, data
    for key, value in data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ():
        yield from tables(value, (*place, key))


def some(name: str, things: Iterator[T]) -> list[T]:
    """All of them in the first files, some in the others."""
    return list(things)[:: 1 if name in ("training_budget", "llama-65b") else EVERY]


def free(place: Place) -> bool:
    return bool(place) and place[-1] in FREE


def at(data: Any, place: Place) -> Any:
    for step in place:
        data = data[step]
    return data


def texts(value: Any, place: str = "") -> Iterator[tuple[str, Text]]:
    """Every text of a model that somebody reads; a note may be empty."""
    if isinstance(value, Text):
        yield place, value
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            if not (isinstance(value, Given) and name == "note"):
                yield from texts(getattr(value, name), f"{place}.{name}")
    elif isinstance(value, (list, dict)):
        for key, part in enumerate(value) if isinstance(value, list) else value.items():
            yield from texts(part, f"{place}.{key}")


# -- what is bundled ---------------------------------------------------------------------------------------------------
def test_there_are_some() -> None:
    assert "training_budget" in template_names()
    assert "llama-65b" in scenario_names()


@pytest.mark.parametrize("name", template_names())
def test_a_template_loads(name: str) -> None:
    loaded = load_template(name)
    assert loaded.id == name, "the file is named after its id"
    assert load_scenario(loaded.scenario).template == name, "a new workbook is filled with numbers of its own"


@pytest.mark.parametrize("name", scenario_names())
def test_a_scenario_fills_its_template(name: str) -> None:
    plan = build(load_scenario(name))
    assert plan.template.id in template_names()
    for id, given in plan.scenario.inputs.items():
        assert given.source, f"{id} does not say where it comes from"
        assert given.as_of, f"{id} does not say when that was"


@pytest.mark.parametrize("name", template_names())
def test_every_text_speaks_both_languages(name: str) -> None:
    found = list(texts(load_template(name)))
    assert len(found) > 50
    for place, text in found:
        assert text.en.strip(), f"{place}.en is empty"
        assert text.ja.strip(), f"{place}.ja is empty"
        assert text.en.isascii() or not re.search(r"[ぁ-んァ-ン一-龥]", text.en), f"{place}.en holds Japanese"
        slots = [sorted(re.findall(r"\{(.*?)\}", t)) for t in (text.en, text.ja)]
        assert slots[0] == slots[1], f"{place}: the languages show different figures"


@pytest.mark.parametrize("name", scenario_names())
def test_every_title_and_note_speaks_both_languages(name: str) -> None:
    scenario = load_scenario(name)
    for text in (scenario.title, *(g.note for g in scenario.inputs.values())):
        assert bool(text.en.strip()) == bool(text.ja.strip())


def test_a_plain_text_or_number_is_a_short_form() -> None:
    short = {"schema": 1, "template": "t", "title": "R&D", "as_of": "2026-04-01", "inputs": {"mfu": 0.4, "gpu": "H100"}}
    long = {
        "schema": 1,
        "template": "t",
        "title": {"en": "R&D", "ja": "R&D"},
        "as_of": dt.date(2026, 4, 1),
        "inputs": {"mfu": {"value": 0.4}, "gpu": {"value": "H100"}},
    }
    assert Scenario.model_validate(short) == Scenario.model_validate(long)


# -- mistakes ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("model", "name"), BUNDLED)
def test_an_unknown_key_is_refused_at_every_level(
    model: type[BaseModel], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = raw(model, name)
    tried = 0
    for place, _ in some(name, tables(original)):
        if free(place):
            continue
        data = copy.deepcopy(original)
        at(data, place)["zzz"] = 1
        where = ".".join(map(str, (*place, "zzz")))
        with pytest.raises(TemplateError, match=rf"^{name}\.toml: {re.escape(where)}: unknown key; there are \w+, "):
            load(monkeypatch, model, name, data)
        tried += 1
    assert tried > (20 if name in ("training_budget", "llama-65b") else 3)


@pytest.mark.parametrize(("model", "name"), BUNDLED)
def test_a_misspelt_key_names_the_nearest(model: type[BaseModel], name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    original = raw(model, name)
    for place, table in some(name, tables(original)):
        for key in table if not free(place) else ():
            data = copy.deepcopy(original)
            broken = at(data, place)
            broken[wrong := key[:-1] + "q" if len(key) > 2 else key + key[-1]] = broken.pop(key)
            with pytest.raises(TemplateError) as caught:
                load(monkeypatch, model, name, data)
            where = re.escape(".".join(map(str, (*place, wrong))))
            said = re.search(rf"{name}\.toml: {where}: unknown key; did you mean (.*)\?", caught.value.message)
            assert said, caught.value.message
            assert key in said[1].split(" or ")


@pytest.mark.parametrize(("model", "name"), BUNDLED)
def test_a_wrong_type_anywhere_is_one_line_that_names_the_place(
    model: type[BaseModel], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is a time of day; the message speaks of the file, not of Python."""
    original = raw(model, name)
    for place, table in some(name, tables(original)):
        for key in table:
            data = copy.deepcopy(original)
            at(data, place)[key] = dt.time(9)
            with pytest.raises(TemplateError) as caught:
                load(monkeypatch, model, name, data)
            where, _, wanted = caught.value.message.partition(": must be ")
            assert where == f"{name}.toml: {'.'.join(map(str, (*place, key)))}"
            assert re.fullmatch(r"[\w ',.-]+", wanted), wanted
            assert not re.search("pydantic|dict|instance|string|boolean|function|Text|Given|Input", wanted), wanted


@pytest.mark.parametrize(("model", "name"), BUNDLED)
def test_a_missing_key_is_named(model: type[BaseModel], name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    original = raw(model, name)
    for key in original.keys() - {"years", "phrases", "what_if", "brief", "settings"}:
        data = {k: v for k, v in original.items() if k != key}
        with pytest.raises(TemplateError, match=rf"^{name}\.toml: {key}: is missing$"):
            load(monkeypatch, model, name, data)


def test_many_mistakes_are_five_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    data = raw(Scenario, "llama-65b")
    data["inputs"] = {k: [] for k in data["inputs"]}
    with pytest.raises(TemplateError) as caught:
        load(monkeypatch, Scenario, "llama-65b", data)
    assert len(caught.value.message.splitlines()) == 5


@pytest.mark.parametrize(
    ("loader", "name", "says"),
    [
        (load_template, "training_budgets", "no template is called 'training_budgets'; did you mean training_budget"),
        (load_template, "../templates/training_budget", "did you mean training_budget"),
        (load_template, "", "no template is called ''; there are build_or_buy, "),
        (load_scenario, "llama-66b", "no such file, and no scenario of that name; did you mean llama-65b?"),
        (load_scenario, "../training_budget", "no such file, and no scenario of that name"),
        (load_scenario, "mine.toml", "mine.toml: no such file"),
        (load_scenario, "x" * 300, "no such file"),
        (load_scenario, "", "cannot be read"),
    ],
)
def test_an_unknown_name_names_the_nearest(
    loader: Any, name: str, says: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(XlllmError) as caught:
        loader(name)
    assert says in caught.value.message


def test_a_file_goes_before_one_of_ours_and_a_folder_does_not(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    ours = load_scenario("llama-65b")
    (tmp_path / "llama-65b").mkdir()
    assert load_scenario("llama-65b") == ours
    (tmp_path / "llama-65b").rmdir()
    text = (template.home() / "scenarios" / "llama-65b.toml").read_text("utf-8")
    (tmp_path / "llama-65b").write_text(text.replace("LLaMA-65B class", "mine"), "utf-8")
    assert load_scenario("llama-65b").title.en == "mine"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"\x00\xff\xfe", "cannot be read: it is not UTF-8 text"),
        ("schema = 1".encode("utf-16"), "cannot be read: it is not UTF-8 text"),
        (b"schema = 1\ntemplate = \n", "not valid TOML: Invalid value (at line 2, column 12)"),
        (b"a = 1\na = 2\n", "not valid TOML: Cannot overwrite a value (at line 2"),
        (b"a = 2023-02-30", "not valid TOML: Invalid date or datetime (at line 1"),
        (b"a = " + b"9" * 5000, "not valid TOML: a number too long"),
        (b"a = " + b"[" * 5000 + b"]" * 5000, "lists too deep"),
    ],
)
def test_an_unreadable_file_says_why(content: bytes, says: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_bytes(content)
    with pytest.raises((FileError, TemplateError)) as caught:
        load_scenario(str(path))
    assert says in caught.value.message
    assert "mine.toml" in caught.value.message


def test_files_of_windows_editors_load(tmp_path: Path) -> None:
    text = (template.home() / "scenarios" / "llama-65b.toml").read_text("utf-8")
    path = tmp_path / "mine.toml"
    path.write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    assert load_scenario(str(path)) == load_scenario("llama-65b")


# -- JSON Schema -------------------------------------------------------------------------------------------------------
def violations(schema: Any, value: Any, top: Any, place: str = "") -> list[str]:
    """The part of JSON Schema that ours use; an unknown keyword fails, so that nothing is passed over."""
    found: list[str] = []
    kinds = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None)}
    for word, said in schema.items():
        match word:
            case "$ref":
                found += violations(at(top, tuple(said.split("/")[1:])), value, top, place)
            case "allOf":
                found += [v for s in said for v in violations(s, value, top, place)]
            case "discriminator":
                pass
            case "oneOf":
                kind = value.get("kind") if isinstance(value, dict) else None
                ref = schema["discriminator"]["mapping"].get(kind)
                found += violations({"$ref": ref}, value, top, place) if ref else [f"{place}: no kind"]
            case "minItems" | "maxItems" if isinstance(value, list):
                right = len(value) >= said if word == "minItems" else len(value) <= said
                found += [] if right else [f"{place}: {len(value)} items"]
            case "anyOf":
                branches = [violations(s, value, top, place) for s in said]
                found += [] if any(not b for b in branches) else [b for branch in branches for b in branch]
            case "type" if said in ("number", "integer"):
                right = isinstance(value, (int, float) if said == "number" else int) and not isinstance(value, bool)
                found += [] if right else [f"{place}: no {said}"]
            case "type":
                found += [] if isinstance(value, kinds[said]) else [f"{place}: no {said}"]
            case "const":
                found += [] if value == said else [f"{place}: not {said}"]
            case "enum":
                found += [] if value in said else [f"{place}: not among {said}"]
            case "pattern" if isinstance(value, str):
                found += [] if re.search(said, value) else [f"{place}: not like {said}"]
            case "minimum" if isinstance(value, int):
                found += [] if value >= said else [f"{place}: below {said}"]
            case "maximum" if isinstance(value, int):
                found += [] if value <= said else [f"{place}: above {said}"]
            case "required" if isinstance(value, dict):
                found += [f"{place}: no {k}" for k in said if k not in value]
            case "properties" if isinstance(value, dict):
                for k in said.keys() & value.keys():
                    found += violations(said[k], value[k], top, f"{place}.{k}")
            case "additionalProperties" if isinstance(value, dict):
                for k in value.keys() - schema.get("properties", {}).keys():
                    found += [f"{place}.{k}: unknown"] if said is False else violations(said, value[k], top, place)
            case "items" if isinstance(value, list):
                for i, item in enumerate(value):
                    found += violations(said, item, top, f"{place}.{i}")
            case (
                "pattern"
                | "minimum"
                | "maximum"
                | "required"
                | "properties"
                | "additionalProperties"
                | "items"
                | "minItems"
                | "maxItems"
            ):
                pass
            case "format" if said == "date" and isinstance(value, str):
                found += [] if re.fullmatch(r"\d{4}-\d\d-\d\d", value) else [f"{place}: no date"]
            case "$schema" | "$defs" | "title" | "description" | "default" | "format":
                pass
            case _:
                raise AssertionError(f"this check does not know {word}")
    return found


def as_json(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: as_json(v) for k, v in value.items()}
    if isinstance(value, list):
        return [as_json(v) for v in value]
    return value.isoformat() if isinstance(value, dt.date) else value


def errors_by_schema(model: type[BaseModel], data: Any) -> list[str]:
    schema = model.model_json_schema(by_alias=True)
    return violations(schema, as_json(data), schema)


@pytest.mark.parametrize(("model", "name"), BUNDLED)
def test_json_schema_accepts_what_is_bundled(model: type[BaseModel], name: str) -> None:
    assert errors_by_schema(model, raw(model, name)) == []


@pytest.mark.parametrize(("model", "name"), BUNDLED)
def test_json_schema_refuses_unknown_keys_at_every_level(model: type[BaseModel], name: str) -> None:
    original = raw(model, name)
    for place, _ in some(name, tables(original)):
        if not free(place):
            data = copy.deepcopy(original)
            at(data, place)["zzz"] = 1
            assert errors_by_schema(model, data), place


def test_json_schema_knows_the_short_forms() -> None:
    data = raw(Scenario, "llama-65b")
    data["title"] = "Mine"
    data["inputs"] |= {"mfu": 0.4, "gpu": "H100", "params": "70B", "sequence_parallel": True}
    assert errors_by_schema(Scenario, data) == []


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("schema", 2),
        ("title", 5),
        ("as_of", 5),
        ("inputs", []),
        ("inputs", {"mfu": []}),
        ("inputs", {"mfu": {"low": 0.4}}),
        ("inputs", {"mfu": {"value": 0.4, "as_of": "soon"}}),
    ],
)
def test_json_schema_and_loader_refuse_the_same(key: str, value: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    data = raw(Scenario, "llama-65b") | {key: value}
    assert errors_by_schema(Scenario, data)
    with pytest.raises(TemplateError):
        load(monkeypatch, Scenario, "llama-65b", data)
