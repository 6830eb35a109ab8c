"""Segments of 3D Slicer's segmentation files (``.seg.nrrd``): named, and in layers where they may overlap.

The header gives each segment its name, its label value and its layer; SimpleITK reads the layers as the
components of a voxel (https://slicer.readthedocs.io/en/latest/user_guide/modules/segmentations.html).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nbradiomics.errors import AmbiguousError, InputError
from nbradiomics.images.labels import ALL, split_label

if TYPE_CHECKING:
    import SimpleITK as sitk


@dataclass(frozen=True)
class Segment:
    """One segment: the voxels of a layer that have a value."""

    name: str
    value: int
    layer: int

    def __str__(self) -> str:
        return f"{self.name} (label {self.value}, layer {self.layer})"


def segments_of(mask: sitk.Image) -> list[Segment]:
    """Segments that a mask's header names; none for any other file than 3D Slicer's."""
    found = []
    for key in sorted(mask.GetMetaDataKeys()):
        start = key.removesuffix("_Name")
        if start != key and key.startswith("Segment") and mask.HasMetaDataKey(f"{start}_LabelValue"):
            layer = f"{start}_Layer"
            number = int(mask.GetMetaData(layer)) if mask.HasMetaDataKey(layer) else 0
            value = int(mask.GetMetaData(f"{start}_LabelValue"))
            found.append(Segment(mask.GetMetaData(key), value, number))
    return found


def choose_segments(segments: Sequence[Segment], label: float | str | None) -> list[Segment]:
    """The segments that are meant: one, those of a list (``1,2`` or names), or ``all``.

    Raises
    ------
    InputError, AmbiguousError
        As `choose_segment`.
    """
    if not isinstance(label, str) or label in [segment.name for segment in segments]:
        return [choose_segment(segments, label)]
    if label.strip().casefold() == ALL:
        return list(segments)
    return list(dict.fromkeys(choose_segment(segments, part) for part in split_label(label)))


def choose_segment(segments: Sequence[Segment], label: float | str | None) -> Segment:
    """The one segment that is meant.

    Parameters
    ----------
    segments
        All that the file has.
    label
        A segment's name, or a label's number where one segment alone has it; ``None`` where there is one.

    Raises
    ------
    InputError
        When there is no such segment.
    AmbiguousError
        When there are several; the message names them.
    """
    listed = ", ".join(map(str, segments))
    text = str(label)
    number = int(float(text)) if text.strip().lstrip("-").removesuffix(".0").isdecimal() else None
    named = [segment for segment in segments if segment.name == label]
    fitting = named or [segment for segment in segments if label is None or segment.value == number]
    if not fitting:
        raise InputError(f"no segment {label!r}; segments there: {listed}.", "Give one of their names.")
    if len(fitting) > 1:
        asked = "no label was asked for" if label is None else f"label {label!r} is that of several"
        raise AmbiguousError(f"{asked}; segments there: {listed}.", "Give the name of the one that is meant.")
    return fitting[0]
