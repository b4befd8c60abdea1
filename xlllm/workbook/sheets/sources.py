"""Sources: the works that figures and formulas of this workbook come from."""

from __future__ import annotations

from xlllm import catalog
from xlllm.workbook.canvas import Canvas

SHEET = "sources"
WIDTHS = {"A G": 1.7, "B": 34, "C": 70, "D": 30, "E": 13, "F": 60}


def draw(canvas: Canvas) -> None:
    ws = canvas.open(SHEET, WIDTHS)
    heads = [("B", "work"), ("C", "title"), ("D", "publisher"), ("E", "date"), ("F", "link")]
    canvas.head(SHEET, 4, [(column, key, "head") for column, key in heads])
    works = sorted((catalog.references()[key] for key in canvas.cited), key=lambda w: (w.cited, w.title))
    for row, work in enumerate(works, 5):
        texts = (work.cited, work.title, work.publisher, work.date, work.url or f"https://doi.org/{work.doi}")
        for (column, _), text in zip(heads, texts, strict=True):
            canvas.paint.put(ws, f"{column}{row}", text, "label" if column == "B" else "wrapped_note")
        two_lines = any(len(text) > 1.15 * WIDTHS[column] for (column, _), text in zip(heads, texts, strict=True))
        ws.row_dimensions[row].height = 27 if two_lines else 17
    ws.freeze_panes = "C5"
    canvas.page(SHEET, "G", 4 + len(works))
