"""One valid value for every quantity and record: LLaMA-65B (Touvron et al. 2023) as far as it goes."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

import xlllm.catalog.lookups
import xlllm.formulas  # noqa: F401 (registers the formulas)
from xlllm.arguments import RECORDS, Parameter
from xlllm.registry import Formula

VALUES: dict[str, Any] = {
    # model and data
    "params": 65.2e9,
    "active_params": 65.2e9,
    "part_params": 8.15e9,
    "activation_bytes": 34,
    "tokens": 1.4e12,
    "unique_tokens": 1.3e12,
    "raw_tokens": 5e12,
    "served_tokens": 1e12,
    "tokens_per_param": 21.5,
    "bytes_per_token": 3.2857,
    "gb": 4600.0,
    "epochs": 1.08,
    "r_star": 15.387756,
    "skill_multiple": 2.0,
    "corpus_multiple": 4.83,
    "params_multiple": 2.0,
    "params_share": 0.5,
    "gamma": 0.44,
    "unique_sequences": 1e12,
    "may_emerge": True,
    "loss": 1.95,
    # scaling law
    "E": 1.8172,
    "A": 482.01,
    "B": 2085.43,
    "alpha": 0.3478,
    "beta": 0.3658,
    "fitted_range": "44M to 16B parameters",
    # architecture
    "layers": 80,
    "d_model": 8192,
    "d_ff": 22016,
    "heads": 64,
    "kv_heads": 64,
    "vocab": 32000,
    "gated": True,
    "tied": False,
    "head_dim": 128,
    "experts": 1,
    "top_k": 1,
    "positions": 0,
    "kv_latent": 0,
    "seq_len": 2048,
    "causal": True,
    # compute
    "flops": 5.477e23,
    "preference_multiple": 12.2,
    "peak_flops": 312e12,
    "peak_flops_fp8": 1979e12,
    "peak_ops_int8": 624e12,
    "mfu": 0.477,
    "goodput": 0.95,
    "gpu_hours": 1_022_362.0,
    "days": 21.0,
    "gpus": 2048,
    "tokens_per_s_per_gpu": 380.0,
    # memory and parallelism
    "gpu_gb": 80.0,
    "memory_gb": 80.0,
    "bandwidth_gbs": 2039.0,
    "headroom": 0.1,
    "weight_bits": 16.0,
    "weight_bytes": 2.0,
    "grad_bytes": 2.0,
    "optimizer_bytes": 12.0,
    "zero_stage": 1,
    "dp": 32,
    "tp": 8,
    "pp": 8,
    "ep": 1,
    "micro_batch": 1,
    "recompute": "selective",
    "sequence_parallel": True,
    "activation_gb": 14.0,
    # energy
    "gpu_watts": 400.0,
    "watts": 400.0,
    "pue": 1.1,
    "kwh": 449e3,
    "grams_per_kwh": 385.0,
    "renewable_share": 0.6,
    "kg": 173e3,
    "alternative_kg": 25e3,
    "avoided_kg": 148e3,
    "items_kg": [173e3, 30e3, 4e3],
    "carbon_kg": 173e3,
    # money
    "usd": 4e6,
    "alternative_usd": 4.5e6,
    "gpu_hour_usd": 3.93,
    "usd_kwh": 0.08,
    "usd_per_flop": 7.775e-18,
    "serve_usd_per_flop": 9e-18,
    "data_usd_mtok": 0.5,
    "input_usd_mtok": 3.0,
    "output_usd_mtok": 15.0,
    "acquire_usd": 300e3,
    "clean_usd": 150e3,
    "store_usd": 50e3,
    "kept_share": 0.28,
    "experiment_multiple": 1.25,
    "other_usd": 100e3,
    "planned_usd": 5e6,
    "contingency": 0.1,
    "fte": 14.0,
    "area_share": 0.35,
    "data_fte": 4.0,
    "pretrain_fte": 3.0,
    "tune_fte": 2.0,
    "usd_per_fte_year": 150e3,
    "months": 5.0,
    "on_cost": 0.3,
    "marginal_ratio": 1.1,
    "band": 0.1,
    "advice": "data",
    "loss_per_usd": 1e-9,
    "train_option_usd": 9e6,
    "tune_option_usd": 2e6,
    "api_option_usd": 3e6,
    "small_option_usd": 1e6,
    "train_allowed": True,
    "tune_allowed": True,
    "api_allowed": True,
    "small_allowed": False,
    "option": "tune",
    # finance
    "benefit_usd": 6e6,
    "cost_usd": 5e6,
    "roi": 0.2,
    "rate": 0.08,
    "flows": [-1000.0, 300.0, 400.0, 500.0, 200.0],
    "npv": 115.57,
    "items_usd": [4e6, 100e3, 36e3],
    "invest_usd": 5e6,
    "yearly_benefit_usd": 2e6,
    "yearly_growth": 0.05,
    "yearly_cost_usd": 500e3,
    "cost_growth": 0.02,
    "year_index": 2,
    "years": 2.6,
    "estimate": 1_023_392.0,
    "reference": 1_022_362.0,
    "deviation": 0.001,
    # scaling by others
    "nonembedding_params": 64.7e9,
    "total_params": 500e9,
    "token_value": 0.5,
    "losses": [2.7, 2.5, 2.4, 2.45, 2.3, 2.2, 2.3, 2.15],
    "objective": 0.001,
    "granularity": 4.0,
    "ratio": 25.0,
    "learning_rate": 3e-4,
    "size_balance": 0.12,
    "chars": 1e9,
    "chars_per_token": 3.17,
    # fine-tuning
    "method": "lora",
    "rank": 16,
    "matrices": 2,
    "adapter_params": 40e6,
    # serving
    "kv_bits": 16.0,
    "kv_gb": 21.5,
    "kv_gb_per_sequence": 0.67,
    "kv_gb_per_token": 0.00032768,
    "runtime_overhead": 0.1,
    "batch": 32,
    "max_batch": 32,
    "fits": True,
    "reason": "data parallel is enough",
    "prompt_tokens": 1000.0,
    "output_tokens": 250.0,
    "input_tokens": 1e9,
    "context_tokens": 1250.0,
    "replica_peak_flops": 2496e12,
    "replica_bandwidth_gbs": 16312.0,
    "compute_efficiency": 0.35,
    "memory_efficiency": 0.875,
    "seconds": 0.5,
    "tokens_per_s": 2500.0,
    "speedup": 1.6,
    "requests_per_s": 12.0,
    "requests_per_day": 1e6,
    "peak_factor": 3.0,
    "tokens_per_request": 1250.0,
    "peak_requests_per_s": 100.0,
    "requests_per_s_replica": 12.0,
    "gpus_per_replica": 8,
    "target_load": 0.7,
    "utilization": 0.5,
    "full_use_multiple": 0.5,
    # more energy
    "kg_per_gpu": 150.0,
    "life_hours": 35040.0,
    "it_kwh": 408e3,
    "litres_per_kwh": 1.8,
    "litres": 735e3,
    # prices of tokens
    "usd_mtok": 3.0,
    "cached_usd_mtok": 0.3,
    "input_usd_mtok_a": 30.0,
    "output_usd_mtok_a": 60.0,
    "input_usd_mtok_b": 2.0,
    "output_usd_mtok_b": 2.0,
    "cached_share": 0.4,
    "output_share": 0.25,
    "price_ratio": 22.5,
    "api_usd_mtok": 3.5,
    "variable_usd_mtok": 0.5,
    "fixed_usd": 11_680.0,
    "usd_per_task": 0.02,
    "quality": 80.0,
    "usd_per_point": 0.00025,
    "success_rate": 0.8,
    "fallback_usd": 1.0,
    "usd_per_tonne": 80.0,
    "abatement_usd_per_tonne": 60.0,
    # labels and benefit
    "items": 27_540.0,
    "minutes_per_item": 20.0,
    "usd_per_hour": 30.0,
    "usd_per_item": 12.5,
    "redundancy": 2.0,
    "qa_share": 0.25,
    "budget_usd": 10e6,
    "tokens_per_item": 500.0,
    "accept_rate": 0.8,
    "area": "evaluation and analysis",
    "loss_before": 2.0,
    "loss_after": 1.95,
    "usd_per_percent": 50e3,
    "tasks": 200e3,
    "minutes_saved": 6.0,
    "adoption": 0.6,
    "cash_share": 0.5,
    # more finance
    "irr": 0.153,
    "profitability_index": 1.116,
    "capital_recovery": 0.302,
    "capex_usd": 40e3,
    "kw": 1.2,
    "opex_share": 0.05,
    "residual_share": 0.1,
    "opex_usd_month": 4500.0,
    "rent_usd_month": 17_500.0,
    "price": 10.0,
    "yearly_decline": 0.5,
    "probability": 0.02,
    "impact_usd": 5e6,
    "mitigation": 0.5,
    # risk
    "u": 0.3,
    "low": 80.0,
    "mode": 100.0,
    "high": 150.0,
    "draw": 101.0,
    "draws": [-2.0, 0.0, 1.0, 3.0, 8.0],
    "p10": -1.2,
    "p50": 1.0,
    "p90": 6.0,
    "mean": 2.0,
    "share_negative": 0.2,
    "labels": ["price", "volume", "rate"],
    "lows": [1.0, 0.0, 4.0],
    "highs": [2.0, 9.0, 3.0],
    # catalogue
    "key": "A100 SXM 80GB",
    "field": "peak_flops",
    "kind": "gpu",
    "fact": "312e12",
    "vendor": "NVIDIA",
    "org": "Meta",
    "hardware": "A100 SXM 80GB",
    "model": "LLaMA 65B",
    "provider": "AWS Capacity Block",
    "year": 2023,
    "fitted_params_low": 44e6,
    "fitted_params_high": 16e9,
    "fitted_tokens_low": 5e9,
    "fitted_tokens_high": 500e9,
    "availability": "open weights",
    "license": "Apache-2.0",
    "commercial_use": "yes",
    "languages": "en, ja",
    "region": "Japan",
    "adjusted_grams_per_kwh": 450.0,
    "jpy_kwh": 25.0,
    "bits_per_weight": 4.5,
    "core_people": 14,
    "listings": 257,
    "unique_people": 128,
    "as_of": "2026-11-25",
    "function": "loss",
    "text": "70B",
    "number": 70e9,
}

KEYS = {"law": "besiroglu-2024", "arch": "LLaMA 65B"}
"""A catalogue key for every record."""

OTHERS: dict[str, dict[str, Any]] = {
    "ability": {"key": "TruthfulQA", "field": "flops"},
    "api_price": {"key": "gpt-4", "field": "input_usd_mtok"},
    "fit_law": {
        "params": [1e8, 2e8, 4e8, 1e8, 5e8, 1e9, 3e8, 2e9],
        "tokens": [2e9, 1e10, 4e9, 3e10, 2e10, 1e10, 5e10, 4e10],
    },
    "format": {"key": "nf4", "field": "bits_per_weight"},
    "gpu_price": {"key": "H200 SXM"},
    "grid": {"field": "grams_per_kwh"},
    "law": {"key": "besiroglu-2024", "field": "alpha"},
    "model": {"key": "LLaMA 65B", "field": "params"},
    "run": {"key": "LLaMA 65B", "field": "gpu_hours"},
    "team": {"key": "GPT-4 evaluation and analysis", "field": "listings"},
    "tokenizer": {"key": "llama-2/en", "field": "chars_per_token"},
}
"""Where a function needs another value than the one above."""


def row(record: str) -> list[Any]:
    """A record as a row of cells, every field given."""
    return [VALUES[q.name] for q in RECORDS[record].fields]


def sample(formula: Formula, p: Parameter) -> Any:
    """A valid value of one argument; records as cells."""
    return row(p.name) if p.record else OTHERS.get(formula.name, VALUES).get(p.name, VALUES[p.name])


def arguments(formula: Formula) -> list[Any]:
    """Valid values of all arguments, which give an answer together."""
    return [sample(formula, p) for p in formula.parameters]


def column(formula: Formula, values: Sequence[Any]) -> list[Any]:
    """Values of one argument under each other, as a sheet holds them; rows of a record or a series are rows already."""
    if any(isinstance(v, list) for v in values):
        rows = [v if isinstance(v, list) else [v] for v in values]
        return [[*r, *[None] * (max(map(len, rows)) - len(r))] for r in rows]
    return list(values) if has_series(formula) else [[v] for v in values]


def has_series(formula: Formula) -> bool:
    return any(p.series for p in formula.parameters)


def same(a: Any, b: Any) -> bool:
    """Equal answers; numbers to 1e-12, because numpy computes a column with other instructions than a single value."""
    pairs = zip(*(np.ravel(x).tolist() for x in (a, b)), strict=True)
    return np.shape(a) == np.shape(b) and all(
        math.isclose(x, y, rel_tol=1e-12) if isinstance(x, float) and isinstance(y, float) else x == y for x, y in pairs
    )
