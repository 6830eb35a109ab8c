"""Intervals from bootstrap samples in which everything is fitted again."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings, strategies as st

from nbradiomics.errors import InputError
from nbradiomics.outcome import OutcomeSettings, evaluate_outcome, survival_array
from nbradiomics.outcome.crossvalidation import cross_validate, make_splits
from nbradiomics.outcome.horizons import find_horizons
from nbradiomics.outcome.intervals import draws_interval, refit_interval
from nbradiomics.outcome.score_table import score_table
from nbradiomics.outcome.tasks import Survival
from tests.outcome.test_leakage import make_data
from tests.support.outcome_tables import make_cohort

FAST = {"penalizer": 1.0, "l1_ratio": 0.0, "power_transform": False}


def test_the_variance_of_subjects_is_told_from_that_of_the_folds() -> None:
    # Scores of a sample: its own deviation (variance 4) and that of the division into folds (variance 9).
    rng = np.random.default_rng(0)
    samples = rng.normal(0, 2, (20_000, 1)) + rng.normal(0, 3, (20_000, 2))
    values = np.array([-3.0, 3.0] * 5) * np.sqrt(0.9)  # variance 9 between ten repeats
    low, high = refit_interval(values, samples, 0.95)
    assert (high - low) / 2 == pytest.approx(1.96 * np.sqrt(4 + 9 / 10), rel=0.03)
    assert high + low == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(("repeats", "subjects"), [(2, 0.0), (2, 0.2), (3, 0.05), (10, 1.0)])
def test_few_repeats_that_happen_to_agree_make_no_narrow_interval(repeats: int, subjects: float) -> None:
    """Of two repeats alone, the variance of the folds would be known so badly that 75 % hold the truth."""
    rng = np.random.default_rng(1)
    inside = []
    for _ in range(600):
        values = rng.normal(0, np.sqrt(subjects)) + rng.normal(size=repeats)
        samples = rng.normal(0, np.sqrt(subjects), size=(50, 1)) + rng.normal(size=(50, 2))
        low, high = refit_interval(values, samples, 0.95)
        inside.append(low <= 0 <= high)
    assert np.mean(inside) > 0.92


@settings(max_examples=50)
@given(
    st.lists(st.floats(0.05, 0.95), min_size=1, max_size=5),
    st.integers(0, 1000),
    st.floats(0.5, 0.99),
    st.booleans(),
)
def test_an_interval_holds_its_value_and_grows_with_the_confidence(
    values: list[float], seed: int, confidence: float, bounded: bool
) -> None:
    samples = np.random.default_rng(seed).uniform(0, 1, (20, 2))
    inner, outer = (
        refit_interval(np.array(values), samples, level, bounded=bounded)
        for level in (confidence, (1 + confidence) / 2)
    )
    assume(np.isfinite(inner[0]))  # there is none without any variance
    assert outer[0] <= inner[0] <= np.mean(values) + 1e-12
    assert np.mean(values) - 1e-12 <= inner[1] <= outer[1]
    if bounded:
        assert outer[0] >= 0
        assert outer[1] <= 1


def test_without_enough_samples_there_is_no_interval() -> None:
    samples = np.random.default_rng(0).uniform(size=(10, 2))
    samples[:3, 1] = np.nan
    assert np.isnan(refit_interval(np.array([0.5]), samples, 0.95)).all()
    assert np.isnan(refit_interval(np.array([0.5, np.nan]), samples[3:], 0.95)).all()
    assert np.isfinite(refit_interval(np.array([0.5]), samples[2:], 0.95)).all()


@settings(max_examples=25)
@given(st.integers(12, 40), st.integers(0, 1000))
def test_copies_of_a_subject_are_never_in_training_and_held_out(subjects: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    y = survival_array(np.arange(1, subjects + 1), rng.random(subjects) < 0.5)
    drawn = np.sort(rng.integers(subjects, size=subjects))
    for folds in make_splits(y[drawn], OutcomeSettings(folds=3, repeats=2), list(map(str, drawn))):
        assert sorted(np.concatenate([test for _, test in folds])) == list(range(subjects))
        for train, test in folds:
            assert not set(drawn[train]) & set(drawn[test])


@pytest.mark.slow
def test_metrics_have_intervals_that_do_not_depend_on_the_processes() -> None:
    asked = OutcomeSettings(folds=2, repeats=2, refits=50, **FAST)
    options = {"time": "months", "event": "dead", "covariates": ["age"], "settings": asked}
    table, clinical = make_cohort(subjects=40, features=3)
    one, two = (evaluate_outcome(table, clinical, **options, jobs=jobs) for jobs in (1, 2))
    performance = one.performance
    assert performance.equals(two.performance)
    simulated = performance["metric"].isin(Survival.with_interval)
    assert performance["low"].notna().equals(simulated)
    performance = performance[simulated]
    assert (performance["low"] < performance["value"]).all()
    assert (performance["value"] < performance["high"]).all()
    bounded = performance["metric"].isin(Survival.bounded)
    assert performance.loc[bounded, ["low", "high"]].stack().between(0, 1).all()
    assert one.summary["intervals"] == "refit"
    text = " ".join(one.summary["sentences"])
    assert "50 bootstrap samples of the subjects in which everything was fitted again" in text


def test_horizons_are_the_ones_that_were_asked_for() -> None:
    table, clinical = make_cohort(subjects=40, features=3)
    asked = OutcomeSettings(folds=2, repeats=1, bootstraps=0, horizons=(0.8, 0.4), **FAST)
    options = {"time": "months", "event": "dead"}
    result = evaluate_outcome(table, clinical, **options, settings=asked)
    rows = result.performance.set_index("metric")
    assert rows.loc["auc_t", "horizon"].tolist() == [0.4, 0.8]
    assert sorted(result.calibration["horizon"].unique()) == [0.4, 0.8]
    assert result.summary["intervals"] == "none"
    assert result.performance["low"].isna().all()
    with pytest.raises(InputError, match=r"by the horizon 99, 2\d subjects had the event, and 0"):
        evaluate_outcome(table, clinical, **options, settings=asked.changed(horizons=(99,)))


def test_a_failed_fold_is_left_out_of_both_sides_of_a_gain() -> None:
    data = make_data()
    task = Survival(find_horizons(data.y, ()))
    chosen = OutcomeSettings(folds=3, repeats=1, icc_threshold=0.5, **FAST)
    results = cross_validate(data, chosen, ["clinical", "combined"], task)
    gone = ("combined", 2)
    broken = [replace(one, failure="no") if (one.model, one.fold) == gone else one for one in results]
    without = [one for one in results if one.fold != 2]
    key = ("combined", "harrell_c_gain_over_clinical", None)
    left = score_table(data.y, broken, ["clinical", "combined"], task)[key]
    expected = score_table(data.y, without, ["clinical", "combined"], task)
    assert left == pytest.approx(
        expected["combined", "harrell_c", None] - expected["clinical", "harrell_c", None]
    )


def test_a_value_at_the_edge_is_in_its_interval() -> None:
    samples = np.full((20, 2), 0.5) + np.random.default_rng(0).normal(0, 1e-4, (20, 2))
    for value in (0.004, 0.997):
        low, high = refit_interval(np.array([value]), samples, 0.95, bounded=True)
        assert 0 <= low <= value <= high <= 1


def test_a_perfect_score_has_no_interval_because_nothing_varies() -> None:
    for value in (0.0, 1.0):
        assert np.isnan(draws_interval(value, np.full(50, value), 0.95, bounded=True)).all()
        assert np.isnan(refit_interval(np.array([value]), np.full((50, 2), value), 0.95, bounded=True)).all()


def test_samples_that_fail_are_counted_and_never_become_quick_intervals(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def failing(*_: object) -> None:
        raise InputError("too few rated subjects.", "No.")

    monkeypatch.setattr("nbradiomics.outcome.refits.run_repeat", failing)
    asked = OutcomeSettings(folds=2, repeats=1, refits=50, **FAST)
    table, clinical = make_cohort(subjects=40, features=3)
    result = evaluate_outcome(table, clinical, time="months", event="dead", settings=asked)
    assert result.performance["low"].isna().all()
    assert result.summary["failed_refits"] == 50
    told = result.summary["sentences"][-1]
    assert "50 bootstrap samples could not be fitted (too few rated subjects" in told
