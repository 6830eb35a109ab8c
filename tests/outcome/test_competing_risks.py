"""Outcome models of an event that another event can prevent."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from nbradiomics.clinical import Endpoint
from nbradiomics.errors import InputError
from nbradiomics.outcome import (
    OutcomeSettings,
    Predictors,
    evaluate_outcome,
    survival_array,
    validate_outcome,
    write_outcome,
)
from nbradiomics.outcome.assembly import OutcomeData, TooFewError
from nbradiomics.outcome.cause_specific import CauseSpecificCox
from nbradiomics.outcome.cox import PenalisedCox
from nbradiomics.outcome.crossvalidation import make_splits, run_repeat
from nbradiomics.outcome.horizons import find_horizons
from nbradiomics.outcome.measures import harrell_c
from nbradiomics.outcome.prepared import prepare
from nbradiomics.outcome.refits import refit_sample
from nbradiomics.outcome.tasks import survival_task
from nbradiomics.report.pages import build_outcome_page
from nbradiomics.tables import RowsOfReader, read_table
from tests.support.outcome_tables import c_of

FAST = OutcomeSettings(folds=3, repeats=2, bootstraps=0, penalizer=0.1, l1_ratio=0.0)
EXTERNAL = OutcomeSettings(bootstraps=0, penalizer=0.1, l1_ratio=0.0)
ASKED = {"time": "months", "event": "status", "competing": ["other death"], "event_value": ["relapse"]}


def make_cohort(seed: int = 0, subjects: int = 120, prefix: str = "s") -> tuple[pd.DataFrame, pd.DataFrame]:
    """Feature ``f0`` carries the hazard of the event, ``f1`` that of the competing one."""
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(subjects, 6))
    times = [rng.exponential(np.exp(-1.2 * values[:, place]) * 2) for place in (0, 1)]
    end = rng.uniform(0.5, 6, subjects)
    time = np.minimum(np.minimum(*times), end)
    status = np.select([time == end, time == times[0]], ["alive", "relapse"], "other death")
    names = [f"{prefix}{number:03}" for number in range(subjects)]
    clinical = pd.DataFrame({"subject": names, "months": time, "status": status})
    clinical["age"] = rng.normal(60, 10, subjects)
    features = pd.DataFrame(values, columns=[f"f{number}" for number in range(6)])
    return features.assign(subject=names), clinical


def prepared_for(features: pd.DataFrame, clinical: pd.DataFrame, settings: OutcomeSettings) -> OutcomeData:
    asked = (Endpoint(**ASKED), Predictors(), RowsOfReader(), None, settings)
    return prepare(features, clinical, *asked, folds=2).data


def test_the_event_is_predicted_beside_the_competing_one(tmp_path) -> None:
    features, clinical = make_cohort()
    result = evaluate_outcome(features, clinical, covariates=["age"], settings=FAST, **ASKED)
    assert c_of(result, "radiomic") > 0.7
    assert "calibration_slope" not in set(result.performance["metric"])
    ratio = result.performance.query("metric == 'observed_expected' and model == 'radiomic'")["value"]
    assert float(ratio.iloc[0]) == pytest.approx(1, abs=0.25)
    summary = result.summary
    counts = clinical["status"].value_counts()
    assert (summary["events"], summary["competing_events"]) == (counts["relapse"], counts["other death"])
    text = " ".join(summary["sentences"])
    assert f"{counts['other death']} competing events" in text
    assert "cause-specific" in text
    assert "'other death'" in text
    assert "calibration curve" in summary["answers"]["Do the predicted differences have the right size?"]
    predictions = result.predictions.query("model == 'radiomic' and repeat == 1")
    assert predictions["event"].value_counts().to_dict() == {
        1: counts["relapse"],
        2: counts["other death"],
        0: counts["alive"],
    }
    baseline = result.baseline.set_index("variable")
    assert baseline.loc["subjects", "competing_event"] == str(counts["other death"])
    assert baseline.loc["subjects", "without_event"] == str(counts["alive"])
    parts = result.selection.query("model == 'radiomic'").set_index(["class", "feature"])["coefficient"]
    assert parts["", "f0"] > 0.5 > parts["", "f1"]
    assert parts["competing event", "f1"] > 0.5 > parts["competing event", "f0"]
    write_outcome(result, tmp_path)
    page = build_outcome_page(tmp_path).read_text()
    assert "Aalen-Johansen" in page
    assert "Kaplan-Meier estimate" not in page
    assert "With a competing event" in page
    assert "radiomic, competing event" in page
    assert list(read_table(tmp_path / "baseline.csv"))[-2:] == ["competing_event", "missing"]


def test_treating_competing_events_as_censored_would_predict_too_much() -> None:
    """The reason for all this: who died of something else cannot relapse."""
    features, clinical = make_cohort()
    right = evaluate_outcome(features, clinical, settings=FAST, **ASKED)
    wrong = evaluate_outcome(
        features, clinical, settings=FAST, time="months", event="status", event_value=["relapse"]
    )
    curves = [
        result.kaplan_meier.query("model == 'radiomic' and group == 'high'") for result in (right, wrong)
    ]
    last = [float(curve["survival"].iloc[-1]) for curve in curves]
    assert last[0] > last[1] + 0.1


def test_the_models_see_the_training_subjects_alone() -> None:
    features, clinical = make_cohort()
    data, train, test = prepared_for(features, clinical, FAST), np.arange(80), np.arange(80, 120)
    task = survival_task(data.y, find_horizons(data.y, ()))
    moved = data.frame.copy()
    moved.iloc[test] += 100.0
    turned = data.y.copy()
    turned["competing"][test] = ~turned["event"][test] & ~turned["competing"][test]
    first, second = (
        run_repeat(one, FAST, ["radiomic"], task, 1, [(train, test)])[0].coefficients
        for one in (data, replace(data, frame=moved, y=turned))
    )
    assert (first.loc[["f0"], ""] > 0.5).all()
    assert (first.loc[["f1"], "competing event"] > 0.5).all()
    pd.testing.assert_frame_equal(first, second)


def test_each_hazard_is_a_cox_model_of_its_own() -> None:
    features, clinical = make_cohort()
    own, competing = clinical["status"] == "relapse", clinical["status"] == "other death"
    columns = features.set_index("subject")
    both = CauseSpecificCox(0.1, 0.0).fit(columns, survival_array(clinical["months"], own, competing))
    alone = PenalisedCox(0.1, 0.0).fit(columns, survival_array(clinical["months"], competing))
    assert both.competing_coef_ == pytest.approx(alone.coef_)


def test_few_competing_events_have_no_model_of_their_own() -> None:
    features, clinical = make_cohort()
    competing = clinical["status"] == "other death"
    few = competing & (np.cumsum(competing) <= 9)
    columns = features.set_index("subject")
    fitted = CauseSpecificCox(0.1, 0.0).fit(
        columns, survival_array(clinical["months"], clinical["status"] == "relapse", few)
    )
    assert (fitted.competing_coef_ == 0).all()
    incidence = fitted.incidence(columns, np.linspace(0.5, 5, 8))
    assert ((incidence >= 0) & (incidence <= 1)).all()
    assert (np.diff(incidence, axis=1) >= 0).all()


def test_folds_share_both_kinds_of_events() -> None:
    rng = np.random.default_rng(0)
    code = np.repeat([0, 1, 2], [20, 20, 20])
    y = survival_array(rng.exponential(size=60), code == 1, code == 2)
    (folds,) = make_splits(y, OutcomeSettings(folds=5, repeats=1))
    assert {int(y["competing"][test].sum()) for _, test in folds} == {4}
    few = survival_array(y["time"], code == 1, (code == 2) & (np.cumsum(code == 2) <= 2))
    assert len(make_splits(few, OutcomeSettings(folds=5, repeats=1))[0]) == 5


def test_folds_are_stratified_by_the_event_though_few_are_censored() -> None:
    rng = np.random.default_rng(0)
    code = np.repeat([0, 1, 2], [2, 15, 43])
    y = survival_array(rng.exponential(size=60), code == 1, code == 2)
    for folds in make_splits(y, OutcomeSettings(folds=5, repeats=4)):
        assert {int(y["event"][test].sum()) for _, test in folds} == {3}


def test_a_covariate_that_is_the_competing_event_is_suspicious(tmp_path) -> None:
    features, clinical = make_cohort()
    clinical["toxic"] = (clinical["status"] == "other death").astype(int)
    result = evaluate_outcome(features, clinical, covariates=["toxic"], settings=FAST, **ASKED)
    assert set(result.summary["suspicious"]) == {"toxic"}
    assert "competing event" in result.summary["suspicious"]["toxic"][0]
    first, *warned = result.summary["leading"]
    assert "were analysed" in first
    assert any(text.startswith("toxic may be the outcome") for text in warned)
    write_outcome(result, tmp_path)
    visible, folded = build_outcome_page(tmp_path).read_text().split("How it was done", 1)
    assert "toxic may be the outcome" in visible
    assert "No stability filter" in folded


def test_few_competing_events_are_said_to_have_no_model() -> None:
    features, clinical = make_cohort()
    places = np.flatnonzero(clinical["status"] == "other death")
    clinical.loc[places[4:], "status"] = "alive"
    text = " ".join(evaluate_outcome(features, clinical, settings=FAST, **ASKED).summary["sentences"])
    assert "4 competing events among the subjects of the models" in text
    assert "two Cox models" not in text


def test_an_external_cohort_may_lack_competing_events() -> None:
    features, clinical = make_cohort(5, 90, prefix="x")
    clinical["status"] = clinical["status"].replace({"other death": "lost to follow-up"})
    result = validate_outcome(make_cohort(), (features, clinical), settings=EXTERNAL, **ASKED)
    assert result.summary["competing_events"] == 0
    assert "calibration_slope" not in set(result.performance["metric"])
    clinical["status"] = "alive"
    with pytest.raises(TooFewError, match="no external subject has the event"):
        validate_outcome(make_cohort(), (features, clinical), settings=EXTERNAL, **ASKED)


def test_external_subjects_are_judged_by_their_incidence() -> None:
    external = make_cohort(5, 90, prefix="x")
    settings = OutcomeSettings(bootstraps=100, penalizer=0.1, l1_ratio=0.0)
    result = validate_outcome(make_cohort(), external, settings=settings, **ASKED)
    rows = result.predictions.query("model == 'radiomic'")
    expected = harrell_c(rows["time"], rows["event"] == 1, rows["risk"], rows["event"] == 2)
    assert c_of(result, "radiomic") == pytest.approx(expected)
    found = result.summary["risk_groups"]["radiomic"]
    assert found["measure"] == "cumulative incidence"
    assert found["of_groups"][0] > found["of_groups"][1]
    assert found["difference"][1] < found["difference"][0] < found["difference"][2]
    assert "competing events" in " ".join(result.summary["sentences"])


def test_refits_and_permutations_keep_the_competing_events() -> None:
    features, clinical = make_cohort(subjects=60)
    settings = FAST.changed(permutations=3, folds=2, repeats=1)
    few = features[["subject", "f0", "f1"]]
    result = evaluate_outcome(few, clinical, settings=settings, **ASKED)
    assert 0 < result.summary["permutation_p"]["radiomic"] <= 1
    data = prepared_for(few, clinical, settings)
    task = survival_task(data.y, find_horizons(data.y, ()))
    scores = refit_sample(data, settings, ["radiomic"], task, 1)
    assert np.isfinite(scores["radiomic", "harrell_c", None]).all()


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"competing": ["death of other cause"]}, "declared as competing"),  # misspelt
        ({"settings": OutcomeSettings(method="firth")}, "no competing events"),
        ({"competing": ["relapse"]}, "both event_value and competing"),
        ({"competing": ["alive"], "target": "status", "time": "", "event": ""}, "belongs to time and event"),
    ],
)
def test_competing_events_that_cannot_be_are_refused(asked: dict, words: str) -> None:
    with pytest.raises(InputError, match=words):
        evaluate_outcome(*make_cohort(), **{"settings": FAST, **ASKED, **asked})
