"""The content of a parameter file with PyRadiomics' defaults filled in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from nbradiomics.features.native.grid.mask_checks import INSIDE
from nbradiomics.features.parameters import Parameters
from nbradiomics.features.parameters.families import Families
from nbradiomics.features.parameters.filters.types import Filter
from nbradiomics.features.parameters.ibsi import Ibsi
from nbradiomics.features.parameters.limits import Limits
from nbradiomics.features.parameters.names import FEATURES

#: Defaults that `RadiomicsFeatureExtractor` sets for missing settings.
_DEFAULTS: dict[str, Any] = {
    "minimumROIDimensions": 2,
    "minimumROISize": None,
    "normalize": False,
    "normalizeScale": 1,
    "removeOutliers": None,
    "resampledPixelSpacing": None,
    "interpolator": "sitkBSpline",
    "preCrop": False,
    "padDistance": 5,
    "distances": [1],
    "force2D": False,
    "force2Ddimension": 0,
    "resegmentRange": None,
}


@dataclass(frozen=True)
class Plan:
    """Settings, images and features to compute.

    Attributes
    ----------
    settings
        PyRadiomics' settings; `label` is the label of the binary region.
    image_types
        Image types, in the file's order, each with its own settings.
    classes
        Feature classes, in the file's order, each with the names of its features; no names mean all features
        that are not deprecated.
    ibsi
        Switches that follow the IBSI instead of PyRadiomics.
    limits
        Largest numbers that are computed.
    families
        Families of the IBSI that are measured beside the classes.
    filters
        Filters of the IBSI whose images are measured after the image types.
    """

    settings: Mapping[str, Any]
    image_types: Mapping[str, Mapping[str, Any] | None]
    classes: Mapping[str, tuple[str, ...]]
    ibsi: Ibsi = field(default_factory=Ibsi)
    limits: Limits = field(default_factory=Limits)
    families: Families = field(default_factory=Families)
    filters: tuple[Filter, ...] = ()

    @classmethod
    def of(cls, parameters: Parameters) -> Plan:
        """Make the plan of a valid parameter file, with all of its section `nbradiomics`."""
        content, own = parameters.content, parameters.own
        settings = {**_DEFAULTS, **(content.get("setting") or {}), **(content.get("voxelSetting") or {})}
        classes = content.get("featureClass") or dict.fromkeys(FEATURES)
        return cls(
            settings={**settings, "label": INSIDE},
            image_types=content.get("imageType") or {"Original": {}},
            classes={name: tuple(features or ()) for name, features in classes.items()},
            ibsi=own.ibsi,
            limits=parameters.limits,
            families=own.families,
            filters=own.filters,
        )
