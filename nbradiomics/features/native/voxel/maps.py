"""Feature maps: the features of the box around every voxel of a region.

The maps have the names, grids and values of `RadiomicsFeatureExtractor.execute(..., voxelBased=True)`: the
image is prepared and filtered as for one number per region, cropped to the region's box and `kernelRadius`
voxels around it, and binned once; then each voxel's box is measured. Shape classes have no maps.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from nbradiomics.errors import InputError
from nbradiomics.execution.progress import Progress, quiet
from nbradiomics.features.native.classes.textures import TEXTURES, TextureSettings
from nbradiomics.features.native.filters.filters import filtered_images
from nbradiomics.features.native.grid.box import Box
from nbradiomics.features.native.grid.mask_checks import INSIDE
from nbradiomics.features.native.grid.part import Part
from nbradiomics.features.native.grid.preparation import prepare
from nbradiomics.features.native.levels.discretisation import discretise
from nbradiomics.features.native.plan import Plan
from nbradiomics.features.native.voxel.firstorder import FIRST_ORDER, first_order_maps
from nbradiomics.features.native.voxel.kernel import CHUNK
from nbradiomics.features.native.voxel.textures import voxel_features
from nbradiomics.features.native.voxel.values import VoxelValues
from nbradiomics.features.parameters.limits import require_bins

#: Classes that have maps, with their features in PyRadiomics' order; true for deprecated features.
_CLASSES: Mapping[str, Mapping[str, bool]] = {"firstorder": FIRST_ORDER, **TEXTURES}


@dataclass(frozen=True)
class FeatureMap:
    """One feature of every voxel of a region.

    Attributes
    ----------
    name
        PyRadiomics' name, such as ``original_glcm_Contrast``.
    image
        64-bit floating point, on the grid of the features, cropped to the region's box and `kernelRadius`
        voxels around it. `initValue` outside the region, NaN where a feature is undefined.
    values
        Values within the region, in the order z, y, x.
    """

    name: str
    image: sitk.Image
    values: NDArray[np.float64]


@dataclass(frozen=True)
class _Crop:
    """A (filtered) image cropped for its maps."""

    name: str
    part: Part
    inside: NDArray[np.bool_]
    settings: Mapping[str, Any]

    @property
    def intensities(self) -> NDArray[Any]:
        """The voxels, axes z, y, x, in the image's own number type."""
        return self.part.values

    @property
    def counted(self) -> NDArray[np.bool_]:
        """Voxels that are counted in boxes: those of the region, or all without `maskedKernel`."""
        return self.inside if self.settings.get("maskedKernel", True) else np.ones_like(self.inside)

    @property
    def spacing(self) -> tuple[float, float, float]:
        """Voxel edges in mm, z, y, x."""
        return self.part.spacing


def native_maps(
    image: sitk.Image,
    region: sitk.Image,
    plan: Plan,
    *,
    folder: Path | None = None,
    progress: Progress = quiet,
) -> Generator[FeatureMap, None, None]:
    """Make the feature maps of one region of one image, one image type and class at a time.

    Parameters
    ----------
    image
        Three-dimensional, finite.
    region
        Binary, `INSIDE` within the region.
    plan
        Features to compute.
    folder
        Folder for a class's values within the region if they need more than `values.HELD` bytes: an unnamed
        temporary file, removed when the class is done. In addition to the maps that the caller keeps, memory
        is then needed for the (filtered) image, one map, `HELD`, and for a short time some 30 bytes per voxel
        of the region, for any number of features. ``None`` keeps the values in memory, which needs 8 more
        bytes per feature and voxel of the region.
    progress
        Progress display: one bar for each image type and class.

    Raises
    ------
    ValueError
        With PyRadiomics' words, when it refuses the region.
    InputError
        When the engine does not support something that the plan requests, or `folder` is full.
    """
    prepared = prepare(image, region, plan.settings)
    radius = int(plan.settings.get("kernelRadius", 1))
    box = _padded(prepared.box, radius, prepared.mask)
    inside = box.crop(prepared.mask) == INSIDE
    voxels = int(np.count_nonzero(inside))
    grid = _part(prepared.mask, box)
    images = filtered_images(prepared.image, prepared.mask, plan.image_types, plan.settings, box)
    for filtered, name, settings in images:
        crop = _Crop(name, filtered, inside, settings)
        _require_finite(crop)
        counted = crop.intensities[crop.counted]
        require_bins(float(counted.min()), float(counted.max()), settings, plan.limits, name)
        for class_name in plan.classes:
            if class_name not in _CLASSES:
                continue
            wanted = _computable(plan, class_name)
            with VoxelValues(wanted, voxels, folder) as values:
                with progress(f"{name} {class_name}", math.ceil(voxels / CHUNK)) as advance:
                    measure = _first_order if class_name == "firstorder" else _textures
                    for part in measure(crop, class_name, wanted, radius):
                        values.add(part)
                        advance()
                for feature in _wanted(plan, class_name):
                    yield _as_map(crop, grid, f"{name}_{class_name}_{feature}", values.of(feature))


def _padded(box: Box, radius: int, image: sitk.Image) -> Box:
    """Enlarge the box by `radius` voxels on each side, within the image."""
    lower = [max(low - radius, 0) for low in box.lower]
    upper = [
        min(high + radius, size - 1) for high, size in zip(box.upper, image.GetSize()[::-1], strict=True)
    ]
    return Box((lower[0], lower[1], lower[2]), (upper[0], upper[1], upper[2]))


def _part(image: sitk.Image, box: Box) -> sitk.Image:
    (z0, y0, x0), (z1, y1, x1) = box.lower, box.upper
    return image[x0 : x1 + 1, y0 : y1 + 1, z0 : z1 + 1]


def _require_finite(crop: _Crop) -> None:
    if not np.all(np.isfinite(crop.intensities[crop.counted])):
        raise InputError(
            f"the {crop.name} image has values that are NaN or infinite in the measured voxels.",
            "The filter does not suit this image, for example a logarithm of zeros; remove the filter.",
        )


def _wanted(plan: Plan, class_name: str) -> list[str]:
    """Return the features of a class that get a map: the named ones, or all that are not deprecated."""
    known = _CLASSES[class_name]
    named = plan.classes[class_name]
    unknown = [feature for feature in named if feature not in known]
    if unknown:
        raise InputError(
            f"there is no {class_name} feature {', '.join(unknown)}.", f"Use some of: {', '.join(known)}."
        )
    return list(dict.fromkeys(named or [feature for feature, old in known.items() if not old]))


def _computable(plan: Plan, class_name: str) -> list[str]:
    """Return the features of a class that have values; PyRadiomics' maps of others are all `initValue`."""
    known = TEXTURES.get(class_name, {})
    return [feature for feature in _wanted(plan, class_name) if not known.get(feature, False)]


def _first_order(
    crop: _Crop, _: str, wanted: list[str], radius: int
) -> Iterator[dict[str, NDArray[np.float64]]]:
    # PyRadiomics bins the intensities as 64-bit numbers here, whatever their type.
    intensities = crop.intensities.astype(np.float64)
    counted = crop.counted
    levels, _counts = discretise(intensities, np.flatnonzero(counted), crop.spacing, crop.settings)
    region = Box.around(counted)
    if not wanted or region is None:
        return iter(())
    return first_order_maps(
        intensities,
        levels.levels,
        np.flatnonzero(crop.inside),
        wanted,
        radius=radius,
        plane=TextureSettings.of(crop.settings).plane,
        reach=region.size,
        shift=crop.settings.get("voxelArrayShift", 0),
        voxel_volume=crop.part.voxel_volume,
    )


def _textures(
    crop: _Crop, class_name: str, wanted: list[str], radius: int
) -> Iterator[dict[str, NDArray[np.float64]]]:
    if not wanted:
        return iter(())
    levels, _ = discretise(crop.intensities, np.flatnonzero(crop.counted), crop.spacing, crop.settings)
    return voxel_features(
        levels.levels,
        np.flatnonzero(crop.inside),
        TextureSettings.of(crop.settings),
        class_name,
        wanted,
        radius=radius,
        spacing=crop.spacing,
        initial=float(crop.settings.get("initValue", 0)),
        batch=int(crop.settings.get("voxelBatch", -1)),
    )


def _as_map(crop: _Crop, grid: sitk.Image, name: str, values: NDArray[np.float64] | None) -> FeatureMap:
    initial = float(crop.settings.get("initValue", 0))
    filled = np.full(crop.inside.shape, initial)
    if values is None:
        values = np.full(np.count_nonzero(crop.inside), initial)
    filled[crop.inside] = values
    image = sitk.GetImageFromArray(filled)
    image.CopyInformation(grid)
    return FeatureMap(name, image, values)
