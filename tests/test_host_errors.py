"""Every bad argument shows the same error with the same message, whoever hands it over."""

from typing import Any

import numpy as np
import pytest
from bad_cells import DIFFERENCES, Case, all_faults

from xlllm.catalog.lookups import Host
from xlllm.errors import XlllmError
from xlllm.hosts import calls


def shown(found: Any) -> Any:
    """What a person sees of an answer: its first error, or the values."""
    errors = [x for x in np.ravel(np.asarray(found, dtype=object)) if isinstance(x, XlllmError)]
    return errors[0].cell if errors else found


def test_one_call(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Host, "last_error", Host.last_error)
    calls.tell_last_error()

    def show(case: Case) -> tuple[Any, str]:
        monkeypatch.setattr(calls, "_last_error", "")
        found = calls.answer(case.formula.worksheet_name, case.args)
        return shown(found), calls.answer("LLM_LAST_ERROR", [])

    asked, found = all_faults(show, "calls")
    assert asked > 20_000
    assert not found, "\n".join([f"{len(found)} faults, among them", *found[:9]])


def test_differences_are_few() -> None:
    assert len(DIFFERENCES) <= 6
