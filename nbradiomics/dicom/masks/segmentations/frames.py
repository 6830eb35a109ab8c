"""Frames of a segmentation: segment, plane and pixels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from nbradiomics.dicom.series.grid import is_orthogonal
from nbradiomics.dicom.values import items, numbers_of, text, whole_number

Floats = npt.NDArray[np.float64]


class FrameError(ValueError):
    """What is wrong with the frames of a segmentation, in words without any text of the file."""


@dataclass(frozen=True)
class Frame:
    """The plane of a frame.

    Attributes
    ----------
    number
        Its number from 0.
    segment
        Number of its segment; ``None`` if its pixels are numbers of segments (label map).
    origin, across, down
        Centre of the first pixel, and the steps to the next column and to the next row, in mm, LPS.
    distance, thickness
        Distance to the next plane, and thickness of a plane in mm, as stated; 0 if they are not.
    images
        The images that it was made from: SOP instance and frame (``None`` without a frame).
    """

    number: int
    segment: int | None
    origin: Floats
    across: Floats
    down: Floats
    distance: float
    thickness: float
    images: tuple[tuple[str, int | None], ...]


def frames_of(dataset: Any) -> list[Frame]:
    """Read the planes of all frames.

    Raises
    ------
    FrameError
        When a plane or a segment is missing or not valid.
    """
    shared = next(iter(items(dataset, "SharedFunctionalGroupsSequence")), None)
    groups = items(dataset, "PerFrameFunctionalGroupsSequence")
    stated = whole_number(dataset, "NumberOfFrames")
    if stated != len(groups):
        raise FrameError(f"it states {stated} frames and describes {len(groups)}")
    labels = text(dataset, "SegmentationType").upper() == "LABELMAP"
    return [_frame(number, group, shared, labels) for number, group in enumerate(groups)]


def _frame(number: int, group: Any, shared: Any, labels: bool) -> Frame:
    def part(keyword: str) -> Any:
        for place in (group, shared):
            found = items(place, keyword) if place is not None else []
            if found:
                return found[0]
        raise FrameError(f"a frame has no {_WORDS[keyword]}")

    segment = (
        None if labels else whole_number(part("SegmentIdentificationSequence"), "ReferencedSegmentNumber")
    )
    if segment is None and not labels:
        raise FrameError("a frame has no segment")
    origin = _numbers(part("PlanePositionSequence"), "ImagePositionPatient", 3)
    measures = part("PixelMeasuresSequence")
    across, down = _steps(part("PlaneOrientationSequence"), measures)
    images = tuple(
        (text(image, "ReferencedSOPInstanceUID"), whole_number(image, "ReferencedFrameNumber"))
        for derivation in items(group, "DerivationImageSequence")
        for image in items(derivation, "SourceImageSequence")
    )
    distance, thickness = _stated(measures, "SpacingBetweenSlices"), _stated(measures, "SliceThickness")
    return Frame(number, segment, origin, across, down, distance, thickness, images)


def _steps(orientation: Any, measures: Any) -> tuple[Floats, Floats]:
    """Steps to the next column and to the next row in mm."""
    cosines = _numbers(orientation, "ImageOrientationPatient", 6)
    spacing = _numbers(measures, "PixelSpacing", 2)
    if not is_orthogonal(cosines.tolist()):
        raise FrameError("the orientation of a frame is not two directions at a right angle")
    if not (spacing > 0).all():
        raise FrameError("the pixel spacing of a frame is not above 0")
    return cosines[:3] * spacing[1], cosines[3:] * spacing[0]


_WORDS = {
    "SegmentIdentificationSequence": "segment",
    "PlanePositionSequence": "position",
    "PlaneOrientationSequence": "orientation",
    "PixelMeasuresSequence": "pixel spacing",
}


def _numbers(item: Any, keyword: str, length: int) -> Floats:
    try:
        values = numbers_of(item, keyword)
    except (TypeError, ValueError):
        values = np.empty(0)
    if values.shape != (length,) or not np.isfinite(values).all():
        raise FrameError(f"the position, orientation or spacing of a frame is not {length} numbers")
    return values


def _stated(measures: Any, keyword: str) -> float:
    """A size above 0; 0 if it is not stated."""
    try:
        values = numbers_of(measures, keyword)
    except (TypeError, ValueError):
        return 0.0
    return float(values[0]) if values.shape == (1,) and np.isfinite(values[0]) and values[0] > 0 else 0.0


#: Gives the stored pixels of a frame (rows x columns) by its number from 0.
Pixels = Callable[[int], npt.NDArray[np.generic]]


def pixels_of(dataset: Any) -> tuple[Pixels, bool]:
    """Return a function that decodes a frame, and whether highdicom accepts the object.

    highdicom checks the object as a whole. One that it refuses is decoded by pydicom.
    """
    from highdicom.seg import Segmentation
    from pydicom.pixels import pixel_array

    try:
        whole = Segmentation.from_dataset(dataset, copy=False)  # it may be large
    except Exception:  # of any kind: attributes, values and sequences that it needs
        return (lambda number: np.asarray(pixel_array(dataset, index=number, raw=True))), False
    return (lambda number: np.asarray(whole.get_stored_frame(number + 1))), True
