"""The look-up functions, and the resolving of keys to records.

A look-up answers with the fact alone; ``source`` says where it comes from.
"""

from __future__ import annotations

from typing import NamedTuple

from xlllm.catalog import Value, fact, find
from xlllm.errors import InputError, NotInCatalogError
from xlllm.formulas.compute import Arch
from xlllm.formulas.scaling import Law
from xlllm.registry import formula


class _Resolved(NamedTuple):
    catalogue: str
    type: type[Arch] | type[Law]


_RECORDS = {"arch": _Resolved("model", Arch), "law": _Resolved("law", Law)}


@formula(returns="fact", kind="L")
def gpu(key: str, field: str) -> Value:
    """A fact about an accelerator.

    Notes
    -----
    Peaks are dense and per accelerator: half of what data sheets headline "with sparsity".

    Raises
    ------
    NotInCatalogError
        If there is no such accelerator or field (with the nearest names), or its maker does not publish it.

    Examples
    --------
    >>> gpu("A100-80GB", "peak_flops")
    312000000000000.0
    """
    return _plain(fact("gpu", key, field).value)


@formula(returns="fact", kind="L")
def model(key: str, field: str) -> Value:
    """A fact about a model: size, data, architecture.

    Notes
    -----
    Parameters of a mixture are all of them; ``active_params`` are those that work on one token.

    Raises
    ------
    NotInCatalogError
        If there is no such model or field (with the nearest names), or nobody published it.

    Examples
    --------
    >>> model("Llama 2 7B", "params")
    6738415616.0
    """
    return _plain(fact("model", key, field).value)


@formula(returns="fact", kind="L")
def run(key: str, field: str) -> Value:
    """A fact about a training run: hardware, time, energy, carbon, cost.

    Notes
    -----
    As published: kwh and carbon_kg differ in what they include, which the note of the fact says.

    Raises
    ------
    NotInCatalogError
        If there is no such run or field (with the nearest names), or nobody published it.

    Examples
    --------
    >>> run("LLaMA 65B", "gpu_hours")
    1022362.0
    """
    return _plain(fact("run", key, field).value)


@formula(returns="fact", kind="L")
def law(key: str, field: str) -> Value:
    """A constant of a loss law, or the range it was fitted to.

    Notes
    -----
    E, A, B, alpha and beta of ``E + A/N^alpha + B/D^beta``.

    Raises
    ------
    NotInCatalogError
        If there is no such law or field (with the nearest names), or it was not published.

    Examples
    --------
    >>> law("besiroglu-2024", "alpha")
    0.3478
    """
    return _plain(fact("law", key, field).value)


@formula(returns="fact", kind="L")
def source(kind: str, key: str, field: str) -> str:
    """Where a fact comes from: source, place in it, date.

    Notes
    -----
    The answer is one line: work, place in it, date.

    Raises
    ------
    NotInCatalogError
        If there is no such catalogue, entry or field (with the nearest names), or nobody published it.

    Examples
    --------
    >>> source("run", "LLaMA 65B", "kwh")
    'Touvron et al. 2023, Table 15 (2023-02-27)'
    """
    return fact(kind, key, field).cited


def _plain(value: Value) -> Value:
    """Cells hold one kind of number."""
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def record(kind: str, key: str) -> Arch | Law:
    """The record that a key stands for: an ``Arch`` from the models, a ``Law`` from the laws.

    Raises
    ------
    InputError
        If ``kind`` is no record.
    NotInCatalogError
        If there is no such key (with the nearest names), or if not all of its fields are published (naming them).

    Examples
    --------
    >>> record("law", "besiroglu-2024").alpha
    0.3478
    >>> record("arch", "llama 2 70b").kv_heads
    8
    """
    if kind not in _RECORDS:
        raise InputError(f"a record is {' or '.join(_RECORDS)}: got {kind!r}")
    catalogue, cls = _RECORDS[kind]
    entry = find(catalogue, key)
    known = {name: entry.facts[name].value for name in cls._fields if name in entry.facts}
    missing = [name for name in cls._fields if name not in known and name not in cls._field_defaults]
    if missing:
        raise NotInCatalogError(f"{entry.key} cannot serve as {kind}; not published: {', '.join(missing)}")
    found = cls(**known)
    return found.completed() if isinstance(found, Arch) else found
