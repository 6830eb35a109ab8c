"""The fit of the ADC: values and errors of SciPy voxel by voxel, and errors that cover the truth."""

import numpy as np
import pytest
from hypothesis import given, strategies as st
from scipy.optimize import curve_fit
from scipy.stats import rice

from nbradiomics.habitats.diffusion.fit import fit_diffusion
from nbradiomics.habitats.diffusion.maps import diffusion_maps
from nbradiomics.habitats.diffusion.noise import air_noise, residual_noise
from nbradiomics.habitats.diffusion.settings import DiffusionSettings
from nbradiomics.habitats.diffusion.signal import rician_moments
from tests.support.habitat_phantoms import B_VALUES, rician

B = np.array(B_VALUES)


def simulated(snr: float, b_values: np.ndarray, voxels: int = 8000) -> tuple[np.ndarray, np.ndarray, float]:
    """True ADC, signals, noise."""
    rng = np.random.default_rng(int(snr))
    adc = rng.uniform(0.5e-3, 2e-3, voxels)
    return adc, rician(1000 * np.exp(-adc[:, None] * b_values), 1000 / snr, rng), 1000 / snr


def test_moments_are_those_of_scipy_s_rice_distribution() -> None:
    ratio = np.array([0.0, 0.1, 1.0, 3.0, 10.0, 19.99, 20.01, 35.0])
    mean, slope, variance = rician_moments(ratio * 7, 7.0)
    np.testing.assert_allclose(mean / 7, rice.mean(ratio), rtol=1e-8)
    np.testing.assert_allclose(variance / 49, rice.var(ratio), rtol=2e-6)
    step = 1e-4
    np.testing.assert_allclose(
        slope[1:], (rice.mean(ratio[1:] + step) - rice.mean(ratio[1:] - step)) / (2 * step), atol=1e-7
    )


def test_values_and_errors_are_those_of_scipy_s_curve_fit() -> None:
    _, signals, sigma = simulated(30, B, 30)
    fit = fit_diffusion(signals, B)
    for place, signal in enumerate(signals):
        best, covariance = curve_fit(
            lambda b, s0, adc: s0 * np.exp(-b * adc),
            B,
            signal,
            (900, 1e-3),
            np.full(4, sigma),
            True,
            xtol=1e-14,
            ftol=1e-15,
        )
        np.testing.assert_allclose([fit.s0[place], fit.adc[place]], best, rtol=1e-5)
        np.testing.assert_allclose(fit.error(sigma)[place], np.sqrt(covariance[1, 1]), rtol=1e-4)


def test_values_with_a_noise_floor_are_those_of_scipy_with_the_rician_mean() -> None:
    _, signals, sigma = simulated(8, B, 15)
    fit = fit_diffusion(signals, B, sigma)
    assert fit.converged.all()
    for place, signal in enumerate(signals):

        def mean(b: np.ndarray, s0: float, adc: float) -> np.ndarray:
            return rice.mean(s0 * np.exp(-b * adc) / sigma) * sigma

        spread = np.sqrt(rice.var(fit.s0[place] * np.exp(-B * fit.adc[place]) / sigma)) * sigma
        best, covariance = curve_fit(mean, B, signal, (900, 1e-3), spread, True, xtol=1e-12, ftol=1e-12)
        np.testing.assert_allclose(fit.adc[place], best[1], rtol=2e-3)
        np.testing.assert_allclose(fit.error(sigma)[place], np.sqrt(covariance[1, 1]), rtol=5e-3)


@pytest.mark.parametrize("b_values", [B, np.array([0.0, 1000.0]), np.array([100.0, 400.0, 800.0])])
@pytest.mark.parametrize("snr", [50, 20, 10])
def test_95_percent_of_the_errors_cover_the_truth(snr: float, b_values: np.ndarray) -> None:
    adc, signals, sigma = simulated(snr, b_values)
    settings = DiffusionSettings(sigma=sigma) if len(b_values) == 2 else DiffusionSettings()
    maps = diffusion_maps(signals, b_values, np.ones(len(adc), dtype=bool), settings)
    assert maps.noise.sigma == pytest.approx(sigma, rel=0.03)
    assert maps.error is not None
    valid = maps.reason == ""
    covered = np.abs(maps.adc - adc)[valid] <= 1.96 * maps.error[valid]
    assert valid.mean() > (0.85 if snr == 10 else 0.98)
    assert 0.93 <= covered.mean() <= 0.97


def test_a_fit_without_the_noise_floor_is_too_small_and_one_with_it_is_not() -> None:
    adc, signals, sigma = simulated(10, B)
    everywhere = np.ones(len(adc), dtype=bool)
    bias = {
        floor: np.median(
            diffusion_maps(signals, B, everywhere, DiffusionSettings(sigma=sigma, noise_floor=floor)).adc
            - adc
        )
        for floor in (True, False)
    }
    assert abs(bias[True]) < 0.01e-3 < 0.03e-3 < -bias[False]


def test_two_images_have_no_residuals_but_air() -> None:
    rng = np.random.default_rng(0)
    _, signals, _ = simulated(100, B[[0, 3]], 20000)
    air = rician(np.zeros((5000, 2)), 10.0, rng)
    assert residual_noise(fit_diffusion(signals, B[[0, 3]]), 2) is None
    assert air_noise(np.concatenate([signals, air])) == pytest.approx(10, rel=0.03)
    assert air_noise(signals) is None
    assert air_noise(np.concatenate([signals, np.zeros((5000, 2))])) is None
    maps = diffusion_maps(signals, B[[0, 3]], np.ones(len(signals), dtype=bool), DiffusionSettings())
    assert maps.noise.sigma is None
    assert maps.error is None


def test_voxels_without_a_valid_adc_are_told_apart_and_marked_by_0() -> None:
    signals = np.array(
        [[800, 760, 540, 290], [0, 10, 5, 3], [600, 620, 650, 700], [9, 8, 11, 7], [900, 90, 9, 3.0]]
    )
    maps = diffusion_maps(signals, B, np.ones(5, dtype=bool), DiffusionSettings(sigma=5.0, noise_floor=False))
    assert list(maps.reason) == ["", "no_signal", "negative", "at_noise", "too_large"]
    assert maps.error is not None
    assert (maps.adc[1:] == 0).all()
    assert (maps.error[1:] == 0).all()


@given(st.lists(st.floats(0.2e-3, 3e-3), min_size=1, max_size=5), st.floats(1, 1e5), st.floats(0.01, 100))
def test_signals_without_noise_give_the_true_adc_in_any_unit(
    adc: list[float], s0: float, unit: float
) -> None:
    true = np.array(adc)
    signals = s0 * unit * np.exp(-true[:, None] * B)
    fit = fit_diffusion(signals, B)
    np.testing.assert_allclose(fit.adc, true, rtol=1e-6)
    np.testing.assert_allclose(fit.s0, s0 * unit, rtol=1e-6)
