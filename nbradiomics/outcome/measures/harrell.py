"""Harrell's C, of one set of risks or of the repeats of a cross-validation.

Harrell's C is the share of comparable pairs in which the subject with the higher risk has the event
first. A pair (i, j) is comparable if i is known to have the event before j::

    event_i and (time_i < time_j or (time_i = time_j and not event_j))

    C = sum over comparable pairs of [risk_i > risk_j] + [risk_i = risk_j] / 2, over their number

Equal times with two events are not comparable, equal times with one event are (the censored subject
lived at least as long): the convention of lifelines. 0.5 is chance, 1 a perfect order. Who had a competing
event never has the event (Wolbers et al. 2009): its time counts as infinite.

References
----------
Harrell FE, Califf RM, Pryor DB, Lee KL, Rosati RA. Evaluating the yield of medical tests. JAMA
1982;247:2543-2546. Harrell FE, Lee KL, Mark DB. Multivariable prognostic models. Statistics in Medicine
1996;15:361-387. Wolbers M, Koller MT, Witteman JCM, Steyerberg EW. Prognostic models with competing risks.
Epidemiology 2009;20:555-561.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from nbradiomics.outcome.measures.arguments import Observed


def comparable_pairs(
    time: npt.ArrayLike, event: npt.ArrayLike, competing: npt.ArrayLike | None = None
) -> np.ndarray:
    """Pairs with a known order of events, shape (subjects, subjects), bool: row before column."""
    times, events = np.asarray(time, dtype=np.float64), np.asarray(event).astype(bool)
    if competing is not None:
        times = np.where(np.asarray(competing).astype(bool), np.inf, times)
    earlier = times[:, None] < times[None, :]
    outlived = (times[:, None] == times[None, :]) & ~events[None, :]
    pairs: np.ndarray = events[:, None] & (earlier | outlived)
    return pairs


def harrell_c(
    time: npt.ArrayLike,
    event: npt.ArrayLike,
    risk: npt.ArrayLike,
    competing: npt.ArrayLike | None = None,
) -> float:
    """Harrell's C of one set of risks.

    Parameters
    ----------
    time
        Times to the event or to the end of observation, shape (subjects,).
    event
        True or 1 if the event happened, shape (subjects,).
    risk
        Risks, shape (subjects,), higher for an earlier event; subjects with a missing risk are left out.
    competing
        True or 1 if a competing event happened at the time, shape (subjects,); None without such events.

    Returns
    -------
    float
        Between 0 and 1; missing (nan) if no pair is comparable.
    """
    risks = np.asarray(risk, dtype=np.float64)
    weights = np.ones((1, len(risks)))
    return float(repeated_c(time, event, risks[None, :], weights, competing=competing)[0])


def harrell_pairs(subjects: Observed, risk: np.ndarray) -> tuple[float, float]:
    """Count the concordant pairs (a tie of the risks is half a pair) and all comparable ones.

    Without missing risks; shape (subjects,).
    """
    pairs = comparable_pairs(subjects.time, subjects.event, subjects.competing)
    score = (risk[:, None] > risk[None, :]) + 0.5 * (risk[:, None] == risk[None, :])
    return float(score[pairs].sum()), float(pairs.sum())


def repeated_c(
    time: npt.ArrayLike,
    event: npt.ArrayLike,
    risks: np.ndarray,
    weights: np.ndarray,
    folds: np.ndarray | None = None,
    competing: npt.ArrayLike | None = None,
) -> np.ndarray:
    """Harrell's C averaged over repeats, for each of several weightings of the subjects.

    Parameters
    ----------
    time, event, competing
        As for :func:`harrell_c`.
    risks
        Shape (repeats, subjects); missing if a fold failed. Repeats without any risk do not count.
    weights
        Number of times that each subject counts, shape (draws, subjects). A subject and its copy are never
        paired.
    folds
        Fold of each subject in each repeat, shape (repeats, subjects): only subjects of the same fold are
        paired. None pairs all.

    Returns
    -------
    numpy.ndarray
        Shape (draws,); nan for a draw in which some repeat has no comparable pair.
    """
    pairs = comparable_pairs(time, event, competing).astype(np.float64)
    usable = np.flatnonzero(np.isfinite(risks).any(axis=1))
    if not len(usable):
        return np.full(len(weights), np.nan)
    same = np.ones((len(risks), 1, 1)) if folds is None else folds[:, :, None] == folds[:, None, :]
    of_repeats = [_weighted_c(pairs * same[repeat], risks[repeat], weights) for repeat in usable]
    mean: np.ndarray = np.mean(of_repeats, axis=0)
    return mean


def _weighted_c(pairs: np.ndarray, risk: np.ndarray, weights: np.ndarray) -> np.ndarray:
    known = np.isfinite(risk)
    usable = pairs * np.outer(known, known)
    score = (risk[:, None] > risk[None, :]) + 0.5 * (risk[:, None] == risk[None, :])
    concordant = np.einsum("bi,bi->b", weights @ (usable * score), weights)
    comparable = np.einsum("bi,bi->b", weights @ usable, weights)
    undefined = np.full(len(weights), np.nan)
    c: np.ndarray = np.divide(concordant, comparable, out=undefined, where=comparable > 0)
    return c
