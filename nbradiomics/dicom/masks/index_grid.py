"""Patient coordinates and the indices of a volume's voxels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import SimpleITK as sitk

Floats = npt.NDArray[np.float64]


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


def grid_of(image: sitk.Image) -> IndexGrid:
    """The grid of an image with three axes."""
    size, spacing = image.GetSize(), image.GetSpacing()
    return IndexGrid(
        (size[0], size[1], size[2]),
        (spacing[0], spacing[1], spacing[2]),
        np.asarray(image.GetOrigin()),
        np.asarray(image.GetDirection()).reshape(3, 3),
    )
