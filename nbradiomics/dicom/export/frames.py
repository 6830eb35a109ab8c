"""The slices of a series with their geometry, from classic and from multi-frame (enhanced) instances."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from nbradiomics.dicom.series.records import Header, Instance, Place
from nbradiomics.dicom.volume import Slice
from nbradiomics.errors import InputError

#: What all files of a series have in common: the part of its record, and the attribute.
_OWNERS = {"patient": "PatientID", "study": "StudyInstanceUID", "series": "SeriesInstanceUID"}


@dataclass(frozen=True)
class Frame:
    """A slice of a series, and where it lies.

    Attributes
    ----------
    source
        Its file, instance and frame.
    position
        Centre of its first pixel, mm, LPS.
    orientation
        Direction of increasing column number, then of increasing row number: six cosines.
    spacing
        Distance of the rows, then of the columns, in mm (the order of Pixel Spacing).
    shape
        Number of rows and of columns.
    thickness
        Slice thickness in mm; ``None`` if the file states none above 0.
    reference
        Frame of Reference UID; empty if the file states none.
    """

    source: Slice
    position: tuple[float, float, float]
    orientation: tuple[float, ...]
    spacing: tuple[float, float]
    shape: tuple[int, int]
    thickness: float | None = None
    reference: str = ""

    @property
    def origin(self) -> npt.NDArray[np.float64]:
        """Centre of the first pixel, mm, LPS."""
        return np.array(self.position)

    @property
    def across(self) -> npt.NDArray[np.float64]:
        """Step to the next column in mm."""
        return np.array(self.orientation[:3]) * self.spacing[1]

    @property
    def down(self) -> npt.NDArray[np.float64]:
        """Step to the next row in mm."""
        return np.array(self.orientation[3:]) * self.spacing[0]


def frames_of(instances: Iterable[Instance]) -> list[Frame]:
    """List the slices of a series.

    Returns
    -------
    list of Frame
        Each slice once, even if it is in two files; without slices whose geometry is not stated.

    Raises
    ------
    InputError
        When the files name several patients, studies or series. The message holds no value of them.
    """
    instances = sorted(instances, key=lambda one: one.path)
    _require_one_owner([one.header for one in instances])
    frames: dict[tuple[str, int], Frame] = {}
    for one in instances:
        for part in one.frames:
            frame = _frame(one, part.number, part.place)
            if frame is not None:
                frames.setdefault((one.sop_instance, part.number or 0), frame)
    return [frames[key] for key in sorted(frames)]


def _require_one_owner(headers: Sequence[Header]) -> None:
    several = [words for name, words in _OWNERS.items() if len({getattr(one, name) for one in headers}) > 1]
    if several:
        raise InputError(
            f"the files of the source series do not agree about {', '.join(several)}.",
            "It cannot be known to whom the series belongs; export it from the archive again.",
        )


def _frame(instance: Instance, number: int | None, place: Place) -> Frame | None:
    """The frame, if its geometry is stated."""
    header = instance.header
    if place.position is None or place.orientation is None or place.spacing is None:
        return None
    return Frame(
        Slice(Path(instance.path), header.sop_class, instance.sop_instance, number),
        place.position,
        place.orientation,
        place.spacing,
        (header.rows, header.columns),
        header.thickness if header.thickness and header.thickness > 0 else None,
        header.frame_of_reference,
    )
