"""The exceptions that nbradiomics raises on purpose.

Each error has a problem (what was found) and a remedy (what to do), so that the command line, the table of
failures and a notebook can show them separately.
"""

from __future__ import annotations

import errno


class NbradiomicsError(Exception):
    """Base of every error that nbradiomics raises on purpose.

    Parameters
    ----------
    problem
        What is wrong: the case or file, what was found and what was expected.
    remedy
        What the user can do about it.
    details
        The traceback of the unexpected exception that caused this error; empty if there is none. It is
        meant for a log file, not for a message.
    """

    def __init__(self, problem: str, remedy: str = "", details: str = "") -> None:
        super().__init__(problem, remedy, details)
        self.problem = problem
        self.remedy = remedy
        self.details = details

    def __str__(self) -> str:
        return f"{self.problem} {self.remedy}".strip()


class InputError(NbradiomicsError):
    """An input of the user is missing, unreadable, contradictory or out of range."""


class AmbiguousError(InputError):
    """A request of the user matches several things; the message lists the choices."""


class ModelError(InputError):
    """A segmentation model cannot be used: files are missing, folds do not match, or content is unsafe."""


class TransientError(InputError):
    """The system could not provide memory, an open file, a permission or a successful read from the disk.

    The error says nothing about the content of the input, which may be readable the next time. It is never
    stored as a result.
    """


class StorageError(OSError):
    """Nothing can be written: the disk is full, a quota is used up, or the folder is read-only.

    It says nothing about an input, so it is an `OSError` and no `NbradiomicsError`: it never becomes the
    failure of a case or of a stage, but ends the run. What was stored before is intact.

    Parameters
    ----------
    problem
        Which file could not be written, why, and how much space is free.
    remedy
        What the user can do about it.
    number
        Number of the system's error (`errno`).
    """

    def __init__(self, problem: str, remedy: str = "", number: int = errno.ENOSPC) -> None:
        super().__init__(number, problem)
        self.problem = problem
        self.remedy = remedy

    def __reduce__(self) -> tuple[type[StorageError], tuple[str, str, int | None]]:
        return type(self), (self.problem, self.remedy, self.errno)

    def __str__(self) -> str:
        return f"{self.problem} {self.remedy}".strip()
