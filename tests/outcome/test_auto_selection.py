"""`auto`: what it chooses by, that it sees training subjects alone, and that it says what it chose."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from nbradiomics.outcome import OutcomeSettings, auto_selection, evaluate_outcome, trees, validate_outcome
from nbradiomics.outcome.auto_selection import choose_selection, log_likelihood_of_unseen
from nbradiomics.outcome.crossvalidation import make_splits, run_repeat
from nbradiomics.outcome.logistic import OneVsRestLogistic
from nbradiomics.outcome.settings import AUTO_GRID
from nbradiomics.outcome.solvers import likelihood_of, training_folds
from nbradiomics.outcome.tasks import Classification
from tests.outcome.test_leakage import TASK, make_data, spoil
from tests.support.outcome_tables import make_cohort

AUTO = OutcomeSettings(
    folds=3,
    repeats=1,
    bootstraps=0,
    refits=0,
    penalizer=0.3,
    l1_ratio=0.0,
    selection="auto",
    selected=3,
    icc_threshold=0.5,
)


@pytest.mark.parametrize("model", ["radiomic", "combined"])
def test_held_out_subjects_change_neither_the_scores_nor_the_choice(model, monkeypatch) -> None:
    data = make_data()
    seen: list[float] = []
    real = auto_selection._unseen
    monkeypatch.setattr(auto_selection, "_unseen", lambda *given: seen.append(real(*given)) or seen[-1])
    train, test = make_splits(data.y, AUTO)[0][0]
    choices = [choose_selection(model, each, AUTO, TASK, train) for each in (data, spoil(data, test, seed=7))]
    assert choices[0] == choices[1]
    half = len(seen) // 2
    assert half == 3 * len(AUTO_GRID)
    np.testing.assert_allclose(seen[:half], seen[half:], rtol=1e-9)
    # The same comparison sees a change of training subjects.
    choose_selection(model, spoil(data, train[:5], seed=7), AUTO, TASK, train)
    assert not np.allclose(seen[:half], seen[2 * half :])


def test_what_a_left_out_training_subject_is_does_not_reach_the_models_that_judge_it(monkeypatch) -> None:
    data = make_data(rated=False)
    train, _ = make_splits(data.y, AUTO)[0][0]
    inner = training_folds(data.y[train], 3, AUTO.seed, data.frame.index[train])[0]
    left_out = np.setdiff1d(train, train[inner])
    states: list[list[float]] = []

    def fitted(estimator, columns, y, known):
        states[-1].append(float(np.abs(estimator.coef_).sum()))
        return 0.0

    monkeypatch.setattr(auto_selection, "log_likelihood_of_unseen", fitted)
    frame = data.frame.copy()
    frame.iloc[left_out, :12] = 1e4
    for each in (data, data.with_columns(frame[list(data.radiomic)])):
        states.append([])
        choose_selection("combined", each, AUTO, TASK, train)
    first = slice(0, len(AUTO_GRID))
    np.testing.assert_allclose(states[0][first], states[1][first], rtol=1e-9)
    assert not np.allclose(states[0], states[1])


def test_ties_go_to_the_simplest(monkeypatch) -> None:
    data = make_data(rated=False)
    monkeypatch.setattr(auto_selection, "_unseen", lambda *_: -3.0)
    train = np.arange(30)
    assert choose_selection("radiomic", data, AUTO, TASK, train) == "none"
    monkeypatch.setattr(auto_selection, "_unseen", lambda *given: float(given[3].selection == "pca"))
    assert choose_selection("radiomic", data, AUTO, TASK, train) == "pca"


def test_the_score_is_the_likelihood_of_those_who_were_left_out() -> None:
    rng = np.random.default_rng(0)
    columns = pd.DataFrame(rng.normal(size=(60, 2)), columns=["radiomic__a", "radiomic__b"])
    y = (rng.random(60) < expit(columns.to_numpy()[:, 0])).astype(np.intp)
    train, rest = np.arange(40), np.arange(40, 60)
    model = OneVsRestLogistic(0.1, 0.0, {}).fit(columns.iloc[train], y[train])
    probability = model.predict_proba(columns.iloc[rest])[np.arange(20), y[rest]]
    ours = log_likelihood_of_unseen(model, columns, y, train)
    assert ours == pytest.approx(np.log(probability).sum())
    eta = columns.to_numpy() @ model.models_[0].coef_
    assert ours == pytest.approx(likelihood_of(y.astype(bool)).unseen(eta[:, None], train)[0])


def test_a_grid_that_says_what_it_chose() -> None:
    features, clinical = make_cohort(features=6)
    options = {"time": "months", "event": "dead", "covariates": ["age"], "settings": AUTO}
    result = evaluate_outcome(features, clinical, **options)
    chosen = result.summary["chosen_selections"]
    assert list(chosen) == ["radiomic", "combined"]
    assert all(list(counts) == list(AUTO_GRID) and sum(counts.values()) == 3 for counts in chosen.values())
    text = " ".join(result.summary["sentences"])
    assert "among none, clusters, univariable, mrmr 3, pca 3: by the likelihood" in text
    first = max(chosen["radiomic"], key=chosen["radiomic"].get)
    assert f"For the radiomic model auto chose {first}" in text
    assert "of 3 folds" in text
    plain = evaluate_outcome(features, clinical, **options | {"settings": AUTO.changed(selection="pca")})
    assert plain.summary["chosen_selections"] == {}
    assert "Features were selected by pca (3) among" in " ".join(plain.summary["sentences"])


def test_a_fold_is_that_of_the_chosen_selection() -> None:
    data = make_data(rated=False)
    splits = make_splits(data.y, AUTO)[0]
    for ours in run_repeat(data, AUTO, ["clinical", "radiomic", "combined"], TASK, 1, splits):
        named = AUTO.changed(selection=ours.selection or "none")
        split = [splits[ours.fold - 1]]
        (theirs,) = run_repeat(data, named, [ours.model], TASK, 1, split)
        np.testing.assert_allclose(ours.risk, theirs.risk)
        assert bool(ours.selection) == (ours.model != "clinical")


@pytest.mark.parametrize("method", ["penalised", "gradient_boosting"])
def test_three_classes_trees_and_other_subjects(method, monkeypatch) -> None:
    monkeypatch.setattr(trees, "STAGES", 10)
    features, clinical = make_cohort(features=4, subjects=90)
    kinds = np.digitize(features["f0"], [-0.5, 0.5])
    clinical["kind"] = np.array(["a", "b", "c"])[kinds]
    asked = OutcomeSettings(bootstraps=0, selection="auto", method=method)
    if method == "penalised":
        asked = asked.changed(penalizer=0.3, l1_ratio=0.0)
    first = features["subject"] < "p50"
    cohorts = [(features[part], clinical[part.to_numpy()]) for part in (first, ~first)]
    result = validate_outcome(*cohorts, target="kind", settings=asked)
    (chosen,) = result.summary["chosen_selections"].values()
    assert sum(chosen.values()) == 1
    assert "For the radiomic model auto chose" in " ".join(result.summary["sentences"])
    assert "In the first cohort auto chose" in " ".join(result.summary["sentences"])


def test_a_class_that_an_inner_training_lacks_is_no_error() -> None:
    data = make_data(rated=False)
    y = np.zeros(40, dtype=np.intp)
    y[[1, 2]], y[3:20] = 2, 1
    task = Classification(("a", "b", "c"))
    assert choose_selection("radiomic", data.with_outcome(y), AUTO, task, np.arange(40)) in AUTO_GRID
