"""Texts of structure sets and segmentations by which rules name regions and readers, for the terminal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nbradiomics.dicom.discreet import discreet
from nbradiomics.dicom.elements import items_of, text_of
from nbradiomics.dicom.headers import read_header

#: Elements by the words of the section `masks` of the rules.
_ELEMENTS = {
    "label": ("StructureSetLabel", "ContentLabel"),
    "name": ("StructureSetName", "ContentDescription"),
    "description": ("SeriesDescription",),
    "creator": ("ContentCreatorName", "OperatorsName"),
    "approval": ("ApprovalStatus",),
}


def texts_of_masks(path: Path) -> list[str]:
    """Texts of a structure set or segmentation, such as ``label 'T2_A'`` and ``regions 'GTV', 'liver'``.

    Returns
    -------
    list of str
        They may name persons: they are for the terminal of the user only.
    """
    try:
        with discreet():
            data = read_header(path)
            regions = _regions(data)
            found = {word: _first(data, keywords) for word, keywords in _ELEMENTS.items()}
            interpreters = {text_of(item, "ROIInterpreter") for item in _observations(data)} - {""}
    except Exception:  # pydicom raises exceptions of many classes; the ingest says what is wrong
        return ["[cannot be read]"]
    if len(interpreters) == 1 and not text_of(data, "ContentCreatorName"):
        found["creator"] = interpreters.pop()
    shown = [f"{word} {text!r}" for word, text in found.items() if text]
    return [*shown, f"regions {', '.join(map(repr, regions))}" if regions else "[no region]"]


def _first(data: Any, keywords: tuple[str, ...]) -> str:
    return next((text for name in keywords if (text := text_of(data, name))), "")


def _observations(data: Any) -> Any:
    return items_of(data, "RTROIObservationsSequence")


def _regions(data: Any) -> list[str]:
    """Names of the regions, each once; thousands of lesions often have one name."""
    names = [text_of(item, "ROIName") for item in items_of(data, "StructureSetROISequence")]
    names += [text_of(item, "SegmentLabel") for item in items_of(data, "SegmentSequence")]
    return list(dict.fromkeys(names))
