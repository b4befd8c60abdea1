"""The two files of a workbook in which xlwings Lite, the free add-in for Excel, shows the functions."""

from __future__ import annotations

from pathlib import Path

FILES = ("main.py", "requirements.txt")


def files() -> dict[str, bytes]:
    """What belongs into the tabs of the editor of xlwings Lite, by name."""
    return {name: Path(__file__).with_name(name).read_bytes() for name in FILES}
