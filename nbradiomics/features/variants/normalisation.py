"""Normalise a variant of an image as the image itself is normalised."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import SimpleITK as sitk

from nbradiomics.features.native.grid.intensities import normalised


@dataclass(frozen=True)
class Normalisation:
    """PyRadiomics' normalisation with mean and standard deviation of all voxels of one image.

    A variant may be a part of the image, or have noise: its own mean and standard deviation would change the
    scale of its intensities for no reason of the scanner.

    Attributes
    ----------
    settings
        PyRadiomics' settings.
    mean, deviation
        Of all voxels of the image.
    """

    settings: Mapping[str, Any]
    mean: float
    deviation: float

    @classmethod
    def of(cls, image: sitk.Image, settings: Mapping[str, Any]) -> Normalisation:
        """Read mean and standard deviation of an image, if the settings request a normalisation."""
        if not settings.get("normalize", False):
            return cls(settings, 0.0, 1.0)
        statistics = sitk.StatisticsImageFilter()
        statistics.Execute(image)
        return cls(settings, statistics.GetMean(), statistics.GetSigma())

    def original(self, image: sitk.Image) -> sitk.Image:
        """Normalise the image itself, by PyRadiomics' own function."""
        return normalised(image, self.settings)

    def variant(self, image: sitk.Image) -> sitk.Image:
        """Normalise a variant of the image; unchanged if the settings request no normalisation."""
        if not self.settings.get("normalize", False):
            return image
        voxels = sitk.GetArrayFromImage(image).astype(np.float64)
        voxels -= self.mean
        voxels /= self.deviation or 1.0
        most = self.settings.get("removeOutliers")
        if most is not None:
            np.clip(voxels, -most, most, out=voxels)
        voxels *= self.settings.get("normalizeScale", 1)
        result = sitk.GetImageFromArray(voxels)
        result.CopyInformation(image)
        return result
