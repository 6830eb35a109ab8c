"""An image and a region on the grid of the features, ready for a change of voxels.

Voxels are changed after the image is normalised and resampled: interpolation would smooth a region that was
shuffled before, so that neither its histogram nor its texture were those that the control is meant to have.
What is measured afterwards needs no normalisation and no resampling.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from nbradiomics.errors import InputError
from nbradiomics.features.engines.pyradiomics_engine import refusal
from nbradiomics.features.extract import require_finite, require_two_voxels
from nbradiomics.features.grid_cost import require_affordable
from nbradiomics.features.native.grid.intensities import normalised
from nbradiomics.features.native.grid.mask_checks import INSIDE
from nbradiomics.features.native.grid.preparation import crops, labelled, loaded, prepare_on, tolerance
from nbradiomics.features.native.grid.spline import Source
from nbradiomics.features.native.plan import Plan
from nbradiomics.features.native.several_regions import source_of
from nbradiomics.features.notes import listening
from nbradiomics.features.parameters import Parameters
from nbradiomics.features.parameters.families import require_ball_within
from nbradiomics.features.refusals import explained

#: Settings of what is done when a region is on the grid of the features.
_DONE = ("normalize", "resampledPixelSpacing", "preCrop")


@dataclass(frozen=True)
class OnGrid:
    """An image and a region on the grid of the features.

    Attributes
    ----------
    image
        Normalised, resampled and cropped, as the parameters request.
    region
        The region of the shape features, 1 inside.
    measured
        Voxels whose intensities are measured, axes z, y, x: those that a re-segmentation leaves.
    """

    image: sitk.Image
    region: sitk.Image
    measured: NDArray[np.bool_]

    @property
    def values(self) -> NDArray[np.generic]:
        """Values of the voxels that are measured."""
        return np.asarray(sitk.GetArrayViewFromImage(self.image)[self.measured])

    def with_values(self, values: NDArray[np.generic]) -> sitk.Image:
        """Return the image with other values in the voxels that are measured."""
        voxels = sitk.GetArrayFromImage(self.image)
        voxels[self.measured] = values
        changed = sitk.GetImageFromArray(voxels)
        changed.CopyInformation(self.image)
        return changed


class FeatureGrid:
    """Brings the regions of one image onto the grid of the features, with the steps of the extraction.

    Parameters
    ----------
    image
        Three-dimensional.
    parameters
        Parameters of the extraction.
    name
        Name of the image in messages.
    """

    def __init__(self, image: sitk.Image, parameters: Parameters, name: str) -> None:
        require_finite(image, name)
        self.parameters = parameters
        plan = Plan.of(parameters)
        with listening(), tolerance(plan.settings.get("geometryTolerance")):
            self.normalised = normalised(image, plan.settings)
        self._plan = replace(plan, settings={**plan.settings, "normalize": False})
        self._source: Source | None = source_of(self.normalised, self._plan)

    @property
    def rest(self) -> Parameters:
        """Parameters of what is left to do on this grid."""
        content = dict(self.parameters.content)
        for section in {"setting", "voxelSetting"} & set(content):
            content[section] = {k: v for k, v in (content[section] or {}).items() if k not in _DONE}
        return replace(self.parameters, content=content)

    def of(self, region: sitk.Image, name: str) -> OnGrid:
        """Bring a region onto the grid.

        Raises
        ------
        InputError
            When the region is refused, as in an extraction.
        """
        require_two_voxels(region, name)
        require_affordable(region, self.parameters)
        settings, ibsi = self._plan.settings, self._plan.ibsi
        whole = {**settings, "resegmentRange": None}
        with listening(), tolerance(settings.get("geometryTolerance")):
            try:
                image, mask = loaded(
                    self.normalised, labelled(region, settings), settings, ibsi, self._source
                )
                mask = prepare_on(image, mask, whole, replace(ibsi, outliers=None)).mask
                kept = prepare_on(image, mask, settings, ibsi).mask
            except (ValueError, RuntimeError) as error:
                refused = error if isinstance(error, InputError) else refusal(error)
                raise explained(refused, self.normalised, region, self.parameters) from error
        if "loc" in self.parameters.own.families.names and crops(settings):
            require_ball_within(name, min(image.GetSpacing()), settings)
        measured = np.asarray(sitk.GetArrayViewFromImage(kept) == INSIDE)
        return OnGrid(image, sitk.Cast(mask == INSIDE, sitk.sitkUInt8), measured)
