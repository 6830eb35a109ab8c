"""Bring the predictions of an endpoint back into the form in which they were judged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pandas as pd
from scipy.special import logit

from nbradiomics.outcome.fold_result import FoldResult
from nbradiomics.outcome.horizons import Horizons
from nbradiomics.outcome.settings import OutcomeSettings
from nbradiomics.outcome.solvers import survival_array
from nbradiomics.outcome.tasks import Classification, Task, survival_task

if TYPE_CHECKING:
    from nbradiomics.outcome.assembly import OutcomeData

_EDGE = 1e-12
_LOST = "the table has no prediction of this fold"


@dataclass(frozen=True)
class Replay:
    """Predictions as they were judged.

    Attributes
    ----------
    subjects, y
        Subjects in their order, and their outcome.
    models, classes
        Names of the models, and of the classes of a target.
    results
        Predictions by repeat, fold and model; without coefficients.
    task, settings
        Kind of outcome, and settings.
    """

    subjects: list[str]
    y: np.ndarray
    models: tuple[str, ...]
    classes: tuple[str, ...]
    results: list[FoldResult]
    task: Task
    settings: OutcomeSettings

    @property
    def data(self) -> OutcomeData:
        """As far as measures need the data of an evaluation, which here has no columns."""
        return cast("OutcomeData", self)


def replay_survival(
    predictions: pd.DataFrame, survival: pd.DataFrame | None, summary: Mapping[str, Any], *, external: bool
) -> Replay:
    """Bring back the predictions of a time to an event.

    Parameters
    ----------
    predictions, survival
        Tables of the endpoint; without the second one, survival is missing.
    summary
        ``summary.json``.
    external
        Whether the subjects are external: then all of them give the weights of the censoring.
    """
    subjects = sorted(set(predictions["subject"]))
    known = predictions.drop_duplicates("subject").set_index("subject").loc[subjects]
    event = known["event"].to_numpy()
    other = event == 2 if "competing_events" in summary else None
    y = survival_array(known["time"].to_numpy(), event == 1, other)
    horizons = Horizons(tuple(summary["horizons"]), float(summary["end"]))
    task, points = survival_task(y, horizons), horizons.all
    wide = None if survival is None else survival.set_index(["model", "repeat", "subject"])
    place = {name: number for number, name in enumerate(subjects)}
    results = []
    for (repeat, fold, model), rows in _folds(predictions, summary["models"]):
        test = np.array([place[name] for name in rows["subject"]])
        predicted = np.full((len(rows), len(points)), np.nan)
        if wide is not None:
            index = pd.MultiIndex.from_arrays([rows["model"], rows["repeat"], rows["subject"]])
            predicted = wide.reindex(index)[[repr(float(time)) for time in points]].to_numpy(dtype="float64")
        train = np.arange(len(y)) if external else np.setdiff1d(np.arange(len(y)), test)
        risk = rows["risk"].to_numpy(dtype="float64")
        group = (rows["group"] == "high").to_numpy().astype(np.intp)
        results.append(_result(model, (repeat, fold), (train, test), risk, group, predicted))
    return Replay(subjects, y, tuple(summary["models"]), (), results, task, _settings(summary))


def replay_classes(predictions: pd.DataFrame, summary: Mapping[str, Any], *, external: bool) -> Replay:
    """Bring back the predictions of a class; the parameters are those of `replay_survival`."""
    classes = tuple(summary["classes"])
    subjects = sorted(set(predictions["subject"]))
    place = {name: number for number, name in enumerate(subjects)}
    true = predictions[predictions["observed"] == 1].drop_duplicates("subject").set_index("subject")["class"]
    y = np.array([classes.index(true[name]) for name in subjects])
    results = []
    for (repeat, fold, model), rows in _folds(predictions, summary["models"]):
        wide = rows.pivot(index="subject", columns="class", values=["probability", "chosen"])
        predicted, chosen = (
            wide[part][list(classes)].to_numpy(dtype="float64") for part in ("probability", "chosen")
        )
        test = np.array([place[name] for name in wide.index])
        train = np.arange(len(y)) if external else np.setdiff1d(np.arange(len(y)), test)
        risk = np.full(len(test), np.nan)
        if len(classes) == 2:
            risk = logit(np.clip(predicted[:, 1], _EDGE, 1 - _EDGE))
        group = np.argmax(np.nan_to_num(chosen), axis=1)
        missing = np.isnan(predicted).any()
        risk = risk if len(classes) == 2 or missing else np.zeros(len(test))
        results.append(_result(model, (repeat, fold), (train, test), risk, group, predicted))
    return Replay(
        subjects, y, tuple(summary["models"]), classes, results, Classification(classes), _settings(summary)
    )


def _settings(summary: Mapping[str, Any]) -> OutcomeSettings:
    return OutcomeSettings.model_validate(summary["settings"])


def _folds(table: pd.DataFrame, models: Sequence[str]) -> list[tuple[tuple[int, int, str], pd.DataFrame]]:
    """Rows of each repeat, fold and model, in the order in which they were fitted."""
    groups: dict[Any, pd.DataFrame] = {
        key: rows.sort_values("subject") for key, rows in table.groupby(["repeat", "fold", "model"])
    }
    order = {model: number for number, model in enumerate(models)}
    return sorted(groups.items(), key=lambda item: (item[0][0], item[0][1], order[item[0][2]]))


def _result(
    model: str,
    place: tuple[int, int],
    split: tuple[np.ndarray, np.ndarray],
    risk: np.ndarray,
    group: np.ndarray,
    predicted: np.ndarray,
) -> FoldResult:
    lost = _LOST if np.isnan(risk).any() else ""
    return FoldResult(model, *place, *split, risk, group, predicted, pd.DataFrame(), failure=lost)
