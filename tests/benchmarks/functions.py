"""The library's breadth: every formula on a million rows, the solvers, expressions."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy_financial
from openpyxl.formula import Tokenizer
from scipy.optimize import brentq, minimize
from timing import RANDOM, ROWS, Line, compared, raced, same

import xlllm
from xlllm.quantities import Quantity
from xlllm.registry import FORMULAS, Formula

sys.path.insert(0, str(Path(__file__).parent.parent))
from samples import VALUES

YEARS = 5
WORST = 3


def formulas() -> Iterator[Line]:
    """Every closed formula on a million rows: the checked call against its bare numpy line; the worst three."""
    lines = []
    for f in FORMULAS.values():
        if f.kind == "C" and f.parameters:
            args = _columns(f)
            with np.errstate(all="ignore"):
                same(f(*args), f.fn(*args), f.name)
                ours, theirs = raced(lambda: f(*args), lambda: f.fn(*args), times=7)  # noqa: B023
            lines.append((ours.min() / theirs.min(), compared(f"{f.name}, {ROWS:,} rows : by hand", ours, theirs)))
    lines.sort(key=lambda line: -line[0])
    yield from (line for _, line in lines[:WORST])
    ratios = [ratio for ratio, _ in lines]
    yield Line(f"median of all {len(lines)} formulas", 0, None, f"{np.median(ratios):.2f}", "", "≤ 1.5")


def _columns(f: Formula) -> list[Any]:
    """Valid columns around the values that the tests call valid together; choices and flags stay single."""

    def column(q: Quantity, varied: bool = True) -> Any:
        value = VALUES[q.name]
        if isinstance(value, (str, bool)):
            return value
        if q.kind == "whole" or not varied:
            return np.full(ROWS, float(value))
        return float(value) * RANDOM.uniform(0.98, 1.0 if q.share else 1.02, ROWS)

    args: list[Any] = []
    for p in f.parameters:
        if p.record:
            args.append(p.record.type(*(column(q, varied=False) for q in p.record.fields)))
        elif p.series:
            args.append(np.tile(np.asarray(VALUES[p.name][:YEARS], dtype=float), (ROWS // 10, 1)))
        else:
            assert p.quantity
            args.append(column(p.quantity))
    if any(p.series for p in f.parameters):  # as many scalars as there are series
        args = [x[: ROWS // 10] if isinstance(x, np.ndarray) and x.ndim == 1 else x for x in args]
    return args


def solvers() -> Iterator[Line]:
    """Many equations in one checked call, against a loop of a kept library's solver; seconds are per equation."""
    n = 20_000
    budget = 10 ** RANDOM.uniform(5, 9, n)
    served = 10 ** RANDOM.uniform(10, 13, n)
    yield _solved("best_params", n, (budget, 7.8e-18, 0.5, served), _best_params, 100)
    losses = RANDOM.uniform(1.9, 2.5, n)
    yield _solved("lifetime_params", n, (losses, served), _lifetime_params, 100)
    flows = np.column_stack([-RANDOM.uniform(500, 1500, n), RANDOM.uniform(100, 600, (n, 5))])
    yield _solved("irr", n, (flows,), numpy_financial.irr, 500)
    yield _solved_plans()
    yield _fitted()


def _solved(name: str, n: int, args: tuple[Any, ...], one: Callable[..., float], few: int) -> Line:
    checked = FORMULAS[name]

    def looped() -> np.ndarray:
        return np.array([one(*(x[i] if isinstance(x, np.ndarray) else x for x in args)) for i in range(few)])

    np.testing.assert_allclose(checked(*args)[:few].astype(float), looped(), rtol=1e-8)
    ours, theirs = raced(lambda: checked(*args), looped, times=5)
    line = compared(f"{name}, {n:,} at once : {one.__module__.split('.')[0]} loop", ours / n, theirs / few, faster=True)
    return line._replace(target=f"{n / ours.min():,.0f}/s")


def _best_params(budget: float, k: float, price: float, served: float) -> float:
    fn, p = xlllm.marginal_ratio, price / 1e6

    def excess(log_params: float) -> float:
        size = np.exp(log_params)
        tokens = (budget - 2 * size * served * k) / (6 * size * k + p)
        return float(np.log(fn(size, tokens, k, price, served, k)))

    return float(np.exp(brentq(excess, 0, np.log((budget - p) / (6 * k + 2 * served * k)) - 1e-9, xtol=1e-13)))


_best_params.__module__ = "scipy.brentq"


def _lifetime_params(loss: float, served: float) -> float:
    law = xlllm.FORMULAS["loss"].parameters[-1].default

    def excess(log_params: float) -> float:
        tokens = xlllm.tokens_for_loss(loss, np.exp(log_params))
        ratio = law.alpha * law.A * np.exp(-law.alpha * log_params) / (law.beta * law.B * tokens**-law.beta)
        return float(np.log(ratio) - np.log1p(served / (3 * tokens)))

    least = np.log(law.A / (loss - law.E)) / law.alpha
    return float(np.exp(brentq(excess, least + 1e-9, least + 60, xtol=1e-13)))


_lifetime_params.__module__ = "scipy.brentq"


def _solved_plans() -> Line:
    """Parallel plans of many configurations at once, against asking for each alone."""
    n = 2_000
    checked = FORMULAS["parallel_plan"]
    arch = xlllm.catalog.lookups.record("arch", "llama 2 70b")
    gpus = 2.0 ** RANDOM.integers(6, 13, n)
    few = 10
    ours, theirs = raced(
        lambda: checked(arch, 4096, gpus, 80), lambda: [checked(arch, 4096, g, 80) for g in gpus[:few]], times=3
    )
    line = compared(f"parallel_plan, {n:,} at once : one at a time", ours / n, theirs / few, faster=True)
    return line._replace(target=f"{n / ours.min():,.0f}/s")


def _fitted() -> Line:
    """A law from 240 runs, against scipy's L-BFGS-B with a numerical gradient from 500 starts (timed on 5)."""
    size = 10 ** RANDOM.uniform(8, 10, 240)
    data = 10 ** RANDOM.uniform(9.5, 11.5, 240)
    losses = xlllm.loss(size, data) * np.exp(RANDOM.normal(0, 0.01, 240))

    def objective(theta: np.ndarray) -> float:
        e, a, b, alpha, beta = theta
        terms = np.logaddexp(np.logaddexp(a - alpha * np.log(size), b - beta * np.log(data)), e)
        far = np.abs(terms - np.log(losses))
        return float(np.where(far <= 1e-3, far**2 / 2, 1e-3 * (far - 5e-4)).sum())

    starts = np.column_stack(
        [RANDOM.uniform(-1, 1, 5), *(RANDOM.uniform(0, 25, (2, 5))), *RANDOM.uniform(0, 2, (2, 5))]
    )
    found = min(minimize(objective, x0, method="L-BFGS-B").fun for x0 in starts)
    fit = xlllm.fit_law(size, data, losses)
    assert fit.objective <= found * (1 + 1e-9)
    ours, theirs = raced(
        lambda: xlllm.fit_law(size, data, losses),
        lambda: [minimize(objective, x0, method="L-BFGS-B") for x0 in starts],
        times=3,
    )
    return compared("fit_law, 240 runs : scipy L-BFGS-B × 500", ours, theirs * 100, "≥ 40", faster=True)


def evaluations() -> Iterator[Line]:
    """10,000 expressions, against only splitting them into tokens with openpyxl."""
    from xlllm.expression import evaluate

    texts = [f"LLM_GPU_HOURS(LLM_TRAIN_FLOPS({n}e9,1.4e12), 312e12, 0.477)/24" for n in range(1, 10_001)]
    assert all(evaluate(text).error is None for text in texts[:10])
    ours, theirs = raced(
        lambda: [evaluate(text) for text in texts], lambda: [Tokenizer("=" + text) for text in texts], times=5
    )
    yield compared("evaluate 10,000 lines : openpyxl tokenizes them", ours, theirs)
