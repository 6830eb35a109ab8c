"""Light records of DICOM headers: everything that grouping and rules need, without the dataset."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

Vector = tuple[float, float, float]


class Place(NamedTuple):
    """Where a slice lies.

    Attributes
    ----------
    position
        Centre of its first voxel in mm, LPS; ``None`` if the file does not state it.
    orientation
        Direction cosines of a row (towards higher columns) and of a column; ``None`` if not stated.
    spacing
        Distance in mm between rows and between columns; ``None`` if not stated.
    """

    position: Vector | None
    orientation: tuple[float, ...] | None
    spacing: tuple[float, float] | None


class Acquired(NamedTuple):
    """What may differ between the volumes of one series; ``None`` or empty where it is not stated.

    Times are in ms, angles in degrees, b-values in s/mm2.
    """

    image_type: tuple[str, ...] = ()
    component: str = ""
    b_value: float | None = None
    te: float | None = None
    ti: float | None = None
    echo: float | None = None
    stack: str = ""
    gradient: tuple[float, ...] = ()
    temporal: float | None = None
    trigger: float | None = None
    acquisition: float | None = None
    flip: float | None = None
    tr: float | None = None
    time: str = ""


@dataclass(frozen=True, slots=True, repr=False)
class Header:
    """What all slices of a series have in common; equal headers are one object.

    It identifies a person, and its texts are free: nothing of it is written as it is. Programs that log their
    arguments or variables write its `repr`, which therefore has none of it.
    """

    patient: str
    issuer: str
    birth: str
    study: str
    series: str
    frame_of_reference: str
    sop_class: str
    modality: str
    date: str
    number: float | None
    description: str
    protocol: str
    manufacturer: str
    model: str
    institution: str
    field: float | None
    kvp: float | None
    kernel: str
    contrast: bool
    rows: int
    columns: int
    samples: int
    photometric: str
    thickness: float | None
    syntax: str
    corrected: tuple[str, ...]
    expected: int | None
    started: str
    burned: bool


@dataclass(frozen=True, slots=True)
class Frame:
    """One slice: an instance with one frame, or one frame of an instance with several."""

    number: int | None
    place: Place
    acquired: Acquired


@dataclass(frozen=True, slots=True, repr=False)
class Instance:
    """One DICOM file.

    Attributes
    ----------
    path
        The file.
    digest
        SHA-256 of its bytes; empty if it was not computed.
    sop_instance
        UID of the instance.
    header
        Common values.
    frames
        Its slices; one for an instance that is no image.
    refers
        UIDs of the series that a segmentation or structure set was drawn on.
    """

    path: str
    digest: str
    sop_instance: str
    header: Header
    frames: tuple[Frame, ...]
    refers: tuple[str, ...] = ()


def by_series(instances: Iterable[Instance]) -> dict[str, list[Instance]]:
    """Instances by the UID of their series."""
    groups: dict[str, list[Instance]] = {}
    for instance in instances:
        groups.setdefault(instance.header.series, []).append(instance)
    return groups


class Source(NamedTuple):
    """A slice with the file that holds it."""

    instance: Instance
    frame: Frame
