"""High and low risk: groups of a cross-validation, their survival curves, and how much they differ."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from nbradiomics.outcome.curve_schemas import KAPLAN_MEIER
from nbradiomics.outcome.fold_result import FoldResult
from nbradiomics.outcome.measures import cumulative_incidence
from nbradiomics.outcome.measures.arguments import Observed
from nbradiomics.outcome.solvers import has_competing


def majority_groups(results: Sequence[FoldResult], model: str, subjects: int) -> np.ndarray:
    """Risk group of each subject: the group in most repeats.

    Returns
    -------
    numpy.ndarray
        Shape (subjects,): 1 for high risk, 0 for low, nan if every repeat failed. With as many repeats
        for high as for low a subject counts as high: an error on this side is noticed.
    """
    high, counted = np.zeros(subjects), np.zeros(subjects)
    for result in results:
        if result.model == model and not result.failure:
            high[result.test] += result.group
            counted[result.test] += 1
    share = np.divide(high, counted, out=np.full(subjects, np.nan), where=counted > 0)
    return np.where(np.isnan(share), np.nan, share >= 0.5)


def kaplan_meier_table(y: np.ndarray, groups: dict[str, np.ndarray], confidence: float) -> pd.DataFrame:
    """Kaplan-Meier curves of the risk groups of each model; with competing events 1 - cumulative incidence.

    Returns
    -------
    pandas.DataFrame
        Columns of `outcome.curve_schemas.KAPLAN_MEIER`.
    """
    draw = _free_of_event if has_competing(y) else _curve
    parts = []
    for model, group in groups.items():
        for value, name in ((1, "high"), (0, "low")):
            if (group == value).any():
                curve = draw(y[group == value], confidence)
                parts.append(curve.assign(model=model, group=name))
    return KAPLAN_MEIER.table(pd.concat(parts, ignore_index=True)) if parts else KAPLAN_MEIER.empty()


def log_rank(y: np.ndarray, group: np.ndarray) -> float:
    """Log-rank chi-squared of high against low risk; 0 if all subjects are in one group.

    Competing events end the observation: it compares the cause-specific hazards.
    """
    high, low = group == 1, group == 0
    if not high.any() or not low.any():
        return 0.0
    from lifelines.statistics import logrank_test  # 3 s to load, which workers that fit models do not need

    test = logrank_test(
        y["time"][high], y["time"][low], event_observed_A=y["event"][high], event_observed_B=y["event"][low]
    )
    return float(test.test_statistic)


def _curve(y: np.ndarray, confidence: float) -> pd.DataFrame:
    from lifelines import KaplanMeierFitter

    fitter = KaplanMeierFitter(alpha=1 - confidence)
    fitter.fit(y["time"], event_observed=y["event"])
    limits = fitter.confidence_interval_survival_function_
    return pd.DataFrame(
        {
            "time": fitter.survival_function_.index.to_numpy(dtype=np.float64),
            "survival": fitter.survival_function_.iloc[:, 0].to_numpy(),
            "low": limits.iloc[:, 0].to_numpy(),
            "high": limits.iloc[:, 1].to_numpy(),
            "at_risk": fitter.event_table["at_risk"].to_numpy(),
        }
    )


def _free_of_event(y: np.ndarray, confidence: float) -> pd.DataFrame:
    seen = Observed.of_outcome(y)
    curve = cumulative_incidence(seen.time, seen.event, y["competing"], confidence)
    limits = {"survival": "incidence", "low": "high", "high": "low"}
    return curve.assign(**{name: 1 - curve[other] for name, other in limits.items()})
