"""The evaluation end to end on simulated cohorts with a known hazard."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from lifelines.utils import concordance_index

from nbradiomics.errors import InputError
from nbradiomics.outcome import (
    Candidates,
    OutcomeSettings,
    evaluate_outcome,
)
from nbradiomics.outcome.horizons import Horizons
from nbradiomics.outcome.measures.harrell import comparable_pairs
from nbradiomics.outcome.tasks.survival_scores import metrics_of
from tests.support.outcome_tables import ENDPOINT, c_of, make_cohort


def test_a_known_signal_is_found_and_told():
    result = evaluate_outcome(*make_cohort(), **ENDPOINT)
    assert set(result.performance["model"]) == {"radiomic"}
    row = result.performance.iloc[0]
    assert row["metric"] == "harrell_c"
    assert 0.5 < row["low"] < row["value"] < row["high"] < 0.95
    best = result.selection.loc[result.selection["coefficient"].abs().idxmax()]
    assert (best["feature"], best["frequency"]) == ("f0", 1.0)
    assert best["coefficient"] > 0.2
    text = " ".join(result.summary["sentences"])
    assert "60 subjects" in text
    assert "No covariates were named" in text
    assert "No stability filter" in text
    assert "no permutations were requested" in text


def test_covariates_give_three_models_and_the_gain():
    result = evaluate_outcome(*make_cohort(effect=1.0, age=1.0), covariates=["age", "stage"], **ENDPOINT)
    metrics = [name for name, _ in metrics_of(Horizons((1.0,), 2.0))]
    assert result.performance[["metric", "model"]].to_numpy().tolist() == [
        *([metric, model] for metric in metrics for model in ("clinical", "radiomic", "combined")),
        ["harrell_c_gain_over_clinical", "combined"],
    ]
    gain = c_of(result, "combined", "harrell_c_gain_over_clinical")
    assert gain == pytest.approx(c_of(result, "combined") - c_of(result, "clinical"))
    assert gain > 0.03
    clinical = result.selection.query("model == 'clinical'").set_index("feature")
    assert set(clinical.index) == {"age", "stage=IV"}
    assert clinical.loc["age", "coefficient"] > 0.3
    assert not result.selection["feature"].str.contains("pfs").any()


def test_covariates_keep_their_weight_beside_many_features_of_noise():
    settings = OutcomeSettings(folds=2, repeats=1, bootstraps=0, penalizer=1.0, l1_ratio=0.0)
    cohort = make_cohort(features=40, effect=0.0, age=1.0)
    weights = {}
    for penalty in (settings.covariate_penalizer, settings.penalizer):
        chosen = settings.changed(covariate_penalizer=penalty)
        result = evaluate_outcome(*cohort, time="months", event="dead", covariates=["age"], settings=chosen)
        rows = result.selection.query("feature == 'age'").set_index("model")["coefficient"]
        weights[penalty] = rows["combined"]
    assert weights[settings.covariate_penalizer] > 1.5 * weights[settings.penalizer] > 0


def test_c_is_that_of_lifelines_within_folds_averaged_over_repeats():
    result = evaluate_outcome(*make_cohort(), **ENDPOINT)
    repeats = []
    for _, repeat in result.predictions.groupby("repeat"):
        right = every = 0.0
        for _, part in repeat.groupby("fold"):
            pairs = comparable_pairs(part["time"], part["event"]).sum()
            right += pairs * concordance_index(part["time"], -part["risk"], part["event"])
            every += pairs
        repeats.append(right / every)
    assert len(repeats) == 2
    assert c_of(result, "radiomic") == pytest.approx(np.mean(repeats))


def test_predictions_hold_each_subject_once_per_model_and_repeat():
    table, clinical = make_cohort()
    result = evaluate_outcome(table, clinical, covariates=["age"], **ENDPOINT)
    predictions = result.predictions
    assert list(predictions) == ["subject", "model", "repeat", "fold", "risk", "time", "event", "group"]
    assert (predictions.groupby(["model", "repeat"])["subject"].nunique() == 60).all()
    assert len(predictions) == 60 * 3 * 2
    assert set(predictions["fold"]) == {1, 2, 3}
    assert set(predictions["group"]) == {"high", "low"}
    truth = clinical.set_index("subject").loc[predictions["subject"]]
    np.testing.assert_allclose(predictions["time"], truth["months"])
    np.testing.assert_array_equal(predictions["event"], truth["dead"])


def same(one, other):
    for name in ("performance", "predictions", "kaplan_meier", "selection", "flow"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(other, name), check_exact=True)
    assert one.summary == other.summary


def test_neither_order_of_rows_nor_other_clinical_columns_change_anything():
    table, clinical = make_cohort()
    one = evaluate_outcome(table, clinical, covariates=["age"], **ENDPOINT)
    mixed = clinical.sample(frac=1, random_state=1).assign(secret=clinical["months"])
    same(one, evaluate_outcome(table.sample(frac=1, random_state=2), mixed, covariates=["age"], **ENDPOINT))


@pytest.mark.slow
def test_the_number_of_jobs_changes_nothing():
    settings = OutcomeSettings(folds=2, repeats=2, bootstraps=100, refits=0, permutations=2)
    options = {"time": "months", "event": "dead", "covariates": ["age"], "settings": settings}
    same(
        evaluate_outcome(*make_cohort(), **options),
        evaluate_outcome(*make_cohort(), **options, jobs=2),
    )


def test_who_is_left_out_is_listed_with_the_reason():
    table, clinical = make_cohort()
    clinical.loc[clinical["subject"] == "p01", "months"] = np.nan
    clinical["dead"] = clinical["dead"].astype(float)
    clinical.loc[clinical["subject"] == "p02", ["months", "dead"]] = np.nan
    clinical = clinical[clinical["subject"] != "p03"]
    table.loc[table["subject"] == "p04", [f"f{k}" for k in range(8)]] = np.nan
    table = table[table["subject"] != "p05"]
    result = evaluate_outcome(table, clinical, **ENDPOINT)
    assert result.flow.to_numpy().tolist() == [
        ["p01", "months is missing"],
        ["p02", "months is missing; dead is missing"],
        ["p03", "not in the clinical table"],
        ["p04", "no feature has a value"],
        ["p05", "no row of features"],
    ]
    assert result.summary["subjects"] == 55
    assert result.summary["excluded"] == 5
    assert not set(result.flow["subject"]) & set(result.predictions["subject"])


def test_missing_and_infinite_values_are_imputed_and_told():
    table, clinical = make_cohort()
    table.loc[3:8, "f1"] = np.nan
    table.loc[9, "f2"] = np.inf
    clinical.loc[5, "age"], clinical.loc[6, "stage"] = np.nan, None
    result = evaluate_outcome(table, clinical, covariates=["age", "stage"], **ENDPOINT)
    assert result.summary["missing_values"] == 7
    assert result.predictions["risk"].notna().all()
    assert any("7 of 480 feature values were missing" in text for text in result.summary["sentences"])


def test_a_list_of_stable_features_is_kept_to():
    result = evaluate_outcome(*make_cohort(), **ENDPOINT, stable=["f0", "f3", "gone"])
    entered = result.selection.query("frequency > 0")["feature"]
    assert set(entered) == {"f0", "f3"}
    assert result.summary["stable_absent"] == ["gone"]
    assert "lacks 1 feature of the list: gone" in result.summary["stability"]


def test_an_empty_list_leaves_a_model_that_knows_nothing():
    result = evaluate_outcome(*make_cohort(), **ENDPOINT, covariates=["age"], stable=[])
    assert c_of(result, "radiomic") == 0.5
    assert c_of(result, "combined", "harrell_c_gain_over_clinical") == 0.0
    assert result.summary["constant_folds"] == {"clinical": 0, "radiomic": 6, "combined": 0}
    assert any(
        "In 6 of 6 folds the radiomic model kept no column" in text for text in result.summary["leading"]
    )
    groups = result.kaplan_meier.query("model == 'radiomic'")["group"]
    assert set(groups) == {"low"}
    assert any("No feature is on the list of stable features" in text for text in result.summary["leading"])
    assert set(result.summary["leading"]) <= set(result.summary["sentences"])
    assert not any("()" in text for text in result.summary["sentences"])


def test_a_list_of_other_features_is_refused():
    with pytest.raises(InputError, match="none of the 1 stable features"):
        evaluate_outcome(*make_cohort(), **ENDPOINT, stable=["original_shape_Volume"])


def test_readers_decide_what_is_stable():
    table, clinical = make_cohort(readers=("anna", "ben", "auto"))
    result = evaluate_outcome(table, clinical, **ENDPOINT, reader="anna")
    assert set(result.selection.query("frequency > 0")["feature"]) == {"f0", "f1", "f2", "f3"}
    assert result.summary["stability_kind"] == "icc"
    assert "anna, ben reached" in result.summary["stability"]
    own = evaluate_outcome(table, clinical, **ENDPOINT, reader="auto")
    assert "anna, auto, ben reached" in own.summary["stability"]
    named = evaluate_outcome(table, clinical, **ENDPOINT, reader="anna", stability_readers=["auto", "ben"])
    assert "auto, ben reached" in named.summary["stability"]


def test_candidates_do_not_replace_the_filter_of_each_fold():
    table, clinical = make_cohort(readers=("anna", "ben"))
    listed = Candidates(("f0", "f3", "f6"), "Two rules were met.")
    result = evaluate_outcome(table, clinical, **ENDPOINT, reader="anna", stable=listed)
    # f1 and f2 are stable, and not listed; f6 is listed, and not stable.
    assert set(result.selection.query("frequency > 0")["feature"]) == {"f0", "f3"}
    assert result.summary["stability_kind"] == "both"
    for text in ("Two rules were met. Candidates: 3 features", "anna, ben reached"):
        assert text in result.summary["stability"]
    alone = evaluate_outcome(table[table["reader"] == "anna"], clinical, **ENDPOINT, stable=listed)
    assert set(alone.selection.query("frequency > 0")["feature"]) == {"f0", "f3", "f6"}
    assert alone.summary["stability_kind"] == "list"


def test_only_rows_of_the_same_context_are_compared():
    table, clinical = make_cohort(readers=("anna", "ben"))
    wild = table.assign(reading=2, **{f"f{k}": np.arange(len(table)) % 7 for k in range(8)})
    both = pd.concat([table, wild])
    result = evaluate_outcome(both, clinical, **ENDPOINT, reader="anna", reading=1)
    alone = evaluate_outcome(table, clinical, **ENDPOINT, reader="anna")
    same(result, alone)


def test_too_few_subjects_of_all_readers_are_an_error():
    table, clinical = make_cohort(readers=("anna", "ben"))
    few = table[(table["reader"] == "anna") | table["subject"].isin(["p00", "p01", "p02", "p03", "p04"])]
    with pytest.raises(InputError, match=r"only [0-4] training subjects that all of anna, ben measured"):
        evaluate_outcome(few, clinical, **ENDPOINT, reader="anna")


@pytest.mark.parametrize(
    ("readers", "message"),
    [
        (["anna"], "two different readers"),
        (["anna", "anna"], "two different"),
        (["anna", "eve"], "'eve' has no row"),
    ],
)
def test_stability_readers_that_cannot_be_are_refused(readers, message):
    table, clinical = make_cohort(readers=("anna", "ben"))
    with pytest.raises(InputError, match=message):
        evaluate_outcome(table, clinical, **ENDPOINT, reader="anna", stability_readers=readers)
