"""Size zone and distance zone matrix (`szm`, `dzm`): connected zones of one grey level.

Zones connect through faces, edges and corners: 26 neighbours, or 8 within slices (Thibault et al., IEEE Trans
Biomed Eng 2014). The size of a zone is its number of voxels; its distance that of its nearest voxel to the
border of the morphological mask, in steps through faces (6 neighbours, or 4), 1 beside the border.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from nbradiomics.execution.compiled import compiled
from nbradiomics.features.native.classes.along import Zones, zones_of
from nbradiomics.features.native.ibsi.textures.cells import Cells, Counter
from nbradiomics.features.native.ibsi.textures.directions import DIRECTIONS, IN_SLICE, slice_bounds
from nbradiomics.features.native.ibsi.textures.forms import mean
from nbradiomics.features.native.ibsi.textures.size_formulas import size_formulas
from nbradiomics.features.native.levels.ranks import RankedRegion


class FoundZones:
    """The zones of a region, within slices or in three dimensions.

    Parameters
    ----------
    region
        The region, ranked.
    in_slice
        Voxels of two slices do not connect.
    """

    def __init__(self, region: RankedRegion, *, in_slice: bool) -> None:
        self._region = region
        self._zones: Zones = zones_of(region, DIRECTIONS[:IN_SLICE] if in_slice else DIRECTIONS)
        self._levels = np.concatenate(([0.0], region.present))

    @property
    def sizes(self) -> NDArray[np.int32]:
        """Number of voxels of each zone."""
        return self._zones.sizes

    def nearest(self, distances: NDArray[np.int32]) -> NDArray[np.int32]:
        """Return the smallest distance of each zone; `distances` are those of the padded region."""
        of_voxels = distances.ravel()[self._region.positions]
        return _nearest(of_voxels, self._zones.of_voxels, len(self._zones.sizes))

    def features(self, sizes: NDArray[np.int32]) -> NDArray[np.float64]:
        """Compute the features of one matrix; `sizes` are the size or the distance of each zone."""
        voxels = len(self._region.positions)
        return self._features([(slice(None), voxels)], sizes)[0]

    def features_by_slice(self, sizes: NDArray[np.int32]) -> NDArray[np.float64]:
        """Compute the features of a matrix for each slice, and average them."""
        _, first_voxels = np.unique(self._zones.of_voxels, return_index=True)
        first = self._region.positions[first_voxels]
        bounds = [0, *slice_bounds(self._region, first), len(first)]
        voxels = np.diff(
            [0, *slice_bounds(self._region, self._region.positions), len(self._region.positions)]
        )
        parts = [
            (slice(start, end), int(number))
            for start, end, number in zip(bounds[:-1], bounds[1:], voxels, strict=True)
            if number > 0
        ]
        return mean(self._features(parts, sizes))

    def _features(
        self, parts: Collection[tuple[slice, int]], sizes: NDArray[np.int32]
    ) -> list[NDArray[np.float64]]:
        """Compute the features of some zones, with the number of voxels of each part."""
        occurring = np.flatnonzero(np.bincount(sizes))
        column_of = np.zeros(occurring[-1] + 1, np.int32)
        column_of[occurring] = np.arange(1, len(occurring) + 1)
        columns = column_of[sizes]
        counter = Counter(len(self._region.present), len(occurring), len(sizes))
        lengths = np.concatenate(([0.0], occurring))
        found: list[NDArray[np.float64]] = []
        for part, voxels in parts:
            matrix: Cells = counter.items(self._zones.ranks[part], columns[part])
            found.append(size_formulas(*matrix, self._levels, lengths, voxels)[:-1])
        return found


@compiled
def _nearest(distances: NDArray[np.int32], zones: NDArray[np.int32], number: int) -> NDArray[np.int32]:
    nearest = np.full(number, np.iinfo(np.int32).max, np.int32)
    for voxel in range(len(zones)):
        zone = zones[voxel]
        nearest[zone] = min(nearest[zone], distances[voxel])
    return nearest
