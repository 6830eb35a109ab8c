"""Harrell's C against lifelines and the properties that it must have."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, strategies as st
from lifelines.utils import concordance_index

from nbradiomics.outcome import harrell_c
from nbradiomics.outcome.bootstrap import bootstrap_weights, percentile_interval
from nbradiomics.outcome.measures.harrell import comparable_pairs, repeated_c

# Few distinct values, so that ties of times, of risks, and of times with and without event come up.
cohorts = st.lists(
    st.tuples(st.integers(1, 6), st.booleans(), st.integers(-3, 3)), min_size=2, max_size=25
).map(lambda rows: tuple(np.array(column) for column in zip(*rows, strict=True)))


def comparable(time, event):
    return comparable_pairs(time, event).any()


@given(cohorts)
def test_equals_lifelines_with_ties_and_censoring(cohort):
    time, event, risk = cohort
    assume(comparable(time, event))
    assert harrell_c(time, event, risk) == pytest.approx(concordance_index(time, -risk, event), abs=1e-12)


def test_by_hand():
    # Comparable: (a, b), (a, c), (a, d), (b, d) and, as c is censored when b has the event, (b, c).
    time, event, risk = [1, 2, 2, 3], [1, 1, 0, 0], [4.0, 1.0, 1.0, 2.0]
    assert harrell_c(time, event, risk) == pytest.approx((3 + 0.5 + 0) / 5)


def test_no_comparable_pair_is_undefined():
    assert np.isnan(harrell_c([1, 2], [0, 0], [1.0, 2.0]))


def test_a_constant_risk_is_chance():
    assert harrell_c([1, 2, 3, 4], [1, 1, 0, 1], np.zeros(4)) == 0.5


@given(cohorts)
def test_monotone_transformation_changes_nothing(cohort):
    time, event, risk = cohort
    assume(comparable(time, event))
    assert harrell_c(time, event, np.exp(risk) + 2 * risk) == harrell_c(time, event, risk)


@given(cohorts)
def test_negated_risk_gives_the_complement(cohort):
    time, event, risk = cohort
    assume(comparable(time, event))
    assert harrell_c(time, event, -risk) == pytest.approx(1 - harrell_c(time, event, risk))


@given(cohorts, st.randoms(use_true_random=False))
def test_order_of_subjects_changes_nothing(cohort, random):
    time, event, risk = cohort
    assume(comparable(time, event))
    order = list(range(len(time)))
    random.shuffle(order)
    assert harrell_c(time[order], event[order], risk[order]) == pytest.approx(harrell_c(time, event, risk))


@given(cohorts, st.integers(0, 2**32 - 1))
def test_weights_equal_repeated_subjects(cohort, seed):
    time, event, risk = cohort
    weights = bootstrap_weights(len(time), 1, np.random.default_rng(seed))
    places = np.repeat(np.arange(len(time)), weights[0].astype(int))
    assume(comparable(time[places], event[places]))
    expected = concordance_index(time[places], -risk[places], event[places])
    assert repeated_c(time, event, risk[None].astype(float), weights)[0] == pytest.approx(expected)


def test_repeats_are_averaged_and_failed_folds_left_out():
    rng = np.random.default_rng(0)
    time, event, risks = rng.exponential(size=30), rng.random(30) < 0.6, rng.normal(size=(3, 30))
    risks[1, :6] = np.nan  # a failed fold
    risks[2] = np.nan  # a repeat without any fold
    known = np.isfinite(risks[1])
    parts = [
        concordance_index(time, -risks[0], event),
        concordance_index(time[known], -risks[1][known], event[known]),
    ]
    assert repeated_c(time, event, risks, np.ones((1, 30)))[0] == pytest.approx(np.mean(parts))
    assert np.isnan(repeated_c(time, event, risks[2:], np.ones((1, 30)))[0])


def test_interval_is_that_of_the_draws_that_are_defined():
    values = np.array([*np.linspace(0, 1, 101), np.nan])
    assert percentile_interval(values, 0.9) == pytest.approx((0.05, 0.95))
    assert np.isnan(percentile_interval(np.array([np.nan]), 0.9)).all()


def test_interval_covers_the_true_c():
    # For two exponential groups the C of the group label follows from the hazards alone: with hazard
    # ratio h a pair from both groups is in order with probability h / (1 + h), the others are ties.
    ratio, covered, trials = 3.0, 0, 200
    expected = 0.5 * 0.5 + 0.5 * ratio / (1 + ratio)
    for seed in range(trials):
        rng = np.random.default_rng(seed)
        group = np.repeat([0, 1], 40)
        time = rng.exponential(1 / ratio**group)
        draws = repeated_c(time, np.ones(80), group[None].astype(float), bootstrap_weights(80, 300, rng))
        low, high = percentile_interval(draws, 0.95)
        covered += low <= expected <= high
    # Binomial 95 % of 200: 10 misses expected; 4 standard deviations either way, and not too wide.
    assert 0.88 <= covered / trials <= 0.995
