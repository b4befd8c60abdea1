"""Fitting a scaling law to one's own runs."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from xlllm.registry import formula

Array = NDArray[np.float64]

DELTA = 1e-3  # of Huber's loss, on log losses: Hoffmann et al. 2022
EXPONENTS = np.linspace(0.05, 1.2, 25)
"""Starting exponents; every pair of them is a start."""
KEPT, KEPT_AFTER = 15, 12  # the best starts go on after these steps
STEPS = 400
NEWTON_STEPS = 20
STALLED = 1e-14  # relative improvement that no longer counts
FEWEST_RUNS = 6


class LawFit(NamedTuple):
    """A fitted law and how well it fits."""

    E: Any
    A: Any
    B: Any
    alpha: Any
    beta: Any
    objective: Any


def _no_fit(params: Any, tokens: Any, losses: Any) -> str:
    if np.size(losses) < FEWEST_RUNS:
        return f"five constants need at least {FEWEST_RUNS} runs: got {np.size(losses)}"
    for name, x in (("params", params), ("tokens", tokens), ("losses", losses)):
        if np.unique(x).size < 3:
            return f"{name} takes fewer than 3 different values, which says nothing of its exponent"
    return "the runs do not determine the law: sizes and tokens must vary independently of each other"


@formula(
    returns=("E", "A", "B", "alpha", "beta", "objective"),
    kind="S",
    series=("params", "tokens"),
    label="Fitted law",
    cites=("hoffmann2022", "besiroglu2024"),
    undefined=_no_fit,
)
def fit_law(params: Any, tokens: Any, losses: Any) -> LawFit:
    """Constants of a loss law from one's own training runs.

    Notes
    -----
    Hoffmann et al. 2022 approach 3: least Σ Huber_0.001(LSE(ln A − α·ln N, ln B − β·ln D, ln E) − ln L); the
    objective is the sum, not the mean. 625 starting pairs of exponents, for which the rest is linear, then
    Levenberg-Marquardt steps on the best.

    Examples
    --------
    >>> fit = fit_law(
    ...     np.array([1e8, 1e8, 1e8, 1e9, 1e9, 1e9, 1e10, 1e10, 1e10]),
    ...     np.array([2e9, 2e10, 2e11, 2e9, 2e10, 2e11, 2e9, 2e10, 2e11]),
    ...     np.array([3.43854, 2.96842, 2.76594, 3.00016, 2.53005, 2.32756, 2.80335, 2.33324, 2.13075]),
    ... )
    >>> [round(float(x), 3) for x in fit[3:5]]
    [0.348, 0.366]
    """
    runs = np.broadcast_arrays(*(np.atleast_1d(np.asarray(x, dtype=float)) for x in (params, tokens, losses)))
    shape = runs[0].shape[:-1]
    fits = np.array([_fit(*(x[at] for x in runs)) for at in np.ndindex(shape)]).reshape(*shape, 6)
    return LawFit(*np.moveaxis(fits, -1, 0))


def _fit(params: Array, tokens: Array, losses: Array) -> Array:
    """One law; NaN if the runs do not determine it."""
    nothing = np.full(6, np.nan)
    runs = (params, tokens, losses)
    if losses.size < FEWEST_RUNS or not np.isfinite(runs).all() or any(np.unique(x).size < 3 for x in runs):
        return nothing
    size, data, wanted = map(np.log, runs)
    middles = np.array([0, size.mean(), data.mean()])
    design = np.stack([np.ones_like(size), size, data])
    if np.linalg.matrix_rank(design - np.array([[0], [middles[1]], [middles[2]]])) < 3:
        return nothing
    starts = _starts(size - middles[1], data - middles[2], losses)
    theta, objective = _polished(
        _descend(starts, size - middles[1], data - middles[2], wanted), size - middles[1], data - middles[2], wanted
    )
    e, a, b, alpha, beta = theta
    found = np.array([np.exp(e), np.exp(a + alpha * middles[1]), np.exp(b + beta * middles[2]), alpha, beta, objective])
    return found if np.isfinite(found).all() and alpha > 0 and beta > 0 else nothing


def _starts(size: Array, data: Array, losses: Array) -> Array:
    """For every pair of exponents the best E, A and B, which then are linear: rows of log E, log A, log B, α, β."""
    alpha, beta = (x.ravel() for x in np.meshgrid(EXPONENTS, EXPONENTS))
    terms = np.stack(
        [np.ones((alpha.size, size.size)), np.exp(-alpha[:, None] * size), np.exp(-beta[:, None] * data)], 1
    )
    weighted = terms * (losses.min() / losses) ** 2
    linear = _solved(weighted @ terms.transpose(0, 2, 1), (weighted * losses).sum(2), 1e-12)
    return np.column_stack([np.log(np.maximum(linear, 1e-3 * losses.min())), alpha, beta])


def _descend(theta: Array, size: Array, data: Array, wanted: Array) -> Array:
    """Levenberg-Marquardt on all starts at once, Huber's loss as weights that change from step to step."""
    damping = np.full(len(theta), 1e-3)
    stalled = np.zeros(len(theta), dtype=int)
    residual, shares = _residuals(theta, size, data, wanted)
    value = _huber(residual)
    best: Array = theta[value.argmin()]
    best_value = float(value.min())
    for step in range(STEPS):
        slopes = np.stack([shares[0], shares[1], shares[2], -shares[1] * size, -shares[2] * data], 1)
        weights = DELTA / np.maximum(np.abs(residual), DELTA)
        gradient = (slopes * np.clip(residual, -DELTA, DELTA)[:, None]).sum(2)
        curvature = (slopes * weights[:, None]) @ slopes.transpose(0, 2, 1)
        tried = theta - np.clip(_solved(curvature, gradient, damping[:, None]), -5, 5)
        new_residual, new_shares = _residuals(tried, size, data, wanted)
        new_value = _huber(new_residual)
        better = new_value < value
        gained = np.where(better, (value - new_value) / np.maximum(value, 1e-300), 0)
        theta = np.where(better[:, None], tried, theta)
        residual = np.where(better[:, None], new_residual, residual)
        shares = np.where(better[:, None], new_shares, shares)
        value = np.where(better, new_value, value)
        damping = np.clip(np.where(better, damping / 5, damping * 4), 1e-12, 1e12)
        stalled = np.where(gained > STALLED, 0, stalled + 1)
        if value.min() < best_value:
            best, best_value = theta[value.argmin()], float(value.min())
        going = stalled < 6
        if step == KEPT_AFTER and len(value) > KEPT:
            going &= value <= np.partition(value, KEPT)[KEPT]
        if not going.any():
            break
        theta, residual, value, damping, stalled = (x[going] for x in (theta, residual, value, damping, stalled))
        shares = shares[:, going]
    return best


def _solved(square: Array, right: Array, damping: Any) -> Array:
    """Solutions of many damped systems, each scaled to a diagonal of ones, which keeps them solvable."""
    diagonal = np.einsum("kii->ki", square)
    scale = 1 / np.sqrt(np.where(diagonal > 0, diagonal, 1))
    scaled = square * scale[:, :, None] * scale[:, None, :]
    size = range(square.shape[-1])
    scaled[:, size, size] = 1 + damping
    solution: Array = np.linalg.solve(scaled, (right * scale)[..., None])[..., 0] * scale
    return solution


def _polished(theta: Array, size: Array, data: Array, wanted: Array) -> tuple[Array, float]:
    """Newton's steps to the bottom, as long as they go down, and the value there."""
    ones, none = np.ones_like(size), np.zeros_like(size)
    bases = np.array([[ones, none, none, none, none], [none, ones, none, -size, none], [none, none, ones, none, -data]])
    value = np.inf
    for _ in range(NEWTON_STEPS):
        residual, shares = _residuals(theta[None], size, data, wanted)
        slopes = np.einsum("ik,ijk->jk", shares[:, 0], bases)
        bend = np.einsum("ik,ijk,ilk->jlk", shares[:, 0], bases, bases) - slopes[:, None] * slopes
        near = np.abs(residual[0]) <= DELTA
        pull = np.clip(residual[0], -DELTA, DELTA)
        curvature = (near * slopes) @ slopes.T + bend @ pull
        step = np.linalg.lstsq(curvature, slopes @ pull, rcond=None)[0]
        new_value = float(_huber(_residuals((theta - step)[None], size, data, wanted)[0])[0])
        old_value = float(_huber(residual)[0])
        value = min(value, old_value)
        if not new_value <= old_value:
            break
        theta, value = theta - step, new_value
    return theta, value


def _residuals(theta: Array, size: Array, data: Array, wanted: Array) -> tuple[Array, Array]:
    """Log of the predicted loss minus the log of the measured one, and the share of each term in the prediction."""
    e, a, b, alpha, beta = theta.T[:, :, None]
    terms = np.stack([np.broadcast_to(e, (len(theta), size.size)), a - alpha * size, b - beta * data])
    top = terms.max(axis=0)
    powers = np.exp(terms - top)
    total = powers.sum(axis=0)
    return top + np.log(total) - wanted, powers / total


def _huber(residual: Array) -> Array:
    far = np.abs(residual)
    each: Array = np.where(far <= DELTA, 0.5 * far**2, DELTA * (far - 0.5 * DELTA))
    return np.asarray(each.sum(axis=-1))
