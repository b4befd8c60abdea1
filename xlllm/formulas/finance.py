"""Finance: what it costs and what comes back. The first cash flow is year 0 and is not discounted."""

from typing import Any

import numpy as np

from xlllm.formulas import edges, solvers
from xlllm.formulas.compute import DAYS_PER_YEAR, HOURS_PER_DAY
from xlllm.formulas.data import MONTHS_PER_YEAR
from xlllm.registry import formula

HOURS_PER_YEAR = DAYS_PER_YEAR * HOURS_PER_DAY


def _per_year(x: Any) -> Any:
    """A value for each scenario, set against the years on the last axis."""
    return x[..., None] if np.ndim(x) else x


def _years(flows: Any) -> Any:
    """0, 1, 2, … on the last axis; laid out in memory as many rows of flows are, which is far faster."""
    years = np.arange(np.shape(flows)[-1])
    return np.zeros_like(flows) + years if isinstance(flows, np.ndarray) else years


def _discounted(rate: Any, flows: Any) -> Any:
    """CF_t/(1+r)^t: a flow in the value of year 0."""
    return flows / (1 + _per_year(rate)) ** _years(flows)


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
    GPU-hours·price·(multiple − 1): with :func:`final_run_usd` and other cost it makes :func:`train_usd`.

    Examples
    --------
    >>> experiment_usd(1_000_000, 4, 1.25)
    1000000.0
    """
    return gpu_hours * gpu_hour_usd * (experiment_multiple - 1)


@formula(returns="yearly_cost_usd", label="GPUs rented all year")
def yearly_gpu_usd(gpus: Any, gpu_hour_usd: Any) -> Any:
    """What GPUs cost in a year if they are rented around the clock.

    Notes
    -----
    GPUs·price·8760 hours.

    Examples
    --------
    >>> yearly_gpu_usd(8, 2)
    140160
    """
    return gpus * gpu_hour_usd * HOURS_PER_YEAR


@formula(returns="gpu_hour_usd", label="Price per GPU-hour, staffed")
def staffed_gpu_hour_usd(gpu_hour_usd: Any, yearly_cost_usd: Any, gpus: Any) -> Any:
    """Price of a GPU-hour with the yearly cost of running the GPUs spread over it: people, software, network.

    Notes
    -----
    price + cost of a year/(GPUs·8760 hours).

    Examples
    --------
    >>> staffed_gpu_hour_usd(2, 140_160, 32)
    2.5
    """
    return gpu_hour_usd + yearly_cost_usd / (gpus * HOURS_PER_YEAR)


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


def _grown(amount: Any, growth: Any, year_index: Any) -> Any:
    """A yearly amount that grows from its first year, year 1, on."""
    return amount * (1 + growth) ** (year_index - 1)


@formula(returns="flows", label="Cash flow")
def yearly_flow(year_index: Any, invest_usd: Any, yearly_benefit_usd: Any, yearly_growth: Any = 0) -> Any:
    """Cash flow of one year: the investment in year 0, then a benefit that grows.

    Notes
    -----
    −invest in year 0; benefit·(1 + growth)^(year − 1) after.

    Examples
    --------
    >>> float(yearly_flow(2, 1000, 300, 0.1))
    330.0
    """
    return np.where(year_index == 0, -invest_usd, _grown(yearly_benefit_usd, yearly_growth, year_index))


@formula(returns="flows", label="Cost of a year")
def yearly_cost_flow(year_index: Any, invest_usd: Any, yearly_cost_usd: Any, cost_growth: Any = 0) -> Any:
    """Cost of one year, as a positive amount: the investment in year 0, then a cost that grows.

    Notes
    -----
    invest in year 0; cost·(1 + growth)^(year − 1) after. :func:`npv` of it is the present value of all that an option
    costs (total cost of ownership).

    Examples
    --------
    >>> round(float(yearly_cost_flow(2, 1000, 200, 0.1)), 2)
    220.0
    """
    return np.where(year_index == 0, invest_usd, _grown(yearly_cost_usd, cost_growth, year_index))


@formula(returns="flows", label="Cash flow, net of cost")
def net_flow(
    year_index: Any,
    invest_usd: Any,
    yearly_benefit_usd: Any,
    yearly_cost_usd: Any,
    yearly_growth: Any = 0,
    cost_growth: Any = 0,
) -> Any:
    """Cash flow of one year: the investment in year 0, then a benefit less a running cost, each with its growth.

    Notes
    -----
    −invest in year 0; benefit·(1 + growth)^(year − 1) − cost·(1 + growth of cost)^(year − 1) after. The benefit is
    the one before running cost.

    Examples
    --------
    >>> round(float(net_flow(2, 1000, 500, 200, 0.1, 0.05)), 2)
    340.0
    """
    benefit = _grown(yearly_benefit_usd, yearly_growth, year_index)
    return np.where(year_index == 0, -invest_usd, benefit - _grown(yearly_cost_usd, cost_growth, year_index))


@formula(returns="flows", label="Cash flow, net of cost and compute")
def project_flow(
    year_index: Any,
    invest_usd: Any,
    yearly_benefit_usd: Any,
    yearly_cost_usd: Any,
    compute_usd: Any,
    yearly_growth: Any = 0,
    cost_growth: Any = 0,
    volume_growth: Any = 0,
    yearly_decline: Any = 0,
) -> Any:
    """Cash flow of one year: :func:`net_flow` less the compute, whose volume grows while its price falls.

    Notes
    -----
    −invest in year 0; benefit·(1 + growth)^(year − 1) − cost·(1 + growth of cost)^(year − 1) −
    compute·((1 + growth of volume)·(1 − decline of price))^(year − 1) after.

    Examples
    --------
    >>> round(float(project_flow(2, 1000, 500, 200, 100, 0.1, 0.05, 0.2, 0.25)), 2)
    250.0
    """
    compute = compute_usd * ((1 + volume_growth) * (1 - yearly_decline)) ** (year_index - 1)
    before = net_flow(year_index, invest_usd, yearly_benefit_usd, yearly_cost_usd, yearly_growth, cost_growth)
    return before - np.where(year_index == 0, 0, compute)


@formula(returns="yearly_benefit_usd", label="Benefit of a year")
def yearly_benefit(items_usd: Any) -> Any:
    """Benefits of the first year, added up: what a cash flow starts from.

    Notes
    -----
    One series of amounts of one year, in one currency.

    Examples
    --------
    >>> float(yearly_benefit(np.array([300_000.0, 120_000.0])))
    420000.0
    """
    return np.sum(items_usd, axis=-1)


@formula(returns="yearly_cost_usd", label="Cost of a year, in all")
def yearly_cost(items_usd: Any) -> Any:
    """Costs of the first year, added up: what a cash flow starts from.

    Notes
    -----
    One series of amounts of one year, in one currency.

    Examples
    --------
    >>> float(yearly_cost(np.array([80_000.0, 15_000.0])))
    95000.0
    """
    return np.sum(items_usd, axis=-1)


@formula(returns="yearly_cost_usd", label="Failed tasks of a year")
def failure_cost(tasks: Any, success_rate: Any, fallback_usd: Any, adoption: Any = 1) -> Any:
    """What the failed tasks of a year cost, each done by a person instead.

    Notes
    -----
    tasks·adoption·(1 − success)·cost of a failure.

    Examples
    --------
    >>> round(failure_cost(1_000_000, 0.95, 0.5, 0.8), 2)
    20000.0
    """
    return tasks * adoption * (1 - success_rate) * fallback_usd


@formula(returns="yearly_cost_usd", label="Running cost of a year")
def running_cost(compute_usd: Any, failed_usd: Any, items_usd: Any) -> Any:
    """What running costs in the first year: compute, failed tasks, and all other items such as people.

    Notes
    -----
    compute + failed tasks + sum of the items.

    Examples
    --------
    >>> float(running_cost(140_160, 20_000, np.array([200_000.0, 30_000.0])))
    390160.0
    """
    return compute_usd + failed_usd + np.sum(items_usd, axis=-1)


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
    """Net present value of yearly cash flows, the first in year 0.

    Notes
    -----
    Σ_t CF_t/(1+r)^t, t = 0, 1, …: the first flow plus Excel's own NPV of the rest.

    Examples
    --------
    >>> round(float(npv(0.10, np.array([-1000, 300, 400, 500, 200]))), 4)
    115.5659
    """
    return np.sum(_discounted(rate, flows), axis=-1)


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
    Sums within 1e-12 of the size of the first flow count as 0.

    Examples
    --------
    >>> float(unpaid_years(np.array([-1000, 300, 400, 500, 200])))
    3.0
    """
    best = highest_so_far(cumulative_flows(flows))
    return np.sum(best < -edges.NOISE * np.abs(_per_year(flows[..., 0])), axis=-1)


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


@formula(returns="flows", label="Discounted cash flow")
def discounted_flows(rate: Any, flows: Any) -> Any:
    """Cash flows in the value of today.

    Notes
    -----
    CF_t/(1+r)^t, t = 0, 1, …

    Examples
    --------
    >>> discounted_flows(0.1, np.array([-1000, 110, 121])).round(6).tolist()
    [-1000.0, 100.0, 100.0]
    """
    return _discounted(rate, flows)


@formula(
    returns="years",
    label="Discounted payback",
    cites=("brealey2020",),
    undefined="the discounted cash flows never add up to 0 or more: there is no payback within these years",
)
def discounted_payback(rate: Any, flows: Any) -> Any:
    """Years until the discounted cash flows add up to 0, linear within the year.

    Notes
    -----
    :func:`payback` of :func:`discounted_flows`.

    Examples
    --------
    >>> round(float(discounted_payback(0.1, np.array([-1000, 300, 400, 500, 200]))), 3)
    3.154
    """
    return payback(discounted_flows(rate, flows))


@formula(
    returns="profitability_index",
    cites=("brealey2020",),
    undefined="the first cash flow must be an investment, below 0",
)
def profitability_index(rate: Any, flows: Any) -> Any:
    """Value of what comes back for each unit invested.

    Notes
    -----
    1 + NPV/(−CF_0), for CF_0 < 0.

    Examples
    --------
    >>> round(float(profitability_index(0.1, np.array([-1000, 300, 400, 500, 200]))), 5)
    1.11557
    """
    invested = -flows[..., 0]
    return np.where(invested > 0, 1 + npv(rate, flows) / invested, np.nan)


def _no_irr(flows: Any) -> str:
    row = np.asarray(flows, dtype=float)
    if not (row < 0).any() or not (row > 0).any():
        return "the cash flows never change sign, so that no rate brings their value to 0"
    growths, (count,), _ = solvers.present_value_zeros(row[None])
    if not count:
        return "no rate above -100% brings the net present value to 0"
    found = np.expm1(growths[~np.isnan(growths)])
    rates = ", ".join(dict.fromkeys(f"{rate:z.4%}" for rate in found[:4]))
    if count == 1:
        return f"the net present value touches 0 at {rates} without changing its sign; judge by NPV at your own rate"
    return f"{count} rates bring the net present value to 0 ({rates}); judge by NPV at your own rate"


@formula(returns="irr", kind="S", cites=("brealey2020",), undefined=_no_irr)
def irr(flows: Any) -> Any:
    """Discount rate at which the net present value is 0.

    Notes
    -----
    The only root above −1 of :func:`npv`, where it changes its sign. No change of sign, or several roots, is an error
    that says which: then judge by NPV at your own rate. Solved to 1e-12.

    Examples
    --------
    >>> round(float(irr(np.array([-1000, 300, 400, 500, 200]))), 6)
    0.153221
    """
    rows = np.asarray(flows, dtype=float)
    with np.errstate(all="ignore"):
        growths, count, crossings = solvers.present_value_zeros(rows.reshape(-1, rows.shape[-1]))
    rates = np.where(np.logical_and(count == 1, crossings == 1), np.expm1(growths[:, 0]), np.nan)
    return rates.reshape(rows.shape[:-1])


@formula(returns="rate", label="Continuous rate")
def continuous_rate(rate: Any) -> Any:
    """Continuously compounded rate that equals a yearly one.

    Notes
    -----
    ln(1 + r).

    Examples
    --------
    >>> round(float(continuous_rate(0.08)), 6)
    0.076961
    """
    return np.log1p(rate)


@formula(returns="capital_recovery", cites=("brealey2020",), undefined="years must be above 0")
def capital_recovery(rate: Any, years: Any) -> Any:
    """Yearly payment that repays one unit of capital with interest.

    Notes
    -----
    r/(1 − (1+r)^−n), and 1/n at r = 0.

    Examples
    --------
    >>> round(float(capital_recovery(0.08, 4)), 7)
    0.3019208
    """
    repaid = -np.expm1(-years * continuous_rate(rate))
    return np.where(years > 0, np.where(rate == 0, 1 / years, rate / repaid), np.nan)


@formula(
    returns="usd", label="Present value of a yearly cost", cites=("brealey2020",), undefined="years must be above 0"
)
def present_cost_usd(yearly_cost_usd: Any, rate: Any, years: Any, cost_growth: Any = 0) -> Any:
    """Value today of a cost that comes at the end of every year and grows.

    Notes
    -----
    Σ_t cost·(1+g)^(t−1)/(1+r)^t, t = 1 … n: a growing annuity, cost/(1+g) over :func:`capital_recovery` at the rate
    (1+r)/(1+g) − 1.

    Examples
    --------
    >>> round(float(present_cost_usd(100_000, 0.08, 3)), 2)
    257709.7
    """
    return yearly_cost_usd / (1 + cost_growth) / capital_recovery((rate - cost_growth) / (1 + cost_growth), years)


@formula(
    returns="yearly_cost_usd", label="Equivalent yearly cost", cites=("brealey2020",), undefined="years must be above 0"
)
def equivalent_annual_usd(cost_usd: Any, rate: Any, years: Any) -> Any:
    """The same amount every year that is worth as much as a cost in today's value.

    Notes
    -----
    cost·:func:`capital_recovery`: what a present value is as a yearly payment.

    Examples
    --------
    >>> round(float(equivalent_annual_usd(257_709.70, 0.08, 3)))
    100000
    """
    return cost_usd * capital_recovery(rate, years)


@formula(
    returns="months",
    label="Month in which a volume is reached",
    undefined="the volume does not grow, so that it is never reached",
)
def months_to_reach(requests_per_day: Any, target_per_day: Any, yearly_growth: Any) -> Any:
    """Months until a growing volume reaches another; 0 if it has.

    Notes
    -----
    12·ln(target/requests)/ln(1 + growth).

    Examples
    --------
    >>> float(months_to_reach(10_000, 20_000, 1))
    12.0
    """
    times = np.maximum(target_per_day, requests_per_day) / requests_per_day
    months = MONTHS_PER_YEAR * np.log(times) / continuous_rate(yearly_growth)
    grows = np.where(yearly_growth > 0, months, np.nan)
    return np.where(edges.at_most(target_per_day, requests_per_day), 0, grows)


@formula(returns="gpu_hour_usd", label="Own GPU-hour", undefined="years must be above 0")
def owned_gpu_hour_usd(
    capex_usd: Any,
    years: Any,
    utilization: Any = 0.8,
    rate: Any = 0.08,
    kw: Any = 1,
    usd_kwh: Any = 0.1,
    pue: Any = 1.1,
    opex_share: Any = 0.05,
    residual_share: Any = 0,
) -> Any:
    """What one used hour of a bought GPU costs: capital, upkeep and electricity.

    Notes
    -----
    (capex·(1 − residual·(1+r)^−n)·CRF + capex·upkeep)/(8760·utilization) + kW·PUE·price of a kWh, with CRF of
    :func:`capital_recovery`. capex_usd is per GPU with its share of server and network; power is drawn in used hours
    only.

    Examples
    --------
    >>> round(float(owned_gpu_hour_usd(40_000, 4)), 3)
    2.119
    """
    financed = 1 - residual_share / (1 + rate) ** years
    yearly = capex_usd * (financed * capital_recovery(rate, years) + opex_share)
    return yearly / (HOURS_PER_YEAR * utilization) + kw * pue * usd_kwh


@formula(
    returns="months",
    label="Months until buying pays",
    undefined="renting costs no more than running the bought hardware: buying never pays",
)
def buy_or_rent_months(capex_usd: Any, opex_usd_month: Any, rent_usd_month: Any) -> Any:
    """Months after which buying is cheaper than renting, not discounted.

    Notes
    -----
    purchase price/(rent − running cost).

    Examples
    --------
    >>> round(float(buy_or_rent_months(300_000, 4_500, 17_500)), 1)
    23.1
    """
    months = capex_usd / (rent_usd_month - opex_usd_month)
    return np.where(edges.more(rent_usd_month, opex_usd_month), months, np.nan)


@formula(returns="price", label="Price in later years")
def price_path(price: Any, yearly_decline: Any, years: Any) -> Any:
    """A price after some years of steady decline.

    Notes
    -----
    price·(1 − decline)^years, for each year given.

    Examples
    --------
    >>> price_path(10, 0.5, 2)
    2.5
    """
    return price * (1 - yearly_decline) ** years


@formula(returns="usd", label="Expected loss")
def expected_loss_usd(probability: Any, impact_usd: Any, mitigation: Any = 0) -> Any:
    """What an event costs on average, after a measure against it.

    Notes
    -----
    probability·impact·(1 − mitigation). An average hides the single large loss: hold a hard limit beside it.

    Examples
    --------
    >>> expected_loss_usd(0.02, 5e6, 0.5)
    50000.0
    """
    return probability * impact_usd * (1 - mitigation)
