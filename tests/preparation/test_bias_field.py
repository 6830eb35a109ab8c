"""N4: a planted field is found, the level stays, and what cannot be corrected is refused."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk

from nbradiomics.errors import InputError
from nbradiomics.preparation.steps.bias_field import N4, control_points, shrink_factors
from nbradiomics.preparation.volume import Volume
from nbradiomics.synthetic.fields import Grid, smooth_bias
from tests.support.helpers import array, make_image

SHAPE, SPACING = (24, 60, 66), (2.5, 2.5, 5.0)


def phantom(*, field: bool = True, noise: float = 6.0) -> tuple[Volume, np.ndarray, np.ndarray]:
    """A body of two tissues under a smooth field; with the logarithm of the field, and the first tissue."""
    grid = Grid(SHAPE, SPACING[::-1])
    body = grid.ellipsoid((0, 0, 0), (55, 70, 78)) < 1
    organ = grid.ellipsoid((5, 10, -20), (25, 30, 28)) < 1
    rng = np.random.default_rng(4)
    bias = smooth_bias(grid, rng, sd=0.2) * field
    values = (200.0 * body + 150.0 * organ) * np.exp(bias) + rng.normal(0, noise, SHAPE)
    image = make_image(np.maximum(values, 1).astype(np.float32), SPACING)
    return Volume(image, body=make_image(body.astype(np.uint8), SPACING)), bias, body & ~organ


def test_a_planted_field_is_removed() -> None:
    volume, bias, tissue = phantom()
    done = N4().apply(volume)
    before, after = array(volume.image).astype(float), array(done.image).astype(float)
    found = np.log(before / after)
    body = array(volume.body) > 0
    assert np.corrcoef(found[body], bias[body])[0, 1] > 0.97
    variation = [values[tissue].std() / values[tissue].mean() for values in (before, after)]
    assert variation[0] > 0.15
    assert variation[1] < 0.06
    assert done.records[-1].values["mask"] == "body"


def test_the_level_of_the_image_stays() -> None:
    volume, _, _ = phantom()
    body = array(volume.body) > 0
    for iterations in ((5,), (50, 50), (50, 50, 50, 50)):
        after = array(N4(iterations=iterations).apply(volume).image)[body]
        assert np.log(after).mean() == pytest.approx(np.log(array(volume.image)[body]).mean(), abs=1e-3)


def test_the_field_is_that_of_itk_at_full_resolution() -> None:
    whole, _, _ = phantom()
    volume = Volume(sitk.Shrink(whole.image, [2, 2, 1]), body=sitk.Shrink(whole.body, [2, 2, 1]))
    itk = sitk.N4BiasFieldCorrectionImageFilter()
    itk.SetMaximumNumberOfIterations([10, 10])
    itk.SetNumberOfControlPoints(control_points(volume.image, 200.0))
    expected = array(itk.Execute(sitk.Cast(volume.image, sitk.sitkFloat32), volume.body))
    body = array(volume.body) > 0
    for shrink, allowed in ((1, 1e-4), (2, 0.02)):
        step = N4(shrink=shrink, iterations=(10, 10))
        ratio = np.log(array(step.apply(volume).image)[body] / expected[body])
        assert ratio.std() < allowed


def test_voxels_of_0_and_less_are_left_out_and_counted() -> None:
    volume, _, _ = phantom()
    values = array(volume.image)
    inside = np.argwhere(array(volume.body) > 0)
    for count, place in enumerate(inside[:: len(inside) // 50]):
        values[tuple(place)] = -20.0 * (count % 2)
    spoilt = Volume(make_image(values, SPACING), body=volume.body)
    done = N4().apply(spoilt)
    assert done.records[-1].values["share_not_positive"] == pytest.approx(50 / len(inside), rel=0.05)
    assert np.corrcoef(array(done.image).ravel(), array(N4().apply(volume).image).ravel())[0, 1] > 0.99
    centred = Volume(make_image(values - 200, SPACING), body=volume.body, name="P1")
    with pytest.raises(InputError, match=r"P1, step n4: .*% of the voxels for N4 \(body\) have values of 0"):
        N4().apply(centred)


@pytest.mark.parametrize(
    ("size", "shrink", "expected"),
    [
        ((60, 60, 24), 4, [4, 4, 2]),
        ((60, 60, 24), 1, [1, 1, 1]),
        ((8, 60, 24), 4, None),
        ((60, 60, 1), 4, None),
        ((60, 60, 3), 1, None),
        ((60, 60, 24), 16, None),
    ],
)
def test_thinning_is_about_even_in_mm_or_refused(
    size: tuple[int, int, int], shrink: int, expected: list[int] | None
) -> None:
    image = sitk.Image(size, sitk.sitkUInt8)
    image.SetSpacing(SPACING)
    if expected is None:
        with pytest.raises(InputError, match="N4 needs at least 4 along each axis"):
            shrink_factors(image, shrink)
    else:
        assert shrink_factors(image, shrink) == expected


def test_a_mask_that_thinning_loses_is_refused() -> None:
    volume, _, _ = phantom()
    mask = np.zeros(SHAPE, dtype=np.uint8)
    mask[3, 5, 5] = 1
    with pytest.raises(InputError, match="mask for N4"):
        N4().apply(Volume(volume.image, body=make_image(mask, SPACING)))


@pytest.mark.parametrize("unit", ["HU", "SUV", "mm2/s"])
def test_what_is_no_mr_signal_is_refused(unit: str) -> None:
    volume, _, _ = phantom()
    with pytest.raises(InputError, match=f"the voxels have the unit {unit}, and are no MR signal"):
        N4().apply(Volume(volume.image, unit=unit))


def test_the_mask_is_stated() -> None:
    volume, _, _ = phantom()
    without = Volume(volume.image)
    masks = {N4(mask=mask).apply(without).records[-1].values["mask"] for mask in ("auto", "otsu", "image")}
    assert masks == {"otsu", "foreground", "image"}
    with pytest.raises(InputError, match="no mask of the body"):
        N4(mask="body").apply(without)
