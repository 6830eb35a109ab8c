"""Logistic regression: against scikit-learn, the conditions of an optimum, and by property."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, strategies as st
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from nbradiomics.outcome.solvers import (
    NoMaximumError,
    Penalty,
    fit_path,
    fit_ridge,
    largest_strength,
    likelihood_of,
    training_folds,
    tune,
)
from nbradiomics.outcome.solvers.logistic_likelihood import most_likely_intercept


def planted(seed: int, subjects: int, columns: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(subjects, columns)) * rng.uniform(0.1, 10, columns) + 3
    standard = (x - x.mean(axis=0)) / x.std(axis=0)
    return x, rng.random(subjects) < expit(standard[:, :3].sum(axis=1) - 0.5)


def standardised(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    spread = x.std(axis=0, ddof=1)
    return (x - x.mean(axis=0)) / spread, spread


@pytest.mark.parametrize(("subjects", "columns"), [(60, 5), (40, 200)])
@pytest.mark.parametrize("strength", [0.01, 0.5])
def test_ridge_is_scikit_learns(subjects: int, columns: int, strength: float) -> None:
    x, y = planted(1, subjects, columns)
    ours = fit_ridge(x, y, np.full(columns, strength))
    scaled, spread = standardised(x)
    model = LogisticRegression(C=1 / (subjects * strength), tol=1e-12, max_iter=10_000)
    theirs = model.fit(scaled, y)
    assert ours * spread == pytest.approx(theirs.coef_[0], abs=1e-6)
    intercept = most_likely_intercept((x - x.mean(axis=0)) @ ours, y.astype(float))
    assert intercept == pytest.approx(theirs.intercept_[0], abs=1e-6)


@pytest.mark.parametrize("mixture", [0.5, 1.0])
def test_an_elastic_net_is_scikit_learns(mixture: float) -> None:
    x, y = planted(2, 80, 20)
    strengths = np.array([0.1, 0.03])
    path = fit_path(x, y, Penalty.elastic_net(np.ones(20), mixture), strengths)
    scaled, spread = standardised(x)
    for strength, ours in zip(strengths, path, strict=True):
        model = LogisticRegression(
            C=1 / (80 * strength), l1_ratio=mixture, solver="saga", tol=1e-10, max_iter=100_000
        )
        assert ours * spread == pytest.approx(model.fit(scaled, y).coef_[0], abs=1e-5)


def test_without_a_penalty_the_slopes_are_the_most_likely_ones() -> None:
    x, y = planted(3, 200, 4)
    slopes = fit_ridge(x, y, np.zeros(4))
    eta = likelihood_of(y).with_intercept((x - x.mean(axis=0)) @ slopes)
    gradient = likelihood_of(y).residuals(eta) @ np.c_[np.ones(200), standardised(x)[0]]
    assert gradient == pytest.approx(0, abs=1e-6)


def test_columns_with_a_light_fixed_penalty_stay_in_the_model() -> None:
    x, y = planted(4, 60, 30)
    free = np.r_[np.zeros(2), np.ones(28)]
    penalty = Penalty.elastic_net(free, 1.0, np.where(free, 0, 0.1))
    most = largest_strength(x, y, penalty)
    path = fit_path(x, y, penalty, most * np.array([1.001, 0.999, 0.3]))
    assert (path[:, :2] != 0).all()
    assert [(row[2:] != 0).sum() for row in path[:2]] == [0, 1]
    assert (path[2, 2:] != 0).sum() > 1


def test_separated_classes_without_a_penalty_have_no_maximum() -> None:
    x = np.arange(20.0)[:, None]
    with pytest.raises(NoMaximumError):
        fit_path(x, x[:, 0] > 9, Penalty.elastic_net(np.ones(1), 1.0), np.array([1e-9]))


@given(
    st.lists(st.floats(-20, 20), min_size=2, max_size=30),
    st.integers(0, 2**30),
)
def test_the_intercept_expects_as_many_positives_as_there_are(eta: list[float], bits: int) -> None:
    values = np.array(eta)
    y = np.array([bits >> place & 1 for place in range(len(eta))], dtype=float)
    at = most_likely_intercept(values, y)
    if 0 < y.mean() < 1:
        assert expit(values + at).sum() == pytest.approx(y.sum(), abs=1e-6)
    else:
        assert abs(at) == 30


def test_tuning_finds_signal_and_chooses_the_likeliest_model_for_unseen_subjects() -> None:
    x, y = planted(5, 150, 40)
    folds = training_folds(y, 5, 0)
    kinds = [Penalty.elastic_net(np.ones(40), mixture) for mixture in (0.0, 0.5)]
    tuned = tune(x, y, kinds, folds)
    assert tuned.chosen == np.argmax(tuned.likelihood)
    null = np.zeros((150, 1))
    nothing = sum(likelihood_of(y).unseen(null, train)[0] for train in folds)
    assert tuned.likelihood[tuned.chosen] > nothing + 5
    assert set(np.argsort(-np.abs(tuned.coefficients * x.std(axis=0)))[:3]) == {0, 1, 2}


def test_unseen_subjects_get_the_intercept_of_the_training() -> None:
    y = np.array([1, 1, 0, 1, 0, 0, 0, 0], dtype=bool)
    train = np.arange(4)
    (value,) = likelihood_of(y).unseen(np.zeros((8, 1)), train)
    assert value == pytest.approx(4 * np.log(1 - 0.75))
    assert {len(part) for part in training_folds(y, 5, 0)} == {5, 6}
