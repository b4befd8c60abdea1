"""What quantities, units and formulas are called in other languages; English stands with the code."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any, Literal

from xlllm.quantities import Quantity
from xlllm.registry import Formula


@cache
def texts(lang: str) -> dict[str, dict[str, Any]]:
    """The texts of a language: units, quantities, formulas."""
    return tomllib.loads((Path(__file__).parent / f"{lang}.toml").read_text("utf-8"))


def text(q: Quantity, field: Literal["label", "help", "unit"], lang: str) -> str:
    """Label, help or unit of a quantity."""
    if lang == "en":
        return str(getattr(q, field))
    return str(texts(lang)["units"][q.unit] if field == "unit" else texts(lang)["quantities"][q.name][field])


def label(formula: Formula, lang: str) -> str:
    """What a row of a formula is called."""
    if not formula.own_label:
        return text(formula.returns, "label", lang)
    return formula.own_label if lang == "en" else str(texts(lang)["formulas"][formula.name]["label"])


SHELVES = {
    "scaling": "Scaling: how good will it be?",
    "fitting": "Fitting: what do our own runs say?",
    "compute": "Compute: how much, how long?",
    "memory": "Memory and parallelism: does it fit?",
    "serving": "Serving: API, own GPUs or a small local model?",
    "energy": "Energy and carbon",
    "data": "Data, labels and people",
    "invest": "Model or data: where does the next dollar go?",
    "finance": "Finance: what does it cost, what comes back?",
    "risk": "Risk: how sure are we?",
    "lookups": "Reference: every number with its source and date",
}
RECORDS = {
    "law": {
        "label": "Scaling law",
        "help": "A key of the law catalogue in quotes, or its constants in a row of cells; besiroglu-2024 if omitted.",
    },
    "arch": {
        "label": "Architecture",
        "help": "A model of the catalogue in quotes, or its fields in a row of cells; trailing ones may be left out.",
    },
}


def shelf(name: str, lang: str) -> str:
    """The question that a shelf of functions answers."""
    return SHELVES[name] if lang == "en" else str(texts(lang)["shelves"][name])


def record(name: str, field: Literal["label", "help"], lang: str) -> str:
    """Label or help of an argument that is a record."""
    return RECORDS[name][field] if lang == "en" else str(texts(lang)["records"][name][field])


def title(formula: Formula, lang: str) -> str:
    """What a formula computes, in one line."""
    return formula.title if lang == "en" else str(texts(lang)["formulas"][formula.name]["title"])


def notes(formula: Formula, lang: str) -> str:
    """How a formula computes it, and what to beware of: one paragraph."""
    return formula.notes if lang == "en" else str(texts(lang)["formulas"][formula.name]["notes"])
