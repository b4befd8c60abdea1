"""Reading one value of a quantity: a number, a count written as text, a percentage, a flag, a choice.

Whatever cannot be read becomes an error that names the argument, shows what it was and says what to write instead.
"""

from __future__ import annotations

import datetime
import math
import re
import unicodedata
from contextlib import suppress
from functools import lru_cache
from numbers import Real
from typing import Any

import numpy as np

from xlllm.errors import DomainError, InputError, PropagatedError, XlllmError
from xlllm.nearest import nearest
from xlllm.quantities import Quantity

DAY_0 = datetime.date(1899, 12, 30)
"""The day from which spreadsheets count."""
FIRST_DAY, LAST_DAY, LAST_YEAR = 61, 2_958_465, 9999
"""1900-03-01, before which spreadsheets disagree on the day, and 9999-12-31; a smaller number may be a year alone."""
YEARS = (1900, 2200)
"""Numbers that mean a year where a date belongs, not a day of 1905."""
_ISO_DATE = re.compile(r"\d{4}(-\d\d){0,2}")
COUNT_FORMS = "70B, 1.4T, 175億, 1.4兆, 1兆4000億, 2.048e3 or 1,400,000"
_MEANS_MORE = ("<super>", "<sub>", "<fraction>")
LONGEST_NUMBER, LONGEST_QUOTE = 64, 60
"""Characters of a text that may be a number, and of a value that a message quotes."""
LONGEST_CELL = 32_767
"""Characters of a cell, in UTF-16 as spreadsheets count them."""
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
CELL_ERRORS = frozenset({"#N/A", "#NUM!", "#VALUE!", "#DIV/0!", "#REF!", "#NAME?", "#NULL!", "#SPILL!", "#CALC!"})

_ASCII = {"k": 1e3, "m": 1e6, "b": 1e9, "t": 1e12}
_FEW = {"": 1, "十": 10, "百": 100, "千": 1000}
_KANJI = {
    "千": 1e3,
    **{few + many: n * size for many, size in (("万", 1e4), ("億", 1e8), ("兆", 1e12)) for few, n in _FEW.items()},
}
_PLAIN = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?|\.\d+"
_NUMBER = re.compile(rf"[+-]?(?:{_PLAIN})(?:[eE][+-]?\d+)?")
_ASCII_COUNT = re.compile(rf"({_PLAIN})\s*([kmbt])", re.IGNORECASE)
_KANJI_PART = re.compile(rf"({_PLAIN})\s*([十百千]?[万億兆]|千|$)")


def shown(value: object) -> str:
    """How a message quotes a value: short, and on one line."""
    if isinstance(value, int) and value.bit_length() > 128:  # Python refuses to print very long ones
        return "a whole number of over 38 digits"
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, str):
        text = repr(value[:LONGEST_QUOTE])
    else:
        text = f"{value:.15g}" if isinstance(value, float) else str(value)
    text = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
    return text if len(text) <= LONGEST_QUOTE else text[: LONGEST_QUOTE - 3] + "…"


def short(number: float) -> str:
    """A count as people write it, to three digits: 70B, 1.4T."""
    for suffix, size in (("T", 1e12), ("B", 1e9), ("M", 1e6), ("K", 1e3)):
        if size <= abs(number) < 1e15:
            return f"{number / size:.3g}{suffix}"
    return f"{number:.3g}"


def typed(value: bool | float | str) -> str:
    """A value as one types it into a cell: TRUE, "text", 0.35."""
    return str(value).upper() if isinstance(value, bool) else f'"{value}"' if isinstance(value, str) else str(value)


def figure(value: bool | float | str, digits: int = 0) -> str:
    """A value as people read it: thousands parted, some significant digits (all of them without ``digits``)."""
    if isinstance(value, (bool, str)):
        return str(value).upper() if isinstance(value, bool) else value
    if 10_000 <= abs(value) < (1e10 if digits else 1e15) and value == int(value):
        return f"{value:,.0f}"
    return f"{value:.{digits}g}" if digits else repr(value)


def iso_date(text: str) -> str:
    """``text`` if it is a year, a month or a day in ISO form; else a ValueError that says how to write one."""
    if not _ISO_DATE.fullmatch(text):
        raise ValueError(f"write YYYY, YYYY-MM or YYYY-MM-DD: got {shown(text)}")
    datetime.date.fromisoformat((text + "-01-01")[:10])
    return text


@lru_cache(maxsize=4096)
def number_from_text(text: str, *, count: bool = False) -> float:
    """The number that ``text`` writes, full-width digits and percentages included; with ``count`` also 70B or 175億.

    Raises ``ValueError`` for anything else: text that could mean two things is never guessed.
    """
    text = text.strip()
    if len(text) > LONGEST_NUMBER:
        raise ValueError("too long for a number")
    if any(unicodedata.decomposition(c).startswith(_MEANS_MORE) for c in text):
        raise ValueError("not a number: superscripts and fractions mean more than their digits")
    plain = unicodedata.normalize("NFKC", text).strip().replace("−", "-")
    if _NUMBER.fullmatch(plain):
        return float(plain.replace(",", ""))
    if plain.endswith("%") and _NUMBER.fullmatch(share := plain[:-1].strip()):
        return float(share.replace(",", "")) / 100 if "e" in share.lower() else _times(share, 0.01)
    if count and (simple := _ASCII_COUNT.fullmatch(plain)):
        return _times(simple[1], _ASCII[simple[2].lower()])
    if count:
        return _kanji_count(plain)
    raise ValueError("not a number")


def _kanji_count(plain: str) -> float:
    """1兆4000億: groups that shrink, decimals only where there is one."""
    total, smallest, end = 0.0, math.inf, 0
    while end < len(plain):
        part = _KANJI_PART.match(plain, end)
        multiplier = _KANJI.get(part[2], 1) if part else math.inf
        if part is None or multiplier >= smallest or (end and multiplier == 1e3):  # 3億5千 means 3億5千万 to many
            raise ValueError("not a number")
        if "." in part[1] and (end or part.end() < len(plain)):
            raise ValueError("decimals before a further group")
        total += _times(part[1], multiplier)
        smallest, end = multiplier, part.end()
    if not plain:
        raise ValueError("not a number")
    return total


def _times(digits: str, multiplier: float) -> float:
    """Decimal shift without rounding twice: "1.4" × 1e12 is 1.4e12 exactly as typed."""
    return float(f"{digits.replace(',', '')}e{round(math.log10(multiplier))}")


def read(quantity: Quantity, value: Any, name: str = "") -> Any:
    """``value`` in canonical form (float, bool or str).

    Raises InputError for a wrong type or a blank, DomainError outside the bounds, PropagatedError for an error cell.
    """
    name = name or quantity.name
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, XlllmError):
        raise value
    if isinstance(value, str):
        propagate(name, value)
    if value is None or (isinstance(value, str) and not value.strip()):
        raise InputError(f"{name} is blank: give {_wanted(quantity)}{_quotes(quantity)}")
    match quantity.kind:
        case "flag":
            return _flag(name, value)
        case "choice":
            return _choice(quantity, name, value)
        case "date":
            return _date(name, value)
        case "text":
            if not isinstance(value, str):
                raise InputError(f"{name} must be text: got {shown(value)}{_quotes(quantity)}")
            return value.strip()
    number = _number(quantity, name, value)
    return bounded(quantity, number, name, value if isinstance(value, str) else None)


def printable(text: str) -> str:
    """``text`` if a cell can hold it, whole; the ValueError continues "must be"."""
    if control := _UNPRINTABLE.search(text):
        raise ValueError(f"text without the control character {control[0]!r}")
    if len(text.encode("utf-16-le")) > 2 * LONGEST_CELL:
        raise ValueError(f"text of at most {LONGEST_CELL:,} characters")
    return text


def propagate(name: str, text: str) -> None:
    """An error cell, which hosts hand over as its text, is the answer itself."""
    if (error := text.strip().upper()) in CELL_ERRORS:
        raise PropagatedError(error, f"{name} holds the error {error} already")


def bounded(quantity: Quantity, number: float, name: str = "", typed: str | None = None) -> float:
    """``number`` itself if it is finite and within the bounds; else a DomainError that quotes what was typed."""
    if not math.isfinite(number):
        raise DomainError(f"{name or quantity.name} must be a finite number: got {shown(typed or number)}")
    low, high = closed_bounds(quantity)
    if not low <= number <= high or (quantity.kind == "whole" and number != math.floor(number)):
        raise DomainError(outside(quantity, number, name, typed))
    return number


@lru_cache
def closed_bounds(quantity: Quantity) -> tuple[float, float]:
    """Bounds such that ``low <= x <= high`` decides, open ends included."""
    low = math.nextafter(quantity.low, math.inf) if quantity.low_open else quantity.low
    high = math.nextafter(quantity.high, -math.inf) if quantity.high_open else quantity.high
    return low, high


def outside(quantity: Quantity, number: float, name: str = "", typed: str | None = None) -> str:
    """The message for a number that is out of bounds."""
    got = f"{name or quantity.name} must be {_wanted(quantity)}: got {shown(typed) if typed else f'{number:.12g}'}"
    if typed is None and quantity.share and quantity.high == 1 and 1 < number <= 100:
        return f"{got}; write {number / 100:g} or {number:g}%"
    return f"{got}. {quantity.help}"


def _number(quantity: Quantity, name: str, value: Any) -> float:
    if isinstance(value, bool):
        raise InputError(f"{name} must be {_wanted(quantity)}: got {str(value).upper()}")
    if isinstance(value, Real):
        try:
            return float(value)
        except OverflowError:
            raise DomainError(f"{name} is too large for a spreadsheet number: got {shown(value)}") from None
    if isinstance(value, str):
        try:
            number = number_from_text(value, count=quantity.counted)
        except ValueError:
            forms = f"write it as {COUNT_FORMS}" if quantity.counted else f"give {_wanted(quantity)}"
            raise InputError(f"{name} is no number I can read: got {shown(value)}; {forms}") from None
        if "%" in unicodedata.normalize("NFKC", value) and quantity.unit not in ("share", "any"):
            raise InputError(f"{name} is counted in {quantity.unit}, not in percent: got {shown(value)}")
        return number
    raise InputError(f"{name} must be {_wanted(quantity)}: got {shown(value)} ({type(value).__name__})")


def _flag(name: str, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, Real) and value in (0, 1):  # LibreOffice hands TRUE over as 1
        return bool(value)
    if isinstance(value, str) and value.strip().casefold() in ("true", "false"):
        return value.strip().casefold() == "true"
    raise InputError(f"{name} must be TRUE or FALSE: got {shown(value)}")


def _date(name: str, value: Any) -> str:
    """ISO text; a spreadsheet counts the days since 1899-12-30."""
    counted = isinstance(value, Real) and not isinstance(value, bool)
    if isinstance(value, datetime.date):
        return value.isoformat()[:10]
    if isinstance(value, str):
        with suppress(ValueError):
            return iso_date(unicodedata.normalize("NFKC", value).strip())
    elif counted and YEARS[0] <= value < YEARS[1]:
        raise InputError(f'{name} must be a date: got {shown(value)}; for the year write "{int(value)}" in quotes')
    elif counted and FIRST_DAY <= value <= LAST_DAY:
        return str(DAY_0 + datetime.timedelta(days=int(value)))
    raise InputError(f'{name} must be a date: got {shown(value)}; write "2024-12-31", or refer to a cell with a date')


def _choice(quantity: Quantity, name: str, value: Any) -> str:
    given = unicodedata.normalize("NFKC", value).strip().casefold() if isinstance(value, str) else None
    if given in quantity.choices:
        return given
    near = nearest(given or "", quantity.choices, 1)
    hint = f"; did you mean {near[0]}?" if near else ""
    raise InputError(f"{name} must be {_wanted(quantity)}: got {shown(value)}{hint}")


def _wanted(quantity: Quantity) -> str:
    match quantity.kind:
        case "flag":
            return "TRUE or FALSE"
        case "choice":
            return " or ".join([", ".join(quantity.choices[:-1]), quantity.choices[-1]])
        case "text":
            return "text"
        case "date":
            return "a date"
    noun = "a share of 1" if quantity.share else "a whole number" if quantity.kind == "whole" else "a number"
    unit = (
        "" if quantity.share or quantity.unit in ("×", "coefficient", "exponent", "stage") else f" of {quantity.unit}"
    )
    if quantity.share and (quantity.low, quantity.high) == (0, 1):
        return noun + (" above 0" if quantity.low_open else "") + (" and below 1" if quantity.high_open else "")
    low = "" if quantity.low == -math.inf else f"{'above' if quantity.low_open else 'from'} {quantity.low:g}"
    high = "" if quantity.high == math.inf else f"{'below' if quantity.high_open else 'to'} {quantity.high:g}"
    return " ".join(part for part in (noun + unit, low, high) if part)


def _quotes(quantity: Quantity) -> str:
    if quantity.kind not in ("text", "choice"):
        return ""
    return '. Put names in quotes: H100 without quotes is a cell of the sheet, "H100" is the accelerator'
