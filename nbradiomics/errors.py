"""The exceptions that nbradiomics raises on purpose.

Each carries what was found and what to do about it, so that a command line, a failures table and a
notebook can show the two apart.
"""

from __future__ import annotations


class NbradiomicsError(Exception):
    """Base of every error that nbradiomics raises on purpose.

    Parameters
    ----------
    problem
        What is wrong: the case or file, what was found and what was expected.
    remedy
        What the user can do about it.
    details
        The traceback of an exception that nobody foresaw and that stands behind this error; empty where there
        is none. It is for a log file, not for a message.
    """

    def __init__(self, problem: str, remedy: str = "", details: str = "") -> None:
        super().__init__(problem, remedy, details)
        self.problem = problem
        self.remedy = remedy
        self.details = details

    def __str__(self) -> str:
        return f"{self.problem} {self.remedy}".strip()


class InputError(NbradiomicsError):
    """Something that the user gave is missing, unreadable, contradictory or out of range."""


class AmbiguousError(InputError):
    """What the user asked for fits several things; the message lists the choices."""


class ModelError(InputError):
    """A segmentation model cannot be used: files missing, folds that do not fit, unsafe content."""


class TransientError(InputError):
    """The system could not give what was asked: memory, an open file, a right, a sound read of the disk.

    It says nothing of what is in the input, which may be read the next time; no such answer is ever stored.
    """
