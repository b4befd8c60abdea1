"""A call as a sheet makes it: what is left out, ranges of one cell, rows and columns as series, rectangles out."""

from typing import Any

import numpy as np
import pytest

from xlllm.errors import DomainError, InputError, UnknownNameError
from xlllm.worksheet import OMITTED, call, function


def grid(*rows: list[Any]) -> Any:
    cells = np.empty((len(rows), len(rows[0])), dtype=object)
    cells[:] = rows
    return cells


@pytest.mark.parametrize("name", ["LLM_LOSS", "llm_loss", "LLM.LOSS", "_xldudf_LLM_LOSS"])
def test_names_of_every_host(name: str) -> None:
    assert function(name).name == "loss"


@pytest.mark.parametrize("name", ["LOSS", "loss", "LLM_", "LLM_NOTHING", "SUM"])
def test_other_names_are_unknown(name: str) -> None:
    with pytest.raises(UnknownNameError, match="only those of xlllm") as raised:
        function(name)
    assert raised.value.cell == "#NAME?"


def test_what_is_left_out_takes_its_default() -> None:
    train = function("LLM_TRAIN_USD")
    assert call(train, [10.0, 4.0, OMITTED, 5.0]).value == 45.0
    assert call(train, [10.0, 4.0, OMITTED, OMITTED]).value == 40.0
    with pytest.raises(InputError, match="needs gpu_hour_usd"):
        call(train, [10.0, OMITTED, 2.0])


def test_a_range_of_one_cell_is_a_value() -> None:
    answer = call(function("LLM_TRAIN_FLOPS"), [grid([70e9]), 1.4e12])
    assert answer.value == 5.88e23
    assert answer.unit == "FLOP"
    with pytest.raises(DomainError, match="share of 1"):
        call(function("LLM_GPU_HOURS"), [1e20, 312e12, grid([40])])


def test_series_take_a_row_or_a_column() -> None:
    npv = function("LLM_NPV")
    row = grid([-1000, 300, 400, 500, 200])
    assert call(npv, [0.1, row]).value == call(npv, [0.1, row.T]).value
    with pytest.raises(InputError, match="one row or one column: got 2×2 cells"):
        call(npv, [0.1, grid([1, 2], [3, 4])])


def test_a_record_in_a_row_of_cells_is_one_answer() -> None:
    assert call(function("LLM_LOSS_FLOOR"), [grid([1.69, 406.4, 410.7, 0.34, 0.28])]).value == 1.69
    two = grid([1.69, 406.4, 410.7, 0.34, 0.28], [1.8, 406.4, 410.7, 0.34, 0.28])
    assert call(function("LLM_LOSS_FLOOR"), [two]).value.tolist() == [[1.69], [1.8]]


def test_rows_of_results_stand_under_each_other() -> None:
    plans = call(function("LLM_PARALLEL_PLAN"), [grid(["llama 2 7b"], ["llama 2 70b"]), 4096.0, 64.0, 80.0])
    assert plans.value.shape == (2, 8)
    assert isinstance(plans.unit, list)
    with pytest.raises(InputError, match="one column, not a grid"):
        call(function("LLM_PARALLEL_PLAN"), ["llama 2 7b", 4096.0, grid([8, 16], [32, 64]), 80.0])


def test_a_table_stands_as_it_is() -> None:
    team = call(function("LLM_TEAM_SPLIT"), [10.0]).value
    assert team.shape == (6, 2)
    assert sum(team[:, 1]) == pytest.approx(10)


def test_units_of_look_ups_are_those_of_the_field() -> None:
    gpu = function("LLM_GPU")
    assert call(gpu, ["H100", "watts"]).unit == "W"
    assert call(gpu, ["H100", "vendor"]).unit is None
    assert call(function("LLM_GRID"), ["Japan"]).unit == "g/kWh"
    assert call(function("LLM_VERSION"), []).unit is None
