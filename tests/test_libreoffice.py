"""The add-in for LibreOffice Calc, as far as it can be seen without LibreOffice: check_addin.py runs it there."""

import ast
import io
import json
import math
import os
import re
import struct
import subprocess
import sys
import tomllib
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from samples import arguments, same

import xlllm
from xlllm import cli, locale
from xlllm.errors import FileError, MissingProgramError
from xlllm.hosts import calls
from xlllm.hosts.libreoffice import cells, extension, interface
from xlllm.hosts.texts import LONGEST_HELP, argument_help, description
from xlllm.registry import FORMULAS

OXT = zipfile.ZipFile(io.BytesIO(extension.extension()))
OOR = "{http://openoffice.org/2001/registry}"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"
COMPONENT = Path(extension.__file__).with_name("component.py")
MANIFEST = "{http://openoffice.org/2001/manifest}"


# ---- the file --------------------------------------------------------------------------------------------------
def test_the_extension_holds_what_libreoffice_needs() -> None:
    assert OXT.testzip() is None
    assert OXT.namelist() == [
        "META-INF/manifest.xml",
        "description.xml",
        "CalcAddIns.xcu",
        "xlllm.components",
        "xlllm.rdb",
        "component.py",
        "built.json",
    ]
    listed = ET.fromstring(OXT.read("META-INF/manifest.xml")).findall(f"{MANIFEST}file-entry")
    assert {x.attrib[f"{MANIFEST}full-path"] for x in listed} == {"CalcAddIns.xcu", "xlllm.components", "xlllm.rdb"}
    assert OXT.read("component.py") == COMPONENT.read_bytes()
    assert OXT.read("xlllm.rdb") == interface.RDB.read_bytes()


def test_the_same_bytes_every_time() -> None:
    assert extension.extension() == extension.extension()
    assert {x.date_time for x in OXT.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_it_names_itself() -> None:
    described = ET.fromstring(OXT.read("description.xml"))
    space = "{http://openoffice.org/extensions/description/2006}"
    assert described.find(f"{space}identifier").attrib == {"value": extension.IDENTIFIER}  # type: ignore[union-attr]
    assert described.find(f"{space}version").attrib == {"value": xlllm.__version__}  # type: ignore[union-attr]
    registered = ET.fromstring(OXT.read("xlllm.components"))
    assert [x.attrib["name"] for x in registered.iter() if "name" in x.attrib] == ["LLM", "LLM"]


def test_it_knows_where_it_was_made() -> None:
    built = json.loads(OXT.read("built.json"))
    assert built["python"] == ".".join(map(str, sys.version_info[:2]))
    assert any(Path(folder, "numpy").is_dir() for folder in built["folders"])


# ---- the declaration -------------------------------------------------------------------------------------------
class Rdb:
    """Reads the binary form of one interface: https://docs.libreoffice.org/unoidl.html tells its layout."""

    TEXT_ELSEWHERE = 0x8000_0000

    def __init__(self, data: bytes) -> None:
        self.data = data
        assert data[:8] == b"UNOIDL\xff\0"

    def number(self, at: int) -> int:
        return int(struct.unpack_from("<I", self.data, at)[0])

    def name(self, at: int) -> str:
        return self.data[at : self.data.index(b"\0", at)].decode()

    def entries(self, at: int, count: int) -> dict[str, int]:
        return {self.name(self.number(at + 8 * i)): self.number(at + 8 * i + 4) for i in range(count)}

    def module(self, at: int) -> dict[str, int]:
        assert self.data[at] == 0
        return self.entries(at + 5, self.number(at + 1))

    def text(self) -> str:
        length = self.take()
        if length & self.TEXT_ELSEWHERE:
            back, self.at = self.at, length & ~self.TEXT_ELSEWHERE
            found, self.at = self.text(), back
            return found
        self.at += length
        return self.data[self.at - length : self.at].decode()

    def take(self) -> int:
        self.at += 4
        return self.number(self.at - 4)

    def methods(self, at: int) -> Iterator[tuple[str, str, list[tuple[str, str]]]]:
        """Name, type of the answer, and names and types of the arguments."""
        self.at = at + 1
        for _ in range(self.take()):  # what it inherits
            self.text()
        assert (self.take(), self.take()) == (0, 0)  # optional bases, attributes
        for _ in range(self.take()):
            name, answer, taken = self.text(), self.text(), []
            for _ in range(self.take()):
                self.at += 1  # its direction
                taken.append((self.text(), self.text()))
            assert self.take() == 0  # exceptions
            yield name, answer, taken


def test_the_committed_declaration_is_that_of_the_registry() -> None:
    rdb = Rdb(interface.RDB.read_bytes())
    org = rdb.entries(rdb.number(8), rdb.number(12))
    found = rdb.methods(rdb.module(rdb.module(org["org"])["xlllm"])["XFunctions"])
    wanted = [(f.name.upper(), "[][]any", [(p.name.upper(), "any") for p in f.parameters]) for f in FORMULAS.values()]
    again = "run python -m xlllm.hosts.libreoffice.interface, which needs LibreOffice's SDK, and commit xlllm.rdb"
    assert sorted(found) == sorted(wanted), again


def test_names_are_those_that_the_type_system_takes() -> None:
    """Capitals, digits and single underscores between them."""
    names = {x for f in FORMULAS.values() for x in (f.name, *(p.name for p in f.parameters))}
    assert not [x for x in names if not re.fullmatch(r"[A-Z](_?[A-Z0-9])*", x.upper())]
    assert interface.idl().count("[in] any ") == sum(len(f.parameters) for f in FORMULAS.values())


def test_without_the_sdk_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingProgramError, match="apt install libreoffice-dev"):
        interface.rdb()


# ---- what the function wizard shows ----------------------------------------------------------------------------
def child(node: ET.Element, name: str) -> ET.Element:
    (found,) = [x for x in node if x.attrib[f"{OOR}name"] == name]
    return found


def texts(node: ET.Element, name: str) -> dict[str, str]:
    return {x.attrib.get(LANG, ""): x.text or "" for x in child(node, name)}


FUNCTIONS = {
    x.attrib[f"{OOR}name"]: x
    for x in child(child(child(ET.fromstring(OXT.read("CalcAddIns.xcu")), "AddInInfo"), "LLM"), "AddInFunctions")
}


def test_every_function_has_help() -> None:
    assert list(FUNCTIONS) == [f.name.upper() for f in FORMULAS.values()]


@pytest.mark.parametrize("name", FORMULAS)
def test_help_in_english_and_japanese(name: str) -> None:
    f, node = FORMULAS[name], FUNCTIONS[name.upper()]
    spelled = f"LLM.{name.upper()}"
    assert texts(node, "DisplayName") == {"en": spelled, "ja": spelled}
    assert texts(node, "Description") == {lang: description(f, lang) for lang in ("en", "ja")}
    parameters = list(child(node, "Parameters"))
    assert [x.attrib[f"{OOR}name"] for x in parameters] == [p.name.upper() for p in f.parameters]
    for p, parameter in zip(f.parameters, parameters, strict=True):
        label = locale.record(p.name, "label", "ja") if p.record else locale.text(p.quantity, "label", "ja")
        assert texts(parameter, "DisplayName") == {"en": p.name, "ja": label}
        assert texts(parameter, "Description") == {lang: argument_help(p, lang) for lang in ("en", "ja")}
    told = [x.text or "" for x in node.iter("value")]
    assert all(0 < len(x) <= LONGEST_HELP for x in told)
    for lang in ("en", "ja"):
        labels = [texts(x, "DisplayName")[lang] for x in parameters]
        assert len(set(labels)) == len(labels)


# ---- what cells hand over and show -----------------------------------------------------------------------------
def code(x: Any) -> int:
    """The error of a cell's number."""
    assert math.isnan(x)
    return int(struct.unpack("<Q", struct.pack("<d", x))[0] & 0xFFFF_FFFF)


@pytest.mark.parametrize("name", FORMULAS)
def test_every_function_answers_in_rows_of_numbers_and_texts(name: str) -> None:
    given = [(tuple(x),) if isinstance(x, list) else x for x in arguments(FORMULAS[name])]
    found = cells.answer(name.upper(), given)
    expected = calls.rows(calls.answer(f"LLM_{name}", given))
    assert isinstance(found, tuple)
    assert {type(row) for row in found} == {tuple}
    assert {type(x) for row in found for x in row} <= {float, str}
    if name != "last_error":
        assert same(
            np.array(found, dtype=object),
            np.array([[float(x) if isinstance(x, bool) else x for x in row] for row in expected], dtype=object),
        )


def test_true_is_1() -> None:
    """Calc would show Python's True as 0."""
    assert FORMULAS["may_emerge"](65.2e9, 1e12) is True
    assert cells.answer("MAY_EMERGE", [65.2e9, 1e12]) == ((1.0,),)


@pytest.mark.parametrize(
    ("method", "args", "error"),
    [
        ("LOSS", ["x", 1.4e12], 519),
        ("LOSS", [None, 1.4e12], 519),
        ("LOSS", [-1.0, 1.4e12], 503),
        ("GPU", ["H101", "watts"], 32767),
        ("LOSS", ["#REF!", 1.4e12], 524),
        ("LOSS", ["#DIV/0!", 1.4e12], 532),
        ("LOSS", ["#NULL!", 1.4e12], 521),
        ("LOS", [70e9, 1.4e12], 525),
    ],
)
def test_errors_are_numbers_that_calc_shows_as_errors(method: str, args: list[Any], error: int) -> None:
    ((found,),) = cells.answer(method, args)
    assert code(found) == error


def test_each_cell_of_an_answer_has_its_own_error() -> None:
    (good,), (text,), (blank,), (small,) = cells.answer("LOSS", [((70e9,), ("x",), ("",), (-1.0,)), 1.4e12])
    assert good == xlllm.loss(70e9, 1.4e12)
    assert [code(text), code(blank), code(small)] == [519, 519, 503]


def test_what_is_left_out_takes_its_default() -> None:
    assert cells.answer("TRAIN_USD", [10.0, 4.0, None, 5.0]) == ((45.0,),)
    assert cells.answer("LOSS", [70e9, 1.4e12, None]) == ((xlllm.loss(70e9, 1.4e12),),)


# ---- the component in a Python of its own ----------------------------------------------------------------------
STAND_INS = {
    "uno.py": "def getClass(name): return type(name, (), {})",
    "unohelper.py": "class Base: pass\nclass ImplementationHelper:\n    def addImplementation(self, *_): pass",
}
SITE = next(p for p in sys.path if Path(p, "numpy").is_dir())


@pytest.fixture
def office(tmp_path: Path) -> Callable[..., list[Any]]:
    """Runs lines after the component has been loaded where, as in LibreOffice, nothing is installed."""

    def run(*lines: str, before: str = "", **built: Any) -> list[Any]:
        here = {"python": ".".join(map(str, sys.version_info[:2])), "folders": []}
        for name, text in {**STAND_INS, "built.json": json.dumps(here | built)}.items():
            (tmp_path / name).write_text(text, "utf-8")
        (tmp_path / "component.py").write_bytes(COMPONENT.read_bytes())
        shown = [f"print(json.dumps(list({line})))" for line in lines]
        start = [f"import json, sys; sys.path.insert(0, {str(tmp_path)!r})", before, "import component"]
        command = [sys.executable, "-I", "-S", "-c", "\n".join([*start, "f = component.Functions(None)", *shown])]
        done = subprocess.run(command, capture_output=True, text=True, env=dict(os.environ))
        assert not done.returncode, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    return run


def test_it_finds_xlllm_where_it_was_made(office: Callable[..., list[Any]]) -> None:
    lines = ("f.VERSION()", "f.TRAIN_FLOPS(70e9, 1.4e12)", "f.LOSS(((70e9,), (140e9,)), 1.4e12, None)")
    version, flops, losses = office(*lines, folders=[SITE])
    assert version == [[xlllm.__version__]]
    assert flops == [[5.88e23]]
    assert losses == [[xlllm.loss(n, 1.4e12)] for n in (70e9, 140e9)]


def test_it_finds_xlllm_where_a_variable_says(
    office: Callable[..., list[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XLLLM_SITE_PACKAGES", SITE)
    assert office("f.VERSION()", python="3.99", folders=["/nowhere"]) == [[[xlllm.__version__]]]


def test_it_tells_the_last_error(office: Callable[..., list[Any]]) -> None:
    before, _, after = office("f.LAST_ERROR()", "f.GPU_HOURS(1e20, 312e12, 40.0)", "f.LAST_ERROR()", folders=[SITE])
    assert before == [["there was no error yet"]]
    assert after == [["LLM.GPU_HOURS: mfu must be a share of 1 above 0: got 40; write 0.4 or 40%"]]


def test_loading_it_loads_nothing_heavy(office: Callable[..., list[Any]]) -> None:
    loaded = "[m for m in ('xlllm', 'numpy') if m in sys.modules]"
    assert office(loaded, "f.VERSION()", loaded, folders=[SITE]) == [[], [[xlllm.__version__]], ["xlllm", "numpy"]]


@pytest.mark.parametrize(
    ("built", "before", "words"),
    [
        ({"python": "3.99"}, "", "the add-in was made with Python 3.99"),
        ({"folders": ["/nowhere"]}, "", "/nowhere does not hold it any more"),
        ({"folders": [SITE]}, "sys.version_info = (3, 9, 1)", "needs Python 3.11, and this LibreOffice has Python 3.9"),
        ({"folders": [SITE]}, "sys.modules['numpy'] = None", "installed but does not start in LibreOffice"),
    ],
)
def test_without_xlllm_it_says_what_to_do(
    built: dict[str, Any], before: str, words: str, office: Callable[..., list[Any]]
) -> None:
    shown = "component.struct.pack('>d', *f.LOSS(70e9, 1.4e12, None)[0])"
    version, told, number = office("f.VERSION()", "f.LAST_ERROR()", shown, before=before, **built)
    assert version == told
    assert words in version[0][0]
    assert re.search("type pip install|Type pip install|use the LibreOffice of", version[0][0])
    assert number == [0x7F, 0xF8, 0, 0, *(525).to_bytes(4)]


def test_an_empty_folder_of_that_name_is_not_xlllm(office: Callable[..., list[Any]], tmp_path: Path) -> None:
    (tmp_path / "xlllm").mkdir()
    assert office("f.VERSION()", folders=[SITE]) == [[[xlllm.__version__]]]


def test_an_older_python_can_read_it() -> None:
    """LibreOffice's own Python was 3.8 for years."""
    ast.parse(COMPONENT.read_text("utf-8"), feature_version=(3, 8))
    project = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["requires-python"] == ">=3.11"
    assert "NEEDED = (3, 11)" in COMPONENT.read_text("utf-8")


# ---- unopkg ----------------------------------------------------------------------------------------------------
@pytest.fixture
def unopkg(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Stands for LibreOffice's extension manager: writes down what it is asked, says what it is told to."""

    def stand_in(says: str = "", status: int = 0) -> Path:
        asked = tmp_path / "asked"
        program = tmp_path / "unopkg"
        program.write_text(f'#!/bin/sh\necho "$@" >>{asked}\necho "{says}"\nexit {status}\n', "utf-8")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
        return asked

    return stand_in


def test_install_replaces(unopkg: Callable[..., Path]) -> None:
    asked = unopkg()
    extension.install(b"oxt")
    task, *options, file = asked.read_text("utf-8").split()
    assert task == "add"
    assert options[-2:] == ["--force", "--suppress-license"]
    assert file.endswith("xlllm.oxt")
    assert not Path(file).exists()


@pytest.mark.parametrize(("user", "options"), [(0, ["--bundled", "--deployment-context", "user"]), (1000, [])])
def test_root_installs_for_itself(
    user: int, options: list[str], unopkg: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = unopkg(extension.IDENTIFIER)
    monkeypatch.setattr(os, "geteuid", lambda: user)
    extension.remove()
    assert [line.split() for line in asked.read_text("utf-8").splitlines()] == [
        ["list", *options],
        ["remove", *options, extension.IDENTIFIER],
    ]


def test_what_unopkg_refuses_is_told(unopkg: Callable[..., Path]) -> None:
    unopkg("The lock file says no", 1)
    with pytest.raises(FileError, match=r"close LibreOffice and try again\. It said: The lock file says no"):
        extension.install(b"oxt")


def test_nothing_to_remove(unopkg: Callable[..., Path]) -> None:
    unopkg("All deployed user extensions: none")
    with pytest.raises(FileError, match="not installed"):
        extension.remove()


def test_without_unopkg_it_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingProgramError, match="needs unopkg, a part of LibreOffice"):
        extension.install(b"oxt")


# ---- the command -----------------------------------------------------------------------------------------------
@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Any:
    """``xlllm addin libreoffice`` with options, in a folder of its own: exit code and what it says."""
    monkeypatch.chdir(tmp_path)

    def run(*options: str) -> tuple[Any, str]:
        monkeypatch.setattr(sys, "argv", ["xlllm", "addin", "libreoffice", *options])
        with pytest.raises(SystemExit) as end:
            cli.main()
        return end.value.code or 0, " ".join(capsys.readouterr().err.split())

    return run


def test_the_command_makes_the_file_and_keeps_one_that_is_there(command: Any, tmp_path: Path) -> None:
    status, said = command("-o", "xlllm.oxt")
    assert (status, said) == (0, "xlllm.oxt: open it with LibreOffice, then type =LLM.VERSION() into a cell.")
    assert (tmp_path / "xlllm.oxt").read_bytes() == extension.extension()
    (tmp_path / "xlllm.oxt").write_text("mine", "utf-8")
    status, said = command("-o", "xlllm.oxt")
    assert status == 2
    assert "xlllm.oxt exists and is kept" in said
    assert (tmp_path / "xlllm.oxt").read_text("utf-8") == "mine"
    assert command("-o", "xlllm.oxt", "--force")[0] == 0
    assert (tmp_path / "xlllm.oxt").read_bytes() == extension.extension()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ([], "give -o FILE.oxt to make the add-in"),
        (["--remove", "--install"], "or --remove alone"),
        (["--remove", "-o", "xlllm.oxt"], "or --remove alone"),
        (["-o", "xlllm.zip"], "the name must end in .oxt"),
        (["-o", "nowhere/xlllm.oxt"], "the folder nowhere does not exist"),
    ],
)
def test_what_the_command_refuses(options: list[str], words: str, command: Any) -> None:
    status, said = command(*options)
    assert status == 2
    assert words in said


def test_the_command_installs_and_removes(command: Any, unopkg: Callable[..., Path], tmp_path: Path) -> None:
    asked = unopkg(extension.IDENTIFIER)
    assert command("--install") == (
        0,
        "The add-in is installed: restart LibreOffice and type =LLM.VERSION() into a cell.",
    )
    assert command("--remove") == (0, "The add-in is removed; restart LibreOffice.")
    assert [line.split()[0] for line in asked.read_text("utf-8").splitlines()] == ["add", "list", "remove"]
    assert command("--install", "-o", "xlllm.oxt")[0] == 0
    assert (tmp_path / "xlllm.oxt").exists()


def test_the_command_without_unopkg(command: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    status, said = command("--install")
    assert status == 5
    assert "apt install libreoffice-calc python3-uno" in said
