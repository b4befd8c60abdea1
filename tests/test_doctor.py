"""Every check of xlllm doctor on a computer where all is well, and on one where the thing it looks for is wrong."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner
from windows_stand_in import SECURITY, Windows

import xlllm
from xlllm import cli
from xlllm.hosts import doctor, excel
from xlllm.hosts.doctor import CLICK_TO_RUN, EXCEL_PATH, State
from xlllm.hosts.libreoffice.extension import IDENTIFIER

Change = Callable[[Windows], object]


@pytest.fixture
def machine(tmp_path: Path) -> Windows:
    """Excel and LibreOffice, both with the functions."""
    made = Windows(tmp_path)
    excel.install(made, "en")
    program = tmp_path / "LibreOffice" / "program"
    program.mkdir(parents=True)
    for name in ("soffice.exe", "python.exe", "unopkg.com"):
        (program / name).touch()
    made.programs["soffice"] = program / "soffice.exe"
    made.says = {
        "tell_version": (0, f"xlwings server running\n{xlllm.__version__}"),
        "python.exe -c": (0, "3 11"),
        "unopkg.com list --shared": (0, f"Identifier: {IDENTIFIER}"),
        "unopkg.com list": (0, "All deployed user extensions:"),
    }
    return made


def states(machine: Windows) -> dict[str, State]:
    return {v.what: v.state for v in doctor.examine(machine)}


def test_all_is_well(machine: Windows) -> None:
    found = list(doctor.examine(machine))
    assert len(found) == 13
    assert {v.state for v in found} == {State.good, State.unused}
    assert doctor.exit_code(found) == 0
    assert all(v.found for v in found)


def old_xlwings(machine: Windows) -> None:
    machine.packages["xlwings"] = "0.38.0"
    machine.files.add("xlwings64-0.38.0.dll")


def no_trust(machine: Windows) -> None:
    machine.values[(SECURITY, "AccessVBOM")] = 0
    excel.addin_file(machine).unlink()


def from_elsewhere(machine: Windows) -> None:
    machine.origins[excel.addin_file(machine)] = "[ZoneTransfer]\nZoneId=3\n"


def disabled(machine: Windows) -> None:
    machine.disabled.append(b"\x01\x00" + r"c:\...\XLLLM.xlam".lower().encode("utf-16-le"))


WRONG: list[tuple[str, Change, str]] = [  # the check, what is wrong, what its mend must say
    ("Python", lambda m: setattr(m, "version", (3, 10)), "3.11"),
    ("Python", lambda m: setattr(m, "python", r"C:\Program Files\WindowsApps\python.exe"), "python.org"),
    ("Excel", lambda m: m.values.update({(EXCEL_PATH, ""): r"C:\Program Files\WindowsApps\x\EXCEL.EXE"}), "office.com"),
    ("xlwings", lambda m: m.packages.pop("xlwings"), "pip install xlwings"),
    ("xlwings", lambda m: m.files.discard("xlwings64-0.37.8.dll"), "force-reinstall xlwings==0.37.8"),
    ("pywin32", lambda m: m.packages.pop("pywin32"), "pip install pywin32"),
    ("VBA module", lambda m: (m.folder / excel.MODULE).unlink(), "xlllm install"),
    ("VBA module", old_xlwings, "xlllm install"),
    ("VBA module", lambda m: setattr(m, "python", r"D:\other\python.exe"), "xlllm install"),
    ("VBA module", lambda m: m.packages.pop("pywin32"), "xlllm install"),
    ("VBA trust", no_trust, "Trust access to the VBA project object model"),
    ("add-in", lambda m: excel.addin_file(m).unlink(), "xlllm install"),
    ("add-in", disabled, "Disabled Items"),
    ("blocked files", from_elsewhere, "Unblock"),
    ("COM server", lambda m: m.says.update({"tell_version": (1, "ImportError: DLL load failed")}), "excel.log"),
    ("COM server", lambda m: m.says.update({"tell_version": (0, "0.0.9")}), "excel.log"),
    ("LibreOffice's Python", lambda m: m.says.update({"python.exe -c": (0, "3 8")}), "3.11"),
    ("LibreOffice's Python", lambda m: m.says.update({"python.exe -c": (1, "cannot execute")}), "python3-uno"),
    ("LibreOffice add-in", lambda m: m.says.pop("unopkg.com list --shared"), "xlllm addin libreoffice --install"),
    ("LibreOffice add-in", lambda m: m.programs["soffice"].with_name("unopkg.com").unlink(), "as a whole"),
    ("xlwings Server", lambda m: m.packages.update({"xlwings-server": "1.20.0"}), "XLWINGS_LICENSE_KEY"),
]


@pytest.mark.parametrize(("what", "change", "mend"), WRONG, ids=[f"{w}-{m}" for w, _, m in WRONG])
def test_what_is_wrong_is_found(machine: Windows, what: str, change: Change, mend: str) -> None:
    change(machine)
    found = list(doctor.examine(machine))
    verdict = next(v for v in found if v.what == what)
    assert verdict.state is State.failed
    assert mend in verdict.mend
    assert verdict.found
    assert doctor.exit_code(found) == 1


def test_every_check_is_tested_bad() -> None:
    assert {what for what, *_ in WRONG} == {
        "Python", "Excel", "xlwings", "pywin32", "VBA module", "VBA trust", "add-in", "blocked files", "COM server",
        "LibreOffice's Python", "LibreOffice add-in", "xlwings Server",
    }  # fmt: skip


def test_one_spreadsheet_is_enough(machine: Windows) -> None:
    machine.programs.clear()
    assert states(machine)["LibreOffice"] is State.missing
    assert doctor.exit_code(list(doctor.examine(machine))) == 0
    del machine.values[(EXCEL_PATH, "")]
    assert doctor.exit_code(list(doctor.examine(machine))) == 5
    assert states(machine) == {
        "Python": State.good,
        "Excel": State.missing,
        "LibreOffice": State.missing,
        "xlwings Server": State.unused,
    }


@pytest.mark.parametrize(
    ("key", "bits"),
    [((CLICK_TO_RUN, "Platform"), 32), ((r"Software\Microsoft\Office\16.0\Outlook", "Bitness"), 32), (None, 64)],
)
def test_bits_of_excel(machine: Windows, key: tuple[str, str] | None, bits: int) -> None:
    del machine.values[(CLICK_TO_RUN, "Platform")]
    if key:
        machine.values[key] = "x86"
    assert doctor.excel_bits(machine) == bits
    assert f"xlwings{bits}-" in doctor.dll(machine).found


def test_trust_is_not_needed_once_the_add_in_is_made(machine: Windows) -> None:
    machine.values[(SECURITY, "AccessVBOM")] = 0
    assert states(machine)["VBA trust"] is State.unused


def test_a_licence_key(machine: Windows) -> None:
    machine.packages["xlwings-server"] = "1.20.0"
    machine.variables["XLWINGS_LICENSE_KEY"] = "noncommercial"
    assert states(machine)["xlwings Server"] is State.good


def test_a_libreoffice_without_python_of_its_own(machine: Windows) -> None:
    machine.programs["soffice"].with_name("python.exe").unlink()
    assert states(machine)["LibreOffice's Python"] is State.failed
    machine.programs["python3"] = Path("/usr/bin/python3.11")
    machine.says["import sys, uno"] = (0, "3 13")
    assert states(machine)["LibreOffice's Python"] is State.good


def test_command(machine: Windows, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xlllm.hosts.machine.Machine", lambda: machine)
    from_elsewhere(machine)
    found = CliRunner().invoke(cli.app, ["doctor"])
    assert found.exit_code == 1
    lines = found.stdout.splitlines()
    assert [line[0] for line in lines if line[0] != " "] == list("✔✔✔✔✔✔✔✖✔✔✔✔–")
    assert any(line.startswith("  ") and "Unblock" in line for line in lines)
    asked = CliRunner().invoke(cli.app, ["doctor", "--json"])
    assert asked.exit_code == 1
    told = json.loads(asked.stdout)
    assert [set(v) for v in told] == [{"state", "what", "found", "mend"}] * 13
    assert [v["what"] for v in told if v["state"] == "failed"] == ["blocked files"]
