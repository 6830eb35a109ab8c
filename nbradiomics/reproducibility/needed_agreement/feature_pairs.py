"""The differences of one feature between the masks of each pair, in the order of the agreement."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nbradiomics.reproducibility.needed_agreement.joined import JoinedPairs
from nbradiomics.reproducibility.needed_agreement.settings import KINDS, METRICS

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class FeaturePairs:
    """A feature in the pairs of masks in which at least one value is defined.

    Attributes
    ----------
    used
        Positions of these pairs among the joined pairs, shape (pairs,).
    differences
        Absolute difference of the two values on the chosen scale, shape (pairs,); infinite if one of them is
        undefined.
    means
        Mean of the two values on this scale, shape (pairs,); NaN if one is undefined.
    """

    used: NDArray[np.intp]
    differences: Floats
    means: Floats


@dataclass(frozen=True)
class OrderedPairs:
    """The pairs of a feature for which a metric is defined, the best agreement first.

    Attributes
    ----------
    agreement
        Value of the metric, shape (pairs,).
    differences, means
        As in `FeaturePairs`.
    subjects
        Index of the subject of each pair, shape (pairs,): 0 to `amount` - 1.
    amount
        Number of subjects.
    kinds
        Kinds of pair with their numbers.
    """

    agreement: Floats
    differences: Floats
    means: Floats
    subjects: NDArray[np.intp]
    amount: int
    kinds: tuple[tuple[str, int], ...]


def feature_pairs(joined: JoinedPairs, feature: str, scale: str) -> FeaturePairs:
    """Compute the difference of a feature in each pair of masks.

    A feature that is undefined for one of the two masks counts as an infinite difference. On the scale
    ``log``, a value that is not above 0 is undefined.
    """
    first, second = joined.values(feature)
    if scale == "log":
        first, second = (np.log(np.where(side > 0, side, np.nan)) for side in (first, second))
    used = np.flatnonzero(np.isfinite(first) | np.isfinite(second))
    one, other = first[used], second[used]
    both = np.isfinite(one) & np.isfinite(other)
    differences = np.where(both, np.abs(one - other), np.inf)
    return FeaturePairs(used, differences, np.where(both, one + other, np.nan) / 2)


def in_order(joined: JoinedPairs, values: FeaturePairs, metric: str) -> OrderedPairs:
    """Sort the pairs of a feature by their agreement; pairs without a value of the metric are left out."""
    agreement = joined.pairs[metric].to_numpy(dtype=float)[values.used]
    order = np.argsort(-agreement if METRICS[metric] else agreement, kind="stable")
    order = order[np.isfinite(agreement[order])]
    names = joined.pairs["subject"].to_numpy()[values.used[order]]
    known, subjects = np.unique(names.astype(str), return_inverse=True)
    return OrderedPairs(
        agreement[order],
        values.differences[order],
        values.means[order],
        subjects,
        len(known),
        _kinds(joined.pairs["pair"].iloc[values.used[order]]),
    )


def _kinds(pairs: pd.Series) -> tuple[tuple[str, int], ...]:
    """Count the pairs of each kind, in the order of `KINDS`."""
    counts = pairs.value_counts()
    return tuple((kind, int(counts[kind])) for kind in KINDS if kind in counts)
