"""Codes of regions, features, units and risks."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from nbradiomics.nomenclature.ibsi_codes import IBSI_CODES

if TYPE_CHECKING:
    from highdicom.sr import CodedConcept

#: Scheme of features that the IBSI does not define, and of risks.
PRIVATE = "99NBRADIOMICS"
IBSI = "IBSI"
_LONGEST_CODE, _LONGEST_MEANING = 16, 64
#: Units of the features of a shape, by the end of their names (UCUM).
_SHAPE_UNITS = {
    "MeshVolume": "mm3",
    "VoxelVolume": "mm3",
    "SurfaceArea": "mm2",
    "MeshSurface": "mm2",
    "PixelSurface": "mm2",
    "Perimeter": "mm",
    "SurfaceVolumeRatio": "/mm",
    "PerimeterSurfaceRatio": "/mm",
}
_LENGTH = re.compile(r"(Maximum[23]DDiameter\w*|MaximumDiameter|(Major|Minor|Least)AxisLength)")
#: First-order features without a unit; all others have that of the image, or a power of it.
_PLAIN_FIRST_ORDER = ("Entropy", "Uniformity", "Skewness", "Kurtosis")
_NAME = re.compile(
    r"(?P<image>.+)_(?P<family>shape|shape2D|firstorder|gl[cd]m|glrlm|glszm|ngtdm)_(?P<own>\w+)"
)
#: Units of the features of the IBSI's families; those without an entry have none.
_FAMILY_UNITS = (
    (re.compile(r"[^_]+_morph_(volume|vol_approx)"), "mm3"),
    (re.compile(r"[^_]+_morph_area_mesh"), "mm2"),
    (re.compile(r"[^_]+_morph_av"), "/mm"),
    (re.compile(r"[^_]+_morph_(com|diam|pca_(maj|min|least)_axis)"), "mm"),
    (re.compile(r"[^_]+_(morph_integ_int|loc_\w+|stat_(?!skew|kurt|cov|qcod)\w+)"), "[arb'U]"),
    (re.compile(r"[^_]+_ivh_(i10|i90|diff_i10_i90)"), "[arb'U]"),
)
_UNITS = {
    "mm": "mm",
    "mm2": "square millimeter",
    "mm3": "cubic millimeter",
    "/mm": "per millimeter",
    "1": "no units",
    "[arb'U]": "arbitrary unit",
}


def concept(code: str, scheme: str, meaning: str) -> CodedConcept:
    """Make a code as a DICOM object holds it."""
    from highdicom.sr import CodedConcept

    return CodedConcept(code, scheme, meaning)


def snomed(text: str) -> CodedConcept:
    """Make a SNOMED CT code from ``CODE=MEANING``."""
    code, _, meaning = text.partition("=")
    return concept(code, "SCT", meaning)


def feature_code(name: str) -> tuple[str, str, str]:
    """Code, scheme and meaning of a feature.

    A feature of the original image that the IBSI defines as PyRadiomics computes it has the IBSI's code. All
    others, those of filtered images included, have a private code with their whole name as meaning.
    """
    match = _NAME.fullmatch(name)
    if match and match["image"] == "original":
        found = IBSI_CODES.get(f"{match['family']}_{match['own']}")
        if found:
            return found[0], IBSI, found[1]
    return private_code(name)


def private_code(name: str) -> tuple[str, str, str]:
    """Private code of a name: the name itself if it is short, else made from its SHA-256."""
    digest = hashlib.sha256(name.encode("utf-8", "backslashreplace")).hexdigest()
    plain = re.fullmatch(rf"[\w.-]{{1,{_LONGEST_CODE}}}", name, re.ASCII)
    code = name if plain else f"h{digest[: _LONGEST_CODE - 1]}"
    meaning = re.sub(r"[\\\x00-\x1f]", "?", name).strip() or code
    if len(meaning) > _LONGEST_MEANING:
        meaning = f"{meaning[: _LONGEST_MEANING - 13]}~{digest[:12]}"
    return code, PRIVATE, meaning


def unit_of(name: str) -> tuple[str, str, str]:
    """Unit of a feature, in UCUM: code, scheme and meaning.

    Intensities, and powers of them, have an arbitrary unit: the table does not say whether the image was
    normalised before they were measured.
    """
    match = _NAME.fullmatch(name)
    family, own = (match["family"], match["own"]) if match else ("", "")
    code = next((unit for names, unit in _FAMILY_UNITS if names.fullmatch(name)), "1")
    if family.startswith("shape"):
        code = "mm" if _LENGTH.fullmatch(own) else _SHAPE_UNITS.get(own, "1")
    elif family == "firstorder" and own not in _PLAIN_FIRST_ORDER:
        code = "[arb'U]"
    return code, "UCUM", _UNITS[code]
