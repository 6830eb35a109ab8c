"""Maximise penalised likelihoods: plain functions of arrays, without data frames or pipelines."""

from nbradiomics.outcome.solvers.elastic_net_cox import Penalty, fit_elastic_net, largest_strength
from nbradiomics.outcome.solvers.ridge_cox import fit_ridge
from nbradiomics.outcome.solvers.risk_sets import LARGEST_COEFFICIENT, NoMaximumError, RiskSets

__all__ = [
    "LARGEST_COEFFICIENT",
    "NoMaximumError",
    "Penalty",
    "RiskSets",
    "fit_elastic_net",
    "fit_ridge",
    "largest_strength",
]
