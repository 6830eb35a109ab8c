"""Image type, class and short name of a feature, from the name of its column."""

from __future__ import annotations

import re
from collections.abc import Sequence

from nbradiomics.nomenclature.registry import CLASSES, FORMS, PYRADIOMICS, find

OTHER = "other"


def feature_class(feature: str) -> str:
    """Return the class of a feature: ``glcm`` for ``original_glcm_Contrast``, ``other`` for other names."""
    return _parts(feature)[1]


def image_type(feature: str) -> str:
    """Return the image type of a feature: ``wavelet-LLH`` for ``wavelet-LLH_glcm_Energy``, else ``other``."""
    return _parts(feature)[0]


def plain_names(features: Sequence[str]) -> dict[str, str]:
    """Return a short name of each feature, if it differs from all others: ``Sphericity``, ``Joint maximum``.

    Otherwise its class is part of it, or it is the whole name. Features of the IBSI's families have readable
    names, with the form of a texture.
    """
    for words in (1, 2):
        short = {name: _short(name, words) for name in features}
        if len(set(short.values())) == len(set(features)):
            return short
    return {name: name for name in features}


def _short(feature: str, words: int) -> str:
    """The last words of a name, class and feature."""
    named = find(feature)
    if named is None or named.entry.class_ in PYRADIOMICS:
        return " ".join(feature.split("_")[-words:])
    form = f" ({FORMS[named.form]})" if named.form else ""
    return " ".join((named.entry.class_, f"{named.entry.name}{form}")[-words:])


def _parts(feature: str) -> tuple[str, str]:
    match = re.fullmatch(r"([^_]+)_([^_]+)_.+", feature)
    return (match[1], match[2]) if match and match[2] in CLASSES else (OTHER, OTHER)
