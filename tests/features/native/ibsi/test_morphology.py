"""The families `morph` and `loc` against sums over all pairs of voxels, and bodies whose values are known."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from nbradiomics.features.ibsi_names.families import FAMILIES
from nbradiomics.features.native.ibsi import autocorrelation
from nbradiomics.features.native.ibsi.autocorrelation import autocorrelation_features
from nbradiomics.features.native.ibsi.boxes import convex_hull, smallest_box
from nbradiomics.features.native.ibsi.ellipsoids import ellipsoid_area, ellipsoid_volume, enclosing_ellipsoid
from nbradiomics.features.native.ibsi.local_intensity import local_intensity_features
from nbradiomics.features.native.ibsi.morphology import IntensityMask, morphology_features
from nbradiomics.features.parameters.families import RADIUS

SHAPES = [(5, 4, 4), (1, 9, 8), (1, 1, 5), (6, 7, 9)]


def field(shape: tuple[int, int, int], seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Intensities and a region with holes."""
    rng = np.random.default_rng(seed)
    inside = rng.random(shape) < 0.7
    inside.ravel()[:2] = True
    return rng.normal(1000, 20, shape), inside


def rotation(seed: int) -> np.ndarray:
    turned, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(3, 3)))
    return turned


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("at_a_time", [8_000_000, 1])
def test_autocorrelation_is_the_sum_over_all_pairs(
    shape: tuple[int, int, int], at_a_time: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(autocorrelation, "_AT_A_TIME", at_a_time)
    spacing = (3.0, 0.9, 1.1)
    image, inside = field(shape)
    points, values = np.argwhere(inside) * spacing, image[inside]
    far = np.linalg.norm(points[:, None] - points, axis=2)
    weights = np.divide(1, far, out=np.zeros_like(far), where=far > 0)
    d, n = values - values.mean(), len(values)
    found = autocorrelation_features(image, inside, spacing)
    scale = weights.sum() * (d**2).sum()
    assert found["moran_i"] == pytest.approx(n * (weights * np.outer(d, d)).sum() / scale, rel=1e-10)
    expected = (n - 1) * (weights * (d[:, None] - d) ** 2).sum() / (2 * scale)
    assert found["geary_c"] == pytest.approx(expected, rel=1e-10)


def test_equal_intensities_have_no_autocorrelation() -> None:
    found = autocorrelation_features(np.full((2, 2, 2), 0.1), np.ones((2, 2, 2), bool), (1, 1, 1))
    assert all(math.isnan(value) for value in found.values())


@pytest.mark.parametrize("shape", SHAPES)
def test_local_intensity_is_the_mean_of_the_voxels_within_the_ball(shape: tuple[int, int, int]) -> None:
    spacing = (3.0, 2.0, 1.1)
    image, inside = field(shape)
    every = np.argwhere(np.ones(shape, bool)) * spacing
    near = np.linalg.norm((np.argwhere(inside) * spacing)[:, None] - every, axis=2) <= RADIUS
    means = near @ image.ravel() / near.sum(axis=1)
    found = local_intensity_features(image, np.flatnonzero(inside), spacing)
    assert found["peak_glob"] == pytest.approx(means.max(), rel=1e-12)
    assert found["peak_loc"] == pytest.approx(means[image[inside].argmax()], rel=1e-12)


def test_the_highest_of_several_peaks_counts() -> None:
    image = np.zeros((1, 1, 40))
    image[0, 0, [3, 30]], image[0, 0, 31] = 9, 5
    found = local_intensity_features(image, np.array([3, 20, 30]), (7.0, 7.0, 1.0))
    assert found["peak_loc"] == pytest.approx(14 / 13)


@settings(max_examples=20)
@given(st.integers(0, 10_000))
def test_the_smallest_box_of_a_turned_box_is_the_box(seed: int) -> None:
    edges = np.array([2.0, 3.0, 5.0])
    corners = np.array(list(product((0, 1), repeat=3))) * edges @ rotation(seed).T
    assert smallest_box(convex_hull(corners)) == pytest.approx(edges)


@settings(max_examples=20)
@given(st.integers(0, 10_000))
def test_a_smallest_box_holds_the_body_and_is_no_larger_than_turned_boxes(seed: int) -> None:
    points = np.random.default_rng(seed).normal(size=(15, 3)) * (1, 2, 4)
    hull = convex_hull(points)
    volume = np.prod(smallest_box(hull))
    assert volume >= hull.volume
    along = [np.prod(np.ptp(points @ rotation(seed + turn), axis=0)) for turn in range(200)]
    assert volume <= min(along)


@settings(max_examples=20)
@given(st.integers(0, 10_000))
def test_the_smallest_ellipsoid_of_a_turned_ellipsoid_is_itself(seed: int) -> None:
    on_ball = np.random.default_rng(seed).normal(size=(400, 3))
    on_ball /= np.linalg.norm(on_ball, axis=1, keepdims=True)
    on_ball = np.concatenate([on_ball, -on_ball, np.eye(3), -np.eye(3)])
    axes = np.array([2.0, 3.0, 7.0])
    found = enclosing_ellipsoid(on_ball * axes @ rotation(seed).T + 100)
    # 800 points on the surface leave little room; the three axes are among them.
    assert found == pytest.approx(axes, rel=1e-5)


@settings(max_examples=20)
@given(st.integers(0, 10_000))
def test_a_smallest_ellipsoid_follows_stretching(seed: int) -> None:
    points = np.random.default_rng(seed).normal(size=(30, 3))
    stretch = np.random.default_rng(seed + 1).normal(size=(3, 3))
    one, other = (ellipsoid_volume(enclosing_ellipsoid(corners)) for corners in (points, points @ stretch))
    assert other == pytest.approx(one * abs(np.linalg.det(stretch)), rel=1e-5)
    assert one >= convex_hull(points).volume


def test_a_cube_has_the_ellipsoid_through_its_corners() -> None:
    corners = np.array(list(product((-1.0, 1.0), repeat=3)))
    assert enclosing_ellipsoid(corners) == pytest.approx(np.full(3, math.sqrt(3)), rel=1e-6)


def test_the_surface_of_a_ball_is_its_own_and_that_of_an_ellipsoid_the_series_of_the_manual() -> None:
    assert ellipsoid_area(np.full(3, 2.0)) == pytest.approx(16 * math.pi)
    # By Legendre polynomials, P_n((alpha^2 + beta^2) / (2 alpha beta)), as in the reference manual.
    alpha, beta = math.sqrt(1 - 3**2 / 4**2), math.sqrt(1 - 2**2 / 4**2)
    n = np.arange(21)
    coefficients = (alpha * beta) ** n / (1 - 4.0 * n**2)
    at = (alpha**2 + beta**2) / (2 * alpha * beta)
    series = np.polynomial.legendre.legval(at, coefficients)
    assert ellipsoid_area(np.array([2.0, 3, 4])) == pytest.approx(4 * math.pi * 4 * 3 * series)


def test_a_box_of_voxels_by_hand() -> None:
    region = np.ones((4, 5, 6), bool)
    image = np.ones((2, 5, 6))
    image[:, :, 3:] = 3
    spacing = (2.0, 1.0, 1.0)
    within = IntensityMask(image, np.ones(image.shape, bool), (1, 0, 0))
    found = morphology_features(region, within, spacing)
    assert set(found) == set(FAMILIES["morph"])
    assert found["vol_approx"] == 240
    assert found["vol_dens_aabb"] == pytest.approx(found["volume"] / 240)
    assert found["vol_dens_ombb"] <= 1
    assert found["vol_dens_conv_hull"] == pytest.approx(1, abs=1e-9)
    # Means along x of the halves: 1 and 4, weighted 1 to 3; the centre of the mask is 2.5.
    assert found["com"] == pytest.approx((1 + 3 * 4) / 4 - 2.5)
    assert found["integ_int"] == pytest.approx(2 * found["volume"])
    assert found["asphericity"] == pytest.approx(1 / found["sphericity"] - 1)
    assert found["pca_maj_axis"] == pytest.approx(4 * 2 * math.sqrt(5 / 4 * 120 / 119))


def test_a_region_of_one_slice_has_no_ellipsoid_of_its_axes() -> None:
    region = np.ones((1, 4, 4), bool)
    image = np.arange(16.0).reshape(1, 4, 4)
    found = morphology_features(region, IntensityMask(image, region, (0, 0, 0)), (1.0, 1.0, 1.0))
    undefined = {name for name, value in found.items() if math.isnan(value)}
    assert undefined == {"vol_dens_aee"}
