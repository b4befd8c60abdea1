"""Names, order, units and defaults of every function, against contract.toml: written by hand, not generated."""

import re
import tomllib
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
from samples import VALUES, row, same, sample

from xlllm.arguments import RECORDS
from xlllm.quantities import VOCABULARY
from xlllm.registry import FORMULAS

TABLES = tomllib.loads((Path(__file__).parent / "contract.toml").read_text("utf-8"))
FUNCTIONS = TABLES["contract"] | TABLES["ours"]
ARGUMENT = re.compile(r"\[?(\w+)(?:=([^]]+))?]?(?:, |$)")
"""``name``, ``[name]`` or ``[name=default]``."""


def parsed(arguments: str) -> dict[str, str]:
    """Names of the arguments in order, and how their defaults are written."""
    return dict(ARGUMENT.findall(arguments))


def arguments(name: str) -> dict[str, str]:
    return parsed(FUNCTIONS[name]["call"].removeprefix(f"{name}(").removesuffix(")"))


def meant(text: str, given: dict[str, Any]) -> Any:
    """The value that a default is written for; it may be another argument's."""
    plain = {"TRUE": True, "FALSE": False, **given}
    return plain[text] if text in plain else text[1:-1] if text.startswith('"') else float(text)


def test_every_function_is_in_the_contract_or_ours() -> None:
    assert FUNCTIONS.keys() == FORMULAS.keys()
    assert not TABLES["contract"].keys() & TABLES["ours"].keys()


@pytest.mark.parametrize("name", FUNCTIONS)
def test_call(name: str) -> None:
    entry, formula = FUNCTIONS[name], FORMULAS[name]
    assert formula.signature() == entry["call"]
    assert formula.kind == entry["kind"]
    units = [q.unit for q in formula.results]
    assert (units if len(units) > 1 else units[0]) == entry["returns"]
    assert [p.quantity.unit if p.quantity else p.name for p in formula.parameters] == entry["units"]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_defaults(name: str) -> None:
    """An argument left out gives what its written default gives."""
    formula = FORMULAS[name]
    given = {p.name: sample(formula, p) for p in formula.parameters if p.required}
    written = {a: meant(text, given) for a, text in arguments(name).items() if text}
    if "law" in arguments(name):
        written["law"] = TABLES["records"]["law"]["default"]
    assert same(formula(**given), formula(**given, **written))


@pytest.mark.parametrize("name", TABLES["records"])
def test_record(name: str) -> None:
    entry, record = TABLES["records"][name], RECORDS[name]
    cells = parsed(entry["cells"])
    assert [q.name for q in record.fields] == list(cells)
    assert [q.unit for q in record.fields] == entry["units"]
    assert record.required == list(cells.values()).count("")


def test_arch_left_out() -> None:
    """Trailing cells of an architecture left out are those of the contract."""
    cells = parsed(TABLES["records"]["arch"]["cells"])
    given = {"d_model/heads": VALUES["d_model"] / VALUES["heads"]}
    full = [meant(text, given) if text else VALUES[c] for c, text in cells.items()]
    for formula in (f for f in FORMULAS.values() if f.required == 1 and f.parameters[0].name == "arch"):
        for n in range(RECORDS["arch"].required, len(full)):
            assert formula(full[:n]) == formula(full)


def test_one_name_means_one_thing() -> None:
    """No two functions give one name two units, nor one that is not the vocabulary's."""
    units: dict[str, set[str]] = defaultdict(set)
    for name, entry in FUNCTIONS.items():
        for argument, unit in zip(arguments(name), entry["units"], strict=True):
            units[argument].add(unit)
        if isinstance(entry["returns"], str):  # what a function answers feeds the argument of that name
            units[name].add(entry["returns"])
    for entry in TABLES["records"].values():
        for cell, unit in zip(parsed(entry["cells"]), entry["units"], strict=True):
            units[cell].add(unit)
    wrong = {n: (u, VOCABULARY[n].unit) for n, u in units.items() if n in VOCABULARY and u != {VOCABULARY[n].unit}}
    assert not wrong


def test_law_by_default() -> None:
    assert list(FORMULAS["loss"].parameters[-1].default) == TABLES["records"]["law"]["default"]
    assert FORMULAS["loss"](VALUES["params"], VALUES["tokens"], row("law")) == FORMULAS["loss"](
        VALUES["params"], VALUES["tokens"]
    )
