"""Groups of features that say the same: clusters by rank correlation, each with a representative."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform
from scipy.stats import rankdata

from nbradiomics.errors import InputError
from nbradiomics.messages.suggestion import did_you_mean
from nbradiomics.messages.wording import counted
from nbradiomics.reproducibility.clusters.schema import CLUSTERS
from nbradiomics.reproducibility.clusters.settings import ClusterSettings
from nbradiomics.reproducibility.variance.repeated_rows import features_of, repeated_rows, require_single_rows
from nbradiomics.settings import spread
from nbradiomics.tables import RowsOfReader

Floats = NDArray[np.float64]

#: Names of the volume, as PyRadiomics writes them, in order of preference.
VOLUMES = (
    "original_shape_MeshVolume",
    "original_shape_VoxelVolume",
    "original_morph_volume",
    "original_morph_vol_approx",
)
#: Correlations are compared with this number of decimals, so that rounding does not decide.
_DECIMALS = 9


@spread(rows=RowsOfReader, settings=ClusterSettings)
def correlation_clusters(
    features: pd.DataFrame,
    *,
    reproducibility: pd.DataFrame | None = None,
    feature_names: Sequence[str] = (),
    volume: str | None = None,
    rows: RowsOfReader = RowsOfReader(),  # noqa: B008 - frozen
    settings: ClusterSettings = ClusterSettings(),  # noqa: B008 - frozen
) -> pd.DataFrame:
    """Group features by their rank correlation between subjects, and choose a representative of each group.

    The distance of two features is 1 - |rho| with Spearman's rho. Clusters are joined as long as the mean
    |rho| of their pairs is at least the threshold (average linkage). Outcomes are not used.

    Parameters
    ----------
    features
        Feature table. Each subject counts once: its value is the mean over the readers except ``auto``, or
        that of the chosen reader.
    reproducibility
        Table of `assess_reproducibility`, with the columns ``feature`` and ``low``. The representative of a
        cluster is its feature with the highest lower limit; features without a limit come last. Otherwise,
        and of equal limits, it is the feature with the highest mean |rho| with the others.
    feature_names
        As in `assess_reproducibility`.
    volume
        Feature that is the volume of the region; by default PyRadiomics' ``original_shape_MeshVolume`` or
        ``original_shape_VoxelVolume``.
    rows
        Which rows to use. Each field is also a keyword: ``reader="A"``.
    settings
        Threshold, and least number of subjects. Each field is also a keyword: ``threshold=0.95``.

    Returns
    -------
    pandas.DataFrame
        One row per feature, in the table's order, with the columns of
        `reproducibility.clusters.schema.CLUSTERS`. A feature that does not vary, or has values in too few
        subjects, is in no cluster.

    Raises
    ------
    InputError
        When there is no feature, the reproducibility table lacks a column, or the volume is not in the table.
    AmbiguousError
        When a subject has several timepoints, sequences, regions, variants or readings.

    Notes
    -----
    With missing values, each feature is ranked among the subjects that have it, and two features are
    correlated over the subjects that have both.

    Examples
    --------
    >>> table = correlation_clusters(features, threshold=0.9)
    >>> table["representative"].nunique()
    2
    """
    table = _one_row_each(features, rows)
    names = features_of(table, feature_names)
    place = _volume_place(names, volume)
    values = table.groupby("subject", sort=False)[names].mean().to_numpy(dtype=np.float64)
    values[~np.isfinite(values)] = np.nan
    correlation = spearman(values, settings.min_subjects)
    usable = np.isfinite(np.diag(correlation))
    cluster = np.zeros(len(names), dtype=np.int64)
    cluster[usable] = _clusters(correlation[np.ix_(usable, usable)], settings.threshold)
    low = _limits(reproducibility, names)
    records = _records(names, cluster, correlation, low, place)
    subjects = np.isfinite(values).sum(axis=0)
    return CLUSTERS.table(
        [{**record, "subjects": count} for record, count in zip(records, subjects, strict=True)]
    )


def spearman(values: Floats, minimum: int = 2) -> Floats:
    """Return Spearman's correlations of columns over the rows that have both.

    Parameters
    ----------
    values
        Shape (subjects, features); NaN is a missing value.
    minimum
        Least number of rows that have both.

    Returns
    -------
    numpy.ndarray
        Shape (features, features); NaN where a column is constant or too few rows have both. Without missing
        values it is exactly Spearman's rho; with them, a column is ranked among all rows that have it.
    """
    present = np.isfinite(values)
    ranks = np.where(present, rankdata(values, axis=0, nan_policy="omit"), 0.0)
    both = present.astype(np.float64)
    count = both.T @ both
    # Sums over the rows that both have: of the first column, its square, and the products.
    first, squares, products = ranks.T @ both, (ranks**2).T @ both, ranks.T @ ranks
    with np.errstate(divide="ignore", invalid="ignore"):
        spread_first = squares - first**2 / count
        covariance = products - first * first.T / count
        correlation = covariance / np.sqrt(spread_first * spread_first.T)
    smallest = np.minimum(spread_first, spread_first.T)
    correlation[(count < minimum) | ~(smallest > 1e-9 * count)] = np.nan
    return np.clip(correlation, -1, 1)


def _one_row_each(features: pd.DataFrame, rows: RowsOfReader) -> pd.DataFrame:
    """Choose rows that differ, within a subject, only in the reader."""
    readers = None if rows.reader is None else [rows.reader]
    table = repeated_rows(features, readers, rows, fixed=("timepoint", "variant", "reading"))
    require_single_rows(
        table,
        ["subject", *(["reader"] if "reader" in table else [])],
        "Choose one row of each subject and reader.",
    )
    return table


def _volume_place(names: Sequence[str], volume: str | None) -> int | None:
    """Place of the volume among the features; ``None`` if the table has none.

    Its name may follow that of the region (``GTV_original_shape_MeshVolume``), if there is one such feature.
    """
    if volume is None:
        for name in VOLUMES:
            found = [place for place, known in enumerate(names) if known.endswith(name)]
            exact = [place for place in found if names[place] == name]
            if exact or len(found) == 1:
                return (exact or found)[0]
        return None
    if volume not in names:
        raise InputError(
            f"there is no feature {volume!r}.",
            f"{did_you_mean(volume, names)}Name the feature that is the volume.",
        )
    return list(names).index(volume)


def _clusters(correlation: Floats, threshold: float) -> NDArray[np.int64]:
    """Number the cluster of each feature: 1 is the largest, then by the first feature."""
    if len(correlation) < 2:
        return np.ones(len(correlation), dtype=np.int64)
    strength = np.nan_to_num(np.abs(correlation), nan=0.0).round(_DECIMALS)
    distance = 1 - strength
    np.fill_diagonal(distance, 0)
    tree = linkage(squareform(distance, checks=False), "average")
    label = fcluster(tree, 1 - threshold + 0.5 * 10.0**-_DECIMALS, "distance")
    _, first, size = np.unique(label, return_index=True, return_counts=True)
    order = np.lexsort([first, -size])
    number = np.empty(len(order), dtype=np.int64)
    number[order] = np.arange(1, len(order) + 1)
    return number[label - 1]


def _limits(reproducibility: pd.DataFrame | None, names: Sequence[str]) -> Floats:
    """Lower limit of each feature; minus infinity without one."""
    if reproducibility is None:
        return np.full(len(names), -np.inf)
    missing = [name for name in ("feature", "low") if name not in reproducibility]
    if missing:
        raise InputError(
            f"the table of reproducibility has no column {missing[0]}.",
            "Give the table that `nbradiomics reproducibility` wrote.",
        )
    known = reproducibility.drop_duplicates("feature").set_index("feature")["low"].reindex(list(names))
    if known.isna().all():
        raise InputError(
            "the table of reproducibility has no lower limit of any of these features.",
            "Give a table of the same features.",
        )
    return known.fillna(-np.inf).to_numpy(dtype=np.float64)


def _records(
    names: Sequence[str], cluster: NDArray[np.int64], correlation: Floats, low: Floats, volume: int | None
) -> list[dict[str, Any]]:
    records = [dict[str, Any](feature=name, representative="") for name in names]
    for number in range(1, int(cluster.max()) + 1):
        members = np.flatnonzero(cluster == number)
        chosen = _representative(members, correlation, low)
        for member in members:
            records[member] |= {
                "cluster": number,
                "size": len(members),
                "representative": names[chosen],
                "correlation_with_representative": correlation[member, chosen],
            }
    if volume is not None:
        for place, record in enumerate(records):
            record["with_volume"] = correlation[place, volume]
            record["only_volume"] = bool(cluster[volume]) and bool(cluster[place] == cluster[volume])
    return records


def _representative(members: NDArray[np.int64], correlation: Floats, low: Floats) -> int:
    """Member with the highest lower limit, then with the highest mean correlation, then the first."""
    strength = np.nan_to_num(np.abs(correlation[np.ix_(members, members)]), nan=0.0).mean(axis=1)
    order = np.lexsort([np.arange(len(members)), -strength.round(_DECIMALS), -low[members]])
    return int(members[order[0]])


def cluster_sentences(table: pd.DataFrame, threshold: float) -> list[str]:
    """Summarise a table of `correlation_clusters`.

    Parameters
    ----------
    table
        Result of `correlation_clusters`.
    threshold
        Threshold of the clusters.
    """
    known = table[table["cluster"].notna()]
    without = len(table) - len(known)
    outside = f"; {without} in no cluster (constant, or values in too few subjects)" if without else ""
    alone = int((known["size"] == 1).sum())
    text = (
        f"{counted(known['cluster'].nunique(), 'cluster')} of {counted(len(known), 'feature')}, {alone} of "
        f"one feature only{outside}. From {counted(int(table['subjects'].max()), 'subject')}."
    )
    sentences = [text]
    if known["only_volume"].notna().any():
        inside = known["only_volume"].astype(bool)
        near = int((known["with_volume"].abs() >= threshold)[~inside].sum())
        also = f" {near} more with a correlation of at least {threshold:g} in other clusters." if near else ""
        sentences.append(
            f"Only volume: {counted(int(inside.sum()), 'feature')} in the cluster of the volume, the volume "
            f"included.{also}"
        )
    return sentences
