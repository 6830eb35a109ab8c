"""SUV by body weight: the QIBA rules, computed again by hand, and what is refused."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from pydicom.dataset import Dataset

from nbradiomics.dicom.series.image import Made, make_volume
from nbradiomics.dicom.series.pixels import same_pixels
from nbradiomics.dicom.series.plans import plans_of
from nbradiomics.dicom.series.tree import read_tree
from nbradiomics.dicom.units.suv import Activity, activity_of, suv_scale
from nbradiomics.dicom.values import moment
from nbradiomics.errors import InputError
from nbradiomics.execution.execution import Execution
from nbradiomics.system.quiet import quiet
from tests.support.dicom_series import PET, make_slice, pet_drug, pixels_of, write_series
from tests.support.helpers import array
from tests.support.paths import DATA

HALF_LIFE = 6586.2


def activity(change: Callable[[Dataset], None] = lambda _data: None, **elements: Any) -> Activity:
    """Activity of one PET slice; `elements` replace the usual ones, and `change` adds others."""
    usual = {**PET, "RadiopharmaceuticalInformationSequence": pet_drug()}
    data = make_slice("pet", 0, modality="PT", **{**usual, **elements})
    change(data)
    return activity_of(data)


def drug(**elements: Any) -> dict[str, Any]:
    return {"RadiopharmaceuticalInformationSequence": pet_drug(**elements)}


def factor(minutes: float, *, kg: float = 70, dose: float = 3.7e8) -> float:
    """Grams per decayed dose."""
    return kg * 1000 / (dose * math.exp(-math.log(2) * minutes * 60 / HALF_LIFE))


def make(folder: Path) -> Made:
    tree = read_tree(folder, skip=None, execution=Execution())
    (plan,) = plans_of(tree.instances, same_pixels)
    return make_volume(plan)


def test_each_slice_has_its_own_slope(tmp_path: Path) -> None:
    def change(data: Dataset, number: int) -> None:
        data.RescaleSlope = 1.0 + number / 4

    write_series(tmp_path, "pet", modality="PT", change=change, **{**PET, **drug()})
    made = make(tmp_path)
    expected = np.stack([pixels_of("P1", "pet", n) * (1 + n / 4) for n in range(5)]) * factor(60)
    np.testing.assert_allclose(array(made.volume.image), expected, rtol=1e-6)
    assert made.volume.units == "SUV"
    assert made.uptake_min == 60


@pytest.mark.parametrize(
    ("elements", "expected"),
    [
        ({}, factor(60)),
        (
            drug(
                RadiopharmaceuticalStartDateTime="20200301084500.00", RadiopharmaceuticalStartTime="084500.00"
            ),
            factor(90),
        ),
        ({"DecayCorrection": "ADMIN", **drug(RadionuclideHalfLife=None)}, factor(0)),
        ({"PatientWeight": 12.5, **drug(RadionuclideTotalDose=4e7)}, factor(60, kg=12.5, dose=4e7)),
        # Injected at 23:15, series at 0:30 of the next day.
        (
            {
                "SeriesTime": "003000",
                "AcquisitionTime": "003000",
                **drug(RadiopharmaceuticalStartTime="231500"),
            },
            factor(75),
        ),
        # Written at 14:00 after an acquisition at 10:20; the frame tells the time of the decay correction.
        (
            {
                "SeriesTime": "140000",
                "AcquisitionTime": "102000",
                "FrameReferenceTime": 300_000.0,
                "ActualFrameDuration": 1.0,
            },
            factor(60),
        ),
        ({"Units": "GML", "SUVType": "BW", "PatientWeight": None}, 1.0),
    ],
    ids=["time", "datetime", "admin", "child", "midnight", "later series", "GML"],
)
def test_the_factor_is_that_of_the_rules(elements: dict[str, Any], expected: float) -> None:
    assert suv_scale([activity(**elements)]).factor == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(("time", "minutes"), [("091500", None), ("101400", 1), ("051500", 300)])
def test_an_unusual_uptake_has_a_note(time: str, minutes: int | None, tmp_path: Path) -> None:
    injected = drug(RadiopharmaceuticalStartTime=time)
    write_series(tmp_path, "pet", modality="PT", **{**PET, **injected})
    notes = "; ".join(make(tmp_path).notes)
    assert (f"began {minutes} min after the injection" in notes) == (minutes is not None)
    assert ("injection" in notes) == (minutes is not None)


@pytest.mark.parametrize(
    ("injected", "zone", "plain", "minutes"),
    [
        ("20200301081500+0000", "+0100", None, 60),
        ("20200301051500-0300", "+0100", None, 60),
        ("20200301091500+0100", "+0100", None, 60),
        ("20200301091500+0100", None, "091500", 60),
        ("20200301081500+0000", None, "091500", None),
        ("20200301081500+0000", None, None, None),
        ("20200301091500", "+0100", None, 60),
        ("20200301091530", None, "091500.00", 59.5),
        ("20200301081500", None, "091500", None),
    ],
)
def test_time_zones_of_the_injection(
    injected: str, zone: str | None, plain: str | None, minutes: float | None
) -> None:
    """A zone that was ignored would change the SUV by its hours."""
    texts = drug(RadiopharmaceuticalStartDateTime=injected, RadiopharmaceuticalStartTime=plain)
    slices = [activity(TimezoneOffsetFromUTC=zone, **texts)]
    if minutes is None:
        problem = "state two times" if plain else "states a time zone"
        with pytest.raises(InputError, match=problem):
            suv_scale(slices)
    else:
        assert suv_scale(slices).uptake_min == minutes


def test_ge_tells_the_time_of_the_scan_in_a_series_that_was_written_later() -> None:
    def change(data: Dataset) -> None:
        block = data.private_block(0x0009, "GEMS_PETD_01", create=True)
        block.add_new(0x0D, "DT", "20200301101500.00")

    found = activity(change, SeriesTime="170000", AcquisitionTime="102000")
    assert suv_scale([found]).factor == pytest.approx(factor(60))


def test_the_earliest_slice_decides_whether_the_series_is_later() -> None:
    slices = [activity(AcquisitionTime=time) for time in ("102500", "101500", "102000")]
    assert suv_scale(slices).factor == pytest.approx(factor(60))
    with pytest.raises(InputError, match="dated after the acquisition"):
        suv_scale([*slices, activity(AcquisitionTime="101459")])


@pytest.mark.parametrize(("scale", "count"), [(0.0005, 0.0), (0.0, 3.0)])
def test_counts_of_philips_have_private_factors(scale: float, count: float) -> None:
    def change(data: Dataset) -> None:
        block = data.private_block(0x7053, "Philips PET Private Group", create=True)
        block.add_new(0x00, "DS", str(scale))
        block.add_new(0x09, "DS", str(count))

    expected = scale or count * factor(60)
    assert suv_scale([activity(change, Units="CNTS")]).factor == pytest.approx(expected)


@pytest.mark.parametrize(
    ("elements", "part"),
    [
        ({"Units": None}, "Units (0054,1001) is missing"),
        ({"Units": "PROPCPS"}, "Units (0054,1001) is none of"),
        ({"Units": "CNTS"}, "(7053,xx00) and (7053,xx09) are missing"),
        ({"Units": "GML", "SUVType": "LBM"}, "SUV Type (0054,1006) is not BW"),
        ({"CorrectedImage": None}, "Corrected Image (0028,0051) is missing"),
        ({"CorrectedImage": ["ATTN"]}, "lacks DECY"),
        ({"DecayCorrection": None}, "DecayCorrection (0054,1102) is missing"),
        ({"DecayCorrection": "NONE"}, "neither START nor ADMIN"),
        ({"PatientWeight": None}, "PatientWeight (0010,1030) is missing"),
        ({"PatientWeight": 0.0}, "PatientWeight (0010,1030) is 0"),
        ({"PatientWeight": 70000.0}, "PatientWeight (0010,1030) is 70000 kg"),
        (drug(RadionuclideTotalDose=None), "RadionuclideTotalDose (0018,1074) is missing"),
        (drug(RadionuclideTotalDose=370.0), "RadionuclideTotalDose (0018,1074) is 370 Bq"),
        (drug(RadionuclideTotalDose=3.7e5), "is 370000 Bq; 1e+06 to 1e+10 Bq was expected"),  # kBq
        ({"SeriesDate": "20200229"}, "the series (0008,0021; 0008,0031) starts 24.0 hours before"),
        (drug(RadionuclideHalfLife=None), "RadionuclideHalfLife (0018,1075) is missing"),
        (drug(RadionuclideHalfLife=109.77), "more than 10 half-lives"),
        (drug(RadiopharmaceuticalStartTime=None), "(0018,1072) are missing"),
        (drug(RadiopharmaceuticalStartDateTime="20200302091500"), "which is negative"),
        ({"AcquisitionTime": None}, "AcquisitionTime (0008,0032) is missing"),
        ({"SeriesTime": "113000"}, "FrameReferenceTime (0054,1300)"),
        ({"RadiopharmaceuticalInformationSequence": None}, "RadionuclideTotalDose (0018,1074) is missing"),
    ],
)
def test_what_is_missing_or_impossible_is_refused(elements: dict[str, Any], part: str) -> None:
    with pytest.raises(InputError) as stop:
        suv_scale([activity(**elements)])
    assert part in stop.value.problem


def test_slices_that_differ_are_refused() -> None:
    with pytest.raises(InputError, match="differ in weight"):
        suv_scale([activity(), activity(PatientWeight=71.0)])
    with pytest.raises(InputError, match="differ in injected time"):
        suv_scale([activity(), activity(**drug(RadiopharmaceuticalStartTime="091501"))])


@settings(max_examples=25)
@given(
    start=st.datetimes(datetime(2020, 1, 1), datetime(2020, 12, 31)),
    minutes=st.floats(1, 600),
    written=st.floats(0, 3000),
    duration=st.floats(1, 1200),
)
def test_a_series_that_was_written_later_has_the_same_suv(
    start: datetime, minutes: float, written: float, duration: float
) -> None:
    """The frame reference time of a scan that starts with its series leads back to this start."""
    acquired = start + timedelta(minutes=10)
    rate = math.log(2) / HALF_LIFE
    decay = rate * duration
    mean = math.log(decay / (1 - math.exp(-decay))) / rate
    reference = 600 + mean  # seconds from the start of the series to the mean count rate
    parts = {
        "SeriesDate": start.strftime("%Y%m%d"),
        "SeriesTime": start.strftime("%H%M%S.%f"),
        "AcquisitionDate": acquired.strftime("%Y%m%d"),
        "AcquisitionTime": acquired.strftime("%H%M%S.%f"),
        "FrameReferenceTime": float(f"{1000 * reference:.10g}"),
        "ActualFrameDuration": str(round(1000 * duration)),
        **drug(
            RadiopharmaceuticalStartDateTime=(start - timedelta(minutes=minutes)).strftime("%Y%m%d%H%M%S.%f"),
            RadiopharmaceuticalStartTime=None,
        ),
    }
    later = start + timedelta(minutes=written)
    moved = {"SeriesDate": later.strftime("%Y%m%d"), "SeriesTime": later.strftime("%H%M%S.%f")}
    first, second = (suv_scale([activity(**one)]).factor for one in (parts, {**parts, **moved}))
    assert first == pytest.approx(factor(minutes), rel=1e-6)
    # Before the acquisition the series time itself counts, as the rules say.
    if later > acquired:
        assert second == pytest.approx(first, rel=1e-4)


def test_the_decay_factor_of_a_real_scanner_confirms_the_reference_time() -> None:
    """Decay Factor (0054,1321) leads from the acquisition to the time to which decay was corrected."""
    folder = DATA / "dicom" / "dicom4qi_3" / "image"
    if not folder.is_dir():
        pytest.skip(f"needs the real data in {folder}")
    import pydicom

    for path in sorted(folder.iterdir())[::100]:
        with quiet():
            data = pydicom.dcmread(path, stop_before_pixels=True)
        one = activity_of(data)
        assert one.acquired is not None
        assert one.half_life is not None
        assert one.duration_ms is not None
        uptake = suv_scale([one]).uptake_min
        assert uptake is not None
        injected = moment(data.SeriesDate, one.injected_time)
        assert injected is not None
        reference = injected + timedelta(minutes=uptake)
        rate = math.log(2) / one.half_life
        decay = rate * one.duration_ms / 1000
        elapsed = (one.acquired - reference).total_seconds()
        expected = math.exp(rate * elapsed) * decay / (1 - math.exp(-decay))
        assert float(data.DecayFactor) == pytest.approx(expected, rel=2e-4)
