"""Which series an object refers to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from nbradiomics.dicom.values import items, text
from nbradiomics.dicom.volume import Volume

#: Classes of the objects that hold regions.
STRUCTURE_SET = "1.2.840.10008.5.1.4.1.1.481.3"
SEGMENTATIONS = frozenset({"1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.66.7"})


@dataclass(frozen=True)
class References:
    """What an object names.

    Attributes
    ----------
    series
        Series, each with the SOP instances that are listed for it.
    instances
        SOP instances that are named without a series.
    frames_of_reference
        Frames of reference of the object.
    """

    series: dict[str, frozenset[str]]
    instances: frozenset[str]
    frames_of_reference: frozenset[str]

    def name_series(self, volume: Volume) -> bool:
        """Whether the series of a volume, or an instance of it, is named."""
        own = {part.sop_instance for part in volume.slices}
        listed = self.instances.union(*self.series.values())
        return volume.series in self.series or bool(own & listed)

    def share_frame(self, volume: Volume) -> bool:
        """Whether a frame of reference is that of a volume."""
        return bool(volume.frame_of_reference) and volume.frame_of_reference in self.frames_of_reference

    @property
    def name_nothing(self) -> bool:
        """Whether neither a series nor an instance is named."""
        return not self.series and not self.instances

    def elsewhere(self, volume: Volume) -> frozenset[str]:
        """Instances that are listed for other series only."""
        own = {part.sop_instance for part in volume.slices} | self.series.get(volume.series, frozenset())
        return frozenset().union(*self.series.values()) - own


def references_of(dataset: Any) -> References:
    """Read what a structure set or a segmentation refers to."""
    series: dict[str, set[str]] = {}
    instances: set[str] = set()
    frames = {text(dataset, "FrameOfReferenceUID")}
    for item in items(dataset, "ReferencedFrameOfReferenceSequence"):
        frames.add(text(item, "FrameOfReferenceUID"))
        for study in items(item, "RTReferencedStudySequence"):
            for one in items(study, "RTReferencedSeriesSequence"):
                images = _instances(one, "ContourImageSequence")
                series.setdefault(text(one, "SeriesInstanceUID"), set()).update(images)
    for region in items(dataset, "StructureSetROISequence"):
        frames.add(text(region, "ReferencedFrameOfReferenceUID"))
    for region in items(dataset, "ROIContourSequence"):
        for contour in items(region, "ContourSequence"):
            instances.update(_instances(contour, "ContourImageSequence"))
    for one in items(dataset, "ReferencedSeriesSequence"):
        images = _instances(one, "ReferencedInstanceSequence")
        series.setdefault(text(one, "SeriesInstanceUID"), set()).update(images)
    instances.update(_source_images(dataset))
    series.pop("", None)
    listed: set[str] = set().union(*series.values())
    return References(
        {uid: frozenset(images) for uid, images in series.items()},
        frozenset(instances - listed - {""}),
        frozenset(frames - {""}),
    )


def _instances(item: Any, keyword: str) -> Iterator[str]:
    return (text(image, "ReferencedSOPInstanceUID") for image in items(item, keyword))


def _source_images(dataset: Any) -> Iterator[str]:
    """Source images of a segmentation and of its frames."""
    groups = [
        *items(dataset, "SharedFunctionalGroupsSequence"),
        *items(dataset, "PerFrameFunctionalGroupsSequence"),
    ]
    for item in [dataset, *(one for group in groups for one in items(group, "DerivationImageSequence"))]:
        yield from _instances(item, "SourceImageSequence")
