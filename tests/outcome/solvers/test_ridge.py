"""Ridge Cox: the likelihood by its definition, published coefficients, and a maximum that is one."""

from __future__ import annotations

from math import log

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from lifelines.datasets import load_rossi

from nbradiomics.outcome import survival_array
from nbradiomics.outcome.solvers import NoMaximumError, RiskSets, fit_ridge
from nbradiomics.outcome.solvers.cox_likelihood import log_likelihood

#: Log hazard ratios of the recidivism data (Rossi et al. 1980) by R's coxph (Fox and Weisberg 2011).
ROSSI = {
    "fin": -0.37942,
    "age": -0.05744,
    "race": 0.31390,
    "wexp": -0.14980,
    "mar": -0.43370,
    "paro": -0.08487,
    "prio": 0.09150,
}


def by_definition(x: np.ndarray, y: np.ndarray, beta: np.ndarray) -> float:
    """Efron's log partial likelihood, term by term."""
    eta, total = x @ beta, 0.0
    for time in np.unique(y["time"][y["event"]]):
        tied = np.flatnonzero((y["time"] == time) & y["event"])
        at_risk = np.exp(eta[y["time"] >= time]).sum()
        for number, subject in enumerate(tied):
            total += eta[subject] - log(at_risk - number / len(tied) * np.exp(eta[tied]).sum())
    return total


@st.composite
def cohorts(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Columns, endpoint with ties, and coefficients."""
    subjects, columns = draw(st.integers(3, 25)), draw(st.integers(1, 4))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    event = rng.random(subjects) < 0.6
    event[0] = True
    y = survival_array(rng.integers(1, draw(st.integers(2, 30)), subjects), event)
    return rng.normal(size=(subjects, columns)), y, rng.normal(size=columns)


@given(cohorts())
def test_likelihood_gradient_and_curvature_are_those_of_the_definition(
    drawn: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> None:
    x, y, beta = drawn
    sets = RiskSets.of(y)
    value, gradient, curvature = log_likelihood(x[sets.order], beta, sets)
    assert value == pytest.approx(by_definition(x, y, beta), abs=1e-9)
    step = 1e-5
    for column, unit in enumerate(np.eye(len(beta)) * step):
        ahead, behind = (log_likelihood(x[sets.order], beta + sign * unit, sets) for sign in (1, -1))
        assert gradient[column] == pytest.approx((ahead[0] - behind[0]) / (2 * step), abs=1e-5)
        np.testing.assert_allclose(-curvature[column], (ahead[1] - behind[1]) / (2 * step), atol=1e-4)


@settings(max_examples=50)
@given(cohorts(), st.floats(0.01, 10), st.integers(0, 60))
def test_the_gradient_vanishes_at_the_solution_also_with_more_columns_than_subjects(
    drawn: tuple[np.ndarray, np.ndarray, np.ndarray], penalty: float, further: int
) -> None:
    x, y, _ = drawn
    rng = np.random.default_rng(further)
    x = np.hstack([x, rng.normal(size=(len(x), further)) * 100 + 7])
    penalties = penalty * rng.uniform(0.1, 1, x.shape[1])
    spread = x.std(axis=0, ddof=1)
    beta = fit_ridge(x, y, penalties) * spread
    sets = RiskSets.of(y)
    standard = (x - x.mean(axis=0)) / spread
    _, gradient, _ = log_likelihood(standard[sets.order], beta, sets)
    np.testing.assert_allclose(gradient, len(x) * penalties * beta, atol=1e-6 * len(x))


def test_published_coefficients_without_a_penalty() -> None:
    rossi = load_rossi()
    y = survival_array(rossi["week"], rossi["arrest"])
    found = fit_ridge(rossi[list(ROSSI)].to_numpy(dtype=float), y, np.zeros(len(ROSSI)))
    np.testing.assert_allclose(found, list(ROSSI.values()), atol=6e-6)


def test_the_order_and_scale_of_columns_and_subjects_change_nothing() -> None:
    rng = np.random.default_rng(2)
    x = rng.normal(size=(50, 80))
    y = survival_array(rng.integers(1, 20, 50), rng.random(50) < 0.5)
    expected = fit_ridge(x, y, np.full(80, 0.5))
    rows, columns = rng.permutation(50), rng.permutation(80)
    found = fit_ridge(1000 * x[rows][:, columns] - 3, y[rows], np.full(80, 0.5))
    np.testing.assert_allclose(1000 * found, expected[columns], atol=1e-8)


def test_without_a_penalty_two_equal_columns_have_no_solution() -> None:
    rng = np.random.default_rng(3)
    x = np.repeat(rng.normal(size=(30, 1)), 2, axis=1)
    with pytest.raises(NoMaximumError, match="single solution"):
        fit_ridge(x, survival_array(np.arange(1, 31), np.ones(30)), np.zeros(2))


@pytest.mark.parametrize("seed", [360, 384, 428, 717])
def test_weights_that_vanish_are_never_taken_for_a_solution(seed: int) -> None:
    # Columns of extreme outliers: a step of Newton's method leaves risk sets without any weight.
    rng = np.random.default_rng(seed)
    subjects, columns = rng.integers(5, 40), rng.integers(1, 4)
    x = np.exp(rng.uniform(1, 6) * rng.normal(size=(subjects, columns)))
    event = rng.random(subjects) < rng.uniform(0.1, 0.9)
    event[0] = True
    y = survival_array(rng.integers(1, 20, subjects), event)
    try:
        beta = fit_ridge(x, y, np.zeros(columns)) * x.std(axis=0, ddof=1)
    except NoMaximumError:
        return
    sets, standard = RiskSets.of(y), (x - x.mean(axis=0)) / x.std(axis=0, ddof=1)
    with np.errstate(all="ignore"):
        value, gradient, _ = log_likelihood(standard[sets.order], beta, sets)
    assert np.isfinite(value)
    np.testing.assert_allclose(gradient, 0, atol=1e-4)
