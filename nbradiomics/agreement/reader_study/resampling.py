"""Bootstrap intervals. Subjects are resampled, whole: cases of one subject are not independent."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from nbradiomics.agreement.reader_study.settings import ReaderStudySettings

Numbers = NDArray[np.float64]
#: Interval that cannot be given.
NONE = (math.nan, math.nan)


def fewest_subjects(confidence: float) -> int:
    """Fewest subjects for which an interval is given: 6 at 95 %.

    The widest interval for a median that no assumption is needed for reaches from the smallest to the
    largest of n values and covers with probability 1 - 2^(1 - n). With fewer subjects no such interval
    reaches the level, nor does a two-sided signed-rank test.
    """
    return math.ceil(1 - math.log2(1 - confidence))


@lru_cache(maxsize=8)
def subject_weights(subjects: int, bootstraps: int, seed: int) -> Numbers:
    """How often each subject is drawn in each bootstrap sample.

    Returns
    -------
    numpy.ndarray
        Shape (bootstraps, subjects), whole numbers; each row sums to `subjects`. Read-only. The same for
        every quantity with as many subjects, so that no result depends on the order of computation.
    """
    generator = np.random.default_rng(seed)
    weights = generator.multinomial(subjects, np.full(subjects, 1 / subjects), size=bootstraps).astype(float)
    weights.flags.writeable = False
    return weights


def median_interval(
    values: Numbers, subjects: NDArray[np.intp], settings: ReaderStudySettings
) -> tuple[float, float]:
    """Percentile bootstrap interval of the median of all cases' values.

    Parameters
    ----------
    values
        Shape (cases,), finite.
    subjects
        Shape (cases,): number of each case's subject, 0 to the number of subjects less one.
    """
    amount = int(subjects.max()) + 1 if len(subjects) else 0
    if amount < fewest_subjects(settings.confidence):
        return NONE
    weights = subject_weights(amount, settings.bootstraps, settings.seed)
    order = np.argsort(values, kind="stable")
    ordered, reached = values[order], np.cumsum(weights[:, subjects[order]], axis=1)
    total = reached[:, -1]
    # The two middle values of each sample, which are one where its size is odd.
    low = ordered[np.argmax(reached > ((total - 1) // 2)[:, None], axis=1)]
    high = ordered[np.argmax(reached > (total // 2)[:, None], axis=1)]
    return percentile_interval((low + high) / 2, settings.confidence)


def ratio_interval(above: Numbers, below: Numbers, settings: ReaderStudySettings) -> tuple[float, float]:
    """Percentile bootstrap interval of the ratio of two means over the same subjects.

    Parameters
    ----------
    above, below
        Shape (subjects,), finite; `below` not negative. An interval is given only where no sample has a
        mean of 0 below the line.
    """
    if len(above) < fewest_subjects(settings.confidence):
        return NONE
    weights = subject_weights(len(above), settings.bootstraps, settings.seed)
    divisor = weights @ below
    return (
        percentile_interval((weights @ above) / divisor, settings.confidence) if (divisor > 0).all() else NONE
    )


def percentile_interval(draws: Numbers, confidence: float) -> tuple[float, float]:
    """Interval between two percentiles of the bootstrap draws.

    Source: Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13.
    """
    low, high = np.quantile(draws, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)
