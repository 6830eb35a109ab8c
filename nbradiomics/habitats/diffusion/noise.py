"""Standard deviation of the noise: from the residuals of the fits, or from the air around the patient."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nbradiomics.habitats.diffusion.fit import DiffusionFit

Array = NDArray[np.float64]

#: Least number of residual degrees of freedom of all voxels for an estimate from residuals.
LEAST_FREEDOM = 100
#: Least number of voxels of air, and their least share of the image.
LEAST_AIR, LEAST_AIR_SHARE = 1000, 0.01
#: Share of the voxels of air that the limits leave out at each end.
_TAIL = 0.025
_ROUNDS = 100


def residual_noise(fit: DiffusionFit, images: int) -> float | None:
    """Pool the squared residuals of voxels that share one noise; two parameters are fitted in each voxel.

    Returns
    -------
    float or None
        Standard deviation in units of the image. What the model does not describe (perfusion, kurtosis,
        motion) is in the residuals too, so that it is too large rather than too small. ``None`` with two
        images, which leave no residuals, or with too few voxels.
    """
    squares = fit.squares[fit.converged]
    freedom = (images - 2) * len(squares)
    return float(np.sqrt(squares.sum() / freedom)) if freedom >= LEAST_FREEDOM else None


def air_noise(signals: Array) -> float | None:
    """Estimate the noise from voxels that have no signal in any image.

    In air, the squared signals of K images have a sum of ``2 * sigma**2 * G`` with G of the gamma
    distribution of shape K. Voxels within its central 95 % are taken as air, the noise is estimated from
    their median, and this is repeated until it stays the same (the idea of PIESNO: Koay CG, Ozarslan E,
    Pierpaoli C. J Magn Reson 2009;199:94-103, for one coil). The start is the darkest tenth of the image.

    Returns
    -------
    float or None
        Standard deviation in units of the image. ``None`` if the image has no air with noise: it was cropped,
        or the scanner set it to zero.
    """
    from scipy.stats import gamma

    seen = signals[(signals > 0).all(axis=1)]
    if len(seen) < LEAST_AIR:
        return None
    images = signals.shape[1]
    energy = np.square(seen).sum(axis=1) / 2
    low, middle, high = (float(gamma.ppf(share, images)) for share in (_TAIL, 0.5, 1 - _TAIL))
    variance = float(np.quantile(energy, 0.1)) / middle
    air = np.zeros(len(energy), dtype=bool)
    for _ in range(_ROUNDS):
        air = (energy >= low * variance) & (energy <= high * variance)
        if not air.any():
            return None
        new = float(np.median(energy[air])) / middle
        if abs(new - variance) <= 1e-9 * variance:
            break
        variance = new
    return float(np.sqrt(variance)) if _is_air(energy[air] / variance, len(signals), images) else None


def _is_air(energy: Array, voxels: int, images: int) -> bool:
    """Whether scaled energies are enough, and spread as those of air."""
    from scipy.stats import gamma

    if len(energy) < max(LEAST_AIR, LEAST_AIR_SHARE * voxels):
        return False
    shares = np.array([0.1, 0.25, 0.75, 0.9])
    expected = gamma.ppf(_TAIL + shares * (1 - 2 * _TAIL), images)
    found = np.quantile(energy, shares)
    return bool(np.abs(found / expected - 1).max() <= 0.1)
