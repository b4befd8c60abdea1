"""The look-up functions, and the resolving of keys to records.

A look-up answers with the fact alone; ``source`` says where it comes from.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

import xlllm
from xlllm.catalog import Entry, Value, fact, find, load, nearest_names, references, same_name
from xlllm.errors import InputError, NotInCatalogError
from xlllm.formulas.compute import Arch, param_count
from xlllm.formulas.scaling import Law
from xlllm.registry import FORMULAS, bare_name, formula
from xlllm.values import number_from_text, short, shown


class _Resolved(NamedTuple):
    catalogue: str
    type: type[Arch] | type[Law]
    published: tuple[str, ...] = ()
    """Fields with a default for one's own cells that no published entry may leave to it: the counts hang on them."""


_RECORDS = {"arch": _Resolved("model", Arch, ("gated", "tied")), "law": _Resolved("law", Law)}


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


@formula(returns="fact", kind="L", cites=("wei2022",))
def ability(key: str, field: str) -> Value:
    """At which scale a skill was first seen: compute, size, model.

    Notes
    -----
    Wei et al. 2022 Table 1. Others hold that such jumps are made by the metric (Schaeffer et al. 2023): a lead to test,
    not a forecast.

    Raises
    ------
    NotInCatalogError
        If there is no such skill or field (with the nearest names).

    Examples
    --------
    >>> ability("3-digit addition and subtraction", "params")
    13000000000.0
    """
    return _plain(fact("ability", key, field).value)


@formula(returns="fact", kind="L")
def grid(region: str, field: str = "grams_per_kwh") -> Value:
    """A fact about a power grid, a cloud region or a site: carbon intensity, electricity price, overhead.

    Notes
    -----
    Yearly averages, location-based; ``adjusted_grams_per_kwh`` is the market-based factor of a supplier.

    Raises
    ------
    NotInCatalogError
        If there is no such region or field (with the nearest names), or nobody published it.

    Examples
    --------
    >>> grid("Japan")
    485.392
    """
    return _plain(fact("grid", region, field).value)


@formula(returns="fact", kind="L")
def format(key: str, field: str = "bits_per_weight") -> Value:
    """A fact about a storage format of weights.

    Notes
    -----
    The scales of blocks are counted; embeddings and outputs that stay at higher precision are not.

    Raises
    ------
    NotInCatalogError
        If there is no such format or field (with the nearest names).

    Examples
    --------
    >>> format("nf4")
    4.5
    """
    return _plain(fact("format", key, field).value)


@formula(returns="fact", kind="L")
def tokenizer(key: str, field: str = "chars_per_token") -> Value:
    """A fact about a tokenizer in a language: "llama-2/en", "llama-2/ja".

    Notes
    -----
    Characters of running text that make one token; Japanese takes more tokens for the same number of characters.

    Raises
    ------
    NotInCatalogError
        If there is no such tokenizer or field (with the nearest names).

    Examples
    --------
    >>> tokenizer("llama-3/en")
    3.94
    """
    return _plain(fact("tokenizer", key, field).value)


@formula(returns="fact", kind="L")
def api_price(key: str, field: str, as_of: str | None = None) -> Value:
    """A price of a model's tokens through an API, in US dollars per million.

    Notes
    -----
    The newest price that is not dated after ``as_of``; the newest of all if that is omitted, which need not be
    today's.

    Raises
    ------
    NotInCatalogError
        If there is no such model or field (with the nearest names), or its price is not known as of that date.

    Examples
    --------
    >>> api_price("gpt-4", "output_usd_mtok", "2023-03-14")
    60.0
    """
    return _plain(fact("api_price", key, field, as_of).value)


@formula(returns="gpu_hour_usd", kind="L")
def gpu_price(key: str, provider: str | None = None, as_of: str | None = None) -> Value:
    """Price of an accelerator for one hour, in US dollars; prices of machines are divided by their accelerators.

    Notes
    -----
    The newest price that is not dated after ``as_of``; the newest of all if that is omitted, which need not be
    today's. Without a provider it answers only if there is one; the beginning of its name is enough.

    Raises
    ------
    NotInCatalogError
        If there is no such accelerator or provider (naming those that there are), or no price as of that date.

    Examples
    --------
    >>> gpu_price("H100", "AWS Capacity Block")
    4.91625
    """
    return _plain(_offer(key, provider).fact("gpu_hour_usd", as_of).value)


def _offer(key: str, provider: str | None) -> Entry:
    """The price list's entry for an accelerator of a provider."""
    card = find("gpu", key)
    offers = [e for e in load("gpu_price").values() if "hardware" in e.facts and _is_card(e, card)]
    names = "; ".join(str(e.facts["provider"].value) for e in offers)
    if not offers:
        raise NotInCatalogError(f'no price of {card.key} is known; LLM_LIST("gpu_price") names the prices there are')
    if provider is None and len(offers) > 1:
        raise NotInCatalogError(f"{card.key} has several prices; name the provider: {names}")
    if provider is None:
        return offers[0]
    said = {str(e.facts["provider"].value): e for e in offers}
    chosen = [e for name, e in said.items() if same_name(name, provider)]
    chosen = chosen or [e for name, e in said.items() if same_name(name[: len(provider)], provider)]
    if not chosen:
        raise NotInCatalogError(f"no price of {card.key} from {shown(provider)} is known; there are: {names}")
    if len(chosen) > 1:
        several = "; ".join(str(e.facts["provider"].value) for e in chosen)
        raise NotInCatalogError(f"{shown(provider)} has several prices of {card.key}; name one: {several}")
    return chosen[0]


def _is_card(offer: Entry, card: Entry) -> bool:
    return any(same_name(str(offer.facts["hardware"].value), name) for name in (card.key, *card.aliases))


@formula(returns="fact", kind="L")
def team(key: str, field: str) -> Value:
    """A fact about people and labels: who worked on GPT-4, what people earn, what a label costs.

    Notes
    -----
    Pay and label prices without a source are own estimates with confidence E: replace them with your own figures.

    Raises
    ------
    NotInCatalogError
        If there is no such entry or field (with the nearest names), or nobody published it.

    Examples
    --------
    >>> team("GPT-4 evaluation and analysis", "listings")
    257.0
    """
    return _plain(fact("team", key, field).value)


@formula(returns="key", kind="L", table=True)
def list(kind: str) -> tuple[np.ndarray]:
    """The keys of a catalogue, one under the other.

    Notes
    -----
    Spills downwards; every key also answers to its aliases.

    Raises
    ------
    NotInCatalogError
        If there is no such catalogue.

    Examples
    --------
    >>> list("law")[0][0]
    'besiroglu-2024'
    """
    return (np.array([*load(kind)], dtype=object),)


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


@formula(returns="as_of", kind="L")
def as_of(kind: str, key: str, field: str) -> str:
    """The date of a fact: when its source said so.

    Notes
    -----
    ISO text: a year, a month or a day, as exactly as it is known.

    Raises
    ------
    NotInCatalogError
        If there is no such catalogue, entry or field (with the nearest names), or nobody published it.

    Examples
    --------
    >>> as_of("run", "LLaMA 65B", "kwh")
    '2023-02-27'
    """
    return fact(kind, key, field).date


@formula(returns="fact", kind="L")
def cite(function: str) -> str:
    """The works that a function rests on.

    Notes
    -----
    Author, year, title and where to find it, separated by semicolons.

    Raises
    ------
    NotInCatalogError
        If there is no such function (with the nearest names).

    Examples
    --------
    >>> cite("LLM_LOSS_FLOOR")
    'Hoffmann et al. 2022, Training Compute-Optimal Large Language Models, doi:10.48550/arXiv.2203.15556'
    """
    name = bare_name(function)
    if name not in FORMULAS:
        raise NotInCatalogError(f"there is no function {shown(function)}{nearest_names(name, FORMULAS)}")
    works = [references()[key] for key in FORMULAS[name].cites]
    return "; ".join(work.in_full for work in works) or "plain arithmetic, which `xlllm functions` states"


@formula(returns="number", kind="L", undefined="no number")
def number(text: str) -> float:
    """The number that a text means: 70B, 1.4T, 175億, 40%.

    Notes
    -----
    Full-width digits count too. Text that could mean two things is refused, never guessed.

    Raises
    ------
    InputError
        If the text is no number.

    Examples
    --------
    >>> number("1兆4000億")
    1400000000000.0
    """
    try:
        return number_from_text(text, count=True)
    except ValueError:
        raise InputError(f"text is no number I can read: got {shown(text)}; write 70B, 1.4T, 175億 or 40%") from None


@formula(returns="fact", kind="L")
def version() -> str:
    """The version of xlllm that computes here.

    Notes
    -----
    Text such as "1.2.3".

    Examples
    --------
    >>> version() == xlllm.__version__
    True
    """
    return xlllm.__version__


class Host:
    """What the program that shows the cells knows; a host plugs its own in here."""

    last_error: Callable[[], str] = staticmethod(lambda: "the message is shown with the error itself")


@formula(returns="fact", kind="L")
def last_error() -> str:
    """The message of the last error, or where it is shown.

    Notes
    -----
    Only a host whose process belongs to one person can tell; elsewhere the answer says where messages are shown.

    Examples
    --------
    >>> last_error()
    'the message is shown with the error itself'
    """
    return Host.last_error()


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
    catalogue, cls, published = _RECORDS[kind]
    entry = find(catalogue, key)
    known = {name: entry.facts[name].value for name in cls._fields if name in entry.facts}
    optional = cls._field_defaults.keys() - {*published}
    missing = [name for name in cls._fields if name not in known and name not in optional]
    if missing:
        raise NotInCatalogError(f"{entry.key} cannot serve as {kind}; not published: {', '.join(missing)}")
    found = cls(**known)
    if not isinstance(found, Arch):
        return found
    count, params = float(param_count(found)), entry.facts.get("params")
    if params and abs(count - float(params.value)) > UNLIKE * float(params.value):  # NaN is not above
        raise NotInCatalogError(
            f"{entry.key} cannot serve as arch: its fields count {short(count)} parameters where "
            f"{short(float(params.value))} were published; it has parts that the counts do not know"
        )
    return found.completed()


UNLIKE = 0.01  # of the parameters: a model whose fields miss more is built otherwise
