"""Fit of ``S(b) = S0 * exp(-b * ADC)`` to the signals of many voxels at once, with the errors of the fit."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nbradiomics.habitats.diffusion.signal import rician_moments

Array = NDArray[np.float64]

#: Voxels that are fitted together; memory, not the result, depends on it.
_CHUNK = 100_000
_STEPS = 60
#: Relative change of both parameters below which a voxel has converged.
_CLOSE = 1e-7
#: Fits with weights of the last one, when noise is Rician.
_REWEIGHTED = 4


@dataclass(frozen=True)
class DiffusionFit:
    """Fits of n voxels; not a number where the signals cannot be fitted.

    Attributes
    ----------
    adc
        Apparent diffusion coefficient in mm2/s.
    s0
        Signal without diffusion weighting, in units of the image.
    unit_variance
        Variance of `adc` for noise of standard deviation 1, in (mm2/s)2: the error of the fit is its root
        times the noise.
    squares
        Sum of squared residuals, each divided by the variance of its signal for noise of standard deviation
        1.
    converged
        Whether the fit found its optimum.
    """

    adc: Array
    s0: Array
    unit_variance: Array
    squares: Array
    converged: NDArray[np.bool_]

    def error(self, sigma: float) -> Array:
        """Standard error of the ADC in mm2/s for noise of this standard deviation, in units of the image."""
        return np.asarray(sigma * np.sqrt(self.unit_variance), dtype=np.float64)


def fit_diffusion(signals: Array, b_values: Array, sigma: float | None = None) -> DiffusionFit:
    """Fit the mono-exponential decay to each voxel by non-linear least squares.

    Parameters
    ----------
    signals
        One row per voxel, one column per image, in units of the image.
    b_values
        b-value of each column in s/mm2, at least two different ones.
    sigma
        Noise of a magnitude image: the expected signal includes the noise floor, and each signal is weighted
        by its variance. ``None`` takes Gaussian noise, the same in each image.

    Notes
    -----
    The start is the straight line through the logarithms, weighted by the squared signal (the variance of a
    logarithm is about ``sigma**2 / S**2``). Levenberg-Marquardt follows, all voxels at once. The error is
    that of the linear approximation at the optimum, ``inv(J' inv(V) J)``.
    """
    parts = [
        _fit(signals[start : start + _CHUNK], b_values, sigma)
        for start in range(0, max(len(signals), 1), _CHUNK)
    ]
    names = [field.name for field in fields(DiffusionFit)]
    return DiffusionFit(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in names})


class _Moments(NamedTuple):
    """Expected signals, derivatives by S0 and by the scaled ADC, and variances for unit noise."""

    mean: Array
    by_s0: Array
    by_adc: Array
    variance: Array


def _fit(signals: Array, b_values: Array, sigma: float | None) -> DiffusionFit:
    usable = np.isfinite(signals).all(axis=1) & (signals > 0).all(axis=1)
    scale = float(b_values.max())
    values, b = signals[usable], b_values / scale
    theta = _line(values, b)
    weights = np.ones_like(values)
    converged = np.zeros(len(values), dtype=bool)
    for _ in range(1 if sigma is None else _REWEIGHTED):
        if sigma is not None:
            weights = 1 / _moments(theta, b, sigma).variance
        theta, converged = _optimum(values, b, theta, weights, sigma)
    at = _moments(theta, b, sigma)
    weights = 1 / at.variance
    a, c, d = ((weights * one).sum(axis=1) for one in (at.by_s0**2, at.by_s0 * at.by_adc, at.by_adc**2))
    with np.errstate(divide="ignore", invalid="ignore"):
        unit_variance = a / (a * d - c**2) / scale**2
    squares = (weights * (values - at.mean) ** 2).sum(axis=1)
    columns = (theta[:, 1] / scale, theta[:, 0], unit_variance, squares)
    spread = [np.full(len(signals), np.nan) for _ in columns]
    for whole, part in zip(spread, columns, strict=True):
        whole[usable] = part
    done = np.zeros(len(signals), dtype=bool)
    done[usable] = converged
    adc, s0, variance_of_adc, of_squares = spread
    return DiffusionFit(adc, s0, variance_of_adc, of_squares, done)


def _line(values: Array, b: Array) -> Array:
    """S0 and scaled ADC of the weighted straight line through the logarithms."""
    if not len(values):
        return np.empty((0, 2))
    weights, logs = values**2, np.log(values)
    total = weights.sum(axis=1)
    mean_b = (weights * b).sum(axis=1) / total
    mean_log = (weights * logs).sum(axis=1) / total
    apart = b - mean_b[:, None]
    slope = (weights * apart * logs).sum(axis=1) / (weights * apart**2).sum(axis=1)
    adc = np.clip(-slope, -5.0, 50.0)
    return np.stack([np.exp(np.clip(mean_log + adc * mean_b, -700, 700)), adc], axis=1)


def _moments(theta: Array, b: Array, sigma: float | None) -> _Moments:
    decay = np.exp(-np.clip(theta[:, 1:] * b, -50, 700))
    amplitude = theta[:, :1] * decay
    by_adc = -b * amplitude
    if sigma is None:
        return _Moments(amplitude, decay, by_adc, np.ones_like(amplitude))
    mean, slope, variance = rician_moments(np.maximum(amplitude, 0.0), sigma)
    return _Moments(mean, slope * decay, slope * by_adc, variance / sigma**2)


def _optimum(
    values: Array, b: Array, start: Array, weights: Array, sigma: float | None
) -> tuple[Array, NDArray[np.bool_]]:
    """Levenberg-Marquardt with fixed weights; voxels leave the loop when they have converged."""
    theta, damping = start.copy(), np.full(len(values), 1e-3)
    open_ = np.arange(len(values))
    for _ in range(_STEPS):
        if not len(open_):
            break
        now, w, y = theta[open_], weights[open_], values[open_]
        at = _moments(now, b, sigma)
        cost = (w * (y - at.mean) ** 2).sum(axis=1)
        step = _step(at, w, y - at.mean, damping[open_])
        tried = now + step
        new_cost = (w * (y - _moments(tried, b, sigma).mean) ** 2).sum(axis=1)
        better = (new_cost <= cost) & (tried[:, 0] > 0)
        theta[open_[better]] = tried[better]
        damping[open_] = np.where(better, np.maximum(damping[open_] / 10, 1e-12), damping[open_] * 10)
        small = (np.abs(step) <= _CLOSE * (np.abs(now) + np.array([0.0, 1e-3]))).all(axis=1)
        open_ = open_[~small]
    done = np.ones(len(values), dtype=bool)
    done[open_] = False
    return theta, done


def _step(at: _Moments, weights: Array, residual: Array, damping: Array) -> Array:
    """Solve the two damped normal equations of each voxel."""
    a = (weights * at.by_s0**2).sum(axis=1) * (1 + damping)
    c = (weights * at.by_s0 * at.by_adc).sum(axis=1)
    d = (weights * at.by_adc**2).sum(axis=1) * (1 + damping)
    first = (weights * at.by_s0 * residual).sum(axis=1)
    second = (weights * at.by_adc * residual).sum(axis=1)
    determinant = a * d - c**2
    with np.errstate(divide="ignore", invalid="ignore"):
        step = np.stack([d * first - c * second, a * second - c * first], axis=1) / determinant[:, None]
    return np.where(np.isfinite(step), step, 0.0)
