"""The key `filters` of the section `nbradiomics`: what it accepts and refuses, and the names of images."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from nbradiomics.errors import InputError
from nbradiomics.features.engines.pyradiomics_engine import refuse_own_section
from nbradiomics.features.parameters import load_parameters
from nbradiomics.features.parameters.expected import expected_features, expected_images
from nbradiomics.features.parameters.filters.reading import TYPES, filters_of
from nbradiomics.features.parameters.filters.types import BOUNDARIES, Filter
from nbradiomics.features.parameters.values_hash import values_hash


def parameters(*entries: Any, **section: Any) -> Any:
    return load_parameters(
        {"featureClass": {"firstorder": ["Mean"]}, "nbradiomics": {"filters": list(entries), **section}}
    )


@pytest.mark.parametrize(
    ("entry", "name"),
    [
        ({"type": "mean", "support": 15}, "mean-15"),
        ({"type": "mean", "support": 15, "dimension": "2D", "boundary": "zero"}, "mean-15-2D-zero"),
        ({"type": "log", "sigma": 3}, "log-3mm"),
        (
            {"type": "log", "sigma": 1.5, "truncate": 3, "riesz": [1, 0, 0]},
            "log-1.5mm-truncate-3-riesz-1-0-0",
        ),
        ({"type": "laws", "kernels": "L5E5E5", "pooling": "max", "energy": 7}, "laws-L5E5E5-max-energy-7"),
        (
            {"type": "gabor", "sigma": 5, "wavelength": 2, "gamma": 1.5, "step": 22.5},
            "gabor-5mm-2mm-1.5-step-22.5deg-average",
        ),
        (
            {"type": "gabor", "sigma": 5, "wavelength": 2, "gamma": 1.5, "angle": 60, "dimension": "2D"},
            "gabor-5mm-2mm-1.5-60deg-2D",
        ),
        (
            {"type": "wavelet", "wavelet": "db3", "filter": "LLH", "level": 2, "pooling": "average"},
            "wavelet-db3-LLH-2-average",
        ),
        ({"type": "simoncelli", "level": 2, "riesz": [0, 2, 0], "boundary": "mirror"}, None),
        ({"type": "shannon"}, "shannon-1"),
    ],
)
def test_names_and_the_way_back(entry: dict[str, Any], name: str | None) -> None:
    read = parameters(entry)
    (one,) = read.own.filters
    assert one.name == (name or "simoncelli-2-riesz-0-2-0-mirror")
    assert expected_images(read) == ["original", one.name]
    assert expected_features(read) == ["original_firstorder_Mean", f"{one.name}_firstorder_Mean"]
    assert load_parameters(read.whole).own == read.own
    assert load_parameters(read.whole).fingerprint == read.fingerprint


@pytest.mark.parametrize(
    ("entries", "parts"),
    [
        ("mean", ("nbradiomics.filters is 'mean'", "a list of filters", "type: log")),
        (["mean"], ("nbradiomics.filters[1] is 'mean'", "a mapping")),
        ([{"support": 3}], ("filters[1] has no type", "mean, log, laws")),
        ([{"type": "gabour"}], ("'gabour'", "Did you mean 'gabor'?")),
        ([{"type": ["mean"]}], ("filters[1] has the type",)),
        ([{"type": "mean"}], ("filters[1] (mean) has no support", "an odd number")),
        ([{"type": "mean", "suport": 3}], ("'suport'", "Did you mean 'support'?")),
        ([{"type": "mean", "support": 4}], ("filters[1].support is 4", "an odd number")),
        ([{"type": "mean", "support": True}], ("filters[1].support is True",)),
        ([{"type": "mean", "support": 3, "boundary": "miror"}], ("'miror'", "Did you mean 'mirror'?")),
        ([{"type": "mean", "support": 3, "dimension": 2}], ("dimension is 2", "3D, 2D")),
        ([{"type": "log", "sigma": 0}], ("sigma is 0", "above 0")),
        ([{"type": "log", "sigma": float("nan")}], ("sigma is nan",)),
        ([{"type": "log", "sigma": "3"}], ("sigma is '3'",)),
        ([{"type": "log", "sigma": 3, "riesz": [0, 0, 0]}], ("riesz is [0, 0, 0]",)),
        ([{"type": "log", "sigma": 3, "riesz": [1, 0]}], ("riesz is given for 2 axes", "dimension: 2D")),
        ([{"type": "laws", "kernels": "L5X5E5"}], ("kernels is 'L5X5E5'", "L5E5E5")),
        ([{"type": "laws", "kernels": "L5E5"}], ("kernels is given for 2 axes", "(3D)")),
        (
            [{"type": "laws", "kernels": "L5E5S5", "pooling": "average"}],
            ("L5E5S5 over all right-angle turns is 0", "pooling: max"),
        ),
        ([{"type": "wavelet", "wavelet": "db2", "filter": "LLX"}], ("filter is 'LLX'",)),
        ([{"type": "wavelet", "wavelet": "haarr", "filter": "LLH"}], ("Did you mean 'haar'",)),
        ([{"type": "simoncelli", "level": 0}], ("level is 0",)),
        (
            [{"type": "gabor", "sigma": 1, "wavelength": 2, "gamma": 1}],
            ("one of angle and step was expected",),
        ),
        (
            [{"type": "gabor", "sigma": 1, "wavelength": 2, "gamma": 1, "angle": 1, "step": 45}],
            ("both are given",),
        ),
        ([{"type": "gabor", "sigma": 1, "wavelength": 2, "gamma": 1, "step": 50}], ("divides 180",)),
        ([{"type": "mean", "support": 3}, {"type": "mean", "support": 3}], ("[1] and [2]", "mean-3")),
        ([{"type": "log", "sigma": 3}, {"type": "log", "sigma": 3.0, "truncate": 4}], ("log-3mm",)),
    ],
)
def test_what_is_refused_and_why(entries: Any, parts: tuple[str, ...]) -> None:
    with pytest.raises(InputError) as caught:
        load_parameters({"nbradiomics": {"filters": entries}})
    for part in parts:
        assert part in str(caught.value) + caught.value.remedy, caught.value


def test_no_filter_changes_nothing() -> None:
    plain = load_parameters({"setting": {"binWidth": 5}})
    for empty in (None, []):
        read = load_parameters({"setting": {"binWidth": 5}, "nbradiomics": {"filters": empty}})
        assert not read.own.asks
        assert read.fingerprint == plain.fingerprint


def test_the_hash_of_values_does_not_depend_on_what_else_is_filtered() -> None:
    """A filter's parameters are in the names of its features: two sites may request other filters."""
    assert values_hash(parameters({"type": "mean", "support": 3})) == values_hash(parameters())
    different = parameters({"type": "mean", "support": 3}).fingerprint
    assert different != parameters({"type": "mean", "support": 5}).fingerprint


def test_the_engine_pyradiomics_refuses_filters() -> None:
    with pytest.raises(InputError, match="requests filters"):
        refuse_own_section(parameters({"type": "mean", "support": 3}))


def test_too_many_images_are_refused() -> None:
    entries = [{"type": "mean", "support": 2 * i + 3} for i in range(5)]
    with pytest.raises(InputError, match="5 filters") as caught:
        parameters(*entries, limits={"images": 5})
    assert "limits: {images: 6}" in caught.value.remedy


ORDERS = st.one_of(st.just(None), st.sampled_from([[1, 0, 0], [0, 2, 0], [10, 0, 0], [1, 0, 9]]))
MM = st.one_of(st.integers(1, 200), st.floats(0.01, 200))
ENTRIES = st.one_of(
    st.fixed_dictionaries({"type": st.just("mean"), "support": st.integers(1, 250).map(lambda i: 2 * i + 1)}),
    st.fixed_dictionaries(
        {"type": st.just("log"), "sigma": MM}, optional={"truncate": st.floats(1, 10), "riesz": ORDERS}
    ),
    st.fixed_dictionaries(
        {"type": st.just("laws"), "kernels": st.sampled_from(["L5L5S5", "L3S3R5"])},
        optional={"pooling": st.sampled_from(["none", "average", "max"]), "energy": st.integers(1, 250)},
    ),
    st.fixed_dictionaries(
        {"type": st.just("gabor"), "sigma": MM, "wavelength": MM, "gamma": st.floats(0.05, 20)}
        | {"step": st.sampled_from([1, 22.5, 45, 180])},
        optional={"pooling": st.sampled_from(["average", "max"])},
    ),
    st.fixed_dictionaries(
        {"type": st.just("wavelet"), "wavelet": st.sampled_from(["db3", "bior1.3"])}
        | {"filter": st.sampled_from(["LLH", "HHH"])},
        optional={"level": st.integers(1, 8), "pooling": st.sampled_from(["none", "average", "max"])},
    ),
    st.fixed_dictionaries(
        {"type": st.sampled_from(["simoncelli", "shannon"])},
        optional={"level": st.integers(1, 8), "riesz": ORDERS},
    ),
)


def read(entry: dict[str, Any], boundary: str) -> Filter:
    stated = {key: value for key, value in entry.items() if value is not None}
    (one,) = filters_of("test", [{**stated, "boundary": boundary}])
    return one


@given(one=ENTRIES, other=ENTRIES, boundaries=st.tuples(*[st.sampled_from(BOUNDARIES)] * 2))
@settings(deadline=None)
def test_two_filters_share_a_name_only_if_they_are_the_same(
    one: dict[str, Any], other: dict[str, Any], boundaries: tuple[str, str]
) -> None:
    first, second = read(one, boundaries[0]), read(other, boundaries[1])
    assert (first.name == second.name) == (first == second)
    assert "_" not in first.name
    (again,) = filters_of("test", [first.stated])
    assert again == first


def test_every_type_is_described_by_rules() -> None:
    assert list(TYPES) == ["mean", "log", "laws", "gabor", "wavelet", "simoncelli", "shannon"]
