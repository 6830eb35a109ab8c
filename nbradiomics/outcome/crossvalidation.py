"""Repeated stratified cross-validation: predictions of each model for subjects that it has not seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from sklearn.model_selection import RepeatedKFold, RepeatedStratifiedKFold
from threadpoolctl import threadpool_limits

from nbradiomics.errors import InputError, NbradiomicsError
from nbradiomics.execution.execution import Execution
from nbradiomics.execution.stage_names import StageName
from nbradiomics.outcome.auto_selection import choose_selection
from nbradiomics.outcome.few_columns import check_few_columns
from nbradiomics.outcome.fold_result import Fold, FoldResult
from nbradiomics.outcome.folds_of_batches import spread_batches
from nbradiomics.outcome.models import BLOCKS, build_columns, columns_of, light_penalties
from nbradiomics.outcome.penalised import NotConvergedError
from nbradiomics.outcome.settings import AUTO
from nbradiomics.outcome.solvers import has_competing, strata
from nbradiomics.outcome.unseen_batches import check_unseen

if TYPE_CHECKING:
    from nbradiomics.outcome.assembly import OutcomeData
    from nbradiomics.outcome.settings import OutcomeSettings
    from nbradiomics.outcome.tasks import Task

Split = tuple[np.ndarray, np.ndarray]


def make_splits(
    y: np.ndarray,
    settings: OutcomeSettings,
    names: Sequence[str] | None = None,
    sites: np.ndarray | None = None,
    batches: pd.DataFrame | None = None,
) -> list[list[Split]]:
    """Training and held-out positions of each fold of each repeat.

    Folds are stratified by the event or the class; rows with the same name, copies of a subject, are in one
    fold. If there are fewer events, or fewer censored subjects, or fewer subjects of a class, than folds,
    there is nothing to stratify and the folds are random; competing events are a group of their own if there
    are enough of them. With `sites`, of shape (subjects,), each site is a
    fold, in alphabetical order, and there is one repeat. With `batches` of a harmonisation, in the order of
    `y`, subjects are exchanged between random folds so that each batch of two subjects or more has some in
    every training part.
    """
    if sites is not None:
        return [[(np.flatnonzero(sites != site), np.flatnonzero(sites == site)) for site in np.unique(sites)]]
    codes, _ = pd.factorize(np.arange(len(y)) if names is None else np.asarray(names, dtype=object))
    first = np.unique(codes, return_index=True)[1]
    groups = _groups(y[first], settings.folds)
    kind = RepeatedKFold if groups is None else RepeatedStratifiedKFold
    splitter = kind(n_splits=settings.folds, n_repeats=settings.repeats, random_state=settings.seed)
    tests = [test for _, test in splitter.split(np.zeros(len(first)), groups)]
    repeats = [tests[start : start + settings.folds] for start in range(0, len(tests), settings.folds)]
    if batches is not None:
        levels = [pd.factorize(batches[name].iloc[first])[0] for name in batches]
        strata_of = np.zeros(len(first), dtype=np.int64) if groups is None else groups
        rng = np.random.default_rng(settings.seed)
        repeats = [_with_batches(folds, strata_of, levels, rng) for folds in repeats]
    return [
        [(np.flatnonzero(~(held := np.isin(codes, test))), np.flatnonzero(held)) for test in folds]
        for folds in repeats
    ]


def splits_of(
    data: OutcomeData, settings: OutcomeSettings, names: Sequence[str] | None = None
) -> list[list[Split]]:
    """Training and held-out positions of each fold of each repeat; see `make_splits`."""
    harmonisation = data.harmonisation
    own = None
    if harmonisation is not None:
        own = harmonisation.of(data.frame.index)[list(harmonisation.asked.batch)]
    return make_splits(data.y, settings, names, data.sites, own)


def _with_batches(
    folds: Sequence[np.ndarray], groups: np.ndarray, batches: Sequence[np.ndarray], rng: np.random.Generator
) -> list[np.ndarray]:
    fold_of = np.empty(len(groups), dtype=np.int64)
    for number, test in enumerate(folds):
        fold_of[test] = number
    fold_of = spread_batches(fold_of, groups, batches, rng)
    return [np.flatnonzero(fold_of == number) for number in range(len(folds))]


def is_stratified(data: OutcomeData, settings: OutcomeSettings) -> bool:
    """Whether there are enough subjects of each kind for stratified folds."""
    return data.sites is None and _groups(data.y, settings.folds) is not None


def _groups(y: np.ndarray, folds: int) -> np.ndarray | None:
    """Return the groups that every fold gets a share of, shape (subjects,); None if one is too small."""
    groups = strata(y)
    if has_competing(y):
        # Subjects with neither event may be few, as after a complete follow-up: then the two are one group.
        finer = groups + 2 * y["competing"]
        groups = finer if np.bincount(finer, minlength=3).min() >= folds else groups
    return groups if np.bincount(groups, minlength=2).min() >= folds else None


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
    task: Task,
    *,
    execution: Execution = Execution(),  # noqa: B008 - frozen
) -> list[FoldResult]:
    """Fit each model in each fold of each repeat.

    Parameters
    ----------
    data, settings
        Data and settings.
    models
        Names of the models.
    task
        Kind of outcome.
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
    splits = splits_of(data, settings)
    check_ratings(data, splits, settings)
    check_unseen(data, splits)
    check_few_columns(data, splits, settings, task)
    cases = {
        f"repeat {number}": (data, settings, tuple(models), task, number, folds)
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
    task: Task,
    repeat: int,
    folds: Sequence[Split],
) -> list[FoldResult]:
    """Fit the models in the folds of one repeat."""
    # One thread: the last digits, and with them ties, must not depend on the number of jobs.
    with threadpool_limits(limits=1):
        return [
            result
            for number, split in enumerate(folds, start=1)
            for result in _run_fold(data, settings, models, task, Fold(repeat, number, *split))
        ]


def fold_matrix(results: Sequence[FoldResult], subjects: int) -> np.ndarray:
    """Fold in which each subject was held out, shape (repeats, subjects)."""
    matrix = np.zeros((max(result.repeat for result in results), subjects), dtype=np.int64)
    for result in results:
        matrix[result.repeat - 1, result.test] = result.fold
    return matrix


def _run_fold(
    data: OutcomeData, settings: OutcomeSettings, models: Sequence[str], task: Task, fold: Fold
) -> list[FoldResult]:
    """Fit the columns of all models once, and each model on its part of them."""
    if settings.selection == AUTO:
        return [_with_choice(data, settings, model, task, fold) for model in models]
    columns = build_columns(models, data, settings)
    y = data.y[fold.train]
    known = columns.fit_transform(data.frame.iloc[fold.train], y)
    unknown = columns.transform(data.frame.iloc[fold.test])
    results = []
    for model in models:
        ours, theirs = columns_of(model, known), columns_of(model, unknown)
        estimator = task.estimator(settings, light_penalties(settings))
        try:
            estimator.fit(ours, y, groups=known.index)
        except NotConvergedError as error:
            result = FoldResult.failed(model, fold, task.points, error.problem)
        else:
            result = task.result(model, fold, data.y, estimator, (ours, theirs))
        # The index of the rows that went through the fitted columns, not the fold's plan.
        results.append(replace(result, learned=tuple(map(str, known.index))))
    return results


def _with_choice(
    data: OutcomeData, settings: OutcomeSettings, model: str, task: Task, fold: Fold
) -> FoldResult:
    """Choose how features are selected among the training subjects, then fit one model."""
    if "radiomic" not in BLOCKS[model]:
        return _run_fold(data, settings.changed(selection="none"), [model], task, fold)[0]
    chosen = choose_selection(model, data, settings, task, fold.train)
    (result,) = _run_fold(data, settings.changed(selection=chosen), [model], task, fold)
    return replace(result, selection=chosen)
