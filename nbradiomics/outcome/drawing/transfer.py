"""What is lost when models are fitted to the masks of one reader and used with those of another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from nbradiomics.errors import NbradiomicsError
from nbradiomics.execution.execution import Execution
from nbradiomics.outcome.crossvalidation import checked_splits, splits_of
from nbradiomics.outcome.drawing.masks import Drawing
from nbradiomics.outcome.drawing.risks import models_of_masks, predict_drawings
from nbradiomics.outcome.drawing_schema import DRAWING_TRANSFER
from nbradiomics.outcome.fold_result import Fold, FoldResult
from nbradiomics.outcome.intervals import refit_interval
from nbradiomics.outcome.refits import Refits, draw_sample, gathered
from nbradiomics.outcome.stored import StoredScores, stored_cases, stored_scores
from nbradiomics.outcome.tasks import CompetingRisks, Survival

if TYPE_CHECKING:
    from nbradiomics.outcome.assembly import OutcomeData
    from nbradiomics.outcome.crossvalidation import Split
    from nbradiomics.outcome.score_table import Scores
    from nbradiomics.outcome.settings import OutcomeSettings
    from nbradiomics.outcome.tasks import Task

#: Between the names of two readers in the key of a score; no name of a table contains it.
_TO = "\x1f"


@dataclass(frozen=True, eq=False)
class Cohorts:
    """The same subjects, in the same order, with the masks of several readers.

    Attributes
    ----------
    trained
        Data with the masks of each reader to which models are fitted, by reader; the first is the reader of
        the models.
    deployed
        Columns of the models from the masks of each reader with whose masks they are used, by reader.
    """

    trained: Mapping[str, OutcomeData]
    deployed: Mapping[str, pd.DataFrame]

    @property
    def first(self) -> OutcomeData:
        """Data of the models' reader."""
        return next(iter(self.trained.values()))

    def drawn(self, places: np.ndarray) -> Cohorts:
        """Return a sample of the subjects, in which one may be several times."""
        return Cohorts(
            {reader: data.drawn(places) for reader, data in self.trained.items()},
            {reader: frame.iloc[places] for reader, frame in self.deployed.items()},
        )


def score_transfers(
    cohorts: Cohorts,
    settings: OutcomeSettings,
    models: Sequence[str],
    task: Task,
    splits: Sequence[Sequence[Split]],
) -> Scores:
    """Judge the order of held-out subjects by models of each reader, with the masks of each reader.

    Returns
    -------
    dict
        By model, and readers of the fitted and of the used masks: the metric of the order in each repeat,
        shape (repeats,).
    """
    there = np.full(len(cohorts.first.y), "")
    drawings = [Drawing("reader", name, "", "", frame, there) for name, frame in cohorts.deployed.items()]
    scores: dict[tuple[str, str, float | None], list[float]] = {}
    with threadpool_limits(limits=1):
        for repeat, folds in enumerate(splits, start=1):
            for trained, data in cohorts.trained.items():
                found = [
                    predict_drawings(data, drawings, settings, models, task, Fold(repeat, number, *split))
                    for number, split in enumerate(folds, start=1)
                ]
                for place, deployed in enumerate(cohorts.deployed):
                    for model, name in enumerate(models):
                        key = (name, f"{trained}{_TO}{deployed}", None)
                        of_model: list[FoldResult] = [fold[place][model] for fold in found]
                        scores.setdefault(key, []).append(task.order_score(data.y, of_model))
    return {key: np.array(values) for key, values in scores.items()}


def _sample(*of_sample: Any) -> StoredScores:
    return stored_scores(score_sample(*of_sample))


def score_sample(
    cohorts: Cohorts, settings: OutcomeSettings, models: Sequence[str], task: Task, number: int
) -> Scores:
    """Judge the transfers in one bootstrap sample of the subjects, the same for all readers."""
    places, once = draw_sample(len(cohorts.first.y), settings, number)
    sample = cohorts.drawn(places)
    splits = splits_of(sample.first, once, sample.first.subjects)
    return score_transfers(sample, once, models, task, splits)


def transfer_table(
    cohorts: Cohorts,
    settings: OutcomeSettings,
    task: Task,
    *,
    execution: Execution = Execution(),  # noqa: B008 - frozen
) -> tuple[pd.DataFrame, Refits | None]:
    """Say how well models of each reader order the subjects with the masks of each reader, and what is lost.

    Parameters
    ----------
    cohorts
        The subjects with masks of all readers.
    settings
        Folds and repeats, and `refits` bootstrap samples for the intervals.
    task
        Kind of outcome.
    execution
        Processes and progress display.

    Returns
    -------
    tuple
        A table with the columns of `drawing_schema.DRAWING_TRANSFER`, and the samples, or None if no
        intervals are asked for.
    """
    models = models_of_masks(cohorts.first)
    scores = _scores(cohorts, settings, models, task, execution)
    refits = None
    if settings.bootstraps and settings.refits:
        refits = _refit(cohorts, settings, models, task, execution)
    samples = refits.scores if refits else {}
    rows = []
    for key, values in scores.items():
        trained, deployed = key[1].split(_TO)
        own = (key[0], f"{trained}{_TO}{trained}", None)
        losses = scores[own] - values
        row: dict[str, Any] = {"model": key[0], "trained": trained, "deployed": deployed}
        row |= {"subjects": len(cohorts.first.y), "metric": task.order}
        row |= {"value": _mean(values), "loss": _mean(losses)}
        if key in samples:
            row |= _limits(values, samples[key], settings.confidence, "", bounded=True)
        if key in samples and trained != deployed and simulated(task):
            lost = samples[own] - samples[key]
            row |= _limits(losses, lost, settings.confidence, "loss_", bounded=False)
        rows.append(row)
    order = {name: place for place, name in enumerate(models)}
    return DRAWING_TRANSFER.table(sorted(rows, key=lambda row: order[row["model"]])), refits


def simulated(task: Task) -> bool:
    """Whether the coverage of the intervals of this comparison was simulated (docs/validation.md)."""
    return isinstance(task, Survival) and not isinstance(task, CompetingRisks)


def _limits(
    values: np.ndarray, samples: np.ndarray, confidence: float, before: str, *, bounded: bool
) -> dict[str, float]:
    low, high = refit_interval(values, samples, confidence, bounded=bounded)
    return {f"{before}low": low, f"{before}high": high}


def _mean(values: np.ndarray) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else float("nan")


def _scores(
    cohorts: Cohorts, settings: OutcomeSettings, models: Sequence[str], task: Task, execution: Execution
) -> Scores:
    for data in cohorts.trained.values():
        splits = checked_splits(data, settings, task)  # the same folds for all: the subjects are the same
    cases = {
        f"readers in repeat {number}": (cohorts, settings, models, task, [folds])
        for number, folds in enumerate(splits, start=1)
    }
    batch = execution.map(score_transfers, cases, stage="transfer")
    if batch.failures:
        failure = batch.failures[0]
        raise NbradiomicsError(f"{failure.case}: {failure.cause}", failure.hint, failure.details)
    parts = list(batch.results.values())
    return {key: np.concatenate([part[key] for part in parts]) for key in parts[0]}


def _refit(
    cohorts: Cohorts, settings: OutcomeSettings, models: Sequence[str], task: Task, execution: Execution
) -> Refits:
    cases = {
        f"readers in sample {number}": (cohorts, settings, models, task, number)
        for number in range(1, settings.refits + 1)
    }
    first, *others = (replace(cohorts.first, frame=frame) for frame in cohorts.deployed.values())
    named = [*models, "fitted to", *cohorts.trained, "used with", *cohorts.deployed]
    further = [*others, *cohorts.trained.values()]
    stored = stored_cases("transfer", StoredScores, first, settings, task, named, further=further)
    batch = execution.map(_sample, cases, stage="transfer", stored=stored)
    return gathered(batch, list(cases), 2 if cohorts.first.sites is None else 1)
