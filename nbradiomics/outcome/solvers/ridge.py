"""Models with a ridge penalty, by Newton's method in the space that the subjects span."""

from __future__ import annotations

import numpy as np

from nbradiomics.outcome.solvers.likelihood import Likelihood, likelihood_of
from nbradiomics.outcome.solvers.penalty import Penalty
from nbradiomics.outcome.solvers.risk_sets import Floats, NoMaximumError

_STEPS = 100
_HALVINGS = 40
#: Newton's decrement, in units of the log likelihood, at which the maximum is reached.
_DECREMENT = 1e-13


def fit_ridge(values: Floats, y: np.ndarray, penalties: Floats) -> Floats:
    """Maximise the log likelihood minus n sum_j penalty_j b_j^2 / 2.

    Parameters
    ----------
    values
        Shape (subjects, columns), no column constant.
    y
        Outcome, see `likelihood_of`, shape (subjects,).
    penalties
        Strength for each column, per standard deviation and subject, 0 or more, shape (columns,).

    Returns
    -------
    numpy.ndarray
        Log hazard ratio, or log odds ratio, per unit of each column, shape (columns,).

    Raises
    ------
    NoMaximumError
        When there is no maximum, as for separated data without a penalty.
    """
    none = np.zeros(len(penalties))
    (beta,) = fit_ridge_path(values, y, Penalty(none, penalties, none, none), np.ones(1))
    return np.asarray(beta)


def fit_ridge_path(values: Floats, y: np.ndarray, penalty: Penalty, strengths: Floats) -> Floats:
    """Fit a path of models with ridge penalties.

    Parameters
    ----------
    values
        Shape (subjects, columns), no column constant.
    y
        Outcome, see `likelihood_of`, shape (subjects,).
    penalty
        Penalty of each column, without lasso parts.
    strengths
        Strengths of the penalty, decreasing, shape (strengths,).

    Returns
    -------
    numpy.ndarray
        Log hazard ratio, or log odds ratio, per unit of each column, shape (strengths, columns). The path
        ends where a model has no maximum: that model and those with smaller strengths are missing (nan).

    Raises
    ------
    NoMaximumError
        When there is not even a model of the largest strength.

    Notes
    -----
    A ridge solution is a combination of the subjects' rows. With the singular values U S V' of the penalised
    columns, divided by the roots of their penalties, the problem has as many unknowns as there are subjects,
    however many columns there are (Hastie and Tibshirani 2004, Biostatistics 5:329).
    """
    subjects = len(values)
    spread: Floats = values.std(axis=0, ddof=1)
    x = (values - values.mean(axis=0)) / spread
    likelihood = likelihood_of(y)
    spanned = (penalty.ridge > 0) & (penalty.fixed_ridge == 0)
    scale = np.sqrt(subjects * penalty.ridge[spanned])
    u, s, vt = np.linalg.svd(x[:, spanned] / scale, full_matrices=False)
    held = s > s.max(initial=0.0) * subjects * np.finfo(np.float64).eps
    rank = int(held.sum())
    constant = np.ones((subjects, int(likelihood.intercept)))
    small = np.hstack([constant, u[:, held] * s[held], x[:, ~spanned]])[likelihood.order]
    free = np.zeros(constant.shape[1])
    solution = np.zeros(small.shape[1])
    path = np.full((len(strengths), len(spread)), np.nan)
    for number, strength in enumerate(strengths):
        _, others = penalty.of(~spanned).at(strength)
        try:
            penalised = np.concatenate((free, np.full(rank, strength), subjects * others))
            solution = _newton(small, likelihood, penalised, solution)
        except NoMaximumError:
            if number:
                break
            raise
        slopes = solution[len(free) :]
        path[number, spanned] = (vt[held].T @ slopes[:rank]) / scale
        path[number, ~spanned] = slopes[rank:]
    return path / spread


def _newton(x: Floats, likelihood: Likelihood, penalised: Floats, beta: Floats) -> Floats:
    """Maximise the log likelihood minus sum_j penalised_j b_j^2 / 2, from `beta` on."""

    def objective(at: Floats) -> tuple[float, Floats, Floats]:
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            value, gradient, curvature = likelihood.derivatives(x, at)
        value -= float(at @ (penalised * at)) / 2
        return value, gradient - penalised * at, curvature + np.diag(penalised)

    value, gradient, curvature = objective(beta)
    for _ in range(_STEPS):
        try:
            step = np.linalg.solve(curvature, gradient)
        except np.linalg.LinAlgError as error:
            raise NoMaximumError("the columns do not determine a single solution") from error
        decrement = float(gradient @ step) / 2
        enough = _DECREMENT * max(1.0, abs(value))
        # Below 0, the curvature is rounding alone: the likelihood is flat, and rises without end.
        if not np.isfinite(decrement) or decrement < -enough:
            raise NoMaximumError("the coefficients grow without end")
        if decrement <= enough:
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
