"""Twenty random edits of each workbook, typed into the file and recalculated by LibreOffice, against the engine.

python tests/check_edits.py
"""

import sys
import tempfile
from pathlib import Path

import numpy as np
from edits import expected, faults, random_edit
from engines import libreoffice_books, libreoffice_values, recalculates

from xlllm.plan import build
from xlllm.template import load_scenario, load_template, template_names
from xlllm.workbook.report import Report

EDITS = 20


def main() -> bool:
    recalculates(libreoffice_values)
    rng, right = np.random.default_rng(20261125), True
    with tempfile.TemporaryDirectory() as name:
        for i, template in enumerate(template_names()):
            plan = build(load_scenario(load_template(template).scenario))
            report = Report(plan, ("en", "ja")[i % 2])
            edits = [random_edit(plan, rng) for _ in range(EDITS)]
            cases = []
            for k, edit in enumerate(edits):
                folder = Path(name) / f"{template}-{k}"
                folder.mkdir()
                cases.append(expected(report, edit, folder))
            cells = 0
            for edit, (file, want), got in zip(edits, cases, libreoffice_books([f for f, _ in cases]), strict=True):
                cells += len(want)
                if found := faults(file, want, got):
                    right = False
                    print(f"  {template}, {edit}:", *found[:5], sep="\n    ")
            print(f"{template} ({report.lang}): {EDITS} edits, {cells:,} cells compared")
    return right


if __name__ == "__main__":
    sys.exit(not main())
