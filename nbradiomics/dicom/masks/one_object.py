"""Read one segmentation or structure set that refers to a volume."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from nbradiomics.dicom.headers import read_header, read_whole
from nbradiomics.dicom.masks.mask import MaskProblem, Masks, Severity
from nbradiomics.dicom.masks.reader_names import fits, reader_of
from nbradiomics.dicom.masks.references import SEGMENTATIONS, STRUCTURE_SET, References, references_of
from nbradiomics.dicom.masks.region_names import Label
from nbradiomics.dicom.masks.region_source import RegionSource
from nbradiomics.dicom.masks.rules import MaskRules
from nbradiomics.dicom.masks.segmentations.frames import FrameError
from nbradiomics.dicom.masks.segmentations.segmentation import Segmentation
from nbradiomics.dicom.masks.structure_sets.structure_set import StructureSet
from nbradiomics.dicom.pseudonyms import Pseudonyms
from nbradiomics.dicom.values import moment, text
from nbradiomics.dicom.volume import Volume
from nbradiomics.dicom.watched_file import is_cut_off

EXPORT = "Export it again from the system in which it was made."
#: Date and time of an object, the nearest to the drawing first.
_DATES = (
    ("StructureSetDate", "StructureSetTime"),
    ("ContentDate", "ContentTime"),
    ("InstanceCreationDate", "InstanceCreationTime"),
    ("SeriesDate", "SeriesTime"),
)


@dataclass(frozen=True)
class ProblemNotes:
    """Notes problems of one object."""

    path: Path
    problems: list[MaskProblem]

    def __call__(self, severity: Severity, cause: str, hint: str, roi: str = "") -> None:
        """Note a problem."""
        self.problems.append(MaskProblem(self.path, severity, cause, hint, roi))


@dataclass(frozen=True)
class ReadObject:
    """An object that refers to a volume.

    Attributes
    ----------
    path
        Its file.
    reader
        Name of its reader; empty if it is not known.
    source
        Its regions.
    labels
        What it says about them, at least one.
    order
        Places it among the objects of its reader: date and time, then a pseudonym of its UID. UIDs themselves
        may hold times.
    """

    path: Path
    reader: str
    source: RegionSource
    labels: tuple[Label, ...]
    order: tuple[datetime, str]

    @property
    def moment(self) -> datetime | None:
        """When it was made; ``None`` if the file does not say."""
        return None if self.order[0] == datetime.max else self.order[0]


def read_object(
    path: Path, volume: Volume, rules: MaskRules, pseudonyms: Pseudonyms | None, found: Masks
) -> ReadObject | None:
    """Read an object.

    Returns
    -------
    ReadObject, optional
        ``None`` if it does not refer to the volume, is skipped by the rules, or has no region.

    Raises
    ------
    Exception
        When the file is damaged: errors of every kind, see `unreadable`.
    """
    tell = ProblemNotes(path, found.problems)
    references = references_of(read_header(path))
    if not _refers(references, volume, rules):
        return None
    found.referring.append(path)
    if is_cut_off(path):  # what was cut off may be a region
        tell("error", "the file is cut off: it ends within an element.", "Export it again, or copy it again.")
        return None
    dataset = read_whole(path)
    if any(fits(dataset, patterns) for patterns in rules.skip):
        return None
    source = _source(dataset, references, volume, rules)
    _about_object(dataset, references, source, volume, tell)
    labels = tuple(source.labels())
    if not labels:
        tell("error", "no region was drawn on this series.", "Leave the object out, or draw a region.")
        return None
    uid = text(dataset, "SOPInstanceUID")
    name = pseudonyms.name("object", uid) if pseudonyms is not None else uid
    order = (_moment(dataset) or datetime.max, name)
    return ReadObject(path, reader_of(dataset, rules, pseudonyms), source, labels, order)


def unreadable(error: Exception, tell: ProblemNotes) -> None:
    """Tell that an object cannot be used, without the text of an unknown error: it may quote the file."""
    if isinstance(error, FrameError):
        tell("error", f"the segmentation cannot be used: {error}.", EXPORT)
    else:
        tell("error", f"the object cannot be read ({type(error).__name__}).", EXPORT)


def _moment(dataset: Any) -> datetime | None:
    found = (moment(text(dataset, date), text(dataset, time) or "000000") for date, time in _DATES)
    return next((one for one in found if one is not None), None)


def _refers(references: References, volume: Volume, rules: MaskRules) -> bool:
    if references.name_series(volume):
        return True
    return references.share_frame(volume) and (references.name_nothing or rules.other_series)


def _source(dataset: Any, references: References, volume: Volume, rules: MaskRules) -> RegionSource:
    kind = text(dataset, "SOPClassUID")
    if kind == STRUCTURE_SET:
        return StructureSet(dataset, references, volume)
    if kind in SEGMENTATIONS:
        return Segmentation(dataset, volume, rules.fraction)
    raise FrameError("it is neither a structure set nor a segmentation")


def _about_object(
    dataset: Any, references: References, source: RegionSource, volume: Volume, tell: ProblemNotes
) -> None:
    if not references.name_series(volume):
        cause = "the object does not name this series; it has the same frame of reference."
        tell("warning", cause, "Make sure that the region was drawn on this series, or fits it.")
    if text(dataset, "PatientID") != volume.patient.strip():
        cause = "the object has another Patient ID than the series that it refers to."
        tell("warning", cause, "Make sure that both are of one patient.")
    if isinstance(source, Segmentation) and not source.valid:
        cause = "the segmentation does not keep to the standard; it was read all the same."
        tell("warning", cause, "Compare the masks with the segmentation in a viewer.")
