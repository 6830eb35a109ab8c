"""Segments of 3D Slicer's segmentation files (``.seg.nrrd``), which have names, and layers if they overlap.

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

#: Largest number of segments that are read; real files have fewer.
_MOST = 1000
#: Largest number of segments that a message lists, and of characters of a name in it.
_SHOWN = 20
_LONGEST = 60


@dataclass(frozen=True)
class Segment:
    """One segment: the voxels of one layer that have one value."""

    name: str
    value: int
    layer: int

    def __str__(self) -> str:
        name = self.name if self.name.isprintable() and len(self.name) <= _LONGEST else quoted(self.name)
        return f"{name} (label {self.value}, layer {self.layer})"


def segments_of(mask: sitk.Image) -> list[Segment]:
    """Segments that a mask's header names; none unless the file is a 3D Slicer segmentation.

    Raises
    ------
    InputError
        When the header has an invalid label value or layer of a segment, or names too many segments.
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
    # SimpleITK returns bytes that are not UTF-8 as surrogates, which cannot be written.
    name = mask.GetMetaData(f"{start}_Name").encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    value = _whole_number(mask, f"{start}_LabelValue", least=1)
    layer = f"{start}_Layer"
    return Segment(name, value, _whole_number(mask, layer, least=0) if mask.HasMetaDataKey(layer) else 0)


def _whole_number(mask: sitk.Image, key: str, *, least: int) -> int:
    text = mask.GetMetaData(key).strip()
    number = int(text) if re.fullmatch("[0-9]{1,18}", text) else -1
    if number < least:
        raise InputError(
            f"the header gives {quoted(key)} as {quoted(text)}; a whole number from {least} was expected.",
            "Export the segmentation again.",
        )
    return number


def segment_list(segments: Sequence[Segment]) -> str:
    """List the first segments in words."""
    shown = [str(segment) for segment in segments[:_SHOWN]]
    return ", ".join(shown) + (f" and {len(segments) - _SHOWN} more" if len(segments) > _SHOWN else "")


def choose_segments(segments: Sequence[Segment], label: float | str | None) -> list[Segment]:
    """Select the segments of a label: one segment, a list (``1,2`` or names), or ``all``.

    Raises
    ------
    InputError, AmbiguousError
        As in `choose_segment`.
    """
    if not isinstance(label, str) or label in [segment.name for segment in segments]:
        return [choose_segment(segments, label)]
    if label.strip().casefold() == ALL:
        return list(segments)
    return list(dict.fromkeys(choose_segment(segments, part) for part in split_label(label)))


def choose_segment(segments: Sequence[Segment], label: float | str | None) -> Segment:
    """Select the one segment of a label.

    Parameters
    ----------
    segments
        All segments of the file.
    label
        A segment's name, or a label's number if only one segment has it; ``None`` for the only segment.

    Raises
    ------
    InputError
        When the file has no such segment.
    AmbiguousError
        When several segments match; the message names them.
    """
    listed = segment_list(segments)
    number = label_number(str(label))
    named = [segment for segment in segments if segment.name == label]
    matches = named or [segment for segment in segments if label is None or segment.value == number]
    if not matches:
        raise InputError(
            f"there is no segment {quoted(label)}; segments: {listed}.", "Give one of their names."
        )
    if len(matches) > 1:
        problem = "no label was given" if label is None else f"label {quoted(label)} fits several segments"
        raise AmbiguousError(f"{problem}; segments: {listed}.", "Give the name of one segment.")
    return matches[0]
