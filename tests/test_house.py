"""The house stands as the README draws it: every module has its line, and imports only what stands above it."""

import ast
import graphlib
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from test_published import CASES

import xlllm
from xlllm import catalog

ROOT = Path(xlllm.__file__).parent
README = (Path(__file__).parent.parent / "README.md").read_text("utf-8")


def drawn() -> list[str]:
    """Modules and packages in the order of the picture."""
    picture = README.split("## The house", 1)[1].split("\nxlllm/\n", 1)[1].split("\ntemplates/", 1)[0]
    lines = [line.split()[0] for line in picture.splitlines() if re.match(r"  \w", line)]
    return [name.removesuffix(".py").rstrip("/") for name in lines if name.endswith((".py", "/"))]


def modules() -> dict[str, Path]:
    """Every module of the package by its dotted name, the front door left out."""
    paths = {path: path.relative_to(ROOT).with_suffix("").parts for path in ROOT.rglob("*.py")}
    names = {".".join(p[:-1] if p[-1] == "__init__" else p): path for path, p in paths.items()}
    return {f"xlllm.{name}": path for name, path in names.items() if name}


MODULES = modules()


def imports(path: Path) -> Iterator[str]:
    """What of the package a module uses, wherever in it the import stands; the front door may tell its version."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        match node:
            case ast.Import():
                yield from (a.name for a in node.names if a.name.startswith("xlllm."))
            case ast.Attribute(value=ast.Name("xlllm"), attr=attr) if attr != "__version__":
                yield f"xlllm.{attr}"
            case ast.ImportFrom(module=str(module), level=0) if module.split(".")[0] == "xlllm":
                names = {f"{module}.{a.name}" for a in node.names} - {"xlllm.__version__"}
                yield from (name if name in MODULES else module for name in names)
            case ast.ImportFrom() if node.level:
                yield "." * node.level


GRAPH = {name: set(imports(path)) for name, path in MODULES.items()}


def test_every_module_has_its_line() -> None:
    assert sorted(drawn()) == sorted({name.split(".")[1] for name in MODULES})


@pytest.mark.parametrize("name", MODULES)
def test_imports_only_what_stands_above(name: str) -> None:
    layer = {module: drawn().index(module.split(".")[1]) for module in MODULES}
    assert not [used for used in GRAPH[name] if used not in MODULES or layer[used] > layer[name]]


def test_no_circle() -> None:
    """Inside a package neither."""
    graphlib.TopologicalSorter(GRAPH).prepare()  # raises CycleError
    basic, others = ("edges solvers scaling compute data", "fitting memory serving invest finance risk")
    early, late = ({f"xlllm.formulas.{shelf}" for shelf in shelves.split()} for shelves in (basic, others))
    assert not late & set().union(*(GRAPH[m] for m in early))


@pytest.mark.parametrize("heavy", ["scipy", "pydantic", "openpyxl", "xlwings", "typer"])
def test_importing_is_light(heavy: str) -> None:
    code = f"import sys, xlllm; xlllm.gpu_hours(1e20, 1e14, 0.4); assert {heavy!r} not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_readme_counts_right() -> None:
    entries = [entry for kind in catalog.FILES for entry in catalog.load(kind).values()]
    facts = sum(len(entry.facts) + len(entry.earlier) for entry in entries)
    assert f"{len(CASES)} cases in `tests/published`" in README
    assert f"{facts:,} facts in {len(entries)} entries" in README
