"""Uno's C: a concordance that does not depend on how long the subjects were observed."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from nbradiomics.outcome.measures.arguments import Floats, Observed, Train
from nbradiomics.outcome.measures.censoring import CensoringCurve


def uno_c(
    time: npt.ArrayLike,
    event: npt.ArrayLike,
    risk: npt.ArrayLike,
    tau: float | None = None,
    train: Train | None = None,
    competing: npt.ArrayLike | None = None,
) -> float:
    """Uno's C: the share of comparable pairs in which the subject with the higher risk has the event first.

    Each pair counts 1 / G(t)^2, where t is the time of its event and G the censoring curve: pairs that long
    observation would have shown count more. With Harrell's C the value depends on the censoring. Who had a
    competing event at an earlier time u never has the event: such a pair counts 1 / (G(t) G(u)).

    Parameters
    ----------
    time
        Times to the event or to the end of observation, shape (subjects,).
    event
        True or 1 if the event happened, shape (subjects,).
    risk
        Risks, shape (subjects,), higher for an earlier event; subjects with a missing risk are left out.
    tau
        Events at this time or later do not count; None uses all. Choose it well within the follow-up: late
        pairs have large weights.
    train
        Subjects from whom G is estimated: (time, event), or an array of `survival_array`. None uses the
        subjects themselves.
    competing
        True or 1 if a competing event happened at the time, shape (subjects,); None without such events.

    Returns
    -------
    float
        Between 0 and 1, 0.5 is chance; nan if no pair is comparable.

    Raises
    ------
    InputError
        When G is 0 or unknown at the time of an event that counts.

    References
    ----------
    Uno H, Cai T, Pencina MJ, D'Agostino RB, Wei LJ. Statistics in Medicine 2011;30:1105-1117. Wolbers M,
    Blanche P, Koller MT, Witteman JCM, Gerds TA. Biostatistics 2014;15:526-539 (competing events).

    Examples
    --------
    >>> from nbradiomics.outcome.measures import uno_c
    >>> uno_c(time=[1, 2, 3, 4], event=[1, 1, 0, 1], risk=[3.0, 4.0, 2.0, 1.0], tau=4)
    0.8
    """
    subjects, risks = Observed.of(time, event, competing).of_known(np.asarray(risk, dtype=np.float64))
    concordant, comparable = uno_pairs(subjects, risks, tau, Observed.of_training(train, subjects))
    return concordant / comparable if comparable else float("nan")


def uno_pairs(subjects: Observed, risks: Floats, tau: float | None, train: Observed) -> tuple[float, float]:
    """Weights of the concordant and of all comparable pairs, whose ratio is Uno's C.

    Raises
    ------
    InputError
        When G is 0 or unknown at the time of an event that counts.
    """
    counted = subjects.event if tau is None else subjects.event & (subjects.time < tau)
    curve = CensoringCurve.of(train)
    weights = curve.weights_at(subjects.time[counted])
    last = subjects.time[counted].max(initial=-np.inf)
    competing = subjects.competing_until(last)
    of_competing = np.zeros(len(risks))
    of_competing[competing] = curve.weights_at(subjects.time[competing])
    concordant = comparable = 0.0
    for place, weight in zip(np.flatnonzero(counted), weights, strict=True):
        time, risk = subjects.time[place], risks[place]
        later = (subjects.time > time) | ((subjects.time == time) & ~subjects.event)
        counts = weight * (later * weight + (competing & (subjects.time < time)) * of_competing)
        concordant += counts @ ((risks < risk) + (risks == risk) / 2)
        comparable += counts.sum()
    return float(concordant), float(comparable)
