"""Scores of several models, and what one gains over another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from nbradiomics.outcome.measures.arguments import Floats

if TYPE_CHECKING:
    from nbradiomics.outcome.fold_result import FoldResult
    from nbradiomics.outcome.tasks import Task

#: Model, metric, and its horizon if it has one.
Key = tuple[str, str, float | None]
Scores = dict[Key, Floats]


def score_table(y: np.ndarray, results: Sequence[FoldResult], models: Sequence[str], task: Task) -> Scores:
    """Score each model in each repeat of a cross-validation.

    Parameters
    ----------
    y
        Outcome of all subjects, shape (subjects,).
    results
        Results of the folds of all models and repeats.
    models
        Names of the models.
    task
        Kind of outcome.

    Returns
    -------
    dict
        By model, metric and horizon (None where a metric has none): the value in each repeat, shape
        (repeats,). A gain is that of the folds in which both models were fitted.
    """
    rows = []
    for repeat in sorted({result.repeat for result in results}):
        folds = {
            model: [result for result in results if (result.repeat, result.model) == (repeat, model)]
            for model in models
        }
        row: dict[Key, float] = {
            (model, *metric): value
            for model in models
            for metric, value in task.scores(y, folds[model]).items()
        }
        for gain, (ours, theirs) in task.gains.items():
            if ours in folds and theirs in folds:
                row[ours, gain, None] = _gain(task, y, folds[ours], folds[theirs])
        rows.append(row)
    return {key: np.array([row[key] for row in rows]) for key in rows[0]}


def _gain(task: Task, y: np.ndarray, ours: Sequence[FoldResult], theirs: Sequence[FoldResult]) -> float:
    """Gain in the order of the subjects in the folds in which both models were fitted."""
    both = [(one, other) for one, other in zip(ours, theirs, strict=True) if not one.failure + other.failure]
    return task.order_score(y, [one for one, _ in both]) - task.order_score(y, [other for _, other in both])


def gains_by_repeat(
    task: Task, y: np.ndarray, ours: Sequence[FoldResult], theirs: Sequence[FoldResult]
) -> Floats:
    """Gain of a model over another one in each repeat, shape (repeats,); see `mean_gain`."""
    repeats = sorted({result.repeat for result in ours})
    parts = [
        [[result for result in results if result.repeat == repeat] for results in (ours, theirs)]
        for repeat in repeats
    ]
    return np.array([_gain(task, y, *part) for part in parts])


def mean_gain(task: Task, y: np.ndarray, ours: Sequence[FoldResult], theirs: Sequence[FoldResult]) -> float:
    """Gain of a model over another one, averaged over the repeats where it is defined; nan if nowhere.

    Parameters
    ----------
    task
        Kind of outcome.
    y
        Outcome of all subjects, shape (subjects,).
    ours, theirs
        Results of the same folds by the one model and by the other.
    """
    gains = gains_by_repeat(task, y, ours, theirs)
    known = gains[np.isfinite(gains)]
    return float(known.mean()) if len(known) else float("nan")
