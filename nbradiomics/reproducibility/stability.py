"""Which features are reproducible between readers: the intraclass correlation of every feature of a table."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nbradiomics.cohort.components import refuse_components
from nbradiomics.cohort.in_training import require_named_model, seen_subjects
from nbradiomics.errors import AmbiguousError, InputError
from nbradiomics.messages.suggestion import did_you_mean
from nbradiomics.reproducibility.icc import icc
from nbradiomics.reproducibility.schema import REPRODUCIBILITY
from nbradiomics.reproducibility.settings import StabilitySettings
from nbradiomics.settings import spread
from nbradiomics.tables import AUTO, Rows, feature_columns, read_named_table

#: Fewer subjects than this need caution: Koo and Li 2016 advise at least 30 subjects and three raters.
CAUTION_BELOW = 30
_SHOWN = 5  # entries of a long list in messages


@spread(rows=Rows, settings=StabilitySettings)
def assess_reproducibility(
    features: pd.DataFrame,
    *,
    readers: Sequence[str] | None = None,
    feature_names: Sequence[str] = (),
    rows: Rows = Rows(),  # noqa: B008 - frozen
    settings: StabilitySettings = StabilitySettings(),  # noqa: B008 - frozen
) -> pd.DataFrame:
    """Compute the agreement of the readers' features: ICC(A,1) of each feature, and whether it is stable.

    Parameters
    ----------
    features
        Feature table: the index columns of `nbradiomics.tables` (``subject`` and ``reader`` at least)
        and one numeric column per feature. Subjects that the model was trained on (column ``in_training``)
        are left out if ``auto`` is among the readers.
    readers
        Readers to compare, at least two; by default all readers except ``auto``, the model.
    feature_names
        Names or patterns (``original_shape_*``) of the feature columns. By default the columns with a name of
        PyRadiomics; in a table without such columns, all numeric columns.
    rows
        Which rows to use; needed only if a column has several values in the readers' rows. Each field is also
        a keyword of this function: ``timepoint="baseline"``.
    settings
        Settings that decide which features are stable. Each field is also a keyword: ``threshold=0.9``. Koo
        and Li [1]_ call an ICC of 0.5 to 0.75 moderate, 0.75 to 0.9 good, and higher excellent.

    Returns
    -------
    pandas.DataFrame
        One row per feature, in the table's order, with the columns of
        `reproducibility.schema.REPRODUCIBILITY`. `stable` is ``low`` >= the threshold; it is False if the ICC
        is undefined or there are too few subjects.

    Raises
    ------
    InputError
        When there is no feature, a reader is not in the table, there are fewer than two readers, the regions
        are connected components (which differ between readers), or the model was trained on all subjects with
        automatic masks.
    AmbiguousError
        When a column without a chosen value has several values in the rows, or a subject and reader have
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
    require_named_model(features)
    chosen = rows.of(_unseen(_rows_of(features, readers)))
    refuse_components(chosen["roi"].unique() if "roi" in chosen else [])
    compared = list(pd.unique(chosen["reader"])) if readers is None else [str(name) for name in readers]
    ratings, _, names = ratings_array(chosen, compared, feature_names)
    result = icc(ratings, "A,1", settings.confidence)
    columns: dict[str, Any] = {
        "feature": names,
        "icc": result.value,
        "low": result.low,
        "high": result.high,
        "subjects": result.subjects,
        # A comparison with NaN is False: an undefined ICC is not stable.
        "stable": (result.low >= settings.threshold) & (result.subjects >= settings.min_subjects),
        "readers": ", ".join(compared),
        "note": [
            _note(value, int(subjects), settings.min_subjects)
            for value, subjects in zip(result.value, result.subjects, strict=True)
        ],
    }
    return REPRODUCIBILITY.table(columns)


def _unseen(rows: pd.DataFrame) -> pd.DataFrame:
    """Leave out the subjects that the model was trained on, if its masks are compared."""
    seen = seen_subjects(rows)
    automatic = set(rows.loc[rows["reader"] == AUTO, "subject"])
    if not automatic or not seen:
        return rows
    if automatic <= seen:
        raise InputError(
            f"the model was trained on all {len(automatic)} subjects with automatic masks.",
            f"Leave {AUTO!r} out, or use subjects that are new to the model.",
        )
    return rows[~rows["subject"].isin(seen)]


def _note(value: float, subjects: int, minimum: int) -> str:
    if subjects < minimum:
        return f"{subjects} subjects with a value by every reader; {minimum} are needed"
    return "undefined" if np.isnan(value) else ""


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
            f"{path} has no column {_listed(missing)}; its columns: {_listed(list(table.columns))}.",
            f"{did_you_mean(missing[0], map(str, table.columns))}Give the table of `nbradiomics "
            "reproducibility`.",
        )
    if not pd.api.types.is_bool_dtype(table["stable"]) and len(table):
        raise InputError(
            f"{path}: column stable contains {_listed(sorted(set(map(str, table['stable']))))}.",
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
        When there is no feature, a reader is not in the table, or there are fewer than two readers.
    AmbiguousError
        When a subject has several rows by the same reader.
    """
    compared = [str(name) for name in readers]
    rows = _rows_of(features, compared)
    names = feature_columns(rows, feature_names)
    if not names:
        raise InputError(
            f"the table has no feature; its columns: {_listed(list(features.columns))}.",
            "Give a feature table: one numeric column per feature.",
        )
    if len(set(compared)) != len(compared) or len(compared) < 2:
        raise InputError(
            f"readers to compare: {_listed(compared)}; two or more different readers were expected.",
            "Name at least two different readers of the feature table.",
        )
    _require_one_row_each(rows)
    subjects = [str(name) for name in pd.unique(rows["subject"])]
    positions = pd.Index(subjects).get_indexer(pd.Index(rows["subject"]))
    raters = pd.Index(compared).get_indexer(pd.Index(rows["reader"]))
    ratings = np.full((len(names), len(subjects), len(compared)), np.nan)
    ratings[:, positions, raters] = rows[names].to_numpy(dtype=np.float64, na_value=np.nan).T
    return ratings, subjects, names


def _rows_of(features: pd.DataFrame, readers: Sequence[str] | None) -> pd.DataFrame:
    """Return the rows of the readers (None: all except ``auto``), with ``subject`` and ``reader`` as text."""
    missing = [column for column in ("subject", "reader") if column not in features]
    if missing:
        raise InputError(
            f"the table has no column {_listed(missing)}.",
            f"{did_you_mean(missing[0], map(str, features.columns))}Give a feature table: one row per "
            "subject and reader. In a table of PyRadiomics, name the reader of each mask in a column Reader.",
        )
    named = features[["subject", "reader"]].notna() & (features[["subject", "reader"]] != "")
    rows = features[named.all(axis=1)]
    if len(rows) < len(features):
        raise InputError(
            f"{len(features) - len(rows)} rows have no subject or no reader.", "Give both in every row."
        )
    rows = rows.assign(subject=rows["subject"].astype(str), reader=rows["reader"].astype(str))
    if readers is None:
        return rows[rows["reader"] != AUTO]
    present = sorted(set(rows["reader"]))
    absent = [str(name) for name in readers if str(name) not in present]
    if absent:
        raise InputError(
            f"the table has no row of reader {_listed(absent)}.",
            f"Readers in the table: {_listed(present) or 'none'}.",
        )
    return rows[rows["reader"].isin([str(name) for name in readers])]


def _require_one_row_each(rows: pd.DataFrame) -> None:
    repeated = rows.loc[rows.duplicated(["subject", "reader"]), ["subject", "reader"]].drop_duplicates()
    if len(repeated):
        pairs = [f"{row.subject} by {row.reader}" for row in repeated.itertuples()]
        raise AmbiguousError(
            f"there are several rows of the same subject and reader: {_listed(pairs)}.",
            "Keep one row of each, or distinguish them: timepoint, sequence, roi, variant, engine, reading.",
        )


def _listed(names: Sequence[Any]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(map(str, names[:_SHOWN])) + more
