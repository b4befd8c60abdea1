"""xlllm: what to spend on a language model, and on what.

``xlllm.train_flops(70e9, 1.4e12)`` is plain numpy; ``xlllm.FORMULAS["train_flops"]("70B", "1.4T")`` is the checked
call that worksheets use. Importing this package loads numpy and the formulas only; the catalogue, templates and
workbooks load when first needed.
"""

from __future__ import annotations

import importlib
from typing import Any

import xlllm.formulas  # noqa: F401  (registers every formula)
from xlllm.arguments import Resolver
from xlllm.errors import XlllmError
from xlllm.registry import FORMULAS

__version__ = "0.1.0"
__all__ = ["FORMULAS", "XlllmError", "__version__"]  # and every formula and look-up by its name

_LAZY = ("catalog", "plan", "template", "workbook")


def _find_record(kind: str, key: str) -> Any:
    return importlib.import_module("xlllm.catalog.lookups").record(kind, key)


Resolver.find = staticmethod(_find_record)


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        return importlib.import_module(f"xlllm.{name}")
    if name in FORMULAS:
        return FORMULAS[name].fn
    raise AttributeError(f"module 'xlllm' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*__all__, *FORMULAS, *_LAZY})
