"""Claims about the images of the IBSI's filters: on the responses, and on features measured in them.

A claim must hold in every image; where nothing is claimed, an image is shown in which the response changes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from nbradiomics.features.dictionary import feature_dictionary
from nbradiomics.features.native.ibsi_filters.response import response
from nbradiomics.features.native.ibsi_filters.window import Window
from nbradiomics.features.parameters.filters.meaning import kind_of_filter
from nbradiomics.features.parameters.filters.reading import filters_of
from nbradiomics.features.parameters.filters.types import Filter
from tests.features.test_dictionary_claims import measure, region, same, turned

FEW = settings(max_examples=3, deadline=None)
SEEDS = st.integers(0, 2**32 - 1)
#: A filter of each type, with each choice on which a claim depends.
STATED: list[dict[str, Any]] = [
    {"type": "mean", "support": 3},
    {"type": "mean", "support": 3, "dimension": "2D", "boundary": "nearest"},
    {"type": "mean", "support": 3, "boundary": "zero"},
    {"type": "log", "sigma": 1.0},
    {"type": "log", "sigma": 1.0, "dimension": "2D", "boundary": "periodic"},
    {"type": "log", "sigma": 1.0, "boundary": "zero"},
    {"type": "log", "sigma": 1.0, "riesz": [0, 2, 0]},
    {"type": "laws", "kernels": "L5E3S3"},
    {"type": "laws", "kernels": "L3E3S3", "pooling": "max"},
    {"type": "laws", "kernels": "E5W5", "pooling": "average", "energy": 1, "dimension": "2D"},
    {"type": "laws", "kernels": "E3L3L3", "pooling": "max", "energy": 1, "boundary": "nearest"},
    {"type": "laws", "kernels": "L3L5L3", "pooling": "average"},
    {"type": "laws", "kernels": "L3L3L3", "pooling": "max", "energy": 1},
    {"type": "laws", "kernels": "L3E3S3", "boundary": "zero"},
    {"type": "gabor", "sigma": 1.5, "wavelength": 3.0, "gamma": 1.5, "angle": 30},
    {"type": "gabor", "sigma": 1.5, "wavelength": 3.0, "gamma": 1.5, "step": 45},
    {"type": "gabor", "sigma": 1.5, "wavelength": 3.0, "gamma": 1.5, "step": 90, "pooling": "max"},
    {"type": "gabor", "sigma": 1.5, "wavelength": 3.0, "gamma": 1.5, "step": 45, "dimension": "2D"},
    {"type": "gabor", "sigma": 1.5, "wavelength": 3.0, "gamma": 1.5, "step": 60},
    {"type": "wavelet", "wavelet": "db2", "filter": "LLH"},
    {"type": "wavelet", "wavelet": "db2", "filter": "LHL", "level": 2, "pooling": "average"},
    {"type": "wavelet", "wavelet": "coif1", "filter": "HLL", "pooling": "max"},
    {"type": "wavelet", "wavelet": "bior2.2", "filter": "LH", "pooling": "max", "dimension": "2D"},
    {"type": "wavelet", "wavelet": "db2", "filter": "LLL", "pooling": "average"},
    {"type": "wavelet", "wavelet": "haar", "filter": "LL", "dimension": "2D"},
    {"type": "simoncelli", "level": 1},
    {"type": "simoncelli", "level": 2, "boundary": "mirror"},
    {"type": "simoncelli", "level": 1, "riesz": [1, 1, 0]},
    {"type": "shannon", "level": 2, "dimension": "2D"},
]
FILTERS = filters_of("test", STATED)
every_filter = pytest.mark.parametrize("one", FILTERS, ids=lambda one: one.name)
#: Lengths in a filter, mm.
LENGTHS = ("sigma", "wavelength")


def image(seed: int, shape: tuple[int, int, int] = (6, 8, 10)) -> np.ndarray:
    random = np.random.default_rng(seed)
    return random.integers(-200, 200, shape) / 4.0


def respond(one: Filter, values: np.ndarray, edge: float = 1.0) -> np.ndarray:
    return response(one, Window.whole(values), (edge, edge, edge))


def close(one: np.ndarray, other: np.ndarray) -> bool:
    return bool(np.allclose(one, other, rtol=1e-7, atol=1e-6))


# Responses


@every_filter
@FEW
@given(seed=SEEDS, amount=st.sampled_from([1.0, -37.5, 256.0]))
def test_shift_of_a_response(one: Filter, seed: int, amount: float) -> None:
    change = respond(one, image(seed) + amount) - respond(one, image(seed))
    effect = kind_of_filter(one).shift
    if effect == "none":
        assert close(change, np.zeros(change.shape))
    elif effect == "same":
        assert close(change, np.full(change.shape, amount))
    elif effect == "moved":
        assert close(change, np.full(change.shape, change.flat[0]))
    else:
        assert effect == "other"
        assert not close(change, np.full(change.shape, change.flat[0]))


@pytest.mark.parametrize(
    "stated",
    [
        {"type": "log", "sigma": 1.0},
        {"type": "laws", "kernels": "L3L5L3"},
        {"type": "wavelet", "wavelet": "db2", "filter": "LLL"},
        {"type": "simoncelli", "level": 1},
        {"type": "simoncelli", "level": 1, "riesz": [0, 0, 2]},
    ],
)
def test_another_shift_is_not_always_none_nor_the_same(stated: dict[str, Any]) -> None:
    (one,) = filters_of("test", [stated])
    few_slices = image(0, (4, 9, 9))
    change = respond(one, few_slices + 100) - respond(one, few_slices)
    assert kind_of_filter(one).shift == "moved"
    assert abs(change).max() > 1e-3
    assert not np.allclose(change, 100)


def test_a_constant_passes_frequencies_only_in_an_image_of_few_slices() -> None:
    (one,) = filters_of("test", [{"type": "shannon", "level": 2}])
    few, many = image(0, (4, 9, 9)), image(0, (9, 9, 9))
    assert close(respond(one, few + 100), respond(one, few) + 100)
    assert close(respond(one, many + 100), respond(one, many))
    assert kind_of_filter(one).shift == "moved"


@every_filter
@FEW
@given(seed=SEEDS, factor=st.sampled_from([0.25, 3.0]))
def test_scale_of_a_response(one: Filter, seed: int, factor: float) -> None:
    assert kind_of_filter(one).scale == "same"
    assert close(respond(one, image(seed) * factor), respond(one, image(seed)) * factor)


@every_filter
@FEW
@given(seed=SEEDS)
def test_responses_have_their_units_and_signs(one: Filter, seed: int) -> None:
    kind, small = kind_of_filter(one), respond(one, image(seed))
    stated = {key: value * 2 if key in LENGTHS else value for key, value in one.stated.items()}
    (twice,) = filters_of("test", [stated])
    # The same image with voxels twice as long: a value per mm2 would be a quarter.
    assert close(respond(twice, image(seed), edge=2.0), small)
    assert "mm" not in kind.unit
    if not kind.negative:
        assert small.min() >= 0
    elif getattr(one, "pooling", "") != "max":
        # The largest of all turns can be one that is never negative.
        assert small.min() < 0


def changed_by_turns(one: Filter, plane: tuple[int, int], shape: tuple[int, int, int]) -> bool:
    values = image(len(one.name), shape)
    return not close(respond(one, turned(values, plane)), turned(respond(one, values), plane))


@every_filter
def test_turns_of_a_response(one: Filter) -> None:
    turns = kind_of_filter(one).rotation
    # Even numbers of voxels: there the frequencies of the reference maps are not symmetric.
    changed = {plane: changed_by_turns(one, plane, (8, 8, 8)) for plane in ((1, 2), (0, 1), (0, 2))}
    kept = {"yes": list(changed), "in slices": [(1, 2)], "no": []}[turns]
    assert not any(changed[plane] for plane in kept)
    assert turns == "yes" or any(changed.values())
    assert turns != "no" or changed[1, 2]


@every_filter
def test_moves_of_a_response(one: Filter) -> None:
    kind = kind_of_filter(one)
    values, step = np.zeros((40, 44, 46)), (1, -2, 3)
    values[17:24, 19:25, 20:26] = image(3, (7, 6, 6))
    before, after = respond(one, values), respond(one, np.roll(values, step, (0, 1, 2)))
    around = tuple(slice(14, 29) for _ in range(3))
    moved = np.roll(before, step, (0, 1, 2))[around]
    if kind.translation:
        assert close(after[around], moved)
    elif one.boundary != "periodic":
        assert not close(after[around], moved)


@pytest.mark.parametrize(
    ("stated", "code"),
    [
        ({"type": "laws", "kernels": "E5E5E5", "energy": 3}, "JTXT PQSD"),
        ({"type": "simoncelli", "riesz": [1, 0, 0]}, "PRT7 AYRS"),
        ({"type": "gabor", "sigma": 2, "wavelength": 3, "gamma": 1, "angle": 45, "dimension": "2D"}, "Q88H"),
    ],
)
def test_codes_of_filters(stated: dict[str, Any], code: str) -> None:
    (one,) = filters_of("test", [stated])
    assert kind_of_filter(one).code == code


def test_every_filter_is_described_in_another_way() -> None:
    wordings = [(kind_of_filter(one).definition, one.boundary) for one in FILTERS]
    assert len(set(wordings)) == len(wordings)
    assert all(kind_of_filter(one).formula for one in FILTERS)


# Features


def claims(column: str, setting: dict[str, Any], filters: list[dict[str, Any]]) -> dict[str, str]:
    table = feature_dictionary(params(setting, filters))
    return dict(zip(table["feature"], table[column], strict=True))


def params(setting: dict[str, Any], filters: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "setting": setting,
        "imageType": {"Original": {}},
        "featureClass": {name: [] for name in ("firstorder", "glcm", "ngtdm")},
        "nbradiomics": {"families": ["stat", "ih", "ivh", "cm"], "filters": filters},
    }


def measured(voxels: np.ndarray, mask: np.ndarray, setting: dict[str, Any]) -> dict[str, float]:
    wanted = params(setting, STATED)
    return measure(voxels, mask, {}, params=wanted)


@pytest.mark.parametrize("kind", ["width", "count"])
@pytest.mark.parametrize(
    ("column", "change"),
    [
        ("shift_bin", lambda array: array + np.float32(11)),
        ("scale_bin", lambda array: array * np.float32(4)),
    ],
)
def test_features_keep_what_is_claimed(
    kind: str, column: str, change: Callable[[np.ndarray], np.ndarray]
) -> None:
    setting = {"binWidth": 16} if kind == "width" else {"binCount": 8}
    stated = claims(f"{column}_{kind}", setting, STATED)
    voxels, mask = region(5)
    one, other = measured(voxels, mask, setting), measured(change(voxels), mask, setting)
    assert set(one) == set(stated)
    for name, value in one.items():
        assert stated[name] != "yes" or same(name, value, other[name]), name


def test_features_turn_as_claimed_and_keep_their_bounds() -> None:
    table = feature_dictionary(params({"binWidth": 16}, STATED)).set_index("feature")
    voxels, mask = region(6)
    found = measured(voxels, mask, {"binWidth": 16})
    for plane, kept in (((1, 2), ("yes", "in slices")), ((0, 2), ("yes",))):
        other = measured(turned(voxels, plane), turned(mask, plane), {"binWidth": 16})
        for name, value in found.items():
            assert table.loc[name, "rotation"] not in kept or same(name, value, other[name]), name
    for name, low in table["lowest"].items():
        assert low != "0" or not found[str(name)] < -1e-9, name
