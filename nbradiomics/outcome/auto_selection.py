"""Choose a selection of features among a small grid, by subjects that are left out of the training ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from nbradiomics.errors import InputError
from nbradiomics.outcome.models import build_columns, columns_of, light_penalties
from nbradiomics.outcome.penalised import NotConvergedError
from nbradiomics.outcome.selection import selector
from nbradiomics.outcome.settings import AUTO_GRID
from nbradiomics.outcome.solvers import likelihood_of, training_folds
from nbradiomics.outcome.transformers import UnlessEmpty

if TYPE_CHECKING:
    from nbradiomics.outcome.assembly import OutcomeData
    from nbradiomics.outcome.settings import OutcomeSettings
    from nbradiomics.outcome.tasks import Task

#: Folds among the training subjects; each takes as many fits as there are selections.
INNER_FOLDS = 3
#: Smallest probability of the true class: a tree that is sure and wrong would decide alone.
_LEAST = 1e-3
_BLOCK = "radiomic__"


def choose_selection(
    model: str, data: OutcomeData, settings: OutcomeSettings, task: Task, train: np.ndarray
) -> str:
    """Choose the selection with which a model predicts left-out training subjects best.

    The training subjects are divided into three folds. Imputation, filters, power, selection, tuning and
    model are fitted to two of them, and judged by the likelihood of the third one, as a penalty is tuned: the
    cross-validated partial likelihood of times, the likelihood of classes.

    Parameters
    ----------
    model
        Name of the model.
    data, settings, task
        Data, settings, kind of outcome.
    train
        Places of the training subjects; no other subject is looked at.

    Returns
    -------
    str
        One of `AUTO_GRID`: of equally good ones the first, which is the simplest.
    """
    frame, y = data.frame.iloc[train], data.y[train]
    sums, judged = np.zeros(len(AUTO_GRID)), False
    for inner in training_folds(y, INNER_FOLDS, settings.seed, frame.index):
        if not y.dtype.names and len(np.unique(y[inner])) < len(np.unique(y)):
            continue  # a model of these subjects would not know a class
        columns = build_columns([model], data, settings.changed(selection="none"))
        try:
            columns.fit(frame.iloc[inner], y[inner])
            everybody = columns_of(model, columns.transform(frame))
        except InputError:  # too few were measured by all readers, or a batch has no subject among these
            continue
        sums += [_unseen(everybody, y, inner, settings.changed(selection=each), task) for each in AUTO_GRID]
        judged = True
    return AUTO_GRID[int(np.argmax(sums.round(9)))] if judged else AUTO_GRID[0]


def _unseen(
    columns: pd.DataFrame, y: np.ndarray, train: np.ndarray, settings: OutcomeSettings, task: Task
) -> float:
    """Log likelihood that the subjects outside `train` add; -inf where the model did not converge."""
    chosen = _selected(columns, y, train, settings)
    known = chosen.iloc[train]
    estimator = task.estimator(settings, light_penalties(settings))
    try:
        estimator.fit(known, y[train], groups=known.index)
    except NotConvergedError:
        return -np.inf
    return log_likelihood_of_unseen(estimator, chosen, y, train)


def _selected(
    columns: pd.DataFrame, y: np.ndarray, train: np.ndarray, settings: OutcomeSettings
) -> pd.DataFrame:
    """Put the selection of some subjects in the place of the features of all subjects."""
    method = selector(settings)
    if isinstance(method, str):
        return columns
    ours = np.array([name.startswith(_BLOCK) for name in columns.columns], dtype=bool)
    features = columns.loc[:, ours].rename(columns=lambda name: name.removeprefix(_BLOCK))
    fitted = UnlessEmpty(method).fit(features.iloc[train], y[train])
    return pd.concat([fitted.transform(features).add_prefix(_BLOCK), columns.loc[:, ~ours]], axis=1)


def log_likelihood_of_unseen(
    estimator: Any, columns: pd.DataFrame, y: np.ndarray, train: np.ndarray
) -> float:
    """Log likelihood of the subjects outside `train` by a model that was fitted to `train`.

    Parameters
    ----------
    estimator
        Fitted model of times (`predict`: log hazards) or of classes (`predict_proba`).
    columns
        Columns of all subjects.
    y
        Their outcome, shape (subjects,).
    train
        Places of the subjects to whom the model was fitted.
    """
    if not hasattr(estimator, "predict_proba"):
        return float(likelihood_of(y).unseen(estimator.predict(columns)[:, None], train)[0])
    rest = np.setdiff1d(np.arange(len(y)), train)
    probabilities = estimator.predict_proba(columns.iloc[rest])
    return float(np.log(np.maximum(probabilities[np.arange(len(rest)), y[rest]], _LEAST)).sum())
