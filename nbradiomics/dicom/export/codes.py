"""Codes of regions, features, units and risks."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from nbradiomics.nomenclature.ibsi_codes import IBSI_CODES
from nbradiomics.nomenclature.registry import find

if TYPE_CHECKING:
    from highdicom.sr import CodedConcept

#: Scheme of features that the IBSI does not define, and of risks.
PRIVATE = "99NBRADIOMICS"
IBSI = "IBSI"
_LONGEST_CODE, _LONGEST_MEANING = 16, 64
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
    named = find(name)
    if named and named.image == "original":
        found = IBSI_CODES.get(named.entry.key)
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
    named = find(name)
    unit = named.entry.unit if named else ""
    code = {"": "1", "mm-1": "/mm"}.get(unit, unit)
    if code not in _UNITS:
        code = "[arb'U]"
    return code, "UCUM", _UNITS[code]
