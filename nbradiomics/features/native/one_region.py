"""All features of one region: prepare, measure its shape, then every image's intensities and textures."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import SimpleITK as sitk

from nbradiomics.errors import InputError
from nbradiomics.features.native.classes.firstorder import Intensities, first_order_features
from nbradiomics.features.native.classes.shape import shape_features
from nbradiomics.features.native.classes.shape2d import shape2d_features
from nbradiomics.features.native.classes.textures import TEXTURES, TextureSettings, texture_features
from nbradiomics.features.native.filters.filters import filtered_images
from nbradiomics.features.native.grid.preparation import INSIDE, Prepared, Region, prepare
from nbradiomics.features.native.levels.discretisation import discretise
from nbradiomics.features.native.levels.ibsi_bins import ibsi_bin_edges, lower_limit
from nbradiomics.features.native.plan import Plan
from nbradiomics.features.parameters.limits import require_bins

_SHAPES = ("shape", "shape2D")
AXIS_LENGTHS = ("MajorAxisLength", "MinorAxisLength", "LeastAxisLength")
#: PyRadiomics' words, by which `absence` knows why the class is not there.
_NOT_FLAT = "Size in specified 2D dimension ({}) is greater than 1, cannot calculate 2D shape"


@dataclass
class Found:
    """What was measured in one region.

    Attributes
    ----------
    values
        Features under PyRadiomics' names.
    span
        Lowest and highest intensity of the region in the original image, where that is measured.
    notes
        Why something was left out, in PyRadiomics' words.
    """

    values: dict[str, float] = field(default_factory=dict)
    span: tuple[float, float] | None = None
    notes: tuple[str, ...] = ()

    def add(self, other: Found) -> None:
        """Take in what was measured in another image."""
        self.values |= other.values
        self.span = self.span or other.span
        self.notes += other.notes


def extract(image: sitk.Image, region: sitk.Image, plan: Plan) -> Found:
    """Features of one region of one image under PyRadiomics' names.

    Parameters
    ----------
    image
        Three-dimensional, finite.
    region
        Binary, `INSIDE` within the region.
    plan
        What to compute.

    Raises
    ------
    ValueError
        With PyRadiomics' words, when it refuses the region.
    InputError
        When the plan asks for something that the engine does not do.
    """
    prepared = prepare(image, region, plan.settings, plan.ibsi)
    found = measure_shapes(prepared, plan)
    region_of_images = prepared.region
    images = filtered_images(prepared.image, prepared.mask, plan.image_types, plan.settings)
    for filtered, name, settings in images:
        found.add(measure_image(filtered, name, region_of_images, plan, settings))
    return found


def measure_shapes(prepared: Prepared, plan: Plan) -> Found:
    """Features of the classes shape and shape2D, of those that are wanted and can be had."""
    region = prepared.shape_box.crop(prepared.shape_mask) == INSIDE
    spacing = _spacing(prepared.image)
    found = {}
    notes: tuple[str, ...] = ()
    if "shape" in plan.classes:
        values = shape_features(region, spacing, plan.classes["shape"])
        # N / (N - 1) of the variances; two voxels are the least that a region has.
        scale = math.sqrt(1 + 1 / (region.sum() - 1)) if plan.ibsi.sample_covariance else 1.0
        found["shape"] = {name: v * (scale if name in AXIS_LENGTHS else 1) for name, v in values.items()}
    if "shape2D" in plan.classes and plan.settings.get("force2D", False):
        axis = plan.settings.get("force2Ddimension", 0)
        if _is_flat(prepared, axis):
            rows, columns = (step for other, step in enumerate(spacing) if other != axis)
            wanted = plan.classes["shape2D"]
            found["shape2D"] = shape2d_features(region.squeeze(axis), (rows, columns), wanted)
        else:
            notes = (_NOT_FLAT.format(axis),)
    values = {f"original_{name}_{feature}": v for name, own in found.items() for feature, v in own.items()}
    return Found(values, notes=notes)


def _is_flat(prepared: Prepared, axis: int) -> bool:
    """Whether PyRadiomics takes the region for flat across an axis; else it leaves the class out.

    PyRadiomics first looks along the axis counted from the other end and asks for more than one voxel there,
    then refuses a region with more than one slice along the axis meant. The axis y, where the two are the
    same, is therefore always left out or refused.
    """
    size = prepared.shape_box.size
    if not size[::-1][axis] > 1:
        return False
    if size[axis] > 1:
        raise ValueError(f"Size of the mask in dimension {axis} is more than 1, cannot compute 2D shape")
    return True


def measure_image(
    image: sitk.Image,
    name: str,
    region: Region,
    plan: Plan,
    settings: Mapping[str, Any],
) -> Found:
    """Features of one image under PyRadiomics' names, its classes in the plan's order."""
    wanted = {name: features for name, features in plan.classes.items() if name not in _SHAPES}
    if not wanted:
        return Found()
    crop = region.box.crop(image)
    positions = np.flatnonzero(region.inside)
    values = crop.ravel()[positions].astype(np.float64)
    if not np.all(np.isfinite(values)):
        raise InputError(
            f"the {name} image has values within the region that are no finite number.",
            "The filter does not suit this image, such as a logarithm of an image of zeros; leave it out.",
        )
    require_bins(float(values.min()), float(values.max()), settings, plan.limits, name)
    spacing = _spacing(image)
    edges = ibsi_bin_edges(values, settings, plan.ibsi, limit=lower_limit(plan.settings, name))
    levels, counts = discretise(crop, positions, spacing, settings, edges)
    found = {}
    if "firstorder" in wanted:
        intensities = Intensities(values, counts, math.prod(image.GetSpacing()))
        shift = settings.get("voxelArrayShift", 0)
        found["firstorder"] = first_order_features(
            intensities, wanted["firstorder"], shift=shift, excess=plan.ibsi.excess_kurtosis
        )
    textures = {class_name: features for class_name, features in wanted.items() if class_name in TEXTURES}
    if textures:
        asked = TextureSettings.of(settings)
        found |= texture_features(levels, asked, textures)
    measured = {f"{name}_{of}_{feature}": value for of in wanted for feature, value in found[of].items()}
    return Found(measured, (float(values.min()), float(values.max())) if name == "original" else None)


def _spacing(image: sitk.Image) -> tuple[float, float, float]:
    x, y, z = image.GetSpacing()
    return (z, y, x)
