"""Cox's log partial likelihood with Efron's ties, and its derivatives."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nbradiomics.outcome.solvers.risk_sets import Floats, RiskSets


def log_likelihood(x: Floats, beta: Floats, sets: RiskSets) -> tuple[float, Floats, Floats]:
    """Return the log partial likelihood with Efron's ties, its gradient and its negative Hessian.

    Parameters
    ----------
    x
        Columns in the order of the times (`sets.order`), shape (subjects, columns).
    beta
        Log hazard ratio per unit of each column, shape (columns,).
    sets
        Risk sets.

    Returns
    -------
    float
        sum_k [eta_k - log s_k], over events k, where s_k = sum_{i at risk} w_i - part_k sum_{i tied} w_i and
        w = exp(eta), eta = x beta (Efron 1977).
    numpy.ndarray
        sum_k (x_k - m_k), shape (columns,), where m_k is the mean of x with the weights of s_k.
    numpy.ndarray
        sum_k [second moment of x - m_k m_k'], shape (columns, columns).
    """
    from nbradiomics.outcome.solvers.cox_kernel import cox_derivatives  # loads Numba

    columns = np.ascontiguousarray(x, dtype=np.float64)
    return cox_derivatives(columns, np.ascontiguousarray(beta), sets.event, sets.first, sets.part)


def martingale_residuals(eta: Floats, sets: RiskSets) -> Floats:
    """Events of each subject minus those that were expected: the gradient of the likelihood by `eta`.

    Both are in the order of the times, shape (subjects,).
    """
    w = np.exp(eta - eta.max())
    residuals: Floats = -w * sets.shares(1 / sets.at_risk(w))
    residuals[sets.event] += 1
    return residuals


def interaction_with_time(x: Floats, beta: Floats, sets: RiskSets, scale: Floats) -> tuple[Floats, Floats]:
    """Score and information of effects that change with time, where they do not change.

    The model has the log hazard x beta + g(t) x gamma, and gamma is 0.

    Parameters
    ----------
    x, beta
        As for `log_likelihood`; `beta` maximises it.
    sets
        Risk sets.
    scale
        g at the time of each event, shape (events,), in the order of `sets.event`.

    Returns
    -------
    numpy.ndarray
        Score of gamma, sum_k g_k (x_k - m_k), shape (columns,); that of beta is 0.
    numpy.ndarray
        Information of (beta, gamma), shape (2 columns, 2 columns): sum_k V_k, sum_k g_k V_k and
        sum_k g_k^2 V_k in its blocks, where V_k is the variance of x with the weights of the risk set.
    """
    eta = x @ beta
    w = np.exp(eta - eta.max())
    wx, s = w[:, None] * x, sets.at_risk(w)
    m = (_from_the_end(wx)[sets.first] - sets.part[:, None] * sets.of_ties(wx)) / s[:, None]

    def variance(factors: Floats) -> Floats:
        total: Floats = (wx * sets.shares(factors / s)[:, None]).T @ x - (m * factors[:, None]).T @ m
        return total

    fixed, mixed, changing = (variance(scale**power) for power in (0, 1, 2))
    return scale @ (x[sets.event] - m), np.block([[fixed, mixed], [mixed, changing]])


def log_likelihoods(eta: Floats, sets: RiskSets) -> Floats:
    """Log partial likelihood of several models, shape (models,).

    `eta` holds the log hazards in the order of the times, shape (subjects, models).
    """
    top = eta.max(axis=0)
    w = np.exp(eta - top)
    s = _from_the_end(w)[sets.first] - sets.part[:, None] * sets.of_ties(w)
    with np.errstate(divide="ignore"):
        values: Floats = (eta[sets.event] - np.log(s) - top).sum(axis=0)
    return values


def _from_the_end(values: Floats) -> Floats:
    sums: Floats = np.cumsum(values[::-1], axis=0)[::-1]
    return sums


@dataclass(frozen=True)
class CoxLikelihood:
    """Cox's log partial likelihood of the subjects of an endpoint; see `solvers.likelihood.Likelihood`."""

    sets: RiskSets
    y: np.ndarray

    intercept = False

    @classmethod
    def of(cls, y: np.ndarray) -> CoxLikelihood:
        """Prepare the likelihood of an endpoint, a structured array with the fields event and time."""
        return cls(RiskSets.of(y), y)

    @property
    def order(self) -> NDArray[np.intp]:
        """Subjects by increasing time, shape (subjects,)."""
        return self.sets.order

    def derivatives(self, x: Floats, beta: Floats) -> tuple[float, Floats, Floats]:
        """Return the value, its gradient and its negative Hessian; see `log_likelihood`."""
        return log_likelihood(x, beta, self.sets)

    def residuals(self, eta: Floats) -> Floats:
        """Return the martingale residuals."""
        return martingale_residuals(eta, self.sets)

    def with_intercept(self, eta: Floats) -> Floats:
        """Return `eta`: a constant changes no partial likelihood."""
        return eta

    def unseen(self, eta: Floats, train: np.ndarray) -> Floats:
        """Likelihood of all subjects minus that of the training subjects, shape (models,).

        Verweij and van Houwelingen 1993, Statistics in Medicine 12:2305.
        """
        seen = RiskSets.of(self.y[train])
        whole = log_likelihoods(eta[self.order], self.sets)
        return whole - log_likelihoods(eta[train][seen.order], seen)
