"""LibreOffice recalculates every `udf` workbook through the add-in to the values of its `native` twin.

``python tests/check_udf_edition.py`` installs the add-in for a user of its own, writes every template in LibreOffice's
dialect with wrong values in all formula cells, and exits 1 if a cell then shows anything but what its twin carries.
"""

import os
import re
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Collection
from pathlib import Path

from engines import Error, Key, cached, deviations, differences, libreoffice_books
from openpyxl import load_workbook
from twins import made, twin_values

from xlllm.template import template_names

RTOL = 1e-9
"""Of workbooks, whose long chains add up the last digits."""
WRONG = 12345.0
BOOKS = [(template, "en") for template in template_names()] + [("executive_budget", "ja")]


def spoil(path: Path, cells: Collection[Key]) -> None:
    """Give cells of a file another value."""
    titles = load_workbook(path, read_only=True).sheetnames
    with zipfile.ZipFile(path) as source:
        parts = {name: source.read(name) for name in source.namelist()}
    for number, title in enumerate(titles, 1):
        name, here = f"xl/worksheets/sheet{number}.xml", {at for sheet, at in cells if sheet == title}

        def spoiled(m: re.Match[str], here: Collection[str] = here) -> str:
            if m[1] not in here:
                return m[0]
            plain = re.sub(r' t="\w+"', "", m[2])
            return f'<c r="{m[1]}"{plain}>{m[3] or ""}<v>{WRONG}</v></c>'

        pattern = r'<c r="([A-Z]+\d+)"([^>/]*)>(<f[ >].*?</f>)?<v>[^<]*</v></c>'
        parts[name] = re.sub(pattern, spoiled, parts[name].decode(), flags=re.DOTALL).encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for name, data in parts.items():
            target.writestr(name, data)


def main() -> bool:
    start, right, total = time.perf_counter(), True, 0
    with tempfile.TemporaryDirectory(prefix="udf-") as name:
        xlllm = Path(sys.executable).with_name("xlllm")
        home = os.environ | {"XDG_CONFIG_HOME": name}
        subprocess.run([xlllm, "addin", "libreoffice", "--install"], env=home, check=True, stdout=subprocess.DEVNULL)
        expected, paths = [], []
        for template, lang in BOOKS:
            path = Path(name, f"{template}-{lang}.xlsx")
            path.write_bytes(made(template, lang, "udf", "libreoffice").xlsx)
            want = twin_values(template, lang, cached(path))
            spoil(path, want.keys())
            if left := [key for key, value in cached(path).items() if value != WRONG or want[key] == WRONG]:
                raise AssertionError(f"{path.name}: {len(left)} cells are not wrong, among them {left[:3]}")
            expected.append(want)
            paths.append(path)
        written = time.perf_counter()
        recalculated = libreoffice_books(paths, Path(name, "libreoffice", "4"))
        print(f"LibreOffice: {time.perf_counter() - written:.0f} s")
        for path, want, raw in zip(paths, expected, recalculated, strict=True):
            got = {key: flag(want[key], value) for key, value in raw.items()}
            errors = [key for key, value in want.items() if isinstance(value, Error)]
            faults = differences(want, got, path, RTOL, allowed_errors=errors)
            largest = max(deviations(want, got, path, RTOL).values(), default=0.0)
            print(f"{path.stem}: {len(want):,} cells, largest relative difference {largest:.1e}")
            print(*(f"  {fault}" for fault in faults[:20]), sep="\n", end="\n" if faults else "")
            total += len(want)
            right = right and not faults and bool(want)
    print(f"{len(paths)} workbooks, {total:,} cells as in their native twins, {time.perf_counter() - start:.0f} s")
    return right


def flag(want: object, got: object) -> object:
    """LibreOffice's TRUE is a 1."""
    return bool(got) if isinstance(want, bool) and got in (0.0, 1.0) else got


if __name__ == "__main__":
    sys.exit(not main())
