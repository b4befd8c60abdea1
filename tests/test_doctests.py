"""The examples in the docstrings say what the code does."""

import doctest
import importlib
import pkgutil

import pytest

import xlllm.catalog.lookups
import xlllm.formulas

MODULES = [f"xlllm.formulas.{m.name}" for m in pkgutil.iter_modules(xlllm.formulas.__path__)] + [
    "xlllm.catalog.lookups"
]


@pytest.mark.parametrize("name", MODULES)
def test_examples(name: str) -> None:
    result = doctest.testmod(importlib.import_module(name))
    assert result.failed == 0
    assert result.attempted > 0 or name.endswith(("edges", "solvers"))
