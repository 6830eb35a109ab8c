"""The Williams index: how well auto agrees with the readers, over how well they agree with each other."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pandas as pd

from nbradiomics.agreement.metrics import METRIC
from nbradiomics.agreement.reader_study.comparison import subject_differences
from nbradiomics.agreement.reader_study.resampling import NONE, ratio_interval
from nbradiomics.agreement.reader_study.settings import ReaderStudySettings


@dataclass(frozen=True)
class WilliamsIndex:
    """The index, NaN where it is undefined; its bootstrap interval; how many subjects it is of."""

    value: float
    low: float
    high: float
    subjects: int


def is_ratio(metric: str) -> bool:
    """Whether a ratio of two means of the metric has a meaning: 0 is no agreement, more is better."""
    return METRIC[metric].better == "higher" and METRIC[metric].low == 0


def williams_index(cases: pd.DataFrame, settings: ReaderStudySettings) -> WilliamsIndex:
    """Williams index of the primary metric.

    Parameters
    ----------
    cases
        Cases with auto and two readers, of `case_differences`.
    settings
        Metric, confidence, bootstraps, seed.

    Notes
    -----
    I = P0 / Pn: P0 is the mean over subjects of the mean agreement of auto with the readers, Pn that of the
    readers' agreement with each other. Below 1 the model agrees with the readers less than they do among
    themselves. The interval is the percentile bootstrap, subjects resampled.

    Source: Williams GW. Biometrics 1976;32:619-627.
    """
    metric = settings.metric
    subjects = subject_differences(cases, metric)
    auto, readers = (subjects[f"{metric}:{who}"].to_numpy(dtype=float) for who in ("auto", "readers"))
    if not is_ratio(metric) or not len(auto) or readers.mean() == 0:
        return WilliamsIndex(math.nan, *NONE, len(auto))
    return WilliamsIndex(
        float(auto.mean() / readers.mean()), *ratio_interval(auto, readers, settings), len(auto)
    )
