"""Make the image of a planned volume: pixels, values, unit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from nbradiomics.dicom.series.pixels import Stored, is_padding, read_stored
from nbradiomics.dicom.series.planar import PLANAR, one_channel, planar_notes, upright
from nbradiomics.dicom.series.plans import Plan
from nbradiomics.dicom.units.known import SUV
from nbradiomics.dicom.units.scaling import Line, line_of
from nbradiomics.dicom.units.suv import Activity, activity_of, suv_scale, uptake_note
from nbradiomics.dicom.values import text
from nbradiomics.dicom.volume import Slice, Volume
from nbradiomics.errors import InputError
from nbradiomics.messages.wording import counted

if TYPE_CHECKING:
    import SimpleITK as sitk
    from pydicom.dataset import Dataset

_LOSSY = "the pixels were compressed with losses"


@dataclass(frozen=True)
class Made:
    """A volume that was made.

    Attributes
    ----------
    volume
        The image with the identity of its slices.
    notes
        What a reader of the table should know about it.
    uptake_min
        Minutes from the injection to the scan, for PET if the SUV needed it.
    """

    volume: Volume
    notes: tuple[str, ...] = ()
    uptake_min: float | None = None


def make_volume(plan: Plan) -> Made:
    """Read the pixels of a planned volume and convert them to values.

    Parameters
    ----------
    plan
        With a grid.

    Raises
    ------
    InputError
        When pixels cannot be read, values have no unit where one is needed, or the SUV cannot be computed.
    """
    slices, lines, activities, notes = _read(plan)
    unit = _common_unit(lines)
    uptake = None
    if plan.header.modality == "PT" and unit != SUV:
        factor, uptake = suv_scale(activities)
        lines = [Line(line.slope * factor, line.intercept * factor) for line in lines]
        unit = SUV
        if uptake is not None and (note := uptake_note(uptake)):
            notes = (*notes, note)
    header = plan.header
    volume = Volume(
        _image(plan, _values(slices, lines)),
        tuple(
            Slice(
                Path(source.instance.path),
                source.instance.header.sop_class,
                source.instance.sop_instance,
                source.frame.number,
            )
            for source in plan.sources
        ),
        header.patient,
        header.study,
        header.series,
        header.frame_of_reference,
        header.modality,
        unit,
    )
    return Made(volume, notes, uptake)


def _common_unit(lines: Sequence[Line]) -> str:
    """Unit of all slices, whose values must be defined in one way."""
    units = {line.unit for line in lines}
    if len(units) > 1:
        raise InputError("the slices of the series have different units.", "Export the series again.")
    ways = sorted({line.by for line in lines})
    if len(ways) > 1:
        raise InputError(
            f"values of the slices are defined in different ways: {', '.join(ways)}.",
            "Export the series again from the PACS, not from a program that drops elements.",
        )
    return units.pop()


def _image(plan: Plan, values: npt.NDArray[Any]) -> sitk.Image:
    """Values (z, y, x) on the grid of a plan."""
    import SimpleITK as sitk

    assert plan.grid is not None
    image = sitk.GetImageFromArray(values)
    image.SetOrigin(plan.grid.origin)
    image.SetSpacing(plan.grid.spacing)
    image.SetDirection(plan.grid.direction)
    return image


def _read(plan: Plan) -> tuple[list[Stored], list[Line], list[Activity], tuple[str, ...]]:
    """Stored numbers and lines of the slices in their order, and notes; each file is read once."""
    slices: list[Any] = [None] * len(plan.sources)
    lines: list[Any] = [None] * len(plan.sources)
    activities, lossy, padding = [], False, 0
    planar: list[str] = []
    by_file: dict[str, list[int]] = {}
    for place, source in enumerate(plan.sources):
        by_file.setdefault(source.instance.path, []).append(place)
    for path, places in by_file.items():
        data, stored = read_stored(Path(path), plan.sources[places[0]].instance.digest)
        if plan.header.modality in PLANAR and plan.grid is not None and plan.grid.size[2] == 1:
            stored, planar = _planar(stored, data, plan)
        lossy |= text(data, "LossyImageCompression") == "01"
        if plan.header.modality == "PT":
            activities.append(activity_of(data))
        for place in places:
            frame = plan.sources[place].frame.number
            number = 0 if frame is None else frame - 1
            if number >= len(stored):
                raise InputError("a file has fewer frames than its header states.", "Export it again.")
            slices[place] = stored[number]
            lines[place] = line_of(data, frame)
            padding += _padding(stored[number], data, lines[place])
    notes = [*planar, *([_LOSSY] if lossy else [])]
    if padding:
        notes.append(
            f"{counted(padding, 'voxel')} outside the field of view have a value that is no measurement "
            "(Pixel Padding Value): no mask should contain them"
        )
    return slices, lines, activities, tuple(notes)


def _planar(stored: Stored, data: Dataset, plan: Plan) -> tuple[Stored, list[str]]:
    """Pixels of an image of one plane, one number each and higher ones brighter, and notes."""
    notes = planar_notes(data)
    if plan.header.samples > 1 or plan.header.photometric == "PALETTE COLOR":
        stored, more = one_channel(stored, plan.rgb)
        notes += more
    return upright(stored, data), notes


def _padding(stored: Stored, data: Dataset, line: Line) -> int:
    """Number of pixels that are padding; those with the value 0 of MR and PET are usual background."""
    padding = is_padding(stored, data)
    values = stored[padding].astype(np.float64) * line.slope + line.intercept
    return int(np.count_nonzero(values)) if text(data, "Modality") in ("MR", "PT") else len(values)


def _values(slices: Sequence[Stored], lines: Sequence[Line]) -> npt.NDArray[Any]:
    """Values as whole numbers if they are, otherwise in single precision; axes z, y, x."""
    whole = all(line.slope == 1 and line.intercept == round(line.intercept) for line in lines)
    if whole and all(one.dtype.kind in "iu" for one in slices):
        return _whole_values(slices, [round(line.intercept) for line in lines])
    values = np.empty((len(slices), *slices[0].shape), dtype=np.float32)
    for place, (one, line) in enumerate(zip(slices, lines, strict=True)):
        values[place] = one.astype(np.float64) * line.slope + line.intercept
    if not np.isfinite(values).all():
        raise InputError("the series contains values that are not finite.", "Export the series again.")
    return values


def _whole_values(slices: Sequence[Stored], intercepts: Sequence[int]) -> npt.NDArray[Any]:
    """Whole numbers in the smallest type that holds them all."""
    low = min(int(one.min()) + intercept for one, intercept in zip(slices, intercepts, strict=True))
    high = max(int(one.max()) + intercept for one, intercept in zip(slices, intercepts, strict=True))
    kind = next(
        (kind for kind in (np.int16, np.int32) if np.iinfo(kind).min <= low and high <= np.iinfo(kind).max),
        np.float64,
    )
    values = np.empty((len(slices), *slices[0].shape), dtype=kind)
    for place, (one, intercept) in enumerate(zip(slices, intercepts, strict=True)):
        values[place] = one.astype(np.int64) + intercept
    return values
