"""Compare the features of each alteration with those of the reference."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nbradiomics.errors import AmbiguousError
from nbradiomics.features.parameters.expected import expected_features
from nbradiomics.features.processing import Alteration, ProcessingGrid
from nbradiomics.messages.wording import counted, number
from nbradiomics.report.feature_names import feature_class
from nbradiomics.reproducibility.processing.schema import PROCESSING, PROCESSING_CLASSES
from nbradiomics.reproducibility.processing.settings import ProcessingSettings
from nbradiomics.reproducibility.settings import StabilitySettings
from nbradiomics.reproducibility.statistics.table import statistics
from nbradiomics.tables import DESCRIPTIVE, INDEX, ORIGINAL

_MEASURED = ("ccc", "ccc_low", "ccc_high", "wcv", "bias", "bias_low", "bias_high")
#: Name of the row of all classes together.
ALL = "all"


def compare_processing(
    features: pd.DataFrame, grid: ProcessingGrid, settings: ProcessingSettings
) -> pd.DataFrame:
    """Compare each alteration with the reference, feature by feature.

    Parameters
    ----------
    features
        Result of `extract_grid`: one row for each subject and pipeline.
    grid
        The reference and its alterations.
    settings
        Threshold, confidence and smallest number of subjects.

    Returns
    -------
    pandas.DataFrame
        The table `PROCESSING`, alterations in the order of the grid.

    Raises
    ------
    AmbiguousError
        When a subject has several rows of one pipeline: they are not independent.
    """
    twice = features.duplicated(["subject", "variant"])
    if twice.any():
        raise AmbiguousError(
            f"{features.loc[twice, 'subject'].nunique()} subject(s) have several masks.",
            "Choose one reader, reading, timepoint, sequence and region: masks of one subject are not "
            "independent.",
        )
    values = features.set_index("subject").drop(columns=[name for name in DESCRIPTIVE if name in features])
    before = _of_variant(values, ORIGINAL)
    rows: list[dict[str, Any]] = []
    for alteration in grid.alterations:
        after = _of_variant(values, alteration.name).reindex(before.index)
        rows += _rows(before, after, grid, alteration, settings)
    return PROCESSING.table(rows)


def _of_variant(values: pd.DataFrame, variant: str) -> pd.DataFrame:
    rows = values[values["variant"] == variant]
    return rows.drop(columns=[name for name in INDEX if name in rows])


def _rows(
    before: pd.DataFrame,
    after: pd.DataFrame,
    grid: ProcessingGrid,
    alteration: Alteration,
    settings: ProcessingSettings,
) -> Iterator[dict[str, Any]]:
    """Yield the rows of an alteration in the order of the feature table."""
    reasons = grid.not_comparable(alteration)
    own = {*expected_features(grid.reference), *expected_features(alteration.parameters)}
    listed = [name for name in before.columns if name in own]  # others are those of other alterations
    names = [name for name in listed if name not in reasons]
    ratings = np.stack([after[names].to_numpy(float), before[names].to_numpy(float)], axis=-1)
    ratings = np.ascontiguousarray(ratings.transpose(1, 0, 2))
    found = statistics(ratings, "A,1", StabilitySettings(confidence=settings.confidence))
    place = {name: number for number, name in enumerate(names)}
    for name in listed:
        head = {"feature": name, "alteration": alteration.name, "comparable": name not in reasons}
        if name in reasons:
            yield {**head, "subjects": 0, "unchanged": False, "stable": False, "reason": reasons[name]}
            continue
        at = place[name]
        both = np.isfinite(ratings[at]).all(axis=1)
        row = {column: float(found[column][at]) for column in _MEASURED}
        same = bool(both.any()) and _same(ratings[at][both])
        why = _reason(row["ccc"], int(both.sum()), settings)
        counts = {"subjects": int(both.sum()), "unchanged": same}
        yield {**head, **row, **counts, "stable": not why, "reason": why}


def _same(ratings: NDArray[np.float64]) -> bool:
    return bool(np.array_equal(ratings[:, 0], ratings[:, 1]))


def _reason(ccc: float, subjects: int, settings: ProcessingSettings) -> str:
    """Return why a feature is not stable; empty if it is."""
    if subjects < settings.min_subjects:
        have = f"{counted(subjects, 'subject')} with a value by both pipelines"
        return f"{have}; {settings.min_subjects} are needed"
    if math.isnan(ccc):
        return "undefined: the values do not differ between subjects"
    if ccc < settings.threshold:
        return f"CCC {number(ccc, 2, beside=(settings.threshold,))} below {settings.threshold:g}"
    return ""


def count_classes(table: pd.DataFrame, settings: ProcessingSettings) -> pd.DataFrame:
    """Count the stable features of each class and alteration.

    Parameters
    ----------
    table
        Result of `compare_processing`.
    settings
        As there.

    Returns
    -------
    pandas.DataFrame
        The table `PROCESSING_CLASSES`.
    """
    classes = table["feature"].map(feature_class)
    rows = []
    for alteration, part in table.groupby("alteration", sort=False):
        for name in [*dict.fromkeys(classes), ALL]:
            chosen = part if name == ALL else part[classes[part.index] == name]
            counts = _counts(chosen, settings)
            rows.append({"alteration": alteration, "feature_class": name, **counts})
    return PROCESSING_CLASSES.table(rows)


def _counts(rows: pd.DataFrame, settings: ProcessingSettings) -> dict[str, int]:
    comparable = rows[rows["comparable"]]
    stable = comparable[comparable["stable"]]
    judged = comparable["subjects"] >= settings.min_subjects
    return {
        "features": len(comparable),
        "stable": len(stable),
        "lower_limit": int((stable["ccc_low"] >= settings.threshold).sum()),
        "unchanged": int(comparable["unchanged"].sum()),
        "not_judged": int((~judged).sum()),
        "changed": int((judged & ~comparable["unchanged"]).sum()),
        "changed_stable": int((~stable["unchanged"]).sum()),
        "undefined": int(comparable["ccc"].isna().sum()),
        "not_comparable": len(rows) - len(comparable),
    }
