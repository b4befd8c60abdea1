"""Installing for Excel on Windows and removing again, on a computer that is told: files are real, Excel is not."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner
from windows_stand_in import SECURITY, Excel, Windows

from xlllm import cli
from xlllm.errors import FileError, InputError, MissingProgramError
from xlllm.hosts import excel, vba
from xlllm.hosts.machine import Machine
from xlllm.registry import FORMULAS


@pytest.fixture
def machine(tmp_path: Path) -> Windows:
    return Windows(tmp_path)


def files(machine: Windows) -> set[str]:
    return {str(f.relative_to(machine.home)) for f in machine.home.rglob("*") if f.is_file()}


OURS = {"xlllm/installed.json", "xlllm/xlllm_udfs.bas", "Microsoft/Excel/XLSTART/xlllm.xlam"}


def test_install(machine: Windows) -> None:
    done = excel.install(machine, "en")
    assert done.complete
    assert files(machine) == OURS
    module = (machine.folder / "xlllm_udfs.bas").read_bytes()
    assert module == vba.module(excel.connection(machine)).encode()
    assert machine.application.imported == module
    assert excel.addin_file(machine).read_bytes() == b"add-in of " + module
    assert machine.application.quits == 1
    assert str(excel.addin_file(machine)) in done.lines[-1]


def test_twice_is_as_good_as_once(machine: Windows) -> None:
    first, second = excel.install(machine, "en"), excel.install(machine, "en")
    assert (first, files(machine)) == (second, OURS)
    excel.uninstall(machine)
    assert files(machine) == set()


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_the_wizard_is_told_of_every_function(machine: Windows, lang: str) -> None:
    excel.install(machine, lang)
    told = {args[0]: args for args in machine.application.told}
    assert set(told) == {f"'Book1'!{f.worksheet_name}" for f in FORMULAS.values()}
    for formula in FORMULAS.values():
        macro, description, *menus, helps = told[f"'Book1'!{formula.worksheet_name}"]
        assert macro.isascii()
        assert menus[:4] == [False, None, False, None]
        assert menus[4].startswith("xlllm ")
        assert menus[5:] == [None, None, None]
        assert len(helps or []) == len(formula.parameters)
        assert all(0 < len(text) <= 255 for text in [description, *(helps or [])])
        assert description.isascii() < (lang == "ja") or lang == "en"


def test_a_function_with_too_many_texts_keeps_its_description(machine: Windows) -> None:
    machine.application = Excel(refuses="texts")
    excel.install(machine, "en")
    told = [args for args in machine.application.told if args[0] == "'Book1'!LLM_LOSS"]
    assert [len(args) for args in told] == [10]
    assert len(machine.application.told) == len(FORMULAS)


def test_without_trust_it_says_what_to_do_by_hand(machine: Windows) -> None:
    machine.values[(SECURITY, "AccessVBOM")] = 0
    done = excel.install(machine, "en")
    assert not done.complete
    assert files(machine) == OURS - {"Microsoft/Excel/XLSTART/xlllm.xlam"}
    assert machine.application.quits == 0
    said = "\n".join(done.lines)
    for needed in ("Trust access to the VBA project object model", "Import File", "xlllm_udfs.bas", "xlllm.xlam"):
        assert needed in said


def test_a_policy_overrules_the_person(machine: Windows) -> None:
    machine.values[(SECURITY.replace("Software", r"Software\Policies", 1), "AccessVBOM")] = 0
    assert not excel.trusted(machine)


def test_dry_run_writes_nothing(machine: Windows) -> None:
    assert excel.install(machine, "en", dry_run=True).lines == excel.install(machine, "en").lines
    before = files(machine)
    assert len(excel.uninstall(machine, dry_run=True)) == 2
    assert files(machine) == before
    machine.home /= "other"
    excel.install(machine, "en", dry_run=True)
    assert not machine.home.exists()


def test_uninstall_removes_exactly_what_install_wrote(machine: Windows) -> None:
    others = [machine.folder / "mine.txt", machine.start_folder / "xlwings.xlam", machine.home / ".xlwings"]
    for other in others:
        other.parent.mkdir(parents=True, exist_ok=True)
        other.write_text("mine")
    excel.install(machine, "en")
    excel.log_file(machine).write_text("written later by the server")
    removed = excel.uninstall(machine)
    assert len(removed) == 3
    assert sorted(f for f in machine.home.rglob("*") if f.is_file()) == sorted(others)
    assert excel.uninstall(machine) == ["nothing of xlllm is installed for Excel here"]


def test_a_list_that_names_other_files_removes_none_of_them(machine: Windows) -> None:
    excel.install(machine, "en")
    other = machine.home / "thesis.docx"
    other.write_text("mine")
    manifest = machine.folder / "installed.json"
    manifest.write_text(json.dumps({"files": [str(other), str(excel.addin_file(machine))]}))
    excel.uninstall(machine)
    assert other.exists()
    assert not excel.addin_file(machine).exists()


def test_a_list_that_cannot_be_read(machine: Windows) -> None:
    excel.install(machine, "en")
    (machine.folder / "installed.json").write_text("{")
    with pytest.raises(FileError, match="by hand"):
        excel.uninstall(machine)


def test_an_add_in_that_is_not_ours_is_kept(machine: Windows) -> None:
    addin = excel.addin_file(machine)
    addin.parent.mkdir(parents=True)
    addin.write_text("somebody else's")
    with pytest.raises(FileError, match="is kept"):
        excel.install(machine, "en")
    assert files(machine) == {"Microsoft/Excel/XLSTART/xlllm.xlam"}
    excel.uninstall(machine)
    assert addin.read_text() == "somebody else's"


def test_an_excel_that_refuses(machine: Windows) -> None:
    machine.application = Excel(refuses="Import")
    with pytest.raises(FileError, match=r"not trusted.*xlllm doctor"):
        excel.install(machine, "en")
    assert machine.application.quits == 1
    excel.uninstall(machine)
    assert files(machine) == set()


@pytest.mark.parametrize("step", ["replace", "unlink"])
def test_an_add_in_that_is_open(machine: Windows, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    excel.install(machine, "en")

    def locked(*args: Any, **options: Any) -> None:
        raise PermissionError(13, "used by another process")

    with monkeypatch.context() as patch:
        if step == "replace":
            patch.setattr(excel.os, "replace", locked)
            patch.setattr(excel, "write_whole", lambda *args, **options: None)
        else:
            patch.setattr(Path, "unlink", locked)
        with pytest.raises(FileError, match="close Excel"):
            excel.install(machine, "en") if step == "replace" else excel.uninstall(machine)
    excel.uninstall(machine)
    assert files(machine) == set()


def test_parts_that_are_missing(machine: Windows) -> None:
    for package in ("xlwings", "pywin32"):
        version = machine.packages.pop(package)
        with pytest.raises(MissingProgramError, match=f"pip install {package}"):
            excel.install(machine, "en")
        machine.packages[package] = version
    machine.files.clear()
    with pytest.raises(MissingProgramError, match=r"force-reinstall xlwings==0\.37\.8"):
        excel.install(machine, "en")
    assert files(machine) == set()


def test_a_folder_that_the_dll_cannot_reach(machine: Windows) -> None:
    machine.python = "C:\\Users\\山田\\python.exe"
    with pytest.raises(InputError, match="another folder"):
        excel.install(machine, "en")


@pytest.mark.parametrize("command", ["install", "uninstall"])
def test_on_other_systems(command: str) -> None:
    assert sys.platform != "win32"
    found = CliRunner().invoke(cli.app, [command])
    assert isinstance(found.exception, MissingProgramError)
    assert found.exception.exit_code == 5
    assert "xlllm addin libreoffice" in found.exception.message


def test_commands(machine: Windows, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xlllm.hosts.machine.Machine", lambda: machine)
    run = CliRunner().invoke
    found = run(cli.app, ["install", "--dry-run"])
    assert (found.exit_code, files(machine)) == (0, set())
    assert "Nothing was changed." in found.stderr
    found = run(cli.app, ["install", "--lang", "ja"])
    assert found.exit_code == 0
    assert "=LLM_VERSION()" in found.stderr
    assert any(not args[1].isascii() for args in machine.application.told)
    found = run(cli.app, ["uninstall"])
    assert (found.exit_code, files(machine)) == (0, set())
    machine.values[(SECURITY, "AccessVBOM")] = 0
    found = run(cli.app, ["install"])
    assert found.exit_code == 1
    assert "Trust Center" in found.stderr


def test_this_machine() -> None:
    machine = Machine()
    assert machine.package("xlwings")
    assert machine.package("no-such-package") is None
    assert machine.program("no-such-program", "sh") is not None
    assert machine.output([machine.python, "-c", "print(7)"]) == (0, "7")
    assert machine.output([machine.python, "-c", "import time; time.sleep(9)"], seconds=0.2)[0] == 1
    assert machine.output(["/no/such/program"])[0] == 1
    assert machine.origin(Path(__file__)) == ""
    metadata = machine.package_file("xlwings", "METADATA")
    assert metadata is not None
    assert metadata.is_file()
