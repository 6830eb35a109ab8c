"""The families `stat`, `ih` and `ivh` against plain sums over voxels."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, strategies as st
from hypothesis.extra.numpy import arrays

from nbradiomics.features.ibsi_names.families import FAMILIES
from nbradiomics.features.native.ibsi.distribution import Numbers, distribution_features, statistical_features
from nbradiomics.features.native.ibsi.histogram import histogram_features
from nbradiomics.features.native.ibsi.volume_histogram import (
    levels_of_number,
    levels_of_width,
    volume_histogram_features,
    whole_levels,
)

LEVELS = arrays(np.int64, st.integers(2, 60), elements=st.integers(1, 9))


def histogram(levels: np.ndarray) -> dict[str, float]:
    present, counts = np.unique(levels, return_counts=True)
    return histogram_features(present, counts)


@given(arrays(np.float64, st.integers(2, 50), elements=st.floats(-1e3, 1e3, width=32)))
def test_statistics_are_those_of_numpy(values: np.ndarray) -> None:
    found = statistical_features(values)
    p10, p25, median, p75, p90 = np.percentile(values, (10, 25, 50, 75, 90))
    assert set(found) == set(FAMILIES["stat"])
    expected = {
        "mean": values.mean(),
        "var": values.var(),
        "median": median,
        "p10": p10,
        "p90": p90,
        "iqr": p75 - p25,
        "range": np.ptp(values),
        "mad": np.abs(values - values.mean()).mean(),
        "medad": np.abs(values - median).mean(),
        "energy": (values**2).sum(),
        "rms": np.sqrt((values**2).mean()),
    }
    assert {name: found[name] for name in expected} == pytest.approx(expected, rel=1e-9, abs=1e-7)


@given(LEVELS)
def test_counted_numbers_have_the_features_of_single_ones(levels: np.ndarray) -> None:
    present, counts = np.unique(levels, return_counts=True)
    one = distribution_features(Numbers(levels.astype(float)))
    other = distribution_features(Numbers(present.astype(float), counts))
    assert other == pytest.approx(one, rel=1e-9, abs=1e-9, nan_ok=True)


def test_one_number_has_no_form_and_no_spread() -> None:
    found = statistical_features(np.full(7, 0.1))
    assert [found[name] for name in ("mean", "var", "skew", "kurt", "cov")] == [0.1, 0, 0, 0, 0]
    assert math.isnan(statistical_features(np.array([-1.0, 1.0]))["cov"])


def test_a_histogram_by_hand() -> None:
    found = histogram(np.array([1, 1, 1, 3, 3, 3, 6]))
    assert set(found) == set(FAMILIES["ih"])
    # Counts 3, 0, 3, 0, 0, 1; levels 1 and 3 are the most frequent, and 3 is nearer to the mean, 18 / 7.
    assert found["mode"] == 3
    assert (found["min_grad"], found["min_grad_g"]) == (-3, 1)
    assert (found["max_grad"], found["max_grad_g"]) == (1, 6)
    assert found["uniformity"] == pytest.approx(19 / 49)
    assert found["entropy"] == pytest.approx(-(2 * 3 / 7 * math.log2(3 / 7) + math.log2(1 / 7) / 7))
    assert math.isnan(histogram(np.array([1, 1]))["max_grad"])


@given(LEVELS)
def test_the_volume_histogram_by_its_definition(levels: np.ndarray) -> None:
    values = levels.astype(float)
    found = whole_levels(values, None, None)
    assert found is not None
    features = volume_histogram_features(found)
    low, high = int(levels.min()), int(levels.max())
    if low == high:
        assert features.pop("auc") == 0
        assert all(math.isnan(value) for value in features.values())
        return
    ladder = np.arange(low, high + 2)
    above = np.array([np.mean(levels >= level) for level in ladder])
    place = (ladder - low) / (high - low)
    for percent in (10, 90):
        assert features[f"v{percent}"] == pytest.approx(above[np.argmax(place >= percent / 100)])
        assert features[f"i{percent}"] == ladder[np.argmax(above <= percent / 100 + 1e-12)]
    assert features["auc"] == pytest.approx(np.trapezoid(above[:-1], place[:-1]))


def test_more_than_a_tenth_at_the_top_gives_the_level_after_the_highest() -> None:
    found = whole_levels(np.array([1.0, 5, 5, 5]), None, None)
    assert found is not None
    assert volume_histogram_features(found)["i10"] == 6


def test_the_three_divisions_of_intensities() -> None:
    values = np.array([0.0, 2.4, 2.5, 10])
    by_width = levels_of_width(values, 2.5, -5, 12)
    assert (by_width.first, by_width.step, len(by_width.counts)) == (-3.75, 2.5, 7)
    assert by_width.counts.tolist() == [0, 0, 2, 1, 0, 0, 1]
    assert levels_of_number(values, 4).counts.tolist() == [2, 1, 0, 1]
    assert levels_of_number(np.full(3, 7.0), 4).counts.tolist() == [3]
    assert whole_levels(values, None, None) is None
    whole = whole_levels(np.array([2.0, 4]), 1, 5)
    assert whole is not None
    assert (whole.first, whole.counts.tolist()) == (1, [0, 1, 0, 1, 0])
