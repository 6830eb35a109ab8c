"""One rule for cases whose worker ended before the case did, whatever computes them."""

from __future__ import annotations

from nbradiomics.execution.batch import Failure
from nbradiomics.messages.wording import counted

#: A case whose worker process died this many times while it computed this case and no other is a failure.
MOST_DEATHS = 3
#: A case whose worker was lost this many times, for any reason, is a failure too: the case may not be the
#: cause, but the run must end.
MOST_LOSSES = 10
_DIED = "the worker process died"
_HINT = (
    "Probably memory ran out: look at the size of the image, and for 'out of memory' in the log of the "
    "system. Give each worker more memory (fewer processes with --jobs, or `memory` in the file of the "
    "cluster), or compute this case alone with --jobs 1."
)


def death_failure(case: str, stage: str, details: str = "") -> Failure:
    """Failure of a case whose worker process died `MOST_DEATHS` times.

    Parameters
    ----------
    case, stage
        Names of the case and the stage.
    details
        How the last process died, if it is known.
    """
    how = f" ({details})" if details else ""
    cause = f"{_DIED} {MOST_DEATHS} times while it computed this case alone{how}"
    return Failure(case, stage, cause, _HINT)


def killed_its_worker(failure: Failure) -> bool:
    """Whether a failure is that of `death_failure`."""
    return failure.cause.startswith(_DIED)


def loss_failure(case: str, stage: str, deaths: int) -> Failure:
    """Failure of a case whose worker was lost `MOST_LOSSES` times, for different reasons.

    Parameters
    ----------
    case, stage
        Names of the case and the stage.
    deaths
        How often only the process of the worker died, and its machine went on.
    """
    ends = counted(MOST_LOSSES - deaths, "time")
    cause = (
        f"its worker was lost {MOST_LOSSES} times: {ends} together with its machine or its job, or by the "
        f"network; {counted(deaths, 'time')} as a process that died"
    )
    hint = (
        "Look at the walltime and the memory of the jobs, and at the network. The case may be too long for "
        "the walltime, or too large for the memory."
    )
    return Failure(case, stage, cause, hint)
