"""LibreOffice recalculates workbooks: every formula cell must give the value that the file carries.

python tests/check_libreoffice.py FILE.xlsx ...
"""

import sys
from pathlib import Path

from engines import cached, deviations, differences, libreoffice_books, libreoffice_values, recalculates

RTOL = 1e-9
"""Of workbooks, whose long chains add up the last digits; each formula alone is held to 1e-12."""


def main(paths: list[Path]) -> bool:
    recalculates(libreoffice_values)
    print("self-check: LibreOffice corrects wrong values in a file")
    right = True
    for path, got in zip(paths, libreoffice_books(paths), strict=True):
        expected = cached(path)
        faults = differences(expected, got, path, RTOL) if expected else ["the file has no formulas"]
        largest = max(deviations(expected, got, path).values(), default=0.0)
        print(f"{path}: {len(expected)} formula cells, largest relative difference {largest:.1e}")
        print(*(f"  {fault}" for fault in faults), sep="\n", end="\n" if faults else "")
        right = right and not faults
    return right


if __name__ == "__main__":
    sys.exit(not main([Path(name) for name in sys.argv[1:]]) if sys.argv[1:] else __doc__)
