"""The VBA module: text that Excel can import, names that VBA allows, and what it does when Python cannot be reached."""

import re
from typing import Any

import pytest
from vba_in_python import Array, Error, Module

from xlllm.handbook import shelves
from xlllm.hosts import udfs, vba
from xlllm.hosts.vba import Connection
from xlllm.registry import FORMULAS

CONNECTION = Connection(r"C:\Users\me\py\Scripts\python.exe", r"C:\Users\me\py", "0.37.8")
TEXT = vba.module(CONNECTION)
LONGEST_LINE = 1023
MOST_ARGUMENTS = 60


class Server:
    """Answers every call with the same."""

    def __init__(self, answer: Any = 1.0) -> None:
        self.answer, self.asked = answer, []

    def CallUDF(self, module: str, name: str, given: Array) -> Any:
        self.asked.append((module, name, given.plain()))
        return self.answer


def test_text() -> None:
    assert TEXT.isascii()
    assert TEXT.startswith('Attribute VB_Name = "xlllm_udfs"\r\n')
    assert TEXT.count("\n") == TEXT.count("\r\n") > len(FORMULAS)
    assert max(map(len, TEXT.split("\r\n"))) <= LONGEST_LINE
    assert vba.module(CONNECTION) == TEXT


def test_every_function_once() -> None:
    found = re.findall(r"^Public Function (\w+)", TEXT, re.MULTILINE)
    assert found == [f.worksheet_name for formulas in shelves().values() for f in formulas]
    assert len(found) == len(FORMULAS)


def test_names_that_vba_allows() -> None:
    ours = {name.lower() for name in re.findall(r"^(?:Private|Public) (?:Function )?(\w+)", TEXT, re.MULTILINE)}
    assert {"callpython", "failure", "llm_loss"} <= ours
    for formula in FORMULAS.values():
        names = [vba.argument(p).lower() for p in formula.parameters]
        assert len(set(names)) == len(names) <= MOST_ARGUMENTS
        assert not set(names) & (vba.RESERVED | ours)
        assert all(re.fullmatch(r"[a-z]\w{0,254}", n) for n in names)
    renamed = {p.name for f in FORMULAS.values() for p in f.parameters if vba.argument(p) != p.name}
    assert renamed == {"function"}


def test_only_the_last_error_is_volatile() -> None:
    volatile = re.findall(r"Function (\w+)\([^\r]*\r\n    Application.Volatile", TEXT)
    assert volatile == ["LLM_LAST_ERROR"]
    assert TEXT.count("Volatile") == 1


def test_solvers_alone_look_for_the_wizard() -> None:
    found = re.findall(r"Function (\w+)\([^\r]*\r\n    If InWizard\(\) Then Exit Function", TEXT)
    assert set(found) == {f.worksheet_name for f in FORMULAS.values() if f.kind == "S"}


@pytest.mark.parametrize("folder", ["C:\\py", "C:\\Users\\山田 太郎\\𠮷\\py", "C:\\a & b" + "\\c" * 120])
def test_the_command_arrives_as_it_is(folder: str) -> None:
    connection = Connection(folder + "\\python.exe", folder, "0.37.8")
    started: list[str] = []

    def connect(command: str) -> Server:
        started.append(command)
        return Server()

    module = Module(vba.module(connection), connect)
    assert module("LLM_VERSION") == 1.0
    utf16 = [text.encode("utf-16", "surrogatepass").decode("utf-16") for text in (started[0], module.loaded[0])]
    assert utf16 == [connection.command, connection.dll_path(64)]


def test_errors_become_errors() -> None:
    mark = udfs.ERROR_MARK
    for name, number in vba.ERROR_NUMBERS.items():
        assert Module(TEXT, lambda _, name=name: Server(mark + name))("LLM_VERSION") == Error(number)
    assert Module(TEXT, lambda _: Server(mark + "#NEW!"))("LLM_VERSION") == Error(2015)
    for text in ("#N/A", "", "x" + mark + "#N/A"):
        assert Module(TEXT, lambda _, text=text: Server(text))("LLM_VERSION") == text


@pytest.mark.parametrize("first", [0, 1])
def test_arrays_of_any_bounds(first: int) -> None:
    grid = Array.of([[1.0, "\ue000#N/A"], ["text", True]], first)
    row = Array.of([1.0, "\ue000#N/A"], first)
    shown = [Module(TEXT, lambda _, x=x: Server(x))("LLM_VERSION") for x in (grid, row)]
    assert [x.plain() for x in shown] == [((1.0, Error(2042)), ("text", True)), (1.0, Error(2042))]
    assert [x.bounds for x in shown] == [((first, first + 1),) * 2, ((first, first + 1),)]


def test_arguments_in_their_order() -> None:
    server = Server()
    module = Module(TEXT, lambda _: server)
    for formula in FORMULAS.values():
        if formula.parameters:
            given = tuple(float(i) for i in range(len(formula.parameters)))
            assert module(formula.worksheet_name, *given) == 1.0
            assert server.asked[-1] == ("xlllm.hosts.udfs", formula.worksheet_name, given)


def test_python_that_cannot_be_reached() -> None:
    tries: list[str] = []

    def connect(command: str) -> Server:
        tries.append(command)
        if len(tries) < 2:
            raise ConnectionError("Could not create Python process.")
        return Server("from Python")

    module = Module(TEXT, connect)
    assert module("LLM_VERSION") == Error(2015)
    assert module("LLM_LAST_ERROR") == "Could not create Python process."
    assert [module("LLM_VERSION") for _ in range(1000)] == [Error(2015)] * 1000
    assert len(tries) == 1  # no cell waited for another try
    assert module("LLM_LAST_ERROR") == "Could not create Python process."
    module.clock += 11
    assert module("LLM_VERSION") == "from Python"
    assert module("LLM_LAST_ERROR") == "from Python"


def test_a_dll_that_is_gone() -> None:
    module = Module(TEXT, lambda _: Server(), loads=False)
    assert module("LLM_VERSION") == Error(2015)
    assert module("LLM_LAST_ERROR") == r"Cannot load C:\Users\me\py\xlwings64-0.37.8.dll: run xlllm install again"
