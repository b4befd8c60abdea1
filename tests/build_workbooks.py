"""Builds workbooks/ again: every template in both languages.

``python tests/build_workbooks.py`` writes them; ``--check`` compares them part by part and fails on a difference;
``--pictures`` also prints the pages that the README shows (needs LibreOffice and pdftoppm).
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

HOME = Path(__file__).parent.parent
FOLDER = HOME / "workbooks"
LANGUAGES = ("en", "ja")
PIXELS_PER_INCH = 110
PAGES = {"": 1 + list(SHEETS).index("dashboard"), "-brief": 1 + list(SHEETS).index("brief")}
"""The first sheets have a page each."""


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


def shown() -> set[str]:
    """The pictures of the README."""
    return set(re.findall(r"\(workbooks/([\w-]+\.png)\)", (HOME / "README.md").read_text("utf-8")))


def pictures(xlsx: bytes, pages: dict[str, int]) -> dict[str, bytes]:
    """Pages of a workbook as PNG, by the name of the picture."""
    if pages and not shutil.which("pdftoppm"):
        raise MissingProgramError("a picture needs pdftoppm (Debian, Ubuntu: apt install poppler-utils)")
    made = {}
    with TemporaryDirectory() as folder:
        whole = Path(folder) / "page.pdf"
        whole.write_bytes(pdf.pdf(xlsx) if pages else b"")
        for name, page in pages.items():
            options = f"-png -singlefile -r {PIXELS_PER_INCH} -f {page}".split()
            subprocess.run(["pdftoppm", *options, whole, whole.with_suffix("")], check=True, capture_output=True)
            made[name] = whole.with_suffix(".png").read_bytes()
    return made


def wanted(names: list[str]) -> Iterator[tuple[str, str]]:
    """Templates and languages, with a line of progress on a terminal."""
    pairs = [(name, lang) for name in names for lang in LANGUAGES]
    console = Console(stderr=True)
    yield from track(pairs, "workbooks", console=console, transient=True) if console.is_terminal else pairs


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("templates", nargs="*", help="some templates; without a name, all of them")
    options.add_argument("--check", action="store_true", help="compare, and write nothing")
    options.add_argument("--pictures", action="store_true", help="also print the pages that the README shows")
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
            pages = {f"{name}{part}-{lang}.png": page for part, page in PAGES.items()}
            wished = {file: page for file, page in pages.items() if given.pictures and file in shown()}
            for file, data in pictures(new, wished).items():
                (given.folder / file).write_bytes(data)
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
