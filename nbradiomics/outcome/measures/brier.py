"""Brier score of predicted survival: how far predicted probabilities lie from what happened."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from nbradiomics.errors import InputError
from nbradiomics.outcome.measures.arguments import Floats, Observed, Train, checked_times
from nbradiomics.outcome.measures.censoring import CensoringCurve


def brier_score(
    time: npt.ArrayLike,
    event: npt.ArrayLike,
    survival: npt.ArrayLike,
    times: npt.ArrayLike,
    train: Train | None = None,
    competing: npt.ArrayLike | None = None,
) -> Floats:
    """Brier score at each of several times, corrected for censoring.

    BS(t) = mean of S(t)^2 / G(T) for subjects with the event at T <= t, (1 - S(t))^2 / G(t) for subjects
    still without it after t, (1 - S(t))^2 / G(T) for subjects with a competing event at T <= t, and 0 for
    subjects who were censored before, where S is the predicted probability of no event and G the censoring
    curve.

    Parameters
    ----------
    time
        Times to the event or to the end of observation, shape (subjects,).
    event
        True or 1 if the event happened, shape (subjects,).
    survival
        Predicted probabilities of no event until each time, 0 to 1, shape (subjects, times), or (subjects,)
        for a single time; with competing events, 1 - predicted cumulative incidence. Subjects with a missing
        one are left out.
    times
        Points in time, increasing, shape (times,), or a single one.
    train
        Subjects from whom G is estimated: (time, event), or an array of `survival_array`. None uses the
        subjects themselves.
    competing
        True or 1 if a competing event happened at the time, shape (subjects,); None without such events.

    Returns
    -------
    numpy.ndarray
        0 or more, smaller is better, shape (times,). A constant prediction of one half has 0.25.

    Raises
    ------
    InputError
        When a probability is not between 0 and 1, or G is 0 or unknown at a time that counts.

    References
    ----------
    Graf E, Schmoor C, Sauerbrei W, Schumacher M. Statistics in Medicine 1999;18:2529-2545. Schoop R,
    Beyersmann J, Schumacher M, Binder H. Biometrical Journal 2011;53:88-112 (competing events).

    Examples
    --------
    >>> from nbradiomics.outcome.measures import brier_score
    >>> brier_score([1, 2, 3], [1, 1, 0], [[0.5], [0.5], [0.5]], times=[1.5]).tolist()
    [0.25]
    """
    points = checked_times(times)
    predicted = np.asarray(survival, dtype=np.float64)
    if predicted.ndim == 1 and len(points) == 1:
        predicted = predicted[:, None]
    if predicted.ndim != 2 or predicted.shape[1] != len(points):
        raise InputError(
            f"predicted survival has the shape {predicted.shape} for {len(points)} times.",
            "Give one probability for each subject and time.",
        )
    subjects, predicted = Observed.of(time, event, competing).of_known(predicted)
    if ((predicted < 0) | (predicted > 1)).any():
        raise InputError("a predicted probability is not between 0 and 1.", "Give survival, not risks.")
    curve = CensoringCurve.of(Observed.of_training(train, subjects))
    return np.array([_at(subjects, predicted[:, n], point, curve) for n, point in enumerate(points)])


def integrated_brier_score(
    time: npt.ArrayLike,
    event: npt.ArrayLike,
    survival: npt.ArrayLike,
    times: npt.ArrayLike,
    train: Train | None = None,
    competing: npt.ArrayLike | None = None,
) -> float:
    """Mean of the Brier score over a span of time, by the trapezoidal rule between the given times.

    Parameters
    ----------
    time, event, survival, times, train, competing
        As for :func:`brier_score`, with two times or more.

    Returns
    -------
    float
        0 or more, smaller is better.

    Raises
    ------
    InputError
        As for :func:`brier_score`, or when there is only one time.

    Examples
    --------
    >>> from nbradiomics.outcome.measures import integrated_brier_score
    >>> integrated_brier_score([1, 2, 3], [1, 1, 0], [[0.5, 0.5]] * 3, times=[1.2, 1.5])
    0.25
    """
    points = checked_times(times)
    if len(points) < 2:
        raise InputError(
            "one time has no span to integrate over.", "Give two times or more, or use brier_score."
        )
    scores = brier_score(time, event, survival, points, train, competing)
    return float(np.trapezoid(scores, points) / (points[-1] - points[0]))


def _at(subjects: Observed, survival: Floats, point: float, curve: CensoringCurve) -> float:
    case, control = subjects.event & (subjects.time <= point), subjects.time > point
    lost = curve.weights_at(subjects.time[case]) @ survival[case] ** 2
    if control.any():
        lost += curve.weights_at(np.array([point]))[0] * ((1 - survival[control]) ** 2).sum()
    never = subjects.competing_until(point)
    lost += curve.weights_at(subjects.time[never]) @ (1 - survival[never]) ** 2
    return float(lost / len(survival)) if len(survival) else float("nan")
