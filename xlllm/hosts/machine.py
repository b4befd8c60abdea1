"""What the commands for hosts ask of the computer. Tests put another computer in its place."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

XLSTART = Path("Microsoft", "Excel", "XLSTART")


class Machine:
    """The computer that this process runs on."""

    system = sys.platform
    python = sys.executable
    version = sys.version_info[:2]

    @property
    def windows(self) -> bool:
        return self.system == "win32"

    def environment(self, name: str) -> str:
        return os.environ.get(name, "")

    @property
    def folder(self) -> Path:
        """What belongs to the person alone: no administrator is needed to write there."""
        return Path(self.environment("APPDATA") or Path.home() / ".config", "xlllm")

    @property
    def start_folder(self) -> Path:
        """What lies here, Excel opens when it starts."""
        return Path(self.environment("APPDATA"), XLSTART)

    def registry(self, key: str, name: str) -> Any:
        """A value of Windows' registry, the person's own before the machine's; None if there is none."""
        import winreg

        for root in (winreg.HKEY_CURRENT_USER, winreg.HKEY_LOCAL_MACHINE):  # type: ignore[attr-defined]
            try:
                with winreg.OpenKey(root, key) as opened:  # type: ignore[attr-defined]
                    return winreg.QueryValueEx(opened, name)[0]  # type: ignore[attr-defined]
            except OSError:
                continue
        return None

    def registry_values(self, key: str) -> list[Any]:
        """All values of one key of the person's registry."""
        import winreg

        found: list[Any] = []
        try:
            with winreg.OpenKey(winreg.HKEY_CURRENT_USER, key) as opened:  # type: ignore[attr-defined]
                while True:
                    found.append(winreg.EnumValue(opened, len(found))[1])  # type: ignore[attr-defined]
        except OSError:  # there are no more
            return found

    def package(self, name: str) -> str | None:
        """The version of an installed package."""
        try:
            return distribution(name).version
        except PackageNotFoundError:
            return None

    def package_file(self, package: str, name: str) -> Path | None:
        """Where a package put a file of this name."""
        files = distribution(package).files or []
        return next((Path(str(f.locate())).resolve() for f in files if f.name == name), None)

    def program(self, *names: str) -> Path | None:
        """The first of these programs that there is, links followed."""
        return next((Path(found).resolve() for name in names if (found := shutil.which(name))), None)

    def origin(self, file: Path) -> str:
        """What Windows noted of a file that came from elsewhere; it blocks macros in those."""
        try:
            return Path(f"{file}:Zone.Identifier").read_text("utf-8", errors="replace")
        except OSError:
            return ""

    def output(self, command: Sequence[str | Path], seconds: float = 60) -> tuple[int, str]:
        """How a command ends and what it says."""
        try:
            done = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                timeout=seconds,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            return 1, str(error)
        return done.returncode, done.stdout.strip()

    def excel(self) -> Any:
        """An Excel of our own, which nobody sees."""
        import win32com.client  # type: ignore[import-untyped]

        return win32com.client.DispatchEx("Excel.Application")

    @property
    def com_error(self) -> type[Exception]:
        """What a call of Excel raises."""
        import pywintypes  # type: ignore[import-untyped]

        return pywintypes.com_error  # type: ignore[no-any-return]
