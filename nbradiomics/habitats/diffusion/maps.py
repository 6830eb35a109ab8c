"""ADC and error maps of one scan from the arrays of its diffusion images."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nbradiomics.habitats.diffusion.fit import DiffusionFit, fit_diffusion
from nbradiomics.habitats.diffusion.noise import air_noise, residual_noise
from nbradiomics.habitats.diffusion.settings import DiffusionSettings

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

#: Largest plausible ADC in mm2/s; that of free water at 37 degrees is 0.003.
LARGEST = 0.01
#: Signal at the lowest b-value in units of the noise that counts as measured.
MEASURED = 3.0
#: Voxels from which the noise is estimated, at most.
_NOISE_VOXELS = 20_000
_NOISE_ROUNDS = 4


@dataclass(frozen=True)
class Noise:
    """Standard deviation in units of the images (``None``: not known), and where it is from."""

    sigma: float | None
    source: str


@dataclass(frozen=True)
class DiffusionMaps:
    """Maps of n voxels; `reason` is empty for a valid voxel, and both maps are 0 for the others.

    Attributes
    ----------
    adc, error
        In mm2/s; `error` is ``None`` if the noise is not known.
    reason
        Column of the table in which an invalid voxel is counted.
    noise
        The noise, and its source.
    misfit
        Root of the mean squared residual in units of the noise; not a number with two images.
    """

    adc: Array
    error: Array | None
    reason: NDArray[np.str_]
    noise: Noise
    misfit: float


def diffusion_maps(
    signals: Array, b_values: Array, region: Mask, settings: DiffusionSettings
) -> DiffusionMaps:
    """Fit every voxel.

    Parameters
    ----------
    signals
        One row per voxel, one column per image.
    b_values
        Of each column, in s/mm2, ascending.
    region
        Voxels whose residuals tell the noise.
    settings
        Noise floor, and source of the noise.
    """
    noise = find_noise(signals, b_values, region, settings)
    sigma = noise.sigma if settings.noise_floor else None
    positive = np.isfinite(signals).all(axis=1) & (signals > 0).all(axis=1)
    lowest = signals[:, b_values == b_values.min()].mean(axis=1)
    measured = positive if noise.sigma is None else positive & (lowest > MEASURED * noise.sigma)
    fit = fit_diffusion(signals[measured], b_values, sigma)
    adc = np.full(len(signals), np.nan)
    adc[measured] = fit.adc
    converged = np.zeros(len(signals), dtype=bool)
    converged[measured] = fit.converged & np.isfinite(fit.adc) & np.isfinite(fit.unit_variance)
    error = None
    unsure = np.zeros(len(signals), dtype=bool)
    if noise.sigma is not None:
        error = np.zeros(len(signals))
        error[measured] = fit.error(noise.sigma)
        unsure = (error >= adc) & (adc > 0)
    reason = np.select(
        [~positive, ~measured, ~converged, adc <= 0, adc > LARGEST, unsure],
        ["no_signal", "at_noise", "not_converged", "negative", "too_large", "at_noise"],
        "",
    )
    if error is not None:
        error[reason != ""] = 0.0
    adc[reason != ""] = 0.0
    inside = region[measured] & fit.converged
    return DiffusionMaps(adc, error, reason, noise, _misfit(fit, inside, len(b_values), noise))


def find_noise(signals: Array, b_values: Array, region: Mask, settings: DiffusionSettings) -> Noise:
    """Estimate the noise, or take the given one; parameters as in `diffusion_maps`."""
    if settings.sigma is not None:
        return Noise(settings.sigma, "given")
    source = settings.noise or ("residuals" if len(b_values) > 2 else "background")
    if source == "background":
        sigma = air_noise(signals)
    else:
        inside = signals[region]
        sigma = _noise_of_residuals(inside[:: -(-len(inside) // _NOISE_VOXELS) or 1], b_values, settings)
    return Noise(sigma, source if sigma is not None else "")


def _noise_of_residuals(signals: Array, b_values: Array, settings: DiffusionSettings) -> float | None:
    """Noise and fit depend on each other: they take turns."""
    sigma = residual_noise(fit_diffusion(signals, b_values), len(b_values))
    for _ in range(_NOISE_ROUNDS if settings.noise_floor else 0):
        if not sigma:
            return None
        sigma = residual_noise(fit_diffusion(signals, b_values, sigma), len(b_values))
    return sigma or None  # images without any noise have no error that could be stated


def _misfit(fit: DiffusionFit, inside: Mask, images: int, noise: Noise) -> float:
    if noise.sigma is None or noise.source == "residuals" or images < 3 or not inside.any():
        return float("nan")
    return float(np.sqrt(fit.squares[inside].mean() / (images - 2)) / noise.sigma)
