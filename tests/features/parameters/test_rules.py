"""Parameter files are checked whole, once: what PyRadiomics' schema lets pass and no case survives."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st

from nbradiomics.errors import InputError
from nbradiomics.features import load_parameters, presets
from nbradiomics.features.absence import unmeasurable
from nbradiomics.features.parameters.unused import unused_settings

#: A file, and what the refusal must name: the key, the value, what was expected.
REFUSED = [
    (
        "setting: {resampledPixelSpacing: [1, 1]}",
        ["is [1, 1]", "3 numbers", "there are 2"],
    ),
    ("setting: {resampledPixelSpacing: [1, 1, 1, 1]}", ["there are 4"]),
    ("setting: {resampledPixelSpacing: ['1', '1', '1']}", ["list of numbers", "write 1 without quotes"]),
    ("setting: {resampledPixelSpacing: 1}", ["resampledPixelSpacing", "not a list"]),
    ("setting: {resampledPixelSpacing: [.nan, 1, 1]}", ["list of numbers"]),
    ('setting: {binWidth: "25"}', ["setting.binWidth is '25'", "a number", "write 25 without quotes"]),
    ("setting: {binWidth: 1e-3}", ["binWidth is '1e-3'", "write 0.001 without quotes"]),
    ("setting: {binWidth: .nan}", ["binWidth is nan"]),
    ("setting: {binWidth: .inf}", ["binWidth is inf"]),
    ("setting: {binWidth: }", ["binWidth", "remove the key"]),
    ("setting: {binWidth: -1}", ["-1"]),
    ("setting: {binCount: 32.5}", ["32.5", "int"]),
    ("setting: {padDistance: }", ["padDistance", "remove the key"]),
    ("setting: {normalizeScale: '100'}", ["normalizeScale is '100'"]),
    ("setting: {removeOutliers: '3'}", ["removeOutliers is '3'"]),
    ("setting: {geometryTolerance: '0.1'}", ["geometryTolerance is '0.1'"]),
    ("setting: {resegmentRange: [1, 2, 3]}", ["resegmentRange", "1 or 2 numbers", "there are 3"]),
    ("setting: {resegmentRange: []}", ["there are 0"]),
    ("setting: {distances: []}", ["distances is []", "at least one"]),
    ("setting: {interpolator: true}", ["interpolator is True", "sitkBSpline"]),
    ("setting: {interpolator: sitkBspline}", ["sitkBspline"]),
    ("imageType: {LoG: {sigma: ['2']}}", ["imageType.LoG.sigma is ['2']", "write 2 without quotes"]),
    ("imageType: {LoG: {sigma: 2}}", ["sigma", "not a list"]),
    ("imageType: {LoG: {sigma: [.inf]}}", ["sigma is [inf]"]),
    ("imageType: {Wavelet: {wavelet: morl}}", ["'morl'", "discrete wavelet"]),
    ("imageType: {Wavelet: {wavelet: haarr}}", ["haarr"]),
    ("imageType: {Original: {binWidth: '3'}}", ["imageType.Original.binWidth is '3'"]),
    ("imageType: {Wavelet: {label: 2}}", ["Wavelet has its own label, 2"]),
    ("voxelSetting: {initValue: nan}", ["voxelSetting.initValue is 'nan'"]),
    ("setting: {binWidth: 5, binWidth: 10}", ["'binWidth' occurs twice"]),
    ("setting: {binWidth: 5}\nsetting: {binCount: 3}", ["'setting' occurs twice"]),
    ("setting: {binwidth: 5}", ["binwidth", "Did you mean binWidth"]),
    ("setting: {resampledPixelSpacng: [1, 1, 1]}", ["Did you mean resampledPixelSpacing"]),
    ("settings: {binWidth: 5}", ["Did you mean setting"]),
    ("imageType: {wavelets: {}}", ["Did you mean Wavelet"]),
    ("featureClass: {glmc: }", ["glcm"]),
    ("featureClass: {firstorder: [kurtosis]}", ["Did you mean Kurtosis"]),
]


@pytest.mark.parametrize(("text", "named"), REFUSED, ids=[text for text, _ in REFUSED])
def test_what_would_break_in_every_case_is_refused_at_once(
    tmp_path: Path, text: str, named: list[str]
) -> None:
    file = tmp_path / "p.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_parameters(file)
    assert str(file) in str(caught.value)
    assert all(part in str(caught.value) for part in named), str(caught.value)


def test_all_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(InputError, match=r"binWidth.*resegmentRange"):
        load_parameters({"setting": {"binWidth": "25", "resegmentRange": [1, 2, 3]}})


def test_what_a_file_cannot_hold_is_refused_in_words() -> None:
    with pytest.raises(InputError, match="parameters given in Python"):
        load_parameters({"setting": {"binWidth": np.float64(3)}})


@pytest.mark.parametrize(
    "text",
    [
        "setting: {resampledPixelSpacing: [1, 1, 0], interpolator: 3}",
        "setting: {resampledPixelSpacing: , interpolator: , removeOutliers: , weightingNorm: , binCount: }",
        "setting: {resegmentRange: [5, 1]}",
        "setting: {resegmentRange: [0.4], resegmentMode: relative}",
        "voxelSetting: {initValue: .nan, kernelRadius: 2}",
        "setting: &shared {binWidth: 5}\nimageType: {Original: {<<: *shared}}",
        "imageType: {LoG: {}}",
    ],
)
def test_what_pyradiomics_can_do_is_let_be(tmp_path: Path, text: str) -> None:
    file = tmp_path / "p.yaml"
    file.write_text(text, encoding="utf-8")
    assert load_parameters(file).text == text


@given(
    st.sampled_from(["binWidth", "normalizeScale", "removeOutliers", "lbp2DRadius"]),
    st.one_of(st.text(max_size=5), st.floats(max_value=0), st.booleans(), st.sampled_from([np.inf, np.nan])),
)
def test_no_number_that_is_none_passes(key: str, value: Any) -> None:
    with pytest.raises(InputError, match=f"{key}|with the character"):
        load_parameters({"setting": {key: value}})


def test_a_setting_without_effect_is_named_with_what_it_needs() -> None:
    setting = {
        "normalizeScale": 100,
        "removeOutliers": 3,
        "binWidth": 5,
        "binCount": 32,
        "padDistance": 9,
        "sigma": [2.0],
        "resegmentMode": "sigma",
        "gldm_a": 1,
    }
    types = {"Original": {"normalize": True}, "Wavelet": {"sigma": [1.0]}}
    told = unused_settings(
        load_parameters({"setting": setting, "imageType": types, "featureClass": {"firstorder": []}})
    )
    named = [sentence.split(" has no effect")[0] for sentence in told]
    assert sorted(named) == [
        "binWidth",
        "gldm_a",
        "imageType.Original.normalize",
        "imageType.Wavelet.sigma",
        "normalizeScale",
        "padDistance",
        "removeOutliers",
        "resegmentMode",
        "sigma",
    ]


def test_settings_that_act_or_say_what_holds_anyway_are_not_named() -> None:
    setting = {"normalize": True, "normalizeScale": 100, "padDistance": 5, "force2Ddimension": 0}
    assert unused_settings(load_parameters({"setting": setting})) == []
    assert all(unused_settings(load_parameters(name)) == [] for name in presets())


def test_what_no_region_can_get_is_known_beforehand() -> None:
    classes = {"shape2D": [], "glcm": ["Homogeneity1", "Contrast"]}
    told = unmeasurable(load_parameters({"imageType": {"LoG": {}}, "featureClass": classes}))
    assert [reason.split(" ")[0] for reason in told] == ["shape2D", "LoG"]
    told = unmeasurable(load_parameters({"featureClass": {"glcm": ["Homogeneity1", "Contrast"]}}))
    assert list(told.values()) == [["original_glcm_Homogeneity1"]]


def test_a_file_is_read_once_by_its_content_and_a_change_is_noticed(tmp_path: Path) -> None:
    file = tmp_path / "p.yaml"
    file.write_text("setting: {binWidth: 5}", encoding="utf-8")
    first = load_parameters(file)
    first.content["setting"]["binWidth"] = 7  # no later reader sees it
    assert load_parameters(file).content == {"setting": {"binWidth": 5}}
    file.write_text("setting: {binWidth: 9}", encoding="utf-8")
    assert load_parameters(file).content == {"setting": {"binWidth": 9}}
    file.write_text("setting: {binWidth: -1}", encoding="utf-8")
    for _ in range(2):
        with pytest.raises(InputError, match="binWidth is -1"):
            load_parameters(file)
