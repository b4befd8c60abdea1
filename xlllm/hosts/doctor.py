"""Whether the functions work in the spreadsheets of this computer, and what to do where they do not."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

import xlllm
from xlllm.errors import MissingProgramError, XlllmError
from xlllm.hosts import excel
from xlllm.hosts.machine import Machine
from xlllm.workbook import pdf

NEEDED = (3, 11)
OFFICE = r"Software\Microsoft\Office"
CLICK_TO_RUN = rf"{OFFICE}\ClickToRun\Configuration"
EXCEL_PATH = r"Software\Microsoft\Windows\CurrentVersion\App Paths\excel.exe"
FROM_STORE = "WindowsApps"
"""In the path of every program of Microsoft's Store."""
ASK_COM = "from xlllm.hosts.com import tell_version; tell_version()"
INSTALL = "xlllm install"
SPREADSHEETS = ("Excel", "LibreOffice")


class State(StrEnum):
    good = "good"
    failed = "failed"
    missing = "missing"
    """An optional program is not installed."""
    unused = "unused"
    """Does not apply: nothing to check, nothing to mend."""

    @property
    def mark(self) -> str:
        return {"good": "✔", "failed": "✖", "missing": "–", "unused": "–"}[self]


class Verdict(NamedTuple):
    """What a check found."""

    state: State
    what: str
    found: str
    mend: str = ""


Check = Callable[[Machine], Verdict]


def good(what: str, found: str) -> Verdict:
    return Verdict(State.good, what, found)


def failed(what: str, found: str, mend: str) -> Verdict:
    return Verdict(State.failed, what, found, mend)


def missing(what: str, mend: str) -> Verdict:
    return Verdict(State.missing, what, "not installed", mend)


def unused(what: str, found: str, mend: str = "") -> Verdict:
    return Verdict(State.unused, what, found, mend)


def examine(machine: Machine) -> Iterator[Verdict]:
    """All verdicts that this computer calls for."""
    yield python(machine)
    if machine.windows:
        yield office(machine)
        if machine.registry(EXCEL_PATH, ""):
            yield from (check(machine) for check in EXCEL)
    yield libreoffice(machine)
    if machine.program(*pdf.PROGRAMS):
        yield from (check(machine) for check in LIBREOFFICE)
    yield server(machine)


def exit_code(verdicts: list[Verdict]) -> int:
    """1 if a check failed, 5 if there is no spreadsheet, else 0."""
    if any(v.state is State.failed for v in verdicts):
        return 1
    spreadsheets = [v for v in verdicts if v.what in SPREADSHEETS and v.state is State.good]
    return 0 if spreadsheets else MissingProgramError.exit_code


# -- Python ------------------------------------------------------------------------------------------------------------
def python(machine: Machine) -> Verdict:
    version = ".".join(map(str, machine.version))
    found = f"{version} at {machine.python}, xlllm {xlllm.__version__}"
    if machine.version < NEEDED:
        return failed(
            "Python", found, f"install Python {'.'.join(map(str, NEEDED))} or newer from https://www.python.org"
        )
    if machine.windows and FROM_STORE in machine.python:
        mend = "Excel cannot start the Python of Microsoft's Store: install that of https://www.python.org, then xlllm"
        return failed("Python", found, mend)
    return good("Python", found)


# -- Excel on Windows --------------------------------------------------------------------------------------------------
def office(machine: Machine) -> Verdict:
    path = str(machine.registry(EXCEL_PATH, "") or "")
    if not path:
        return missing("Excel", "install Excel for Windows, or use LibreOffice: xlllm addin libreoffice --install")
    if FROM_STORE in path:
        mend = "Office of Microsoft's Store is walled off from Python: install Office from https://www.office.com"
        return failed("Excel", path, mend)
    return good("Excel", f"{excel_bits(machine)} bits, {path}")


def excel_bits(machine: Machine) -> int:
    """Of Excel itself: it loads xlwings' DLL of the same bits; Python is another process and may have other bits."""
    platform = machine.registry(CLICK_TO_RUN, "Platform")
    if platform is None:
        platform = machine.registry(rf"{OFFICE}\{excel.office_version(machine)}\Outlook", "Bitness")
    return 32 if platform == "x86" else 64


def dll(machine: Machine) -> Verdict:
    what, version = "xlwings", machine.package("xlwings")
    if version is None:
        return failed(what, "not installed", f"{machine.python} -m pip install xlwings")
    name = f"xlwings{excel_bits(machine)}-{version}.dll"
    if machine.package_file(what, name) is None:
        mend = f"{machine.python} -m pip install --force-reinstall xlwings=={version}"
        return failed(what, f"{version} without {name}", mend)
    return good(what, f"{version}, {name}")


def pywin32(machine: Machine) -> Verdict:
    version = machine.package("pywin32")
    if version is None:
        return failed("pywin32", "not installed", f"{machine.python} -m pip install pywin32")
    return good("pywin32", version)


def module(machine: Machine) -> Verdict:
    """Whether the VBA module is the one that this Python and this xlwings would get."""
    what, file = "VBA module", machine.folder / excel.MODULE
    try:
        written = file.read_bytes()
    except OSError:
        return failed(what, "not installed", INSTALL)
    from xlllm.hosts import vba  # the catalogue loads

    try:
        now = vba.module(excel.connection(machine)).encode("ascii")
    except XlllmError as error:
        return failed(what, f"{file}: {error.message}", f"mend that, then {INSTALL}")
    if written != now:
        return failed(what, f"{file} is of another Python, xlwings or xlllm than these", INSTALL)
    return good(what, str(file))


def trust(machine: Machine) -> Verdict:
    what = "VBA trust"
    if excel.trusted(machine):
        return good(what, "Excel lets programs write VBA")
    if excel.addin_file(machine).exists():
        return unused(what, "not given; it is needed only while the add-in is made")
    return failed(
        what, "not given", f"in Excel: {excel.TRUST} > Trust access to the VBA project object model; {INSTALL}"
    )


def addin(machine: Machine) -> Verdict:
    what, file = "add-in", excel.addin_file(machine)
    if not file.exists():
        return failed(what, f"{file} does not exist", INSTALL)
    disabled = rf"{OFFICE}\{excel.office_version(machine)}\Excel\Resiliency\DisabledItems"
    name = file.name.encode("utf-16-le")
    if any(isinstance(x, bytes) and name in x.lower() for x in machine.registry_values(disabled)):
        return failed(
            what, f"Excel has disabled {file}", "in Excel: File > Options > Add-ins > Manage: Disabled Items > Go"
        )
    return good(what, str(file))


def blocked(machine: Machine) -> Verdict:
    """Whether Windows takes one of our files for one of the internet."""
    what = "blocked files"
    for file in (excel.addin_file(machine), machine.folder / excel.MODULE):
        if zone := re.search(r"ZoneId=([34])", machine.origin(file)):
            mend = "in Explorer: right-click the file > Properties > Unblock"
            return failed(what, f"{file} is marked as from elsewhere (zone {zone[1]})", mend)
    return good(what, "none")


def com(machine: Machine) -> Verdict:
    """Whether Python starts as Excel starts it, and answers."""
    code, said = machine.output([machine.python, "-P", "-X", "utf8", "-c", ASK_COM])
    last = said.splitlines()[-1] if said else "nothing"
    if code or last != xlllm.__version__:
        return failed("COM server", f"says {last}", f"the reason may stand in {excel.log_file(machine)}")
    return good("COM server", f"=LLM_VERSION() is {last}")


EXCEL: tuple[Check, ...] = (dll, pywin32, module, trust, addin, blocked, com)


# -- LibreOffice -------------------------------------------------------------------------------------------------------
def libreoffice(machine: Machine) -> Verdict:
    program = machine.program(*pdf.PROGRAMS)
    if program is None:
        mend = "https://www.libreoffice.org (Debian, Ubuntu: apt install libreoffice-calc python3-uno), if you want it"
        return missing("LibreOffice", mend)
    return good("LibreOffice", str(program))


def libreoffice_python(machine: Machine) -> Verdict:
    """The Python that LibreOffice runs: its own, or on Linux that of the system."""
    what = "LibreOffice's Python"
    program = machine.program(*pdf.PROGRAMS)
    assert program
    for name in ("python.exe", "python", "../Resources/python"):
        if (own := program.parent / name).exists():
            return _libreoffice_python(machine, what, own, "import sys")
    system = machine.program("/usr/bin/python3", "python3")
    if system is None:
        return failed(what, "none", "Debian, Ubuntu: apt install python3-uno")
    return _libreoffice_python(machine, what, system, "import sys, uno")


def _libreoffice_python(machine: Machine, what: str, program: Path, imports: str) -> Verdict:
    code, said = machine.output([program, "-c", f"{imports}; print(*sys.version_info[:2])"])
    version = re.fullmatch(r"(\d+) (\d+)", said.splitlines()[-1] if said else "")
    if code or not version:
        return failed(what, f"{program} does not answer", "Debian, Ubuntu: apt install python3-uno")
    found = f"{version[1]}.{version[2]} at {program}"
    if (int(version[1]), int(version[2])) < NEEDED:
        mend = "use the LibreOffice of a Linux distribution whose Python is 3.11 or newer, such as Debian 12"
        return failed(what, found, mend)
    return good(what, found)


def libreoffice_addin(machine: Machine) -> Verdict:
    from xlllm.hosts.libreoffice.extension import AS_ROOT, IDENTIFIER

    what, program = "LibreOffice add-in", machine.program(*pdf.PROGRAMS)
    assert program
    manager = next((f for name in ("unopkg.com", "unopkg") if (f := program.parent / name).exists()), None)
    if manager is None:
        return failed(what, "unopkg is not beside LibreOffice", "install LibreOffice as a whole")
    places: tuple[tuple[str, ...], ...] = ((), ("--shared",), AS_ROOT)
    if not any(IDENTIFIER in machine.output([manager, "list", *place])[1] for place in places):
        return failed(what, "not installed", "xlllm addin libreoffice --install")
    return good(what, IDENTIFIER)


LIBREOFFICE: tuple[Check, ...] = (libreoffice_python, libreoffice_addin)


# -- xlwings Server ----------------------------------------------------------------------------------------------------
def server(machine: Machine) -> Verdict:
    what, version = "xlwings Server", machine.package("xlwings-server")
    if version is None:
        return unused(what, "not installed", "for Excel on the web and on Macs: pip install 'xlllm[server]'")
    if not machine.environment("XLWINGS_LICENSE_KEY"):
        mend = "set XLWINGS_LICENSE_KEY to your key; for noncommercial use that is the word noncommercial"
        return failed(what, f"{version} without a licence key", mend)
    return good(what, f"{version}, with a licence key")
