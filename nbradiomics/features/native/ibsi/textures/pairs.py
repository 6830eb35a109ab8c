"""Grey level co-occurrence matrix (`cm`): how often two grey levels are neighbours along a direction."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from nbradiomics.execution.compiled import compiled
from nbradiomics.features.native.ibsi.textures.cells import Cells, Counter, gathered
from nbradiomics.features.native.ibsi.textures.cm_formulas import cm_formulas
from nbradiomics.features.native.ibsi.textures.directions import DIRECTIONS
from nbradiomics.features.native.levels.ranks import RankedRegion

#: Grey levels up to which pairs are counted in a square table (64 MB, of which half is touched). With more
#: levels they are sorted.
_TABLE = 4000


class Pairs:
    """Matrices of pairs of grey levels, which are counted in both orders.

    Parameters
    ----------
    region
        Region with a margin of at least `distance`.
    distance
        The directions are multiplied by it.
    """

    def __init__(self, region: RankedRegion, distance: int) -> None:
        self._region = region
        self._ranks = region.ranks.ravel()
        self._strides = region.strides(DIRECTIONS * distance)
        self._levels = np.concatenate(([0], region.present)).astype(np.int64)
        levels = len(region.present)
        items = len(DIRECTIONS) * len(region.positions)
        self._counter = Counter(levels, levels, items) if levels <= _TABLE else None

    def matrix(self, places: NDArray[np.uint64], direction: int) -> Cells:
        """Count the pairs of some voxels and their neighbours along one of `DIRECTIONS`."""
        stride = self._strides[direction]
        counter = self._counter
        if counter is not None:
            number = _count_pairs(self._ranks, places, stride, counter.width, counter.table, counter.changed)
            return counter.counted(number)
        first, second = self._ranks[places], self._ranks[places + stride]
        first, second = first[second != 0], second[second != 0]
        return gathered(np.maximum(first, second), np.minimum(first, second), np.ones(len(first), np.int64))

    def merged(self, matrices: Sequence[Cells]) -> Cells:
        """Add up matrices."""
        if self._counter is not None:
            return self._counter.merged(matrices)
        return gathered(*(np.concatenate(parts) for parts in zip(*matrices, strict=True)))

    def features(self, matrix: Cells, _: int) -> NDArray[np.float64]:
        """Compute the features of a matrix."""
        return cm_formulas(*matrix, self._levels)


@compiled
def _count_pairs(
    ranks: NDArray[np.int32],
    places: NDArray[np.uint64],
    stride: np.uint64,
    width: int,
    table: NDArray[np.int32],
    changed: NDArray[np.int64],
) -> int:
    """Count pairs by (higher, lower) rank, those without a partner in column 0; return the cells changed."""
    number = 0
    for place in places:
        first = ranks[place]
        second = ranks[place + stride]
        # Without a branch, which the processor could not predict.
        key = np.int64(max(first, second)) * width + np.int64(min(first, second))
        before = table[np.uint64(key)]
        table[np.uint64(key)] = before + np.int32(1)
        changed[number] = key
        number += before == 0
    return number
