"""A region prepared for counting: padded, with grey levels numbered without gaps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

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
    levels = np.pad(np.asarray(region.levels, dtype=np.int32), margin)
    present = np.asarray(region.present, dtype=np.float64)
    padded = RankedRegion(
        shape=region.levels.shape,
        margin=margin,
        levels=levels,
        ranks=levels,
        positions=np.flatnonzero(levels),
        present=present,
        spacing=region.spacing,
    )
    if len(present) == padded.highest:
        return padded
    ranks = padded.rank_of[levels]
    return RankedRegion(**{**padded.__dict__, "ranks": ranks})
