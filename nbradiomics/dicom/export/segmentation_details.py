"""Details of a segmentation that are put in after highdicom has made it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from nbradiomics.dicom.export.frames import Frame
from nbradiomics.dicom.export.stand_in import slice_uid

if TYPE_CHECKING:
    from highdicom.seg import Segmentation
    from pydicom.dataset import Dataset


def refer_to_frames(segmentation: Segmentation, frames: Sequence[Frame]) -> None:
    """Replace references to stand-ins by those to the instances and frames of the source."""
    by_uid = {slice_uid(frame): frame for frame in frames}
    instances = {frame.source.sop_instance: frame.source.sop_class for frame in frames}
    segmentation.SourceImageSequence = [_reference(*instance) for instance in instances.items()]
    segmentation.ReferencedSeriesSequence[0].ReferencedInstanceSequence = [
        _reference(*instance) for instance in instances.items()
    ]
    for item in _source_images(segmentation):
        if item.ReferencedSOPInstanceUID not in by_uid:
            continue  # the item of another segment on the same slice, which is the same object
        source = by_uid[item.ReferencedSOPInstanceUID].source
        item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = source.sop_class, source.sop_instance
        if source.frame is not None:
            item.ReferencedFrameNumber = source.frame


def _reference(instance: str, sop_class: str) -> Dataset:
    from pydicom.dataset import Dataset

    item = Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = sop_class, instance
    return item


def _source_images(segmentation: Segmentation) -> list[Any]:
    """References of every frame to its slice."""
    return [
        image
        for groups in segmentation.PerFrameFunctionalGroupsSequence
        for derivation in groups.DerivationImageSequence
        for image in derivation.SourceImageSequence
    ]


def end_with_null(segmentation: Segmentation) -> None:
    """Pad the packed pixels with a null byte to an even length (PS3.5 8.2), not with a digit as highdicom."""
    bits = segmentation.NumberOfFrames * segmentation.Rows * segmentation.Columns
    used = -(-bits // 8)
    segmentation.PixelData = segmentation.PixelData[:used] + bytes(used % 2)


def name_dimensions(segmentation: Segmentation, uid: str) -> None:
    """Replace the random UID of the dimensions."""
    for item in (*segmentation.DimensionOrganizationSequence, *segmentation.DimensionIndexSequence):
        item.DimensionOrganizationUID = uid


def state_spacing(segmentation: Segmentation, spacing: float) -> None:
    """State the distance of the slices in mm, which cannot be told from some of them alone."""
    from pydicom.valuerep import DSfloat

    measures = segmentation.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0]
    measures.SpacingBetweenSlices = DSfloat(spacing, auto_format=True)
