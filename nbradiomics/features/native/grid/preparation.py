"""Prepare an image and a mask on the grid on which features are measured, with PyRadiomics' steps.

The steps and their order are those of `RadiomicsFeatureExtractor.execute`: normalise, resample (or crop),
check the mask, re-segment, check again. Every step gives PyRadiomics' values bit by bit.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from nbradiomics.features.native.grid import ibsi_grid
from nbradiomics.features.native.grid.box import Box
from nbradiomics.features.native.grid.intensities import normalised, within_range
from nbradiomics.features.native.grid.mask_checks import (
    INSIDE,
    checked_mask,
    one_channel,
    widened,
)
from nbradiomics.features.native.grid.resampling import cropped, resampled
from nbradiomics.features.native.grid.spline import Source
from nbradiomics.features.parameters.ibsi import Ibsi


@dataclass(frozen=True)
class Region:
    """Voxels in which intensities and textures are measured.

    Attributes
    ----------
    box
        Box of the region in the image.
    inside
        Voxels of the region within `box`, axes z, y, x.
    outline
        The region of the shape features, if it is another one.
    start
        Where in `outline` the first voxel of `box` lies, z, y, x.
    """

    box: Box
    inside: NDArray[np.bool_]
    outline: NDArray[np.bool_] | None = None
    start: tuple[int, int, int] = (0, 0, 0)

    @cached_property
    def positions(self) -> NDArray[np.int64]:
        """Flat indices of the region's voxels in `box`, ascending."""
        return np.flatnonzero(self.inside)


@dataclass(frozen=True)
class Prepared:
    """An image and its region on the grid of the features.

    Attributes
    ----------
    image
        Normalised, resampled or cropped, as the settings request; filters run on it.
    mask
        The region of all features except shape; its voxels have the value `INSIDE`.
    shape_mask
        The region of the shape features: before re-segmentation, unless `resegmentShape` is on.
    box
        Box of `mask`; intensities and textures are cropped to it.
    shape_box
        Box to which `shape_mask` is cropped: `box`, as in PyRadiomics, or its own box, as in the IBSI.
    """

    image: sitk.Image
    mask: sitk.Image
    shape_mask: sitk.Image
    box: Box
    shape_box: Box

    @property
    def region(self) -> Region:
        """The region alone, so that the images need not stay in memory."""
        outline = None if self.shape_mask is self.mask else self.shape_box.crop(self.shape_mask) == INSIDE
        return Region(self.box, self.box.crop(self.mask) == INSIDE, outline, self._start)

    @property
    def _start(self) -> tuple[int, int, int]:
        starts = zip(self.box.lower, self.shape_box.lower, strict=True)
        z, y, x = (first - other for first, other in starts)
        return z, y, x


def prepare(
    image: sitk.Image,
    region: sitk.Image,
    settings: Mapping[str, Any],
    ibsi: Ibsi | None = None,
    source: Source | None = None,
) -> Prepared:
    """Bring an image and a region onto the grid of the features.

    Parameters
    ----------
    image
        Three-dimensional.
    region
        Binary mask, `INSIDE` within the region.
    settings
        PyRadiomics' settings with its defaults filled in, and `label` set to `INSIDE`.
    ibsi
        Switches that follow the IBSI instead of PyRadiomics; ``None`` for none.
    source
        The image, if several regions are measured on it and it needs no normalisation.

    Raises
    ------
    ValueError
        With PyRadiomics' words, when it refuses the region.
    """
    ibsi = ibsi or Ibsi()
    with tolerance(settings.get("geometryTolerance")):
        image, mask = loaded(image, labelled(region, settings), settings, ibsi, source)
        return prepare_on(image, mask, settings, ibsi)


def prepare_on(image: sitk.Image, mask: sitk.Image, settings: Mapping[str, Any], ibsi: Ibsi) -> Prepared:
    """Check and re-segment a mask that is already on the grid of the features; see `prepare`."""
    original, whole = checked_mask(image, mask, settings)
    mask, box = original, whole
    if settings.get("resegmentRange") is not None or ibsi.outliers is not None:
        mask = _resegmented(image, original, settings, ibsi)
        _, box = checked_mask(image, mask, settings)
    shape_mask = mask if settings.get("resegmentShape", False) else original
    return Prepared(image, mask, shape_mask, box, whole if ibsi.morphological_mask else box)


def _resegmented(image: sitk.Image, mask: sitk.Image, settings: Mapping[str, Any], ibsi: Ibsi) -> sitk.Image:
    """Remove the voxels whose intensities the settings exclude."""
    kept = mask
    if settings.get("resegmentRange") is not None:
        kept = within_range(image, mask, settings)
    if ibsi.outliers is not None:
        kept = ibsi_grid.without_outliers(image, mask, kept, ibsi.outliers, INSIDE)
    return kept


def labelled(region: sitk.Image, settings: Mapping[str, Any]) -> sitk.Image:
    """Check the label of a mask, and select its channel if it is a vector image, as PyRadiomics does.

    PyRadiomics also casts it to 32 bits (`widened`): here `loaded` does this, after the mask was cropped.
    """
    region = one_channel(region, settings)
    return region if region.GetPixelID() == sitk.sitkUInt8 else widened(region)


def crops(settings: Mapping[str, Any]) -> bool:
    """Whether an image is cropped around its mask before it is filtered."""
    return _resamples(settings) or bool(settings.get("preCrop", False))


def _resamples(settings: Mapping[str, Any]) -> bool:
    return settings.get("interpolator") is not None and settings.get("resampledPixelSpacing") is not None


def loaded(
    image: sitk.Image,
    mask: sitk.Image,
    settings: Mapping[str, Any],
    ibsi: Ibsi,
    source: Source | None = None,
) -> tuple[sitk.Image, sitk.Image]:
    """Normalise, then resample or crop, as set in the settings; see `prepare`."""
    image = normalised(image, settings)
    if _resamples(settings):
        if ibsi.resampling:
            return ibsi_grid.resampled(image, widened(mask), settings, ibsi)
        image, mask = resampled(image, mask, settings, source)
    elif settings.get("preCrop", False):
        mask, box = checked_mask(image, mask, settings)
        image, mask = cropped(image, mask, box, settings)
    return image, mask


#: ITK has one tolerance for the whole process: threads that may change it take turns.
_TURN = threading.RLock()


@contextmanager
def tolerance(wanted: float | None) -> Iterator[None]:
    """Let ITK accept grids that differ by up to `wanted`, and restore its own tolerance afterwards.

    Only one thread at a time can do this: like PyRadiomics, it sets the tolerance for the whole process.
    """
    process = sitk.ProcessObject
    with _TURN:
        before = process.GetGlobalDefaultCoordinateTolerance(), process.GetGlobalDefaultDirectionTolerance()
        try:
            if wanted is not None:
                process.SetGlobalDefaultCoordinateTolerance(wanted)
                process.SetGlobalDefaultDirectionTolerance(wanted)
            yield
        finally:
            process.SetGlobalDefaultCoordinateTolerance(before[0])
            process.SetGlobalDefaultDirectionTolerance(before[1])
