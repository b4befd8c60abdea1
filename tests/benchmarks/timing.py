"""What the benchmarks share: taking turns, comparing, drawing columns, printing."""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np

ROWS = 1_000_000
RANDOM = np.random.default_rng(65)


class Line(NamedTuple):
    """One line of the table: seconds of both sides, how they compare, and what was hoped for."""

    what: str
    ours: float
    theirs: float | None = None
    least: str = ""
    median: str = ""
    target: str = ""


def raced(*sides: Callable[[], Any], times: int, warm: int = 1) -> np.ndarray:
    """Seconds of each side (a row each), taken in turn."""
    taken = np.empty((len(sides), times))
    for i in range(-warm, times):
        for side, seconds in zip(sides, taken, strict=True):
            start = perf_counter()
            side()
            seconds[i] = perf_counter() - start  # the first ones are written over
    return taken


def compared(what: str, ours: np.ndarray, theirs: np.ndarray, target: str = "", faster: bool = False) -> Line:
    """A line with the ratio of the times; of the speeds if ``faster``."""
    a, b = (theirs, ours) if faster else (ours, theirs)
    least, median = a.min() / b.min(), np.median(a) / np.median(b)
    return Line(what, ours.min(), theirs.min(), f"{least:.2f}", f"{median:.2f}", target)


def alone(what: str, seconds: np.ndarray, target: str = "") -> Line:
    return Line(what, seconds.min(), None, "", shown_time(float(np.median(seconds))), target)


def same(ours: Any, theirs: Any, what: str) -> None:
    """Equal to 1e-12, relative to the number itself or, where a row passes through 0, to the row's usual size."""
    ours, theirs = np.asarray(ours), np.asarray(theirs)
    if ours.dtype.kind in "US":
        assert (ours == theirs).all(), what
    else:
        scale = np.nanmedian(np.abs(theirs))
        np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-12 * scale, equal_nan=True, err_msg=what)


def python(code: str) -> str:
    """What fresh Python prints, in whichever folder we stand."""
    return fresh(sys.executable, "-P", "-c", code)


def fresh(*command: str | Path) -> str:
    """What a new process prints; its modules are compiled already, as where the package is installed."""
    return subprocess.run(command, check=True, capture_output=True, text=True, env=_environment()).stdout


@cache
def _environment() -> dict[str, str]:
    """Ours, with a folder for bytecode outside the checkout."""
    folder = tempfile.mkdtemp()
    atexit.register(shutil.rmtree, folder)
    kept = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PYTHONPYCACHEPREFIX": folder}


def drawn(middle: float, low: float = 0, high: float = np.inf) -> np.ndarray:
    """A column around a value: log-uniform from half to double, within bounds."""
    return np.clip(middle * 2 ** RANDOM.uniform(-1, 1, ROWS), low, high)


def shown_time(seconds: float) -> str:
    for unit, size in (("s", 1), ("ms", 1e-3)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds * 1e6:.3g} µs"
