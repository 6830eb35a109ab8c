"""From a mask file and a label to one binary region."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from nbradiomics.errors import AmbiguousError, InputError
from nbradiomics.images.io import describe, read_file, require_volume
from nbradiomics.images.labels import ALL, label_number, split_label
from nbradiomics.images.segments import Segment, choose_segments, segment_list, segments_of
from nbradiomics.messages.wording import quoted

if TYPE_CHECKING:
    import SimpleITK as sitk

#: Labels that a message lists.
_LISTED = 30


def labels_in(mask: sitk.Image) -> list[int]:
    """Labels other than 0 that a mask holds, in ascending order."""
    import SimpleITK as sitk

    values = np.unique(sitk.GetArrayViewFromImage(mask))
    if not np.all(np.isfinite(values)) or np.any(values != np.round(values)):
        raise InputError(
            "the mask holds values that are no whole numbers.",
            "A mask holds labels; give the segmentation, not a probability map.",
        )
    return [int(value) for value in values if value != 0]


def resolve_label(mask: sitk.Image, label: float | str) -> int:
    """Turn a label's name into its number.

    Names are looked up in the header of a 3D Slicer segmentation (``.seg.nrrd``), the one common
    format that stores them; a whole number written as text is taken as that number.
    """
    if not isinstance(label, str):
        if not math.isfinite(label) or label != int(label):
            raise InputError(f"label {label!r} is no whole number.", "Give a whole number or a name.")
        return int(label)
    number = label_number(label)
    if number is not None:
        return number
    segments = segments_of(mask)
    values = {segment.value for segment in segments if segment.name == label}
    if not values:
        raise InputError(
            f"no label named {quoted(label)} in the mask; names there: {segment_list(segments) or 'none'}.",
            "Give the label's number, or a .seg.nrrd file that names its segments.",
        )
    if len(values) > 1:
        raise AmbiguousError(
            f"several segments are called {quoted(label)}; segments there: {segment_list(segments)}.",
            "Give the number of the one that is meant.",
        )
    return values.pop()


def wanted_labels(mask: sitk.Image, label: float | str, present: list[int]) -> list[int]:
    """Labels that make a region, in ascending order; the mask may lack some of a list.

    Parameters
    ----------
    mask
        Where names of segments are looked up.
    label
        A number, a segment's name, a list of these (``1,2``), or ``all``.
    present
        Labels of the mask: what ``all`` stands for.
    """
    names = {segment.name for segment in segments_of(mask)}
    if not isinstance(label, str) or label.strip().casefold() != ALL:
        several = isinstance(label, str) and label not in names
        parts: list[str] | list[float | str] = split_label(str(label)) if several else [label]
        return sorted({resolve_label(mask, part) for part in parts})
    if any(name.casefold() == ALL for name in names):
        raise InputError(
            f"label {label!r} means every label, and a segment of the mask has this name.",
            "Give the segment's number.",
        )
    return present


def read_mask(source: str | Path | sitk.Image) -> sitk.Image:
    """Read a mask: a volume of one number per voxel, or a 3D Slicer segmentation with a component per layer.

    Raises
    ------
    InputError
        As `io.read_image`.
    """
    import SimpleITK as sitk

    mask = source if isinstance(source, sitk.Image) else read_file(Path(source))
    layers = mask.GetNumberOfComponentsPerPixel()
    try:
        segments = segments_of(mask)
    except InputError as error:
        raise InputError(f"{describe(source)}: {error.problem}", error.remedy) from error
    if layers == 1 or mask.GetDimension() != 3 or not segments:
        return require_volume(mask, describe(source))
    _require_layers(segments, layers, describe(source))
    return mask


def _require_layers(segments: Sequence[Segment], layers: int, name: str) -> None:
    for segment in segments:
        if segment.layer >= layers:
            raise InputError(f"{name} has no layer {segment.layer}, where {segment} is.", "Export it again.")


def read_region(
    source: str | Path | sitk.Image, label: float | str | None = None, *, name: str | None = None
) -> sitk.Image:
    """Read one region of a mask as a binary image.

    Parameters
    ----------
    source
        Mask file or image of whole numbers, or a layered 3D Slicer segmentation.
    label
        The label that makes the region, as a number or a segment's name; several in a list (``1,2``), or
        ``all`` but 0, are united. ``None`` takes the only label that the mask holds.
    name
        What messages call the mask; its path unless given.

    Returns
    -------
    SimpleITK.Image
        8-bit, 1 inside and 0 outside, on the mask's grid. Empty when the mask holds no label at all.

    Raises
    ------
    InputError
        When the mask cannot be read, or holds labels but none that was asked for.
    AmbiguousError
        When `label` is ``None`` and the mask holds several.
    """
    import SimpleITK as sitk

    name = name or describe(source)
    mask = read_mask(source)
    if mask.GetNumberOfComponentsPerPixel() > 1:
        return _segments_region(mask, label, name)
    try:
        present = labels_in(mask)
        wanted = present if label is None else wanted_labels(mask, label, present)
    except InputError as error:
        raise type(error)(f"{name}: {error.problem}", error.remedy) from error
    listed = ", ".join(map(str, present[:_LISTED])) + (" ..." if len(present) > _LISTED else "")
    if label is None and len(present) > 1:
        raise AmbiguousError(f"{name} holds the labels {listed}.", "Say which one is meant.")
    there = [value for value in wanted if value in present]
    if present and not there and len(present) > _LISTED:
        raise InputError(
            f"{name} has no label {' and no label '.join(map(str, wanted))}; it holds {len(present)} values "
            f"({listed}), as an image does.",
            "Give the mask; have image and mask been swapped?",
        )
    if present and not there:
        raise InputError(
            f"{name} has no label {' and no label '.join(map(str, wanted))}; labels there: {listed}.",
            "Give one of these labels (column `label`, or the parameter file's setting).",
        )
    if there == present:
        return sitk.NotEqual(mask, 0)
    return _united([sitk.Equal(mask, value) for value in there])


def _segments_region(mask: sitk.Image, label: float | str | None, name: str) -> sitk.Image:
    """Region of segments of a layered segmentation; a segment without a voxel is an empty region."""
    import SimpleITK as sitk

    try:
        segments = choose_segments(segments_of(mask), label)
    except InputError as error:
        raise type(error)(f"{name}: {error.problem}", error.remedy) from error
    return _united(
        [sitk.Equal(sitk.VectorIndexSelectionCast(mask, one.layer), one.value) for one in segments]
    )


def _united(regions: list[sitk.Image]) -> sitk.Image:
    import SimpleITK as sitk

    first, *others = regions
    for other in others:
        first = sitk.Or(first, other)
    return first
