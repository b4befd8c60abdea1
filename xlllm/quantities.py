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
_add("tokens", "D", "tokens", "Training tokens", "Tokens the model is trained on, repeats included. Text such as 1.4T or 1.4兆 works.", low=1, high=1e18, counted=True)
_add("unique_tokens", "U", "tokens", "Unique tokens", "Different tokens in the corpus, before any are repeated.", low=1, high=1e18, counted=True)
_add("raw_tokens", "D_raw", "tokens", "Raw tokens", "Tokens bought or collected before filtering and deduplication.", low=1, high=1e18, counted=True)
_add("served_tokens", "T", "tokens", "Tokens served over life", "Tokens the model will read and write for its users before it is replaced.", low=0, high=1e20, counted=True)
_add("epochs", "n", "epochs", "Epochs", "How often the corpus is passed through; 1 means every token once.", low=0, high=1e6, low_open=True)
_add("r_star", "R*", "repeats", "Decay of repeated data", "Constant of Muennighoff et al. 2023: repeating the corpus for ever is worth 1 + R* times fresh data once.", low=1e-3, high=1e6)
_add("skill_multiple", "k", "×", "Multiple of skills", "How many times as many skills as today the model should have.", low=0, high=1e9, low_open=True)
_add("corpus_multiple", "D2/D1", "×", "Multiple of the corpus", "How many times as large the corpus becomes.", low=0, high=1e30, low_open=True)
_add("params_multiple", "N2/N1", "×", "Multiple of parameters", "How many times as many parameters the model needs.", low=0, high=1e30, low_open=True)
_add("gamma", "γ", "exponent", "Corpus exponent", "Kausik 2024: parameters grow as corpus^γ; 0.44 in version 3, 0.58 in version 1, 0.44 to 0.72 from version 4.", low=0, high=1, low_open=True)
_add("unique_sequences", "U_seq", "sequences", "Unique sequences", "Your own estimate of the different sequences in the corpus. It never feeds a recommendation.", low=1, high=1e20, counted=True)
_flag("may_emerge", "N<U", "Surprise possible", "TRUE if the model has fewer parameters than the corpus has unique sequences: scaling up may still uncover new skills.")
_add("loss", "L", "nats/token", "Loss", "Pre-training loss: cross-entropy per token, in nats. Lower is better.", low=0, high=1e3, low_open=True)
_add("tokens_per_param", "D/N", "tokens/parameter", "Tokens per parameter", "Training tokens for each parameter of the model.", low=0, high=1e12, low_open=True)
_add("bytes_per_token", "B/tok", "bytes/token", "Bytes per token", "UTF-8 bytes of text that make one token; LLaMA: 4.6 TB for 1.4T tokens.", low=0, high=1e3, low_open=True)
_add("gb", "GB", "GB", "Size", "Gigabytes of 10^9 bytes.", low=0, high=1e12)

# -- scaling law ------------------------------------------------------------------------------------------------------
_add("E", "E", "nats/token", "Law: irreducible loss", "Loss that no model and no data can remove.", low=0, high=100)
_add("A", "A", "coefficient", "Law: A, size", "Coefficient of the parameter term A/N^α.", low=0, high=1e12, low_open=True)
_add("B", "B", "coefficient", "Law: B, data", "Coefficient of the data term B/D^β.", low=0, high=1e12, low_open=True)
_add("alpha", "α", "exponent", "Law: α, size", "Exponent of the parameter term A/N^α.", low=0, high=5, low_open=True)
_add("beta", "β", "exponent", "Law: β, data", "Exponent of the data term B/D^β.", low=0, high=5, low_open=True)

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

# -- compute ----------------------------------------------------------------------------------------------------------
_add("flops", "C", "FLOP", "Compute", "Floating-point operations in total, not per second.", low=1, high=1e40, counted=True)
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

# -- energy -----------------------------------------------------------------------------------------------------------
_add("gpu_watts", "W", "W", "Power per GPU", "Electric power of one accelerator; its thermal design power if nothing was measured.", low=0, high=1e5, low_open=True)
_add("pue", "PUE", "×", "Power usage effectiveness", "Energy of the whole data centre over energy of its IT equipment; 1.1 is good.", low=1, high=5)
_add("kwh", "kWh", "kWh", "Electricity", "Electric energy, with the overhead of the data centre.", low=0, high=1e15)
_add("grams_per_kwh", "g/kWh", "g/kWh", "Grid carbon intensity", "Grams of CO2e per kWh where the electricity is used.", low=0, high=2e3)
_add("kg", "kg", "kg CO2e", "Carbon", "Greenhouse gases as kilograms of CO2 equivalent.", low=0, high=1e15)

# -- money ------------------------------------------------------------------------------------------------------------
_money("usd", "Amount", "An amount of money in any one currency.", low=-1e18)
_money("gpu_hour_usd", "Price per GPU-hour", "What one accelerator costs for one hour, rented or owned.", "USD/h", "p_h")
_money("usd_kwh", "Electricity price", "What one kWh costs.", "USD/kWh", "p_e")
_add("usd_per_flop", "k", "USD/FLOP", "Price of a training FLOP", "What one floating-point operation of training costs at the achieved MFU; above 0.", low=0, high=1e18, low_open=True)
_money("serve_usd_per_flop", "Price of a serving FLOP", "What one floating-point operation of serving costs; the training price unless given.", "USD/FLOP", "k_s")
_money("data_usd_mtok", "Data price", "What one million usable new training tokens cost, or at break-even may cost: licence, cleaning and storage.", "USD/Mtok", "p_D", low=-1e18)
_money("acquire_usd", "Data: licence and collection", "What buying, licensing or collecting the raw corpus costs.")
_money("clean_usd", "Data: cleaning", "What filtering, deduplication and review of the corpus cost.")
_money("store_usd", "Data: storage", "What storing and moving the corpus costs.")
_share("kept_share", "s_k", "Share of tokens kept", "Share of the raw tokens that survive filtering and deduplication.", zero=False)
_add("experiment_multiple", "x", "×", "All runs over the final run", "Compute of all runs, failed and small ones included, divided by the final run's; 1 if there is only one.", low=1, high=1e3)
_money("other_usd", "Other cost", "Cost that no other row holds.")
_add("fte", "FTE", "people", "Team", "People in full-time equivalents.", low=0, high=1e6)
_money("usd_per_fte_year", "Salary per person-year", "Yearly pay of one full-time person before on-cost.", "USD/person-year")
_add("months", "m", "months", "Months", "How long the team works on it.", low=0, high=1200)
_add("on_cost", "o", "share", "On-cost", "Employer's contributions, office and tools, as a share of pay; may exceed 1.", low=0, high=10)
_add("marginal_ratio", "R", "×", "R, data over model", "Loss cut by one more dollar of data over one more dollar of model. Above 1 favours data.", low=0, high=1e30)
_share("band", "δ", "Balanced band", "δ: one side is called better only if R is above 1 + δ or below 1/(1 + δ).")
_add("loss_per_usd", "m", "nats/USD", "Loss cut per dollar", "How much one more dollar lowers the loss.", low=0, high=1e30)
_text("advice", "→", "Next dollar", "Where the next dollar cuts the loss most: data, model, or balanced.", ("data", "model", "balanced"))

# -- finance ----------------------------------------------------------------------------------------------------------
_money("benefit_usd", "Benefit", "What the investment brings in or saves, as cash.", low=-1e18)
_add("cost_usd", "c", "USD", "Cost", "What the investment costs; above 0.", low=0, high=1e18, low_open=True)
_add("roi", "ROI", "share", "Return on investment", "Benefit minus cost, over cost.", low=-1e18, high=1e18)
_add("rate", "r", "share", "Discount rate", "Yearly cost of capital (WACC) used to discount later money.", low=-1, high=10, low_open=True)
_add("flows", "CF", "USD", "Cash flows", "Amounts by year, none blank; the first is year 0, which is not discounted.", kind="series", low=-1e18, high=1e18)
_money("npv", "Net present value", "Value today of all cash flows.", symbol="NPV", low=-1e18)
_add("items_usd", "Σ", "USD", "Amounts", "Amounts of money to add up, all in one currency.", kind="series", low=-1e18, high=1e18)
_money("planned_usd", "Planned cost", "What all planned items cost together.")
_share("contingency", "c", "Contingency", "Share of the planned cost set aside for what nobody foresees.")
_money("invest_usd", "Investment", "What is spent before the first benefit.")
_money("yearly_benefit_usd", "Benefit per year", "Cash that the investment brings in or saves in its first year, net of running cost.", "USD/year", low=-1e18)
_add("yearly_growth", "g", "share", "Yearly growth", "How much the benefit grows from one year to the next; negative if it shrinks.", low=-1, high=10, low_open=True)
_whole("year_index", "t", "years", "Years since investment", "0 is the year of the investment.", low=0, high=100)
_add("estimate", "x", "any", "Estimate", "A figure computed here.", low=-1e40, high=1e40)
_add("reference", "x0", "any", "Reference", "The published figure that the estimate is compared with, in the same unit.", low=0, high=1e40, low_open=True)
_add("deviation", "Δ", "share", "Deviation", "Estimate over reference, minus 1.", low=-1e18, high=1e18)
_add("years", "y", "years", "Years", "A number of years.", low=0, high=1e3)

# -- catalogue --------------------------------------------------------------------------------------------------------
_text("key", "key", "Key", "Name of an entry of the catalogue, in quotes: \"H100 SXM5 80GB\". Case and spaces do not matter.")
_text("field", "field", "Field", "Which fact of the entry, for example \"peak_flops\".")
_text("kind", "kind", "Catalogue", "Which catalogue: gpu, model, run, law or gpu_price.")
_text("fact", "fact", "Fact", "A value of the catalogue, with source and date.")
_text("vendor", "vendor", "Vendor", "Who makes the accelerator.")
_text("org", "org", "Organisation", "Who trained the model.")
_text("hardware", "hardware", "Hardware", "Accelerator of a run or of a price.")
_text("model", "model", "Model", "Model that the run trained.")
_whole("year", "year", "year", "Year of release", "Calendar year of release.", low=1950, high=2100)
_add("memory_gb", "M", "GB", "Memory", "Memory of the accelerator as sold, in GB of 10^9 bytes.", low=0, high=1e6, low_open=True)
_add("bandwidth_gbs", "BW", "GB/s", "Memory bandwidth", "Bytes the accelerator reads from its memory in a second, in GB/s.", low=0, high=1e7, low_open=True)
_add("peak_flops_fp8", "P8", "FLOP/s", "Peak, dense FP8", "Dense FP8 peak of one accelerator.", low=1e9, high=1e19)
_add("peak_ops_int8", "P_i8", "op/s", "Peak, dense INT8", "Dense INT8 peak of one accelerator in operations per second.", low=1e9, high=1e19)
_add("watts", "W", "W", "Power", "Thermal design power, or what the maker calls board power.", low=0, high=1e5, low_open=True)
_add("active_params", "N_a", "parameters", "Active parameters", "Parameters that work on one token; all of them in a dense model.", low=1, high=1e16, counted=True)
_add("carbon_kg", "kg", "kg CO2e", "Carbon, published", "Greenhouse gases of the run as published, in kilograms of CO2 equivalent.", low=0, high=1e15)
_add("tokens_per_s_per_gpu", "tok/s", "tokens/s", "Training speed per GPU", "Training tokens one accelerator processes in a second.", low=0, high=1e9, low_open=True)
_text("provider", "provider", "Provider", "Who rents out the accelerator.")
_text("fitted_range", "range", "Fitted range", "Sizes and tokens of the runs the law was fitted to; outside of them it extrapolates.")
# fmt: on
