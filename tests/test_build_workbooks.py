"""The script that builds workbooks/: it writes, compares and says what differs."""

import subprocess
import sys
from pathlib import Path

import pytest
from build_workbooks import differing, shown
from edited import made, parts, with_parts

SCRIPT = Path(__file__).parent / "build_workbooks.py"


def run(*words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([sys.executable, SCRIPT, *words], capture_output=True, text=True, check=False)


def test_it_writes_and_compares(tmp_path: Path) -> None:
    folder = ("--folder", str(tmp_path))
    missing = run("carbon", "--check", *folder)
    assert missing.returncode == 1
    assert "carbon-en.xlsx: is missing" in missing.stderr
    assert "python tests/build_workbooks.py builds them again" in missing.stderr
    assert list(tmp_path.iterdir()) == []
    built = run("carbon", *folder)
    assert (built.returncode, built.stdout, built.stderr) == (0, "", "")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["carbon-en.xlsx", "carbon-ja.xlsx"]
    assert run("carbon", "--check", *folder).returncode == 0
    path = tmp_path / "carbon-ja.xlsx"
    path.write_bytes(with_parts(path.read_bytes(), {"xl/styles.xml": b"x"}))
    other = run("carbon", "--check", *folder)
    assert other.returncode == 1
    assert "carbon-ja.xlsx: xl/styles.xml" in other.stderr


def test_a_template_that_is_not_there(tmp_path: Path) -> None:
    answer = run("carbons", "--folder", str(tmp_path))
    assert answer.returncode == 1
    assert "no template is called 'carbons'; did you mean carbon?" in answer.stderr


def test_pictures_are_not_compared() -> None:
    assert run("--check", "--pictures").returncode == 2


def test_the_pictures_of_the_readme_are_pages_of_workbooks() -> None:
    assert all(name.endswith(("-en.png", "-ja.png")) for name in shown())
    assert shown()


@pytest.mark.parametrize("part", ["xl/workbook.xml", "docProps/core.xml"])
def test_parts_are_compared_not_bytes(part: str) -> None:
    again = with_parts(made(), {})
    assert again != made()
    assert differing(again, made()) == []
    assert differing(with_parts(made(), {part: b""}), made()) == [part]
    assert differing(with_parts(made(), {part: None}), made()) == [part]
    assert part in parts(made())
