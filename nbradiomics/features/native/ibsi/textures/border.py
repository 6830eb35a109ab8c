"""Distance of each voxel to the border of a region."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nbradiomics.execution.compiled import compiled


def border_distances(inside: NDArray[np.bool_], *, in_slice: bool) -> NDArray[np.int32]:
    """Count the steps from each voxel to the nearest one outside the region (city-block distance).

    Parameters
    ----------
    inside
        The region with a margin of at least one voxel that is not in it, axes z, y, x.
    in_slice
        Steps lead to the 4 neighbours in the slice, not to all 6.

    Returns
    -------
    array of the same shape: 0 outside, 1 beside the border
    """
    distances = np.where(inside, np.int32(sum(inside.shape)), np.int32(0))
    flat = distances.ravel()
    _, height, width = inside.shape
    first, last = height * width, flat.size - height * width
    # No voxel of the region lies in the first or last slice, so that each has every neighbour.
    _approach(flat, first, last, 1, width, 0 if in_slice else height * width)
    _approach(flat, last - 1, first - 1, -1, width, 0 if in_slice else height * width)
    return distances


@compiled
def _approach(distances: NDArray[np.int32], first: int, end: int, step: int, row: int, plane: int) -> None:
    """Lower each distance to one more than that of the neighbours that come before it, in steps of `step`.

    One pass in either order is exact for city-block distances (Rosenfeld and Pfaltz, J ACM 1966).
    """
    for place in range(first, end, step):
        distance = distances[place]
        if distance == 0:
            continue
        distance = min(distance, distances[place - step] + np.int32(1))
        distance = min(distance, distances[place - step * row] + np.int32(1))
        if plane > 0:
            distance = min(distance, distances[place - step * plane] + np.int32(1))
        distances[place] = distance
