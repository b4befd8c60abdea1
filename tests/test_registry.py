"""The checked call: one answer or an array of them, in Excel's shapes, and nothing but the formula in between."""

import ast
import graphlib
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples import KEYS, VALUES, arguments, column, row, same

import xlllm
from xlllm.arguments import RECORDS
from xlllm.errors import DomainError, XlllmError
from xlllm.formulas.compute import Arch
from xlllm.formulas.scaling import Law
from xlllm.quantities import Quantity
from xlllm.registry import CHUNK, FORMULAS, Formula, formula
from xlllm.values import closed_bounds

SOURCE = Path(xlllm.__file__).parent
LAYERS = (
    "errors", "nearest", "files", "quantities", "values", "arguments", "registry", "formulas", "catalog",
    "locale", "native", "template", "plan", "analysis", "workbook", "hosts", "cli",
)  # fmt: skip
"""Each imports only what stands before it."""

each_formula = pytest.mark.parametrize("f", FORMULAS.values(), ids=FORMULAS)


# -- one value ---------------------------------------------------------------------------------------------------------
@each_formula
def test_one_value_is_a_python_value(f: Formula) -> None:
    answer = f(*arguments(f))
    kind = {"flag": bool, "choice": str, "text": object}.get(f.returns.kind, float)
    if f.kind == "L":
        assert type(answer) in (float, bool, str)
    elif np.ndim(answer):  # a series gives a series
        assert answer.dtype == float
    else:
        assert type(answer) is kind


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
        case "series":
            return [rng.choice([low, high, 0.0, 1.0]) for _ in range(4)]
    return rng.choice([low, high, VALUES[q.name]])


@pytest.mark.parametrize("f", [f for f in FORMULAS.values() if f.kind != "L"], ids=lambda f: f.name)
def test_at_the_ends_of_the_domain(f: Formula) -> None:
    """A number, flag or text, or an error, the same in a column: never a warning or another exception."""
    rng = random.Random(0)
    cases = [
        [[at_an_end(q, rng) for q in p.record.fields] if p.record else at_an_end(p.quantity, rng) for p in f.parameters]
        for _ in range(200)
    ]
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
        for f in (f for f in FORMULAS.values() if f.parameters[0].record is record):
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


# -- the house ---------------------------------------------------------------------------------------------------------
def test_import_is_light() -> None:
    heavy = {"pydantic", "openpyxl", "xlwings", "scipy", "typer"}
    code = f"import sys, xlllm.formulas; print(*{heavy!r}.intersection(sys.modules))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=SOURCE.parent)
    assert found.stdout.split() == []


def modules() -> dict[str, Path]:
    """Every module of the package by its dotted name, the front door left out."""
    paths = {path: path.relative_to(SOURCE).with_suffix("").parts for path in SOURCE.rglob("*.py")}
    names = {".".join(p[:-1] if p[-1] == "__init__" else p): path for path, p in paths.items()}
    return {f"xlllm.{name}": path for name, path in names.items() if name}


def imports(path: Path, known: dict[str, Path]) -> Iterator[str]:
    """What of the package a module uses, wherever in it the import stands; the front door may tell its version."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        match node:
            case ast.Import():
                yield from (a.name for a in node.names if a.name.startswith("xlllm."))
            case ast.Attribute(value=ast.Name("xlllm"), attr=attr) if attr != "__version__":
                yield f"xlllm.{attr}"
            case ast.ImportFrom(module=str(module), level=0) if module.split(".")[0] == "xlllm":
                names = {f"{module}.{a.name}" for a in node.names} - {"xlllm.__version__"}
                yield from (name if name in known else module for name in names)
            case ast.ImportFrom() if node.level:
                yield "." * node.level


def test_each_module_imports_only_what_stands_above_it() -> None:
    known = modules()
    graph = {name: set(imports(path, known)) for name, path in known.items()}
    layer = {name: LAYERS.index(name.split(".")[1]) for name in known}
    wrong = [f"{m} imports {i}" for m in graph for i in graph[m] if i not in known or layer[i] > layer[m]]
    assert not wrong
    graphlib.TopologicalSorter(graph).prepare()  # raises CycleError
    early, late = ({f"xlllm.formulas.{s}" for s in x.split()} for x in ("edges scaling compute data", "memory invest"))
    assert not late & set().union(*(graph[m] for m in early))


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
