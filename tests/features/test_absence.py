"""Every feature that was asked for and is not there has a reason, and the reason is its own."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import SimpleITK as sitk

from nbradiomics.cohort import load_cohort
from nbradiomics.errors import InputError
from nbradiomics.features import extract_features, load_parameters
from nbradiomics.features.cohort import extract_cohort
from nbradiomics.features.extract import extract_region
from nbradiomics.features.parameters.expected import expected_features
from tests.support.helpers import ball, call, make_image, write_cohort, write_scan
from tests.support.native_cases import CASES

ENGINES = ("native", "pyradiomics")
ALL_TYPES: dict[str, Any] = {
    "Original": {},
    "LoG": {"sigma": [1.0, 3]},
    "Wavelet": {"level": 2},
    "Square": {},
    "SquareRoot": {},
    "Logarithm": {},
    "Exponential": {},
    "Gradient": {},
    "LBP2D": {},
}
MEAN: dict[str, Any] = {"firstorder": ["Mean"]}


def cohort(folder: Path) -> Path:
    rows = []
    for number in range(2):
        write_scan(folder, f"s{number}", {"A": ball(radius=3 + number)}, seed=number)
        rows.append(f"s{number},s{number}.nii.gz,A,s{number}_A.nii.gz")
    return write_cohort(folder, rows)


@pytest.mark.parametrize("force2d", [False, True])
def test_the_expected_names_are_those_that_pyradiomics_gives(force2d: bool) -> None:
    image, region = CASES["anisotropic"]()
    asked = {"setting": {"binWidth": 10, "force2D": force2d}, "imageType": ALL_TYPES, "featureClass": MEAN}
    parameters = load_parameters(asked)
    found = extract_region(image, region, parameters, engine="pyradiomics", name="x")
    assert set(expected_features(parameters)) == set(found.values)
    assert found.missing == {}


def test_without_classes_all_but_shape2d_are_expected() -> None:
    image, region = CASES["anisotropic"]()
    parameters = load_parameters({})
    assert set(expected_features(parameters)) == set(
        extract_region(image, region, parameters, name="x").values
    )


#: What is asked for; how many features are missing of each case, and what the reason says.
ABSENT = [
    (
        {"imageType": {"Original": {}, "LoG": {"sigma": [1.0, 40.0]}}, "featureClass": MEAN},
        1,
        "LoG with sigma 40",
    ),
    ({"imageType": {"Original": {}, "LoG": {}}, "featureClass": MEAN}, 1, "LoG has no sigma"),
    ({"imageType": {"Original": {}, "LoG": {"sigma": []}}, "featureClass": MEAN}, 1, "LoG has no sigma"),
    ({"featureClass": {**MEAN, "shape2D": []}}, 9, "force2D: true"),
    ({"featureClass": {"glcm": ["Homogeneity1", "Contrast"]}}, 1, "it equals Id"),
    ({"featureClass": {"gldm": ["DependencePercentage", "SmallDependenceEmphasis"]}}, 1, "1 in every region"),
]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("asked", "missing", "why"), ABSENT)
def test_what_no_case_got_is_a_failure_of_each_case(
    tmp_path: Path, asked: dict[str, Any], missing: int, why: str, engine: str
) -> None:
    done = extract_cohort(load_cohort(cohort(tmp_path)), params=asked, engine=engine)
    assert len(done.failures) == 2
    for failure in done.failures:
        assert failure.cause.startswith(f"{missing} of "), failure.cause
        assert why in failure.cause
        assert "SumAverage" not in failure.cause
        assert "symmetrical" not in failure.cause
    assert done.table.filter(regex="_").iloc[:, -1].notna().all()


def test_where_nothing_at_all_can_be_made_the_command_says_why_and_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    params = tmp_path / "p.yaml"
    params.write_text("featureClass: {shape2D: }\n", encoding="utf-8")
    assert call("extract", cohort(tmp_path), "--params", params, "--out", tmp_path / "f.csv") == 1
    failures = pd.read_csv(tmp_path / "f.failures.csv")
    assert len(failures) == 2
    assert failures["cause"].str.contains("9 of 9 features.*force2D").all()
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize("engine", ENGINES)
def test_two_voxels_have_a_reason_for_each_feature(engine: str) -> None:
    image = make_image(np.random.default_rng(0).normal(100, 20, (12, 12, 12)).astype(np.float32))
    two = np.zeros((12, 12, 12), np.uint8)
    two[2, 2, 2] = two[8, 8, 8] = 1
    found = extract_region(image, make_image(two), load_parameters({}), engine=engine, name="x")
    undefined = {name for name, value in found.values.items() if np.isnan(value)}
    assert set(found.missing) == undefined
    why = found.missing["original_firstorder_RobustMeanAbsoluteDeviation"]
    assert "between its 10th and 90th percentile" in why
    assert all("neighbours" in found.missing[name] for name in undefined if "_glcm_" in name)


def test_one_grey_level_is_another_reason_than_no_neighbours() -> None:
    asked = {"setting": {"binWidth": 1000}, "featureClass": MEAN, "nbradiomics": {"families": ["cm"]}}
    image, region = CASES["anisotropic"]()
    lost = extract_region(image, region, load_parameters(asked), name="x").missing
    assert {name.removesuffix("_3D_avg") for name in lost} == {"original_cm_corr", "original_cm_info_corr1"}
    assert all("same grey level" in reason for reason in lost.values())
    voxels = np.zeros((3, 5, 5), np.uint8)
    voxels[1, 1, 1] = voxels[1, 3, 3] = 1
    apart = {**asked, "featureClass": {"firstorder": ["Mean"]}}
    found = extract_region(
        make_image(np.arange(75.0).reshape(3, 5, 5)), make_image(voxels), load_parameters(apart), name="x"
    )
    assert "no two voxels" in found.missing["original_cm_corr_3D_avg"]


def test_from_python_a_missing_feature_is_nan_and_warned_of() -> None:
    image, mask = make_image(np.ones((8, 8, 8), np.float32)), make_image(ball((8, 8, 8)))
    params = {"imageType": {"Original": {}, "LoG": {"sigma": [40.0]}}, "featureClass": MEAN}
    with pytest.warns(UserWarning, match=r"log-sigma-40-0-mm-3D_firstorder_Mean: .*too small"):
        found = extract_features(image, mask, params=params)
    assert found["original_firstorder_Mean"] == 1
    assert np.isnan(found["log-sigma-40-0-mm-3D_firstorder_Mean"])


def four_voxels() -> sitk.Image:
    region = np.zeros((21, 33, 31), np.uint8)
    region[10, 16:18, 15:17] = 1
    return make_image(region, (0.9, 0.9, 3.3))


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("spacing", "region", "said"),
    [
        ([8, 8, 8], four_voxels(), "the region of 4 voxels vanishes when it is resampled to 8 mm"),
        ([8, 8, 0], four_voxels(), "resampled to 8 x 8 x 0 mm"),
        (
            [8, 8, 8],
            make_image(ball((21, 33, 31), radius=6), (0.9, 0.9, 3.3)),
            "Only 4 of 925 voxels of the region remain when it is resampled to 8 mm",
        ),
    ],
)
def test_a_region_that_resampling_leaves_too_small_says_so(
    spacing: list[float], region: sitk.Image, said: str, engine: str
) -> None:
    noise = np.random.default_rng(3).normal(300, 60, (21, 33, 31)).astype(np.float32)
    params = {"setting": {"resampledPixelSpacing": spacing}, "featureClass": MEAN}
    with pytest.raises(InputError) as caught:
        extract_features(make_image(noise, (0.9, 0.9, 3.3)), region, params=params, engine=engine)
    assert said in str(caught.value), str(caught.value)


@pytest.mark.parametrize("engine", ENGINES)
def test_what_libraries_warn_of_in_a_filter_stays_inside(engine: str) -> None:
    image, region = CASES["anisotropic"]()
    params = {"imageType": {"LBP2D": {}, "Logarithm": {}}, "featureClass": MEAN}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        extract_region(image, region, load_parameters(params), engine=engine, name="x")
