"""What rules about masks can ask for in an object: free texts, for the user's terminal alone."""

from __future__ import annotations

from pathlib import Path

from nbradiomics.dicom.headers import read_header
from nbradiomics.dicom.masks.reader_names import ELEMENTS, persons_of
from nbradiomics.dicom.masks.region_names import region_pseudonym
from nbradiomics.dicom.pseudonyms import Pseudonyms
from nbradiomics.dicom.values import items, text


def listed_object(path: Path, pseudonyms: Pseudonyms) -> list[str]:
    """Texts of a segmentation or structure set that rules are compared with, and its regions.

    Returns
    -------
    list of str
        First the texts of the object in one line, then a line for each region: its pseudonym in messages,
        its name, and the meaning of its coded type.
    """
    data = read_header(path)
    texts = [
        f"{name} {written!r}"
        for name, keywords in ELEMENTS.items()
        for keyword in keywords
        if (written := text(data, keyword))
    ]
    texts += [f"creator {person!r}" for person in persons_of(data)]
    lines = ["  ".join(texts)]
    for item in (*items(data, "StructureSetROISequence"), *items(data, "SegmentSequence")):
        name = text(item, "ROIName") or text(item, "SegmentLabel")
        codes = items(item, "SegmentedPropertyTypeCodeSequence")
        types = "".join(f"  type {text(code, 'CodeMeaning')!r}" for code in codes)
        lines.append(f"{region_pseudonym(name, pseudonyms)} = {name!r}{types}")
    return lines
