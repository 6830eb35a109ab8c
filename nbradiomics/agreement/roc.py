"""Exact area under the ROC curve of a probability map."""

from __future__ import annotations

from math import nan
from typing import Any

import numpy as np
from numpy.typing import NDArray


def roc_area(probability: NDArray[Any], reference: NDArray[np.bool_]) -> float:
    """Return the area under the ROC curve of a probability map against a binary reference.

    It is the share of the pairs of a voxel inside and a voxel outside the reference in which the one inside
    has the higher value; a tie counts one half (the Mann-Whitney statistic [1]_). The pairs are counted as
    whole numbers: there are no thresholds that could reduce the precision.

    Parameters
    ----------
    probability
        Any numbers except NaN, axes z, y, x; only their order matters.
    reference
        Binary volume of the same shape.

    Returns
    -------
    float
        0 to 1; NaN if no voxel, or every voxel, is inside the reference.

    Notes
    -----
    Only the values inside the reference are sorted as a whole. Values outside are looked up slice by slice,
    and only if they exceed the lowest value inside: an image of mostly zeros needs little more than one pass.

    References
    ----------
    .. [1] Hanley JA, McNeil BJ. Radiology 1982;143:29-36.
    """
    if probability.shape != reference.shape:
        raise ValueError(f"volumes of different shapes: {probability.shape} and {reference.shape}")
    inside = np.sort(probability[reference])
    outside = reference.size - inside.size
    if not (inside.size and outside):
        return nan
    # Twice the number of pairs in the wrong order, where a tie counts one: for each value outside, the number
    # of values inside below it plus the number of values inside that are not above it.
    lowest = inside[0]
    tied_lowest = int(np.searchsorted(inside, lowest, "right"))
    wrong = 0
    for values, expected in zip(probability, reference, strict=True):
        wrong += tied_lowest * int(np.count_nonzero((values == lowest) & ~expected))
        rivals = np.sort(values[(values > lowest) & ~expected])
        wrong += int(np.searchsorted(inside, rivals, "left").sum())
        wrong += int(np.searchsorted(inside, rivals, "right").sum())
    pairs = 2 * inside.size * outside
    return (pairs - wrong) / pairs
