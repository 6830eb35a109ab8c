"""Real series against dcm2niix, SimpleITK (GDCM) and the NIfTI files that came with the same data."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from nbradiomics.dicom.series.image import Made, make_volume
from nbradiomics.dicom.series.pixels import same_pixels
from nbradiomics.dicom.series.plans import plans_of
from nbradiomics.dicom.series.tree import read_tree
from nbradiomics.execution.execution import Execution
from nbradiomics.images.io import read_image, write_image
from tests.support.dcm2niix import by_dcm2niix
from tests.support.helpers import array
from tests.support.paths import DATA

_ALL = {
    "ADC": "adc/SCAN_001/adc_image",
    "T2w": "adc/SCAN_001/t2_image",
    "CT phantom": "ibsi1_ct_phantom/image",
    **{
        f"{subject} {kind}": f"sts/{subject}/{kind}/image"
        for subject in ("STS_003", "STS_025")
        for kind in ("CT", "MR_T1", "PET")
    },
    "small CT": "dicom4qi_5/image",
    "PET": "dicom4qi_3/image",
}
#: Series whose comparison takes seconds.
_LARGE = ("ADC", "T2w", "PET")
every_series = pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.slow] if name in _LARGE else []) for name in _ALL]
)


def folder_of(name: str) -> Path:
    folder = DATA / "dicom" / _ALL[name]
    if not folder.is_dir():
        pytest.skip(f"needs the real data in {folder}")
    return folder


@cache
def made(name: str) -> Made:
    tree = read_tree(folder_of(name), skip=None, execution=Execution())
    (plan,) = plans_of(tree.instances, same_pixels)
    return make_volume(plan)


def suv_factor(name: str, values: np.ndarray, witness: np.ndarray) -> float:
    """Factor from a witness in Bq/ml to SUV, from the largest voxel; 1 for any other series."""
    if name != "PET":
        return 1.0
    place = np.unravel_index(np.argmax(witness), witness.shape)
    return float(values[place] / witness[place])


def corners(image: sitk.Image) -> np.ndarray:
    ends = [(0, size - 1) for size in image.GetSize()]
    return np.array(
        [image.TransformIndexToPhysicalPoint((i, j, k)) for i in ends[0] for j in ends[1] for k in ends[2]]
    )


@every_series
def test_gdcm_reads_the_same_voxels_at_the_same_places(name: str) -> None:
    image = made(name).volume.image
    reader = sitk.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(folder_of(name))))
    witness = reader.Execute()
    np.testing.assert_allclose(corners(image), corners(witness), atol=2e-3)
    values, others = array(image).astype(float), array(witness).astype(float)
    factor = suv_factor(name, values, others)
    np.testing.assert_allclose(values, others * factor, rtol=1e-5, atol=1e-4 * max(factor, 1e-3))


@every_series
def test_dcm2niix_reads_the_same_voxels_at_the_same_places(name: str, tmp_path: Path) -> None:
    """It stores rows from the other end and may write other integers; places and values are compared."""
    image = made(name).volume.image
    witness = by_dcm2niix(folder_of(name), tmp_path, image)
    assert witness.GetSize() == image.GetSize()
    # Of the PET, dcm2niix moves all slices by 0.013 mm; GDCM and the positions in the files do not.
    np.testing.assert_allclose(corners(image), corners(witness), atol=0.02 if name == "PET" else 5e-3)
    values, others = array(image).astype(float), array(witness).astype(float)
    factor = suv_factor(name, values, others)
    np.testing.assert_allclose(values, others * factor, rtol=2e-5, atol=1e-4 * max(factor, 1e-3))


def test_the_phantom_is_that_of_its_nifti_file() -> None:
    witness = sitk.DICOMOrient(read_image(DATA / "ibsi1" / "ct_phantom_image.nii.gz"), "LPS")
    image = made("CT phantom").volume.image
    np.testing.assert_allclose(image.GetSpacing(), witness.GetSpacing(), atol=1e-5)
    np.testing.assert_allclose(corners(image), corners(witness), atol=1e-3)
    np.testing.assert_array_equal(array(image), array(witness))


@pytest.mark.parametrize(
    ("name", "unit"), [("STS_003 PET", "SUV"), ("STS_003 CT", "HU"), ("STS_003 MR_T1", "")]
)
def test_the_unit_is_that_of_the_modality(name: str, unit: str) -> None:
    assert made(name).volume.units == unit


@pytest.mark.parametrize("name", ["STS_003 CT", "STS_003 PET"])
def test_the_file_has_the_grid_and_the_values_of_the_image(name: str, tmp_path: Path) -> None:
    image = made(name).volume.image
    read = read_image(write_image(image, tmp_path / "image.nii.gz"))
    np.testing.assert_allclose(corners(read), corners(image), atol=1e-3)
    np.testing.assert_array_equal(array(read), array(image))
