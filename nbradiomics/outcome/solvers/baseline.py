"""From log hazards to probabilities: the baseline hazard of a fitted Cox model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nbradiomics.outcome.solvers.risk_sets import Floats, RiskSets


@dataclass(frozen=True)
class Hazard:
    """Baseline hazard of one event.

    Attributes
    ----------
    times
        Times of the events, increasing, shape (events,).
    steps
        Hazard at each, for a log partial hazard of `top`, shape (events,).
    top
        Largest log partial hazard of the training subjects, so that no exponential of them is infinite.
    """

    times: Floats
    steps: Floats
    top: float

    @classmethod
    def of(cls, y: np.ndarray, eta: Floats) -> Hazard:
        """Estimate it from training subjects with the log partial hazards `eta` (Breslow, Efron's ties).

        `y` is a structured array with the fields event and time, without any event or with some.
        """
        if not y["event"].any():
            return cls(np.empty(0), np.empty(0), 0.0)
        sets, top = RiskSets.of(y), float(eta.max())
        return cls(y["time"][sets.order][sets.event], 1 / sets.at_risk(np.exp(eta[sets.order] - top)), top)

    @property
    def sums(self) -> Floats:
        """Cumulative hazard before the first event, and from each event on, shape (events + 1,)."""
        return np.concatenate([[0.0], np.cumsum(self.steps)])

    def of_subjects(self, eta: Floats, amounts: Floats) -> Floats:
        """Turn some amounts of this hazard into those of subjects, shape (subjects, amounts)."""
        # In logarithms: a very large risk before the first event would be infinity times 0.
        with np.errstate(divide="ignore", over="ignore"):
            hazards: Floats = np.exp((eta - self.top)[:, None] + np.log(amounts))
        return hazards


def predicted_survival(y: np.ndarray, eta: Floats, unseen: Floats, times: Floats) -> Floats:
    """Predict the probability of no event until some times.

    S(t | eta) = exp(-H(t) exp(eta)), where the cumulative baseline hazard H(t) is the sum of 1 / s_k over the
    events k until t, and s_k the hazard at risk with Efron's ties (as in `solvers.likelihood`).

    Parameters
    ----------
    y
        Endpoint of the training subjects: structured array with the fields event and time, shape (subjects,).
    eta
        Their log partial hazards, shape (subjects,).
    unseen
        Log partial hazards of the subjects to predict, shape (unseen,).
    times
        Points in time, shape (times,). Beyond the last event of the training H stays what it is.

    Returns
    -------
    numpy.ndarray
        0 to 1, shape (unseen, times).

    References
    ----------
    Breslow N. Discussion of Cox DR. JRSS B 1972;34:216. Efron B. JASA 1977;72:557.
    """
    hazard = Hazard.of(y, eta)
    until = hazard.sums[np.searchsorted(hazard.times, times, side="right")]
    survival: Floats = np.exp(-hazard.of_subjects(unseen, until))
    return survival
