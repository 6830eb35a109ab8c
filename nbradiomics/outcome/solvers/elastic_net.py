"""Models with an elastic-net penalty, for a path of penalties: proximal Newton's method.

Each step minimises the penalised quadratic approximation of the likelihood by coordinate descent, over the
columns that may be in the model (the strong rules of Tibshirani et al. 2012, JRSS B 74:245); columns that
break the conditions of the optimum join afterwards. A line search makes every step an improvement (Lee, Sun
and Saunders 2014, SIAM Journal on Optimization 24:1420).
"""

from __future__ import annotations

import numpy as np

from nbradiomics.outcome.solvers.likelihood import Likelihood, likelihood_of
from nbradiomics.outcome.solvers.penalty import Penalty
from nbradiomics.outcome.solvers.risk_sets import LARGEST_COEFFICIENT, Floats, NoMaximumError

_STEPS = 100
_HALVINGS = 30
#: How far a slope may exceed its lasso penalty before the column joins the model.
_TOUCHES = 1e-9


def fit_elastic_net(
    values: Floats, y: np.ndarray, penalty: Penalty, strengths: Floats, tolerance: float = 1e-10
) -> Floats:
    """Fit a path of models.

    Parameters
    ----------
    values
        Shape (subjects, columns), no column constant.
    y
        Outcome, see `likelihood_of`, shape (subjects,).
    penalty
        Penalty of each column.
    strengths
        Strengths of the penalty, decreasing, shape (strengths,).
    tolerance
        Improvement of the likelihood, relative to its size, at which a model is final.

    Returns
    -------
    numpy.ndarray
        Log hazard ratio, or log odds ratio, per unit of each column, shape (strengths, columns). The path
        ends where a model has no maximum: that model and those with smaller strengths are missing (nan).

    Raises
    ------
    NoMaximumError
        When there is not even a model of the largest strength.
    """
    spread: Floats = values.std(axis=0, ddof=1)
    likelihood = likelihood_of(y)
    first = int(likelihood.intercept)
    x = np.hstack([np.ones((len(values), first)), (values - values.mean(axis=0)) / spread])[likelihood.order]
    nothing = np.zeros(first)
    lasso = np.concatenate((nothing, penalty.lasso))
    beta = np.zeros(x.shape[1])
    beta[:first] = likelihood.with_intercept(np.zeros(len(x)))[:first]
    path = np.full((len(strengths), x.shape[1]), np.nan)
    slopes, before = _slopes(x, beta, likelihood), strengths[0]
    for number, strength in enumerate(strengths):
        l1, l2 = (np.concatenate((nothing, part)) for part in penalty.at(strength))
        # The strong rule: a slope is expected to change no faster than the strength.
        kept = (beta != 0) | (np.abs(slopes) >= l1 - (before - strength) * lasso)
        before = strength
        joining = kept
        while joining.any():
            fitted = _fit(x[:, kept], likelihood, beta[kept], l1[kept], l2[kept], tolerance)
            if fitted is None:
                if number:
                    return path[:, first:] / spread
                raise NoMaximumError("the coefficients grow without end")
            beta[kept] = fitted
            slopes = _slopes(x, beta, likelihood)
            joining = ~kept & (np.abs(slopes) > l1 + _TOUCHES)
            kept |= joining
        path[number] = beta
    return path[:, first:] / spread


def _slopes(x: Floats, beta: Floats, likelihood: Likelihood) -> Floats:
    inside = beta != 0
    slopes: Floats = likelihood.residuals(x[:, inside] @ beta[inside]) @ x / len(x)
    return slopes


def _fit(
    x: Floats, likelihood: Likelihood, b: Floats, l1: Floats, l2: Floats, tolerance: float
) -> Floats | None:
    """Fit a model with all of some columns, from `b` on; None if there is no maximum."""
    from nbradiomics.outcome.solvers.coordinate_descent import best_step  # loads Numba

    def penalty(at: Floats) -> float:
        return float(l1 @ np.abs(at) + l2 @ at**2 / 2)

    def objective(at: Floats) -> tuple[float, Floats, Floats]:
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            value, gradient, curvature = likelihood.derivatives(x, at)
        return value / len(x) - penalty(at), gradient / len(x), curvature / len(x)

    x = np.ascontiguousarray(x)
    value, slope, curvature = objective(b)
    for _ in range(_STEPS):
        step = best_step(slope, curvature, b, l1, l2)
        expected = float(slope @ step) + penalty(b) - penalty(b + step)
        if not np.isfinite(expected):
            return None
        if expected <= tolerance * max(1.0, abs(value)):
            return _unless_separated(b + step)
        for _ in range(_HALVINGS):
            ahead = objective(b + step)
            if value + 1e-4 * expected <= ahead[0] < np.inf:
                break
            step, expected = step / 2, expected / 2
        else:
            return None  # no step is better
        b, (value, slope, curvature) = b + step, ahead
        if _unless_separated(b) is None:
            return None
    return None


def _unless_separated(b: Floats) -> Floats | None:
    return b if np.abs(b).max() <= 2 * LARGEST_COEFFICIENT else None


def largest_strength(values: Floats, y: np.ndarray, penalty: Penalty) -> float:
    """Smallest strength at which no column with a growing lasso part is in the model.

    It is exact if the other columns have no growing ridge part; theirs is taken at strength 1.

    Raises
    ------
    NoMaximumError
        When the columns without a growing lasso part have no maximum.
    """
    spread: Floats = values.std(axis=0, ddof=1)
    chosen = penalty.lasso > 0
    likelihood = likelihood_of(y)
    eta = np.zeros(len(values))
    if not chosen.all():
        rest = values[:, ~chosen]
        eta = (rest - rest.mean(axis=0)) @ fit_elastic_net(rest, y, penalty.of(~chosen), np.ones(1))[0]
    x = (values[:, chosen] - values[:, chosen].mean(axis=0)) / spread[chosen]
    residual = np.empty(len(values))
    residual[likelihood.order] = likelihood.residuals(likelihood.with_intercept(eta[likelihood.order]))
    slopes = np.abs(x.T @ residual) / len(values) - penalty.fixed_lasso[chosen]
    return float(np.max(slopes / penalty.lasso[chosen], initial=0.0))
