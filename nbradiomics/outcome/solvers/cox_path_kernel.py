"""Compiled kernels of the elastic-net Cox path; the letters are those of `ridge_cox.log_likelihood`.

Rows of `x` are in the order of the times, as `RiskSets` orders them.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from nbradiomics.execution.compiled import compiled

_STEPS = 100
_HALVINGS = 30
_SWEEPS = 10_000
_ROUNDS = 100
#: Squared change of a sweep, relative to the first one, after which a step is good enough.
_SETTLED = 1e-6
#: A log hazard ratio per standard deviation above which the data are separated.
_LARGEST = 10.0


class Events(NamedTuple):
    """The events of `RiskSets`, shape (events,): first row at risk, Efron's part, row of the event."""

    first: np.ndarray
    part: np.ndarray
    row: np.ndarray


class State(NamedTuple):
    """The likelihood at some log hazards.

    Attributes
    ----------
    eta
        Log hazards, shape (subjects,).
    value
        Log partial likelihood.
    residual
        Its gradient by `eta`, shape (subjects,).
    shares
        Sum over the events of each subject's share of s, over its hazard, shape (subjects,).
    s
        Hazards at risk at each event, over the largest hazard, shape (events,).
    """

    eta: np.ndarray
    value: float
    residual: np.ndarray
    shares: np.ndarray
    s: np.ndarray


@compiled
def fit_along_path(
    x: np.ndarray,
    events: Events,
    lasso: np.ndarray,
    ridge: np.ndarray,
    fixed_lasso: np.ndarray,
    fixed_ridge: np.ndarray,
    strengths: np.ndarray,
    tolerance: float,
) -> np.ndarray:
    """Return the coefficients at each strength, shape (strengths, columns); nan from where there are none."""
    n, p = x.shape
    path = np.full((len(strengths), p), np.nan)
    beta = np.zeros(p)
    state = _state(np.zeros(n), events)
    gradient = state.residual @ x / n
    before = strengths[0]
    for number, strength in enumerate(strengths):
        l1, l2 = strength * lasso + fixed_lasso, strength * ridge + fixed_ridge
        # The strong rule: a slope is expected to change no faster than the strength.
        kept = (beta != 0) | (np.abs(gradient) >= l1 - (before - strength) * lasso)
        before = strength
        for _ in range(_ROUNDS):
            reached, state = _fit(x, np.flatnonzero(kept), events, l1, l2, beta, state, tolerance)
            if not reached:
                return path
            gradient = state.residual @ x / n
            joining = ~kept & (np.abs(gradient) > l1 + 1e-9)
            if not joining.any():
                break
            kept |= joining
        path[number] = beta
    return path


@compiled
def _fit(
    x: np.ndarray,
    columns: np.ndarray,
    events: Events,
    l1: np.ndarray,
    l2: np.ndarray,
    beta: np.ndarray,
    state: State,
    tolerance: float,
) -> tuple[bool, State]:
    """Improve `beta` in place over some columns; return whether the maximum was reached, and the state."""
    n, c = len(state.eta), len(columns)
    if c == 0:
        return True, state
    xc = np.empty((c, n))
    for place in range(c):
        xc[place] = x[:, columns[place]]
    b, one, two = beta[columns], l1[columns], l2[columns]
    for _ in range(_STEPS):
        cost = _penalty(b, one, two) - state.value / n
        curvature = _curvature(xc, state, events) / n
        step = _step(xc @ state.residual / n, curvature, b, one, two)
        expected = xc @ state.residual @ step / n + _penalty(b, one, two) - _penalty(b + step, one, two)
        if not np.isfinite(expected):
            return False, state
        last = expected <= tolerance * max(1.0, abs(cost))
        move = step @ xc
        factor = 1.0
        for _ in range(_HALVINGS):
            ahead = _state(state.eta + factor * move, events)
            new = _penalty(b + factor * step, one, two) - ahead.value / n
            if np.isfinite(new) and new <= cost - 1e-4 * factor * expected:
                break
            factor /= 2
        else:
            return last, state  # no step is better: rounding is all that is left, or there is no maximum
        b, state = b + factor * step, ahead
        for place in range(c):
            beta[columns[place]] = b[place]
        if last or np.abs(b).max() > _LARGEST:
            return np.abs(b).max() <= _LARGEST, state
    return False, state


@compiled
def _step(
    slope: np.ndarray, curvature: np.ndarray, b: np.ndarray, l1: np.ndarray, l2: np.ndarray
) -> np.ndarray:
    """Minimise the penalised quadratic approximation by coordinate descent; return the change of `b`."""
    new = b.copy()
    rest = slope.copy()  # slope minus curvature @ (new - b)
    everything = np.arange(len(b))
    first = _sweep(everything, new, rest, curvature, l1, l2)
    change = first
    # Cycle over the columns in the model until they are settled, then look at all of them again.
    for _ in range(_SWEEPS):
        if change <= _SETTLED * first:
            break
        within = np.flatnonzero(new)
        for _ in range(_SWEEPS):
            if _sweep(within, new, rest, curvature, l1, l2) <= _SETTLED * first:
                break
        change = _sweep(everything, new, rest, curvature, l1, l2)
    return new - b


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


@compiled
def _curvature(xc: np.ndarray, state: State, events: Events) -> np.ndarray:
    """Return the negative Hessian of the log partial likelihood, shape (columns, columns)."""
    c, n = xc.shape
    w = np.exp(state.eta - state.eta.max())
    means = np.empty((c, len(events.row)))
    weighted = np.empty((c, n))
    sums = np.zeros(n + 1)
    for j in range(c):
        for i in range(n - 1, -1, -1):
            sums[i] = sums[i + 1] + w[i] * xc[j, i]
            weighted[j, i] = xc[j, i] * w[i] * state.shares[i]
        start = 0
        while start < len(events.row):
            end, tied = start, 0.0
            while end < len(events.row) and events.first[end] == events.first[start]:
                tied += w[events.row[end]] * xc[j, events.row[end]]
                end += 1
            for k in range(start, end):
                means[j, k] = (sums[events.first[k]] - events.part[k] * tied) / state.s[k]
            start = end
    return weighted @ xc.T - means @ means.T


@compiled
def _state(eta: np.ndarray, events: Events) -> State:
    """Evaluate the log partial likelihood and its derivatives by `eta`."""
    n, m = len(eta), len(events.row)
    top = eta.max()
    w = np.exp(eta - top)
    risk = np.zeros(n + 1)
    for i in range(n - 1, -1, -1):
        risk[i] = risk[i + 1] + w[i]
    s, shares, out = np.empty(m), np.zeros(n), np.zeros(n)
    value = 0.0
    start = 0
    while start < m:
        end, tied = start, 0.0
        while end < m and events.first[end] == events.first[start]:
            tied += w[events.row[end]]
            end += 1
        taken = 0.0
        for k in range(start, end):
            s[k] = risk[events.first[k]] - events.part[k] * tied
            value += eta[events.row[k]] - np.log(s[k]) - top
            shares[events.first[k]] += 1 / s[k]
            taken += events.part[k] / s[k]
        for k in range(start, end):
            out[events.row[k]] = taken
        start = end
    shares = np.cumsum(shares) - out
    residual = -w * shares
    for k in range(m):
        residual[events.row[k]] += 1.0
    return State(eta, value, residual, shares, s)


@compiled
def _penalty(b: np.ndarray, l1: np.ndarray, l2: np.ndarray) -> float:
    total = 0.0
    for j in range(len(b)):
        total += l1[j] * abs(b[j]) + l2[j] * b[j] * b[j] / 2
    return total
