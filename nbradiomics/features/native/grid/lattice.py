"""The voxels of an image beyond the crop on which features are measured, on the same lattice.

PyRadiomics resamples an image only around the mask, so that a wide filter would see the end of the crop. Here
the grid of the features is continued over the whole image, as far as a filter needs it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from nbradiomics.features.native.grid.box import Box
from nbradiomics.features.native.grid.ibsi_grid import onto
from nbradiomics.features.native.grid.resampling import interpolator_of
from nbradiomics.features.parameters.ibsi import Ibsi

#: Rounding errors of positions, in voxels.
_SLACK = 1e-4


@dataclass(frozen=True)
class Lattice:
    """The grid of the features, continued over the whole image.

    Attributes
    ----------
    image
        The normalised image.
    ground
        The image on the grid of the features.
    settings
        PyRadiomics' settings.
    ibsi
        Switches that follow the IBSI.

    Notes
    -----
    Boxes are in voxels of `ground`; a voxel before its first one has a negative number. The lattice has those
    voxels whose centres lie within the image: PyRadiomics' crop may have one more at the end of an axis.
    """

    image: sitk.Image
    ground: sitk.Image
    settings: Mapping[str, Any]
    ibsi: Ibsi

    @cached_property
    def whole(self) -> Box:
        """Box of all voxels."""
        size = np.array(self.ground.GetSize())
        # Centres may lie up to half a voxel beyond the first and last centre of the image.
        before = np.floor((self._first + 0.5 + _SLACK) / self._step)
        last = self._first + (size - 1) * self._step
        room = np.array(self.image.GetSize()) - 0.5 + _SLACK - last
        lower = -before
        upper = size - 1 + np.floor(room / self._step)
        z0, y0, x0 = (int(bound) for bound in lower[::-1])
        z1, y1, x1 = (int(bound) for bound in upper[::-1])
        return Box((z0, y0, x0), (z1, y1, x1))

    def values(self, box: Box) -> NDArray[np.float64]:
        """Return the intensities of the voxels in a box, axes z, y, x."""
        own = self._own(box)
        if own is not None:
            return own
        found = np.asarray(sitk.GetArrayFromImage(self._resampled(box)), np.float64)
        return np.rint(found) if self.ibsi.rounding else found

    def _own(self, box: Box) -> NDArray[np.float64] | None:
        """Return the image's own voxels if the lattice is that of the image; else ``None``."""
        first = np.rint(self._first)
        if not np.allclose(self._step, 1) or not np.allclose(self._first, first, atol=1e-3):
            return None
        offset = [int(at) for at in first[::-1]]
        at = tuple(
            slice(low + more, high + more + 1)
            for low, high, more in zip(box.lower, box.upper, offset, strict=True)
        )
        found: NDArray[np.float64] = sitk.GetArrayViewFromImage(self.image)[at].astype(np.float64)
        return found

    def _resampled(self, box: Box) -> sitk.Image:
        lower = [float(low) for low in box.lower[::-1]]
        grid = sitk.Image([int(length) for length in box.size[::-1]], sitk.sitkUInt8)
        grid.SetSpacing(self.ground.GetSpacing())
        grid.SetDirection(self.ground.GetDirection())
        grid.SetOrigin(self.ground.TransformContinuousIndexToPhysicalPoint(lower))
        kind = sitk.sitkFloat64 if self.ibsi.rounding else self.image.GetPixelID()
        return onto(grid, self.image, interpolator_of(self.settings), kind)

    @cached_property
    def _step(self) -> NDArray[np.float64]:
        """Voxel edges of the lattice in voxels of the image, x, y, z."""
        step: NDArray[np.float64] = np.array(self.ground.GetSpacing()) / np.array(self.image.GetSpacing())
        return step

    @cached_property
    def _first(self) -> NDArray[np.float64]:
        """Position of the first voxel of `ground` in voxels of the image, x, y, z."""
        return np.array(self.image.TransformPhysicalPointToContinuousIndex(self.ground.GetOrigin()))
