"""A planted rigid motion between two contrasts is found, and its quality is stated."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import SimpleITK as sitk

from nbradiomics.errors import InputError
from nbradiomics.preparation.steps.registration import Register
from nbradiomics.preparation.volume import Volume
from nbradiomics.synthetic import SCANNERS, make_case
from tests.support.helpers import array

SHIFT = (4.2, -3.1, 2.6)  # mm
ANGLES = (1.0, -1.5, 2.0)  # degrees


def planted(image: sitk.Image) -> sitk.Euler3DTransform:
    motion = sitk.Euler3DTransform()
    motion.SetCenter(
        image.TransformContinuousIndexToPhysicalPoint([(size - 1) / 2 for size in image.GetSize()])
    )
    motion.SetRotation(*np.radians(ANGLES).tolist())
    motion.SetTranslation(SHIFT)
    return motion


def moved(image: sitk.Image, motion: sitk.Transform, interpolator: int = sitk.sitkLinear) -> sitk.Image:
    """The image as it lies when points of the original are sent through the motion."""
    return sitk.Resample(image, image, motion.GetInverse(), interpolator, 0.0, image.GetPixelID())


@cache
def pair() -> tuple[Volume, sitk.Image]:
    """A phantom of another contrast after a motion, with its target; and the mask at its place before."""
    case = make_case(3, SCANNERS[0])
    target = sitk.Cast(case.image, sitk.sitkFloat32)
    motion = planted(target)
    values = array(moved(target, motion)).astype(float)
    other = sitk.GetImageFromArray((values.max() - values**0.8 * values.max() ** 0.2).astype(np.float32))
    other.CopyInformation(target)
    mask = moved(case.mask, motion, sitk.sitkNearestNeighbor)
    return Volume(other, body=mask, masks=(mask,), target=target, name="P1"), case.mask


def test_a_planted_motion_is_found_within_a_part_of_a_voxel() -> None:
    volume, original = pair()
    done = Register(to="T1", samples=20_000).apply(volume)
    values = done.records[-1].values
    found = [values[f"shift_{axis}_mm"] for axis in "xyz"]
    assert found == pytest.approx(SHIFT, abs=0.4)  # voxels of 2 x 2 x 4 mm
    cosine = (np.trace(np.array(planted(volume.target).GetMatrix()).reshape(3, 3)) - 1) / 2
    assert values["rotation_degrees"] == pytest.approx(np.degrees(np.arccos(cosine)), abs=0.4)
    assert values["mutual_information_after"] > values["mutual_information_before"] + 0.3
    assert values["converged"] == "yes"
    assert 0.8 < values["overlap_after"] < values["overlap_before"] == 1.0
    for mask in (done.masks[0], done.body):
        there, here = array(mask) > 0, array(original) > 0
        assert 2 * (there & here).sum() / (there.sum() + here.sum()) > 0.85


@pytest.mark.slow
def test_the_same_seed_gives_the_same_image_and_another_nearly_the_same() -> None:
    volume, _ = pair()
    first, again, other = (Register(to="T1", samples=20_000, seed=seed).apply(volume) for seed in (1, 1, 2))
    assert array(first.image).tobytes() == array(again.image).tobytes()
    assert first.records == again.records
    assert first.records[-1].values["shift_mm"] != other.records[-1].values["shift_mm"]
    assert first.records[-1].values["shift_mm"] == pytest.approx(
        other.records[-1].values["shift_mm"], abs=0.4
    )


def test_images_that_fit_keep_their_position() -> None:
    volume, _ = pair()
    done = Register(to="T1", samples=20_000).apply(replace(volume, image=volume.target))
    values = done.records[-1].values
    assert values["shift_mm"] < 0.05
    assert values["rotation_degrees"] < 0.05
    assert values["mutual_information_after"] >= values["mutual_information_before"]
    assert values["position"] == "headers"


def test_a_small_gain_keeps_the_position_of_the_headers() -> None:
    volume, _ = pair()
    values = Register(to="T1", samples=20_000, gain=10).apply(volume).records[-1].values
    assert values["position"] == "headers"
    assert values["shift_mm"] == 0
    assert values["proposed_shift_mm"] > 1


def test_the_image_comes_to_the_grid_of_the_other_channel() -> None:
    volume, _ = pair()
    target = sitk.Resample(volume.target, [60, 50, 20], sitk.Transform(), sitk.sitkLinear, (-80, -65, -58),
                           (2.8, 2.8, 5.8), volume.target.GetDirection())  # fmt: skip
    done = Register(to="T1", samples=20_000).apply(replace(volume, target=target))
    assert done.image.GetSize() == (60, 50, 20) == done.masks[0].GetSize()
    assert done.image.GetSpacing() == target.GetSpacing()


def test_images_of_two_places_are_refused() -> None:
    volume, _ = pair()
    away = sitk.Image(volume.target)
    away.SetOrigin((400.0, 0.0, 0.0))
    with pytest.raises(
        InputError, match=r"P1, step register_to=T1_samples=20000: at the position that the headers state"
    ):
        Register(to="T1", samples=20_000).apply(replace(volume, target=away))


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda one: replace(one, target=None), "no image of channel T1"),
        (lambda one: replace(one, target=one.target * 0), "channel T1 is constant"),
        (lambda one: replace(one, target=one.target[:, :, :3]), "channel T1 has 3 voxels along an axis"),
        (
            lambda one: replace(one, image=one.image[:, :, :2], body=None, masks=()),
            "the image has 2 voxels along an axis",
        ),
    ],
)
def test_what_cannot_be_registered_is_refused(spoil, message: str) -> None:
    volume, _ = pair()
    with pytest.raises(InputError, match=message):
        Register(to="T1", samples=20_000).apply(spoil(volume))
