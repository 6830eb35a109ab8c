"""Scores of held-out subjects: each is that of its plain measure, fold by fold."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from nbradiomics.outcome import OutcomeSettings, survival_array
from nbradiomics.outcome.crossvalidation import make_splits
from nbradiomics.outcome.fold_result import FoldResult
from nbradiomics.outcome.horizons import Horizons, find_horizons
from nbradiomics.outcome.measures import (
    brier_score,
    calibration_slope,
    cumulative_dynamic_auc,
    harrell_c,
    integrated_brier_score,
    observed_expected_ratio,
    uno_c,
)
from nbradiomics.outcome.solvers import predicted_survival
from nbradiomics.outcome.tasks.survival_scores import metrics_of, scores_of

SUBJECTS = 90


def predictions(folds: int, seed: int = 0) -> tuple[np.ndarray, list[FoldResult], Horizons]:
    """Endpoint and results of folds whose risks come from one known model."""
    rng = np.random.default_rng(seed)
    risk = rng.normal(size=SUBJECTS)
    time, end = rng.exponential(np.exp(-risk)), rng.exponential(2, SUBJECTS)
    y = survival_array(np.minimum(time, end) + 1e-6, time <= end)
    horizons = find_horizons(y, (0.3, 0.6))
    (splits,) = make_splits(y, OutcomeSettings(folds=folds, repeats=1))
    results = [
        FoldResult(
            "m",
            1,
            number,
            train,
            test,
            risk[test],
            risk[test] > 0,
            predicted_survival(y[train], risk[train], risk[test], horizons.all),
            pd.DataFrame(),
            0,
        )
        for number, (train, test) in enumerate(splits, start=1)
    ]
    return y, results, horizons


def test_with_one_fold_they_are_the_measures_of_the_held_out_subjects() -> None:
    y, results, horizons = predictions(3)
    only = results[0]
    train = np.setdiff1d(np.arange(SUBJECTS), only.test)
    time, event = y["time"][only.test], y["event"][only.test]
    seen = (y["time"][train], y["event"][train])
    places = np.searchsorted(horizons.all, horizons.times)
    survival = only.predicted[:, places]
    scores = scores_of(y, [only], horizons)
    assert scores["harrell_c", None] == pytest.approx(harrell_c(time, event, only.risk))
    assert scores["uno_c", horizons.end] == pytest.approx(uno_c(time, event, only.risk, horizons.end, seen))
    areas = cumulative_dynamic_auc(time, event, only.risk, horizons.times, seen)
    losses = brier_score(time, event, survival, horizons.times, seen)
    for number, horizon in enumerate(horizons.times):
        assert scores["auc_t", horizon] == pytest.approx(areas[number])
        assert scores["brier", horizon] == pytest.approx(losses[number])
        assert scores["observed_expected", horizon] == pytest.approx(
            observed_expected_ratio(time, event, survival[:, number], horizon)
        )
    grid = only.predicted[:, np.searchsorted(horizons.all, horizons.grid)]
    assert scores["ibs", horizons.end] == pytest.approx(
        integrated_brier_score(time, event, grid, horizons.grid, seen)
    )
    assert scores["calibration_slope", None] == pytest.approx(calibration_slope(time, event, only.risk))
    assert list(scores) == metrics_of(horizons)


def test_a_shift_of_the_risks_of_a_fold_changes_no_order_but_the_calibration() -> None:
    y, results, horizons = predictions(3)
    before = scores_of(y, results, horizons)
    shifted = [FoldResult(**{**vars(one), "risk": one.risk + 5 * one.fold}) for one in results]
    after = scores_of(y, shifted, horizons)
    for metric in (("harrell_c", None), ("uno_c", horizons.end), ("auc_t", 0.3)):
        assert after[metric] == pytest.approx(before[metric])
    assert after["calibration_slope", None] < 0.5 * before["calibration_slope", None]


def test_a_fold_that_failed_does_not_count_and_none_gives_nothing() -> None:
    y, results, horizons = predictions(3)
    failed = [FoldResult(**{**vars(one), "failure": "no" if one.fold == 2 else ""}) for one in results]
    rest = [one for one in results if one.fold != 2]
    assert scores_of(y, failed, horizons) == scores_of(y, rest, horizons)
    none = scores_of(y, [FoldResult(**{**vars(one), "failure": "no"}) for one in results], horizons)
    assert list(none) == metrics_of(horizons)
    assert np.isnan(list(none.values())).all()


def test_the_true_model_is_calibrated() -> None:
    slopes, ratios = [], []
    for seed in range(20):
        y, results, horizons = predictions(3, seed)
        scores = scores_of(y, results, horizons)
        slopes.append(scores["calibration_slope", None])
        ratios.append(scores["observed_expected", 0.6])
    assert np.mean(slopes) == pytest.approx(1, abs=0.1)
    assert np.mean(ratios) == pytest.approx(1, abs=0.05)
