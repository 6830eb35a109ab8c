"""First-order features: by hand, against NumPy and SciPy, and what must hold for any values."""

import math
from random import Random

import numpy as np
import pytest
from hypothesis import given, strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from nbradiomics.features.native.classes.firstorder import (
    Intensities,
    first_order_features,
    percentiles,
)
from nbradiomics.features.native.classes.order_statistics import between, order_statistics
from nbradiomics.features.native.classes.pairwise_sums import central_sums, deviation_sum, square_sum

# Not so small that a square of it is 0.
VALUES = arrays(np.float64, st.integers(2, 80), elements=st.floats(-1e6, 1e6).map(lambda v: round(v, 6)))


def ends(values: np.ndarray) -> tuple[float, float]:
    return float(values.min()), float(values.max())


def features(values: np.ndarray, *, shift: float = 0, volume: float = 1.0) -> dict[str, float]:
    counts = np.unique(np.floor(values / 25), return_counts=True)[1]
    return first_order_features(Intensities(values, counts, volume), shift=shift)


def test_a_small_region_by_hand() -> None:
    found = features(np.array([3.0, 1.0, 4.0, 2.0, 30.0]), shift=1, volume=2.0)
    assert found["Mean"] == 8
    assert found["Median"] == 3
    assert (found["Minimum"], found["Maximum"], found["Range"]) == (1, 30, 29)
    assert found["10Percentile"] == pytest.approx(1.4)
    assert found["90Percentile"] == pytest.approx(19.6)
    assert found["InterquartileRange"] == 2
    assert found["Variance"] == pytest.approx((25 + 49 + 16 + 36 + 484) / 5)
    assert found["MeanAbsoluteDeviation"] == pytest.approx((5 + 7 + 4 + 6 + 22) / 5)
    # Of 2, 3, 4, which lie between the percentiles.
    assert found["RobustMeanAbsoluteDeviation"] == pytest.approx(2 / 3)
    assert found["Energy"] == 16 + 4 + 25 + 9 + 961
    assert found["TotalEnergy"] == 2 * found["Energy"]
    assert found["RootMeanSquared"] == pytest.approx(math.sqrt(found["Energy"] / 5))
    # Two grey levels of width 25, with four voxels and one.
    assert found["Uniformity"] == pytest.approx(0.64 + 0.04)
    assert found["Entropy"] == pytest.approx(-0.8 * math.log2(0.8) - 0.2 * math.log2(0.2))
    assert "StandardDeviation" not in found


def test_what_is_asked_for_in_its_order() -> None:
    region = Intensities(np.array([1.0, 5.0]), np.array([2]), 1.0)
    found = first_order_features(region, ["StandardDeviation", "Mean"])
    assert list(found.items()) == [("StandardDeviation", 2.0), ("Mean", 3.0)]


def test_of_two_voxels_none_lies_between_the_percentiles() -> None:
    assert math.isnan(features(np.array([1.0, 5.0]))["RobustMeanAbsoluteDeviation"])


def test_a_flat_region_has_no_shape() -> None:
    found = features(np.full(9, 7.0))
    assert (found["Variance"], found["Skewness"], found["Kurtosis"]) == (0, 0, 0)
    assert found["Uniformity"] == 1


@given(VALUES)
def test_moments_are_scipy_s(values: np.ndarray) -> None:
    if np.ptp(values) <= 1e-6 * np.abs(values).max():
        return  # nothing but rounding is left
    found = features(values)
    assert found["Skewness"] == pytest.approx(stats.skew(values), rel=1e-9, abs=1e-9)
    assert found["Kurtosis"] == pytest.approx(stats.kurtosis(values, fisher=False), rel=1e-9)
    assert found["Kurtosis"] >= found["Skewness"] ** 2 + 1 - 1e-9


@given(VALUES, st.randoms())
def test_percentiles_are_numpy_s_to_the_last_bit(values: np.ndarray, random: Random) -> None:
    asked = (0, 10, 25, 50, 75, 90, 100)
    expected = np.percentile(values, asked)
    expected[asked.index(50)] = np.median(values)  # half-way between two values the last bits differ
    assert percentiles(values, asked, ends(values)) == expected.tolist()
    shuffled = random.sample(values.tolist(), len(values))
    assert percentiles(np.array(shuffled), asked, ends(values)) == expected.tolist()


@given(VALUES)
def test_order_statistics_are_those_of_sorting(values: np.ndarray) -> None:
    ranks = range(len(values))
    assert list(order_statistics(values, ranks, ends(values)).values()) == np.sort(values).tolist()


def test_the_median_of_an_even_count_is_numpy_s_to_the_last_bit() -> None:
    rng = np.random.default_rng(0)
    for _ in range(300):
        values = rng.normal(size=2) * [1e-14, 3e-14]
        assert percentiles(values, [50], ends(values)) == [np.median(values)]


@pytest.mark.parametrize("number", [*range(1, 40), 127, 128, 129, 137, 255, 1_000, 4_321, 100_003])
def test_sums_are_numpy_s_to_the_last_bit(number: int) -> None:
    values = np.random.default_rng(number).normal(40, 300, number)
    mean = values.mean()
    off = values - mean
    square = off * off
    expected = (np.abs(off).sum(), square.sum(), (square * off).sum(), (square * square).sum())
    assert central_sums(values, mean) == expected
    assert deviation_sum(values, mean) == expected[0]
    assert square_sum(values, 2000.0) == ((values + 2000.0) ** 2).sum()
    assert np.array_equal(between(values, mean, 300.0), values[(values >= mean) & (values <= 300.0)])


def test_order_statistics_of_a_range_beyond_all_numbers() -> None:
    values = np.array([1e308, -1.5e308, 3.0, 1.7e308, -2.0])
    ordered = np.sort(values)
    assert order_statistics(values, range(5), ends(values)) == dict(enumerate(ordered))
