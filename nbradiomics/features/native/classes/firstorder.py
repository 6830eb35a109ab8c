"""First-order features: the distribution of the intensities, independent of their positions.

Definitions as in the IBSI reference manual (Zwanenburg et al. 2016, arXiv:1612.07003, sections 3.3 and 3.4),
with PyRadiomics' differences: kurtosis is not excess kurtosis, percentiles are interpolated, entropy has a
small number added under the logarithm. Sums run over the voxels in the order z, y, x with NumPy's pairwise
summation, as in PyRadiomics: even the rounding errors of a region with a single intensity are the same.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nbradiomics.features.native.classes.order_statistics import between, order_statistics
from nbradiomics.features.native.classes.pairwise_sums import central_sums, deviation_sum, square_sum
from nbradiomics.features.native.classes.selection import select

Floats = NDArray[np.float64]
DEPRECATED = frozenset({"StandardDeviation"})
_EPSILON = np.finfo(float).eps


@dataclass(frozen=True)
class Intensities:
    """Intensities of a region.

    Attributes
    ----------
    values
        One value per voxel, in the order z, y, x.
    level_counts
        Number of voxels of each grey level that occurs.
    voxel_volume
        Volume of a voxel in mm^3.
    """

    values: Floats
    level_counts: NDArray[np.int64]
    voxel_volume: float


def first_order_features(
    region: Intensities,
    wanted: Collection[str] | None = None,
    *,
    shift: float = 0,
    excess: bool = False,
) -> dict[str, float]:
    """Compute the first-order features of a region.

    Parameters
    ----------
    region
        Intensities, all finite.
    wanted
        PyRadiomics' names; none means all features that are not deprecated.
    shift
        PyRadiomics' `voxelArrayShift`: added to the intensities in Energy, TotalEnergy and RootMeanSquared.
    excess
        Kurtosis is excess kurtosis, as defined by the IBSI: 3 is subtracted.

    Returns
    -------
    dict
        Value by PyRadiomics' name.
    """
    values = {
        **_order_features(region.values),
        **_moment_features(region.values, excess),
        **_energy_features(region, shift),
        **_histogram_features(region.level_counts),
    }
    return select(values, wanted, deprecated=DEPRECATED)


def _order_features(values: Floats) -> dict[str, float]:
    """Compute features of the sorted intensities: percentiles, range, and deviation between percentiles."""
    minimum, maximum = float(values.min()), float(values.max())
    percents = (10, 25, 50, 75, 90)
    low, quarter, median, three_quarters, high = percentiles(values, percents, (minimum, maximum))
    # Values between the two percentiles, both included, for their mean deviation from their mean.
    middle = between(values, low, high)
    deviation = deviation_sum(middle, middle.mean()) / middle.size if middle.size else np.nan
    return {
        "Minimum": minimum,
        "10Percentile": low,
        "Median": median,
        "90Percentile": high,
        "Maximum": maximum,
        "Range": maximum - minimum,
        "InterquartileRange": three_quarters - quarter,
        # With two voxels, none lies between the percentiles.
        "RobustMeanAbsoluteDeviation": deviation,
    }


def percentiles(values: Floats, percents: Sequence[float], ends: tuple[float, float]) -> list[float]:
    r"""Compute percentiles by interpolation: the value at place :math:`(n - 1) p / 100`, counted from 0.

    Hyndman and Fan's seventh definition (Am Stat 1996;50:361-365), interpolated from the nearer neighbour, as
    in NumPy, because the voxels between two percentiles may depend on the last bit. Half-way between two
    values, the 50th percentile is their mean, as in NumPy's median.

    Parameters
    ----------
    values
        Shape (n,), in any order.
    percents
        0 to 100.
    ends
        Lowest and highest value.
    """
    last = len(values) - 1
    places = [last * (percent / 100) for percent in percents]
    ranks = sorted({min(int(p) + i, last) for p in places for i in (0, 1)})
    ranked = order_statistics(values, ranks, ends)
    results = []
    for percent, place in zip(percents, places, strict=True):
        fraction = place - int(place)
        first, second = ranked[int(place)], ranked[min(int(place) + 1, last)]
        step = second - first
        if percent == 50 and fraction == 0.5:
            results.append((first + second) / 2)
        else:
            results.append(first + step * fraction if fraction < 0.5 else second - step * (1 - fraction))
    return results


def _moment_features(values: Floats, excess: bool) -> dict[str, float]:
    r"""Compute the mean and features of central moments :math:`m_k = \frac{1}{n} \sum (x_i - \bar x)^k`."""
    mean = values.mean()
    absolute, m2, m3, m4 = (np.float64(total) / len(values) for total in central_sums(values, mean))
    # A region with one intensity has no shape: 0, as in PyRadiomics and, for both moments, in the IBSI.
    normal = 3.0 if excess and m2 != 0 else 0.0
    scale = m2 if m2 != 0 else 1.0
    deviation = np.sqrt(m2)
    return {
        "Mean": mean,
        "MeanAbsoluteDeviation": absolute,
        "StandardDeviation": deviation,
        "Variance": deviation**2,
        "Skewness": m3 / scale**1.5,
        "Kurtosis": m4 / scale**2 - normal,
    }


def _energy_features(region: Intensities, shift: float) -> dict[str, float]:
    r"""Compute energy :math:`\sum (x_i + c)^2`, energy times the voxel's volume, and the root mean square."""
    energy = square_sum(region.values, shift)
    return {
        "Energy": energy,
        "TotalEnergy": energy * region.voxel_volume,
        "RootMeanSquared": np.sqrt(energy / len(region.values)),
    }


def _histogram_features(counts: NDArray[np.int64]) -> dict[str, float]:
    r"""Compute entropy :math:`-\sum p_g \log_2(p_g + \epsilon)` and uniformity :math:`\sum p_g^2`."""
    p = counts / counts.sum()
    return {
        "Entropy": -np.sum(p * np.log2(p + _EPSILON)),
        "Uniformity": np.sum(p**2),
    }
