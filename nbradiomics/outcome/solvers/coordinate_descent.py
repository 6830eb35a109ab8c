"""Coordinate descent for a quadratic function with an elastic-net penalty, compiled."""

from __future__ import annotations

import numpy as np

from nbradiomics.execution.compiled import compiled

_SWEEPS = 10_000
#: Squared change of a sweep, relative to the first one, after which a solution is good enough for a step.
_SETTLED = 1e-6
#: Change of the likelihood per subject that is rounding: sweeps that begin at the optimum would never end.
_ROUNDING = 1e-20


@compiled
def best_step(
    slope: np.ndarray, curvature: np.ndarray, b: np.ndarray, l1: np.ndarray, l2: np.ndarray
) -> np.ndarray:
    """Maximise slope . d - d . curvature . d / 2 - sum_j [l1_j |b_j + d_j| + l2_j (b_j + d_j)^2 / 2].

    Parameters
    ----------
    slope
        Gradient at `b`, shape (columns,).
    curvature
        Negative Hessian at `b`, shape (columns, columns).
    b
        Coefficients, shape (columns,).
    l1, l2
        Penalties, shape (columns,).

    Returns
    -------
    numpy.ndarray
        The step d, shape (columns,).
    """
    new = b.copy()
    rest = slope.copy()  # slope minus curvature @ (new - b)
    everything = np.arange(len(b))
    first = _sweep(everything, new, rest, curvature, l1, l2)
    change, enough = first, max(_SETTLED * first, _ROUNDING)
    # Cycle over the columns in the model until they are settled, then look at all of them again.
    for _ in range(_SWEEPS):
        if change <= enough:
            break
        within = np.flatnonzero(new)
        for _ in range(_SWEEPS):
            if _sweep(within, new, rest, curvature, l1, l2) <= enough:
                break
        change = _sweep(everything, new, rest, curvature, l1, l2)
    for j in range(len(new)):
        new[j] -= b[j]
    return new


@compiled
def _sweep(
    columns: np.ndarray,
    new: np.ndarray,
    rest: np.ndarray,
    curvature: np.ndarray,
    l1: np.ndarray,
    l2: np.ndarray,
) -> float:
    """Move each coefficient to its best value; return the largest squared change, in units of the curve."""
    largest = 0.0
    for j in columns:
        steepness = curvature[j, j] + l2[j]
        if steepness <= 0:
            continue
        target = rest[j] + curvature[j, j] * new[j]
        if target > l1[j]:
            value = (target - l1[j]) / steepness
        elif target < -l1[j]:
            value = (target + l1[j]) / steepness
        else:
            value = 0.0
        moved = value - new[j]
        if moved != 0.0:
            new[j] = value
            for other in range(len(rest)):
                rest[other] -= curvature[j, other] * moved
            largest = max(largest, steepness * moved * moved)
    return largest
