"""DICOM as image or mask gets its reason and the remedy."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from nbradiomics.errors import InputError
from nbradiomics.images.io import read_image
from nbradiomics.study.checks import check
from tests.support.helpers import ball, make_image, write_cohort, write_scan


def test_real_slices_series_and_segmentations_are_named(real_data: Path) -> None:
    for folder in ("adc/SCAN_001/t2_image", "sts/STS_003", "dicom4qi_3"):
        with pytest.raises(InputError, match="is a folder of DICOM files") as stop:
            read_image(real_data / "dicom" / folder)
        assert "dcm2niix" in stop.value.remedy
    with pytest.raises(InputError, match="is a DICOM file, usually one slice"):
        read_image(next((real_data / "dicom/adc/SCAN_001/t2_image").glob("*.dcm")))
    files = [file for file in (real_data / "dicom").rglob("*") if file.is_file()]
    refused = set()
    for file in files:
        with pytest.raises(InputError) as stop:
            read_image(file)
        refused.add(stop.value.problem.removeprefix(str(file)).split(";")[0])
    assert refused >= {
        " is a DICOM file, usually one slice of a series",
        " is a DICOM RTSTRUCT (outlines)",
        " is a DICOM SEG (segmentation)",
    }


def test_a_slice_and_a_folder_are_problems_of_their_rows(tmp_path: Path) -> None:
    write_scan(tmp_path, "s", {"A": ball()})
    series = tmp_path / "series"
    series.mkdir()
    for name in ("1.dcm", "2"):  # the ending does not matter
        one = sitk.Cast(make_image(np.arange(20, dtype=np.uint16).reshape(1, 4, 5)), sitk.sitkUInt16)
        sitk.WriteImage(one[:, :, 0], str(tmp_path / "one.dcm"))
        (series / name).write_bytes((tmp_path / "one.dcm").read_bytes())
    rows = ["a,one.dcm,,", "b,series,,", "c,s.nii.gz,A,series/2", "d,s.nii.gz,A,series"]
    table = check(write_cohort(tmp_path, rows))
    own = table[table["severity"] == "error"]
    assert own["row"].tolist() == ["2", "3", "4", "5"]
    assert own["column"].tolist() == ["image", "image", "mask", "mask"]
    assert own["problem"].str.contains("DICOM").all()
    assert own["remedy"].str.contains("NIfTI or NRRD").all()


def test_a_folder_of_anything_else_is_a_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is a folder; an image file was expected"):
        read_image(tmp_path)
