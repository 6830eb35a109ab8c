"""The hash of the settings: the same where the values are the same, another one where they may differ."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nbradiomics.errors import InputError
from nbradiomics.features.extract import extract_features
from nbradiomics.features.parameters import (
    differences_named,
    load_parameters,
    presets,
    setting_differences,
    values_hash,
)
from nbradiomics.tables.same_parameters import OtherParametersError
from tests.support.helpers import ball, make_image

BASE: dict[str, Any] = {
    "setting": {"binWidth": 10, "resampledPixelSpacing": [1, 1, 1], "label": 1},
    "imageType": {"Original": {}, "LoG": {"sigma": [2.0, 3.0]}},
    "featureClass": {"firstorder": ["Mean", "Energy"], "glcm": None},
}


def changed(part: str, **values: Any) -> dict[str, Any]:
    return {**BASE, part: {**BASE[part], **values}}


@pytest.mark.parametrize(
    "same",
    [
        changed("setting", binWidth=10.0),
        changed("setting", label=3),
        changed("setting", geometryTolerance=1e-3, correctMask=True, minimumROISize=9, additionalInfo=False),
        changed("setting", normalize=False, padDistance=5, distances=[1], interpolator="sitkBSpline"),
        changed("featureClass", glrlm=None),
        changed("imageType", Square={}, LoG={"sigma": [1.0]}),
        {**BASE, "nbradiomics": {"crop": "mask", "limits": {}}},
        dict(reversed(BASE.items())),
    ],
)
def test_settings_that_change_no_value_do_not_matter(same: dict[str, Any]) -> None:
    assert values_hash(load_parameters(same)) == values_hash(load_parameters(BASE))


@pytest.mark.parametrize(
    "other",
    [
        changed("setting", binWidth=5),
        changed("setting", resampledPixelSpacing=[1, 1, 3]),
        changed("setting", interpolator=None),
        changed("setting", normalize=True),
        changed("setting", binCount=32),
        changed("setting", distances=[1, 2]),
        changed("setting", resegmentRange=[0, 100]),
        changed("imageType", Wavelet={"binWidth": 25}),
        {**BASE, "nbradiomics": {"ibsi": True}},
        {**BASE, "nbradiomics": {"crop": "union"}},
    ],
)
def test_settings_that_may_change_a_value_matter(other: dict[str, Any]) -> None:
    assert values_hash(load_parameters(other)) != values_hash(load_parameters(BASE))


def test_a_value_does_not_depend_on_what_else_is_requested() -> None:
    image = make_image(
        np.random.default_rng(0).normal(100, 20, ball().shape).astype(np.float32), (0.9, 0.9, 2)
    )
    mask = make_image(ball(), (0.9, 0.9, 2))
    few = {
        **changed("setting", interpolator="sitkLinear"),
        "featureClass": {"firstorder": ["Mean"], "glcm": None},
    }
    many = {
        **few,
        "featureClass": {},
        "imageType": {"Original": {}, "Wavelet": {}, "LoG": {"sigma": [3.0, 2.0, 1.0]}},
    }
    assert values_hash(load_parameters(few)) == values_hash(load_parameters(many))
    one, all_of_them = (extract_features(image, mask, params=params) for params in (few, many))
    assert len(one) > 50
    np.testing.assert_array_equal(one, all_of_them[one.index])


def test_presets_differ_and_no_hash_reads_as_a_number() -> None:
    hashes = [values_hash(load_parameters(name)) for name in presets()]
    assert len(set(hashes)) == len(hashes)
    assert all(text.startswith("p") and len(text) == 16 for text in hashes)


def test_the_whole_content_gives_the_same_parameters_again() -> None:
    asked = load_parameters({**BASE, "nbradiomics": {"ibsi": {"excess_kurtosis": True}, "crop": "union"}})
    again = load_parameters(asked.whole)
    assert values_hash(again) == values_hash(asked)
    assert again.fingerprint == asked.fingerprint


def test_the_settings_that_differ_are_named() -> None:
    here = load_parameters(changed("imageType", Original={}, LoG={"sigma": [1.0]}))
    other = changed("setting", binWidth=7, label=3)
    there = load_parameters({**other, "imageType": {"Original": {"binWidth": 5}, "Wavelet": {"binWidth": 3}}})
    assert setting_differences(here, here) == []
    found = setting_differences(here, there)
    assert found[0] == "imageType.Original.binWidth is 5 there and not set here"
    assert found[1].startswith("setting.binWidth is 7 there and ")
    assert len(found) == 2


def test_an_error_names_them_if_both_files_are_known(tmp_path: Path) -> None:
    here, there = load_parameters(BASE), load_parameters(changed("setting", binWidth=7))
    features = tmp_path / "features.parquet"
    error = OtherParametersError("they differ.", (values_hash(here),), (values_hash(there),))
    with pytest.raises(InputError, match=r"they differ\. Extract"), differences_named(here, features):
        raise error
    (tmp_path / "provenance.json").write_text(json.dumps({"parameters": json.dumps(there.whole)}))
    named = r"they differ\. Setting\.binWidth is 7 there"
    with pytest.raises(InputError, match=named), differences_named(here, features):
        raise error
    stale = OtherParametersError("they differ.", (values_hash(here),), ("p0123456789abcde",))
    with pytest.raises(OtherParametersError), differences_named(here, features):
        raise stale
