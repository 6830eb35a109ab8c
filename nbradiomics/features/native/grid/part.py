"""A part of an image on the grid of the features."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from nbradiomics.features.native.grid.box import Box


@dataclass(frozen=True)
class Part:
    """Intensities in a box of an image.

    Attributes
    ----------
    values
        Axes z, y, x.
    box
        Where they lie in the image.
    spacing
        Voxel edges in mm, z, y, x.
    """

    values: NDArray[Any]
    box: Box
    spacing: tuple[float, float, float]

    @classmethod
    def of(cls, image: sitk.Image, box: Box | None = None) -> Part:
        """Make the part of an image, or all of it, without a copy: valid as long as the image exists."""
        box = box or Box.of(image.GetSize()[::-1])
        x, y, z = image.GetSpacing()
        return cls(sitk.GetArrayViewFromImage(image)[box.slices], box, (z, y, x))

    @property
    def voxel_volume(self) -> float:
        """Volume of a voxel in mm^3."""
        return math.prod(reversed(self.spacing))

    def crop(self, box: Box) -> NDArray[Any]:
        """Return the voxels of a smaller box, C-contiguous, in their own number type; a copy if needed."""
        return np.ascontiguousarray(self.values[box.within(self.box).slices])
