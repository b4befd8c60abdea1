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


# -- rates of return ---------------------------------------------------------------------------------------------------
WIDEST_GROWTH = 37.0  # of the logarithm of what money becomes in a year: 1 + rate is 1e-16 to 1e16
ROUNDING = 1e-12  # a balance that is smaller is 0; what is left to do after solving


def present_value_zeros(rows: Any) -> tuple[Any, Any, Any]:
    """Where the net present value of each row is 0, at how many rates, and at how many it changes its sign.

    As logarithms of growth, ascending, the rest NaN. Amounts weighted with their distance from a time at which their
    sign changes are the slope of the net present value at that time, with one change of sign less. Between two zeros of
    the slope, found in the same way, there is at most one root (Descartes and Rolle).
    """
    signs, logs = np.sign(rows), np.log(np.abs(rows))
    levels, years = [(signs, logs)], np.arange(rows.shape[-1])
    for _ in years:
        if not (turns := _turns(signs)).any():
            break
        turn = np.where(turns.any(axis=-1), np.argmax(turns, axis=-1) + 0.5, len(years))
        distance = turn[:, None] - years
        signs, logs = signs * np.sign(distance), logs + np.log(np.abs(distance))
        levels.append((signs, logs))
    ends, zeros = np.full((len(rows), 1), WIDEST_GROWTH), np.full((len(rows), 1), np.nan)
    for signs, logs in reversed(levels):
        points = np.concatenate([-ends, np.where(np.isnan(zeros), ends, zeros), ends], axis=-1)
        side = np.sign(np.trunc(_balance(points, signs[:, None], logs[:, None]) / ROUNDING))
        row, gap = np.nonzero(side[:, 1:] * side[:, :-1] < 0)
        crossed = np.full_like(side[:, 1:], np.nan)
        crossed[row, gap] = _root(signs[row], logs[row], points[row, gap], points[row, gap + 1])
        firm = side.astype(bool)
        touched = np.where(firm, np.nan, points)[:, 1:-1]
        zeros = np.sort(np.concatenate([crossed, touched], axis=-1), axis=-1)
        zeros = zeros[:, : max(1, *np.sum(~np.isnan(zeros), axis=-1))]
    clusters = np.sum(firm[:, :-2] & ~firm[:, 1:-1], axis=-1)  # touched points side by side are one
    return zeros, np.sum(~np.isnan(crossed), axis=-1) + clusters, np.sum(_turns(side), axis=-1)


def _turns(signs: Any) -> Any:
    """After which years each row changes its sign; zeros do not count."""
    latest = np.maximum.accumulate(np.arange(signs.shape[-1]) * signs.astype(bool), axis=-1)
    last = np.take_along_axis(signs, latest, axis=-1)
    return last[..., 1:] * last[..., :-1] < 0


def _present(growth: Any, signs: Any, logs: Any) -> Any:
    """Present values over the largest of a row, however large they are.

    Amounts are given as signs and logarithms, the growth of money in a year as its logarithm.
    """
    values = logs - np.arange(logs.shape[-1]) * growth[..., None]
    return signs * np.exp(values - np.max(values, axis=-1, keepdims=True))


def _balance(growth: Any, signs: Any, logs: Any) -> Any:
    """Net present value over that of all amounts taken as positive: from −1 to 1."""
    values = _present(growth, signs, logs)
    return np.sum(values, axis=-1) / np.sum(np.abs(values), axis=-1)


def _root(signs: Any, logs: Any, low: Any, high: Any) -> Any:
    """The growth at which the balance of each row is 0, between two at which its signs differ."""
    found = root(lambda x, row: _balance(x, signs[row], logs[row]), low, high, (np.arange(len(signs)),))
    values = _present(found, signs, logs)
    newton = np.sum(values, axis=-1) / np.sum(np.arange(logs.shape[-1]) * values, axis=-1)
    return found + np.fmin(np.fmax(newton, -ROUNDING), ROUNDING)
