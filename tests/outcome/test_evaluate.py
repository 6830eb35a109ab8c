"""The evaluation end to end on simulated cohorts with a known hazard."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from lifelines.statistics import logrank_test
from lifelines.utils import concordance_index

from nbradiomics.errors import AmbiguousError, InputError, NbradiomicsError
from nbradiomics.outcome import (
    NotConvergedError,
    OutcomeSettings,
    crossvalidation as crossvalidation_module,
    evaluate_outcome,
    write_outcome,
)
from nbradiomics.outcome.cox import PenalisedCox
from nbradiomics.outcome.crossvalidation import FoldResult
from nbradiomics.outcome.groups import log_rank, majority_groups
from nbradiomics.outcome.performance import GAIN

QUICK = OutcomeSettings(folds=3, repeats=2, bootstraps=200)
ENDPOINT = {"time": "months", "event": "dead", "settings": QUICK}


def make_cohort(seed=0, *, subjects=60, features=8, effect=1.2, age=0.0, readers=()):
    """Feature ``f0`` and age carry the log hazard; the others are noise."""
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(subjects, features))
    years = rng.normal(60, 10, size=subjects)
    time = rng.exponential(np.exp(-effect * values[:, 0] - age * (years - 60) / 10))
    censored = rng.exponential(2 * np.median(time), size=subjects)
    names = [f"p{number:02}" for number in range(subjects)]
    clinical = pd.DataFrame({"subject": names, "months": np.minimum(time, censored) + 1e-6})
    clinical["dead"] = (time <= censored).astype(int)
    clinical["age"], clinical["stage"] = years, rng.choice(["I", "IV"], size=subjects)
    clinical["pfs"] = 1.0
    table = pd.DataFrame(values, columns=[f"f{number}" for number in range(features)])
    table.insert(0, "subject", names)
    if not readers:
        return table, clinical
    noise = np.where(np.arange(features) < features // 2, 0.05, 2.0)
    parts = [
        table.assign(
            **{f"f{k}": values[:, k] + noise[k] * rng.normal(size=subjects) for k in range(features)}
        )
        for _ in readers
    ]
    return pd.concat(
        [part.assign(reader=reader, reading=1) for part, reader in zip(parts, readers, strict=True)]
    ), clinical


def c_of(result, model, metric="harrell_c"):
    rows = result.performance.set_index(["model", "metric"])
    return rows.loc[(model, metric), "value"]


def test_a_known_signal_is_found_and_told():
    result = evaluate_outcome(*make_cohort(), **ENDPOINT)
    assert result.performance["model"].tolist() == ["radiomic"]
    row = result.performance.iloc[0]
    assert 0.5 < row["low"] < row["value"] < row["high"] < 0.95
    best = result.selection.loc[result.selection["coefficient"].abs().idxmax()]
    assert (best["feature"], best["frequency"]) == ("f0", 1.0)
    assert best["coefficient"] > 0.2
    text = " ".join(result.summary["sentences"])
    assert "60 subjects" in text
    assert "No covariates were named" in text
    assert "No stability filter" in text
    assert "no permutations were asked for" in text


def test_covariates_give_three_models_and_the_gain():
    result = evaluate_outcome(*make_cohort(effect=1.0, age=1.0), covariates=["age", "stage"], **ENDPOINT)
    assert result.performance[["model", "metric"]].to_numpy().tolist() == [
        ["clinical", "harrell_c"],
        ["radiomic", "harrell_c"],
        ["combined", "harrell_c"],
        ["combined", "harrell_c_gain_over_clinical"],
    ]
    gain = c_of(result, "combined", "harrell_c_gain_over_clinical")
    assert gain == pytest.approx(c_of(result, "combined") - c_of(result, "clinical"))
    assert gain > 0.03
    clinical = result.selection.query("model == 'clinical'").set_index("feature")
    assert set(clinical.index) == {"age", "stage=IV"}
    assert clinical.loc["age", "coefficient"] > 0.3
    assert not result.selection["feature"].str.contains("pfs").any()


def test_covariates_keep_their_weight_beside_many_features_of_noise():
    settings = OutcomeSettings(folds=2, repeats=1, bootstraps=0)
    cohort = make_cohort(features=40, effect=0.0, age=1.0)
    weights = {}
    for penalty in (settings.covariate_penalizer, settings.penalizer):
        chosen = settings.changed(covariate_penalizer=penalty)
        result = evaluate_outcome(*cohort, time="months", event="dead", covariates=["age"], settings=chosen)
        rows = result.selection.query("feature == 'age'").set_index("model")["coefficient"]
        weights[penalty] = rows["combined"]
    assert weights[settings.covariate_penalizer] > 1.5 * weights[settings.penalizer] > 0


def test_c_is_the_mean_of_lifelines_c_over_repeats():
    result = evaluate_outcome(*make_cohort(), **ENDPOINT)
    parts = [
        concordance_index(part["time"], -part["risk"], part["event"])
        for _, part in result.predictions.groupby("repeat")
    ]
    assert len(parts) == 2
    assert c_of(result, "radiomic") == pytest.approx(np.mean(parts))


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
    settings = OutcomeSettings(folds=2, repeats=2, bootstraps=100, permutations=2)
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
    assert "lacks 1 of the list: gone" in result.summary["stability"]


def test_an_empty_list_leaves_a_model_that_knows_nothing():
    result = evaluate_outcome(*make_cohort(), **ENDPOINT, covariates=["age"], stable=[])
    assert c_of(result, "radiomic") == 0.5
    assert c_of(result, "combined", "harrell_c_gain_over_clinical") == 0.0
    assert result.summary["constant_folds"] == {"clinical": 0, "radiomic": 6, "combined": 0}
    assert any(
        "In 6 of 6 folds nothing was left of the radiomic" in text for text in result.summary["sentences"]
    )
    groups = result.kaplan_meier.query("model == 'radiomic'")["group"]
    assert set(groups) == {"low"}


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
    with pytest.raises(InputError, match=r"only [0-4] training subjects whom all of anna, ben measured"):
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


def test_several_rows_of_a_subject_are_ambiguous():
    table, clinical = make_cohort(readers=("anna", "ben"))
    with pytest.raises(AmbiguousError, match="several values of reader: anna, ben"):
        evaluate_outcome(table, clinical, **ENDPOINT)
    with pytest.raises(AmbiguousError, match="60 subjects have several rows"):
        evaluate_outcome(table.drop(columns="reader"), clinical, **ENDPOINT)


@pytest.mark.parametrize("name", ["months", "dead", "Dead"])
def test_an_outcome_among_the_features_is_refused(name):
    table, clinical = make_cohort()
    with pytest.raises(InputError, match=f"holds the outcome itself: {name}"):
        evaluate_outcome(table.assign(**{name: 1.0}), clinical, **ENDPOINT)


def test_a_clinical_column_among_the_features_is_refused():
    table, clinical = make_cohort()
    with pytest.raises(InputError, match="both the feature table and the clinical table: age"):
        evaluate_outcome(table.assign(age=1.0), clinical, **ENDPOINT)


def test_tables_that_cannot_be_used_are_refused():
    table, clinical = make_cohort()
    with pytest.raises(InputError, match="no column 'subject'"):
        evaluate_outcome(table.drop(columns="subject"), clinical, **ENDPOINT)
    with pytest.raises(InputError, match="no numeric feature"):
        evaluate_outcome(table[["subject"]].assign(diagnostics_x=1.0), clinical, **ENDPOINT)
    with pytest.raises(InputError, match="second row"):
        evaluate_outcome(table, pd.concat([clinical, clinical[:1]]), **ENDPOINT)
    with pytest.raises(InputError, match="covariate 'empty' is missing in all 60"):
        evaluate_outcome(table, clinical.assign(empty=np.nan), **ENDPOINT, covariates=["empty"])
    with pytest.raises(InputError, match="a list was expected"):
        evaluate_outcome(table, clinical, **ENDPOINT, stable="f0")
    with pytest.raises(InputError, match="Give one of the two"):
        evaluate_outcome(table, clinical, **ENDPOINT, stable=["f0"], stability_readers=["a", "b"])


def test_too_few_subjects_or_events_say_why():
    table, clinical = make_cohort()
    with pytest.raises(InputError, match=r"60 subjects with 5 events .* 3 folds need .* 6 events"):
        evaluate_outcome(table, clinical.assign(dead=[1] * 5 + [0] * 55), **ENDPOINT)
    with pytest.raises(InputError, match=r"0 subjects .*60 x no row of features.*names are the same"):
        evaluate_outcome(table, clinical.assign(subject=[f"q{k}" for k in range(60)]), **ENDPOINT)


def test_a_cohort_without_censoring_and_a_rare_level_are_fine():
    table, clinical = make_cohort()
    clinical["dead"] = 1
    clinical["stage"] = ["rare", *["I", "IV"] * 29, "I"]
    result = evaluate_outcome(table, clinical, covariates=["stage"], **ENDPOINT)
    assert result.predictions["risk"].notna().all()


def test_a_fold_that_fails_is_a_failure(monkeypatch):
    fit, calls = PenalisedCox.fit, []

    def failing(self, X, y):
        calls.append(len(X))
        if len(calls) == 2:
            raise NotConvergedError("the Cox model did not converge")
        return fit(self, X, y)

    monkeypatch.setattr(PenalisedCox, "fit", failing)
    result = evaluate_outcome(*make_cohort(), **ENDPOINT)
    assert result.summary["failures"] == [
        {"model": "radiomic", "repeat": 1, "fold": 2, "cause": "the Cox model did not converge"}
    ]
    failed = result.predictions.query("repeat == 1 and fold == 2")
    assert failed["risk"].isna().all()
    assert failed["group"].isna().all()
    assert result.predictions["risk"].isna().sum() == len(failed)
    assert any(
        "In 1 of 6 folds the radiomic model could not be fitted" in t for t in result.summary["sentences"]
    )
    assert 0.6 < c_of(result, "radiomic") < 0.95


def test_when_every_fold_fails_there_is_no_figure(monkeypatch, tmp_path):
    def failing(self, X, y):
        raise NotConvergedError("the Cox model did not converge")

    monkeypatch.setattr(PenalisedCox, "fit", failing)
    result = evaluate_outcome(*make_cohort(), **ENDPOINT)
    assert np.isnan(c_of(result, "radiomic"))
    assert any("gave no harrell_c" in text for text in result.summary["sentences"])
    write_outcome(result, tmp_path)


def test_any_other_error_stops_the_analysis(monkeypatch):
    def broken(*args):
        raise RuntimeError("boom")

    monkeypatch.setattr(crossvalidation_module, "build_model", broken)
    with pytest.raises(NbradiomicsError, match="broke off in repeat 1: RuntimeError: boom"):
        evaluate_outcome(*make_cohort(), **ENDPOINT)


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
    nothing = pd.Series(dtype="float64")
    places = np.array(test)
    return FoldResult("m", repeat, 1, places, np.zeros(len(test)), np.array(high), nothing, 0, failure)


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
    settings = OutcomeSettings(folds=2, repeats=1, bootstraps=0, permutations=19)
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
        "excluded.csv",
        "kaplan_meier.csv",
        "performance.csv",
        "predictions.csv",
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
    with pytest.raises(InputError, match=f"^{name}: Input should be .*; found: "):
        OutcomeSettings(**wrong)


def test_a_missing_covariate_is_counted_and_told():
    features, clinical = make_cohort()
    clinical.loc[:3, "age"] = np.nan
    result = evaluate_outcome(features, clinical, covariates=["age", "stage"], **ENDPOINT)
    assert result.summary["missing_covariates"] == {"age": 4}
    assert "age was missing in 4 subjects" in " ".join(result.summary["sentences"])


def test_a_model_below_chance_is_no_finding_and_its_gain_neither():
    from nbradiomics.outcome.summary import _below_chance

    performance = pd.DataFrame(
        [("clinical", "harrell_c", 0.3), ("combined", "harrell_c", 0.6), ("combined", GAIN, 0.3)],
        columns=["model", "metric", "value"],
    )
    told = " ".join(_below_chance(performance))
    assert "Below 0.5 (clinical)" in told
    assert "says nothing beyond the clinic" in told
    assert list(_below_chance(performance.assign(value=0.6))) == []


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
