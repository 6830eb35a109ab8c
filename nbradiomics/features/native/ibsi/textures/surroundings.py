"""Tone difference and dependence matrix (`ngt`, `ngl`): a voxel and its neighbours.

`ngt` sums for each grey level how much its voxels differ from the mean of their neighbours; voxels without a
neighbour are not counted. `ngl` counts voxels by grey level and by how many voxels around them, themselves
included, have a similar level.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from nbradiomics.features.native.classes.neighbourhood import Neighbourhoods, neighbourhoods
from nbradiomics.features.native.ibsi.textures.cells import Cells
from nbradiomics.features.native.ibsi.textures.directions import neighbourhood
from nbradiomics.features.native.ibsi.textures.ngt_formulas import ngt_formulas
from nbradiomics.features.native.ibsi.textures.size_formulas import size_formulas
from nbradiomics.features.native.levels.ranks import RankedRegion


def surroundings(region: RankedRegion, distance: int, alpha: int) -> Neighbourhoods:
    """Count the neighbourhoods of a region in three dimensions.

    Parameters
    ----------
    region
        Region with a margin of at least `distance`.
    distance
        Chebyshev distance up to which voxels are neighbours.
    alpha
        Largest difference of similar grey levels.
    """
    return neighbourhoods(region, neighbourhood(distance, in_slice=False), alpha)


def surroundings_by_slice(region: RankedRegion, distance: int, alpha: int) -> list[Neighbourhoods]:
    """Count the neighbourhoods of each slice that has voxels, with neighbours in the slice only."""
    steps = neighbourhood(distance, in_slice=True)
    margin = region.margin
    inner = region.levels[margin : margin + region.shape[0]]
    return [neighbourhoods(region, steps, alpha, z) for z, slice_ in enumerate(inner) if slice_.any()]


def merged(counted: Sequence[Neighbourhoods]) -> Neighbourhoods:
    """Add up the counts of slices."""
    return Neighbourhoods(
        np.sum([one.dependences for one in counted], axis=0),
        np.sum([one.differences for one in counted], axis=0),
        np.sum([one.alone for one in counted], axis=0),
    )


def ngt_features(region: RankedRegion, counted: Neighbourhoods) -> NDArray[np.float64]:
    """Compute the features of the tone difference matrix; NaN if no voxel has a neighbour."""
    n = counted.dependences.sum(axis=1) - counted.alone
    some = n > 0
    return ngt_formulas(n[some], counted.differences[some], region.present[some].astype(np.int64))


def ngl_features(region: RankedRegion, counted: Neighbourhoods) -> NDArray[np.float64]:
    """Compute the features of the dependence matrix."""
    rows, columns = np.nonzero(counted.dependences)
    counts = counted.dependences[rows, columns]
    levels = np.concatenate(([0.0], region.present))
    sizes = np.arange(counted.dependences.shape[1] + 1, dtype=np.float64)
    matrix = Cells((rows + 1).astype(np.int32), (columns + 1).astype(np.int32), counts)
    return size_formulas(*matrix, levels, sizes, int(counts.sum()))
