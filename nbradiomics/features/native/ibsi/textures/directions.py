"""Directions between neighbours, and the voxels of each slice.

The 13 directions of a voxel with its 26 neighbours, one of each pair of opposites; the four within slices
(axis z across them) come first.
"""

from __future__ import annotations

from itertools import product

import numpy as np
from numpy.typing import NDArray

from nbradiomics.features.native.levels.ranks import RankedRegion

#: Unit directions (z, y, x), shape (13, 3): each leads to a later voxel of the flattened array.
DIRECTIONS = np.array(
    sorted((step for step in product((-1, 0, 1), repeat=3) if step > (0, 0, 0)), key=lambda step: step[0]),
    dtype=np.int64,
)
#: How many of them lie within slices.
IN_SLICE = 4


def neighbourhood(distance: int, *, in_slice: bool) -> NDArray[np.int64]:
    """Return the offsets (z, y, x) to all neighbours within a Chebyshev distance, shape (neighbours, 3)."""
    steps = range(-distance, distance + 1)
    offsets = product((0,) if in_slice else steps, steps, steps)
    return np.array([offset for offset in offsets if any(offset)], dtype=np.int64)


def voxels_of_slices(region: RankedRegion) -> list[NDArray[np.uint64]]:
    """Return the places of the voxels of each slice that has some, lowest slice first."""
    return [part for part in np.split(region.places, slice_bounds(region, region.positions)) if len(part)]


def slice_bounds(region: RankedRegion, places: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return where each slice of the padded region but the first starts in an ascending list of places."""
    depth, height, width = region.ranks.shape
    bounds: NDArray[np.int64] = np.searchsorted(places, np.arange(1, depth) * height * width)
    return bounds
