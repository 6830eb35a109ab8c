"""Read an external cohort as the cohort of the models was read, and see where the two differ."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from nbradiomics.clinical import Endpoint
from nbradiomics.errors import InputError
from nbradiomics.messages.wording import counted, number
from nbradiomics.outcome.assembly import (
    EVENTS_PER_FOLD,
    OutcomeData,
    assemble,
    choose_rows,
    mixture_sentences,
)
from nbradiomics.outcome.seen import without_seen_masks
from nbradiomics.tables import RowsOfReader, require_single_names

if TYPE_CHECKING:
    from nbradiomics.outcome.settings import Predictors

_SHOWN = 5
#: Largest share of the external subjects whose level of a category the first cohort may lack.
_MOST_UNKNOWN = 0.5
#: Times whose medians differ by more than this factor are hardly in one unit.
_TIMES_APART = 10.0


@dataclass(frozen=True)
class External:
    """An external cohort.

    Attributes
    ----------
    data
        Its subjects, with the columns, levels and classes of the cohort of the models.
    sentences
        What to say first: masks that were left out, differences between the cohorts.
    """

    data: OutcomeData
    sentences: tuple[str, ...]


def read_external(
    first: OutcomeData,
    features: pd.DataFrame,
    clinical: pd.DataFrame,
    endpoint: Endpoint,
    predictors: Predictors,
    rows: RowsOfReader,
) -> External:
    """Read an external cohort: its own tables never decide what a column is.

    Raises
    ------
    InputError
        When a column is absent or is not what it is in the first cohort, a subject is in both cohorts, most
        subjects have a level that the first cohort lacks, or there are too few subjects, events or classes.
    """
    features, clinical = features.rename(columns=str), clinical.rename(columns=str)
    require_single_names(clinical.columns, "the external clinical table")
    names = first.radiomic
    volume = (first.volume,) if first.volume and first.volume not in names else ()
    _require_columns(features, ("subject", *names, *volume), "feature")
    _require_columns(clinical, ("subject", *predictors.covariates, *endpoint.columns), "clinical")
    _require_numbers(features, (*names, *volume))
    features, seen, sentences = without_seen_masks(features, rows.reader)
    chosen = choose_rows(features, rows.wanted())
    data = assemble(
        chosen,
        clinical,
        names,
        first.stability,
        endpoint,
        _as_read(first, predictors, endpoint),
        folds=1,
        seen=seen,
    )
    if first.classes:
        numbers = np.array([first.classes.index(name) for name in data.classes], dtype=np.intp)
        data = replace(data, y=numbers[data.y], classes=first.classes)
        _require_classes(data)
    data = replace(data, volume=first.volume)
    _require_others(first, data)
    _require_known_levels(first, data)
    return External(data, (*sentences, *mixture_sentences(chosen), *_differences(first, data)))


def joined(first: OutcomeData, second: OutcomeData) -> OutcomeData:
    """Put the external subjects behind those of the first cohort."""
    frame = pd.concat([first.frame, second.frame[list(first.frame)]])
    return replace(first, frame=frame, y=np.concatenate([first.y, second.y]))


def _as_read(first: OutcomeData, predictors: Predictors, endpoint: Endpoint) -> Predictors:
    """Declare each covariate, and the classes, to be what they are in the first cohort."""
    kinds: dict[str, list[str]] = {"categorical": [], "numeric": []}
    ordinal: dict[str, list[str]] = {}
    for record in first.description.records.get("columns", ()):
        if record["kind"] == "ordinal":
            ordinal[record["column"]] = list(record["levels"])
        else:
            kinds[record["kind"]].append(record["column"])
    ordinal |= {name: list(levels) for name, levels in predictors.ordinal.items() if name in ordinal}
    if first.classes and not endpoint.positive:
        ordinal[endpoint.target] = list(first.classes)
    return predictors.changed(**{name: tuple(values) for name, values in kinds.items()}, ordinal=ordinal)


def _require_columns(table: pd.DataFrame, names: Sequence[str], which: str) -> None:
    absent = [name for name in names if name not in table]
    if absent:
        raise InputError(
            f"the external {which} table lacks {counted(len(absent), 'column')}: {_listed(absent)}.",
            "Compute the external table in the same way as the first one.",
        )


def _require_numbers(features: pd.DataFrame, names: Sequence[str]) -> None:
    texts = [name for name in names if not pd.api.types.is_numeric_dtype(features[name])]
    if texts:
        raise InputError(
            f"{counted(len(texts), 'feature')} of the external table are no numbers: {_listed(texts)}.",
            "Compute the external table in the same way as the first one.",
        )


def _require_others(first: OutcomeData, second: OutcomeData) -> None:
    shared = sorted(set(first.subjects) & set(second.subjects))
    if shared:
        raise InputError(
            f"{counted(len(shared), 'subject')} {'is' if len(shared) == 1 else 'are'} in both cohorts: "
            f"{_listed(shared)}.",
            "An external validation needs other subjects. Rename different people who have the same name.",
        )


def _require_classes(data: OutcomeData) -> None:
    counts = np.bincount(data.y, minlength=len(data.classes))
    if counts.min() < EVENTS_PER_FOLD:
        listed = ", ".join(f"{count} x {name!r}" for name, count in zip(data.classes, counts, strict=True))
        raise InputError(
            f"the external cohort has {listed}; {EVENTS_PER_FOLD} subjects or more of each class of the "
            "models were expected.",
            "Add subjects, or merge classes in both tables.",
        )


def _require_known_levels(first: OutcomeData, second: OutcomeData) -> None:
    for name in second.categorical:
        values = second.frame[name].dropna()
        unknown = values[~values.isin(set(first.frame[name].dropna()))]
        if len(unknown) > _MOST_UNKNOWN * len(values):
            raise InputError(
                f"{name}: {len(unknown)} of {len(values)} external subjects have a level that the first "
                f"cohort lacks, such as {unknown.iloc[0]!r}.",
                "Write the levels of both cohorts in the same way.",
            )


def _differences(first: OutcomeData, second: OutcomeData) -> Iterator[str]:
    """Say where the external cohort looks as if it were measured or written in another way."""
    for name in second.categorical:
        values = second.frame[name].dropna()
        unknown = sorted(set(values) - set(first.frame[name].dropna()))
        if unknown:
            count = int(values.isin(unknown).sum())
            yield (
                f"{name}: {counted(count, 'external subject')} {'has' if count == 1 else 'have'} a level "
                f"that the first cohort lacks ({_listed(unknown)}); it counts as unknown."
            )
    for names, what in (
        (second.numeric, "covariate"),
        (tuple(dict.fromkeys((*second.radiomic, *filter(None, (second.volume,))))), "feature"),
    ):
        away = [text for name in names if (text := _away(name, first.frame[name], second.frame[name]))]
        if away:
            yield (
                f"The median of {counted(len(away), what)} in the external cohort is outside the whole range "
                f"of the first one ({_listed(away)}). Check that units and settings are the same."
            )
    if not first.classes:
        one, other = (float(np.median(data.y["time"])) for data in (first, second))
        if max(one, other) > _TIMES_APART * min(one, other):
            yield (
                f"The median time is {number(one)} in the first cohort and {number(other)} in the external "
                "one. Check that both are in the same unit."
            )


def _away(name: str, first: pd.Series, second: pd.Series) -> str:
    median, low, high = second.median(), first.min(), first.max()
    return (
        f"{name}: {number(median)}, {number(low)} to {number(high)}" if median < low or median > high else ""
    )


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:_SHOWN]) + (" ..." if len(names) > _SHOWN else "")
