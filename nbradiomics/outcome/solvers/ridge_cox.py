"""Cox regression with a ridge penalty, by Newton's method in the space that the subjects span."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nbradiomics.outcome.solvers.risk_sets import NoMaximumError, RiskSets

Floats = NDArray[np.float64]

_STEPS = 100
_HALVINGS = 40
#: Newton's decrement, in units of the log partial likelihood, at which the maximum is reached.
_DECREMENT = 1e-13


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
    eta = x @ beta
    top = eta.max()
    w = np.exp(eta - top)
    wx = w[:, None] * x
    risk, risk_x = _from_the_end(w), _from_the_end(wx)
    tied, tied_x = sets.of_ties(w), sets.of_ties(wx)
    s = risk[sets.first] - sets.part * tied
    m = (risk_x[sets.first] - sets.part[:, None] * tied_x) / s[:, None]
    value = float((eta[sets.event] - np.log(s) - top).sum())
    gradient = x[sets.event].sum(axis=0) - m.sum(axis=0)
    return value, gradient, (wx * sets.shares(s)[:, None]).T @ x - m.T @ m


def fit_ridge(values: Floats, y: np.ndarray, penalties: Floats) -> Floats:
    """Maximise the log partial likelihood minus n sum_j penalty_j b_j^2 / 2.

    Parameters
    ----------
    values
        Shape (subjects, columns), no column constant.
    y
        Structured array with the fields event and time, shape (subjects,).
    penalties
        Strength for each column, per standard deviation and subject, 0 or more, shape (columns,).

    Returns
    -------
    numpy.ndarray
        Log hazard ratio per unit of each column, shape (columns,).

    Raises
    ------
    NoMaximumError
        When there is no maximum, as for separated data without a penalty.

    Notes
    -----
    A ridge solution is a combination of the subjects' rows. With the singular values U S V' of the penalised
    columns, divided by the roots of their penalties, the problem has as many unknowns as there are subjects,
    however many columns there are (Hastie and Tibshirani 2004, Biostatistics 5:329).
    """
    subjects = len(values)
    spread: Floats = values.std(axis=0, ddof=1)
    x = (values - values.mean(axis=0)) / spread
    ridge = penalties > 0
    scale = np.sqrt(subjects * penalties[ridge])
    u, s, vt = np.linalg.svd(x[:, ridge] / scale, full_matrices=False)
    held = s > s.max(initial=0.0) * subjects * np.finfo(np.float64).eps
    small = np.hstack([u[:, held] * s[held], x[:, ~ridge]])
    penalised = np.r_[np.ones(held.sum()), np.zeros((~ridge).sum())]
    solution = _newton(small, RiskSets.of(y), penalised)
    beta = np.empty(len(spread))
    beta[ridge] = (vt[held].T @ solution[: held.sum()]) / scale
    beta[~ridge] = solution[held.sum() :]
    return beta / spread


def _newton(x: Floats, sets: RiskSets, penalised: Floats) -> Floats:
    x = x[sets.order]
    beta = np.zeros(x.shape[1])

    def objective(at: Floats) -> tuple[float, Floats, Floats]:
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            value, gradient, curvature = log_likelihood(x, at, sets)
        value -= float(at @ (penalised * at)) / 2
        return value, gradient - penalised * at, curvature + np.diag(penalised)

    value, gradient, curvature = objective(beta)
    for _ in range(_STEPS):
        try:
            step = np.linalg.solve(curvature, gradient)
        except np.linalg.LinAlgError as error:
            raise NoMaximumError("the columns do not determine a single solution") from error
        decrement = float(gradient @ step) / 2
        if not np.isfinite(decrement):
            raise NoMaximumError("the log hazard ratios grow without end")
        if decrement <= _DECREMENT * max(1.0, abs(value)):
            return beta
        for _ in range(_HALVINGS):
            ahead = objective(beta + step)
            # Weights that vanish in a risk set make the likelihood infinite.
            if value <= ahead[0] < np.inf:
                break
            step = step / 2
        else:
            return beta  # no step is better: rounding is all that is left
        beta, (value, gradient, curvature) = beta + step, ahead
    raise NoMaximumError(f"Newton's method did not end after {_STEPS} steps")


def _from_the_end(values: Floats) -> Floats:
    sums: Floats = np.cumsum(values[::-1], axis=0)[::-1]
    return sums
