"""Decisions at an edge: what floating-point noise must not flip.

A spreadsheet rounds to 15 digits before it compares or truncates, numpy does not; both agree if the edge is moved
beyond the noise. Rounding up acts on the value rounded to 9 decimals: 2048.0000000002 GPUs are 2048.
"""

from typing import Any

import numpy as np

NOISE = 1e-12  # relative


def ceil(x: Any) -> Any:
    """Whole number not below ``x``."""
    return np.ceil(np.round(x, 9))


def floor(x: Any) -> Any:
    """Whole number not above ``x``."""
    return np.floor(np.round(x, 9))


def less(a: Any, b: Any) -> Any:
    """True if ``a`` is below ``b`` by more than noise; both positive."""
    return a < b * (1 - NOISE)


def more(a: Any, b: Any) -> Any:
    """True if ``a`` is above ``b`` by more than noise; both positive."""
    return a > b * (1 + NOISE)


def at_most(a: Any, b: Any) -> Any:
    """True if ``a`` is not above ``b`` by more than noise; ``b`` positive."""
    return a <= b * (1 + NOISE)
