"""All features of one region: prepare it, measure its shape, then intensities and textures in each image.

What the IBSI's families and filters need is imported only if they are requested: SciPy takes longer to import
than the features of a tumour to compute.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from nbradiomics.errors import InputError
from nbradiomics.execution.pieces import in_order
from nbradiomics.features.ibsi_names.families import ONCE
from nbradiomics.features.native.classes.firstorder import Intensities, first_order_features
from nbradiomics.features.native.classes.shape import shape_features
from nbradiomics.features.native.classes.shape2d import shape2d_features
from nbradiomics.features.native.classes.textures import TEXTURES, TextureSettings, texture_features
from nbradiomics.features.native.filters.filters import Made, filter_steps
from nbradiomics.features.native.grid.intensities import normalised
from nbradiomics.features.native.grid.mask_checks import INSIDE
from nbradiomics.features.native.grid.part import Part
from nbradiomics.features.native.grid.preparation import Prepared, Region, prepare
from nbradiomics.features.native.grid.spline import Source
from nbradiomics.features.native.levels.discretisation import discretise
from nbradiomics.features.native.levels.grey_levels import DiscreteRegion
from nbradiomics.features.native.levels.ibsi_bins import ibsi_bin_edges, lower_limit
from nbradiomics.features.native.plan import Plan
from nbradiomics.features.notes import pieces_in_order
from nbradiomics.features.parameters.limits import require_bins

if TYPE_CHECKING:
    from nbradiomics.features.native.responses import Response  # it imports SciPy, which is slow

Result = TypeVar("Result")
#: Features to compute, by class.
_Classes = Mapping[str, tuple[str, ...]]
#: Values by class, and notes about what has no value.
_Found = tuple[dict[str, dict[str, float]], tuple[str, ...]]
_FAMILIES = "families"
_SHAPES = ("shape", "shape2D")
AXIS_LENGTHS = ("MajorAxisLength", "MinorAxisLength", "LeastAxisLength")
#: PyRadiomics' words, which `absence` uses to find why the class is missing.
_NOT_FLAT = "Size in specified 2D dimension ({}) is greater than 1, cannot calculate 2D shape"


@dataclass
class Measurements:
    """Values measured in one region.

    Attributes
    ----------
    values
        Features under PyRadiomics' names.
    span
        Lowest and highest intensity of the region in the original image, if it is measured.
    notes
        Reasons why something was left out, in PyRadiomics' words.
    """

    values: dict[str, float] = field(default_factory=dict)
    span: tuple[float, float] | None = None
    notes: tuple[str, ...] = ()

    def add(self, other: Measurements) -> None:
        """Add the values measured in another image."""
        self.values |= other.values
        self.span = self.span or other.span
        self.notes += other.notes


def extract(image: sitk.Image, region: sitk.Image, plan: Plan, source: Source | None = None) -> Measurements:
    """Compute the features of one region of one image under PyRadiomics' names.

    Parameters
    ----------
    image
        Three-dimensional, finite.
    region
        Binary, `INSIDE` within the region.
    plan
        Features to compute.
    source
        The image, if several regions are measured on it and it needs no normalisation.

    Raises
    ------
    ValueError
        With PyRadiomics' words, when it refuses the region.
    InputError
        When the engine does not support something that the plan requests.
    """
    if plan.filters:  # they need the normalised image beyond the crop
        image = normalised(image, plan.settings)
        plan = replace(plan, settings={**plan.settings, "normalize": False})
    prepared = prepare(image, region, plan.settings, plan.ibsi, source)
    region_of_images = prepared.region
    steps = [
        partial(measure_shapes, prepared, plan),
        *(partial(_measure_made, make, region_of_images, plan) for make in _filters(prepared, plan)),
        *(
            partial(_measure_response, make, plan)
            for make in _responses(image, prepared, region_of_images, plan)
        ),
    ]
    measured = Measurements()
    for part in pieces_in_order(_call, steps):
        measured.add(part)
    return measured


def _call(step: Callable[[], Result]) -> Result:
    return step()


def _measure_made(make: Callable[[], Iterator[Made]], region: Region, plan: Plan) -> Measurements:
    """Make the images of a filter one at a time, and measure the region in each."""
    measured = Measurements()
    for filtered, name, settings in make():
        measured.add(measure_image(filtered, name, region, plan, settings))
    return measured


def _filters(prepared: Prepared, plan: Plan) -> list[Callable[[], Iterator[Made]]]:
    return filter_steps(prepared.image, prepared.mask, plan.image_types, plan.settings, prepared.box)


def _responses(
    image: sitk.Image, prepared: Prepared, region: Region, plan: Plan
) -> Iterable[Callable[[], Response]]:
    if not plan.filters:
        return ()
    from nbradiomics.features.native.responses import response_steps  # it imports SciPy, which is slow

    return response_steps(image, prepared.image, [region], plan)


def _measure_response(make: Callable[[], Response], plan: Plan) -> Measurements:
    one = make()
    return measure_image(Part.of(one.image), one.name, one.regions[0], plan, plan.settings)


def measure_shapes(prepared: Prepared, plan: Plan) -> Measurements:
    """Compute the features that are measured once: the classes shape and shape2D, and families of the IBSI.

    A class that is not possible for the region is left out, with a note.
    """
    region = prepared.shape_box.crop(prepared.shape_mask) == INSIDE
    spacing = _spacing(prepared.image)
    by_class = {}
    notes: tuple[str, ...] = ()
    if "shape" in plan.classes:
        values = shape_features(region, spacing, plan.classes["shape"])
        # The variances change by N / (N - 1); a region has at least two voxels.
        scale = math.sqrt(1 + 1 / (region.sum() - 1)) if plan.ibsi.sample_covariance else 1.0
        by_class["shape"] = {name: v * (scale if name in AXIS_LENGTHS else 1) for name, v in values.items()}
    if "shape2D" in plan.classes and plan.settings.get("force2D", False):
        axis = plan.settings.get("force2Ddimension", 0)
        if _is_flat(prepared, axis):
            rows, columns = (step for other, step in enumerate(spacing) if other != axis)
            wanted = plan.classes["shape2D"]
            by_class["shape2D"] = shape2d_features(region.squeeze(axis), (rows, columns), wanted)
        else:
            notes = (_NOT_FLAT.format(axis),)
    values = {
        f"original_{name}_{feature}": value
        for name, features in by_class.items()
        for feature, value in features.items()
    }
    if plan.families.names:
        from nbradiomics.features.native.ibsi.measure import measure_once

        once = measure_once(prepared, plan.families, plan.settings)
        values |= {f"original_{name}": value for name, value in once.items()}
    return Measurements(values, notes=notes)


def _is_flat(prepared: Prepared, axis: int) -> bool:
    """Whether PyRadiomics regards the region as flat across an axis; else it leaves the class out.

    PyRadiomics first checks the axis counted from the other end and requires more than one voxel there. Then
    it refuses a region with more than one slice along the given axis. For the axis y both axes are the same,
    so that the class is always left out or the region refused.
    """
    size = prepared.shape_box.size
    if not size[::-1][axis] > 1:
        return False
    if size[axis] > 1:
        raise ValueError(f"Size of the mask in dimension {axis} is more than 1, cannot compute 2D shape")
    return True


def measure_image(
    image: Part,
    name: str,
    region: Region,
    plan: Plan,
    settings: Mapping[str, Any],
) -> Measurements:
    """Compute the features of one image under PyRadiomics' names, with classes in the plan's order."""
    wanted = {name: features for name, features in plan.classes.items() if name not in _SHAPES}
    if not wanted and not set(plan.families.names) - set(ONCE):
        return Measurements()
    crop, positions = image.crop(region.box), region.positions
    values = crop.ravel()[positions].astype(np.float64)
    lowest, highest = float(values.min()), float(values.max())
    if not (math.isfinite(lowest) and math.isfinite(highest)):  # NaN is the lowest and the highest value
        raise InputError(
            f"the {name} image has values within the region that are NaN or infinite.",
            "The filter does not suit this image, for example a logarithm of zeros; remove the filter.",
        )
    require_bins(lowest, highest, settings, plan.limits, name)
    edges = ibsi_bin_edges(values, settings, plan.ibsi, limit=lower_limit(plan.settings, name))
    levels, counts = discretise(crop, positions, image.spacing, settings, edges)
    outline = None if region.outline is None else (region.outline, region.start)
    intensities = Intensities(values, counts, image.voxel_volume)
    steps = [
        partial(_first_order, intensities, wanted, settings, plan),
        partial(_textures, levels, wanted, settings),
        partial(_families, name, intensities, levels, plan, outline),
    ]
    by_class: dict[str, dict[str, float]] = {}
    notes: tuple[str, ...] = ()
    for found, more in in_order(_call, steps):
        by_class |= found
        notes += more
    measured = {
        f"{name}_{class_name}_{feature}": value
        for class_name in wanted
        for feature, value in by_class[class_name].items()
    }
    measured |= {f"{name}_{feature}": value for feature, value in by_class[_FAMILIES].items()}
    span = (lowest, highest) if name == "original" else None
    return Measurements(measured, span, notes)


def _first_order(
    intensities: Intensities, wanted: _Classes, settings: Mapping[str, Any], plan: Plan
) -> _Found:
    if "firstorder" not in wanted:
        return {}, ()
    features = first_order_features(
        intensities,
        wanted["firstorder"],
        shift=settings.get("voxelArrayShift", 0),
        excess=plan.ibsi.excess_kurtosis,
    )
    return {"firstorder": features}, ()


def _textures(levels: DiscreteRegion, wanted: _Classes, settings: Mapping[str, Any]) -> _Found:
    textures = {class_name: features for class_name, features in wanted.items() if class_name in TEXTURES}
    return (texture_features(levels, TextureSettings.of(settings), textures) if textures else {}), ()


def _families(
    name: str,
    intensities: Intensities,
    levels: DiscreteRegion,
    plan: Plan,
    outline: tuple[NDArray[np.bool_], tuple[int, int, int]] | None,
) -> _Found:
    if not plan.families.names:
        return {_FAMILIES: {}}, ()
    from nbradiomics.features.native.ibsi.measure import Voxels, measure_families
    from nbradiomics.features.native.ibsi.textures.families import Outline

    voxels = Voxels(intensities.values, levels, intensities.level_counts)
    around = None if outline is None else Outline(*outline)
    values, notes = measure_families(name, voxels, plan.families, plan.settings, plan.limits, around)
    return {_FAMILIES: values}, notes


def _spacing(image: sitk.Image) -> tuple[float, float, float]:
    x, y, z = image.GetSpacing()
    return (z, y, x)
