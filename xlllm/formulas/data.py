"""Data and people."""

from typing import Any

from xlllm.registry import formula

TOKENS_PER_MTOK = 1e6
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
