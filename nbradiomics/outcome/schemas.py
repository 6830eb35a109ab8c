"""The tables in the folder of an outcome model."""

from __future__ import annotations

from nbradiomics.outcome.curve_schemas import (
    CALIBRATION,
    CLASS_CALIBRATION,
    CLASS_DECISION,
    DECISION,
    KAPLAN_MEIER,
)
from nbradiomics.outcome.performance_schema import PERFORMANCE, SELECTION
from nbradiomics.outcome.prediction_schemas import CLASS_PREDICTIONS, PREDICTED_SURVIVAL, PREDICTIONS
from nbradiomics.outcome.ratio_schema import RATIOS
from nbradiomics.outcome.subject_schemas import BASELINE, CLASS_BASELINE, EXCLUDED
from nbradiomics.outcome.trial_schema import CONTROLS

#: Tables of the models of a time to an event, by the name of the result's attribute.
SURVIVAL_TABLES = {
    "baseline": BASELINE,
    "ratios": RATIOS,
    "performance": PERFORMANCE,
    "predictions": PREDICTIONS,
    "predicted_survival": PREDICTED_SURVIVAL,
    "calibration": CALIBRATION,
    "decision": DECISION,
    "kaplan_meier": KAPLAN_MEIER,
    "selection": SELECTION,
    "flow": EXCLUDED,
}
#: Tables of the models of a class.
CLASS_TABLES = {
    "baseline": CLASS_BASELINE,
    "ratios": RATIOS,
    "performance": PERFORMANCE,
    "predictions": CLASS_PREDICTIONS,
    "calibration": CLASS_CALIBRATION,
    "decision": CLASS_DECISION,
    "selection": SELECTION,
    "flow": EXCLUDED,
}
#: Every table of an outcome model, in the order of `docs/tables.md`.
TABLES = tuple(dict.fromkeys([*SURVIVAL_TABLES.values(), *CLASS_TABLES.values(), CONTROLS]))
