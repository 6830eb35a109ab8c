"""What a feature's name tells in PyRadiomics' way of naming: image type and class."""

from __future__ import annotations

import re

CLASSES = ("shape", "shape2D", "firstorder", "glcm", "glrlm", "glszm", "gldm", "ngtdm")
OTHER = "other"


def feature_class(feature: str) -> str:
    """Class of a feature: ``glcm`` of ``original_glcm_Contrast``; else ``other``."""
    return _parts(feature)[1]


def image_type(feature: str) -> str:
    """Image that a feature is computed on, ``wavelet-LLH`` of ``wavelet-LLH_glcm_Energy``; else ``other``."""
    return _parts(feature)[0]


def _parts(feature: str) -> tuple[str, str]:
    match = re.fullmatch(r"([^_]+)_([^_]+)_.+", feature)
    return (match[1], match[2]) if match and match[2] in CLASSES else (OTHER, OTHER)
