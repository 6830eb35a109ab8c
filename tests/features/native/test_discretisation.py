"""Grey levels: PyRadiomics' own, bit for bit."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st
from hypothesis.extra.numpy import arrays
from radiomics.imageoperations import binImage

from nbradiomics.errors import InputError
from nbradiomics.features.native.levels.discretisation import bin_edges, discretise

SPACING = (1.0, 1.0, 1.0)


def levels_of(values: np.ndarray, settings: dict[str, Any]) -> np.ndarray:
    """Levels of some values, laid out as an image of one row that the region fills; checks the counts."""
    image = values.reshape(1, 1, -1)
    region, counts = discretise(image, np.arange(image.size), SPACING, settings)
    assert region.levels.dtype == np.int32
    found, expected_counts = np.unique(region.levels, return_counts=True)
    assert region.present.tolist() == found.tolist()
    assert counts.tolist() == expected_counts.tolist()
    return region.levels.ravel()


def theirs(values: np.ndarray, settings: dict[str, Any]) -> np.ndarray:
    levels, _ = binImage(values.copy(), np.ones(values.shape, bool), **settings)
    return levels


def test_levels_by_hand() -> None:
    # Edges at 50, 75, 100, ...: an edge belongs to the bin above it.
    values = np.array([54.0, 74.9, 75.0, 99.0, 100.0, 166.0, 174.9])
    assert levels_of(values, {"binWidth": 25}).tolist() == [1, 1, 2, 2, 3, 5, 5]
    # Ten bins from 0 to 10; the highest value lies in the last.
    assert levels_of(np.array([0.0, 0.99, 1.0, 9.5, 10.0]), {"binCount": 10}).tolist() == [1, 1, 2, 10, 10]


def test_only_the_region_has_levels() -> None:
    image = np.arange(24, dtype=np.int16).reshape(2, 3, 4)
    region, counts = discretise(image, np.array([5, 6, 11]), SPACING, {"binWidth": 2.0})
    assert region.levels.ravel().nonzero()[0].tolist() == [5, 6, 11]
    assert region.levels.ravel()[[5, 6, 11]].tolist() == [1, 2, 4]
    assert region.present.tolist() == [1, 2, 4]
    assert region.highest == 4
    assert counts.tolist() == [1, 1, 1]


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int16, np.int32, np.uint16, np.int64])
@pytest.mark.parametrize(
    "settings", [{}, {"binWidth": 0.1}, {"binWidth": 1.0}, {"binWidth": 7}, {"binCount": 13}]
)
def test_levels_are_pyradiomics(dtype: type, settings: dict[str, Any]) -> None:
    rng = np.random.default_rng(1)
    for low, high in ((-40, 40), (0, 3), (300, 2000), (-2, -1)):
        if low < 0 and dtype is np.uint16:
            continue
        values = rng.uniform(low, high, 500).astype(dtype)
        values = np.concatenate([values, np.round(values[:200] * 10).astype(dtype) / dtype(10)]).astype(dtype)
        np.testing.assert_array_equal(levels_of(values, settings), theirs(values, settings))


@given(
    arrays(np.float32, st.integers(1, 60), elements=st.floats(-1e4, 1e4, width=32)),
    st.sampled_from([0.1, 0.3, 1, 5.5, 25, 1e3]),
    st.booleans(),
)
def test_any_float32_values(values: np.ndarray, width: float, count: bool) -> None:
    settings = {"binCount": int(width) + 1} if count else {"binWidth": width}
    try:
        expected = theirs(values, settings)
    except ValueError:  # NumPy: too many bins for so small a range
        with pytest.raises(ValueError, match=r"Too many bins|finite"):
            levels_of(values, settings)
        return
    np.testing.assert_array_equal(levels_of(values, settings), expected)


def test_a_step_too_small_for_the_number_type() -> None:
    # In float32 one cannot count in steps of 0.3 at 1e7: edges coincide.
    values = np.array([1e7, 1e7 + 1, 1e7 + 2, 1e7 + 7], np.float32)
    np.testing.assert_array_equal(levels_of(values, {"binWidth": 0.3}), theirs(values, {"binWidth": 0.3}))


def test_edges_on_values_of_a_width_that_has_no_exact_form() -> None:
    for dtype in (np.float32, np.float64):
        values = (np.arange(-50, 400) * 0.1).astype(dtype)
        for shift in (0, np.finfo(dtype).eps * 8, -np.finfo(dtype).eps * 8):
            moved = (values + shift).astype(dtype)
            np.testing.assert_array_equal(
                levels_of(moved, {"binWidth": 0.1}), theirs(moved, {"binWidth": 0.1})
            )


@pytest.mark.parametrize("settings", [{}, {"binWidth": 300}])
def test_bins_beyond_the_number_type_are_refused(settings: dict[str, Any]) -> None:
    values = np.array([3, 250], np.uint8)
    with pytest.raises(InputError, match="uint8"):
        bin_edges(values, settings)
    assert bin_edges(values, {"binWidth": 25.0})[-1] > 250
