"""The formulas against figures that others printed, and against plain arithmetic stated in the case.

``published/*.toml`` holds the cases. ``printed`` is the figure as its source prints it, in units of ``per``: the
answer, rounded (or, as ``how`` says, truncated) to the digits printed, must be that figure; a list holds the figures of
a column, a grid or a row of results, read row by row. ``expect`` with a relative ``tolerance`` serves where digits
prove little: a source not seen first hand, or inputs that were rounded themselves. ``refused`` is part of the message
where there must be no answer. A ``step`` computes an argument; later calls name it ``$id``. Confidence: S1 read in the
maker's own page or code, S2 in the paper's text, S3 in someone's summary, M1 known from memory, D follows by the
arithmetic in the note.
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
from xlllm.errors import XlllmError
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
    printed: str | tuple[str, ...] | None = None
    per: float = 1
    how: Literal["rounded", "truncated"] = "rounded"
    expect: Any = None
    tolerance: float | None = None
    refused: str | None = None
    source: str = ""
    locator: str = ""
    confidence: Literal["S1", "S2", "D", "M1", "S3"]
    note: str = ""

    def result(self) -> Any:
        found: dict[str, Any] = {}
        for step in self.step:
            found[step.id] = step.answer(found)
        try:
            return self.answer(found)
        except XlllmError as error:
            if self.refused is None:
                raise
            return error

    def agrees(self, result: Any) -> bool:
        if self.refused is not None:
            return isinstance(result, XlllmError) and self.refused in str(result)
        if self.printed is not None:
            figures = (self.printed,) if isinstance(self.printed, str) else self.printed
            answers = np.ravel(result)
            return len(answers) == len(figures) and all(map(self._prints, answers, figures))
        if self.tolerance is None:
            answer = result.tolist() if isinstance(result, np.ndarray) else result
            return type(answer) is type(self.expect) and answer == self.expect
        return np.shape(result) == np.shape(self.expect) and np.allclose(result, self.expect, self.tolerance, 0)

    def _prints(self, answer: float, printed: str) -> bool:
        figure = Decimal(printed.replace(",", ""))
        rounding = ROUND_HALF_UP if self.how == "rounded" else ROUND_DOWN
        return (Decimal(answer) / Decimal(str(self.per))).quantize(figure, rounding) == figure


def cases() -> list[Case]:
    shelves = sorted((Path(__file__).parent / "published").glob("*.toml"))
    return [Case(**case) for shelf in shelves for case in tomllib.loads(shelf.read_text("utf-8"))["case"]]


CASES = cases()
REFERENCES = tomllib.loads((files("xlllm") / "references.toml").read_text("utf-8"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_agrees_with_what_was_published(case: Case) -> None:
    result = case.result()
    wanted = case.refused or case.expect if case.printed is None else f"{case.printed} (per {case.per:g}, {case.how})"
    assert case.agrees(result), f"{case.call} gives {result!r}; {case.source} {case.locator} says {wanted}"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_says_where_its_figure_comes_from(case: Case) -> None:
    given = [x for x in (case.printed, case.expect, case.refused) if x is not None]
    assert len(given) == 1, "give the figure as printed, or what to expect, or why there is no answer"
    assert case.source in REFERENCES or (case.confidence == "D" and not case.source), f"no reference {case.source!r}"
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


def test_requests_per_s_near_what_nvidia_measured() -> None:
    """Llama 3 8B, BF16, one H100 80GB, TensorRT-LLM: the calculator's workbook, ai-dynamo/aiperf #559, Apache-2.0."""
    points = np.genfromtxt(Path(__file__).parent / "published" / "nvidia_h100.csv", delimiter=",", names=True)
    found = FORMULAS["requests_per_s"](
        8.03e9, points["batch"], points["prompt_tokens"], points["output_tokens"], 0.000131072, 989.4e12, 3350.0
    )
    errors = np.abs(np.log(found / points["requests_per_s"]))
    assert len(points) == 21
    assert np.mean(errors) <= 0.12
    assert np.max(errors) <= 0.3
