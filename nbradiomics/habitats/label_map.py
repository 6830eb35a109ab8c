"""Habitat and confidence of each voxel of a region."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nbradiomics.errors import InputError
from nbradiomics.habitats.clusters.model import HabitatModel
from nbradiomics.habitats.interaction import NO_VALUE
from nbradiomics.habitats.region_values import RegionValues

Array = NDArray[np.float64]

#: Distance from the mean of the fitting voxels, in standard deviations, beyond which a value is foreign to a
#: model.
FAR = 6.0
#: Largest share of such voxels in a region.
MOST_FAR = 0.5


@dataclass(frozen=True)
class Labelled:
    """Habitats of the valid voxels of a region.

    Attributes
    ----------
    shares
        Probability of each habitat (columns) for each valid voxel (rows).
    labels
        Most probable habitat of each valid voxel, from 1.
    confidence
        Its probability; not a number if the model has none (k-means).
    far
        Share of the valid voxels whose values are far from those that fitted the model.
    """

    shares: Array
    labels: NDArray[np.uint8]
    confidence: Array
    far: float

    def confident(self, least: float) -> NDArray[np.uint8]:
        """Labels of the voxels with at least this confidence (all if there is none), 0 for the others."""
        sure = np.isnan(self.confidence) | (self.confidence >= least)
        return np.where(sure, self.labels, 0).astype(np.uint8)


def labelled(region: RegionValues, model: HabitatModel) -> Labelled:
    """Give each valid voxel of a region its habitat.

    Raises
    ------
    InputError
        When the region has fewer valid voxels than the model has habitats, or most of its values are foreign
        to the model.
    """
    if len(region.values) < model.clusters:
        raise InputError(
            f"the region has {len(region.values)} voxel(s) with values; {model.clusters} habitats need as "
            "many or more.",
            "Check the mask, or leave the case out.",
        )
    distance = np.abs(model.standardised(region.values)).max(axis=1)
    far = float((distance > FAR).mean())
    if far > MOST_FAR:
        channels = ", ".join(
            f"{name or 'image'} {median:.3g} against {centre:.3g}"
            for name, median, centre in zip(
                model.channels, np.median(region.values, axis=0), model.centre, strict=True
            )
        )
        raise InputError(
            f"{100 * far:.0f} % of the voxels are more than {FAR:g} standard deviations from those that "
            f"fitted the model (median against the model's mean: {channels}).",
            "Prepare the images as those of the model: the same units and the same normalisation.",
        )
    shares = model.shares(region.values, region.errors)
    labels = (shares.argmax(axis=1) + 1).astype(np.uint8)
    confidence = shares.max(axis=1) if model.has_confidence else np.full(len(labels), np.nan)
    return Labelled(shares, labels, confidence, far)


def on_grid(region: RegionValues, values: NDArray[np.generic], outside: float, missing: float) -> Array:
    """Array of the image's grid, axes z, y, x, from the values of the valid voxels."""
    inside = np.full(len(region.valid), missing, dtype=np.float64)
    inside[region.valid] = values
    whole = np.full(region.inside.shape, outside, dtype=np.float64)
    whole[region.inside] = inside
    return whole


def label_array(region: RegionValues, labels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Label map: 0 outside, the habitat inside, `NO_VALUE` for voxels of the region without a value."""
    return on_grid(region, labels, 0, NO_VALUE).astype(np.uint8)
