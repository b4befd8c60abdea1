"""Finance: what it costs and what comes back. The first cash flow is year 0 and is not discounted."""

from typing import Any

import numpy as np

from xlllm.formulas.edges import NOISE
from xlllm.registry import formula


def _per_year(x: Any) -> Any:
    """A value for each scenario, set against the years on the last axis."""
    return x[..., None] if np.ndim(x) else x


def _years(flows: Any) -> Any:
    """0, 1, 2, … on the last axis; laid out in memory as many rows of flows are, which is far faster."""
    years = np.arange(np.shape(flows)[-1])
    return np.zeros_like(flows) + years if isinstance(flows, np.ndarray) else years


@formula(returns="usd", label="Training cost")
def train_usd(gpu_hours: Any, gpu_hour_usd: Any, experiment_multiple: Any = 1, other_usd: Any = 0) -> Any:
    """What training costs, experiments and other cost included.

    Notes
    -----
    GPU-hours·price·multiple + other; the multiple is the compute of all runs over the final run's.

    Examples
    --------
    >>> round(train_usd(2048 * 21 * 24, 3.93))   # LLaMA-65B
    4056515
    """
    return gpu_hours * gpu_hour_usd * experiment_multiple + other_usd


@formula(returns="usd", label="Final run")
def final_run_usd(gpu_hours: Any, gpu_hour_usd: Any) -> Any:
    """What the final training run costs, without the runs before it.

    Notes
    -----
    GPU-hours·price.

    Examples
    --------
    >>> round(final_run_usd(2048 * 21 * 24, 3.93))   # LLaMA-65B
    4056515
    """
    return gpu_hours * gpu_hour_usd


@formula(returns="usd", label="Experiments")
def experiment_usd(gpu_hours: Any, gpu_hour_usd: Any, experiment_multiple: Any) -> Any:
    """What the runs before the final one cost: ablations, small models, failures.

    Notes
    -----
    GPU-hours·price·(multiple − 1): with the final run, :func:`train_usd`.

    Examples
    --------
    >>> experiment_usd(1_000_000, 4, 1.25)
    1000000.0
    """
    return gpu_hours * gpu_hour_usd * (experiment_multiple - 1)


@formula(returns="usd", label="Total")
def total_usd(items_usd: Any) -> Any:
    """Sum of amounts.

    Notes
    -----
    One series of amounts in one currency.

    Examples
    --------
    >>> float(total_usd(np.array([1.0, 2.0, 3.5])))
    6.5
    """
    return np.sum(items_usd, axis=-1)


@formula(returns="usd", label="Contingency")
def contingency_usd(planned_usd: Any, contingency: Any) -> Any:
    """Money set aside for what the plan does not foresee.

    Notes
    -----
    planned·contingency.

    Examples
    --------
    >>> contingency_usd(10e6, 0.1)
    1000000.0
    """
    return planned_usd * contingency


@formula(returns="deviation", label="Difference from the reference")
def deviation(estimate: Any, reference: Any) -> Any:
    """How far an estimate is from a published figure.

    Notes
    -----
    estimate/reference − 1, both in the same unit.

    Examples
    --------
    >>> round(deviation(1_023_392, 1_022_362), 4)
    0.001
    """
    return estimate / reference - 1


@formula(returns="flows", label="Cash flow")
def yearly_flow(year_index: Any, invest_usd: Any, yearly_benefit_usd: Any, yearly_growth: Any = 0) -> Any:
    """Cash flow of one year: the investment in year 0, then a benefit that grows.

    Notes
    -----
    −invest in year 0; benefit·(1 + growth)^(year − 1) after.

    Examples
    --------
    >>> [float(yearly_flow(t, 1000, 300, 0.1)) for t in range(3)]
    [-1000.0, 300.0, 330.0]
    """
    later = yearly_benefit_usd * (1 + yearly_growth) ** (year_index - 1)
    return np.where(year_index == 0, -invest_usd, later)


@formula(returns="benefit_usd", label="Benefit, all years")
def total_benefit(flows: Any) -> Any:
    """What comes in after year 0, not discounted.

    Notes
    -----
    Sum of all flows but the first.

    Examples
    --------
    >>> float(total_benefit(np.array([-1000, 300, 400])))
    700.0
    """
    return np.sum(flows, axis=-1) - flows[..., 0]


@formula(returns="roi", cites=("brealey2020",))
def roi(benefit_usd: Any, cost_usd: Any) -> Any:
    """Return on investment.

    Notes
    -----
    (benefit − cost)/cost, not annualised.

    Examples
    --------
    >>> roi(1500, 1000)
    0.5
    """
    return (benefit_usd - cost_usd) / cost_usd


@formula(returns="npv", cites=("brealey2020",))
def npv(rate: Any, flows: Any) -> Any:
    r"""Net present value of yearly cash flows, the first in year 0.

    Notes
    -----
    :math:`\sum_t CF_t/(1+r)^t`, t = 0, 1, …: the first flow plus Excel's own NPV of the rest.

    Examples
    --------
    >>> round(float(npv(0.10, np.array([-1000, 300, 400, 500, 200]))), 4)
    115.5659
    """
    return np.sum(flows / (1 + _per_year(rate)) ** _years(flows), axis=-1)


@formula(returns="flows", label="Cumulative cash")
def cumulative_flows(flows: Any) -> Any:
    """Cash flows added up to each year.

    Notes
    -----
    Running sum, not discounted.

    Examples
    --------
    >>> cumulative_flows(np.array([-1000, 300, 400])).tolist()
    [-1000, -700, -300]
    """
    return np.cumsum(flows, axis=-1)


@formula(returns="flows", label="Highest cumulative cash so far")
def highest_so_far(flows: Any) -> Any:
    """The highest value up to each year.

    Notes
    -----
    Running maximum: it stays at 0 or above once the investment has been paid back.

    Examples
    --------
    >>> highest_so_far(np.array([-1000, 100, -300])).tolist()
    [-1000, 100, 100]
    """
    return np.maximum.accumulate(flows, axis=-1)


@formula(returns="years", label="Years not yet paid back")
def unpaid_years(flows: Any) -> Any:
    """Years at whose end the cumulated cash flows have never reached 0.

    Notes
    -----
    Amounts within 1e-12 of the first flow count as 0.

    Examples
    --------
    >>> float(unpaid_years(np.array([-1000, 300, 400, 500, 200])))
    3.0
    """
    best = highest_so_far(cumulative_flows(flows))
    return np.sum(best < -NOISE * np.abs(_per_year(flows[..., 0])), axis=-1)


@formula(
    returns="years",
    label="Payback",
    cites=("brealey2020",),
    undefined="the cash flows never add up to 0 or more: there is no payback within these years",
)
def payback(flows: Any) -> Any:
    """Years until the cumulated cash flows reach 0, linear within the year.

    Notes
    -----
    First t at which the running sum is not negative; 0 if the first flow is not negative.

    Examples
    --------
    >>> round(float(payback(np.array([-1000, 300, 400, 500, 200]))), 2)
    2.6
    """
    unpaid = unpaid_years(flows)
    paid = np.sum(cumulative_flows(flows) * (_years(flows) == _per_year(unpaid) - 1), axis=-1)
    income = np.sum(flows * (_years(flows) == _per_year(unpaid)), axis=-1)
    within = np.where(unpaid < np.shape(flows)[-1], unpaid - 1 - paid / income, np.nan)
    return np.where(unpaid == 0, 0, within)
