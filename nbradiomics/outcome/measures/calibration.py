"""Calibration: do predicted risks have the right size, and not only the right order?"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from nbradiomics.errors import InputError
from nbradiomics.outcome.measures.arguments import Floats, Observed
from nbradiomics.outcome.measures.kaplan_meier import survival_at
from nbradiomics.outcome.solvers import LARGEST_COEFFICIENT, NoMaximumError, fit_ridge, survival_array


def calibration_slope(time: npt.ArrayLike, event: npt.ArrayLike, risk: npt.ArrayLike) -> float:
    """Log hazard ratio per unit of a predicted log hazard, in a Cox model of it alone (Efron's ties).

    1 is right. Below 1 the predicted differences are too large (the model is overfitted), above 1 too small;
    0 or less means that the predictions contain no information. With competing events counted as the end of
    the observation it is a slope of the cause-specific hazard.

    Parameters
    ----------
    time
        Times to the event or to the end of observation, shape (subjects,).
    event
        True or 1 if the event happened, shape (subjects,).
    risk
        Predicted log partial hazard, shape (subjects,); subjects with a missing one are left out.

    Returns
    -------
    float
        Slope; nan without an event, if all risks are equal, or if they separate the events perfectly (a log
        hazard ratio above 5 per standard deviation).

    References
    ----------
    van Houwelingen HC. Statistics in Medicine 2000;19:3401-3415.

    Examples
    --------
    >>> from nbradiomics.outcome.measures import calibration_slope
    >>> round(calibration_slope([1, 2, 3, 4], [1, 1, 1, 1], [1.0, 2.0, 0.0, -1.0]), 2)
    1.46
    """
    subjects, risks = Observed.of(time, event).of_known(np.asarray(risk, dtype=np.float64))
    if not subjects.event.any() or np.ptp(risks) == 0:
        return float("nan")
    return slope_of(risks, survival_array(subjects.time, subjects.event))


def slope_of(predictor: Floats, y: np.ndarray) -> float:
    """Coefficient of a predictor alone, without a penalty; nan if it separates the outcomes perfectly."""
    try:
        slope = float(fit_ridge(predictor[:, None], y, np.zeros(1))[0])
    except NoMaximumError:
        return float("nan")
    return slope if abs(slope) * float(predictor.std()) <= LARGEST_COEFFICIENT else float("nan")


def observed_expected_ratio(
    time: npt.ArrayLike,
    event: npt.ArrayLike,
    survival: npt.ArrayLike,
    horizon: float,
    competing: npt.ArrayLike | None = None,
) -> float:
    """Observed over expected share of events by a horizon ("calibration in the large").

    1 is right, above 1 the model predicts too few events. Observed is 1 - Kaplan-Meier, with competing events
    the cumulative incidence; expected is the mean of 1 - predicted survival.

    Parameters
    ----------
    time, event
        As for :func:`calibration_slope`.
    survival
        Predicted probability of no event until the horizon, 0 to 1, shape (subjects,); with competing events
        1 - predicted cumulative incidence.
    horizon
        Point in time.
    competing
        True or 1 if a competing event happened at the time, shape (subjects,); None without such events.

    Returns
    -------
    float
        Ratio, 0 or more; nan if no event is expected or nobody is observed so long.

    Examples
    --------
    >>> from nbradiomics.outcome.measures import observed_expected_ratio
    >>> observed_expected_ratio([1, 2, 3, 4], [1, 1, 0, 1], [0.5, 0.5, 0.75, 0.75], horizon=2.5)
    1.3333333333333333
    """
    subjects, predicted = _probabilities(Observed.of(time, event, competing), survival)
    expected = float(np.mean(1 - predicted)) if len(predicted) else 0.0
    return (1 - survival_at(subjects, horizon)) / expected if expected > 0 else float("nan")


def calibration_curve(
    time: npt.ArrayLike,
    event: npt.ArrayLike,
    survival: npt.ArrayLike,
    horizon: float,
    groups: int = 5,
    competing: npt.ArrayLike | None = None,
) -> pd.DataFrame:
    """Predicted and observed survival at a horizon, in groups of equal size by predicted survival.

    Parameters
    ----------
    time, event, survival, horizon, competing
        As for :func:`observed_expected_ratio`.
    groups
        Number of groups, 2 or more. Subjects with equal predictions are not divided, so there may be fewer.

    Returns
    -------
    pandas.DataFrame
        Columns ``group, subjects, events, predicted, observed``, by increasing predicted survival. Observed
        is Kaplan-Meier, with competing events 1 - cumulative incidence; nan if nobody of the group is
        observed so long.

    Examples
    --------
    >>> from nbradiomics.outcome.measures import calibration_curve
    >>> calibration_curve([1, 2, 3, 4], [1, 1, 0, 1], [0.2, 0.4, 0.8, 0.9], horizon=2.5, groups=2)[
    ...     ["subjects", "observed"]
    ... ].to_numpy().tolist()
    [[2.0, 0.0], [2.0, 1.0]]
    """
    subjects, predicted = _probabilities(Observed.of(time, event, competing), survival)
    if groups < 2:
        raise InputError(f"{groups} group shows no curve.", "Give 2 groups or more.")
    inner = np.linspace(0, 1, groups + 1)[1:-1]
    limits: Floats = np.unique(np.quantile(predicted, inner)) if len(predicted) else np.empty(0)
    place = np.searchsorted(limits, predicted, side="left")
    rows = []
    for number in np.unique(place):
        part = subjects.part(place == number)
        happened = int((part.event & (part.time <= horizon)).sum())
        mean = float(predicted[place == number].mean())
        rows.append((number + 1, len(part.time), happened, mean, survival_at(part, horizon)))
    return pd.DataFrame(rows, columns=["group", "subjects", "events", "predicted", "observed"])


def _probabilities(observed: Observed, survival: npt.ArrayLike) -> tuple[Observed, Floats]:
    subjects, predicted = observed.of_known(np.asarray(survival, dtype=np.float64))
    if predicted.ndim != 1 or ((predicted < 0) | (predicted > 1)).any():
        raise InputError(
            f"predicted survival has the shape {predicted.shape} or lies outside 0 to 1.",
            "Give one probability for each subject.",
        )
    return subjects, predicted
