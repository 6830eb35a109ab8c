"""Expected value and variance of the measured signal: with Gaussian noise, or as a magnitude (Rician).

A magnitude image has no negative values, so that its noise lifts weak signals: of a true signal 0, the mean
of the measured one is 1.25 noise standard deviations (the noise floor). A fit that ignores this finds too
little decay.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

#: Amplitude in units of the noise from which series are exact to 1e-6.
_LARGE = 20.0


def rician_moments(amplitude: Array, sigma: float) -> tuple[Array, Array, Array]:
    """Mean of a magnitude signal, its derivative by the true amplitude, and its variance.

    Parameters
    ----------
    amplitude
        True signal, 0 or more, in units of the image.
    sigma
        Standard deviation of the noise of each of the two parts of the complex signal.

    Notes
    -----
    The mean is ``sigma * sqrt(pi / 2) * L(-A**2 / (2 * sigma**2))`` with the Laguerre function L of order
    1/2; the mean square is ``A**2 + 2 * sigma**2`` (Gudbjartsson H, Patz S. Magn Reson Med 1995;34:910-914,
    for the distribution).
    """
    ratio = np.asarray(amplitude, dtype=np.float64) / sigma
    safe = np.maximum(ratio, _LARGE)
    mean = safe + 1 / (2 * safe) + 1 / (8 * safe**3)
    slope = 1 - 1 / (2 * safe**2) - 3 / (8 * safe**4)
    variance = 1 - 1 / (2 * safe**2) - 1 / (2 * safe**4)
    weak = ratio < _LARGE
    mean[weak], slope[weak], variance[weak] = _weak(ratio[weak])
    return mean * sigma, slope, variance * sigma**2


def _weak(ratio: Array) -> tuple[Array, Array, Array]:
    """Mean, slope and variance for noise 1, by Bessel functions."""
    from scipy.special import i0e, i1e

    x = ratio**2 / 4
    low, high = i0e(x), i1e(x)
    factor = np.sqrt(np.pi / 2)
    mean = factor * ((1 + 2 * x) * low + 2 * x * high)
    return mean, factor * (low + high) * ratio / 2, 2 + ratio**2 - mean**2
