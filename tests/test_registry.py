"""The checked call: one answer or an array of them, in Excel's shapes, and nothing but the formula in between."""

import random
import sys
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples import KEYS, VALUES, arguments, column, row, same

from xlllm.arguments import RECORDS, Parameter
from xlllm.errors import DomainError, InputError, XlllmError
from xlllm.formulas.compute import Arch
from xlllm.formulas.scaling import Law
from xlllm.quantities import Quantity
from xlllm.registry import CHUNK, FORMULAS, Formula, formula
from xlllm.values import closed_bounds

each_formula = pytest.mark.parametrize("f", FORMULAS.values(), ids=FORMULAS)


# -- one value ---------------------------------------------------------------------------------------------------------
@each_formula
def test_one_value_is_a_python_value(f: Formula) -> None:
    answer = f(*arguments(f))
    types = {"flag": bool, "choice": str, "text": str, "date": str}
    if f.spills:  # a row of results, or a table with a column for each
        assert answer.shape[-1] == len(f.results)
        for q, column in zip(f.results, answer.T, strict=True):
            assert {type(x) for x in np.ravel(column).tolist()} == {types.get(q.kind, float)}
        assert answer.ndim == (2 if f.table else 1)
    elif f.returns.name == "fact":
        assert type(answer) in (float, bool, str)
    elif np.ndim(answer):  # a series gives a series
        assert answer.dtype == float
    else:
        assert type(answer) is types.get(f.returns.kind, float)


@each_formula
def test_the_function_itself_is_unchanged(f: Formula) -> None:
    assert getattr(sys.modules[f.fn.__module__], f.name) is f.fn
    assert f.fn.__module__.startswith(("xlllm.formulas.", "xlllm.catalog.lookups"))


@each_formula
def test_named_arguments(f: Formula) -> None:
    given = arguments(f)
    named = {p.name: x for p, x in zip(f.parameters, given, strict=True)}
    assert same(f(**named), f(*given))
    assert same(f(*given[:1], **dict(list(named.items())[1:])), f(*given))


@pytest.mark.parametrize("text", ["65.2B", "６５．２Ｂ", "652億"])
def test_counts_as_text(text: str) -> None:
    for _ in range(2):  # the second time from memory
        assert FORMULAS["train_flops"](text, "1.4T") == FORMULAS["train_flops"](65.2e9, 1.4e12)


def test_an_argument_like_another() -> None:
    ratio = FORMULAS["marginal_ratio"]
    given = {"params": 65.2e9, "tokens": 1.4e12, "usd_per_flop": 7.775e-18, "served_tokens": 1e12}
    assert ratio(**given) == ratio(**given, serve_usd_per_flop=7.775e-18) != ratio(**given, serve_usd_per_flop=1e-17)


# -- names -------------------------------------------------------------------------------------------------------------
def test_names_are_checked_at_import() -> None:
    before = dict(FORMULAS)

    def flops_twice(param: Any) -> Any: ...

    def flops_once(params: Any) -> Any: ...

    with pytest.raises(KeyError, match=r"'param'.*params"):
        formula(returns="flops")(flops_twice)
    with pytest.raises(KeyError, match=r"'flop'.*flops"):
        formula(returns="flop")(flops_once)
    with pytest.raises(ValueError, match="registered already"):
        formula(returns="flops")(FORMULAS["train_flops"].fn)
    assert before == FORMULAS


# -- arrays ------------------------------------------------------------------------------------------------------------
def cells(answer: Any) -> list[Any]:
    """What cells show: the answers, or the errors that they become."""
    return [x.cell if isinstance(x, XlllmError) else x for x in np.ravel(answer).tolist()]


def alone(f: Formula, *args: Any) -> list[Any]:
    """What a single call shows."""
    try:
        return cells(f(*args))
    except XlllmError as error:
        return [error.cell]


def within(q: Quantity) -> st.SearchStrategy[Any]:
    """Anything within the bounds."""
    low, high = closed_bounds(q)
    match q.kind:
        case "flag":
            return st.booleans()
        case "choice":
            return st.sampled_from(q.choices)
        case "whole":
            return st.integers(int(low), int(high))
    return st.floats(low, high)


@pytest.mark.parametrize("shape", [(1, 4), (4, 1), (2, 2)], ids=["row", "column", "grid"])
@pytest.mark.parametrize("name", ["gpu_hours", "corpus_for_skills", "may_emerge", "model_state_gb", "yearly_flow"])
@given(data=st.data())
def test_elements_are_answered_as_alone(name: str, shape: tuple[int, int], data: st.DataObject) -> None:
    f = FORMULAS[name]
    cases = data.draw(st.lists(st.tuples(*(within(p.quantity) for p in f.parameters)), min_size=4, max_size=4))
    together = f(*(np.array(x, dtype=object).reshape(shape).tolist() for x in zip(*cases, strict=True)))
    assert together.shape == shape
    for case, element in zip(cases, together.ravel(), strict=True):
        assert all(map(same, cells(element), alone(f, *case)))


def at_an_end(q: Quantity, rng: random.Random) -> Any:
    """A value at an end of the bounds, or the sample in the middle."""
    low, high = closed_bounds(q)
    match q.kind:
        case "flag":
            return rng.random() < 0.5
        case "choice":
            return rng.choice(q.choices)
        case "text":
            return rng.choice(["", "A", "＃", "a" * 32_767]) or " "
        case "series":
            return rng.choice([low, high, 0.0, 1.0])
    return rng.choice([low, high, VALUES[q.name]])


def all_at_an_end(p: Parameter, rng: random.Random, length: int = 7) -> Any:
    """An argument; of a record, every field."""
    if p.record:
        return [at_an_end(q, rng) for q in p.record.fields]
    return [at_an_end(p.quantity, rng) for _ in range(length)] if p.series else at_an_end(p.quantity, rng)


SEARCHES = ("fit_law", "parallel_plan")
"""They take long."""


@pytest.mark.parametrize("f", [f for f in FORMULAS.values() if f.kind != "L"], ids=lambda f: f.name)
def test_at_the_ends_of_the_domain(f: Formula) -> None:
    """A number, flag or text, or an error, the same in a column: never a warning or another exception."""
    rng = random.Random(0)
    cases = [[all_at_an_end(p, rng) for p in f.parameters] for _ in range(10 if f.name in SEARCHES else 200)]
    if f.table:
        for case in cases:
            assert alone(f, *case)
        return
    together = f(*(column(f, x) for x in zip(*cases, strict=True)))
    for case, element in zip(cases, together, strict=True):
        assert all(map(same, cells(element), alone(f, *case))), case


@pytest.mark.parametrize(
    ("first", "second", "shape"),
    [
        ((), (3,), (3,)),
        ((1, 3), (), (1, 3)),
        ((2, 1), (1, 3), (2, 3)),
        ((2, 3), (2, 3), (2, 3)),
        ((2, 3), (1, 3), (2, 3)),
        ((2, 1), (2, 3), (2, 3)),
        ((1, 1), (2, 3), (2, 3)),
    ],
)
def test_shapes_are_those_of_a_spreadsheet(first: Any, second: Any, shape: Any) -> None:
    """A row against a column fills the grid, as with + in a sheet."""
    rng = np.random.default_rng(0)
    params, tokens = 10 ** rng.uniform(9, 12, first), 10 ** rng.uniform(10, 14, second)
    answer = FORMULAS["loss"](params, tokens)
    assert answer.shape == shape
    pairs = np.nditer(np.broadcast_arrays(params, tokens))
    assert all(same(a, FORMULAS["loss"](float(n), float(d))) for a, (n, d) in zip(answer.ravel(), pairs, strict=True))
    assert same(FORMULAS["loss"](params.tolist(), tokens.tolist()), answer)


@pytest.mark.parametrize("shape", [(CHUNK + 1,), (50_001,), (3, CHUNK), (1, 2 * CHUNK + 7), (50_001, 1)])
@pytest.mark.parametrize("name", ["loss", "gpu_hours", "gpus_for_deadline", "marginal_ratio"])
def test_chunks_are_bitwise_the_whole(name: str, shape: tuple[int, ...]) -> None:
    f = FORMULAS[name]
    rng = np.random.default_rng(1)
    args = [VALUES[p.name] * rng.uniform(0.5, 1, shape) for p in f.parameters if p.required]
    if f.parameters[0].quantity and f.parameters[0].quantity.kind == "whole":
        args[0] = np.ceil(args[0])
    assert f(*args).tobytes() == np.asarray(f.fn(*args)).tobytes()
    args[-1] = float(args[-1].flat[0])
    assert f(*args).tobytes() == np.asarray(f.fn(*args)).tobytes()


def test_answers_can_be_written_to() -> None:
    """No answer is a view of an argument or of a single number spread over a column."""
    law = np.array([row("law")] * 3)
    for answer in (FORMULAS["loss_floor"](law), FORMULAS["loss"](np.full((3, 1), 65.2e9), 1.4e12)):
        before = law.copy()
        answer[0] = 7.0
        assert answer[1] != 7.0
        assert (law == before).all()


# -- records and series ------------------------------------------------------------------------------------------------
def test_a_record_as_key_row_or_tuple() -> None:
    loss = FORMULAS["loss"]
    by_default = loss(65.2e9, 1.4e12)
    for law in (KEYS["law"], row("law"), tuple(row("law")), np.array(row("law")), Law(*row("law"))):
        assert loss(65.2e9, 1.4e12, law) == by_default
    for name, record in RECORDS.items():
        for f in (f for f in FORMULAS.values() if f.parameters and f.parameters[0].record is record):
            rest = arguments(f)[1:]
            assert same(f(KEYS[name], *rest), f(row(name), *rest))


def test_records_are_rows_of_a_grid() -> None:
    """n rows of cells, or n keys, give n answers in a column; against a row of values, a grid."""
    optimal, other = FORMULAS["optimal_params"], [1.69, 406.4, 410.7, 0.34, 0.28]
    alone = [optimal(5.76e23, law) for law in (row("law"), other)]
    assert same(optimal(5.76e23, [row("law"), other]), np.array(alone).reshape(2, 1))
    assert same(optimal([[5.76e23, 5.76e23]], [row("law"), other]), np.array([[x, x] for x in alone]))
    assert same(optimal(5.76e23, [[KEYS["law"]], [KEYS["law"]]]), np.array([[alone[0]]] * 2))


def test_a_record_of_columns() -> None:
    """A plan gives every field its own column."""
    wide = Law(*(np.full(4, x) for x in row("law")))
    assert same(FORMULAS["loss_floor"](wide), np.full(4, VALUES["E"]))


def test_the_last_axis_is_the_series() -> None:
    flows = np.array([VALUES["flows"], [-500.0, 100, 200, 300, 400], [-1.0, 0, 0, 0, 2]])
    rates = np.array([0.05, 0.1, 0.15])
    alone = [FORMULAS["npv"](float(r), list(map(float, cf))) for r, cf in zip(rates, flows, strict=True)]
    assert same(FORMULAS["npv"](rates, flows), np.array(alone))
    assert FORMULAS["npv"](0.1, flows).shape == (3,)
    assert FORMULAS["npv"](rates[:, None], flows[0]).shape == (3, 1)
    assert FORMULAS["payback"](np.tile(flows, (100_000, 1))).shape == (300_000,)
    assert same(FORMULAS["cumulative_flows"](flows), np.cumsum(flows, axis=-1))


def test_a_record_of_arrays_is_checked_field_by_field() -> None:
    law = (1.8172, 482.01, 2085.43, np.array([0.3478, -1.0, 0.34]), 0.3658)
    answer = FORMULAS["loss"](70e9, 1.4e12, Law(*law))
    assert answer[0] == FORMULAS["loss"](70e9, 1.4e12)
    assert isinstance(answer[1], DomainError)
    assert isinstance(answer[2], float)
    arch = Arch(32, 4096, 11008, 32, np.array([32, 64]), 32000)
    counted = FORMULAS["param_count"](arch)
    assert counted[0] == 6_738_415_616
    assert "may not exceed heads" in counted[1].message


# -- several results ---------------------------------------------------------------------------------------------------
class Halves(NamedTuple):
    """What a function of several results answers with; a worksheet takes plain tuples as well."""

    low: Any
    high: Any
    reason: Any


def halves(number: Any, fte: Any = 2) -> Halves:
    """A number on either side of the middle, and why."""
    below = np.where(np.less(number, 0), np.nan, np.divide(number, fte))
    return Halves(below, number - below, np.where(np.greater(number, 9), "large", "small"))


def ours(fn: Any, *returns: str, **rest: Any) -> Formula:
    """A formula that is not registered."""
    defaults: dict[str, Any] = {"kind": "S", "cites": (), "label": "", "undefined": "", "same_as": {}}
    return Formula(fn, returns, **(defaults | rest))


HALVES = ours(halves, "low", "high", "reason", undefined="numbers start at 0")


def test_several_results_are_one_row() -> None:
    assert HALVES.spills
    assert not HALVES.table
    assert [q.name for q in HALVES.results] == ["low", "high", "reason"]
    for number in (8.0, "8", 8, np.float64(8), [8.0], [[8.0]]):
        assert HALVES(number).tolist() in ([4.0, 4.0, "small"], [[4.0, 4.0, "small"]])
    assert HALVES(8.0, 4.0).shape == HALVES("8").shape == (3,)
    assert [type(x) for x in HALVES(8.0)] == [float, float, str]


def test_rows_of_numbers_are_numbers() -> None:
    numbers = ours(lambda number: (number, -number), "low", "high")
    assert numbers(8.0).dtype == numbers([[8.0], [9.0]]).dtype == float
    assert ours(lambda number: (2, number), "layers", "low")(8.0).tolist() == [2.0, 8.0]


@pytest.mark.parametrize(
    ("shape", "rows"), [((4,), (4, 3)), ((4, 1), (4, 3)), ((1, 4), (1, 4, 3)), ((2, 2), (2, 2, 3)), ((1, 1), (1, 3))]
)
def test_rows_stand_under_each_other(shape: tuple[int, ...], rows: tuple[int, ...]) -> None:
    """A column gives a rectangle; a row or a grid has no place in a sheet, but in Python it has."""
    numbers = np.array([2.0, 4.0, 6.0, 20.0][: np.prod(shape)]).reshape(shape)
    answer = HALVES(numbers)
    assert answer.shape == rows
    assert same(answer.reshape(-1, 3), np.array([HALVES(x) for x in numbers.ravel().tolist()]))
    assert same(HALVES(numbers.tolist()), answer)


@pytest.mark.parametrize("shape", [(3,), (3, 1)])
def test_a_row_fails_as_a_whole(shape: tuple[int, ...]) -> None:
    """The error in every cell of its row, and nowhere else; the first argument's error wins."""
    reasons = {"#N/A": "number holds the error #N/A already", -1: "numbers start at 0", "x": "number is no number"}
    for bad, reason in reasons.items():
        answer = HALVES(np.array([2.0, bad, 20.0], dtype=object).reshape(shape), np.full(shape, 2.0))
        assert answer[0].tolist() == [1.0, 1.0, "small"]
        assert answer[2].tolist() == [10.0, 10.0, "large"]
        (error,) = set(answer[1])
        assert reason in error.message
    both = HALVES([2.0, "x", 20.0], [2.0, "y", "z"])
    assert "number is no" in both[1, 0].message
    assert "fte is no" in both[2, 0].message
    assert both[0].tolist() == [1.0, 1.0, "small"]


def test_a_single_row_that_fails_raises() -> None:
    for bad in (-1.0, "x", None):
        with pytest.raises(XlllmError):
            HALVES(bad)


def test_infinity_in_a_row_is_an_error() -> None:
    with pytest.raises(DomainError, match="too large for a spreadsheet number"):
        HALVES(8.0, 0.0)
    answer = HALVES([8.0, 8.0], [2.0, 0.0])
    assert answer[0].tolist() == [4.0, 4.0, "small"]
    assert all(isinstance(x, DomainError) for x in answer[1])


# -- tables ------------------------------------------------------------------------------------------------------------
def multiples(number: Any) -> tuple[Any, Any]:
    """Two rows: the number once and twice."""
    return np.array(["once", "twice"]), number * np.arange(1, 3)


TABLE = ours(multiples, "area", "number", table=True)


def test_a_table_has_a_column_for_each_result() -> None:
    assert TABLE.spills
    assert TABLE.table
    assert TABLE(3.0).tolist() == [["once", 3.0], ["twice", 6.0]]
    assert TABLE("3").tolist() == TABLE(3).tolist() == TABLE(np.float64(3)).tolist() == TABLE(3.0).tolist()
    one = ours(lambda number: (np.arange(number),), "number", table=True)
    assert one.spills
    assert one(3).tolist() == [[0.0], [1.0], [2.0]]


@pytest.mark.parametrize("values", [[3.0, 4.0], [[3.0], [4.0]], [[3.0, 4.0]], np.array([3.0, 4.0]), [3.0], [3.0, "x"]])
def test_a_table_refuses_ranges(values: Any) -> None:
    with pytest.raises(InputError, match="multiples answers with a table: give it one value"):
        TABLE(values)


def test_a_table_of_series_takes_one_of_each() -> None:
    f = FORMULAS["tornado"]
    names, lows, highs = ["a", "b"], [1.0, 2.0], [5.0, 3.0]
    assert f(names, lows, highs).tolist() == [["a", 1.0, 5.0], ["b", 2.0, 3.0]]
    with pytest.raises(InputError, match="answers with a table"):
        f([names, names], lows, highs)


# -- why there is no answer --------------------------------------------------------------------------------------------
def gap(params: Any, losses: Any, law: Law = Law(1.0, 1.0, 1.0, 1.0, 1.0), tokens: Any = None) -> Any:  # noqa: B008
    """No answer, ever."""
    return np.full(np.broadcast_shapes(np.shape(params), np.shape(losses)[:-1], np.shape(law.E)), np.nan)


def why(params: Any, losses: Any, law: Law, tokens: Any) -> str:
    assert np.ndim(params) == np.ndim(law.E) == 0
    assert np.ndim(losses) == 1
    return f"{params:g} {np.round(losses, 1).tolist()} {law.E:g} {tokens}"


GAP = ours(gap, "number", undefined=why)


def test_the_reason_is_told_of_each_element() -> None:
    """A function of the same arguments hears of one element: numbers, one series, a record of numbers, defaults."""
    laws = [[1.5, *row("law")[1:]], [1.6, *row("law")[1:]]]
    answer = GAP([[7.0], [8.0]], [[2.0, 2.1], [3.0, 3.1]], laws)
    assert [x.message.partition(": ")[2] for x in answer[:, 0]] == [
        "7 [2.0, 2.1] 1.5 None",
        "8 [2.0, 2.1] 1.6 None",
    ]
    assert [x.message.partition(": ")[2] for x in answer[:, 1]] == [
        "7 [3.0, 3.1] 1.5 None",
        "8 [3.0, 3.1] 1.6 None",
    ]
    assert "9 [2.0, 2.1] 1.5 None" in GAP(np.array([9.0, 9.0]), [2.0, 2.1], laws[0])[1].message
    with pytest.raises(DomainError, match=r"gap has no answer here: 7 \[2.0\] 1 500000000000"):
        GAP(7.0, [2.0], tokens="5e11")
    with pytest.raises(DomainError, match=r"gap has no answer here: 7 \[2.0\] 1 None"):
        GAP("7", 2.0)


def test_the_reason_of_a_row_of_results() -> None:
    fit = FORMULAS["fit_law"]
    sizes, tokens, losses = arguments(fit)
    with pytest.raises(DomainError, match="at least 6 runs: got 2"):
        fit(sizes[:2], tokens[:2], losses[:2])
    answer = fit([sizes, [1e8] * 8], tokens, losses)
    assert same(answer[0], fit(sizes, tokens, losses))
    assert all("params takes fewer than 3 different values" in x.message for x in answer[1])


# -- series by name ----------------------------------------------------------------------------------------------------
def weighted(params: Any, tokens: Any, losses: Any) -> Any:
    """One number for each element."""
    return np.sum(params * losses, axis=-1) / np.sum(params, axis=-1) + 0 * tokens


WEIGHTED = ours(weighted, "number", series=("params",))


def test_a_series_here_is_a_number_elsewhere() -> None:
    assert [p.series for p in WEIGHTED.parameters] == [True, False, True]
    assert not any(p.series for p in FORMULAS["loss"].parameters)
    assert WEIGHTED([1e9, 3e9], 1e12, [2.0, 3.0]) == 2.75
    assert WEIGHTED(["1B", "3B"], "1T", [2.0, 3.0]) == 2.75
    assert WEIGHTED(5e9, 1e12, 2.0) == 2.0, "one value is a series of one"
    assert WEIGHTED([[1e9, 3e9], [1e9, 1e9]], 1e12, [2.0, 3.0]).tolist() == [2.75, 2.5]
    assert WEIGHTED([1e9, 3e9], [1e12, 2e12, 3e12], [2.0, 3.0]).tolist() == [2.75] * 3


def test_an_error_in_a_series_is_its_elements() -> None:
    answer = WEIGHTED([[1e9, "x"], [1e9, 3e9]], 1e12, [2.0, 3.0])
    assert "params is no number" in answer[0].message
    assert answer[1] == 2.75
    with pytest.raises(InputError, match="params is blank"):
        WEIGHTED([1e9, None], 1e12, [2.0, 3.0])


def test_series_of_one_function_are_as_long() -> None:
    for losses in ([2.0], [2.0, 3.0, 4.0], 2.0):
        with pytest.raises(InputError, match=r"params 2 values, losses [13] values\. Give as many"):
            WEIGHTED([1e9, 3e9], 1e12, losses)


# -- what hosts and the handbook tell ----------------------------------------------------------------------------------
def documented(params: Any) -> Any:
    """A line with ``code`` and :func:`train_flops`.

    More of it.

    Notes
    -----
    First line of the notes, with :func:`loss`
    and a second.

    Raises
    ------
    ValueError
        Never.

    Examples
    --------
    >>> documented(2)  # why
    4
    >>> documented([3,
    ... 4])
    [6, 8]
    """
    return 2 * params


def test_parts_of_the_docstring() -> None:
    f = ours(documented, "params")
    assert f.title == "A line with code and train_flops"
    assert f.notes == "First line of the notes, with loss and a second."
    assert f.examples == ["documented(2)  # why", "documented([3, 4])"]
    bare = ours(weighted, "number")
    assert (bare.title, bare.notes, bare.examples) == ("One number for each element", "", [])


@each_formula
def test_every_formula_is_documented(f: Formula) -> None:
    assert f.title
    assert f.notes
    assert any(f"{f.name}(" in call for call in f.examples)
    for text in (f.title, f.notes):
        assert not {"`", "\n", ":func:"} & {text, *text}


def test_fitted_ranges_are_kept() -> None:
    assert FORMULAS["kaplan_loss"].fitted == {"nonembedding_params": (768, 1.5e9), "tokens": (22e6, 23e9)}
    assert FORMULAS["loss"].fitted == {}
    for f in FORMULAS.values():
        named = {p.name for p in f.parameters} | {q.name for q in f.results}
        assert f.fitted.keys() <= named
        assert all(low < high for low, high in f.fitted.values())
    assert FORMULAS["kaplan_loss"](1e12, 1e12) > 0, "outside of them there still is an answer"


# -- optional and no arguments -----------------------------------------------------------------------------------------
def chosen(params: Any, provider: Any = None, months: Any = None) -> Any:
    """What was given of the optional arguments."""
    return f"{params:g} {provider} {months}"


def test_arguments_that_may_be_nothing() -> None:
    f = ours(chosen, "fact", kind="L")
    assert f.signature() == "chosen(params, [provider], [months])"
    assert f(7.0) == f(7.0, None, None) == f(7.0, provider=None) == "7 None None"
    assert f("7", " AWS ", "3") == f(7.0, "AWS", 3.0) == "7 AWS 3.0"
    assert f(7.0, months=3.0) == "7 None 3.0"
    assert f([7.0, 8.0], None, [1.0, 2.0]).tolist() == ["7 None 1.0", "8 None 2.0"]
    with pytest.raises(InputError, match="provider is blank"):
        f(7.0, "")
    with pytest.raises(InputError, match="chosen needs params"):
        f()


@pytest.mark.parametrize("name", ["version", "last_error"])
def test_functions_without_arguments(name: str) -> None:
    f = FORMULAS[name]
    assert f.signature() == f"{name}()"
    assert (f.parameters, f.required) == ((), 0)
    assert type(f()) is str
    with pytest.raises(InputError, match=rf"{name} takes 0 arguments, got 1: {name}\(\)"):
        f(1)
    with pytest.raises(InputError, match="has no argument 'key'"):
        f(key="x")


# -- quietly -----------------------------------------------------------------------------------------------------------
def helper(x: Any) -> Any:
    return np.asarray(1.0) / x


def by_a_helper(on_cost: Any) -> Any:
    """Divides in numpy, without naming it."""
    return helper(on_cost)


def in_numbers(on_cost: Any) -> Any:
    """Divides in Python."""
    return 1.0 / on_cost


def in_a_circle(on_cost: Any) -> Any:
    """Calls itself, and in_numbers, if it ever comes to that."""
    return in_numbers(on_cost) if on_cost >= 0 else in_a_circle(-on_cost)


@pytest.mark.parametrize("fn", [by_a_helper, in_numbers, in_a_circle])
def test_division_by_zero_is_an_error_and_no_warning(fn: Any) -> None:
    f = ours(fn, "number")
    assert f(0.5) == 2.0
    with pytest.raises(DomainError, match="too large for a spreadsheet number"):
        f(0.0)
