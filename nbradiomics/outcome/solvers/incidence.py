"""From the hazards of two events, of which each prevents the other, to the probability of one of them."""

from __future__ import annotations

import numpy as np

from nbradiomics.outcome.solvers.baseline import Hazard
from nbradiomics.outcome.solvers.risk_sets import Floats


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
    until = other.sums[np.searchsorted(other.times, hazard.times, side="left")]
    before = hazard.of_subjects(eta, hazard.sums[:-1]) + other.of_subjects(of_other, until)
    gains = np.exp(-before) * -np.expm1(-hazard.of_subjects(eta, hazard.steps))
    sums = np.concatenate([np.zeros((len(eta), 1)), np.cumsum(gains, axis=1)], axis=1)
    incidence: Floats = sums[:, np.searchsorted(hazard.times, times, side="right")]
    return np.clip(incidence, 0.0, 1.0)
