"""Regions of one reader that are spread over several structure sets or segmentations."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nbradiomics.dicom.masks.from_objects import Masks, masks_of
from nbradiomics.dicom.masks.rules import MaskRules
from nbradiomics.dicom.pseudonyms import Pseudonyms
from nbradiomics.dicom.volume import Volume
from nbradiomics.system.quiet import quiet
from tests.support.segmentations import description, segmentation
from tests.support.structure_sets import contour, in_mm, structure_set, volume_of, write

VOLUME = volume_of()
NAMES = Pseudonyms(b"k" * 32)


def square(low: float, high: float) -> list[Any]:
    points = [(low, low), (high, low), (high, high), (low, high)]
    return [contour(in_mm(VOLUME, points, 2))]


A, B = square(0.5, 2.5), square(8.5, 11.5)  # 4 and 9 voxels


def file(folder: Path, number: int, regions: dict[str, Any], **texts: str) -> Path:
    dataset = structure_set(VOLUME, regions)
    dataset.SOPInstanceUID = f"1.2.3.{number}"
    for keyword, value in texts.items():
        setattr(dataset, keyword, value)
    return write(dataset, folder / f"{number}.dcm")


def segments_of(folder: Path, numbers: list[int]) -> tuple[Volume, list[Path]]:
    """Segmentations of one reader with so many lesions each."""
    paths = []
    for number in numbers:
        columns, rows, slices = VOLUME.image.GetSize()
        voxels = np.zeros((slices, rows, columns, number), np.uint8)
        for place in range(number):
            voxels[1, 4 * place : 4 * place + 2, 1:4, place] = 1
        labels = [description(place + 1, f"L{place}") for place in range(number)]
        dataset = segmentation(VOLUME, voxels, labels)
        dataset.ContentCreatorName = "Jones^Ann"
        paths.append(folder / f"seg{number}.dcm")
        with quiet():
            dataset.save_as(paths[-1])
    return VOLUME, paths


def found(masks: Masks) -> dict[str, int]:
    return {f"{mask.reader} {mask.roi}": mask.voxels for mask in masks.masks}


def told(masks: Masks, severity: str = "error") -> str:
    return " ".join(f"{one.roi}: {one.cause}" for one in masks.problems if one.severity == severity)


def two(folder: Path, first: dict[str, Any], second: dict[str, Any], **texts: str) -> list[Path]:
    return [
        file(folder, 1, first, StructureSetDate="20200101", **texts),
        file(folder, 2, second, StructureSetDate="20200201", **texts),
    ]


@pytest.mark.parametrize("by_rules", [True, False])
def test_different_regions_in_different_objects_belong_together(tmp_path: Path, by_rules: bool) -> None:
    files = two(tmp_path, {"GTV 1": A}, {"GTV 2": B}, OperatorsName="Jones^Ann")
    rules = MaskRules(
        regions=[{"roi": "gtv-1", "names": "GTV 1"}, {"roi": "gtv-2", "names": "GTV 2"}] if by_rules else []
    )
    masks = masks_of(VOLUME, files, rules, NAMES)
    reader = f"reader-{NAMES.name('reader', 'jones^ann')}"
    assert found(masks) == {f"{reader} gtv-1": 4, f"{reader} gtv-2": 9}
    assert not masks.problems


def test_objects_that_name_nobody_are_one_reader_s_if_their_regions_differ(tmp_path: Path) -> None:
    masks = masks_of(VOLUME, two(tmp_path, {"GTV 1": A}, {"GTV 2": B}), MaskRules(), NAMES)
    assert found(masks) == {"reader-1 gtv-1": 4, "reader-1 gtv-2": 9}
    assert "2 objects name no reader" in told(masks, "warning")


def test_copies_of_nobody_are_no_second_reader(tmp_path: Path) -> None:
    """Two readers with equal masks would agree perfectly."""
    three = [*two(tmp_path, {"GTV": A}, {"GTV": A}), file(tmp_path, 3, {"GTV": B})]
    assert found(masks_of(VOLUME, three[:2], MaskRules(), NAMES)) == {"reader-1 gtv": 4}
    masks = masks_of(VOLUME, three, MaskRules(), NAMES)
    assert found(masks) == {"reader-1 gtv": 4, "reader-2 gtv": 9}
    assert "another object has the same masks" in told(masks, "warning")


@pytest.mark.parametrize(
    ("several", "expected"),
    [
        ("refuse", {}),
        ("union", {"A tumour": 13}),
        ("number", {"A tumour-1": 4, "A tumour-2": 9}),
        ("latest", {"A tumour": 9}),
    ],
)
def test_one_region_in_two_objects_of_a_reader(
    several: str, expected: dict[str, int], tmp_path: Path
) -> None:
    rules = MaskRules(
        regions=[{"roi": "tumour", "names": "GTV", "several": several}],
        readers=[{"reader": "A", "label": "*"}],
    )
    files = two(tmp_path, {"GTV": A}, {"GTV": B})
    for order in (files, files[::-1]):  # the order of the files' names says nothing
        masks = masks_of(VOLUME, order, rules, NAMES)
        assert found(masks) == expected
        assert ("none was used" in told(masks)) == (several == "refuse")
        assert "2 objects" in told(masks, "error" if several == "refuse" else "warning")
    if several == "union":
        assert {masks.masks[0].source, *masks.masks[0].others} == set(files)


def test_a_rule_that_no_object_matches_is_told_once_with_what_was_there(tmp_path: Path) -> None:
    rules = MaskRules(regions=[{"roi": "tumour", "names": "GTV"}, {"roi": "liver", "names": "Hepar"}])
    masks = masks_of(VOLUME, two(tmp_path, {"GTV": A}, {"SMITH": B}), rules, NAMES)
    assert found(masks) == {"reader-1 tumour": 4}
    assert told(masks).count("liver") == 1
    known = f"region-{NAMES.name('region', 'smith')[:6]}"
    assert "no region of 2 objects of this reader matches the rule. There are: " in told(masks)
    assert known in told(masks)
    assert "SMITH" not in told(masks)


@pytest.mark.parametrize("dates", [("", ""), ("20200101", ""), ("20200101", "20200101")])
def test_the_latest_needs_dates(dates: tuple[str, str], tmp_path: Path) -> None:
    files = []
    for number, (date, region) in enumerate(zip(dates, (A, B), strict=True), start=1):
        texts = dict.fromkeys(("StructureSetDate", "ContentDate", "SeriesDate"), date)
        files.append(file(tmp_path, number, {"GTV": region}, InstanceCreationDate=date, **texts))
    rules = MaskRules(regions=[{"roi": "tumour", "names": "GTV", "several": "latest"}])
    masks = masks_of(VOLUME, files, rules, NAMES)
    assert not masks.masks
    assert "do not tell which is the latest" in told(masks)


@pytest.mark.parametrize("several", ["union", "latest"])
def test_an_object_that_cannot_be_read_leaves_no_union_and_no_latest(several: str, tmp_path: Path) -> None:
    files = [*two(tmp_path, {"GTV": A}, {"GTV": B}), file(tmp_path, 3, {})]
    rules = MaskRules(regions=[{"roi": "tumour", "names": "GTV", "several": several}])
    masks = masks_of(VOLUME, files, rules, NAMES)
    assert not masks.masks
    assert "so this one may be incomplete" in told(masks)
    files[2].write_bytes(files[2].read_bytes()[:900])
    masks = masks_of(VOLUME, files, rules, NAMES)
    assert not masks.masks
    masks = masks_of(VOLUME, files[:2], rules, NAMES)
    assert found(masks) == {"reader-1 tumour": 13 if several == "union" else 9}


def test_a_copy_of_a_lesion_is_not_another_one(tmp_path: Path) -> None:
    files = [*two(tmp_path, {"GTV": A}, {"GTV": B}), file(tmp_path, 3, {"GTV": A})]
    rules = MaskRules(regions=[{"roi": "lesion", "names": "GTV", "several": "number"}])
    masks = masks_of(VOLUME, files, rules, NAMES)
    assert found(masks) == {"reader-1 lesion-1": 4, "reader-1 lesion-2": 9}
    assert "was left out as a copy" in told(masks, "warning")


def test_versions_with_another_number_of_lesions_are_refused(tmp_path: Path) -> None:
    """A later file without the second lesion must not become a third lesion."""
    volume, objects = segments_of(tmp_path, [2, 1])
    masks = masks_of(volume, objects, MaskRules(), NAMES)
    assert not masks.masks
    assert told(masks).count("2 objects have different masks of this region") == 3
    rules = MaskRules(regions=[{"roi": "lesion", "names": "*", "several": "latest"}])
    assert "2 regions match the rule" in told(masks_of(volume, objects[:1], rules, NAMES))
