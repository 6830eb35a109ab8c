"""Calibration and decision curves of the out-of-fold predictions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from nbradiomics.outcome.curve_schemas import CALIBRATION, CLASS_CALIBRATION, CLASS_DECISION, DECISION
from nbradiomics.outcome.measures import calibration_curve, decision_curve
from nbradiomics.outcome.measures.arguments import Observed
from nbradiomics.outcome.predictions import mean_predictions

if TYPE_CHECKING:
    from nbradiomics.outcome.assembly import OutcomeData
    from nbradiomics.outcome.fold_result import FoldResult
    from nbradiomics.outcome.horizons import Horizons
    from nbradiomics.outcome.tasks import Classification

#: Events by the horizon in a group of the calibration curve, on average, and the most groups.
_EVENTS_OF_GROUP = 5
_MOST_GROUPS = 5
#: Subjects of a class have the event at this time, all others are observed longer: nobody is censored.
_AT = 1.0


def calibration_table(data: OutcomeData, results: Sequence[FoldResult], horizons: Horizons) -> pd.DataFrame:
    """Predicted and observed survival in groups of subjects, at each horizon.

    Groups have equal size by predicted survival, averaged over the repeats; there are as many as leave five
    events in each on average, 2 to 5.

    Returns
    -------
    pandas.DataFrame
        Columns of `outcome.curve_schemas.CALIBRATION`.
    """
    seen = Observed.of_outcome(data.y)
    parts = []
    for model, horizon, survival in _predictions(data, results, horizons):
        events = int((seen.event & (seen.time <= horizon)).sum())
        curve = calibration_curve(seen.time, seen.event, survival, horizon, _groups(events), seen.competing)
        parts.append(curve.assign(model=model, horizon=horizon))
    return CALIBRATION.table(pd.concat(parts, ignore_index=True)) if parts else CALIBRATION.empty()


def decision_table(data: OutcomeData, results: Sequence[FoldResult], horizons: Horizons) -> pd.DataFrame:
    """Net benefit of decisions by the predicted probability of the event, at each horizon.

    Returns
    -------
    pandas.DataFrame
        Columns of `outcome.curve_schemas.DECISION`.
    """
    seen = Observed.of_outcome(data.y)
    parts = [
        decision_curve(seen.time, seen.event, 1 - survival, horizon, competing=seen.competing).assign(
            model=model, horizon=horizon
        )
        for model, horizon, survival in _predictions(data, results, horizons)
    ]
    return DECISION.table(pd.concat(parts, ignore_index=True)) if parts else DECISION.empty()


def class_calibration_table(
    data: OutcomeData, results: Sequence[FoldResult], task: Classification
) -> pd.DataFrame:
    """Predicted and observed share of each class in groups of subjects.

    The groups are made as for survival; for two classes only the positive one is shown.

    Returns
    -------
    pandas.DataFrame
        Columns of `outcome.curve_schemas.CLASS_CALIBRATION`.
    """
    parts = []
    for model, number, (time, event), probability in _class_predictions(data, results, task):
        fewest = int(min(event.sum(), (~event).sum()))
        curve = calibration_curve(time, event, 1 - probability, _AT, _groups(fewest))
        # From the lowest probability up, as shares of the class instead of survival.
        curve = curve.iloc[::-1].assign(group=curve["group"].to_numpy())
        curve[["predicted", "observed"]] = 1 - curve[["predicted", "observed"]]
        parts.append(curve.assign(**{"model": model, "class": task.classes[number]}))
    return (
        CLASS_CALIBRATION.table(pd.concat(parts, ignore_index=True)) if parts else CLASS_CALIBRATION.empty()
    )


def class_decision_table(
    data: OutcomeData, results: Sequence[FoldResult], task: Classification
) -> pd.DataFrame:
    """Net benefit of decisions by the predicted probability of a class; of two classes, the positive one.

    Returns
    -------
    pandas.DataFrame
        Columns of `outcome.curve_schemas.CLASS_DECISION`.
    """
    parts = [
        decision_curve(time, event, probability, _AT).assign(
            **{"model": model, "class": task.classes[number]}
        )
        for model, number, (time, event), probability in _class_predictions(data, results, task)
    ]
    return CLASS_DECISION.table(pd.concat(parts, ignore_index=True)) if parts else CLASS_DECISION.empty()


def _groups(events: int) -> int:
    return int(np.clip(events // _EVENTS_OF_GROUP, 2, _MOST_GROUPS))


def _class_predictions(
    data: OutcomeData, results: Sequence[FoldResult], task: Classification
) -> Iterator[tuple[str, int, tuple[np.ndarray, np.ndarray], np.ndarray]]:
    """Give the mean probability of each class by model, and the class as times and events."""
    for model in data.models:
        mean = mean_predictions(results, model, len(data.y))
        if mean is not None:
            for number, (order, _) in zip(task.judged, task.orders(data.y), strict=True):
                yield model, number, (order.time, order.event), mean[:, number]


def _predictions(
    data: OutcomeData, results: Sequence[FoldResult], horizons: Horizons
) -> Iterator[tuple[str, float, np.ndarray]]:
    """Give the mean predicted survival of each subject by model and horizon."""
    for model in data.models:
        mean = mean_predictions(results, model, len(data.y))
        if mean is not None:
            for horizon in horizons.times:
                yield model, horizon, mean[:, np.searchsorted(horizons.all, horizon)]
