"""Read the events of an endpoint, coded as 1/0, yes/no, dead/alive, or as declared."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from nbradiomics.clinical.cells import Cells
from nbradiomics.clinical.missing import same_value
from nbradiomics.clinical.numbers import plain_number
from nbradiomics.messages.problem import Problem
from nbradiomics.messages.wording import quoted

EVENT_WORDS = frozenset(
    {"yes", "y", "true", "t", "event", "dead", "died", "deceased", "death", "deceased/dead"}
    | {"progressed", "progression", "recurred", "recurrence", "relapsed", "relapse", "recurred/progressed"}
)
NO_EVENT_WORDS = frozenset(
    {"no", "n", "false", "f", "no event", "censored", "censor", "alive", "living", "event-free", "event free"}
    | {"disease-free", "disease free", "diseasefree", "no relapse", "no progression", "no recurrence"}
)
#: A code followed by its meaning: ``1:DECEASED``.
_CODED = re.compile(r"([01])\s*:\s*\S.*", re.DOTALL)
_SHOWN = 8
#: Number of a competing event.
COMPETING_EVENT = 2.0


@dataclass(frozen=True)
class Events:
    """Events of all rows.

    Attributes
    ----------
    values
        1 for an event, 0 for no event, 2 for a competing event, missing if the cell is empty or unreadable.
    problems
        Findings about unreadable cells, or about the whole column.
    """

    values: pd.Series
    problems: list[Problem]


def read_events(cells: Cells, event_value: Sequence[str] = (), competing: Sequence[str] = ()) -> Events:
    """Read the events of a column.

    Parameters
    ----------
    cells
        The column.
    event_value
        Values that are declared to mean an event; every other value then means no event.
    competing
        Values that are declared to mean a competing event.
    """
    other = _is_one_of(cells, competing)
    rest = replace(cells, texts=cells.texts.mask(other, ""))
    values = _declared(rest, event_value) if event_value else _recognised(rest)
    return Events(values.mask(other, COMPETING_EVENT), _problems(rest, values, event_value))


def _is_one_of(cells: Cells, values: Sequence[str]) -> pd.Series:
    return cells.texts.map(lambda text: any(same_value(text, value) for value in values)).astype(bool)


def _declared(cells: Cells, event_value: Sequence[str]) -> pd.Series:
    event = _is_one_of(cells, event_value)
    return pd.Series(np.where(event, 1.0, 0.0), index=cells.texts.index).where(cells.there)


def _recognised(cells: Cells) -> pd.Series:
    """Recognise events by numbers if most cells are numbers, else by words; the two are not mixed."""
    numbers = cells.texts.map(plain_number).astype("float64")
    coded = cells.texts.map(lambda text: _CODED.fullmatch(text))
    words = cells.texts.str.casefold().map(
        lambda text: 1.0 if text in EVENT_WORDS else 0.0 if text in NO_EVENT_WORDS else np.nan
    )
    if coded[cells.there].notna().all():
        return coded.map(lambda match: float(match[1]) if match else np.nan).astype("float64")
    if numbers.notna().sum() >= words.notna().sum():
        return numbers.where(numbers.isin((0.0, 1.0)))
    return words.astype("float64")


def _problems(cells: Cells, values: pd.Series, event_value: Sequence[str]) -> list[Problem]:
    bad = cells.there & values.isna()
    counts = cells.texts[cells.there].value_counts()
    listed = ", ".join(f"{quoted(text)} ({count})" for text, count in counts.iloc[:_SHOWN].items())
    listed += " ..." if len(counts) > _SHOWN else ""
    if event_value:
        if not cells.there.any() or (values == 1).any():
            return []
        found = f"no cell of {cells.name} is {' or '.join(map(repr, event_value))}; its values are {listed}."
        return [cells.problem("error", found, "Declare as event_value the values that mean an event.")]
    one_kind = values.nunique() < 2
    if bad.any() and (one_kind or 2 * int(bad.sum()) > int(cells.there.sum())):
        found = (
            f"{cells.name} has the values {listed}; expected 1 (event) and 0 (no event), or yes and no, "
            "dead and alive."
        )
        remedy = "Declare which value means an event (event_value), or code the events as 1 and 0."
        return [cells.problem("error", found, remedy)]
    remedy = (
        "Code the event as 0/1, leave the cell empty, declare a code of missing values as missing, or "
        "declare the values that mean an event as event_value, or those of another event that prevents this "
        "one as competing."
    )
    list_of = cells.by_text if bad.sum() > _SHOWN else cells.each
    return list_of(bad, "1 (event) or 0 (no event)", remedy)
