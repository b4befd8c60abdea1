"""The files for xlwings Lite; check_pyodide.py runs them."""

import runpy
from pathlib import Path

import pytest
from typer.testing import CliRunner

import xlllm.catalog.lookups  # noqa: F401 (registers the look-ups)
from xlllm import cli
from xlllm.errors import FileError, InputError
from xlllm.hosts.lite import FILES
from xlllm.registry import FORMULAS


def write(*args: str) -> None:
    CliRunner().invoke(cli.app, ["addin", "lite", *args], catch_exceptions=False)


def test_main_has_every_function(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XLLLM_LANG", "en")  # main.py sets it where it is not set
    write("-o", str(tmp_path))
    assert {file.name for file in tmp_path.iterdir()} == set(FILES)
    main = runpy.run_path(str(tmp_path / "main.py"))
    assert {name for name in main if name.startswith("LLM_")} == {f.worksheet_name for f in FORMULAS.values()}
    assert "xlllm" in (tmp_path / "requirements.txt").read_text().split()


def test_files_are_kept_unless_told(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text("mine")
    with pytest.raises(FileError, match="is kept"):
        write("-o", str(tmp_path))
    assert (tmp_path / "main.py").read_text() == "mine"
    write("-o", str(tmp_path), "--force")
    assert "xlllm" in (tmp_path / "main.py").read_text()


@pytest.mark.parametrize("args", [[], ["--install"], ["--remove"], ["-o", "x", "--install"]])
def test_it_is_a_folder_that_is_asked_for(args: list[str]) -> None:
    with pytest.raises(InputError, match="-o FOLDER"):
        write(*args)
