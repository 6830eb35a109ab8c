"""Patient coordinates and the indices of a volume's voxels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import SimpleITK as sitk

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class IndexGrid:
    """The grid of a volume.

    Attributes
    ----------
    size
        Number of voxels along x, y, z (columns, rows, slices).
    spacing
        Distances of the voxels' centres along these axes in mm.
    origin
        Centre of the first voxel in mm, LPS.
    direction
        3 x 3, the direction of an axis in each column.
    """

    size: tuple[int, int, int]
    spacing: tuple[float, float, float]
    origin: Floats
    direction: Floats

    @property
    def voxel(self) -> float:
        """Volume of a voxel in ml."""
        return float(np.prod(self.spacing)) / 1000

    def index(self, points: Floats) -> Floats:
        """Continuous indices (x, y, z) of points in mm: whole numbers are centres of voxels.

        Parameters
        ----------
        points
            n x 3, LPS.
        """
        matrix = self.direction * np.asarray(self.spacing)
        return np.asarray(np.linalg.solve(matrix, (points - self.origin).T).T)


class Plane(Protocol):
    """A picture in space: centre of its first pixel, steps to the next column and the next row (mm, LPS)."""

    @property
    def origin(self) -> Floats: ...  # noqa: D102 - as the class says

    @property
    def across(self) -> Floats: ...  # noqa: D102

    @property
    def down(self) -> Floats: ...  # noqa: D102


class Voxels(NamedTuple):
    """Indices (x, y, z) of the first pixel of a plane, and their changes with one column and with one row."""

    origin: Ints
    across: Ints
    down: Ints


def voxels_of(plane: Plane, grid: IndexGrid, shape: tuple[int, int], tolerance: float) -> Voxels | None:
    """Find the voxels of a grid, continued beyond its edges, that are the pixels of a plane.

    Parameters
    ----------
    plane, grid
        The plane and the grid.
    shape
        Rows and columns of the plane.
    tolerance
        Largest distance of a pixel's centre from that of its voxel, in voxels along each axis.

    Returns
    -------
    Voxels or None
        ``None`` if the pixels are not voxels of the grid.
    """
    corners = np.stack([plane.origin, plane.origin + plane.across, plane.origin + plane.down])
    index = grid.index(corners)
    steps = index[1:] - index[0]
    whole = np.rint(steps)
    origin = np.rint(index[0])
    drift = np.abs(steps - whole).T @ (np.array([shape[1], shape[0]]) - 1)
    one_axis_each = (np.abs(whole).sum(axis=1) == 1).all() and not (whole[0] * whole[1]).any()
    if not one_axis_each or (np.abs(index[0] - origin) + drift > tolerance).any():
        return None
    return Voxels(origin.astype(np.int64), *whole.astype(np.int64))


def grid_of(image: sitk.Image) -> IndexGrid:
    """The grid of an image with three axes."""
    size, spacing = image.GetSize(), image.GetSpacing()
    return IndexGrid(
        (size[0], size[1], size[2]),
        (spacing[0], spacing[1], spacing[2]),
        np.asarray(image.GetOrigin()),
        np.asarray(image.GetDirection()).reshape(3, 3),
    )
