"""What fetching and storing have in common: a count of instances that says what is missing."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from nbradiomics.errors import InputError
from nbradiomics.execution.batch import Failure
from nbradiomics.pacs.retries import ENDED, Retries
from nbradiomics.system.streams import end_if_asked


@dataclass
class Transfer:
    """Result of a transfer.

    Attributes
    ----------
    expected
        Number of instances that should be there at the end.
    present
        Number of these that were there before.
    failures
        What is missing, and why.
    notes
        What the user should know.
    ended_early
        Whether the server was gone before the end.
    """

    expected: int = 0
    present: int = 0
    failures: list[Failure] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    ended_early: bool = False

    def count(self, outcomes: Iterable[object], advance: Callable[[], object]) -> None:
        """Collect the failures among the outcomes of instances; `advance` is called for each."""
        for outcome in outcomes:
            if isinstance(outcome, Failure):
                self.failures.append(outcome)
            advance()
            end_if_asked()

    def note_end(self, retries: Retries) -> None:
        """Note whether the server was gone before the end."""
        if retries.gave_up:
            self.ended_early = True
            self.notes.append(ENDED)

    def counted(self, verb: str, number: int) -> str:
        """``fetched 9 of 9 instances (2 were there)``."""
        there = f" ({self.present} were there)" if self.present else ""
        return f"{verb} {number} of {self.expected} instances{there}"


def require_jobs(jobs: int) -> None:
    """Raise `InputError` unless a number of transfers is above 0."""
    if jobs < 1:
        raise InputError(f"jobs is {jobs}.", "Give a whole number from 1 up.")
