"""Score the same model on two sets of features, in the same folds and the same bootstrap samples."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from nbradiomics.messages.wording import counted
from nbradiomics.outcome.crossvalidation import cross_validate
from nbradiomics.outcome.intervals import refit_interval
from nbradiomics.outcome.measures.arguments import Floats
from nbradiomics.outcome.refits import refit
from nbradiomics.outcome.score_table import gains_by_repeat
from nbradiomics.outcome.trial.decision import UNKNOWN, Estimate

if TYPE_CHECKING:
    from nbradiomics.execution.execution import Execution
    from nbradiomics.outcome.assembly import OutcomeData
    from nbradiomics.outcome.evaluated import Evaluated
    from nbradiomics.outcome.fold_result import FoldResult
    from nbradiomics.outcome.settings import OutcomeSettings
    from nbradiomics.outcome.tasks import Task

#: End of the note about folds that only one of two models has: the cost is then not the difference of the
#: two values.
UNEVEN = "fitted with both sets of features: the cost is that of the others"


@dataclass(frozen=True)
class Scored:
    """Folds and samples of one model on one set of features.

    Attributes
    ----------
    results
        Results of the folds of all repeats.
    samples
        Score in each cross-validation of each bootstrap sample, shape (samples, cross-validations); empty
        without refits.
    """

    results: tuple[FoldResult, ...]
    samples: Floats


@dataclass(frozen=True)
class Comparison:
    """Scores of the real features and of others for the same subjects, and what the others cost.

    `uneven` is the number of folds in which only one of the two models could be fitted.
    """

    subjects: int
    real: Estimate
    value: Estimate
    cost: Estimate
    uneven: int = 0

    @property
    def note(self) -> str:
        """What a reader of the cost must know; empty for nothing."""
        return f"{counted(self.uneven, 'fold')} could not be {UNEVEN}" if self.uneven else ""


def known(evaluated: Evaluated, model: str, task: Task) -> Scored:
    """Take what an evaluation has computed of a model."""
    return Scored(evaluated.folds_of(model), evaluated.samples_of(model, task.order))


def scored(
    data: OutcomeData, settings: OutcomeSettings, model: str, task: Task, execution: Execution
) -> Scored:
    """Cross-validate a model, and repeat it in the bootstrap samples.

    Divisions into folds and samples depend on subjects, outcomes, sites, batches and the seed alone, so that
    they are the same for all features of the same subjects.
    """
    results = cross_validate(data, settings, [model], task, execution=execution)
    samples: Floats = np.empty((0, 0))
    if settings.bootstraps and settings.refits:
        refits = refit(data, settings, [model], task, execution=execution)
        samples = refits.scores.get((model, task.order, None), samples)
    return Scored(tuple(results), samples)


def compare(y: np.ndarray, real: Scored, other: Scored, task: Task, confidence: float) -> Comparison:
    """Compare the real features with others.

    Parameters
    ----------
    y
        Outcome of the subjects, shape (subjects,).
    real, other
        Scores for the same subjects, folds and samples.
    task
        Kind of outcome.
    confidence
        Confidence of the intervals.

    Returns
    -------
    Comparison
        The cost is that of the folds in which both models were fitted, and of the samples that both have.
    """
    cost = gains_by_repeat(task, y, real.results, other.results)
    both = real.samples.size and other.samples.size
    samples = real.samples - other.samples if both else np.empty((0, 0))
    return Comparison(
        len(y),
        value_of(y, real, task, confidence),
        value_of(y, other, task, confidence),
        _estimate(cost, samples, confidence, bounded=False),
        sum(bool(one.failure) != bool(two.failure) for one, two in _pairs(real.results, other.results)),
    )


def _pairs(
    ours: Sequence[FoldResult], theirs: Sequence[FoldResult]
) -> Iterator[tuple[FoldResult, FoldResult]]:
    others = {(result.repeat, result.fold): result for result in theirs}
    return ((result, others[result.repeat, result.fold]) for result in ours)


def value_of(y: np.ndarray, one: Scored, task: Task, confidence: float) -> Estimate:
    """Score of one set of features, the mean of the repeats, with its interval."""
    repeats = sorted({result.repeat for result in one.results})
    values = [
        task.order_score(y, [result for result in one.results if result.repeat == repeat])
        for repeat in repeats
    ]
    return _estimate(np.array(values), one.samples, confidence, bounded=True)


def _estimate(values: Floats, samples: Floats, confidence: float, *, bounded: bool) -> Estimate:
    defined = values[np.isfinite(values)]
    if not len(defined):
        return UNKNOWN
    value = float(defined.mean())
    if not samples.size:
        return Estimate(value, np.nan, np.nan)
    return Estimate(value, *refit_interval(values, samples, confidence, bounded=bounded))
