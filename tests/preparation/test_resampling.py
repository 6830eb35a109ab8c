"""Features of a resampled image are those that PyRadiomics gets when it resamples the original."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk

from nbradiomics import extract_features
from nbradiomics.errors import InputError
from nbradiomics.preparation.steps.resampling import Resample, resampled_grid
from nbradiomics.preparation.volume import Volume
from tests.support.helpers import array, ball, make_image

SHAPE, SPACING = (14, 31, 37), (0.9, 0.9, 3.1)


def volume() -> Volume:
    values = np.random.default_rng(0).normal(100, 20, SHAPE).astype(np.float32)
    image = sitk.SmoothingRecursiveGaussian(make_image(values, SPACING), 1.5)
    mask = make_image(ball(SHAPE, 5.0), SPACING)
    direction = (0.0, -1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0)
    for each in (image, mask):
        each.SetOrigin((-20.0, 7.0, 300.0))
        each.SetDirection(direction)
    return Volume(image, masks=(mask,))


@pytest.mark.parametrize(
    ("spacing", "interpolator", "named"),
    [
        ((2.0, 2.0, 2.0), "bspline", "sitkBSpline"),
        ((1.1, 1.1, 0.0), "linear", "sitkLinear"),
        ((0.5, 0.7, 3.1), "bspline", "sitkBSpline"),
    ],
)
def test_features_are_those_of_pyradiomics_resampling(
    spacing: tuple[float, float, float], interpolator: str, named: str
) -> None:
    one = volume()
    done = Resample(spacing=spacing, interpolator=interpolator).apply(one)
    classes = {"firstorder": ["Mean", "Maximum", "Variance", "Energy"], "shape": ["VoxelVolume"]}
    plain = {"featureClass": classes, "setting": {"binWidth": 5}}
    resampling = {"resampledPixelSpacing": list(spacing), "interpolator": named, "binWidth": 5}
    expected = extract_features(
        one.image, one.masks[0], params={"featureClass": classes, "setting": resampling}
    )
    found = extract_features(done.image, done.masks[0], params=plain)
    features = [name for name in expected.index if name.startswith("original_")]
    assert len(features) == 5
    for name in features:
        assert found[name] == pytest.approx(expected[name], rel=1e-5), name


def test_the_new_grid_begins_at_the_same_corner_and_covers_the_image() -> None:
    image = volume().image
    grid = resampled_grid(image, (2.0, 0.0, 1.0))
    assert grid.GetSpacing() == pytest.approx((2.0, 0.9, 1.0))
    corner = (-0.5, -0.5, -0.5)
    assert grid.TransformContinuousIndexToPhysicalPoint(corner) == pytest.approx(
        image.TransformContinuousIndexToPhysicalPoint(corner)
    )
    extent, needed = np.multiply(grid.GetSize(), grid.GetSpacing()), np.multiply(SHAPE[::-1], SPACING)
    assert (extent >= needed - 1e-6).all()
    assert (extent < needed + grid.GetSpacing()).all()


def test_the_same_voxels_change_nothing() -> None:
    one = volume()
    done = Resample(spacing=(0, 0, 0)).apply(one)
    assert array(done.image) == pytest.approx(array(one.image), rel=1e-5)
    assert np.array_equal(array(done.masks[0]), array(one.masks[0]))


def test_voxels_beyond_the_last_centre_have_its_value() -> None:
    one = Volume(make_image(np.arange(8.0).reshape(2, 2, 2) + 10, (1.0, 1.0, 1.0)))
    for interpolator in ("bspline", "linear", "nearest"):
        done = array(Resample(spacing=(0.4, 0.4, 0.4), interpolator=interpolator).apply(one).image)
        assert done.min() >= 9
        assert done.max() <= 18


def test_a_mask_that_vanishes_is_counted_or_refused() -> None:
    one = volume()
    small = make_image(np.zeros(SHAPE, dtype=np.uint8), SPACING)
    small[1, 1, 1] = 2
    small.CopyInformation(one.image)
    step = Resample(spacing=(10.0, 10.0, 10.0))
    done = step.apply(Volume(one.image, masks=(small, one.masks[0])))
    assert done.records[-1].values["masks_emptied"] == 1
    with pytest.raises(InputError, match="the mask of the body has no voxel on the new grid"):
        step.apply(Volume(one.image, body=small))


def test_a_grid_that_is_too_large_is_refused() -> None:
    with pytest.raises(InputError, match="would have"):
        Resample(spacing=(0.001, 0.001, 0.001)).apply(volume())


def test_overshoots_are_counted() -> None:
    step = np.full(SHAPE, 0.0)
    step[:, :, 18:] = 100.0
    shares = [
        Resample(spacing=(0.5, 0.5, 0.5), interpolator=kind)
        .apply(Volume(make_image(step)))
        .records[-1]
        .values["share_beyond"]
        for kind in ("bspline", "linear", "nearest")
    ]
    assert shares[0] > 0.05
    assert shares[1:] == [0, 0]
