"""Families of the IBSI in a parameter file: what the keys may say, and what depends on them."""

from __future__ import annotations

from typing import Any

import pytest

from nbradiomics.errors import InputError
from nbradiomics.features.ibsi_names.families import FAMILIES
from nbradiomics.features.parameters import Parameters, load_parameters, setting_differences, values_hash
from nbradiomics.features.parameters.expected import expected_features
from nbradiomics.features.parameters.families import Families, IvhBins

BASE: dict[str, Any] = {"setting": {"binWidth": 5}, "featureClass": {"firstorder": ["Mean"]}}


def own(section: Any, **setting: Any) -> Parameters:
    return load_parameters({**BASE, "setting": {**BASE["setting"], **setting}, "nbradiomics": section})


@pytest.mark.parametrize(
    ("section", "expected"),
    [
        ({}, Families()),
        ({"families": []}, Families()),
        ({"families": ["ih", "stat", "ih"]}, Families(("stat", "ih"))),
        ({"families": "morph"}, Families(("morph",))),
        ({"families": "all"}, Families(tuple(FAMILIES))),
        (
            {"families": ["szm", "cm"], "aggregation": ["3D_comb", "2D_avg"]},
            Families(("cm", "szm"), ("2D_avg", "3D_comb")),
        ),
        ({"families": ["ivh"], "ivh": {"binCount": 1000}}, Families(("ivh",))),
        ({"families": ["ivh"], "ivh": {"binWidth": 2}}, Families(("ivh",), ivh=IvhBins(None, 2.0))),
        ({"families": ["ivh"], "ivh": "none"}, Families(("ivh",), ivh=IvhBins(None))),
    ],
)
def test_what_the_keys_say(section: Any, expected: Families) -> None:
    assert own(section).own.families == expected


@pytest.mark.parametrize(
    ("section", "parts"),
    [
        ({"familys": ["cm"]}, ("'familys'", "Did you mean 'families'?")),
        ({"families": ["glcm"]}, ("'glcm'", "Names allowed here: morph, loc")),
        ({"families": ["mroph"]}, ("Did you mean 'morph'?",)),
        ({"families": [["cm"]]}, ("['cm']",)),
        ({"families": 3}, ("families is 3", "a list of names")),
        ({"families": ["cm"], "aggregation": ["3D_mrg"]}, ("'3D_mrg'", "3D_comb")),
        ({"families": ["cm", "rlm"], "aggregation": ["3D"]}, ("cm and rlm", "no form", "3D_avg")),
        ({"families": ["cm"], "aggregation": ["2D", "3D_avg"]}, ("has the form 2D", "szm")),
        ({"families": ["stat"], "aggregation": ["3D_avg"]}, ("families names none", "cm")),
        ({"aggregation": ["3D_avg"]}, ("families names none",)),
        ({"families": ["stat"], "ivh": "none"}, ("Add ivh to families",)),
        ({"families": ["ivh"], "ivh": None}, ("ivh is None", "binCount")),
        ({"families": ["ivh"], "ivh": {}}, ("ivh is {}",)),
        ({"families": ["ivh"], "ivh": {"binCount": 5, "binWidth": 2}}, ("binCount: number",)),
        ({"families": ["ivh"], "ivh": {"binCnt": 5}}, ("Did you mean 'binCount'?",)),
        ({"families": ["ivh"], "ivh": {"binCount": 1}}, ("binCount is 1", "from 2 on")),
        ({"families": ["ivh"], "ivh": {"binWidth": float("nan")}}, ("binWidth is nan",)),
        ({"families": ["ivh"], "ivh": {"binWidth": True}}, ("binWidth is True",)),
    ],
)
def test_what_the_keys_may_not_say(section: Any, parts: tuple[str, ...]) -> None:
    with pytest.raises(InputError) as caught:
        own(section)
    for part in parts:
        assert part in str(caught.value)


def test_the_ball_of_loc_must_lie_within_what_is_kept_of_the_image() -> None:
    section = {"families": ["loc"]}
    with pytest.raises(InputError, match=r"6 voxels of 1 mm; padDistance keeps 5\. Set `padDistance: 6`"):
        own(section, resampledPixelSpacing=[3, 1, 0])
    assert own(section, resampledPixelSpacing=[1, 1, 1], padDistance=6)
    assert own(section, resampledPixelSpacing=[1, 1, 1], interpolator=None)
    assert own(section, resampledPixelSpacing=[2, 2, 2])


def test_the_names_of_the_requested_features_in_order() -> None:
    content = {**BASE, "imageType": {"Original": {}, "Square": {}}}
    section = {"families": ["ngt", "loc", "cm"], "aggregation": ["3D_avg", "2D"]}
    names = expected_features(load_parameters({**content, "nbradiomics": section}))
    assert names[:3] == ["original_loc_peak_loc", "original_loc_peak_glob", "original_firstorder_Mean"]
    assert names[3] == "original_cm_joint_max_3D_avg"
    of_original = [name.removeprefix("original_") for name in names if name.startswith("original")]
    of_square = [name.removeprefix("square_") for name in names if name.startswith("square")]
    assert of_square == of_original[2:]
    # ngt has the dimension of a form with directions, too.
    assert sum("_ngt_" in name for name in names) == 2 * 2 * 5
    assert len(names) == 2 + 2 * (1 + 25 + 10)


def test_a_value_does_not_depend_on_the_families_but_on_the_bins_of_ivh() -> None:
    plain = load_parameters(BASE)
    asked = own({"families": "all", "aggregation": ["3D_comb"]})
    assert values_hash(asked) == values_hash(plain)
    assert asked.fingerprint != plain.fingerprint
    other = own({"families": ["ivh"], "ivh": {"binWidth": 2}})
    assert values_hash(other) != values_hash(plain)
    assert setting_differences(plain, other) == [
        "nbradiomics.ivh.binCount is not set there and 1000 here",
        "nbradiomics.ivh.binWidth is 2.0 there and not set here",
    ]


@pytest.mark.parametrize("ivh", ["none", {"binWidth": 2.5}, {"binCount": 7}])
def test_the_whole_content_gives_the_same_parameters_again(ivh: Any) -> None:
    asked = own({"families": ["ivh", "cm"], "aggregation": ["3D_comb"], "ivh": ivh, "crop": "union"})
    again = load_parameters(asked.whole)
    assert (again.own, again.fingerprint) == (asked.own, asked.fingerprint)


def test_families_are_no_departure_in_the_column_engine() -> None:
    assert str(own({"families": "all"}).own) == ""
    assert own({"families": "all"}).own.asks
