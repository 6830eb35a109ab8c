"""Families of the IBSI in an extraction: beside PyRadiomics' features, whatever else is measured."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk

from nbradiomics.errors import InputError
from nbradiomics.features import extract_features
from nbradiomics.features.extract import extract_pipelines, extract_regions
from nbradiomics.features.maps import feature_maps
from nbradiomics.features.parameters import load_parameters
from nbradiomics.features.parameters.expected import expected_features
from tests.support.helpers import ball, make_image

SPACING = (1.1, 1.1, 2.0)
CONTENT: dict[str, Any] = {
    "setting": {"binWidth": 10, "resegmentRange": [70, 200]},
    "imageType": {"Original": {}, "Square": {}},
    "featureClass": {"shape": None, "firstorder": None, "glcm": ["Contrast"]},
}
ALL: dict[str, Any] = {"families": "all", "aggregation": ["2D_comb", "3D_avg"]}


def with_families(section: dict[str, Any] = ALL, **changes: Any) -> dict[str, Any]:
    return {**CONTENT, **changes, "nbradiomics": section}


@pytest.fixture(scope="module")
def image() -> sitk.Image:
    noise = np.random.default_rng(3).normal(100, 20, (12, 20, 20)).astype(np.float32)
    return make_image(noise, SPACING)


def mask(radius: float = 4, shift: int = 0) -> sitk.Image:
    return make_image(ball((12, 20, 20), radius, shift), SPACING)


def flat(values: np.ndarray) -> sitk.Image:
    return make_image(values.astype(np.float32))


def test_pyradiomics_features_stay_as_they_are_and_every_name_is_as_expected(image: sitk.Image) -> None:
    plain = extract_features(image, mask(), params=CONTENT)
    found = extract_features(image, mask(), params=with_families())
    np.testing.assert_array_equal(found[plain.index], plain)
    assert list(found.index) == expected_features(load_parameters(with_families()))
    assert not found.isna().any()
    assert len(found) > len(plain) + 300


def test_families_that_equal_pyradiomics_features(image: sitk.Image) -> None:
    found = extract_features(image, mask(), params=with_families())
    for family, feature in {
        "morph_volume": "shape_MeshVolume",
        "stat_p10": "firstorder_10Percentile",
        "stat_mad": "firstorder_MeanAbsoluteDeviation",
        "ih_entropy": "firstorder_Entropy",
        "cm_contrast_3D_avg": "glcm_Contrast",
    }.items():
        assert found[f"original_{family}"] == pytest.approx(found[f"original_{feature}"], rel=1e-12)
    assert found["original_stat_kurt"] == pytest.approx(found["original_firstorder_Kurtosis"] - 3)


def test_masks_and_pipelines_together_have_the_values_of_each_alone(image: sitk.Image) -> None:
    regions = {"one": mask(), "other": mask(3.2, 2)}
    parameters = load_parameters(with_families())
    alone = {name: extract_features(image, region, params=parameters) for name, region in regions.items()}
    together = extract_regions(image, regions, parameters)
    fewer = load_parameters(with_families({"families": ["stat", "morph"]}))
    pipelines = {"all": (regions["one"], parameters), "fewer": (regions["one"], fewer)}
    of_pipelines = extract_pipelines(image, pipelines)
    for name, values in alone.items():
        assert together[name].values == values.to_dict()
    assert of_pipelines["all"].values == alone["one"].to_dict()
    assert list(of_pipelines["fewer"].values) == expected_features(fewer)


FILTERS: dict[str, Any] = {
    "families": ["stat", "loc"],
    "filters": [{"type": "mean", "support": 3}, {"type": "simoncelli", "level": 1}],
}


@pytest.mark.parametrize("section", [{}, ALL, FILTERS], ids=["none", "families", "filters"])
def test_masks_together_when_the_image_is_resampled_around_each(section: dict[str, Any]) -> None:
    """Without filters only what is measured is interpolated; the balls of the local intensity are more."""
    noise = np.random.default_rng(4).normal(100, 20, (24, 30, 30)).astype(np.float32)
    image = make_image(noise, SPACING)
    setting = {"binWidth": 10, "resampledPixelSpacing": [1.5, 1.5, 1.5], "padDistance": 9}
    parameters = load_parameters(with_families(section, setting=setting, imageType={"Original": {}}))
    regions = {
        name: make_image(ball((24, 30, 30), 5, shift), SPACING)
        for name, shift in {"one": 0, "other": 3}.items()
    }
    together = extract_regions(image, regions, parameters)
    for name, region in regions.items():
        assert together[name].values == extract_features(image, region, params=parameters).to_dict()
        assert together[name].values["original_firstorder_Variance"] > 50


def test_a_region_of_one_intensity_says_why_values_are_missing() -> None:
    region = make_image(ball())
    content = {**with_families(imageType={"Original": {}}), "setting": {}}
    with pytest.warns(UserWarning, match="missing value") as said:
        found = extract_features(flat(np.full(ball().shape, 5.0)), region, params=content)
    text = str(said[0].message)
    assert "original_ivh_v10" in text
    assert "all voxels of the region have the same intensity" in text
    assert "original_ih_max_grad" in text
    assert "a single grey level" in text
    assert found["original_stat_skew"] == found["original_stat_kurt"] == 0
    assert np.isnan(found["original_morph_moran_i"])


def test_whole_numbers_that_are_none_give_no_value_and_a_reason(image: sitk.Image) -> None:
    section = {"families": ["ivh"], "ivh": "none"}
    with pytest.warns(UserWarning, match="original_ivh_v10.*whole numbers.*binCount"):
        found = extract_features(image, mask(), params=with_families(section))
    assert found.filter(regex="original_ivh").isna().all()
    # A filtered image has arbitrary units: 1000 bins.
    assert found.filter(regex="square_ivh").between(0, 1001).all()


def test_the_image_must_reach_beyond_the_ball_of_loc(image: sitk.Image) -> None:
    content = with_families({"families": ["loc"]}, setting={"preCrop": True, "padDistance": 4})
    with pytest.raises(InputError, match="padDistance keeps 4"):
        extract_features(image, mask(), params=content)
    content["setting"]["padDistance"] = 5
    cropped = extract_features(image, mask(), params=content)
    whole = extract_features(image, mask(), params={**content, "setting": {}})
    assert cropped["original_loc_peak_glob"] == pytest.approx(whole["original_loc_peak_glob"], rel=1e-12)


def test_pyradiomics_and_maps_refuse_families(image: sitk.Image) -> None:
    params = with_families({"families": ["stat"]})
    with pytest.raises(InputError, match="requests families in its section"):
        extract_features(image, mask(), params=params, engine="pyradiomics")
    with pytest.raises(InputError, match=r"requests families .* maps do not support"):
        feature_maps(image, mask(), params=params)


def test_bins_of_ivh_that_are_too_many_are_refused(image: sitk.Image) -> None:
    section = {"families": ["ivh"], "ivh": {"binWidth": 1e-5}}
    with pytest.raises(InputError, match="bins"):
        extract_features(image, mask(), params=with_families(section))
