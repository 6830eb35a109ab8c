"""The log likelihood of logistic regression, and its derivatives."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from nbradiomics.outcome.solvers.risk_sets import Floats

_STEPS = 100
_ENOUGH = 1e-12
#: Largest absolute intercept: a probability of 1e-13.
_LARGEST = 30.0


@dataclass(frozen=True)
class LogisticLikelihood:
    """Log likelihood of two classes; see `solvers.likelihood.Likelihood`.

    The model has an intercept without a penalty: the first column of `derivatives` is constant.

    Attributes
    ----------
    y
        Whether each subject belongs to the positive class, shape (subjects,), 0 or 1.
    """

    y: Floats

    intercept = True

    @classmethod
    def of(cls, y: np.ndarray) -> LogisticLikelihood:
        """Prepare the likelihood of classes, an array of bool."""
        return cls(np.asarray(y, dtype=np.float64))

    @property
    def order(self) -> NDArray[np.intp]:
        """Subjects as they are, shape (subjects,)."""
        return np.arange(len(self.y))

    def derivatives(self, x: Floats, beta: Floats) -> tuple[float, Floats, Floats]:
        """Return sum_i [y_i eta_i - log(1 + exp(eta_i))], eta = x beta, its gradient and negative Hessian."""
        eta = x @ beta
        p = expit(eta)
        value = float(self.y @ eta - np.logaddexp(0, eta).sum())
        return value, (self.y - p) @ x, (x * (p * (1 - p))[:, None]).T @ x

    def residuals(self, eta: Floats) -> Floats:
        """Return y - p, the gradient of the likelihood by `eta`, shape (subjects,)."""
        residuals: Floats = self.y - expit(eta)
        return residuals

    def with_intercept(self, eta: Floats) -> Floats:
        """Add the most likely intercept to `eta`, shape (subjects,)."""
        return eta + most_likely_intercept(eta, self.y)

    def unseen(self, eta: Floats, train: np.ndarray) -> Floats:
        """Log likelihood of the other subjects with the intercept of the training, shape (models,)."""
        rest = np.ones(len(self.y), dtype=bool)
        rest[train] = False
        sums = np.empty(eta.shape[1])
        for place, column in enumerate(eta.T):
            there = column[rest] + most_likely_intercept(column[train], self.y[train])
            sums[place] = self.y[rest] @ there - np.logaddexp(0, there).sum()
        return sums


def most_likely_intercept(eta: Floats, y: Floats) -> float:
    """Find the intercept with which as many subjects are expected to be positive as there are.

    Parameters
    ----------
    eta
        Log odds without the intercept, shape (subjects,).
    y
        0 or 1, shape (subjects,). If all are equal the intercept has the largest size that is used, 30.
    """
    share = float(y.mean())
    if share in (0.0, 1.0):
        return _LARGEST if share else -_LARGEST
    # The log odds of the share with the smallest and the largest eta: the intercept lies between them.
    odds = float(np.log(share / (1 - share)))
    low, high = odds - float(eta.max()), odds - float(eta.min())
    at = odds - float(eta.mean())
    for _ in range(_STEPS):
        p = expit(eta + at)
        over = float((p - y).sum())
        low, high = (low, at) if over > 0 else (at, high)
        slope = float((p * (1 - p)).sum())
        ahead = at - over / slope if slope > 0 else np.inf
        # Newton's step where it stays between the limits, or else the middle.
        ahead = ahead if low < ahead < high else (low + high) / 2
        if abs(ahead - at) <= _ENOUGH * max(1.0, abs(at)):
            return float(ahead)
        at = ahead
    return float(at)
