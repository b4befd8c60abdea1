"""Does what our VBA does in Excel, with nothing but Excel replaced: xlwings' DLL starts the COM server with the command
that stands in the VBA module, and every function is called through it. Run by run.sh.

Each answer must be what the functions give in this process, errors included.
"""

import ctypes
import math
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from time import perf_counter
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

import pythoncom
from samples import VALUES, arguments

from xlllm.errors import XlllmError
from xlllm.hosts import calls, com, excel, udfs
from xlllm.registry import FORMULAS, Formula
from xlllm.worksheet import OMITTED

MISSING, DIV_0 = -2_147_352_572, -2_146_826_281
"""How COM hands over an argument left out, and the error #DIV/0!."""
TIMED = 2000


def cases(formula: Formula) -> Iterator[tuple[str, list[Any]]]:
    """What a function is asked: answers and errors."""
    good = arguments(formula)
    yield "values", good
    yield "options left out", [x if p.required else OMITTED for p, x in zip(formula.parameters, good, strict=True)]
    if good:
        yield "an error cell", ["#DIV/0!", *good[1:]]
        yield "a blank", [None, *good[1:]]
        yield "a wrong text", ["seventy", *good[1:]]
        yield "a grid of two rows", [[[x], [x]] if not isinstance(x, list) else [x, x] for x in good]


def carried(x: Any) -> Any:
    """An argument as Excel hands it to COM."""
    if x is OMITTED:
        return MISSING
    if isinstance(x, list):
        return tuple(map(carried, x))
    return float(x) if type(x) is int else DIV_0 if x == "#DIV/0!" else x


def shown(x: Any) -> Any:
    """An answer as rows, whichever way it came."""
    rows = x if isinstance(x, (list, tuple)) else [x]
    return [list(row) for row in rows] if any(isinstance(r, (list, tuple)) for r in rows) else [list(rows)]


def same(a: list[list[Any]], b: list[list[Any]]) -> bool:
    pairs = [(x, y) for r, s in zip(a, b, strict=True) for x, y in zip(r, s, strict=True)]
    return all(
        math.isclose(x, y, rel_tol=1e-12) if isinstance(x, float) and isinstance(y, float) else x == y for x, y in pairs
    )


def faults(server: Any, formula: Formula) -> Iterator[str]:
    name = formula.worksheet_name
    for what, given in cases(formula):
        expected = calls.answer(name, given)
        if isinstance(expected, XlllmError) and "a defect of it" in expected.message:
            yield f"{name}, {what}: {expected.message}"
            continue
        try:
            got = server.CallUDF("xlllm.hosts.udfs", name, [carried(x) for x in given])
        except pythoncom.com_error as error:
            yield f"{name}, {what}: COM fails: {error}"
            continue
        wanted = shown(udfs.through_com(expected))
        try:
            equal = same(shown(got), wanted)
        except ValueError:
            equal = False
        if not equal:
            yield f"{name}, {what}: {got!r:.80} instead of {wanted!r:.80}"


def seconds_per_call(server: Any, function: str, given: list[Any]) -> float:
    start = perf_counter()
    for i in range(TIMED):
        server.CallUDF("xlllm.hosts.udfs", function, [given[0] + i, *given[1:]])
    return (perf_counter() - start) / TIMED


def main() -> None:
    pythoncom.CoInitialize()
    dll = com.Dll(excel.connection())
    start = perf_counter()
    server = dll.server()
    server.CallUDF("xlllm.hosts.udfs", "LLM_VERSION", [])
    started = perf_counter() - start
    found = {name: list(faults(server, f)) for name, f in FORMULAS.items() if name != "last_error"}
    server.CallUDF("xlllm.hosts.udfs", "LLM_LOSS", ["seventy", 1.4e12])
    told = server.CallUDF("xlllm.hosts.udfs", "LLM_LAST_ERROR", [])
    found["last_error"] = [] if told.startswith("LLM_LOSS: params") else [f"LLM_LAST_ERROR tells {told!r}"]
    per_call = seconds_per_call(server, "LLM_LOSS", [VALUES["params"], VALUES["tokens"]])
    dll.end()
    for line in (line for lines in found.values() for line in lines):
        print(line)
    good = sum(not lines for lines in found.values())
    wine = ctypes.windll.ntdll.wine_get_version
    wine.restype = ctypes.c_char_p
    python, library = sys.version.split()[0], excel.connection().dll(64)
    print(f"Wine {wine().decode()}, Python {python}, {library}, pywin32 {version('pywin32')}")
    print(
        f"COM: {good} of {len(found)} functions ok, {per_call * 1e6:.0f} µs a call, first answer after {started:.2f} s"
    )
    sys.exit(good != len(found))


if __name__ == "__main__":
    main()
