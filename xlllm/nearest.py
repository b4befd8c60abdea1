"""The names that come closest to a misspelt one, for error messages."""

import difflib
from collections.abc import Iterable

CLOSE = 0.5  # of 1: less alike than this is no hint


def nearest(name: str, names: Iterable[str], most: int = 3) -> list[str]:
    """Up to ``most`` of ``names``, the closest first; none if none is close."""
    return difflib.get_close_matches(name, list(names), most, CLOSE)
