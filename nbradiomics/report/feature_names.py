"""Image type and class of a feature, from its PyRadiomics name."""

from __future__ import annotations

import re
from collections.abc import Sequence

#: Classes of PyRadiomics, and families of the IBSI.
CLASSES = (
    *("shape", "shape2D", "firstorder", "glcm", "glrlm", "glszm", "gldm", "ngtdm"),
    *("morph", "loc", "stat", "ih", "ivh", "cm", "rlm", "szm", "dzm", "ngt", "ngl"),
)
OTHER = "other"


def feature_class(feature: str) -> str:
    """Return the class of a feature: ``glcm`` for ``original_glcm_Contrast``, ``other`` for other names."""
    return _parts(feature)[1]


def image_type(feature: str) -> str:
    """Return the image type of a feature: ``wavelet-LLH`` for ``wavelet-LLH_glcm_Energy``, else ``other``."""
    return _parts(feature)[0]


def plain_names(features: Sequence[str]) -> dict[str, str]:
    """Return a short name of each feature: its last part (``Sphericity``), if that differs from all others.

    Otherwise its class is part of it, or it is the whole name.
    """
    for words in (1, 2):
        short = {name: " ".join(name.split("_")[-words:]) for name in features}
        if len(set(short.values())) == len(set(features)):
            return short
    return {name: name for name in features}


def _parts(feature: str) -> tuple[str, str]:
    match = re.fullmatch(r"([^_]+)_([^_]+)_.+", feature)
    return (match[1], match[2]) if match and match[2] in CLASSES else (OTHER, OTHER)
