"""Segments of 3D Slicer's segmentation files (``.seg.nrrd``): named, and in layers where they may overlap.

The header gives each segment its name, its label value and its layer; SimpleITK reads the layers as the
components of a voxel (https://slicer.readthedocs.io/en/latest/user_guide/modules/segmentations.html).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nbradiomics.errors import AmbiguousError, InputError
from nbradiomics.images.labels import ALL, label_number, split_label
from nbradiomics.messages.wording import quoted

if TYPE_CHECKING:
    import SimpleITK as sitk

#: More segments than any file has that people or models make.
_MOST = 1000
#: Segments that a message lists, and characters of a name in it.
_SHOWN = 20
_LONGEST = 60


@dataclass(frozen=True)
class Segment:
    """One segment: the voxels of a layer that have a value."""

    name: str
    value: int
    layer: int

    def __str__(self) -> str:
        name = self.name if self.name.isprintable() and len(self.name) <= _LONGEST else quoted(self.name)
        return f"{name} (label {self.value}, layer {self.layer})"


def segments_of(mask: sitk.Image) -> list[Segment]:
    """Segments that a mask's header names; none for any other file than 3D Slicer's.

    Raises
    ------
    InputError
        When the header gives a segment no sound label value or layer, or names more segments than any file.
    """
    starts = [key.removesuffix("_Name") for key in sorted(mask.GetMetaDataKeys()) if key.endswith("_Name")]
    named = [
        start
        for start in starts
        if start.startswith("Segment") and mask.HasMetaDataKey(f"{start}_LabelValue")
    ]
    if len(named) > _MOST:
        raise InputError(
            f"the header names {len(named):,} segments; at most {_MOST:,} are read.", "Export it again."
        )
    return [_segment(mask, start) for start in named]


def _segment(mask: sitk.Image, start: str) -> Segment:
    # SimpleITK gives bytes that are no UTF-8 as halves of characters, which cannot be written.
    name = mask.GetMetaData(f"{start}_Name").encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    value = _whole_number(mask, f"{start}_LabelValue", least=1)
    layer = f"{start}_Layer"
    return Segment(name, value, _whole_number(mask, layer, least=0) if mask.HasMetaDataKey(layer) else 0)


def _whole_number(mask: sitk.Image, key: str, *, least: int) -> int:
    text = mask.GetMetaData(key).strip()
    number = int(text) if re.fullmatch("[0-9]{1,18}", text) else -1
    if number < least:
        raise InputError(
            f"the header says {quoted(key)} is {quoted(text)}; a whole number from {least} was expected.",
            "Export the segmentation again.",
        )
    return number


def segment_list(segments: Sequence[Segment]) -> str:
    """Segments in words, the first ones only."""
    shown = [str(segment) for segment in segments[:_SHOWN]]
    return ", ".join(shown) + (f" and {len(segments) - _SHOWN} more" if len(segments) > _SHOWN else "")


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
    there = segment_list(segments)
    number = label_number(str(label))
    named = [segment for segment in segments if segment.name == label]
    fitting = named or [segment for segment in segments if label is None or segment.value == number]
    if not fitting:
        raise InputError(f"no segment {quoted(label)}; segments there: {there}.", "Give one of their names.")
    if len(fitting) > 1:
        asked = "no label was asked for" if label is None else f"label {quoted(label)} is that of several"
        raise AmbiguousError(f"{asked}; segments there: {there}.", "Give the name of the one that is meant.")
    return fitting[0]
