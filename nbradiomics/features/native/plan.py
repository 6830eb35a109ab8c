"""What a parameter file asks for, with PyRadiomics' defaults filled in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from nbradiomics.features.native.grid.preparation import INSIDE
from nbradiomics.features.parameters.ibsi import Ibsi
from nbradiomics.features.parameters.limits import Limits

#: What `RadiomicsFeatureExtractor` sets where a file says nothing.
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
    """What is to be computed.

    Attributes
    ----------
    settings
        PyRadiomics' settings; `label` is the binary region's.
    image_types
        Image types, in the file's order, each with settings of its own.
    classes
        Feature classes, in the file's order, each with the names of its features; none means all that are not
        deprecated.
    ibsi
        Where the IBSI is followed instead of PyRadiomics.
    limits
        The most that is computed.
    """

    settings: Mapping[str, Any]
    image_types: Mapping[str, Mapping[str, Any] | None]
    classes: Mapping[str, tuple[str, ...]]
    ibsi: Ibsi = field(default_factory=Ibsi)
    limits: Limits = field(default_factory=Limits)

    @classmethod
    def of(cls, content: Mapping[str, Any], ibsi: Ibsi | None = None, limits: Limits | None = None) -> Plan:
        """Read a parameter file's content, which has passed PyRadiomics' schema, and its own section."""
        from radiomics import getFeatureClasses

        settings = {**_DEFAULTS, **(content.get("setting") or {}), **(content.get("voxelSetting") or {})}
        classes = content.get("featureClass") or dict.fromkeys(getFeatureClasses())
        return cls(
            settings={**settings, "label": INSIDE},
            image_types=content.get("imageType") or {"Original": {}},
            classes={name: tuple(features or ()) for name, features in classes.items()},
            ibsi=ibsi or Ibsi(),
            limits=limits or Limits(),
        )
