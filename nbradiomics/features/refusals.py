"""Why a region is refused where the words do not say it: it shrank on the way to the grid of the features."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import SimpleITK as sitk

from nbradiomics.errors import InputError, TransientError
from nbradiomics.features.parameters import Parameters


def explained(error: InputError, image: sitk.Image, region: sitk.Image, parameters: Parameters) -> InputError:
    """A refusal, with what became of the region before it was refused.

    Parameters
    ----------
    error
        Why an engine refused the region.
    image, region, parameters
        What it was given: the region is binary, 1 inside.

    Returns
    -------
    InputError
        `error` itself where the region was not resampled, or lost nothing by it.
    """
    if isinstance(error, TransientError):
        return error
    setting = parameters.content.get("setting") or {}
    before = int(np.count_nonzero(sitk.GetArrayViewFromImage(region)))
    after = _after_resampling(image, region, parameters)
    if after is None or after >= before:
        return error
    how = _how(setting)
    if after == 0:
        return InputError(
            f"the region of {before} voxels vanishes when it is {how}: no voxel of the new grid has its "
            "centre in it.",
            "Choose smaller voxels, or leave a lesion of this size out.",
        )
    return InputError(
        f"{error.problem} Of {before} voxels of the region {after} are left when it is {how}.",
        "Choose smaller voxels, or leave a lesion of this size out; see also minimumROIDimensions and "
        "minimumROISize of the parameter file.",
    )


def _how(setting: Mapping[str, Any]) -> str:
    wanted = setting.get("resampledPixelSpacing")
    if wanted is None:
        return "put on the image's grid (correctMask)"
    if len(set(wanted)) == 1:
        return f"resampled to {wanted[0]:g} mm"
    return f"resampled to {' x '.join(f'{edge:g}' for edge in wanted)} mm (0: as it is)"


def _after_resampling(image: sitk.Image, region: sitk.Image, parameters: Parameters) -> int | None:
    """Voxels that resampling leaves of a region; ``None`` where nothing is resampled, or that is refused."""
    from nbradiomics.features.native.grid.preparation import crops, labelled, loaded, same_grid, tolerance
    from nbradiomics.features.native.plan import Plan
    from nbradiomics.features.notes import listening

    with listening():
        plan = Plan.of(parameters.content, parameters.own.ibsi)
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
            return None  # the refusal says why
    return int(np.count_nonzero(sitk.GetArrayViewFromImage(mask)))
