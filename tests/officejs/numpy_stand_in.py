"""Stands for numpy, which no registry has for Pyodide: enough to import xlllm, and for single numbers in cells."""

import math
import sys
from types import ModuleType
from typing import Any


class ndarray:
    """A table of one cell."""

    def __init__(self, cell: Any, dtype: type) -> None:
        self.cell, self.dtype, self.size, self.shape = cell, dtype, 1, (1, 1)

    def reshape(self, *_: int) -> "ndarray":
        return self

    def __len__(self) -> int:
        return 1

    def __getitem__(self, _: Any) -> Any:
        return self.cell

    def __setitem__(self, _: Any, cells: list[Any]) -> None:
        (self.cell,) = cells

    @property
    def flat(self) -> list[Any]:
        return [self.cell]

    def tobytes(self) -> bytes:
        return repr(self.cell).encode()


def array(cells: list[Any], dtype: type) -> ndarray:
    (cell,) = cells
    return ndarray(cell, dtype)


def empty(count: int, dtype: type) -> ndarray:
    return array([None] * count, dtype)


class errstate:
    def __init__(self, **_: str) -> None: ...

    def __enter__(self) -> None: ...

    def __exit__(self, *_: object) -> None: ...


class _Anything(type):
    """A name of numpy that is only mentioned when modules load: in annotations, or to make a constant."""

    def __getitem__(cls, _: Any) -> Any:
        return cls

    def __or__(cls, _: Any) -> Any:
        return cls

    def __ror__(cls, _: Any) -> Any:
        return cls


class _Module(ModuleType):
    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _Anything(name, (), {"__new__": lambda cls, *_, **__: cls})


nan, inf, pi, isnan = math.nan, math.inf, math.pi, math.isnan
__version__ = "2.0"
__path__: list[str] = []
sys.modules["numpy.typing"] = typing = _Module("numpy.typing")
sys.modules[__name__].__class__ = _Module
