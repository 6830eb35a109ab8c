"""How many bins regions fill, and which width would suit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import SimpleITK as sitk
from hypothesis import given, strategies as st

from nbradiomics.features import load_parameters
from nbradiomics.features.bins import advised_width, bin_advice, bins_between, span_finder
from nbradiomics.features.extract import extract_region
from nbradiomics.study.checks import check
from tests.support.helpers import ball, call, write_cohort, write_scan
from tests.support.native_cases import CASES

TEXTURE: dict[str, Any] = {"featureClass": {"glcm": []}}


def levels(image: sitk.Image, region: sitk.Image, params: dict[str, Any]) -> int:
    """Bins between the lowest and the highest grey level, of PyRadiomics' own binning."""
    from radiomics.imageoperations import getBinEdges

    inside = sitk.GetArrayFromImage(region) == 1
    values = sitk.GetArrayFromImage(image)[inside]
    edges = getBinEdges(values, **params)
    return int(np.digitize(values.max(), edges) - np.digitize(values.min(), edges)) + 1


@pytest.mark.parametrize("width", [0.7, 5, 25, 1000])
def test_bins_are_counted_as_pyradiomics_makes_them(width: float) -> None:
    image, region = CASES["anisotropic"]()
    span = span_finder(image, load_parameters(TEXTURE))(region)
    assert bins_between(span, width) == levels(image, region, {"binWidth": width})


@pytest.mark.parametrize(
    "setting",
    [
        {"normalize": True, "normalizeScale": 100},
        {"resampledPixelSpacing": [1.5, 1.5, 1.5]},
        {"resegmentRange": [-1, 1], "resegmentMode": "sigma"},
    ],
)
def test_the_span_is_that_of_the_region_that_is_measured(setting: dict[str, Any]) -> None:
    image, region = CASES["anisotropic"]()
    parameters = load_parameters({"setting": setting, "featureClass": {"firstorder": ["Minimum", "Maximum"]}})
    found = extract_region(image, region, parameters, engine="pyradiomics", name="x").values
    expected = found["original_firstorder_Minimum"], found["original_firstorder_Maximum"]
    assert span_finder(image, parameters)(region) == pytest.approx(expected, rel=1e-9)
    assert extract_region(image, region, parameters, name="x").span == pytest.approx(expected, rel=1e-9)


@given(st.lists(st.floats(1e-6, 1e9), min_size=1, max_size=20))
def test_the_advised_width_suits_wherever_one_can(ranges: list[float]) -> None:
    width = advised_width(ranges)
    assert width > 0
    if max(ranges) / min(ranges) < 2:
        assert all(29 <= span / width <= 130 for span in ranges)


@pytest.mark.parametrize(
    "params",
    [
        {"setting": {"binCount": 32}, **TEXTURE},
        {"featureClass": {"shape": []}},
        {"featureClass": {"firstorder": ["Mean"]}},
        {"imageType": {"Wavelet": {}}, **TEXTURE},
        {"imageType": {"Original": {"binWidth": 0.1}}, **TEXTURE},
    ],
)
def test_nothing_is_said_where_nothing_is_binned_by_the_width(params: dict[str, Any]) -> None:
    assert bin_advice([(0.0, 6.0)], load_parameters(params)) is None


@pytest.mark.parametrize("params", [TEXTURE, {"featureClass": {"firstorder": ["Entropy"]}}, {}])
def test_one_bin_is_said_wherever_a_feature_is_binned(params: dict[str, Any]) -> None:
    advice = bin_advice([(0.0, 6.0), (0.0, 5.0)], load_parameters(params))
    assert advice is not None
    assert "fill 1 bin" in advice.problem
    assert "fewer in 2 of 2 masks" in advice.problem
    assert "`binWidth: 0.1`" in advice.remedy


def test_too_many_bins_and_an_image_without_contrast_are_said_too() -> None:
    advice = bin_advice([(0.0, 4000.0), (7.0, 7.0)], load_parameters(TEXTURE))
    assert advice is not None
    assert "fewer in 1 and more in 1 of 2 masks" in advice.problem
    assert "1 mask has a single intensity" in advice.problem


def suv_study(folder: Path) -> Path:
    """Images of 0 to 8, as SUV are, with the width of a CT example."""
    rows = []
    for number in range(3):
        masks = {"A": ball(radius=3 + number / 2)}
        write_scan(folder, f"s{number}", masks, seed=number)
        image = sitk.ReadImage(str(folder / f"s{number}.nii.gz")) / 100
        sitk.WriteImage(sitk.Cast(image, sitk.sitkFloat32), str(folder / f"s{number}.nii.gz"))
        rows.append(f"s{number},s{number}.nii.gz,A,s{number}_A.nii.gz")
    (folder / "p.yaml").write_text("setting: {binWidth: 25}\nfeatureClass: {glcm: , firstorder: }\n")
    (folder / "study.yaml").write_text("cohort: cohort.csv\nextract: {params: p.yaml}\n")
    return write_cohort(folder, rows)


@pytest.mark.parametrize("engine", ["native", "pyradiomics"])
def test_extract_gives_the_numbers_and_says_that_they_say_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], engine: str
) -> None:
    path, out = suv_study(tmp_path), tmp_path / "f.csv"
    assert call("extract", path, "--params", tmp_path / "p.yaml", "--engine", engine, "--out", out) == 0
    said = " ".join(capsys.readouterr().err.split())
    assert "fill 1 bin (PyRadiomics advises 30 to 130): fewer in 3 of 3 masks" in said
    assert "are the same in every mask" in said
    assert (pd.read_csv(out)["original_glcm_Contrast"] == 0).all()


def test_check_says_it_of_a_study_and_of_a_cohort_with_parameters(tmp_path: Path) -> None:
    path = suv_study(tmp_path)
    for problems in (check(tmp_path / "study.yaml"), check(path, params=tmp_path / "p.yaml")):
        (row,) = problems[problems["column"] == "setting.binWidth"].to_dict("records")
        assert row["severity"] == "warning"
        assert "3 of 3 masks" in row["problem"]
        assert "`binWidth: " in row["remedy"]
    assert check(path).empty


def test_the_report_says_it(tmp_path: Path) -> None:
    suv_study(tmp_path)
    assert call("run", tmp_path / "study.yaml", "--out", tmp_path / "run") == 0
    page = (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
    assert "fill 1 bin" in page
    assert "are the same in every mask" in page
