"""The add-in as LibreOffice loads it: finds the installed xlllm and passes every call on.

This file goes into the extension as it stands, and LibreOffice runs it when a function is first used. Its Python may be
older than xlllm allows and may lack everything that xlllm needs: then the cells say what to do.
"""

from __future__ import annotations

import json
import os
import site
import struct
import sys
from functools import lru_cache, partial
from importlib.util import find_spec
from typing import Any

import uno  # type: ignore[import-not-found]
import unohelper  # type: ignore[import-not-found]

XFunctions: Any = uno.getClass("org.xlllm.XFunctions")
XServiceInfo: Any = uno.getClass("com.sun.star.lang.XServiceInfo")
IMPLEMENTATION = "LLM"
"""In .xlsx files Calc calls a function by its implementation and method: this makes ``LLM.LOSS`` of ``LOSS``."""
NEEDED = (3, 11)
VARIABLE = "XLLLM_SITE_PACKAGES"
NO_FUNCTION = struct.unpack("<d", struct.pack("<Q", 0x7FF8 << 48 | 525))[0]
"""What Calc shows as #NAME?."""
SPOKEN = ("VERSION", "LAST_ERROR")
"""Functions that answer with a text: without xlllm they say what to do."""


class NotFound(Exception):
    """xlllm is not there for this LibreOffice; says what to do."""


def find(built: dict[str, Any]) -> None:
    """Make xlllm importable: as it is, from where the extension was built, or from where a variable says."""
    here, there = ".".join(map(str, sys.version_info[:2])), built["python"]
    if sys.version_info[:2] < NEEDED:
        raise NotFound(
            f"xlllm needs Python {NEEDED[0]}.{NEEDED[1]}, and this LibreOffice has Python {here}: "
            "use the LibreOffice of a Linux distribution such as Debian 12, Ubuntu 24.04 or Fedora"
        )
    named = os.environ.get(VARIABLE)
    for folders in ([], built["folders"] if here == there else [], [named] if named else []):
        _look_in(folders)
        found = find_spec("xlllm")
        if found and found.origin:  # an empty folder of that name has none
            return
    wrong = f"{', '.join(built['folders'])} does not hold it any more"
    if here != there:
        wrong = f"the add-in was made with Python {there}"
    raise NotFound(
        f"xlllm is not installed for LibreOffice's Python {here}: {wrong}. With Python {here} type "
        "pip install xlllm and xlllm addin libreoffice --install, then restart LibreOffice; "
        f"or set {VARIABLE} to the site-packages folder that holds xlllm"
    )


def _look_in(folders: list[str]) -> None:
    """Before other packages: a numpy of the system's may be too old."""
    before = list(sys.path)
    for folder in folders:
        site.addsitedir(folder)  # reads .pth files, which lead to an editable installation
    new = [p for p in sys.path if p not in before]
    at = next((i for i, p in enumerate(before) if p.endswith("-packages")), len(before))
    sys.path[:] = before[:at] + new + before[at:]


@lru_cache(None)
def cells() -> Any:
    """The module that answers, loaded when a function is first used; or in words why there is none."""
    with open(os.path.join(os.path.dirname(__file__), "built.json"), encoding="utf-8") as file:
        built = json.load(file)
    try:
        find(built)
        from xlllm.hosts import calls
        from xlllm.hosts.libreoffice import cells
    except NotFound as error:
        return str(error)
    except ImportError as error:
        why = " ".join(str(error).split())[:200]
        return f"xlllm is installed but does not start in LibreOffice: {why}. Type pip install --upgrade xlllm"
    calls.tell_last_error()  # an office belongs to one person
    return cells


def answer(method: str, *args: Any) -> Any:
    """Rows of cells."""
    found = cells()
    if isinstance(found, str):
        return ((found if method in SPOKEN else NO_FUNCTION,),)
    return found.answer(method, args)


class Functions(unohelper.Base, XFunctions, XServiceInfo):  # type: ignore[misc]
    """All functions: LibreOffice knows their names from the extension's declaration."""

    def __init__(self, context: Any) -> None:
        pass

    def __getattr__(self, name: str) -> Any:
        if not name.isupper():
            raise AttributeError(name)
        return partial(answer, name)

    def getImplementationName(self) -> str:
        return IMPLEMENTATION

    def supportsService(self, name: str) -> bool:
        return name == IMPLEMENTATION

    def getSupportedServiceNames(self) -> tuple[str, ...]:
        return (IMPLEMENTATION,)


g_ImplementationHelper = unohelper.ImplementationHelper()
g_ImplementationHelper.addImplementation(Functions, IMPLEMENTATION, (IMPLEMENTATION,))
