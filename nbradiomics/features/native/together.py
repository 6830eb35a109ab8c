"""Several regions of one image, filtered once: the option `crop: union`.

PyRadiomics crops an image to the region (and `padDistance`) before it filters, so that near the crop's edge
a filtered value depends on the mask: two readers' features differ by that as well as by what they drew. Here
the image is cropped to all regions together, and every region is measured on the same filtered images. A
region by itself gives PyRadiomics' values; of several, those of filtered images depart from them. It also
saves time: reading, resampling and filtering are done once for all regions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import Any

import SimpleITK as sitk

from nbradiomics.errors import InputError
from nbradiomics.features.native.filters import filtered_images
from nbradiomics.features.native.measure import measure_image, measure_shapes
from nbradiomics.features.native.plan import Plan
from nbradiomics.features.native.preparation import (
    Prepared,
    labelled,
    loaded,
    prepare_on,
    same_grid,
    tolerance,
)
from nbradiomics.features.pyradiomics_engine import listening

#: What a region is refused with; anything else is a fault.
REFUSALS = (ValueError, RuntimeError, InputError)


@dataclass
class Measuring:
    """One region on its way: its values, what was noted, and why it was refused, if it was."""

    prepared: Prepared | None = None
    values: dict[str, float] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    refusal: Exception | None = None


def extract_together(image: sitk.Image, regions: Sequence[sitk.Image], plan: Plan) -> list[Measuring]:
    """Measure several regions on the same filtered images.

    Parameters
    ----------
    image
        Three-dimensional, finite.
    regions
        Binary masks on the image's grid, `INSIDE` within the region.
    plan
        What to compute.

    Returns
    -------
    list of Measuring
        In the order of `regions`. A region that is refused doesn't stop the others.
    """
    if plan.ibsi.resampling:
        raise InputError(
            "crop: union does not go together with the IBSI's way of resampling.",
            "Take crop: mask, or leave the switches of resampling out.",
        )
    found = [Measuring() for _ in regions]
    with tolerance(plan.settings.get("geometryTolerance")), listening() as shared:
        union = reduce(sitk.Or, (sitk.Cast(region, sitk.sitkUInt8) for region in regions))
        ground, whole = loaded(image, labelled(union, plan.settings), plan.settings, plan.ibsi)
        for one, region in zip(found, regions, strict=True):
            _try(one, _prepare, ground, region, plan)
        if any(one.refusal is None for one in found):
            for filtered, name, settings in filtered_images(ground, whole, plan.image_types, plan.settings):
                for one in found:
                    _try(one, _measure, filtered, name, plan, settings)
    for one in found:
        one.notes += shared
    return found


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


def _prepare(one: Measuring, ground: sitk.Image, region: sitk.Image, plan: Plan) -> None:
    mask = labelled(region, plan.settings)
    if not same_grid(ground, mask):
        mask = sitk.Resample(mask, ground, sitk.Transform(), sitk.sitkNearestNeighbor, 0, mask.GetPixelID())
    one.prepared = prepare_on(ground, mask, plan.settings, plan.ibsi)
    one.values |= measure_shapes(one.prepared, plan)


def _measure(one: Measuring, filtered: sitk.Image, name: str, plan: Plan, settings: Any) -> None:
    assert one.prepared is not None  # it was not refused
    one.values |= measure_image(filtered, name, one.prepared, plan, settings)
