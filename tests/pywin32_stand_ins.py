"""Stands in for pywin32 on Linux, so that xlwings takes the machine for Windows and its COM path runs: decorators,
conversions, CallUDF. Only for a process of its own, because xlwings is another one afterwards.

What COM does to values on their way is in ``carried``; nothing of Excel is here.
"""

import asyncio
import ctypes
import sys
import threading
from types import ModuleType
from typing import Any
from unittest.mock import MagicMock, patch

import xlllm.catalog.lookups  # noqa: F401 (whatever it needs is imported while this is still Linux)

MISSING = -2_147_352_572
"""An argument left out, as COM hands it over."""
ERROR_CODE = -2_146_828_288
"""CVErr(0), as COM hands it over."""


class ComError(Exception):
    """pywintypes.com_error"""


def install() -> None:
    """Import xlwings and the worksheet functions as on Windows."""
    assert "xlwings" not in sys.modules, "xlwings is imported already, as on Linux: use a process of its own"
    classes = {name: type(name, (), {}) for name in ("CDispatch", "CoClassBaseClass", "DispatchBaseClass")}
    for name in ("oledll", "windll", "WinDLL"):
        setattr(ctypes, name, MagicMock())
    ctypes.WINFUNCTYPE = ctypes.CFUNCTYPE  # type: ignore[attr-defined]
    nothing: Any = lambda *args, **options: None  # noqa: E731
    itself: Any = lambda x, *args, **options: x  # noqa: E731
    _module(
        "pythoncom",
        __file__="",
        CoInitialize=nothing,
        CoUninitialize=nothing,
        IID_IDispatch=0,
        TypeIIDs=[type("PyIDispatch", (), {})],
        com_error=ComError,
    )
    _module("pywintypes", com_error=ComError, IID=itself, TimeType=type("TimeType", (), {}))
    for name in ("win32api", "win32con", "win32event", "win32gui", "win32process", "win32timezone"):
        _module(name)
    _module("win32com.client", Dispatch=itself, DispatchEx=itself, **classes)
    _module("win32com.client.dynamic", **classes)
    _module("win32com.server.util", wrap=itself, unwrap=itself)
    for name in ("policy", "dispatcher"):
        _module(f"win32com.server.{name}")
    sys.modules |= {"pandas": None, "polars": None}  # xlwings imports them where they are; xlllm brings none along
    with patch.object(sys, "platform", "win32"), patch.object(ctypes, "PyDLL", MagicMock()):
        import xlllm.hosts.udfs  # noqa: F401
    from xlllm.hosts import com

    com.know_cell_errors()


def _module(name: str, **content: Any) -> None:
    """A module, with the packages that it is in."""
    above, _, last = name.rpartition(".")
    if above and above not in sys.modules:
        _module(above)
    sys.modules[name] = module = ModuleType(name)
    module.__dict__.update(content)
    if above:
        setattr(sys.modules[above], last, module)


def server() -> Any:
    """xlwings' COM server, without COM."""
    from xlwings import com_server

    def run() -> None:
        asyncio.set_event_loop(com_server.loop)
        com_server.loop.run_forever()

    if not com_server.loop.is_running():
        threading.Thread(target=run, daemon=True).start()
    return com_server.XLPython()


def carried(answer: Any) -> Any:
    """An answer as COM carries it: rows as tuples; only what a VARIANT can hold."""
    if isinstance(answer, (list, tuple)):
        return tuple(map(carried, answer))
    assert type(answer) in (float, int, bool, str, type(None)), f"COM does not carry {type(answer)}"
    return answer
