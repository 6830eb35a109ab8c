"""Names of readers for the cohort table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nbradiomics.dicom.masks.rules import MaskRules, ObjectPatterns
from nbradiomics.dicom.masks.wildcards import matches, normal_form
from nbradiomics.dicom.pseudonyms import Pseudonyms
from nbradiomics.dicom.values import items, text

#: Elements that a condition of a rule is compared with.
ELEMENTS: Mapping[str, tuple[str, ...]] = {
    "label": ("StructureSetLabel", "ContentLabel"),
    "name": ("StructureSetName", "ContentDescription"),
    "description": ("SeriesDescription",),
    "approval": ("ApprovalStatus",),
}


def fits(dataset: Any, patterns: ObjectPatterns) -> bool:
    """Whether an object has all the texts that are given; patterns without any text fit nothing."""
    given = {name: getattr(patterns, name) for name in (*ELEMENTS, "creator") if getattr(patterns, name)}
    return bool(given) and all(
        any(matches(text, wanted) for text in _texts(dataset, name)) for name, wanted in given.items()
    )


def _texts(dataset: Any, name: str) -> list[str]:
    if name == "creator":
        return persons_of(dataset)
    return [text(dataset, keyword) for keyword in ELEMENTS[name] if keyword in dataset]


def persons_of(dataset: Any) -> list[str]:
    """Persons who drew: the nearest to the drawing first."""
    interpreters = {text(item, "ROIInterpreter") for item in items(dataset, "RTROIObservationsSequence")} - {
        ""
    }
    names = [text(dataset, "ContentCreatorName")]
    if len(interpreters) == 1:  # of several, none is the reader of all regions
        names += interpreters
    names.append(text(dataset, "OperatorsName"))
    return [name for name in names if name]


def reader_of(dataset: Any, rules: MaskRules, pseudonyms: Pseudonyms | None) -> str:
    """Name of an object's reader: by the first rule that fits, or a pseudonym; empty if there is neither."""
    for rule in rules.readers:
        if fits(dataset, rule):
            return rule.reader
    creators = persons_of(dataset)
    if pseudonyms is None or not creators:
        return ""
    return f"reader-{pseudonyms.name('reader', normal_form(creators[0]))}"
