"""Files are written whole or not at all, and never over an existing one unless told to."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path

from xlllm.errors import FileError


def refuse_existing(path: Path, *, force: bool) -> None:
    """FileError before any work is done if ``path`` cannot be written."""
    try:
        if path.is_dir():
            raise FileError(f"{path} is a folder; name a file in it")
        if not path.parent.is_dir():
            raise FileError(f"{path}: the folder {path.parent} does not exist; create it first")
        if path.exists() and not force:
            raise FileError(f"{path} exists and is kept; choose another name, or add --force to replace it")
    except OSError as error:  # too long a name, or a folder nobody may look into
        raise FileError(f"{path}: cannot be written: {error.strerror or error}") from None


def write_whole(path: Path, data: bytes, *, force: bool = False) -> None:
    """Write beside the target first, then move into place. A replaced file keeps its permissions, a link stays one.

    Raises
    ------
    FileError
        The folder does not exist, the file exists and ``force`` is not set, or the disk refuses.
    """
    refuse_existing(path, force=force)
    target = Path(os.path.realpath(path))
    temporary = ""
    try:
        handle, temporary = tempfile.mkstemp(prefix=".xlllm-", dir=target.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.chmod(temporary, stat.S_IMODE(target.stat().st_mode) if target.exists() else 0o666 & ~_umask())
        if force:
            os.replace(temporary, target)
        else:
            _link_or_move(temporary, target)
    except OSError as error:
        raise FileError(f"{path}: cannot be written: {error.strerror or error}") from None
    finally:
        if temporary and os.path.exists(temporary):
            os.unlink(temporary)


def _link_or_move(temporary: str, path: Path) -> None:
    """A hard link refuses an existing target in one step; not every file system has them."""
    try:
        os.link(temporary, path)
    except FileExistsError:
        raise FileError(f"{path} exists and is kept; choose another name, or add --force to replace it") from None
    except OSError:
        refuse_existing(path, force=False)
        os.replace(temporary, path)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
