"""Draw subjects again and repeat the whole cross-validation: how much would the scores differ?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from nbradiomics.execution.execution import Execution
from nbradiomics.outcome.crossvalidation import make_splits, run_repeat
from nbradiomics.outcome.score_table import Scores, score_table

if TYPE_CHECKING:
    from nbradiomics.outcome.assembly import OutcomeData
    from nbradiomics.outcome.horizons import Horizons
    from nbradiomics.outcome.settings import OutcomeSettings

#: Cross-validations of each sample: two tell how much of a difference lies in the folds.
_REPEATS = 2


def refit(
    data: OutcomeData,
    settings: OutcomeSettings,
    models: Sequence[str],
    horizons: Horizons,
    *,
    execution: Execution = Execution(),  # noqa: B008 - frozen
) -> Scores:
    """Score models in bootstrap samples of the subjects, with everything fitted again in each.

    Parameters
    ----------
    data, settings
        Data and settings; `settings.refits` samples are drawn.
    models
        Names of the models.
    horizons
        Points in time, the same in all samples.
    execution
        Processes and progress display.

    Returns
    -------
    dict
        By model, metric and horizon: scores, shape (samples, 2) for two cross-validations of each sample;
        missing for a sample that could not be fitted.
    """
    cases = {
        f"sample {number}": (data, settings, tuple(models), horizons, number)
        for number in range(1, settings.refits + 1)
    }
    batch = execution.map(refit_sample, cases, stage="refits")
    fitted = list(batch.results.values())
    lost = np.full((settings.refits - len(fitted), _REPEATS), np.nan)
    return {key: np.vstack([*(scores[key] for scores in fitted), lost]) for key in (fitted or [{}])[0]}


def refit_sample(
    data: OutcomeData, settings: OutcomeSettings, models: Sequence[str], horizons: Horizons, number: int
) -> Scores:
    """Score models in one bootstrap sample; copies of a subject share a fold."""
    rng = np.random.default_rng([settings.seed, number])
    sample = data.drawn(np.sort(rng.integers(len(data.y), size=len(data.y))))
    once = settings.changed(repeats=_REPEATS, seed=int(rng.integers(2**31)))
    results = [
        result
        for repeat, folds in enumerate(make_splits(sample.y, once, sample.subjects), start=1)
        for result in run_repeat(sample, once, models, repeat, folds, horizons.all)
    ]
    return score_table(sample.y, results, models, horizons)
