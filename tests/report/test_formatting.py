"""Numbers and names as pages write them."""

from __future__ import annotations

import re
import statistics

import numpy as np
import pytest
from hypothesis import given, strategies as st

from nbradiomics.messages.wording import MISSING, NO_BREAK, number, p_value, ratio, signed, signed_percent
from nbradiomics.report.feature_names import feature_class
from nbradiomics.report.figures.survival import Curve, at_risk
from nbradiomics.report.formatting import quartiles

# Small pieces


@pytest.mark.parametrize(
    ("feature", "expected"),
    [
        ("original_glcm_Contrast", "glcm"),
        ("log-sigma-1-0-mm-3D_firstorder_10Percentile", "firstorder"),
        ("wavelet-LLH_ngtdm_Busyness", "ngtdm"),
        ("original_shape2D_Elongation", "shape2D"),
        ("volume_cv", "other"),
        ("glcm", "other"),
    ],
)
def test_feature_class(feature: str, expected: str) -> None:
    assert feature_class(feature) == expected


@given(st.floats(allow_nan=True, allow_infinity=True, width=32), st.integers(0, 4))
def test_a_number_is_missing_or_reads_back(value: float, digits: int) -> None:
    text = number(value, digits)
    if np.isfinite(value):
        assert float(text.replace(",", "")) == pytest.approx(value, abs=0.5 * 10.0**-digits * 1.001)
        assert text.strip("-0.,") or not text.startswith("-")
    else:
        assert text == MISSING


@given(st.floats(0, 1))
def test_a_ratio_shows_the_ends_only_for_the_ends(value: float) -> None:
    assert (ratio(value) == "1.00") == (value == 1)
    assert (ratio(value) == "0.00") == (value == 0)


@given(st.lists(st.floats(-100, 100), min_size=2, max_size=30))
def test_quartiles_agree_with_the_standard_library(values: list[float]) -> None:
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    shown = [float(found) for found in re.findall(r"-?\d+\.\d+", quartiles([*values, np.nan], digits=6))]
    assert shown == pytest.approx([middle, low, high], abs=1e-6)


def test_quartiles_of_nothing_and_p_values() -> None:
    assert quartiles([np.nan]) == MISSING
    assert [p_value(value) for value in (None, 0.0004, 0.0321, 1.0)] == [MISSING, "<0.001", "0.032", "1.000"]


@given(
    st.lists(st.integers(1, 50), min_size=1, max_size=30),
    st.lists(st.integers(0, 60), min_size=1, max_size=8),
)
def test_numbers_at_risk_count_who_is_still_there(left: list[int], ticks: list[int]) -> None:
    times = np.unique([0, *left]).astype(float)
    risk = np.array([sum(time >= at for time in left) for at in times], dtype=float)
    curve = Curve("low", times, *(np.ones_like(times),) * 3, risk)
    assert at_risk(curve, ticks) == [sum(time >= at for time in left) for at in ticks]
    assert curve.people == len(left)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.021, "+0.02"), (-0.021, "-0.02"), (0.001, "0.00"), (-0.001, "0.00"), (None, MISSING)],
)
def test_signed_numbers(value: float | None, text: str) -> None:
    assert signed(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(12.4, "+12 %"), (-3.46, "-3.5 %"), (9.96, "+10 %"), (np.nan, MISSING)]
)
def test_signed_percentages(value: float, text: str) -> None:
    assert signed_percent(value).replace(NO_BREAK, " ") == text
