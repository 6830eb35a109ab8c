"""Decision curves: what a treatment decision gains when a model makes it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from nbradiomics.errors import InputError
from nbradiomics.outcome.measures.arguments import Observed
from nbradiomics.outcome.measures.kaplan_meier import survival_at

_THRESHOLDS = tuple(np.round(np.arange(0.01, 1, 0.01), 2))


def decision_curve(
    time: npt.ArrayLike,
    event: npt.ArrayLike,
    probability: npt.ArrayLike,
    horizon: float,
    thresholds: npt.ArrayLike = _THRESHOLDS,
    competing: npt.ArrayLike | None = None,
) -> pd.DataFrame:
    """Net benefit of treating the subjects whose predicted probability of the event reaches a threshold.

    At the threshold p, one treatment without need costs p / (1 - p) of what a needed one gains::

        net benefit = share treated * [F - (1 - F) * p / (1 - p)]

    where F is the share with the event by the horizon among the treated: 1 - Kaplan-Meier, with competing
    events the cumulative incidence.

    Parameters
    ----------
    time
        Times to the event or to the end of observation, shape (subjects,).
    event
        True or 1 if the event happened, shape (subjects,).
    probability
        Predicted probability of the event by the horizon, 0 to 1, shape (subjects,). Subjects with a missing
        one are left out.
    horizon
        Point in time.
    thresholds
        Above 0 and below 1, shape (thresholds,).
    competing
        True or 1 if a competing event happened at the time, shape (subjects,); None without such events.

    Returns
    -------
    pandas.DataFrame
        Columns ``threshold, treated`` (share of the subjects), ``net_benefit`` and ``treat_all``, the net
        benefit of treating everybody; that of treating nobody is 0. A net benefit is nan if nobody of the
        treated is observed until the horizon.

    Raises
    ------
    InputError
        When a probability or a threshold lies outside its range.

    Notes
    -----
    For classes without a time, give the time 1 for subjects with the event, 2 for the others and the horizon
    1: nobody is censored before it, and F is the plain share.

    References
    ----------
    Vickers AJ, Elkin EB. Medical Decision Making 2006;26:565-574. Vickers AJ, Cronin AM, Elkin EB, Gonen M.
    BMC Medical Informatics and Decision Making 2008;8:53.

    Examples
    --------
    >>> from nbradiomics.outcome.measures import decision_curve
    >>> curve = decision_curve([1, 1, 2, 2], [1, 1, 0, 0], [0.9, 0.6, 0.6, 0.1], horizon=1, thresholds=[0.5])
    >>> curve.iloc[0].tolist()
    [0.5, 0.75, 0.25, 0.0]
    """
    subjects, predicted = Observed.of(time, event, competing).of_known(
        np.asarray(probability, dtype=np.float64)
    )
    levels = np.atleast_1d(np.asarray(thresholds, dtype=np.float64))
    if not ((levels > 0) & (levels < 1)).all():
        raise InputError("a threshold is not between 0 and 1.", "Give thresholds above 0 and below 1.")
    if predicted.ndim != 1 or ((predicted < 0) | (predicted > 1)).any():
        raise InputError("a predicted probability is not between 0 and 1.", "Give probabilities, not risks.")
    everybody = np.ones(len(predicted), dtype=bool)
    rows = []
    for level in levels:
        treated = predicted >= level
        odds = level / (1 - level)
        benefit, of_all = (_net_benefit(subjects, who, horizon, odds) for who in (treated, everybody))
        rows.append((level, treated.mean() if len(treated) else np.nan, benefit, of_all))
    return pd.DataFrame(rows, columns=["threshold", "treated", "net_benefit", "treat_all"])


def _net_benefit(subjects: Observed, treated: np.ndarray, horizon: float, odds: float) -> float:
    if not treated.any():
        return 0.0
    survival = survival_at(subjects.part(treated), horizon)
    return float(treated.mean() * ((1 - survival) - survival * odds))
