"""Which features are reproducible: between readers, readings, timepoints, repeats, sites or variants."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nbradiomics.errors import InputError
from nbradiomics.messages.suggestion import did_you_mean
from nbradiomics.reproducibility.designs import Arrangement, arrange
from nbradiomics.reproducibility.levels import listed
from nbradiomics.reproducibility.reasons import reason
from nbradiomics.reproducibility.resampling import stays
from nbradiomics.reproducibility.schema import GENERALISED, REPRODUCIBILITY
from nbradiomics.reproducibility.settings import StabilitySettings
from nbradiomics.reproducibility.statistics.table import BLOCK_VALUES, Columns, statistics
from nbradiomics.settings import spread
from nbradiomics.tables import RowsOfReader, feature_columns, read_named_table

#: Fewer subjects than this need caution: Koo and Li 2016 advise at least 30 subjects and three raters.
CAUTION_BELOW = 30


@spread(rows=RowsOfReader, settings=StabilitySettings)
def assess_reproducibility(
    features: pd.DataFrame,
    *,
    across: str = "reader",
    levels: Sequence[str] | None = None,
    readers: Sequence[str] | None = None,
    feature_names: Sequence[str] = (),
    seed: int = 0,
    rows: RowsOfReader = RowsOfReader(),  # noqa: B008 - frozen
    settings: StabilitySettings = StabilitySettings(),  # noqa: B008 - frozen
) -> pd.DataFrame:
    """Compute how reproducible each feature is, and whether it is stable.

    Parameters
    ----------
    features
        Feature table: the index columns of `nbradiomics.tables` (``subject`` and the compared column at
        least) and one numeric column per feature. Subjects that the model was trained on (column
        ``in_training``) are left out if masks of ``auto`` are compared.
    across
        What is compared: ``reader``, ``reading`` (of one reader), ``timepoint``, ``repeat`` (a column of
        repeated scans), ``site`` (subjects who were measured at several sites) or ``variant``.
    levels
        Values of this column to compare, at least two; by default all, of readers all except ``auto``, the
        model.
    readers
        The same for readers only.
    feature_names
        Names or patterns (``original_shape_*``) of the feature columns. By default the columns with a name of
        PyRadiomics or the IBSI; in a table without such columns, all numeric columns.
    seed
        Seed of the bootstrap samples, if `settings` requests them (``resamples=200``).
    rows
        Which rows to use; needed only if another column has several values. Each field is also a keyword of
        this function: ``timepoint="baseline"``.
    settings
        Form of the ICC, and settings that decide which features are stable. Each field is also a keyword:
        ``threshold=0.9``. Koo and Li [1]_ call an ICC of 0.5 to 0.75 moderate, 0.75 to 0.9 good, and higher
        excellent.

    Returns
    -------
    pandas.DataFrame
        One row per feature, in the table's order, with the columns of
        `reproducibility.schema.REPRODUCIBILITY`. `stable` is ``low`` >= the threshold; it is False if the ICC
        is undefined or there are too few subjects, and `reason` says why.

    Raises
    ------
    InputError
        When there is no feature, a level is not in the table, there are fewer than two levels, the regions
        are connected components (which differ between masks), or the model was trained on all subjects with
        automatic masks.
    AmbiguousError
        When a column without a chosen value has several values in the rows, or a subject and level have
        several rows.

    See Also
    --------
    icc : the estimator, and the reliability of its interval with few readers.

    References
    ----------
    .. [1] Koo TK, Li MY. J Chiropr Med 2016;15:155-163.

    Examples
    --------
    >>> table = assess_reproducibility(features, readers=["A", "B"], threshold=0.8)
    >>> table.loc[table["stable"], "feature"].tolist()
    ['original_firstorder_Mean']
    """
    arranged = arrange(features, across, compared_levels(across, levels, readers), rows)
    names = _feature_names(features, feature_names)
    form = settings.form or arranged.design.form
    values = _statistics(features, arranged, names, form, settings, seed)
    stable = (values["low"] >= settings.threshold) & (values["subjects"] >= settings.min_subjects)
    reasons = [
        reason(float(low), int(subjects), arranged.design, form, settings)
        for low, subjects in zip(values["low"], values["subjects"], strict=True)
    ]
    interval = GENERALISED if settings.readers_in_general else "F"
    about = {"form": form, "across": across, "levels": ", ".join(arranged.levels), "interval": interval}
    # A comparison with NaN is False: an undefined ICC is not stable.
    table = REPRODUCIBILITY.table(
        {"feature": names, **about, "raters": len(arranged.levels), **values}
        | {"stable": stable, "reason": reasons}
    )
    return table.drop(columns=[name for name in REPRODUCIBILITY.left_out if name not in values])


def compared_levels(
    across: str, levels: Sequence[str] | None, readers: Sequence[str] | None
) -> Sequence[str] | None:
    """Return the values to compare, from the two ways to name them.

    Raises
    ------
    InputError
        When both are given, or readers are named but not compared.
    """
    if readers is None:
        return levels
    if levels is not None:
        raise InputError("levels and readers were both given.", "Name the values to compare once.")
    if across != "reader":
        raise InputError(
            f"readers to compare were named ({listed(list(readers))}), but the comparison is across "
            f"{across}.",
            f"Name the values of {across} to compare as levels, and the reader of the masks as reader.",
        )
    return readers


def _feature_names(features: pd.DataFrame, patterns: Sequence[str]) -> list[str]:
    names = feature_columns(features, patterns)
    if not names:
        raise InputError(
            f"the table has no feature; its columns: {listed(list(features.columns))}.",
            "Give a feature table: one numeric column per feature.",
        )
    return names


def _statistics(
    features: pd.DataFrame,
    arranged: Arrangement,
    names: Sequence[str],
    form: str,
    settings: StabilitySettings,
    seed: int,
) -> Columns:
    """Statistics of all features; the array of one block of features at a time is in memory."""
    size = max(1, BLOCK_VALUES // max(len(arranged.subjects) * len(arranged.levels), 1))
    blocks = [names[start : start + size] for start in range(0, len(names), size)]
    parts = []
    for block in blocks:
        ratings = arranged.array(features, block)
        parts.append(statistics(ratings, form, settings))
        if settings.resamples:
            parts[-1]["stays"] = stays(ratings, form, settings, seed)
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def read_stable(path: str | Path) -> list[str]:
    """Read the names of the stable features from a table of `assess_reproducibility`.

    Parameters
    ----------
    path
        CSV or Parquet table with the columns ``feature`` and ``stable``.

    Returns
    -------
    list of str
        In the table's order; empty when no feature is stable.

    Raises
    ------
    InputError
        When the table cannot be read, lacks a column, or ``stable`` is not True or False for every feature.
    """
    table, _ = read_named_table(path, ("feature", "stable"))
    missing = [column for column in ("feature", "stable") if column not in table]
    if missing:
        raise InputError(
            f"{path} has no column {listed(missing)}; its columns: {listed(list(table.columns))}.",
            f"{did_you_mean(missing[0], map(str, table.columns))}Give the table of `nbradiomics "
            "reproducibility`.",
        )
    if not pd.api.types.is_bool_dtype(table["stable"]) and len(table):
        raise InputError(
            f"{path}: column stable contains {listed(sorted(set(map(str, table['stable']))))}.",
            "Give True or False for every feature.",
        )
    return [str(name) for name in table.loc[table["stable"].astype(bool), "feature"]]


def ratings_array(
    features: pd.DataFrame, readers: Sequence[str], feature_names: Sequence[str] = ()
) -> tuple[NDArray[np.float64], list[str], list[str]]:
    """Arrange a feature table as ratings of subjects by readers.

    Parameters
    ----------
    features
        Feature table with at most one row per subject and reader.
    readers
        At least two readers, in the order of the last axis of the result; other readers are ignored.
    feature_names
        As for `assess_reproducibility`.

    Returns
    -------
    ratings
        Shape (features, subjects, readers); NaN if a reader has no row or no value.
    subjects
        Subjects with a row of at least one of the readers, in the table's order.
    names
        Features, in the table's order.

    Raises
    ------
    InputError
        As for `assess_reproducibility`.
    AmbiguousError
        When a subject has several rows by the same reader.
    """
    arranged = arrange(features, "reader", list(readers))
    names = _feature_names(features, feature_names)
    return arranged.array(features, names), list(arranged.subjects), names
