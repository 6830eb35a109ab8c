"""Probability of no event until one point in time, as measures need it for many groups."""

from __future__ import annotations

import numpy as np

from nbradiomics.outcome.measures.aalen_johansen import incidence_at
from nbradiomics.outcome.measures.arguments import Observed


def survival_at(subjects: Observed, point: float) -> float:
    """Probability of no event until a point in time (included).

    The Kaplan-Meier estimate; with competing events 1 - the cumulative incidence (Aalen-Johansen).

    Returns
    -------
    float
        0 to 1; nan beyond the last time of the subjects unless none of them is left without an event there.
    """
    if subjects.competing is not None:
        return 1 - incidence_at(subjects, point)
    if not len(subjects.time):
        return float("nan")
    until = np.unique(subjects.time[subjects.event & (subjects.time <= point)])
    ordered, happened = np.sort(subjects.time), np.sort(subjects.time[subjects.event])
    at_risk = len(ordered) - np.searchsorted(ordered, until, side="left")
    events = np.searchsorted(happened, until, side="right") - np.searchsorted(happened, until, side="left")
    survival = float(np.prod(1 - events / at_risk))
    return survival if point <= ordered[-1] or survival == 0 else float("nan")
