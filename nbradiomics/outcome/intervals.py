"""Intervals of the scores of a cross-validation."""

from __future__ import annotations

import numpy as np
from scipy import stats
from scipy.special import expit, logit

#: Share of the bootstrap samples in which a score must be defined for an interval.
_ENOUGH = 0.8


#: Values nearer to 0 and 1 than this count as this on the scale of the logit.
_EDGE = 0.01


def refit_interval(
    values: np.ndarray,
    samples: np.ndarray,
    confidence: float,
    *,
    bounded: bool = False,
) -> tuple[float, float]:
    """Interval of a score from bootstrap samples in which everything is fitted again.

    Scores of samples differ for two reasons: which subjects were drawn, and how they were divided into folds.
    Several cross-validations of each sample tell the two apart, as in an analysis of variance with one random
    effect. The average of all subjects has all of the first variance, and one part in `repeats` of the
    second::

        variance = max(variance of one cross-validation of each sample - variance within samples, 0)
                   + variance of the folds / number of repeats

    The variance of the folds is that of the repeats and that within samples, weighted by their degrees of
    freedom: two or three repeats that happen to agree would otherwise give far too narrow an interval.

    Parameters
    ----------
    values
        Score in each repeat of all subjects, shape (repeats,).
    samples
        Score in each cross-validation of each sample, shape (samples, cross-validations); missing where it is
        undefined. A single one is for folds that are always the same, such as sites.
    confidence
        Confidence of the interval, 0 to 1.
    bounded
        Whether the score lies between 0 and 1: the interval is then symmetric on the scale of the logit.

    Returns
    -------
    tuple
        Lower and upper limit: the average of `values` minus and plus Student's t standard errors; nan, nan if
        the score is undefined in a repeat, or in more than a fifth of the samples, or if it is perfect (0 or
        1) or never varies.

    References
    ----------
    Cai B, Luo Y, Guo X, Pellegrini F, Pang M, de Moor C, Shen C, Charu V, Tian L. Bootstrapping the
    cross-validation estimate. arXiv 2307.00260.
    """
    known = samples[np.isfinite(samples).all(axis=1)]
    if not np.isfinite(values).all() or len(known) < max(2, _ENOUGH * len(samples)):
        return np.nan, np.nan
    total = float(known.var(axis=0, ddof=1).mean())
    within, freedom = 0.0, len(known) * (known.shape[1] - 1)
    if freedom:
        within = float(known.var(axis=1, ddof=1).mean())
    repeats = float(values.var()) * len(values)  # sum of squares, of one degree of freedom less
    folds = (repeats + within * freedom) / max(len(values) - 1 + freedom, 1)
    variance = max(total - within, 0.0) + folds / len(values)
    return _around(float(values.mean()), variance, len(known), confidence, bounded=bounded)


def draws_interval(
    value: float, draws: np.ndarray, confidence: float, *, bounded: bool = False, ratio: bool = False
) -> tuple[float, float]:
    """Interval of a score of a fixed model, from draws of the subjects on whom it is judged.

    Parameters
    ----------
    value
        Score of all subjects.
    draws
        Score in each draw, shape (draws,); missing where it is undefined.
    confidence, bounded
        As for `refit_interval`.
    ratio
        Whether the score is a ratio above 0: the interval is then symmetric on the scale of the logarithm.

    Returns
    -------
    tuple
        Lower and upper limit; nan, nan if the score is undefined, or in more than a fifth of the draws, or if
        it is perfect (0 or 1) or the same in all draws.
    """
    if ratio:
        low, high = draws_interval(*_logs(value, draws), confidence)
        return float(np.exp(low)), float(np.exp(high))
    known = draws[np.isfinite(draws)]
    if not np.isfinite(value) or len(known) < max(2, _ENOUGH * len(draws)):
        return np.nan, np.nan
    return _around(value, float(known.var(ddof=1)), len(known), confidence, bounded=bounded)


def _logs(value: float, draws: np.ndarray) -> tuple[float, np.ndarray]:
    """Logarithms of a ratio and of its draws; nan for a ratio of 0."""
    everything = np.r_[value, draws]
    logs = np.log(everything, out=np.full(len(everything), np.nan), where=everything > 0)
    return float(logs[0]), logs[1:]


def _around(
    value: float, variance: float, number: int, confidence: float, *, bounded: bool
) -> tuple[float, float]:
    # Perfect scores do not vary between draws, and say nothing of how far from perfect the truth may be.
    if variance <= 0 or (bounded and value in (0.0, 1.0)):
        return np.nan, np.nan
    reach = float(stats.t.ppf((1 + confidence) / 2, number - 1) * np.sqrt(variance))
    if not bounded:
        return value - reach, value + reach
    inside = min(max(value, _EDGE), 1 - _EDGE)
    centre, reach = float(logit(inside)), reach / (inside * (1 - inside))
    # A value nearer to 0 or 1 than the edge is in its interval all the same.
    return min(value, float(expit(centre - reach))), max(value, float(expit(centre + reach)))
