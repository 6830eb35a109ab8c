"""Grey level size zone matrix: the sizes of connected zones of one grey level.

A zone is a set of connected voxels of one grey level; the matrix counts the zones by grey level and number of
voxels (Thibault et al., Pattern Recognition and Image Analysis 2009; IEEE Trans Biomed Eng 2014). Voxels
connect through faces, edges and corners: 26 neighbours, or 8 within slices.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nbradiomics.execution.compiled import compiled
from nbradiomics.features.native.classes.length_formulas import FORMULAS, length_formulas
from nbradiomics.features.native.classes.neighbours import offsets
from nbradiomics.features.native.levels.ranks import RankedRegion

#: PyRadiomics' name of each feature, and its formula.
FEATURES = {
    "GrayLevelNonUniformity": "level_nonuniform",
    "GrayLevelNonUniformityNormalized": "level_nonuniform_normalised",
    "GrayLevelVariance": "level_variance",
    "HighGrayLevelZoneEmphasis": "high",
    "LargeAreaEmphasis": "long",
    "LargeAreaHighGrayLevelEmphasis": "long_high",
    "LargeAreaLowGrayLevelEmphasis": "long_low",
    "LowGrayLevelZoneEmphasis": "low",
    "SizeZoneNonUniformity": "length_nonuniform",
    "SizeZoneNonUniformityNormalized": "length_nonuniform_normalised",
    "SmallAreaEmphasis": "short",
    "SmallAreaHighGrayLevelEmphasis": "short_high",
    "SmallAreaLowGrayLevelEmphasis": "short_low",
    "ZoneEntropy": "entropy",
    "ZonePercentage": "percentage",
    "ZoneVariance": "length_variance",
}


class Zones(NamedTuple):
    """Zones in the order of their first voxels.

    Attributes
    ----------
    ranks, sizes
        Rank and number of voxels of each zone.
    members
        Indices of the voxels in the flattened padded region, zone after zone; the first voxel of each first.
    """

    ranks: NDArray[np.int32]
    sizes: NDArray[np.int32]
    members: NDArray[np.uint64]


def glszm_features(region: RankedRegion, *, plane: int | None = None) -> dict[str, float]:
    """Compute the features of the size zone matrix.

    Parameters
    ----------
    region
        The region, ranked.
    plane
        Axis along which voxels do not connect; None for three dimensions.
    """
    steps = offsets(region.shape, both_ways=True, plane=plane)
    ranks, sizes = _zones(region.ranks.ravel().copy(), region.places, region.strides(steps), None)
    counts, areas = _matrix(ranks, sizes, len(region.present))
    values = length_formulas(counts, region.present, areas)
    by_formula = dict(zip(FORMULAS, values.tolist(), strict=True))
    return {name: by_formula[formula] for name, formula in FEATURES.items()}


def zones(region: RankedRegion, steps: NDArray[np.int64]) -> Zones:
    """Find the zones of a region, with their voxels.

    Parameters
    ----------
    region
        The region, ranked.
    steps
        Offsets to the neighbours that a voxel connects to, both ways, shape (offsets, 3).
    """
    members = np.empty(len(region.places), np.uint64)
    ranks, sizes = _zones(region.ranks.ravel().copy(), region.places, region.strides(steps), members)
    return Zones(ranks, sizes, members)


def _matrix(
    ranks: NDArray[np.int32], sizes: NDArray[np.int32], levels: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Count zones by level and size, shape (levels, sizes that occur), and return these sizes too."""
    occurring = np.flatnonzero(np.bincount(sizes))
    column_of = np.zeros(occurring[-1] + 1, np.int64)
    column_of[occurring] = np.arange(len(occurring))
    cells = (ranks.astype(np.int64) - 1) * len(occurring) + column_of[sizes]
    counts = np.bincount(cells, minlength=levels * len(occurring)).astype(np.float64)
    return counts.reshape(levels, len(occurring)), occurring.astype(np.float64)


@compiled
def _zones(
    ranks: NDArray[np.int32],
    places: NDArray[np.uint64],
    strides: NDArray[np.uint64],
    members: NDArray[np.uint64] | None,
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return rank and size of each zone. `ranks` is overwritten: voxels of a zone are set to 0.

    `members` is overwritten with the places of the zones, one after the other. Without it Numba compiles a
    kernel of its own, in which its lines do not exist.
    """
    waiting = np.empty(len(places), np.uint64)
    rank_of_zone = np.empty(len(places), np.int32)
    size_of_zone = np.empty(len(places), np.int32)
    zones = 0
    listed = 0
    for seed in places:
        rank = ranks[seed]
        if rank == 0:
            continue
        ranks[seed] = 0
        waiting[0] = seed
        left = 1
        size = 0
        while left > 0:
            left -= 1
            place = waiting[left]
            size += 1
            if members is not None:
                members[listed] = place
                listed += 1
            for stride in strides:
                beside = place + stride
                if ranks[beside] == rank:
                    ranks[beside] = 0
                    waiting[left] = beside
                    left += 1
        rank_of_zone[zones] = rank
        size_of_zone[zones] = size
        zones += 1
    return rank_of_zone[:zones].copy(), size_of_zone[:zones].copy()
