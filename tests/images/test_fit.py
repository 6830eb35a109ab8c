"""A mask on another grid than its image: PyRadiomics' `correctMask` and `geometryTolerance`."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import SimpleITK as sitk

from nbradiomics.errors import InputError
from nbradiomics.features import extract_features, load_parameters
from nbradiomics.features.compliance.verify import verify
from nbradiomics.features.diagnostics import diagnostics
from nbradiomics.features.maps import feature_maps
from nbradiomics.study.checks import check
from tests.support.helpers import ball, call, make_image, write_cohort

SPACING = (1.0, 1.0, 2.0)
CORRECT: dict[str, Any] = {"correctMask": True}
CLASSES: dict[str, Any] = {"featureClass": {"shape": ["VoxelVolume"], "firstorder": [], "glcm": ["Contrast"]}}


def picture() -> sitk.Image:
    z, y, x = np.indices((20, 32, 32))
    noise = np.random.default_rng(1).normal(300, 60, z.shape)
    return make_image((noise + 40 * np.sin(x / 3) + 30 * np.cos(y / 4)).astype(np.float32), SPACING)


def tumour() -> sitk.Image:
    return make_image(ball((20, 32, 32), radius=6), SPACING)


def cropped() -> sitk.Image:
    return tumour()[8:26, 8:26, 2:18]


def moved(by: float = 0.005) -> sitk.Image:
    mask = tumour()
    mask.SetOrigin((by, 0.0, 0.0))
    return mask


def flipped() -> sitk.Image:
    return sitk.Flip(tumour(), (True, False, True))


def finer() -> sitk.Image:
    grid = sitk.Image((64, 64, 40), sitk.sitkUInt8)
    grid.SetSpacing((0.5, 0.5, 1.0))
    grid.SetOrigin((-0.25, -0.25, -0.5))
    return sitk.Resample(tumour(), grid, sitk.Transform(), sitk.sitkNearestNeighbor)


def pyradiomics(mask: sitk.Image, setting: dict[str, Any]) -> dict[str, float]:
    """What PyRadiomics itself gives, called as its users call it; ITK's tolerance is put back."""
    from radiomics.featureextractor import RadiomicsFeatureExtractor

    process = sitk.ProcessObject
    before = process.GetGlobalDefaultCoordinateTolerance(), process.GetGlobalDefaultDirectionTolerance()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            extractor = RadiomicsFeatureExtractor({"setting": setting, **CLASSES})
            found = extractor.execute(picture(), mask, label=1)
    finally:
        process.SetGlobalDefaultCoordinateTolerance(before[0])
        process.SetGlobalDefaultDirectionTolerance(before[1])
    return {name: float(value) for name, value in found.items() if not name.startswith("diagnostics_")}


@pytest.mark.parametrize("engine", ["native", "pyradiomics"])
@pytest.mark.parametrize(
    ("mask", "setting"),
    [(cropped, CORRECT), (moved, CORRECT), (moved, {"geometryTolerance": 0.01}), (flipped, CORRECT)],
)
def test_the_mask_is_measured_where_it_lies(
    mask: Callable[[], sitk.Image], setting: dict[str, Any], engine: str
) -> None:
    found = extract_features(picture(), mask(), params={"setting": setting, **CLASSES}, engine=engine)
    plain = extract_features(picture(), tumour(), params=CLASSES)
    pd.testing.assert_series_equal(found, plain, rtol=1e-9)


@pytest.mark.parametrize(
    "steps",
    [
        {},
        {"resampledPixelSpacing": [2, 2, 2]},
        {"resampledPixelSpacing": [1, 1, 0], "interpolator": "sitkLinear"},
        {"resampledPixelSpacing": [1.3, 1.3, 1.3], "normalize": True, "normalizeScale": 100},
        {"preCrop": True, "resegmentRange": [-2, 2], "resegmentMode": "sigma"},
    ],
)
@pytest.mark.parametrize(
    ("mask", "fit"),
    [
        (cropped, CORRECT),
        (finer, CORRECT),
        (flipped, CORRECT),
        (moved, CORRECT),
        (moved, {"geometryTolerance": 0.01}),
    ],
)
def test_values_are_pyradiomics_own(
    mask: Callable[[], sitk.Image], fit: dict[str, Any], steps: dict[str, Any]
) -> None:
    setting = {"binWidth": 25, **fit, **steps}
    found = extract_features(picture(), mask(), params={"setting": setting, **CLASSES})
    assert found.to_dict() == pytest.approx(pyradiomics(mask(), setting), rel=1e-9)


def test_itk_s_tolerance_is_left_as_it_was() -> None:
    before = sitk.ProcessObject.GetGlobalDefaultCoordinateTolerance()
    setting = {"geometryTolerance": 0.5}
    for engine in ("native", "pyradiomics"):
        extract_features(picture(), tumour(), params={"setting": setting, **CLASSES}, engine=engine)
        assert sitk.ProcessObject.GetGlobalDefaultCoordinateTolerance() == before


@pytest.mark.parametrize(
    ("mask", "setting", "named"),
    [
        (cropped, {}, ["size 18 x 18 x 16 against 32 x 32 x 20", "`correctMask: true`"]),
        (moved, {}, ["0.005", "`geometryTolerance: 0.01`", "`correctMask: true`"]),
        (moved, {"geometryTolerance": 0.001}, ["geometryTolerance 0.001 does not allow", "correctMask"]),
        (cropped, {"geometryTolerance": 5.0}, ["size 18", "correctMask"]),
    ],
)
def test_a_grid_that_does_not_fit_names_the_difference_and_the_settings(
    mask: Callable[[], sitk.Image], setting: dict[str, Any], named: list[str]
) -> None:
    with pytest.raises(InputError) as caught:
        extract_features(picture(), mask(), params={"setting": setting, **CLASSES})
    assert all(part in str(caught.value) for part in named), str(caught.value)


def test_a_tolerance_that_would_take_another_place_for_the_same_is_not_advised() -> None:
    with pytest.raises(InputError) as caught:
        extract_features(picture(), moved(3.0), params=CLASSES)
    assert "geometryTolerance" not in str(caught.value)


@pytest.mark.parametrize("engine", ["native", "pyradiomics"])
@pytest.mark.parametrize("steps", [{}, {"resampledPixelSpacing": [2, 2, 2]}])
def test_a_region_that_reaches_beyond_the_image_is_refused_as_in_pyradiomics(
    engine: str, steps: dict[str, Any]
) -> None:
    with pytest.raises(InputError, match="Bounding box of ROI is larger than image space"):
        extract_features(
            picture(), moved(18.0), params={"setting": {**CORRECT, **steps}, **CLASSES}, engine=engine
        )


def test_every_command_on_one_image_honours_the_settings() -> None:
    parameters = load_parameters({"setting": CORRECT, **CLASSES})
    assert verify(picture(), cropped(), params=parameters).same
    maps = feature_maps(
        picture(), cropped(), params={"setting": CORRECT, "featureClass": {"firstorder": ["Mean"]}}
    )
    plain = feature_maps(picture(), tumour(), params={"featureClass": {"firstorder": ["Mean"]}})
    for name, image in plain.items():
        np.testing.assert_array_equal(sitk.GetArrayFromImage(maps[name]), sitk.GetArrayFromImage(image))
    told = diagnostics(picture(), cropped(), params=parameters)
    assert told["diagnostics_Mask-original_Size"] == (18, 18, 16)


def test_a_map_that_cannot_be_made_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sitk.WriteImage(picture(), str(tmp_path / "i.nrrd"))
    sitk.WriteImage(tumour(), str(tmp_path / "m.nrrd"))
    params = tmp_path / "p.yaml"
    text = "imageType: {Original: {}, LoG: {sigma: [40.0]}}\nfeatureClass: {firstorder: [Mean]}\n"
    params.write_text(text, encoding="utf-8")
    files = ("maps", tmp_path / "i.nrrd", tmp_path / "m.nrrd", "--params", params)
    assert call(*files, "--out", tmp_path / "a") == 0
    assert "log-sigma-40-0-mm-3D_firstorder_Mean: the image is too small" in " ".join(
        capsys.readouterr().out.split()
    )
    params.write_text(text.replace("Original: {}, ", ""), encoding="utf-8")
    assert call(*files, "--out", tmp_path / "b") == 1
    assert "too small for LoG" in " ".join(capsys.readouterr().err.split())


def cohort(folder: Path) -> Path:
    """Two masks of one lesion, each cropped to itself as 3D Slicer does; a whole one of another reader."""
    sitk.WriteImage(picture(), str(folder / "i.nrrd"))
    sitk.WriteImage(tumour(), str(folder / "whole.nrrd"))
    left, right = tumour()[6:16, :, :], tumour()[16:28, :, 2:]
    sitk.WriteImage(left, str(folder / "left.nrrd"))
    sitk.WriteImage(right, str(folder / "right.nrrd"))
    rows = ["s,i.nrrd,A,left.nrrd,a", "s,i.nrrd,A,right.nrrd,b", "s,i.nrrd,B,whole.nrrd,a"]
    return write_cohort(folder, rows, "subject,image,reader,mask,roi")


@pytest.mark.parametrize("section", ["", "nbradiomics: {crop: union}\n"])
@pytest.mark.parametrize(
    "setting", ["correctMask: true", "correctMask: true, resampledPixelSpacing: [2, 2, 2]"]
)
def test_masks_on_grids_of_their_own_are_united(tmp_path: Path, setting: str, section: str) -> None:
    path = cohort(tmp_path)
    params = tmp_path / "p.yaml"
    classes = "imageType: {Original: {}}\nfeatureClass: {shape: [VoxelVolume], firstorder: [Mean]}\n"
    params.write_text(f"setting: {{{setting}}}\n{classes}{section}", encoding="utf-8")
    assert call("extract", path, "--params", params, "--out", tmp_path / "f.csv") == 0
    table = pd.read_csv(tmp_path / "f.csv").set_index("reader")
    found = table[["original_shape_VoxelVolume", "original_firstorder_Mean"]]
    np.testing.assert_allclose(found.loc["A"], found.loc["B"])


def test_check_accepts_what_the_settings_allow_and_says_what_became_of_the_region(tmp_path: Path) -> None:
    path = cohort(tmp_path)
    strict = check(path)
    assert list(strict["severity"]) == ["error", "error"]
    assert strict["remedy"].str.contains("correctMask").all()
    params = tmp_path / "p.yaml"
    params.write_text(
        "setting: {correctMask: true}\nfeatureClass: {shape: [VoxelVolume]}\n", encoding="utf-8"
    )
    told = check(path, params=params)
    assert list(told["severity"]) == ["warning", "warning"]
    assert told["problem"].str.contains("correctMask").all()
    sitk.WriteImage(moved(18.0), str(tmp_path / "left.nrrd"))
    assert list(check(path, params=params)["severity"]) == ["error", "warning"]
