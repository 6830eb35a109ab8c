"""Times and events of a clinical table: finding every problem, and reading them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from nbradiomics.problem import Problem, raise_errors

#: Line of a file in which the first row of a table stands: line 1 is the header.
FIRST_LINE = 2


def endpoint_problems(
    clinical: pd.DataFrame, time: str, event: str, *, file: str = "clinical table"
) -> list[Problem]:
    """List everything that forbids to use two columns as a right-censored endpoint.

    A missing time or event is no problem: such a subject is left out of the analysis, and listed there.

    Parameters
    ----------
    clinical
        One row per subject, with a column ``subject``.
    time
        Column of the time to the event or to the end of observation: positive and finite, any unit.
    event
        Column that is 1 (or true) where the event happened at that time and 0 (or false) where the
        observation ended without it.
    file
        Name of the table, for the problems.

    Returns
    -------
    list of Problem
        Empty when the endpoint can be used. All are errors.
    """
    return [
        Problem(file, row, column, "error", problem, remedy)
        for row, column, problem, remedy in _problems(clinical, time, event)
    ]


def read_endpoint(clinical: pd.DataFrame, time: str, event: str) -> pd.DataFrame:
    """Read a right-censored endpoint.

    Parameters
    ----------
    clinical, time, event
        As for :func:`endpoint_problems`.

    Returns
    -------
    pandas.DataFrame
        Index ``subject`` (text); ``time`` (float, above 0) and ``event`` (float, 0 or 1), missing where the
        clinical table has none.

    Raises
    ------
    InputError
        When :func:`endpoint_problems` finds anything; the message lists it all.
    """
    raise_errors(endpoint_problems(clinical, time, event))
    table = pd.DataFrame({"time": as_numbers(clinical[time]), "event": as_numbers(clinical[event])})
    table.index = pd.Index(clinical["subject"].astype(str), name="subject")
    return table


def as_numbers(column: pd.Series) -> pd.Series:
    """Column as float64: true is 1, false is 0, what is no number is missing."""
    plain = column.astype(object).map(
        lambda value: float(value) if isinstance(value, bool | np.bool_) else value
    )
    numbers: pd.Series = pd.to_numeric(plain, errors="coerce").astype("float64")
    return numbers


def _problems(clinical: pd.DataFrame, time: str, event: str) -> Iterator[tuple[str, str, str, str]]:
    """Row, column, problem and remedy of each problem."""
    absent = [column for column in dict.fromkeys(("subject", time, event)) if column not in clinical]
    for column in absent:
        held = ", ".join(map(str, clinical.columns))
        yield "", column, f"the clinical table lacks the column {column!r}.", f"Choose from: {held}."
    if time == event:
        problem = f"{time!r} is named both as time and as event."
        yield "", time, problem, "Name two columns: the time, and the event as 0/1."
    if not absent and time != event:
        yield from _subject_problems(clinical["subject"])
        yield from _value_problems(clinical, time, event)


def _subject_problems(subjects: pd.Series) -> Iterator[tuple[str, str, str, str]]:
    names = subjects.astype(str)
    blank = subjects.isna() | (names.str.strip() == "")
    for place in _places(blank):
        yield _line(place), "subject", "no subject.", "Name the subject of every row."
    for place in _places(~blank & names.duplicated()):
        problem = f"subject {names.iloc[place]} has a second row; expected one row per subject."
        yield _line(place), "subject", problem, "Keep one row per subject."


def _value_problems(clinical: pd.DataFrame, time: str, event: str) -> Iterator[tuple[str, str, str, str]]:
    times, events = as_numbers(clinical[time]), as_numbers(clinical[event])
    good_time = clinical[time].isna() | ((times > 0) & np.isfinite(times))
    good_event = clinical[event].isna() | events.isin((0.0, 1.0))
    for place in _places(~good_time):
        remedy = "Count from a start that is the same for all, or leave the cell empty."
        yield _line(place), time, _found(clinical, place, time, "a number above 0"), remedy
    for place in _places(~good_event):
        remedy = "Code the event as 0/1, or leave the cell empty."
        yield _line(place), event, _found(clinical, place, event, "1 (event) or 0 (no event)"), remedy


def _found(clinical: pd.DataFrame, place: int, column: str, wanted: str) -> str:
    subject, value = clinical["subject"].iloc[place], clinical[column].iloc[place]
    return f"subject {subject}: {column} is {str(value)!r}; expected {wanted}."


def _places(chosen: pd.Series) -> list[int]:
    return [int(place) for place in np.flatnonzero(chosen.to_numpy(dtype=bool))]


def _line(place: int) -> str:
    return str(place + FIRST_LINE)
