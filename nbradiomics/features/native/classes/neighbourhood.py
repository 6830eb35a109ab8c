"""Neighbours of a voxel: how many there are, how many are similar, and how bright they are.

One pass over the neighbourhood gives the counts of the grey level dependence matrix (GLDM) and of the
neighbouring grey tone difference matrix (NGTDM).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbradiomics.execution.compiled import compiled
from nbradiomics.features.native.levels.ranks import RankedRegion


@dataclass(frozen=True)
class Neighbourhoods:
    """Neighbourhoods, counted by the grey level of the central voxel (rows, one per level present).

    Attributes
    ----------
    dependences
        Column k: voxels with k neighbours whose grey level differs by no more than alpha.
    differences
        Sum over the voxels of |level - mean level of the neighbours|; 0 for a voxel without neighbours.
    alone
        Voxels without neighbours.
    """

    dependences: NDArray[np.int64]
    differences: NDArray[np.float64]
    alone: NDArray[np.int64]


def neighbourhoods(
    region: RankedRegion, steps: NDArray[np.int64], alpha: int, slice_: int | None = None
) -> Neighbourhoods:
    """Count the neighbours of every voxel.

    Parameters
    ----------
    region
        Region with a margin at least as wide as the longest step.
    steps
        Offsets to the neighbours, both ways, shape (offsets, 3).
    alpha
        Largest difference of grey levels that counts as dependent.
    slice_
        Count the voxels of this slice (z, without the margin) only.
    """
    levels = region.levels
    if slice_ is not None:
        levels = levels[slice_ : slice_ + 1 + 2 * region.margin]
    # Twice as many small numbers are handled at once; sums of neighbours must fit.
    alpha = min(alpha, region.highest)
    if max(len(steps), 2) * region.highest <= np.iinfo(np.int16).max:
        levels = levels.astype(np.int16)
    dependences, numerators, alone = _count(
        levels, region.shifts(steps), alpha, region.rank_of, region.margin
    )
    # |level - sum / k| = |level k - sum| / k: the numerators are whole numbers, so that the order of the
    # voxels cannot change them.
    divisors = np.maximum(np.arange(numerators.shape[1]), 1)
    return Neighbourhoods(dependences, (numerators / divisors).sum(axis=1), alone)


@compiled
def _count(
    levels: NDArray[np.signedinteger[Any]],
    shifts: NDArray[np.int64],
    alpha: int,
    rank_of: NDArray[np.int32],
    margin: int,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Count dependences, sum |level k - sum of k neighbours' levels| by k, and count lone voxels.

    The first two results have the shape (levels, offsets + 1), the third (levels,).

    The loop handles one row of voxels and one offset at a time: the inner loop has no branches, so that the
    compiler can handle several voxels at once.
    """
    depth, height, width = levels.shape
    flat = levels.ravel()
    ranks = rank_of[-1]
    dependences = np.zeros((ranks, len(shifts) + 1), np.int64)
    numerators = np.zeros((ranks, len(shifts) + 1), np.int64)
    alone = np.zeros(ranks, np.int64)
    alike, lowest, highest, found, total = np.empty((5, width), levels.dtype)
    for z in range(margin, depth - margin):
        for y in range(margin, height - margin):
            start = (z * height + y) * width
            first, last = _extent(flat[start : start + width])
            if first == last:
                continue
            length = last - first
            centre = flat[start + first : start + last]
            for x in range(length):
                alike[x] = found[x] = total[x] = 0
                # Levels that are alike; never 0, which is outside the region.
                lowest[x] = max(centre[x] - alpha, 1)
                highest[x] = centre[x] + alpha
            for shift in shifts:
                beside = flat[start + first + shift : start + last + shift]
                for x in range(length):
                    found[x] += beside[x] != 0
                    total[x] += beside[x]
                    alike[x] += (beside[x] >= lowest[x]) & (beside[x] <= highest[x])
            for x in range(length):
                if centre[x] != 0:
                    row = rank_of[centre[x]] - 1
                    dependences[row, alike[x]] += 1
                    numerators[row, found[x]] += abs(np.int64(centre[x]) * found[x] - total[x])
                    alone[row] += found[x] == 0
    return dependences, numerators, alone


@compiled
def _extent(row: NDArray[np.signedinteger[Any]]) -> tuple[int, int]:
    """Return the first voxel of a row that is not 0, and the one after the last; equal if all are 0."""
    first, last = 0, len(row)
    while first < last and row[first] == 0:
        first += 1
    while last > first and row[last - 1] == 0:
        last -= 1
    return first, last
