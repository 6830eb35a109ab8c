"""Masks of real structure sets and segmentations against other programs, and the same data as NIfTI."""

from functools import cache
from pathlib import Path

import numpy as np
import pydicom
import pytest
import SimpleITK as sitk

from nbradiomics.dicom.masks.from_objects import Masks, masks_of
from nbradiomics.dicom.masks.mask import Mask, cut_to_box
from nbradiomics.dicom.masks.rules import MaskRules
from nbradiomics.dicom.series.image import make_volume
from nbradiomics.dicom.series.pixels import same_pixels
from nbradiomics.dicom.series.plans import plans_of
from nbradiomics.dicom.series.tree import read_tree
from nbradiomics.dicom.volume import Volume
from nbradiomics.execution.execution import Execution
from nbradiomics.system.quiet import quiet
from tests.support.structure_set_witnesses import PLASTIMATCH, by_plastimatch, by_points, by_pydicomrt

pytestmark = pytest.mark.realdata

STRUCTURE_SETS = [
    "ibsi1_ct_phantom",
    *(f"sts/STS_{number}/{series}" for number in ("003", "025") for series in ("CT", "MR_T1", "PET")),
]
#: Regions of segmentations in the order of their segments.
NAMES = {
    "dicom4qi_3": [
        "malignant-neoplasm-primary",
        *(f"neoplasm-secondary-{number}" for number in range(1, 11)),
    ],
    "dicom4qi_5": ["liver"],
}


@cache
def loaded(folder: Path) -> tuple[Volume, Path, Masks]:
    if not folder.is_dir():
        pytest.skip(f"no real DICOM at {folder}")
    images = read_tree(folder / "image", skip=None, execution=Execution(), digests=False).instances
    (plan,) = plans_of(images, same_pixels)
    volume = make_volume(plan).volume
    (file,) = (folder / "mask").glob("*.dcm")
    return volume, file, masks_of(volume, [file], MaskRules())


def only(masks: Masks) -> tuple[Mask, np.ndarray]:
    (mask,) = masks.masks
    return mask, sitk.GetArrayFromImage(mask.image)


@pytest.mark.parametrize("name", STRUCTURE_SETS)
def test_structure_sets_equal_those_of_witnesses(name: str, real_data: Path, tmp_path: Path) -> None:
    volume, file, masks = loaded(real_data / "dicom" / name)
    mask, voxels = only(masks)
    assert mask.roi in ("gtv", "gtv-1")
    assert not [one for one in masks.problems if one.severity == "error"]
    # A PET voxel is 0.1 ml and more: half a percent of 30 ml is two of them.
    assert mask.volume == pytest.approx(mask.outlined, rel=5e-3)
    (points,) = by_points(volume, file).values()
    np.testing.assert_array_equal(voxels, points)
    if PLASTIMATCH:
        (plastimatch,) = by_plastimatch(volume, file, tmp_path).values()
        np.testing.assert_array_equal(voxels, plastimatch)


@pytest.mark.parametrize("name", STRUCTURE_SETS)
def test_pydicomrt_has_a_rim_more(name: str, real_data: Path) -> None:
    """It rounds points to whole pixels and adds the voxels on the line: ours, and more up to two away."""
    volume, file, masks = loaded(real_data / "dicom" / name)
    mask, voxels = only(masks)
    (wide,) = by_pydicomrt(volume, file).values()
    rim = sitk.BinaryDilate(mask.image, [2, 2, 0], sitk.sitkBox)
    assert not ((voxels > 0) & (wide == 0)).any()
    assert not ((wide > 0) & (sitk.GetArrayFromImage(rim) == 0)).any()
    assert np.count_nonzero(wide) > 1.02 * mask.voxels


@pytest.mark.parametrize(
    ("name", "nifti"),
    [
        ("ibsi1_ct_phantom", "ibsi1/ct_phantom_mask.nii.gz"),
        ("sts/STS_003/MR_T1", "sts_mr/STS_003_mask.nii.gz"),
        ("sts/STS_025/MR_T1", "sts_mr/STS_025_mask.nii.gz"),
    ],
)
def test_structure_sets_equal_the_nifti_masks_of_the_same_data(
    name: str, nifti: str, real_data: Path
) -> None:
    _, _, masks = loaded(real_data / "dicom" / name)
    _, voxels = only(masks)
    image = sitk.ReadImage(str(real_data / nifti))
    np.testing.assert_allclose(image.GetOrigin(), masks.masks[0].image.GetOrigin(), atol=1e-3)
    np.testing.assert_array_equal(voxels, sitk.GetArrayFromImage(image))


@pytest.mark.parametrize("name", NAMES)
def test_segmentations_equal_their_frames_decoded_by_hand(name: str, real_data: Path) -> None:
    volume, file, masks = loaded(real_data / "dicom" / name)
    with quiet():
        dataset = pydicom.dcmread(file)
        bits = np.unpackbits(np.frombuffer(dataset.PixelData, np.uint8), bitorder="little")
    count = dataset.NumberOfFrames * dataset.Rows * dataset.Columns
    frames = bits[:count].reshape(dataset.NumberOfFrames, dataset.Rows, dataset.Columns)
    found = {mask.roi: mask for mask in masks.masks}
    assert not masks.problems
    assert list(found) == sorted(NAMES[name])
    for number, roi in enumerate(NAMES[name], 1):
        expected = np.zeros(volume.image.GetSize()[::-1], np.uint8)
        for frame, group in zip(frames, dataset.PerFrameFunctionalGroupsSequence, strict=True):
            if group.SegmentIdentificationSequence[0].ReferencedSegmentNumber == number:
                position = [float(value) for value in group.PlanePositionSequence[0].ImagePositionPatient]
                column, row, place = volume.image.TransformPhysicalPointToIndex(position)
                assert (column, row) == (0, 0)
                expected[place] |= frame
        box, corner = cut_to_box(expected)
        assert corner == found[roi].corner
        np.testing.assert_array_equal(box, found[roi].box)


def test_the_phantom_of_bits_has_its_corners_and_its_disc(real_data: Path) -> None:
    volume, _, masks = loaded(real_data / "dicom" / "dicom4qi_5")
    mask, voxels = only(masks)
    assert mask.roi == "liver"
    assert (voxels[:, [0, 0, -1, -1], [0, -1, 0, -1]] == 1).all()
    image = sitk.GetArrayFromImage(volume.image)
    toggled = voxels[1].astype(bool)
    assert voxels[0].sum() == voxels[2].sum() == 4
    toggled[[0, 0, -1, -1], [0, -1, 0, -1]] = False
    np.testing.assert_array_equal(toggled, image[1] == 1)
