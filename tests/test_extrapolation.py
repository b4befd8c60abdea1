"""An answer that leaves what its constants were fitted to says so; one inside says nothing."""

import numpy as np
import pytest

from xlllm import extrapolation
from xlllm.catalog import load
from xlllm.registry import FORMULAS


def warned(name: str, *args: object) -> list[str]:
    return extrapolation.warnings(FORMULAS[name], args, FORMULAS[name](*args))


def test_every_law_of_the_catalogue_has_its_ranges() -> None:
    found = {fitted.key: fitted.ranges for fitted in extrapolation.fitted_laws()}
    assert found.keys() == load("law").keys()
    assert all(low < high for ranges in found.values() for low, high in ranges.values())


@pytest.mark.parametrize("key", [fitted.key for fitted in extrapolation.fitted_laws()])
def test_the_ends_of_a_range_are_inside(key: str) -> None:
    (fitted,) = (f for f in extrapolation.fitted_laws() if f.key == key)
    for end in (0, 1):
        inside = [fitted.ranges[name][end] for name in ("params", "tokens")]
        assert warned("loss", *inside, key) == []
    beyond = fitted.ranges["params"][1] * 1.01
    assert [key in line for line in warned("loss", beyond, fitted.ranges["tokens"][0], key)] == [True]


def test_a_column_is_one_line_a_quantity() -> None:
    lines = warned("loss", np.array([1e9, 70e9, 175e9]), 1e10)
    assert len(lines) == 1
    assert "params 1B to 175B leaves" in lines[0]


def test_several_laws_are_several_lines() -> None:
    laws = [["besiroglu-2024"], ["hoffmann-2022"], ["muennighoff-2023"]]
    assert [line.split(" that ")[1].split()[0] for line in warned("loss", 70e9, 1e11, laws)] == [
        "besiroglu-2024",
        "hoffmann-2022",
        "muennighoff-2023",
    ]


def test_an_element_that_failed_warns_of_nothing() -> None:
    assert warned("loss", [1e9, -1], 1e10) == []


@pytest.mark.parametrize("f", [f for f in FORMULAS.values() if f.fitted], ids=lambda f: f.name)
def test_ranges_are_of_arguments_or_of_the_answer(f: object) -> None:
    names = {p.name for p in f.parameters} | {f.returns.name}  # type: ignore[attr-defined]
    assert f.fitted.keys() <= names  # type: ignore[attr-defined]
