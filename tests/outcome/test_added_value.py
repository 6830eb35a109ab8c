"""Conditional permutation: what stays, what goes, and what the p values of the gains say."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

from nbradiomics.clinical import Endpoint
from nbradiomics.outcome import OutcomeSettings, Predictors, evaluate_outcome
from nbradiomics.outcome.added_value import GainTest, given_columns
from nbradiomics.outcome.added_value_text import verdict_with_p
from nbradiomics.outcome.conditional import ConditionalFeatures
from nbradiomics.outcome.prepared import prepare
from nbradiomics.tables import RowsOfReader
from tests.support.outcome_tables import make_cohort

QUICK = OutcomeSettings(
    folds=2, repeats=1, bootstraps=0, permutations=19, penalizer=0.2, l1_ratio=0.0, correlation=1.0
)
ENDPOINT = {"time": "months", "event": "dead"}
CLINICAL, VOLUME = "harrell_c_gain_over_clinical", "harrell_c_gain_over_volume"


def correlated(subjects: int = 400, seed: int = 0) -> tuple[np.ndarray, pd.DataFrame]:
    """A covariate, and skewed features that go with it, with each other and with something else."""
    rng = np.random.default_rng(seed)
    z, hidden = rng.normal(size=(subjects, 1)), rng.normal(size=(subjects, 1))
    x = 0.7 * z + 0.6 * hidden + 0.4 * rng.normal(size=(subjects, 4))
    x[:, 3] = hidden[:, 0]
    return z, pd.DataFrame(np.exp(x), columns=list("abcd"))


def test_relations_to_the_given_columns_and_among_features_stay_and_others_go() -> None:
    z, features = correlated()
    split = ConditionalFeatures.of(features, z)
    drawn = split.permuted(np.random.default_rng(1))
    before, after = (np.corrcoef(np.log(table).T, z.T) for table in (features, drawn))
    assert after == pytest.approx(before, abs=0.05)
    pairs = [np.corrcoef(np.log(features[name]), np.log(drawn[name]))[0, 1] for name in "abcd"]
    # Only what the covariate explains is common to both: 0.7^2 of 1.01 for three, nothing for the last.
    assert pairs == pytest.approx([0.485, 0.485, 0.485, 0.0], abs=0.12)


def test_the_regression_is_that_of_least_squares_and_is_the_same_afterwards() -> None:
    rng = np.random.default_rng(3)
    z, x = rng.normal(size=(50, 3)), rng.normal(size=(50, 2))
    split = ConditionalFeatures.of(pd.DataFrame(x), np.hstack([z, z[:, :1] - 2 * z[:, 1:2]]))
    assert split.rank == 3
    design = np.column_stack([np.ones(50), z])
    theirs = design @ np.linalg.lstsq(design, split.symmetric, rcond=None)[0]
    assert split.basis @ (split.basis.T @ split.symmetric) == pytest.approx(theirs)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.floats(0, 0.4))
def test_values_stay_in_their_range_and_are_missing_where_they_were(seed: int, share: float) -> None:
    rng = np.random.default_rng(seed)
    z, features = correlated(40, seed)
    features = features.mask(rng.random(features.shape) < share).assign(same=1.0, none=np.nan)
    drawn = ConditionalFeatures.of(features, z).permuted(rng)
    assert list(drawn) == list("abcd")
    known = features[list("abcd")]
    assert (drawn.isna() == known.isna()).to_numpy().all()
    assert ((drawn.max() <= known.max()) & (drawn.min() >= known.min())).all()


def test_a_feature_that_the_given_columns_explain_stays() -> None:
    z, features = correlated(80)
    exact = ConditionalFeatures.of(features.assign(copy=z[:, 0] * 3 + 1), z)
    given_power = exact.symmetric[:, exact.names.index("copy")][:, None]
    split = ConditionalFeatures.of(features.assign(copy=z[:, 0] * 3 + 1), given_power)
    drawn = split.permuted(np.random.default_rng(0))
    assert drawn["copy"].to_numpy() == pytest.approx(z[:, 0] * 3 + 1)
    assert not np.allclose(drawn["a"], features["a"])


def prognostic(effect: float, seed: int = 0) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Age carries the hazard; all features copy age with noise, and the first one may carry its own."""
    features, clinical = make_cohort(seed, subjects=80, features=4, effect=effect, age=1.2)
    names = ["f0", "f1", "f2", "f3"]
    features[names] = features[names] + 1.2 * (clinical[["age"]].to_numpy() - 60) / 10
    features["original_shape_MeshVolume"] = np.exp(features["f1"] + 2)
    return features, clinical


@pytest.mark.slow
def test_a_copy_of_the_covariate_adds_nothing_and_a_signal_of_its_own_does() -> None:
    options = {
        **ENDPOINT,
        "covariates": ["age"],
        "settings": QUICK,
        "feature_names": ["f*", "original_shape_MeshVolume"],
    }
    nothing = evaluate_outcome(*prognostic(0.0), **options)
    signal = evaluate_outcome(*prognostic(1.5), **options)
    assert signal.summary["gain_p"] == {CLINICAL: pytest.approx(0.05), VOLUME: pytest.approx(0.05)}
    assert nothing.summary["gain_p"][CLINICAL] > 0.1
    assert all(round(20 * p, 9) in range(1, 21) for p in nothing.summary["gain_p"].values())
    # The permutation of the outcome cannot tell: the covariate is enough for it.
    assert nothing.summary["permutation_p"]["combined"] == pytest.approx(0.05)


def test_without_permutations_there_is_no_p_of_a_gain() -> None:
    asked = QUICK.changed(permutations=0)
    result = evaluate_outcome(*prognostic(0.0), **ENDPOINT, covariates=["age"], settings=asked)
    assert result.summary["gain_p"] == {}
    assert "conditional" not in " ".join(result.summary["sentences"])


def test_too_many_columns_for_the_subjects_are_not_tested_and_it_is_said() -> None:
    features, clinical = prognostic(0.0)
    rng = np.random.default_rng(0)
    clinical = clinical.assign(**{f"z{number}": rng.normal(size=80) for number in range(14)})
    result = evaluate_outcome(
        features,
        clinical,
        **ENDPOINT,
        feature_names=["f*"],
        covariates=[f"z{number}" for number in range(14)],
        settings=QUICK.changed(permutations=1),
    )
    assert result.summary["gain_p"] == {CLINICAL: None, VOLUME: pytest.approx(0.75, abs=0.26)}
    assert "not tested, 14 columns in 80 subjects are too many" in " ".join(result.summary["sentences"])
    answer = result.summary["answers"]["Better than the clinical data?"]
    assert answer.endswith("not tested by conditional permutation.")


def test_the_p_values_are_said_and_classes_are_tested_too() -> None:
    features, clinical = prognostic(1.5)
    clinical["late"] = np.where(clinical["months"] > clinical["months"].median(), "yes", "no")
    asked = QUICK.changed(permutations=2)
    names = ["f*", "original_shape_MeshVolume"]
    result = evaluate_outcome(
        features, clinical, target="late", covariates=["age"], feature_names=names, settings=asked
    )
    tested = result.summary["gain_p"]
    gains = ["roc_auc_gain_over_clinical", "roc_auc_gain_over_volume"]
    assert list(tested) == gains
    assert all(round(3 * p, 9) in (1, 2, 3) for p in tested.values())
    questions = ("Better than the clinical data?", "Better than the volume alone?")
    text = " ".join(result.summary["sentences"])
    over = ("combined model over the clinical one", "radiomic model over the volume alone")
    for gain, question, models in zip(gains, questions, over, strict=True):
        p = f"p = {tested[gain]:.3f}"
        few = "conditional permutation; 2 permutations are too few for a verdict"
        assert f"{p} ({few})" in result.summary["answers"][question]
        assert f"Gain in the ROC area of the {models}: {p} (2 conditional permutations" in text


def test_sites_that_are_held_out_belong_to_what_is_given() -> None:
    features, clinical = prognostic(0.0)
    names = ["f*", "original_shape_MeshVolume"]
    prepared = prepare(
        features,
        clinical.assign(site=np.array(["a", "b", "c", "d"])[np.arange(80) % 4]),
        Endpoint(**ENDPOINT),
        Predictors(covariates=["age"], feature_names=names, leave_out="site"),
        RowsOfReader(),
        None,
        QUICK,
        folds=1,
    )
    columns = given_columns(prepared.data, QUICK, "clinical")
    assert columns.shape == (80, 5)
    assert ConditionalFeatures.of(features[["f0"]], columns).rank == 4
    volume = given_columns(prepared.data, QUICK.changed(power_transform=False), "volume")
    assert volume.shape == (80, 8)
    # The volume is one of the features, and stays as it is whatever the settings.
    split = ConditionalFeatures.of(features[names[1:]], volume)
    kept = split.permuted(np.random.default_rng(0)).iloc[:, 0]
    assert kept.to_numpy() == pytest.approx(features[names[1]].to_numpy())


@pytest.mark.parametrize(
    ("verdict", "value", "p", "expected"),
    [
        ("a gain", 0.1, 0.01, "a gain, p = 0.010 (conditional permutation)"),
        ("a gain", 0.1, 0.3, "a gain; p = 0.300 (conditional permutation), so it was not shown that"),
        (
            "no gain was shown",
            0.1,
            0.01,
            "no gain was shown; p = 0.010 (conditional permutation): the features are",
        ),
        ("no gain was shown", -0.1, 0.01, "beyond the covariates; the model gains nothing by it"),
        ("", 0.1, 0.3, "p = 0.300 (conditional permutation), so it was not shown"),
    ],
)
def test_the_verdict_says_what_interval_and_p_say(verdict, value, p, expected) -> None:
    assert expected in verdict_with_p(verdict, value, GainTest(p, 99, 0, "covariates"), 0.05)
    assert verdict_with_p(verdict, value, None, 0.05) == verdict
