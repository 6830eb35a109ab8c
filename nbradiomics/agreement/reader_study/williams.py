"""The Williams index: agreement of auto with the readers, divided by their agreement with each other."""

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
    """The index (NaN if undefined), its bootstrap interval, and the number of subjects."""

    value: float
    low: float
    high: float
    subjects: int


def is_ratio(metric: str) -> bool:
    """Whether a ratio of two means of the metric is meaningful: 0 is no agreement, higher is better."""
    return METRIC[metric].better == "higher" and METRIC[metric].low == 0


def williams_index(cases: pd.DataFrame, settings: ReaderStudySettings) -> WilliamsIndex:
    """Return the Williams index of the primary metric.

    Parameters
    ----------
    cases
        Cases with auto and two readers, of `case_differences`.
    settings
        Metric, confidence, bootstraps, seed.

    Notes
    -----
    I = P0 / Pn, where P0 is the mean over subjects of the mean agreement of auto with the readers, and Pn the
    same for the readers' agreement with each other. Below 1 the model agrees with the readers less than they
    agree with each other. The interval is a percentile bootstrap; subjects are resampled.

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
