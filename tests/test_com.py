"""Excel on Windows: every function through xlwings' COM path and through the VBA that xlllm writes, without Windows.

pywin32 is replaced by stand-ins, in a process of its own (the functions named ``in_host``); xlwings' decorators,
conversions and COM server are its own, and the VBA runs translated to Python. What COM itself does to values is shown
by wine/, what Excel does by nobody.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from multiprocessing import get_context
from typing import Any

import numpy as np
import pytest
import pywin32_stand_ins
from bad_cells import Case, all_faults
from pywin32_stand_ins import carried
from samples import VALUES, arguments, same
from vba_in_python import EMPTY, MISSING, Array, Error, Module, Range, VbaError

from xlllm.errors import XlllmError
from xlllm.registry import FORMULAS, Formula
from xlllm.values import CELL_ERRORS
from xlllm.worksheet import OMITTED

UDFS = "xlllm.hosts.udfs"
Ask = Callable[..., Any]


@pytest.fixture(scope="module")
def host() -> Iterator[Ask]:
    """Calls a function in a process that takes itself for one under Windows."""
    with ProcessPoolExecutor(1, get_context("spawn"), pywin32_stand_ins.install) as process:
        yield lambda function, *args: process.submit(function, *args).result()


def cases(formula: Formula) -> Iterator[tuple[str, list[Any]]]:
    """Valid arguments, and each of them in turn as everything that a cell or range can be."""
    good = arguments(formula)
    yield "values", good
    for i, (p, x) in enumerate(zip(formula.parameters, good, strict=True)):
        row = x if isinstance(x, list) else [x]
        kinds: dict[str, Any] = {
            "a column": [[y] for y in row * 3][:3],
            "a row": [row * 3],
            "a grid": [row * 2, row * 2],
            "a grid with a blank": [[None, *row], [*row, None]],
            "a blank": None,
            "an error cell": "#DIV/0!",
            "a column with a newer error": [[row[0]], ["#SPILL!"]],
            "a count as text": "70B",
            "a wrong text": "seventy",
            "TRUE": True,
        }
        if not p.required:
            kinds["nothing"] = OMITTED
        for kind, given in kinds.items():
            yield f"{p.name} is {kind}", [*good[:i], given, *good[i + 1 :]]


# -- xlwings -----------------------------------------------------------------------------------------------------------
def to_com(x: Any) -> Any:
    """What VBA's values are when they arrive; lists are what a range's values are."""
    if x is MISSING or x is OMITTED:
        return pywin32_stand_ins.MISSING
    if isinstance(x, Error):
        return pywin32_stand_ins.ERROR_CODE + x.number
    if isinstance(x, str) and x in CELL_ERRORS:
        return to_com(Error(numbers()[x]))
    if isinstance(x, Array):
        return to_com(x.plain())
    if isinstance(x, (list, tuple)):
        return tuple(map(to_com, x))
    return float(x) if type(x) is int else x


@cache
def numbers() -> dict[str, int]:
    from xlllm.hosts.vba import ERROR_NUMBERS

    return ERROR_NUMBERS


def in_host_call_udf(name: str, *given: Any) -> Any:
    return carried(pywin32_stand_ins.server().CallUDF(UDFS, name, given))


def in_host_faults_of_xlwings(only: str) -> tuple[int, list[str]]:
    """How many calls were made, and those whose answer is not the engine's."""
    from xlllm.hosts import calls, udfs

    asked, found = 0, []
    for formula in (f for f in FORMULAS.values() if f.kind == only):
        for what, given in cases(formula):
            expected = udfs.through_com(calls.answer(formula.worksheet_name, given))
            got = in_host_call_udf(formula.worksheet_name, *map(to_com, given))
            asked += 1
            if np.shape(got) != np.shape(flattened(expected)) or not same(np.array(got, object), flattened(expected)):
                found.append(f"{formula.worksheet_name}, {what}: {got!r:.80} instead of {expected!r:.80}")
    return asked, found


def flattened(answer: Any) -> Any:
    """CallUDF makes one value of one cell, and one list of one row."""
    array = np.array(answer, object)
    return array.item() if array.size == 1 else array[0] if array.ndim == 2 and len(array) == 1 else array


@pytest.mark.parametrize("kind", ["C", "S", "L"])
def test_every_function_through_xlwings(host: Ask, kind: str) -> None:
    asked, found = host(in_host_faults_of_xlwings, kind)
    assert asked > 100
    assert not found, "\n".join([f"{len(found)} of {asked} calls differ, among them", *found[:9]])


# -- and our VBA -------------------------------------------------------------------------------------------------------
class Server:
    """The COM server as VBA sees it."""

    def CallUDF(self, module: str, name: str, given: Array) -> Any:
        try:
            answer = carried(pywin32_stand_ins.server().CallUDF(module, name, to_com(given)))
        except Exception as error:  # what Python raises, COM tells VBA
            raise VbaError(str(error)) from None
        return Array.of(answer, 0) if isinstance(answer, tuple) else answer


@cache
def module() -> Module:
    from xlllm.hosts import vba

    return Module(vba.module(vba.Connection(r"C:\py\python.exe", r"C:\py", "0.37.8")), lambda command: Server())


def to_vba(x: Any) -> Any:
    """What Excel hands a function of VBA."""
    if x is OMITTED:
        return MISSING
    if isinstance(x, str) and x in CELL_ERRORS:
        return Range([[Error(numbers()[x])]])
    if isinstance(x, list):
        rows = x if any(isinstance(row, list) for row in x) else [x]
        return Range([[to_com_cell(cell) for cell in row] for row in rows])
    return EMPTY if x is None else float(x) if type(x) is int else x


def to_com_cell(x: Any) -> Any:
    error = isinstance(x, str) and x in CELL_ERRORS
    return Error(numbers()[x]) if error else float(x) if type(x) is int else x


def shown(answer: Any) -> Any:
    """An answer of the engine as a cell shows it."""
    if isinstance(answer, np.ndarray):
        array = np.array([shown(x) for x in answer.ravel()] + [None], object)[:-1].reshape(answer.shape)
        return flattened(array)
    return Error(numbers()[answer.cell]) if isinstance(answer, XlllmError) else answer


def cell(answer: Any) -> Any:
    return np.array(answer.plain(), object) if isinstance(answer, Array) else answer


def in_host_faults_of_vba(only: str) -> tuple[int, list[str]]:
    from xlllm.hosts import calls

    asked, found = 0, []
    for formula in (f for f in FORMULAS.values() if f.kind == only):
        for what, given in cases(formula):
            expected = shown(calls.answer(formula.worksheet_name, given))
            got = cell(module()(formula.worksheet_name, *map(to_vba, given)))
            asked += 1
            if np.shape(got) != np.shape(expected) or not same(got, expected):
                found.append(f"{formula.worksheet_name}, {what}: {got!r:.80} instead of {expected!r:.80}")
    return asked, found


@pytest.mark.parametrize("kind", ["C", "S", "L"])
def test_every_function_through_vba(host: Ask, kind: str) -> None:
    asked, found = host(in_host_faults_of_vba, kind)
    assert asked > 100
    assert not found, "\n".join([f"{len(found)} of {asked} calls differ, among them", *found[:9]])


def in_host_show(case: Case) -> tuple[Any, str | None]:
    if len(case.args) > len(case.formula.parameters):  # Excel refuses to enter it
        return case.expected.cell, None
    names = {n: name for name, n in numbers().items()}
    found = cell(module()(case.formula.worksheet_name, *map(to_vba, case.args)))
    one, *others = {*np.ravel(np.array(found, object))}  # a failed row has the same error in every cell
    return names[one.number] if isinstance(one, Error) and not others else found, module()("LLM_LAST_ERROR")


def in_host_faults_of_bad_cells() -> tuple[int, list[str]]:
    from xlllm.hosts import calls

    calls.tell_last_error()
    return all_faults(in_host_show, "com")


def test_bad_arguments(host: Ask) -> None:
    asked, found = host(in_host_faults_of_bad_cells)
    assert asked > 1000
    assert not found, "\n".join([f"{len(found)} of {asked} cells are wrong, among them", *found[:9]])


# -- one by one --------------------------------------------------------------------------------------------------------
def in_host_vba(name: str, *given: Any) -> Any:
    found = module()(name, *given)
    return found.plain() if isinstance(found, Array) else found


def in_host_volatile() -> int:
    return module().excel.volatile


def in_host_told_in_wizard(name: str, *given: Any) -> Any:
    module().excel.wizard_open = True
    try:
        return module()(name, *given)
    finally:
        module().excel.wizard_open = False


LAW = ("LLM_LOSS", VALUES["params"], VALUES["tokens"])


def test_last_error(host: Ask) -> None:
    host(in_host_vba, "LLM_LOSS", "seventy", 1e12)
    assert host(in_host_vba, "LLM_LAST_ERROR").startswith("LLM_LOSS: params is no number")
    before = host(in_host_volatile)
    host(in_host_vba, "LLM_LAST_ERROR")
    host(in_host_vba, *LAW)
    assert host(in_host_volatile) == before + 1


def in_host_several_areas() -> Any:
    return module()("LLM_LOSS", Range([[1.0]], areas=2), 1e12), module()("LLM_LAST_ERROR")


def test_a_range_of_several_areas_is_no_value(host: Ask) -> None:
    shown, told = host(in_host_several_areas)
    assert shown == Error(2015)
    assert told == "LLM_LOSS: a range of several areas has no value: give one rectangle of cells"


def test_solvers_wait_until_the_wizard_is_closed(host: Ask) -> None:
    solver = ("LLM_LIFETIME_PARAMS", VALUES["loss"], VALUES["served_tokens"])
    assert FORMULAS["lifetime_params"].kind == "S"
    assert host(in_host_told_in_wizard, *LAW) == FORMULAS["loss"](*LAW[1:])
    assert host(in_host_told_in_wizard, *solver) is EMPTY
    assert host(in_host_vba, *solver) == FORMULAS["lifetime_params"](*solver[1:])


def in_host_column(rows: int) -> list[float]:
    column = Range([[VALUES["params"] + i] for i in range(rows)])
    return [x for (x,) in module()("LLM_LOSS", column, VALUES["tokens"]).plain()]


def test_a_column_of_100_000_cells(host: Ask) -> None:
    found = host(in_host_column, 100_000)
    expected = FORMULAS["loss"](VALUES["params"] + np.arange(100_000.0), VALUES["tokens"])
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_values_keep_their_type(host: Ask) -> None:
    flag = next(f for f in FORMULAS.values() if f.returns.kind == "flag" and len(f.results) == 1 and f.kind == "C")
    assert type(host(in_host_call_udf, flag.worksheet_name, *map(to_com, arguments(flag)))) is bool
    assert type(host(in_host_call_udf, *LAW)) is float
    assert type(host(in_host_call_udf, "LLM_VERSION")) is str


def in_host_options(name: str) -> dict[str, Any]:
    import sys

    return dict(getattr(sys.modules[UDFS], name).__xlfunc__)


def test_the_decorators_are_those_of_xlwings(host: Ask) -> None:
    for formula in FORMULAS.values():
        options = host(in_host_options, formula.worksheet_name)
        assert [a["name"] for a in options["args"]] == [p.name for p in formula.parameters]
        assert options["call_in_wizard"] == (formula.kind != "S")
        assert options["category"].startswith("xlllm ")
        assert not options["volatile"]
        assert all(a["options"] == {"ndim": 2, "err_to_str": True} for a in options["args"])
