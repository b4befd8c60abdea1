"""Where an answer leaves the range that its constants were fitted to. It still comes, with a warning that says so."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from xlllm.arguments import read_argument
from xlllm.catalog import load, lookups
from xlllm.formulas.scaling import Law
from xlllm.registry import Formula
from xlllm.values import short

SAME = 1e-12  # relative: a law typed into cells is the catalogue's if its constants are


class FittedLaw(NamedTuple):
    """A law of the catalogue and the ranges it was fitted to, by quantity."""

    key: str
    law: Law
    ranges: dict[str, tuple[float, float]]


@cache
def fitted_laws() -> tuple[FittedLaw, ...]:
    """Every law of the catalogue."""
    return tuple(
        FittedLaw(
            key,
            lookups.record("law", key),  # type: ignore[arg-type]
            {
                name: (float(entry.facts[f"fitted_{name}_low"].value), float(entry.facts[f"fitted_{name}_high"].value))
                for name in ("params", "tokens")
            },
        )
        for key, entry in load("law").items()
    )


@cache
def _by_constants() -> dict[tuple[float, ...], FittedLaw]:
    return {tuple(map(float, fitted.law)): fitted for fitted in fitted_laws()}


def warnings(formula: Formula, args: Sequence[Any], answer: Any) -> list[str]:
    """A line for each argument or answer of a call that lies outside the fitted range; none if all is well.

    ``args`` as the checked call took them, ``answer`` as it gave it.
    """
    has_law = any(p.name == "law" for p in formula.parameters)
    if not formula.fitted and not has_law:
        return []
    given = {
        p.name: read_argument(p, x).value
        for p, x in zip(formula.parameters, formula.bound(args), strict=True)
        if p.name in formula.fitted or p.name in ("law", "params", "tokens")
    }
    numbers = {name: x for name, x in given.items() if name != "law"}
    if not formula.spills:
        numbers.setdefault(formula.returns.name, answer)
    found = list(_outside(formula, formula.fitted, numbers, "its constants were fitted to"))
    if has_law:
        for fitted in _laws(given["law"]):
            found += _outside(formula, fitted.ranges, numbers, f"{fitted.key} was fitted to")
    return found


def _laws(given: Any) -> Iterator[FittedLaw]:
    """The catalogue's laws among those given."""
    if not any(np.ndim(x) for x in given) and (same := _by_constants().get(tuple(map(float, given)))):
        yield same
        return
    rows = np.stack([np.ravel(x) for x in np.broadcast_arrays(*given)], axis=-1).astype(float)
    for fitted in fitted_laws():
        if np.isclose(rows, fitted.law, rtol=SAME, atol=0).all(axis=-1).any():
            yield fitted


def _outside(
    formula: Formula, ranges: dict[str, tuple[float, float]], numbers: dict[str, Any], words: str
) -> Iterator[str]:
    for name, (low, high) in ranges.items():
        if name not in numbers:
            continue
        values = _numbers(numbers[name])
        if values.size and (values.min() < low or values.max() > high):
            least, most = short(float(values.min())), short(float(values.max()))
            shown = least if least == most else f"{least} to {most}"
            yield (
                f"{formula.name}: {name} {shown} leaves the {short(low)} to {short(high)} that {words}; "
                "the answer extrapolates"
            )


def _numbers(values: Any) -> NDArray[np.float64]:
    """Those of an argument or answer that could be read and computed."""
    flat = np.ravel(values)
    if flat.dtype == object:  # errors stand among them
        flat = np.array([x for x in flat if isinstance(x, (int, float))], dtype=float)
    return flat[np.isfinite(flat)]
