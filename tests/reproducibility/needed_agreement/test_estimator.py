"""The share of pairs within the limit, where it reaches a share, and the interval of that agreement."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy.stats import norm
from sklearn.isotonic import IsotonicRegression

from benchmarks.needed_agreement import KINDS, LIMIT, draw_cohort, local
from nbradiomics.reproducibility.needed_agreement.interval import draw_subjects, percentiles
from nbradiomics.reproducibility.needed_agreement.limits import RC_FACTOR, Spread, icc_limits
from nbradiomics.reproducibility.needed_agreement.local_share import (
    crossings,
    local_shares,
    make_bins,
    value_at,
)


def shares_of(dice: np.ndarray, inside: np.ndarray) -> tuple[np.ndarray, np.ndarray, object]:
    bins = make_bins(dice, 30)
    total = np.diff([*bins.starts, len(dice)]).astype(float)[None, :]
    within = np.add.reduceat(inside.astype(float), bins.starts)[None, :]
    return local_shares(within, total, bins), total, bins


@given(st.integers(0, 10_000), st.integers(20, 200), st.sampled_from([0.6, 0.9]))
@settings(max_examples=40, deadline=None)
def test_the_crossing_is_that_of_the_isotonic_regression(seed: int, bins: int, share: float) -> None:
    rng = np.random.default_rng(seed)
    shares, weights = rng.uniform(0.3, 1, (1, bins)), rng.uniform(0.5, 2, (1, bins))
    places = np.arange(bins)
    fit = IsotonicRegression(increasing=False).fit(places, shares[0], weights[0]).predict(places)
    position = crossings(shares, weights, share)[0]
    above = np.flatnonzero(fit >= share)
    if not len(above):
        assert position == -np.inf
    elif above[-1] == bins - 1:
        assert position == np.inf
    else:
        assert above[-1] <= position <= above[-1] + 1


def test_a_local_line_follows_a_line_up_to_the_ends() -> None:
    # Shares that are a line in the normal scores of the ranks are returned as they are.
    dice = np.linspace(0.99, 0.3, 400)
    bins = make_bins(dice, 30)
    sizes = np.diff([*bins.starts, 400]).astype(float)
    truth = 0.6 - 0.1 * norm.ppf((bins.starts + sizes / 2) / 400)
    found = local_shares((truth * sizes)[None, :], sizes[None, :], bins)
    np.testing.assert_allclose(found[0], truth, atol=1e-9)


@given(st.integers(0, 1000))
@settings(max_examples=20, deadline=None)
def test_a_monotone_change_of_the_metric_changes_only_its_values(seed: int) -> None:
    rng = np.random.default_rng(seed)
    dice = np.sort(rng.beta(8, 2, 300))[::-1]
    inside = rng.uniform(size=300) < norm.cdf((dice - 0.6) / 0.1)
    one, total, bins = shares_of(dice, inside)
    other, _, squares = shares_of(dice**3, inside)
    np.testing.assert_array_equal(one, other)
    position = crossings(one, total, 0.9)
    if np.isfinite(position).all():
        assert value_at(position, squares)[0] == pytest.approx(value_at(position, bins)[0] ** 3, rel=0.05)


def test_equal_agreement_is_one_bin() -> None:
    values = np.concatenate([np.ones(150), np.linspace(0.99, 0.5, 50)])
    bins = make_bins(values, 40)
    assert bins.values[0] == 1.0
    assert bins.starts[1] == 150
    assert (np.diff(bins.values) < 0).all()
    shares, total, _ = shares_of(np.ones(60), np.arange(60) < 57)
    assert shares[0, 0] == pytest.approx(0.95)
    assert crossings(shares, total, 0.9)[0] == np.inf


def test_beyond_the_pairs_nothing_is_extrapolated() -> None:
    dice = np.linspace(0.95, 0.7, 120)
    for inside, expected in ((np.ones(120), np.inf), (np.zeros(120), -np.inf)):
        shares, total, _ = shares_of(dice, inside)
        assert crossings(shares, total, 0.9)[0] == expected


def test_a_sudden_drop_is_found_on_its_demanding_side() -> None:
    rng = np.random.default_rng(4)
    dice = np.sort(rng.uniform(0.5, 1, 2000))[::-1]
    inside = rng.uniform(size=2000) < np.where(dice > 0.75, 0.99, 0.5)
    shares, total, bins = shares_of(dice, inside)
    # The regression looks at a part of the pairs on both sides, and so errs towards more agreement.
    assert 0.75 <= value_at(crossings(shares, total, 0.9), bins)[0] <= 0.82


def test_the_limit_of_an_icc_is_that_of_normal_ratings() -> None:
    # Ratings with sb = 3 and sw = 1 are those of an ICC of 0.9, whose limit is 1.96 sqrt(2) sw.
    rng = np.random.default_rng(5)
    subject, errors = rng.normal(0, 3, 40_000), rng.normal(0, 1, (2, 40_000))
    first, second = subject + errors
    spread = Spread((first + second) / 2, np.abs(first - second), np.arange(40_000))
    limits = icc_limits(spread, np.ones((1, 40_000)), 0.9)
    assert limits[0] == pytest.approx(RC_FACTOR, rel=0.03)
    assert icc_limits(spread, np.ones((1, 40_000)), 0.5)[0] == pytest.approx(3 * limits[0], rel=1e-9)


def test_a_subject_with_many_masks_counts_once_in_the_limit() -> None:
    means, differences = np.array([1.0, 2.0, 3.0, 4.0, 9.0]), np.full(5, 0.1)
    once = icc_limits(Spread(means, differences, np.arange(5)), np.ones((1, 5)), 0.9)
    repeated = np.array([0, 1, 2, 3, 4, 4, 4, 4, 4])
    many = Spread(means[repeated], differences[[0] * 9], repeated)
    np.testing.assert_allclose(icc_limits(many, np.ones((1, 5)), 0.9), once)


def test_subjects_who_differ_less_than_their_masks_have_no_limit() -> None:
    rng = np.random.default_rng(6)
    first, second = rng.normal(size=(2, 200))
    spread = Spread((first + second) / 2, np.abs(first - second), np.arange(200))
    assert icc_limits(spread, np.ones((1, 200)), 0.9)[0] < 0.3


def test_percentiles_are_wider_with_few_subjects_and_keep_infinite_samples() -> None:
    values = np.arange(1000.0)
    few, many = (percentiles(values, subjects, 0.95) for subjects in (10, 10_000))
    assert few[0] < many[0] == pytest.approx(25, abs=2)
    assert percentiles(np.concatenate([values, np.full(100, np.inf)]), 50, 0.95)[1] == np.inf


@pytest.mark.parametrize(("kind", "limit"), [("power", "rc"), ("floor", "icc")])
def test_the_interval_contains_the_truth_about_as_often_as_it_says(kind: str, limit: str) -> None:
    # The benchmark simulates all settings; 60 cohorts show that it is neither 80 nor 100 % by a mistake.
    scale, covered, estimates = KINDS[kind].scale_for(0.15, 0.9), 0, []
    for number in range(60):
        pairs = draw_cohort(np.random.default_rng([9, number]), KINDS[kind], scale, (40, 6))
        draws = draw_subjects(40, 200, number)
        spread = Spread(pairs.means, pairs.differences, pairs.subjects)
        limits = icc_limits(spread, draws, 0.9) if limit == "icc" else np.full(len(draws), LIMIT)
        value, low, high = local(pairs, pairs.differences <= limits[:, None], draws)
        covered += low <= 0.85 <= high
        estimates.append(value)
    assert covered >= 52  # below this with probability 0.01 if it covers 94 %
    assert np.median(estimates) == pytest.approx(0.85, abs=0.015)
