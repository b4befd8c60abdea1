"""The add-in for Excel on Windows: made on the person's own computer, removed without a trace.

Excel itself makes it, once, from the VBA module; it lies in the folder that Excel opens when it starts, which belongs
to the person. Nothing is written to the registry, and xlwings' own add-in and configuration are left alone.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from xlllm.errors import FileError, InputError, MissingProgramError
from xlllm.files import write_whole
from xlllm.hosts.machine import Machine

ADDIN = "xlllm.xlam"
MODULE = "xlllm_udfs.bas"
MANIFEST = "installed.json"
LOG = "excel.log"
OPEN_XML_ADDIN = 55
"""Excel's number for the format of .xlam files."""
OTHER_HOSTS = (
    "this works on Windows only; here use LibreOffice (xlllm addin libreoffice --install), "
    "or Excel on the web and on Macs through a server (xlllm serve) or xlwings Lite"
)
TRUST = "File > Options > Trust Center > Trust Center Settings > Macro Settings"


class Installed(NamedTuple):
    """What was done, or would be done."""

    lines: list[str]
    complete: bool
    """Whether the functions are there when Excel starts next."""


def connection(machine: Machine | None = None) -> Any:
    """How Excel on this computer reaches this Python. Raises MissingProgramError if a part is not there."""
    from xlllm.hosts.vba import Connection  # the catalogue loads

    machine = machine or Machine()
    version = machine.package("xlwings")
    for package, found in (("xlwings", version), ("pywin32", machine.package("pywin32"))):
        if found is None:
            raise MissingProgramError(f"{package} is not installed: {machine.python} -m pip install {package}")
    made = Connection(machine.python, "", str(version))
    dll = machine.package_file("xlwings", made.dll(64))
    if dll is None:
        raise MissingProgramError(
            f"{made.dll(64)} is missing: {machine.python} -m pip install --force-reinstall xlwings=={version}"
        )
    return made._replace(dll_folder=str(dll.parent))


def log_file(machine: Machine | None = None) -> Path:
    """Where the process that computes for Excel writes down what goes wrong in it."""
    return (machine or Machine()).folder / LOG


def addin_file(machine: Machine) -> Path:
    return machine.start_folder / ADDIN


def trusted(machine: Machine) -> bool:
    """Whether Excel lets programs write VBA; it does not unless the person has said so."""
    place = rf"Microsoft\Office\{office_version(machine)}\Excel\Security"
    ruled = machine.registry(rf"Software\Policies\{place}", "AccessVBOM")
    return bool(machine.registry(rf"Software\{place}", "AccessVBOM") if ruled is None else ruled)


def office_version(machine: Machine) -> str:
    """The number of Office's release, 16.0 since 2016."""
    name = machine.registry(r"Software\Classes\Excel.Application\CurVer", "") or "Excel.Application.16"
    return f"{str(name).rpartition('.')[2]}.0"


# -- install -----------------------------------------------------------------------------------------------------------
def install(machine: Machine, lang: str, *, dry_run: bool = False) -> Installed:
    """Write the VBA module and, where Excel allows it, have Excel make the add-in of it. Twice is as good as once."""
    if not machine.windows:
        raise MissingProgramError(OTHER_HOSTS)
    from xlllm.hosts import vba  # the catalogue loads

    module = vba.module(_ansi(connection(machine)))
    folder, addin = machine.folder, addin_file(machine)
    files = [folder / MODULE, addin, log_file(machine)]
    if addin.exists() and str(addin) not in _listed(folder):
        raise FileError(f"{addin} was not made by xlllm install and is kept: move it elsewhere, then run this again")
    by_hand = None if trusted(machine) else _steps(folder / MODULE, addin)
    lines = [f"{folder / MODULE}: the functions as a VBA module"]
    lines += by_hand or [f"{addin}: the add-in, which Excel makes of the module and opens when it starts"]
    if not dry_run:
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(folder / MANIFEST, _manifest(files), force=True)  # first: what stops half-way can be removed too
        write_whole(folder / MODULE, module.encode("ascii"), force=True)
        if by_hand is None:
            _make_addin(machine, folder / MODULE, addin, lang)
    return Installed(lines, by_hand is None)


def _manifest(files: Iterable[Path]) -> bytes:
    return (json.dumps({"files": list(map(str, files))}, indent=2) + "\n").encode()


def _listed(folder: Path) -> list[str]:
    """The files that an earlier install wrote."""
    try:
        found = json.loads((folder / MANIFEST).read_text("utf-8"))
        return [str(Path(f)) for f in found["files"]]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, KeyError, TypeError):
        raise FileError(f"{folder / MANIFEST} cannot be read: delete the folder {folder} and {ADDIN} by hand") from None


def _ansi(made: Any) -> Any:
    """xlwings' DLL takes the command in the code page of the machine."""
    try:
        made.command.encode("mbcs")
    except (UnicodeEncodeError, LookupError):
        if not made.command.isascii():
            raise InputError(
                f"{made.python}: xlwings cannot start Python from a folder with these characters on this computer; "
                "install Python and xlllm in another folder"
            ) from None
    return made


def _steps(module: Path, addin: Path) -> list[str]:
    """What a person does whose Excel lets no program write VBA."""
    return [
        f"Excel lets no program write VBA. Tick {TRUST} > Trust access to the VBA project object model, "
        "run xlllm install again, and untick it. Or, without that:",
        f"1. In Excel, in a new workbook, press Alt+F11; choose File > Import File… and take {module}",
        f"2. Save the workbook with File > Save As as an Excel Add-in (*.xlam): {addin}",
        "3. Restart Excel and type =LLM_VERSION() into a cell",
    ]


def _make_addin(machine: Machine, module: Path, addin: Path, lang: str) -> None:
    made = module.with_name(ADDIN)
    try:
        _ask_excel(machine, module, made, lang)
        addin.parent.mkdir(parents=True, exist_ok=True)
        os.replace(made, addin)
    except machine.com_error as error:
        raise FileError(f"Excel could not make the add-in: {error}; xlllm doctor looks for the reason") from None
    except PermissionError:
        raise FileError(f"{addin} is open: close Excel, then run this again") from None
    finally:
        made.unlink(missing_ok=True)


def _ask_excel(machine: Machine, module: Path, made: Path, lang: str) -> None:
    excel = machine.excel()
    try:
        excel.Visible = False
        excel.DisplayAlerts = False
        book = excel.Workbooks.Add()
        book.VBProject.VBComponents.Import(str(module))
        for told in macro_options(book.Name, lang):
            _explain(machine, excel, told)
        book.Title = "xlllm"
        book.SaveAs(str(made), OPEN_XML_ADDIN)
        book.Close(False)
    finally:
        excel.Quit()


class Explained(NamedTuple):
    """What the function wizard shows of a function."""

    macro: str
    description: str
    category: str
    arguments: list[str]


def macro_options(book: str, lang: str) -> Iterator[Explained]:
    """All functions of the module that is in a workbook."""
    from xlllm.handbook import shelves
    from xlllm.hosts.texts import argument_help, category, description

    for shelf, formulas in shelves().items():
        for f in formulas:
            helps = [argument_help(p, lang) for p in f.parameters]
            name = f"'{book}'!{f.worksheet_name}"
            yield Explained(name, description(f, lang), category(shelf, lang), helps)


def _explain(machine: Machine, excel: Any, told: Explained) -> None:
    """Excel's arguments by position, because a late-bound call takes no names: those between are menus and keys."""
    between = (False, None, False, None, told.category, None, None, None)
    try:
        excel.MacroOptions(told.macro, told.description, *between, told.arguments or None)
    except machine.com_error:  # it takes no more than so many texts
        with suppress(machine.com_error):
            excel.MacroOptions(told.macro, told.description, *between)


# -- uninstall ---------------------------------------------------------------------------------------------------------
def uninstall(machine: Machine, *, dry_run: bool = False) -> list[str]:
    """Remove what install wrote, and nothing else."""
    if not machine.windows:
        raise MissingProgramError(OTHER_HOSTS)
    folder = machine.folder
    listed = [Path(f) for f in _listed(folder)]
    ours = {folder / MODULE, addin_file(machine), log_file(machine)}
    there = [f for f in listed if f in ours and f.exists()]
    if not dry_run:
        for file in there:
            try:
                file.unlink()
            except PermissionError:
                raise FileError(f"{file} is open: close Excel, then run this again") from None
        if listed:
            (folder / MANIFEST).unlink()
            with suppress(OSError):  # somebody keeps something else in it
                folder.rmdir()
    return [f"{file}: removed" for file in there] or ["nothing of xlllm is installed for Excel here"]
