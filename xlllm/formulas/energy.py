"""Energy and carbon."""

from typing import Any

import numpy as np

from xlllm.formulas import edges
from xlllm.registry import formula

WATTS_PER_KILOWATT = 1000
GRAMS_PER_KILOGRAM = 1000
KILOGRAMS_PER_TONNE = 1000


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


@formula(returns="it_kwh")
def it_kwh(gpu_hours: Any, gpu_watts: Any) -> Any:
    """Electricity of the accelerators alone, without the data centre's overhead.

    Notes
    -----
    GPU-hours·W/1000: :func:`energy_kwh` before PUE, which is what litres per kWh refer to.

    Examples
    --------
    >>> round(it_kwh(1_022_362, 400) / 1000)   # LLaMA-65B, MWh
    409
    """
    return gpu_hours * gpu_watts / WATTS_PER_KILOWATT


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


@formula(returns="grams_per_kwh", label="Carbon intensity, market-based")
def market_grams_per_kwh(grams_per_kwh: Any, renewable_share: Any) -> Any:
    """Carbon intensity of the electricity bought, after contracts and certificates of renewable power.

    Notes
    -----
    g·(1 − renewable share): what is covered counts as 0. Report it beside the location-based figure, which no
    certificate changes.

    Examples
    --------
    >>> market_grams_per_kwh(400, 0.75)
    100.0
    """
    return grams_per_kwh * (1 - renewable_share)


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


@formula(returns="kg", label="Embodied carbon", cites=("luccioni2022",))
def embodied_kg(gpu_hours: Any, kg_per_gpu: Any, life_hours: Any = 35040) -> Any:
    """Share of a run in the greenhouse gases of making its hardware.

    Notes
    -----
    GPU-hours·kg per GPU/life: Luccioni et al. 2022 section 4.1. The default life is four years of 8,760 hours.
    Published figures for one accelerator differ tenfold, so that kg_per_gpu has no default.

    Examples
    --------
    >>> round(embodied_kg(1_022_362, 150))
    4377
    """
    return gpu_hours * kg_per_gpu / life_hours


@formula(returns="litres", label="Water", cites=("li2023water",))
def water_l(it_kwh: Any, litres_per_kwh: Any) -> Any:
    """Water that cooling and power generation use.

    Notes
    -----
    kWh of the IT equipment, before PUE, times litres a kWh: Li et al. 2023 section 3. Multiplying by PUE as well
    would count the overhead twice where the factor already contains it.

    Examples
    --------
    >>> water_l(1_287_000 / 1.1, 0.55)
    643500.0
    """
    return it_kwh * litres_per_kwh


@formula(returns="usd", label="Carbon cost")
def carbon_usd(kg: Any, usd_per_tonne: Any) -> Any:
    """What the greenhouse gases cost at a price of carbon.

    Notes
    -----
    kg/1000 times the price of a tonne.

    Examples
    --------
    >>> carbon_usd(173_000, 80)
    13840.0
    """
    return kg / KILOGRAMS_PER_TONNE * usd_per_tonne


@formula(returns="kg", label="Carbon in all")
def total_kg(items_kg: Any) -> Any:
    """Sum of greenhouse gases: of training, serving, manufacture.

    Notes
    -----
    One series of amounts in kilograms of CO2 equivalent, all location-based or all market-based.

    Examples
    --------
    >>> float(total_kg(np.array([173e3, 30e3, 4e3])))
    207000.0
    """
    return np.sum(items_kg, axis=-1)


@formula(returns="avoided_kg")
def avoided_kg(kg: Any, alternative_kg: Any) -> Any:
    """Greenhouse gases that an alternative avoids, for example the same run in another region.

    Notes
    -----
    carbon of the plan − carbon of the alternative; negative if the alternative emits more.

    Examples
    --------
    >>> avoided_kg(173e3, 25e3)
    148000.0
    """
    return kg - alternative_kg


@formula(
    returns="abatement_usd_tonne",
    undefined="the alternative emits as much or more: no price of carbon makes up for that",
)
def abatement_usd_tonne(usd: Any, alternative_usd: Any, kg: Any, alternative_kg: Any) -> Any:
    """What avoiding a tonne costs: the carbon price from which the alternative pays.

    Notes
    -----
    (cost of the alternative − cost of the plan)/carbon avoided·1000, both costs without a price of carbon. Negative if
    the alternative is cheaper even so.

    Examples
    --------
    >>> float(abatement_usd_tonne(50e3, 65e3, 200e3, 50e3))
    100.0
    """
    avoided = avoided_kg(kg, alternative_kg)
    extra = (alternative_usd - usd) / avoided * KILOGRAMS_PER_TONNE
    return np.where(edges.more(kg, alternative_kg), extra, np.nan)
