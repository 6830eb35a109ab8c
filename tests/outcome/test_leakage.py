"""The heart of the matter: nothing of the held-out subjects reaches what is fitted in a fold."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

from nbradiomics.outcome import (
    OutcomeSettings,
    evaluate_outcome,
    stability as stability_module,
    survival_array,
)
from nbradiomics.outcome.assembly import OutcomeData
from nbradiomics.outcome.crossvalidation import make_splits, run_repeat
from nbradiomics.outcome.horizons import Horizons
from nbradiomics.outcome.stability import Ratings, StabilityRule
from nbradiomics.outcome.tasks import Survival
from tests.support.outcome_models import build_model, coefficients

MODELS = ("clinical", "radiomic", "combined")
TASK = Survival(Horizons((1.0,), 2.0))
SUBJECTS, FEATURES = 40, 12
# A copied table lies otherwise in memory and is summed in another order: the last digits may differ. What
# is planted is larger than that by a factor of 1e15 and more.
ROUNDING = {"rtol": 1e-9, "atol": 1e-9}


def make_data(seed=0, *, rated=True):
    """Features with missing values, an empty and a constant one, covariates, three readers' ratings."""
    rng = np.random.default_rng(seed)
    subjects = [f"s{number:02}" for number in range(SUBJECTS)]
    values = rng.normal(size=(SUBJECTS, FEATURES))
    values[:, 3] = values[:, 2] + 0.1 * rng.normal(size=SUBJECTS)
    values[rng.random(values.shape) < 0.05] = np.nan
    values[:, 10], values[:, 11] = np.nan, 1.0
    names = [f"f{number}" for number in range(FEATURES)]
    frame = pd.DataFrame(values, index=pd.Index(subjects, name="subject"), columns=names)
    frame["age"] = np.where(rng.random(SUBJECTS) < 0.1, np.nan, rng.normal(60, 10, size=SUBJECTS))
    frame["stage"] = rng.choice(np.array(["I", "II", "IV", np.nan], dtype=object), size=SUBJECTS)
    noise = np.linspace(0.05, 1.5, FEATURES).reshape(-1, 1, 1)
    ratings = np.nan_to_num(values.T[:, :, None]) + noise * rng.normal(size=(FEATURES, SUBJECTS, 3))
    rule = StabilityRule("icc", "", ratings=Ratings(ratings, tuple(names), tuple(subjects), ("a", "b", "c")))
    time = rng.exponential(np.exp(-np.nan_to_num(values[:, 0])))
    return OutcomeData(
        frame=frame,
        y=survival_array(time + 1e-6, rng.random(SUBJECTS) < 0.7),
        radiomic=tuple(names),
        numeric=("age",),
        categorical=("stage",),
        stability=rule if rated else StabilityRule("none", ""),
        excluded=pd.DataFrame(columns=["subject", "reason"]),
    )


def spoil(data, test, seed):
    """The same data with everything about the held-out subjects replaced by wild values."""
    rng = np.random.default_rng(seed)
    frame, y = data.frame.copy(), data.y.copy()
    frame.iloc[test, :FEATURES] = 1e4 * rng.normal(size=(len(test), FEATURES))
    frame.loc[frame.index[test], "age"] = -1e5
    frame.loc[frame.index[test], "stage"] = "never seen"
    y["time"][test], y["event"][test] = 1e5, ~y["event"][test]
    values = data.stability.ratings.values.copy()
    values[:, test] = 1e4 * rng.normal(size=values[:, test].shape)
    rule = replace(data.stability, ratings=replace(data.stability.ratings, values=values))
    return replace(data, frame=frame, y=y, stability=rule)


def fitted_state(pipeline, frame):
    """Everything that a fitted pipeline knows: its names, weights, and what it makes of given rows."""
    columns = pipeline.named_steps["columns"].transform(frame)
    return coefficients(pipeline), pipeline.named_steps["cox"].mean_, columns, pipeline.predict(frame)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("l1_ratio", [0.0, 1.0])
def test_held_out_subjects_change_nothing_that_is_fitted(model, l1_ratio):
    options = OutcomeSettings(folds=4, repeats=1, icc_threshold=0.5, l1_ratio=l1_ratio)
    data = make_data()
    for train, test in make_splits(data.y, options)[0][:2]:
        before, after = data, spoil(data, test, seed=7)
        states = [
            fitted_state(
                build_model(model, each, options).fit(each.frame.iloc[train], each.y[train]),
                data.frame.iloc[train],
            )
            for each in (before, after)
        ]
        pd.testing.assert_series_equal(states[0][0], states[1][0], **ROUNDING)
        np.testing.assert_allclose(states[0][1], states[1][1], **ROUNDING)
        pd.testing.assert_frame_equal(states[0][2], states[1][2], **ROUNDING)
        np.testing.assert_allclose(states[0][3], states[1][3], **ROUNDING)


def test_training_subjects_do_change_it():
    # The guard of the test above: the same comparison sees a change where there is one.
    options = OutcomeSettings(folds=4, repeats=1, icc_threshold=0.5)
    data = make_data()
    train, _ = make_splits(data.y, options)[0][0]
    changed = spoil(data, train[:5], seed=7)
    one, other = (
        build_model("radiomic", each, options).fit(each.frame.iloc[train], each.y[train])
        for each in (data, changed)
    )
    assert np.abs(coefficients(one).sub(coefficients(other), fill_value=0)).max() > 0.01


def test_risk_and_cut_off_of_the_other_held_out_subjects_stay():
    options = OutcomeSettings(folds=4, repeats=1, icc_threshold=0.5)
    data = make_data()
    splits = make_splits(data.y, options)[0][:1]
    test = splits[0][1]
    spoilt = spoil(data, test[:3], seed=1)
    before = run_repeat(data, options, MODELS, TASK, 1, splits)
    after = run_repeat(spoilt, options, MODELS, TASK, 1, splits)
    for one, other in zip(before, after, strict=True):
        np.testing.assert_allclose(one.risk[3:], other.risk[3:], **ROUNDING)
        np.testing.assert_array_equal(one.group[3:], other.group[3:])
        pd.testing.assert_frame_equal(one.coefficients, other.coefficients, **ROUNDING)


def test_an_outlier_in_the_test_fold_does_not_move_the_scaling():
    options = OutcomeSettings(folds=4, repeats=1)
    data = make_data(rated=False)
    train, test = make_splits(data.y, options)[0][0]
    frame = data.frame.copy()
    frame.loc[frame.index[test[0]], "f0"] = 1e9
    planted = replace(data, frame=frame)
    scalers = []
    for each in (data, planted):
        pipeline = build_model("radiomic", each, options).fit(each.frame.iloc[train], each.y[train])
        block = pipeline.named_steps["columns"].named_transformers_["radiomic"]
        scalers.append(block.named_steps["unlessempty-2"].transformer_)
    observed = frame["f0"].iloc[train]
    expected = observed.fillna(observed.median()).mean()
    assert scalers[1].mean_[0] == pytest.approx(expected)
    np.testing.assert_allclose(scalers[0].mean_, scalers[1].mean_, **ROUNDING)
    np.testing.assert_allclose(scalers[0].scale_, scalers[1].scale_, **ROUNDING)


def test_the_stability_filter_sees_training_subjects_only(monkeypatch):
    data = make_data()
    options = OutcomeSettings(folds=4, repeats=2, icc_threshold=0.5, missing_features=1)
    seen, real = [], stability_module.icc_of

    def spy(ratings, form, criteria):
        seen.append((ratings, form, criteria.confidence))
        return real(ratings, form, criteria)

    monkeypatch.setattr(stability_module, "icc_of", spy)
    splits = make_splits(data.y, options)
    for repeat, folds in enumerate(splits, start=1):
        run_repeat(data, options, ["radiomic"], TASK, repeat, folds)
    trains = [train for folds in splits for train, _ in folds]
    assert len(seen) == len(trains) == 8
    for (ratings, form, confidence), train in zip(seen, trains, strict=True):
        assert (form, confidence) == ("A,1", 0.95)
        # f10 is empty and f11 constant: they are gone before the filter.
        np.testing.assert_array_equal(ratings, data.stability.ratings.values[:10][:, np.sort(train)])


@settings(max_examples=25, deadline=None)
@given(st.integers(10, 60), st.integers(0, 1000), st.integers(2, 5), st.floats(0.2, 1.0))
def test_each_subject_is_held_out_once_per_repeat_and_never_trains_its_own_fold(subjects, seed, folds, share):
    event = np.random.default_rng(seed).random(subjects) < share
    y = survival_array(np.arange(1, subjects + 1), event)
    splits = make_splits(y, OutcomeSettings(folds=folds, repeats=2, seed=seed))
    assert len(splits) == 2
    for repeat in splits:
        held_out = np.concatenate([test for _, test in repeat])
        assert sorted(held_out) == list(range(subjects))
        assert all(not set(train) & set(test) for train, test in repeat)
        assert all(len(train) + len(test) == subjects for train, test in repeat)
        if min(event.sum(), (~event).sum()) >= folds:
            held = [int(event[test].sum()) for _, test in repeat]
            assert max(held) - min(held) <= 1


def noise_cohort(seed, subjects=60, features=80):
    rng = np.random.default_rng(seed)
    names = [f"f{number}" for number in range(features)]
    table = pd.DataFrame(rng.normal(size=(subjects, features)), columns=names)
    table.insert(0, "subject", [f"s{number:02}" for number in range(subjects)])
    clinical = pd.DataFrame({"subject": table["subject"], "t": rng.exponential(size=subjects) + 1e-6})
    return table, clinical.assign(e=(rng.random(subjects) < 0.5).astype(int))


@pytest.mark.slow
def test_many_features_of_pure_noise_give_chance():
    options = OutcomeSettings(folds=3, repeats=1, bootstraps=0)
    found = []
    for seed in range(10):
        result = evaluate_outcome(*noise_cohort(seed), time="t", event="e", settings=options)
        found.append(result.performance["value"].iloc[0])
    # One such C has a standard deviation of about 0.06 to 0.07, the mean of ten of 0.02. Features chosen
    # by their outcome outside the folds would give 0.7 and more.
    assert 0.43 < np.mean(found) < 0.56
    assert max(found) < 0.72
