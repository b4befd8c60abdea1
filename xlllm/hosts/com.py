"""The process that computes for Excel on Windows: xlwings' COM server, started by the VBA module of xlllm.hosts.vba."""

from __future__ import annotations

import ctypes
import logging
import logging.handlers
from pathlib import Path
from typing import Any

from xlllm.errors import InputError, MissingProgramError
from xlllm.hosts import vba
from xlllm.lazy import Lazy
from xlllm.values import CELL_ERRORS

xlwings = Lazy("xlwings")
windows = Lazy("xlwings._xlwindows")

ERROR_CODE = -2_146_828_288
"""How COM hands over CVErr(0); the other errors follow it."""


def serve(clsid: str) -> None:
    """Answer Excel's calls until it ends."""
    from xlllm.hosts import excel, udfs  # noqa: F401 (before Excel asks for the first cell)

    keep_log(excel.log_file())
    know_cell_errors()
    xlwings.serve(clsid)


def know_cell_errors() -> None:
    """Teach xlwings the errors of cells that came after it, and what VBA cannot hand over."""
    areas = InputError("a range of several areas has no value: give one rectangle of cells")
    known: dict[int, object] = {vba.SEVERAL_AREAS: areas}
    known |= {n: name if name in CELL_ERRORS else "#VALUE!" for name, n in vba.ERROR_NUMBERS.items()}
    windows.cell_errors.update({ERROR_CODE + n: meaning for n, meaning in known.items()})


def keep_log(file: Path) -> None:
    """Nobody sees what the process prints: what goes wrong in it is written down."""
    file.parent.mkdir(parents=True, exist_ok=True)
    handler = logging.handlers.RotatingFileHandler(
        file, maxBytes=1_000_000, backupCount=1, encoding="utf-8", delay=True
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING, format="%(asctime)s %(name)s %(message)s")


# -- what our VBA does in Excel, without Excel -------------------------------------------------------------------------
class Variant(ctypes.Structure):
    """A value as COM carries it."""

    _fields_ = (("type", ctypes.c_ushort), ("reserved", ctypes.c_ushort * 3), ("value", ctypes.c_void_p * 2))


class Dll:
    """xlwings' DLL, which starts Python and finds its COM server."""

    def __init__(self, connection: vba.Connection) -> None:
        bits = 8 * ctypes.sizeof(ctypes.c_void_p)
        self.command = connection.command.encode("mbcs")
        self.activate = ctypes.WinDLL(connection.dll_path(bits)).XLPyDLLActivateAuto  # type: ignore[attr-defined]

    def server(self) -> Any:
        """The server; it is started if it does not run. Raises MissingProgramError with what the DLL says."""
        import pythoncom  # type: ignore[import-untyped]
        import win32com.client.dynamic  # type: ignore[import-untyped]

        found = Variant()
        if self.activate(ctypes.byref(found), ctypes.c_char_p(self.command), ctypes.c_long(1)):
            raise MissingProgramError(ctypes.wstring_at(found.value[0] or 0))
        return win32com.client.dynamic.Dispatch(pythoncom.ObjectFromAddress(found.value[0], pythoncom.IID_IDispatch))

    def end(self) -> None:
        """End the process."""
        self.activate(ctypes.byref(Variant()), ctypes.c_char_p(self.command), ctypes.c_long(-1))


def tell_version() -> None:
    """Print what Excel would show for ``=LLM_VERSION()``."""
    import pythoncom

    from xlllm.hosts import excel

    pythoncom.CoInitialize()
    dll = Dll(excel.connection())
    try:
        print(dll.server().CallUDF("xlllm.hosts.udfs", "LLM_VERSION", []))
    finally:
        dll.end()
