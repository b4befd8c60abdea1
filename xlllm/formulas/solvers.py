"""Solving many equations at once. What has no solution is NaN."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from xlllm.lazy import Lazy

elementwise: Any = Lazy("scipy.optimize.elementwise")

CLOSE = 1e-13  # of the unknown, which is a logarithm: the relative error of what it stands for


def root(fn: Callable[..., Any], low: Any, high: Any, args: Sequence[Any]) -> Any:
    """The x between ``low`` and ``high`` at which ``fn(x, *args)`` is 0; NaN where it has one sign at both ends."""
    with np.errstate(all="ignore"):
        found = elementwise.find_root(
            fn, (low, high), args=tuple(args), tolerances={"xatol": CLOSE, "xrtol": CLOSE, "fatol": 0, "frtol": 0}
        )
    return np.where(found.success, found.x, np.nan)
