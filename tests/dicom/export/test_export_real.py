"""Export on real series of several vendors: dciodvfy finds no error, and the masks are read back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import SimpleITK as sitk

from tests.dicom.export.test_export_masks import export, seg_of
from tests.dicom.export.test_export_values import VALUES
from tests.support.dicom_objects import errors_of, masks_by_hand
from tests.support.dicom_sources import ball
from tests.support.paths import DATA

REAL = DATA / "dicom"
pytestmark = pytest.mark.skipif(not REAL.is_dir(), reason=f"no real DICOM in {REAL}")
QUICK = ["sts/STS_025/MR_T1/image", "dicom4qi_5/image"]
SLOW = [
    "ibsi1_ct_phantom/image",
    *(f"sts/STS_003/{kind}/image" for kind in ("CT", "MR_T1", "PET")),
    *(f"sts/STS_025/{kind}/image" for kind in ("CT", "PET")),
    *("adc/SCAN_001/adc_image", "adc/SCAN_001/t2_image", "dicom4qi_3/image"),
]


def series_in(folder: Path) -> tuple[str, sitk.Image]:
    """Series Instance UID of the first series of a folder, and its image as GDCM reads it."""
    reader = sitk.ImageSeriesReader()
    uid = reader.GetGDCMSeriesIDs(str(folder))[0]
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(folder), uid))
    image = sitk.Cast(reader.Execute(), sitk.sitkFloat32)
    # The voxels at the same places, stored from the other side.
    return uid, sitk.Flip(image, [True, False, True], False)


@pytest.mark.parametrize("name", [*QUICK, *(pytest.param(name, marks=pytest.mark.slow) for name in SLOW)])
def test_real_series(tmp_path: Path, name: str) -> None:
    uid, image = series_in(REAL / name)
    (tmp_path / "source").symlink_to(REAL / name)
    masks = {"tumour": ball(image, (0.4, 0.5, 0.6), 0.2), "node": ball(image, (0.6, 0.6, 0.3), 0.15)}
    index = {"subject": "s1", "timepoint": "baseline", "sequence": "unspecified", "reader": "A", "reading": 1}
    done = export(
        tmp_path,
        image,
        masks,
        series=[{"subject": "s1", "series": uid}],
        features=pd.DataFrame([{**index, "roi": roi, **VALUES} for roi in masks]),
    )
    file = seg_of(tmp_path, done)
    assert errors_of(*(tmp_path / "out").glob("*.dcm")) == []
    found = masks_by_hand(file, image)
    for roi, mask in masks.items():
        np.testing.assert_array_equal(found[roi], sitk.GetArrayFromImage(mask))


def test_masks_of_another_program_come_back_as_they_were(tmp_path: Path) -> None:
    folder = REAL / "dicom4qi_5"
    uid, image = series_in(folder / "image")
    (tmp_path / "source").symlink_to(folder / "image")
    before = masks_by_hand(folder / "mask" / "mask.dcm", image)
    masks = {}
    for name, array in before.items():
        masks[name] = sitk.GetImageFromArray(array)
        masks[name].CopyInformation(image)
    done = export(tmp_path, image, masks, series=[{"subject": "s1", "series": uid}])
    after = masks_by_hand(seg_of(tmp_path, done), image)
    for name, array in before.items():
        assert array.any()
        np.testing.assert_array_equal(after[name], array)


def test_a_mask_of_a_nifti_that_came_with_the_series(tmp_path: Path) -> None:
    """The IBSI publishes image and mask of its phantom as NIfTI too: by another converter."""
    uid, _ = series_in(REAL / "ibsi1_ct_phantom" / "image")
    (tmp_path / "source").symlink_to(REAL / "ibsi1_ct_phantom" / "image")
    image = sitk.ReadImage(str(DATA / "ibsi1" / "ct_phantom_image.nii.gz"))
    mask = sitk.ReadImage(str(DATA / "ibsi1" / "ct_phantom_mask.nii.gz"))
    done = export(tmp_path, image, {"gtv": mask}, series=[{"subject": "s1", "series": uid}])
    found = masks_by_hand(seg_of(tmp_path, done), image)["gtv"]
    np.testing.assert_array_equal(found, sitk.GetArrayFromImage(mask) > 0)
