"""The shortest answers about a radiomic model: is it real, and does it depend on who drew the mask?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from nbradiomics.messages.wording import counted, interval, percent
from nbradiomics.outcome.drawing.changes import ANY
from nbradiomics.outcome.trial.verdict import WARNING
from nbradiomics.report.content import Fact
from nbradiomics.report.run_files import Endpoint, rows_of

DRAWN = "Does the risk depend on who drew the mask?"
_MODEL, _READERS = "radiomic", "readers"


@dataclass(frozen=True)
class _Changes:
    """Subjects in another risk group with the mask of a reader, of those who have masks of all readers."""

    changed: int
    subjects: int
    without: int
    limits: str


def drawing_answer(endpoint: Endpoint) -> str:
    """Say how many subjects change the risk group with the mask of a reader; empty if not compared."""
    found = _changes(endpoint)
    if found is None:
        return ""
    are = "is" if found.changed == 1 else "are"
    missing = (
        f" {counted(found.without, 'subject')} without all masks cannot be told." if found.without else ""
    )
    return (
        f"With the mask of at least one other reader, {found.changed} of {counted(found.subjects, 'subject')}"
        f"{found.limits} {are} in another risk group ({_MODEL} model).{missing}"
    )


def short_facts(endpoint: Endpoint) -> list[Fact]:
    """Key figures for the top of a page: the verdict of the trial, and the changes of risk groups."""
    return [*_verdict(endpoint), *_drawing(endpoint)]


def _verdict(endpoint: Endpoint) -> list[Fact]:
    trial = endpoint.summary.get("trial")
    if not isinstance(trial, Mapping) or not trial.get("verdict"):
        return []
    label, whose = "what the model knows", f"endpoint {endpoint.name}"
    warned = [text for text in trial.get("sentences", ()) if str(text).startswith(WARNING)]
    if warned:
        return [Fact("No verdict", label, f"{whose}; {warned[0]}")]
    verdict = str(trial["verdict"])
    short, colon, reason = verdict.partition(": ")
    if "(" in short:  # numbers of the costs come before the colon
        short, colon, reason = verdict.partition(" (")
        reason = f"({reason}"
    return [Fact(short.rstrip("."), label, f"{whose}; {reason}" if colon else whose)]


def _drawing(endpoint: Endpoint) -> list[Fact]:
    found = _changes(endpoint)
    if found is None:
        return []
    detail = f"endpoint {endpoint.name}, {_MODEL} model; with the mask of at least one other reader"
    missing = f"; {counted(found.without, 'subject')} without all masks" if found.without else ""
    return [Fact(f"{found.changed} of {found.subjects}", "change the risk group", detail + missing)]


def _changes(endpoint: Endpoint) -> _Changes | None:
    table = endpoint.drawing_groups
    if table is None:
        return None
    of_readers = table[(table["model"] == _MODEL) & (table["masks"] == _READERS)]
    of_any = of_readers[of_readers["second"] == ANY]
    rows = of_readers if of_any.empty else of_any  # a single other reader has no row of any of them
    if len(rows) != 1:
        return None
    ((changed, subjects, without, *limits),) = rows_of(
        rows, "changed", "subjects", "without", "share", "low", "high"
    )
    known = np.isfinite(limits).all()
    text = f" ({interval(*limits, form=_percent)})" if known else ""
    return _Changes(int(changed), int(subjects), int(without), text)


def _percent(value: float | None, digits: int = 0) -> str:  # noqa: ARG001 - the form of `interval`
    return percent(value)
