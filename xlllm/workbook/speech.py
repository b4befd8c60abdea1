"""Sentences from live cells: texts with slots become worksheet formulas that follow the numbers.

A slot ``{total_budget_usd:usd_m}`` speaks a row in one of the ways below; ``{verdict}`` speaks a phrase, whose
words depend on a row. Numbers are built with FIXED: TEXT means something else in every locale.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from xlllm.errors import TemplateError
from xlllm.native import Cell, chosen, fixed, joined, ref
from xlllm.template import Phrase, Text, nearest
from xlllm.workbook.styles import MINUS


class Show(NamedTuple):
    """A way to show a number, in a cell and in a sentence: divided by ``per``, with decimals, between two texts."""

    per: float
    decimals: int
    before: Text = Text(en="", ja="")
    after: Text = Text(en="", ja="")


def _after(en: str, ja: str) -> Text:
    return Text(en=en, ja=ja)


_DOLLAR = Text(en="$", ja="")
SHOWS = {
    "n": Show(1, 0),
    "x1": Show(1, 1),
    "x2": Show(1, 2),
    "x3": Show(1, 3),
    "usd": Show(1, 2, _DOLLAR, _after("", "ドル")),
    "days1": Show(1, 1, after=_after(" days", "日")),
    "months1": Show(1, 1, after=_after(" months", "か月")),
    "years1": Show(1, 1, after=_after(" years", "年")),
    "gb": Show(1, 1, after=_after(" GB", " GB")),
    "t": Show(1e3, 0, after=_after(" t", " t")),
    "t1": Show(1e3, 1, after=_after(" t", " t")),
    "mwh": Show(1e3, 0, after=_after(" MWh", " MWh")),
    "kwh": Show(1, 0, after=_after(" kWh", " kWh")),
    "m3": Show(1e3, 0, after=_after(" m³", " m³")),
    "tps": Show(1, 0, after=_after(" tokens/s", "トークン/秒")),
    "pct0": Show(0.01, 0, after=_after("%", "%")),
    "pct1": Show(0.01, 1, after=_after("%", "%")),
}
NO_CENTS = 100
"""A price from which its decimals say nothing."""
MONEY, PRICE, COUNT = "money", "price", "count"
"""An amount in the workbook's unit of money; a small price in its currency; a count as 70B or 700億."""
_COUNTS = {
    "en": ((1e12, 1, "T"), (1e9, 1, "B"), (1e6, 1, "M"), (1, 0, "")),
    "ja": ((1e12, 1, "兆"), (1e8, 1, "億"), (1e4, 0, "万"), (1, 0, "")),
}
_SLOT = re.compile(r"\{([A-Za-z0-9_.]+)(?::(\+?)(\w+))?\}")


def show(code: str) -> tuple[Show, bool]:
    """The way to show a number and whether it carries a sign; a template's mistake answers with the nearest."""
    name = code.removeprefix("+")
    if name not in SHOWS:
        raise TemplateError(f"{code!r} is no way to show a number{nearest(name, [*SHOWS, MONEY, PRICE, COUNT])}")
    return SHOWS[name], code.startswith("+")


def number_format(code: str, lang: str) -> str:
    """The cell format that shows what :func:`spoken` says."""
    if code.removeprefix("+") in (MONEY, PRICE):  # the unit stands beside, because it may change
        code = code.replace(MONEY, "x1").replace(PRICE, "x2")
    way, signed = show(code)
    number = "#,##0" + ("." + "0" * way.decimals if way.decimals else "")
    scale = {1: "", 1e3: ",", 1e6: ",,", 0.01: ""}[way.per]
    before, after = (f'"{t}"' if (t := x.in_(lang)) else "" for x in (way.before, way.after))
    if way.per == 0.01:
        after = "%"
    body = f"{before}{number}{scale}{after}"
    return f'{"+" if signed else ""}{body};"{MINUS[lang]}"{body}' + (f";{body}" if signed else "")


def spoken(value: Any, code: str, lang: str) -> Cell:
    """The number as text."""
    name, signed, size = code.removeprefix("+"), code.startswith("+"), abs(value)
    sign = chosen(value < 0, MINUS[lang], "+" if signed else "")
    if name in (MONEY, PRICE):
        scaled = size * ref(f"{name}_scale")
        decimals: Any = ref(f"{name}_decimals")
        if name == PRICE:
            decimals = chosen(scaled >= NO_CENTS, 0, decimals)
        number = fixed(scaled, decimals)
        return joined(sign, ref(f"{name}_before"), number, ref(f"{name}_after"))
    if name == COUNT:
        *larger, (_, decimals, _) = _COUNTS[lang]
        tree = fixed(size, decimals)
        for least, decimals, letter in reversed(larger):
            tree = chosen(size >= least, joined(fixed(size / least, decimals), letter), tree)
        return joined(sign, tree) if signed else tree
    way, _ = show(code)
    scaled = size * 100 if way.per == 0.01 else size if way.per == 1 else size / way.per
    parts = [sign, way.before.in_(lang), fixed(scaled, way.decimals), way.after.in_(lang)]
    return joined(*(p for p in parts if not (isinstance(p, str) and not p)))


class Speaker:
    """Builds the sentences of one workbook in one language."""

    def __init__(
        self,
        lang: str,
        phrases: Mapping[str, Phrase],
        known: Callable[[str], str],
        aside: Callable[[str, Cell], Cell],
    ) -> None:
        self.lang, self._phrases, self._known, self._aside = lang, phrases, known, aside
        """``known(name)`` says what stands behind a name: "number", "text", "flag", or "" for nothing; ``aside`` gives
        a tree a cell of its own and answers with a reference to it, so that no sentence becomes too long to read."""

    def cell(self, id: str, code: str) -> tuple[Cell, str]:
        """The tree of a cell that shows a row, and its number format."""
        name = code.removeprefix("+")
        if name == COUNT:
            return spoken(ref(id), code, self.lang), ""
        if name in (MONEY, PRICE):
            return ref(id) * ref(f"{name}_scale"), number_format(code, self.lang)
        return ref(id), number_format(code, self.lang) if self._known(id) == "number" else ""

    def say(self, text: Text) -> Cell:
        """The formula of a text with slots."""
        return self._say(text.in_(self.lang))

    def lines(self, texts: list[Text]) -> Cell:
        parts: list[Any] = []
        for text in texts:
            parts += [Cell("line_break")] if parts else []
            parts += [self.say(text)]
        return joined(*parts)

    def _say(self, text: str) -> Cell:
        parts: list[Any] = []
        end = 0
        for slot in _SLOT.finditer(text):
            if slot.start() > end:
                parts.append(text[end : slot.start()])
            parts.append(self._slot(slot[1], (slot[2] or "") + (slot[3] or "")))
            end = slot.end()
        if end < len(text):
            parts.append(text[end:])
        if any(isinstance(p, str) and ("{" in p or "}" in p) for p in parts):
            raise TemplateError(f"a slot is written {{row:show}}: {text!r}")
        return joined(*parts) if parts else Cell("text", "")

    def _slot(self, name: str, code: str) -> Cell:
        if name in self._phrases:
            return self._aside(name, self._phrase(self._phrases[name]))
        kind = self._known(name)
        if kind == "text" or (kind == "error" and not code):
            return ref(name)
        if kind == "flag":
            raise TemplateError(f"{{{name}}} is TRUE or FALSE: give it words in a phrase with yes and no")
        if kind in ("number", "error") and code:
            return self._aside(f"{name}:{code}", spoken(ref(name), code, self.lang))
        if kind == "number":
            raise TemplateError(f"{{{name}}} needs a way to be shown, as in {{{name}:x1}}")
        raise TemplateError(f"{{{name}}} is neither a row nor a phrase")

    def _phrase(self, phrase: Phrase) -> Cell:
        value = ref(phrase.row)
        if not self._known(phrase.row):
            raise TemplateError(f"a phrase follows {phrase.row!r}, which is no row")
        if phrase.yes and phrase.no:
            return chosen(value, self.say(phrase.yes), self.say(phrase.no))
        if phrase.cases:
            *first, last = phrase.cases.items()
            tree = self.say(last[1])
            for answer, text in reversed(first):
                tree = chosen(value == answer, self.say(text), tree)
            return tree
        if phrase.otherwise is None:
            raise TemplateError(f"the phrase about {phrase.row} needs cases, or otherwise")
        tree = self.say(phrase.otherwise)
        if phrase.negative:
            tree = chosen(value < 0, self.say(phrase.negative), tree)
        if phrase.undefined:
            tree = chosen(Cell("ISNUMBER", value), tree, self.say(phrase.undefined))
        return tree
