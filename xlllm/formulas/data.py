"""Data, labels and people."""

from typing import Any, NamedTuple

import numpy as np

from xlllm.formulas import edges
from xlllm.registry import formula

TOKENS_PER_MTOK = 1e6
MINUTES_PER_HOUR = 60
MONTHS_PER_YEAR = 12


@formula(returns="data_usd_mtok")
def data_usd_mtok(acquire_usd: Any, clean_usd: Any, store_usd: Any, raw_tokens: Any, kept_share: Any = 1) -> Any:
    """What one million usable tokens cost.

    Notes
    -----
    (acquire + clean + store)/(raw tokens · share kept)·1e6.

    Examples
    --------
    >>> data_usd_mtok(300e3, 150e3, 50e3, 2e12, 0.5)
    0.5
    """
    return (acquire_usd + clean_usd + store_usd) / (raw_tokens * kept_share) * TOKENS_PER_MTOK


@formula(returns="usd", label="Team cost")
def team_usd(fte: Any, usd_per_fte_year: Any, months: Any = 12, on_cost: Any = 0.3) -> Any:
    """What people cost while they work on it; one result a row, not summed.

    Notes
    -----
    fte·pay·months/12·(1 + on-cost).

    Examples
    --------
    >>> team_usd(10, 150e3, 6, 0.3)
    975000.0
    """
    return fte * usd_per_fte_year * months / MONTHS_PER_YEAR * (1 + on_cost)


@formula(returns="fte", label="Team of an area")
def area_fte(fte: Any, area_share: Any) -> Any:
    """People who work in one area.

    Notes
    -----
    fte·share of the area, in full-time equivalents.

    Examples
    --------
    >>> area_fte(40, 0.35)
    14.0
    """
    return fte * area_share


@formula(returns="fte", label="Smallest of three teams")
def smallest_fte(data_fte: Any, pretrain_fte: Any, tune_fte: Any) -> Any:
    """People in the smallest of three areas: data, pre-training, tuning.

    Notes
    -----
    The least of the three: what a team for evaluation is measured by.

    Examples
    --------
    >>> float(smallest_fte(5, 8, 3))
    3.0
    """
    return np.minimum(np.minimum(data_fte, pretrain_fte), tune_fte)


@formula(returns="usd", label="Annotation cost")
def annotation_usd(items: Any, minutes_per_item: Any, usd_per_hour: Any, redundancy: Any = 1, qa_share: Any = 0) -> Any:
    """What labelling by people costs.

    Notes
    -----
    items·redundancy·(1 + checking)·minutes/60·cost of an hour.

    Examples
    --------
    >>> annotation_usd(27_540, 20, 30, 1, 0.25)
    344250.0
    """
    return items * redundancy * (1 + qa_share) * minutes_per_item / MINUTES_PER_HOUR * usd_per_hour


@formula(returns="items", label="Items for a budget")
def items_for_budget(
    budget_usd: Any, minutes_per_item: Any, usd_per_hour: Any, redundancy: Any = 1, qa_share: Any = 0
) -> Any:
    """Whole items that a budget labels.

    Notes
    -----
    floor(budget/:func:`annotation_usd` of one item).

    Examples
    --------
    >>> float(items_for_budget(100_000, 20, 30, 2, 0.25))
    4000.0
    """
    return edges.floor(budget_usd / annotation_usd(1, minutes_per_item, usd_per_hour, redundancy, qa_share))


@formula(returns="usd", label="Synthetic data cost")
def synthetic_usd(items: Any, tokens_per_item: Any, usd_mtok: Any, accept_rate: Any = 1) -> Any:
    """What generating data with a model costs, for a number of items worth keeping.

    Notes
    -----
    items/acceptance·tokens·price/1e6. Check that the model's licence allows training on its answers.

    Examples
    --------
    >>> synthetic_usd(52_000, 500, 20, 0.8)
    650.0
    """
    return items / accept_rate * tokens_per_item * usd_mtok / TOKENS_PER_MTOK


@formula(returns="items", label="Items without a licence to train")
def unlicensed_items(items: Any, trainable: Any) -> Any:
    """Synthetic items that the terms of the API that made them do not allow to train on.

    Notes
    -----
    0 if the terms allow training on the answers, else all items.

    Examples
    --------
    >>> float(unlicensed_items(52_000, False))
    52000.0
    """
    return np.where(trainable, 0, items)


class TeamSplit(NamedTuple):
    """A team by area of work."""

    area: Any
    fte: Any


GPT4_LISTINGS = {
    "pretraining": 125,
    "long context": 12,
    "vision": 67,
    "RL and alignment": 181,
    "evaluation and analysis": 257,
    "deployment": 89,
}
"""Names credited by area in the GPT-4 technical report; a person named for two tasks counts twice."""


@formula(returns=("area", "fte"), kind="S", table=True, label="Team by area", cites=("openai2023",))
def team_split(fte: Any) -> TeamSplit:
    """A team divided as the GPT-4 technical report divides its credits; evaluation is the largest part.

    Notes
    -----
    fte·(listings of the area)/731: 125 pretraining, 12 long context, 67 vision, 181 RL and alignment, 257 evaluation
    and analysis, 89 deployment. Fractions of people; they add up to fte.

    Examples
    --------
    >>> round(float(team_split(100).fte[4]), 1)
    35.2
    """
    listings = np.array(list(GPT4_LISTINGS.values()))
    return TeamSplit(np.array(list(GPT4_LISTINGS), dtype=object), fte * listings / listings.sum())
