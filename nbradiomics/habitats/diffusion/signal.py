"""Expected value and variance of the measured signal: with Gaussian noise, or as a magnitude (Rician).

A magnitude image has no negative values, so that its noise lifts weak signals: of a true signal 0, the mean of the
measured one is 1.25 noise standard deviations (the noise floor). A fit that ignores this finds too little decay.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

#: Amplitude in units of the noise above which the floor is below 1e-4 of the signal.
_LARGE = 70.0


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
    The mean is ``sigma * sqrt(pi / 2) * L(-A**2 / (2 * sigma**2))`` with the Laguerre function L of order 1/2; the
    mean square is ``A**2 + 2 * sigma**2`` (Gudbjartsson H, Patz S. Magn Reson Med 1995;34:910-914, for the
    distribution).
    """
    from scipy.special import ive

    ratio = np.minimum(amplitude / sigma, _LARGE)
    x = ratio**2 / 4
    low, high = ive(0, x), ive(1, x)
    factor = np.sqrt(np.pi / 2)
    mean = factor * ((1 + 2 * x) * low + 2 * x * high)
    slope = factor * (low + high) * ratio / 2
    variance = 2 + ratio**2 - mean**2
    large = amplitude / sigma >= _LARGE
    mean = np.where(large, amplitude + sigma**2 / (2 * np.maximum(amplitude, sigma)), mean * sigma)
    return mean, np.where(large, 1.0, slope), np.where(large, 1.0, variance) * sigma**2
