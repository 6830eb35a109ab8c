"""How well the models predict, and how often each column entered them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from nbradiomics.errors import NbradiomicsError
from nbradiomics.execution.execution import Execution
from nbradiomics.outcome.bootstrap import bootstrap_weights, percentile_interval
from nbradiomics.outcome.crossvalidation import fold_matrix
from nbradiomics.outcome.fold_result import FoldResult
from nbradiomics.outcome.intervals import draws_interval, refit_interval
from nbradiomics.outcome.measures.harrell import repeated_c
from nbradiomics.outcome.models import BLOCKS
from nbradiomics.outcome.performance_schema import PERFORMANCE, SELECTION
from nbradiomics.outcome.score_table import Key, Scores, score_table

if TYPE_CHECKING:
    from nbradiomics.outcome.assembly import OutcomeData
    from nbradiomics.outcome.refits import Refits
    from nbradiomics.outcome.settings import OutcomeSettings
    from nbradiomics.outcome.tasks import Task


#: The metric that is a ratio.
OBSERVED_EXPECTED = "observed_expected"
#: Draws of the external subjects that one process scores at once.
_DRAWS_AT_ONCE = 50


def performance_table(
    data: OutcomeData,
    results: Sequence[FoldResult],
    settings: OutcomeSettings,
    task: Task,
    refits: Refits | None,
) -> pd.DataFrame:
    """Scores of each model and gains over others, averaged over the repeats, with intervals.

    Parameters
    ----------
    data, results, settings, task
        Data, results of the folds, settings, kind of outcome.
    refits
        Scores of bootstrap samples; None for quick intervals, of the order of the subjects alone.

    Returns
    -------
    pandas.DataFrame
        Columns of `outcome.performance_schema.PERFORMANCE`; metric by metric, and within it model by model.
    """
    scores = score_table(data.y, results, data.models, task)
    samples = {} if refits is None else refits.scores
    quick = {} if refits else _quick_intervals(data, results, settings, task)
    rows = []
    for key in _by_metric(scores):
        values = scores[key]
        known = values[np.isfinite(values)]
        value = float(known.mean()) if len(known) else np.nan
        limits = quick.get(key, (np.nan, np.nan))
        if key in samples and key[1] in task.with_interval:
            bounded = key[1] in task.bounded
            limits = refit_interval(values, samples[key], settings.confidence, bounded=bounded)
        rows.append((*key, value, *limits))
    return PERFORMANCE.table(rows)


def _by_metric(scores: Scores) -> list[Key]:
    """Keys metric by metric, and within a metric model by model."""
    metrics = list(dict.fromkeys(key[1:] for key in scores))
    return sorted(scores, key=lambda key: metrics.index(key[1:]))


def _quick_intervals(
    data: OutcomeData, results: Sequence[FoldResult], settings: OutcomeSettings, task: Task
) -> dict[Key, tuple[float, float]]:
    """Percentiles of the order and its gains over bootstrap draws of the predictions, without refitting.

    All models are evaluated on the same draws, and a subject's repeats are drawn together.
    """
    subjects = len(data.y)
    weights = bootstrap_weights(subjects, settings.bootstraps, np.random.default_rng(settings.seed))
    rankings = {model: _ranking_matrix(results, model, subjects, task) for model in data.models}
    folds = fold_matrix(results, subjects)

    def score(ranking: np.ndarray) -> np.ndarray:
        of_orders = [
            repeated_c(
                observed.time, observed.event, ranking[..., column], weights, folds, observed.competing
            )
            for observed, column in task.orders(data.y)
        ]
        return np.asarray(np.mean(of_orders, axis=0))

    draws: dict[Key, np.ndarray] = {
        (model, task.order, None): score(rankings[model]) for model in data.models
    }
    for gain, pair in task.gains.items():
        if set(pair) <= set(rankings):
            both = np.logical_and(*(np.isfinite(rankings[model]) for model in pair))
            ours, theirs = (score(np.where(both, rankings[model], np.nan)) for model in pair)
            draws[pair[0], gain, None] = ours - theirs
    return {key: percentile_interval(values, settings.confidence) for key, values in draws.items()}


def _ranking_matrix(results: Sequence[FoldResult], model: str, subjects: int, task: Task) -> np.ndarray:
    """Predictions that order the subjects, shape (repeats, subjects, orders); missing if a model failed."""
    of_model = [(result, task.ranking(result)) for result in results if result.model == model]
    orders = of_model[0][1].shape[1]
    matrix = np.full((max(result.repeat for result, _ in of_model), subjects, orders), np.nan)
    for result, ranking in of_model:
        matrix[result.repeat - 1, result.test] = ranking
    return matrix


def selection_table(data: OutcomeData, results: Sequence[FoldResult]) -> pd.DataFrame:
    """How often each column entered the model, and its mean coefficient.

    A column has entered when it passed the filters of the fold and its coefficient is not 0, as it may be
    with a lasso or an elastic net. Folds in which the model failed do not count.

    Returns
    -------
    pandas.DataFrame
        Columns of `outcome.performance_schema.SELECTION`, in order of decreasing frequency.
    """
    parts = []
    for model in data.models:
        fitted = [result.coefficients for result in results if result.model == model and not result.failure]
        if fitted and not any(len(table.columns) for table in fitted):
            continue  # a survival forest has neither coefficients nor importances
        # The levels of categories are known from the folds.
        blocks = [block for block in BLOCKS[model] if block != "categorical"]
        known = [name for block in blocks for name in data.blocks[block]]
        names = dict.fromkeys([*known, *(name for table in fitted for name in table.index)])
        for part in dict.fromkeys(column for table in fitted for column in table) or ("",):
            series = [table[part] for table in fitted]
            matrix = pd.DataFrame(dict(enumerate(series)), index=list(names))
            matrix = matrix.astype("float64").where(matrix != 0)
            table = pd.DataFrame(
                {
                    "model": model,
                    "class": part,
                    "feature": list(names),
                    "frequency": matrix.notna().mean(axis=1).to_numpy(),
                    "coefficient": matrix.mean(axis=1).to_numpy(),
                }
            )
            parts.append(table.sort_values("frequency", ascending=False, kind="stable"))
    return SELECTION.table(pd.concat(parts, ignore_index=True) if parts else [])


def external_performance(
    data: OutcomeData,
    results: Sequence[FoldResult],
    settings: OutcomeSettings,
    task: Task,
    execution: Execution,
) -> pd.DataFrame:
    """Scores of fixed models on external subjects, with intervals from draws of these subjects.

    Parameters
    ----------
    data, results, settings, task
        External subjects, predictions for them, settings (`bootstraps` draws), kind of outcome.
    execution
        Processes and progress display.

    Returns
    -------
    pandas.DataFrame
        Columns of `outcome.performance_schema.PERFORMANCE`; metric by metric, and within it model by model.
    """
    scores = score_table(data.y, results, data.models, task)
    parts = np.array_split(np.arange(settings.bootstraps), -(-settings.bootstraps // _DRAWS_AT_ONCE) or 1)
    cases = {
        f"draws {number}": (data.y, tuple(results), data.models, task, settings.seed, tuple(map(int, part)))
        for number, part in enumerate(parts, start=1)
        if len(part)
    }
    batch = execution.map(score_draws, cases, stage="draws")
    if batch.failures:
        failure = batch.failures[0]
        raise NbradiomicsError(f"the draws of the subjects stopped: {failure.cause}", "", failure.details)
    draws = list(batch.results.values())
    rows = []
    for key in _by_metric(scores):
        value, limits = float(scores[key][0]), (np.nan, np.nan)
        if draws and key[1] in task.with_external_interval:
            drawn = np.concatenate([part[key] for part in draws])
            bounded, ratio = key[1] in task.bounded, key[1] == OBSERVED_EXPECTED
            limits = draws_interval(value, drawn, settings.confidence, bounded=bounded, ratio=ratio)
        (of_model,) = (result for result in results if result.model == key[0])
        exact = task.exact_interval(key[1], data.y, of_model, settings.confidence) if draws else None
        rows.append((*key, value, *(exact or limits)))
    return PERFORMANCE.table(rows)


def score_draws(
    y: np.ndarray,
    results: Sequence[FoldResult],
    models: Sequence[str],
    task: Task,
    seed: int,
    numbers: Sequence[int],
) -> Scores:
    """Score fixed models in some bootstrap draws of the subjects, shape (draws,) for each score."""
    rows = []
    for number in numbers:
        rng = np.random.default_rng([seed, 1, number])
        places = np.sort(rng.integers(len(y), size=len(y)))
        rows.append(score_table(y[places], [result.drawn(places) for result in results], models, task))
    return {key: np.array([row[key][0] for row in rows]) for key in rows[0]}
