"""Series as hospitals have them: what must not pass as a volume of values, and what must be told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as Items

from nbradiomics.dicom.series.image import Made, make_volume
from nbradiomics.dicom.series.pixels import same_pixels
from nbradiomics.dicom.series.plans import Plan, plans_of
from nbradiomics.dicom.series.tree import read_tree
from nbradiomics.errors import InputError
from nbradiomics.execution.execution import Execution
from tests.support.dicom_series import make_enhanced, pixels_of, write, write_series
from tests.support.helpers import array


def plans(folder: Path) -> list[Plan]:
    return plans_of(read_tree(folder, skip=None, execution=Execution()).instances, same_pixels)


def made(folder: Path) -> Made:
    (plan,) = plans(folder)
    assert not plan.problem
    return make_volume(plan)


def refusal(folder: Path) -> str:
    with pytest.raises(InputError) as stop:
        made(folder)
    return stop.value.problem


def test_one_mosaic_is_a_failure_and_no_slice(tmp_path: Path) -> None:
    write_series(tmp_path, "s", slices=1, ImageType=["ORIGINAL", "PRIMARY", "M", "MOSAIC"])
    (plan,) = plans(tmp_path)
    assert "mosaics" in plan.problem[0]
    assert not plan.aside


def test_reconstructions_of_two_kernels_are_two_volumes(tmp_path: Path) -> None:
    """Also where no two slices lie at one position: together they would look like one series."""

    def kernel(data: Dataset, number: int) -> None:
        data.ConvolutionKernel = "B30f" if number % 2 else "B70f"

    write_series(tmp_path, "s", slices=8, modality="CT", change=kernel)
    found = plans(tmp_path)
    assert [(len(plan.sources), plan.grid and plan.grid.spacing[2]) for plan in found] == [(4, 6.0)] * 2
    assert {plan.header.kernel for plan in found} == {"B30f", "B70f"}


def test_thick_and_thin_reconstructions_are_two_volumes(tmp_path: Path) -> None:
    write_series(tmp_path / "thin", "s", slices=9, modality="CT", gap=1.0)

    def thick(data: Dataset, number: int) -> None:
        data.SOPInstanceUID = data.file_meta.MediaStorageSOPInstanceUID = f"1.2.3.{number + 1}"

    write_series(tmp_path / "thick", "s", slices=3, modality="CT", gap=4.0, change=thick)
    assert sorted((len(plan.sources), plan.problem) for plan in plans(tmp_path)) == [(3, ()), (9, ())]


@pytest.mark.parametrize(
    ("modality", "value", "noted"), [("CT", 0, True), ("CT", 900, True), ("MR", 0, False), ("MR", 900, True)]
)
def test_padding_is_counted(tmp_path: Path, modality: str, value: int, noted: bool) -> None:
    def pad(data: Dataset, number: int) -> None:
        pixels = pixels_of("P1", "s", number) % 800 + 1
        pixels[0] = value
        data.PixelData = pixels.tobytes()
        data.add_new("PixelPaddingValue", "US", value)

    write_series(tmp_path, "s", slices=3, modality=modality, change=pad)
    assert any("24 voxels outside the field of view" in note for note in made(tmp_path).notes) == noted


def test_slices_whose_values_are_defined_in_two_ways_are_refused(tmp_path: Path) -> None:
    def change(data: Dataset, number: int) -> None:
        if number < 3:
            data.RescaleSlope, data.RescaleIntercept = 2.0, 0.0

    write_series(tmp_path, "s", change=change)
    assert "in different ways: rescale elements, stored number" in refusal(tmp_path)


def test_enhanced_files_of_philips_have_the_values_of_classic_ones(tmp_path: Path) -> None:
    """Its private scale is in a private sequence of each frame."""
    data = make_enhanced("s", [{"z": 3.0 * n, "slope": 2.0 + n, "intercept": 4.0} for n in range(4)])
    for groups in data.PerFrameFunctionalGroupsSequence:
        frame = Dataset()
        frame.private_block(0x2005, "Philips MR Imaging DD 001", create=True).add_new(0x0E, "FL", 0.125)
        block = groups.private_block(0x2005, "Philips MR Imaging DD 005", create=True)
        block.add_new(0x0F, "SQ", Items([frame]))
    write(data, tmp_path / "one")
    stored = np.stack([pixels_of("P1", "s", n) for n in range(4)])
    slopes = 2.0 + np.arange(4)[:, None, None]
    expected = (stored * slopes + 4) / (slopes * 0.125)
    np.testing.assert_allclose(array(made(tmp_path).volume.image), expected, rtol=1e-6)


@pytest.mark.parametrize(
    "elements",
    [
        {"PixelSpacing": None, "ImagerPixelSpacing": [1.0, 1.0]},
        {"PixelSpacing": [0.0, 0.0]},
    ],
)
def test_pixels_without_a_size_in_the_patient_are_refused(tmp_path: Path, elements: dict[str, Any]) -> None:
    write_series(tmp_path, "s", **elements)
    (plan,) = plans(tmp_path)
    assert "(0028,0030)" in plan.problem[0]


def test_the_distance_of_slices_is_that_of_their_positions(tmp_path: Path) -> None:
    write_series(tmp_path, "s", gap=3.0, SpacingBetweenSlices=7.5, SliceThickness=5.0)
    assert made(tmp_path).volume.image.GetSpacing()[2] == 3.0
