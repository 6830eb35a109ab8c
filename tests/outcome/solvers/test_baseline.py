"""Predicted survival against lifelines and by its properties."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st
from lifelines import CoxPHFitter, NelsonAalenFitter

from nbradiomics.outcome import survival_array
from nbradiomics.outcome.solvers import predicted_survival
from nbradiomics.outcome.solvers.cox_likelihood import martingale_residuals
from nbradiomics.outcome.solvers.risk_sets import RiskSets


def cohort(seed: int, subjects: int, *, ties: bool = False) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(subjects, 2))
    time, end = rng.exponential(np.exp(-x[:, 0])), rng.exponential(2, subjects)
    observed = np.minimum(time, end) + 1e-6
    return x, survival_array(np.ceil(4 * observed) if ties else observed, time <= end)


def test_survival_is_that_of_lifelines_without_ties() -> None:
    x, y = cohort(0, 80)
    frame = pd.DataFrame({"a": x[:, 0], "b": x[:, 1], "time": y["time"], "event": y["event"]})
    fitter = CoxPHFitter().fit(frame, "time", "event")
    beta = fitter.params_.to_numpy()
    new = np.array([[0.0, 1.0], [1.5, -1.0]])
    expected = fitter.predict_survival_function(pd.DataFrame(new, columns=["a", "b"]))
    found = predicted_survival(y, x @ beta, new @ beta, expected.index.to_numpy())
    np.testing.assert_allclose(found, expected.T, atol=1e-12)


@pytest.mark.parametrize("ties", [False, True])
def test_without_any_column_it_is_the_hazard_of_nelson_and_aalen(ties: bool) -> None:
    _, y = cohort(1, 60, ties=ties)
    times = np.unique(y["time"])
    found = predicted_survival(y, np.zeros(60), np.zeros(1), times)[0]
    # lifelines smooths tied events in the same way as Efron: 1/n + 1/(n - 1) ...
    fitter = NelsonAalenFitter(nelson_aalen_smoothing=True).fit(y["time"], y["event"])
    expected = np.exp(-fitter.cumulative_hazard_at_times(times).to_numpy())
    np.testing.assert_allclose(found, expected, atol=1e-9)


@settings(max_examples=40)
@given(st.integers(0, 1000), st.integers(8, 40), st.booleans(), st.floats(-20, 20))
def test_it_falls_with_time_and_risk_and_does_not_depend_on_the_zero_of_the_risk(
    seed: int, subjects: int, ties: bool, shift: float
) -> None:
    x, y = cohort(seed, subjects, ties=ties)
    if not y["event"].any():
        return
    eta, times = x[:, 0], np.linspace(0, y["time"].max() * 1.2, 9)
    found = predicted_survival(y, eta, np.sort(eta), times)
    assert ((found >= 0) & (found <= 1)).all()
    assert (found[:, 0] == 1).all()
    assert (np.diff(found, axis=1) <= 1e-12).all()
    assert (np.diff(found, axis=0) <= 1e-12).all()
    np.testing.assert_allclose(
        found, predicted_survival(y, eta + shift, np.sort(eta) + shift, times), atol=1e-9
    )
    # As many events are predicted as happened: the martingale residuals of the training add up to 0.
    assert martingale_residuals(np.sort(eta)[::-1], RiskSets.of(y)).sum() == pytest.approx(0, abs=1e-9)


def test_a_risk_without_bounds_is_certain_death_after_the_first_event_and_nothing_before() -> None:
    y = survival_array([1.0, 2.0, 3.0], [1, 1, 0])
    survival = predicted_survival(y, np.zeros(3), np.array([1e4, -1e4]), np.array([0.5, 1.0, 2.5]))
    assert survival.tolist() == [[1, 0, 0], [1, 1, 1]]
