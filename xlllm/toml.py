"""TOML beyond reading it: on which line a key stands, and scenarios written as files."""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from xlllm.lazy import Lazy

tomlkit: Any = Lazy("tomlkit")

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_BREAK = re.compile(r"(?:[ \t\r\n,]|#[^\n]*)*")
_KEY = re.compile(r'"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'|[A-Za-z0-9_-]+')
_DOT = re.compile(r"[ \t]*\.[ \t]*")
_STRING = re.compile(r'"""(?:[^\\]|\\.)*?"""(?!")|\'\'\'.*?\'\'\'(?!\')|"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'', re.DOTALL)
_SCALAR = re.compile(r"[^,\]}#\n]*")

Place = tuple[str, ...]


@lru_cache(maxsize=1)
def lines(text: str) -> Mapping[str, int]:
    """The line of every key, table and list element of a valid file, by its dotted place: ``inputs.mfu.low``."""
    reader = _Places(text)
    reader.read()
    starts = [0, *(m.end() for m in re.finditer("\n", text))]
    return {".".join(place): bisect_right(starts, at) for place, at in reader.found.items()}


class _Places:
    """Reads a valid file once more, only to note where its keys begin."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0
        self.found: dict[Place, int] = {}
        self._counts: Counter[Place] = Counter()

    def read(self) -> None:
        table: Place = ()
        while self._skip(_BLANK) < len(self.text):
            start = self.at
            if self.text.startswith("[", start):
                double = self.text.startswith("[[", start)
                self.at += 1 + double
                table = self._header(self._key(), double)
                self.found.setdefault(table, start)
                self._skip(_BLANK)
                self.at += 1 + double
            else:
                self._pair(table)

    def _header(self, keys: Place, double: bool) -> Place:
        """A table's place: of a list of tables, the last one begun."""
        place: Place = ()
        for i, key in enumerate(keys):
            place = (*place, key)
            self.found.setdefault(place, self.at)
            if double and i == len(keys) - 1:
                self._counts[place] += 1
            if self._counts[place]:
                place = (*place, str(self._counts[place] - 1))
        return place

    def _skip(self, pattern: re.Pattern[str]) -> int:
        match = pattern.match(self.text, self.at)
        self.at = match.end() if match else self.at
        return self.at

    def _key(self) -> Place:
        keys: list[str] = []
        while True:
            self._skip(_BLANK)
            part = _KEY.match(self.text, self.at)
            if part is None:
                raise ValueError("no key")
            self.at = part.end()
            keys.append(next(iter(tomllib.loads(f"{part[0]} = 0"))))
            if not (dot := _DOT.match(self.text, self.at)):
                return tuple(keys)
            self.at = dot.end()

    def _pair(self, table: Place) -> None:
        start, place = self.at, table
        for key in self._key():
            place = (*place, key)
            self.found.setdefault(place, start)
        self._skip(_BLANK)
        self.at += 1  # the equals sign
        self._value(place)

    def _value(self, place: Place) -> None:
        self._skip(_BLANK)
        self.found.setdefault(place, self.at)
        first = self.text[self.at]
        if first == "[":
            self.at += 1
            count = 0
            while self.text[self._skip(_BREAK)] != "]":
                self._value((*place, str(count)))
                count += 1
            self.at += 1
        elif first == "{":
            self.at += 1
            while self.text[self._skip(_BREAK)] != "}":
                self._pair(place)
            self.at += 1
        else:
            self._skip(_STRING if first in "\"'" else _SCALAR)


# -- writing -----------------------------------------------------------------------------------------------------------
def written(
    about: str, values: Mapping[str, Any], tables: Mapping[str, Mapping[str, Any]], remarks: Mapping[str, str]
) -> str:
    """A file: a comment, plain values, then tables with a line a key. Remarks stand above ``table.key``."""
    lines = [_comment(about), *(_line(key, value) for key, value in values.items())]
    for name, rows in tables.items():
        lines += ["", f"[{_key(name)}]"]
        for key, value in rows.items():
            if remark := remarks.get(f"{name}.{key}"):
                lines += ["", _comment(remark)]
            lines.append(_line(key, value))
    return "\n".join(lines) + "\n"


def _comment(text: str) -> str:
    """On one line, without what a comment may not hold."""
    return f"# {''.join(c for c in ' '.join(text.split()) if c.isprintable())}"


def _line(key: str, value: Any) -> str:
    return f"{_key(key)} = {_value(value)}"


def _key(key: str) -> str:
    return str(tomlkit.key(key).as_string())


def _value(value: Any) -> str:
    """A table in one line; a whole number without its point."""
    if isinstance(value, Mapping):
        return f"{{ {', '.join(_line(k, v) for k, v in value.items())} }}"
    whole = isinstance(value, float) and abs(value) < 1e15 and value == int(value)
    return str(tomlkit.item(int(value) if whole else value).as_string())
