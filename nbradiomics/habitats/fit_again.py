"""Fit again: the diffusion model fitted to the mean signal of each habitat's confident voxels."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbradiomics.habitats.diffusion.fit import fit_diffusion
from nbradiomics.habitats.diffusion.maps import find_noise
from nbradiomics.habitats.diffusion.settings import DiffusionSettings

Array = NDArray[np.float64]


def fit_again(
    signals: Array, b_values: Array, labels: NDArray[np.uint8], habitats: int
) -> list[dict[str, Any]]:
    """Fit the mean signals.

    Parameters
    ----------
    signals
        Diffusion images of the whole grid: one row per voxel, one column per image.
    b_values
        Of each column, in s/mm2.
    labels
        Habitat of each voxel, 0 for none.
    habitats
        Number of habitats.
    """
    noise = find_noise(signals, b_values, labels > 0, DiffusionSettings())
    rows = []
    for number in range(1, habitats + 1):
        own = signals[labels == number]
        row = {
            "habitat": number,
            "b_values": ", ".join(f"{value:g}" for value in b_values),
            "voxels": len(own),
            "adc": float("nan"),
            "adc_error": float("nan"),
            "sigma": float("nan") if noise.sigma is None else noise.sigma,
        }
        if len(own):
            fit = fit_diffusion(own.mean(axis=0)[None], b_values, noise.sigma)
            row["adc"] = float(fit.adc[0]) if fit.converged[0] else float("nan")
            if noise.sigma is not None:
                row["adc_error"] = float(fit.error(noise.sigma)[0] / np.sqrt(len(own)))
        rows.append(row)
    return rows
