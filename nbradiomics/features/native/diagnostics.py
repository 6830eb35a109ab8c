"""PyRadiomics' additional output of an extraction: its `diagnostics_` entries."""

from __future__ import annotations

from typing import Any

import SimpleITK as sitk

from nbradiomics.features.native.grid.preparation import (
    INSIDE,
    labelled,
    loaded,
    prepare_on,
    tolerance,
    widened,
)
from nbradiomics.features.native.plan import Plan


def diagnostics_of(image: sitk.Image, region: sitk.Image, plan: Plan) -> dict[str, Any]:
    """Return versions, settings, and properties of image and region before and after each step.

    PyRadiomics' own class makes the entries; it is called at the same steps as in
    `RadiomicsFeatureExtractor.execute`.

    Parameters
    ----------
    image, region, plan
        As in `one_region.extract`.

    Returns
    -------
    dict
        Entries by PyRadiomics' names: text, numbers, tuples and dictionaries.
    """
    from radiomics.generalinfo import GeneralInfo

    info = GeneralInfo()
    info.addGeneralSettings(dict(plan.settings))
    info.addEnabledImageTypes(dict(plan.image_types))
    with tolerance(plan.settings.get("geometryTolerance")):
        mask = widened(labelled(region, plan.settings))
        info.addImageElements(image)
        info.addMaskElements(None, mask, INSIDE)
        ground, mask = loaded(image, mask, plan.settings, plan.ibsi)
        if None not in (plan.settings.get("interpolator"), plan.settings.get("resampledPixelSpacing")):
            info.addImageElements(ground, "interpolated")
            info.addMaskElements(ground, mask, INSIDE, "interpolated")
        prepared = prepare_on(ground, mask, plan.settings, plan.ibsi)
        if plan.settings.get("resegmentRange") is not None or plan.ibsi.outliers is not None:
            info.addMaskElements(ground, prepared.mask, INSIDE, "resegmented")
    entries: dict[str, Any] = info.getGeneralInfo()
    return entries
