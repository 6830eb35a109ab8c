"""The Laplacian of Gaussian: ITK's to the last bit, and a Laplacian at all."""

import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given, strategies as st

from nbradiomics.features.native.arithmetic import rounds_as_itk
from nbradiomics.features.native.filters.laplacian import laplacian_of_gaussian
from tests.support.boxes import boxes_in

pytestmark = pytest.mark.skipif(not rounds_as_itk(), reason="this processor is left to ITK")


def by_itk(image: np.ndarray, spacing: tuple[float, float, float], sigma: float) -> np.ndarray:
    volume = sitk.GetImageFromArray(image)
    volume.SetSpacing(spacing[::-1])
    return sitk.GetArrayFromImage(sitk.LaplacianRecursiveGaussian(volume, sigma, True))


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int16, np.uint8, np.int32])
@pytest.mark.parametrize("sigma", [0.6, 1.0, 2.5, 6.0])
def test_values_are_itk_s_to_the_last_bit(dtype: type, sigma: float) -> None:
    rng = np.random.default_rng(1)
    for shape, spacing in (((20, 24, 71), (1.0, 1.0, 1.0)), ((5, 40, 9), (3.27, 0.98, 0.7))):
        image = rng.normal(120, 30, shape).clip(0, 255).astype(dtype)
        np.testing.assert_array_equal(
            laplacian_of_gaussian(image, spacing, sigma), by_itk(image, spacing, sigma), strict=True
        )


@given(st.tuples(*[st.integers(4, 9)] * 3), st.floats(0.3, 8), st.floats(0.3, 5), st.integers(0, 99))
def test_any_image(shape: tuple[int, int, int], sigma: float, slices: float, seed: int) -> None:
    image = np.random.default_rng(seed).normal(0, 1000, shape).astype(np.float32)
    spacing = (slices, 1.1, 0.9)
    np.testing.assert_array_equal(laplacian_of_gaussian(image, spacing, sigma), by_itk(image, spacing, sigma))


@given(st.data(), st.tuples(*[st.integers(4, 40)] * 3), st.floats(0.3, 8), st.integers(0, 99))
def test_a_part_of_an_image_has_the_values_of_the_whole(
    data: st.DataObject, shape: tuple[int, int, int], sigma: float, seed: int
) -> None:
    image = np.random.default_rng(seed).normal(0, 1000, shape).astype(np.float32)
    box = data.draw(boxes_in(shape))
    spacing = (2.0, 1.1, 0.9)
    part = laplacian_of_gaussian(image, spacing, sigma, box)
    np.testing.assert_array_equal(part, by_itk(image, spacing, sigma)[box.slices], strict=True)


def test_a_paraboloid_has_its_laplacian() -> None:
    z, y, x = np.indices((60, 60, 60)) - 30.0
    image = (z**2 + 2 * y**2 - 0.5 * x**2).astype(np.float32)
    found = laplacian_of_gaussian(image, (1.0, 1.0, 1.0), 2.0)
    # Second derivatives 2, 4 and -1, times sigma squared; far from the borders.
    assert found[30, 30, 30] == pytest.approx(4 * 5, rel=1e-3)


def test_a_constant_has_none() -> None:
    found = laplacian_of_gaussian(np.full((12, 12, 12), 700, np.int16), (1.0, 2.0, 3.0), 1.5)
    assert np.abs(found).max() < 1e-3
