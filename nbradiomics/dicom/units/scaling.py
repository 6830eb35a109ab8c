"""From stored numbers to values: the line of each slice, and the unit of its values."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from nbradiomics.dicom.units.known import HU, known_unit
from nbradiomics.dicom.values import first_item, items, number, private_number, text
from nbradiomics.errors import InputError

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

_PHILIPS = "Philips MR Imaging DD 001"
#: Modalities whose values mean nothing without the rescale elements.
_NEEDED = ("CT", "PT")
_AGAIN = "Export the series again from the PACS, not from a program that drops elements."


class Line(NamedTuple):
    """``value = slope * stored + intercept``, and the unit of the value (empty: not stated)."""

    slope: float
    intercept: float
    unit: str = ""


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
    line = mapped if mapped is not None and mapped.unit else _philips(data, modality) or mapped
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
    return Line(slope, intercept, known_unit(text(code, "CodeValue")))


def _philips(data: Dataset, modality: str) -> Line | None:
    """Philips' floating point value: (stored * RS + RI) / (RS * SS)."""
    if modality != "MR":
        return None
    scale = private_number(data, _PHILIPS, 0x2005, 0x0E)
    slope, intercept = number(data, "RescaleSlope"), number(data, "RescaleIntercept")
    if not scale or not slope or intercept is None:
        return None
    return Line(1 / scale, intercept / (slope * scale), known_unit(text(data, "RescaleType")))


def _rescaled(data: Dataset, shared: Dataset | None, own: Dataset | None, modality: str) -> Line:
    name = "PixelValueTransformationSequence"
    place = first_item(own, name) or first_item(shared, name) or data
    slope, intercept = number(place, "RescaleSlope"), number(place, "RescaleIntercept")
    kind = text(place, "RescaleType")
    if slope is None or intercept is None:
        if modality in _NEEDED:
            lacking = "RescaleSlope (0028,1053)" if slope is None else "RescaleIntercept (0028,1052)"
            raise InputError(f"a slice lacks {lacking}.", _AGAIN)
        slope, intercept = (1.0 if slope is None else slope), (0.0 if intercept is None else intercept)
    unit = HU if modality == "CT" and not kind else known_unit(kind)
    return Line(slope, intercept, unit)
