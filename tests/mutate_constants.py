"""Changes every number in the formulas by 1% and lists those that no published case notices.

Each is tried 1% up and 1% down, and both must make a case fail; 0 becomes 1 and −1, digits to round to change by one.
Where only whole numbers arrive (in a comparison, as the default of a whole quantity) 1% may change nothing, as 1.01
parts 1 from 2 like 1 does: there one failure among 1% and 1, up and down, is enough. Axes and indices are positions,
not constants. ``python tests/mutate_constants.py`` exits 1 if a number went unnoticed or a case fails to begin with.
"""

import ast
import importlib
import sys
import time
from collections.abc import Iterable, Iterator
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_loader
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any, NamedTuple

import numpy as np
from test_published import CASES, Case

from xlllm.arguments import RECORDS
from xlllm.errors import XlllmError
from xlllm.quantities import VOCABULARY
from xlllm.registry import FORMULAS

PACKAGE = "xlllm.formulas"
FOLDER = Path(str(importlib.import_module(PACKAGE).__file__)).parent

EXEMPT = {
    ("edges", "NOISE"): "width of a guard against floating-point noise: anything from 1e-14 to 1e-10 serves",
    ("solvers", "WIDEST_GROWTH"): "where the search for a rate ends, beyond its bounds: anything from 37 to 700 serves",
    ("solvers", "ROUNDING"): "width of a guard against floating-point noise: anything from 1e-13 to 1e-10 serves",
    (
        "solvers",
        "present_value_zeros: 0.5",
    ): "half-way between two years of opposite sign: any time between them serves",
    ("memory", "_splits: 0"): "the largest of no numbers: no element could be read, and none is searched for",
    ("memory", "_divisors: 0"): "likewise",
    ("serving", "output_share: 0"): "tokens are whole: any bound between 0 and 1 serves",
    ("risk", "_at_an_end"): "levels for which only spreadsheets have no quantile: here the answer is the same",
    ("invest", "marginal_loss_params(data_usd_mtok)"): "the three marginal functions take the same arguments; "
    "the price of data does not enter this one",
    ("invest", "marginal_loss_tokens(served_tokens)"): "likewise: serving does not enter this one",
    ("invest", "breakeven_data_price: 0"): "the price of data handed to marginal_loss_params, which it does not enter",
    ("scaling", "WIDEST_ODDS"): "where the search ends, far outside of anything that has a size and tokens",
    ("solvers", "CLOSE"): "how close is close enough: the cases ask for fewer digits",
    ("solvers", "root: 0"): "stops the search by the unknown alone, never because the function is small",
    ("fitting", "EXPONENTS"): "where the search starts, not where it ends",
    ("fitting", "(KEPT, KEPT_AFTER)"): "how many starts go on, and when: speed",
    ("fitting", "STEPS"): "more than the search takes",
    ("fitting", "NEWTON_STEPS"): "more than the search takes",
    ("fitting", "_solved"): "likewise",
    ("fitting", "_polished"): "how the search goes down, not where the bottom is",
    ("fitting", "STALLED"): "when a step counts as none: speed, and digits beyond those asked for",
    ("fitting", "_fit: 0"): "where the row of ones stands: it has no middle to take away",
    ("fitting", "_starts"): "where the search starts, not where it ends",
    ("fitting", "_descend"): "how the search goes down, not where the bottom is",
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
        return any((self.module, place) in EXEMPT for place in (self.place, f"{self.place}: {self.node.value!r}"))

    def __str__(self) -> str:
        return f"xlllm/formulas/{self.module}.py:{self.node.lineno}: {self.node.value!r} in {self.place}"


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
    match node:
        case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
            changed: tuple[float, ...] = (value * 1.01, value * 0.99) if value else (1, -1)
            yield Number(module, node, place, (*changed, value + 1, value - 1) if either else changed, either)
        case ast.FunctionDef(name=name, args=ast.arguments(args=args, defaults=defaults), body=body):
            for arg, default in zip(args[len(args) - len(defaults) :], defaults, strict=True):
                yield from _numbers(module, default, f"{name}({arg.arg})", _whole(arg.arg))
            for statement in body:
                yield from _numbers(module, statement, name, either=False)
        case ast.AnnAssign(target=ast.Name(id=name), value=ast.AST() as value):
            yield from _numbers(module, value, f"{place}.{name}", _whole(name))
        case ast.Call(func=ast.Attribute(attr="round"), args=[rounded, ast.Constant(value=int() as digits) as node]):
            yield from _numbers(module, rounded, place, either)
            yield Number(module, node, place, (digits + 1, digits - 1), either)
        case ast.Subscript(value=value):
            yield from _numbers(module, value, place, either)
        case ast.keyword(arg="axis"):
            pass
        case _:
            if isinstance(node, ast.ClassDef):
                place = node.name
            elif isinstance(node, ast.Assign) and not place:
                place = ast.unparse(node.targets[0])
            for child in ast.iter_child_nodes(node):
                yield from _numbers(module, child, place, either or isinstance(node, ast.Compare))


def _whole(name: str) -> bool:
    return name in VOCABULARY and VOCABULARY[name].kind == "whole"


def holds(case: Case) -> bool:
    """Whether the case can be computed and agrees."""
    try:
        return case.agrees(case.result())
    except (ArithmeticError, TypeError, ValueError, XlllmError):
        return False


def quickest_first(cases: Iterable[Case]) -> list[Case]:
    """Those that hold."""
    timed = []
    for case in cases:
        start = time.perf_counter()
        if holds(case):
            timed.append((time.perf_counter() - start, case))
    return [case for _, case in sorted(timed, key=lambda pair: pair[0])]


def likeliest_first(number: Number, cases: list[Case]) -> list[Case]:
    """Those that call the function the number is in, those that call its module, the others."""

    def distance(case: Case) -> int:
        called = {case.call, *(step.call for step in case.step)}
        shelves = {FORMULAS[name].fn.__module__ for name in called}
        return 2 - (number.place.partition("(")[0] in called) - (f"{PACKAGE}.{number.module}" in shelves)

    return sorted(cases, key=distance)


def main() -> int:
    start = time.perf_counter()
    formulas = Formulas()
    sys.meta_path.insert(0, formulas)
    formulas.register()
    cases = quickest_first(CASES)
    for case in CASES:
        if case not in cases:
            print(f"{case.name}: fails already")
    numbers = list(formulas.numbers())
    missed = []
    with np.errstate(all="ignore"):
        for number in numbers:
            if number.exempt:
                continue
            likely = likeliest_first(number, cases)
            noticed = [formulas.noticed(number, value, likely) for value in number.changed]
            if not (any(noticed) if number.either else all(noticed)):
                missed.append(number)
    for number in missed:
        print(f"{number}: no case notices")
    exempt = sum(number.exempt for number in numbers)
    seconds = time.perf_counter() - start
    print(f"{len(numbers)} numbers, {exempt} exempt, {len(missed)} unnoticed; {len(CASES)} cases, {seconds:.1f} s")
    return 1 if missed or len(cases) < len(CASES) else 0


if __name__ == "__main__":
    sys.exit(main())
