"""What can go wrong, said once: the cell error it becomes, the exit code it gives, the way out it teaches."""

from __future__ import annotations

from typing import ClassVar


class XlllmError(Exception):
    """Base of every error a user can meet. The message says which argument, what it was, what is allowed."""

    cell: str = "#VALUE!"
    exit_code: ClassVar[int] = 2

    @property
    def message(self) -> str:
        return str(self.args[0]) if self.args else ""


class InputError(XlllmError, ValueError):
    """Wrong type, a blank, text that is no number, sizes that do not match: ``#VALUE!``."""


class UnknownNameError(XlllmError):
    """A function that there is not: ``#NAME?``."""

    cell = "#NAME?"


class DomainError(XlllmError, ValueError):
    """A number outside the domain of its quantity or of the formula: ``#NUM!``."""

    cell = "#NUM!"


class ConvergenceError(DomainError):
    """A solver found no answer: ``#NUM!``."""

    exit_code = 4


class NotInCatalogError(XlllmError, LookupError):
    """No such key or field, or nobody published it: ``#N/A``."""

    cell = "#N/A"
    exit_code = 3

    def __str__(self) -> str:  # KeyError-like classes would quote the text
        return self.message


class PropagatedError(XlllmError):
    """An argument is an error cell already; the answer is the same error."""

    def __init__(self, cell: str, message: str) -> None:
        super().__init__(message)
        self.cell = cell


class CatalogError(XlllmError):
    """A fact without source, locator or date, or with an unknown name: it does not load."""

    exit_code = 3


class TemplateError(XlllmError):
    """A template or scenario that cannot be wired: names the file, the row and the nearest name."""


class FileError(XlllmError):
    """A file that is missing, unreadable, or would be overwritten."""


class MissingProgramError(XlllmError):
    """An optional program is not installed."""

    exit_code = 5


class Untraceable(TypeError):
    """Python code that has no worksheet form. A defect of ours, never of the user."""
