"""Serving: API, own GPUs or a small local model?"""

from typing import Any

import numpy as np

from xlllm.formulas import edges
from xlllm.formulas.compute import DAYS_PER_YEAR, HOURS_PER_DAY, SECONDS_PER_HOUR
from xlllm.formulas.data import TOKENS_PER_MTOK
from xlllm.formulas.energy import WATTS_PER_KILOWATT
from xlllm.formulas.memory import weight_gb
from xlllm.registry import formula

SECONDS_PER_DAY = HOURS_PER_DAY * SECONDS_PER_HOUR
SECONDS_PER_YEAR = DAYS_PER_YEAR * SECONDS_PER_DAY


@formula(returns="replica_peak_flops")
def replica_peak_flops(peak_flops: Any, gpus_per_replica: Any) -> Any:
    """Dense peak of all GPUs together that hold one copy of the model.

    Notes
    -----
    peak of a GPU·GPUs of a replica. What the GPUs lose by talking to each other belongs into the compute efficiency.

    Examples
    --------
    >>> replica_peak_flops(989.4e12, 2)
    1978800000000000.0
    """
    return peak_flops * gpus_per_replica


@formula(returns="replica_bandwidth_gbs")
def replica_bandwidth_gbs(bandwidth_gbs: Any, gpus_per_replica: Any) -> Any:
    """Memory bandwidth of all GPUs together that hold one copy of the model.

    Notes
    -----
    bandwidth of a GPU·GPUs of a replica: each reads its own part of the weights, at the same time.

    Examples
    --------
    >>> replica_bandwidth_gbs(3350, 2)
    6700
    """
    return bandwidth_gbs * gpus_per_replica


@formula(returns="batch", label="Batch that fits")
def running_batch(max_batch: Any, batch: Any) -> Any:
    """Sequences that a replica serves at the same time: what memory allows, up to a limit, and at least one.

    Notes
    -----
    max(1, min(largest batch, limit)). The limit keeps answers quick: the more sequences, the slower each. Whether even
    one fits, LLM_MAX_BATCH says.

    Examples
    --------
    >>> float(running_batch(110, 64))
    64.0
    """
    return np.maximum(np.minimum(max_batch, batch), 1)


@formula(returns="seconds", label="Time to read the prompt", cites=("pope2022", "kaplan2020"))
def prefill_seconds(
    active_params: Any, prompt_tokens: Any, replica_peak_flops: Any, compute_efficiency: Any = 0.35
) -> Any:
    """Seconds in which a replica reads a prompt, if nothing else is going on.

    Notes
    -----
    2·N·s/(peak·efficiency): bound by compute (Pope et al. 2022 section 2.1), with the peak of all GPUs that hold one
    copy of the model. The attention itself is not counted.

    Examples
    --------
    >>> round(prefill_seconds(8.03e9, 2000, 989.4e12), 4)   # Llama 3 8B on an H100
    0.0928
    """
    return 2 * active_params * prompt_tokens / (replica_peak_flops * compute_efficiency)


@formula(returns="tokens_per_s", label="Generation speed", cites=("pope2022",))
def decode_tokens_per_s(
    params: Any,
    batch: Any,
    context_tokens: Any,
    kv_gb_per_token: Any,
    replica_bandwidth_gbs: Any,
    weight_bits: Any = 16,
    memory_efficiency: Any = 0.875,
) -> Any:
    """Tokens that a replica generates in a second, for all sequences of its batch together.

    Notes
    -----
    batch·bandwidth·efficiency/(weights + batch·context·cache of a token): bound by memory only (Pope et al. 2022
    section 2.1). A mixture reads all its experts: give all its parameters. At large batches compute becomes the
    limit; LLM_REQUESTS_PER_S counts both.

    Examples
    --------
    >>> round(decode_tokens_per_s(8.03e9, 1, 0, 0.000131072, 3350, 16, 1), 1)   # Llama 3 8B on an H100
    208.6
    """
    read = weight_gb(params, weight_bits) + batch * context_tokens * kv_gb_per_token
    return batch * replica_bandwidth_gbs * memory_efficiency / read


@formula(returns="requests_per_s", cites=("pope2022", "nvidia-tco"), same_as={"active_params": "params"})
def requests_per_s(
    params: Any,
    batch: Any,
    prompt_tokens: Any,
    output_tokens: Any,
    kv_gb_per_token: Any,
    replica_peak_flops: Any,
    replica_bandwidth_gbs: Any,
    weight_bits: Any = 16,
    compute_efficiency: Any = 0.35,
    memory_efficiency: Any = 0.875,
    active_params: Any = None,
) -> Any:
    """Requests that a replica finishes in a second under load.

    Notes
    -----
    1/(:func:`prefill_seconds` + output tokens·(weights + batch·(prompt + output)·cache of a
    token)/(bandwidth·efficiency·batch)): every prompt is read once, every token of the batch reads the weights and
    the caches at their final length. The two efficiencies were calibrated on throughput of Llama 3 8B that NVIDIA
    measured on H100; with them the mean absolute logarithm of the error is 0.114. Another model, engine or
    accelerator needs its own.

    Examples
    --------
    >>> round(requests_per_s(8.03e9, 50, 200, 200, 0.000131072, 989.4e12, 3350), 1)
    28.8
    """
    active = params if active_params is None else active_params
    prefill = prefill_seconds(active, prompt_tokens, replica_peak_flops, compute_efficiency)
    caches = batch * (prompt_tokens + output_tokens) * kv_gb_per_token
    step = (weight_gb(params, weight_bits) + caches) / (replica_bandwidth_gbs * memory_efficiency * batch)
    return 1 / (prefill + output_tokens * step)


@formula(returns="tokens_per_s", label="Throughput, sped up")
def speedup_tokens_per_s(tokens_per_s: Any, speedup: Any) -> Any:
    """Tokens per second once the model has been made faster: by distillation, pruning, quantisation, a better engine.

    Notes
    -----
    tokens a second·speed-up, measured on your own load: fewer parameters do not make a model faster in proportion.

    Examples
    --------
    >>> speedup_tokens_per_s(2500, 1.6)
    4000.0
    """
    return tokens_per_s * speedup


@formula(returns="peak_requests_per_s")
def peak_requests_per_s(requests_per_day: Any, peak_factor: Any) -> Any:
    """Requests per second in the busiest minutes, from the requests of a day.

    Notes
    -----
    requests a day/86400·peak factor.

    Examples
    --------
    >>> peak_requests_per_s(864_000, 3)
    30.0
    """
    return requests_per_day / SECONDS_PER_DAY * peak_factor


@formula(returns="served_tokens", label="Tokens served in a year")
def yearly_tokens(requests_per_day: Any, tokens_per_request: Any) -> Any:
    """Tokens that requests read, or write, or both, in a year.

    Notes
    -----
    requests a day·365·tokens a request. Give the tokens of one request that are counted: those it brings in, those
    the model writes, or both together.

    Examples
    --------
    >>> yearly_tokens(10_000, 1_500)
    5475000000
    """
    return requests_per_day * DAYS_PER_YEAR * tokens_per_request


@formula(returns="tokens_per_request", label="Tokens of a request, in and out")
def request_tokens(prompt_tokens: Any, output_tokens: Any) -> Any:
    """Tokens of one request, read and written.

    Notes
    -----
    prompt + output.

    Examples
    --------
    >>> request_tokens(1500, 300)
    1800
    """
    return prompt_tokens + output_tokens


@formula(returns="output_share", undefined="a request without tokens has no share of output")
def output_share(prompt_tokens: Any, output_tokens: Any) -> Any:
    """Share of the tokens of a request that the model writes.

    Notes
    -----
    output/(prompt + output).

    Examples
    --------
    >>> float(output_share(1500, 500))
    0.25
    """
    both = request_tokens(prompt_tokens, output_tokens)
    return np.where(both > 0, output_tokens / both, np.nan)


@formula(returns="tokens_per_s", label="Throughput of all GPUs")
def fleet_tokens_per_s(requests_per_s: Any, tokens_per_request: Any, gpus: Any, gpus_per_replica: Any = 1) -> Any:
    """Tokens per second that all replicas together read and write under full load.

    Notes
    -----
    requests a second of a replica·tokens of a request·GPUs/GPUs of a replica.

    Examples
    --------
    >>> fleet_tokens_per_s(2.5, 1800, 32, 2)
    72000.0
    """
    return requests_per_s * tokens_per_request * gpus / gpus_per_replica


@formula(returns="utilization", label="Utilization by the load")
def load_utilization(served_tokens: Any, tokens_per_s: Any) -> Any:
    """Share of what the GPUs could serve in a year that is served.

    Notes
    -----
    tokens of a year/(tokens a second·seconds of a year), both counted the same way: read and written.

    Examples
    --------
    >>> round(load_utilization(657e9, 72_000), 4)
    0.2894
    """
    return served_tokens / (tokens_per_s * SECONDS_PER_YEAR)


@formula(returns="tasks", label="Tasks in a year")
def yearly_tasks(requests_per_day: Any) -> Any:
    """Tasks that arrive in a year, if each is one request.

    Notes
    -----
    requests a day·365.

    Examples
    --------
    >>> yearly_tasks(10_000)
    3650000
    """
    return requests_per_day * DAYS_PER_YEAR


@formula(returns="served_tokens", label="Tokens served over life")
def life_tokens(served_tokens: Any, years: Any) -> Any:
    """Tokens that a model reads and writes before it is replaced.

    Notes
    -----
    tokens of a year·years, if the volume stays as it is.

    Examples
    --------
    >>> life_tokens(5.475e9, 3)
    16425000000.0
    """
    return served_tokens * years


@formula(returns="gpus", label="GPUs for serving", cites=("nvidia-tco",))
def serving_gpus(
    peak_requests_per_s: Any, requests_per_s_replica: Any, gpus_per_replica: Any = 1, target_load: Any = 0.7
) -> Any:
    """Whole replicas' GPUs that carry the busiest minutes.

    Notes
    -----
    GPUs of a replica·ceil(peak/(requests of a replica·target load)).

    Examples
    --------
    >>> float(serving_gpus(100, 12, 2))
    24.0
    """
    return gpus_per_replica * edges.ceil(peak_requests_per_s / (requests_per_s_replica * target_load))


@formula(returns="yearly_cost_usd", label="Tokens of a year, at a price")
def yearly_tokens_usd(served_tokens: Any, usd_mtok: Any) -> Any:
    """What the tokens of a year cost at a price per million.

    Notes
    -----
    tokens of a year·price/1e6. Count tokens and price the same way: input and output, or output only.

    Examples
    --------
    >>> yearly_tokens_usd(657e9, 1.25)
    821250.0
    """
    return served_tokens * usd_mtok / TOKENS_PER_MTOK


@formula(returns="usd_mtok", label="Own serving cost")
def selfhost_usd_mtok(gpu_hour_usd: Any, gpus: Any, tokens_per_s: Any, utilization: Any = 1) -> Any:
    """What a million tokens cost on own or rented GPUs.

    Notes
    -----
    price·GPUs·1e6/(tokens a second·3600·utilization), the tokens of all GPUs together. Idle hours are paid too: at
    10% utilization a token costs ten times as much.

    Examples
    --------
    >>> round(selfhost_usd_mtok(2, 8, 2500, 0.5), 4)
    3.5556
    """
    return gpu_hour_usd * gpus * TOKENS_PER_MTOK / (tokens_per_s * SECONDS_PER_HOUR * utilization)


@formula(returns="usd_mtok", label="Electricity for a small model")
def energy_usd_mtok(watts: Any, tokens_per_s: Any, usd_kwh: Any, pue: Any = 1) -> Any:
    """What the electricity for a million tokens costs on one's own computer.

    Notes
    -----
    watts·PUE/1000·price·1e6/(tokens a second·3600).

    Examples
    --------
    >>> round(energy_usd_mtok(450, 60, 0.2), 3)
    0.417
    """
    return watts * pue / WATTS_PER_KILOWATT * usd_kwh * TOKENS_PER_MTOK / (tokens_per_s * SECONDS_PER_HOUR)


@formula(returns="usd", label="API cost", same_as={"cached_usd_mtok": "input_usd_mtok"})
def api_usd(
    input_tokens: Any,
    output_tokens: Any,
    input_usd_mtok: Any,
    output_usd_mtok: Any,
    cached_share: Any = 0,
    cached_usd_mtok: Any = None,
) -> Any:
    """What tokens cost through an API.

    Notes
    -----
    (input·((1 − cached)·input price + cached·cached price) + output·output price)/1e6. Cached tokens are input
    tokens, billed once.

    Examples
    --------
    >>> api_usd(1e6, 1e6, 30, 60)
    90.0
    """
    cached = input_usd_mtok if cached_usd_mtok is None else cached_usd_mtok
    read = input_tokens * ((1 - cached_share) * input_usd_mtok + cached_share * cached)
    return (read + output_tokens * output_usd_mtok) / TOKENS_PER_MTOK


@formula(returns="usd_mtok", label="Blended price")
def blended_usd_mtok(input_usd_mtok: Any, output_usd_mtok: Any, output_share: Any = 0.5) -> Any:
    """Price of a million tokens, input and output mixed.

    Notes
    -----
    (1 − output share)·input price + output share·output price.

    Examples
    --------
    >>> blended_usd_mtok(30, 60)
    45.0
    """
    return (1 - output_share) * input_usd_mtok + output_share * output_usd_mtok


@formula(returns="price_ratio")
def price_ratio(
    input_usd_mtok_a: Any,
    output_usd_mtok_a: Any,
    input_usd_mtok_b: Any,
    output_usd_mtok_b: Any,
    output_share: Any = 0.5,
) -> Any:
    """How many times as much model A costs as model B.

    Notes
    -----
    :func:`blended_usd_mtok` of A over that of B. GPT-4 over GPT-3.5 in March 2023 is 22.5 with as many tokens out as
    in, 15 for input only and 30 for output only.

    Examples
    --------
    >>> price_ratio(30, 60, 2, 2)
    22.5
    """
    a = blended_usd_mtok(input_usd_mtok_a, output_usd_mtok_a, output_share)
    return a / blended_usd_mtok(input_usd_mtok_b, output_usd_mtok_b, output_share)


@formula(
    returns="served_tokens",
    label="Break-even volume",
    undefined="each own token costs as much as the API's or more: no volume pays back the fixed cost",
)
def breakeven_tokens(fixed_usd: Any, api_usd_mtok: Any, variable_usd_mtok: Any = 0) -> Any:
    """Tokens above which the own solution is cheaper than the API, in the period of the fixed cost.

    Notes
    -----
    fixed/(API price − own variable cost)·1e6. Count both prices the same way: input and output, or output only.

    Examples
    --------
    >>> f"{float(breakeven_tokens(11_680, 0.88)):.5g}"
    '1.3273e+10'
    """
    saved = api_usd_mtok - variable_usd_mtok
    return np.where(edges.more(api_usd_mtok, variable_usd_mtok), fixed_usd / saved * TOKENS_PER_MTOK, np.nan)


@formula(
    returns="target_per_day",
    label="Break-even volume",
    undefined="each own request costs as much as the API's or more: no volume pays back the fixed cost",
)
def breakeven_requests(
    requests_per_day: Any, own_fixed_usd: Any, own_variable_usd: Any, api_fixed_usd: Any, api_variable_usd: Any
) -> Any:
    """Requests per day above which the own option costs less than the API; 0 if it does at any volume.

    Notes
    -----
    requests·(own fixed − API fixed)/(API variable − own variable): the variable costs are those of the requests given
    and grow in proportion; whole accelerators make steps that this line leaves out.

    Examples
    --------
    >>> float(breakeven_requests(20_000, 900_000, 300_000, 300_000, 600_000))
    40000.0
    """
    more = np.maximum(own_fixed_usd - api_fixed_usd, 0)
    volume = requests_per_day * more / (api_variable_usd - own_variable_usd)
    return np.where(edges.more(api_variable_usd, own_variable_usd), volume, np.nan)


@formula(returns="full_use_multiple")
def breakeven_utilization(gpu_hour_usd: Any, gpus: Any, tokens_per_s: Any, api_usd_mtok: Any) -> Any:
    """Utilization at which own GPUs cost as much as the API; above 1 the API stays cheaper.

    Notes
    -----
    price·GPUs·1e6/(tokens a second·3600·API price).

    Examples
    --------
    >>> round(breakeven_utilization(2, 8, 2500, 3.5), 3)
    0.508
    """
    return selfhost_usd_mtok(gpu_hour_usd, gpus, tokens_per_s, 1) / api_usd_mtok


@formula(returns="usd_per_task", undefined="no tasks in the year: there is nothing to share the cost among")
def usd_per_task(yearly_cost_usd: Any, tasks: Any) -> Any:
    """What one attempt at a task costs, if a yearly cost is shared among the tasks of the year.

    Notes
    -----
    cost of a year/tasks of a year.

    Examples
    --------
    >>> float(usd_per_task(140_160, 1_000_000))
    0.14016
    """
    return np.where(tasks > 0, yearly_cost_usd / tasks, np.nan)


@formula(returns="quality", label="Quality at this precision")
def quantized_quality(weight_bits: Any, quality: Any, quality_8bit: Any, quality_4bit: Any) -> Any:
    """Points of a model at the precision of its weights, measured at 16, 8 and 4 bits.

    Notes
    -----
    The points at 16 bits from 16 bits up, those at 8 bits from 8 up, else those at 4 bits: nothing is interpolated.
    Measure all three on your own test: what quantisation costs depends on the model, the method and the task.

    Examples
    --------
    >>> float(quantized_quality(8, 80, 79, 76))
    79.0
    """
    return np.where(weight_bits >= 16, quality, np.where(weight_bits >= 8, quality_8bit, quality_4bit))


@formula(returns="usd_per_point")
def usd_per_quality(usd_per_task: Any, quality: Any) -> Any:
    """What a point of quality costs: the price of a task over the points that the model reaches in your own test.

    Notes
    -----
    cost of a task/points. Compare models that all are good enough: a bad one may have cheap points.

    Examples
    --------
    >>> usd_per_quality(0.02, 80)
    0.00025
    """
    return usd_per_task / quality


@formula(returns="usd_per_task", label="Cost per solved task")
def usd_per_success(usd_per_task: Any, success_rate: Any, fallback_usd: Any = 0) -> Any:
    """What one solved task costs, failed attempts included: a cheap model that fails often is dear.

    Notes
    -----
    (attempt + (1 − success)·failure)/success; fallback_usd is the cost of one failed attempt.

    Examples
    --------
    >>> round(usd_per_success(0.02, 0.8, 1), 3)
    0.275
    """
    return (usd_per_task + (1 - success_rate) * fallback_usd) / success_rate
