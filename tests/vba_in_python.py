"""Runs the VBA that xlllm writes: as much of the language as it uses, translated to Python. There is no Excel here.

What it cannot translate raises, so that nothing passes unread. Values are those of VBA: arrays know their bounds, an
error is CVErr's number, an argument left out is MISSING, a blank cell is EMPTY.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from types import SimpleNamespace
from typing import Any

EMPTY = None
MISSING = type("Missing", (), {"__repr__": lambda self: "MISSING"})()


class VbaError(Exception):
    """Raised while VBA runs: what On Error catches."""


@dataclass(frozen=True)
class Error:
    """An error of cells, as CVErr makes it."""

    number: int


class Array:
    """An array of one or more dimensions, each with its bounds."""

    def __init__(self, *bounds: tuple[int, int]) -> None:
        self.bounds = bounds
        self.cells: dict[tuple[int, ...], Any] = dict.fromkeys(product(*(range(a, b + 1) for a, b in bounds)), EMPTY)

    def __call__(self, *at: int) -> Any:
        self._check(at)
        return self.cells[at]

    def put(self, value: Any, *at: int) -> None:
        self._check(at)
        self.cells[at] = value

    def _check(self, at: tuple[int, ...]) -> None:
        if at not in self.cells:
            raise VbaError("Subscript out of range")

    @classmethod
    def of(cls, rows: Any, first: int) -> "Array":
        """An array with what is in a sequence, or in a sequence of rows."""
        grid = bool(rows) and isinstance(rows[0], (list, tuple))
        shape = (len(rows), len(rows[0])) if grid else (len(rows),)
        made = cls(*((first, first + n - 1) for n in shape))
        flat = [x for row in rows for x in row] if grid else rows
        made.cells = dict(zip(made.cells, flat, strict=True))
        return made

    def plain(self) -> Any:
        """Tuples of tuples."""
        values = tuple(self.cells.values())
        if len(self.bounds) == 1:
            return values
        width = self.bounds[1][1] - self.bounds[1][0] + 1
        return tuple(values[i : i + width] for i in range(0, len(values), width))


class Range:
    """A range of a sheet: values as Excel hands them to VBA."""

    def __init__(self, rows: list[list[Any]], areas: int = 1) -> None:
        self.Areas = SimpleNamespace(Count=areas)
        self.Value2 = rows[0][0] if len(rows) == len(rows[0]) == 1 else Array.of(rows, 1)


class Excel:
    """What our VBA uses of the application."""

    def __init__(self) -> None:
        self.wizard_open, self.volatile = False, 0

    def Volatile(self) -> None:
        self.volatile += 1

    def CommandBars(self, name: str) -> Any:
        assert name == "Standard"
        return SimpleNamespace(Controls=lambda number: SimpleNamespace(Enabled=not self.wizard_open))


def _bound(array: Any, dimension: int, which: int) -> int:
    if not isinstance(array, Array) or dimension > len(array.bounds):
        raise VbaError("Subscript out of range")
    return array.bounds[dimension - 1][which]


class _Err:
    """The object Err."""

    Description = ""

    def Raise(self, number: int, source: str, description: Any) -> None:
        raise VbaError(str(description))


LIBRARY: dict[str, Any] = {
    "array": lambda *values: Array.of(values, 0),
    "chrw": lambda number: chr(number & 0xFFFF),
    "cverr": Error,
    "isarray": lambda x: isinstance(x, Array),
    "isobject": lambda x: isinstance(x, Range),
    "lbound": lambda x, dimension=1: _bound(x, dimension, 0),
    "left": lambda text, n: text[:n],
    "mid": lambda text, start: text[start - 1 :],
    "strptr": lambda text: text,
    "timeserial": lambda hours, minutes, seconds: (hours * 60 + minutes) * 60 + seconds,
    "ubound": lambda x, dimension=1: _bound(x, dimension, 1),
    "vartype": lambda x: 8 if isinstance(x, str) else 0,
    "vbstring": 8,
}
_TOKEN = re.compile(
    r'\s*(?:(?P<text>"(?:[^"]|"")*")|(?P<hex>&H[0-9A-F]+)|(?P<number>\d+)|(?P<member>\.\w+)|(?P<name>\w+)\$?'
    r"|(?P<sign><>|<=|>=|[-+&=<>(),]))"
)
_INITIAL = {"Variant": EMPTY, "Object": None, "String": "", "Long": 0, "Date": 0.0}
_WORDS = {"and": "and", "or": "or", "not": "not", "true": "True", "false": "False"}
_SIGNS = {"<>": "!=", "=": "==", "&": "+"}


class Module:
    """A module that has been read; its functions are called as cells call them."""

    def __init__(self, text: str, connect: Callable[[str], Any], loads: bool = True) -> None:
        """``connect`` gives the server that a command line starts; what it raises is what the DLL says."""
        assert text.isascii()
        self.excel, self.clock, self.loaded = Excel(), 1.0, []
        self.parameters: dict[str, list[tuple[str, bool]]] = {}
        self.scope = SimpleNamespace(**LIBRARY, application=self.excel, err=_Err())

        def load(path: str) -> int:
            self.loaded.append(path)
            return int(loads)

        def activate(server: Callable[[Any], None], command: str, mode: int) -> int:
            try:
                server(connect(command))
            except ConnectionError as error:
                server(str(error))
                return 1
            return 0

        self.scope.loadlibrary, self.scope.activate = load, activate
        lines = list(_lines(text))
        while lines:
            line = lines.pop(0)
            if variable := re.fullmatch(r"Private (\w+) As (String|Date)", line):
                setattr(self.scope, variable[1].lower(), _INITIAL[variable[2]])
            elif head := re.fullmatch(r"(?:Public|Private) Function (\w+)\((.*)\) As \w+", line):
                end = lines.index("End Function")
                self._define(head[1], head[2], lines[:end])
                del lines[: end + 1]
            elif not re.match(r"Attribute VB_Name = |Option Explicit$|Private Declare PtrSafe Function ", line):
                raise SyntaxError(line)

    def __call__(self, name: str, *values: Any) -> Any:
        """What a cell shows that calls a function."""
        takes = self.parameters[name]
        given = [*values, *[MISSING] * (len(takes) - len(values))]
        assert len(given) == len(takes)
        assert all(optional or x is not MISSING for (_, optional), x in zip(takes, given, strict=True))
        self.scope.now = self.clock
        return getattr(self.scope, name.lower())(*given)

    def _define(self, name: str, parameters: str, body: list[str]) -> None:
        takes = [
            re.fullmatch(r"(Optional )?(?:ByVal |ByRef )?(\w+) As \w+", p) for p in filter(None, parameters.split(", "))
        ]
        self.parameters[name] = [(p[2], bool(p[1])) for p in takes if p]
        assert len(self.parameters[name]) == len(takes), parameters
        known = [p.lower() for p, _ in self.parameters[name]]
        dims = [m for line in body if (m := re.fullmatch(r"Dim (\w+) As (\w+)", line))]
        dim = [m[1].lower() for m in dims]
        local = {*known, *dim, name.lower()}
        assert len(local) == len(known) + len(dim) + 1, f"{name}: two of its names are one to VBA"
        source = [f"def f({', '.join(known)}):", "  v = SimpleNamespace(**locals())", f"  v.{name.lower()} = None"]
        source += [f"  v.{m[1].lower()} = {_INITIAL[m[2]]!r}" for m in dims]
        source += _Translation(local, set(vars(self.scope))).body(name.lower(), body)
        place: dict[str, Any] = {
            "m": self.scope,
            "SimpleNamespace": SimpleNamespace,
            "VbaError": VbaError,
            "Array": Array,
        }
        exec("\n".join(source), place)
        setattr(self.scope, name.lower(), place["f"])


def _lines(text: str) -> Iterator[str]:
    """Lines without comments, and of #If Win64 the first half."""
    skipping = False
    for raw in text.split("\r\n"):
        line = re.match(r"""((?:[^"']|"[^"]*")*)""", raw)[0].strip()  # type: ignore[index]
        if line.startswith("#"):
            assert line in ("#If Win64 Then", "#Else", "#End If"), line
            skipping = line == "#Else"
        elif line and not skipping:
            yield line


class _Translation:
    """The statements of one function."""

    def __init__(self, local: set[str], known: set[str]) -> None:
        self.local, self.known = local, known

    def body(self, name: str, lines: list[str]) -> Iterator[str]:
        if caught := next((m[1] for line in lines if (m := re.fullmatch(r"On Error GoTo (\w+)", line))), None):
            at = lines.index(f"{caught}:")
            yield "  try:"
            yield from self.statements(name, [x for x in lines[:at] if not x.startswith("On Error")], "    ")
            yield "  except VbaError as error:"
            yield "    m.err.Description = str(error)"
            yield from self.statements(name, lines[at + 1 :], "    ")
        else:
            yield from self.statements(name, lines, "  ")
        yield f"  return v.{name}"

    def statements(self, name: str, lines: list[str], indent: str) -> Iterator[str]:
        yield f"{indent}pass"
        for line in lines:
            if re.match(r"(End If|Next \w+|End Select)$", line):
                indent = indent[2:]
            elif m := re.fullmatch(r"Select Case (.+)", line):
                yield f"{indent}subject = {self.expression(m[1])}"
                yield f"{indent}if False: pass"
                indent += "  "
            elif m := re.fullmatch(r"Case (Else|\"[^\"]*\"): (.+)", line):
                yield indent[2:] + ("else:" if m[1] == "Else" else f"elif subject == {m[1]}:")
                yield from self.statements(name, [m[2]], indent)
            elif m := re.fullmatch(r"(If|ElseIf) (.+) Then", line):
                indent = indent[2:] if m[1] == "ElseIf" else indent
                yield f"{indent}{'if' if m[1] == 'If' else 'elif'} {self.expression(m[2])}:"
                indent += "  "
            elif line == "Else":
                yield f"{indent[2:]}else:"
            elif m := re.fullmatch(r"If (.+?) Then (.+)", line):
                yield f"{indent}if {self.expression(m[1])}:"
                yield from self.statements(name, [m[2]], indent + "  ")
            elif m := re.fullmatch(r"For (\w+) = (.+) To (.+)", line):
                first, last = self.expression(m[2]), self.expression(m[3])
                yield f"{indent}for v.{m[1].lower()} in range({first}, {last} + 1):"
                indent += "  "
            elif line == "Exit Function":
                yield f"{indent}return v.{name}"
            elif m := re.fullmatch(r"ReDim (\w+)\(0 To (.+)\)", line):
                yield f"{indent}v.{m[1].lower()} = Array((0, {self.expression(m[2])}))"
            elif m := re.fullmatch(r"(?:Set )?(\w+)(?:\(([\w, ]+)\))? = (.+)", line):
                target, value = self.name(m[1]), self.expression(m[3])
                yield indent + (f"{target}.put({value}, {self.expression(m[2])})" if m[2] else f"{target} = {value}")
            elif m := re.fullmatch(r"(Err\.Raise|Application\.Volatile)(?: (.+))?", line):
                yield f"{indent}{self.expression(m[1])}({self.expression(m[2] or '')})"
            elif not line.startswith("Dim "):
                raise SyntaxError(line)

    def name(self, name: str) -> str:
        low = name.lower()
        return f"v.{low}" if low in self.local else f"m.{low}"

    def expression(self, text: str) -> str:
        out, at = [], 0
        text = re.sub(r"\bActivate\((\w+),", r"Activate(BYREF \1,", text)
        while at < len(text):
            token = _TOKEN.match(text, at)
            if not token:
                raise SyntaxError(text[at:])
            at = token.end()
            match token.lastgroup, token[token.lastgroup or 0]:
                case "text", x:
                    out.append(repr(x[1:-1].replace('""', '"')))
                case "hex", x:
                    out.append(str(int(x[2:], 16)))
                case "name", "BYREF":
                    variable = re.match(r" (\w+)", text[at:])
                    assert variable
                    at += variable.end()
                    out.append(f"(lambda x: setattr(v, {variable[1].lower()!r}, x))")
                case "name", x:
                    out.append(_WORDS.get(x.lower()) or self.name(x))
                case "sign", x:
                    out.append(_SIGNS.get(x, x))
                case _, x:
                    out.append(x)
        return " ".join(out)
