"""Find measurements that are copies of each other: they make features look reproducible."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nbradiomics.messages.wording import counted
from nbradiomics.reproducibility.designs import Arrangement
from nbradiomics.tables import feature_columns

Floats = NDArray[np.float64]
Pair = tuple[str, str]

#: With fewer features two measurements may be equal by chance.
FEWEST_FEATURES = 3
#: Features that are compared first; only rows that are equal in them are compared in all.
_FIRST = 8
#: Columns that separate masks of different images or regions.
_PLACE = ("subject", "timepoint", "sequence", "roi", "variant", "engine", "site", "repeat")


def copied(features: pd.DataFrame, arranged: Arrangement, names: Sequence[str]) -> list[str]:
    """Say which compared levels have the same values of all features in some subjects.

    Parameters
    ----------
    features
        The table that was arranged.
    arranged
        The compared rows.
    names
        Columns of features.

    Returns
    -------
    list of str
        One sentence for each pair of levels; none for tables of fewer than `FEWEST_FEATURES` features.
    """
    levels = np.array(arranged.levels, dtype=object)[arranged.level_of_row]
    part = features[list(names)].iloc[arranged.rows]
    return _sentences(part, arranged.subject_of_row, levels, "subject")


def copied_masks(features: pd.DataFrame) -> list[str]:
    """Say which readers have the same values of all features in some masks of a feature table.

    Parameters
    ----------
    features
        Feature table with ``subject`` and ``reader``; the other index columns are used if they are there.
    """
    place = features[[name for name in _PLACE if name in features]].astype(str)
    numbers = place.groupby(list(place.columns), sort=False).ngroup()
    group: NDArray[np.intp] = np.asarray(numbers, dtype=np.intp)
    levels = features["reader"].astype(str).to_numpy(dtype=object)
    return _sentences(features[feature_columns(features, ())], group, levels, "image")


def _sentences(
    values: pd.DataFrame, group: NDArray[np.intp], levels: NDArray[np.object_], unit: str
) -> list[str]:
    if values.shape[1] < FEWEST_FEATURES:
        return []
    found = Counter(pair for pair, same in _pairs(values, group, levels) if same)
    both = _together(group, levels) if found else Counter[Pair]()
    return [
        f"Caution: {_named(pair)} have identical values of all {values.shape[1]} features in {count} of "
        f"{counted(both[pair], unit)}. Independent measurements are hardly ever identical: was one copied? "
        "Copies make features look more reproducible than they are."
        for pair, count in sorted(found.items())
    ]


def _named(pair: Pair) -> str:
    return f"two rows of {pair[0]}" if pair[0] == pair[1] else f"{pair[0]} and {pair[1]}"


def _pairs(
    values: pd.DataFrame, group: NDArray[np.intp], levels: NDArray[np.object_]
) -> Iterator[tuple[Pair, bool]]:
    """Yield the pairs of rows of one group that may be copies, and whether they are."""
    first = _numbers(values.iloc[:, :_FIRST])
    # Missing values are equal to each other, but nothing is a copy of a row without values.
    keys = np.column_stack([group, np.where(np.isfinite(first), first, np.inf)])
    _, same, counts = np.unique(keys, axis=0, return_inverse=True, return_counts=True)
    same = same.ravel()
    for number in np.flatnonzero(counts > 1):
        rows = np.flatnonzero(same == number)
        full = _numbers(values.iloc[rows])
        for one, other in combinations(range(len(rows)), 2):
            some = np.isfinite(full[one]).sum() >= FEWEST_FEATURES
            pair = _pair(levels[rows[one]], levels[rows[other]])
            yield pair, bool(some and np.array_equal(full[one], full[other], equal_nan=True))


def _pair(one: str, other: str) -> Pair:
    return (one, other) if one <= other else (other, one)


def _together(group: NDArray[np.intp], levels: NDArray[np.object_]) -> Counter[Pair]:
    """Count the groups in which both levels of a pair have a row."""
    rows = pd.DataFrame({"group": group, "level": levels})
    return Counter(
        pair
        for _, names in rows.groupby("group")["level"]
        for pair in {_pair(*two) for two in combinations(names, 2)}
    )


def _numbers(values: pd.DataFrame) -> Floats:
    return values.to_numpy(dtype=np.float64, na_value=np.nan)
