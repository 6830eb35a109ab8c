"""ROC area at points in time: subjects with the event by then against those without."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from nbradiomics.errors import InputError
from nbradiomics.outcome.measures.arguments import Floats, Observed, Train, checked_times
from nbradiomics.outcome.measures.censoring import CensoringCurve


def cumulative_dynamic_auc(
    time: npt.ArrayLike,
    event: npt.ArrayLike,
    risk: npt.ArrayLike,
    times: npt.ArrayLike,
    train: Train | None = None,
    competing: npt.ArrayLike | None = None,
) -> Floats:
    """Cumulative/dynamic area under the ROC curve at each of several times.

    At a time t, cases had the event at t or before, controls are still without it after t. A case counts
    1 / G of its time, where G is the censoring curve. Who was censored before t is neither. Who had a
    competing event at t or before is a control, and counts 1 / G of that time; then the other controls
    count 1 / G(t).

    Parameters
    ----------
    time
        Times to the event or to the end of observation, shape (subjects,).
    event
        True or 1 if the event happened, shape (subjects,).
    risk
        Risks, higher for an earlier event, shape (subjects,) or, if they depend on the time, (subjects,
        times). Subjects with a missing risk are left out.
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
        Between 0 and 1, 0.5 is chance, shape (times,); nan where there is no case or no control.

    Raises
    ------
    InputError
        When G is 0 or unknown at the time of a case.

    References
    ----------
    Hung H, Chiang CT. Canadian Journal of Statistics 2010;38:8-26. Uno H, Cai T, Tian L, Wei LJ. Journal of
    the American Statistical Association 2007;102:527-537. Blanche P, Dartigues JF, Jacqmin-Gadda H.
    Statistics in Medicine 2013;32:5381-5397 (competing events: their definition 2).

    Examples
    --------
    >>> from nbradiomics.outcome.measures import cumulative_dynamic_auc
    >>> cumulative_dynamic_auc([1, 2, 3, 4], [1, 1, 0, 1], [4.0, 1.0, 2.0, 3.0], times=[1.5, 2.5]).tolist()
    [1.0, 0.5]
    """
    points = checked_times(times)
    subjects, risks = Observed.of(time, event, competing).of_known(np.asarray(risk, dtype=np.float64))
    if risks.ndim > 2 or (risks.ndim == 2 and risks.shape[1] != len(points)):
        raise InputError(
            f"risks have the shape {risks.shape} for {len(points)} times.",
            "Give one risk for each subject, or one for each subject and time.",
        )
    of_training = Observed.of_training(train, subjects)
    by_time = risks if risks.ndim == 2 else np.broadcast_to(risks[:, None], (len(risks), len(points)))
    pairs = [auc_pairs(subjects, by_time[:, n], point, of_training) for n, point in enumerate(points)]
    return np.array([ordered / every if every else np.nan for ordered, every in pairs])


def auc_pairs(subjects: Observed, risk: Floats, point: float, train: Observed) -> tuple[float, float]:
    """Weights of the pairs of a case and a control in the right order, and of all of them.

    Raises
    ------
    InputError
        When G is 0 or unknown at the time of a case.
    """
    case, control = subjects.event & (subjects.time <= point), subjects.time > point
    curve = CensoringCurve.of(train)
    weights = curve.weights_at(subjects.time[case])
    never = subjects.competing_until(point)
    counts = np.ones(len(risk))
    if never.any():
        counts[never] = curve.weights_at(subjects.time[never])
        if control.any():
            counts[control] = curve.weights_at(np.array([point]))[0]
        control = control | never
    order = np.argsort(risk[control], kind="stable")
    below, up_to = risk[control][order], np.concatenate([[0.0], np.cumsum(counts[control][order])])
    lower = up_to[np.searchsorted(below, risk[case], side="left")]
    lower_or_equal = up_to[np.searchsorted(below, risk[case], side="right")]
    return float(weights @ ((lower + lower_or_equal) / 2)), float(weights.sum() * up_to[-1])
