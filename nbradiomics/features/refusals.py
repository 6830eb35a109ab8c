"""Add to a refusal how many voxels the region lost when it was resampled to the grid of the features."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import SimpleITK as sitk

from nbradiomics.errors import InputError, TransientError
from nbradiomics.features.parameters import Parameters


def explained(error: InputError, image: sitk.Image, region: sitk.Image, parameters: Parameters) -> InputError:
    """Return a refusal that also reports the size of the region after resampling.

    Parameters
    ----------
    error
        Why an engine refused the region.
    image, region, parameters
        Input of the engine; the region is binary, 1 inside.

    Returns
    -------
    InputError
        `error` itself if the region was not resampled, or lost no voxels.
    """
    if isinstance(error, TransientError):
        return error
    setting = parameters.content.get("setting") or {}
    before = int(np.count_nonzero(sitk.GetArrayViewFromImage(region)))
    after = _after_resampling(image, region, parameters)
    if after is None or after >= before:
        return error
    step = _step(setting)
    if after == 0:
        return InputError(
            f"the region of {before} voxels vanishes when it is {step}: no voxel of the new grid has its "
            "centre in the region.",
            "Choose smaller voxels, or exclude lesions of this size.",
        )
    return InputError(
        f"{error.problem} Only {after} of {before} voxels of the region remain when it is {step}.",
        "Choose smaller voxels, or exclude lesions of this size; see also minimumROIDimensions and "
        "minimumROISize of the parameter file.",
    )


def _step(setting: Mapping[str, Any]) -> str:
    spacing = setting.get("resampledPixelSpacing")
    if spacing is None:
        return "resampled to the image's grid (correctMask)"
    if len(set(spacing)) == 1:
        return f"resampled to {spacing[0]:g} mm"
    return f"resampled to {' x '.join(f'{edge:g}' for edge in spacing)} mm (0: unchanged)"


def _after_resampling(image: sitk.Image, region: sitk.Image, parameters: Parameters) -> int | None:
    """Count the region's voxels after resampling; ``None`` if it is not resampled or resampling fails."""
    from nbradiomics.features.native.grid.mask_checks import same_grid
    from nbradiomics.features.native.grid.preparation import crops, labelled, loaded, tolerance
    from nbradiomics.features.native.plan import Plan
    from nbradiomics.features.notes import listening

    with listening():
        plan = Plan.of(parameters)
        settings = {**plan.settings, "normalize": False}
        try:
            with tolerance(settings.get("geometryTolerance")):
                if crops(settings):
                    _, mask = loaded(image, labelled(region, settings), settings, plan.ibsi)
                elif settings.get("correctMask", False) and not same_grid(image, region):
                    nearest = sitk.sitkNearestNeighbor
                    mask = sitk.Resample(region, image, sitk.Transform(), nearest, 0, region.GetPixelID())
                else:
                    return None
        except (ValueError, RuntimeError, InputError):
            return None  # the refusal gives the reason
    return int(np.count_nonzero(sitk.GetArrayViewFromImage(mask)))
