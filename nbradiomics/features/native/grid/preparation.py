"""Prepare an image and a mask on the grid on which features are measured, with PyRadiomics' steps.

The steps and their order are those of `RadiomicsFeatureExtractor.execute`: normalise, resample (or crop),
check the mask, re-segment, check again. If PyRadiomics' own function defines a step, it is called. The check
of a valid mask takes most of PyRadiomics' time here and is replaced by a faster one: a box and a count. A
mask that fails it goes to PyRadiomics' check, which repairs it or refuses it in its own words.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from nbradiomics.features.native.grid import ibsi_grid
from nbradiomics.features.native.grid.mask_grid import new_spacing, resampled_mask
from nbradiomics.features.native.grid.spline import Source, can_resample, resample_spline
from nbradiomics.features.parameters.ibsi import Ibsi

#: Label of the region.
INSIDE = 1


@dataclass(frozen=True)
class Box:
    """Bounds of a region in voxels, both included, in the order z, y, x."""

    lower: tuple[int, int, int]
    upper: tuple[int, int, int]

    @property
    def size(self) -> tuple[int, int, int]:
        """Voxels along z, y, x."""
        z, y, x = (high - low + 1 for low, high in zip(self.lower, self.upper, strict=True))
        return (z, y, x)

    @property
    def slices(self) -> tuple[slice, slice, slice]:
        """Index of the box in an array with the axes z, y, x."""
        z, y, x = (slice(low, high + 1) for low, high in zip(self.lower, self.upper, strict=True))
        return (z, y, x)

    @classmethod
    def of_bounds(cls, bounds: NDArray[np.int64]) -> Box:
        """Make the box from PyRadiomics' bounds: lower and upper x, lower and upper y, lower and upper z."""
        x0, x1, y0, y1, z0, z1 = (int(bound) for bound in bounds)
        return cls((z0, y0, x0), (z1, y1, x1))

    @classmethod
    def around(cls, inside: NDArray[np.bool_]) -> Box | None:
        """Make the smallest box around the voxels inside; ``None`` when there are none."""
        lower, upper = [0, 0, 0], [0, 0, 0]
        part = inside
        for axis in range(3):
            others = tuple(other for other in range(3) if other != axis)
            hit = np.flatnonzero(part.any(axis=others))
            if not hit.size:
                return None
            lower[axis], upper[axis] = int(hit[0]), int(hit[-1])
            part = part[(slice(None),) * axis + (slice(lower[axis], upper[axis] + 1),)]
        return cls((lower[0], lower[1], lower[2]), (upper[0], upper[1], upper[2]))

    @property
    def bounds(self) -> NDArray[np.int64]:
        """PyRadiomics' bounds; see `of_bounds`."""
        pairs = zip(reversed(self.lower), reversed(self.upper), strict=True)
        return np.array([bound for pair in pairs for bound in pair])

    def crop(self, image: sitk.Image) -> NDArray[Any]:
        """Copy an image's voxels within the box, axes z, y, x, in the image's own number type."""
        return np.array(sitk.GetArrayViewFromImage(image)[self.slices], order="C")


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
    original, whole = _checked(image, widened(mask), settings)
    mask, box = original, whole
    if settings.get("resegmentRange") is not None or ibsi.outliers is not None:
        mask = _resegmented(image, original, settings, ibsi)
        _, box = _checked(image, mask, settings)
    shape_mask = mask if settings.get("resegmentShape", False) else original
    return Prepared(image, mask, shape_mask, box, whole if ibsi.morphological_mask else box)


def _resegmented(image: sitk.Image, mask: sitk.Image, settings: Mapping[str, Any], ibsi: Ibsi) -> sitk.Image:
    """Remove the voxels whose intensities the settings exclude."""
    from radiomics import imageoperations

    kept = mask
    if settings.get("resegmentRange") is not None:
        kept = imageoperations.resegmentMask(image, mask, **settings)
    if ibsi.outliers is not None:
        kept = ibsi_grid.without_outliers(image, mask, kept, ibsi.outliers, INSIDE)
    return kept


def labelled(region: sitk.Image, settings: Mapping[str, Any]) -> sitk.Image:
    """Check the label of a mask, and select its channel if it is a vector image, as PyRadiomics does.

    PyRadiomics also casts it to 32 bits (`widened`): here `loaded` does this, after the mask was cropped.
    """
    from radiomics import imageoperations

    if region.GetNumberOfComponentsPerPixel() == 1 and np.any(sitk.GetArrayViewFromImage(region) == INSIDE):
        return region if region.GetPixelID() == sitk.sitkUInt8 else widened(region)
    return imageoperations.getMask(region, **settings)


def widened(mask: sitk.Image) -> sitk.Image:
    """Cast a mask to PyRadiomics' number type."""
    return mask if mask.GetPixelID() == sitk.sitkUInt32 else sitk.Cast(mask, sitk.sitkUInt32)


def normalised(image: sitk.Image, settings: Mapping[str, Any]) -> sitk.Image:
    """Normalise an image by mean and standard deviation of all its voxels, if the settings request it."""
    from radiomics import imageoperations

    if not settings.get("normalize", False):
        return image
    result: sitk.Image = imageoperations.normalizeImage(image, **settings)
    return result


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
    from radiomics import imageoperations

    image = normalised(image, settings)
    if _resamples(settings):
        if ibsi.resampling:
            return ibsi_grid.resampled(image, widened(mask), settings, ibsi)
        image, mask = _resampled(image, mask, settings, source)
    elif settings.get("preCrop", False):
        bounds, corrected = imageoperations.checkMask(image, mask, **settings)
        mask = mask if corrected is None else corrected
        image, mask = imageoperations.cropToTumorMask(image, mask, bounds, **settings)
    return image, widened(mask)


def _resampled(
    image: sitk.Image, mask: sitk.Image, settings: Mapping[str, Any], source: Source | None
) -> tuple[sitk.Image, sitk.Image]:
    """Resample as PyRadiomics does, but B-splines with a faster filter that gives the same values."""
    from radiomics import imageoperations

    box = Box.around(sitk.GetArrayViewFromImage(mask) == INSIDE) if same_grid(image, mask) else None
    if box is not None and len(settings["resampledPixelSpacing"]) == image.GetDimension():
        spacing = new_spacing(mask, box.size[::-1], settings)
        if np.allclose(image.GetSpacing(), spacing):
            cropped: tuple[sitk.Image, sitk.Image]
            cropped = imageoperations.cropToTumorMask(image, mask, box.bounds, **settings)
            return cropped
        if _by_spline(image, settings):
            quick = resampled_mask(mask, box.bounds, spacing, settings)
            return resample_spline(image, quick, source), quick
    if _by_spline(image, settings):
        # PyRadiomics checks an empty image in place of the image and returns the grid that it would use.
        blank = sitk.Image(image.GetSize(), sitk.sitkUInt8)
        blank.CopyInformation(image)
        _, grid = imageoperations.resampleImage(
            blank, mask, **{**settings, "interpolator": sitk.sitkNearestNeighbor}
        )
        # With the same spacing PyRadiomics crops the image instead.
        if not np.allclose(image.GetSpacing(), grid.GetSpacing()):
            return resample_spline(image, grid, source), grid
    resampled: tuple[sitk.Image, sitk.Image] = imageoperations.resampleImage(image, mask, **settings)
    return resampled


def _by_spline(image: sitk.Image, settings: Mapping[str, Any]) -> bool:
    spacing = settings["resampledPixelSpacing"]
    return (
        settings["interpolator"] in ("sitkBSpline", sitk.sitkBSpline)
        and can_resample(image)
        and len(spacing) == image.GetDimension()
        and not np.allclose(image.GetSpacing(), spacing)
    )


def _checked(image: sitk.Image, mask: sitk.Image, settings: Mapping[str, Any]) -> tuple[sitk.Image, Box]:
    """Check a mask against the settings, and return the mask on the image's grid with its box.

    Raises
    ------
    ValueError
        With PyRadiomics' words, when it refuses the mask.
    """
    from radiomics import imageoperations

    if same_grid(image, mask):
        inside = sitk.GetArrayViewFromImage(mask) == INSIDE
        box = Box.around(inside)
        if box is not None and _large_enough(box, inside, settings):
            return mask, box
    bounds, corrected = imageoperations.checkMask(image, mask, **settings)
    return (mask if corrected is None else corrected), Box.of_bounds(bounds)


def same_grid(image: sitk.Image, mask: sitk.Image) -> bool:
    """Whether two images have exactly the same grid."""
    return bool(
        image.GetSize() == mask.GetSize()
        and image.GetSpacing() == mask.GetSpacing()
        and image.GetOrigin() == mask.GetOrigin()
        and image.GetDirection() == mask.GetDirection()
    )


def _large_enough(box: Box, inside: NDArray[np.bool_], settings: Mapping[str, Any]) -> bool:
    extended = sum(length > 1 for length in box.size)
    least = settings.get("minimumROISize")
    return extended >= max(1, settings.get("minimumROIDimensions", 2)) and (
        least is None or int(np.count_nonzero(inside[box.slices])) > least
    )


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
