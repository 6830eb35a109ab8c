"""The images of the variants of one scan, each made once for all masks that use it.

The noise of a variant is added to the whole image, as in a written variant, and then normalised. A rotated or
shifted image is interpolated once, straight onto voxels of the size that the parameters request: the features
are measured there without resampling.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from nbradiomics.features.native.grid.spline_points import LEAST, Splines
from nbradiomics.features.native.plan import Plan
from nbradiomics.features.parameters import Parameters
from nbradiomics.features.parameters.families import require_ball_within
from nbradiomics.features.variants.normalisation import Normalisation
from nbradiomics.perturbation.boxes import Mask, box_around, voxels_of
from nbradiomics.perturbation.grid import corners_on, part_of_grid, perturbed_grid
from nbradiomics.perturbation.noise import noise_level, with_noise
from nbradiomics.perturbation.seeds import generator
from nbradiomics.perturbation.variant import Variant

#: Width around the region in which a random contour is drawn, in mm.
_CONTOUR_MM = 10.0
#: Growth for which every rotated or shifted image has room; a larger one gets an image of its own.
_ROOM = 0.5


@dataclass(frozen=True)
class PartImage:
    """The image of some variants.

    Attributes
    ----------
    drawn
        Image on whose grid, and by whose intensities, the masks are made.
    measured
        Image from which the features are extracted; ``None`` if it is made when the masks are known.
    parameters
        Parameters of the extraction: without what has been done already.
    """

    drawn: sitk.Image
    measured: sitk.Image | None
    parameters: Parameters


class ScanVariants:
    """Makes the images of the variants of one scan.

    Parameters
    ----------
    image
        Image of the scan.
    union
        All regions of the scan together, on the grid of the image: the noise is measured around it, and the
        rotation is about its centre.
    parameters
        Parameters of the extraction.
    seed
        Seed of the scan (`perturbation.seed_of`).
    """

    def __init__(self, image: sitk.Image, union: sitk.Image, parameters: Parameters, seed: int) -> None:
        self.image = image
        self.union = union
        self.parameters = parameters
        self.seed = seed
        self.settings = Plan.of(parameters).settings

    def part(self, variant: Variant, *, contour: bool) -> PartImage:
        """Make the image of a variant; `contour` says whether a contour is drawn by its intensities."""
        if variant.of_image == Variant():
            return PartImage(self.image, self.image, self.parameters)
        done = _without_normalisation(self.parameters)
        if not (variant.rotation or any(variant.translation)):
            noisy = self._noisy(variant)
            return PartImage(noisy, self._normalisation.variant(noisy), done)
        grid = self._grid(variant)
        if contour or not self._can_wait:
            image = self._interpolated(variant, grid, None)
            return PartImage(image, image, done)
        return PartImage(grid, None, done)

    def measured(self, variant: Variant, grid: sitk.Image, regions: Sequence[sitk.Image]) -> sitk.Image:
        """Make the image of a variant on a grid, within some regions only."""
        needed = np.zeros(grid.GetSize()[::-1], dtype=bool)
        for region in regions:
            needed |= sitk.GetArrayViewFromImage(region) != 0
        return self._interpolated(variant, grid, needed)

    @property
    def _can_wait(self) -> bool:
        """Whether features are measured from voxels of the masks alone: no filter or resampling follows."""
        images = self.parameters.content.get("imageType") or {"Original": None}
        own = self.parameters.own
        alone = set(images) == {"Original"} and not (own.ibsi.resampling or own.filters)
        return alone and self._splines_suit

    @property
    def _splines_suit(self) -> bool:
        cubic = self.settings.get("interpolator") in ("sitkBSpline", sitk.sitkBSpline, None)
        return cubic and min(self.image.GetSize()) >= LEAST

    @cached_property
    def _normalisation(self) -> Normalisation:
        return Normalisation.of(self.image, self.settings)

    @cached_property
    def _level(self) -> float:
        return noise_level(self.image, self.union)

    def _noisy(self, variant: Variant) -> sitk.Image:
        rng = generator(self.seed, "noise", variant.of_image.name)
        return with_noise(self.image, self._level, rng)

    @cached_property
    def _splines(self) -> Splines:
        return Splines.of(self._normalisation.original(self.image))

    def _interpolated(
        self, variant: Variant, grid: sitk.Image, needed: NDArray[np.bool_] | None
    ) -> sitk.Image:
        if self._splines_suit:
            if not variant.noise:
                return self._splines.on(grid, needed)
            return Splines.of(self._normalisation.variant(self._noisy(variant))).on(grid, needed)
        image = (
            self._normalisation.variant(self._noisy(variant))
            if variant.noise
            else self._normalisation.original(self.image)
        )
        return _resampled(image, grid, self.settings)

    def _grid(self, variant: Variant) -> sitk.Image:
        """Return the grid of a variant, cut to the surroundings of all regions."""
        grid = perturbed_grid(self.image, self.union, variant.of_image, self._spacing)
        if self.parameters.own.filters:  # they see the whole image
            return grid
        low, high = corners_on(self._around, grid)
        edges = np.array(grid.GetSpacing())
        room = _CONTOUR_MM + self._radius_mm * ((1 + max(variant.volume, _ROOM)) ** (1 / 3) - 1)
        if "loc" in self.parameters.own.families.names:
            require_ball_within("a variant", float(edges.min()), self.settings, beyond=room)
        margin = np.maximum(np.ceil(room / edges), self.settings.get("padDistance", 5)) + 1
        size = np.array(grid.GetSize())
        first = np.maximum(np.floor(low - margin), 0).astype(int)
        last = np.minimum(np.ceil(high + margin), size - 1).astype(int)
        return part_of_grid(grid, first.tolist(), (last - first + 1).tolist())

    @cached_property
    def _inside(self) -> Mask:
        return voxels_of(self.union)

    @cached_property
    def _around(self) -> sitk.Image:
        """The part of the grid in the box around all regions."""
        box = box_around(self._inside, (0, 0, 0))
        first = [along.start for along in reversed(box)]
        return part_of_grid(self.union, first, self._inside[box].shape[::-1])

    @cached_property
    def _radius_mm(self) -> float:
        """Radius of the ball with the volume of all regions: it grows further than any other shape."""
        volume = float(np.count_nonzero(self._inside)) * float(np.prod(self.union.GetSpacing()))
        return float((3 * volume / (4 * np.pi)) ** (1 / 3))

    @cached_property
    def _spacing(self) -> list[float] | None:
        """Size of the voxels on which features are measured; ``None`` for the image's own."""
        wanted = self.settings.get("resampledPixelSpacing")
        if wanted is None or self.settings.get("interpolator") is None or self.parameters.own.ibsi.resampling:
            return None
        sizes = self._around.GetSize()
        # As in PyRadiomics: 0 keeps the size of the voxels, and so does a region of one slice.
        return [
            float(own if new == 0 or size == 1 else new)
            for new, own, size in zip(wanted, self.image.GetSpacing(), sizes, strict=True)
        ]


def room_for(variant: Variant) -> float:
    """What decides about the size of a rotated or shifted image: variants with the same room share it."""
    return max(variant.volume, _ROOM)


def _without_normalisation(parameters: Parameters) -> Parameters:
    content: Mapping[str, Any] = parameters.content
    setting = {**(content.get("setting") or {}), "normalize": False}
    return replace(parameters, content={**content, "setting": setting})


def _resampled(image: sitk.Image, grid: sitk.Image, settings: Mapping[str, Any]) -> sitk.Image:
    """Interpolate with the interpolator of the settings; beyond the image its nearest voxel."""
    name = settings.get("interpolator") or "sitkBSpline"
    resampler = sitk.ResampleImageFilter()
    resampler.SetReferenceImage(grid)
    resampler.SetInterpolator(getattr(sitk, name) if isinstance(name, str) else name)
    resampler.SetUseNearestNeighborExtrapolator(True)
    resampler.SetOutputPixelType(sitk.sitkFloat64)
    return resampler.Execute(sitk.Cast(image, sitk.sitkFloat64))
