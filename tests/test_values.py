"""Numbers, counts and percentages written as text read back exactly; what could mean two things is refused."""

import datetime
import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.utils.datetime import to_excel

from xlllm.errors import DomainError, InputError, XlllmError
from xlllm.quantities import VOCABULARY, Quantity, quantity
from xlllm.values import number_from_text, read

COUNTS = {
    "70B": 70e9,
    "1.4T": 1.4e12,
    "1.4t": 1.4e12,
    "350M": 350e6,
    "32k": 32e3,
    "6.7 B": 6.7e9,
    ".5B": 0.5e9,
    "1,400B": 1.4e12,
    "175億": 175e8,
    "1750億": 175e9,
    "1.4兆": 1.4e12,
    "1兆4000億": 1.4e12,
    "1兆4,000億": 1.4e12,
    "3億5000万": 350e6,
    "120百万": 120e6,
    "１．４Ｔ": 1.4e12,
    "１，４００，０００": 1.4e6,
    "７０Ｂ": 70e9,
    "１兆４０００億": 1.4e12,
    "\u3000175億\n": 175e8,
}
NUMBERS = {
    "2.048e3": 2048.0,
    "2.048E+3": 2048.0,
    "3.14e23": 3.14e23,
    "1,400,000": 1.4e6,
    "1,234.5": 1234.5,
    "-0.5": -0.5,
    "−0.5": -0.5,
    "+7": 7.0,
    " 42 ": 42.0,
    "１２．５": 12.5,
    "40%": 0.4,
    "7.5 %": 0.075,
    "0.1%": 0.001,
    "-3%": -0.03,
    "４０％": 0.4,
}
REFUSED = ["", " ", "%", ".", "-", "B", "億", "1,4", "1,40", "1,4000", "1 400", "1.4.5", "1/2", "0x10", "1_000", "10^9"]
REFUSED += ["70GB", "1B500M", "1億2億", "1億2兆", "5e", "e5", "1e5B", "七十億", "½", "inf", "nan", "Infinity", "1" * 65]


@pytest.mark.parametrize(("text", "number"), [*COUNTS.items(), *NUMBERS.items()])
def test_count(text: str, number: float) -> None:
    assert number_from_text(text, count=True) == number


@pytest.mark.parametrize(("text", "number"), NUMBERS.items())
def test_number(text: str, number: float) -> None:
    assert number_from_text(text) == number


@pytest.mark.parametrize("text", [text for text in COUNTS if not text.strip()[-1].isdecimal()])
def test_suffixes_belong_to_counts(text: str) -> None:
    with pytest.raises(ValueError, match="not a number"):
        number_from_text(text)


@pytest.mark.parametrize("text", REFUSED)
def test_refused(text: str) -> None:
    for count in (False, True):
        with pytest.raises(ValueError, match="number"):
            number_from_text(text, count=count)


plain = st.floats(1e-4, 1e15, exclude_max=True)  # those that Python prints without an exponent


@given(plain, st.sampled_from([("k", 3), ("M", 6), ("B", 9), ("T", 12), ("万", 4), ("億", 8), ("兆", 12)]))
def test_what_is_printed_reads_back(x: float, suffix: tuple[str, int]) -> None:
    letter, digits = suffix
    assert number_from_text(f"{x}{letter}", count=True) == float(Fraction(str(x)) * 10**digits)


@given(st.integers(0, 10**15))
def test_whole_numbers_read_back(n: int) -> None:
    assert number_from_text(f"{n}") == number_from_text(f"{n:,}") == n
    assert number_from_text(f"{n}B", count=True) == float(n * 10**9)
    assert number_from_text(f"{n}%") == n / 100


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_floats_read_back(x: float) -> None:
    assert number_from_text(repr(x)) == x


@given(st.floats(1e-4, 1e6))
def test_percentages_are_exact(x: float) -> None:
    assert number_from_text(f"{x}%") == float(Fraction(str(x)) / 100)


@given(st.integers(0, 8999), *[st.integers(0, 9999)] * 3)  # below 2**53, where floats hold every whole number
def test_japanese_compounds(trillions: int, hundred_millions: int, ten_thousands: int, ones: int) -> None:
    groups = ((trillions, "兆"), (hundred_millions, "億"), (ten_thousands, "万"), (ones, ""))
    text = "".join(f"{n}{unit}" for n, unit in groups if n) or "0"
    value = trillions * 10**12 + hundred_millions * 10**8 + ten_thousands * 10**4 + ones
    assert number_from_text(text, count=True) == value


@pytest.mark.parametrize("text", ["full", "FULL", " Full ", "ｆｕｌｌ"])
def test_options_in_any_case(text: str) -> None:
    assert read(quantity("recompute"), text) == "full"


@pytest.mark.parametrize("value", [True, "TRUE", " true ", 1, 1.0, np.True_])  # LibreOffice hands TRUE over as 1
def test_flags(value: Any) -> None:
    assert read(quantity("causal"), value) is True


DATES: list[tuple[Any, str]] = [
    ("2024", "2024"),  # as exactly as it is known
    ("2024-02", "2024-02"),
    ("2024-02-29", "2024-02-29"),
    (" ２０２４－０２－２９ ", "2024-02-29"),
    (datetime.date(2024, 2, 29), "2024-02-29"),
    (datetime.datetime(2024, 2, 29, 23, 59), "2024-02-29"),
    (np.datetime64("2024-02-29"), "2024-02-29"),
    (61, "1900-03-01"),
    (1899, "1905-03-13"),
    (2200, "1906-01-08"),
    (45351, "2024-02-29"),
    (45351.999, "2024-02-29"),
    (np.float64(45351), "2024-02-29"),
    (Fraction(45351), "2024-02-29"),
    (2958465, "9999-12-31"),
    (2958465.0, "9999-12-31"),
]
NO_DATES: list[Any] = [
    0, 0.5, 1, 59, 60, 60.999, -1, 1900, 2024, 2024.0, 2199.5, 2958466, 2958465.5, 1e300, 10**400,
    math.inf, -math.inf, math.nan, True, False, None, 1j, b"2024", ["2024"],
    datetime.time(12), datetime.timedelta(1), np.datetime64("NaT"),
    "", " ", "24", "2024-2-29", "2024-13", "2024-00", "2023-02-29", "2024-02-30", "0000", "2024-02-", "2024-02-29-01",
    "2024-02-29T12:00", "2024/02/29", "29.2.2024", "20240229", "45351", "2024-W09", "yesterday", "٢٠٢٤",
]  # fmt: skip


@pytest.mark.parametrize(("value", "text"), DATES)
def test_dates(value: Any, text: str) -> None:
    assert read(quantity("as_of"), value) == text


@pytest.mark.parametrize("value", NO_DATES, ids=repr)
def test_no_dates(value: Any) -> None:
    with pytest.raises(InputError, match=r"^as_of (must be|is blank: give) a date") as refusal:
        read(quantity("as_of"), value)
    assert refusal.value.cell == "#VALUE!"


@given(st.dates(datetime.date(1900, 3, 1), datetime.date(9999, 12, 31)))
def test_serials_are_the_days_of_a_spreadsheet(day: datetime.date) -> None:
    assert read(quantity("as_of"), day) == str(day)
    if not 1900 <= to_excel(day) < 2200:
        assert read(quantity("as_of"), to_excel(day)) == str(day)


def test_a_year_is_text() -> None:
    with pytest.raises(InputError, match='got 2024; for the year write "2024" in quotes'):
        read(quantity("as_of"), 2024)


@pytest.mark.parametrize("text", ["40%", "４０％", " 40 % "])
def test_percent_of_anything(text: str) -> None:
    """Where the unit is the user's own, it may be a share."""
    assert read(quantity("mode"), text) == 0.4
    with pytest.raises(InputError, match="tokens_per_param is counted in tokens/parameter, not in percent"):
        read(quantity("tokens_per_param"), text)


def test_a_decline_may_be_a_rise() -> None:
    assert read(quantity("yearly_decline"), "-200%") == -2.0
    with pytest.raises(DomainError, match="a share of 1 from -10 below 1"):
        read(quantity("yearly_decline"), 1)


anything = st.one_of(
    st.text(),
    st.text("0123456789.,-+%eEkKmMbBtT千万百億兆 ０９．，％²½", max_size=12),
    st.floats(),
    st.integers(),
    st.booleans(),
    st.binary(max_size=4),
    st.complex_numbers(),
    st.datetimes(),
    st.fractions(),
    st.decimals(),
    st.none(),
    st.lists(st.integers(), max_size=2),
)


@given(st.sampled_from(list(VOCABULARY.values())), anything)
def test_anything_is_read_or_refused(q: Quantity, value: Any) -> None:
    """A value of the quantity within its bounds, or one error with a short line: nothing else happens."""
    try:
        answer = read(q, value)
    except XlllmError as error:
        answer = error
    if isinstance(answer, XlllmError):
        assert answer.cell.startswith("#")
        assert q.name in answer.message
        assert len(answer.message) < 300
        assert answer.message.isprintable()
    elif q.numeric:
        assert type(answer) is float
        assert q.low <= answer <= q.high
    else:
        assert type(answer) is (bool if q.kind == "flag" else str)
        assert q.kind != "choice" or answer in q.choices
