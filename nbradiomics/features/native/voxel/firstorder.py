"""Maps of the first-order features: the distribution of the intensities in the box around each voxel.

The definitions are those of `firstorder`. Sums run over the box in PyRadiomics' order, with 0 outside, and
with NumPy's pairwise summation: if all intensities are equal, skewness and kurtosis consist only of rounding
errors, which are then the same.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from nbradiomics.execution.compiled import compiled
from nbradiomics.execution.pieces import in_order
from nbradiomics.features.native.classes.firstorder import DEPRECATED
from nbradiomics.features.native.classes.neighbours import offsets
from nbradiomics.features.native.voxel.kernel import chunks, flat, in_margin

#: PyRadiomics' names of the values that `_first_order_map` returns, in its order.
_COMPUTED = (
    "10Percentile",
    "90Percentile",
    "Energy",
    "Entropy",
    "InterquartileRange",
    "Kurtosis",
    "Maximum",
    "MeanAbsoluteDeviation",
    "Mean",
    "Median",
    "Minimum",
    "Range",
    "RobustMeanAbsoluteDeviation",
    "RootMeanSquared",
    "Skewness",
    "TotalEnergy",
    "Uniformity",
    "Variance",
    "StandardDeviation",
)
#: Index of each value; Numba treats these numbers as constants.
PERCENTILE_10 = _COMPUTED.index("10Percentile")
PERCENTILE_90 = _COMPUTED.index("90Percentile")
ENERGY = _COMPUTED.index("Energy")
ENTROPY = _COMPUTED.index("Entropy")
INTERQUARTILE_RANGE = _COMPUTED.index("InterquartileRange")
KURTOSIS = _COMPUTED.index("Kurtosis")
MAXIMUM = _COMPUTED.index("Maximum")
MEAN_ABSOLUTE_DEVIATION = _COMPUTED.index("MeanAbsoluteDeviation")
MEAN = _COMPUTED.index("Mean")
MEDIAN = _COMPUTED.index("Median")
MINIMUM = _COMPUTED.index("Minimum")
RANGE = _COMPUTED.index("Range")
ROBUST_MEAN_ABSOLUTE_DEVIATION = _COMPUTED.index("RobustMeanAbsoluteDeviation")
ROOT_MEAN_SQUARED = _COMPUTED.index("RootMeanSquared")
SKEWNESS = _COMPUTED.index("Skewness")
TOTAL_ENERGY = _COMPUTED.index("TotalEnergy")
UNIFORMITY = _COMPUTED.index("Uniformity")
VARIANCE = _COMPUTED.index("Variance")
STANDARD_DEVIATION = _COMPUTED.index("StandardDeviation")
_VALUES = len(_COMPUTED)
#: Every feature; true for deprecated ones.
FIRST_ORDER: Mapping[str, bool] = {name: name in DEPRECATED for name in _COMPUTED}
_EPSILON = float(np.spacing(1.0))
#: Length up to which NumPy adds with eight running sums; longer arrays are halved.
_BLOCK = 128


def first_order_maps(
    intensities: NDArray[np.float64],
    levels: NDArray[np.int32],
    places: NDArray[np.int64],
    wanted: Collection[str] | None = None,
    *,
    radius: int = 1,
    plane: int | None = None,
    reach: tuple[int, int, int],
    shift: float = 0.0,
    voxel_volume: float = 1.0,
) -> Iterator[dict[str, NDArray[np.float64]]]:
    """Compute the first-order features of the boxes around voxels.

    Parameters
    ----------
    intensities, levels
        Intensities and grey levels of the crop, axes z, y, x; level 0 for voxels that are not counted.
    places
        The region's voxels, as flat indices of the crop, ascending.
    wanted
        Features; None or no feature for all that are not deprecated.
    radius
        Voxels from the centre of the box to its faces.
    plane
        Axis along which the box is one voxel thick.
    reach
        Voxels of the region's own box (with `maskedKernel`; otherwise of the crop), z, y, x.
    shift
        PyRadiomics' `voxelArrayShift`.
    voxel_volume
        Volume of a voxel in mm^3.

    Yields
    ------
    Feature, then its value for each voxel, for `kernel.CHUNK` voxels at a time
    """
    chosen = list(dict.fromkeys(wanted or [name for name, old in FIRST_ORDER.items() if not old]))
    size = [min(edge, 2 * radius + 1) for edge in reach]
    around = offsets(size, range(1, radius + 1), both_ways=True, plane=plane)
    grey = np.pad(levels.astype(np.int32, copy=False), radius)
    values = np.pad(intensities, radius)
    values[grey == 0] = 0.0
    steps = flat(np.vstack([around, np.zeros((1, 3), np.int64)]), grey.shape)
    highest = int(grey.max())

    def measured(part: slice) -> dict[str, NDArray[np.float64]]:
        centres = in_margin(places[part], levels.shape, (radius,) * 3)
        computed = _first_order_map(
            values.ravel(), grey.ravel(), centres, steps, float(shift), voxel_volume, highest
        )
        return {name: computed[:, _COMPUTED.index(name)] for name in chosen}

    yield from in_order(measured, list(chunks(len(places))))


@compiled
def _first_order_map(
    intensities: NDArray[np.float64],
    levels: NDArray[np.int32],
    places: NDArray[np.int64],
    steps: NDArray[np.int64],
    shift: float,
    voxel_volume: float,
    highest: int,
) -> NDArray[np.float64]:
    """Compute the features of the boxes around all centres, in the order of `_COMPUTED`."""
    values = np.empty((len(places), _VALUES))
    counts = np.zeros(highest + 1)
    inside = np.empty(len(steps), np.bool_)
    box = np.empty(len(steps))
    ranked = np.empty(len(steps))
    terms = np.empty(len(steps))
    for centre in range(len(places)):
        voxels = 0
        for voxel in range(len(steps)):
            place = places[centre] + steps[voxel]
            inside[voxel] = levels[place] > 0
            box[voxel] = intensities[place]
            if inside[voxel]:
                counts[levels[place]] += 1.0
                _insert(ranked, voxels, box[voxel])
                voxels += 1
        row = values[centre]
        _ordered(ranked[:voxels], box, inside, terms, row)
        _moments(box, inside, terms, voxels, row)
        for voxel in range(len(steps)):
            terms[voxel] = (box[voxel] + shift) ** 2 if inside[voxel] else 0.0
        energy = _sum(terms)
        row[ENERGY] = energy
        row[ROOT_MEAN_SQUARED] = np.sqrt(energy / voxels)
        row[TOTAL_ENERGY] = energy * voxel_volume
        row[ENTROPY] = row[UNIFORMITY] = 0.0
        for voxel in range(len(steps)):
            level = levels[places[centre] + steps[voxel]]
            if level > 0 and counts[level] > 0.0:
                p = counts[level] / voxels
                row[ENTROPY] -= p * np.log2(p + _EPSILON)
                row[UNIFORMITY] += p * p
                counts[level] = 0.0
    return values


@compiled
def _insert(ranked: NDArray[np.float64], length: int, value: float) -> None:
    """Insert a value into the first `length` values, which are ascending."""
    place = length
    while place > 0 and ranked[place - 1] > value:
        ranked[place] = ranked[place - 1]
        place -= 1
    ranked[place] = value


@compiled
def _percentile(ranked: NDArray[np.float64], percent: float) -> float:
    """Compute a percentile; see `firstorder.percentiles`."""
    place = (len(ranked) - 1) * (percent / 100.0)
    before = int(place)
    first, second = ranked[before], ranked[min(before + 1, len(ranked) - 1)]
    step = second - first
    fraction = place - before
    return float(first + step * fraction if fraction < 0.5 else second - step * (1.0 - fraction))


@compiled
def _ordered(
    ranked: NDArray[np.float64],
    box: NDArray[np.float64],
    inside: NDArray[np.bool_],
    terms: NDArray[np.float64],
    row: NDArray[np.float64],
) -> None:
    """Compute the features of the sorted intensities, into the row of values."""
    low, high = _percentile(ranked, 10.0), _percentile(ranked, 90.0)
    last = len(ranked) - 1
    row[PERCENTILE_10], row[PERCENTILE_90] = low, high
    row[INTERQUARTILE_RANGE] = _percentile(ranked, 75.0) - _percentile(ranked, 25.0)
    row[MAXIMUM], row[MINIMUM] = ranked[last], ranked[0]
    row[MEDIAN] = (ranked[last // 2] + ranked[(last + 1) // 2]) / 2.0
    row[RANGE] = ranked[last] - ranked[0]
    middle = 0.0
    for voxel in range(len(box)):
        kept = inside[voxel] and low <= box[voxel] <= high
        terms[voxel] = box[voxel] if kept else 0.0
        middle += kept
    if middle == 0.0:
        # With two voxels, none lies between the percentiles.
        row[ROBUST_MEAN_ABSOLUTE_DEVIATION] = np.nan
        return
    mean = _sum(terms) / middle
    for voxel in range(len(box)):
        kept = inside[voxel] and low <= box[voxel] <= high
        terms[voxel] = abs(box[voxel] - mean) if kept else 0.0
    row[ROBUST_MEAN_ABSOLUTE_DEVIATION] = _sum(terms) / middle


@compiled
def _moments(
    box: NDArray[np.float64],
    inside: NDArray[np.bool_],
    terms: NDArray[np.float64],
    voxels: int,
    row: NDArray[np.float64],
) -> None:
    """Compute the mean and the features of the central moments m_k, into the row of values."""
    # Voxels outside are 0, as in PyRadiomics' sums.
    mean = _sum(box) / voxels
    row[MEAN] = mean
    for voxel in range(len(box)):
        terms[voxel] = abs(box[voxel] - mean) if inside[voxel] else 0.0
    row[MEAN_ABSOLUTE_DEVIATION] = _sum(terms) / voxels
    m = np.empty(5)
    for k in range(2, 5):
        for voxel in range(len(box)):
            terms[voxel] = (box[voxel] - mean) ** k if inside[voxel] else 0.0
        m[k] = _sum(terms) / voxels
    scale = m[2] if m[2] != 0.0 else 1.0
    deviation = np.sqrt(m[2])
    row[STANDARD_DEVIATION] = deviation
    row[VARIANCE] = deviation**2
    row[SKEWNESS] = m[3] / scale**1.5
    row[KURTOSIS] = m[4] / scale**2


@compiled
def _sum(terms: NDArray[np.float64]) -> float:
    """Sum up in NumPy's order (pairwise summation: Higham, SIAM J Sci Comput 1993;14:783-799)."""
    length = len(terms)
    if length > _BLOCK:
        half = length // 2
        half -= half % 8
        return float(_sum(terms[:half]) + _sum(terms[half:]))
    total = 0.0
    if length < 8:
        for term in terms:
            total += term
        return total
    running = terms[:8].copy()
    whole = length - length % 8
    for start in range(8, whole, 8):
        for place in range(8):
            running[place] += terms[start + place]
    total = ((running[0] + running[1]) + (running[2] + running[3])) + (
        (running[4] + running[5]) + (running[6] + running[7])
    )
    for place in range(whole, length):
        total += terms[place]
    return float(total)
