"""Variants of an image and a mask move as noise, geometry and seeds say."""

import numpy as np
import pytest
import SimpleITK as sitk

from nbradiomics.errors import InputError
from nbradiomics.perturbation import Variant, perturbed_image, perturbed_region, seed_of
from nbradiomics.perturbation.noise import noise_level
from tests.support.helpers import array, ball, make_image

SPACING = (0.9, 0.9, 3.0)


def smooth_image(shape: tuple[int, int, int] = (20, 48, 48), *, noise: float = 0.0) -> sitk.Image:
    """Gentle waves in physical space, with noise."""
    z, y, x = np.meshgrid(*[np.arange(n) for n in shape], indexing="ij")
    waves = 300 + 40 * np.sin(0.2 * x) + 30 * np.cos(0.15 * y) + 20 * np.sin(0.3 * z)
    noisy = waves + noise * np.random.default_rng(3).standard_normal(shape)
    image = make_image(noisy.astype(np.float32), SPACING)
    image.SetOrigin((-30.0, 12.0, 100.0))
    return image


def region_of(image: sitk.Image, radius: float = 8.0, shift: int = 0) -> sitk.Image:
    region = make_image(ball(image.GetSize()[::-1], radius, shift))
    region.CopyInformation(image)
    return region


def test_the_original_is_the_same_image_and_the_same_bytes() -> None:
    image = smooth_image()
    region = region_of(image)
    assert perturbed_image(image, region, Variant(), 1) is image
    same = perturbed_image(image, region, Variant(), 1, spacing=image.GetSpacing())
    assert same is image
    assert array(perturbed_region(region, image, Variant(), 1)).tobytes() == array(region).tobytes()


@pytest.mark.parametrize("level", [2.0, 15.0])
def test_noise_is_estimated_and_added_at_the_level_of_the_image(level: float) -> None:
    image = smooth_image(noise=level)
    region = region_of(image)
    assert noise_level(image, region) == pytest.approx(level, rel=0.03)
    noisy = perturbed_image(image, region, Variant(noise=1), 1)
    added = array(noisy).astype(float) - array(image)
    assert added.std() == pytest.approx(level, rel=0.03)
    assert noise_level(noisy, region) == pytest.approx(level * 2**0.5, rel=0.03)
    other = perturbed_image(image, region, Variant(noise=2), 1)
    assert abs(np.corrcoef(added.ravel(), (array(other) - array(image)).ravel())[0, 1]) < 0.03


def test_background_that_was_masked_does_not_lower_the_noise() -> None:
    image = smooth_image(noise=5.0)
    voxels = array(image)
    voxels[:, :, 30:] = 0
    masked = make_image(voxels, SPACING)
    masked.CopyInformation(image)
    region = region_of(image, radius=5.0)
    assert noise_level(masked, region) == pytest.approx(5.0, rel=0.1)


def test_noise_of_a_constant_image_is_refused() -> None:
    image = make_image(np.full((5, 30, 30), 7, np.int16))
    with pytest.raises(InputError, match=r"estimated at 0 places.*chain without noise"):
        noise_level(image, region_of(image, 3.0))


def test_a_shift_samples_the_same_field_elsewhere() -> None:
    image = smooth_image()
    region = region_of(image)
    variant = Variant(translation=(0.25, 0.5, 0.0))
    moved = perturbed_image(image, region, variant, 1)
    assert moved.GetOrigin() == pytest.approx((-30 + 0.25 * 0.9, 12 + 0.5 * 0.9, 100.0))
    assert moved.GetPixelID() == sitk.sitkFloat32
    x, y = np.meshgrid(np.arange(10, 40) + 0.25, np.arange(10, 40) + 0.5)
    expected = 300 + 40 * np.sin(0.2 * x) + 30 * np.cos(0.15 * y) + 20 * np.sin(0.3 * 6)
    assert array(moved)[6, 10:40, 10:40] == pytest.approx(expected, abs=0.01)


def test_a_whole_voxel_shift_is_exact() -> None:
    image = smooth_image(noise=5.0)
    region = region_of(image)
    variant = Variant(translation=(2.0, 0.0, -1.0))
    moved = perturbed_image(image, region, variant, 1)
    assert array(moved)[1:, :, :-2] == pytest.approx(array(image)[:-1, :, 2:], abs=1e-3)
    assert array(perturbed_region(region, moved, variant, 1)).sum() == array(region).sum()


def test_a_shift_by_half_a_voxel_keeps_the_volume() -> None:
    image = smooth_image()
    voxels = np.zeros(image.GetSize()[::-1], np.uint8)
    voxels[8:12, 10:20, 10:20] = 1
    region = make_image(voxels)
    region.CopyInformation(image)
    variant = Variant(translation=(0.5, 0.5, 0.5))
    moved = perturbed_image(image, region, variant, 1)
    assert array(perturbed_region(region, moved, variant, 1)).sum() == pytest.approx(400, rel=0.06)


def test_a_rotation_turns_the_grid_about_the_centre_of_the_mask() -> None:
    image = smooth_image()
    region = region_of(image, radius=6.0, shift=5)
    turned = perturbed_image(image, region, Variant(rotation=90), 1)
    mask = array(perturbed_region(region, turned, Variant(rotation=90), 1))
    assert mask.sum() == array(region).sum()
    centre = np.argwhere(array(region)).mean(axis=0)[::-1]
    middle = image.TransformContinuousIndexToPhysicalPoint(centre.tolist())
    there = turned.TransformPhysicalPointToContinuousIndex(middle)
    assert np.argwhere(mask).mean(axis=0)[::-1] == pytest.approx(there, abs=1e-6)
    for offset in [(4.5, 0.0), (0.0, -3.6)]:
        point = (middle[0] + offset[0], middle[1] + offset[1], middle[2])
        pair = [turned.EvaluateAtPhysicalPoint(point), image.EvaluateAtPhysicalPoint(point)]
        assert pair[0] == pytest.approx(pair[1], abs=0.5)


def test_a_long_mask_at_the_border_is_never_cut_off() -> None:
    image = smooth_image()
    voxels = np.zeros(image.GetSize()[::-1], np.uint8)
    voxels[5:15, 0:4, :] = 1  # across the whole image, at its edge
    region = make_image(voxels)
    region.CopyInformation(image)
    variant = Variant(rotation=30, translation=(0.5, 0.5, 0.0))
    turned = perturbed_image(image, region, variant, 1)
    mask = array(perturbed_region(region, turned, variant, 1))
    assert mask.sum() == pytest.approx(voxels.sum(), rel=0.04)
    assert array(turned).min() > 150  # edge values, not 0, outside the image


def test_another_spacing_is_reached_in_one_interpolation() -> None:
    image = smooth_image()
    region = region_of(image)
    variant = Variant(rotation=10)
    fine = perturbed_image(image, region, variant, 1, spacing=(1.5, 1.5, 1.5))
    assert fine.GetSpacing() == (1.5, 1.5, 1.5)
    mask = perturbed_region(region, fine, variant, 1)
    volumes = [array(one).sum() * np.prod(one.GetSpacing()) for one in (mask, region)]
    assert volumes[0] == pytest.approx(volumes[1], rel=0.03)


def test_an_image_of_one_slice_can_be_turned() -> None:
    image = smooth_image((1, 40, 40))
    region = make_image(ball((1, 40, 40), 8.0))
    region.CopyInformation(image)
    turned = perturbed_image(image, region, Variant(rotation=15), 1)
    mask = array(perturbed_region(region, turned, Variant(rotation=15), 1))
    assert mask.sum() == pytest.approx(array(region).sum(), rel=0.03)
    assert np.isfinite(array(turned)).all()


def test_an_image_of_whole_numbers_is_not_truncated() -> None:
    image = sitk.Cast(smooth_image(), sitk.sitkInt16)
    moved = array(perturbed_image(image, region_of(image), Variant(translation=(0.5, 0, 0)), 1))
    assert moved.dtype == np.float32
    assert np.any(moved != np.round(moved))


def test_steps_are_drawn_independently_by_seed_and_names() -> None:
    image = smooth_image(noise=10.0)
    region = region_of(image)
    contours = {
        name: array(perturbed_region(region, image, Variant(contour=number), seed)).tobytes()
        for name, number, seed in [("a", 1, 5), ("same", 1, 5), ("draw", 2, 5), ("seed", 1, 6)]
    }
    assert contours["a"] == contours["same"]
    assert len(set(contours.values())) == 3
    assert seed_of(0, "s1", "T2") != seed_of(0, "s1T2") != seed_of(1, "s1T2")


@pytest.mark.parametrize("fraction", [0.0, 1e-9])
def test_an_image_without_noise_gets_none_and_says_so(fraction: float) -> None:
    """A variant that equals the original would seem stable."""
    z, y, x = np.meshgrid(*[np.arange(n) for n in (6, 40, 40)], indexing="ij")
    noise = fraction * np.random.default_rng(0).standard_normal(x.shape)
    image = make_image(3.0 * x + 2.0 * y + z + noise)
    with pytest.raises(InputError, match="no noise around the mask"):
        perturbed_image(image, region_of(image, 5.0), Variant(noise=1), 1)


@pytest.mark.parametrize("variant", [Variant(noise=1), Variant(rotation=5.0), Variant(contour=1)])
def test_values_that_are_not_finite_are_refused(variant: Variant) -> None:
    image = smooth_image(noise=5.0)
    voxels = array(image)
    voxels[3, 20, 20] = np.nan
    spoilt = make_image(voxels, SPACING)
    spoilt.CopyInformation(image)
    region = region_of(image)
    with pytest.raises(InputError, match="not finite"):
        perturbed_region(region, perturbed_image(spoilt, region, variant, 1), variant, 1)


@pytest.mark.parametrize(
    ("variant", "said"),
    [
        (Variant(translation=(0.5, 0.5, 0.5)), r"the mask of 2 voxel\(s\) vanishes"),
        (Variant(volume=0.2), "cannot grow by 0.2"),
        (Variant(contour=1), "2 voxel.*too few for a contour"),
    ],
)
def test_a_mask_of_two_voxels_is_never_changed_by_chance(variant: Variant, said: str) -> None:
    image = smooth_image(noise=5.0)
    voxels = np.zeros(image.GetSize()[::-1], np.uint8)
    voxels[9, 20, 20:22] = 1
    region = make_image(voxels)
    region.CopyInformation(image)
    moved = perturbed_image(image, region, variant, 1)
    with pytest.raises(InputError, match=said):
        perturbed_region(region, moved, variant, 1)


@pytest.mark.parametrize(
    "variant",
    [
        Variant(rotation=3.0),
        Variant(rotation=-10.0),
        Variant(translation=(0.25, 0.75, 0.333)),
        Variant(rotation=15.0, translation=(0.5, 0.5, 0.5)),
    ],
    ids=lambda variant: variant.name,
)
@pytest.mark.parametrize("tilted", [False, True])
def test_rotation_and_translation_keep_the_volume_of_a_sphere(variant: Variant, tilted: bool) -> None:
    image = make_image(np.zeros((34, 34, 34), np.float32))
    if tilted:  # an oblique scan
        turn = sitk.VersorTransform((1.0, 2.0, 0.5), 0.6)
        image.SetDirection(turn.GetMatrix())
    region = region_of(image, 12.0)
    moved = perturbed_image(image, region, variant, 1)
    volume = array(perturbed_region(region, moved, variant, 1)).sum()
    assert volume == pytest.approx(array(region).sum(), rel=0.01)


def test_an_empty_mask_is_refused() -> None:
    image = smooth_image()
    empty = region_of(image) * 0
    with pytest.raises(InputError, match="empty"):
        perturbed_region(empty, image, Variant(volume=0.1), 1)


def test_a_simulated_reader_needs_to_know_how_readers_differ() -> None:
    image = smooth_image()
    with pytest.raises(InputError, match="how readers differ"):
        perturbed_region(region_of(image), image, Variant(reader=1), 1)
