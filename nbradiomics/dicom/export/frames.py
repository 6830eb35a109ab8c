"""The slices of a series with their geometry, from classic and from multi-frame (enhanced) instances."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from nbradiomics.dicom.headers import read_header
from nbradiomics.dicom.volume import Slice
from nbradiomics.errors import InputError

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

#: Attributes that all files of a series have in common.
_OWNERS = ("PatientID", "StudyInstanceUID", "SeriesInstanceUID")


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

    def points(self) -> npt.NDArray[np.float64]:
        """Position of the first pixel, and steps of one row and of one column, mm: 3 x 3, one in each row."""
        origin = np.array(self.position)
        along_row, along_column = np.array(self.orientation[:3]), np.array(self.orientation[3:])
        return np.stack([origin, along_column * self.spacing[0], along_row * self.spacing[1]])


def frames_of(files: Sequence[Path]) -> tuple[list[Frame], Dataset | None]:
    """Read the slices of a series.

    Returns
    -------
    list of Frame
        Each instance once, even if it is in two files; without frames whose geometry is not stated.
    pydicom.Dataset or None
        The header from which patient and study are taken: the instance with the smallest UID.

    Raises
    ------
    InputError
        When the files name several patients, studies or series. The message holds no value of them.
    """
    frames: dict[tuple[str, int | None], Frame] = {}
    header: Dataset | None = None
    owners: dict[str, set[str]] = {name: set() for name in _OWNERS}
    for file in sorted(files):
        dataset = read_header(file)
        for name, values in owners.items():
            values.add(str(dataset.get(name) or "").strip(" \0"))
        if header is None or str(dataset.get("SOPInstanceUID", "")) < str(header.get("SOPInstanceUID", "")):
            header = dataset
        for frame in _frames(dataset, file):
            frames.setdefault((frame.source.sop_instance, frame.source.frame), frame)
    _require_one_owner(owners)
    return [frames[key] for key in sorted(frames, key=lambda key: (key[0], key[1] or 0))], header


def _require_one_owner(owners: Mapping[str, Collection[str]]) -> None:
    several = [name for name, values in owners.items() if len(values) > 1]
    if several:
        raise InputError(
            f"the files of the source series do not agree about {', '.join(several)}.",
            "It cannot be known to whom the series belongs; export it from the archive again.",
        )


def _frames(dataset: Dataset, file: Path) -> Iterator[Frame]:
    if "PerFrameFunctionalGroupsSequence" not in dataset:
        if int(dataset.get("NumberOfFrames") or 1) == 1:
            yield from _frame(dataset, file, None, dataset, dataset, dataset)
        return
    shared = (dataset.get("SharedFunctionalGroupsSequence") or [None])[0]
    for number, own in enumerate(dataset.PerFrameFunctionalGroupsSequence, 1):
        parts = [
            _group(own, shared, name)
            for name in ("PlanePositionSequence", "PlaneOrientationSequence", "PixelMeasuresSequence")
        ]
        yield from _frame(dataset, file, number, *parts)


def _group(own: Dataset, shared: Dataset | None, name: str) -> Any:
    """Functional group of a frame: its own, or the one that all frames share."""
    for groups in (own, shared):
        if groups is not None and groups.get(name):
            return groups[name].value[0]
    return {}


def _frame(
    dataset: Dataset, file: Path, number: int | None, position: Any, orientation: Any, measures: Any
) -> Iterator[Frame]:
    """The frame, if its geometry is stated and consists of numbers."""
    try:
        place = _numbers(position.get("ImagePositionPatient"), 3)
        cosines = _numbers(orientation.get("ImageOrientationPatient"), 6)
        rows, columns = _numbers(measures.get("PixelSpacing"), 2)
        shape = int(dataset.Rows), int(dataset.Columns)
        source = Slice(file, str(dataset.SOPClassUID), str(dataset.SOPInstanceUID), number)
    except (TypeError, ValueError, AttributeError):
        return
    x, y, z = place
    thickness = _positive(measures.get("SliceThickness"))
    reference = str(dataset.get("FrameOfReferenceUID") or "").strip(" \0")
    yield Frame(source, (x, y, z), cosines, (rows, columns), shape, thickness, reference)


def _numbers(values: Any, count: int) -> tuple[float, ...]:
    numbers = tuple(float(value) for value in values)
    if len(numbers) != count or not np.isfinite(numbers).all():
        raise ValueError
    return numbers


def _positive(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if 0 < number < np.inf else None
