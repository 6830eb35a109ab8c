"""Facts and sentences about an outcome that every evaluation states."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from nbradiomics.clinical import Endpoint
from nbradiomics.messages.wording import counted
from nbradiomics.outcome.baseline_table import median_follow_up
from nbradiomics.outcome.cause_specific import FEWEST_COMPETING
from nbradiomics.outcome.solvers import has_competing
from nbradiomics.outcome.suspicion import (
    SUSPICION_REMEDY,
    class_suspicions,
    suspicion_text,
    suspicions,
)
from nbradiomics.outcome.tasks import Survival, Task

if TYPE_CHECKING:
    from nbradiomics.outcome.assembly import OutcomeData

#: Largest number of columns with a warning of their own.
_SHOWN = 10
#: Events by a horizon from which on its metrics say something.
FEWEST_BY_HORIZON = 5


def outcome_facts(data: OutcomeData, endpoint: Endpoint, task: Task) -> dict[str, Any]:
    """Kind, columns and size of the outcome, ready for JSON."""
    if isinstance(task, Survival):
        return {
            "kind": "survival",
            "time": endpoint.time,
            "event": endpoint.event,
            "events": task.informative_in(data.y),
            **_competing(data.y),
            "median_follow_up": number_or_none(median_follow_up(data.y)),
            "horizons": list(task.horizons.times),
            "events_by_horizon": [
                int((data.y["event"] & (data.y["time"] <= time)).sum()) for time in task.horizons.times
            ],
            "end": task.horizons.end,
        }
    counts = np.bincount(data.y, minlength=len(data.classes))
    return {
        "kind": "classes",
        "target": endpoint.target,
        "classes": {name: int(count) for name, count in zip(data.classes, counts, strict=True)},
    }


def _competing(y: np.ndarray) -> dict[str, int]:
    return {"competing_events": int(y["competing"].sum())} if has_competing(y) else {}


def competing_sentences(summary: Mapping[str, Any]) -> Iterator[str]:
    """Say what competing events mean for the models and their measures."""
    if "competing_events" not in summary:
        return
    known = summary.get("development", summary)["competing_events"]
    if known < FEWEST_COMPETING:
        yield (
            f"{counted(known, 'competing event')} among the subjects of the models: fewer than "
            f"{FEWEST_COMPETING} are too few for a model of their own, so their hazard is "
            f"{'the same for all subjects' if known else 'taken as 0'}."
        )
    else:
        yield (
            "Each model consists of two Cox models, of the event and of the competing event (cause-specific "
            "hazards)."
        )
    yield (
        "The models predict the probability of the event by a time (cumulative incidence). C compares these "
        "probabilities, and a subject with a competing event counts as never having the event (Wolbers et "
        "al. 2009)."
    )


def warning_sentences(summary: Mapping[str, Any]) -> Iterator[str]:
    """Warn about horizons with few events, and about columns that may be the outcome."""
    yield from _horizon_sentences(summary)
    yield from suspicious_sentences(summary["suspicious"])


def _horizon_sentences(summary: Mapping[str, Any]) -> Iterator[str]:
    """Warn about horizons by which few subjects had the event."""
    for time, events in zip(summary.get("horizons", ()), summary.get("events_by_horizon", ()), strict=True):
        if events < FEWEST_BY_HORIZON:
            yield (
                f"By the horizon {time:g} only {counted(events, 'subject')} had the event: ROC area, Brier "
                f"score, calibration and decision curve there say little. Is {time:g} in the unit of "
                f"{summary['time']}?"
            )


def with_outcome(summary: Mapping[str, Any]) -> str:
    """Say which outcome the subjects have; `summary` has the facts of `outcome_facts`."""
    if summary["kind"] == "survival":
        events = counted(summary["events"], "event")
        if "competing_events" in summary:
            events += f" and {counted(summary['competing_events'], 'competing event')}"
        return f"with {events} ({summary['time']}, {summary['event']})"
    counts = ", ".join(f"{name!r} {count}" for name, count in summary["classes"].items())
    return f"of the classes of {summary['target']} ({counts})"


def suspicious_columns(data: OutcomeData, endpoint: Endpoint) -> dict[str, list[str]]:
    """Find the columns that may be the outcome, with the reasons."""
    if data.classes:
        return class_suspicions(data.frame, data.y, data.categorical)
    return suspicions(data.frame, data.y, data.categorical, time=endpoint.time, event=endpoint.event)


def suspicious_sentences(reasons: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Warn about each column that may be the outcome."""
    for name in list(reasons)[:_SHOWN]:
        yield f"{suspicion_text(name, reasons[name])} {SUSPICION_REMEDY}"
    if len(reasons) > _SHOWN:
        rest = f"{len(reasons) - _SHOWN} more columns may be the outcome under another name"
        yield f"{rest}; summary.json lists them."


def number_or_none(value: float) -> float | None:
    """Return a number for JSON: null if it is missing or infinite."""
    return value if np.isfinite(value) else None
