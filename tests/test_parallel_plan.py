"""Plans of parallelism: the first that fits in the documented order, and no simpler one does."""

import itertools
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import pytest

import xlllm.formulas  # noqa: F401 (registers them)
from xlllm.errors import DomainError
from xlllm.formulas.compute import Arch
from xlllm.registry import FORMULAS

PLAN, TRAIN_GB, EXPERT_SHARD = FORMULAS["parallel_plan"], FORMULAS["train_gb"], FORMULAS["expert_shard_params"]

LLAMA_2_7B = Arch(32, 4096, 11008, 32, 32, 32000)
LLAMA_2_70B = Arch(80, 8192, 28672, 64, 8, 32000)
LLAMA_3_8B = Arch(32, 4096, 14336, 32, 8, 128256)
MIXTRAL = Arch(32, 4096, 14336, 32, 8, 32000, experts=8, top_k=2)
PALM_8B = Arch(32, 4096, 16384, 16, 1, 256000, tied=True, head_dim=256)
SMALL = Arch(6, 512, 1536, 12, 12, 32000)
SMALL_MIXTURE = Arch(6, 512, 1536, 12, 6, 32000, experts=6, top_k=2)


class Case(NamedTuple):
    arch: Arch
    seq_len: int
    gpus: int
    gpu_gb: float
    micro_batch: int = 1


class Split(NamedTuple):
    """What a plan decides, in the order of :func:`parallel_plan`."""

    dp: float
    tp: float
    pp: float
    ep: float
    zero_stage: float
    recompute: str

    def gb(self, case: Case) -> float:
        dp, tp, pp, ep, stage, recompute = self
        return float(TRAIN_GB(case.arch, case.seq_len, case.micro_batch, dp, tp, pp, ep, stage, recompute))


def splits(case: Case) -> Iterator[Split]:
    """Every split that the notes allow, the simplest first."""

    def divisors(n: int) -> list[int]:
        return [k for k in range(1, n + 1) if n % k == 0]

    pipelines, tensors, experts = divisors(case.arch.layers), (1, 2, 4, 8), divisors(case.arch.experts)
    orders = itertools.product(pipelines, tensors, experts, ("selective", "full"), (0, 1, 2, 3))
    for pp, tp, ep, recompute, stage in orders:
        if case.arch.heads % tp or case.arch.kv_heads % tp or case.gpus % (tp * pp):
            continue
        if ep <= case.gpus / (tp * pp):
            yield Split(case.gpus / (tp * pp), tp, pp, ep, stage, recompute)


def plan(case: Case) -> tuple[Split, float, str]:
    row = PLAN(*case)
    return Split(*row[:6]), row[6], row[7]


FITS = {
    "7B on 8 GPUs": (Case(LLAMA_2_7B, 4096, 8, 80), Split(8, 1, 1, 1, 1, "selective"), "data parallel is enough"),
    "7B on one large GPU": (
        Case(LLAMA_2_7B, 4096, 1, 192),
        Split(1, 1, 1, 1, 0, "selective"),
        "data parallel is enough",
    ),
    "7B on 4 GPUs": (Case(LLAMA_2_7B, 4096, 4, 80), Split(4, 1, 1, 1, 2, "selective"), "data parallel is enough"),
    "7B on small GPUs": (Case(LLAMA_2_7B, 4096, 8, 40), Split(8, 1, 1, 1, 3, "selective"), "data parallel is enough"),
    "7B on 2 GPUs": (Case(LLAMA_2_7B, 4096, 2, 80), Split(2, 1, 1, 1, 2, "full"), "needs full recomputation"),
    "70B on 1024 GPUs": (
        Case(LLAMA_2_70B, 4096, 1024, 80),
        Split(1024, 1, 1, 1, 3, "full"),
        "needs full recomputation",
    ),
    "8B on sequences of 131,072": (
        Case(LLAMA_3_8B, 131_072, 64, 80),
        Split(32, 2, 1, 1, 3, "full"),
        "needs tensor parallel 2, full recomputation",
    ),
    "8B on sequences of 131,072, GPUs of 66 GB": (
        Case(LLAMA_3_8B, 131_072, 64, 66),
        Split(16, 4, 1, 1, 2, "full"),
        "needs tensor parallel 4, full recomputation",
    ),
    "8B on sequences of 131,072, GPUs of 60 GB": (
        Case(LLAMA_3_8B, 131_072, 64, 60),
        Split(8, 8, 1, 1, 1, "full"),
        "needs tensor parallel 8, full recomputation",
    ),
    "Mixtral 8x7B on 64 GPUs": (
        Case(MIXTRAL, 4096, 64, 80),
        Split(64, 1, 1, 1, 3, "selective"),
        "data parallel is enough",
    ),
}


@pytest.mark.parametrize("name", FITS)
def test_the_plan(name: str) -> None:
    case, split, reason = FITS[name]
    found, gb, why = plan(case)
    assert (found, why) == (split, reason)
    assert gb == split.gb(case) <= 0.9 * case.gpu_gb


BRUTE = {
    **{name: case for name, (case, _, _) in FITS.items()},
    "nothing to do": Case(SMALL, 1024, 1, 8),
    "one key-value head, long sequences": Case(PALM_8B, 65_536, 64, 64),
    "12 GPUs, 12 heads": Case(SMALL, 16_384, 12, 1.5),
    "12 GPUs, less": Case(SMALL, 16_384, 12, 0.9),
    "6 GPUs, 8 does not divide": Case(SMALL, 16_384, 6, 0.75),
    "7 GPUs": Case(SMALL, 4096, 7, 1.2),
    "mixture, 12 GPUs": Case(SMALL_MIXTURE, 4096, 12, 1.2),
    "mixture, 6 key-value heads": Case(SMALL_MIXTURE, 16_384, 24, 0.9),
    "many at a time": Case(SMALL, 512, 12, 1.5, 32),
}


@pytest.mark.parametrize("name", BRUTE)
def test_no_simpler_plan_fits(name: str) -> None:
    case = BRUTE[name]
    found, gb, _ = plan(case)
    tried = []
    for split in splits(case):
        tried.append(split)
        if split.gb(case) <= 0.9 * case.gpu_gb:
            break
    assert found == tried[-1]
    assert gb == found.gb(case)


@pytest.mark.parametrize("gpus", [8, 16])
def test_nothing_fits(gpus: int) -> None:
    case = Case(LLAMA_2_70B, 4096, gpus, 80)
    least = min(split.gb(case) for split in splits(case))
    assert least > 72
    message = f"nothing fits 72 GB: the smallest plan needs {least:.4g} GB a GPU; take more or larger GPUs"
    with pytest.raises(DomainError, match=message):
        plan(case)


def test_latent_attention_is_not_counted() -> None:
    with pytest.raises(DomainError, match="latent attention"):
        plan(Case(Arch(61, 7168, 2048, 128, 128, 129280, experts=256, top_k=8, kv_latent=576), 4096, 2048, 80))


@pytest.mark.parametrize("ep", [2, 4, 8])
def test_experts_are_never_spread(ep: int) -> None:
    """ZeRO stage 3 spreads them over all copies already: ep copies fewer of a shard ep times smaller."""
    case = Case(MIXTRAL, 4096, 64, 80)
    together, spread = Split(64, 1, 1, 1, 3, "full"), Split(64, 1, 1, ep, 3, "full")
    assert float(EXPERT_SHARD(MIXTRAL, 1, 1, ep)) * ep == float(EXPERT_SHARD(MIXTRAL))
    assert spread.gb(case) == pytest.approx(together.gb(case), rel=1e-12)
    assert Split(64, 1, 1, ep, 2, "full").gb(case) >= together.gb(case)


def test_rows_are_planned_one_by_one() -> None:
    gpus: Any = np.array([8, 4, 1])
    rows = PLAN(LLAMA_2_7B, 4096, gpus, 80)
    assert rows.shape == (3, 8)
    assert list(rows[0]) == list(PLAN(LLAMA_2_7B, 4096, 8, 80))
    assert list(rows[1]) == list(PLAN(LLAMA_2_7B, 4096, 4, 80))
    assert all(isinstance(cell, DomainError) for cell in rows[2])


def test_a_last_stage_that_does_not_fit_is_said() -> None:
    """train_gb counts the first stage, as Megatron-LM does; the logits stand on the last."""
    palm_8b = [32, 4096, 16384, 16, 1, 256000]
    plan = FORMULAS["parallel_plan"](palm_8b, 65536, 64, 64)
    assert plan[2] == 2
    last = FORMULAS["last_stage_gb"](palm_8b, 65536, 1, *plan[:4], plan[4], plan[5])
    assert last == pytest.approx(107.6, abs=0.05)
    assert plan[7].endswith(f"but the last stage needs {last:.4g} GB for its logits")
