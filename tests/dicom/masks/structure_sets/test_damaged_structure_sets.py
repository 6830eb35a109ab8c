"""Damaged structure sets: a mask as if undamaged, or a problem; never an exception, never another mask."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import HealthCheck, given, settings, strategies as st
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.tag import Tag

from nbradiomics.dicom.masks.from_objects import Masks, masks_of
from nbradiomics.dicom.masks.rules import MaskRules
from tests.support.structure_sets import contour, in_mm, structure_set, volume_of, write

CONTOUR_DATA, ROI_NAME, INTERPRETED_TYPE = 0x30060050, 0x30060026, 0x300600A4
VOLUME = volume_of()
SQUARE = [(9.5, 9.5), (19.5, 9.5), (19.5, 19.5), (9.5, 19.5)]


def whole() -> Dataset:
    contours = [contour(in_mm(VOLUME, SQUARE, place), images=[f"1.2.3.9.{place}"]) for place in range(2, 5)]
    return structure_set(VOLUME, {"GTV": contours}, GTV="GTV")


def read(dataset: Dataset, folder: Path) -> Masks:
    return masks_of(VOLUME, [write(dataset, folder / "rs.dcm")], MaskRules())


def unexpected(masks: Masks) -> list[str]:
    return [one.cause for one in masks.problems if "cannot be read (" in one.cause]


@pytest.mark.parametrize(
    ("values", "cause"),
    [
        (["1"] * 8, "not a multiple of three"),
        (["nan"] * 12, "not finite"),
        (["inf", "0", "0"] * 4, "not finite"),
        (["1e30", "0", "0"] * 4, "not finite"),
        (
            ["1e5", "0", "106", "1e5", "9", "106", "2e5", "9", "106", "2e5", "0", "106"],
            "more than 2 m beyond",
        ),
        (["1", "2", "x"] * 4, "not numbers"),
        (["", "", ""] * 4, "not numbers"),
        (["1", "2", "106"] * 3, "another number of points"),
        ([], "another number of points"),
        (["1,5", "2", "106"] * 4, "not numbers"),
    ],
)
def test_bad_coordinates_refuse_the_region(values: list[str], cause: str, tmp_path: Path) -> None:
    dataset = whole()
    put(dataset.ROIContourSequence[0].ContourSequence[1], CONTOUR_DATA, "\\".join(values).encode())
    masks = read(dataset, tmp_path)
    assert not masks.masks
    assert any(cause in one.cause for one in masks.problems), masks.problems
    assert not unexpected(masks)


def put(item: Dataset, tag: int, raw: bytes) -> None:
    """Put bytes into an element as they are: pydicom would not make such values."""
    padded = raw + b" " * (len(raw) % 2)
    item[tag] = RawDataElement(Tag(tag), None, len(padded), padded, 0, True, True)


def places(dataset: Dataset) -> Iterator[tuple[Dataset, int]]:
    for element in dataset:
        if element.tag.group == 2:
            continue
        yield dataset, element.tag
        if element.VR == "SQ":
            for item in element.value:
                yield from places(item)


ALL = len(list(places(whole())))


def same(masks: Masks) -> bool:
    if len(masks.masks) != 1 or masks.masks[0].roi != "gtv":
        return False
    expected = np.zeros((8, 30, 40), np.uint8)
    expected[2:5, 10:20, 10:20] = 1
    return bool((sitk.GetArrayFromImage(masks.masks[0].image) == expected).all())


@pytest.mark.parametrize("number", range(ALL))
def test_an_element_that_is_missing_or_empty_changes_no_mask_in_silence(number: int, tmp_path: Path) -> None:
    for empty in (False, True):
        dataset = whole()
        holder, tag = list(places(dataset))[number]
        if empty:
            holder[tag].value = None if holder[tag].VR != "SQ" else []
        else:
            del holder[tag]
        masks = read(dataset, tmp_path)
        assert same(masks) or masks.problems or not masks.referring
        assert not unexpected(masks)


JUNK = st.one_of(
    st.text(alphabet="0123456789.eE+- \\ABCnaif\0", max_size=40).map(lambda text: text.encode()),
    st.binary(max_size=24),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(number=st.integers(0, ALL - 1), junk=JUNK)
def test_junk_in_an_element_is_no_exception(number: int, junk: bytes, tmp_path: Path) -> None:
    dataset = whole()
    holder, tag = list(places(dataset))[number]
    put(holder, tag, junk)
    try:
        path = write(dataset, tmp_path / "rs.dcm")
    except Exception:  # pydicom writes no sequence that it cannot read; changed bytes make such files
        return
    masks = masks_of(VOLUME, [path], MaskRules())
    may_be_valid = tag in (CONTOUR_DATA, ROI_NAME, INTERPRETED_TYPE)
    assert same(masks) or masks.problems or not masks.referring or may_be_valid


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_file_cut_short_or_with_changed_bytes_is_no_exception(data: st.DataObject, tmp_path: Path) -> None:
    path = write(whole(), tmp_path / "rs.dcm")
    content = bytearray(path.read_bytes())
    if data.draw(st.booleans()):
        del content[data.draw(st.integers(0, len(content) - 1)) :]
    else:
        for _ in range(8):
            content[data.draw(st.integers(132, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content)
    masks = masks_of(VOLUME, [path], MaskRules())
    assert all(mask.voxels > 0 for mask in masks.masks)


@pytest.mark.parametrize("content", [b"", b"text", b"\0" * 200 + b"DICM"])
def test_a_file_that_is_not_dicom_is_a_problem(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "SMITH_JOHN.dcm"
    path.write_bytes(content)
    masks = masks_of(VOLUME, [path, tmp_path / "absent"], MaskRules())
    assert [one.severity for one in masks.problems] == ["error", "error"]
    assert "SMITH" not in " ".join(one.cause + one.hint for one in masks.problems)


def test_a_file_that_was_cut_off_has_no_mask_or_all_of_them(tmp_path: Path) -> None:
    """pydicom reads what is left without an error, so that a region would be missing."""
    points = [(1.5, 1.5), (7.5, 1.5), (7.5, 7.5), (1.5, 7.5)]
    regions = {name: [contour(in_mm(VOLUME, points, place)) for place in (1, 2)] for name in ("GTV", "CTV")}
    path = write(structure_set(VOLUME, regions), tmp_path / "rs.dcm")
    content = path.read_bytes()
    assert len(masks_of(VOLUME, [path], MaskRules()).masks) == 2
    for size in range(len(content) - 1500, len(content), 50):
        path.write_bytes(content[:size])
        masks = masks_of(VOLUME, [path], MaskRules())
        assert not masks.masks
        assert not masks.referring or masks.problems
