"""Several regions of one image: what does not depend on the region is done once.

That is reading and normalising; and, where PyRadiomics crops nothing, every filter (but LBP3D, which looks at
the mask). Values are those of each region by itself.

Where an image is resampled, PyRadiomics crops it to the region (and `padDistance`) before it filters, so
that near the crop's edge a filtered value depends on the mask: two readers' features differ by that as well
as by what they drew. With the option `crop: union` the image is cropped to all regions together, and every
region is measured on the same filtered images. A region by itself gives PyRadiomics' values then; of several,
those of filtered images depart from them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import Any

import SimpleITK as sitk

from nbradiomics.errors import InputError
from nbradiomics.features.native.filters.filters import filtered_images
from nbradiomics.features.native.grid.preparation import (
    Region,
    crops,
    labelled,
    loaded,
    normalised,
    prepare_on,
    same_grid,
    tolerance,
)
from nbradiomics.features.native.one_region import Found, extract, measure_image, measure_shapes
from nbradiomics.features.native.plan import Plan
from nbradiomics.features.notes import listening
from nbradiomics.images.fit import on_grid

#: What a region is refused with; anything else is a fault.
REFUSALS = (ValueError, RuntimeError, InputError)


@dataclass
class Measuring:
    """One region on its way: its values, what was noted, and why it was refused, if it was."""

    region: Region | None = None
    found: Found = field(default_factory=Found)
    notes: list[str] = field(default_factory=list)
    refusal: Exception | None = None


def extract_together(
    image: sitk.Image, regions: Sequence[sitk.Image], plan: Plan, *, union: bool
) -> list[Measuring]:
    """Measure several regions of one image.

    Parameters
    ----------
    image
        Three-dimensional, finite.
    regions
        Binary masks on the image's grid, `INSIDE` within the region.
    plan
        What to compute.
    union
        Crop the image to all regions together, where it is cropped.

    Returns
    -------
    list of Measuring
        In the order of `regions`. A region that is refused doesn't stop the others.
    """
    if union and plan.ibsi.resampling:
        raise InputError(
            "crop: union does not go together with the IBSI's way of resampling.",
            "Take crop: mask, or leave the switches of resampling out.",
        )
    found = [Measuring() for _ in regions]
    with tolerance(plan.settings.get("geometryTolerance")), listening() as shared:
        image = normalised(image, plan.settings)
        plan = replace(plan, settings={**plan.settings, "normalize": False})
        if union:
            regions = [_placed(one, image, region, plan) for one, region in zip(found, regions, strict=True)]
            united = reduce(sitk.Or, (sitk.Cast(region, sitk.sitkUInt8) for region in regions))
            _on_the_same_images(found, image, united, regions, plan)
        elif not (crops(plan.settings) or _looks_at_mask(plan)):
            _on_the_same_images(found, image, regions[0], regions, plan)
        else:
            for one, region in zip(found, regions, strict=True):
                _try(one, _by_itself, image, region, plan)
    for one in found:
        one.notes += shared
    return found


def _looks_at_mask(plan: Plan) -> bool:
    return "LBP3D" in plan.image_types


def _by_itself(one: Measuring, image: sitk.Image, region: sitk.Image, plan: Plan) -> None:
    one.found = extract(image, region, plan)


def _on_the_same_images(
    found: Sequence[Measuring],
    image: sitk.Image,
    around: sitk.Image,
    regions: Sequence[sitk.Image],
    plan: Plan,
) -> None:
    """Measure all regions on the filtered image, which is cropped to `around`, where it is cropped."""
    ground, whole = loaded(image, labelled(around, plan.settings), plan.settings, plan.ibsi)
    for one, region in zip(found, regions, strict=True):
        _try(one, _prepare, ground, region, plan)
    if any(one.refusal is None for one in found):
        for filtered, name, settings in filtered_images(ground, whole, plan.image_types, plan.settings):
            for one in found:
                _try(one, _measure, filtered, name, plan, settings)


def _try(one: Measuring, step: Any, *arguments: Any) -> None:
    """Do a step for a region that was not refused, and note why where it is now."""
    if one.refusal is not None:
        return
    with listening() as notes:
        try:
            step(one, *arguments)
        except REFUSALS as error:
            one.refusal = error
    one.notes += notes


def _placed(one: Measuring, image: sitk.Image, region: sitk.Image, plan: Plan) -> sitk.Image:
    """The region on the image's own grid, for a union; an empty one where it is refused."""
    if same_grid(image, region):
        return region
    if plan.settings.get("correctMask", False):
        try:
            return on_grid(region, image, name="the mask")
        except InputError as error:
            one.refusal = error
            return sitk.Cast(image * 0, sitk.sitkUInt8)
    region = sitk.Image(region)
    region.CopyInformation(image)
    return region


def _prepare(one: Measuring, ground: sitk.Image, region: sitk.Image, plan: Plan) -> None:
    mask = labelled(region, plan.settings)
    # A mask on a grid of its own is PyRadiomics' to put right; see `prepare_on`.
    if crops(plan.settings) and not same_grid(ground, mask):
        mask = sitk.Resample(mask, ground, sitk.Transform(), sitk.sitkNearestNeighbor, 0, mask.GetPixelID())
    prepared = prepare_on(ground, mask, plan.settings, plan.ibsi)
    one.region = prepared.region
    one.found.add(measure_shapes(prepared, plan))


def _measure(one: Measuring, filtered: sitk.Image, name: str, plan: Plan, settings: Any) -> None:
    assert one.region is not None  # it was not refused
    one.found.add(measure_image(filtered, name, one.region, plan, settings))
