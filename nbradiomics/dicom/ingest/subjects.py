"""Subjects and time points of an ingest: who is who, and which scan came when."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from nbradiomics.dicom.series.records import Instance
from nbradiomics.dicom.values import date_of

_SAME = "Give each person an ID of their own in the export, and run the command again."
_SEVERAL = {
    "birth": "birth dates (0010,0030)",
    "issuer": "issuers (0010,0021)",
}


@dataclass(frozen=True)
class Timepoint:
    """One time point of a subject.

    Attributes
    ----------
    name
        ``t1``, ``t2`` ... by study date.
    days
        Days since the first; ``None`` if the date is not stated.
    """

    name: str
    days: int | None


def timepoints(dates: Iterable[str]) -> dict[str, Timepoint]:
    """Number the study dates of one subject.

    Parameters
    ----------
    dates
        Study dates as written; an empty or impossible date gets a time point only if it is the only one.
    """
    known: dict[str, datetime | None] = {date: date_of(date) for date in dates}
    days = sorted({day for day in known.values() if day is not None})
    if not days:
        return {date: Timepoint("t1", None) for date in known} if len(known) == 1 else {}
    numbers = {day: Timepoint(f"t{place}", (day - days[0]).days) for place, day in enumerate(days, start=1)}
    return {date: numbers[day] for date, day in known.items() if day is not None}


def identity_problems(series: Mapping[str, Sequence[Instance]]) -> dict[str, tuple[str, str]]:
    """What is wrong with the identity of series: cause and hint by the UID of the series."""
    problems: dict[str, tuple[str, str]] = {}
    known = {name: _values_by_patient(series, name) for name in _SEVERAL}
    for uid, instances in series.items():
        patients = {instance.header.patient for instance in instances}
        if not uid:
            problems[uid] = ("instances without a series UID (0020,000E).", "Export them again.")
        elif patients == {""}:
            problems[uid] = ("Patient ID (0010,0020) is missing.", _SAME)
        elif len(patients) > 1:
            problems[uid] = (
                f"the instances of the series have {len(patients)} Patient IDs (0010,0020).",
                _SAME,
            )
        elif several := [
            what for name, what in _SEVERAL.items() if len(known[name].get(next(iter(patients)), ())) > 1
        ]:
            cause = f"its Patient ID (0010,0020) belongs to several {' and '.join(several)}: these may be "
            problems[uid] = (f"{cause}different persons.", _SAME)
    return problems


def _values_by_patient(series: Mapping[str, Sequence[Instance]], name: str) -> dict[str, set[str]]:
    """Values of an element of each Patient ID, as far as it is stated."""
    values: dict[str, set[str]] = {}
    for instances in series.values():
        for instance in instances:
            if value := getattr(instance.header, name):
                values.setdefault(instance.header.patient, set()).add(value)
    return values
