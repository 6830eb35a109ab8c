"""Repeated stratified cross-validation: predictions of each model for subjects that it has not seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from sklearn.model_selection import RepeatedKFold, RepeatedStratifiedKFold
from threadpoolctl import threadpool_limits

from nbradiomics.errors import InputError, NbradiomicsError
from nbradiomics.execution.execution import Execution
from nbradiomics.execution.stage_names import StageName
from nbradiomics.outcome.cox import NotConvergedError
from nbradiomics.outcome.horizons import NO_TIMES
from nbradiomics.outcome.models import build_columns, build_cox, columns_of, log_hazard_ratios
from nbradiomics.outcome.schemas import PREDICTIONS
from nbradiomics.outcome.solvers import predicted_survival

if TYPE_CHECKING:
    from nbradiomics.outcome.assembly import OutcomeData
    from nbradiomics.outcome.settings import OutcomeSettings

Split = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class FoldResult:
    """Result of one model in one fold.

    Attributes
    ----------
    model, repeat, fold
        Model, repeat and fold; repeats and folds count from 1.
    train, test
        Positions of the training and of the held-out subjects.
    risk
        Their log partial hazard, shape (held out,); missing if the model failed.
    high
        Whether this risk exceeds the median log partial hazard of the training subjects; all false if the
        model failed.
    predicted
        Their predicted probabilities of no event until some times, shape (held out, times); missing if the
        model failed.
    coefficients
        Log hazard ratios by column; empty if no column remained or the model failed.
    retries
        Number of times that the penalty was raised tenfold until the model converged.
    penalizer
        Strength of the penalty of the features, as set or tuned; missing if there are none.
    l1_ratio
        Kind of this penalty, as set or tuned; missing if there are no features.
    failure
        Why the model could not be fitted; empty if it was fitted.
    """

    model: str
    repeat: int
    fold: int
    train: np.ndarray
    test: np.ndarray
    risk: np.ndarray
    high: np.ndarray
    predicted: np.ndarray
    coefficients: pd.Series
    retries: int
    failure: str = ""
    penalizer: float = np.nan
    l1_ratio: float = np.nan


def make_splits(
    y: np.ndarray, settings: OutcomeSettings, names: Sequence[str] | None = None
) -> list[list[Split]]:
    """Training and held-out positions of each fold of each repeat.

    Folds are stratified by the event; rows with the same name, copies of a subject, are in one fold. If there
    are fewer events, or fewer censored subjects, than folds, there is nothing to stratify and the folds are
    random.
    """
    codes, _ = pd.factorize(np.arange(len(y)) if names is None else np.asarray(names, dtype=object))
    event = y["event"][np.unique(codes, return_index=True)[1]]
    fewest = min(int(event.sum()), int((~event).sum()))
    kind = RepeatedStratifiedKFold if fewest >= settings.folds else RepeatedKFold
    splitter = kind(n_splits=settings.folds, n_repeats=settings.repeats, random_state=settings.seed)
    splits = [
        (np.flatnonzero(np.isin(codes, train)), np.flatnonzero(np.isin(codes, test)))
        for train, test in splitter.split(np.zeros(len(event)), event)
    ]
    return [splits[start : start + settings.folds] for start in range(0, len(splits), settings.folds)]


def check_ratings(data: OutcomeData, splits: Sequence[Sequence[Split]], settings: OutcomeSettings) -> None:
    """Check that all readers measured enough subjects, and enough training subjects of each fold.

    Raises
    ------
    InputError
        When there are fewer than `settings.min_subjects`, or in a fold fewer than half of that.
    """
    ratings = data.stability.ratings
    if ratings is None:
        return
    rated = np.isin(data.subjects, ratings.subjects)
    fewest = min(int(rated[train].sum()) for folds in splits for train, _ in folds)
    if int(rated.sum()) < settings.min_subjects or fewest < settings.min_subjects_of_fold:
        raise InputError(
            f"a fold has only {fewest} training subjects that all of {', '.join(ratings.readers)} measured "
            f"({int(rated.sum())} of {len(rated)} subjects in total); stability "
            f"needs {settings.min_subjects_of_fold} in a fold and {settings.min_subjects} in total.",
            "Lower min_subjects, give the list of stable features (`stable`), or leave out the rows of "
            "readers who measured few subjects.",
        )


def cross_validate(
    data: OutcomeData,
    settings: OutcomeSettings,
    models: Sequence[str],
    *,
    times: np.ndarray = NO_TIMES,
    execution: Execution = Execution(),  # noqa: B008 - frozen
) -> list[FoldResult]:
    """Fit each model in each fold of each repeat.

    Parameters
    ----------
    data, settings
        Data and settings.
    models
        Names of the models.
    times
        Points in time at which survival is predicted, shape (times,).
    execution
        Processes and progress display.

    Returns
    -------
    list of FoldResult
        By repeat, fold and model. A model that does not converge is a result with a failure.

    Raises
    ------
    NbradiomicsError
        When anything else fails: the other repeats alone would be a different analysis.
    """
    splits = make_splits(data.y, settings)
    check_ratings(data, splits, settings)
    cases = {
        f"repeat {number}": (data, settings, tuple(models), number, folds, times)
        for number, folds in enumerate(splits, start=1)
    }
    batch = execution.map(run_repeat, cases, stage=StageName.OUTCOME)
    if batch.failures:
        failure = batch.failures[0]
        raise NbradiomicsError(
            f"the cross-validation stopped in {failure.case}: {failure.cause}",
            "Look for unusual values in the feature and clinical tables; if there are none, report this.",
            failure.details,
        )
    return [result for results in batch.results.values() for result in results]


def run_repeat(
    data: OutcomeData,
    settings: OutcomeSettings,
    models: Sequence[str],
    repeat: int,
    folds: Sequence[Split],
    times: np.ndarray = NO_TIMES,
) -> list[FoldResult]:
    """Fit the models in the folds of one repeat."""
    # One thread: the last digits, and with them ties, must not depend on the number of jobs.
    with threadpool_limits(limits=1):
        return [
            result
            for fold, split in enumerate(folds, start=1)
            for result in _run_fold(data, settings, models, (repeat, fold), split, times)
        ]


def prediction_table(data: OutcomeData, results: Sequence[FoldResult]) -> pd.DataFrame:
    """Out-of-fold predictions.

    Returns
    -------
    pandas.DataFrame
        Columns of `outcome.schemas.PREDICTIONS`.
    """
    subjects = np.asarray(data.subjects, dtype=object)
    parts = [
        pd.DataFrame(
            {
                "subject": subjects[result.test],
                "model": result.model,
                "repeat": result.repeat,
                "fold": result.fold,
                "risk": result.risk,
                "group": _group_names(result),
                "time": data.y["time"][result.test],
                "event": data.y["event"][result.test].astype(int),
            }
        )
        for result in results
    ]
    table = PREDICTIONS.table(pd.concat(parts, ignore_index=True))
    return table.sort_values(["model", "repeat", "subject"], kind="stable", ignore_index=True)


def risk_matrix(results: Sequence[FoldResult], model: str, subjects: int) -> np.ndarray:
    """Out-of-fold risks of a model, shape (repeats, subjects); missing if it failed."""
    of_model = [result for result in results if result.model == model]
    matrix = np.full((max(result.repeat for result in of_model), subjects), np.nan)
    for result in of_model:
        matrix[result.repeat - 1, result.test] = result.risk
    return matrix


def fold_matrix(results: Sequence[FoldResult], subjects: int) -> np.ndarray:
    """Fold in which each subject was held out, shape (repeats, subjects)."""
    matrix = np.zeros((max(result.repeat for result in results), subjects), dtype=np.int64)
    for result in results:
        matrix[result.repeat - 1, result.test] = result.fold
    return matrix


def _group_names(result: FoldResult) -> list[str | None]:
    names = ["high" if high else "low" for high in result.high]
    return [None] * len(names) if result.failure else [*names]


def _run_fold(
    data: OutcomeData,
    settings: OutcomeSettings,
    models: Sequence[str],
    place: tuple[int, int],
    split: Split,
    times: np.ndarray,
) -> list[FoldResult]:
    """Fit the columns of all models once, and each model on its part of them."""
    train, test = split
    columns = build_columns(models, data, settings)
    known = columns.fit_transform(data.frame.iloc[train], data.y[train])
    unknown = columns.transform(data.frame.iloc[test])
    results = []
    for model in models:
        ours, theirs = columns_of(model, known), columns_of(model, unknown)
        cox = build_cox(settings)
        try:
            cox.fit(ours, data.y[train], groups=known.index)
        except NotConvergedError as error:
            missing, none = np.full(len(test), np.nan), pd.Series(dtype="float64")
            not_high = np.zeros(len(test), dtype=bool)
            unpredicted = np.full((len(test), len(times)), np.nan)
            results.append(
                FoldResult(model, *place, train, test, missing, not_high, unpredicted, none, 0, error.problem)
            )
            continue
        risk, of_training = cox.predict(theirs), cox.predict(ours)
        results.append(
            FoldResult(
                model,
                *place,
                train,
                test,
                risk,
                risk > np.median(of_training),
                predicted_survival(data.y[train], of_training, risk, times),
                log_hazard_ratios(cox, ours.columns),
                cox.retries_,
                penalizer=cox.strength_,
                l1_ratio=cox.l1_ratio_,
            )
        )
    return results
