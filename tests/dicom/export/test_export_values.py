"""Exported features and risks: exactly the values of the tables, with codes that say what they are."""

from __future__ import annotations

import hashlib
import json
import math
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pydicom
import pytest
from hypothesis import given, strategies as st
from pydicom.sr._concepts_dict import concepts

import nbradiomics as nb
from nbradiomics.dicom.export.codes import IBSI, PRIVATE, feature_code, private_code, unit_of
from nbradiomics.dicom.export.predictions import CLASS_COLUMNS, RISK_COLUMNS
from nbradiomics.dicom.export.risk_groups import NO_DIAGNOSIS, OUT_OF_FOLD
from nbradiomics.dicom.export.settings import ExportSettings, has_check_digit
from nbradiomics.errors import InputError
from nbradiomics.features.compliance.ibsi_names import COMPUTED
from nbradiomics.nomenclature.ibsi_codes import IBSI_CODES
from nbradiomics.outcome.prediction_schemas import CLASS_PREDICTIONS, PREDICTIONS
from tests.dicom.export.test_export_masks import SERIES, export
from tests.support.dicom_objects import errors_of, groups_of, measured, texts_of
from tests.support.dicom_sources import ball, noise_image, write_classic

VALUES = {
    "original_shape_MeshVolume": 1234.5678901234567,
    "original_shape_SurfaceArea": 1 / 3,
    "original_shape_MajorAxisLength": 5e-324,
    "original_firstorder_Mean": -1.7976931348623157e308,
    "original_firstorder_Kurtosis": 3.0,
    "original_glcm_Imc2": 0.1,
    "wavelet-HLL_glcm_Imc2": math.nan,
    "log-sigma-1-0-mm-3D_glszm_SizeZoneNonUniformityNormalized": 2.0**-30,
    "our_own_number": -0.0,
}


def features(reader: str = "A", **values: float) -> dict[str, object]:
    index = {"subject": "s1", "timepoint": "baseline", "sequence": "unspecified", "roi": "tumour"}
    return {**index, "reader": reader, "reading": 1, "engine": "native 1", **VALUES, **values}


def exported(folder: Path, rows: list[dict[str, object]] | None, **changes: object) -> nb.DicomExport:
    """Export a mask of reader A, with features."""
    image = noise_image()
    write_classic(image, folder / "source", SERIES)
    table = None if rows is None else pd.DataFrame(rows)
    masks = {"tumour": ball(image, (0.5, 0.5, 0.5), 0.4)}
    return export(folder, image, masks, features=table, **changes)


def report_of(folder: Path, done: nb.DicomExport) -> Path:
    return folder / "out" / done.table["sr"].iloc[0]


def test_features_are_exactly_those_of_the_table(tmp_path: Path) -> None:
    done = exported(tmp_path, [features()], parameters="setting: {}\n")
    assert done.failures == []
    file = report_of(tmp_path, done)
    assert errors_of(file) == []
    (group,) = groups_of(pydicom.dcmread(file))
    found = measured(group)
    expected = {
        feature_code(name)[1::-1]: value
        for name, value in VALUES.items()
        if not (math.isnan(value) or name == "our_own_number")
    }
    assert {key: value for key, (value, _) in found.items()} == expected
    assert done.table[["features", "missing_features"]].iloc[0].tolist() == [7, 1]
    assert any("columns left out: our_own_number" in note for note in done.notes)
    assert found[IBSI, "RNU0"][1] == "mm3"
    assert found[IBSI, "C0JK"][1] == "mm2"
    assert found[PRIVATE, private_code("original_shape_MajorAxisLength")[0]][1] == "mm"
    assert found[IBSI, "JN9H"][1] == "1"
    texts = texts_of(group)
    assert "engine: native 1" in texts
    digest = hashlib.sha256(b"setting: {}\n").hexdigest()
    assert f"SHA-256 of the parameter file: {digest}" in texts


@given(value=st.floats(allow_nan=False, allow_infinity=False))
def test_any_float_is_kept_exactly(value: float) -> None:
    from nbradiomics.dicom.export.report import _measurement

    (item,) = _measurement("original_glcm_Contrast", value)
    number = item.MeasuredValueSequence[0]
    assert np.float64(number.FloatingPointValue).tobytes() == np.float64(value).tobytes()
    assert len(str(number.NumericValue)) <= 16
    assert float(number.NumericValue) == pytest.approx(value, rel=1e-8, abs=1e-300)


def test_the_report_refers_to_the_segment_of_its_region(tmp_path: Path) -> None:
    done = exported(tmp_path, [features()])
    seg = pydicom.dcmread(tmp_path / "out" / done.table["seg"].iloc[0])
    report = pydicom.dcmread(report_of(tmp_path, done))
    (group,) = groups_of(report)
    reference = next(
        item for item in group.ContentSequence if item.ValueType == "IMAGE"
    ).ReferencedSOPSequence[0]
    assert reference.ReferencedSOPInstanceUID == seg.SOPInstanceUID
    assert reference.ReferencedSegmentNumber == 1
    uids = {item.UID for item in group.ContentSequence if item.ValueType == "UIDREF"}
    assert uids == {seg.SegmentSequence[0].TrackingUID, SERIES}
    evidence = [
        (series.SeriesInstanceUID, len(series.ReferencedSOPSequence))
        for study in report.CurrentRequestedProcedureEvidenceSequence
        for series in study.ReferencedSeriesSequence
    ]
    assert sorted(evidence) == sorted([(SERIES, 5), (seg.SeriesInstanceUID, 1)])
    assert (report.PatientID, report.StudyInstanceUID) == (seg.PatientID, seg.StudyInstanceUID)


def test_a_report_is_the_same_twice(tmp_path: Path) -> None:
    done = exported(tmp_path, [features()])
    content = report_of(tmp_path, done).read_bytes()
    report_of(tmp_path, done).unlink()
    assert report_of(tmp_path, exported(tmp_path, [features()])).read_bytes() == content


def test_united_regions_have_a_segment_of_their_own(tmp_path: Path) -> None:
    done = exported(tmp_path, [features(roi="union")])
    assert done.failures == []
    assert done.table["segments"].iloc[0] == 2
    seg = pydicom.dcmread(tmp_path / "out" / done.table["seg"].iloc[0])
    assert [item.SegmentLabel for item in seg.SegmentSequence] == ["tumour", "union"]
    (group,) = groups_of(pydicom.dcmread(report_of(tmp_path, done)))
    reference = next(item for item in group.ContentSequence if item.ValueType == "IMAGE")
    assert reference.ReferencedSOPSequence[0].ReferencedSegmentNumber == 2


def test_a_region_without_features_and_features_without_a_region_are_told(tmp_path: Path) -> None:
    done = exported(tmp_path, [features(reader="B")])
    causes = [failure.cause for failure in done.failures]
    assert any("no row of tumour" in cause for cause in causes)
    assert any("1 row of the feature table have no mask" in cause for cause in causes)
    assert done.table["sr"].iloc[0] == ""
    assert len(list((tmp_path / "out").glob("*_seg.dcm"))) == 1
    assert list((tmp_path / "out").glob("*_sr.dcm")) == []


def test_features_of_a_prepared_image_are_not_those_of_the_series(tmp_path: Path) -> None:
    prepared = {**features(), "variant": "n4+zscore"}
    with pytest.raises(InputError, match=r"only features of the variant n4\+zscore"):
        exported(tmp_path, [prepared])
    changed = {**prepared, "original_firstorder_Kurtosis": 99.0}
    done = exported(tmp_path, [{**features(), "variant": "original"}, changed])
    assert done.failures == []
    assert "99" not in texts_of(pydicom.dcmread(report_of(tmp_path, done)))


def test_derived_regions_are_left_out_and_told(tmp_path: Path) -> None:
    image = noise_image()
    write_classic(image, tmp_path / "source", SERIES)
    masks = {name: ball(image, (0.5, 0.5, 0.5), 0.4) for name in ("tumour", "ring-3mm", "habitat-1")}
    table = pd.DataFrame([{**features(), "roi": name} for name in masks])
    done = export(tmp_path, image, masks, features=table)
    assert done.failures == []
    assert any(
        "2 derived regions (habitat-1, ring-3mm) are left out of the export" in one for one in done.notes
    )
    seg = pydicom.dcmread(tmp_path / "out" / done.table["seg"].iloc[0])
    assert [item.SegmentLabel for item in seg.SegmentSequence] == ["tumour"]
    assert len(groups_of(pydicom.dcmread(report_of(tmp_path, done)))) == 1


def test_values_that_are_missing_altogether_make_no_report(tmp_path: Path) -> None:
    nothing = dict.fromkeys(VALUES, math.nan)
    done = exported(tmp_path, [features(**nothing)])
    assert done.table["sr"].iloc[0] == ""
    assert done.table["missing_features"].iloc[0] == len(VALUES) - 1


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([features(), features()], "several rows of s1/baseline/unspecified/tumour/A/1"),
        ([features(), features(engine="pyradiomics 3")], "several values of engine"),
    ],
)
def test_a_table_whose_rows_cannot_be_told_apart_is_refused(
    tmp_path: Path, rows: list[dict[str, object]], told: str
) -> None:
    with pytest.raises(nb.InputError, match=told):
        exported(tmp_path, rows)


def predictions(folder: Path, table: list[dict[str, object]], **summary: object) -> Path:
    place = folder / "outcome" / "os"
    place.mkdir(parents=True)
    pd.DataFrame(table).to_csv(place / "predictions.csv", index=False)
    content = {"time": "os_days", "event": "os_event", "rows": {"reader": ["A"], "timepoint": ["baseline"]}}
    (place / "summary.json").write_text(json.dumps({**content, **summary}), encoding="utf-8")
    return place / "predictions.csv"


def risk(repeat: int, value: float, group: str, subject: str = "s1") -> dict[str, object]:
    return {
        "subject": subject,
        "model": "radiomic",
        "repeat": repeat,
        "fold": 3,
        "risk": value,
        "time": 99.0,
        "event": 1,
        "group": group,
    }


def test_risks_say_that_they_are_out_of_fold_and_no_diagnosis(tmp_path: Path) -> None:
    rows = [risk(1, -1 / 3, "low"), risk(2, 2 / 7, "high"), risk(3, math.nan, "")]
    done = exported(tmp_path, None, predictions=predictions(tmp_path, rows))
    assert done.failures == []
    assert done.table[["features", "risks", "missing_risks"]].iloc[0].tolist() == [0, 2, 1]
    file = report_of(tmp_path, done)
    assert errors_of(file) == []
    groups = groups_of(pydicom.dcmread(file))
    assert [measured(group)[PRIVATE, "RISK"] for group in groups] == [(-1 / 3, "1"), (2 / 7, "1")]
    for group, side in zip(groups, ["Not above the median", "Above the median"], strict=True):
        texts = texts_of(group)
        assert OUT_OF_FOLD in texts
        assert NO_DIAGNOSIS in texts
        assert "endpoint: time os_days, event os_event" in texts
        assert side in texts
        assert not any("99" in text for text in texts)  # what happened is not what was predicted


def test_risks_are_reported_only_with_the_masks_behind_them(tmp_path: Path) -> None:
    table = predictions(tmp_path, [risk(1, 1.0, "low")], rows={"reader": ["B"]})
    done = exported(tmp_path, [features()], predictions=table)
    assert done.table["risks"].iloc[0] == 0
    assert "1 subject with predictions have no mask" in done.failures[0].cause


def test_a_subject_that_the_models_left_out_is_told(tmp_path: Path) -> None:
    done = exported(tmp_path, [features()], predictions=predictions(tmp_path, [risk(1, 1.0, "low", "s2")]))
    assert any("no row of the subject" in failure.cause for failure in done.failures)


def test_probabilities_of_classes(tmp_path: Path) -> None:
    common = {"subject": "s1", "model": "radiomic", "repeat": 1, "fold": 2, "observed": 1, "chosen": 1}
    rows = [{**common, "class": name, "probability": value} for name, value in (("I", 0.25), ("II", 0.75))]
    table = predictions(tmp_path, rows, time=None, event=None, target="stage")
    done = exported(tmp_path, None, predictions=table)
    file = report_of(tmp_path, done)
    assert errors_of(file) == []
    values = [measured(group)[PRIVATE, "PROBABILITY"][0] for group in groups_of(pydicom.dcmread(file))]
    assert values == [0.25, 0.75]


def test_predictions_without_their_summary_are_refused(tmp_path: Path) -> None:
    table = predictions(tmp_path, [risk(1, 1.0, "low")])
    (table.parent / "summary.json").unlink()
    with pytest.raises(nb.InputError, match=r"no summary\.json"):
        exported(tmp_path, None, predictions=table)


def test_the_columns_are_those_of_the_tables_of_predictions() -> None:
    assert set(RISK_COLUMNS) <= set(PREDICTIONS.names)
    assert set(CLASS_COLUMNS) <= set(CLASS_PREDICTIONS.names)


def test_codes_of_the_ibsi_are_of_features_that_comply_and_differ() -> None:
    assert set(IBSI_CODES) < set(COMPUTED.values())
    codes = [code for code, _ in IBSI_CODES.values()]
    assert len(set(codes)) == len(codes)
    dicom = {code: meaning[0] for entry in concepts["IBSI"].values() for code, meaning in entry.items()}
    for code, meaning in IBSI_CODES.values():
        assert dicom.get(code, meaning) == meaning
    for name in ("firstorder_Kurtosis", "firstorder_Energy", "shape_MajorAxisLength"):
        assert feature_code(f"original_{name}")[1] == PRIVATE
    assert feature_code("wavelet-HLL_glcm_Contrast")[1] == PRIVATE


@given(name=st.text(min_size=1, max_size=120))
def test_private_codes_fit(name: str) -> None:
    code, scheme, meaning = private_code(name)
    assert scheme == PRIVATE
    assert 1 <= len(code) <= 16
    assert 1 <= len(meaning) <= 64
    assert "\\" not in code + meaning


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("original_shape_VoxelVolume", "mm3"),
        ("original_shape_SurfaceVolumeRatio", "/mm"),
        ("original_shape_Maximum2DDiameterSlice", "mm"),
        ("original_shape2D_Perimeter", "mm"),
        ("original_shape_Sphericity", "1"),
        ("original_firstorder_Median", "[arb'U]"),
        ("wavelet-LLH_firstorder_Energy", "[arb'U]"),
        ("original_firstorder_Entropy", "1"),
        ("original_glcm_Contrast", "1"),
        ("volume", "1"),
    ],
)
def test_units(name: str, unit: str) -> None:
    assert unit_of(name)[0] == unit


def test_codes_of_snomed_ct_are_those_that_dicom_uses() -> None:
    known = {code: meaning[0] for entry in concepts["SCT"].values() for code, meaning in entry.items()}
    for code in ("108369006", "64033007", "363679005"):
        assert code in known
    assert known["49755003"] == "Morphologically Abnormal Structure"
    # One of the dictionary's codes (115347700) is misspelled.
    assert sum(not has_check_digit(code) for code in known) <= 1
    assert len(known) > 1000


@pytest.mark.parametrize("code", ["64033008", "64303007", "60433007"])
def test_a_misspelled_code_is_refused(code: str) -> None:
    with pytest.raises(nb.InputError, match="last digit"):
        ExportSettings(organ=f"{code}=Kidney")


def test_units_are_units_of_the_ucum() -> None:
    """Against the UCUM's table of units: metre with prefix and exponent, arbitrary unit, unity."""
    metre = re.compile(r"/?mm[23]?")
    units = {unit_of(name)[0] for name in (*(f"original_{own}" for own in COMPUTED.values()), "other")}
    assert {unit for unit in units if not metre.fullmatch(unit)} == {"1", "[arb'U]"}
    assert {"mm", "mm2", "mm3", "/mm"} <= units


@pytest.mark.slow
def test_a_report_of_1300_features(tmp_path: Path) -> None:
    filters = [f"log-sigma-{one}-mm-3D" for one in range(1, 15)]
    values = {f"{image}_{own}": 1.5 for image in filters for own in COMPUTED.values()}
    assert len(values) > 1300
    done = exported(tmp_path, [features(**values)])
    assert done.table["features"].iloc[0] == len(values) + 7
    file = report_of(tmp_path, done)
    assert errors_of(file) == []
    (group,) = groups_of(pydicom.dcmread(file))
    assert len(measured(group)) == len(values) + 7
    assert file.stat().st_size < 1_000_000


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan])
def test_values_that_are_no_numbers_are_left_out_and_counted(tmp_path: Path, value: float) -> None:
    done = exported(tmp_path, [features(original_firstorder_Mean=value)])
    assert done.table[["features", "missing_features"]].iloc[0].tolist() == [6, 2]
    assert errors_of(report_of(tmp_path, done)) == []
