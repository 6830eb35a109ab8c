"""Fit the models to some of the subjects, and predict others: in each fold, and for the final models."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from nbradiomics.outcome.auto_selection import choose_selection
from nbradiomics.outcome.fold_result import Fold, FoldResult
from nbradiomics.outcome.models import BLOCKS, build_columns, columns_of, light_penalties
from nbradiomics.outcome.penalised import NotConvergedError
from nbradiomics.outcome.settings import AUTO

if TYPE_CHECKING:
    from nbradiomics.outcome.assembly import OutcomeData
    from nbradiomics.outcome.settings import OutcomeSettings
    from nbradiomics.outcome.tasks import Task


@dataclass(frozen=True)
class FittedModel:
    """One model that was fitted to some subjects.

    Attributes
    ----------
    name
        Name of the model.
    columns
        Fitted steps before the model; see `outcome.models.build_columns`. Models share them.
    estimator
        Fitted model; None if it did not converge.
    known
        Columns of the model for the subjects that it was fitted to, one row each.
    selection
        Selection of features that `auto` chose; empty if the settings name one.
    failure
        Why it could not be fitted; empty if it was.
    """

    name: str
    columns: Any
    estimator: Any
    known: pd.DataFrame
    selection: str = ""
    failure: str = ""


def fit_models(
    data: OutcomeData, settings: OutcomeSettings, models: Sequence[str], task: Task, train: np.ndarray
) -> tuple[FittedModel, ...]:
    """Fit models to some subjects: the columns of all models once, and each model on its part of them.

    Parameters
    ----------
    data, settings, task
        Data, settings, kind of outcome.
    models
        Names of the models.
    train
        Positions of the subjects; nothing is learned from the others.

    Returns
    -------
    tuple of FittedModel
        In the order of `models`; one that does not converge says why.
    """
    if settings.selection == AUTO:
        return tuple(_with_choice(data, settings, model, task, train) for model in models)
    if not models:
        return ()
    columns = build_columns(models, data, settings)
    y = data.y[train]
    everything = columns.fit_transform(data.frame.iloc[train], y)
    fitted = []
    for model in models:
        known = columns_of(model, everything)
        estimator = task.estimator(settings, light_penalties(settings))
        try:
            estimator.fit(known, y, groups=known.index)
        except NotConvergedError as error:
            fitted.append(FittedModel(model, columns, None, known, failure=error.problem))
        else:
            fitted.append(FittedModel(model, columns, estimator, known))
    return tuple(fitted)


def _with_choice(
    data: OutcomeData, settings: OutcomeSettings, model: str, task: Task, train: np.ndarray
) -> FittedModel:
    """Choose how features are selected among the training subjects, then fit one model."""
    of_features = "radiomic" in BLOCKS[model]
    selection = choose_selection(model, data, settings, task, train) if of_features else ""
    (fitted,) = fit_models(data, settings.changed(selection=selection or "none"), [model], task, train)
    return replace(fitted, selection=selection)


def predict_fold(
    fitted: Sequence[FittedModel], frame: pd.DataFrame, y: np.ndarray, task: Task, fold: Fold
) -> list[FoldResult]:
    """Predict the held-out subjects of a fold by the models of its training part.

    Parameters
    ----------
    fitted
        Models that were fitted to the training subjects of the fold.
    frame
        Columns of all subjects, by position; only those of the held-out subjects are looked at. They may
        come from other masks than those that the models were fitted on.
    y
        Outcome of all subjects, shape (subjects,).
    task
        Kind of outcome.
    fold
        The fold; `test` may be a part of the held-out subjects.

    Returns
    -------
    list of FoldResult
        In the order of `fitted`.
    """
    results = []
    for model, columns in _with_columns(fitted, frame.iloc[fold.test]):
        if model.failure:
            results.append(FoldResult.failed(model.name, fold, task.points, model.failure))
        else:
            results.append(task.result(model.name, fold, y, model.estimator, (model.known, columns)))
    return [
        # The subjects of the rows that went through the fitted columns, not those of the fold's plan.
        replace(one, selection=model.selection, learned=tuple(map(str, model.known.index)))
        for one, model in zip(results, fitted, strict=True)
    ]


def _with_columns(
    fitted: Sequence[FittedModel], subjects: pd.DataFrame
) -> Iterator[tuple[FittedModel, pd.DataFrame]]:
    """Pair each model with its columns; steps that models share are applied once."""
    made: dict[int, pd.DataFrame] = {}
    for model in fitted:
        shared = id(model.columns)
        if shared not in made:
            made[shared] = model.columns.transform(subjects)
        yield model, columns_of(model.name, made[shared])
