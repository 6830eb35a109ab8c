"""Where the features of a table come from: PyRadiomics' classes, or the IBSI's families and filters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal, get_args

from nbradiomics.nomenclature.registry import PYRADIOMICS as CLASSES
from nbradiomics.tables.features import named_parts

#: Features of PyRadiomics; of families of the IBSI; of any class in the images of the IBSI's filters; others.
Origin = Literal["pyradiomics", "families", "filters", "other"]
PYRADIOMICS, FAMILIES, FILTERS, OTHER = ORIGINS = get_args(Origin)
#: How each origin is told, after a number of features.
_WORDS = {
    PYRADIOMICS: "of PyRadiomics' classes",
    FAMILIES: "of the IBSI's families",
    FILTERS: "in images of the IBSI's filters",
    OTHER: "with other names",
}
#: Parts of the names of features of the shape: PyRadiomics', and that of the IBSI's morphological family.
_SHAPES = ("shape_", "shape2D_", "morph_")
#: Features of that family that depend on intensities.
_OF_INTENSITIES = ("morph_com", "morph_integ_int", "morph_moran_i", "morph_geary_c")


def origin_of(column: str) -> Origin:
    """Say where a feature comes from, by its name.

    Examples
    --------
    >>> origin_of("original_glcm_Contrast"), origin_of("original_cm_contrast_3D_avg")
    ('pyradiomics', 'families')
    >>> origin_of("mean-5_glcm_Contrast")
    'filters'
    """
    parts = named_parts(column)
    if parts is None:
        return "other"
    if parts.of_ibsi_filter:
        return "filters"
    return "pyradiomics" if parts.class_ in CLASSES else "families"


def count_origins(columns: Iterable[str]) -> dict[str, int]:
    """Count features by their origin; origins without any are left out."""
    found = [origin_of(column) for column in columns]
    return {origin: found.count(origin) for origin in ORIGINS if origin in found}


def origins_in_words(counts: Mapping[str, int]) -> str:
    """Write counts of `count_origins` in words: ``851 of PyRadiomics' classes, 12 of the IBSI's ...``."""
    return ", ".join(f"{counts[origin]:,} {_WORDS[origin]}" for origin in ORIGINS if counts.get(origin))


def shape_names(features: Iterable[str]) -> tuple[str, ...]:
    """Return the names of features of the shape alone: measured on the mask, and not on the image."""
    return tuple(
        name
        for name in features
        if any(each in name for each in _SHAPES) and not name.endswith(_OF_INTENSITIES)
    )
