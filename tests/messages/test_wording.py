"""Numbers as people read them: rounded, and never in contradiction to what stands beside them."""

import math

import pytest
from hypothesis import given, strategies as st

from nbradiomics.agreement.metrics import METRIC
from nbradiomics.messages.wording import (
    MISSING,
    against,
    amount,
    concordance,
    interval,
    number,
    p_text,
    p_value,
    percent,
    ratio,
    short,
    signed,
)
from nbradiomics.report.metric_text import write_metric

VALUES = st.floats(-1e6, 1e6) | st.floats(-0.01, 0.01) | st.floats(0.79, 0.81)
THRESHOLDS = st.sampled_from([0.0, 0.5, 0.75, 0.8, 1.0, -0.03])


def shown(text: str) -> float:
    return float(text.replace(",", ""))


def side(value: float, other: float) -> int:
    return (value > other) - (value < other)


@given(VALUES, st.integers(0, 4), st.lists(THRESHOLDS, max_size=3))
def test_a_rounded_number_stands_on_the_side_of_the_number(
    value: float, digits: int, beside: list[float]
) -> None:
    for write in (number, signed):
        text = write(value, digits, beside=beside)
        assert [side(shown(text), other) for other in beside] == [side(value, other) for other in beside]
        assert abs(shown(text) - value) <= 0.5 * 10.0**-digits * 1.0001 + 1e-9 * abs(value)


@given(VALUES | st.sampled_from([-0.0, 0.0, -1e-300]), st.integers(0, 4))
def test_nothing_is_minus_zero(value: float, digits: int) -> None:
    for write in (number, signed, ratio, amount, percent):
        text = write(value, digits)
        assert not (text.startswith(("-", "+")) and shown(text.rstrip("\u00a0%")) == 0)


@given(VALUES, st.integers(1, 4))
def test_a_ratio_looks_like_its_limits_only_there_and_may_exceed_them(value: float, digits: int) -> None:
    text = ratio(value, digits)
    if text[0] in "<>":
        assert (value < shown(text[1:])) if text[0] == "<" else (value > shown(text[1:]))
    else:
        for limit in (0, 1):
            assert (shown(text) == limit) == (value == limit)


@given(st.floats(0, 1e4), st.integers(1, 3))
def test_an_amount_has_no_upper_limit(value: float, digits: int) -> None:
    text = amount(value, digits)
    assert not text.startswith(">")
    assert (text == number(0, digits)) == (value == 0)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (number(0.7996, 2, beside=(0.8,)), "0.7996"),
        (number(0.7996), "0.80"),
        (number(-0.004), "0.00"),
        (number(-0.0004, 3, beside=(0,)), "-0.0004"),
        (number(math.nextafter(0.8, 0), beside=(0.8,)), "0.7999999999999999"),
        (concordance(0.4996), "0.4996"),
        (concordance(0.5), "0.50"),
        (interval(0.7, 0.4999, 0.998, form=concordance), "0.70 [0.4999, >0.99]"),
        (interval(0.01, -0.0004, 0.02, digits=3, form=against(signed, 0)), "+0.010 [-0.0004, +0.020]"),
        (write_metric("fprm", 0.998), "1.00"),
        (write_metric("fprm", 4.3), "4.30"),
        (write_metric("fprm", 0.001), "<0.01"),
        (write_metric("fnr", 0.998), ">0.99"),
        (write_metric("hd95_mm", 0.02), "<0.1"),
        (write_metric("volume_difference_ml", -0.02), "0.0"),
        (write_metric("kappa", -0.001), ">-0.01"),
        (percent(0.998), ">99\u00a0%"),
        (percent(0.001), "<1\u00a0%"),
        (percent(1.0), "100\u00a0%"),
        (p_value(0.04996, beside=(0.05,)), "0.04996"),
        (p_value(0.0), "<0.001"),
        (p_value(math.nan), MISSING),
        (p_text(0.0007), "p < 0.001"),
        (p_text(0.0123), "p = 0.012"),
    ],
)
def test_what_is_written(text: str, expected: str) -> None:
    assert text == expected


def test_no_metric_that_may_exceed_one_is_cut_at_one() -> None:
    for name, metric in METRIC.items():
        cut = write_metric(name, 0.9999).startswith(">")
        assert cut == (metric.high == 1)


def test_the_terminal_and_the_page_round_alike() -> None:
    from nbradiomics.agreement.reader_study import wording as study

    for value in (0.12345, -0.0001, 7.0):
        assert study.number(value) == number(value, 3)
    assert study.number(math.nan) == "unknown"
    assert study.interval_text(-0.02996, 0.01, 0.975, beside=(-0.03,)).startswith(
        "97.5\u00a0% interval -0.02996"
    )


def test_a_value_of_a_table_keeps_its_digits_and_zero_has_no_sign() -> None:
    written = {-0.0: "0", -59.0: "-59", 1234.5678: "1234.57", 0.1: "0.1"}
    assert {value: short(value) for value in written} == written
