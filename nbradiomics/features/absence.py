"""Features that were asked for and have no number: each with a reason of its own."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nbradiomics.features.engines.extraction import Extraction
from nbradiomics.features.parameters import Parameters
from nbradiomics.features.parameters.expected import NO_SIGMA, expected_features, log_name

#: Features that PyRadiomics retired, each with the one that has the same value.
_RETIRED = {
    "glcm_Dissimilarity": "DifferenceAverage",
    "glcm_Homogeneity1": "Id",
    "glcm_Homogeneity2": "Idm",
    "glcm_SumVariance": "ClusterTendency",
    "gldm_GrayLevelNonUniformityNormalized": "Uniformity of firstorder",
    "gldm_DependencePercentage": "",
}
_NO_PAIRS = "no two voxels of the region are neighbours as the settings ask (distances, force2D)"
#: Why a feature has no value in a region; beginnings of ``class_Feature``, the longest that fits counts.
_UNDEFINED = {
    "firstorder_RobustMeanAbsoluteDeviation": (
        "no voxel of the region lies between its 10th and 90th percentile, as in a region of a few voxels"
    ),
    "glcm_": _NO_PAIRS,
    "glrlm_": "the region has no extent in the directions that force2D leaves",
}
#: What NumPy says of the matrices of a region without pairs: no more than that the value is undefined.
_NO_MATRIX = "numpy.linalg.LinAlgError"


def absent_features(parameters: Parameters, extraction: Extraction, voxels: int) -> dict[str, str]:
    """Why features that were asked for have no number.

    Parameters
    ----------
    parameters
        What was asked for.
    extraction
        What the engine gave, with its notes.
    voxels
        Size of the region that it was given.

    Returns
    -------
    dict
        Reason by the name of the feature; empty where everything was measured.
    """
    values = extraction.values
    names = dict.fromkeys((*expected_features(parameters), *values))
    absent = [name for name in names if math.isnan(values.get(name, math.nan))]
    if not absent:
        return {}
    why = _Why(parameters, extraction, {name.split("_")[0] for name in values}, voxels)
    return {name: why.of(name) for name in absent}


def unmeasurable(parameters: Parameters) -> dict[str, list[str]]:
    """Features that are asked for and that no region can get, by the reason: a LoG without sigma, for one."""
    found: dict[str, list[str]] = {}
    for name in expected_features(parameters):
        why = _certain(name, parameters)
        if why:
            found.setdefault(why, []).append(name)
    return found


def _certain(name: str, parameters: Parameters) -> str:
    """Reason that no image and no region changes; empty where there is none."""
    image, of, feature = name.split("_")
    if image == log_name(NO_SIGMA):
        return "LoG has no sigma: give it, such as `LoG: {sigma: [2.0, 4.0]}`"
    if of == "shape2D" and not (parameters.content.get("setting") or {}).get("force2D", False):
        return "shape2D needs `force2D: true` in the parameter file"
    same = _RETIRED.get(f"{of}_{feature}")
    if same is None:
        return ""
    instead = f"it is the same as {same}; ask for that" if same else "it is 1 in every region"
    return f"{feature} is retired in PyRadiomics, which gives no value: {instead}"


@dataclass(frozen=True)
class _Why:
    """What decides about a reason: parameters, what the engine gave, the images that were made, voxels."""

    parameters: Parameters
    extraction: Extraction
    images: set[str]
    voxels: int

    def of(self, name: str) -> str:
        """Reason of one feature."""
        image, of, feature = name.split("_")
        if of == "shape2D" and (why := self._not_flat()):
            return why
        # An image of which nothing but retired features was asked for has no value, and was made.
        if image not in self.images and image != "original" and (why := self._unmade(image)):
            return why
        return _certain(name, self.parameters) or self._undefined(f"{of}_{feature}")

    @property
    def _settings(self) -> Mapping[str, Any]:
        return self.parameters.content.get("setting") or {}

    def _not_flat(self) -> str:
        if any("cannot calculate 2D shape" in note for note in self.extraction.notes):
            axis = self._settings.get("force2Ddimension", 0)
            return (
                f"shape2D is for a flat region across force2Ddimension {axis}, and PyRadiomics leaves it out "
                "of this one"
            )
        return ""

    def _unmade(self, image: str) -> str:
        """Why a filter gave no image; empty where nothing says that it did not."""
        if image.startswith("log-sigma"):
            return self._no_laplacian(image)
        if image.startswith("lbp"):
            kind = "LBP 2D" if image == "lbp-2D" else "LBP 3D"
            return next(
                (f"the filter gave no image: {note}" for note in self.extraction.notes if kind in note), ""
            )
        return ""

    def _no_laplacian(self, image: str) -> str:
        for note in self.extraction.notes:
            said = re.match(r"applyLoG: sigma\(([^)]*)\)", note)
            if note.startswith("Image too small to apply LoG"):
                return f"the image is too small for LoG, which needs 4 voxels along each axis ({note})"
            # The note rounds sigma as `%g` does.
            if said and f"{float(_sigma(image)):g}" == said[1]:
                cut = self._settings.get("resampledPixelSpacing") or self._settings.get("preCrop")
                what = "the image, cropped around the mask," if cut else "the image"
                return f"{what} is too small for LoG with sigma {said[1]} mm ({note})"
        return ""

    def _undefined(self, feature: str) -> str:
        everything = self.extraction.broken
        broken = everything.get(feature) or everything.get("", "")
        if broken and not broken.startswith(_NO_MATRIX):
            return f"PyRadiomics broke off in it: {broken}"
        fitting = [start for start in _UNDEFINED if feature.startswith(start)]
        if fitting:
            return f"{_UNDEFINED[max(fitting, key=len)]} ({self.voxels} voxels)"
        return f"it is undefined in this region of {self.voxels} voxels"


def _sigma(image: str) -> str:
    return image.removeprefix("log-sigma-").removesuffix("-mm-3D").replace("-", ".", 1)
