"""Names of coded concepts, by public codes alone."""

import pytest
from pydicom.dataset import Dataset

from nbradiomics.dicom.masks.segmentations.coded_names import coded_name


def code(scheme: str, value: str, meaning: str = "SMITH") -> Dataset:
    item = Dataset()
    item.CodingSchemeDesignator, item.CodeValue, item.CodeMeaning = scheme, value, meaning
    return item


def segment(*types: Dataset, modifier: Dataset | None = None) -> Dataset:
    item = Dataset()
    item.SegmentedPropertyTypeCodeSequence = list(types)
    if modifier is not None:
        types[0].SegmentedPropertyTypeModifierCodeSequence = [modifier]
    return item


@pytest.mark.parametrize(
    ("scheme", "value", "expected"),
    [
        ("SCT", "10200004", "liver"),
        ("SRT", "T-62000", "liver"),
        ("SRT", "M-80003", "malignant-neoplasm-primary"),
        ("DCM", "113132", "single-subject-selected-from-group"),
        ("99SMITH", "1", ""),
        ("SCT", "SMITH", ""),
        ("", "", ""),
    ],
)
def test_public_codes_have_names(scheme: str, value: str, expected: str) -> None:
    assert coded_name(segment(code(scheme, value))) == expected


def test_a_side_is_part_of_the_name_and_an_unknown_one_leaves_none() -> None:
    kidney = ("SCT", "64033007")
    assert coded_name(segment(code(*kidney), modifier=code("SCT", "7771000"))) == "kidney-left"
    assert coded_name(segment(code(*kidney), modifier=code("99X", "7771000"))) == ""
    assert coded_name(segment(code(*kidney), code(*kidney))) == ""
    assert coded_name(Dataset()) == ""
