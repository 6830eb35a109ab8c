"""The final models: fitted to all subjects of a cohort, as in each fold to its training subjects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from nbradiomics.outcome.auto_selection import choose_selection
from nbradiomics.outcome.models import BLOCKS, build_columns, columns_of, light_penalties
from nbradiomics.outcome.penalised import NotConvergedError
from nbradiomics.outcome.settings import AUTO

if TYPE_CHECKING:
    from nbradiomics.clinical import Endpoint
    from nbradiomics.outcome.assembly import OutcomeData
    from nbradiomics.outcome.prepared import Prepared
    from nbradiomics.outcome.settings import OutcomeSettings, Predictors
    from nbradiomics.outcome.tasks import Task


@dataclass(frozen=True)
class FinalModel:
    """One model that was fitted to all subjects.

    Attributes
    ----------
    name
        Name of the model.
    columns
        Fitted steps before the model; see `outcome.models.build_columns`.
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


@dataclass(frozen=True)
class Final:
    """The final models with everything that they were made from.

    Attributes
    ----------
    prepared
        Data of the evaluation.
    endpoint, predictors, settings
        As they were asked for.
    task
        Kind of outcome.
    models
        The models, fitted to all subjects; none of trees.
    """

    prepared: Prepared
    endpoint: Endpoint
    predictors: Predictors
    settings: OutcomeSettings
    task: Task
    models: tuple[FinalModel, ...]


def fit_final(
    data: OutcomeData, settings: OutcomeSettings, models: Sequence[str], task: Task
) -> tuple[FinalModel, ...]:
    """Fit models to all subjects.

    Parameters
    ----------
    data, settings, task
        Data, settings, kind of outcome.
    models
        Names of the models.

    Returns
    -------
    tuple of FinalModel
        In the order of `models`; one that does not converge says why.
    """
    # One thread, as in the folds: the last digits must not depend on the number of processors.
    with threadpool_limits(limits=1):
        if settings.selection == AUTO:
            return tuple(_with_choice(data, settings, model, task) for model in models)
        return _fitted(data, settings, models, task)


def _with_choice(data: OutcomeData, settings: OutcomeSettings, model: str, task: Task) -> FinalModel:
    everybody = np.arange(len(data.y))
    of_features = "radiomic" in BLOCKS[model]
    selection = choose_selection(model, data, settings, task, everybody) if of_features else ""
    (fitted,) = _fitted(data, settings.changed(selection=selection or "none"), [model], task)
    return replace(fitted, selection=selection)


def _fitted(
    data: OutcomeData, settings: OutcomeSettings, models: Sequence[str], task: Task
) -> tuple[FinalModel, ...]:
    """Fit the columns of all models once, and each model on its part of them."""
    if not models:
        return ()
    columns = build_columns(models, data, settings)
    everything = columns.fit_transform(data.frame, data.y)
    found = []
    for model in models:
        known = columns_of(model, everything)
        estimator = task.estimator(settings, light_penalties(settings))
        try:
            estimator.fit(known, data.y, groups=known.index)
        except NotConvergedError as error:
            found.append(FinalModel(model, columns, None, known, failure=error.problem))
        else:
            found.append(FinalModel(model, columns, estimator, known))
    return tuple(found)
