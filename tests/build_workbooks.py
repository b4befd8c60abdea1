"""Builds workbooks/ again: every template in both languages.

``python tests/build_workbooks.py`` writes them; ``--check`` compares them part by part and fails on a difference;
``--pictures`` also prints each Dashboard as a picture (needs LibreOffice and pdftoppm).
"""

import argparse
import io
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.progress import track

from xlllm.errors import MissingProgramError, XlllmError
from xlllm.plan import build
from xlllm.template import load_scenario, load_template, template_names
from xlllm.workbook import pdf
from xlllm.workbook.report import Report
from xlllm.workbook.words import SHEETS

FOLDER = Path(__file__).parent.parent / "workbooks"
LANGUAGES = ("en", "ja")
PIXELS_PER_INCH = 110


def made(name: str, lang: str) -> bytes:
    """The workbook of a template with its example."""
    return Report(build(load_scenario(load_template(name).scenario)), lang).xlsx


def parts(file: bytes) -> dict[str, bytes]:
    """What is inside: compressed bytes may differ from one zlib to the next."""
    with zipfile.ZipFile(io.BytesIO(file)) as parts:
        return {name: parts.read(name) for name in parts.namelist()}


def differing(old: bytes, new: bytes) -> list[str]:
    a, b = parts(old), parts(new)
    return sorted(name for name in a.keys() | b.keys() if a.get(name) != b.get(name))


def alone(xlsx: bytes, sheet: int) -> bytes:
    """A workbook that prints one sheet: where one has a print area, LibreOffice leaves out those that have none."""
    out = io.BytesIO()
    areas = re.compile(r'<definedName name="_xlnm.Print_Area" localSheetId="(\d+)".*?</definedName>')
    with zipfile.ZipFile(out, "w") as target:
        for name, part in parts(xlsx).items():
            if name == "xl/workbook.xml":
                part = areas.sub(lambda m: m[0] if int(m[1]) == sheet else "", part.decode()).encode()
            target.writestr(name, part)
    return out.getvalue()


def picture(xlsx: bytes) -> bytes:
    """The Dashboard as PNG."""
    if not shutil.which("pdftoppm"):
        raise MissingProgramError("a picture needs pdftoppm (Debian, Ubuntu: apt install poppler-utils)")
    with TemporaryDirectory() as name:
        page = Path(name) / "page.pdf"
        page.write_bytes(pdf.pdf(alone(xlsx, list(SHEETS).index("dashboard"))))
        command = ["pdftoppm", "-png", "-r", str(PIXELS_PER_INCH), "-f", "1", "-singlefile", page, page.with_suffix("")]
        subprocess.run(command, check=True, capture_output=True)
        return page.with_suffix(".png").read_bytes()


def wanted(names: list[str]) -> Iterator[tuple[str, str]]:
    """Templates and languages, with a line of progress on a terminal."""
    pairs = [(name, lang) for name in names for lang in LANGUAGES]
    console = Console(stderr=True)
    yield from track(pairs, "workbooks", console=console, transient=True) if console.is_terminal else pairs


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("templates", nargs="*", help="some templates; without a name, all of them")
    options.add_argument("--check", action="store_true", help="compare, and write nothing")
    options.add_argument("--pictures", action="store_true", help="also print each Dashboard as a picture")
    options.add_argument("--folder", type=Path, default=FOLDER, help="where the workbooks are")
    given = options.parse_args()
    names = given.templates or template_names()
    if given.check and given.pictures:
        options.error("pictures are not compared: they depend on the fonts of a computer")
    given.folder.mkdir(exist_ok=True)
    failed = []
    for name, lang in wanted(names):
        path = given.folder / f"{name}-{lang}.xlsx"
        try:
            new = made(name, lang)
            if given.check:
                old = differing(path.read_bytes(), new) if path.exists() else ["is missing"]
                failed += [f"{path.name}: {', '.join(old)}"] if old else []
                continue
            path.write_bytes(new)
            if given.pictures:
                path.with_suffix(".png").write_bytes(picture(new))
        except XlllmError as error:
            failed.append(f"{name}-{lang}: {error.message}")
    if given.check and not given.templates:
        known = {f"{name}-{lang}.xlsx" for name in names for lang in LANGUAGES}
        strangers = [p.name for p in given.folder.glob("*.xlsx") if p.name not in known and not re.match("~", p.name)]
        failed += [f"{name}: no template makes it" for name in strangers]
    for line in failed:
        print(line, file=sys.stderr)
    if failed and given.check:
        print("python tests/build_workbooks.py builds them again", file=sys.stderr)
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
