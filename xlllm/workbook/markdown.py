"""The figures of a report as Markdown: what a wiki, a mail or a pull request shows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from xlllm import locale
from xlllm.plan import CASES, dated
from xlllm.values import figure, short
from xlllm.workbook import words
from xlllm.workbook.report import Report

_SPECIAL = re.compile(r"([\\`*{}\[\]<>#|~]|(?<!\w)_|_(?!\w))")


def markdown(report: Report) -> str:
    """Decision, checks, results by case, inputs with their origin, warnings."""
    plan, lang, figures = report.plan, report.lang, report.summary
    lines = [f"# {_safe(figures['title'])}", ""]
    lines += [f"**{_safe(line)}**  " for line in figures["decision"]]
    lines += ["", words.BADGES[figures["confidence"]].in_(lang), ""]
    lines += [words.PRICES_AS_OF.in_(lang).format(figures["as_of"]), ""]

    cases = [words.CASE_HEADS[case].in_(lang) for case in CASES]
    lines += _heading("checks", lang)
    marks = {True: words.PASS, False: words.FAIL}
    rows = [
        (c["check"], (marks[c["passed"]] if c["passed"] or not c["warns"] else words.WARN).in_(lang))
        for c in figures["checks"]
    ]
    lines += _table((words.HEAD["check"].in_(lang), words.HEAD["result"].in_(lang)), rows)

    lines += _heading("calculation", lang)
    heads = (words.HEAD["quantity"].in_(lang), *cases, words.HEAD["unit"].in_(lang), words.HEAD["function"].in_(lang))
    lines += _table(
        heads,
        (
            (
                row.label.in_(lang),
                *(_number(result[case], row) for case in CASES),
                _unit(row, lang),
                result["function"],
            )
            for row in plan.rows.values()
            if not row.helper and (result := figures["results"][row.id])
        ),
    )

    lines += _heading("inputs", lang)
    origin = [words.HEAD[head].in_(lang) for head in ("unit", "source", "as_of")]
    lines += _table(
        (words.HEAD["input"].in_(lang), *cases, *origin),
        (
            (
                row.label.in_(lang),
                *(_number(plan.case(case)[row.id], row) for case in CASES),
                _unit(row, lang),
                row.given.source,
                dated(row.given),
            )
            for row in plan.inputs.values()
        ),
    )
    if figures["warnings"]:
        lines += [*(f"- {_safe(warning)}" for warning in figures["warnings"]), ""]
    return "\n".join(lines).rstrip() + "\n"


def _heading(sheet: str, lang: str) -> list[str]:
    return [f"## {words.SHEETS[sheet].in_(lang)}", ""]


def _table(heads: tuple[str, ...], rows: Iterable[tuple[Any, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(heads)} |"
    yield f"|{'---|' * len(heads)}"
    for row in rows:
        yield f"| {' | '.join(_safe(str(cell)) for cell in row)} |"
    yield ""


def _unit(row: Any, lang: str) -> str:
    return "" if row.quantity.kind == "flag" else locale.text(row.quantity, "unit", lang)


def _number(value: Any, row: Any) -> str:
    """A figure to six digits, counts as 70.4B; a row over the years one after another."""
    if value is None:
        return "–"
    if isinstance(value, list):
        return ", ".join(_number(x, row) for x in value)
    if isinstance(value, (bool, str)):
        return figure(value)
    if row.quantity.unit in ("parameters", "tokens") and abs(value) >= 1e6:
        return short(value)
    return figure(round(value) if 1e4 <= abs(value) < 1e10 else value, 6)


def _safe(text: str) -> str:
    """Text as it stands: nothing in it is mark-up, and it stays on its line."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))
