"""The formulas against figures that others printed, and against plain arithmetic stated in the case.

``published/*.toml`` holds the cases. ``printed`` is the figure as its source prints it, in units of ``per``: the
answer, rounded (or, as ``how`` says, truncated) to the digits printed, must be that figure. ``expect`` with a relative
``tolerance`` serves where digits prove little: a source not seen first hand, or inputs that were rounded themselves.
A ``step`` computes an argument; later calls name it ``$id``. Confidence: S1 read in the maker's own page or code, S2 in
the paper's text, S3 in someone's summary, M1 known from memory, D follows by the arithmetic in the note.
"""

import tomllib
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
from pydantic import BaseModel, ConfigDict, Field

import xlllm.formulas  # noqa: F401 (registers them)
from xlllm.arguments import RECORDS
from xlllm.registry import FORMULAS


class Call(BaseModel):
    """A formula and its arguments by name; a record's fields by name too, or in a row."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    call: str
    given: dict[str, Any] = Field(alias="with")

    def answer(self, found: dict[str, Any]) -> Any:
        return FORMULAS[self.call](**{name: self._argument(name, x, found) for name, x in self.given.items()})

    def _argument(self, name: str, x: Any, found: dict[str, Any]) -> Any:
        if isinstance(x, dict):
            return RECORDS[name].type(**x)
        return found[x[1:]] if isinstance(x, str) and x.startswith("$") else x


class Step(Call):
    id: str


class Case(Call):
    name: str
    step: tuple[Step, ...] = ()
    printed: str | None = None
    per: float = 1
    how: Literal["rounded", "truncated"] = "rounded"
    expect: Any = None
    tolerance: float | None = None
    source: str = ""
    locator: str = ""
    confidence: Literal["S1", "S2", "D", "M1", "S3"]
    note: str = ""

    def result(self) -> Any:
        found: dict[str, Any] = {}
        for step in self.step:
            found[step.id] = step.answer(found)
        return self.answer(found)

    def agrees(self, result: Any) -> bool:
        if self.printed is not None:
            figure = Decimal(self.printed.replace(",", ""))
            rounding = ROUND_HALF_UP if self.how == "rounded" else ROUND_DOWN
            return (Decimal(result) / Decimal(str(self.per))).quantize(figure, rounding) == figure
        if self.tolerance is None:
            return type(result) is type(self.expect) and result == self.expect
        return np.shape(result) == np.shape(self.expect) and np.allclose(result, self.expect, self.tolerance, 0)


def cases() -> list[Case]:
    shelves = sorted((Path(__file__).parent / "published").glob("*.toml"))
    return [Case(**case) for shelf in shelves for case in tomllib.loads(shelf.read_text("utf-8"))["case"]]


CASES = cases()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_agrees_with_what_was_published(case: Case) -> None:
    result = case.result()
    wanted = case.expect if case.printed is None else f"{case.printed} (per {case.per:g}, {case.how})"
    assert case.agrees(result), f"{case.call} gives {result!r}; {case.source} {case.locator} says {wanted}"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_says_where_its_figure_comes_from(case: Case) -> None:
    references = tomllib.loads((files("xlllm") / "references.toml").read_text("utf-8"))
    assert (case.printed is None) != (case.expect is None), "give the figure as printed, or what to expect"
    assert case.source in references or (case.confidence == "D" and not case.source), f"no reference {case.source!r}"
    assert case.locator or not case.source, "say where in the source"
    if case.confidence in ("M1", "S3"):
        assert case.tolerance, "a figure not read first hand needs a tolerance"
    elif case.confidence == "D" or case.tolerance:
        assert case.note, "state the arithmetic, or why the digits do not agree"


def test_names_are_unique() -> None:
    assert len({case.name for case in CASES}) == len(CASES)


@pytest.mark.parametrize("name", [f.name for f in FORMULAS.values() if f.kind != "L"])
def test_every_formula_has_a_case(name: str) -> None:
    assert any(case.call == name for case in CASES)
