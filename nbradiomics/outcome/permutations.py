"""A valid p value: the whole cross-validation refitted on permuted outcomes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from nbradiomics.execution.execution import Execution
from nbradiomics.outcome.crossvalidation import cross_validate
from nbradiomics.outcome.groups import log_rank, majority_groups
from nbradiomics.outcome.stored import StoredValue, stored_cases
from nbradiomics.outcome.tasks import Survival

if TYPE_CHECKING:
    from nbradiomics.outcome.assembly import OutcomeData
    from nbradiomics.outcome.fold_result import FoldResult
    from nbradiomics.outcome.settings import OutcomeSettings
    from nbradiomics.outcome.tasks import Task


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


def statistic_of(data: OutcomeData, results: Sequence[FoldResult], model: str, task: Task) -> float:
    """Return what is tested: the log-rank statistic of the risk groups, or the ROC area of classes.

    The ROC area is averaged over the repeats in which it is defined; without one it is 0.
    """
    if isinstance(task, Survival):
        return log_rank(data.y, majority_groups(results, model, len(data.y)))
    ours = [result for result in results if result.model == model]
    repeats = sorted({result.repeat for result in ours})
    areas = np.array(
        [task.order_score(data.y, [fold for fold in ours if fold.repeat == repeat]) for repeat in repeats]
    )
    known = areas[np.isfinite(areas)]
    return float(known.mean()) if len(known) else 0.0


def permutation_test(
    data: OutcomeData,
    settings: OutcomeSettings,
    model: str,
    task: Task,
    results: Sequence[FoldResult],
    *,
    execution: Execution = Execution(),  # noqa: B008 - frozen
) -> PermutationTest:
    """Test whether a model predicts the outcome better than without any relation to it.

    Predictions of a cross-validation share their training subjects, so tabulated tests are not valid for
    them. Here the outcomes are permuted among the subjects, the whole cross-validation is refitted (folds,
    filters, models, cut-offs, majority), and the statistic is computed again (Simon et al., Briefings in
    Bioinformatics 2011;12:203-214).

    Parameters
    ----------
    data, settings
        Data and settings that led to the results.
    model
        Name of the model.
    task
        Kind of outcome.
    results
        Results of the folds.
    execution
        Processes and progress display.
    """
    observed = statistic_of(data, results, model, task)
    cases = {
        f"permutation {number}": (data, settings, model, task, number)
        for number in range(1, settings.permutations + 1)
    }
    stored = stored_cases("permutations", StoredValue, data, settings, task, [model])
    batch = execution.map(_permuted, cases, stage="permutations", stored=stored)
    reached = sum(result["value"] >= observed for result in batch.results.values())
    failed = len(batch.failures)
    p = (1 + reached + failed) / (1 + settings.permutations)
    return PermutationTest(p=p, permutations=settings.permutations, failed=failed)


def _permuted(*of_permutation: Any) -> StoredValue:
    return {"value": permuted_statistic(*of_permutation)}


def permuted_statistic(
    data: OutcomeData, settings: OutcomeSettings, model: str, task: Task, number: int
) -> float:
    """Statistic of a model after the cross-validation of one permutation."""
    rng = np.random.default_rng([settings.seed, number])
    permuted = data.with_outcome(data.y[rng.permutation(len(data.y))])
    results = cross_validate(permuted, settings.changed(permutations=0), [model], task)
    return statistic_of(permuted, results, model, task)
