"""Several pipelines on one image: steps that they have in common are done once.

A pipeline is a region and a plan. Pipelines whose settings differ only in what is done with the voxels after
the filters (bins, neighbours, symmetry: `MEASURING`) share the normalised and resampled image, the mask, the
shape features, and every filtered image. A setting that is not in this list separates pipelines, so that a
setting that is unknown here can cost time, but never a wrong value. The values are those of each pipeline
alone.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import SimpleITK as sitk

from nbradiomics.features.native.filters.filters import Made, filter_steps
from nbradiomics.features.native.grid.box import Box
from nbradiomics.features.native.grid.intensities import normalised
from nbradiomics.features.native.grid.part import Part
from nbradiomics.features.native.grid.preparation import (
    Prepared,
    crops,
    labelled,
    loaded,
    prepare_on,
    tolerance,
)
from nbradiomics.features.native.one_region import measure_image, measure_shapes
from nbradiomics.features.native.plan import Plan
from nbradiomics.features.native.several_regions import REFUSALS, Measuring, measure_responses
from nbradiomics.features.notes import listening, pieces_in_order

Result = TypeVar("Result")
_Make = Callable[[], Iterator[Made]]
#: Settings that are read only when the voxels of a region are measured, after all filters.
MEASURING = (
    "binWidth",
    "binCount",
    "voxelArrayShift",
    "symmetricalGLCM",
    "weightingNorm",
    "distances",
    "gldm_a",
)
#: Settings that `normalised` reads.
_NORMALISING = ("normalize", "normalizeScale", "removeOutliers")


@dataclass
class Pipeline:
    """A region, what is measured in it, and what has been measured so far."""

    region: sitk.Image
    plan: Plan
    state: Measuring = field(default_factory=Measuring)


def extract_pipelines(image: sitk.Image, pipelines: Sequence[tuple[sitk.Image, Plan]]) -> list[Measuring]:
    """Measure every pipeline on one image.

    Parameters
    ----------
    image
        Three-dimensional, finite.
    pipelines
        Region and plan of each; a region is a binary mask on the image's grid, `INSIDE` within the region.
        Pipelines with the same region should have the same object: they are recognised by it.

    Returns
    -------
    list of Measuring
        In the order of `pipelines`. A pipeline that is refused does not stop the others.
    """
    running = [Pipeline(region, plan) for region, plan in pipelines]
    for same_image in _grouped(running, _normalising):
        settings = same_image[0].plan.settings
        with tolerance(settings.get("geometryTolerance")), listening() as notes:
            ready = normalised(image, settings)
        for one in same_image:
            one.state.notes += notes
            one.plan = replace(one.plan, settings={**one.plan.settings, "normalize": False})
        for same_images in _grouped(same_image, _filtering):
            _measure_together(ready, same_images)
    return [one.state for one in running]


def _normalising(one: Pipeline) -> str:
    return _text([*(one.plan.settings.get(name) for name in (*_NORMALISING, "geometryTolerance"))])


def _filtering(one: Pipeline) -> str:
    """Key of everything that happens before a filtered image is measured, except its type."""
    # LBP3D uses the mask, so that its images differ between regions.
    apart = crops(one.plan.settings) or "LBP3D" in one.plan.image_types
    return _text([_before_measuring(one.plan.settings), repr(one.plan.ibsi), id(one.region) if apart else 0])


def _before_measuring(settings: Mapping[str, Any] | None) -> dict[str, Any]:
    return {name: value for name, value in (settings or {}).items() if name not in MEASURING}


def _text(content: Any) -> str:
    return json.dumps(content, sort_keys=True, default=repr)


def _grouped(pipelines: Sequence[Pipeline], key: Any) -> list[list[Pipeline]]:
    groups: dict[str, list[Pipeline]] = defaultdict(list)
    for one in pipelines:
        groups[key(one)].append(one)
    return list(groups.values())


def _measure_together(image: sitk.Image, pipelines: Sequence[Pipeline]) -> None:
    """Measure pipelines that have the same prepared image; `image` is normalised."""
    first = pipelines[0]
    settings = first.plan.settings
    with tolerance(settings.get("geometryTolerance")):
        made = _together(pipelines, _load, image, first)
        if made is None:
            return
        ground, whole = made
        for members in _grouped(pipelines, lambda one: str(id(one.region))):
            _prepare(ground, whole if members[0].region is first.region else None, members)
        steps = [
            (make, kind, members)
            for kind, members in _of_images(pipelines)
            for make in _steps_of(ground, whole, kind, members)
        ]
        for (_, _, members), parts in zip(steps, pieces_in_order(_measure_images, steps), strict=True):
            for one, part in zip(members, parts, strict=True):
                one.state.add(part.state)
        for members in _grouped(pipelines, lambda one: repr(one.plan.filters)):
            measure_responses(image, ground, [(one.state, one.plan) for one in members])


def _together(pipelines: Sequence[Pipeline], step: Callable[..., Result], *arguments: Any) -> Result | None:
    """Do a step for several pipelines; ``None`` if it refuses them."""
    with listening() as notes:
        try:
            return step(*arguments)
        except REFUSALS as error:
            for one in pipelines:
                one.state.refusal = one.state.refusal or error
            return None
        finally:
            for one in pipelines:
                one.state.notes += notes


def _load(image: sitk.Image, one: Pipeline) -> tuple[sitk.Image, sitk.Image]:
    return loaded(image, labelled(one.region, one.plan.settings), one.plan.settings, one.plan.ibsi)


def _checked(ground: sitk.Image, mask: sitk.Image | None, one: Pipeline) -> Prepared:
    mask = labelled(one.region, one.plan.settings) if mask is None else mask
    return prepare_on(ground, mask, one.plan.settings, one.plan.ibsi)


def _prepare(ground: sitk.Image, mask: sitk.Image | None, pipelines: Sequence[Pipeline]) -> None:
    """Prepare a region once, and measure its shape, which does not depend on `MEASURING`.

    `mask` is the region on the grid of `ground`; ``None`` if the region itself is on it.
    """
    prepared = _together(pipelines, _checked, ground, mask, pipelines[0])
    if prepared is None:
        return
    region = prepared.region
    for members in _grouped(pipelines, lambda one: _text([*one.plan.classes.items(), one.plan.families])):
        shapes = _together(members, measure_shapes, prepared, members[0].plan)
        for one in members:
            one.state.region = region
            if shapes is not None:
                one.state.measured.add(shapes)


def _of_images(pipelines: Sequence[Pipeline]) -> Iterator[tuple[str, list[Pipeline]]]:
    """Yield each image type with the pipelines that request the same images of it."""
    for kind in dict.fromkeys(kind for one in pipelines for kind in one.plan.image_types):
        asking = [one for one in pipelines if kind in one.plan.image_types]
        settings = {id(one): _before_measuring(one.plan.image_types[kind]) for one in asking}
        for members in _grouped(asking, lambda one, settings=settings: _text(settings[id(one)])):
            yield kind, members


def _steps_of(ground: sitk.Image, whole: sitk.Image, kind: str, pipelines: Sequence[Pipeline]) -> list[_Make]:
    boxes = [one.state.region.box for one in pipelines if one.state.region is not None]
    plan = pipelines[0].plan
    box = Box.around_all(boxes) if boxes else None
    return filter_steps(ground, whole, {kind: plan.image_types[kind]}, plan.settings, box)


def _measure_images(step: tuple[_Make, str, list[Pipeline]]) -> list[Pipeline]:
    """Make the images of a filter, one at a time, and measure every pipeline in each."""
    make, kind, pipelines = step
    parts = [replace(one, state=one.state.apart()) for one in pipelines]
    going = [one for one in parts if one.state.refusal is None]
    if not going:
        return parts
    images = make()
    while (made := _together(going, next, images, None)) is not None:
        filtered, name, _ = made
        for one in going:
            _measure(one, filtered, name, kind)
    return parts


def _measure(one: Pipeline, filtered: Part, name: str, kind: str) -> None:
    if one.state.refusal is not None or one.state.region is None:
        return
    settings = {**one.plan.settings, **(one.plan.image_types[kind] or {})}
    measured = _together([one], measure_image, filtered, name, one.state.region, one.plan, settings)
    if measured is not None:
        one.state.measured.add(measured)
