"""Read one binary region from a mask file and a label."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nbradiomics.errors import AmbiguousError, InputError
from nbradiomics.images.io import describe, read_file, require_volume
from nbradiomics.images.labels import ALL, label_number, split_label
from nbradiomics.images.segments import Segment, choose_segments, segment_list, segments_of
from nbradiomics.messages.wording import quoted

if TYPE_CHECKING:
    import SimpleITK as sitk

#: Largest number of labels that a message lists.
_LISTED = 30
#: Whole numbers from 0 to below this are counted, not sorted.
_COUNTED = 1 << 16


def values_and_counts(array: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.intp]]:
    """Return the values of a mask in ascending order, and their numbers of voxels.

    The same as NumPy's `unique`, which sorts all voxels; small whole numbers are counted instead.
    """
    if array.dtype.kind in "ui" and array.size and array.min() >= 0 and array.max() < _COUNTED:
        labelled = array[array != 0]  # few voxels of most masks
        counts = np.bincount(labelled, minlength=1)
        counts[0] = array.size - labelled.size
        values = np.flatnonzero(counts)
        return values.astype(array.dtype), counts[values]
    return np.unique(array, return_counts=True)


class Tally(NamedTuple):
    """Labels of a mask except 0, ascending, with their numbers of voxels; and the volume of a voxel in ml."""

    voxels: dict[int, int]
    voxel_ml: float


def tally(mask: sitk.Image) -> Tally:
    """Count the labels of a mask with one number per voxel."""
    import SimpleITK as sitk

    values, counts = values_and_counts(sitk.GetArrayViewFromImage(mask))
    whole = values.dtype.kind in "ui" or (np.all(np.isfinite(values)) and np.all(values == np.round(values)))
    if not whole:
        raise InputError(
            "the mask has values that are not whole numbers.",
            "A mask has labels; use the segmentation, not a probability map.",
        )
    voxels = {int(value): count for value, count in zip(values, counts.tolist(), strict=True) if value != 0}
    return Tally(voxels, math.prod(mask.GetSpacing()) / 1000)


def labels_in(mask: sitk.Image) -> list[int]:
    """Labels of a mask except 0, in ascending order."""
    return list(tally(mask).voxels)


#: Tallies of the masks that were read, by file; ``None`` if nobody wants them.
_tallies: ContextVar[dict[str, Tally] | None] = ContextVar("tallies", default=None)


@contextmanager
def keeping_tallies() -> Iterator[None]:
    """Keep the tally of each mask file that `read_region` reads meanwhile in this process."""
    token = _tallies.set({})
    try:
        yield
    finally:
        _tallies.reset(token)


def kept_tally(file: str | Path) -> Tally | None:
    """Return the tally of a mask file that was read and has no layers; ``None`` if none was kept."""
    return (_tallies.get() or {}).get(str(file))


def resolve_label(mask: sitk.Image, label: float | str) -> int:
    """Turn a label's name into its number.

    Names are looked up in the header of a 3D Slicer segmentation (``.seg.nrrd``), the only common
    format that stores them; a whole number written as text counts as that number.
    """
    if not isinstance(label, str):
        if not math.isfinite(label) or label != int(label):
            raise InputError(f"label {label!r} is not a whole number.", "Give a whole number or a name.")
        return int(label)
    number = label_number(label)
    if number is not None:
        return number
    segments = segments_of(mask)
    values = {segment.value for segment in segments if segment.name == label}
    if not values:
        raise InputError(
            f"the mask has no label named {quoted(label)}; names in it: {segment_list(segments) or 'none'}.",
            "Give the label's number, or a .seg.nrrd file with names of segments.",
        )
    if len(values) > 1:
        raise AmbiguousError(
            f"several segments have the name {quoted(label)}; segments: {segment_list(segments)}.",
            "Give the label's number.",
        )
    return values.pop()


def wanted_labels(mask: sitk.Image, label: float | str, present: list[int]) -> list[int]:
    """Labels that form a region, in ascending order; the mask may lack some of a list.

    Parameters
    ----------
    mask
        The mask whose header gives the names of segments.
    label
        A number, a segment's name, a list of these (``1,2``), or ``all``.
    present
        Labels of the mask, which ``all`` selects.
    """
    if not isinstance(label, str):
        return [resolve_label(mask, label)]
    names = {segment.name for segment in segments_of(mask)}
    if label.strip().casefold() != ALL:
        parts = [label] if label in names else split_label(label)
        return sorted({resolve_label(mask, part) for part in parts})
    if any(name.casefold() == ALL for name in names):
        raise InputError(
            f"label {label!r} means every label, but a segment of the mask has this name too.",
            "Give the segment's number.",
        )
    return present


def read_mask(source: str | Path | sitk.Image) -> sitk.Image:
    """Read a mask: a volume of one number per voxel, or a 3D Slicer segmentation with a component per layer.

    Raises
    ------
    InputError
        As in `io.read_image`.
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
            raise InputError(
                f"{name} has no layer {segment.layer}, but its header places {segment} there.",
                "Export it again.",
            )


def read_region(
    source: str | Path | sitk.Image, label: float | str | None = None, *, name: str | None = None
) -> sitk.Image:
    """Read one region of a mask as a binary image.

    Parameters
    ----------
    source
        Mask file or image of whole numbers, or a layered 3D Slicer segmentation.
    label
        The label of the region, as a number or a segment's name. Several labels in a list (``1,2``), or
        ``all`` labels except 0, are united. ``None`` takes the only label of the mask.
    name
        Name of the mask in messages; its path by default.

    Returns
    -------
    SimpleITK.Image
        8-bit, 1 inside and 0 outside, on the mask's grid. Empty if the mask has no label at all.

    Raises
    ------
    InputError
        When the mask cannot be read, or has labels but none of the requested ones.
    AmbiguousError
        When `label` is ``None`` and the mask has several labels.
    """
    import SimpleITK as sitk

    name = name or describe(source)
    mask = read_mask(source)
    if mask.GetNumberOfComponentsPerPixel() > 1:
        return _segments_region(mask, label, name)
    try:
        counted = tally(mask)
        present = list(counted.voxels)
        requested = present if label is None else wanted_labels(mask, label, present)
    except InputError as error:
        raise type(error)(f"{name}: {error.problem}", error.remedy) from error
    if (kept := _tallies.get()) is not None and not isinstance(source, sitk.Image):
        kept[str(source)] = counted
    listed = ", ".join(map(str, present[:_LISTED])) + (" ..." if len(present) > _LISTED else "")
    if label is None and len(present) > 1:
        raise AmbiguousError(
            f"{name} has the labels {listed}; one was expected.", "Name the label of the region."
        )
    selected = [value for value in requested if value in present]
    if present and not selected and len(present) > _LISTED:
        raise InputError(
            f"{name} has no label {' and no label '.join(map(str, requested))}; it has {len(present)} values "
            f"({listed}), like an image.",
            "Check whether image and mask were swapped.",
        )
    if present and not selected:
        raise InputError(
            f"{name} has no label {' and no label '.join(map(str, requested))}; its labels: {listed}.",
            "Give one of these labels (column `label`, or the parameter file's setting).",
        )
    # NumPy compares in a tenth of ITK's time.
    voxels = sitk.GetArrayViewFromImage(mask)
    inside = voxels != 0 if selected == present else np.isin(voxels, selected)
    region = sitk.GetImageFromArray(inside.view(np.uint8))
    region.CopyInformation(mask)
    return region


def _segments_region(mask: sitk.Image, label: float | str | None, name: str) -> sitk.Image:
    """Region of segments of a layered segmentation; a segment without voxels gives an empty region."""
    import SimpleITK as sitk

    try:
        segments = choose_segments(segments_of(mask), label)
    except InputError as error:
        raise type(error)(f"{name}: {error.problem}", error.remedy) from error
    return _united(
        [
            sitk.Equal(sitk.VectorIndexSelectionCast(mask, segment.layer), segment.value)
            for segment in segments
        ]
    )


def _united(regions: list[sitk.Image]) -> sitk.Image:
    import SimpleITK as sitk

    first, *others = regions
    for other in others:
        first = sitk.Or(first, other)
    return first
