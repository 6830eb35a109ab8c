"""Regions and contours of a structure set, as they are in the file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from nbradiomics.dicom.values import items, numbers_of, text, whole_number
from nbradiomics.images.grid import FARTHEST

#: Types of contours that enclose an area.
CLOSED = frozenset({"CLOSED_PLANAR", "CLOSEDPLANAR_XOR"})


@dataclass(frozen=True)
class Contour:
    """A contour.

    Attributes
    ----------
    kind
        Contour Geometric Type.
    points
        n x 3, mm, LPS.
    images
        The images that it refers to: SOP instance and frame (``None`` without a frame).
    """

    kind: str
    points: npt.NDArray[np.float64]
    images: tuple[tuple[str, int | None], ...] = ()


@dataclass(frozen=True)
class Region:
    """A region of a structure set.

    Attributes
    ----------
    number
        ROI Number.
    name
        ROI Name, free text: never write it into an output.
    kind
        RT ROI Interpreted Type: ``GTV``, ``ORGAN`` ...; empty if there is none.
    frame_of_reference
        UID of its frame of reference; empty if there is none.
    contours
        Those that can be read.
    damaged
        What is wrong with each of the others.
    """

    number: int
    name: str
    kind: str
    frame_of_reference: str
    contours: tuple[Contour, ...] = ()
    damaged: tuple[str, ...] = field(default=())


def regions_of(dataset: Any) -> list[Region]:
    """All regions of a structure set, in the order of the file; those without contours too."""
    drawn: dict[int | None, list[Any]] = {}
    for item in items(dataset, "ROIContourSequence"):
        contours = items(item, "ContourSequence")
        drawn.setdefault(whole_number(item, "ReferencedROINumber"), []).extend(contours)
    kinds = {
        whole_number(item, "ReferencedROINumber"): text(item, "RTROIInterpretedType").upper()
        for item in items(dataset, "RTROIObservationsSequence")
    }
    regions = []
    for item in items(dataset, "StructureSetROISequence"):
        number = whole_number(item, "ROINumber")
        if number is not None:
            regions.append(_region(item, number, kinds.get(number, ""), drawn.get(number, [])))
    return regions


def _region(item: Any, number: int, kind: str, contours: Sequence[Any]) -> Region:
    read: list[Contour] = []
    damaged: list[str] = []
    for contour in contours:
        try:
            read.append(_contour(contour))
        except ValueError as error:
            damaged.append(str(error))
    frame = text(item, "ReferencedFrameOfReferenceUID")
    return Region(number, text(item, "ROIName"), kind, frame, tuple(read), tuple(damaged))


def _contour(item: Any) -> Contour:
    try:
        values = numbers_of(item, "ContourData")
    except (ValueError, TypeError):
        raise ValueError("coordinates that are not numbers") from None
    if len(values) % 3:
        raise ValueError("a number of coordinates that is not a multiple of three")
    points = values.reshape(-1, 3)
    if not np.isfinite(points).all() or (np.abs(points) > FARTHEST).any():
        raise ValueError(f"coordinates that are not finite numbers up to {FARTHEST:g} mm")
    stated = whole_number(item, "NumberOfContourPoints")
    if stated is not None and stated != len(points):
        raise ValueError("another number of points than Number of Contour Points says")
    if np.any(numbers_of(item, "ContourOffsetVector")):
        raise ValueError("an offset (Contour Offset Vector), which is not supported")
    images = tuple(
        (text(image, "ReferencedSOPInstanceUID"), whole_number(image, "ReferencedFrameNumber"))
        for image in items(item, "ContourImageSequence")
    )
    return Contour(text(item, "ContourGeometricType").upper(), points, images)
