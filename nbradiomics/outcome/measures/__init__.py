"""How good predictions are: plain functions of times, events and predictions.

Every function takes arrays and returns a number, an array or a table; none needs a model of this package.
"""

from nbradiomics.outcome.measures.aalen_johansen import cumulative_incidence
from nbradiomics.outcome.measures.brier import brier_score, integrated_brier_score
from nbradiomics.outcome.measures.calibration import (
    calibration_curve,
    calibration_slope,
    observed_expected_ratio,
)
from nbradiomics.outcome.measures.classes import class_calibration_slope
from nbradiomics.outcome.measures.decision import decision_curve
from nbradiomics.outcome.measures.dynamic_auc import cumulative_dynamic_auc
from nbradiomics.outcome.measures.harrell import harrell_c
from nbradiomics.outcome.measures.hazards import proportional_hazards
from nbradiomics.outcome.measures.uno import uno_c

__all__ = [
    "brier_score",
    "calibration_curve",
    "calibration_slope",
    "class_calibration_slope",
    "cumulative_dynamic_auc",
    "cumulative_incidence",
    "decision_curve",
    "harrell_c",
    "integrated_brier_score",
    "observed_expected_ratio",
    "proportional_hazards",
    "uno_c",
]
