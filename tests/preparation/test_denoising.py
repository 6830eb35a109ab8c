"""Noise goes, edges stay, and the diffusion is stable whatever the voxels."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import numpy as np
import pytest
import SimpleITK as sitk

from nbradiomics.errors import InputError
from nbradiomics.preparation.steps.diffusion import AnisotropicDiffusion, stable_time_step
from nbradiomics.preparation.steps.non_local_means import NonLocalMeans, averaged
from nbradiomics.preparation.steps.step import Step
from nbradiomics.preparation.volume import Volume
from tests.support.helpers import array, make_image

SHAPE, SPACING, NOISE = (12, 40, 40), (1.0, 1.0, 3.0), 10.0


def halves(*, unit: str = "", gain: float = 1.0) -> Volume:
    """Two tissues, 100 and 300, side by side, with noise."""
    values = np.full(SHAPE, 100.0)
    values[:, :, 20:] = 300.0
    noisy = gain * (values + np.random.default_rng(2).normal(0, NOISE, SHAPE))
    return Volume(make_image(noisy, SPACING), unit=unit)


@pytest.mark.parametrize("step", [AnisotropicDiffusion(), NonLocalMeans()], ids=lambda step: step.kind)
def test_noise_goes_and_edges_stay(step: Step) -> None:
    after = array(step.apply(halves(unit="SUV")).image)
    assert after[:, :, :15].std() < 0.85 * NOISE
    assert after[:, :, :15].mean() == pytest.approx(100, abs=1)
    jump = after[:, :, 20].mean() - after[:, :, 19].mean()
    assert jump == pytest.approx(200, rel=0.03)


def test_diffusion_is_that_of_itk() -> None:
    volume = halves()
    expected = sitk.GradientAnisotropicDiffusion(
        sitk.Cast(volume.image, sitk.sitkFloat32),
        timeStep=0.0625,
        conductanceParameter=1.0,
        numberOfIterations=2,
    )
    assert array(AnisotropicDiffusion().apply(volume).image) == pytest.approx(array(expected), rel=1e-6)


@pytest.mark.parametrize("spacing", [(1.0, 1.0, 3.0), (0.2, 0.2, 5.0), (0.05, 0.05, 0.05), (4.0, 4.0, 4.0)])
@pytest.mark.parametrize("equation", ["gradient", "curvature"])
def test_diffusion_makes_no_new_extremes(spacing: tuple[float, float, float], equation: str) -> None:
    """An unstable step of time would oscillate."""
    image = make_image(array(halves().image), spacing)
    step = AnisotropicDiffusion(equation=equation, iterations=20, conductance=20)
    after = array(step.apply(Volume(image)).image)
    before = array(image)
    slack = 0.0 if equation == "gradient" else 0.1 * np.ptp(before)
    assert before.min() - slack - 1e-3 <= after.min()
    assert after.max() <= before.max() + slack + 1e-3


def test_the_step_of_time_follows_the_voxels() -> None:
    assert stable_time_step((1, 1, 1)) == stable_time_step((3, 3, 5)) == 0.0625
    assert stable_time_step((0.9, 0.9, 3)) == pytest.approx(0.9 / 16)
    assert stable_time_step((0.1, 0.1, 0.1)) == pytest.approx(0.1**2 / 6)


def one_by_one(values: np.ndarray, noise: float, patch: int, search: int, cutoff: float) -> np.ndarray:
    """Every voxel, every neighbour, every voxel of their patches."""
    half = patch // 2
    padded = np.pad(values, half, mode="reflect")

    def around(place: tuple[int, ...]) -> np.ndarray:
        return padded[tuple(slice(start, start + patch) for start in place)]

    result = np.empty_like(values)
    for place in np.ndindex(values.shape):
        window = [
            range(max(0, at - search), min(size, at + search + 1))
            for at, size in zip(place, values.shape, strict=True)
        ]
        others = list(product(*window))
        apart = np.array([np.mean((around(place) - around(other)) ** 2) for other in others])
        weights = np.exp(-np.maximum(apart - 2 * noise**2, 0) / cutoff**2)
        result[place] = np.average([values[other] for other in others], weights=weights)
    return result


@pytest.mark.parametrize(
    ("shape", "patch", "search"), [((4, 6, 5), 3, 2), ((5, 5, 6), 5, 1), ((3, 4, 3), 3, 4)]
)
def test_non_local_means_are_those_of_every_pair_of_patches(shape: tuple, patch: int, search: int) -> None:
    values = np.random.default_rng(0).normal(100, 5, shape)
    found = averaged(values, 5.0, patch, search, 6.0)
    assert found == pytest.approx(one_by_one(values, 5.0, patch, search, 6.0), rel=1e-12)


def diffused(values: np.ndarray, spacing: tuple[float, float, float]) -> np.ndarray:
    return array(AnisotropicDiffusion().apply(Volume(make_image(values, spacing))).image)


def averaged_patches(values: np.ndarray, spacing: tuple[float, float, float]) -> np.ndarray:
    return averaged(values, NOISE, 3, 3, 8.0)


@pytest.mark.parametrize("smooth", [diffused, averaged_patches])
def test_another_order_or_direction_of_the_axes_gives_the_same_image(smooth: Callable) -> None:
    values = array(halves().image).astype(float)[:, 10:30, 8:32]
    expected = smooth(values, SPACING)
    assert smooth(np.flip(values, (0, 2)), SPACING) == pytest.approx(np.flip(expected, (0, 2)), rel=1e-6)
    turned = smooth(values.transpose(2, 1, 0), SPACING[::-1]).transpose(2, 1, 0)
    assert turned == pytest.approx(expected, rel=1e-6)


def test_a_patch_without_a_middle_is_refused() -> None:
    with pytest.raises(InputError, match="an odd number was expected"):
        NonLocalMeans(patch=4)


def test_the_level_of_noise_is_stated() -> None:
    assert NonLocalMeans().apply(halves()).records[-1].values["noise_level"] == pytest.approx(NOISE, rel=0.06)


@pytest.mark.parametrize("gain", [1e-3, 1e4])
@pytest.mark.parametrize("step", [AnisotropicDiffusion(), NonLocalMeans()], ids=lambda step: step.kind)
def test_the_scale_of_the_image_does_not_matter(step: Step, gain: float) -> None:
    after = array(step.apply(halves(gain=gain)).image) / gain
    assert after == pytest.approx(array(step.apply(halves()).image), rel=1e-4)


def test_too_few_slices_or_no_noise_are_refused() -> None:
    volume = halves()
    with pytest.raises(InputError, match="40 x 40 x 1 voxels; at least 3"):
        NonLocalMeans().apply(Volume(volume.image[:, :, :1]))
    smooth = np.linspace(0, 1, 40) * np.ones(SHAPE)
    with pytest.raises(InputError, match=r"no noise.*Leave out nlm"):
        NonLocalMeans().apply(Volume(make_image(smooth, SPACING)))
