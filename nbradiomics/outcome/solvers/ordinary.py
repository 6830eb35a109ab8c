"""Ordinary regression without a penalty: estimates with their covariance, for a few chosen columns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2, norm

from nbradiomics.outcome.solvers.likelihood import likelihood_of
from nbradiomics.outcome.solvers.ridge import fit_ridge
from nbradiomics.outcome.solvers.risk_sets import LARGEST_COEFFICIENT, Floats, NoMaximumError


@dataclass(frozen=True)
class OrdinaryFit:
    """Estimates of a Cox or logistic model without a penalty.

    Attributes
    ----------
    coefficients
        Log hazard ratio, or log odds ratio, per unit of each column, shape (columns,).
    covariance
        Inverse of the observed information, shape (columns, columns).
    spread
        Standard deviation of each column, shape (columns,).
    """

    coefficients: Floats
    covariance: Floats
    spread: Floats

    @property
    def errors(self) -> Floats:
        """Standard errors, shape (columns,)."""
        errors: Floats = np.sqrt(np.diag(self.covariance))
        return errors

    @property
    def endless(self) -> NDArray[np.bool_]:
        """Columns without a finite estimate, shape (columns,).

        The likelihood of separated data rises without end. The solver stops where it is flat, with an
        estimate that only says when it stopped, and an error of thousands.
        """
        sizes = np.maximum(np.abs(self.coefficients), self.errors)
        endless: NDArray[np.bool_] = sizes * self.spread > LARGEST_COEFFICIENT
        return endless

    def p_values(self) -> Floats:
        """Wald's p value of each coefficient, shape (columns,)."""
        p: Floats = 2 * norm.sf(np.abs(self.coefficients) / self.errors)
        return p

    def joint_p(self, which: NDArray[np.bool_]) -> float:
        """Wald's p value of some coefficients together."""
        beta, covariance = self.coefficients[which], self.covariance[np.ix_(which, which)]
        return float(chi2.sf(beta @ np.linalg.solve(covariance, beta), len(beta)))


def fit_ordinary(values: Floats, y: np.ndarray) -> OrdinaryFit:
    """Fit a Cox model (ties by Efron's method) or a logistic model without a penalty.

    Parameters
    ----------
    values
        Shape (subjects, columns), no value missing.
    y
        Outcome, see `likelihood_of`, shape (subjects,).

    Returns
    -------
    OrdinaryFit
        Check `endless` before using it.

    Raises
    ------
    NoMaximumError
        When the columns do not determine a single solution, or the likelihood has no maximum.
    """
    spread: Floats = values.std(axis=0, ddof=1)
    if not (spread > 0).all():
        raise NoMaximumError("a column has the same value in all subjects")
    x = (values - values.mean(axis=0)) / spread
    if np.linalg.matrix_rank(x) < x.shape[1]:
        raise NoMaximumError("a column is a combination of the others")
    slopes = fit_ridge(x, y, np.zeros(x.shape[1]))
    likelihood = likelihood_of(y)
    eta = x @ slopes
    first = (likelihood.with_intercept(eta) - eta)[: int(likelihood.intercept)]
    columns = np.hstack([np.ones((len(x), len(first))), x])[likelihood.order]
    _, _, information = likelihood.derivatives(columns, np.r_[first, slopes])
    try:
        covariance = np.linalg.inv(information)[len(first) :, len(first) :]
    except np.linalg.LinAlgError as error:
        raise NoMaximumError("the likelihood is flat") from error
    return OrdinaryFit(slopes / spread, covariance / np.outer(spread, spread), spread)
