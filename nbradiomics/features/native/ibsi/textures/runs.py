"""Grey level run length matrix (`rlm`): the lengths of runs of one grey level along a direction.

Every voxel belongs to a run of each direction, also where no line along it has two voxels of the region: the
run is then as long as one voxel.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from nbradiomics.execution.compiled import compiled
from nbradiomics.features.native.ibsi.textures.cells import Cells, Counter
from nbradiomics.features.native.ibsi.textures.directions import DIRECTIONS
from nbradiomics.features.native.ibsi.textures.size_formulas import size_formulas
from nbradiomics.features.native.levels.ranks import RankedRegion


class Runs:
    """Matrices of runs.

    Parameters
    ----------
    region
        The region, ranked.
    """

    def __init__(self, region: RankedRegion) -> None:
        self._ranks = region.ranks.ravel()
        self._strides = region.strides(DIRECTIONS)
        self._levels = np.concatenate(([0.0], region.present))
        self._lengths = np.arange(max(region.shape) + 1, dtype=np.float64)
        self._so_far = np.zeros(self._ranks.size, np.int32)
        items = len(DIRECTIONS) * len(region.positions)
        self._counter = Counter(len(region.present), max(region.shape), items)

    def matrix(self, places: NDArray[np.uint64], direction: int) -> Cells:
        """Count the runs among some voxels along one of `DIRECTIONS`.

        `places` are ascending and hold all voxels of each line along the direction, or none.
        """
        counter = self._counter
        number = _count_runs(
            self._ranks,
            places,
            self._strides[direction],
            self._so_far,
            counter.width,
            counter.table,
            counter.changed,
        )
        return counter.counted(number)

    def merged(self, matrices: Sequence[Cells]) -> Cells:
        """Add up matrices."""
        return self._counter.merged(matrices)

    def features(self, matrix: Cells, voxels: int) -> NDArray[np.float64]:
        """Compute the features of a matrix; of merged matrices the numbers of voxels are added up, too."""
        return size_formulas(*matrix, self._levels, self._lengths, voxels)[:-1]


@compiled
def _count_runs(
    ranks: NDArray[np.int32],
    places: NDArray[np.uint64],
    stride: np.uint64,
    so_far: NDArray[np.int32],
    width: int,
    table: NDArray[np.int32],
    changed: NDArray[np.int64],
) -> int:
    """Count the last voxels of runs by rank and length, the others in column 0; return the cells changed.

    Parameters
    ----------
    ranks, places, stride
        Ranks, indices and stride of the padded region; `stride` leads to a later voxel.
    so_far
        Output: length of the run up to each voxel. 0 outside the region.
    width, table, changed
        See `Counter`.
    """
    number = 0
    for place in places:
        rank = ranks[place]
        before = place - stride
        # Without a branch, which the processor could not predict.
        length = so_far[before] * np.int32(ranks[before] == rank) + np.int32(1)
        so_far[place] = length
        ended = np.int64(ranks[place + stride] != rank)
        key = np.int64(rank) * width + ended * np.int64(length)
        earlier = table[np.uint64(key)]
        table[np.uint64(key)] = earlier + np.int32(1)
        changed[number] = key
        number += earlier == 0
    return number
