"""Neighbours of a voxel: their offsets, and the lengths of the offsets.

An offset is (z, y, x) in voxels. Its distance is the infinity norm, the largest of the three steps; distance
1 gives the 26 neighbours of a voxel.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import cycle, islice, product
from math import prod

import numpy as np
from numpy.typing import NDArray

from nbradiomics.errors import InputError


def offsets(
    shape: Sequence[int],
    distances: Sequence[int] = (1,),
    *,
    both_ways: bool,
    plane: int | None = None,
) -> NDArray[np.int64]:
    """Return offsets between neighbours in a box, in PyRadiomics' order: largest step to smallest.

    Parameters
    ----------
    shape
        Voxels of the box, z, y, x. A step that would leave the box from every voxel is left out: in a box of
        one slice no neighbour lies above or below.
    distances
        Infinity norms of the offsets, at least 1. A distance that is given twice counts its neighbours twice.
    both_ways
        Return an offset and its opposite, or only the first of both.
    plane
        Axis (0, 1 or 2) across the slices, if neighbours must lie in the same slice. None for three
        dimensions.

    Returns
    -------
    array of shape (offsets, 3)

    Raises
    ------
    InputError
        When a distance is below 1, or no neighbour fits in the box.
    """
    if any(distance < 1 for distance in distances):
        raise InputError(
            f"The distances between neighbours are {list(distances)}; each must be at least 1.",
            "Correct `distances` in the parameter file.",
        )
    free = [1 if axis == plane else size for axis, size in enumerate(shape)]
    count = sum(_within(free, distance) - _within(free, distance - 1) for distance in distances)
    if count == 0:
        raise InputError(
            f"No voxel has a neighbour at distance {list(distances)}: the region's box has "
            f"{' x '.join(map(str, shape))} voxels (z, y, x).",
            "Check the mask in a viewer, and the settings `distances`, `force2D` and `force2Ddimension`.",
        )
    reach = [min(max(distances), size - 1) for size in free]
    steps = product(*(range(step, -step - 1, -1) for step in reach))
    allowed = [step for step in steps if max(map(abs, step)) in distances]
    # With repeated distances the list starts again, as in PyRadiomics, which gives them double weight.
    selected = islice(cycle(allowed), count if both_ways else count // 2)
    return np.array(list(selected), dtype=np.int64).reshape(-1, 3)


def _within(sizes: Sequence[int], distance: int) -> int:
    """Count the offsets in a box of `sizes` that are not longer than `distance`, zero included."""
    return prod(2 * min(distance, size - 1) + 1 for size in sizes)


def lengths(
    steps: NDArray[np.int64], spacing: Sequence[float], norm: str | None
) -> NDArray[np.float64] | None:
    """Compute the length of each offset in mm by a norm.

    Parameters
    ----------
    steps
        Offsets, shape (offsets, 3).
    spacing
        Voxel edges in mm, z, y, x.
    norm
        "manhattan", "euclidean" or "infinity".

    Returns
    -------
    Lengths in mm, shape (offsets,); None for every other norm, which gives no weights.
    """
    edges = np.abs(steps) * np.asarray(spacing, dtype=np.float64)
    if norm == "manhattan":
        return np.asarray(edges.sum(axis=1))
    if norm == "euclidean":
        return np.asarray(np.sqrt((edges**2).sum(axis=1)))
    if norm == "infinity":
        return np.asarray(edges.max(axis=1))
    return None
