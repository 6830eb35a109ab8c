"""The Cox estimator: contract, agreement with lifelines, failures."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from lifelines import CoxPHFitter
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from nbradiomics.errors import InputError
from nbradiomics.outcome import NotConvergedError, PenalisedCox, penalised, survival_array
from nbradiomics.outcome.solvers import NoMaximumError, fit_path


@pytest.fixture
def cohort():
    rng = np.random.default_rng(3)
    X = pd.DataFrame(rng.normal(size=(80, 4)) * [1, 5, 0.1, 1] + 3, columns=["a", "b", "time", "event"])
    time = rng.exponential(np.exp(-X["a"]))
    censored = rng.exponential(np.median(time) * 2, size=80)
    return X, survival_array(np.minimum(time, censored) + 1e-9, time <= censored)


def test_survival_array_has_the_form_of_scikit_survival():
    y = survival_array([3, 4.5], [1, 0])
    assert y.dtype.names == ("event", "time")
    assert y.dtype["event"] == np.dtype(bool)
    assert y.tolist() == [(True, 3.0), (False, 4.5)]


@pytest.mark.parametrize("l1_ratio", [0.0, 0.5])
def test_equals_lifelines_even_with_columns_named_as_the_endpoint(cohort, l1_ratio):
    X, y = cohort
    model = PenalisedCox(penalizer=0.2, l1_ratio=l1_ratio).fit(X, y)
    table = X.rename(columns={"time": "c", "event": "d"}).assign(T=y["time"], E=y["event"])
    witness = CoxPHFitter(penalizer=0.2, l1_ratio=l1_ratio).fit(table, "T", "E")
    # lifelines ends at a lower precision.
    np.testing.assert_allclose(model.coef_, witness.params_.to_numpy(), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(model.predict(X), witness.predict_log_partial_hazard(table), atol=4e-4)
    assert model.retries_ == 0


def test_recovers_a_known_hazard_ratio():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(3000, 2))
    y = survival_array(rng.exponential(np.exp(-X @ [0.7, -0.3])), np.ones(3000))
    # The standard error with 3000 events is 1 / sqrt(3000) = 0.018; four of them.
    np.testing.assert_allclose(PenalisedCox(penalizer=0.0).fit(X, y).coef_, [0.7, -0.3], atol=0.075)


def test_blocks_may_have_other_penalties(cohort):
    X, y = cohort
    X = X.set_axis(["radiomic__a", "numeric__b", "radiomic__c", "plain"], axis=1)
    model = PenalisedCox(0.5, block_penalizers={"numeric": 0.01}).fit(X, y)
    assert model.penalizers_.tolist() == [0.5, 0.01, 0.5, 0.5]
    table = X.assign(T=y["time"], E=y["event"])
    witness = CoxPHFitter(penalizer=np.array([0.5, 0.01, 0.5, 0.5])).fit(table, "T", "E")
    np.testing.assert_allclose(model.coef_, witness.params_.to_numpy(), rtol=1e-4, atol=1e-6)


def test_contract(cohort):
    X, y = cohort
    model = PenalisedCox(penalizer=0.3, l1_ratio=0.5)
    assert clone(model).get_params() == {
        "penalizer": 0.3,
        "l1_ratio": 0.5,
        "block_penalizers": None,
        "seed": 0,
    }
    with pytest.raises(NotFittedError):
        model.predict(X)
    assert model.fit(X, y) is model
    assert model.n_features_in_ == 4
    assert model.feature_names_in_.tolist() == X.columns.tolist()
    assert model.predict(X).shape == (80,)
    with pytest.raises(ValueError, match="feature names"):
        model.predict(X[["b", "a", "time", "event"]])
    with pytest.raises(ValueError, match="NaN"):
        model.fit(X.assign(a=np.nan), y)
    first = model.fit(X, y).coef_
    np.testing.assert_array_equal(first, PenalisedCox(0.3, 0.5).fit(X, y).coef_)


def test_no_column_is_a_constant_risk(cohort):
    X, y = cohort
    model = PenalisedCox().fit(X.iloc[:, :0], y)
    assert model.coef_.shape == (0,)
    np.testing.assert_array_equal(model.predict(X.iloc[:5, :0]), np.zeros(5))


@pytest.mark.parametrize("y", [np.arange(80.0), np.zeros(79, dtype=[("event", bool), ("time", float)])])
def test_another_form_of_the_endpoint_is_refused(cohort, y):
    with pytest.raises(InputError, match="fields event and time"):
        PenalisedCox().fit(cohort[0], y)


def test_no_event_is_refused(cohort):
    X, y = cohort
    with pytest.raises(InputError, match="no subject had the event"):
        PenalisedCox().fit(X, survival_array(y["time"], np.zeros(80)))


def fail_below(limit, monkeypatch):
    def failing(values, y, penalty, strengths):
        if strengths.max() < limit:
            raise NoMaximumError("Newton's method did not end")
        return fit_path(values, y, penalty, strengths)

    monkeypatch.setattr(penalised, "fit_path", failing)


def test_without_convergence_the_penalty_is_raised_tenfold(cohort, monkeypatch):
    X, y = cohort
    expected = PenalisedCox(penalizer=1.0).fit(X, y).coef_
    fail_below(0.5, monkeypatch)
    model = PenalisedCox(penalizer=0.1).fit(X, y)
    assert model.retries_ == 1
    np.testing.assert_allclose(model.penalizers_, 1.0)
    np.testing.assert_allclose(model.coef_, expected)


def test_a_model_that_never_converges_is_a_failure_not_a_zero(cohort, monkeypatch):
    fail_below(np.inf, monkeypatch)
    with pytest.raises(NotConvergedError, match=r"penalizer 0: .*penalizer 0\.01: .*penalizer 1: "):
        PenalisedCox(penalizer=0.0).fit(*cohort)


def test_separation_without_penalty_ends_in_a_larger_penalty():
    # The events come in the order of x: the coefficient of maximum likelihood is infinite.
    rng = np.random.default_rng(1)
    x = np.sort(rng.normal(size=40))[::-1]
    model = PenalisedCox(penalizer=0.0).fit(x[:, None], survival_array(np.arange(1, 41), np.ones(40)))
    assert model.retries_ > 0
    assert 0 < model.coef_[0] < 100
