"""Read times and events of a clinical table, and find every problem in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Annotated, Literal, Self

import numpy as np
import pandas as pd
from pydantic import Field, model_validator

from nbradiomics.clinical.cells import Cells, as_text, lines_of, read_cells
from nbradiomics.clinical.dates import are_digits_of_dates, is_date
from nbradiomics.clinical.declaration import Declaration, choose
from nbradiomics.clinical.events import COMPETING_EVENT, read_events
from nbradiomics.clinical.missing import same_value
from nbradiomics.clinical.numbers import Numbers, read_numbers
from nbradiomics.clinical.oddities import codes_among, words_of
from nbradiomics.messages.problem import Problem, raise_errors
from nbradiomics.settings import Settings
from nbradiomics.settings.kinds import Texts

#: Value of `zero_times` that leaves out subjects with a time of 0.
DROP = "drop"
#: Names of columns in which 1 usually means no event.
_CONTRARY = re.compile(r"alive|living|censor(?:ed|ing)?|cens|free")


class Endpoint(Settings):
    """One endpoint of a clinical table: a time and an event, counted from the scan, or a class."""

    time: str = Field(
        default="",
        description="Column with the time from the scan to the event or to censoring; needed unless a target "
        "is named.",
    )
    event: str = Field(
        default="",
        description="Column with 1 for an event and 0 for censoring, or yes/no, dead/alive; needed with a "
        "time.",
    )
    target: str = Field(
        default="",
        description="Column with the class of each subject, instead of a time and an event: two classes, "
        "such as a mutation or a malignant tumour, or up to ten.",
    )
    positive: Texts = Field(
        default=(),
        description="Values of the target that are the positive class; all others are the other class.",
    )
    event_value: Texts = Field(
        default=(), description="Values of the event column that mean an event, if it is coded differently."
    )
    competing: Texts = Field(
        default=(),
        description="Values of the event column that mean a competing event, after which the event can no "
        "longer happen, such as death from another cause.",
    )
    zero_times: Literal["drop"] | Annotated[float, Field(gt=0, strict=True)] | None = Field(
        default=None,
        description="How to treat a time of 0: drop leaves the subject out, a number replaces the 0, in "
        "the unit of the time (0.5 for half a day).",
    )

    @model_validator(mode="after")
    def _of_one_kind(self) -> Self:
        if self.target and (self.time or self.event):
            raise ValueError("a target is a class without a time: give time and event, or target")
        for name in ("event_value", "competing", "zero_times") if self.target else ("positive",):
            if getattr(self, name):
                raise ValueError(f"{name} belongs to {'time and event' if self.target else 'a target'}")
        if not self.target and not (self.time and self.event):
            absent = " and ".join(name for name in ("time", "event") if not getattr(self, name))
            raise ValueError(f"{absent} missing: give time and event, or target for a class")
        both = [value for value in self.competing if any(same_value(value, one) for one in self.event_value)]
        if both:
            raise ValueError(f"{', '.join(both)} cannot be both event_value and competing")
        return self

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of the endpoint."""
        return (self.target,) if self.target else (self.time, self.event)

    @property
    def text(self) -> str:
        """The endpoint by its columns."""
        return " and ".join(self.columns)


@dataclass(frozen=True)
class EndpointReading:
    """An endpoint as far as it could be read.

    Attributes
    ----------
    table
        ``time, event`` (float) of each row, in their order; missing if the cell is empty or unreadable. An
        event is 0, 1, or 2 for a competing event.
    time, event
        The two columns as text.
    zero
        Whether each row has a time of 0, bool.
    problems
        Errors and warnings.
    """

    table: pd.DataFrame
    time: Cells
    event: Cells
    zero: pd.Series
    problems: list[Problem]

    def meaning(self, event: float, chosen: np.ndarray | None = None) -> dict[str, int]:
        """Texts of an event (1), no event (0) or a competing one (2), counted in all or some rows."""
        values = self.table["event"].to_numpy()
        places = np.arange(len(values)) if chosen is None else chosen
        counts = self.event.texts.iloc[places[values[places] == event]].value_counts()
        return {str(text): int(count) for text, count in counts.items()}


def endpoint_problems(
    clinical: pd.DataFrame,
    endpoint: Endpoint,
    *,
    file: str = "clinical table",
    declared: Declaration = Declaration(),  # noqa: B008 - frozen
) -> list[Problem]:
    """List all errors and warnings of two columns as a right-censored endpoint.

    A missing time or event is not an error: such a subject is left out of the analysis, and listed there.

    Parameters
    ----------
    clinical
        One row per subject, with a column ``subject``.
    endpoint
        Columns of the time (above 0 and finite, any unit) and of the event: 1 (or true, yes, dead, ...) if it
        happened at that time, 0 (or false, no, alive, ...) if the observation ended without it.
    file
        Name of the table in the findings.
    declared
        The user's declarations about the columns.

    Returns
    -------
    list of Problem
        Contains no errors if the endpoint can be used.
    """
    problems = list(structure_problems(clinical, endpoint, file))
    if {"subject", endpoint.time, endpoint.event} <= set(clinical) and endpoint.time != endpoint.event:
        problems += reading_of(clinical, endpoint, declared, file=file).problems
    return problems


def read_endpoint(
    clinical: pd.DataFrame,
    endpoint: Endpoint,
    *,
    declared: Declaration = Declaration(),  # noqa: B008 - frozen
) -> pd.DataFrame:
    """Read a right-censored endpoint.

    Parameters
    ----------
    clinical, endpoint, declared
        As in :func:`endpoint_problems`.

    Returns
    -------
    pandas.DataFrame
        Index ``subject`` (text); ``time`` (float, above 0) and ``event`` (float, 0 or 1, or 2 for a competing
        event), missing if the clinical table has none, or for a time of 0 that is left out.

    Raises
    ------
    InputError
        When :func:`endpoint_problems` finds an error; the message lists them all.
    """
    return read_reading(clinical, endpoint, declared).table


def read_reading(clinical: pd.DataFrame, rule: Endpoint, declared: Declaration) -> EndpointReading:
    """Read an endpoint with its cells and warnings; its table is indexed by subject.

    Raises
    ------
    InputError
        When there is an error; the message lists all errors.
    """
    structure = list(structure_problems(clinical, rule, "clinical table"))
    if not {"subject", rule.time, rule.event} <= set(clinical) or rule.time == rule.event:
        raise_errors(structure)
    reading = reading_of(clinical, rule, declared, file="clinical table")
    raise_errors([*structure, *reading.problems])
    subjects = pd.Index(clinical["subject"].astype(str), name="subject")
    return replace(reading, table=reading.table.set_axis(subjects))


def reading_of(
    clinical: pd.DataFrame, rule: Endpoint, declared: Declaration, *, file: str
) -> EndpointReading:
    """Read an endpoint as far as possible, and find all problems of its cells."""
    time = read_cells(clinical, rule.time, declared.codes(rule.time, words=True), file=file)
    event = read_cells(clinical, rule.event, declared.codes(rule.event, words=False), file=file)
    numbers, events = read_numbers(time.texts), read_events(event, rule.event_value, rule.competing)
    zero = (numbers.values == 0) & ~numbers.bad
    filled = np.nan if rule.zero_times in (DROP, None) else float(str(rule.zero_times))
    times = numbers.values.where((numbers.values > 0) & np.isfinite(numbers.values) & ~numbers.bad)
    table = pd.DataFrame({"time": times.mask(zero, filled).astype("float64"), "event": events.values})
    problems = [*_time_problems(time, numbers, zero, rule), *events.problems]
    reading = EndpointReading(table, time, event, zero, problems)
    doubts = [] if events.problems else _event_warnings(reading, rule)
    return replace(reading, problems=[*problems, *doubts])


def structure_problems(clinical: pd.DataFrame, rule: Endpoint, file: str) -> Iterator[Problem]:
    """Find problems of the columns and the subjects."""
    absent = [name for name in dict.fromkeys(("subject", *rule.columns)) if name not in clinical]
    for name in absent:
        remedy = choose(name, [str(column) for column in clinical.columns])
        yield Problem(file, "", name, "error", f"the clinical table lacks the column {name!r}.", remedy)
    if rule.time and rule.time == rule.event:
        found = f"{rule.time!r} is named both as time and as event."
        remedy = "Name two columns: the time, and the event as 0/1."
        yield Problem(file, "", rule.time, "error", found, remedy)
    if not absent and len(set(rule.columns)) == len(rule.columns):
        yield from _subject_problems(clinical, file)


def _subject_problems(clinical: pd.DataFrame, file: str) -> Iterator[Problem]:
    names, lines = pd.Series([as_text(value) for value in clinical["subject"]]), lines_of(clinical)
    blank = names == ""
    for place in np.flatnonzero(blank):
        remedy = "Name the subject of every row."
        yield Problem(file, lines[place], "subject", "error", "the subject is missing.", remedy)
    for place in np.flatnonzero(~blank & names.duplicated()):
        found = f"subject {names[place]} has a second row; expected one row per subject."
        yield Problem(file, lines[place], "subject", "error", found, "Keep one row per subject.")


def _time_problems(time: Cells, numbers: Numbers, zero: pd.Series, rule: Endpoint) -> list[Problem]:
    filled = time.texts[time.there]
    dates = int(filled.map(is_date).sum()) * 2 > len(filled) or are_digits_of_dates(filled)
    if dates:
        found = f"{time.name} has dates, such as {filled.iloc[0]!r}; expected a time."
        return [time.problem("error", found, "Give the number of days between the scan and this date.")]
    values = numbers.values
    wrong = numbers.bad | (values.notna() & ~((values >= 0) & np.isfinite(values)))
    expected = numbers.expected if numbers.mixed else "a number above 0"
    remedy = (
        "Count from the same start for all subjects, leave the cell empty, or declare a code of missing "
        "values as missing."
    )
    problems = time.each(wrong, expected, remedy)
    return problems + _zero_problems(time, values, zero, rule) + codes_among(time, values.where(values > 0))


def _zero_problems(time: Cells, values: pd.Series, zero: pd.Series, rule: Endpoint) -> list[Problem]:
    if not zero.any() and rule.zero_times is not None:
        found = f"zero_times is {rule.zero_times}, but no {time.name} is 0."
        return [time.problem("warning", found, "Nothing to do; the setting has no effect.")]
    if rule.zero_times is None:
        remedy = (
            "Correct it, or set zero_times: drop leaves the subject out, a number replaces the 0 in the "
            "unit of the time (0.5 for half a day if times are in days)."
        )
        return time.each(zero, "a number above 0", remedy)
    smallest = values[values > 0].min()
    if rule.zero_times != DROP and not float(rule.zero_times) < smallest:
        found = f"zero_times is {rule.zero_times}, but another {time.name} is {smallest:g}."
        remedy = "Choose less than the smallest other time, in the same unit: a time of 0 comes first."
        return [time.problem("error", found, remedy)]
    return []


def _event_warnings(reading: EndpointReading, rule: Endpoint) -> list[Problem]:
    time, event, censored = reading.time, reading.event, reading.meaning(0)
    problems = []
    if not rule.event_value and any(_CONTRARY.fullmatch(word) for word in words_of(rule.event)):
        found = f"{rule.event}: 1, true and yes count as an event, but its name suggests the opposite."
        remedy = "Declare with event_value which value means an event."
        problems.append(event.problem("warning", found, remedy))
    without = int((time.there & ~event.there).sum())
    if without and reading.meaning(1) and not censored:
        found = (
            f"every known value of {rule.event} is an event, and {without} subjects with a time have "
            "no value."
        )
        remedy = "Write 0 (no event) if an empty cell means that the event did not happen."
        problems.append(event.problem("warning", found, remedy))
    if rule.competing and not reading.meaning(COMPETING_EVENT):
        found = f"no cell of {event.name} is {' or '.join(map(repr, rule.competing))}, declared as competing."
        remedy = "Correct the spelling, or leave out competing."
        # Several values of no event may hide a misspelt one; otherwise nobody had a competing event.
        misspelt = bool(rule.event_value) and len(censored) > 1
        problems.append(event.problem("error" if misspelt else "warning", found, remedy))
    if rule.event_value and len(censored) > 1:
        listed = ", ".join(f"{text!r} ({count})" for text, count in censored.items())
        found = f"{rule.event}: {listed} count as no event, because they are not declared as event_value."
        remedy = (
            "Declare codes of missing values as missing, all values that mean an event as event_value, and "
            "those of another event that prevents it, such as death, as competing."
        )
        problems.append(event.problem("warning", found, remedy))
    return problems
