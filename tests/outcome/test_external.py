"""External validation: what is fitted, and what a column is, knows nothing of the external subjects."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from nbradiomics.errors import InputError
from nbradiomics.outcome import OutcomeSettings, survival_array, validate_outcome
from nbradiomics.outcome.intervals import draws_interval
from nbradiomics.outcome.measures import brier_score, harrell_c
from nbradiomics.outcome.measures.harrell import repeated_c
from tests.outcome.test_classes import make_classes
from tests.support.helpers import call
from tests.support.outcome_tables import c_of, make_cohort

FAST = OutcomeSettings(bootstraps=0, penalizer=0.3, l1_ratio=0.0)
ASKED = {"time": "months", "event": "dead", "covariates": ["age", "stage"], "settings": FAST}


def other(seed: int = 5, **options: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    features, clinical = make_cohort(seed, **options)
    return tuple(table.assign(subject="x" + table["subject"]) for table in (features, clinical))


def validated(external: tuple[pd.DataFrame, pd.DataFrame], seed: int = 0, **more: object):
    return validate_outcome(make_cohort(seed), external, **{**ASKED, **more})


def test_the_models_are_judged_on_the_external_subjects_alone() -> None:
    external = other(subjects=80)
    result = validated(external, settings=FAST.changed(bootstraps=100))
    assert result.summary["subjects"] == 80
    assert result.summary["development"]["subjects"] == 60
    predictions = result.predictions.query("model == 'radiomic'")
    assert set(predictions["subject"]) == set(external[0]["subject"])
    assert c_of(result, "radiomic") == pytest.approx(
        harrell_c(predictions["time"], predictions["event"], predictions["risk"])
    )
    assert c_of(result, "radiomic") > 0.6
    rows = result.performance.query("metric in ['harrell_c', 'calibration_slope', 'observed_expected']")
    assert (rows["low"] < rows["value"]).all()
    assert (rows["value"] < rows["high"]).all()
    assert result.summary["log_rank_p"]["radiomic"] < 0.01
    ratio, low, high = result.summary["risk_groups"]["radiomic"]["hazard_ratio"]
    assert 1 < low < ratio < high
    assert int(result.baseline.loc[0, "all"]) == 80
    text = " ".join(result.summary["sentences"])
    assert "fitted to 60 subjects" in text
    assert "; hazard ratio " in text
    assert "; mean survival until " in text
    assert "judged on 80 external subjects" in text
    answers = list(result.summary["answers"].values())
    assert "Observed over predicted events by" in answers[3]
    assert answers[4].startswith("No: ")
    assert "about 100 give a precise answer" in answers[4]


def test_censoring_weights_come_from_the_external_subjects() -> None:
    features, clinical = other(subjects=80)
    # They are observed a quarter as long as the first cohort.
    end = np.minimum(clinical["months"], clinical["months"].median() / 2)
    clinical = clinical.assign(dead=clinical["dead"] * (clinical["months"] == end), months=end)
    horizon = float(np.median(end[clinical["dead"] == 1]))
    result = validated((features, clinical), settings=FAST.changed(horizons=(horizon,)))
    loss = result.performance.query("model == 'radiomic' and metric == 'brier'")["value"].item()
    curve = result.calibration.query("model == 'radiomic'")
    mean = float((curve["predicted"] * curve["subjects"]).sum() / curve["subjects"].sum())
    own = survival_array(clinical["months"], clinical["dead"])
    # The loss of the mean prediction for everybody, with the censoring of the same subjects, is close above.
    constant = brier_score(
        own["time"], own["event"], np.full((80, 1), mean), [horizon], (own["time"], own["event"])
    )
    assert loss == pytest.approx(constant[0], rel=0.35)
    assert loss < constant[0]


def test_external_subjects_change_no_prediction_of_the_others() -> None:
    external = other(subjects=40)
    before = validated(external).predictions
    spoilt = [table.copy() for table in external]
    away = spoilt[0]["subject"].iloc[:10]
    rows = spoilt[0]["subject"].isin(away)
    spoilt[0].loc[rows, "f0"] = 1e6
    spoilt[1].loc[rows, "dead"] = 1 - spoilt[1].loc[rows, "dead"]
    after = validated(tuple(spoilt)).predictions
    kept = [table[~table["subject"].isin(away)].reset_index(drop=True) for table in (before, after)]
    pd.testing.assert_frame_equal(kept[0], kept[1])


def test_a_column_is_what_it_is_in_the_first_cohort() -> None:
    first, second = make_cohort(), other(subjects=40)
    site = [str(1 + place % 3) for place in range(60)]
    first = (first[0], first[1].assign(site=site))
    named = second[1].assign(site=["1", "2", "9", "X"] * 10)
    asked = {**ASKED, "covariates": ["site"], "categorical": ["site"]}
    result = validate_outcome(first, (second[0], named), **asked)
    text = " ".join(result.summary["sentences"])
    assert "site: 20 external subjects have a level that the first cohort lacks (9, X)" in text
    with pytest.raises(InputError, match=r"site: 30 of 40 external subjects have a level .* such as"):
        validate_outcome(first, (second[0], named.assign(site=["1", "Y", "9", "X"] * 10)), **asked)
    numeric = {**ASKED, "covariates": ["site"], "categorical": []}
    with pytest.raises(InputError, match="'X'"):  # a number in the first cohort, whatever the other one says
        validate_outcome(first, (second[0], named), **numeric)


def test_readers_of_the_external_cohort_decide_nothing_about_stability() -> None:
    first = make_cohort(readers=("A", "B"))
    features, clinical = make_cohort(7, readers=("A", "B"))
    noise = np.random.default_rng(0).normal(0, 50, len(features))
    rename = {"subject": "x" + features["subject"]}
    external = features.assign(**rename), clinical.assign(subject="x" + clinical["subject"])
    spoilt = features.assign(**rename, f0=features["f0"] + noise * (features["reader"] == "B")), external[1]
    asked = {**ASKED, "reader": "A", "settings": FAST.changed(icc_threshold=0.5)}
    results = [validate_outcome(first, each, **asked) for each in (external, spoilt)]
    pd.testing.assert_frame_equal(results[0].predictions, results[1].predictions)


def test_what_looks_like_other_units_is_said() -> None:
    features, clinical = other()
    far = features.assign(f3=1000 * features["f3"] + 500), clinical.assign(months=clinical["months"] * 30)
    text = " ".join(validated(far).summary["sentences"])
    assert (
        "The median of 1 feature in the external cohort is outside the whole range of the first one (f3:"
        in text
    )
    assert "Check that both are in the same unit." in text
    assert "Check" not in " ".join(validated((features, clinical)).summary["sentences"])


def test_features_of_other_parameters_are_refused() -> None:
    mine, theirs = "p0123456789abcde", "pedcba9876543210"
    features, clinical = make_cohort()
    first = features.assign(parameters=mine), clinical
    (external, outcomes), asked = other(), {**ASKED, "bootstraps": 0}
    with pytest.raises(InputError, match=f"first cohort are {mine}, those of the external one {theirs}"):
        validate_outcome(first, (external.assign(parameters=theirs), outcomes), **asked)
    silent = validate_outcome(first, (external, outcomes), **asked).summary["sentences"]
    same = validate_outcome(first, (external.assign(parameters=mine), outcomes), **asked).summary["sentences"]
    assert "The parameters of the external one are not stated" in " ".join(silent)
    assert "not stated" not in " ".join(same)


@pytest.mark.slow
def test_a_model_of_noise_is_chance() -> None:
    found = []
    for seed in range(8):
        result = validate_outcome(make_cohort(seed, effect=0.0), other(seed + 50, effect=0.0), **ASKED)
        found.append(c_of(result, "radiomic"))
    assert 0.42 < np.mean(found) < 0.58


def test_what_cannot_be_validated_is_refused() -> None:
    features, clinical = other()
    with pytest.raises(InputError, match="60 subjects are in both cohorts: p00, p01"):
        validated(make_cohort())
    with pytest.raises(InputError, match="external feature table lacks 2 columns: f1, f2"):
        validated((features.drop(columns=["f1", "f2"]), clinical))
    with pytest.raises(InputError, match="external clinical table lacks 1 column: age"):
        validated((features, clinical.drop(columns="age")))
    with pytest.raises(InputError, match=r"60 subjects with 0 events remain; .* 2 events"):
        validated((features, clinical.assign(dead=0)))
    with pytest.raises(InputError, match="1 feature of the external table are no numbers: f2"):
        validated((features.assign(f2="a"), clinical))
    late = FAST.changed(horizons=(float(make_cohort()[1]["months"].max()) * 3,))
    with pytest.raises(InputError, match="is after the last event of the first cohort"):
        validated((features, clinical), settings=late)


def test_classes_of_another_cohort() -> None:
    first = make_classes(seed=1)
    features, clinical = (table.assign(subject="x" + table["subject"]) for table in make_classes(seed=2))
    result = validate_outcome(
        first, (features, clinical), target="idh", settings=FAST.changed(bootstraps=100)
    )
    table = result.predictions.query("model == 'radiomic' and `class` == 'mutant'")
    found = result.performance.query("model == 'radiomic'").set_index("metric")
    assert found.loc["roc_auc", "value"] == pytest.approx(
        roc_auc_score(table["observed"], table["probability"])
    )
    assert found.index[found["low"].isna()].tolist() == ["mcc"]  # its interval did not cover in a simulation
    assert set(table["subject"]) == set(features["subject"])
    with pytest.raises(InputError, match="expected one of wild type, mutant"):
        validate_outcome(first, (features, clinical.replace("mutant", "other")), target="idh", settings=FAST)


def test_a_class_that_the_external_cohort_lacks_is_too_few() -> None:
    features, clinical = (table.assign(subject="x" + table["subject"]) for table in make_classes(3, seed=2))
    kept = clinical[clinical["idh"] != "middle"]
    with pytest.raises(InputError, match="of each class"):
        validate_outcome(make_classes(3), (features, kept), target="idh", settings=FAST)


@pytest.mark.slow
def test_draws_of_a_fixed_model_contain_its_true_c() -> None:
    """The intervals of a fixed risk: C of 60 subjects with about 20 events, the truth from 5,000."""

    def subjects(number: int, rng: np.random.Generator) -> tuple[np.ndarray, ...]:
        risk = rng.normal(size=number)
        time, end = rng.exponential(np.exp(-0.8 * risk)), rng.exponential(0.5, number)
        return np.minimum(time, end), time <= end, risk

    rng = np.random.default_rng(0)
    truth = harrell_c(*subjects(5000, rng))
    inside = 0
    for _ in range(200):
        time, event, risk = subjects(60, rng)
        weights = rng.multinomial(60, np.full(60, 1 / 60), size=200).astype(float)
        draws = repeated_c(time, event, risk[None], weights)
        low, high = draws_interval(harrell_c(time, event, risk), draws, 0.95, bounded=True)
        inside += low <= truth <= high
    assert 0.92 <= inside / 200 <= 0.99


def test_the_command_leaves_tables_and_a_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = ("f.csv", "c.csv", "ef.csv", "ec.csv")
    for name, table in zip(names, (*make_cohort(), *other()), strict=True):
        table.to_csv(tmp_path / name, index=False)
    options = ["--time", "months", "--event", "dead", "--penalizer", "0.3", "--l1-ratio", "0"]
    files = [tmp_path / name for name in names]
    assert call("validate", *files, *options, "--bootstraps", 100, "--out", tmp_path / "v") == 0
    told = capsys.readouterr().out
    assert "Does it work? The radiomic model ranked new subjects" in told
    page = (tmp_path / "v" / "report.html").read_text(encoding="utf-8")
    assert "Separation of the groups: log-rank" in page
    assert "cross-validated" not in page
    assert "out of fold" not in page
    assert "external validation" in page
    assert call("validate", *files, *options, "--folds", 3, "--out", tmp_path / "v") == 2


def test_values_of_a_class_mean_what_they_mean_in_the_first_cohort() -> None:
    features, clinical = make_classes(seed=1)
    others, outcomes = (table.assign(subject="x" + table["subject"]) for table in make_classes(seed=2))
    asked = {"target": "idh", "positive": ["mutant"], "settings": FAST}
    first = features, clinical.assign(idh=clinical["idh"].where(clinical.index % 9 > 0, "NOS"))
    capitals = outcomes.assign(idh=outcomes["idh"].str.upper())
    result = validate_outcome(first, (others, capitals), **asked)
    assert result.summary["classes"] == {"not mutant": 45, "mutant": 45}
    assert "'NOS' (10), 'wild type'" in " ".join(result.summary["sentences"])
    unknown = outcomes.assign(idh=outcomes["idh"].where(outcomes.index % 5 > 0, "IDH-mut"))
    with pytest.raises(InputError, match="'IDH-mut'"):
        validate_outcome(first, (others, unknown), **asked)


def test_what_the_external_subjects_lack_is_counted_and_an_empty_feature_is_refused() -> None:
    features, clinical = other(subjects=40)
    holes = features.assign(f1=features["f1"].where(features.index % 2 > 0, np.inf))
    result = validated((holes, clinical.assign(age=clinical["age"].where(clinical.index > 29))))
    text = " ".join(result.summary["sentences"])
    assert "20 of 320 external feature values are missing or infinite" in text
    assert "(f1 50\u00a0%)" in text
    assert "age is missing in 30 external subjects of 40" in text
    with pytest.raises(InputError, match="1 feature of the external table has no value: f0"):
        validated((features.assign(f0=np.nan), clinical))


def test_rows_of_another_kind_are_told_and_those_of_another_engine_refused() -> None:
    first, second = make_cohort(), other(subjects=40)
    here = first[0].assign(engine="native", roi="tumour"), first[1]
    there = second[0].assign(engine="native", roi="liver"), second[1]
    text = " ".join(validate_outcome(here, there, **ASKED).summary["sentences"])
    assert "The rows of the first cohort have the roi tumour, those of the external one liver." in text
    with pytest.raises(InputError, match=r"first cohort were computed by native, those of .* by other"):
        validate_outcome(here, (there[0].assign(engine="other"), there[1]), **ASKED)


def test_the_volume_is_the_same_column_in_both_cohorts() -> None:
    first, second = make_cohort(), other(subjects=40)
    mesh, voxels = "original_shape_MeshVolume", "original_shape_VoxelVolume"
    names = {f"f{place}": f"original_firstorder_F{place}" for place in range(8)}
    here = first[0].rename(columns=names).assign(**{voxels: np.exp(first[0]["f1"])}), first[1]
    more = {voxels: np.exp(second[0]["f1"]), mesh: 1.0}
    there = second[0].rename(columns=names).assign(**more), second[1]
    asked = {**ASKED, "feature_names": ["original_firstorder_*"]}
    assert "volume" in set(validate_outcome(here, there, **asked).performance["model"])
    with pytest.raises(InputError, match=f"lacks 1 column: {voxels}"):
        validate_outcome(here, (there[0].drop(columns=voxels), there[1]), **asked)


def test_shares_of_subjects_have_an_exact_interval_even_when_they_are_perfect() -> None:
    first = make_classes(effect=4.0, seed=1)
    few = make_classes(subjects=12, effect=9)
    second = tuple(table.assign(subject="x" + table["subject"]) for table in few)
    result = validate_outcome(first, second, target="idh", settings=FAST.changed(bootstraps=100))
    rows = result.performance.query("model == 'radiomic'").set_index("metric")
    assert rows.loc["sensitivity", "value"] == 1
    assert rows.loc["sensitivity", "low"] == pytest.approx(0.61, abs=0.01)  # Wilson, 6 of 6
    assert rows.loc["balanced_accuracy", "low"] == pytest.approx(1 - 0.39 / np.sqrt(2), abs=0.01)
    assert np.isnan(rows.loc["roc_auc", "low"])
    assert "(no interval); 0.5 is chance" in result.summary["answers"]["Does it work?"]


@pytest.mark.parametrize("name", ["folds", "repeats", "refits", "permutations", "leave_out"])
def test_what_is_for_a_cross_validation_is_refused(name: str) -> None:
    given = {name: "stage" if name == "leave_out" else 50}
    with pytest.raises(InputError, match=f"{name} is for a cross-validation"):
        validate_outcome(make_cohort(), other(), **{**ASKED, **given})


def test_the_same_subjects_under_other_names_are_refused() -> None:
    features, clinical = (table.assign(subject="x" + table["subject"]) for table in make_cohort())
    with pytest.raises(InputError, match="60 external subjects have exactly the features"):
        validated((features, clinical))


def test_a_feature_that_is_empty_in_both_cohorts_is_no_reason() -> None:
    first, second = make_cohort(), other()
    first, second = ((table.assign(f7=np.nan), clinical) for table, clinical in (first, second))
    assert validate_outcome(first, second, **ASKED).summary["subjects"] == 60


def test_a_ratio_has_an_interval_above_0() -> None:
    draws = np.random.default_rng(0).lognormal(-1, 0.6, 200)
    low, high = draws_interval(0.4, draws, 0.95, ratio=True)
    assert 0 < low < 0.4 < high
    assert np.log(0.4) - np.log(low) == pytest.approx(np.log(high) - np.log(0.4))
    assert np.isnan(draws_interval(0.0, draws, 0.95, ratio=True)).all()


def test_a_horizon_with_hardly_any_event_is_said() -> None:
    features, clinical = other()
    early = float(clinical.loc[clinical["dead"] == 1, "months"].nsmallest(2).iloc[-1])
    text = " ".join(validated((features, clinical), horizons=[early]).summary["sentences"])
    assert "only 2 subjects had the event" in text
    assert "in the unit of months?" in text
