"""Where an external cohort differs from the cohort of the models, and what it lacks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from nbradiomics.errors import InputError
from nbradiomics.messages.wording import counted, number, percent
from nbradiomics.tables.same_parameters import COLUMN as PARAMETERS, require_same

if TYPE_CHECKING:
    from nbradiomics.outcome.assembly import OutcomeData
    from nbradiomics.outcome.known_values import KnownValues

#: Times whose medians differ by more than this factor are hardly in one unit.
_TIMES_APART = 5.0
_SHOWN = 5


def other_rows(first: Mapping[str, tuple[str, ...]], second: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    """Say where the rows of the two cohorts are of other kinds; refuse another engine or other parameters."""
    ours, theirs = first.get(PARAMETERS, ()), second.get(PARAMETERS, ())
    told = require_same(ours, theirs, first="the first cohort", second="the external one")
    if told:
        yield told
    for column in sorted((first.keys() & second.keys()) - {PARAMETERS}):
        if first[column] == second[column]:
            continue
        one, other = (", ".join(values[column]) for values in (first, second))
        if column == "engine":
            raise InputError(
                f"the features of the first cohort were computed by {one}, those of the external one by "
                f"{other}.",
                "Compute the features of both cohorts with the same engine.",
            )
        yield (
            f"The rows of the first cohort have the {column} {one}, those of the external one {other}. Check "
            "that they mean the same."
        )


def filled_in(data: OutcomeData) -> Iterator[str]:
    """Count what the external subjects lack, and the first cohort fills in."""
    features = data.frame[list(data.radiomic)].isna()
    if features.to_numpy().any():
        worst = features.mean().sort_values(ascending=False)
        worst = worst[worst > 0]
        shown = ", ".join(f"{name} {percent(part)}" for name, part in worst.head(_SHOWN).items())
        yield (
            f"{int(features.to_numpy().sum())} of {features.size} external feature values are missing or "
            f"infinite, and became the median of the first cohort ({shown}"
            f"{' ...' if len(worst) > _SHOWN else ''})."
        )
    for name in (*data.numeric, *data.categorical):
        missing = int(data.frame[name].isna().sum())
        if missing:
            yield (
                f"{name} is missing in {counted(missing, 'external subject')} of {len(data.y)}, and was "
                "filled in from the first cohort."
            )


def differences(first: KnownValues, second: OutcomeData) -> Iterator[str]:
    """Say where the external cohort looks as if it were measured or written in another way."""
    for name in second.categorical:
        values = second.frame[name].dropna()
        unknown = sorted(set(values) - first.levels.get(name, frozenset()))
        if unknown:
            count = int(values.isin(unknown).sum())
            yield (
                f"{name}: {counted(count, 'external subject')} {'has' if count == 1 else 'have'} a level "
                f"that the first cohort lacks ({listed(unknown)}); it counts as unknown."
            )
    for names, what in (
        (second.numeric, "covariate"),
        (tuple(dict.fromkeys((*second.radiomic, *filter(None, (second.volume,))))), "feature"),
    ):
        far = [text for name in names if (text := away(name, first.ranges.get(name), second.frame[name]))]
        if far:
            yield (
                f"The median of {counted(len(far), what)} in the external cohort is outside the whole range "
                f"of the first one ({listed(far)}). Check that units and settings are the same."
            )
    if told := other_unit(first.median_time, second.y):
        yield told


def other_unit(first: float | None, y: np.ndarray) -> str:
    """Say that times look as if they were in another unit than those with the median `first`; else empty."""
    if first is None:
        return ""
    other = float(np.median(y["time"]))
    if max(first, other) <= _TIMES_APART * min(first, other):
        return ""
    return (
        f"The median time is {number(first)} in the first cohort and {number(other)} in the external one. "
        "Check that both are in the same unit."
    )


def away(name: str, limits: tuple[float, float] | None, values: pd.Series) -> str:
    """Say that the median of some values is outside the range of known ones; empty if it is inside."""
    if limits is None or values.isna().all():
        return ""
    median, (low, high) = float(values.median()), limits
    outside = median < low or median > high
    return f"{name}: {number(median)}, {number(low)} to {number(high)}" if outside else ""


def listed(names: Sequence[str]) -> str:
    """List the first of some names."""
    return ", ".join(names[:_SHOWN]) + (" ..." if len(names) > _SHOWN else "")
