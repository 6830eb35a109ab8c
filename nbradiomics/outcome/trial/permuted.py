"""The same model with permuted outcomes: what the procedure gives where there is nothing to know."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import stats

from nbradiomics.outcome.crossvalidation import cross_validate
from nbradiomics.outcome.stored import StoredValue, stored_cases
from nbradiomics.outcome.trial.decision import UNKNOWN, Estimate

if TYPE_CHECKING:
    from nbradiomics.execution.execution import Execution
    from nbradiomics.outcome.assembly import OutcomeData
    from nbradiomics.outcome.settings import OutcomeSettings
    from nbradiomics.outcome.tasks import Task

#: Permutations, each with one cross-validation: together a fifth of the work of the refits of one set.
PERMUTATIONS = 40
#: Permutations of a quick evaluation, one without refits.
QUICK_PERMUTATIONS = 10
#: The mean of the permutations is above chance if a larger one comes by chance in one evaluation of 700.
_FALSE_ALARMS = 1 / 700
_STAGE = "permuted_outcome"
#: Part of the seed: these permutations are others than those of the p values.
_STREAM = 5


@dataclass(frozen=True)
class Permuted:
    """Scores of single permutations.

    Attributes
    ----------
    values
        C or ROC area of each permutation in which it is defined, shape (permutations,).
    failed
        Number of the others.
    cause
        Why the first of them could not be computed.
    """

    values: np.ndarray
    failed: int = 0
    cause: str = ""

    @property
    def error(self) -> float:
        """Standard error of the mean; nan with fewer than two values."""
        number = len(self.values)
        return float(self.values.std(ddof=1) / np.sqrt(number)) if number > 1 else float("nan")

    @property
    def exceeds_chance(self) -> bool:
        """Whether the mean is above 0.5 by more than chance."""
        number = len(self.values)
        if number < 2:
            return False
        errors = float(stats.t.ppf(1 - _FALSE_ALARMS, number - 1))
        return bool(self.values.mean() - errors * self.error > 0.5)

    def spread(self, confidence: float) -> Estimate:
        """The mean, and the limits between which a further permutation lies with this probability.

        This is the prediction interval of a normal variable: mean plus and minus Student's t times the
        standard deviation times ``sqrt(1 + 1 / permutations)``.
        """
        number = len(self.values)
        if number < 2:
            return Estimate(float(self.values.mean()), np.nan, np.nan) if number else UNKNOWN
        mean, deviation = float(self.values.mean()), float(self.values.std(ddof=1))
        reach = float(stats.t.ppf((1 + confidence) / 2, number - 1)) * deviation * np.sqrt(1 + 1 / number)
        return Estimate(mean, max(mean - reach, 0.0), min(mean + reach, 1.0))


def permuted(data: OutcomeData, settings: OutcomeSettings, task: Task, execution: Execution) -> Permuted:
    """Cross-validate the model of the features once on each of several permutations of the outcome.

    One permutation is one draw, whose C scatters as that of any noise: with 60 events from about 0.40 to
    0.60. It shows an error of the procedure only if that is large. The mean of 40 is known to about 0.01.

    Parameters
    ----------
    data, settings
        Data and settings of the evaluation.
    task
        Kind of outcome.
    execution
        Processes and progress display.
    """
    number = PERMUTATIONS if settings.refits and settings.bootstraps else QUICK_PERMUTATIONS
    once = (
        settings.changed(permutations=0)
        if data.sites is not None
        else settings.changed(repeats=1, permutations=0)
    )
    cases = {f"permuted outcome {each}": (data, once, task, each) for each in range(1, number + 1)}
    stored = stored_cases(_STAGE, StoredValue, data, once, task, ["radiomic"])
    batch = execution.map(_of_permutation, cases, stage=_STAGE, stored=stored)
    values = np.array([result["value"] for result in batch.results.values()], dtype=np.float64)
    values = values[np.isfinite(values)]
    return Permuted(values, number - len(values), batch.failures[0].cause if batch.failures else "")


def _of_permutation(*of_permutation: Any) -> StoredValue:
    return {"value": permuted_order(*of_permutation)}


def permuted_order(data: OutcomeData, settings: OutcomeSettings, task: Task, number: int) -> float:
    """Order of the held-out subjects by a model of one permutation."""
    rng = np.random.default_rng([settings.seed, _STREAM, number])
    shuffled = data.with_outcome(data.y[rng.permutation(len(data.y))])
    once = settings.changed(seed=int(rng.integers(2**31)))
    return task.order_score(shuffled.y, cross_validate(shuffled, once, ["radiomic"], task))
