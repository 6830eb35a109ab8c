"""Confidence by smearing: how often the value, moved by its error, stays in the same group."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

#: Points that stand for the distribution of the error.
POINTS = 64


def smeared_shares(
    values: Array, variances: Array, label: Callable[[Array], NDArray[np.intp]], groups: int
) -> Array:
    """Share of the smeared values of each voxel that fall into each group.

    The points are equally likely quantiles of the errors (a Sobol sequence if several channels have errors),
    the same for each voxel, so that nothing is drawn.

    Parameters
    ----------
    values, variances
        One row per voxel, one column per channel; the variance is the squared standard error.
    label
        Group of each value.
    groups
        Number of groups.
    """
    from scipy.special import ndtri
    from scipy.stats import qmc

    channels = np.flatnonzero(variances.any(axis=0))
    if not len(channels):
        return np.eye(groups)[label(values)]
    points = ndtri(qmc.Sobol(len(channels), scramble=False).random(POINTS) + 0.5 / POINTS)
    errors, rows = np.sqrt(variances[:, channels]), np.arange(len(values))
    counts = np.zeros((len(values), groups))
    for point in points:
        moved = values.copy()
        moved[:, channels] += errors * point
        counts[rows, label(moved)] += 1
    return counts / POINTS
