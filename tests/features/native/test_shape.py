"""Shape: single voxels by hand, every cube against PyRadiomics' mesh, diameters against all pairs."""

import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given, strategies as st
from hypothesis.extra.numpy import arrays
from radiomics import _cshape
from scipy.spatial.distance import pdist

from nbradiomics.features.native.classes import shape
from nbradiomics.features.native.classes.cube_surface import CORNERS, cube_surfaces
from nbradiomics.features.native.classes.shape import (
    diameters,
    mesh_area_and_volume,
    principal_variances,
    shape_features,
)
from nbradiomics.features.native.classes.shape2d import outline, shape2d_features

SPACING = (1.0, 1.37, 1.91)
REGIONS = arrays(bool, st.tuples(*[st.integers(1, 6)] * 3)).filter(np.any)


def test_a_single_voxel_is_an_octahedron() -> None:
    found = shape_features(np.ones((1, 1, 1), bool), (1.0, 1.0, 1.0))
    assert found["SurfaceArea"] == pytest.approx(math.sqrt(3))
    assert found["MeshVolume"] == pytest.approx(1 / 6)
    assert found["VoxelVolume"] == 1
    assert found["Maximum3DDiameter"] == found["Maximum2DDiameterRow"] == 1
    assert "Compactness1" not in found


def test_a_ball_is_round() -> None:
    z, y, x = np.indices((41, 41, 41)) - 20
    found = shape_features(z**2 + y**2 + x**2 <= 18.5**2, (1.0, 1.0, 1.0))
    volume = 4 / 3 * math.pi * 18.5**3
    assert found["MeshVolume"] == pytest.approx(volume, rel=0.01)
    assert found["Maximum3DDiameter"] == pytest.approx(2 * 18.5 + 1, abs=0.1)
    assert found["Elongation"] == pytest.approx(1, abs=1e-12)
    # A solid ball's variance along an axis is r^2 / 5.
    assert found["LeastAxisLength"] == pytest.approx(4 * 18.5 / math.sqrt(5), rel=0.01)
    assert 0.9 < found["Sphericity"] < 1


@pytest.mark.parametrize("few", [0, 100, 10_000])
@pytest.mark.parametrize("edges", [(5, 20, 20), (20, 20, 20), (30, 6, 4)])
def test_the_largest_diameter_of_a_large_region(
    few: int, edges: tuple[int, int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many points are left to be compared pair by pair."""
    monkeypatch.setattr(shape, "_FEW", few)
    inside = np.random.default_rng(few).random(edges) < 0.02
    inside |= (
        np.hypot(
            *[
                (places - size / 2) / size
                for places, size in zip(np.indices(edges)[1:], edges[1:], strict=True)
            ]
        )
        < 0.3
    )
    found = shape_features(inside, SPACING)["Maximum3DDiameter"]
    corners = [
        np.argwhere(np.pad(inside, 1) != np.roll(np.pad(inside, 1), 1, axis)) * 2.0 for axis in range(3)
    ]
    for axis, places in enumerate(corners):
        places[:, axis] -= 1
    hull = np.concatenate(corners) * np.array(SPACING) / 2
    assert found == pytest.approx(pdist(hull).max(), rel=1e-12)


@pytest.mark.parametrize("code", range(1, 256))
def test_every_cube_has_pyradiomics_area_and_volume(code: int) -> None:
    inside = np.zeros((4, 4, 4), bool)
    for bit, corner in enumerate(CORNERS):
        inside[tuple(np.add(corner, 1))] = code >> bit & 1
    area, volume, _ = _cshape.calculate_coefficients(inside, np.array(SPACING))
    mine = mesh_area_and_volume(inside, SPACING)
    assert mine[0] == pytest.approx(area, rel=1e-12)
    assert mine[1] == pytest.approx(volume, rel=1e-12, abs=1e-12)


def test_surfaces_turn_with_inside_and_outside() -> None:
    surfaces = cube_surfaces()
    areas = surfaces.areas(SPACING)
    assert areas[0] == areas[255] == 0
    np.testing.assert_allclose(areas, areas[::-1], rtol=1e-12)
    assert np.array_equal(surfaces.volumes, -surfaces.volumes[::-1])


@given(REGIONS)
def test_any_region_has_pyradiomics_mesh(region: np.ndarray) -> None:
    inside = np.pad(region, 1)
    area, volume, theirs = _cshape.calculate_coefficients(inside, np.array(SPACING))
    mine = mesh_area_and_volume(inside, SPACING)
    assert mine[0] == pytest.approx(area, rel=1e-12)
    # PyRadiomics sums tetrahedra as large as the distance to the origin.
    assert mine[1] == pytest.approx(volume, rel=1e-9, abs=1e-10)
    found = diameters(inside, SPACING)
    names = [f"Maximum2DDiameter{name}" for name in ("Slice", "Column", "Row")]
    assert [found[name] for name in (*names, "Maximum3DDiameter")] == pytest.approx(theirs, rel=1e-12)


@given(REGIONS)
def test_diameters_are_those_of_all_pairs(region: np.ndarray) -> None:
    inside = np.pad(region, 1)
    vertices = np.concatenate(
        [np.argwhere(np.diff(inside, axis=axis)) + 0.5 * (np.arange(3) == axis) for axis in range(3)]
    )
    assert diameters(inside, SPACING)["Maximum3DDiameter"] == pytest.approx(pdist(vertices * SPACING).max())


@given(REGIONS)
def test_variances_are_numpy_s(region: np.ndarray) -> None:
    centres = np.argwhere(region) * SPACING
    expected = np.linalg.eigvalsh(np.atleast_2d(np.cov(centres.T, bias=True)))
    np.testing.assert_allclose(principal_variances(region, SPACING), expected, atol=1e-12)


@given(REGIONS, st.permutations(range(3)))
def test_a_turned_region_has_the_same_size(region: np.ndarray, order: list[int]) -> None:
    turned = np.ascontiguousarray(region.transpose(order))
    spacing = (SPACING[order[0]], SPACING[order[1]], SPACING[order[2]])
    first, second = shape_features(region, SPACING), shape_features(turned, spacing)
    # The mesh itself prefers a corner, so that surfaces may differ; what is measured between points may not.
    for name in ("VoxelVolume", "Maximum3DDiameter", "MajorAxisLength", "MinorAxisLength"):
        assert first[name] == pytest.approx(second[name], rel=1e-9, abs=1e-7), name


@pytest.mark.parametrize("pixels", list(product([False, True], repeat=4))[1:])
def test_every_square_has_pyradiomics_outline(pixels: tuple[bool, ...]) -> None:
    inside = np.pad(np.array(pixels).reshape(2, 2), 1)
    perimeter, area, diameter = _cshape.calculate_coefficients2D(inside, np.array([1.3, 0.8]))
    assert outline(inside, (1.3, 0.8)) == pytest.approx((perimeter, area))
    assert shape2d_features(inside, (1.3, 0.8))["MaximumDiameter"] == pytest.approx(diameter)


def test_a_rectangle_by_hand() -> None:
    found = shape2d_features(np.ones((3, 5), bool), (1.0, 1.0))
    # 3 x 5 pixels, each corner cut off by half a square of half a pixel.
    assert found["MeshSurface"] == 15 - 4 / 8
    assert found["PixelSurface"] == 15
    assert found["Perimeter"] == pytest.approx(2 * (2 + 4) + 4 * math.sqrt(0.5))
    # The variance of n pixels in a row is (n^2 - 1) / 12.
    assert found["MajorAxisLength"] == pytest.approx(4 * math.sqrt(2))
    assert found["Elongation"] == pytest.approx(math.sqrt((8 / 12) / 2))


@given(arrays(bool, st.tuples(*[st.integers(1, 7)] * 2)).filter(lambda region: region.sum() > 1))
def test_any_plane_has_pyradiomics_outline(region: np.ndarray) -> None:
    theirs = _cshape.calculate_coefficients2D(np.pad(region, 1), np.array([0.7, 1.9]))
    found = shape2d_features(region, (0.7, 1.9))
    mine = [found["Perimeter"], found["MeshSurface"], found["MaximumDiameter"]]
    assert mine == pytest.approx(list(theirs), rel=1e-12)
