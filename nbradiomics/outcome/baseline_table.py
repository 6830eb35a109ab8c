"""Who the subjects are: a baseline table by event, and how long they were observed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from nbradiomics.messages.wording import number, percent
from nbradiomics.outcome.measures.arguments import Observed
from nbradiomics.outcome.subject_schemas import BASELINE, CLASS_BASELINE

if TYPE_CHECKING:
    from nbradiomics.outcome.assembly import OutcomeData

#: A variable and its level, texts, and numbers of missing values.
_Row = tuple[tuple[str, str], list[str], list[int]]


def baseline_table(data: OutcomeData) -> pd.DataFrame:
    """Covariates and volume of all subjects, of those with the event, without it, and with a competing one.

    A number has its median and quartiles, a level (and 1 of a column of 0 and 1) its count and its share of
    the known values.

    Returns
    -------
    pandas.DataFrame
        Columns of `outcome.subject_schemas.BASELINE`.
    """
    seen = Observed.of_outcome(data.y)
    parts = [np.ones(len(seen.time), dtype=bool), seen.event, seen.censored]
    if seen.competing is None:
        rows = [(*named, *cells, "", missing[0]) for named, cells, missing in _rows(data, parts)]
    else:
        parts = [*parts, seen.competing]
        rows = [(*named, *cells, missing[0]) for named, cells, missing in _rows(data, parts)]
    return BASELINE.table(rows)


def class_baseline_table(data: OutcomeData) -> pd.DataFrame:
    """Covariates and volume of all subjects and of those of each class, as in `baseline_table`.

    Returns
    -------
    pandas.DataFrame
        Columns of `outcome.subject_schemas.CLASS_BASELINE`.
    """
    names = ("", *data.classes)
    parts = [np.ones(len(data.y), dtype=bool), *(data.y == number for number in range(len(data.classes)))]
    return CLASS_BASELINE.table(
        [
            (*named, name, cell, count)
            for named, cells, missing in _rows(data, parts)
            for name, cell, count in zip(names, cells, missing, strict=True)
        ]
    )


def _rows(data: OutcomeData, parts: Sequence[np.ndarray]) -> Iterator[_Row]:
    """Give variable and level, their text in each part of the subjects, and the missing values there."""
    yield ("subjects", ""), [f"{int(part.sum())}" for part in parts], [0] * len(parts)
    volume = (data.volume,) if data.volume else ()
    for name in (*data.numeric, *volume):
        values = data.frame[name].to_numpy(dtype=np.float64)
        missing = [int(np.isnan(values[part]).sum()) for part in parts]
        known = values[np.isfinite(values)]
        if len(known) and np.isin(known, (0, 1)).all():
            # A column of 0 and 1 says yes or no: its quartiles would say nothing.
            yield (
                (name, "1"),
                [_count(values[part] == 1, np.isfinite(values[part])) for part in parts],
                missing,
            )
        else:
            yield (name, ""), [_quartiles(values[part]) for part in parts], missing
    for name in data.categorical:
        yield from _levels(name, data.frame[name], parts)


def median_follow_up(y: np.ndarray) -> float:
    """Median follow-up by the reverse Kaplan-Meier estimate, in which the end of observation is the event.

    Returns
    -------
    float
        In the unit of the time; nan if more than half of the subjects are never censored.

    References
    ----------
    Schemper M, Smith TL. A note on quantifying follow-up in studies of failure time. Controlled Clinical
    Trials 1996;17:343-346.
    """
    from lifelines import KaplanMeierFitter  # seconds to load, which workers that fit models do not need

    censored = Observed.of_outcome(y).censored
    if not censored.any():
        return float("nan")
    median = float(KaplanMeierFitter().fit(y["time"], censored).median_survival_time_)
    return median if np.isfinite(median) else float("nan")


def _quartiles(values: np.ndarray) -> str:
    known = values[np.isfinite(values)]
    if not len(known):
        return ""
    low, middle, high = (number(value) for value in np.quantile(known, [0.25, 0.5, 0.75]))
    return f"{middle} ({low} to {high})"


def _levels(name: str, values: pd.Series, parts: Sequence[np.ndarray]) -> Iterator[_Row]:
    missing = [int(values[part].isna().sum()) for part in parts]
    for level in values.value_counts().sort_index().index:
        cells = [_count((values == level)[part], values.notna()[part]) for part in parts]
        yield (name, str(level)), cells, missing


def _count(having: np.ndarray | pd.Series, known: np.ndarray | pd.Series) -> str:
    count, people = int(having.sum()), int(known.sum())
    return f"{count} ({percent(count / people)})" if people else "0"
