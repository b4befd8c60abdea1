"""Energy and carbon."""

from typing import Any

from xlllm.registry import formula

WATTS_PER_KILOWATT = 1000
GRAMS_PER_KILOGRAM = 1000


@formula(returns="kwh", cites=("touvron2023", "patterson2021"))
def energy_kwh(gpu_hours: Any, gpu_watts: Any, pue: Any = 1.1) -> Any:
    """Electricity of a run, the data centre's overhead included.

    Notes
    -----
    GPU-hours·W·PUE/1000: Touvron et al. 2023 section 6, Table 15.

    Examples
    --------
    >>> round(energy_kwh(1_022_362, 400) / 1000)   # LLaMA-65B, MWh
    450
    """
    return gpu_hours * gpu_watts * pue / WATTS_PER_KILOWATT


@formula(returns="kg", cites=("touvron2023", "patterson2021"))
def carbon_kg(kwh: Any, grams_per_kwh: Any) -> Any:
    """Greenhouse gases of the electricity used.

    Notes
    -----
    kWh·g/1000: Touvron et al. 2023 section 6 use 385 g/kWh, the average of the United States.

    Examples
    --------
    >>> round(carbon_kg(449e3, 385) / 1000)   # LLaMA-65B, t
    173
    """
    return kwh * grams_per_kwh / GRAMS_PER_KILOGRAM


@formula(returns="usd", label="Electricity cost")
def energy_usd(kwh: Any, usd_kwh: Any) -> Any:
    """What the electricity costs; a rented GPU-hour contains it already.

    Notes
    -----
    kWh times the price of one.

    Examples
    --------
    >>> energy_usd(449e3, 0.08)
    35920.0
    """
    return kwh * usd_kwh
