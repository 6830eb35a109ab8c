"""The hash that tells whether two feature tables were made with the same parameters."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from nbradiomics.features.parameters.file import SECTION, Parameters

#: Settings that decide which masks are read or refused, or what is computed: they change no value.
_NO_VALUE = (
    "label",
    "label_channel",
    "geometryTolerance",
    "correctMask",
    "minimumROIDimensions",
    "minimumROISize",
    "additionalInfo",
    "enableCExtensions",
    "sigma",  # it is in the name of a feature
)
#: What PyRadiomics does without a setting.
DEFAULTS: Mapping[str, Any] = MappingProxyType(
    {
        "normalize": False,
        "normalizeScale": 1,
        "removeOutliers": None,
        "resampledPixelSpacing": None,
        "interpolator": "sitkBSpline",
        "preCrop": False,
        "padDistance": 5,
        "force2D": False,
        "force2Ddimension": 0,
        "resegmentRange": None,
        "resegmentMode": "absolute",
        "resegmentShape": False,
        "binWidth": 25,
        "binCount": None,
        "voxelArrayShift": 0,
        "distances": [1],
        "symmetricalGLCM": True,
        "weightingNorm": None,
        "gldm_a": 0,
    }
)
_LENGTH = 15


def value_settings(parameters: Parameters) -> dict[str, Any]:
    """The settings on which the values of features depend, each in one form.

    What is requested (classes, features, image types without settings of their own, the sigmas of LoG) is no
    part of them: a value does not depend on what else is computed, and two sites may request different
    features. Settings that equal PyRadiomics' defaults are left out, and 25 is 25.0.
    """
    content = parameters.content
    stated = {
        name: value
        for name, value in (content.get("setting") or {}).items()
        if name not in _NO_VALUE and not (name in DEFAULTS and value == DEFAULTS[name])
    }
    types = {
        kind: {name: value for name, value in (own or {}).items() if name not in _NO_VALUE}
        for kind, own in (content.get("imageType") or {}).items()
    }
    found: dict[str, Any] = {
        "setting": stated,
        "imageType": {kind: own for kind, own in types.items() if own},
    }
    if parameters.own.values:
        found[SECTION] = parameters.own.values
    plain: dict[str, Any] = _plain({name: part for name, part in found.items() if part})
    return plain


def values_hash(parameters: Parameters) -> str:
    """Hash of `value_settings`, for the column `parameters` of feature tables.

    It begins with a letter, so that no program reads it as a number.

    Examples
    --------
    >>> from nbradiomics.features.parameters import load_parameters
    >>> values_hash(load_parameters({"setting": {"binWidth": 25.0, "label": 2}}))
    'p44136fa355b3678'
    """
    text = json.dumps(value_settings(parameters), sort_keys=True)
    return f"p{hashlib.sha256(text.encode()).hexdigest()[:_LENGTH]}"


def _plain(value: Any) -> Any:
    """Write whole numbers as integers, and tuples as lists."""
    if isinstance(value, Mapping):
        return {str(name): _plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
