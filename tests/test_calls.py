"""One call from any host: blanks, dates, whole columns, errors, and what is computed once."""

import datetime as dt
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from samples import arguments, same

from xlllm.catalog.lookups import Host
from xlllm.errors import DomainError, InputError, NotInCatalogError, PropagatedError, XlllmError
from xlllm.hosts import calls
from xlllm.hosts.calls import answer
from xlllm.registry import FORMULAS
from xlllm.worksheet import OMITTED


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "_answers", calls.Answers())
    monkeypatch.setattr(calls, "_last_error", "")
    monkeypatch.setattr(Host, "last_error", Host.last_error)


def failed(*call: Any) -> tuple[str, str]:
    """The error of a cell and its message."""
    error = answer(call[0], call[1:])
    assert isinstance(error, XlllmError), error
    return error.cell, error.message


@pytest.mark.parametrize("name", FORMULAS)
def test_every_function_answers_as_the_checked_call(name: str) -> None:
    formula = FORMULAS[name]
    found = answer(formula.worksheet_name, arguments(formula))
    expected = formula(*arguments(formula))
    if isinstance(expected, np.ndarray):
        assert same(found, expected.reshape(found.shape))
    else:
        assert type(found) is type(expected)
        assert same(found, expected)


def test_a_blank_is_as_good_as_nothing_where_that_is_allowed() -> None:
    full = answer("LLM_TRAIN_DAYS", [1e6, 2048])
    for blank in (None, "", OMITTED, [[None]], [[""]], [[OMITTED]]):
        assert answer("LLM_TRAIN_DAYS", [1e6, 2048, blank]) == full
    assert answer("LLM_TRAIN_USD", [10, 4, None, 5]) == answer("LLM_TRAIN_USD", [10, 4, OMITTED, 5])
    assert answer("LLM_LOSS", [70e9, 1.4e12, ""]) == answer("LLM_LOSS", [70e9, 1.4e12])


@pytest.mark.parametrize("blank", [None, "", [[None]]])
def test_a_blank_is_an_error_where_something_must_be_given(blank: Any) -> None:
    cell, message = failed("LLM_LOSS", blank, 1.4e12)
    assert cell == "#VALUE!"
    assert message.startswith("params is blank: give a number")


def test_a_blank_row_of_an_optional_column_takes_the_default() -> None:
    found = answer("LLM_TRAIN_DAYS", [[[1e6], [1e6]], 2048, [[0.5], [None]]])
    assert found.tolist() == [[answer("LLM_TRAIN_DAYS", [1e6, 2048, x])] for x in (0.5, OMITTED)]


def test_a_blank_inside_a_series_is_an_error() -> None:
    assert failed("LLM_NPV", 0.1, [[-100.0], [None], [60.0]])[0] == "#VALUE!"


def test_dates_are_the_numbers_of_their_days() -> None:
    asked = ["gpt-4", "input_usd_mtok"]
    by_number = answer("LLM_API_PRICE", [*asked, 45291.0])
    assert isinstance(by_number, float)
    for day in (dt.datetime(2023, 12, 31, 18, tzinfo=dt.UTC), dt.date(2023, 12, 31), "2023-12-31"):
        assert answer("LLM_API_PRICE", [*asked, day]) == by_number
    assert answer("LLM_NUMBER", ["70B"]) == 70e9


@pytest.mark.parametrize("money", [Decimal("3.5"), np.float64(3.5), [[3.5]], np.array([[3.5]])])
def test_numbers_of_every_kind(money: Any) -> None:
    assert answer("LLM_TRAIN_USD", [10, money]) == 35.0


def test_true_is_no_number_and_one_is_no_true() -> None:
    assert failed("LLM_LOSS", True, 1.4e12)[0] == "#VALUE!"
    assert answer("LLM_LOSS", [1, 1.4e12]) == answer("LLM_LOSS", [1.0, 1.4e12])
    assert failed("LLM_LOSS", True, 1.4e12)[0] == "#VALUE!"  # although 1 == True, and 1 has just been answered
    table = [[True], [1.0]]
    assert [type(x) for x in answer("LLM_WEIGHT_GB", [table]).flat] == [InputError, float]


def test_columns_and_rows_make_a_grid() -> None:
    found = answer("LLM_TRAIN_FLOPS", [[[1e9], [2e9], [4e9]], [[1e12, 2e12]]])
    assert found.tolist() == [[6e21, 1.2e22], [1.2e22, 2.4e22], [2.4e22, 4.8e22]]
    assert failed("LLM_TRAIN_FLOPS", [[1e9], [2e9]], [[1e12], [2e12], [3e12]])[0] == "#VALUE!"


def test_one_bad_row_is_one_error() -> None:
    found = answer("LLM_LOSS", [[[70e9], [-1.0], ["#N/A"]], 1.4e12])
    assert isinstance(found[0, 0], float)
    assert isinstance(found[1, 0], DomainError)
    assert isinstance(found[2, 0], PropagatedError)
    assert found[2, 0].cell == "#N/A"


def test_a_whole_column_ends_with_its_last_filled_cell() -> None:
    column: list[list[Any]] = [[None]] * 1_048_576
    column[0], column[2] = [1e9], [2e9]
    found = answer("LLM_TRAIN_FLOPS", [column, 1e12])
    assert found.shape == (3, 1)
    assert found[0, 0] == 6e21
    assert found[1, 0].message.startswith("params is blank")
    row: list[list[Any]] = [[1e9, 2e9, *[""] * 16_382]]
    assert answer("LLM_TRAIN_FLOPS", [row, 1e12]).tolist() == [[6e21, 1.2e22]]
    assert failed("LLM_TRAIN_FLOPS", [[None]] * 1_048_576, 1e12)[1].startswith("params is blank")


def test_the_blank_end_of_a_part_of_a_column_is_not_dropped() -> None:
    """Four years of which the last is still empty are no three years."""
    assert failed("LLM_NPV", 0.1, [[-100.0], [60.0], [60.0], [None]])[0] == "#VALUE!"


@pytest.mark.parametrize("cells", [[], [[]], [[1.0, 2.0], [3.0]]])
def test_no_range_at_all(cells: Any) -> None:
    assert failed("LLM_TRAIN_FLOPS", cells, 1e12)[0] == "#VALUE!"


def test_too_many_arguments_and_unknown_functions() -> None:
    assert "takes 3 arguments, got 4" in failed("LLM_LOSS", 70e9, 1.4e12, OMITTED, 1)[1]
    assert failed("LLM_LOS", 70e9)[0] == "#NAME?"
    assert "nearest: LLM_LOSS" in failed("LLM_LOS", 70e9)[1]


@pytest.mark.parametrize("strange", [object(), {}, {"a": 1}, b"70", 1j, lambda: 1, [[{}]], {1.0}])
def test_what_no_cell_holds_is_an_error(strange: Any) -> None:
    assert failed("LLM_LOSS", strange, 1.4e12)[0] == "#VALUE!"


def test_equal_calls_are_computed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    computed = []
    value = calls.worksheet.value
    monkeypatch.setattr(calls.worksheet, "value", lambda f, args: computed.append(f.name) or value(f, args))
    column = [[float(i)] for i in range(1, 1000)]
    for _ in range(3):
        answer("LLM_LOSS", [70e9, 1.4e12])
        answer("LLM.LOSS", [70e9, 1.4e12])
        answer("LLM_TRAIN_FLOPS", [column, 1e12])
        answer("LLM_TRAIN_FLOPS", [[["70B"], [1e9]], 1e12])
        answer("LLM_GPU", ["H101", "watts"])
    assert computed == ["loss", "train_flops", "train_flops", "gpu"]
    answer("LLM_LOSS", [70e9, 1.5e12])
    answer("LLM_TRAIN_FLOPS", [column[:-1], 1e12])
    answer("LLM_TRAIN_FLOPS", [[[x for (x,) in column]], 1e12])  # the same numbers in a row
    assert len(computed) == 7


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "REMEMBERED_CELLS", 1000)
    small = calls.Answers()
    monkeypatch.setattr(calls, "_answers", small)
    for i in range(1, 50):
        answer("LLM_TRAIN_FLOPS", [[[float(i)]] * 100, 1e12])
    assert small.currsize <= 1000
    answer("LLM_TRAIN_FLOPS", [[[1.0]] * 5000, 1e12])
    assert small.currsize <= 1000
    for i in range(1, 9):
        answer("LLM_NPV", [0.1, [[float(i)] * 300]])  # long arguments of short answers count too
    assert len(small) <= 3


def test_an_answer_that_a_caller_changes_does_not_change_the_next() -> None:
    first = answer("LLM_TRAIN_FLOPS", [[[1.0], [2.0]], 1e12])
    with pytest.raises(ValueError, match="read-only"):
        first[0, 0] = 7


def test_the_last_error_is_told_where_one_person_sits() -> None:
    assert answer("LLM_LAST_ERROR", []) == "the message is shown with the error itself"
    calls.tell_last_error()
    assert answer("LLM_LAST_ERROR", []) == "there was no error yet"
    answer("LLM_GPU_HOURS", [1e20, 312e12, 40.0])
    told = "LLM_GPU_HOURS: mfu must be a share of 1 above 0: got 40; write 0.4 or 40%"
    assert answer("LLM_LAST_ERROR", []) == told
    answer("LLM_LOSS", [70e9, 1.4e12])  # which succeeds
    answer("LLM_TRAIN_DAYS", ["#NUM!", 8])  # which only passes an error on
    assert answer("LLM_LAST_ERROR", []) == told
    answer("llm.loss", [[[70e9], [-1.0]], 1.4e12])
    assert answer("LLM_LAST_ERROR", []).startswith("LLM.LOSS (row 2, column 1 of the answer): params must be")


def test_a_defect_of_ours_is_no_crash(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    def broken(*_: Any) -> Any:
        raise RuntimeError("secret path /home/x")

    monkeypatch.setattr(calls.worksheet, "value", broken)
    cell, message = failed("LLM_LOSS", 70e9, 1.4e12)
    assert cell == "#VALUE!"
    assert "secret" not in message
    assert "defect" in message
    assert "secret" in caplog.text


def test_look_ups_in_a_column() -> None:
    found = answer("LLM_GPU", [[["H100"], ["H101"]], "watts"])
    assert isinstance(found[0, 0], float)
    assert isinstance(found[1, 0], NotInCatalogError)


@pytest.mark.parametrize(
    ("environment", "lang"),
    [
        ({}, "en"),
        ({"LANG": "ja_JP.UTF-8"}, "ja"),
        ({"LANG": "ja_JP.UTF-8", "LC_ALL": "C.UTF-8"}, "en"),
        ({"LANG": "de_DE", "XLLLM_LANG": "ja"}, "ja"),
        ({"LANG": "ja_JP", "XLLLM_LANG": "en"}, "en"),
    ],
)
def test_language(environment: dict[str, str], lang: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("XLLLM_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert calls.language() == lang
