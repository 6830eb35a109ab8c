"""PyRadiomics' additional output of an extraction: its `diagnostics_` entries."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pywt  # type: ignore[import-untyped]
import SimpleITK as sitk

from nbradiomics.features.native.grid.mask_checks import INSIDE, widened
from nbradiomics.features.native.grid.preparation import labelled, loaded, prepare_on, tolerance
from nbradiomics.features.native.plan import Plan
from nbradiomics.features.parameters.names import REPRODUCED

_PREFIX = "diagnostics_"


def diagnostics_of(image: sitk.Image, region: sitk.Image, plan: Plan) -> dict[str, Any]:
    """Return versions, settings, and properties of image and region before and after each step.

    The entries are those that `RadiomicsFeatureExtractor.execute` makes, at the same steps.

    Parameters
    ----------
    image, region, plan
        As in `one_region.extract`.

    Returns
    -------
    dict
        Entries by PyRadiomics' names: text, numbers, tuples and dictionaries.
    """
    entries = {
        "Versions_PyRadiomics": f"v{REPRODUCED}",
        "Versions_Numpy": np.__version__,
        "Versions_SimpleITK": sitk.Version.VersionString(),
        "Versions_PyWavelet": pywt.__version__,
        "Versions_Python": ".".join(map(str, sys.version_info[:3])),
        "Configuration_Settings": dict(plan.settings),
        "Configuration_EnabledImageTypes": dict(plan.image_types),
    }
    with tolerance(plan.settings.get("geometryTolerance")):
        mask = widened(labelled(region, plan.settings))
        entries |= _identity("Image-original", image)
        entries["Image-original_Dimensionality"] = f"{image.GetDimension()}D"
        entries |= _of_image(image, "original")
        entries |= _identity("Mask-original", mask) | _of_mask(None, mask, "original")
        ground, mask = loaded(image, mask, plan.settings, plan.ibsi)
        if None not in (plan.settings.get("interpolator"), plan.settings.get("resampledPixelSpacing")):
            entries |= _of_image(ground, "interpolated") | _of_mask(ground, mask, "interpolated")
        prepared = prepare_on(ground, mask, plan.settings, plan.ibsi)
        if plan.settings.get("resegmentRange") is not None or plan.ibsi.outliers is not None:
            entries |= _of_mask(ground, prepared.mask, "resegmented")
    return {f"{_PREFIX}{name}": value for name, value in entries.items()}


def _identity(name: str, image: sitk.Image) -> dict[str, Any]:
    return {f"{name}_Hash": sitk.Hash(image)}


def _of_image(image: sitk.Image, step: str) -> dict[str, Any]:
    name = f"Image-{step}"
    grid = {f"{name}_Spacing": image.GetSpacing(), f"{name}_Size": image.GetSize()}
    return grid | _intensities(name, sitk.GetArrayFromImage(image))


def _of_mask(image: sitk.Image | None, mask: sitk.Image, step: str) -> dict[str, Any]:
    """Describe a region; with its intensities if there is an image."""
    name = f"Mask-{step}"
    region = sitk.Equal(mask, INSIDE)
    inside = sitk.GetArrayFromImage(region) == 1
    shape = sitk.LabelShapeStatisticsImageFilter()
    shape.Execute(mask)
    parts = sitk.ConnectedComponentImageFilter()
    parts.FullyConnectedOn()
    parts.Execute(region)
    centre = tuple(np.mean(np.nonzero(inside), axis=1)[::-1])
    entries = {
        f"{name}_Spacing": mask.GetSpacing(),
        f"{name}_Size": mask.GetSize(),
        f"{name}_BoundingBox": shape.GetBoundingBox(INSIDE),
        f"{name}_VoxelNum": shape.GetNumberOfPixels(INSIDE),
        f"{name}_VolumeNum": parts.GetObjectCount(),
        f"{name}_CenterOfMassIndex": centre,
        f"{name}_CenterOfMass": mask.TransformContinuousIndexToPhysicalPoint(centre),
    }
    return entries if image is None else entries | _intensities(name, sitk.GetArrayFromImage(image)[inside])


def _intensities(name: str, values: Any) -> dict[str, Any]:
    numbers = values.astype(np.float64)
    return {
        f"{name}_Mean": np.mean(numbers),
        f"{name}_Minimum": np.min(numbers),
        f"{name}_Maximum": np.max(numbers),
    }
