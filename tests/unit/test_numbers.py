"""Numbers beside a limit."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbradiomics.numbers import beside, unsigned_zero
from nbradiomics.report.metric_text import write_metric
from nbradiomics.report.text import p_value


@pytest.mark.parametrize(
    ("value", "limit", "text"),
    [
        (0.7996, 0.8, "0.7996"),
        (0.796, 0.8, "0.796"),
        (0.79, 0.8, "0.79"),
        (0.8, 0.8, "0.80"),
        (-0.001, 0.8, "0.00"),
    ],
)
def test_a_value_is_not_rounded_to_its_limit(value: float, limit: float, text: str) -> None:
    assert beside(value, limit) == text


@given(st.floats(-1, 1), st.sampled_from([0.8, 0.75, 0.05, -0.03]))
def test_what_is_written_lies_on_the_value_s_side(value: float, limit: float) -> None:
    if abs(value - limit) > 1e-9:
        assert (float(beside(value, limit)) < limit) == (value < limit)


def test_no_zero_has_a_sign_and_no_p_looks_like_its_level() -> None:
    assert (unsigned_zero("-0.000"), unsigned_zero("-0.010")) == ("0.000", "-0.010")
    assert (p_value(0.04996), p_value(0.0312)) == ("0.04996", "0.031")


def test_a_rate_that_may_exceed_one_is_written_as_it_is() -> None:
    assert (write_metric("fprm", 0.996), write_metric("fprm", 4.3)) == ("1.00", "4.30")
    assert write_metric("dice", 0.996) == ">0.99"
