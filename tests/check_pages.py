"""The pages of workbooks as LibreOffice prints them: none is empty, no number is cut to ###, no text runs over another.

python tests/check_pages.py FILE.xlsx ...
"""

import html
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

_PAGE = re.compile(r'<page width="([\d.]+)" height="([\d.]+)">(.*?)</page>', re.DOTALL)
_WORD = re.compile(r'<word xMin="([-\d.]+)" yMin="([-\d.]+)" xMax="([-\d.]+)" yMax="([-\d.]+)">(.*?)</word>')
TOUCHING = 1.5  # points: the side bearings of neighbours
SAME_LINE = 0.6  # of the lower word's height


class Word(NamedTuple):
    left: float
    top: float
    right: float
    bottom: float
    text: str

    def covers(self, other: "Word") -> bool:
        across = min(self.right, other.right) - max(self.left, other.left)
        down = min(self.bottom, other.bottom) - max(self.top, other.top)
        return across > TOUCHING and down > SAME_LINE * min(self.bottom - self.top, other.bottom - other.top)


def faults(number: int, width: float, height: float, words: list[Word]) -> list[str]:
    """What is wrong with a page."""
    found = []
    if not words:
        found.append(f"page {number} is empty")
    found += [f"page {number}: a column is too narrow: {w.text}" for w in words if "###" in w.text]
    for w in words:
        if w.left < 0 or w.top < 0 or w.right > width or w.bottom > height:
            found.append(f"page {number}: {w.text!r} leaves the page")
    ordered = sorted(words)
    for i, w in enumerate(ordered):
        for other in ordered[i + 1 :]:
            if other.left > w.right:
                break
            if w.covers(other):
                found.append(f"page {number}: {w.text!r} and {other.text!r} overlap")
    return found


def pages(pdf: Path) -> list[tuple[float, float, list[Word]]]:
    text = subprocess.run(["pdftotext", "-bbox", str(pdf), "-"], capture_output=True, text=True, check=True).stdout
    return [
        (float(w), float(h), [Word(*map(float, m[:4]), html.unescape(m[4])) for m in _WORD.findall(body)])
        for w, h, body in _PAGE.findall(text)
    ]


def self_check() -> None:
    """A text over another is found."""
    one, over, beside = Word(0, 0, 50, 10, "a"), Word(40, 1, 90, 11, "b"), Word(51, 0, 90, 10, "c")
    assert faults(1, 100, 100, [one, over])
    assert not faults(1, 100, 100, [one, beside])
    assert faults(1, 100, 100, [])
    assert faults(1, 100, 100, [Word(0, 0, 9, 9, "###")])


def main(books: list[Path]) -> bool:
    self_check()
    right = True
    with tempfile.TemporaryDirectory() as name:
        profile = f"-env:UserInstallation={(Path(name) / 'profile').as_uri()}"
        command = ["soffice", "--headless", profile, "--convert-to", "pdf", "--outdir", name, *map(str, books)]
        subprocess.run(command, check=True, capture_output=True, timeout=900)
        for book in books:
            found, printed = [], pages(Path(name) / f"{book.stem}.pdf")
            for number, page in enumerate(printed, 1):
                found += faults(number, *page)
            if not printed:
                found.append("no page")
            print(f"{book}: {len(printed)} pages")
            print(*(f"  {fault}" for fault in found[:20]), sep="\n", end="\n" if found else "")
            right = right and not found
    return right


if __name__ == "__main__":
    sys.exit(not main([Path(name) for name in sys.argv[1:]]) if sys.argv[1:] else __doc__)
