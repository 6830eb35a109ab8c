"""Out-of-fold predictions: as tables, and averaged over the repeats."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from nbradiomics.outcome.prediction_schemas import CLASS_PREDICTIONS, PREDICTED_SURVIVAL, PREDICTIONS
from nbradiomics.outcome.solvers import has_competing

if TYPE_CHECKING:
    from nbradiomics.outcome.assembly import OutcomeData
    from nbradiomics.outcome.fold_result import FoldResult

_ORDER = ["model", "repeat", "subject"]


def prediction_table(data: OutcomeData, results: Sequence[FoldResult]) -> pd.DataFrame:
    """Risk and risk group of each subject, model and repeat.

    Returns
    -------
    pandas.DataFrame
        Columns of `outcome.prediction_schemas.PREDICTIONS`.
    """
    parts = []
    for result in results:
        part = _places(data, result)
        part["risk"] = result.risk
        part["group"] = None if result.failure else np.where(result.group == 1, "high", "low")
        y = data.y[result.test]
        part["time"], part["event"] = y["time"], y["event"].astype(int)
        if has_competing(y):
            part["event"] += 2 * y["competing"]
        parts.append(part)
    table = PREDICTIONS.table(pd.concat(parts, ignore_index=True))
    return table.sort_values(_ORDER, kind="stable", ignore_index=True)


def survival_prediction_table(
    data: OutcomeData, results: Sequence[FoldResult], times: Sequence[float]
) -> pd.DataFrame:
    """Predicted survival of each subject, model and repeat.

    Parameters
    ----------
    data, results
        Data, and results of the folds.
    times
        Points in time of the predictions, increasing.

    Returns
    -------
    pandas.DataFrame
        Columns of `outcome.prediction_schemas.PREDICTED_SURVIVAL`, and one for each point in time.
    """
    names = [repr(float(time)) for time in times]
    parts = [
        pd.concat([_places(data, result), pd.DataFrame(result.predicted, columns=names)], axis=1)
        for result in results
    ]
    table = pd.concat(parts, ignore_index=True).sort_values(_ORDER, kind="stable", ignore_index=True)
    return PREDICTED_SURVIVAL.table(table, further=names)


def class_prediction_table(data: OutcomeData, results: Sequence[FoldResult]) -> pd.DataFrame:
    """Predicted probability of each class, for each subject, model and repeat.

    Returns
    -------
    pandas.DataFrame
        Columns of `outcome.prediction_schemas.CLASS_PREDICTIONS`.
    """
    parts = []
    for result in results:
        for number, name in enumerate(data.classes):
            part = _places(data, result)
            part["class"], part["probability"] = name, result.predicted[:, number]
            part["observed"] = (data.y[result.test] == number).astype(int)
            chosen = (result.group == number).astype(int)
            part["chosen"] = np.full(len(chosen), np.nan) if result.failure else chosen
            parts.append(part)
    table = CLASS_PREDICTIONS.table(pd.concat(parts, ignore_index=True))
    return table.sort_values(_ORDER, kind="stable", ignore_index=True)


def mean_predictions(results: Sequence[FoldResult], model: str, subjects: int) -> np.ndarray | None:
    """Predicted probabilities of a model, averaged over the repeats.

    Returns
    -------
    numpy.ndarray or None
        Shape (subjects, points), nan for a subject without any prediction; None if the model has none at all.
    """
    fitted = [result for result in results if result.model == model and not result.failure]
    if not fitted:
        return None
    sums, counts = np.zeros((subjects, fitted[0].predicted.shape[1])), np.zeros((subjects, 1))
    for result in fitted:
        sums[result.test] += result.predicted
        counts[result.test] += 1
    mean: np.ndarray = np.divide(sums, counts, out=np.full(sums.shape, np.nan), where=counts > 0)
    return mean


def _places(data: OutcomeData, result: FoldResult) -> pd.DataFrame:
    subjects = np.asarray(data.subjects, dtype=object)[result.test]
    return pd.DataFrame({"subject": subjects}).assign(
        model=result.model, repeat=result.repeat, fold=result.fold
    )
