"""A region prepared for counting: padded, with grey levels numbered without gaps."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from nbradiomics.execution.compiled import compiled
from nbradiomics.features.native.levels.grey_levels import DiscreteRegion


@dataclass(frozen=True)
class RankedRegion:
    """A region with a margin of zeros, so that every neighbour lies within the array.

    Matrices have one row for each grey level that occurs, so the kernels count ranks: 1 for the lowest level
    that occurs, 2 for the next one, 0 outside the region.

    Attributes
    ----------
    shape
        Voxels of the box without margin, z, y, x.
    margin
        Width of the margin in voxels on every side.
    levels
        Padded grey levels, axes z, y, x, 0 outside.
    ranks
        Padded ranks, the same layout.
    positions
        Indices of the region's voxels in the flattened padded arrays, ascending.
    present
        Grey level of each rank, from rank 1: shape (n,).
    spacing
        Voxel edges in mm, z, y, x.
    """

    shape: tuple[int, int, int]
    margin: int
    levels: NDArray[np.int32]
    ranks: NDArray[np.int32]
    positions: NDArray[np.int64]
    present: NDArray[np.float64]
    spacing: tuple[float, float, float]

    @property
    def places(self) -> NDArray[np.uint64]:
        """`positions` for kernels: with signed indices Numba would test at each access for negative ones."""
        return self.positions.view(np.uint64)

    @property
    def highest(self) -> int:
        """Highest grey level, PyRadiomics' Ng."""
        return int(self.present[-1])

    @property
    def rank_of(self) -> NDArray[np.int32]:
        """Rank of each grey level, 0 for those that do not occur: shape (highest + 1,)."""
        table = np.zeros(self.highest + 1, np.int32)
        table[self.present.astype(np.int64)] = np.arange(1, len(self.present) + 1)
        return table

    def strides(self, steps: NDArray[np.int64]) -> NDArray[np.uint64]:
        """Return `shifts` as unsigned numbers to add to `places`; a negative shift wraps around."""
        return self.shifts(steps).view(np.uint64)

    def shifts(self, steps: NDArray[np.int64]) -> NDArray[np.int64]:
        """Convert offsets (z, y, x) to distances in the flattened padded arrays."""
        _, height, width = self.ranks.shape
        return np.ascontiguousarray((steps[:, 0] * height + steps[:, 1]) * width + steps[:, 2])


def ranked(region: DiscreteRegion, margin: int) -> RankedRegion:
    """Pad a region and number its grey levels.

    Parameters
    ----------
    region
        Levels of the region, cropped to its box.
    margin
        Longest step to a neighbour, in voxels, at least 1.
    """
    present = np.asarray(region.present, dtype=np.float64)
    highest = int(present[-1])
    inner = np.asarray(region.levels, dtype=np.int32)
    # NumPy asks for large pages of memory, which take half the time of those that Numba gets.
    levels = np.zeros([size + 2 * margin for size in inner.shape], np.int32)
    positions = np.empty(np.count_nonzero(inner) + 1, np.int64)
    _pad(inner, margin, levels, positions)
    padded = RankedRegion(
        shape=region.levels.shape,
        margin=margin,
        levels=levels,
        ranks=levels,
        positions=positions[:-1],
        present=present,
        spacing=region.spacing,
    )
    if len(present) == highest:
        return padded
    ranks = np.zeros_like(levels)
    _rank(levels.ravel(), padded.places, padded.rank_of, ranks.ravel())
    return replace(padded, ranks=ranks)


@compiled
def _pad(
    levels: NDArray[np.int32], margin: int, padded: NDArray[np.int32], positions: NDArray[np.int64]
) -> None:
    """Write the levels inside a margin of 0, and the indices of those that are not 0.

    `positions` has room for one index more.
    """
    depth, height, width = levels.shape
    flat = padded.ravel()
    number = np.uint64(0)
    for z in range(depth):
        for y in range(height):
            start = ((z + margin) * padded.shape[1] + y + margin) * padded.shape[2] + margin
            for x in range(width):
                level = levels[z, y, x]
                flat[start + x] = level
                # Without a branch, which the processor could not predict.
                positions[number] = start + x
                number += np.uint64(level != 0)


@compiled
def _rank(
    levels: NDArray[np.int32],
    places: NDArray[np.uint64],
    rank_of: NDArray[np.int32],
    ranks: NDArray[np.int32],
) -> None:
    for place in places:
        ranks[place] = rank_of[np.uint64(levels[place])]
