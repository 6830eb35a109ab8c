"""How often errors of the ADC cover the truth, and whether the confidence of habitats means what it says.

    nice -n 15 python -m benchmarks.habitat_confidence

It takes about two minutes. The guide `docs/guides/habitats.md` shows the figures.
"""

from __future__ import annotations

import numpy as np

from nbradiomics.habitats.clusters.fit import FitHow, Inputs, fit_model
from nbradiomics.habitats.clusters.sample import Sample
from nbradiomics.habitats.diffusion.fit import fit_diffusion
from nbradiomics.habitats.diffusion.maps import find_noise
from nbradiomics.habitats.diffusion.settings import DiffusionSettings

VOXELS = 40_000


def adc_errors(rng: np.random.Generator) -> None:
    """Print coverage and bias of the ADC for several b-values and signals; two images know their noise."""
    for b_values in ([0, 50, 400, 1000], [0, 1000], [100, 400, 800]):
        b = np.array(b_values, dtype=float)
        for snr in (50, 20, 10, 5):
            adc, sigma = rng.uniform(0.5e-3, 2e-3, VOXELS), 1000 / snr
            signal = 1000 * np.exp(-adc[:, None] * b)
            noisy = np.hypot(signal + rng.normal(0, sigma, signal.shape), rng.normal(0, sigma, signal.shape))
            settings = DiffusionSettings(sigma=sigma) if len(b) == 2 else DiffusionSettings()
            noise = find_noise(noisy, b, np.ones(VOXELS, dtype=bool), settings).sigma or sigma
            for floor in (True, False):
                fit = fit_diffusion(noisy, b, noise if floor else None)
                used = fit.converged
                covered = np.abs(fit.adc - adc)[used] <= 1.96 * fit.error(noise)[used]
                bias = 1e3 * np.median((fit.adc - adc)[used])
                print(
                    f"b {b_values} signal/noise {snr}: noise floor {floor}, covered {covered.mean():.3f}, "
                    f"bias {bias:+.4f} 1e-3 mm2/s, converged {used.mean():.3f}, noise {noise / sigma:.3f}"
                )


def planted(
    rng: np.random.Generator, spread: float, errors: tuple[float, float]
) -> tuple[Sample, np.ndarray]:
    """Voxels of two planted habitats with errors between two limits, and the truth."""
    high = rng.random(VOXELS // 2) < 0.35
    error = rng.uniform(*errors, len(high))
    values = np.where(high, 1.5, 0.9) + rng.normal(0, spread, len(high)) + rng.normal(0, error)
    subject = np.arange(len(high)) % 10
    return Sample(values[:, None], error[:, None], subject, tuple(map(str, range(10)))), high.astype(int)


def confidence(rng: np.random.Generator) -> None:
    """Print how many voxels of a confidence are right."""
    inputs = Inputs(("value",), ("",), ("value",), "original")
    for spread, limits in ((0.1, (0.2, 0.2)), (0.1, (0.1, 0.5)), (0.15, (0.05, 0.6))):
        sample, _ = planted(rng, spread, limits)
        new, truth = planted(rng, spread, limits)
        for errors in ("deconvolved", "smeared", "none"):
            how = FitHow(2, 2, "mixture", errors, 0)  # type: ignore[arg-type]
            model, _ = fit_model(sample, inputs, how, [], "they")
            shares = model.shares(new.values, new.errors)
            sure, right = shares.max(axis=1), shares.argmax(axis=1) == truth
            about = (sure > 0.85) & (sure < 0.95)
            parts = [right[chosen].mean() for chosen in (about, sure > 0.9, sure > 0.95)]
            shown = ", ".join(f"{part:.3f}" for part in parts)
            print(f"errors {limits}, {errors}: right of about 90 %, above 90 %, above 95 %: {shown}")


if __name__ == "__main__":
    adc_errors(np.random.default_rng(0))
    confidence(np.random.default_rng(0))
