"""Resampling by B-splines: ITK's to the last bit, and a B-spline at all."""

import platform

import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given, strategies as st
from scipy import ndimage
from scipy.spatial.transform import Rotation

from nbradiomics.features.native.arithmetic import rounds_as_itk
from nbradiomics.features.native.grid import resampling
from nbradiomics.features.native.grid.mask_checks import same_grid
from nbradiomics.features.native.grid.mask_grid import nearest_on
from nbradiomics.features.native.grid.preparation import prepare
from nbradiomics.features.native.grid.spline import Source, resample_spline

KINDS = [np.int8, np.uint8, np.int16, np.uint16, np.int32, np.float32, np.float64]
#: Spacings that make voxels of two grids meet, and those of a real file.
SPACINGS = st.one_of(st.sampled_from([0.5, 1.0, 2.0, 0.78125, 3.2699549198150635]), st.floats(0.3, 4))


def by_itk(image: sitk.Image, grid: sitk.Image) -> np.ndarray:
    found = sitk.Resample(image, grid, sitk.Transform(), sitk.sitkBSpline, 0.0, image.GetPixelID())
    return sitk.GetArrayFromImage(found)


pytestmark = pytest.mark.skipif(not rounds_as_itk(), reason="this processor is left to ITK")


@given(
    size=st.tuples(*[st.integers(3, 30)] * 3),
    spacing=st.tuples(*[SPACINGS] * 3),
    wanted=st.tuples(*[SPACINGS] * 3),
    turn=st.sampled_from(["none", "flip", "oblique", "another way"]),
    kind=st.sampled_from(KINDS),
    first=st.floats(-0.3, 0.6),
    seed=st.integers(0, 999),
)
def test_values_are_itk_s_to_the_last_bit(
    size: tuple[int, int, int],
    spacing: tuple[float, float, float],
    wanted: tuple[float, float, float],
    turn: str,
    kind: type,
    first: float,
    seed: int,
) -> None:
    rng = np.random.default_rng(seed)
    values = rng.normal(0, 200, size) if seed % 3 else np.indices(size).sum(axis=0) * 1.0
    if np.issubdtype(kind, np.integer):
        values = np.rint(values).clip(np.iinfo(kind).min, np.iinfo(kind).max)
    image = sitk.GetImageFromArray(values.astype(kind))
    image.SetSpacing(spacing)
    image.SetOrigin(rng.normal(0, 100, 3).tolist())
    if turn == "flip":
        image.SetDirection((-1, 0, 0, 0, -1, 0, 0, 0, 1))
    if turn == "oblique":
        image.SetDirection(Rotation.random(rng=rng).as_matrix().ravel().tolist())
    extent = np.array(size[::-1]) * spacing
    grid = sitk.Image([int(n) for n in np.clip(0.6 * extent / wanted, 1, 40)], sitk.sitkUInt8)
    grid.SetSpacing(wanted)
    grid.SetOrigin(
        image.TransformContinuousIndexToPhysicalPoint(np.rint(first * np.array(size[::-1])).tolist())
    )
    grid.SetDirection(
        Rotation.random(rng=rng).as_matrix().ravel().tolist()
        if turn == "another way"
        else image.GetDirection()
    )
    found = sitk.GetArrayFromImage(resample_spline(image, grid))
    np.testing.assert_array_equal(found, by_itk(image, grid), strict=True)


@pytest.mark.parametrize("turned", [False, True])
def test_rows_of_more_voxels_than_are_computed_at_a_time(turned: bool) -> None:
    image = sitk.GetImageFromArray(np.random.default_rng(6).normal(100, 30, (4, 5, 70)).astype(np.float32))
    grid = sitk.Image([1100, 3, 3], sitk.sitkUInt8)
    grid.SetSpacing((0.06, 1.3, 1.1))
    if turned:
        angle = 0.01
        turn = Rotation.from_euler("z", angle).as_matrix()
        grid.SetDirection(turn.ravel().tolist())
    np.testing.assert_array_equal(
        sitk.GetArrayFromImage(resample_spline(image, grid)), by_itk(image, grid), strict=True
    )


def test_agrees_with_scipy_within_an_image() -> None:
    values = np.random.default_rng(3).normal(size=(20, 21, 22))
    image = sitk.GetImageFromArray(values)
    grid = sitk.Image([9, 8, 7], sitk.sitkUInt8)
    grid.SetOrigin((6.3, 5.1, 7.7))
    grid.SetSpacing((0.7, 1.1, 0.9))
    z, y, x = np.indices((7, 8, 9))
    places = [7.7 + 0.9 * z, 5.1 + 1.1 * y, 6.3 + 0.7 * x]
    expected = ndimage.map_coordinates(values, places, order=3, mode="mirror")
    # ITK breaks the recursion's start off at 1e-10.
    assert np.allclose(sitk.GetArrayFromImage(resample_spline(image, grid)), expected, atol=1e-8)


def test_two_slices_are_mirrored_without_end() -> None:
    # ITK reads beyond its memory there, and PyRadiomics' values are any.
    values = np.random.default_rng(4).normal(100, 20, (2, 9, 8))
    image = sitk.GetImageFromArray(values)
    grid = sitk.Image([8, 9, 3], sitk.sitkUInt8)
    grid.SetSpacing((1.0, 1.0, 0.5))
    z, y, x = np.indices((3, 9, 8))
    expected = ndimage.map_coordinates(values, [0.5 * z, y, x], order=3, mode="mirror")
    assert np.allclose(sitk.GetArrayFromImage(resample_spline(image, grid)), expected, atol=1e-8)
    image, mask = case((2, 20, 22), (0.8, 0.9, 3.0))
    prepared = prepare(image, mask, settings(minimumROIDimensions=1))
    assert sitk.GetArrayViewFromImage(prepared.image).max() < 200


def settings(**own: object) -> dict[str, object]:
    return {
        "label": 1,
        "interpolator": "sitkBSpline",
        "resampledPixelSpacing": [1.0, 1.0, 1.0],
        "padDistance": 5,
        **own,
    }


def case(shape: tuple[int, int, int], spacing: tuple[float, float, float]) -> tuple[sitk.Image, sitk.Image]:
    values = np.random.default_rng(0).normal(100, 20, shape).astype(np.int16)
    inside = np.zeros(shape, np.uint8)
    inside[tuple(slice(size // 4, size // 4 + max(size // 2, 1)) for size in shape)] = 1
    image, mask = sitk.GetImageFromArray(values), sitk.GetImageFromArray(inside)
    for one in (image, mask):
        one.SetSpacing(spacing)
    return image, mask


@given(
    size=st.tuples(*[st.integers(3, 20)] * 3),
    spacing=st.tuples(*[SPACINGS] * 3),
    wanted=st.tuples(*[SPACINGS] * 3),
    oblique=st.booleans(),
    seed=st.integers(0, 999),
)
def test_a_mask_takes_the_nearest_voxel_as_in_itk(
    size: tuple[int, int, int],
    spacing: tuple[float, float, float],
    wanted: tuple[float, float, float],
    oblique: bool,
    seed: int,
) -> None:
    """Also where the new voxel lies half-way between two old ones, and outside the mask's grid."""
    rng = np.random.default_rng(seed)
    mask = sitk.GetImageFromArray(rng.integers(0, 2, size).astype(np.uint32))
    mask.SetSpacing(spacing)
    mask.SetOrigin(rng.normal(0, 100, 3).tolist())
    if oblique:
        mask.SetDirection(Rotation.random(rng=rng).as_matrix().ravel().tolist())
    extent = np.array(size[::-1]) * spacing
    grid = sitk.Image([int(n) for n in np.clip(1.2 * extent / wanted, 1, 40)], sitk.sitkUInt8)
    grid.SetSpacing(wanted)
    grid.SetDirection(mask.GetDirection())
    grid.SetOrigin(mask.TransformContinuousIndexToPhysicalPoint((rng.integers(-4, 5, 3) / 4).tolist()))
    found = nearest_on(mask, grid)
    expected = sitk.Resample(mask, grid, sitk.Transform(), sitk.sitkNearestNeighbor, 0)
    assert found.GetPixelID() == expected.GetPixelID()
    assert same_grid(found, expected)
    np.testing.assert_array_equal(sitk.GetArrayFromImage(found), sitk.GetArrayFromImage(expected))


@given(seed=st.integers(0, 999))
def test_parts_of_rows_have_the_values_of_whole_rows(seed: int) -> None:
    rng = np.random.default_rng(seed)
    image, mask = case((8, 12, 14), (0.8, 0.9, 3.0))
    inside = rng.random((20, 24, 11)) < 0.05
    grid = sitk.GetImageFromArray(inside.astype(np.uint8))
    grid.SetSpacing((1.0, 0.7, 1.1))
    grid.SetOrigin(mask.GetOrigin())
    whole = sitk.GetArrayFromImage(resample_spline(image, grid))
    part = sitk.GetArrayFromImage(resample_spline(image, grid, Source(image, only_region=True)))
    np.testing.assert_array_equal(part[inside], whole[inside])
    assert not part[~inside.any(axis=2)].any()


@pytest.mark.parametrize(
    ("shape", "spacing", "own", "ours"),
    [
        ((12, 20, 22), (0.8, 0.9, 3.0), {}, True),
        ((12, 20, 22), (0.8, 0.9, 3.0), {"interpolator": sitk.sitkBSpline}, True),
        ((12, 20, 22), (0.8, 0.9, 3.0), {"resampledPixelSpacing": [0, 0, 1.5]}, True),
        # One that PyRadiomics does not know is a B-spline.
        ((12, 20, 22), (0.8, 0.9, 3.0), {"interpolator": "sitkNoSuch"}, True),
        # Left to ITK: nothing to interpolate, another interpolator.
        ((12, 20, 22), (1.0, 1.0, 1.0), {}, False),
        ((12, 20, 22), (0.8, 0.9, 3.0), {"interpolator": "sitkLinear"}, False),
        ((1, 20, 22), (0.8, 0.9, 3.0), {"minimumROIDimensions": 1}, False),
    ],
)
def test_prepared_as_by_pyradiomics(
    shape: tuple[int, int, int],
    spacing: tuple[float, float, float],
    own: dict[str, object],
    ours: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from radiomics import imageoperations

    calls = []
    monkeypatch.setattr(
        resampling, "resample_spline", lambda *given: calls.append(1) or resample_spline(*given)
    )
    image, mask = case(shape, spacing)
    found = prepare(image, mask, settings(**own))
    assert bool(calls) is (ours and rounds_as_itk())
    expected = imageoperations.resampleImage(image, sitk.Cast(mask, sitk.sitkUInt32), **settings(**own))
    assert found.image.GetPixelID() == expected[0].GetPixelID()
    for one, other in zip((found.image, found.mask), expected, strict=True):
        assert same_grid(one, other)
        np.testing.assert_array_equal(sitk.GetArrayFromImage(one), sitk.GetArrayFromImage(other))


def test_one_slice_of_a_thick_image_keeps_its_spacing() -> None:
    image, mask = case((12, 20, 22), (0.8, 0.9, 3.0))
    flat = sitk.GetArrayFromImage(mask)
    flat[:6] = flat[7:] = 0
    one_slice = sitk.GetImageFromArray(flat)
    one_slice.CopyInformation(image)
    found = prepare(image, one_slice, settings(minimumROIDimensions=1))
    assert found.image.GetSpacing() == (1.0, 1.0, 3.0)


def test_a_processor_that_rounds_otherwise_is_left_to_itk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "arm64")
    monkeypatch.setattr(resampling, "resample_spline", None)
    image, mask = case((12, 20, 22), (0.8, 0.9, 3.0))
    assert prepare(image, mask, settings()).image.GetSpacing() == (1.0, 1.0, 1.0)
