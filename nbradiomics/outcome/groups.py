"""High and low risk: groups of a cross-validation, their Kaplan-Meier curves, and a valid p value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from nbradiomics.execution.execution import Execution
from nbradiomics.outcome.crossvalidation import FoldResult, cross_validate
from nbradiomics.outcome.schemas import KAPLAN_MEIER

if TYPE_CHECKING:
    from nbradiomics.outcome.assembly import OutcomeData
    from nbradiomics.outcome.settings import OutcomeSettings


@dataclass(frozen=True)
class PermutationTest:
    """Result of refitting the whole cross-validation on permuted outcomes.

    Attributes
    ----------
    p
        ``(1 + number of permutations that reach the statistic) / (1 + permutations)``.
    permutations
        Number of permutations that were requested.
    failed
        Number of permutations that could not be fitted; they count as reaching the statistic.
    """

    p: float
    permutations: int
    failed: int


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
            high[result.test] += result.high
            counted[result.test] += 1
    share = np.divide(high, counted, out=np.full(subjects, np.nan), where=counted > 0)
    return np.where(np.isnan(share), np.nan, share >= 0.5)


def kaplan_meier_table(y: np.ndarray, groups: dict[str, np.ndarray], confidence: float) -> pd.DataFrame:
    """Kaplan-Meier curves of the risk groups of each model.

    Returns
    -------
    pandas.DataFrame
        Columns of `outcome.schemas.KAPLAN_MEIER`.
    """
    parts = []
    for model, group in groups.items():
        for value, name in ((1, "high"), (0, "low")):
            if (group == value).any():
                curve = _curve(y[group == value], confidence)
                parts.append(curve.assign(model=model, group=name))
    return KAPLAN_MEIER.table(pd.concat(parts, ignore_index=True)) if parts else KAPLAN_MEIER.empty()


def log_rank(y: np.ndarray, group: np.ndarray) -> float:
    """Log-rank chi-squared of high against low risk; 0 if all subjects are in one group."""
    high, low = group == 1, group == 0
    if not high.any() or not low.any():
        return 0.0
    from lifelines.statistics import logrank_test  # 3 s to load, which workers that fit models do not need

    test = logrank_test(
        y["time"][high], y["time"][low], event_observed_A=y["event"][high], event_observed_B=y["event"][low]
    )
    return float(test.test_statistic)


def permutation_test(
    data: OutcomeData,
    settings: OutcomeSettings,
    model: str,
    observed: float,
    *,
    execution: Execution = Execution(),  # noqa: B008 - frozen
) -> PermutationTest:
    """Test whether a model's risk groups differ more than they would without any relation to the outcome.

    Groups of a cross-validation share their training subjects, so the tabulated log-rank test is not
    valid for them. Here the pairs of time and event are permuted among the subjects, the whole
    cross-validation is refitted (folds, filters, models, cut-offs, majority), and the log-rank statistic
    is computed again (Simon et al., Briefings in Bioinformatics 2011;12:203-214).

    Parameters
    ----------
    data, settings
        Data and settings that led to the observed groups.
    model
        Name of the model.
    observed
        Log-rank chi-squared of the observed groups.
    """
    cases = {
        f"permutation {number}": (data, settings, model, number)
        for number in range(1, settings.permutations + 1)
    }
    batch = execution.map(permuted_statistic, cases, stage="permutations")
    reached = sum(value >= observed for value in batch.results.values())
    failed = len(batch.failures)
    p = (1 + reached + failed) / (1 + settings.permutations)
    return PermutationTest(p=p, permutations=settings.permutations, failed=failed)


def permuted_statistic(data: OutcomeData, settings: OutcomeSettings, model: str, number: int) -> float:
    """Log-rank chi-squared of a model's groups after the cross-validation of one permutation."""
    rng = np.random.default_rng([settings.seed, number])
    permuted = data.with_outcome(data.y[rng.permutation(len(data.y))])
    results = cross_validate(permuted, settings.changed(permutations=0), [model])
    return log_rank(permuted.y, majority_groups(results, model, len(permuted.y)))


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
