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
    return formula.own_label if lang == "en" else str(texts(lang)["formulas"][formula.name])
