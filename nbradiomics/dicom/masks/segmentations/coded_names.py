"""Standard names of coded concepts, from the dictionary of DICOM's own code sets."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from nbradiomics.dicom.values import items, text

#: Spellings of the schemes that pydicom's dictionary has.
_SCHEMES = {
    "SCT": "SCT",
    "SRT": "SRT",
    "SNM3": "SRT",
    "99SDM": "SRT",
    "DCM": "DCM",
    "FMA": "FMA",
    "NCIT": "NCIt",
}
_ASIDE = re.compile(r"\s*\([^)]*\)|\bstructure\b", re.IGNORECASE)


def coded_name(item: Any) -> str:
    """Name of a segment's coded type with its modifiers (``kidney-left``); empty if the code is not known.

    The meaning that is written beside the code may be anything and is not used.
    """
    types = items(item, "SegmentedPropertyTypeCodeSequence")
    if len(types) != 1:
        return ""
    modifiers = items(types[0], "SegmentedPropertyTypeModifierCodeSequence")
    names = [
        _name(text(one, "CodingSchemeDesignator"), text(one, "CodeValue")) for one in (*types, *modifiers)
    ]
    return "-".join(names) if all(names) else ""


def _name(scheme: str, value: str) -> str:
    scheme = _SCHEMES.get(scheme.upper(), "")
    return _names(scheme).get(value, "") if scheme else ""


@cache
def _names(scheme: str) -> dict[str, str]:
    from pydicom.sr.codedict import codes
    from pydicom.sr.coding import snomed_mapping

    if scheme == "SRT":
        names = _names("SCT")
        return {old: names[new] for old, new in snomed_mapping["SRT"].items() if new in names}
    concepts = getattr(codes, scheme).concepts.values()
    return {concept.value: _slug(concept.meaning) for concept in concepts}


def _slug(meaning: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", _ASIDE.sub("", meaning).lower()).strip("-")
