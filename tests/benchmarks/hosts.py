"""Excel's way to the functions without Excel and COM: xlwings with stand-ins for pywin32, in processes of their own."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from timing import Line, alone, compared, fresh, raced

TESTS = Path(__file__).parent.parent
CELLS = 100_000
CALLS = 2000
TOKENS = 1.4e12


def hosts() -> Iterator[Line]:
    """What a call costs above xlwings' own, a column at once, and the start."""
    call, constant = _taken("scalar")
    least, median = ((f(call) - f(constant)) * 1e6 for f in (np.min, np.median))
    yield Line(
        "=LLM_LOSS through xlwings : a constant",
        call.min(),
        constant.min(),
        f"+{least:.0f} µs",
        f"+{median:.0f} µs",
        "≤ 60",
    )
    spill, by_hand, single = _taken("column")
    yield compared(f"  {CELLS:,} rows at once : by hand in numpy", spill, by_hand, "≤ 3")
    yield compared(f"  {CELLS:,} rows at once, speed : {CELLS:,} calls", spill, single, faster=True)
    yield alone("from the start of the process to the first answer", np.array(_starts()), "≤ 1 s")


def _taken(what: str) -> np.ndarray:
    return np.array(json.loads(fresh(sys.executable, __file__, what)))


def _starts() -> list[float]:
    return [raced(lambda: fresh(sys.executable, __file__, "start"), times=1, warm=0)[0, 0] for _ in range(7)]


# -- in a process of its own -------------------------------------------------------------------------------------------
def _call() -> Callable[..., Any]:
    """Calls a function as Excel's VBA does."""
    sys.path.insert(0, str(TESTS))
    import pywin32_stand_ins

    pywin32_stand_ins.install()
    server = pywin32_stand_ins.server()
    return lambda name, *args: server.CallUDF("xlllm.hosts.udfs", name, args)


def start() -> None:
    _call()("LLM_LOSS", 70e9, TOKENS)


def scalar() -> None:
    """New arguments in each call, as in a column that is filled down; and a function that gives a constant."""
    call = _call()
    _add("CONSTANT", lambda params, tokens: [[2.0]])
    calls = 0

    def repeated(name: str) -> Callable[[], None]:
        def run() -> None:
            nonlocal calls
            for _ in range(CALLS):
                calls += 1
                call(name, 70e9 + calls, TOKENS)

        return run

    taken = raced(repeated("LLM_LOSS"), repeated("CONSTANT"), times=20) / CALLS
    print(json.dumps(taken.tolist()))


def column() -> None:
    """The whole way of a column: numbers as COM delivers them in, numbers as COM takes them out."""
    call = _call()
    rows: Any = ()

    def by_hand() -> Any:
        n = np.array(rows)
        return (1.8172 + 482.01 / n**0.3478 + 2085.43 / TOKENS**0.3658).tolist()

    def single() -> None:
        for (n,) in rows[:CALLS]:
            call("LLM_LOSS", n + 0.5, TOKENS)

    def spilled() -> Any:
        return call("LLM_LOSS", rows, TOKENS)

    taken: list[Any] = []
    for i in range(9):  # other numbers each time: equal calls are computed once
        rows = tuple((70e9 + i + n,) for n in range(CELLS))
        np.testing.assert_allclose(spilled(), by_hand(), rtol=1e-12)
        rows = tuple((80e9 + i + n,) for n in range(CELLS))
        ours, theirs, one = raced(spilled, by_hand, single, times=1, warm=0)[:, 0]
        taken.append((ours, theirs, one * CELLS / CALLS))
    print(json.dumps(np.transpose(taken).tolist()))


def _add(name: str, function: Callable[..., Any]) -> None:
    """One more function beside ours, decorated in the same way."""
    import xlwings as xw

    from xlllm.hosts import udfs

    function.__name__ = name
    decorated: Any = xw.ret("raw")(function)
    for argument in ("params", "tokens"):
        decorated = xw.arg(argument, ndim=2, err_to_str=True)(decorated)
    setattr(udfs, name, xw.func(decorated))


if __name__ == "__main__":
    {"start": start, "scalar": scalar, "column": column}[sys.argv[1]]()
