"""What a network is given: the right channels, sound, on one grid; or a refusal that says why."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given, strategies as st

from nbradiomics.errors import InputError
from nbradiomics.images.io import write_image
from nbradiomics.segmentation.prediction.inputs import (
    match_channels,
    orientation_warning,
    read_inputs,
    read_orientation,
)
from tests.support.helpers import array, make_image


def noise(shape: tuple[int, int, int] = (10, 20, 24), seed: int = 0) -> sitk.Image:
    voxels = np.random.default_rng(seed).normal(300, 40, shape).astype(np.float32)
    return make_image(voxels, (1.5, 1.5, 4.0))


# --- which channels ---------------------------------------------------------------------------------


def test_channels_are_found_by_name_whatever_their_order_and_capitals():
    assert match_channels(["adc", "t2W", "DWI"], ["T2w", "ADC"]) == (1, 0)
    assert match_channels([""], ["anything"]) == (0,)


@given(st.permutations(["T2w", "ADC", "DWI", "T1w"]), st.integers(1, 4))
def test_each_wanted_channel_is_the_one_of_its_name(given_names, count):
    wanted = ["T2w", "ADC", "DWI", "T1w"][:count]
    found = match_channels([name.lower() for name in given_names], wanted)
    assert [given_names[index] for index in found] == wanted


@pytest.mark.parametrize(
    ("names", "wanted", "message"),
    [
        (["T2w"], ["T2w", "ADC"], "channel ADC is missing: the model needs T2w, ADC; given: T2w."),
        (["T2w", "DWI"], ["T2w", "ADC"], "given: T2w, DWI."),
        (["T1w"], ["T2w"], "channel T2w is missing: the model needs T2w; given: T1w."),
        (
            [""],
            ["T2w", "ADC"],
            "channel T2w, ADC is missing: the model needs T2w, ADC; given: one without a name.",
        ),
        (["", "ADC"], ["T2w"], "given: one without a name, ADC."),
        ([], ["T2w"], "given: none."),
        (["ADC", "adc"], ["ADC"], "several channels of the case have the same name: ADC, adc."),
        (["MRI", "T2w"], ["MRI", "mri"], "several channels of the model have the same name: MRI, mri."),
    ],
)
def test_channels_that_do_not_fit_are_refused_with_both_lists(names, wanted, message):
    with pytest.raises(InputError, match=re.escape(message)):
        match_channels(names, wanted)


def test_images_come_in_the_networks_order_and_others_are_left_out():
    t2w, adc, dwi = (noise(seed=seed) for seed in range(3))
    inputs = read_inputs({"adc": adc, "DWI": dwi, "t2w": t2w}, ["T2w", "ADC"])
    assert [array(image)[3, 3, 3] for image in inputs.images] == [array(t2w)[3, 3, 3], array(adc)[3, 3, 3]]
    assert inputs.channels == ("T2w", "ADC")
    assert inputs.unused == ("DWI",)
    assert inputs.resampled == ()
    assert inputs.orientation == "LPS"


# --- one grid ---------------------------------------------------------------------------------------


def test_another_grid_is_resampled_linearly_onto_the_first_that_was_given():
    z, y, x = np.meshgrid(np.arange(10.0), np.arange(20.0), np.arange(24.0), indexing="ij")
    fine = make_image((2 * x + 3 * y + 5 * z).astype(np.float32), (1.0, 1.0, 1.0))
    coarse = make_image(np.random.default_rng(0).normal(size=(5, 10, 12)).astype(np.float32), (2.0, 2.0, 2.0))
    coarse.SetOrigin((0.5, 0.5, 0.5))
    inputs = read_inputs({"T2w": coarse, "ADC": fine}, ["ADC", "T2w"])
    assert inputs.resampled == ("ADC",)
    assert [image.GetSize() for image in inputs.images] == [coarse.GetSize()] * 2
    z, y, x = np.meshgrid(*(0.5 + 2 * np.arange(count) for count in (5, 10, 12)), indexing="ij")
    expected = 2 * x + 3 * y + 5 * z
    assert array(inputs.images[0]) == pytest.approx(expected, rel=1e-5)


def test_the_first_image_gives_the_grid_also_when_the_model_does_not_take_it():
    first, adc = noise((8, 18, 20)), noise(seed=1)
    inputs = read_inputs({"T1w": first, "ADC": adc}, ["ADC"])
    assert inputs.images[0].GetSize() == first.GetSize()
    assert (inputs.unused, inputs.resampled) == (("T1w",), ("ADC",))


def test_where_a_channel_ends_its_lowest_value_stands():
    first, other = noise(), noise(seed=1)
    other.SetOrigin((1.5, 0, 0))
    inputs = read_inputs({"T2w": first, "ADC": other}, ["T2w", "ADC"])
    found = array(inputs.images[1])
    assert np.all(found[:, :, 0] == array(other).min())
    assert found[:, :, 1:] == pytest.approx(array(other)[:, :, :-1], rel=1e-5)


@pytest.mark.parametrize(
    ("shift", "share"), [((50.0, 0, 0), "100%"), ((0, 12.0, 0), "40%"), ((0, 0, -4.0), "10%")]
)
def test_a_channel_that_lies_elsewhere_is_refused_with_the_share(tmp_path, shift, share):
    first, other = noise(), noise(seed=1)
    other.SetOrigin(shift)
    files = {
        name: write_image(image, tmp_path / f"{name}.nii.gz")
        for name, image in (("T2w", first), ("ADC", other))
    }
    message = (
        rf"{share} of the voxels of .*T2w.nii.gz are outside .*ADC.nii.gz \(ADC\); at most 5% are allowed"
    )
    with pytest.raises(InputError, match=message):
        read_inputs(files, ["T2w", "ADC"])


def test_grids_that_differ_in_the_last_digits_are_one(tmp_path):
    first, other = noise(), noise(seed=1)
    other.SetOrigin((1e-5, 0, 0))
    inputs = read_inputs({"T2w": first, "ADC": other}, ["T2w", "ADC"])
    assert inputs.resampled == ()
    assert inputs.images[1].GetOrigin() == first.GetOrigin()
    assert other.GetOrigin() == (1e-5, 0, 0)


# --- sound values -----------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("ending", ["nii.gz", "nrrd"])
def test_values_that_are_not_finite_are_refused_in_any_channel(tmp_path, value, ending):
    broken = array(noise(seed=1))
    broken[3, 3, :2] = value
    file = write_image(make_image(broken, (1.5, 1.5, 4.0)), tmp_path / f"adc.{ending}")
    with pytest.raises(InputError, match=rf"adc.{ending} \(ADC\): 2 of 4800 voxels are not finite"):
        read_inputs({"T2w": noise(), "ADC": file}, ["T2w", "ADC"])


def test_a_channel_that_the_model_does_not_take_may_be_broken():
    broken = noise(seed=1) * np.nan
    assert read_inputs({"T2w": noise(), "ADC": broken}, ["T2w"]).unused == ("ADC",)


def test_an_image_without_content_is_refused():
    with pytest.raises(InputError, match=r"image in memory \(T2w\) has the value 7 everywhere"):
        read_inputs(noise() * 0 + 7, ["T2w"])


# --- orientation ------------------------------------------------------------------------------------


def test_the_orientation_of_a_file_is_read_from_its_header(tmp_path):
    image = sitk.DICOMOrient(noise(), "RAI")
    assert read_orientation(write_image(image, tmp_path / "a.nii.gz")) == "RAI"
    assert read_inputs(image, ["T2w"]).orientation == "RAI"
    assert read_orientation(tmp_path / "nowhere.nii.gz") is None
    (tmp_path / "broken.nii.gz").write_bytes(b"nothing")
    assert read_orientation(tmp_path / "broken.nii.gz") is None
    slice_ = write_image(noise()[:, :, 3], tmp_path / "slice.nii.gz")
    assert read_orientation(slice_) == "LPS"


def test_different_orientations_are_told_with_their_number_and_an_example():
    lying = {"S1": "LPS", "S2": "RAS", "S3": "LPS", "S4": None}
    warning = orientation_warning(lying, "mine")
    assert "LPS 2 (such as S1); RAS 1 (such as S2)" in warning
    assert "The model mine does not record" in warning
    assert orientation_warning({"S1": "LPS", "S2": "LPS", "S3": None}, "mine") is None


def test_a_path_may_be_text(tmp_path: Path):
    file = write_image(noise(), tmp_path / "t2w.nii.gz")
    assert read_inputs(str(file), ["T2w"]).channels == ("T2w",)
