"""Bootstrap intervals. Whole subjects are resampled, because cases of one subject are not independent."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from nbradiomics.agreement.reader_study.settings import ReaderStudySettings

Numbers = NDArray[np.float64]
#: An interval that is not available.
NONE = (math.nan, math.nan)


def fewest_subjects(confidence: float) -> int:
    """Return the smallest number of subjects for which an interval is computed: 6 at 95 %.

    The widest interval of a median without assumptions is from the smallest to the largest of n values; it
    covers the median with probability 1 - 2^(1 - n). With fewer subjects, neither this interval nor a
    two-sided signed-rank test can reach the level.
    """
    return math.ceil(1 - math.log2(1 - confidence))


@lru_cache(maxsize=8)
def subject_weights(subjects: int, bootstraps: int, seed: int) -> Numbers:
    """Return how often each subject is drawn in each bootstrap sample.

    Returns
    -------
    numpy.ndarray
        Shape (bootstraps, subjects), whole numbers; each row sums to `subjects`. Read-only. The same for
        every quantity with this number of subjects, so that no result depends on the order of computation.
    """
    generator = np.random.default_rng(seed)
    weights = generator.multinomial(subjects, np.full(subjects, 1 / subjects), size=bootstraps).astype(float)
    weights.flags.writeable = False
    return weights


def median_interval(
    values: Numbers, subjects: NDArray[np.intp], settings: ReaderStudySettings
) -> tuple[float, float]:
    """Return the percentile bootstrap interval of the median over all cases.

    Parameters
    ----------
    values
        Shape (cases,), finite.
    subjects
        Shape (cases,): index of the subject of each case, from 0 to the number of subjects minus one.
    """
    amount = int(subjects.max()) + 1 if len(subjects) else 0
    if amount < fewest_subjects(settings.confidence):
        return NONE
    weights = subject_weights(amount, settings.bootstraps, settings.seed)
    order = np.argsort(values, kind="stable")
    ordered, reached = values[order], np.cumsum(weights[:, subjects[order]], axis=1)
    total = reached[:, -1]
    # The two middle values of each sample; they are the same if its size is odd.
    low = ordered[np.argmax(reached > ((total - 1) // 2)[:, None], axis=1)]
    high = ordered[np.argmax(reached > (total // 2)[:, None], axis=1)]
    return percentile_interval((low + high) / 2, settings.confidence)


def ratio_interval(above: Numbers, below: Numbers, settings: ReaderStudySettings) -> tuple[float, float]:
    """Return the percentile bootstrap interval of the ratio of two means over the same subjects.

    Parameters
    ----------
    above, below
        Numerator and denominator, shape (subjects,), finite; `below` is not negative. There is no interval if
        the mean of `below` is 0 in any sample.
    """
    if len(above) < fewest_subjects(settings.confidence):
        return NONE
    weights = subject_weights(len(above), settings.bootstraps, settings.seed)
    divisor = weights @ below
    return (
        percentile_interval((weights @ above) / divisor, settings.confidence) if (divisor > 0).all() else NONE
    )


def percentile_interval(draws: Numbers, confidence: float) -> tuple[float, float]:
    """Return the interval between two percentiles of the bootstrap draws.

    Source: Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13.
    """
    low, high = np.quantile(draws, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)
