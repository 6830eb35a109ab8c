"""Settings in a parameter file that have no effect."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from nbradiomics.features.parameters.file import Parameters

#: Settings that act before the filters, once for all images: an image type cannot have its own value.
_ONCE = (
    "minimumROIDimensions",
    "minimumROISize",
    "geometryTolerance",
    "correctMask",
    "additionalInfo",
    "label_channel",
    "normalize",
    "normalizeScale",
    "removeOutliers",
    "resampledPixelSpacing",
    "interpolator",
    "padDistance",
    "preCrop",
    "resegmentRange",
    "resegmentMode",
    "resegmentShape",
)
#: Settings that act only together with another setting, and the setting that they need.
_NEEDS = {
    "normalizeScale": "normalize: true",
    "removeOutliers": "normalize: true",
    "resegmentMode": "resegmentRange",
    "resegmentShape": "resegmentRange",
    "padDistance": "resampledPixelSpacing",
    "force2Ddimension": "force2D: true",
}
#: Settings that act on one image type only; below, on some classes only.
OF_TYPE = {
    "sigma": "LoG",
    "start_level": "Wavelet",
    "level": "Wavelet",
    "wavelet": "Wavelet",
    "gradientUseSpacing": "Gradient",
    "lbp2DRadius": "LBP2D",
    "lbp2DSamples": "LBP2D",
    "lbp2DMethod": "LBP2D",
    "lbp3DLevels": "LBP3D",
    "lbp3DIcosphereRadius": "LBP3D",
    "lbp3DIcosphereSubdivision": "LBP3D",
}
_OF_CLASS = {
    "symmetricalGLCM": ("glcm",),
    "weightingNorm": ("glcm", "glrlm"),
    "gldm_a": ("gldm",),
    "distances": ("glcm", "gldm", "ngtdm"),
}
#: Values with the same effect as leaving the setting out.
_DEFAULTS: Mapping[str, Any] = {
    "normalizeScale": 1,
    "padDistance": 5,
    "force2Ddimension": 0,
    "resegmentMode": "absolute",
    "distances": [1],
    "symmetricalGLCM": True,
    "gldm_a": 0,
    "gradientUseSpacing": True,
    "level": 1,
    "start_level": 0,
    "wavelet": "coif1",
}


def unused_settings(parameters: Parameters) -> list[str]:
    """Write a sentence for each setting that has no effect because something it needs is missing.

    PyRadiomics ignores such a setting without a warning. A setting that is empty, false
    or equal to its default is not named.
    """
    content = parameters.content
    setting = content.get("setting") or {}
    types = content.get("imageType") or {"Original": {}}
    classes = content.get("featureClass") or {}
    unused = [*_of_setting(setting, types, classes), *_of_types(types)]
    return [f"{key} has no effect: {reason}." for key, reason in unused]


def _of_setting(
    setting: Mapping[str, Any], types: Mapping[str, Any], classes: Mapping[str, Any]
) -> Iterator[tuple[str, str]]:
    for key, value in setting.items():
        if value is None or value is False or value == _DEFAULTS.get(key):
            continue
        if key in _NEEDS and not _has(setting, types, key):
            yield key, f"it needs {_NEEDS[key]}"
        if key in OF_TYPE and OF_TYPE[key] not in types:
            yield key, f"it applies to the image type {OF_TYPE[key]}, which is not requested"
        if key in _OF_CLASS and classes and not any(name in classes for name in _OF_CLASS[key]):
            yield key, f"it applies only to {', '.join(_OF_CLASS[key])}, and none of these is requested"
        if key == "binWidth" and setting.get("binCount") is not None:
            yield key, "binCount is set and overrides it"
        if key == "resampledPixelSpacing" and setting.get("interpolator", "") is None:
            yield key, "interpolator is empty, which turns resampling off"


def _has(setting: Mapping[str, Any], types: Mapping[str, Any], key: str) -> bool:
    needed = _NEEDS[key].removesuffix(": true")
    beside = {"padDistance": setting.get("preCrop"), "force2Ddimension": "LBP2D" in types}
    # An image type may have its own force2D.
    own = needed == "force2D" and any((settings or {}).get(needed) for settings in types.values())
    return bool(setting.get(needed) or beside.get(key) or own)


def _of_types(types: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for kind, own in types.items():
        for key in own or {}:
            if key in _ONCE:
                yield (
                    f"imageType.{kind}.{key}",
                    "it acts before the filters; set it under `setting`",
                )
            elif key in OF_TYPE and OF_TYPE[key] != kind:
                yield f"imageType.{kind}.{key}", f"it applies to the image type {OF_TYPE[key]}"
