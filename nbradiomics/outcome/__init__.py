"""Whether stable features predict the outcome: Cox models, validated without leakage."""

from nbradiomics.clinical import endpoint_problems, read_endpoint
from nbradiomics.outcome.cox import NotConvergedError, PenalisedCox, survival_array
from nbradiomics.outcome.evaluate import evaluate_outcome
from nbradiomics.outcome.measures import harrell_c
from nbradiomics.outcome.result import OutcomeResult, write_outcome
from nbradiomics.outcome.settings import ModelSettings, OutcomeSettings, Predictors

__all__ = [
    "ModelSettings",
    "NotConvergedError",
    "OutcomeResult",
    "OutcomeSettings",
    "PenalisedCox",
    "Predictors",
    "endpoint_problems",
    "evaluate_outcome",
    "harrell_c",
    "read_endpoint",
    "survival_array",
    "write_outcome",
]
