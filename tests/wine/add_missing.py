"""Adds what Wine 8 lacks and numpy, scipy and pydantic call: ``add_missing.py FOLDER``, run by setup.sh.

Windows' bcryptprimitives.dll has one function that is wanted, which Wine has under its old name. Four functions of
complex numbers stop the program in Wine's C library; they come from a library of our own, which passes everything else
on to Wine's, and the files that ask for them are told its name. Python, pywin32 and xlwings stay as they are.
"""

import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

MATH, OURS = b"api-ms-win-crt-math-l1-1-0.dll", b"xpi-ms-win-crt-math-l1-1-0.dll"
COMPLEX = {
    "creal": "movsd xmm0, [rcx]",
    "cimag": "movsd xmm0, [rcx+8]",
    "crealf": "movd xmm0, ecx",
    "cimagf": "shr rcx, 32\n    movd xmm0, ecx",
}
"""The functions in assembly: Windows hands over a number of two doubles by its address, one of two floats as it is."""


def library(file: Path, exports: Iterable[str], code: str = "") -> None:
    """A DLL that holds some code and passes other calls on."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "code.s").write_text(f".intel_syntax noprefix\n.text\n{code}")
        (folder / "library.def").write_text("\n".join([f"LIBRARY {file.name}", "EXPORTS", *exports, ""]))
        for command in (
            "as code.s -o code.o",
            "dlltool -d library.def -e exports.o code.o",
            f"ld --dll --entry 0 -o {file} code.o exports.o library.def",
        ):
            subprocess.run(["x86_64-w64-mingw32-" + command.split()[0], *command.split()[1:]], cwd=folder, check=True)


def called(file: Path) -> set[str]:
    """What a file calls of the C library's mathematics."""
    told = subprocess.run(["objdump", "-p", file], capture_output=True, text=True, check=True).stdout
    part = told.partition(f"DLL Name: {MATH.decode()}")[2].partition("DLL Name:")[0]
    return {words[2] for line in part.splitlines() if len(words := line.split()) == 3 and words[1].isdigit()}


def main(python: Path) -> None:
    library(python / "bcryptprimitives.dll", ["ProcessPrng = advapi32.SystemFunction036"])
    names: set[str] = set()
    for file in python.rglob("*.pyd"):
        data = file.read_bytes()
        if b"\0crealf\0" in data and MATH in data:
            names |= called(file)
            file.write_bytes(data.replace(MATH, OURS))
    code = "".join(f".globl {name}\n{name}:\n    {body}\n    ret\n" for name, body in COMPLEX.items())
    library(python / OURS.decode(), [n if n in COMPLEX else f"{n} = ucrtbase.{n}" for n in sorted(names)], code)


if __name__ == "__main__":
    main(Path(sys.argv[1]).absolute())
