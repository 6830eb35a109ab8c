"""Cox's log partial likelihood and its derivatives, compiled: solvers ask for them thousands of times."""

from __future__ import annotations

import numpy as np

from nbradiomics.execution.compiled import compiled


@compiled
def cox_derivatives(
    x: np.ndarray,
    beta: np.ndarray,
    event: np.ndarray,
    first: np.ndarray,
    part: np.ndarray,
) -> tuple[float, np.ndarray, np.ndarray]:
    """Value, gradient and negative Hessian; see `cox_likelihood.log_likelihood`.

    Parameters
    ----------
    x
        Columns in the order of the times, shape (subjects, columns), C-contiguous.
    beta
        Log hazard ratio per unit of each column, shape (columns,).
    event, first, part
        As in `RiskSets`, shape (events,).
    """
    subjects, columns = x.shape
    eta = np.dot(x, beta)
    top = eta.max()
    w = np.exp(eta - top)
    hazards = np.empty(len(event))
    means = np.empty((len(event), columns))
    _risk_sets(x, w, event, first, part, hazards, means)
    value, gradient, shares = 0.0, np.zeros(columns), np.zeros(subjects)
    for k in range(len(event)):
        if hazards[k] <= 0.0:  # weights that vanish
            return np.inf, np.full(columns, np.nan), np.full((columns, columns), np.nan)
        value += eta[event[k]] - np.log(hazards[k]) - top
        shares[first[k]] += 1 / hazards[k]
        for j in range(columns):
            gradient[j] += x[event[k], j] - means[k, j]
    taken_out = np.zeros(subjects)
    taken_out[event] = _of_ties(part / hazards, first)
    weighted, share = np.empty((subjects, columns)), 0.0
    for i in range(subjects):
        share += shares[i]
        for j in range(columns):
            weighted[i, j] = (share - taken_out[i]) * w[i] * x[i, j]
    return value, gradient, np.dot(weighted.T, x) - np.dot(means.T, means)


@compiled
def _risk_sets(
    x: np.ndarray,
    w: np.ndarray,
    event: np.ndarray,
    first: np.ndarray,
    part: np.ndarray,
    hazards: np.ndarray,
    means: np.ndarray,
) -> None:
    """Write the hazard at risk at each event, and the mean of the columns with these weights.

    From the last time on, so that the sums over the subjects at risk only grow.
    """
    columns = x.shape[1]
    risk, moment = 0.0, np.zeros(columns)
    under_risk, last = len(w), len(event) - 1
    while last >= 0:
        start = last
        while start > 0 and first[start - 1] == first[last]:
            start -= 1
        for i in range(first[last], under_risk):
            risk += w[i]
            for j in range(columns):
                moment[j] += w[i] * x[i, j]
        under_risk = first[last]
        tied, tied_moment = 0.0, np.zeros(columns)
        for k in range(start, last + 1):
            tied += w[event[k]]
            for j in range(columns):
                tied_moment[j] += w[event[k]] * x[event[k], j]
        for k in range(start, last + 1):
            hazards[k] = risk - part[k] * tied
            if hazards[k] > 0.0:
                for j in range(columns):
                    means[k, j] = (moment[j] - part[k] * tied_moment[j]) / hazards[k]
        last = start - 1


@compiled
def _of_ties(values: np.ndarray, first: np.ndarray) -> np.ndarray:
    """Sum the values of the events at the same time, for each event, shape (events,)."""
    sums = values.copy()
    for k in range(1, len(sums)):
        if first[k] == first[k - 1]:
            sums[k] += sums[k - 1]
    for k in range(len(sums) - 2, -1, -1):
        if first[k] == first[k + 1]:
            sums[k] = sums[k + 1]
    return sums
