"""The vocabulary: every argument, result and fact has one entry here, and one name means one thing.

Labels and help are English here and Japanese in ``locale/ja.toml``. Code, catalogue, templates, tooltips and cells
all read these entries; nothing describes a quantity twice.
"""

from __future__ import annotations

import math
from typing import Any, Literal, NamedTuple

from xlllm.nearest import nearest

Kind = Literal["real", "whole", "flag", "choice", "text", "date", "series"]


class Quantity(NamedTuple):
    """One entry. ``low`` and ``high`` bound the value in canonical units; an open end excludes the bound itself."""

    name: str
    symbol: str
    unit: str
    label: str
    help: str
    kind: Kind = "real"
    low: float = -math.inf
    high: float = math.inf
    low_open: bool = False
    high_open: bool = False
    counted: bool = False
    """Takes text with a suffix: 70B, 1.4T, 175億."""
    choices: tuple[str, ...] = ()

    @property
    def numeric(self) -> bool:
        return self.kind in ("real", "whole", "series")

    @property
    def share(self) -> bool:
        return self.unit == "share"


VOCABULARY: dict[str, Quantity] = {}


def quantity(name: str) -> Quantity:
    """The entry called ``name``; an unknown name answers with the nearest one."""
    try:
        return VOCABULARY[name]
    except KeyError:
        near = nearest(name, VOCABULARY)
        raise KeyError(
            f"{name!r} is not in the vocabulary" + (f"; nearest: {', '.join(near)}" if near else "")
        ) from None


def _add(name: str, symbol: str, unit: str, label: str, help: str, **rest: Any) -> None:
    if name in VOCABULARY:
        raise ValueError(f"{name} is in the vocabulary already")
    VOCABULARY[name] = Quantity(name, symbol, unit, label, help, **rest)


def _money(name: str, label: str, help: str, unit: str = "USD", symbol: str = "$", low: float = 0) -> None:
    _add(name, symbol, unit, label, help, low=low, high=1e18)


def _share(name: str, symbol: str, label: str, help: str, *, zero: bool = True, one: bool = True) -> None:
    _add(name, symbol, "share", label, help, low=0, high=1, low_open=not zero, high_open=not one)


def _whole(name: str, symbol: str, unit: str, label: str, help: str, low: int = 1, high: float = 1e9) -> None:
    _add(name, symbol, unit, label, help, kind="whole", low=low, high=high)


def _flag(name: str, symbol: str, label: str, help: str) -> None:
    _add(name, symbol, "TRUE/FALSE", label, help, kind="flag")


def _text(name: str, symbol: str, label: str, help: str, choices: tuple[str, ...] = ()) -> None:
    _add(name, symbol, "text", label, help, kind="choice" if choices else "text", choices=choices)


# fmt: off
# -- model and data ---------------------------------------------------------------------------------------------------
_add("params", "N", "parameters", "Parameters", "Trainable parameters of the model, embeddings included; the active ones where a mixture's compute is meant. 70B or 175億 works.", low=1, high=1e16, counted=True)
_add("nonembedding_params", "N", "parameters", "Parameters, non-embedding", "Trainable parameters without the embeddings, as Kaplan et al. 2020 count them.", low=1, high=1e16, counted=True)
_add("total_params", "N_t", "parameters", "Parameters of a mixture", "All parameters of a mixture of experts, the idle experts included, without the embeddings.", low=1, high=1e16, counted=True)
_add("tokens", "D", "tokens", "Training tokens", "Tokens the model is trained on, repeats included. Text such as 1.4T or 1.4兆 works.", low=1, high=1e18, counted=True)
_add("unique_tokens", "U", "tokens", "Unique tokens", "Different tokens in the corpus, before any are repeated.", low=1, high=1e18, counted=True)
_add("raw_tokens", "D_raw", "tokens", "Raw tokens", "Tokens bought or collected before filtering and deduplication.", low=1, high=1e18, counted=True)
_add("served_tokens", "T", "tokens", "Tokens served over life", "Tokens the model will read and write for its users before it is replaced.", low=0, high=1e20, counted=True)
_add("more_tokens", "D'", "tokens", "Training tokens, with more money", "Tokens the model is trained on once the investment is made, repeats included.", low=1, high=1e18, counted=True)
_add("unique_supply", "U_max", "tokens", "Unique tokens to be had", "All different tokens that can be had of the kind wanted, those at hand included.", low=1, high=1e18, counted=True)
_add("epochs", "n", "epochs", "Epochs", "How often the corpus is passed through; 1 means every token once.", low=0, high=1e6, low_open=True)
_add("r_star", "R*", "repeats", "Decay of repeated data", "Constant of Muennighoff et al. 2023: repeating the corpus for ever is worth 1 + R* times fresh data once.", low=1e-3, high=1e6)
_share("token_value", "v", "Value of a repeated token", "What one more repeated token is worth against a fresh one, at the margin.", zero=False)
_add("skill_multiple", "k", "×", "Multiple of skills", "How many times as many skills as today the model should have.", low=0, high=1e9, low_open=True)
_add("corpus_multiple", "D2/D1", "×", "Multiple of the corpus", "How many times as large the corpus becomes.", low=0, high=1e30, low_open=True)
_add("params_multiple", "N2/N1", "×", "Multiple of parameters", "How many times as many parameters the model needs.", low=0, high=1e30, low_open=True)
_share("params_share", "s_N", "Share of parameters kept", "Share of a model's parameters that pruning or distillation leaves.", zero=False)
_add("gamma", "γ", "exponent", "Corpus exponent", "Kausik 2024: parameters grow as corpus^γ; 0.44 in version 3, 0.58 in version 1, 0.44 to 0.72 from version 4.", low=0, high=1, low_open=True)
_add("unique_sequences", "U_seq", "sequences", "Unique sequences", "Your own estimate of the different sequences in the corpus. It never feeds a recommendation.", low=1, high=1e20, counted=True)
_flag("may_emerge", "N<U", "Surprise possible", "TRUE if the model has fewer parameters than the corpus has unique sequences: scaling up may still uncover new skills.")
_add("loss", "L", "nats/token", "Loss", "Pre-training loss: cross-entropy per token, in nats. Lower is better.", low=0, high=1e3, low_open=True)
_add("losses", "L_i", "nats/token", "Losses of the runs", "Final loss of each run, in nats per token; one row or one column.", kind="series", low=0, high=1e3, low_open=True)
_add("objective", "Σρ", "sum", "Objective of the fit", "Sum of the Huber losses of the log residuals, at the best fit.", low=0, high=1e12)
_add("granularity", "G", "×", "Granularity of experts", "How many times smaller than a dense feed-forward network one expert is.", low=1, high=1e4)
_add("ratio", "ρ", "×", "Parameters saved by retrieval", "How many times fewer parameters a model with retrieval needs; RETRO's abstract claims 25.", low=1, high=1e4)
_add("learning_rate", "η", "rate", "Learning rate", "Peak step size of the optimizer.", low=0, high=10, low_open=True)
_add("tokens_per_param", "D/N", "tokens/parameter", "Tokens per parameter", "Training tokens for each parameter of the model.", low=0, high=1e12, low_open=True)
_add("bytes_per_token", "B/tok", "bytes/token", "Bytes per token", "UTF-8 bytes of text that make one token; LLaMA: 4.6 TB for 1.4T tokens.", low=0, high=1e3, low_open=True)
_add("chars", "ch", "characters", "Characters", "Unicode characters of text, spaces included.", low=0, high=1e18, counted=True)
_add("chars_per_token", "ch/tok", "characters/token", "Characters per token", "Unicode characters that make one token; about 4 in English, 1 to 2 in Japanese.", low=0, high=1e3, low_open=True)
_add("gb", "GB", "GB", "Size", "Gigabytes of 10^9 bytes.", low=0, high=1e12)

# -- scaling law ------------------------------------------------------------------------------------------------------
_add("E", "E", "nats/token", "Law: irreducible loss", "Loss that no model and no data can remove.", low=0, high=100)
_add("A", "A", "coefficient", "Law: A, size", "Coefficient of the parameter term A/N^α.", low=0, high=1e12, low_open=True)
_add("B", "B", "coefficient", "Law: B, data", "Coefficient of the data term B/D^β.", low=0, high=1e12, low_open=True)
_add("alpha", "α", "exponent", "Law: α, size", "Exponent of the parameter term A/N^α.", low=0, high=5, low_open=True)
_add("beta", "β", "exponent", "Law: β, data", "Exponent of the data term B/D^β.", low=0, high=5, low_open=True)
_add("size_balance", "G", "coefficient", "Law: G, balance", "How the law divides compute between size and data: Hoffmann et al. 2022 equation 4.", low=0, high=1e30, low_open=True)

# -- architecture -----------------------------------------------------------------------------------------------------
_whole("layers", "l", "layers", "Layers", "Transformer blocks, one after another.", high=1e5)
_whole("d_model", "h", "units", "Model width", "Width of the residual stream (hidden size).", high=1e6)
_whole("d_ff", "f", "units", "Feed-forward width", "Inner width of one feed-forward network (of one expert).", high=1e7)
_whole("heads", "a", "heads", "Attention heads", "Query heads of each layer.", high=1e5)
_whole("kv_heads", "g", "heads", "Key-value heads", "Key and value heads of each layer; fewer than heads for grouped or multi-query attention.", high=1e5)
_whole("vocab", "V", "tokens", "Vocabulary", "Entries of the tokenizer's vocabulary.", high=1e8)
_flag("gated", "SwiGLU", "Gated feed-forward", "TRUE for SwiGLU-like feed-forward networks with three matrices; FALSE for two.")
_flag("tied", "tied", "Tied embeddings", "TRUE if input and output embeddings are the same matrix.")
_add("head_dim", "d_h", "units", "Head width", "Width of one attention head; d_model/heads unless the model says otherwise.", low=1, high=1e6)
_whole("experts", "E_n", "experts", "Experts", "Feed-forward experts in each layer; 1 is a dense model.", high=1e5)
_whole("top_k", "k_e", "experts", "Experts per token", "Experts that each token is routed to.", high=1e5)
_whole("positions", "s_max", "positions", "Learned positions", "Entries of a learned position table; above 0 the model also has LayerNorm and biases, as GPT-2/3. 0 for rotary or none.", low=0, high=1e9)
_whole("kv_latent", "c_kv", "values", "Latent cache width", "Values cached per token and layer by latent attention (MLA: 576 in DeepSeek-V3); 0 for ordinary attention.", low=0, high=1e6)
_whole("seq_len", "s", "tokens", "Sequence length", "Tokens in one training or serving sequence.", high=1e9)
_flag("causal", "causal", "Causal attention", "TRUE if a token attends to itself and earlier tokens only, which halves the attention work.")
_text("method", "method", "Fine-tuning method", "What is trained: full (every weight), lora (low-rank adapters) or frozen (a new head only).", ("full", "lora", "frozen"))
_whole("rank", "r", "units", "Adapter rank", "Inner width of a low-rank adapter (LoRA).", high=1e5)
_whole("matrices", "n_m", "matrices", "Adapted matrices", "Matrices of each layer that get an adapter; LoRA adapts two, queries and values.", high=100)
_add("adapter_params", "N_r", "parameters", "Adapter parameters", "Trainable parameters of the adapters.", low=0, high=1e16, counted=True)

# -- compute ----------------------------------------------------------------------------------------------------------
_add("flops", "C", "FLOP", "Compute", "Floating-point operations in total, not per second.", low=1, high=1e40, counted=True)
_add("preference_multiple", "x_p", "×", "Preference tuning over SFT", "Compute of preference tuning (RLHF) over that of the supervised fine-tuning (SFT) before it; 12.2 for InstructGPT 175B.", low=0, high=1e6, low_open=True)
_add("peak_flops", "P", "FLOP/s", "Peak, dense BF16", "Dense BF16/FP16 peak of one accelerator in FLOP/s: 312 TFLOP/s is 312e12. Sparse peaks are twice too high.", low=1e9, high=1e18)
_share("mfu", "MFU", "Model FLOPs utilisation", "Model FLOP per second over the dense peak, measured while training advances.", zero=False)
_share("goodput", "g_p", "Goodput", "Share of the paid wall clock in which training advances; the rest is restarts, failures and waiting.", zero=False)
_add("gpu_hours", "h", "GPU-hours", "GPU-hours", "Accelerators times hours.", low=0, high=1e15, low_open=True)
_add("days", "d", "days", "Days", "Calendar days of 24 hours.", low=0, high=1e6, low_open=True)
_whole("gpus", "G", "GPUs", "GPUs", "Accelerators used at the same time; whole ones.")

# -- memory and parallelism -------------------------------------------------------------------------------------------
_add("gpu_gb", "M", "GB", "Memory per GPU", "Memory of one accelerator as sold, taken as 10^9 bytes a GB; a card sold as 80 GB mostly holds 80 GiB, 7% on the safe side.", low=0, high=1e6, low_open=True)
_share("headroom", "r", "Memory left free", "Share of device memory kept free for fragmentation and the runtime.", one=False)
_add("weight_bits", "b_w", "bits", "Bits per weight", "16 for BF16, 8 or 4 when quantised; 4.5 counts the scales of a 4-bit block format.", low=1, high=64)
_add("weight_bytes", "B_w", "bytes", "Bytes per weight, training", "Bytes of the training copy of a weight: 2 for BF16.", low=0, high=64)
_add("grad_bytes", "B_g", "bytes", "Bytes per gradient", "2 for BF16 gradients, 4 when they are kept in FP32.", low=0, high=64)
_add("optimizer_bytes", "B_o", "bytes", "Optimizer bytes per weight", "12 for Adam in mixed precision: FP32 weight, momentum and variance.", low=0, high=64)
_whole("zero_stage", "ZeRO", "stage", "ZeRO stage", "What data parallelism shards: 0 nothing, 1 optimizer, 2 also gradients, 3 also weights.", low=0, high=3)
_whole("dp", "dp", "copies", "Data parallel", "Copies of the model that train on different data.")
_whole("tp", "tp", "GPUs", "Tensor parallel", "GPUs that share every matrix of a layer; stay inside one machine.")
_whole("pp", "pp", "stages", "Pipeline parallel", "Groups of layers on different GPUs.")
_whole("ep", "ep", "GPUs", "Expert parallel", "GPUs over which the experts of a layer are spread.")
_whole("micro_batch", "b", "sequences", "Micro-batch", "Sequences one model copy processes at a time.")
_text("recompute", "recompute", "Recomputation", "Activations computed again in the backward pass: none, selective (attention only) or full.", ("none", "selective", "full"))
_flag("sequence_parallel", "SP", "Sequence parallel", "TRUE if norms and dropout are split along the sequence over the tensor-parallel GPUs.")
_add("part_params", "N_p", "parameters", "Parameters of a part", "Parameters of one part of a model, or of what one GPU holds; 0 if there is no such part.", low=0, high=1e16)
_add("activation_bytes", "c", "bytes/value", "Activation bytes per value", "Bytes of activations kept in a layer for every value of its residual stream.", low=0, high=1e9)
_add("activation_gb", "M_act", "GB", "Activations", "Memory for activations on one GPU, in GB.", low=0, high=1e12)
_add("kv_bits", "b_kv", "bits", "Bits per cached value", "16 for BF16, 8 or 4 when the key-value cache is quantised.", low=1, high=64)
_add("kv_gb", "M_kv", "GB", "Key-value cache", "Memory for keys and values of all sequences being served, in GB.", low=0, high=1e12)
_add("kv_gb_per_sequence", "M_seq", "GB", "Key-value cache per sequence", "Memory for keys and values of one sequence at its full length, in GB.", low=0, high=1e9, low_open=True)
_add("kv_gb_per_token", "M_tok", "GB/token", "Key-value cache per token", "Memory for keys and values of one token, in GB: 131,072 bytes in Llama 3 8B is 0.000131072.", low=0, high=1e3)
_add("runtime_overhead", "o_r", "share", "Runtime overhead", "Memory of the serving program on top of weights and cache, as a share of them.", low=0, high=10)
_whole("batch", "b_s", "sequences", "Batch", "Sequences served at the same time by one replica.")
_whole("max_batch", "b_max", "sequences", "Largest batch", "Sequences whose cache fits beside the weights; 0 if none does.", low=0)
_flag("fits", "fits", "Fits", "TRUE if the memory of every GPU is enough.")
_text("reason", "why", "Reason", "Why this is the answer, in one line.")

# -- serving ----------------------------------------------------------------------------------------------------------
_add("prompt_tokens", "s_in", "tokens", "Prompt tokens", "Tokens that one request brings in.", low=0, high=1e9, counted=True)
_add("output_tokens", "s_out", "tokens", "Output tokens", "Tokens the model writes: for one request where speed is computed, for all where cost is.", low=0, high=1e12, counted=True)
_add("input_tokens", "T_in", "tokens", "Input tokens", "Tokens sent to the model.", low=0, high=1e20, counted=True)
_add("context_tokens", "s_ctx", "tokens", "Context tokens", "Tokens each sequence has in its cache while the next one is generated.", low=0, high=1e9, counted=True)
_add("replica_peak_flops", "P_r", "FLOP/s", "Peak of a replica", "Dense peak of all GPUs together that hold one copy of the model.", low=1e9, high=1e21)
_add("replica_bandwidth_gbs", "BW_r", "GB/s", "Bandwidth of a replica", "Memory bandwidth of all GPUs together that hold one copy of the model.", low=0, high=1e9, low_open=True)
_share("compute_efficiency", "e_c", "Compute efficiency", "Share of the peak that reading prompts reaches; 0.35 fits NVIDIA's measured points.", zero=False)
_share("memory_efficiency", "e_m", "Memory efficiency", "Share of the bandwidth that generating tokens reaches; 0.875 fits NVIDIA's measured points.", zero=False)
_add("seconds", "t_s", "s", "Seconds", "Time in seconds.", low=0, high=1e12)
_add("tokens_per_s", "tok/s", "tokens/s", "Throughput", "Tokens per second of all GPUs that are paid for together.", low=0, high=1e12, low_open=True)
_add("speedup", "x_v", "×", "Speed-up", "How many times as many tokens a second as before; below 1 it became slower.", low=0, high=1e6, low_open=True)
_add("requests_per_s", "req/s", "requests/s", "Requests per second", "Requests one replica finishes in a second.", low=0, high=1e9)
_add("peak_requests_per_s", "req_p", "requests/s", "Peak load", "Requests per second in the busiest minutes.", low=0, high=1e9, low_open=True)
_add("requests_per_day", "req/d", "requests/day", "Requests per day", "Requests that arrive on an average day.", low=1, high=1e12, counted=True)
_add("peak_factor", "f_p", "×", "Peak over average load", "Requests per second in the busiest minutes over the average of the day; 1 if they come evenly.", low=1, high=1e5)
_add("tokens_per_request", "s_req", "tokens", "Tokens per request", "Tokens of one request: read, written, or both, as they are to be counted.", low=0, high=1e9, counted=True)
_add("requests_per_s_replica", "req_r", "requests/s", "Capacity of one replica", "Requests per second that one replica can finish.", low=0, high=1e9, low_open=True)
_whole("gpus_per_replica", "G_r", "GPUs", "GPUs per replica", "GPUs that hold one copy of the model together.", high=1e5)
_share("target_load", "l_t", "Target load", "Share of their capacity that replicas run at in the busiest minutes; the rest absorbs bursts.", zero=False)
_share("utilization", "u_t", "Utilization", "Share of the paid hours in which the hardware does useful work.", zero=False)
_add("full_use_multiple", "u*", "×", "Break-even utilization", "Multiple of full use; above 1 even full use costs more than the API.", low=0, high=1e12)

# -- energy -----------------------------------------------------------------------------------------------------------
_add("gpu_watts", "W", "W", "Power per GPU", "Electric power of one accelerator; its thermal design power if nothing was measured.", low=0, high=1e5, low_open=True)
_add("pue", "PUE", "×", "Power usage effectiveness", "Energy of the whole data centre over energy of its IT equipment; 1.1 is good.", low=1, high=5)
_add("kwh", "kWh", "kWh", "Electricity", "Electric energy, with the overhead of the data centre.", low=0, high=1e15)
_add("grams_per_kwh", "g/kWh", "g/kWh", "Grid carbon intensity", "Grams of CO2e per kWh where the electricity is used.", low=0, high=2e3)
_share("renewable_share", "s_re", "Renewable share", "Share of the electricity that contracts or certificates of renewable power cover.")
_add("kg", "kg", "kg CO2e", "Carbon", "Greenhouse gases as kilograms of CO2 equivalent.", low=0, high=1e15)
_add("kg_per_gpu", "kg_e", "kg CO2e", "Embodied carbon of a GPU", "Greenhouse gases of making one accelerator with its share of the server. Published figures differ tenfold.", low=0, high=1e6)
_add("life_hours", "h_l", "hours", "Service life", "Hours over which the making of the hardware is spread; 35,040 are four years.", low=0, high=1e6, low_open=True)
_add("it_kwh", "kWh_IT", "kWh", "Electricity of the IT equipment", "Electric energy without the overhead of the data centre.", low=0, high=1e15)
_add("litres_per_kwh", "l/kWh", "l/kWh", "Water per kWh", "Litres of water per kWh of IT energy (WUE).", low=0, high=1e3)
_add("litres", "l", "l", "Water", "Litres of water.", low=0, high=1e18)
_add("items_kg", "Σ", "kg CO2e", "Amounts of carbon", "Greenhouse gases to add up, in kilograms of CO2 equivalent.", kind="series", low=0, high=1e15)
_add("alternative_kg", "kg_alt", "kg CO2e", "Carbon of the alternative", "Greenhouse gases of the same work in another place or way, in kilograms of CO2 equivalent.", low=0, high=1e15)
_add("avoided_kg", "Δkg", "kg CO2e", "Carbon avoided", "Greenhouse gases that the alternative avoids; negative if it emits more.", low=-1e15, high=1e15)

# -- money ------------------------------------------------------------------------------------------------------------
_money("usd", "Amount", "An amount of money in any one currency.", low=-1e18)
_money("alternative_usd", "Cost of the alternative", "What the same work costs in another place or way.", low=-1e18)
_money("gpu_hour_usd", "Price per GPU-hour", "What one accelerator costs for one hour, rented or owned.", "USD/h", "p_h")
_money("usd_kwh", "Electricity price", "What one kWh costs.", "USD/kWh", "p_e")
_add("usd_per_flop", "k", "USD/FLOP", "Price of a training FLOP", "What one floating-point operation of training costs at the achieved MFU; above 0.", low=0, high=1e18, low_open=True)
_money("serve_usd_per_flop", "Price of a serving FLOP", "What one floating-point operation of serving costs; the training price unless given.", "USD/FLOP", "k_s")
_money("data_usd_mtok", "Data price", "What one million usable new training tokens cost, or at break-even may cost: licence, cleaning and storage.", "USD/Mtok", "p_D", low=-1e18)
_money("usd_mtok", "Price per million tokens", "What one million tokens cost.", "USD/Mtok", "p_M")
_money("input_usd_mtok", "Input price", "What one million input tokens cost.", "USD/Mtok", "p_i")
_money("output_usd_mtok", "Output price", "What one million output tokens cost.", "USD/Mtok", "p_o")
_money("cached_usd_mtok", "Cached input price", "What one million input tokens cost that the provider has cached; the input price unless given.", "USD/Mtok", "p_c")
_money("input_usd_mtok_a", "Input price, A", "What one million input tokens of model A cost.", "USD/Mtok", "p_iA")
_money("output_usd_mtok_a", "Output price, A", "What one million output tokens of model A cost.", "USD/Mtok", "p_oA")
_money("input_usd_mtok_b", "Input price, B", "What one million input tokens of model B cost.", "USD/Mtok", "p_iB")
_money("output_usd_mtok_b", "Output price, B", "What one million output tokens of model B cost.", "USD/Mtok", "p_oB")
_share("cached_share", "s_c", "Share of cached input", "Share of the input tokens that the provider bills at the cached price.")
_share("output_share", "s_o", "Share of output", "Share of output tokens in all tokens; 0.5 means as many out as in.")
_add("price_ratio", "A/B", "×", "Price ratio", "Blended price of A over that of B.", low=0, high=1e12)
_money("api_usd_mtok", "API price", "What one million tokens cost through the API, counted the same way as the own cost.", "USD/Mtok", "p_API")
_money("variable_usd_mtok", "Own variable cost", "What each further million tokens costs on own hardware.", "USD/Mtok", "p_v")
_money("fixed_usd", "Fixed cost", "What the own solution costs in a period however much it is used.")
_money("usd_per_task", "Cost per attempt", "What one attempt at a task costs.", "USD/task")
_add("quality", "Q", "points", "Quality", "Points that a model reaches in your own test, out of 100; above 0.", low=0, high=100, low_open=True)
_add("quality_8bit", "Q_8", "points", "Quality at 8 bits", "Points that the model reaches in your own test with its weights in 8 bits.", low=0, high=100, low_open=True)
_add("quality_4bit", "Q_4", "points", "Quality at 4 bits", "Points that the model reaches in your own test with its weights in 4 bits.", low=0, high=100, low_open=True)
_add("target_per_day", "req*", "requests/day", "Requests per day to reach", "Volume at which something changes: a break-even, a capacity.", low=0, high=1e12, counted=True)
_money("own_fixed_usd", "Own fixed cost", "What the own option costs however many requests come, over the period compared.")
_money("own_variable_usd", "Own variable cost, all requests", "What the requests of today's volume cost on top with the own option, failed ones included, over the period compared.")
_money("api_fixed_usd", "API, fixed cost", "What using the API costs however many requests come, over the period compared.")
_money("api_variable_usd", "API, variable cost", "What the requests of today's volume cost on top through the API, failed ones included, over the period compared.")
_money("usd_per_point", "Price of a point", "What one point of quality costs for one task.", "USD/point", "p_Q")
_share("success_rate", "q", "Success rate", "Share of attempts that solve the task.", zero=False)
_money("fallback_usd", "Cost of a failure", "What one failed attempt costs: a person who does it instead, a complaint.", "USD/task")
_money("usd_per_tonne", "Carbon price", "What emitting one tonne of CO2 equivalent costs.", "USD/t")
_money("abatement_usd_tonne", "Cost of a tonne avoided", "Carbon price from which the alternative pays; negative if it is cheaper even if carbon costs nothing.", "USD/t", low=-1e18)
_add("items", "n_i", "items", "Items", "Pieces of data: labels, demonstrations, comparisons, documents.", low=0, high=1e15, counted=True)
_add("minutes_per_item", "min", "minutes", "Minutes per item", "Working time that one item takes one person.", low=0, high=1e5, low_open=True)
_money("usd_per_hour", "Hourly cost of a person", "What one hour of a person costs, employer's contributions included.", "USD/h")
_money("usd_per_item", "Price per item", "What one label, demonstration or comparison costs.", "USD/item")
_add("redundancy", "k_r", "×", "Redundancy", "How many people label each item.", low=1, high=100)
_add("qa_share", "s_qa", "share", "Checking time", "Time spent checking over time spent labelling.", low=0, high=10)
_money("budget_usd", "Budget", "Money that may be spent.")
_add("tokens_per_item", "tok_i", "tokens", "Tokens per item", "Tokens that generating one item uses.", low=0, high=1e9, counted=True)
_share("accept_rate", "a", "Acceptance rate", "Share of the generated items that are good enough to keep.", zero=False)
_flag("trainable", "ok_D", "Training on the answers allowed", "TRUE if the terms of the API allow training a model on its answers; many forbid it for models that compete.")
_text("area", "area", "Area of work", "Part of the team, as the GPT-4 technical report divides its credits.")
_add("loss_before", "L_0", "nats/token", "Loss before", "Loss without the investment.", low=0, high=1e3, low_open=True)
_add("loss_after", "L_1", "nats/token", "Loss after", "Loss with the investment.", low=0, high=1e3, low_open=True)
_money("usd_per_percent", "Value of a percent", "What cutting the reducible loss by one percent is worth to you; nobody can say it for you.", "USD/%")
_add("tasks", "n_t", "tasks", "Tasks", "Tasks done in the period.", low=0, high=1e15, counted=True)
_add("minutes_saved", "min_s", "minutes", "Minutes saved", "Working time that one task takes less.", low=0, high=1e5)
_share("adoption", "s_a", "Adoption", "Share of the tasks in which people really use it.")
_share("cash_share", "s_cash", "Share that becomes cash", "Part of the time saved that turns into money by a stated mechanism; saved minutes are no cash by themselves.")
_money("acquire_usd", "Data: licence and collection", "What buying, licensing or collecting the raw corpus costs.")
_money("clean_usd", "Data: cleaning", "What filtering, deduplication and review of the corpus cost.")
_money("store_usd", "Data: storage", "What storing and moving the corpus costs.")
_share("kept_share", "s_k", "Share of tokens kept", "Share of the raw tokens that survive filtering and deduplication.", zero=False)
_add("experiment_multiple", "x", "×", "All runs over the final run", "Compute of all runs, failed and small ones included, divided by the final run's; 1 if there is only one.", low=1, high=1e3)
_money("other_usd", "Other cost", "Cost that no other row holds.")
_add("fte", "FTE", "people", "Team", "People in full-time equivalents.", low=0, high=1e6)
_share("area_share", "s_fte", "Share of an area", "Share of the team's people who work in one area.")
_add("data_fte", "FTE_d", "people", "Team, data", "People in full-time equivalents who work on data.", low=0, high=1e6)
_add("pretrain_fte", "FTE_p", "people", "Team, pre-training", "People in full-time equivalents who work on pre-training.", low=0, high=1e6)
_add("tune_fte", "FTE_t", "people", "Team, tuning", "People in full-time equivalents who work on fine-tuning and preferences.", low=0, high=1e6)
_money("usd_per_fte_year", "Salary per person-year", "Yearly pay of one full-time person before on-cost.", "USD/person-year")
_add("months", "m", "months", "Months", "How long the team works on it.", low=0, high=1200)
_add("on_cost", "o", "share", "On-cost", "Employer's contributions, office and tools, as a share of pay; may exceed 1.", low=0, high=10)
_add("marginal_ratio", "R", "×", "R, data over model", "Loss cut by one more dollar of data over one more dollar of model. Above 1 favours data.", low=0, high=1e30)
_share("band", "δ", "Balanced band", "δ: one side is called better only if R is above 1 + δ or below 1/(1 + δ).")
_add("loss_per_usd", "m", "nats/USD", "Loss cut per dollar", "How much one more dollar lowers the loss.", low=0, high=1e30)
_add("model_loss", "L_N", "nats/token", "Loss, bigger model", "Loss if the money makes the model bigger.", low=0, high=1e3, low_open=True)
_add("data_loss", "L_D", "nats/token", "Loss, new data", "Loss if the money buys new tokens.", low=0, high=1e3, low_open=True)
_add("passes_loss", "L_n", "nats/token", "Loss, more passes", "Loss if the money pays for more passes over the data at hand.", low=0, high=1e3, low_open=True)
_text("best_use", "→", "Best use of the money", "Which use of the same money reaches the least loss: a bigger model, new data, or more passes over the data at hand.", ("model", "data", "passes"))
_text("second_use", "→₂", "Best use by the second law", "Which use of the same money reaches the least loss by another law.", ("model", "data", "passes"))
_flag("laws_agree", "=", "Laws agree", "TRUE if both laws give the money the same use.")
_flag("loss_valued", "$/%", "Loss valued in money", "TRUE if a percent of reducible loss has been given a value in money.")
_text("advice", "→", "Next dollar", "Where the next dollar cuts the loss most: data, model, or balanced.", ("data", "model", "balanced"))
_money("train_option_usd", "Option: train", "What training a model of one's own costs in all, over the period compared.")
_money("tune_option_usd", "Option: tune", "What tuning an open model costs in all, over the period compared.")
_money("api_option_usd", "Option: API", "What using a model through an API costs in all, over the period compared.")
_money("small_option_usd", "Option: small model", "What running a small model on one's own machines costs in all, over the period compared.")
_money("compared_usd", "Cost compared with", "What the other choice costs, over the same period.")
_add("quality_needed", "Q_0", "points", "Quality needed", "Points in your own test from which a model is good enough, out of 100.", low=0, high=100)
_flag("permitted", "ok_r", "Permitted", "TRUE if law, contracts and your own rules permit it.")
_flag("allowed", "ok", "Passes the gate", "TRUE if an option is permitted and good enough.")
_flag("train_allowed", "ok_1", "Gate: train", "TRUE if training a model of one's own is good enough and allowed: quality, law, time, risk.")
_flag("tune_allowed", "ok_2", "Gate: tune", "TRUE if tuning an open model is good enough and allowed: quality, law, time, risk.")
_flag("api_allowed", "ok_3", "Gate: API", "TRUE if using an API is good enough and allowed: quality, law, time, risk.")
_flag("small_allowed", "ok_4", "Gate: small model", "TRUE if a small model is good enough and allowed: quality, law, time, risk.")
_text("option", "→", "Cheapest option", "The cheapest option that passes the gate: train, tune, api or small; none if all fail.", ("train", "tune", "api", "small", "none"))

# -- finance ----------------------------------------------------------------------------------------------------------
_money("benefit_usd", "Benefit", "What the investment brings in or saves, as cash.", low=-1e18)
_add("cost_usd", "c", "USD", "Cost", "What the investment costs; above 0.", low=0, high=1e18, low_open=True)
_add("roi", "ROI", "share", "Return on investment", "Benefit minus cost, over cost.", low=-1e18, high=1e18)
_add("rate", "r", "share", "Discount rate", "Yearly cost of capital (WACC) used to discount later money.", low=-1, high=10, low_open=True)
_add("flows", "CF", "USD", "Cash flows", "Amounts by year, none blank; the first is year 0, which is not discounted.", kind="series", low=-1e18, high=1e18)
_add("irr", "IRR", "share", "Internal rate of return", "Discount rate at which the net present value is 0.", low=-1, high=1e6, low_open=True)
_add("profitability_index", "PI", "×", "Profitability index", "1 plus net present value over the investment; above 1 it pays.", low=-1e18, high=1e18)
_add("capital_recovery", "CRF", "share", "Capital recovery factor", "Yearly payment that repays one unit of capital with interest.", low=0, high=1e6)
_money("capex_usd", "Purchase price", "What buying costs: of one GPU with its share of server and network, or of all.")
_add("kw", "kW", "kW", "Power draw", "Kilowatts drawn while in use: one GPU with its share of the server.", low=0, high=1e6)
_add("opex_share", "s_op", "share", "Upkeep", "Yearly upkeep as a share of the purchase price: hosting, people, repair.", low=0, high=10)
_share("residual_share", "s_res", "Residual value", "Share of the purchase price that selling brings at the end.")
_money("opex_usd_month", "Running cost per month", "What running the bought hardware costs in a month.", "USD/month")
_money("rent_usd_month", "Rent per month", "What renting the same capacity costs in a month.", "USD/month")
_add("price", "p_0", "any", "Price", "A price of anything, in any unit.", low=0, high=1e18)
_add("yearly_decline", "δ_p", "share", "Yearly price decline", "Share by which the price falls in a year; negative if it rises.", low=-10, high=1, high_open=True)
_share("probability", "P_e", "Probability", "How likely the event is in the period.")
_money("impact_usd", "Impact", "What the event would cost.")
_share("mitigation", "m_r", "Mitigation", "Share of the expected loss that a measure takes away.")
_money("npv", "Net present value", "Value today of all cash flows.", symbol="NPV", low=-1e18)
_add("items_usd", "Σ", "USD", "Amounts", "Amounts of money to add up, all in one currency.", kind="series", low=-1e18, high=1e18)
_money("planned_usd", "Planned cost", "What all planned items cost together.")
_share("contingency", "c", "Contingency", "Share of the planned cost set aside for what nobody foresees.")
_money("invest_usd", "Investment", "What is spent before the first benefit.")
_money("yearly_benefit_usd", "Benefit per year", "Cash that the investment brings in or saves in its first year, net of running cost unless that has a row of its own.", "USD/year", low=-1e18)
_add("yearly_growth", "g", "share", "Yearly growth", "How much the benefit grows from one year to the next; negative if it shrinks.", low=-1, high=10, low_open=True)
_money("yearly_cost_usd", "Cost per year", "What running it costs in its first year.", "USD/year")
_money("compute_usd", "Compute per year", "What the accelerators of the running service cost in its first year.", "USD/year")
_money("failed_usd", "Failed tasks per year", "What the failed tasks of the first year cost.", "USD/year")
_add("volume_growth", "g_v", "share", "Yearly growth of volume", "How much more compute is used from one year to the next; negative if less.", low=-1, high=10, low_open=True)
_add("cost_growth", "g_c", "share", "Yearly growth of cost", "How much the cost grows from one year to the next; negative if it shrinks.", low=-1, high=10, low_open=True)
_whole("year_index", "t", "years", "Years since investment", "0 is the year of the investment.", low=0, high=100)
_add("estimate", "x", "any", "Estimate", "A figure computed here.", low=-1e40, high=1e40)
_add("reference", "x0", "any", "Reference", "The published figure that the estimate is compared with, in the same unit.", low=0, high=1e40, low_open=True)
_add("deviation", "Δ", "share", "Deviation", "Estimate over reference, minus 1.", low=-1e18, high=1e18)
_add("years", "y", "years", "Years", "A number of years.", low=0, high=1e3)

# -- risk -------------------------------------------------------------------------------------------------------------
_share("u", "u", "Probability level", "Where in the distribution: 0 the lowest value, 0.5 the median, 1 the highest.")
_add("low", "x_lo", "any", "Lowest value", "Value that nothing falls below.", low=-1e30, high=1e30)
_add("mode", "x_mo", "any", "Most likely value", "Value with the highest probability, between the lowest and the highest.", low=-1e30, high=1e30)
_add("high", "x_hi", "any", "Highest value", "Value that nothing exceeds.", low=-1e30, high=1e30)
_add("draw", "x", "any", "Value at this probability", "A value of the distribution, in the unit of its lowest and highest value.", low=-1e30, high=1e30)
_add("draws", "x_i", "any", "Draws", "Results of all drawn scenarios, none blank; one row or one column.", kind="series", low=-1e40, high=1e40)
_add("p10", "P10", "any", "10th percentile", "One result in ten is lower.", low=-1e40, high=1e40)
_add("p50", "P50", "any", "Median", "Half of the results are lower.", low=-1e40, high=1e40)
_add("p90", "P90", "any", "90th percentile", "One result in ten is higher.", low=-1e40, high=1e40)
_add("mean", "x̄", "any", "Mean", "Average of the results.", low=-1e40, high=1e40)
_share("share_negative", "P(<0)", "Share below 0", "Share of the results that are negative.")
_text("labels", "name", "Names of the inputs", "What was varied, one name for each result; one row or one column.")
_add("lows", "y_lo", "any", "Results, low", "Result with each input at its low value, in the order of the names.", kind="series", low=-1e40, high=1e40)
_add("highs", "y_hi", "any", "Results, high", "Result with each input at its high value, in the order of the names.", kind="series", low=-1e40, high=1e40)

# -- catalogue --------------------------------------------------------------------------------------------------------
_text("key", "key", "Key", "Name of an entry of the catalogue, in quotes: \"H100 SXM5 80GB\". Case and spaces do not matter.")
_text("field", "field", "Field", "Which fact of the entry, for example \"peak_flops\".")
_add("as_of", "as of", "date", "As of", "Date in ISO form, \"2024-12-31\", or as a spreadsheet's date: facts dated later do not count. Omitted, the newest counts.", kind="date")
_text("function", "fn", "Function", "Name of a function, in quotes, with or without LLM_.")
_text("text", "text", "Text", "A text.")
_add("number", "#", "any", "Number", "The number a text means: 70B, 175億, 40%.", low=-1e40, high=1e40)
_text("kind", "kind", "Catalogue", "Which catalogue: gpu, model, run, law, ability, grid, format, tokenizer, api_price, gpu_price or team.")
_text("fact", "fact", "Fact", "A value of the catalogue, with source and date.")
_text("vendor", "vendor", "Vendor", "Who makes the accelerator.")
_text("org", "org", "Organisation", "Who trained the model.")
_text("hardware", "hardware", "Hardware", "Accelerator of a run or of a price.")
_text("model", "model", "Model", "Model that was trained, or in which a skill was seen.")
_whole("year", "year", "year", "Year", "Calendar year of a release, or that a yearly figure is for.", low=1950, high=2100)
_add("memory_gb", "M", "GB", "Memory", "Memory of the accelerator as sold, in GB of 10^9 bytes.", low=0, high=1e6, low_open=True)
_add("bandwidth_gbs", "BW", "GB/s", "Memory bandwidth", "Bytes the accelerator reads from its memory in a second, in GB/s.", low=0, high=1e7, low_open=True)
_add("peak_flops_fp8", "P8", "FLOP/s", "Peak, dense FP8", "Dense FP8 peak of one accelerator.", low=1e9, high=1e19)
_add("peak_ops_int8", "P_i8", "op/s", "Peak, dense INT8", "Dense INT8 peak of one accelerator in operations per second.", low=1e9, high=1e19)
_add("watts", "W", "W", "Power", "Electric power of a device: thermal design power of an accelerator, or what a whole computer draws.", low=0, high=1e5, low_open=True)
_add("active_params", "N_a", "parameters", "Active parameters", "Parameters that work on one token; all of them in a dense model.", low=1, high=1e16, counted=True)
_add("carbon_kg", "kg", "kg CO2e", "Carbon, published", "Greenhouse gases of the run as published, in kilograms of CO2 equivalent.", low=0, high=1e15)
_add("tokens_per_s_per_gpu", "tok/s", "tokens/s", "Training speed per GPU", "Training tokens one accelerator processes in a second.", low=0, high=1e9, low_open=True)
_text("provider", "provider", "Provider", "Who sells the model's tokens or rents out the accelerator.")
_text("fitted_range", "range", "Fitted range", "Sizes and tokens of the runs the law was fitted to; outside of them it extrapolates.")
_add("fitted_params_low", "N_min", "parameters", "Fitted from, parameters", "Smallest model the law was fitted to.", low=1, high=1e16, counted=True)
_add("fitted_params_high", "N_max", "parameters", "Fitted to, parameters", "Largest model the law was fitted to; beyond it the law extrapolates.", low=1, high=1e16, counted=True)
_add("fitted_tokens_low", "D_min", "tokens", "Fitted from, tokens", "Fewest training tokens the law was fitted to.", low=1, high=1e18, counted=True)
_add("fitted_tokens_high", "D_max", "tokens", "Fitted to, tokens", "Most training tokens the law was fitted to; beyond them the law extrapolates.", low=1, high=1e18, counted=True)
_text("availability", "open", "Availability", "How one gets at the model: its weights may be had, it answers through an API only, or neither.", ("closed", "api", "open weights"))
_text("license", "licence", "Licence", "Licence of the weights, or whose terms of service apply.")
_text("commercial_use", "biz", "Commercial use", "Whether the licence allows commercial use: yes, no, or on conditions that the note of the fact names.", ("yes", "no", "on conditions"))
_text("languages", "lang", "Languages", "Languages its makers state, as ISO 639-1 codes.")
_text("region", "region", "Region", "Country, state, cloud region or site, in quotes: \"Japan\". Case and spaces do not matter.")
_add("adjusted_grams_per_kwh", "g/kWh adj.", "g/kWh", "Adjusted emission factor", "Market-based factor of an electricity supplier after certificates and offsets (in Japan 調整後排出係数), in g/kWh.", low=0, high=2e3)
_money("jpy_kwh", "Electricity price, yen", "What one kWh costs in Japanese yen.", "JPY/kWh", "¥_e")
_add("bits_per_weight", "bpw", "bits", "Bits per weight, stored", "Bits that one weight takes in a storage format, the scales of its blocks included.", low=1, high=64)
_whole("core_people", "core", "people", "Core contributors", "People credited as core contributors of an area.", low=0)
_whole("listings", "list", "listings", "Listings", "Names credited in an area; a person named for two tasks counts twice.", low=0)
_whole("unique_people", "people", "people", "People, unique", "Different people credited in an area.", low=0)

# fmt: on
