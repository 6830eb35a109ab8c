"""From log hazards to probabilities: the baseline hazard of a fitted Cox model."""

from __future__ import annotations

import numpy as np

from nbradiomics.outcome.solvers.risk_sets import Floats, RiskSets


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
    sets = RiskSets.of(y)
    top = float(eta.max())
    w = np.exp(eta[sets.order] - top)
    hazard = np.concatenate([[0.0], np.cumsum(1 / sets.at_risk(w))])
    until = np.searchsorted(y["time"][sets.order][sets.event], times, side="right")
    # The logarithm of the hazard: a very large risk before the first event would be infinity times 0.
    with np.errstate(divide="ignore", over="ignore"):
        survival: Floats = np.exp(-np.exp((unseen - top)[:, None] + np.log(hazard[until])))
    return survival
