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
    """

    def __init__(self, problem: str, remedy: str = "") -> None:
        super().__init__(problem, remedy)
        self.problem = problem
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.problem} {self.remedy}".strip()


class InputError(NbradiomicsError):
    """Something that the user gave is missing, unreadable, contradictory or out of range."""


class AmbiguousError(InputError):
    """What the user asked for fits several things; the message lists the choices."""


class ModelError(InputError):
    """A segmentation model cannot be used: files missing, folds that do not fit, unsafe content."""
