"""Risks of each subject with each of its masks, by models that have seen none of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from threadpoolctl import threadpool_limits

from nbradiomics.errors import NbradiomicsError
from nbradiomics.execution.execution import Execution
from nbradiomics.outcome.crossvalidation import checked_splits
from nbradiomics.outcome.fitting import fit_models, predict_fold
from nbradiomics.outcome.fold_result import Fold, FoldResult

if TYPE_CHECKING:
    from nbradiomics.outcome.assembly import OutcomeData
    from nbradiomics.outcome.crossvalidation import Split
    from nbradiomics.outcome.drawing.masks import Drawing
    from nbradiomics.outcome.settings import OutcomeSettings
    from nbradiomics.outcome.tasks import Task

#: Models whose columns come from the mask.
MODELS = ("volume", "radiomic", "combined")


@dataclass(frozen=True, eq=False)
class Risks:
    """Risks and groups of all subjects with all of their masks, over the repeats of a cross-validation.

    Attributes
    ----------
    models
        Names of the models.
    risk
        Risk minus the cut-off of the fold, mean over the repeats, shape (models, drawings, subjects);
        missing without a mask, where the model failed, or if there are more than two classes.
    group
        Group in most repeats (the higher one if two are as frequent), same shape; missing likewise.
    share
        Share of the repeats with this group, same shape.
    """

    models: tuple[str, ...]
    risk: np.ndarray
    group: np.ndarray
    share: np.ndarray


def models_of_masks(data: OutcomeData) -> tuple[str, ...]:
    """Names of the models whose columns come from the mask."""
    return tuple(name for name in data.models if name in MODELS)


def predict_drawings(
    data: OutcomeData,
    drawings: Sequence[Drawing],
    settings: OutcomeSettings,
    models: Sequence[str],
    task: Task,
    fold: Fold,
) -> list[list[FoldResult]]:
    """Predict the held-out subjects of a fold with each of their masks.

    Everything is fitted once, to the training subjects, with the masks in `data`: no mask of a held-out
    subject, and no other mask of a training subject, is learned from. (The stability filter of `data` may
    know the readers' ratings of the training subjects, as in every evaluation.)

    Returns
    -------
    list of list of FoldResult
        By drawing and model; `test` of each result has the held-out subjects with this mask, maybe none.
    """
    fitted = fit_models(data, settings, models, task, fold.train)
    found = []
    for drawing in drawings:
        test = fold.test[drawing.there[fold.test]]
        found.append(
            predict_fold(fitted, drawing.frame, data.y, task, replace(fold, test=test)) if len(test) else []
        )
    return found


def risks_of_drawings(
    data: OutcomeData,
    drawings: Sequence[Drawing],
    settings: OutcomeSettings,
    task: Task,
    *,
    execution: Execution = Execution(),  # noqa: B008 - frozen
) -> Risks:
    """Predict all subjects with all of their masks, in the folds of the evaluation.

    Parameters
    ----------
    data, settings, task
        Data, settings and kind of outcome of the evaluation.
    drawings
        The masks; the first one is that of the models' reader.
    execution
        Processes and progress display.

    Raises
    ------
    NbradiomicsError
        When a repeat cannot be fitted.
    """
    models = models_of_masks(data)
    cases = {
        f"masks in repeat {number}": (data, tuple(drawings), settings, models, task, number, folds)
        for number, folds in enumerate(checked_splits(data, settings, task), start=1)
    }
    batch = execution.map(_repeat, cases, stage="drawing")
    if batch.failures:
        failure = batch.failures[0]
        raise NbradiomicsError(f"{failure.case}: {failure.cause}", failure.hint, failure.details)
    risk, group = (np.stack(parts) for parts in zip(*batch.results.values(), strict=True))
    known = np.isfinite(risk)
    sums = np.where(known, risk, 0.0).sum(axis=0)
    mean = np.divide(sums, known.sum(axis=0), out=np.full(sums.shape, np.nan), where=known.any(axis=0))
    return Risks(models, mean, *most_frequent(group))


def _repeat(
    data: OutcomeData,
    drawings: Sequence[Drawing],
    settings: OutcomeSettings,
    models: Sequence[str],
    task: Task,
    repeat: int,
    folds: Sequence[Split],
) -> tuple[np.ndarray, np.ndarray]:
    """Risks beyond the cut-off and groups of one repeat, each of shape (models, drawings, subjects)."""
    shape = (len(models), len(drawings), len(data.y))
    risk, group = np.full(shape, np.nan), np.full(shape, np.nan)
    # One thread: the last digits, and with them ties, must not depend on the number of jobs.
    with threadpool_limits(limits=1):
        for number, split in enumerate(folds, start=1):
            fold = Fold(repeat, number, *split)
            for place, results in enumerate(predict_drawings(data, drawings, settings, models, task, fold)):
                for model, result in enumerate(results):
                    if not result.failure:
                        risk[model, place, result.test] = result.risk - result.cutoff
                        group[model, place, result.test] = result.group
    return risk, group


def most_frequent(group: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Most frequent group over the first axis, the highest one of equally frequent, and its share."""
    known = np.isfinite(group)
    highest = int(group[known].max()) if known.any() else 0
    counts = np.stack([(group == each).sum(axis=0) for each in range(highest + 1)])
    most = highest - np.argmax(counts[::-1], axis=0)
    total = known.sum(axis=0)
    share = np.divide(counts.max(axis=0), total, out=np.full(total.shape, np.nan), where=total > 0)
    return np.where(total > 0, most, np.nan), share
