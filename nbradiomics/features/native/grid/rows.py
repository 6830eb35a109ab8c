"""Rows of a new grid's voxels in an old grid, with ITK's own arithmetic."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray


@dataclass(frozen=True)
class Rows:
    """Positions of a new grid's rows in the old grid: shape (rows, 3), x, y, z, in voxels.

    Attributes
    ----------
    starts
        Position of each row's first voxel.
    ends
        Position after each row's last voxel.
    """

    starts: NDArray[np.float64]
    ends: NDArray[np.float64]


def rows_of(image: sitk.Image, grid: sitk.Image) -> Rows:
    """Return the positions of the rows of a grid in an image."""
    width, height, depth = grid.GetSize()
    y, x_of_start = np.tile(np.arange(height, dtype=np.float64), depth), 0.0
    z = np.repeat(np.arange(depth, dtype=np.float64), height)
    starts, ends = (_places(image, grid, x, y, z) for x in (x_of_start, float(width)))
    return Rows(starts, ends)


def _places(
    image: sitk.Image, grid: sitk.Image, x: float, y: NDArray[np.float64], z: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the positions of a grid's voxels in an image, in voxels: shape (n, 3)."""
    outwards, _ = _matrices(grid.GetSpacing(), grid.GetDirection())
    _, inwards = _matrices(image.GetSpacing(), image.GetDirection())
    point = [
        start + row[0] * x + row[1] * y + row[2] * z
        for start, row in zip(grid.GetOrigin(), outwards, strict=True)
    ]
    off = [along - start for along, start in zip(point, image.GetOrigin(), strict=True)]
    return np.stack([row[0] * off[0] + row[1] * off[1] + row[2] * off[2] for row in inwards], axis=1)


@lru_cache(maxsize=16)
def _matrices(
    spacing: tuple[float, ...], direction: tuple[float, ...]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return ITK's own matrices from voxels to mm and back, rows by axis, read from ITK column by column."""
    bare = sitk.Image([1, 1, 1], sitk.sitkUInt8)
    bare.SetSpacing(spacing)
    bare.SetDirection(direction)
    units = np.eye(3)
    outwards = [bare.TransformContinuousIndexToPhysicalPoint(unit) for unit in units.tolist()]
    inwards = [bare.TransformPhysicalPointToContinuousIndex(unit) for unit in units.tolist()]
    return np.array(outwards).T, np.array(inwards).T
