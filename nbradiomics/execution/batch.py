"""The outcome of a batch of cases: results, and one failure for each case that failed."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from nbradiomics.errors import NbradiomicsError, StorageError
from nbradiomics.system.transient import transient_hint

Result = TypeVar("Result")

#: Hint for an unexpected exception.
FAULT = "This looks like a bug in nbradiomics: report it with its traceback."


@dataclass(frozen=True)
class Failure:
    """A case that a stage could not process.

    Attributes
    ----------
    case
        Name of the case, as in the cohort table.
    stage
        ``segment``, ``compare``, ``extract`` ...
    cause
        What was found and what was expected.
    hint
        What the user can do.
    details
        The traceback of an unexpected exception; empty for any other failure. It is written to a log, not
        to the table (`failures.write_failures`).
    """

    case: str
    stage: str
    cause: str
    hint: str
    details: str = ""


@dataclass
class Batch(Generic[Result]):
    """The results of a batch by case, and its failures. Each case is in exactly one of the two."""

    results: dict[str, Result] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)


def guarded(
    function: Callable[..., Result], stage: str, name: str, arguments: tuple[Any, ...]
) -> Result | Failure:
    """Call a function on one case, and return its result, or a failure if it raises an exception.

    Raises
    ------
    StorageError
        When the disk is full or read-only, which ends the work on all cases.
    """
    try:
        return function(*arguments)
    except StorageError:  # not of this case: no further result could be stored
        raise
    except Exception as error:  # an exception of a library in one case must not stop the cohort
        return failure_of(name, stage, error)


def failure_of(case: str, stage: str, error: Exception) -> Failure:
    """Convert an exception to a failure; one that is not of nbradiomics is kept with its traceback."""
    if isinstance(error, NbradiomicsError):
        return Failure(case, stage, error.problem, error.remedy, error.details)
    cause = " ".join(f"{type(error).__name__}: {error}".split())
    return Failure(case, stage, cause, hint_for(error), "".join(traceback.format_exception(error)))


def hint_for(error: Exception) -> str:
    """Suggest what to do about an exception that is not of nbradiomics, by its type if it is known."""
    if hint := transient_hint(error):
        return hint
    if isinstance(error, OSError):
        return "Check the path, its access rights and the free space of the disk."
    # SimpleITK has no exception class.
    if isinstance(error, RuntimeError) and "SimpleITK" in str(error):
        return "ITK rejected this case: look at its image and mask in a viewer, or export them again."
    return FAULT
