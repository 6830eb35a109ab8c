"""The section `nbradiomics` of a parameter file: what it may say, and that saying nothing changes nothing."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st

from nbradiomics.errors import InputError
from nbradiomics.features import extract_features, load_parameters
from nbradiomics.features.parameters import Own, Parameters
from nbradiomics.features.parameters.ibsi import ALL, SWITCHES, Ibsi
from tests.support.helpers import ball, make_image


def own(section: Any, **rest: Any) -> Parameters:
    return load_parameters({"setting": {"binWidth": 5, **rest}, "nbradiomics": section})


def test_a_file_without_the_section_asks_for_nothing() -> None:
    parameters = load_parameters({"setting": {"binWidth": 5}})
    assert parameters.own == Own(ibsi=Ibsi(), crop="mask")
    assert not parameters.own.asks


@pytest.mark.parametrize(
    ("section", "expected"),
    [
        (None, Own()),
        ({}, Own()),
        ({"ibsi": False, "crop": "mask"}, Own()),
        ({"ibsi": {}}, Own()),
        ({"ibsi": {"outliers": None}}, Own()),
        ({"ibsi": True}, Own(ibsi=ALL)),
        ({"crop": "union"}, Own(crop="union")),
        ({"ibsi": {"rounding": True, "outliers": 3}}, Own(ibsi=Ibsi(rounding=True, outliers=3.0))),
    ],
)
def test_what_the_section_says(section: Any, expected: Own) -> None:
    assert own(section).own == expected


def test_all_means_every_switch_and_no_outliers() -> None:
    assert all(getattr(ALL, switch) is True for switch in SWITCHES)
    assert ALL.outliers is None


def test_pyradiomics_sees_its_own_sections_alone_and_the_provenance_all() -> None:
    parameters = own({"ibsi": True})
    assert parameters.content == {"setting": {"binWidth": 5}}
    assert "nbradiomics" in parameters.text


@pytest.mark.parametrize(
    ("section", "parts"),
    [
        ({"ibs": True}, ("'ibs'", "Did you mean 'ibsi'?", "crop")),
        ({"ibsi": {"roundin": True}}, ("'roundin'", "Did you mean 'rounding'?")),
        ({"ibsi": {"rounding": 1}}, ("ibsi.rounding is 1", "true or false")),
        ({"ibsi": {"rounding": "yes please"}}, ("ibsi.rounding is 'yes please'",)),
        ({"ibsi": "on"}, ("ibsi is 'on'", "excess_kurtosis")),
        ({"ibsi": None}, ("ibsi is None",)),
        ({"ibsi": {"outliers": 0}}, ("ibsi.outliers is 0", "above 0")),
        ({"ibsi": {"outliers": True}}, ("ibsi.outliers is True",)),
        ({"ibsi": {"outliers": float("inf")}}, ("ibsi.outliers is inf",)),
        ({"crop": "both"}, ("crop is 'both'", "mask, union")),
        ({"crop": ["mask"]}, ("crop is ['mask']",)),
        (True, ("nbradiomics is True", "mapping")),
    ],
)
def test_what_the_section_may_not_say(section: Any, parts: tuple[str, ...]) -> None:
    with pytest.raises(InputError) as caught:
        own(section)
    for part in parts:
        assert part in str(caught.value)


@pytest.mark.parametrize(
    ("section", "setting", "part"),
    [
        ({"ibsi": True}, {"normalize": True}, "normalize"),
        ({"ibsi": {"rounding": True}}, {"normalize": True}, "normalize"),
        ({"ibsi": {"morphological_mask": True}}, {"resegmentShape": True}, "resegmentShape"),
    ],
)
def test_a_switch_and_a_setting_that_contradict_each_other(
    section: Any, setting: dict[str, Any], part: str
) -> None:
    with pytest.raises(InputError, match=part):
        own(section, **setting)
    own({"ibsi": {"excess_kurtosis": True}}, **setting)


def test_the_fingerprint_says_what_is_asked_for() -> None:
    plain = load_parameters({"setting": {"binWidth": 5}}).fingerprint
    # As before there was such a section: stored results are found again.
    assert plain == "02a1708a13984ae0824514237c9b6aa0b118412d61954f9c1854afab243eef99"
    assert own({"ibsi": False}).fingerprint == plain
    asked = [{"ibsi": {switch: True}} for switch in SWITCHES]
    asked += [{"ibsi": {"outliers": 3}}, {"ibsi": {"outliers": 2}}, {"crop": "union"}, {"ibsi": True}]
    assert len({plain, *(own(section).fingerprint for section in asked)}) == len(asked) + 1


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(SWITCHES, st.booleans())))
def test_a_mapping_turns_on_what_it_names(switches: dict[str, bool]) -> None:
    found = own({"ibsi": switches}).own.ibsi
    assert {name for name in SWITCHES if getattr(found, name)} == {n for n, on in switches.items() if on}


def image_and_mask() -> dict[str, Any]:
    values = np.random.default_rng(3).normal(100, 20, ball().shape).astype(np.float32)
    return {"image": make_image(values, (0.9, 0.9, 2.0)), "mask": make_image(ball(), (0.9, 0.9, 2.0))}


CONTENT = {
    "setting": {"binWidth": 5, "resampledPixelSpacing": [1, 1, 1], "resegmentRange": [60, 140]},
    "imageType": {"Original": {}, "Wavelet": {}},
}


def test_false_is_bit_for_bit_what_no_section_is() -> None:
    plain = extract_features(**image_and_mask(), params=CONTENT, engine="native")
    off = {**CONTENT, "nbradiomics": {"ibsi": False}}
    found = extract_features(**image_and_mask(), params=off, engine="native")
    assert len(plain) > 800
    assert found.index.tolist() == plain.index.tolist()
    assert found.to_numpy().tobytes() == plain.to_numpy().tobytes()
    on = extract_features(
        **image_and_mask(), params={**CONTENT, "nbradiomics": {"ibsi": True}}, engine="native"
    )
    assert on.index.tolist() == plain.index.tolist()
    assert (on != plain).mean() > 0.9


@pytest.mark.parametrize("section", [{"ibsi": True}, {"ibsi": {"rounding": True}}, {"crop": "union"}])
def test_pyradiomics_refuses_what_it_does_not_have(section: dict[str, Any]) -> None:
    with pytest.raises(InputError) as caught:
        extract_features(**image_and_mask(), params={**CONTENT, "nbradiomics": section}, engine="pyradiomics")
    assert next(iter(section)) in caught.value.problem
    assert "--engine native" in caught.value.remedy
