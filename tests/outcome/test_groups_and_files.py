"""Risk groups, permutations, files and sentences of an evaluation."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from lifelines.statistics import logrank_test

from nbradiomics.errors import InputError
from nbradiomics.outcome import (
    OutcomeSettings,
    evaluate_outcome,
    write_outcome,
)
from nbradiomics.outcome.fold_result import FoldResult
from nbradiomics.outcome.groups import log_rank, majority_groups
from nbradiomics.outcome.horizons import Horizons
from nbradiomics.outcome.tasks import Survival
from tests.support.outcome_tables import ENDPOINT, make_cohort


def test_curves_are_those_of_the_majority_groups():
    result = evaluate_outcome(*make_cohort(), **ENDPOINT)
    share = (result.predictions["group"] == "high").groupby(result.predictions["subject"]).mean()
    for group, members in (("high", share[share >= 0.5]), ("low", share[share < 0.5])):
        curve = result.kaplan_meier.query(f"group == {group!r}")
        rows = result.predictions.query("subject in @members.index and repeat == 1")
        assert curve["at_risk"].iloc[0] == len(members)
        alive, survival = len(members), 1.0
        for time, part in rows.groupby("time"):
            survival *= 1 - part["event"].sum() / alive
            alive -= len(part)
            found = curve.loc[np.isclose(curve["time"], time), "survival"].iloc[0]
            assert found == pytest.approx(survival)
    assert (result.kaplan_meier["low"] <= result.kaplan_meier["survival"] + 1e-12).all()


def fold(test, high, repeat=1, failure=""):
    nothing = pd.DataFrame()
    places, unpredicted = np.array(test), np.empty((len(test), 0))
    return FoldResult(
        "m",
        repeat,
        1,
        places[:0],
        places,
        np.zeros(len(test)),
        np.array(high),
        unpredicted,
        nothing,
        0,
        failure,
    )


def test_majority_with_ties_and_failures():
    results = [
        fold([0, 1, 2, 3], [True, True, False, False]),
        fold([0, 1, 2], [True, False, False], repeat=2),
        fold([3, 4], [True, True], repeat=2, failure="no convergence"),
    ]
    np.testing.assert_array_equal(majority_groups(results, "m", 5), [1, 1, 0, 0, np.nan])


def test_log_rank_of_one_group_is_nothing():
    _, clinical = make_cohort()
    from nbradiomics.outcome import survival_array

    y = survival_array(clinical["months"], clinical["dead"])
    assert log_rank(y, np.zeros(60)) == 0.0
    group = (np.arange(60) % 2).astype(float)
    odd = group == 1
    expected = logrank_test(y["time"][odd], y["time"][~odd], y["event"][odd], y["event"][~odd])
    assert log_rank(y, group) == pytest.approx(expected.test_statistic)


@pytest.mark.slow
def test_permutations_tell_signal_from_noise():
    settings = OutcomeSettings(folds=2, repeats=1, bootstraps=0, permutations=19, penalizer=1.0)
    options = {"time": "months", "event": "dead", "settings": settings}
    signal = evaluate_outcome(*make_cohort(features=2), **options)
    assert signal.summary["permutation_p"] == {"radiomic": pytest.approx(0.05)}
    noise = [
        evaluate_outcome(*make_cohort(seed, features=2, effect=0.0), **options).summary["permutation_p"][
            "radiomic"
        ]
        for seed in (1, 2)
    ]
    # Twice p <= 0.15 by chance alone has a probability of 0.02.
    assert max(noise) > 0.15
    assert all(round(20 * p, 9) in range(1, 21) for p in noise)


def test_written_files_say_the_same(tmp_path):
    result = evaluate_outcome(*make_cohort(), covariates=["age"], **ENDPOINT)
    write_outcome(result, tmp_path / "out")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "baseline.csv",
        "calibration.csv",
        "decision.csv",
        "excluded.csv",
        "kaplan_meier.csv",
        "performance.csv",
        "predicted_survival.parquet",
        "predictions.csv",
        "ratios.csv",
        "selection.csv",
        "summary.json",
    ]
    assert json.loads((tmp_path / "out" / "summary.json").read_text(encoding="utf-8")) == result.summary
    performance = pd.read_csv(tmp_path / "out" / "performance.csv")
    pd.testing.assert_frame_equal(performance, result.performance)


@pytest.mark.parametrize(
    "wrong",
    [
        {"folds": 1},
        {"repeats": 0},
        {"penalizer": -1},
        {"l1_ratio": 2},
        {"confidence": 1},
        {"permutations": -1},
    ],
)
def test_settings_out_of_range_are_refused(wrong):
    (name,) = wrong
    with pytest.raises(InputError, match=f"^{name}: (Input should|must) be .*; found: "):
        OutcomeSettings(**wrong)


def test_a_missing_covariate_is_counted_and_told():
    features, clinical = make_cohort()
    clinical.loc[:3, "age"] = np.nan
    result = evaluate_outcome(features, clinical, covariates=["age", "stage"], **ENDPOINT)
    assert result.summary["missing_covariates"] == {"age": 4}
    assert "age was missing in 4 subjects" in " ".join(result.summary["sentences"])


def test_a_model_below_chance_is_no_finding_and_its_gain_neither():
    task = Survival(Horizons((1.0,), 2.0))
    gain, _ = task.gains
    from nbradiomics.outcome.summary import _below_chance

    performance = pd.DataFrame(
        [("clinical", "harrell_c", 0.3), ("combined", "harrell_c", 0.6), ("combined", gain, 0.3)],
        columns=["model", "metric", "value"],
    )
    told = " ".join(_below_chance(performance, task))
    assert "A C below 0.5 (clinical)" in told
    assert "is not a gain over clinical data" in told
    assert list(_below_chance(performance.assign(value=0.6), task)) == []


def test_among_names_of_pyradiomics_no_other_column_is_a_feature_unless_it_is_named():
    features, clinical = make_cohort()
    named = features.rename(columns=lambda name: f"original_glcm_{name}" if name.startswith("f") else name)
    more = named.assign(scanner_id=1.0 + np.arange(60), note="x")
    result, alone = (evaluate_outcome(table, clinical, **ENDPOINT) for table in (more, named))
    pd.testing.assert_frame_equal(result.performance, alone.performance)
    assert result.summary["left_out_columns"] == ["scanner_id", "note"]
    assert result.summary["features"] == alone.summary["features"]
    assert "columns left out: scanner_id, note" in " ".join(result.summary["sentences"])
    asked = evaluate_outcome(more, clinical, feature_names=["original_*", "scanner_id"], **ENDPOINT)
    assert asked.summary["features"] == alone.summary["features"] + 1
    assert asked.summary["left_out_columns"] == ["note"]


def test_one_row_per_subject_of_several_readers_is_taken_as_it_is():
    features, clinical = make_cohort()
    mixed = features.assign(reader=["A", "B"] * 30)
    result = evaluate_outcome(mixed, clinical, **ENDPOINT)
    assert result.summary["subjects"] == 60
    assert "No stability filter" in result.summary["stability"]
