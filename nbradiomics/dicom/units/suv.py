"""SUV by body weight from PET activity, by the QIBA vendor-neutral pseudo-code.

The pseudo-code ("Standardized Uptake Value (SUV) vendor-neutral pseudo-code, happy path and robust", QIBA
FDG-PET/CT, https://qibawiki.rsna.org) defines which times and private elements count; Boellaard et al. 2015
(10.1007/s00259-014-2961-x) state the formula.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from nbradiomics.dicom.values import (
    first_item,
    moment,
    moment_of,
    number,
    private_number,
    private_tag,
    text,
    texts,
    zone_of,
)
from nbradiomics.errors import InputError

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

_PHILIPS = "Philips PET Private Group"
_GE = "GEMS_PETD_01"
_ASK = "Ask for a complete export; without it the SUV would be a guess."
#: Plausible ranges: weight in kg, dose in Bq, half-life in s. Usual doses in kBq, MBq or mCi are below the
#: range, usual weights in g above it.
_WEIGHT, _DOSE, _HALF_LIFE = (0.3, 500.0), (1e6, 1e10), (60.0, 3e7)
#: What all slices must agree about.
_COMMON = ("units", "kind", "decay", "weight", "dose", "half_life", "series")
#: Most hours from the start of the series to its first slice.
_LONGEST = 12.0
#: Minutes from injection to scan that are usual; protocols with others exist.
_USUAL_UPTAKE = (20.0, 240.0)
#: Most half-lives between injection and scan.
_MOST = 10.0


class Activity(NamedTuple):
    """What the header of a PET slice says about activity and times.

    `foreign_zone` is true if the injection states a time zone, and the other times of the slice do not.
    """

    units: str
    kind: str
    corrected: tuple[str, ...]
    decay: str
    weight: float | None
    dose: float | None
    half_life: float | None
    injected: datetime | None
    injected_time: str
    series: datetime | None
    scanned: datetime | None
    acquired: datetime | None
    reference_ms: float | None
    duration_ms: float | None
    suv_factor: float | None
    activity_factor: float | None
    foreign_zone: bool


class Scale(NamedTuple):
    """Factor from rescaled values to SUV, and minutes from injection to scan (``None`` if not needed)."""

    factor: float
    uptake_min: float | None


def uptake_note(minutes: float) -> str:
    """What should be known about an unusual time from injection to scan; empty for a usual one.

    A clock that was wrong by an hour, or an injection without a date, changes an SUV much.
    """
    if _USUAL_UPTAKE[0] <= minutes <= _USUAL_UPTAKE[1]:
        return ""
    return (
        f"the scan began {minutes:.0f} min after the injection by its header; if that is wrong, so is the SUV"
    )


def activity_of(data: Dataset) -> Activity:
    """Read what a PET slice says about activity and times."""
    drug = first_item(data, "RadiopharmaceuticalInformationSequence")
    injected = text(drug, "RadiopharmaceuticalStartDateTime")
    zone = zone_of(text(data, "TimezoneOffsetFromUTC"))
    return Activity(
        units=text(data, "Units").upper(),
        kind=text(data, "SUVType").upper(),
        corrected=tuple(value.upper() for value in texts(data, "CorrectedImage")),
        decay=text(data, "DecayCorrection").upper(),
        weight=number(data, "PatientWeight"),
        dose=number(drug, "RadionuclideTotalDose"),
        half_life=number(drug, "RadionuclideHalfLife"),
        injected=moment_of(injected, zone),
        injected_time=text(drug, "RadiopharmaceuticalStartTime"),
        series=moment(text(data, "SeriesDate"), text(data, "SeriesTime")),
        scanned=_private_moment(data, zone),
        acquired=moment(text(data, "AcquisitionDate"), text(data, "AcquisitionTime"))
        or moment_of(text(data, "AcquisitionDateTime"), zone),
        reference_ms=number(data, "FrameReferenceTime"),
        duration_ms=number(data, "ActualFrameDuration"),
        suv_factor=private_number(data, _PHILIPS, 0x7053, 0x00),
        activity_factor=private_number(data, _PHILIPS, 0x7053, 0x09),
        foreign_zone=zone is None and zone_of(injected) is not None,
    )


def _private_moment(data: Dataset, zone: timedelta | None) -> datetime | None:
    """GE's date and time of the scan, which a later reconstruction does not change."""
    tag = private_tag(data, _GE, 0x0009, 0x0D)
    return None if tag is None else moment_of(text(data, tag), zone)


def suv_scale(slices: Sequence[Activity]) -> Scale:
    """Factor from the rescaled values of a PET series to SUV by body weight.

    Parameters
    ----------
    slices
        Of all slices of the volume.

    Returns
    -------
    Scale
        Values times the factor are SUV in g/ml.

    Raises
    ------
    InputError
        When an element is missing, contradicts another or is implausible; it is named with its tag.
    """
    first = slices[0]
    for name in (*_COMMON, "injected", "injected_time"):
        if len({getattr(one, name) for one in slices}) > 1:
            raise InputError(
                f"the slices differ in {name.replace('_', ' ')}, so they have no common SUV.", _ASK
            )
    if first.units == "GML":
        if first.kind not in ("", "BW"):
            raise InputError(
                "the series contains SUV, but not by body weight: SUV Type (0054,1006) is not BW.",
                "Export the series in Bq/ml, or with SUV by body weight.",
            )
        return Scale(1.0, None)
    if first.units == "CNTS":
        return _from_counts(slices)
    if first.units != "BQML":
        found = "is missing" if not first.units else "is none of BQML, CNTS and GML"
        raise InputError(f"Units (0054,1001) {found}.", "Export the series in Bq/ml.")
    return _from_activity(slices)


def _from_counts(slices: Sequence[Activity]) -> Scale:
    """Philips' counts: its factor to SUV, otherwise its factor to Bq/ml."""
    for name in ("suv_factor", "activity_factor"):
        if len({getattr(one, name) for one in slices}) > 1:
            raise InputError("the slices differ in Philips' private factor (7053,xx00 or 7053,xx09).", _ASK)
    if slices[0].suv_factor:
        return Scale(slices[0].suv_factor, None)
    if not slices[0].activity_factor:
        raise InputError(
            "Units (0054,1001) is CNTS; Philips' private factors (7053,xx00) and (7053,xx09) are missing.",
            "Export the series with its private elements, or in Bq/ml.",
        )
    scale = _from_activity(slices)
    return Scale(scale.factor * slices[0].activity_factor, scale.uptake_min)


def _from_activity(slices: Sequence[Activity]) -> Scale:
    first = slices[0]
    if not first.corrected:
        raise InputError("Corrected Image (0028,0051) is missing.", _ASK)
    lacking = [name for name in ("ATTN", "DECY") if name not in first.corrected]
    if lacking:
        raise InputError(f"Corrected Image (0028,0051) lacks {' and '.join(lacking)}.", _ASK)
    grams = 1000 * _within(first.weight, "PatientWeight (0010,1030)", _WEIGHT, "kg")
    dose = _within(first.dose, "RadionuclideTotalDose (0018,1074)", _DOSE, "Bq")
    if first.decay == "ADMIN":
        return Scale(grams / dose, None)
    if first.decay != "START":
        found = "is missing" if not first.decay else "is neither START nor ADMIN"
        raise InputError(f"DecayCorrection (0054,1102) {found}.", _ASK)
    half_life = _within(first.half_life, "RadionuclideHalfLife (0018,1075)", _HALF_LIFE, "s")
    uptake = _uptake(slices, half_life)
    return Scale(grams / (dose * 2 ** (-uptake / half_life)), uptake / 60)


def _within(value: float | None, name: str, limits: tuple[float, float], unit: str) -> float:
    """A value in its plausible range."""
    if value is None or value == 0:
        raise InputError(f"{name} is {'missing' if value is None else '0'}.", _ASK)
    if not limits[0] <= value <= limits[1]:
        raise InputError(
            f"{name} is {value:g} {unit}; {limits[0]:g} to {limits[1]:g} {unit} was expected.",
            "Look whether it was written in another unit, and ask for a corrected export.",
        )
    return value


def _uptake(slices: Sequence[Activity], half_life: float) -> float:
    """Seconds from the injection to the time to which decay was corrected."""
    scan = _reference(slices, half_life)
    first = slices[0]
    injected = first.injected
    if injected is None:
        at = moment(scan.strftime("%Y%m%d"), first.injected_time)
        if at is None:
            raise InputError(
                "RadiopharmaceuticalStartDateTime (0018,1078) and RadiopharmaceuticalStartTime (0018,1072) "
                "are missing.",
                _ASK,
            )
        injected = at - timedelta(days=1) if at > scan else at  # the scan was after midnight
    else:
        _require_one_time(first, injected)
    seconds = (scan - injected).total_seconds()
    if not 0 <= seconds <= _MOST * half_life:
        raise InputError(
            f"the injection is {seconds / 3600:.1f} hours before the scan, which is negative or more than "
            f"{_MOST:g} half-lives.",
            "Look at the times of the injection (0018,1072; 0018,1078) and of the series (0008,0031).",
        )
    return seconds


def _require_one_time(first: Activity, injected: datetime) -> None:
    """Refuse an injection at two times of day, or at one whose time zone nothing explains."""
    plain = moment(injected.strftime("%Y%m%d"), first.injected_time)
    names = "RadiopharmaceuticalStartDateTime (0018,1078) and RadiopharmaceuticalStartTime (0018,1072)"
    if plain is not None and 60 < abs((plain - injected).total_seconds()) < 86_340:
        raise InputError(f"{names} state two times of the injection.", _ASK)
    if plain is None and first.foreign_zone:
        raise InputError(
            "RadiopharmaceuticalStartDateTime (0018,1078) states a time zone, and the series does not "
            "(0008,0201).",
            _ASK,
        )


def _reference(slices: Sequence[Activity], half_life: float) -> datetime:
    """Time to which decay was corrected, if DecayCorrection is START."""
    series = slices[0].series
    acquired = [(one.acquired, one) for one in slices if one.acquired is not None]
    if len(acquired) < len(slices):
        raise InputError("AcquisitionDate (0008,0022) or AcquisitionTime (0008,0032) is missing.", _ASK)
    earliest, one = min(acquired, key=lambda pair: pair[0])
    assert earliest is not None
    if series is not None and series <= earliest:
        hours = (earliest - series).total_seconds() / 3600
        if hours > _LONGEST:
            raise InputError(
                f"the series (0008,0021; 0008,0031) starts {hours:.1f} hours before its first slice was "
                f"acquired (0008,0022; 0008,0032), more than {_LONGEST:g}.",
                "Look at these dates and times: one of them was changed, for example by an anonymisation.",
            )
        return series
    if one.scanned is not None:
        return one.scanned
    if not one.reference_ms or not one.duration_ms:
        raise InputError(
            "the series is dated after the acquisition, so it was written later, and FrameReferenceTime "
            "(0054,1300) or ActualFrameDuration (0018,1242), which would tell the time of the decay "
            "correction, is missing or 0.",
            _ASK,
        )
    rate = math.log(2) / half_life
    decay = rate * one.duration_ms / 1000
    mean = math.log(decay / -math.expm1(-decay)) / rate  # when the count rate had its mean over the frame
    return earliest - timedelta(milliseconds=one.reference_ms) + timedelta(seconds=mean)
