"""LibreOffice and IronCalc compute every closed formula natively: each answer must be the one that numpy gives.

``python tests/check_native.py`` prints the largest relative difference of each formula in both, and exits 1 if any
answer differs by more than 1e-12 (in the tails of a PERT distribution 1e-10: see ``TAIL_RTOL``).
"""

import sys
import tempfile
import time
from pathlib import Path

from engines import IronCalc, libreoffice_books, libreoffice_values, recalculates
from native_rows import FORMULA_SHEETS, OTHER_SHEETS, write


def main() -> int:
    start = time.perf_counter()
    recalculates(libreoffice_values)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "native.xlsx")
        write(path)
        ironcalc, libreoffice = IronCalc(path).value, libreoffice_books([path])[0].get
    bad = 0
    print(f"{'':24}IronCalc  LibreOffice")
    for sheet in (*FORMULA_SHEETS, *OTHER_SHEETS):
        answers = [sheet.compare(ironcalc), sheet.compare(libreoffice, booleans=False)]
        print(f"{sheet.name:24}" + "".join(f"{largest:8.1e}{len(faults) or '':4}" for largest, faults in answers))
        for engine, (_, faults) in zip(("IronCalc", "LibreOffice"), answers, strict=True):
            print(*(f"    {engine}: {fault}" for fault in faults[:5]), sep="\n", end="\n" if faults else "")
            bad += len(faults)
    print(f"{len(FORMULA_SHEETS) + len(OTHER_SHEETS)} sheets, {bad} differences, {time.perf_counter() - start:.0f} s")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
