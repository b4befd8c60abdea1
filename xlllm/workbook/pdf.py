"""A finished workbook as PDF, printed by LibreOffice, which is not ours to ship."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

from xlllm.errors import FileError, MissingProgramError

PROGRAMS = ("soffice", "libreoffice", "/Applications/LibreOffice.app/Contents/MacOS/soffice")
SECONDS = 300


def program() -> str:
    """Where LibreOffice is. Raises MissingProgramError, saying how to get it."""
    for name in PROGRAMS:
        if found := shutil.which(name):
            return found
    raise MissingProgramError(
        "a PDF needs LibreOffice, which is not on this computer's PATH: install it from https://www.libreoffice.org "
        "(Debian, Ubuntu: apt install libreoffice-calc), or open the workbook and print it from there"
    )


def pdf(xlsx: bytes) -> bytes:
    """The pages of a workbook.

    Raises
    ------
    MissingProgramError
        LibreOffice is not installed.
    FileError
        LibreOffice made no PDF; with what it said.
    """
    with TemporaryDirectory(prefix="xlllm-") as name:
        folder = Path(name)
        book = folder / "book.xlsx"
        book.write_bytes(xlsx)
        own = f"-env:UserInstallation={(folder / 'profile').as_uri()}"  # an open LibreOffice would take the work over
        command = [program(), "--headless", own, "--convert-to", "pdf", "--outdir", name, str(book)]
        try:
            said = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS).stderr
        except subprocess.TimeoutExpired:
            raise FileError(f"LibreOffice made no PDF in {SECONDS} seconds; open the workbook and print it") from None
        made = book.with_suffix(".pdf")
        if not made.exists() or not made.stat().st_size:
            raise FileError(f"LibreOffice made no PDF: {said.strip()[:500] or 'it did not say why'}")
        return made.read_bytes()
