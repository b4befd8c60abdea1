"""The catalogue: what was loaded is what was written, and nothing loads without its origin."""

import math
import tomllib
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

import xlllm.formulas  # noqa: F401 (registers the formulas whose citations are checked)
from xlllm import catalog
from xlllm.catalog import Fact, find, lookups
from xlllm.errors import CatalogError, InputError, NotInCatalogError
from xlllm.formulas.compute import Arch, param_count
from xlllm.formulas.data import GPT4_LISTINGS
from xlllm.formulas.scaling import BESIROGLU_2024, R_STAR, Law
from xlllm.quantities import VOCABULARY
from xlllm.registry import FORMULAS

KINDS = tuple(catalog.FILES)
ORIGIN = ("source", "locator", "date", "confidence")


def raw(file: str) -> dict[str, Any]:
    return tomllib.loads((files("xlllm") / file).read_text("utf-8"))


def facts(kind: str) -> Iterator[tuple[str, Fact]]:
    for entry in catalog.load(kind).values():
        yield from ((entry.key, fact) for fact in (*entry.facts.values(), *entry.earlier))


def value(kind: str, key: str, field: str) -> Any:
    return catalog.fact(kind, key, field).value


# -- what is loaded ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("kind", KINDS)
def test_every_fact_has_its_origin(kind: str) -> None:
    for key, fact in facts(kind):
        reference = catalog.references()[fact.source]
        assert all(getattr(fact, part) for part in ORIGIN), (key, fact)
        assert reference.date[:4] in fact.cited or fact.date[:4] in fact.cited
        assert reference.url or reference.doi or fact.confidence == "E"
        assert fact.name in VOCABULARY


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_loaded_is_what_is_written(kind: str) -> None:
    written = set()
    entries = raw(f"catalog/{catalog.FILES[kind]}")
    for key, table in entries.items():
        defaults = {part: text for part, text in table.items() if part in (*ORIGIN, "note")}
        groups = [table, *(group for groups in table.values() if isinstance(groups, list) for group in groups)]
        for group in (g for g in groups if isinstance(g, dict)):
            for name, cell in group.items():
                if name in (*ORIGIN, "note", "aliases") or isinstance(cell, list):
                    continue
                own = cell if isinstance(cell, dict) else {"value": cell}
                merged = {"note": "", **defaults, **{p: t for p, t in group.items() if p in (*ORIGIN, "note")}, **own}
                written.add((key, name, type(own["value"]), *sorted(merged.items())))
    loaded = {
        (key, f.name, type(f.value), *sorted((p, getattr(f, p)) for p in (*ORIGIN, "note", "value")))
        for key, f in facts(kind)
    }
    assert loaded == written
    assert len(loaded) == len(list(facts(kind)))
    assert {k: tuple(t.get("aliases", ())) for k, t in entries.items()} == {
        e.key: e.aliases for e in catalog.load(kind).values()
    }


def test_the_bibliography_loads_as_written() -> None:
    written = raw("references.toml")
    assert list(catalog.references()) == list(written)
    for key, reference in catalog.references().items():
        assert reference.model_dump(exclude_defaults=True) == {"key": key, **written[key]}


def test_every_source_is_used() -> None:
    """By a fact, a formula or a published case."""
    cases = [
        case.get("source", "")
        for shelf in (Path(__file__).parent / "published").glob("*.toml")
        for case in tomllib.loads(shelf.read_text("utf-8"))["case"]
    ]
    cited = [key for formula in FORMULAS.values() for key in formula.cites]
    known = [fact.source for kind in KINDS for _, fact in facts(kind)]
    assert set(catalog.references()) - {*cases, *cited, *known} == set()


def test_every_citation_of_a_formula_is_in_the_bibliography() -> None:
    cited = {(formula.name, key) for formula in FORMULAS.values() for key in formula.cites}
    assert {(name, key) for name, key in cited if key not in catalog.references()} == set()


def test_nothing_loaded_can_be_changed() -> None:
    entry = find("gpu", "H100")
    with pytest.raises(ValidationError):
        entry.facts["watts"].value = 1  # type: ignore[misc]
    with pytest.raises(TypeError):
        entry.facts["watts"] = entry.facts["year"]  # type: ignore[index]
    with pytest.raises(TypeError):
        catalog.load("gpu")["H100"] = entry  # type: ignore[index]
    with pytest.raises(ValidationError, match="sauce"):
        Fact(**{**entry.facts["watts"].model_dump(), "sauce": "x"})


# -- facts that hang together ------------------------------------------------------------------------------------------
def test_the_default_law_is_the_catalogue_s() -> None:
    assert lookups.record("law", "besiroglu-2024") == BESIROGLU_2024
    assert value("law", "muennighoff-2023", "r_star") == R_STAR


def test_the_unrounded_laws_are_the_exponentials_of_the_published_logarithms() -> None:
    assert lookups.record("law", "hoffmann-2022") == Law(
        math.exp(0.5267228), math.exp(6.0073404), math.exp(6.0179186), 0.33917084, 0.2849083
    )
    assert lookups.record("law", "muennighoff-2023") == Law(
        math.exp(0.6254804), math.exp(6.255414), math.exp(7.3049974), 0.3526596, 0.3526596
    )


def test_every_law_is_whole_and_says_where_it_was_fitted() -> None:
    for key, entry in catalog.load("law").items():
        assert isinstance(lookups.record("law", key), Law)
        assert entry.fact("fitted_range").value


def test_llama_65b() -> None:
    published = {
        "gpus": 2048, "gpu_hours": 1_022_362, "days": 21, "kwh": 449_000, "pue": 1.1, "carbon_kg": 173_000,
        "tokens_per_s_per_gpu": 380, "usd": 4_056_515,
    }  # fmt: skip
    assert {field: value("run", "LLaMA-65B", field) for field in published} == published
    assert round(2048 * 21 * 24 * 3.93) == published["usd"]
    assert catalog.fact("run", "LLaMA-65B", "usd").confidence == "D"


@pytest.mark.parametrize("size", ["7B", "13B", "33B", "65B"])
def test_llama_s_energy_and_carbon_follow_from_its_hours(size: str) -> None:
    mwh = value("run", f"LLaMA {size}", "gpu_hours") * 400 * 1.1 / 1e6
    assert value("run", f"LLaMA {size}", "kwh") == math.floor(mwh) * 1000
    assert value("run", f"LLaMA {size}", "carbon_kg") == round(mwh * 0.385) * 1000


@pytest.mark.parametrize(("size", "watts"), [("7B", 400), ("13B", 400), ("34B", 350), ("70B", 400)])
def test_llama_2_s_carbon_follows_from_its_hours(size: str, watts: int) -> None:
    tonnes = value("run", f"Llama 2 {size}", "gpu_hours") * watts * 1.1 * 0.385 / 1e6
    assert value("run", f"Llama 2 {size}", "carbon_kg") == pytest.approx(tonnes * 1000, abs=10)


def test_totals_of_the_cards() -> None:
    sizes = [f"Llama 2 {size}" for size in ("7B", "13B", "34B", "70B")]
    for field in ("gpu_hours", "carbon_kg"):
        total = value("run", "Llama 2, all sizes", field)
        assert sum(value("run", key, field) for key in sizes) == pytest.approx(total, abs=20)
    assert value("run", "BLOOM", "kwh") == value("run", "BLOOM", "gpu_hours") * 0.4
    assert value("run", "DeepSeek-V3", "usd") == 2 * value("run", "DeepSeek-V3", "gpu_hours")


BUILT_OTHERWISE = {
    "GPT-3 XL": ("1.52B", "24 heads of 128 are not d_model 2048, as Table 2.1 prints it; 16 would count 1.32B"),
    "Gopher 280B": ("258B", "relative positions have matrices of their own"),
    "Chinchilla 70B": ("64.7B", "relative positions have matrices of their own"),
    "T5-11B": ("4.86B", "an encoder beside the decoder"),
    "Llama 4 Scout": ("102B", "a shared expert and an eye"),
    "Llama 4 Maverick": ("778B", "experts in every second layer only"),
    "JetMoE-8B": ("7.31B", "a mixture of attentions too"),
}
"""Models whose published parameters the count misses by more than 1%: the count, and why."""


@pytest.mark.parametrize("key", BUILT_OTHERWISE)
def test_a_model_that_is_built_otherwise_is_no_arch(key: str) -> None:
    count, _ = BUILT_OTHERWISE[key]
    with pytest.raises(NotInCatalogError, match=rf"cannot serve as arch: its fields count {count} .* were published"):
        lookups.record("arch", key)


def test_architectures_count_to_the_published_parameters() -> None:
    whole = {*Arch._fields[: -len(Arch._field_defaults)], "gated", "tied"}
    models = [e for e in catalog.load("model").values() if "layers" in e.facts and e.key not in BUILT_OTHERWISE]
    for entry in (e for e in models if not whole <= e.facts.keys()):
        with pytest.raises(NotInCatalogError, match="cannot serve as arch; not published: "):
            lookups.record("arch", entry.key)
    counted = [e for e in models if whole <= e.facts.keys() and "kv_latent" not in e.facts]
    assert len(counted) > 90
    for entry in counted:
        params, count = value("model", entry.key, "params"), float(param_count(lookups.record("arch", entry.key)))
        if entry.fact("params").confidence == "D" and not entry.key.startswith(("Pythia", "GPT-3")):
            assert count == params, entry.key
        else:
            assert count == pytest.approx(params, rel=0.01), entry.key


@pytest.mark.parametrize(
    ("kind", "unspecified"),
    [("gpu_price", {"Trainium"}), ("run", {"V100", "TPU v3 and TPU v4"})],
)
def test_hardware_is_in_the_catalogue(kind: str, unspecified: set[str]) -> None:
    for _, fact in facts(kind):
        if fact.name == "hardware" and fact.value not in unspecified:
            assert find("gpu", str(fact.value))


def test_peaks_are_dense() -> None:
    assert value("gpu", "H100", "peak_flops") < 1e15
    for key, fact in facts("gpu"):
        if fact.name == "peak_flops_fp8":
            assert 1 <= fact.value / value("gpu", key, "peak_flops") < 2.05, key


# -- asking ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "key", ["A100 SXM 80GB", "a100-80gb", "A100_80GB", " a100 80gb ", "Ａ１００－８０ＧＢ", "A100‑80GB", "A100 SXM"]
)
def test_spelling_of_a_key_does_not_matter(key: str) -> None:
    assert find("gpu", key).key == "A100 SXM 80GB"


def test_fields_are_found_however_they_are_written() -> None:
    assert value("gpu", "H100", "Peak FLOPS") == value("gpu", "H100", "peak_flops")
    assert value("law", "besiroglu-2024", "a") == 482.01


@pytest.mark.parametrize(
    ("kind", "key", "nearest"),
    [
        ("gpu", "H100 SMX5 80GB", "H100 SXM5 80GB"),
        ("model", "Lama 2 70B", "Llama 2 70B"),
        ("gpu", "A100", "A100 SXM 40GB"),
    ],
)
def test_an_unknown_key_answers_with_the_nearest(kind: str, key: str, nearest: str) -> None:
    with pytest.raises(NotInCatalogError, match="nearest: .*" + nearest) as raised:
        find(kind, key)
    assert raised.value.cell == "#N/A"


def test_a_very_short_key_is_not_guessed() -> None:
    with pytest.raises(NotInCatalogError, match="in quotes") as raised:
        find("gpu", "10")
    assert "nearest" not in str(raised.value)


@pytest.mark.parametrize("key", ["", " ", None, 100.0])
def test_a_key_that_is_no_name(key: Any) -> None:
    with pytest.raises(InputError, match="in quotes"):
        find("gpu", key)


def test_an_unknown_field_answers_with_the_nearest() -> None:
    with pytest.raises(NotInCatalogError, match=r"gpu has no field 'memory'; nearest: memory_gb"):
        catalog.fact("gpu", "H100", "memory")
    with pytest.raises(NotInCatalogError, match="for example"):
        catalog.fact("gpu", "H100", "zzz")


def test_what_nobody_published_says_so_and_what_is_known() -> None:
    with pytest.raises(NotInCatalogError, match="watts of TPU v4 is not published; known: vendor, year, memory_gb"):
        catalog.fact("gpu", "TPU v4", "watts")


def test_an_unknown_catalogue() -> None:
    with pytest.raises(NotInCatalogError, match="there are gpu, model, run, law, ability"):
        catalog.load("gpus")


@pytest.mark.parametrize(
    ("as_of", "price"),
    [(None, 0.79), ("2026-09-20", 0.79), ("2026-09-19", 0.55), ("2025", 0.55), ("2024-12-31", 1.5), ("2020-06", 1.5)],
)
def test_a_price_is_the_newest_not_after_a_date(as_of: str | None, price: float) -> None:
    assert catalog.fact("gpu_price", "Lambda V100", "gpu_hour_usd", as_of).value == price


def test_a_price_before_the_first() -> None:
    with pytest.raises(NotInCatalogError, match="not known as of 2019-01-01; the first is of 2020-06"):
        catalog.fact("gpu_price", "Lambda V100", "gpu_hour_usd", "2019-01-01")
    with pytest.raises(InputError, match="as_of must be a date"):
        catalog.fact("gpu_price", "Lambda V100", "gpu_hour_usd", "last week")
    with pytest.raises(InputError, match="as_of must be a date"):
        catalog.fact("gpu_price", "Lambda V100", "gpu_hour_usd", "2025-02-30")


# -- look-ups ----------------------------------------------------------------------------------------------------------
def test_look_ups_answer_with_the_fact() -> None:
    assert lookups.gpu("H100 SXM", "memory_gb") == 80
    assert lookups.model("LLaMA 65B", "tied") is False
    assert lookups.run("GPT-3", "flops") == 3.14e23
    assert lookups.law("hoffmann-2022-rounded", "beta") == 0.28
    assert lookups.source("run", "LLaMA 65B", "gpu_hours") == "Touvron et al. 2023, Table 15 (2023-02-27)"


def test_look_ups_are_registered_and_spill_errors_per_element() -> None:
    assert {name for name, formula in FORMULAS.items() if formula.kind == "L"} >= {
        "gpu",
        "model",
        "run",
        "law",
        "source",
    }
    good, bad = FORMULAS["gpu"](["H100", "H101 SXM"], "watts")
    assert good == 700
    assert isinstance(bad, NotInCatalogError)


def test_prices_of_an_accelerator() -> None:
    assert lookups.gpu_price("H200") == lookups.gpu_price("H200 SXM", "AWS") == 5.4075
    assert lookups.gpu_price("H100", "lambda") == lookups.gpu_price("H100 SXM5 80GB", "Lambda")
    assert lookups.gpu_price("V100 SXM2 16GB", as_of="2024-12-31") == 1.5
    with pytest.raises(NotInCatalogError, match="has several prices; name the provider: AWS on demand; AWS Capacity"):
        lookups.gpu_price("H100")
    with pytest.raises(NotInCatalogError, match=r"'AWS' has several prices .*: AWS on demand; AWS Capacity Block$"):
        lookups.gpu_price("H100", "AWS")
    with pytest.raises(NotInCatalogError, match="from 'Azure' is known; there are: AWS on demand"):
        lookups.gpu_price("H100", "Azure")
    with pytest.raises(NotInCatalogError, match="no price of T4 is known"):
        lookups.gpu_price("T4")
    pairs = [(e.facts["hardware"].value, e.facts["provider"].value) for e in catalog.load("gpu_price").values()]
    assert len(set(pairs)) == len(pairs), "a price could not be asked for"


def test_prices_of_tokens_as_of_a_date() -> None:
    assert lookups.api_price("gpt-4", "input_usd_mtok", "2023-03-14") == 30
    assert lookups.api_price("gpt-3.5-turbo", "input_usd_mtok", "2023-03-14") == 2
    with pytest.raises(NotInCatalogError, match="not known as of 2022"):
        lookups.api_price("gpt-4", "input_usd_mtok", "2022")


def test_what_the_other_look_ups_say() -> None:
    assert lookups.grid("日本") == lookups.grid("JPN") == 485.392
    assert lookups.tokenizer("llama-3/en") == 3.94
    assert lookups.format("nf4") == 4.5
    assert lookups.ability("TruthfulQA", "flops") == 5e23
    assert lookups.team("GPT-4 pretraining", "listings") == 125
    assert lookups.as_of("run", "LLaMA 65B", "kwh") == "2023-02-27"
    assert "doi:10.48550/arXiv.2203.15556" in lookups.cite("LLM_LOSS")
    assert lookups.number("1兆4000億") == 1.4e12
    assert lookups.list("law")[0][0] == "besiroglu-2024"
    for name in catalog.LOOKUPS:
        assert getattr(catalog, name) is FORMULAS[name].fn
    with pytest.raises(NotInCatalogError, match=r"nearest: .*loss_floor"):
        lookups.cite("LLM_LOS")


def test_the_team_split_is_the_catalogue_s() -> None:
    for area, listings in GPT4_LISTINGS.items():
        assert value("team", f"GPT-4 {area}", "listings") == listings


def test_records() -> None:
    assert lookups.record("arch", "Llama 2 70B") == Arch(80, 8192, 28672, 64, 8, 32000, True, False, 128)
    assert lookups.record("arch", "Gemma 7B").head_dim == 256
    assert lookups.record("arch", "GPT-2").positions == 1024
    mixtral = lookups.record("arch", "mixtral")
    assert (mixtral.experts, mixtral.top_k) == (8, 2)
    assert lookups.record("arch", "DeepSeek V3").kv_latent == 576


def test_a_record_needs_all_of_its_fields() -> None:
    with pytest.raises(NotInCatalogError, match="PLaMo-100B cannot serve as arch; not published: layers, d_model"):
        lookups.record("arch", "plamo 100b")
    with pytest.raises(InputError, match="arch or law"):
        lookups.record("gpu", "H100")


# -- catalogues that must not load -------------------------------------------------------------------------------------
GOOD = """
["Card 1"]
aliases = ["C1"]
source = "nvidia-h100"
locator = "Table 1"
date = "2023"
confidence = "S2"
watts = 700
year = 2022
"""


def load_text(text: str, tmp_path: Any) -> Any:
    path = tmp_path / "bad.toml"
    path.write_text(text, "utf-8")
    return catalog.read("gpu", path)


def test_a_good_catalogue_loads(tmp_path: Any) -> None:
    assert load_text(GOOD, tmp_path)["Card 1"].facts["watts"].cited == "NVIDIA 2023, Table 1 (2023)"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("watts = 700", "watt = 700", '"Card 1": watt: .*not in the vocabulary; nearest: watts'),
        ("watts = 700", "watts = -1", '"Card 1": watts: watts must be .*above 0.*: got -1'),
        ("watts = 700", "watts = 0", '"Card 1": watts: watts must be .*above 0.*: got 0'),
        ("watts = 700", "watts = nan", '"Card 1": watts: .*finite'),
        ("watts = 700", 'watts = "700"', "\"Card 1\": watts: must be a number: got '700'"),
        ("watts = 700", "watts = true", '"Card 1": watts: must be a number: got TRUE'),
        ("watts = 700", "watts = [700]", '"Card 1": watts: a list holds groups of facts'),
        ("watts = 700", "watts = { locator = 'p. 1' }", '"Card 1": watts: value is missing'),
        ("watts = 700", "watts = { value = 1, sauce = 'x' }", '"Card 1": watts: sauce is unknown; nearest: source'),
        ("watts = 700", "watts = { value = 1, name = 'x' }", '"Card 1": watts: name is unknown'),
        ("year = 2022", "year = 2022.5", '"Card 1": year: must be a whole number: got 2022.5'),
        ("year = 2022", "tied = 1", '"Card 1": tied: must be true or false: got 1'),
        ("year = 2022", "vendor = 7", '"Card 1": vendor: must be text: got 7'),
        ("year = 2022", 'vendor = ""', '"Card 1": vendor: must be text'),
        ("year = 2022", 'advice = "sell"', '"Card 1": advice: must be one of data, model, balanced'),
        ('source = "nvidia-h100"\n', "", '"Card 1": watts: source is missing'),
        ('locator = "Table 1"\n', "", '"Card 1": watts: locator is missing'),
        ('locator = "Table 1"', 'locator = ""', '"Card 1": watts: locator'),
        ('date = "2023"\n', "", '"Card 1": watts: date is missing'),
        ('date = "2023"', 'date = "May 2023"', '"Card 1": watts: date: write YYYY'),
        ('date = "2023"', 'date = "2023-02-30"', '"Card 1": watts: date: day is out of range'),
        ('confidence = "S2"\n', "", '"Card 1": watts: confidence is missing'),
        ('confidence = "S2"', 'confidence = "M2"', '"Card 1": watts: confidence: .*S1'),
        ("nvidia-h100", "nvidia-h1000", "watts: source: 'nvidia-h1000' is not in references.*; nearest: nvidia-h100"),
        ('aliases = ["C1"]', 'aliases = ["card-1"]', "'card-1' is a name of 'Card 1' already"),
        ('aliases = ["C1"]', 'aliases = ["C1", "ｃ１"]', "is a name of 'Card 1' already"),
        ('aliases = ["C1"]', "aliases = [1]", '"Card 1": aliases'),
        ("year = 2022", f"year = 2022{GOOD.replace('Card 1', 'CARD-1').replace('C1', 'C2')}",
         "'CARD-1' is a name of 'Card 1' already"),
        ("year = 2022", '[["Card 1".also]]\nwatts = 600', '"Card 1": watts: is given twice for 2023'),
        ("watts = 700\nyear = 2022", "", '"Card 1": has no facts'),
        ('["Card 1"]', 'loose = 1\n["Card 1"]', '"loose": an entry is a table of facts'),
        ('["Card 1"]', '["Card 1"', "bad.toml: "),
    ],
)  # fmt: skip
def test_a_bad_catalogue_is_refused(old: str, new: str, message: str, tmp_path: Any) -> None:
    assert GOOD.count(old) == 1
    with pytest.raises(CatalogError, match=message) as raised:
        load_text(GOOD.replace(old, new), tmp_path)
    assert raised.value.message.startswith("bad.toml: ")


def test_the_package_offers_its_look_ups() -> None:
    assert set(catalog.LOOKUPS) == {name for name, f in FORMULAS.items() if f.kind == "L"}
    for name in catalog.LOOKUPS:
        assert getattr(catalog, name) is FORMULAS[name].fn
    with pytest.raises(AttributeError, match="no attribute 'gpuu'"):
        _ = catalog.gpuu
