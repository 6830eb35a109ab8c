"""What holds for every measure: without censoring they are plain shares, missing predictions are left out."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, strategies as st
from lifelines import KaplanMeierFitter
from sklearn.metrics import brier_score_loss, roc_auc_score

from nbradiomics.errors import InputError
from nbradiomics.outcome.measures import (
    brier_score,
    calibration_curve,
    calibration_slope,
    cumulative_dynamic_auc,
    decision_curve,
    harrell_c,
    integrated_brier_score,
    observed_expected_ratio,
    uno_c,
)
from nbradiomics.outcome.measures.arguments import Observed
from nbradiomics.outcome.measures.censoring import CensoringCurve
from nbradiomics.outcome.measures.kaplan_meier import survival_at

# Few distinct values, so that ties of times and of risks come up.
cohorts = st.lists(
    st.tuples(st.integers(1, 6), st.booleans(), st.integers(0, 4)), min_size=2, max_size=25
).map(lambda rows: tuple(np.array(column) for column in zip(*rows, strict=True)))


@given(cohorts)
def test_without_censoring_uno_is_harrell(cohort):
    time, _, risk = cohort
    everybody = np.ones(len(time), dtype=bool)
    np.testing.assert_allclose(uno_c(time, everybody, risk, tau=7), harrell_c(time, everybody, risk))


@given(cohorts)
def test_without_censoring_scores_are_those_of_classes(cohort):
    time, _, number = cohort
    everybody, by_then = np.ones(len(time), dtype=bool), time <= 3
    survival = 1 - number / 4
    score = brier_score(time, everybody, survival, 3.5)[0]
    np.testing.assert_allclose(score, brier_score_loss(by_then, 1 - survival))
    area = cumulative_dynamic_auc(time, everybody, number, 3.5)[0]
    if by_then.all() or not by_then.any():
        assert np.isnan(area)
    else:
        np.testing.assert_allclose(area, roc_auc_score(by_then, number))


@given(cohorts, st.integers(0, 7))
def test_survival_at_a_point_is_that_of_lifelines(cohort, point):
    time, event, _ = cohort
    ours = survival_at(Observed.of(time, event), point)
    theirs = KaplanMeierFitter().fit(time, event).predict(point)
    if point <= time.max():
        np.testing.assert_allclose(ours, theirs, atol=1e-12)
    else:
        assert np.isnan(ours) or ours == 0


@given(cohorts)
def test_the_censoring_curve_is_kaplan_meier_with_events_first(cohort):
    time, event, _ = cohort
    curve = CensoringCurve.of(Observed.of(time, event))
    # Events a moment earlier, so that lifelines meets no time with both.
    moved = np.where(event, time - 0.5, time)
    theirs = KaplanMeierFitter().fit(moved, ~event).predict(curve.times)
    np.testing.assert_allclose(curve.values, theirs, atol=1e-12)


@given(cohorts, st.data())
def test_missing_predictions_are_left_out(cohort, data):
    time, event, risk = cohort
    missing = np.array(data.draw(st.lists(st.booleans(), min_size=len(time), max_size=len(time))))
    risk = np.where(missing, np.nan, risk)
    survival = 1 - risk / 4
    kept = ~missing
    horizon = 2.5

    def same(measure, *rest, values=risk):
        try:
            expected = measure(time[kept], event[kept], values[kept], *rest)
        except InputError:
            with pytest.raises(InputError):
                measure(time, event, values, *rest)
        else:
            np.testing.assert_array_equal(measure(time, event, values, *rest), expected)

    same(harrell_c)
    same(uno_c)
    same(cumulative_dynamic_auc, [horizon])
    same(brier_score, [horizon], values=survival)
    same(observed_expected_ratio, horizon, values=survival)
    same(decision_curve, horizon, [0.3, 0.6], values=1 - survival)
    if kept.sum() > 1:
        same(calibration_curve, horizon, values=survival)


def test_the_decision_curve_treats_all_at_low_thresholds_and_gains_by_a_good_model() -> None:
    rng = np.random.default_rng(0)
    probability = rng.uniform(0.05, 0.95, 4000)
    happened = rng.random(4000) < probability
    time = np.where(happened, 1.0, 2.0)
    curve = decision_curve(time, happened, probability, 1.0, [0.01, 0.3, 0.5, 0.7]).set_index("threshold")
    assert curve.loc[0.01, "net_benefit"] == curve.loc[0.01, "treat_all"]
    assert (curve["net_benefit"][0.3:] > np.maximum(curve["treat_all"][0.3:], 0) + 0.02).all()
    # By hand at one half: share of true positives minus share of false ones.
    treated = probability >= 0.5
    by_hand = (treated & happened).mean() - (treated & ~happened).mean()
    assert curve.loc[0.5, "net_benefit"] == pytest.approx(by_hand)


def test_a_slope_shows_predictions_that_are_too_far_apart() -> None:
    rng = np.random.default_rng(1)
    risk = rng.normal(size=3000)
    time = rng.exponential(np.exp(-risk))
    event = np.ones(3000, dtype=bool)
    assert calibration_slope(time, event, risk) == pytest.approx(1, abs=0.07)
    assert calibration_slope(time, event, 2 * risk) == pytest.approx(0.5, abs=0.04)
    assert np.isnan(calibration_slope(time, event, np.zeros(3000)))
    assert np.isnan(calibration_slope([1, 2, 3], [1, 1, 1], [3.0, 2.0, 1.0]))


def test_calibration_of_right_and_wrong_probabilities() -> None:
    rng = np.random.default_rng(2)
    rate = rng.uniform(0.2, 2, 6000)
    time, end = rng.exponential(1 / rate), rng.exponential(2, 6000)
    observed, event = np.minimum(time, end), time <= end
    survival = np.exp(-rate * 0.7)
    assert observed_expected_ratio(observed, event, survival, 0.7) == pytest.approx(1, abs=0.05)
    assert observed_expected_ratio(observed, event, survival**0.5, 0.7) > 1.3
    curve = calibration_curve(observed, event, survival, 0.7)
    assert curve["subjects"].tolist() == [1200] * 5
    np.testing.assert_allclose(curve["observed"], curve["predicted"], atol=0.06)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: uno_c([1, 2], [1], [1, 2]), "shape"),
        (lambda: uno_c([1, np.nan], [1, 1], [1, 2]), "missing"),
        (lambda: uno_c([1, 2], [1, 2], [1, 2]), "neither 0 nor 1"),
        (lambda: uno_c([1, 2], [1, 0], [1]), "1 predictions for 2"),
        (lambda: uno_c([1, 9], [1, 1], [1, 2], train=([1, 2, 3], [1, 1, 0])), "beyond 9"),
        (lambda: uno_c([1, 9], [1, 1], [1, 2], train=([1, 2, 9], [1, 1, 0])), "have no weight"),
        (lambda: brier_score([1, 2], [1, 0], [0.5, 1.5], 1), "between 0 and 1"),
        (lambda: brier_score([1, 2], [1, 0], [[0.5, 0.4]] * 2, 1), "shape"),
        (lambda: brier_score([1, 2], [1, 0], [[0.5, 0.4]] * 2, [2, 1]), "increasing"),
        (lambda: integrated_brier_score([1, 2], [1, 0], [0.5, 0.5], 1), "two times"),
        (lambda: cumulative_dynamic_auc([1, 2], [1, 0], [[0.5, 0.4, 1]] * 2, [1, 2]), "shape"),
        (lambda: decision_curve([1, 2], [1, 0], [0.5, 0.5], 1, [0, 0.5]), "above 0"),
        (lambda: calibration_curve([1, 2], [1, 0], [0.5, 0.5], 1, groups=1), "2 groups"),
    ],
)
def test_what_cannot_be_measured_is_refused(call, words):
    with pytest.raises(InputError, match=words):
        call()
