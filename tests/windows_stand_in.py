"""A computer with Windows and Excel, for the tests of what installs there: files are real, everything else is told."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from xlllm.hosts.doctor import CLICK_TO_RUN, EXCEL_PATH
from xlllm.hosts.machine import Machine

SECURITY = r"Software\Microsoft\Office\16.0\Excel\Security"
PROGRAM = r"C:\Program Files\Microsoft Office\root\Office16\EXCEL.EXE"


class ExcelError(Exception):
    """pywintypes.com_error"""


class Excel:
    """Excel, as far as xlllm asks for it: keeps what it is told and writes the add-in."""

    def __init__(self, refuses: str = "") -> None:
        self.refuses, self.told, self.imported, self.quits = refuses, [], b"", 0
        self.book = SimpleNamespace(
            Name="Book1",
            VBProject=SimpleNamespace(VBComponents=SimpleNamespace(Import=self.take)),
            SaveAs=self.save,
            Close=lambda save: None,
        )
        self.Workbooks = SimpleNamespace(Add=lambda: self.book)

    def take(self, file: str) -> None:
        if self.refuses == "Import":
            raise ExcelError("Programmatic access to Visual Basic Project is not trusted")
        self.imported = Path(file).read_bytes()

    def save(self, file: str, kind: int) -> None:
        assert kind == 55
        Path(file).write_bytes(b"add-in of " + self.imported)

    def MacroOptions(self, *args: Any) -> None:
        if self.refuses == "texts" and args[-1] and args[0].endswith("LLM_LOSS"):
            raise ExcelError("too many texts")
        self.told.append(args)

    def Quit(self) -> None:
        self.quits += 1


class Windows(Machine):
    """All is well in it, until a test says otherwise."""

    system = "win32"
    com_error = ExcelError  # type: ignore[assignment]

    def __init__(self, folder: Path) -> None:
        self.home = folder
        self.python = r"C:\Users\me\py\Scripts\python.exe"
        self.version = (3, 12)
        self.values: dict[tuple[str, str], Any] = {
            (EXCEL_PATH, ""): PROGRAM,
            (CLICK_TO_RUN, "Platform"): "x64",
            (SECURITY, "AccessVBOM"): 1,
        }
        self.disabled: list[Any] = []
        self.packages = {"xlwings": "0.37.8", "pywin32": "312"}
        self.files = {"xlwings64-0.37.8.dll", "xlwings32-0.37.8.dll"}
        self.programs: dict[str, Path] = {}
        self.variables: dict[str, str] = {}
        self.origins: dict[Path, str] = {}
        self.says: dict[str, tuple[int, str]] = {}
        self.application = Excel()

    def environment(self, name: str) -> str:
        return str(self.home) if name == "APPDATA" else self.variables.get(name, "")

    def registry(self, key: str, name: str) -> Any:
        return self.values.get((key, name))

    def registry_values(self, key: str) -> list[Any]:
        return self.disabled if key.endswith("DisabledItems") else []

    def package(self, name: str) -> str | None:
        return self.packages.get(name)

    def package_file(self, package: str, name: str) -> Path | None:
        return Path("/dlls", name) if name in self.files else None

    def program(self, *names: str) -> Path | None:
        return next((self.programs[n] for n in names if n in self.programs), None)

    def origin(self, file: Path) -> str:
        return self.origins.get(file, "")

    def output(self, command: Any, seconds: float = 60) -> tuple[int, str]:
        line = " ".join(map(str, command))
        return next((answer for part, answer in self.says.items() if part in line), (1, f"nobody answers to {line}"))

    def excel(self) -> Any:
        return self.application
