"""Cox regression with an elastic-net penalty, for a path of penalties: proximal Newton's method.

Each step minimises the penalised quadratic approximation of the likelihood by coordinate descent, over the
columns that may be in the model (the strong rules of Tibshirani et al. 2012, JRSS B 74:245); columns that
break the conditions of the optimum join afterwards. A line search makes every step an improvement (Lee, Sun
and Saunders 2014, SIAM Journal on Optimization 24:1420).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nbradiomics.outcome.solvers.risk_sets import Floats, NoMaximumError, RiskSets


@dataclass(frozen=True)
class Penalty:
    """Penalty of each column per standard deviation and subject; all arrays have the shape (columns,).

    At the strength s of a path, n * sum_j (l1_j |b_j| + l2_j b_j^2 / 2) is subtracted from the log partial
    likelihood of n subjects, where l1_j = s * lasso_j + fixed_lasso_j and l2_j = s * ridge_j + fixed_ridge_j.

    Attributes
    ----------
    lasso, ridge
        Parts that grow with the strength.
    fixed_lasso, fixed_ridge
        Parts that stay, as for covariates.
    """

    lasso: Floats
    ridge: Floats
    fixed_lasso: Floats
    fixed_ridge: Floats

    @classmethod
    def elastic_net(cls, weights: Floats, l1_ratio: float, fixed_ridge: Floats | None = None) -> Penalty:
        """Share the strength between lasso (`l1_ratio`) and ridge, for columns of the given weights."""
        none = np.zeros(len(weights))
        return cls(
            l1_ratio * weights, (1 - l1_ratio) * weights, none, none if fixed_ridge is None else fixed_ridge
        )


def fit_elastic_net(
    values: Floats, y: np.ndarray, penalty: Penalty, strengths: Floats, tolerance: float = 1e-10
) -> Floats:
    """Fit a path of models.

    Parameters
    ----------
    values
        Shape (subjects, columns), no column constant.
    y
        Structured array with the fields event and time, shape (subjects,).
    penalty
        Penalty of each column.
    strengths
        Strengths of the penalty, decreasing, shape (strengths,).
    tolerance
        Improvement of the likelihood, relative to its size, at which a model is final.

    Returns
    -------
    numpy.ndarray
        Log hazard ratio per unit of each column, shape (strengths, columns). The path ends where a model has
        no maximum: that model and those with smaller strengths are missing (nan).

    Raises
    ------
    NoMaximumError
        When there is not even a model of the largest strength.
    """
    from nbradiomics.outcome.solvers.cox_path_kernel import Events, fit_along_path  # loads Numba

    spread: Floats = values.std(axis=0, ddof=1)
    sets = RiskSets.of(y)
    x = np.asfortranarray((values - values.mean(axis=0))[sets.order] / spread)
    path = fit_along_path(
        x,
        Events(sets.first, sets.part, sets.event),
        penalty.lasso,
        penalty.ridge,
        penalty.fixed_lasso,
        penalty.fixed_ridge,
        np.asarray(strengths, dtype=np.float64),
        tolerance,
    )
    if np.isnan(path[0]).any():
        raise NoMaximumError(
            "the log hazard ratios grow without end, or the solver did not reach the maximum"
        )
    return path / spread


def largest_strength(values: Floats, y: np.ndarray, penalty: Penalty) -> float:
    """Smallest strength at which no column with a growing lasso part is in the model.

    Raises
    ------
    NoMaximumError
        When the columns without a growing lasso part have no maximum.
    """
    spread: Floats = values.std(axis=0, ddof=1)
    chosen = penalty.lasso > 0
    sets = RiskSets.of(y)
    eta = np.zeros(len(values))
    if not chosen.all():
        rest = values[:, ~chosen]
        held = Penalty(
            *(
                part[~chosen]
                for part in (penalty.lasso, penalty.ridge, penalty.fixed_lasso, penalty.fixed_ridge)
            )
        )
        # Without a growing part a strength changes nothing.
        eta = (rest - rest.mean(axis=0)) @ fit_elastic_net(rest, y, held, np.zeros(1))[0]
    x = (values[:, chosen] - values[:, chosen].mean(axis=0)) / spread[chosen]
    residual = np.empty(len(values))
    residual[sets.order] = martingale_residuals(eta[sets.order], sets)
    slopes = np.abs(x.T @ residual) / len(values) - penalty.fixed_lasso[chosen]
    return float(np.max(slopes / penalty.lasso[chosen], initial=0.0))


def martingale_residuals(eta: Floats, sets: RiskSets) -> Floats:
    """Events of each subject minus those that were expected: the gradient of the likelihood by `eta`.

    Both are in the order of the times, shape (subjects,).
    """
    w = np.exp(eta - eta.max())
    tied = np.bincount(sets.first, w[sets.event], minlength=len(w))[sets.first]
    s = np.cumsum(w[::-1])[::-1][sets.first] - sets.part * tied
    shares = np.cumsum(np.bincount(sets.first, 1 / s, minlength=len(w)))
    shares[sets.event] -= np.bincount(sets.first, sets.part / s)[sets.first]
    residuals = -w * shares
    residuals[sets.event] += 1
    return residuals
