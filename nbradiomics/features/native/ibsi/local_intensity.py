"""The family `loc`: the mean intensity in a ball of one cubic centimetre around a voxel.

Definitions as in the IBSI reference manual (Zwanenburg et al. 2016, arXiv:1612.07003, section 3.2).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nbradiomics.execution.compiled import compiled
from nbradiomics.features.parameters.families import RADIUS


def local_intensity_features(
    image: NDArray[np.float64], positions: NDArray[np.int64], spacing: tuple[float, float, float]
) -> dict[str, float]:
    """Compute the family `loc`.

    A voxel belongs to the ball if its centre does; voxels outside the region count, and beyond the image's
    border there are none.

    Parameters
    ----------
    image
        Intensities, axes z, y, x, with at least `RADIUS` around the region, or up to the image's border.
    positions
        Flat indices of the region's voxels.
    spacing
        Voxel edges in mm, z, y, x.

    Returns
    -------
    dict
        ``peak_loc``: the mean around the voxel with the highest intensity, the highest mean if there are
        several; ``peak_glob``: the highest mean around any voxel of the region.
    """
    rows, reaches = _rows_of_ball(spacing)
    # Sums along x make each row of the ball one difference.
    sums = np.zeros((*image.shape[:2], image.shape[2] + 1))
    np.cumsum(image, axis=2, out=sums[:, :, 1:])
    means = np.empty(len(positions))
    _mean_in_balls(sums, positions, rows, reaches, means)
    values = image.ravel()[positions]
    return {"peak_loc": float(means[values == values.max()].max()), "peak_glob": float(means.max())}


def _rows_of_ball(spacing: tuple[float, float, float]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the steps along z and y to the rows of the ball, shape (n, 2), and the voxels to either side."""
    sizes = [int(RADIUS / edge) for edge in spacing]
    z, y = (axis.ravel() for axis in np.mgrid[-sizes[0] : sizes[0] + 1, -sizes[1] : sizes[1] + 1])
    left = RADIUS**2 - (z * spacing[0]) ** 2 - (y * spacing[1]) ** 2
    inside = left >= 0
    reaches = np.floor(np.sqrt(left[inside]) / spacing[2])
    return np.stack([z, y], axis=1)[inside], reaches.astype(np.int64)


@compiled
def _mean_in_balls(
    sums: NDArray[np.float64],
    positions: NDArray[np.int64],
    rows: NDArray[np.int64],
    reaches: NDArray[np.int64],
    means: NDArray[np.float64],
) -> None:
    """Write the mean in the ball around each position; `sums` are sums along x up to a voxel."""
    depth, height, width = sums.shape[0], sums.shape[1], sums.shape[2] - 1
    for i in range(positions.size):
        z, rest = divmod(positions[i], height * width)
        y, x = divmod(rest, width)
        total, number = 0.0, 0
        for j in range(reaches.size):
            row, column = z + rows[j, 0], y + rows[j, 1]
            if row < 0 or row >= depth or column < 0 or column >= height:
                continue
            first, end = max(x - reaches[j], 0), min(x + reaches[j] + 1, width)
            total += sums[row, column, end] - sums[row, column, first]
            number += end - first
        means[i] = total / number
