"""All features of one region: prepare it, measure its shape, then intensities and textures in each image.

What the IBSI's families and filters need is imported only if they are requested: SciPy takes longer to import
than the features of a tumour to compute.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import SimpleITK as sitk

from nbradiomics.errors import InputError
from nbradiomics.features.ibsi_names.families import ONCE
from nbradiomics.features.native.classes.firstorder import Intensities, first_order_features
from nbradiomics.features.native.classes.shape import shape_features
from nbradiomics.features.native.classes.shape2d import shape2d_features
from nbradiomics.features.native.classes.textures import TEXTURES, TextureSettings, texture_features
from nbradiomics.features.native.filters.filters import filtered_images
from nbradiomics.features.native.grid.intensities import normalised
from nbradiomics.features.native.grid.mask_checks import INSIDE
from nbradiomics.features.native.grid.part import Part
from nbradiomics.features.native.grid.preparation import Prepared, Region, prepare
from nbradiomics.features.native.grid.spline import Source
from nbradiomics.features.native.levels.discretisation import discretise
from nbradiomics.features.native.levels.ibsi_bins import ibsi_bin_edges, lower_limit
from nbradiomics.features.native.plan import Plan
from nbradiomics.features.parameters.limits import require_bins

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
    measured = measure_shapes(prepared, plan)
    region_of_images = prepared.region
    images = filtered_images(prepared.image, prepared.mask, plan.image_types, plan.settings, prepared.box)
    for filtered, name, settings in images:
        measured.add(measure_image(filtered, name, region_of_images, plan, settings))
    if plan.filters:
        from nbradiomics.features.native.responses import responses

        for one in responses(image, prepared.image, [region_of_images], plan):
            measured.add(measure_image(Part.of(one.image), one.name, one.regions[0], plan, plan.settings))
    return measured


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
    by_class = {}
    if "firstorder" in wanted:
        intensities = Intensities(values, counts, image.voxel_volume)
        shift = settings.get("voxelArrayShift", 0)
        by_class["firstorder"] = first_order_features(
            intensities, wanted["firstorder"], shift=shift, excess=plan.ibsi.excess_kurtosis
        )
    textures = {class_name: features for class_name, features in wanted.items() if class_name in TEXTURES}
    if textures:
        by_class |= texture_features(levels, TextureSettings.of(settings), textures)
    measured = {
        f"{name}_{class_name}_{feature}": value
        for class_name in wanted
        for feature, value in by_class[class_name].items()
    }
    notes: tuple[str, ...] = ()
    if plan.families.names:
        from nbradiomics.features.native.ibsi.measure import Voxels, measure_families
        from nbradiomics.features.native.ibsi.textures.families import Outline

        outline = None if region.outline is None else Outline(region.outline, region.start)
        voxels = Voxels(values, levels, counts)
        of_families, notes = measure_families(
            name, voxels, plan.families, plan.settings, plan.limits, outline
        )
        measured |= {f"{name}_{feature}": value for feature, value in of_families.items()}
    span = (lowest, highest) if name == "original" else None
    return Measurements(measured, span, notes)


def _spacing(image: sitk.Image) -> tuple[float, float, float]:
    x, y, z = image.GetSpacing()
    return (z, y, x)
