"""From stored numbers to values: the line of each slice, and the unit of its values."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from nbradiomics.dicom.units.known import HU, known_unit
from nbradiomics.dicom.values import first_item, items, number, private_number, private_tag, text
from nbradiomics.errors import InputError

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

_PHILIPS, _PHILIPS_FRAMES = "Philips MR Imaging DD 001", "Philips MR Imaging DD 005"
#: Modalities whose values mean nothing without the rescale elements.
_NEEDED = ("CT", "PT")
_AGAIN = "Export the series again from the PACS, not from a program that drops elements."


class Line(NamedTuple):
    """``value = slope * stored + intercept``, the unit of the value (empty: not stated), what defines it."""

    slope: float
    intercept: float
    unit: str = ""
    by: str = ""


def line_of(data: Dataset, frame: int | None) -> Line:
    """Line from stored numbers to values for a slice.

    Parameters
    ----------
    data
        The instance.
    frame
        Number of the frame from 1; ``None`` for a classic instance.

    Returns
    -------
    Line
        For MR the real world value map if there is exactly one, but rather Philips' own scale (Chenevert et
        al. 2014, 10.1593/tlo.13811) if the map has no unit, with which series of one scanner are comparable;
        else the rescale elements, else the stored number. For CT and PET the rescale elements.

    Raises
    ------
    InputError
        When the rescale elements are needed and missing, the slope is 0, or values come from a table (LUT).
    """
    modality = text(data, "Modality")
    if items(data, "ModalityLUTSequence"):
        raise InputError(
            "values are defined by a table, the Modality LUT Sequence (0028,3000), which is not read.", _AGAIN
        )
    shared, own = _groups(data, frame)
    mapped = _real_world(data, shared, own) if modality != "CT" and modality != "PT" else None
    line = mapped if mapped is not None and mapped.unit else _philips(data, shared, own) or mapped
    line = line or _rescaled(data, shared, own, modality)
    if line.slope == 0:
        raise InputError("the rescale slope (0028,1053) of a slice is 0.", _AGAIN)
    return line


def _groups(data: Dataset, frame: int | None) -> tuple[Dataset | None, Dataset | None]:
    """Shared functional groups, and those of a frame."""
    groups = items(data, "PerFrameFunctionalGroupsSequence")
    own = groups[frame - 1] if frame is not None and frame <= len(groups) else None
    return first_item(data, "SharedFunctionalGroupsSequence"), own


def _real_world(data: Dataset, shared: Dataset | None, own: Dataset | None) -> Line | None:
    name = "RealWorldValueMappingSequence"
    maps = next((found for place in (own, shared, data) if (found := items(place, name))), [])
    if len(maps) != 1:
        return None
    slope = number(maps[0], "RealWorldValueSlope")
    intercept = number(maps[0], "RealWorldValueIntercept")
    if slope is None or intercept is None or slope == 0:
        return None
    code = first_item(maps[0], "MeasurementUnitsCodeSequence")
    return Line(slope, intercept, known_unit(text(code, "CodeValue")), "real world value map")


def _philips(data: Dataset, shared: Dataset | None, own: Dataset | None) -> Line | None:
    """Philips' floating point value: (stored * RS + RI) / (RS * SS)."""
    if text(data, "Modality") != "MR":
        return None
    scale = private_number(data, _PHILIPS, 0x2005, 0x0E) or _philips_frame_scale(shared, own)
    place = _transformation(data, shared, own)
    slope, intercept = number(place, "RescaleSlope"), number(place, "RescaleIntercept")
    if not scale or not slope or intercept is None:
        return None
    unit = known_unit(text(place, "RescaleType"))
    return Line(1 / scale, intercept / (slope * scale), unit, "Philips' scale (2005,xx0E)")


def _philips_frame_scale(shared: Dataset | None, own: Dataset | None) -> float | None:
    """Scale of a frame of an enhanced instance, in a private sequence of its functional groups."""
    for groups in (own, shared):
        tag = None if groups is None else private_tag(groups, _PHILIPS_FRAMES, 0x2005, 0x0F)
        frame = None if tag is None else first_item(groups, tag)
        if frame is not None and (scale := private_number(frame, _PHILIPS, 0x2005, 0x0E)):
            return scale
    return None


def _transformation(data: Dataset, shared: Dataset | None, own: Dataset | None) -> Dataset:
    """Where the rescale elements are: in the functional groups of an enhanced instance, or at the top."""
    name = "PixelValueTransformationSequence"
    return first_item(own, name) or first_item(shared, name) or data


def _rescaled(data: Dataset, shared: Dataset | None, own: Dataset | None, modality: str) -> Line:
    place = _transformation(data, shared, own)
    slope, intercept = number(place, "RescaleSlope"), number(place, "RescaleIntercept")
    stated = slope is not None and intercept is not None
    kind = text(place, "RescaleType")
    if slope is None or intercept is None:
        if modality in _NEEDED:
            lacking = "RescaleSlope (0028,1053)" if slope is None else "RescaleIntercept (0028,1052)"
            raise InputError(f"a slice lacks {lacking}.", _AGAIN)
        slope, intercept = (1.0 if slope is None else slope), (0.0 if intercept is None else intercept)
    unit = HU if modality == "CT" and not kind else known_unit(kind)
    return Line(slope, intercept, unit, "rescale elements" if stated else "stored number")
