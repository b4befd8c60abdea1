"""Risk: how sure are we?"""

from typing import Any, NamedTuple

import numpy as np

from xlllm.formulas import edges
from xlllm.lazy import Lazy
from xlllm.registry import formula

special: Any = Lazy("scipy.special")

NOT_IN_ORDER = "the values must be in order: low ≤ mode ≤ high"


def _in_order(low: Any, mode: Any, high: Any) -> Any:
    """Whether they are, but for floating-point noise: 0.3 is not below 0.1 + 0.2."""
    return np.logical_and(low <= mode + edges.NOISE * np.abs(mode), mode <= high + edges.NOISE * np.abs(high))


def _at_an_end(u: Any) -> Any:
    """Whether it is the level of the lowest or highest value, for which spreadsheets have no quantile."""
    return np.logical_or(u == 0, u == 1)


@formula(returns="draw", label="Triangular distribution", cites=("vose2008",), undefined=NOT_IN_ORDER)
def triangular(u: Any, low: Any, mode: Any, high: Any) -> Any:
    """Value of a triangular distribution at a probability level; a random level gives a random draw.

    Notes
    -----
    low + √(u·(high − low)·(mode − low)) up to the mode, high − √((1 − u)·(high − low)·(high − mode)) above it: the
    inverse of the distribution function. low = high gives low.

    Examples
    --------
    >>> float(triangular(0.5, 0, 1, 2))
    1.0
    """
    span = np.maximum(high - low, 0)
    below = low + np.sqrt(u * span * (mode - low))
    above = high - np.sqrt((1 - u) * span * (high - mode))
    return np.where(_in_order(low, mode, high), np.where(u * span <= mode - low, below, above), np.nan)


@formula(returns="draw", label="PERT distribution", cites=("malcolm1959", "vose2008"), undefined=NOT_IN_ORDER)
def pert(u: Any, low: Any, mode: Any, high: Any) -> Any:
    """Value of a PERT distribution at a probability level: like the triangular one, with thinner tails.

    Notes
    -----
    low + (high − low)·BetaInv(u; 1 + 4·(mode − low)/(high − low), 1 + 4·(high − mode)/(high − low)). low = high gives
    low.

    Examples
    --------
    >>> round(float(pert(0.5, 0, 1, 2)), 6)
    1.0
    """
    span = high - low
    rise = 1 + 4 * (mode - low) / span
    fall = 1 + 4 * (high - mode) / span
    certain = np.logical_or(span <= edges.NOISE * np.abs(high), _at_an_end(u))
    share = np.where(certain, u, special.betaincinv(rise, fall, u))
    return np.where(_in_order(low, mode, high), low + span * share, np.nan)


class RiskSummary(NamedTuple):
    """What a set of drawn results says."""

    p10: Any
    p50: Any
    p90: Any
    mean: Any
    share_negative: Any


@formula(returns=("p10", "p50", "p90", "mean", "share_negative"), kind="S", label="Summary of the draws")
def risk_summary(draws: Any) -> RiskSummary:
    """10th, 50th and 90th percentile, mean, and share below 0 of drawn results.

    Notes
    -----
    Percentiles are linear between ranks, as Excel's PERCENTILE.

    Examples
    --------
    >>> [float(x) for x in risk_summary(np.array([-2.0, 0, 1, 3, 8]))]
    [-1.2, 1.0, 6.0, 2.0, 0.2]
    """
    p10, p50, p90 = np.quantile(draws, (0.1, 0.5, 0.9), axis=-1)
    return RiskSummary(p10, p50, p90, np.mean(draws, axis=-1), np.mean(np.less(draws, 0), axis=-1))


class Tornado(NamedTuple):
    """Results by input, the widest range first."""

    labels: Any
    lows: Any
    highs: Any


@formula(
    returns=("labels", "lows", "highs"),
    kind="S",
    table=True,
    series=("labels",),
    label="Tornado",
)
def tornado(labels: Any, lows: Any, highs: Any) -> Tornado:
    """Inputs in the order of how far they move the result.

    Notes
    -----
    A row an input: name, result at its low value, result at its high value; by |high − low|, the largest first, ties
    in the given order.

    Examples
    --------
    >>> tornado(np.array(["price", "volume"]), np.array([1.0, 0]), np.array([2.0, 9])).labels.tolist()
    ['volume', 'price']
    """
    order = np.argsort(-np.abs(np.subtract(highs, lows)), kind="stable")
    return Tornado(*(np.asarray(x)[order] for x in (labels, lows, highs)))
