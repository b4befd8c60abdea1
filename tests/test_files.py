"""A file appears whole or not at all; what stood there before is kept, or replaced in one step when told to."""

import errno
import io
import os
import stat
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from xlllm.errors import FileError
from xlllm.files import write_whole

NEW, OLD = b"new " * 50_000, b"old"
posix = pytest.mark.skipif(os.name == "nt", reason="permissions of POSIX")


@pytest.fixture(params=[False, True], ids=["keep", "force"])
def force(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture
def umask() -> Iterator[None]:
    mask = os.umask(0o022)
    yield
    os.umask(mask)


def names(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir())


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("name", ["a.xlsx", "予算 2026.xlsx", "👍🏽.json", "x" * 250 + ".json", "-o", ".hidden"])
@pytest.mark.parametrize("data", [b"", b"\x00", NEW])
def test_writes_all_of_it_and_nothing_else(tmp_path: Path, name: str, data: bytes, force: bool) -> None:
    write_whole(tmp_path / name, data, force=force)
    assert (tmp_path / name).read_bytes() == data
    assert names(tmp_path) == [name]


def test_an_existing_file_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(OLD)
    with pytest.raises(FileError, match=r"a\.json exists and is kept; choose another name, or add --force"):
        write_whole(path, NEW)
    assert path.read_bytes() == OLD
    assert names(tmp_path) == ["a.json"]


def test_an_existing_file_is_replaced_when_told_to(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(OLD * 100_000)
    reader = path.open("rb")
    write_whole(path, NEW, force=True)
    assert path.read_bytes() == NEW
    if os.name != "nt":
        assert reader.read() == OLD * 100_000, "who reads the old file reads it to its end"
    reader.close()
    assert names(tmp_path) == ["a.json"]


def test_refuses_a_folder(tmp_path: Path, force: bool) -> None:
    with pytest.raises(FileError, match="is a folder; name a file in it"):
        write_whole(tmp_path, NEW, force=force)
    assert names(tmp_path) == []


def test_refuses_a_missing_folder(tmp_path: Path, force: bool) -> None:
    with pytest.raises(FileError, match=r"the folder .*not there does not exist; create it first"):
        write_whole(tmp_path / "not there" / "a.json", NEW, force=force)
    assert names(tmp_path) == []


def test_refuses_a_file_for_a_folder(tmp_path: Path, force: bool) -> None:
    (tmp_path / "file").write_bytes(OLD)
    with pytest.raises(FileError, match=r"the folder .*file does not exist"):
        write_whole(tmp_path / "file" / "a.json", NEW, force=force)
    assert (tmp_path / "file").read_bytes() == OLD


def test_refuses_a_name_that_is_too_long(tmp_path: Path, force: bool) -> None:
    with pytest.raises(FileError, match="cannot be written"):
        write_whole(tmp_path / ("x" * 300), NEW, force=force)
    assert names(tmp_path) == []


class Full(io.FileIO):
    """A disk with room for a few bytes."""

    def write(self, data: Any) -> int:
        super().write(data[:100])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("old", [None, OLD])
def test_a_full_disk_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old: bytes | None) -> None:
    path = tmp_path / "a.json"
    if old:
        path.write_bytes(old)
    monkeypatch.setattr(os, "fdopen", lambda handle, mode: Full(handle, mode))
    with pytest.raises(FileError, match=f"cannot be written: {os.strerror(errno.ENOSPC)}"):
        write_whole(path, NEW, force=True)
    assert names(tmp_path) == (["a.json"] if old else [])
    assert not old or path.read_bytes() == old


def test_a_limit_of_the_system_leaves_nothing(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        with pytest.raises(FileError, match="cannot be written"):
            write_whole(tmp_path / "a.json", NEW)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert names(tmp_path) == []


def test_an_interruption_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: Any) -> None:
        raise KeyboardInterrupt

    (tmp_path / "a.json").write_bytes(OLD)
    monkeypatch.setattr(os, "replace", stop)
    with pytest.raises(KeyboardInterrupt):
        write_whole(tmp_path / "a.json", NEW, force=True)
    assert names(tmp_path) == ["a.json"]
    assert (tmp_path / "a.json").read_bytes() == OLD


def test_no_right_to_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: Any) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(tempfile, "mkstemp", refuse)
    with pytest.raises(FileError, match=r"a\.json: cannot be written: Permission denied"):
        write_whole(tmp_path / "a.json", NEW)


# -- somebody else writes the same file --------------------------------------------------------------------------------
@pytest.mark.parametrize("links", [True, False], ids=["links", "no links"])
def test_who_comes_second_keeps_what_came_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, links: bool) -> None:
    """The other one's file appears after the first look and before the move."""
    path, link = tmp_path / "a.json", os.link

    def late(temporary: str, target: Path) -> None:
        path.write_bytes(OLD)
        if not links:
            raise OSError(errno.EPERM, os.strerror(errno.EPERM))
        link(temporary, target)

    monkeypatch.setattr(os, "link", late)
    with pytest.raises(FileError, match="exists and is kept"):
        write_whole(path, NEW)
    assert path.read_bytes() == OLD
    assert names(tmp_path) == ["a.json"]


def test_a_file_system_without_hard_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*_: Any) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "link", none)
    write_whole(tmp_path / "a.json", NEW)
    assert (tmp_path / "a.json").read_bytes() == NEW
    assert names(tmp_path) == ["a.json"]


def test_of_many_at_once_one_wins(tmp_path: Path) -> None:
    def write(i: int) -> bool:
        try:
            write_whole(tmp_path / "a.json", bytes([i]) * 100_000)
        except FileError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(write, range(16)))
    assert won.count(True) == 1
    assert (tmp_path / "a.json").read_bytes() == bytes([won.index(True)]) * 100_000
    assert names(tmp_path) == ["a.json"]


# -- permissions and links ---------------------------------------------------------------------------------------------
@posix
@pytest.mark.usefixtures("umask")
@pytest.mark.parametrize("mask", [0o000, 0o002, 0o022, 0o027, 0o077])
def test_the_umask_holds(tmp_path: Path, mask: int, force: bool) -> None:
    os.umask(mask)
    write_whole(tmp_path / "a.json", NEW, force=force)
    assert mode(tmp_path / "a.json") == 0o666 & ~mask
    assert os.umask(mask) == mask, "and is left as it was"


@posix
@pytest.mark.usefixtures("umask")
@pytest.mark.parametrize("old", [0o600, 0o640, 0o664])
def test_a_replaced_file_keeps_its_permissions(tmp_path: Path, old: int) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(OLD)
    path.chmod(old)
    write_whole(path, NEW, force=True)
    assert mode(path) == old


@posix
@pytest.mark.parametrize("there", [True, False])
def test_a_link_stays_a_link(tmp_path: Path, there: bool) -> None:
    real, link = tmp_path / "real" / "a.json", tmp_path / "a.json"
    real.parent.mkdir()
    if there:
        real.write_bytes(OLD)
    link.symlink_to(real)
    write_whole(link, NEW, force=there)
    assert link.is_symlink()
    assert real.read_bytes() == NEW
    assert names(tmp_path) == ["a.json", "real"]
    assert names(real.parent) == ["a.json"]
