"""Changes every number in the formulas by 1% and lists those that no published case notices.

Each is tried 1% up and 1% down, and both must make a case fail; 0 becomes 1 and −1, digits to round to change by one.
Where only whole numbers arrive (in a comparison, as the default of a whole quantity) 1% may change nothing, as 1.01 parts
1 from 2 like 1 does: there one failure among 1% and 1, up and down, is enough. Axes and indices are positions, not
constants. ``python tests/mutate_constants.py`` exits 1 if a number went unnoticed or a case fails to begin with.
"""

import ast
import importlib
import sys
import time
from collections.abc import Iterator
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_loader
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any, NamedTuple

import numpy as np
from test_published import CASES, Case

from xlllm.errors import XlllmError
from xlllm.quantities import VOCABULARY
from xlllm.registry import FORMULAS, RECORDS

PACKAGE = "xlllm.formulas"
FOLDER = Path(str(importlib.import_module(PACKAGE).__file__)).parent

EXEMPT = {
    ("edges", "NOISE"): "width of a guard against floating-point noise: anything from 1e-14 to 1e-10 serves",
    ("invest", "marginal_loss_params(data_usd_mtok)"): "the three marginal functions take the same arguments; "
    "the price of data does not enter this one",
    ("invest", "marginal_loss_tokens(served_tokens)"): "likewise: serving does not enter this one",
    ("invest", "breakeven_data_price: 0"): "the price of data handed to marginal_loss_params, which it does not enter",
}


class Number(NamedTuple):
    """A numeric literal: where it stands, and what it is changed to."""

    module: str
    node: ast.Constant
    place: str
    """The function it is in, with the parameter if it is a default; else the name it is assigned to."""
    changed: tuple[float, ...]
    either: bool
    """One of the changes need be noticed, not all."""

    @property
    def exempt(self) -> bool:
        return not EXEMPT.keys().isdisjoint(
            {(self.module, self.place), (self.module, f"{self.place}: {self.node.value}")}
        )

    def __str__(self) -> str:
        return f"{FOLDER / self.module}.py:{self.node.lineno}: {self.node.value!r} in {self.place}"


class Formulas(MetaPathFinder, Loader):
    """Imports the formulas from code held here instead of from their files."""

    def __init__(self) -> None:
        self.trees = {path.stem: ast.parse(path.read_text("utf-8"), str(path)) for path in sorted(FOLDER.glob("*.py"))}
        self.codes = {module: self.compiled(module) for module in self.trees}

    def compiled(self, module: str) -> CodeType:
        return compile(self.trees[module], f"{module}.py", "exec")

    def find_spec(self, name: str, path: Any, target: ModuleType | None = None) -> ModuleSpec | None:
        own = name == PACKAGE or name.startswith(PACKAGE + ".")
        return spec_from_loader(name, self, is_package=name == PACKAGE) if own else None

    def exec_module(self, module: ModuleType) -> None:
        exec(self.codes["__init__" if module.__name__ == PACKAGE else module.__name__.rpartition(".")[2]], vars(module))

    def register(self) -> None:
        """Import them anew, so that the registries hold this version."""
        for name in [name for name in sys.modules if name.startswith(PACKAGE)]:
            del sys.modules[name]
        FORMULAS.clear()
        RECORDS.clear()
        importlib.import_module(PACKAGE)

    def numbers(self) -> Iterator[Number]:
        for module, tree in self.trees.items():
            yield from _numbers(module, tree, "", False)

    def noticed(self, number: Number, value: float, cases: list[Case]) -> bool:
        """Whether some case fails with ``value`` in the number's place."""
        unchanged, number.node.value = number.node.value, value
        self.codes[number.module] = self.compiled(number.module)
        number.node.value = unchanged
        self.register()
        self.codes[number.module] = self.compiled(number.module)
        return not all(holds(case) for case in cases)


def _numbers(module: str, node: ast.AST, place: str, either: bool) -> Iterator[Number]:
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        number: float = node.value  # type: ignore[assignment]
        changed: tuple[float, ...] = (number * 1.01, number * 0.99) if number else (1, -1)
        if either:
            changed = (*changed, number + 1, number - 1)
        yield Number(module, node, place, changed, either)
        return
    if isinstance(node, ast.FunctionDef):
        named = node.args.args[len(node.args.args) - len(node.args.defaults) :]
        for parameter, default in zip(named, node.args.defaults, strict=True):
            yield from _numbers(module, default, f"{node.name}({parameter.arg})", _whole(parameter.arg))
        for child in node.body:
            yield from _numbers(module, child, node.name, False)
        return
    if isinstance(node, ast.Call) and ast.unparse(node.func) == "np.round":
        *rest, digits = ast.iter_child_nodes(node)
        assert isinstance(digits, ast.Constant)
        yield Number(module, digits, place, (digits.value + 1, digits.value - 1), either)  # type: ignore[operator]
        for child in rest:
            yield from _numbers(module, child, place, either)
        return
    if isinstance(node, ast.keyword) and node.arg == "axis":
        return
    for name, child in ast.iter_fields(node):
        if isinstance(node, ast.Subscript) and name == "slice":
            continue
        inside = place
        if isinstance(node, ast.ClassDef):
            inside = node.name
        elif isinstance(node, ast.AnnAssign):
            inside, either = f"{place}.{ast.unparse(node.target)}", _whole(ast.unparse(node.target))
        elif isinstance(node, ast.Assign):
            inside = place or ast.unparse(node.targets[0])
        for each in child if isinstance(child, list) else [child]:
            if isinstance(each, ast.AST):
                yield from _numbers(module, each, inside, either or isinstance(node, ast.Compare))


def holds(case: Case) -> bool:
    """Whether the case can be computed and agrees."""
    try:
        return case.agrees(case.result())
    except (ArithmeticError, TypeError, XlllmError):
        return False


def _whole(name: str) -> bool:
    return name in VOCABULARY and VOCABULARY[name].kind == "whole"


def main() -> int:
    start = time.perf_counter()
    formulas = Formulas()
    sys.meta_path.insert(0, formulas)
    formulas.register()
    cases = [case for case in CASES if holds(case)]
    for case in CASES:
        if case not in cases:
            print(f"{case.name}: fails already")
    numbers = list(formulas.numbers())
    missed = []
    with np.errstate(all="ignore"):
        for number in numbers:
            noticed = [formulas.noticed(number, value, cases) for value in number.changed]
            if not number.exempt and not (any(noticed) if number.either else all(noticed)):
                missed.append(number)
    for number in missed:
        print(f"{number}: no case notices")
    exempt = sum(number.exempt for number in numbers)
    seconds = time.perf_counter() - start
    print(f"{len(numbers)} numbers, {exempt} exempt, {len(missed)} unnoticed; {len(CASES)} cases, {seconds:.1f} s")
    return 1 if missed or len(cases) < len(CASES) else 0


if __name__ == "__main__":
    sys.exit(main())
