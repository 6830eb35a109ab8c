"""The tables that differ between kinds of outcome."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from nbradiomics.outcome.baseline_table import baseline_table, class_baseline_table
from nbradiomics.outcome.curves import (
    calibration_table,
    class_calibration_table,
    class_decision_table,
    decision_table,
)
from nbradiomics.outcome.groups import kaplan_meier_table, majority_groups
from nbradiomics.outcome.predictions import (
    class_prediction_table,
    prediction_table,
    survival_prediction_table,
)
from nbradiomics.outcome.tasks import Classification, Survival, Task

if TYPE_CHECKING:
    from nbradiomics.outcome.assembly import OutcomeData
    from nbradiomics.outcome.fold_result import FoldResult


def result_tables(
    data: OutcomeData, results: Sequence[FoldResult], task: Task, confidence: float
) -> dict[str, Any]:
    """Make the tables of an `OutcomeResult`, by its attributes, from predictions for its subjects."""
    if isinstance(task, Classification):
        return {
            "predictions": class_prediction_table(data, results),
            "calibration": class_calibration_table(data, results, task),
            "decision": class_decision_table(data, results, task),
            "baseline": class_baseline_table(data),
            "kaplan_meier": None,
        }
    assert isinstance(task, Survival)
    groups = {model: majority_groups(results, model, len(data.y)) for model in data.models}
    return {
        "predictions": prediction_table(data, results),
        "predicted_survival": survival_prediction_table(data, results, task.horizons.all.tolist()),
        "calibration": calibration_table(data, results, task.horizons),
        "decision": decision_table(data, results, task.horizons),
        "baseline": baseline_table(data),
        "kaplan_meier": kaplan_meier_table(data.y, groups, confidence),
    }
