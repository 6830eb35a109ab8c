"""Filters of the IBSI against direct sums, and their properties: linear, invariant, blind to the crop."""

from __future__ import annotations

import dataclasses
import itertools
from typing import Any

import numpy as np
import pytest
import pywt
from hypothesis import given, settings, strategies as st
from numpy.typing import NDArray

from nbradiomics.errors import InputError
from nbradiomics.features.native.ibsi_filters.response import reach, response
from nbradiomics.features.native.ibsi_filters.window import Window
from nbradiomics.features.parameters.filters.reading import filters_of
from nbradiomics.features.parameters.filters.rules import LAWS_KERNELS, contradiction
from nbradiomics.features.parameters.filters.types import BOUNDARIES, Filter, Laws

Array = NDArray[np.float64]
ISOTROPIC = (1.5, 1.5, 1.5)
LAWS = {"L5": (1, 4, 6, 4, 1), "E5": (-1, -2, 0, 2, 1), "W5": (-1, 2, 0, -2, 1), "S3": (-1, 2, -1)}


def filter_of(**entry: Any) -> Filter:
    (one,) = filters_of("test", [entry])
    return one


def whole(one: Filter, image: Array, spacing: tuple[float, float, float] = ISOTROPIC) -> Array:
    return response(one, Window.whole(image), spacing)


def noise(shape: tuple[int, ...], seed: int = 0) -> Array:
    return np.random.default_rng(seed).normal(10, 5, shape)


def at(image: Array, index: tuple[int, ...], boundary: str) -> float:
    """The value of a voxel that may lie beyond the border; written without any padding."""
    place = []
    for i, n in zip(index, image.shape, strict=True):
        if not 0 <= i < n and boundary == "zero":
            return 0.0
        if boundary == "nearest":
            i = min(max(i, 0), n - 1)
        elif boundary == "periodic":
            i %= n
        elif boundary == "mirror":
            i %= 2 * n
            i = min(i, 2 * n - 1 - i)
        place.append(i)
    return float(image[tuple(place)])


def summed(image: Array, kernel: dict[tuple[int, int, int], float], boundary: str) -> Array:
    """Convolve by a direct sum: the value at an offset weights the voxel that lies so far before."""
    found = np.zeros(image.shape)
    for index in np.ndindex(image.shape):
        found[index] = sum(
            weight * at(image, tuple(i - k for i, k in zip(index, offset, strict=True)), boundary)
            for offset, weight in kernel.items()
        )
    return found


def product_kernel(along_z: Any, along_y: Any, along_x: Any) -> dict[tuple[int, int, int], float]:
    """Kernel of three lists whose centre is in the middle (behind it for an even length)."""
    lines = [
        [(i - len(line) // 2, value) for i, value in enumerate(line)] for line in (along_z, along_y, along_x)
    ]
    return {(z, y, x): a * b * c for (z, a), (y, b), (x, c) in itertools.product(*lines) if a * b * c}


def unit(name: str) -> Array:
    values = np.array(LAWS[name], float)
    return values / np.linalg.norm(values)


@pytest.mark.parametrize("boundary", BOUNDARIES)
def test_the_mean_is_the_mean_of_the_box(boundary: str) -> None:
    image = noise((4, 5, 3))
    expected = summed(image, product_kernel([1 / 5] * 5, [1 / 5] * 5, [1 / 5] * 5), boundary)
    np.testing.assert_allclose(
        whole(filter_of(type="mean", support=5, boundary=boundary), image), expected, rtol=1e-12
    )


@pytest.mark.parametrize("boundary", BOUNDARIES)
def test_laws_kernels_run_along_x_y_z_in_the_order_of_their_name(boundary: str) -> None:
    image = noise((4, 5, 6))
    expected = summed(image, product_kernel(unit("S3"), unit("E5"), unit("L5")), boundary)
    found = whole(filter_of(type="laws", kernels="L5E5S3", boundary=boundary), image)
    np.testing.assert_allclose(found, expected, atol=1e-12)


@pytest.mark.parametrize("boundary", BOUNDARIES)
def test_a_wavelet_is_convolved_level_by_level(boundary: str) -> None:
    image = noise((5, 4, 6))
    wave = pywt.Wavelet("db2")
    low, high = wave.dec_lo, wave.dec_hi
    wide = {"L": np.zeros(8), "H": np.zeros(8)}
    wide["L"][::2], wide["H"][::2] = low, high
    first = summed(image, product_kernel(low, low, low), boundary)
    expected = summed(first, product_kernel(wide["H"], wide["L"], wide["L"]), boundary)
    found = whole(filter_of(type="wavelet", wavelet="db2", filter="LLH", level=2, boundary=boundary), image)
    np.testing.assert_allclose(found, expected, atol=1e-11)


def test_a_laplacian_is_the_sampled_and_truncated_formula() -> None:
    image = noise((5, 6, 4))
    sigma, reach_ = 1.2 / 1.5, 3  # 0.8 voxels, and 4 * 0.8 + 0.5 = 3.7
    kernel = {}
    for z, y, x in itertools.product(range(-reach_, reach_ + 1), repeat=3):
        squared = (z * z + y * y + x * x) / sigma**2
        kernel[z, y, x] = (
            -1 / sigma**2 * (1 / (np.sqrt(2 * np.pi) * sigma)) ** 3 * (3 - squared) * np.exp(-squared / 2)
        )
    found = whole(filter_of(type="log", sigma=1.2), image)
    np.testing.assert_allclose(found, summed(image, kernel, "mirror"), atol=1e-11)
    flat = {(0, y, x): value for (z, y, x), value in kernel.items() if z == 0}
    for (_, y, x), _value in list(flat.items()):
        squared = (y * y + x * x) / sigma**2
        flat[0, y, x] = -1 / sigma**2 / (2 * np.pi * sigma**2) * (2 - squared) * np.exp(-squared / 2)
    found = whole(filter_of(type="log", sigma=1.2, dimension="2D"), image)
    np.testing.assert_allclose(found, summed(image, flat, "mirror"), atol=1e-11)


@pytest.mark.parametrize("boundary", BOUNDARIES)
def test_gabor_is_the_modulus_of_the_sum_in_a_plane(boundary: str) -> None:
    image = noise((2, 6, 5))
    sigma, wavelength, gamma, angle = 0.9 / 1.5, 3.0 / 1.5, 0.8, np.deg2rad(30)
    kernel = {}
    for y, x in itertools.product(range(-5, 6), repeat=2):
        a, b = x * np.cos(angle) + y * np.sin(angle), -x * np.sin(angle) + y * np.cos(angle)
        envelope = np.exp(-(a * a + gamma**2 * b * b) / (2 * sigma**2))
        kernel[0, y, x] = envelope * np.exp(2j * np.pi * a / wavelength)
    real = summed(image, {at_: value.real for at_, value in kernel.items()}, boundary)
    imaginary = summed(image, {at_: value.imag for at_, value in kernel.items()}, boundary)
    one = filter_of(
        type="gabor", sigma=0.9, wavelength=3, gamma=0.8, angle=30, dimension="2D", boundary=boundary
    )
    np.testing.assert_allclose(whole(one, image), np.hypot(real, imaginary), atol=1e-6)


def test_gabor_pools_over_angles_and_the_three_planes() -> None:
    image = noise((5, 6, 7))
    entry = {"type": "gabor", "sigma": 1.5, "wavelength": 3, "gamma": 1.5}
    planes = []
    for order in ((0, 1, 2), (1, 0, 2), (2, 0, 1)):
        turned = np.transpose(image, order)
        angles = [whole(filter_of(**entry, angle=angle, dimension="2D"), turned) for angle in (0, 60, 120)]
        planes.append([np.transpose(one, np.argsort(order)) for one in angles])
    np.testing.assert_allclose(whole(filter_of(**entry, step=60), image), np.mean(planes, (0, 1)), atol=1e-9)
    np.testing.assert_allclose(
        whole(filter_of(**entry, step=60, pooling="max"), image), np.max(planes, (0, 1)), atol=1e-9
    )


def rotated_images(image: Array, *, flat: bool) -> list[tuple[Array, Any]]:
    """Every right-angle rotation of an image, with the way back: made by turning the voxels."""
    found = []
    for order in itertools.permutations(range(3)):
        for signs in itertools.product((1, -1), repeat=3):
            matrix = np.zeros((3, 3))
            matrix[range(3), order] = signs
            if np.linalg.det(matrix) < 0 or (flat and (order[0] != 0 or signs[0] != 1)):
                continue
            axes = tuple(i for i in range(3) if signs[i] < 0)

            def back(turned: Array, axes: Any = axes, order: Any = order) -> Array:
                return np.transpose(np.flip(turned, axes), np.argsort(order))

            found.append((np.flip(np.transpose(image, order), axes), back))
    return found


@pytest.mark.parametrize("dimension", ["3D", "2D"])
@pytest.mark.parametrize("pooling", ["average", "max"])
@pytest.mark.parametrize(
    "entry",
    [
        {"type": "laws", "kernels": "L5E5W5"},
        {"type": "laws", "kernels": "E5E5S3"},
        {"type": "wavelet", "wavelet": "db2", "filter": "LHH"},
        {"type": "wavelet", "wavelet": "db3", "filter": "LLH", "level": 2},
        {"type": "wavelet", "wavelet": "bior1.3", "filter": "HLL", "boundary": "periodic"},
    ],
)
def test_pooling_is_over_all_right_angle_rotations(
    entry: dict[str, Any], pooling: str, dimension: str
) -> None:
    image = noise((7, 6, 5))
    flat = dimension == "2D"
    key = "kernels" if entry["type"] == "laws" else "filter"
    entry = {**entry, "dimension": dimension}
    if flat:
        entry[key] = entry[key][: 4 if key == "kernels" else 2]
    turned = rotated_images(image, flat=flat)
    assert len(turned) == (4 if flat else 24)
    each = [back(whole(filter_of(**entry), one)) for one, back in turned]
    expected = np.mean(each, 0) if pooling == "average" else np.max(each, 0)
    pooled = dataclasses.replace(filter_of(**entry), pooling=pooling)  # type: ignore[call-arg]
    np.testing.assert_allclose(whole(pooled, image), expected, atol=1e-10)


def test_an_energy_image_is_the_mean_of_absolute_values() -> None:
    image = noise((6, 7, 5))
    entry = {"type": "laws", "kernels": "L5E5S3", "pooling": "max"}
    size = [1 / 3] * 3
    expected = summed(np.abs(whole(filter_of(**entry), image)), product_kernel(size, size, size), "mirror")
    np.testing.assert_allclose(whole(filter_of(**entry, energy=1), image), expected, atol=1e-12)


def transformed(image: Array, gain: Any) -> Array:
    """Real part of the response to a transfer function of the frequencies of the reference maps."""
    axes = [np.linspace(-1, 1, n) for n in image.shape]
    z, y, x = np.meshgrid(*axes, indexing="ij")
    magnitude = np.maximum(np.sqrt(z * z + y * y + x * x), 1e-12)
    spectrum = np.fft.fftshift(np.fft.fftn(image))
    return np.fft.ifftn(np.fft.ifftshift(spectrum * gain(z, y, x, magnitude))).real


def simoncelli_gain(level: int) -> Any:
    def gain(_z: Array, _y: Array, _x: Array, magnitude: Array) -> Array:
        top = 2.0 ** (1 - level)
        inside = (magnitude > top / 4) & (magnitude <= top)
        return np.where(inside, np.cos(np.pi / 2 * np.log2(2 * magnitude / top)), 0)

    return gain


@pytest.mark.parametrize("shape", [(8, 6, 10), (7, 9, 8), (5, 5, 5)])
@pytest.mark.parametrize("level", [1, 2])
def test_simoncelli_is_a_function_of_the_magnitude_of_the_frequency(
    shape: tuple[int, ...], level: int
) -> None:
    image = noise(shape)
    expected = transformed(image, simoncelli_gain(level))
    found = whole(filter_of(type="simoncelli", level=level, boundary="periodic"), image)
    np.testing.assert_allclose(found, expected, atol=1e-10)


@pytest.mark.parametrize("orders", [(1, 0, 0), (0, 2, 0), (1, 1, 1)])
def test_riesz_orders_are_along_x_y_z(orders: tuple[int, int, int]) -> None:
    image = noise((8, 7, 6))
    scale = {(1, 0, 0): 1, (0, 2, 0): 1, (1, 1, 1): np.sqrt(6)}[orders]

    def gain(z: Array, y: Array, x: Array, magnitude: Array) -> Any:
        powers = x ** orders[0] * y ** orders[1] * z ** orders[2] / magnitude ** sum(orders)
        return (-1j) ** sum(orders) * scale * powers * simoncelli_gain(1)(z, y, x, magnitude)

    found = whole(filter_of(type="simoncelli", riesz=list(orders), boundary="periodic"), image)
    np.testing.assert_allclose(found, transformed(image, gain), atol=1e-10)


def test_shannon_levels_part_the_frequencies() -> None:
    image = noise((9, 9, 9))
    levels = [whole(filter_of(type="shannon", level=i, boundary="periodic"), image) for i in (1, 2)]
    expected = transformed(image, lambda *axes: (axes[-1] > 0.25) & (axes[-1] <= 1))
    np.testing.assert_allclose(sum(levels), expected, atol=1e-10)


def test_a_filter_without_finite_support_sees_the_mirror_image_beyond_the_border() -> None:
    """An image and its mirror images together are periodic, and have the same response."""
    image = noise((6, 5, 4))
    tiled = np.concatenate([image, image[::-1]])
    tiled = np.concatenate([tiled, tiled[:, ::-1]], 1)
    tiled = np.concatenate([tiled, tiled[:, :, ::-1]], 2)
    expected = transformed(tiled, simoncelli_gain(2))
    # The tiles begin at another voxel: the frequencies do not depend on it.
    found = whole(filter_of(type="simoncelli", level=2, boundary="mirror"), image)
    np.testing.assert_allclose(found, expected[:6, :5, :4], atol=1e-10)


@pytest.mark.parametrize("dimension", ["2D", "3D"])
def test_averages_that_are_zero_are_refused_and_no_others(dimension: str) -> None:
    image = noise((6, 7, 5))
    for names in itertools.product(LAWS_KERNELS, repeat=int(dimension[0])):
        one = Laws(kernels="".join(names), pooling="average", dimension=dimension)
        refused = contradiction(one) is not None
        assert refused == (abs(whole(one, image)).max() < 1e-9), one.kernels


LINEAR = [
    {"type": "mean", "support": 3},
    {"type": "log", "sigma": 2},
    {"type": "laws", "kernels": "L5S5R5", "pooling": "average"},
    {"type": "wavelet", "wavelet": "db3", "filter": "LHL", "level": 2, "pooling": "average"},
    {"type": "simoncelli", "level": 2},
    {"type": "simoncelli", "boundary": "mirror"},
    {"type": "shannon", "boundary": "zero"},
    {"type": "log", "sigma": 2, "riesz": [1, 1, 0], "boundary": "nearest"},
]
ALL = [
    *LINEAR,
    {"type": "laws", "kernels": "E5S5R5", "pooling": "max", "energy": 2},
    {"type": "gabor", "sigma": 1.5, "wavelength": 4, "gamma": 1.5, "step": 45},
    {"type": "gabor", "sigma": 1.5, "wavelength": 4, "gamma": 0.5, "angle": 20, "pooling": "max"},
]


@given(entry=st.sampled_from(LINEAR), seed=st.integers(0, 999), a=st.floats(-3, 3), b=st.floats(-3, 3))
@settings(max_examples=25, deadline=None)
def test_the_response_is_linear(entry: dict[str, Any], seed: int, a: float, b: float) -> None:
    one = filter_of(**entry)
    first, second = noise((6, 7, 5), seed), noise((6, 7, 5), seed + 1)
    together = whole(one, a * first + b * second)
    np.testing.assert_allclose(together, a * whole(one, first) + b * whole(one, second), atol=1e-9)


@given(entry=st.sampled_from(ALL), turn=st.integers(0, 23), seed=st.integers(0, 999))
@settings(max_examples=40, deadline=None)
def test_an_invariant_response_turns_with_the_image(entry: dict[str, Any], turn: int, seed: int) -> None:
    if entry.get("riesz") or entry.get("angle"):
        return
    if entry["type"] in ("simoncelli", "shannon"):
        # The frequencies of the reference maps are symmetric only for an odd number of voxels.
        entry = {**entry, "boundary": "periodic"}
    one = filter_of(**entry)
    image = noise((7, 7, 7), seed)
    turned, back = rotated_images(image, flat=False)[turn]
    np.testing.assert_allclose(back(whole(one, turned)), whole(one, image), atol=1e-9)


@given(data=st.data(), entry=st.sampled_from(ALL), flat=st.booleans(), boundary=st.sampled_from(BOUNDARIES))
@settings(max_examples=60, deadline=None)
def test_a_window_has_the_values_of_the_whole_image(
    data: st.DataObject, entry: dict[str, Any], flat: bool, boundary: str
) -> None:
    entry = {**entry, "boundary": boundary}
    if flat:
        short = {
            key: entry[key][:n] for key, n in (("kernels", 4), ("filter", 2), ("riesz", 2)) if key in entry
        }
        entry = {**entry, **short, "dimension": "2D"}
        if entry.get("angle"):
            entry.pop("pooling", None)
    one = filter_of(**entry)
    margin = reach(one, ISOTROPIC)
    if margin is None:
        return
    image = noise((6, 30, 26), data.draw(st.integers(0, 99)))
    low = [data.draw(st.integers(0, n - 1)) for n in image.shape]
    high = [data.draw(st.integers(at_ + 1, n)) for at_, n in zip(low, image.shape, strict=True)]
    margins = [0 if flat else margin, margin, margin]
    first = [max(at_ - more, 0) for at_, more in zip(low, margins, strict=True)]
    last = [min(at_ + more, n) for at_, more, n in zip(high, margins, image.shape, strict=True)]
    part = image[tuple(slice(a, b) for a, b in zip(first, last, strict=True))]
    inner = tuple(slice(a - f, b - f) for a, b, f in zip(low, high, first, strict=True))
    sides = tuple((f == 0, b == n) for f, b, n in zip(first, last, image.shape, strict=True))
    found = response(one, Window(part, (inner[0], inner[1], inner[2]), sides), ISOTROPIC)
    expected = whole(one, image)[tuple(slice(a, b) for a, b in zip(low, high, strict=True))]
    if entry["type"] == "gabor":  # its sums run in the order of a Fourier transform
        np.testing.assert_allclose(found, expected, atol=1e-9)
    else:
        np.testing.assert_array_equal(found, expected)


def test_a_length_in_mm_needs_voxels_of_one_length() -> None:
    image = noise((6, 6, 6))
    thick = (3.0, 1.0, 1.0)
    for entry in (
        {"type": "log", "sigma": 2},
        {"type": "gabor", "sigma": 1, "wavelength": 2, "gamma": 1, "step": 90},
    ):
        with pytest.raises(InputError, match="1 x 1 x 3 mm") as caught:
            whole(filter_of(**entry), image, thick)
        assert "dimension: 2D" in caught.value.remedy
        whole(filter_of(**entry, dimension="2D"), image, thick)
    np.testing.assert_array_equal(
        whole(filter_of(type="mean", support=3), image, thick),
        whole(filter_of(type="mean", support=3), image),
    )
