"""The house stands as the README draws it: every module has its line, and imports only what stands above it."""

import ast
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
    """Every module by its dotted name below the package."""
    found = {}
    for path in ROOT.rglob("*.py"):
        parts = path.relative_to(ROOT).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        if name:
            found[name] = path
    return found


MODULES = modules()


def imported(path: Path) -> Iterator[str]:
    """What a module imports of the package, without what only a type checker reads."""
    tree = ast.parse(path.read_text("utf-8"))
    checked_only = {
        id(n)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for n in ast.walk(node)
    }
    for node in ast.walk(tree):
        if id(node) in checked_only:
            continue
        if isinstance(node, ast.Import):
            yield from (a.name.removeprefix("xlllm.") for a in node.names if a.name.startswith("xlllm."))
        elif isinstance(node, ast.ImportFrom) and node.module and (node.module + ".").startswith("xlllm."):
            base = node.module.removeprefix("xlllm").removeprefix(".")
            for alias in node.names:
                inner = f"{base}.{alias.name}".removeprefix(".")
                yield inner if inner in MODULES else base


def test_every_module_has_its_line() -> None:
    tops = {name.split(".")[0] for name in MODULES}
    assert sorted(drawn()) == sorted(tops)


@pytest.mark.parametrize("name", MODULES)
def test_imports_only_what_stands_above(name: str) -> None:
    order, here = drawn(), name.split(".")[0]
    below = [
        used
        for used in imported(MODULES[name])
        if used and used.split(".")[0] != here and order.index(used.split(".")[0]) > order.index(here)
    ]
    assert not below


def test_no_circle() -> None:
    """Inside a package too: whoever imports comes after what it imports."""
    uses = {name: {u for u in imported(path) if u and u != name} for name, path in MODULES.items()}
    left = dict(uses)
    while left:
        free = [name for name, used in left.items() if not (used & left.keys() - {name.split(".")[0]})]
        assert free, f"a circle among {sorted(left)}"
        for name in free:
            del left[name]


@pytest.mark.parametrize("heavy", ["scipy", "pydantic", "openpyxl", "xlwings", "typer"])
def test_importing_is_light(heavy: str) -> None:
    code = f"import sys, xlllm; xlllm.gpu_hours(1e20, 1e14, 0.4); assert {heavy!r} not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_readme_counts_right() -> None:
    entries = [entry for kind in catalog.FILES for entry in catalog.load(kind).values()]
    facts = sum(len(entry.facts) + len(entry.earlier) for entry in entries)
    assert f"{len(CASES)} cases in `tests/published`" in README
    assert f"{facts:,} facts in {len(entries)} entries" in README
