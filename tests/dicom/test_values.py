"""Values of elements: whatever their kind, one text or none."""

from __future__ import annotations

import pytest
from pydicom.dataset import Dataset

from nbradiomics.dicom.values import items, text, texts, whole_number


def test_a_person_s_name_is_one_text() -> None:
    data = Dataset()
    data.PatientName = "Müller^Jörg"
    assert text(data, "PatientName") == "Müller^Jörg"


def test_several_values_are_joined_and_padding_is_left_out() -> None:
    data = Dataset()
    data.ImageType = ["ORIGINAL ", "PRIMARY"]
    data.StudyID = "7  a\0"
    assert texts(data, "ImageType") == ("ORIGINAL", "PRIMARY")
    assert text(data, "ImageType") == "ORIGINAL\\PRIMARY"
    assert text(data, "StudyID") == "7 a"
    assert text(data, "Modality") == ""


@pytest.mark.parametrize("value", ["", None])
def test_empty_values_are_no_numbers(value: str | None) -> None:
    data = Dataset()
    data.SeriesNumber = value
    assert whole_number(data, "SeriesNumber") is None
    assert items(data, "SeriesNumber") == []
