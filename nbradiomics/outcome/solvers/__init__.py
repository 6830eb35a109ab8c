"""Maximise penalised likelihoods: plain functions of arrays, without data frames or pipelines."""

from nbradiomics.outcome.solvers.baseline import Hazard, predicted_survival
from nbradiomics.outcome.solvers.elastic_net import fit_elastic_net, largest_strength
from nbradiomics.outcome.solvers.incidence import predicted_incidence
from nbradiomics.outcome.solvers.likelihood import (
    Likelihood,
    can_train,
    judged_classes,
    likelihood_of,
    strata,
)
from nbradiomics.outcome.solvers.penalty import Penalty
from nbradiomics.outcome.solvers.ridge import fit_ridge, fit_ridge_path
from nbradiomics.outcome.solvers.risk_sets import (
    LARGEST_COEFFICIENT,
    NoMaximumError,
    RiskSets,
    has_competing,
    survival_array,
)
from nbradiomics.outcome.solvers.tuning import TunedPath, fit_path, training_folds, tune

__all__ = [
    "LARGEST_COEFFICIENT",
    "Hazard",
    "Likelihood",
    "NoMaximumError",
    "Penalty",
    "RiskSets",
    "TunedPath",
    "can_train",
    "fit_elastic_net",
    "fit_path",
    "fit_ridge",
    "fit_ridge_path",
    "has_competing",
    "judged_classes",
    "largest_strength",
    "likelihood_of",
    "predicted_incidence",
    "predicted_survival",
    "strata",
    "survival_array",
    "training_folds",
    "tune",
]
