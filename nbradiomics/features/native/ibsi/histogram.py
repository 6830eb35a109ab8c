"""The family `ih`: the distribution of the grey levels, and the steepest steps of their histogram.

Definitions as in the IBSI reference manual (Zwanenburg et al. 2016, arXiv:1612.07003, section 3.4).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from nbradiomics.features.native.ibsi.distribution import Numbers, distribution_features


def histogram_features(present: NDArray[np.int64], counts: NDArray[np.int64]) -> dict[str, float]:
    r"""Compute the family `ih`.

    The histogram runs from level 1 to the highest level that occurs; levels without voxels count as 0. The
    mode is the level with the most voxels; of several, the one nearest to the mean, and of two that are
    equally near the lower one. The gradient is
    :math:`H_2 - H_1` at the first level, :math:`H_n - H_{n-1}` at the last, and
    :math:`(H_{i+1} - H_{i-1}) / 2` between them.

    Parameters
    ----------
    present
        Grey levels that occur, ascending, the lowest possible one being 1.
    counts
        Voxels of each level of `present`.

    Returns
    -------
    dict
        Value by the name in the tables of the IBSI, without the family. A histogram of one level has no
        gradient: NaN.
    """
    levels = present.astype(np.float64)
    found = distribution_features(Numbers(levels, counts))
    shares = counts / counts.sum()
    most = levels[counts == counts.max()]
    return {
        **found,
        "mode": float(most[np.argmin(np.abs(most - found["mean"]))]),
        "entropy": float(-(shares @ np.log2(shares))) + 0.0,
        "uniformity": float(shares @ shares),
        **_gradients(present, counts),
    }


def _gradients(present: NDArray[np.int64], counts: NDArray[np.int64]) -> dict[str, float]:
    histogram = np.zeros(int(present[-1]), np.float64)
    histogram[present - 1] = counts
    if len(histogram) < 2:
        return dict.fromkeys(("max_grad", "max_grad_g", "min_grad", "min_grad_g"), math.nan)
    gradient = np.gradient(histogram)
    return {
        "max_grad": float(gradient.max()),
        "max_grad_g": float(np.argmax(gradient)) + 1,
        "min_grad": float(gradient.min()),
        "min_grad_g": float(np.argmin(gradient)) + 1,
    }
