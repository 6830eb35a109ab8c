"""Two-dimensional files are images of one slice, 1 mm thick, and measured as PyRadiomics measures them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest
import SimpleITK as sitk
from numpy.typing import NDArray
from scipy import ndimage

from nbradiomics.errors import InputError
from nbradiomics.features import extract_features
from nbradiomics.images.fit import STRICT, fit_mask
from nbradiomics.images.io import read_image
from nbradiomics.images.region import read_region

SPACING = (0.3, 0.4)
PLANE = {"force2D": True, "binWidth": 5}
CLASSES = dict.fromkeys(("shape2D", "firstorder", "glcm", "glrlm", "glszm", "gldm", "ngtdm"))


def flat(array: NDArray[Any], spacing: tuple[float, float] = SPACING) -> sitk.Image:
    image = sitk.GetImageFromArray(array)
    image.SetSpacing(spacing)
    image.SetOrigin((5.0, -7.0))
    return image


def thick(image: sitk.Image, thickness: float = 5.0, place: float = -120.0) -> sitk.Image:
    """The same slice in a file of three dimensions."""
    return sitk.JoinSeries(image, place, thickness)


def grey() -> sitk.Image:
    noise = np.random.default_rng(0).normal(100, 30, (40, 50))
    return flat(ndimage.gaussian_filter(noise, 1.5).astype(np.float32) * 5)


def disc() -> sitk.Image:
    y, x = np.mgrid[:40, :50]
    return flat((((y - 20) / 12) ** 2 + ((x - 25) / 16) ** 2 < 1).astype(np.uint8))


@pytest.mark.parametrize("ending", ["nii", "nii.gz", "nrrd", "mha", "mhd", "vtk", "gipl"])
def test_a_file_of_two_dimensions_has_one_slice_of_1_mm(ending: str, tmp_path: Path) -> None:
    values = np.arange(30, dtype=np.int16).reshape(5, 6)
    sitk.WriteImage(flat(values), str(tmp_path / f"a.{ending}"))
    read = read_image(tmp_path / f"a.{ending}")
    assert read.GetSize() == (6, 5, 1)
    assert np.allclose(read.GetSpacing(), (*SPACING, 1.0))
    assert np.allclose(read.GetOrigin(), (5, -7, 0))
    assert np.array_equal(sitk.GetArrayFromImage(read)[0], values)


def test_the_unit_of_a_header_does_not_change_the_third_axis(tmp_path: Path) -> None:
    affine = np.diag([300.0, 400.0, 7.0, 1.0])  # what the header says of a third axis has no meaning
    image = nibabel.Nifti1Image(np.zeros((6, 5), np.int16), affine)
    image.header.set_xyzt_units("micron")
    image.to_filename(tmp_path / "a.nii")
    assert np.allclose(read_image(tmp_path / "a.nii").GetSpacing(), (0.3, 0.4, 1.0))


def test_a_slice_of_any_plane_keeps_its_plane(tmp_path: Path) -> None:
    coronal = np.array([[2.0, 0, 0, 1], [0, 0, 5, 2], [0, 3, 0, 3], [0, 0, 0, 1]])
    nibabel.Nifti1Image(np.zeros((6, 5), np.int16), coronal).to_filename(tmp_path / "a.nii")
    read = read_image(tmp_path / "a.nii")
    assert np.allclose(read.GetSpacing(), (2, 3, 1))
    assert np.allclose(np.reshape(read.GetDirection(), (3, 3))[:, 1], (0, 0, 1))


@pytest.mark.parametrize("image_is_flat", [True, False])
def test_a_slice_with_and_one_without_a_third_axis_fit(image_is_flat: bool) -> None:
    image, mask = (grey(), thick(disc())) if image_is_flat else (thick(grey()), disc())
    volume = read_image(image)
    region = fit_mask(read_region(mask, 1), volume, STRICT, names=("mask", "image"))
    assert region.GetOrigin() == volume.GetOrigin()
    assert region.GetSpacing() == volume.GetSpacing()


@pytest.mark.parametrize(
    ("mask", "match"),
    [
        (flat(np.ones((40, 51), np.uint8)), "size 51 x 40 x 1 against 50 x 40 x 1"),
        (flat(np.ones((40, 50), np.uint8), (0.3, 0.3)), "spacing"),
        (thick(disc(), place=-110.0), "origin"),  # another slice of the patient, by both headers
        (sitk.JoinSeries([disc(), disc()]), "size"),
    ],
)
def test_another_slice_is_refused(mask: sitk.Image, match: str) -> None:
    with pytest.raises(InputError, match=match):
        fit_mask(read_region(mask, 1), thick(grey()), STRICT, names=("mask", "image"))


def test_several_values_per_pixel_are_refused() -> None:
    with pytest.raises(InputError, match="3 values per voxel"):
        read_image(sitk.Image([4, 4], sitk.sitkVectorUInt8, 3))


@pytest.mark.parametrize("engine", ["native", "pyradiomics"])
@pytest.mark.parametrize(
    ("setting", "kinds"),
    [
        ({}, {"Original": {}, "Wavelet": {}, "Gradient": {}, "LBP2D": {}}),
        ({"resampledPixelSpacing": [0.5, 0.5, 0]}, {"Original": {}}),
    ],
)
@pytest.mark.filterwarnings("ignore:Applying `local_binary_pattern`", "ignore:the load_module")
def test_values_are_those_of_pyradiomics_on_the_two_dimensional_image(
    engine: str, setting: dict[str, Any], kinds: dict[str, Any]
) -> None:
    """PyRadiomics takes the pairs of a two-dimensional image in its plane only without `force2D`."""
    from radiomics.featureextractor import RadiomicsFeatureExtractor

    content = {"imageType": kinds, "featureClass": CLASSES}
    theirs = {key: value[:2] for key, value in setting.items()}
    extractor = RadiomicsFeatureExtractor({**content, "setting": {"binWidth": 5, **theirs}})
    reference = {
        name: float(value)
        for name, value in extractor.execute(grey(), disc()).items()
        if not name.startswith("diagnostics")
    }
    ours = extract_features(
        grey(), disc(), params={**content, "setting": {**PLANE, **setting}}, engine=engine
    )
    assert set(ours.index) == set(reference)
    assert np.allclose([ours[name] for name in reference], list(reference.values()), rtol=1e-9, atol=1e-12)
