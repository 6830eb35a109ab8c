"""What a batch of cases leaves: results, and failures that stay one each."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from nbradiomics.errors import NbradiomicsError
from nbradiomics.system.transient import transient_hint

Result = TypeVar("Result")

#: What to do about an exception that nobody foresaw.
FAULT = "This looks like a fault of nbradiomics: please report it with its traceback."


@dataclass(frozen=True)
class Failure:
    """One case that a stage could not do.

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
        The traceback of an exception that nobody foresaw, empty for any other failure. It goes into a log,
        not into the table (`failures.write_failures`).
    """

    case: str
    stage: str
    cause: str
    hint: str
    details: str = ""


@dataclass
class Batch(Generic[Result]):
    """What a batch left: results by case, and failures. Each case is in exactly one of the two."""

    results: dict[str, Result] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)


def guarded(
    function: Callable[..., Result], stage: str, name: str, arguments: tuple[Any, ...]
) -> Result | Failure:
    """Call a function on one case: its result, or the failure that its exception is."""
    try:
        return function(*arguments)
    except Exception as error:  # whatever a library raises on one case must not stop the cohort
        return failure_of(name, stage, error)


def failure_of(case: str, stage: str, error: Exception) -> Failure:
    """A failure from an exception: one of ours says it itself, any other is kept with its traceback."""
    if isinstance(error, NbradiomicsError):
        return Failure(case, stage, error.problem, error.remedy, error.details)
    cause = " ".join(f"{type(error).__name__}: {error}".split())
    return Failure(case, stage, cause, hint_for(error), "".join(traceback.format_exception(error)))


def hint_for(error: Exception) -> str:
    """What a user can do about an exception that is not one of ours: only what is known of its kind."""
    if hint := transient_hint(error):
        return hint
    if isinstance(error, OSError):
        return "Check the path, its access rights and the free space of the disk."
    # SimpleITK has no exception of its own.
    if isinstance(error, RuntimeError) and "SimpleITK" in str(error):
        return "ITK refused this case: look at its image and mask in a viewer, or export them again."
    return FAULT
