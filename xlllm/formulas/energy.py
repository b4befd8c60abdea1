"""Energy and carbon."""

from typing import Any

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
