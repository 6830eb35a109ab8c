"""Draw subjects again and repeat the whole cross-validation: how much would the scores differ?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from nbradiomics.execution.execution import Execution
from nbradiomics.messages.wording import counted
from nbradiomics.outcome.crossvalidation import run_repeat, splits_of
from nbradiomics.outcome.score_table import Scores, score_table
from nbradiomics.outcome.stored import StoredScores, read_scores, stored_cases, stored_scores

if TYPE_CHECKING:
    from nbradiomics.execution.batch import Batch
    from nbradiomics.outcome.assembly import OutcomeData
    from nbradiomics.outcome.settings import OutcomeSettings
    from nbradiomics.outcome.tasks import Task


@dataclass(frozen=True)
class Refits:
    """Scores of bootstrap samples in which everything was fitted again.

    Attributes
    ----------
    scores
        By model, metric and horizon: shape (samples, cross-validations of each sample), in the order of
        the samples' numbers; missing for a sample that could not be fitted.
    failed
        Number of samples that could not be fitted.
    cause
        Why the first of them could not; empty if all were fitted.
    """

    scores: Scores
    failed: int = 0
    cause: str = ""

    @property
    def sentences(self) -> list[str]:
        """Say what is missing."""
        if not self.failed:
            return []
        failed = f"{counted(self.failed, 'bootstrap sample')} could not be fitted ({self.cause.rstrip('.')})"
        return [f"{failed}; a metric that more than a fifth of the samples lack has no interval."]


#: Cross-validations of each sample: two tell how much of a difference lies in the folds.
_REPEATS = 2


def refit(
    data: OutcomeData,
    settings: OutcomeSettings,
    models: Sequence[str],
    task: Task,
    *,
    execution: Execution = Execution(),  # noqa: B008 - frozen
) -> Refits:
    """Score models in bootstrap samples of the subjects, with everything fitted again in each.

    Parameters
    ----------
    data, settings
        Data and settings; `settings.refits` samples are drawn.
    models
        Names of the models.
    task
        Kind of outcome; its points in time are the same in all samples.
    execution
        Processes and progress display.

    Returns
    -------
    Refits
        Scores, and how many samples could not be fitted.
    """
    cases = {
        f"sample {number}": (data, settings, tuple(models), task, number)
        for number in range(1, settings.refits + 1)
    }
    stored = stored_cases("refits", StoredScores, data, settings, task, models)
    batch = execution.map(_refit, cases, stage="refits", stored=stored)
    # Sites are always divided in the same way: there is one cross-validation of each sample.
    return gathered(batch, list(cases), _REPEATS if data.sites is None else 1)


def gathered(batch: Batch[StoredScores], samples: Sequence[str], repeats: int) -> Refits:
    """Put the scores of the samples together; samples without scores have missing ones.

    Parameters
    ----------
    batch
        Results and failures of the samples.
    samples
        Names of the samples that were asked for, in their order.
    repeats
        Cross-validations of each.
    """
    fitted = {name: read_scores(result) for name, result in batch.results.items()}
    lost = np.full(repeats, np.nan)
    # A sample keeps its row, so that the same samples of other features can be compared with it.
    scores = {
        key: np.vstack([fitted[name][key] if name in fitted else lost for name in samples])
        for key in next(iter(fitted.values()), {})
    }
    return Refits(scores, len(batch.failures), batch.failures[0].cause if batch.failures else "")


def _refit(*of_sample: Any) -> StoredScores:
    return stored_scores(refit_sample(*of_sample))


def refit_sample(
    data: OutcomeData, settings: OutcomeSettings, models: Sequence[str], task: Task, number: int
) -> Scores:
    """Score models in one bootstrap sample; copies of a subject share a fold."""
    places, once = draw_sample(len(data.y), settings, number)
    sample = data.drawn(places)
    splits = splits_of(sample, once, sample.subjects)
    results = [
        result
        for repeat, folds in enumerate(splits, start=1)
        for result in run_repeat(sample, once, models, task, repeat, folds)
    ]
    return score_table(sample.y, results, models, task)


def draw_sample(subjects: int, settings: OutcomeSettings, number: int) -> tuple[np.ndarray, OutcomeSettings]:
    """Positions of the subjects of one bootstrap sample, and the settings of its cross-validations.

    They follow from the seed and the number alone: data of the same subjects, such as features of other
    masks, get the same samples and folds.
    """
    rng = np.random.default_rng([settings.seed, number])
    places = np.sort(rng.integers(subjects, size=subjects))
    return places, settings.changed(repeats=_REPEATS, seed=int(rng.integers(2**31)))
