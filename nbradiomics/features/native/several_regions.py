"""Several regions of one image: steps that do not depend on the region are done once.

These steps are reading and normalising; and, if PyRadiomics does not crop, every filter (except LBP3D, which
uses the mask). The values are the same as for each region alone.

If an image is resampled, PyRadiomics crops it to the region (and `padDistance`) before it filters. A filtered
value near the crop's edge then depends on the mask: features of two readers differ by this as well as by
their contours. With the option `crop: union` the image is cropped to all regions together, and every region
is measured on the same filtered images. A single region then has PyRadiomics' values; with several regions
the values of filtered images differ from PyRadiomics'.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial, reduce
from typing import TYPE_CHECKING, Any

import SimpleITK as sitk

from nbradiomics.errors import InputError
from nbradiomics.features.native.filters.filters import Made, filter_steps
from nbradiomics.features.native.grid.box import Box
from nbradiomics.features.native.grid.intensities import normalised
from nbradiomics.features.native.grid.mask_checks import same_grid
from nbradiomics.features.native.grid.part import Part
from nbradiomics.features.native.grid.preparation import (
    Region,
    crops,
    labelled,
    loaded,
    prepare_on,
    tolerance,
)
from nbradiomics.features.native.grid.spline import Source, can_resample
from nbradiomics.features.native.one_region import Measurements, extract, measure_image, measure_shapes
from nbradiomics.features.native.plan import Plan
from nbradiomics.features.notes import listening, pieces_in_order
from nbradiomics.images.fit import on_grid

if TYPE_CHECKING:
    from nbradiomics.features.native.responses import Response  # it imports SciPy, which is slow

#: Errors by which a region is refused; any other error is a fault.
REFUSALS = (ValueError, RuntimeError, InputError)


@dataclass
class Measuring:
    """One region in progress: its values, its notes, and the reason if it was refused."""

    region: Region | None = None
    measured: Measurements = field(default_factory=Measurements)
    notes: list[str] = field(default_factory=list)
    refusal: Exception | None = None

    def apart(self) -> Measuring:
        """Return the same region without its values, to measure it in some of the images."""
        return Measuring(self.region, refusal=self.refusal)

    def add(self, part: Measuring) -> None:
        """Add what was measured apart, unless the region was refused before, in an earlier image."""
        if self.refusal is None:
            self.measured.add(part.measured)
            self.notes += part.notes
            self.refusal = part.refusal


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
        Features to compute.
    union
        Crop the image to all regions together, if it is cropped.

    Returns
    -------
    list of Measuring
        In the order of `regions`. A region that is refused does not stop the others.
    """
    if union and plan.ibsi.resampling:
        raise InputError(
            "crop: union cannot be combined with the IBSI's resampling.",
            "Use crop: mask, or switch off grid_alignment, mask_interpolation and rounding.",
        )
    states = [Measuring() for _ in regions]
    with tolerance(plan.settings.get("geometryTolerance")), listening() as shared:
        image = normalised(image, plan.settings)
        plan = replace(plan, settings={**plan.settings, "normalize": False})
        if union:
            regions = [_placed(one, image, region, plan) for one, region in zip(states, regions, strict=True)]
            united = reduce(sitk.Or, (sitk.Cast(region, sitk.sitkUInt8) for region in regions))
            _on_the_same_images(states, image, united, regions, plan)
        elif not (crops(plan.settings) or _uses_mask(plan)):
            _on_the_same_images(states, image, regions[0], regions, plan)
        else:
            source = source_of(image, plan)
            for one, region in zip(states, regions, strict=True):
                _try(one, _alone, image, region, plan, source)
    for one in states:
        one.notes += shared
    return states


def _uses_mask(plan: Plan) -> bool:
    return "LBP3D" in plan.image_types


def source_of(image: sitk.Image, plan: Plan) -> Source | None:
    """What the regions of an image share if the image is interpolated around each of them."""
    if not can_resample(image) or plan.ibsi.resampling:
        return None
    # Filters, and the balls of the local intensity, reach beyond the region.
    beyond = set(plan.image_types) != {"Original"} or "loc" in plan.families.names
    return Source(image, only_region=not beyond)


def _alone(one: Measuring, image: sitk.Image, region: sitk.Image, plan: Plan, source: Source | None) -> None:
    one.measured = extract(image, region, plan, source)


def _on_the_same_images(
    states: Sequence[Measuring],
    image: sitk.Image,
    around: sitk.Image,
    regions: Sequence[sitk.Image],
    plan: Plan,
) -> None:
    """Measure all regions on the filtered image, which is cropped to `around` if it is cropped."""
    ground, whole = loaded(image, labelled(around, plan.settings), plan.settings, plan.ibsi)
    for one, region in zip(states, regions, strict=True):
        _try(one, _prepare, ground, region, plan)
    if any(one.refusal is None for one in states):
        box = Box.around_all([one.region.box for one in states if one.region is not None])
        steps = filter_steps(ground, whole, plan.image_types, plan.settings, box)
        for parts in pieces_in_order(partial(_measure_made, states, plan), steps):
            for one, part in zip(states, parts, strict=True):
                one.add(part)
    measure_responses(image, ground, [(one, plan) for one in states])


def _measure_made(
    states: Sequence[Measuring], plan: Plan, make: Callable[[], Iterator[Made]]
) -> list[Measuring]:
    """Measure all regions in the images of a filter, which are made one at a time."""
    parts = [one.apart() for one in states]
    for filtered, name, settings in make():
        for part in parts:
            _try(part, _measure, filtered, name, plan, settings)
    return parts


def measure_responses(image: sitk.Image, ground: sitk.Image, pairs: Sequence[tuple[Measuring, Plan]]) -> None:
    """Measure regions in the images of the filters that all of their plans request.

    Parameters
    ----------
    image
        The normalised image.
    ground
        The image on the grid of the features.
    pairs
        Regions in progress, each with its plan; the filters of the plans are the same.
    """
    going = [(one, one.region, plan) for one, plan in pairs if one.refusal is None and one.region is not None]
    if not going or not going[0][2].filters:
        return
    from nbradiomics.features.native.responses import response_steps  # it imports SciPy, which is slow

    try:
        steps = response_steps(image, ground, [region for _, region, _ in going], going[0][2])
        measured = [(one, plan) for one, _, plan in going]
        for parts in pieces_in_order(partial(_measure_response, measured), steps):
            for (one, _), part in zip(measured, parts, strict=True):
                one.add(part)
    except InputError as error:  # a filter that does not suit the image is no fault of one region
        for one, _, _ in going:
            one.refusal = one.refusal or error


def _measure_response(
    going: Sequence[tuple[Measuring, Plan]], make: Callable[[], Response]
) -> list[Measuring]:
    parts = [one.apart() for one, _ in going]
    made = make()
    for part, (_, plan), region in zip(parts, going, made.regions, strict=True):
        _try(part, _measure_in, made.image, made.name, region, plan)
    return parts


def _try(one: Measuring, step: Any, *arguments: Any) -> None:
    """Do a step for a region that was not refused, and store the reason if the step refuses it."""
    if one.refusal is not None:
        return
    with listening() as notes:
        try:
            step(one, *arguments)
        except REFUSALS as error:
            one.refusal = error
    one.notes += notes


def _placed(one: Measuring, image: sitk.Image, region: sitk.Image, plan: Plan) -> sitk.Image:
    """Put the region on the image's grid, for a union; an empty region if it is refused."""
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
    # PyRadiomics corrects a mask on a different grid; see `prepare_on`.
    if crops(plan.settings) and not same_grid(ground, mask):
        mask = sitk.Resample(mask, ground, sitk.Transform(), sitk.sitkNearestNeighbor, 0, mask.GetPixelID())
    prepared = prepare_on(ground, mask, plan.settings, plan.ibsi)
    one.region = prepared.region
    one.measured.add(measure_shapes(prepared, plan))


def _measure(one: Measuring, filtered: Part, name: str, plan: Plan, settings: Any) -> None:
    assert one.region is not None  # it was not refused
    one.measured.add(measure_image(filtered, name, one.region, plan, settings))


def _measure_in(one: Measuring, response: sitk.Image, name: str, region: Region, plan: Plan) -> None:
    one.measured.add(measure_image(Part.of(response), name, region, plan, plan.settings))
