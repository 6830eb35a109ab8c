"""Whether groups are apart: a valley in the distribution of the values between any two of them.

A mixture divides a single skewed or long-tailed group as well, and the division is stable when subjects are
resampled, so that neither BIC nor stability tells it from two groups. Two components whose sum has one peak
are one group (Hennig C. Methods for merging Gaussian mixture components. Adv Data Anal Classif 2010;4:3-34).
"""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

#: Largest density in the valley between two groups that are apart, as a share of the lower of the two peaks.
APART = 0.95
_POINTS = 101


def valley(fitted: Any, values: Array) -> float:
    """Density between the two groups that are least apart, as a share of the lower of their peaks.

    Parameters
    ----------
    fitted
        scikit-learn's fitted `GaussianMixture` of two components or more.
    values
        The values that fitted it: one row per voxel, one column per channel.

    Returns
    -------
    float
        0 to 1; 1 if the two have one peak. It is the larger one of that of the mixture on the line between
        the two means, and of that of the values of both groups, projected on this line (a kernel estimate):
        two Gaussians that describe an even distribution have a valley, and its values don't.
    """
    labels = fitted.predict(values)
    return max(
        _valley_between(fitted, values[np.isin(labels, pair)], *fitted.means_[list(pair)])
        for pair in combinations(range(len(fitted.means_)), 2)
    )


def _valley_between(fitted: Any, values: Array, one: Array, other: Array) -> float:
    from scipy.stats import gaussian_kde

    share = np.linspace(0, 1, _POINTS)
    modelled = _depth(np.exp(fitted.score_samples(one + share[:, None] * (other - one))))
    places = (values - one) @ (other - one)
    if modelled >= APART or len(places) < 2 or not places.std() > 0:
        return modelled
    seen = gaussian_kde(places)(share * float(np.square(other - one).sum()))
    return max(modelled, _depth(seen))


def _depth(density: Array) -> float:
    """Lowest density between two peaks as a share of the lower one."""
    before, after = np.maximum.accumulate(density), np.maximum.accumulate(density[::-1])[::-1]
    return float((density / np.maximum(np.minimum(before, after), 1e-300)).min())
