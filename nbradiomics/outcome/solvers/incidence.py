"""From the hazards of two events, of which each prevents the other, to the probability of one of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nbradiomics.outcome.solvers.risk_sets import Floats, RiskSets


@dataclass(frozen=True)
class Hazard:
    """Baseline hazard of one event: its times, increasing, and the hazard at each, shape (events,)."""

    times: Floats
    steps: Floats

    @classmethod
    def of(cls, y: np.ndarray, eta: Floats) -> Hazard:
        """Estimate it from training subjects with the log partial hazards `eta` (Breslow, Efron's ties).

        `y` is a structured array with the fields event and time, without any event or with some.
        """
        if not y["event"].any():
            return cls(np.empty(0), np.empty(0))
        sets = RiskSets.of(y)
        top = float(eta.max())
        w = np.exp(eta[sets.order] - top)
        return cls(y["time"][sets.order][sets.event], np.exp(-top) / sets.at_risk(w))

    def before(self, times: Floats) -> Floats:
        """Cumulative hazard before some times, shape (times,)."""
        sums: Floats = np.concatenate([[0.0], np.cumsum(self.steps)])
        return sums[np.searchsorted(self.times, times, side="left")]


def predicted_incidence(
    own: tuple[Hazard, Floats], competing: tuple[Hazard, Floats], times: Floats
) -> Floats:
    """Predict the cumulative incidence of an event until some times.

    F(t) = sum over the times u until t of exp(-H(u-) - C(u-)) (1 - exp(-h(u))), where h is the hazard of the
    event for the subject, H and C are the cumulative hazards of the event and of the competing one. Without
    a competing event it is 1 - `predicted_survival`.

    Parameters
    ----------
    own, competing
        Baseline hazard of the event and of the competing one, and the log partial hazards of the subjects to
        predict, shape (unseen,).
    times
        Points in time, shape (times,). Beyond the last event of the training F stays what it is.

    Returns
    -------
    numpy.ndarray
        0 to 1, shape (unseen, times).

    References
    ----------
    Benichou J, Gail MH. Estimates of absolute cause-specific risk in cohort studies. Biometrics
    1990;46:813-826.
    """
    (hazard, eta), (other, of_other) = own, competing
    with np.errstate(over="ignore", invalid="ignore"):
        relative, relative_other = np.exp(eta)[:, None], np.exp(of_other)[:, None]
        earlier = np.concatenate([[0.0], np.cumsum(hazard.steps)[:-1]]) if len(hazard.steps) else hazard.steps
        free = np.exp(-(relative * earlier) - relative_other * other.before(hazard.times))
        gains = free * -np.expm1(-relative * hazard.steps)
    sums = np.concatenate([np.zeros((len(eta), 1)), np.cumsum(gains, axis=1)], axis=1)
    incidence: Floats = sums[:, np.searchsorted(hazard.times, times, side="right")]
    return np.clip(incidence, 0.0, 1.0)
