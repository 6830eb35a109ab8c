"""Masks of one reader on one volume, whose regions may be spread over several objects."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import reduce

import numpy as np

from nbradiomics.dicom.masks.mask import Mask, MaskProblem, Severity, cut_to_box
from nbradiomics.dicom.masks.naming import Named, Naming, Region, Remark, name_regions
from nbradiomics.dicom.masks.one_object import ProblemNotes, ReadObject, unreadable
from nbradiomics.dicom.masks.region_names import Label, region_pseudonym
from nbradiomics.dicom.masks.region_source import Made
from nbradiomics.dicom.masks.rules import MaskRules
from nbradiomics.dicom.pseudonyms import Pseudonyms
from nbradiomics.dicom.volume import Volume

_INCOMPLETE = (
    "an object of this image cannot be read or has no region, so this one may be incomplete.",
    "Export that object again, or skip it (masks: skip:).",
)
_CLASH = (
    "If they are parts, versions or lesions of one reader, say so by a rule (masks: regions: several: union, "
    "latest or number); tell readers apart (masks: readers:), or skip objects (masks: skip:)."
)


@dataclass(frozen=True)
class Drawing:
    """What one reader drew on a volume.

    Attributes
    ----------
    masks
        Each with the name of its region before it was numbered.
    problems
        What is wrong.
    clashes
        Names of regions that several objects have and that differ; no mask of these is in `masks`.
    """

    masks: list[tuple[str, Mask]] = field(default_factory=list)
    problems: list[MaskProblem] = field(default_factory=list)
    clashes: list[str] = field(default_factory=list)


def drawing_of(
    objects: Sequence[ReadObject],
    volume: Volume,
    rules: MaskRules,
    pseudonyms: Pseudonyms | None,
    *,
    complete: bool = True,
) -> Drawing:
    """Make the masks of one reader.

    Parameters
    ----------
    objects
        All objects of the reader that refer to the volume.
    volume, rules, pseudonyms
        As for `from_objects.masks_of`.
    complete
        Whether all objects of the volume could be read. Otherwise there is no union and no latest.
    """
    objects = sorted(objects, key=lambda one: one.order)
    drawing = Drawing()
    naming = _named_regions(objects, rules, pseudonyms, drawing)
    whole = {rule.roi for rule in rules.regions if rule.several in ("union", "latest")}
    for named in naming.named:
        if named.base in whole and not complete:
            ProblemNotes(objects[named.regions[0].object].path, drawing.problems)(
                "error", *_INCOMPLETE, named.roi
            )
        elif (mask := _made(objects, named, volume, drawing)) is not None:
            drawing.masks.append((named.base, mask))
    joined = {named.roi for named in naming.named if named.joined}
    _drop_copies(drawing, joined)
    _keep_versions_that_agree(drawing, joined)
    return drawing


def _named_regions(
    objects: Sequence[ReadObject], rules: MaskRules, pseudonyms: Pseudonyms | None, drawing: Drawing
) -> Naming:
    """Name the regions of the objects, and tell what is wrong with the names."""
    regions = [Region(place, label) for place, one in enumerate(objects) for label in one.labels]

    def known_as(label: Label) -> str:
        assert pseudonyms is not None
        return region_pseudonym(label.texts[0], pseudonyms)

    moments = [one.moment for one in objects]
    naming = name_regions(regions, rules, moments, known_as if pseudonyms is not None else None)
    told: list[tuple[Severity, Remark]] = [("error", one) for one in naming.errors]
    told += [("warning", one) for one in naming.warnings]
    for severity, (roi, cause, hint, place) in told:
        ProblemNotes(objects[place].path, drawing.problems)(severity, cause, hint, roi)
    return naming


def _made(objects: Sequence[ReadObject], named: Named, volume: Volume, drawing: Drawing) -> Mask | None:
    """One region of the cohort table; if one of its parts cannot be made, there is none."""
    parts = []
    for place, label in named.regions:
        tell = ProblemNotes(objects[place].path, drawing.problems)
        try:
            part = objects[place].source.make(label.number)
        except Exception as error:  # a damaged file: errors of every kind
            unreadable(error, tell)
            return None
        which = f"Region {label.number}: " if len(named.regions) > 1 else ""
        for cause, hint in part.warnings:
            tell("warning", which + cause, hint, named.roi)
        if part.error:
            tell("error", which + part.error[0], part.error[1], named.roi)
        parts.append(part)
    return _united(objects, named, volume, parts)


def _united(
    objects: Sequence[ReadObject], named: Named, volume: Volume, parts: Sequence[Made]
) -> Mask | None:
    voxels = [part.voxels for part in parts if part.voxels is not None]
    if len(voxels) < len(parts):
        return None
    box, corner = cut_to_box(reduce(np.bitwise_or, voxels))
    # The areas of regions that are united may overlap: their sum says nothing.
    area = parts[0].outlined if len(parts) == 1 else None
    first, *others = dict.fromkeys(objects[one.object].path for one in named.regions)
    reader = objects[named.regions[0].object].reader
    return Mask(named.roi, reader, first, volume.image, box, corner, area, tuple(others))


def _drop_copies(drawing: Drawing, joined: set[str]) -> None:
    """Of numbered regions that are equal keep the first: a copy is not another lesion."""
    kept: list[tuple[str, Mask]] = []
    for base, mask in drawing.masks:
        others = (one for other, one in kept if other == base and one.source != mask.source)
        twin = next((one for one in others if mask.roi in joined and one.same_region(mask)), None)
        if twin is None:
            kept.append((base, mask))
            continue
        cause = f"{mask.roi} of another object has the same voxels and was left out as a copy."
        told = MaskProblem(twin.source, "warning", cause, "Remove the copies.", twin.roi)
        drawing.problems.append(told)
    drawing.masks[:] = kept


def _keep_versions_that_agree(drawing: Drawing, joined: set[str]) -> None:
    """Keep the regions of a name from one object if all objects with it agree, and none otherwise."""
    groups: dict[str, dict[str, dict[str, Mask]]] = {}
    for base, mask in drawing.masks:
        if mask.roi not in joined:
            groups.setdefault(base, {}).setdefault(str(mask.source), {})[mask.roi] = mask
    for base, by_object in groups.items():
        if len(by_object) == 1:
            continue
        first, *others = by_object.values()
        if all(_agree(first, other) for other in others):
            _tell_copies(drawing, first.values(), len(by_object))
            dropped = [mask for other in others for mask in other.values()]
        else:
            drawing.clashes.append(base)
            dropped = [mask for masks in by_object.values() for mask in masks.values()]
            _tell_clash(drawing, dropped, len(by_object))
        gone = {id(mask) for mask in dropped}
        drawing.masks[:] = [(name, mask) for name, mask in drawing.masks if id(mask) not in gone]


def _tell_copies(drawing: Drawing, masks: Iterable[Mask], objects: int) -> None:
    for mask in masks:
        reader = mask.reader or "one reader"
        cause = f"{objects} objects have this region of {reader}, voxel for voxel: one was used."
        drawing.problems.append(MaskProblem(mask.source, "warning", cause, "Remove the copies.", mask.roi))


def _tell_clash(drawing: Drawing, masks: Iterable[Mask], objects: int) -> None:
    for mask in masks:
        reader = mask.reader or "one reader"
        cause = f"{objects} objects have different masks of this region and {reader}: none was used."
        drawing.problems.append(MaskProblem(mask.source, "error", cause, _CLASH, mask.roi))


def _agree(one: dict[str, Mask], other: dict[str, Mask]) -> bool:
    return one.keys() == other.keys() and all(one[roi].same_region(other[roi]) for roi in one)
