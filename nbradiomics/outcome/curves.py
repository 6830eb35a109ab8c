"""Calibration and decision curves of the out-of-fold predictions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from nbradiomics.outcome.measures import calibration_curve, decision_curve
from nbradiomics.outcome.schemas import CALIBRATION, DECISION

if TYPE_CHECKING:
    from nbradiomics.outcome.assembly import OutcomeData
    from nbradiomics.outcome.crossvalidation import FoldResult
    from nbradiomics.outcome.horizons import Horizons

#: Events by the horizon in a group of the calibration curve, on average, and the most groups.
_EVENTS_OF_GROUP = 5
_MOST_GROUPS = 5


def calibration_table(data: OutcomeData, results: Sequence[FoldResult], horizons: Horizons) -> pd.DataFrame:
    """Predicted and observed survival in groups of subjects, at each horizon.

    Groups have equal size by predicted survival, averaged over the repeats; there are as many as leave five
    events in each on average, 2 to 5.

    Returns
    -------
    pandas.DataFrame
        Columns of `outcome.schemas.CALIBRATION`.
    """
    time, event = data.y["time"], data.y["event"]
    parts = []
    for model, horizon, survival in _predictions(data, results, horizons):
        events = int((event & (time <= horizon)).sum())
        groups = int(np.clip(events // _EVENTS_OF_GROUP, 2, _MOST_GROUPS))
        curve = calibration_curve(time, event, survival, horizon, groups)
        parts.append(curve.assign(model=model, horizon=horizon))
    return CALIBRATION.table(pd.concat(parts, ignore_index=True)) if parts else CALIBRATION.empty()


def decision_table(data: OutcomeData, results: Sequence[FoldResult], horizons: Horizons) -> pd.DataFrame:
    """Net benefit of decisions by the predicted probability of the event, at each horizon.

    Returns
    -------
    pandas.DataFrame
        Columns of `outcome.schemas.DECISION`.
    """
    parts = [
        decision_curve(data.y["time"], data.y["event"], 1 - survival, horizon).assign(
            model=model, horizon=horizon
        )
        for model, horizon, survival in _predictions(data, results, horizons)
    ]
    return DECISION.table(pd.concat(parts, ignore_index=True)) if parts else DECISION.empty()


def _predictions(
    data: OutcomeData, results: Sequence[FoldResult], horizons: Horizons
) -> Iterator[tuple[str, float, np.ndarray]]:
    """Give the mean predicted survival of each subject by model and horizon; nan without any prediction."""
    for model in data.models:
        sums, counts = np.zeros((len(data.y), len(horizons.all))), np.zeros((len(data.y), 1))
        for result in results:
            if result.model == model and not result.failure:
                sums[result.test] += result.predicted
                counts[result.test] += 1
        mean = np.divide(sums, counts, out=np.full(sums.shape, np.nan), where=counts > 0)
        if np.isfinite(mean).any():
            for horizon in horizons.times:
                yield model, horizon, mean[:, np.searchsorted(horizons.all, horizon)]
