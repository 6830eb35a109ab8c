"""Masks of a volume from DICOM structure sets and segmentations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce
from pathlib import Path
from typing import Any, Literal

import numpy as np

from nbradiomics.dicom.discreet import discreet
from nbradiomics.dicom.elements import text_of
from nbradiomics.dicom.headers import read_header, read_whole
from nbradiomics.dicom.masks.mask import Mask, MaskProblem, Masks, cut_to_box
from nbradiomics.dicom.masks.reader_names import fits, reader_of
from nbradiomics.dicom.masks.references import SEGMENTATIONS, STRUCTURE_SET, References, references_of
from nbradiomics.dicom.masks.region_names import Named, name_regions
from nbradiomics.dicom.masks.region_source import RegionSource
from nbradiomics.dicom.masks.rules import MaskRules
from nbradiomics.dicom.masks.segmentations.frames import FrameError
from nbradiomics.dicom.masks.segmentations.segmentation import Segmentation
from nbradiomics.dicom.masks.structure_sets.structure_set import StructureSet
from nbradiomics.dicom.pseudonyms import Pseudonyms
from nbradiomics.dicom.volume import Volume

__all__ = ["Mask", "MaskProblem", "Masks", "masks_of"]

_EXPORT = "Export it again from the system in which it was made."


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
    for path in objects:
        with discreet():
            _read(path, volume, rules, pseudonyms, found)
    _number_readers(found)
    _keep_each_once(found)
    found.masks.sort(key=lambda mask: (mask.roi, mask.reader))
    return found


@dataclass(frozen=True)
class _Told:
    """Notes problems of one object."""

    path: Path
    problems: list[MaskProblem]

    def __call__(self, severity: Literal["error", "warning"], cause: str, hint: str, roi: str = "") -> None:
        self.problems.append(MaskProblem(self.path, severity, cause, hint, roi))


def _read(path: Path, volume: Volume, rules: MaskRules, pseudonyms: Pseudonyms | None, found: Masks) -> None:
    """Add the masks of one object; anything unexpected is a problem of this object."""
    tell = _Told(path, found.problems)
    known = len(found.masks)
    try:
        references = references_of(read_header(path))
        if not _refers(references, volume, rules):
            return
        found.referring.append(path)
        dataset = read_whole(path)
        if any(fits(dataset, patterns) for patterns in rules.skip):
            return
        source = _source(dataset, references, volume, rules)
        _about_object(dataset, references, source, volume, tell)
        found.masks.extend(_masks(source, volume, rules, reader_of(dataset, rules, pseudonyms), tell))
    except FrameError as error:
        tell("error", f"the segmentation cannot be used: {error}.", _EXPORT)
    except (
        Exception
    ) as error:  # damaged files raise errors of every kind, whose texts may hold what is in the file
        del found.masks[known:]
        tell("error", f"the object cannot be read ({type(error).__name__}).", _EXPORT)


def _refers(references: References, volume: Volume, rules: MaskRules) -> bool:
    if references.name_series(volume):
        return True
    return references.share_frame(volume) and (references.name_nothing or rules.other_series)


def _source(dataset: Any, references: References, volume: Volume, rules: MaskRules) -> RegionSource:
    kind = text_of(dataset, "SOPClassUID")
    if kind == STRUCTURE_SET:
        return StructureSet(dataset, references, volume)
    if kind in SEGMENTATIONS:
        return Segmentation(dataset, volume, rules.fraction)
    raise FrameError("it is neither a structure set nor a segmentation")


def _about_object(
    dataset: Any, references: References, source: RegionSource, volume: Volume, tell: _Told
) -> None:
    if not references.name_series(volume):
        cause = "the object does not name this series; it has the same frame of reference."
        tell("warning", cause, "Make sure that the region was drawn on this series, or fits it.")
    if text_of(dataset, "PatientID") != volume.patient.strip():
        cause = "the object has another Patient ID than the series that it refers to."
        tell("warning", cause, "Make sure that both are of one patient.")
    if isinstance(source, Segmentation) and not source.valid:
        cause = "the segmentation does not keep to the standard; it was read all the same."
        tell("warning", cause, "Compare the masks with the segmentation in a viewer.")


def _masks(source: RegionSource, volume: Volume, rules: MaskRules, reader: str, tell: _Told) -> list[Mask]:
    labels = source.labels()
    if not labels:
        tell("error", "no region was drawn on this series.", "Leave the object out, or draw a region.")
        return []
    naming = name_regions(labels, rules)
    for roi, cause, hint in naming.errors:
        tell("error", cause, hint, roi)
    for roi, cause, hint in naming.warnings:
        tell("warning", cause, hint, roi)
    made = (_united(source, named, volume, reader, tell) for named in naming.named)
    return [mask for mask in made if mask is not None]


def _united(source: RegionSource, named: Named, volume: Volume, reader: str, tell: _Told) -> Mask | None:
    """One region of the cohort table; if one of its parts cannot be made, there is none."""
    parts = [(number, source.make(number)) for number in named.numbers]
    for number, part in parts:
        which = f"Region {number}: " if len(parts) > 1 else ""
        for cause, hint in part.warnings:
            tell("warning", which + cause, hint, named.roi)
        if part.error:
            tell("error", which + part.error[0], part.error[1], named.roi)
    voxels = [part.voxels for _, part in parts if part.voxels is not None]
    if len(voxels) < len(parts):
        return None
    box, corner = cut_to_box(reduce(np.bitwise_or, voxels))
    outlined = [part.outlined for _, part in parts]
    # The areas of regions that are united may overlap: their sum says nothing.
    area = outlined[0] if len(outlined) == 1 else None
    return Mask(named.roi, reader, tell.path, volume.image, box, corner, area)


def _number_readers(found: Masks) -> None:
    """Number the objects whose reader is not known."""
    unknown = list(dict.fromkeys(mask.source for mask in found.masks if not mask.reader))
    taken = {mask.reader for mask in found.masks}
    names = (name for number in range(1, 10**6) if (name := f"reader-{number}") not in taken)
    numbered = dict(zip(unknown, names, strict=False))
    found.masks[:] = [
        mask if mask.reader else replace(mask, reader=numbered[mask.source]) for mask in found.masks
    ]
    if len(unknown) > 1:
        for path, name in numbered.items():
            cause = f"the reader is not known and was numbered: {name}, one of {len(unknown)} objects."
            hint = (
                "The same number may be another person in another subject: name readers by rules "
                "(masks: readers:)."
            )
            found.problems.append(MaskProblem(path, "warning", cause, hint))


def _keep_each_once(found: Masks) -> None:
    """Of masks with the same region and reader keep one if all are equal, and none otherwise."""
    groups: dict[tuple[str, str], list[Mask]] = {}
    for mask in found.masks:
        groups.setdefault((mask.roi, mask.reader), []).append(mask)
    for (roi, reader), several in groups.items():
        first, *others = several
        if not others:
            continue
        if all(first.same_region(mask) for mask in others):
            cause = f"{len(several)} objects have this region of {reader}, voxel for voxel: one was used."
            found.problems.append(MaskProblem(first.source, "warning", cause, "Remove the copies.", roi))
            found.masks[:] = [mask for mask in found.masks if mask not in others]
            continue
        cause = f"{len(several)} objects have different masks of this region and {reader}: none was used."
        hint = "Tell the readers apart by rules (masks: readers:), or skip objects (masks: skip:)."
        found.problems.extend(MaskProblem(mask.source, "error", cause, hint, roi) for mask in several)
        found.masks[:] = [mask for mask in found.masks if mask not in several]
