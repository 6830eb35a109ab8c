"""Measure the slices of one region.

A slice is measured in the whole image, by a mask of this slice alone: normalisation and filters are those of
the image, and the values are PyRadiomics' for such a mask.
"""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk
from typing_extensions import TypedDict

from nbradiomics.cohort import Case
from nbradiomics.cohort.case_region import read_case
from nbradiomics.errors import InputError
from nbradiomics.execution.workspace import PASSING, Payload
from nbradiomics.features.engines.extraction import Extraction
from nbradiomics.features.extract import extract_regions
from nbradiomics.features.parameters import Parameters

#: Slices whose masks are in memory together.
_TOGETHER = 8


class MeasuredSlice(TypedDict):
    """A slice: index from 0, position in mm, voxels, features, reasons of missing ones, or the refusal."""

    slice: int
    mm: float
    voxels: int
    values: dict[str, float]
    missing: dict[str, str]
    refused: list[str]


class MeasuredSlices(TypedDict):
    """Stored result of a case: its measured slices, and the number of slices with too few voxels."""

    slices: list[MeasuredSlice]
    small: int
    passing: bool


def measure_slices(
    case: Case, parameters: Parameters, engine: str, label: int, least: int, largest: bool
) -> Payload:
    """Measure the slices of a region; see `MeasuredSlices`.

    Parameters
    ----------
    case
        The region.
    parameters, engine, label
        As in `features.cohort.extract_cohort`.
    least
        Smallest number of voxels of a slice that is measured.
    largest
        Whether only the slice with most voxels is measured: the first one if several have as many.

    Raises
    ------
    InputError
        When image or mask cannot be used, they have different grids, or no slice has enough voxels.
    """
    image, region = read_case(case, label, parameters.fit)
    if region.GetSize() != image.GetSize():
        raise InputError(
            "the mask has another grid than the image, so that its slices are not those of the image.",
            "Resample the mask onto the image, or extract without --per-slice.",
        )
    counts = np.count_nonzero(sitk.GetArrayViewFromImage(region), axis=(1, 2))
    chosen = [int(place) for place in np.flatnonzero(counts >= least)]
    if not chosen:
        raise InputError(
            f"no slice of the region has {least} voxels; the largest has {int(counts.max())}.",
            "Lower --min-slice-voxels, or exclude lesions of this size.",
        )
    if largest:
        chosen = [int(np.argmax(counts))]
    slices: list[MeasuredSlice] = []
    for start in range(0, len(chosen), _TOGETHER):
        places = chosen[start : start + _TOGETHER]
        regions = {str(place): _only(region, place) for place in places}
        found = extract_regions(image, regions, parameters, engine=engine, name=str(case.scan.image))
        slices += [_measured(place, found[str(place)], image, int(counts[place])) for place in places]
    broken = any(one["refused"] for one in slices)
    return {"slices": slices, "small": int(np.sum((counts > 0) & (counts < least))), PASSING: broken}


def _only(region: sitk.Image, place: int) -> sitk.Image:
    """The region in one slice."""
    array = np.zeros(region.GetSize()[::-1], dtype=np.uint8)
    array[place] = sitk.GetArrayViewFromImage(region)[place]
    made = sitk.GetImageFromArray(array)
    made.CopyInformation(region)
    return made


def _measured(place: int, found: Extraction | InputError, image: sitk.Image, voxels: int) -> MeasuredSlice:
    made: MeasuredSlice = {
        "slice": place,
        "mm": position_of(image, place),
        "voxels": voxels,
        "values": {},
        "missing": {},
        "refused": [],
    }
    if isinstance(found, InputError):
        return {**made, "refused": [found.problem, found.remedy]}
    return {**made, "values": dict(found.values), "missing": dict(found.missing)}


def position_of(image: sitk.Image, place: int) -> float:
    """Position of a slice along the third axis of its image in mm: its origin, projected on this axis."""
    origin, matrix = np.array(image.GetOrigin()), np.array(image.GetDirection()).reshape(3, 3)
    return float(origin @ matrix[:, 2] + place * image.GetSpacing()[2])
