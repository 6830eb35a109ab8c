"""Who the subjects are: a baseline table by event, and how long they were observed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from nbradiomics.messages.wording import number, percent
from nbradiomics.outcome.schemas import BASELINE

if TYPE_CHECKING:
    from nbradiomics.outcome.assembly import OutcomeData


def baseline_table(data: OutcomeData) -> pd.DataFrame:
    """Covariates and volume of all subjects, of those with the event and of those without it.

    A number has its median and quartiles, a level its count and its share of the known values.

    Returns
    -------
    pandas.DataFrame
        Columns of `outcome.schemas.BASELINE`.
    """
    event = np.asarray(data.y["event"], dtype=bool)
    parts = {"all": np.ones(len(event), dtype=bool), "with_event": event, "without_event": ~event}
    rows = [("subjects", "", *(f"{int(part.sum())}" for part in parts.values()), 0)]
    volume = (data.volume,) if data.volume else ()
    for name in (*data.numeric, *volume):
        values = data.frame[name].to_numpy(dtype=np.float64)
        cells = (_quartiles(values[part]) for part in parts.values())
        rows.append((name, "", *cells, int(np.isnan(values).sum())))
    for name in data.categorical:
        rows.extend(_levels(name, data.frame[name], parts))
    return BASELINE.table(rows)


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

    if not (~y["event"]).any():
        return float("nan")
    median = float(KaplanMeierFitter().fit(y["time"], ~y["event"]).median_survival_time_)
    return median if np.isfinite(median) else float("nan")


def _quartiles(values: np.ndarray) -> str:
    known = values[np.isfinite(values)]
    if not len(known):
        return ""
    low, middle, high = (number(value) for value in np.quantile(known, [0.25, 0.5, 0.75]))
    return f"{middle} ({low} to {high})"


def _levels(
    name: str, values: pd.Series, parts: dict[str, np.ndarray]
) -> Iterator[tuple[str, str, str, str, str, int]]:
    missing = int(values.isna().sum())
    for level in values.value_counts().sort_index().index:
        counts = [
            (int((values[part] == level).sum()), int(values[part].notna().sum())) for part in parts.values()
        ]
        every, events, others = (
            f"{count} ({percent(count / known)})" if known else "0" for count, known in counts
        )
        yield name, str(level), every, events, others, missing
