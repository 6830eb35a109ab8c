"""From a mask file and a label to one binary region."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from nbradiomics.errors import AmbiguousError, InputError
from nbradiomics.images.io import describe, read_file, require_volume
from nbradiomics.images.segments import choose_segment, segments_of

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
        if label != int(label):
            raise InputError(f"label {label!r} is no whole number.", "Give a whole number or a name.")
        return int(label)
    if label.strip().lstrip("-").isdecimal():
        return int(label)
    names = {segment.name: segment.value for segment in segments_of(mask)}
    if label not in names:
        found = ", ".join(f"{name} = {value}" for name, value in names.items()) or "none"
        raise InputError(
            f"no label named {label!r} in the mask; names there: {found}.",
            "Give the label's number, or a .seg.nrrd file that names its segments.",
        )
    return names[label]


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
    layered = mask.GetDimension() == 3 and any(segment.layer < layers for segment in segments_of(mask))
    return mask if layers > 1 and layered else require_volume(mask, describe(source))


def read_region(
    source: str | Path | sitk.Image, label: float | str | None = None, *, name: str | None = None
) -> sitk.Image:
    """Read one region of a mask as a binary image.

    Parameters
    ----------
    source
        Mask file or image of whole numbers, or a layered 3D Slicer segmentation.
    label
        The label that makes the region, as a number or a segment's name. ``None`` takes the only
        label that the mask holds.
    name
        What messages call the mask; its path unless given.

    Returns
    -------
    SimpleITK.Image
        8-bit, 1 inside and 0 outside, on the mask's grid. Empty when the mask holds no label at all.

    Raises
    ------
    InputError
        When the mask cannot be read, or holds labels but not the one asked for.
    AmbiguousError
        When `label` is ``None`` and the mask holds several.
    """
    import SimpleITK as sitk

    name = name or describe(source)
    mask = read_mask(source)
    if mask.GetNumberOfComponentsPerPixel() > 1:
        return _segment_region(mask, label, name)
    try:
        present = labels_in(mask)
        wanted = resolve_label(mask, label) if label is not None else (present or [1])[0]
    except InputError as error:
        raise type(error)(f"{name}: {error.problem}", error.remedy) from error
    listed = ", ".join(map(str, present[:_LISTED])) + (" ..." if len(present) > _LISTED else "")
    if label is None and len(present) > 1:
        raise AmbiguousError(f"{name} holds the labels {listed}.", "Say which one is meant.")
    if present and wanted not in present and len(present) > _LISTED:
        raise InputError(
            f"{name} has no label {wanted}; it holds {len(present)} values ({listed}), as an image does.",
            "Give the mask; have image and mask been swapped?",
        )
    if present and wanted not in present:
        raise InputError(
            f"{name} has no label {wanted}; labels there: {listed}.",
            "Give one of these labels (column `label`, or the parameter file's setting).",
        )
    return sitk.Equal(mask, wanted) if present else sitk.Cast(mask * 0, sitk.sitkUInt8)


def _segment_region(mask: sitk.Image, label: float | str | None, name: str) -> sitk.Image:
    """Region of one segment of a layered segmentation; a segment without a voxel is an empty region."""
    import SimpleITK as sitk

    try:
        segment = choose_segment(segments_of(mask), label)
    except InputError as error:
        raise type(error)(f"{name}: {error.problem}", error.remedy) from error
    if segment.layer >= mask.GetNumberOfComponentsPerPixel():
        raise InputError(f"{name} has no layer {segment.layer}, where {segment.name} is.", "Export it again.")
    return sitk.Equal(sitk.VectorIndexSelectionCast(mask, segment.layer), segment.value)
