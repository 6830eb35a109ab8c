"""Masks of a volume from DICOM structure sets and segmentations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from nbradiomics.dicom.discreet import discreet
from nbradiomics.dicom.masks.mask import Mask, MaskProblem, Masks
from nbradiomics.dicom.masks.one_object import ProblemNotes, ReadObject, read_object, unreadable
from nbradiomics.dicom.masks.one_reader import Drawing, drawing_of
from nbradiomics.dicom.masks.rules import MaskRules
from nbradiomics.dicom.pseudonyms import Pseudonyms
from nbradiomics.dicom.volume import Volume

__all__ = ["Mask", "MaskProblem", "Masks", "masks_of"]


def masks_of(
    volume: Volume, objects: Sequence[Path], rules: MaskRules, pseudonyms: Pseudonyms | None = None
) -> Masks:
    """Make the masks of a volume from the structure sets and segmentations that refer to it.

    Parameters
    ----------
    volume
        The volume.
    objects
        Files of structure sets and segmentations, of any series. An object refers to the volume if it names
        its series or an image of it; an object that names no series and no image, if it has the same frame of
        reference. With `rules.other_series`, the same frame of reference is enough.
    rules
        Which regions are read, and their names and readers.
    pseudonyms
        Name readers without a rule by a pseudonym of the person whom the object names; without them, or if
        it names no person, readers are numbered.

    Returns
    -------
    Masks
        The masks, and every problem: an object or a region that is damaged or would be wrong in part has no
        mask. No text of a file is in names or problems.
    """
    found = Masks()
    by_reader: dict[str, list[ReadObject]] = {}
    with discreet():
        for path in objects:
            try:
                one = read_object(path, volume, rules, pseudonyms, found)
            except Exception as error:  # damaged files raise errors of every kind
                unreadable(error, ProblemNotes(path, found.problems))
                continue
            if one is not None:
                by_reader.setdefault(one.reader, []).append(one)
        # A file that was cut off may have no region any more.
        complete = not any(problem.severity == "error" for problem in found.problems)
        for reader, own in by_reader.items():
            drawing = drawing_of(own, volume, rules, pseudonyms, complete=complete)
            if not reader and drawing.clashes:  # not one reader, then
                _add_each(own, volume, rules, pseudonyms, found, complete=complete)
            else:
                found.masks.extend(mask for _, mask in drawing.masks)
                found.problems.extend(drawing.problems)
    _number_readers(found, by_reader.get("", ()))
    found.masks.sort(key=lambda mask: (mask.roi, mask.reader))
    return found


def _add_each(
    objects: Sequence[ReadObject],
    volume: Volume,
    rules: MaskRules,
    pseudonyms: Pseudonyms | None,
    found: Masks,
    *,
    complete: bool,
) -> None:
    """Add the masks of objects that name nobody and differ in a region: each may be another reader's."""
    before: list[Drawing] = []
    for place, one in enumerate(sorted(objects, key=lambda one: one.order), start=1):
        drawing = drawing_of([one], volume, rules, pseudonyms, complete=complete)
        found.problems.extend(drawing.problems)
        twin = next((other for other in before if drawing.masks and _equal(drawing, other)), None)
        if twin is not None:
            cause = "another object has the same masks, voxel for voxel: one was used."
            source = twin.masks[0][1].source
            found.problems.append(MaskProblem(source, "warning", cause, "Remove the copies."))
            continue
        before.append(drawing)
        # A name that is no reader's: `_number_readers` replaces it.
        found.masks.extend(replace(mask, reader=f"\0{place}") for _, mask in drawing.masks)


def _equal(one: Drawing, other: Drawing) -> bool:
    first, second = ({mask.roi: mask for _, mask in drawing.masks} for drawing in (one, other))
    return first.keys() == second.keys() and all(first[roi].same_region(second[roi]) for roi in first)


def _number_readers(found: Masks, objects: Sequence[ReadObject]) -> None:
    """Number the readers who are not known; no other reader has such a name."""
    unknown = list(dict.fromkeys(mask.reader for mask in found.masks if mask.reader[:1] in ("", "\0")))
    numbered = {name: f"reader-{number}" for number, name in enumerate(unknown, start=1)}
    first = {name: next(mask.source for mask in found.masks if mask.reader == name) for name in unknown}
    found.masks[:] = [replace(mask, reader=numbered.get(mask.reader, mask.reader)) for mask in found.masks]
    hint = (
        "The same number may be another person in another subject: name readers by rules (masks: readers:)."
    )
    for name, number in numbered.items() if len(objects) > 1 else ():
        cause = (
            f"the reader is not known and was numbered: {number}, one of {len(unknown)} objects."
            if len(unknown) > 1
            else f"{len(objects)} objects name no reader: their regions count as those of {number}."
        )
        found.problems.append(MaskProblem(first[name], "warning", cause, hint))
