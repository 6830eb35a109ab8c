"""Values of the cohort of the models, with which an external cohort is compared: from its data, or a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from nbradiomics.errors import InputError
from nbradiomics.messages.wording import counted, shortened

if TYPE_CHECKING:
    from nbradiomics.outcome.assembly import OutcomeData

#: Largest share of the external subjects whose level of a category the first cohort may lack.
_MOST_UNKNOWN = 0.5


@dataclass(frozen=True)
class KnownValues:
    """What is known of the values of the cohort of the models.

    Attributes
    ----------
    levels
        Levels of each category.
    ranges
        Smallest and largest value of each feature and number that has values.
    median_time
        Median of the times to an event or to the end of the observation; missing for classes.
    """

    levels: Mapping[str, frozenset[str]]
    ranges: Mapping[str, tuple[float, float]]
    median_time: float | None = None


def known_values(data: OutcomeData) -> KnownValues:
    """The values of a cohort whose data are at hand."""
    names = dict.fromkeys((*data.radiomic, *filter(None, (data.volume,)), *data.numeric))
    return KnownValues(
        levels={name: frozenset(data.frame[name].dropna()) for name in data.categorical},
        ranges={
            name: (float(data.frame[name].min()), float(data.frame[name].max()))
            for name in names
            if data.frame[name].notna().any()
        },
        median_time=None if data.classes else float(np.median(data.y["time"])),
    )


def value_errors(first: KnownValues, second: OutcomeData) -> Iterator[InputError]:
    """Yield why the models cannot be judged on some values: features without any, levels of other names."""
    names = dict.fromkeys((*second.radiomic, *filter(None, (second.volume,))))
    empty = [name for name in names if name in first.ranges and second.frame[name].isna().all()]
    if empty:
        yield InputError(
            f"{counted(len(empty), 'feature')} of the external table {'has' if len(empty) == 1 else 'have'} "
            f"no value: {shortened(empty)}.",
            "Compute the external table in the same way as the first one.",
        )
    for name in second.categorical:
        values = second.frame[name].dropna()
        unknown = values[~values.isin(first.levels.get(name, frozenset()))]
        if len(unknown) > _MOST_UNKNOWN * len(values):
            yield InputError(
                f"{name}: {len(unknown)} of {len(values)} external subjects have a level that the first "
                f"cohort lacks, such as {unknown.iloc[0]!r}.",
                "Write the levels of both cohorts in the same way.",
            )
