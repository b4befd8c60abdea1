"""The functions as LibreOffice's type system declares them.

``xlllm.rdb``, which stands beside this module, is that declaration in binary form. After a function or an argument has
been added or renamed, ``python -m xlllm.hosts.libreoffice.interface`` makes it again. That needs LibreOffice's SDK
(Debian: ``apt install libreoffice-dev``) and comes to::

    unoidl-write program/types.rdb program/types/offapi.rdb xlllm.idl xlllm.rdb
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import xlllm.catalog.lookups  # noqa: F401 (registers the look-ups)
from xlllm.arguments import Parameter
from xlllm.errors import FileError, MissingProgramError
from xlllm.files import write_whole
from xlllm.registry import FORMULAS, Formula

RDB = Path(__file__).with_name("xlllm.rdb")
ANSWER = "sequence< sequence< any > >"
"""Rows of cells; one value is a row of one. Calc takes rows in no other form: out of an ``any`` they are #VALUE!."""


def idl() -> str:
    """The declaration as text."""
    return "\n".join(["module org { module xlllm { interface XFunctions {", *_methods(), "}; }; };", ""])


def method(formula: Formula) -> str:
    """What a function is called behind ``LLM.``."""
    return formula.name.upper()


def argument(p: Parameter) -> str:
    """What an argument is called: in IDL only names in capitals may hold underscores."""
    return p.name.upper()


def _methods() -> Iterator[str]:
    for formula in FORMULAS.values():
        takes = ", ".join(f"[in] any {argument(p)}" for p in formula.parameters)
        yield f"    {ANSWER} {method(formula)}({takes});"


def rdb() -> bytes:
    """The declaration in binary form, written by LibreOffice's SDK."""
    office = shutil.which("soffice")
    program = Path(office).resolve().parent if office else Path()
    writer = program.parent / "sdk" / "bin" / "unoidl-write"
    if not office or not writer.exists():
        raise MissingProgramError("unoidl-write of LibreOffice's SDK is missing; Debian: apt install libreoffice-dev")
    with TemporaryDirectory(prefix="xlllm-") as name:
        source, made = Path(name, "xlllm.idl"), Path(name, "xlllm.rdb")
        source.write_text(idl(), "utf-8")
        known = [program / "types.rdb", program / "types" / "offapi.rdb"]
        said = subprocess.run([writer, *known, source, made], capture_output=True, text=True)
        if said.returncode:
            raise FileError(f"unoidl-write refuses the declaration: {said.stderr.strip()}")
        return made.read_bytes()


if __name__ == "__main__":
    write_whole(RDB, rdb(), force=True)
