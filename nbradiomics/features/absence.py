"""Reasons why requested features have no value."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nbradiomics.features.engines.extraction import Extraction
from nbradiomics.features.parameters import Parameters
from nbradiomics.features.parameters.expected import NO_SIGMA, expected_features, log_name

#: Features that are retired in PyRadiomics, each with the feature that has the same value.
_RETIRED = {
    "glcm_Dissimilarity": "DifferenceAverage",
    "glcm_Homogeneity1": "Id",
    "glcm_Homogeneity2": "Idm",
    "glcm_SumVariance": "ClusterTendency",
    "gldm_GrayLevelNonUniformityNormalized": "Uniformity of firstorder",
    "gldm_DependencePercentage": "",
}
_ONE_INTENSITY = "all voxels of the region have the same intensity"
_FLAT = "the region has no extent along one of its axes"
_ZERO_MEAN = "the intensities of the region sum up to 0"
_NO_PAIRS = "no two voxels of the region are neighbours under the settings distances and force2D"
_ONE_LEVEL = "all voxels of the region that are neighbours in this form have the same grey level"
#: Features of co-occurrence that have no value if there is one grey level.
_NEED_LEVELS = ("cm_corr", "cm_info_corr1")
_NONE_BETWEEN = (
    "no voxel of the region lies between its 10th and 90th percentile, as can happen in a small region"
)
#: Why a feature has no value in a region, by prefixes of ``class_Feature``; the longest matching one is used.
_UNDEFINED = {
    "firstorder_RobustMeanAbsoluteDeviation": _NONE_BETWEEN,
    "stat_rmad": _NONE_BETWEEN,
    "ih_rmad": _NONE_BETWEEN,
    "glcm_": _NO_PAIRS,
    "glrlm_": "the region has no extent in the directions that remain with force2D",
    "morph_com": _ZERO_MEAN,
    "morph_moran_i": _ONE_INTENSITY,
    "morph_geary_c": _ONE_INTENSITY,
    "morph_vol_dens_aee": _FLAT,
    "morph_area_dens_aee": _FLAT,
    "morph_pca_": "the region has a single voxel",
    "stat_cov": _ZERO_MEAN,
    "stat_qcod": "the quartiles of the intensities sum up to 0",
    "ih_max_grad": "the region has a single grey level",
    "ih_min_grad": "the region has a single grey level",
    "ivh_": _ONE_INTENSITY,
    "ngt_": "no voxel has a neighbour of another grey level in the region in this form",
    "cm_": "no two voxels of the region are neighbours in this form",
}
#: NumPy's error for the matrices of a region without pairs: it only means that the value is undefined.
_NO_MATRIX = "numpy.linalg.LinAlgError"


def is_complete(parameters: Parameters, extraction: Extraction) -> bool:
    """Whether every requested feature has a value."""
    values = extraction.values
    return not any(map(math.isnan, values.values())) and values.keys() >= set(expected_features(parameters))


def absent_features(parameters: Parameters, extraction: Extraction, voxels: int) -> dict[str, str]:
    """Return the reason for each requested feature that has no value.

    Parameters
    ----------
    parameters
        Parameters that request the features.
    extraction
        Result of the engine, with its notes.
    voxels
        Number of voxels of the region.

    Returns
    -------
    dict
        Reason by the name of the feature; empty if every feature has a value.
    """
    values = extraction.values
    names = dict.fromkeys((*expected_features(parameters), *values))
    absent = [name for name in names if math.isnan(values.get(name, math.nan))]
    if not absent:
        return {}
    reasons = _Reasons(parameters, extraction, {name.split("_")[0] for name in values}, voxels)
    return {name: reasons.of(name) for name in absent}


def unmeasurable(parameters: Parameters) -> dict[str, list[str]]:
    """Group requested features that no region can have by the reason, for example a LoG without sigma."""
    groups: dict[str, list[str]] = {}
    for name in expected_features(parameters):
        reason = _certain(name, parameters)
        if reason:
            groups.setdefault(reason, []).append(name)
    return groups


def _certain(name: str, parameters: Parameters) -> str:
    """Return a reason that does not depend on image and region; empty if there is none."""
    image, class_name, feature = name.split("_", 2)
    if image == log_name(NO_SIGMA):
        return "LoG has no sigma: add it, for example `LoG: {sigma: [2.0, 4.0]}`"
    if class_name == "shape2D" and not (parameters.content.get("setting") or {}).get("force2D", False):
        return "shape2D needs `force2D: true` in the parameter file"
    same = _RETIRED.get(f"{class_name}_{feature}")
    if same is None:
        return ""
    instead = f"it equals {same}; request that feature" if same else "it is 1 in every region"
    return f"{feature} is retired in PyRadiomics and has no value: {instead}"


@dataclass(frozen=True)
class _Reasons:
    """Find reasons from the parameters, the engine's result, the images that were made, and the voxels."""

    parameters: Parameters
    extraction: Extraction
    images: set[str]
    voxels: int

    def of(self, name: str) -> str:
        """Return the reason of one feature."""
        image, class_name, feature = name.split("_", 2)
        if class_name == "shape2D" and (reason := self._not_flat()):
            return reason
        # If only retired features of an image were requested, it was made but has no value.
        if image not in self.images and image != "original" and (reason := self._unmade(image)):
            return reason
        if self._has_one_level(name):
            return f"{_ONE_LEVEL} ({self.voxels} voxels)"
        return _certain(name, self.parameters) or self._undefined(f"{class_name}_{feature}")

    def _has_one_level(self, name: str) -> bool:
        """Whether a feature of co-occurrence has pairs of one level alone: their contrast is 0."""
        for lacking in _NEED_LEVELS:
            if f"_{lacking}_" in name:
                return self.extraction.values.get(name.replace(f"_{lacking}_", "_cm_contrast_")) == 0.0
        return False

    @property
    def _settings(self) -> Mapping[str, Any]:
        return self.parameters.content.get("setting") or {}

    def _not_flat(self) -> str:
        if any("cannot calculate 2D shape" in note for note in self.extraction.notes):
            axis = self._settings.get("force2Ddimension", 0)
            return (
                f"shape2D needs a region with one slice along force2Ddimension {axis}; PyRadiomics leaves it "
                "out for this region"
            )
        return ""

    def _unmade(self, image: str) -> str:
        """Return why a filter made no image; empty if no note reports it."""
        if image.startswith("log-sigma"):
            return self._no_laplacian(image)
        if image.startswith("lbp"):
            kind = "LBP 2D" if image == "lbp-2D" else "LBP 3D"
            return next(
                (f"the filter made no image: {note}" for note in self.extraction.notes if kind in note), ""
            )
        return ""

    def _no_laplacian(self, image: str) -> str:
        for note in self.extraction.notes:
            match = re.match(r"applyLoG: sigma\(([^)]*)\)", note)
            if re.match(r"Image too small to apply LoG.*\b1 *\]", note):
                return (
                    "the image has one slice, and PyRadiomics' LoG is a filter of three dimensions: leave "
                    "LoG out for such images"
                )
            if note.startswith("Image too small to apply LoG"):
                return f"the image is too small for LoG, which needs 4 voxels along each axis ({note})"
            # The note rounds sigma as `%g` does.
            if match and f"{float(_sigma(image)):g}" == match[1]:
                cropped = self._settings.get("resampledPixelSpacing") or self._settings.get("preCrop")
                subject = "the image, cropped around the mask," if cropped else "the image"
                return f"{subject} is too small for LoG with sigma {match[1]} mm ({note})"
        return ""

    def _undefined(self, feature: str) -> str:
        errors = self.extraction.broken
        error = errors.get(feature) or errors.get("", "")
        if error and not error.startswith(_NO_MATRIX):
            return f"PyRadiomics failed to compute it: {error}"
        if feature.startswith("ivh_"):
            for note in self.extraction.notes:
                if note.startswith("ivh: "):
                    return f"{note}; use `ivh: {{binCount: 1000}}` or a binWidth"
        matching = [prefix for prefix in _UNDEFINED if feature.startswith(prefix)]
        if matching:
            return f"{_UNDEFINED[max(matching, key=len)]} ({self.voxels} voxels)"
        return f"it is undefined in this region of {self.voxels} voxels"


def _sigma(image: str) -> str:
    return image.removeprefix("log-sigma-").removesuffix("-mm-3D").replace("-", ".", 1)
