"""Measures with competing events, beside R (`tests/support/competing_witness.R`) and by definition."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from nbradiomics.errors import InputError
from nbradiomics.outcome import survival_array
from nbradiomics.outcome.measures import (
    brier_score,
    calibration_curve,
    cumulative_dynamic_auc,
    cumulative_incidence,
    decision_curve,
    harrell_c,
    observed_expected_ratio,
    uno_c,
)
from nbradiomics.outcome.measures.aalen_johansen import Steps
from nbradiomics.outcome.measures.arguments import Observed
from nbradiomics.outcome.measures.kaplan_meier import survival_at
from nbradiomics.outcome.solvers import Hazard, fit_ridge, predicted_incidence, predicted_survival

NUMBER = np.arange(1, 61)
TIME = ((NUMBER * 37) % 101) / 10 + 0.1
CODE = (NUMBER * NUMBER + NUMBER // 4) % 3
EVENT, COMPETING = CODE == 1, CODE == 2
COLUMNS = np.stack([np.sin(NUMBER * 1.3), np.cos(NUMBER * 2.1)], axis=1)
RISK = COLUMNS[:, 0] - 0.3 * COLUMNS[:, 1] - TIME / 8
PROBABILITY = 1 / (1 + np.exp(-RISK))


def test_incidence_and_its_variance_are_those_of_r() -> None:
    curve = cumulative_incidence(TIME, EVENT, COMPETING).set_index("time")
    assert curve.loc[[3.0, 6.0], "incidence"].tolist() == pytest.approx([0.054089386010, 0.160257092675])
    steps = Steps.of(Observed.of(TIME, EVENT, COMPETING))
    errors = np.sqrt(steps.variance)[np.searchsorted(steps.times, [3.0, 6.0])]
    assert errors == pytest.approx([0.0303748819081, 0.0523973519184])
    known = curve["low"].notna()
    assert (curve["low"] < curve["incidence"])[known].all()
    assert (curve["incidence"] < curve["high"])[known].all()


def test_scores_are_those_of_r() -> None:
    area = cumulative_dynamic_auc(TIME, EVENT, PROBABILITY, [3, 6], competing=COMPETING)
    assert area == pytest.approx([0.824237871725, 0.727316153519], abs=1e-10)
    free = np.tile(1 - PROBABILITY[:, None], 2)
    brier = brier_score(TIME, EVENT, free, [3, 6], competing=COMPETING)
    assert brier == pytest.approx([0.147952719276, 0.160218866422], abs=1e-10)
    assert uno_c(TIME, EVENT, RISK, 6, competing=COMPETING) == pytest.approx(0.716396160309, abs=1e-10)


def test_cause_specific_models_predict_the_incidence_of_r() -> None:
    own, other = survival_array(TIME, EVENT), survival_array(TIME, COMPETING)
    slopes = [fit_ridge(COLUMNS, y, np.zeros(2)) for y in (own, other)]
    assert slopes[0] == pytest.approx([0.087150530067, -0.222395777051], abs=1e-6)
    assert slopes[1] == pytest.approx([-0.185210164632, -0.454414206070], abs=1e-6)
    parts = [
        (Hazard.of(y, COLUMNS @ slope), COLUMNS[:4] @ slope)
        for y, slope in zip((own, other), slopes, strict=True)
    ]
    ours = predicted_incidence(*parts, np.array([3.0, 6.0]))
    of_r = [0.0647546, 0.1897307, 0.0618121, 0.1803998, 0.0413212, 0.1282104, 0.0540030, 0.1542049]
    # R adds up hazards, we their exponentials, which cannot exceed 1: here 1 to 2 % less.
    assert (ours.ravel() < of_r).all()
    assert ours.ravel() == pytest.approx(of_r, rel=0.02)


@st.composite
def observed(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    subjects = draw(st.integers(5, 40))
    time = rng.integers(1, 12, subjects).astype(float)
    code = rng.integers(0, 3, subjects)
    return time, code == 1, code == 2, rng.normal(size=subjects).round(1)


def uno(time: np.ndarray, event: np.ndarray, risk: np.ndarray, competing: np.ndarray | None) -> float:
    """Uno's C; nan where everybody was censored at the time of an event."""
    try:
        return uno_c(time, event, risk, 6, competing=competing)
    except InputError:
        return float("nan")


@settings(max_examples=60, deadline=None)
@given(observed())
def test_without_competing_events_all_is_as_before(data: tuple[np.ndarray, ...]) -> None:
    time, event, _, risk = data
    none = np.zeros(len(time), dtype=bool)
    assert harrell_c(time, event, risk, none) == pytest.approx(harrell_c(time, event, risk), nan_ok=True)
    assert uno(time, event, risk, none) == pytest.approx(uno(time, event, risk, None), nan_ok=True)
    for point in (3.0, 8.0, 12.0):
        kaplan_meier = survival_at(Observed.of(time, event), point)
        assert survival_at(Observed.of(time, event, none), point) == pytest.approx(kaplan_meier, nan_ok=True)
    if event.any():
        y = survival_array(time, event)
        hazard, nothing = Hazard.of(y, risk), Hazard.of(survival_array(time, none), risk)
        incidence = predicted_incidence((hazard, risk), (nothing, risk), np.array([0.5, 4.0, 20.0]))
        assert incidence == pytest.approx(1 - predicted_survival(y, risk, risk, np.array([0.5, 4.0, 20.0])))


@settings(max_examples=60, deadline=None)
@given(observed())
def test_who_had_a_competing_event_never_has_the_event(data: tuple[np.ndarray, ...]) -> None:
    time, event, competing, risk = data
    pairs = [
        (risk[one] > risk[other]) + 0.5 * (risk[one] == risk[other])
        for one in range(len(time))
        for other in range(len(time))
        if event[one]
        and (competing[other] or time[one] < time[other] or (time[one] == time[other] and not event[other]))
    ]
    expected = float(np.mean(pairs)) if pairs else np.nan
    assert harrell_c(time, event, risk, competing) == pytest.approx(expected, nan_ok=True)


@settings(max_examples=60, deadline=None)
@given(observed())
def test_incidences_of_both_events_and_neither_add_up_to_one(data: tuple[np.ndarray, ...]) -> None:
    time, event, competing, _ = data
    own, other = (Steps.of(Observed.of(time, *pair)) for pair in ((event, competing), (competing, event)))
    assert own.incidence + other.incidence + own.free == pytest.approx(np.ones(len(own.times)))
    assert (np.diff(own.incidence) >= 0).all()


def test_nobody_is_censored_so_everything_is_a_share() -> None:
    event, competing = NUMBER % 3 == 0, NUMBER % 3 != 0
    by_then = float((event & (TIME <= 5)).mean())
    assert 1 - survival_at(Observed.of(TIME, event, competing), 5.0) == pytest.approx(by_then)
    free = np.full(60, 0.8)
    ratio = observed_expected_ratio(TIME, event, free, 5.0, competing)
    assert ratio == pytest.approx(by_then / 0.2)
    everybody = decision_curve(TIME, event, 1 - free, 5.0, [0.1], competing).iloc[0]
    assert everybody["net_benefit"] == pytest.approx(by_then - (1 - by_then) / 9)
    curve = calibration_curve(TIME, event, 1 - PROBABILITY, 5.0, groups=2, competing=competing)
    assert curve["observed"] @ curve["subjects"] / 60 == pytest.approx(1 - by_then)
    truth = (event & (TIME <= 5)).astype(float)
    assert brier_score(TIME, event, 1 - truth, 5.0, competing=competing)[0] == 0


@pytest.mark.parametrize("competing", [[1, 0], [2, 0, 0], [1, 0, 0]])
def test_competing_events_that_cannot_be_are_refused(competing: list[int]) -> None:
    with pytest.raises(InputError):
        uno_c([1, 2, 3], [1, 0, 0], [1, 2, 3], competing=competing)


def test_nobody_is_left_where_everybody_had_an_event() -> None:
    curve = cumulative_incidence(np.arange(1, 8), np.ones(7), np.zeros(7))
    assert curve["incidence"].iloc[-1] == 1
    assert np.isnan(curve["low"].iloc[-1])
    assert survival_at(Observed.of(np.arange(1, 8), np.ones(7), np.zeros(7)), 9.0) == 0


def test_a_very_large_risk_has_an_incidence_all_the_same() -> None:
    y, other = survival_array(TIME, EVENT), survival_array(TIME, COMPETING)
    hazards = Hazard.of(y, RISK), Hazard.of(other, RISK)
    for eta in (1e4, -1e4):
        one = np.array([eta])
        incidence = predicted_incidence((hazards[0], one), (hazards[1], one * 0), np.array([0.05, 3.0, 9.0]))
        assert incidence[0, 0] == 0  # before the first event
        assert incidence[0, 1:] == pytest.approx(np.full(2, float(eta > 0)), abs=0.1)
        assert (np.diff(incidence) >= 0).all()
