"""Measure the families that a plan requests: once in the image before the filters, and in every image."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbradiomics.features.ibsi_names.families import DEFAULT_AGGREGATION, FAMILIES
from nbradiomics.features.ibsi_names.textures import TEXTURE_FAMILIES
from nbradiomics.features.native.grid.preparation import INSIDE, Box, Prepared, crops
from nbradiomics.features.native.ibsi.distribution import statistical_features
from nbradiomics.features.native.ibsi.histogram import histogram_features
from nbradiomics.features.native.ibsi.local_intensity import local_intensity_features
from nbradiomics.features.native.ibsi.morphology import IntensityMask, morphology_features
from nbradiomics.features.native.ibsi.textures.families import Outline, texture_families
from nbradiomics.features.native.ibsi.volume_histogram import (
    Levels,
    levels_of_number,
    levels_of_width,
    volume_histogram_features,
    whole_levels,
)
from nbradiomics.features.native.levels.grey_levels import DiscreteRegion
from nbradiomics.features.parameters.families import ARBITRARY_UNITS, RADIUS, Families, require_ball_within
from nbradiomics.features.parameters.limits import Limits, require_bins

#: Note of an image whose intensities are not whole numbers, which `absence` looks for.
NOT_WHOLE = "ivh: none needs intensities that are whole numbers, which those of the {} image are not"


@dataclass(frozen=True)
class Voxels:
    """Intensities of a region in one image.

    Attributes
    ----------
    values
        Shape (n,), finite.
    levels
        Grey levels of the region's box.
    counts
        Voxels of each level that occurs.
    """

    values: NDArray[np.float64]
    levels: DiscreteRegion
    counts: NDArray[np.int64]


def measure_once(prepared: Prepared, families: Families, settings: Mapping[str, Any]) -> dict[str, float]:
    """Measure `morph` and `loc`, if they are requested.

    Parameters
    ----------
    prepared
        Image and masks on the grid of the features.
    families
        What to measure.
    settings
        PyRadiomics' settings, for the part of the image that was kept around the mask.

    Returns
    -------
    dict
        Value by tag of the IBSI, as `morph_com`.

    Raises
    ------
    InputError
        When too little of the image was kept for `loc`.
    """
    x, y, z = prepared.image.GetSpacing()
    spacing = (z, y, x)
    region = prepared.region
    values: dict[str, float] = {}
    if "morph" in families.names:
        whole = prepared.shape_box.crop(prepared.shape_mask) == INSIDE
        image = region.box.crop(prepared.image).astype(np.float64)
        found = morphology_features(whole, IntensityMask(image, region.inside, region.start), spacing)
        values |= _named("morph", found)
    if "loc" in families.names:
        if crops(settings):
            require_ball_within("the parameters", min(spacing), settings)
        values |= _named("loc", _local_intensity(prepared, spacing))
    return values


def _local_intensity(prepared: Prepared, spacing: tuple[float, float, float]) -> dict[str, float]:
    """Measure `loc` in the part of the image that the balls around the region's voxels reach."""
    box = prepared.box
    size = prepared.image.GetSize()[::-1]
    reach = [int(RADIUS / edge) for edge in spacing]
    lower = [max(low - far, 0) for low, far in zip(box.lower, reach, strict=True)]
    upper = [min(high + far, end - 1) for high, far, end in zip(box.upper, reach, size, strict=True)]
    around = Box((lower[0], lower[1], lower[2]), (upper[0], upper[1], upper[2]))
    image = around.crop(prepared.image).astype(np.float64)
    inside = around.crop(prepared.mask) == INSIDE
    return local_intensity_features(image, np.flatnonzero(inside), spacing)


def measure_families(
    name: str,
    voxels: Voxels,
    families: Families,
    settings: Mapping[str, Any],
    limits: Limits,
    outline: Outline | None = None,
) -> tuple[dict[str, float], tuple[str, ...]]:
    """Measure the requested families in one image, except `morph` and `loc`.

    Parameters
    ----------
    name
        Name of the image.
    voxels
        The region in this image.
    families
        What to measure.
    settings
        PyRadiomics' settings, for the limits of re-segmentation.
    limits
        Largest numbers that are computed.
    outline
        Morphological mask.

    Returns
    -------
    dict, tuple of str
        Value by tag of the IBSI, in the order of `FAMILIES`, and notes about what has no value.
    """
    values: dict[str, float] = {}
    notes: tuple[str, ...] = ()
    if "stat" in families.names:
        values |= _named("stat", statistical_features(voxels.values))
    if "ih" in families.names:
        values |= _named("ih", histogram_features(voxels.levels.present, voxels.counts))
    if "ivh" in families.names:
        levels = _volume_levels(name, voxels.values, families, settings, limits)
        if levels is None:
            notes = (NOT_WHOLE.format(name),)
            values |= _named("ivh", dict.fromkeys(FAMILIES["ivh"], np.nan))
        else:
            values |= _named("ivh", volume_histogram_features(levels))
    textures = [family for family in families.names if family in TEXTURE_FAMILIES]
    if textures:
        forms = families.aggregation or DEFAULT_AGGREGATION
        values |= texture_families(voxels.levels, textures, forms, outline=outline)
    return values, notes


def _volume_levels(
    name: str,
    values: NDArray[np.float64],
    families: Families,
    settings: Mapping[str, Any],
    limits: Limits,
) -> Levels | None:
    """Divide intensities for `ivh`; ``None`` if they should be whole numbers and are not."""
    bins = families.ivh
    # A filter gives intensities of arbitrary units, whatever those of the image were.
    if bins.number is not None or name != "original":
        return levels_of_number(values, bins.number or ARBITRARY_UNITS)
    lower, upper = _limits(settings)
    low, high = (values.min() if lower is None else lower), (values.max() if upper is None else upper)
    require_bins(low, high, {"binWidth": bins.width or 1.0}, limits, "original")
    if bins.width is not None:
        return levels_of_width(values, bins.width, lower, upper)
    return whole_levels(values, lower, upper)


def _limits(settings: Mapping[str, Any]) -> tuple[float | None, float | None]:
    """Return the limits of an absolute re-segmentation range, where they exist."""
    limits = settings.get("resegmentRange")
    if not limits or settings.get("resegmentMode", "absolute") != "absolute":
        return None, None
    return float(min(limits)), float(max(limits)) if len(limits) > 1 else None


def _named(family: str, values: Mapping[str, float]) -> dict[str, float]:
    """Name the values of a family in the order of its features."""
    return {f"{family}_{name}": values[name] for name in FAMILIES[family]}
