"""A plan in, a finished workbook and its figures out."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import xlllm
from xlllm.plan import CASES, Plan, dated
from xlllm.workbook.canvas import Canvas
from xlllm.workbook.finish import finish
from xlllm.workbook.sheets import checks, draw
from xlllm.workbook.styles import Look
from xlllm.workbook.words import SHEETS


class Report:
    """The workbook of a plan in one language, and the same figures as plain data."""

    def __init__(
        self, plan: Plan, lang: str = "en", *, edition: str = "native", dialect: str = "vba", look: Look | None = None
    ) -> None:
        self.plan, self.lang, self.edition = plan, lang, edition
        self._canvas = Canvas(plan, lang, edition=edition, dialect=dialect, look=look)
        draw(self._canvas)

    @cached_property
    def xlsx(self) -> bytes:
        """The finished file."""
        return self._finished(only_values=self.edition == "values")

    @cached_property
    def printable(self) -> bytes:
        """The file to print: a program without the functions would print errors in place of their calls."""
        return self._finished(only_values=True) if self._canvas.calls_functions else self.xlsx

    def _finished(self, *, only_values: bool) -> bytes:
        canvas, day = self._canvas, self.plan.scenario.as_of
        arrays = {} if only_values else canvas.arrays
        return finish(canvas.book, canvas.cache, canvas.alt_texts, day, canvas.rows, arrays, only_values=only_values)

    def shown(self, sheet: str, cell: str) -> Any:
        """What a formula cell shows."""
        return self._canvas.cache[SHEETS[sheet].in_(self.lang), cell]

    @cached_property
    def unlocked(self) -> frozenset[tuple[str, str]]:
        """Sheet and cell of everything that readers may change."""
        sheets = self._canvas.book.worksheets
        cells = ((ws.title, c) for ws in sheets for c in ws._cells.values())
        return frozenset((title, c.coordinate) for title, c in cells if not c.protection.locked)

    @property
    def decision(self) -> str:
        return str(self.shown("dashboard", "B1"))

    @cached_property
    def checks(self) -> list[dict[str, Any]]:
        return [
            {
                "check": line.label.in_(self.lang),
                "row": line.row,
                "passed": self.shown("checks", f"F{row}")[0] == "✔",
                "warns": line.warns,
            }
            for row, line in enumerate(checks.lines(self._canvas), checks.FIRST)
        ]

    @property
    def failed(self) -> list[str]:
        """Checks that forbid a decision."""
        return [c["check"] for c in self.checks if not c["passed"] and not c["warns"]]

    @cached_property
    def summary(self) -> dict[str, Any]:
        """Inputs, results, checks and decision, ready for JSON."""
        plan = self.plan
        results = self._canvas.results
        warnings = [
            f"{id} ({case} case): {reason}" for case in CASES for id, reason in plan.undefined(results[case]).items()
        ]
        return {
            "schema": 1,
            "xlllm": xlllm.__version__,
            "template": plan.template.id,
            "title": plan.scenario.title.in_(self.lang),
            "as_of": plan.scenario.as_of.isoformat(),
            "decision": self.decision.split("\n"),
            "confidence": self._canvas.shown["confidence"],
            "checks": self.checks,
            "inputs": {
                i.id: {
                    **{case: plan.case(case)[i.id] for case in CASES},
                    "unit": i.quantity.unit,
                    "source": i.given.source,
                    "as_of": dated(i.given),
                }
                for i in plan.inputs.values()
            },
            "choices": {c.id: c.given.value for c in plan.choices.values()},
            "results": {
                r.id: {
                    **{case: _finite(results[case][r.id]) for case in CASES},
                    "unit": r.quantity.unit,
                    "function": r.formula.worksheet_name,
                }
                for r in plan.rows.values()
                if not r.helper
            },
            "warnings": warnings
            + plan.extrapolated("base")
            + [f"check missed: {c['check']}" for c in self.checks if not c["passed"]],
        }


def _finite(value: Any) -> Any:
    """JSON has no NaN: what has no answer is null, with the reason among the warnings."""
    if isinstance(value, list):
        return [_finite(x) for x in value]
    return None if isinstance(value, float) and not abs(value) < float("inf") else value
