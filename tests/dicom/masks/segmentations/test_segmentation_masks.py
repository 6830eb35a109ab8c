"""Segmentations of every kind on a grid: what becomes a mask, and what is said."""

import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import HealthCheck, given, settings, strategies as st
from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes
from pydicom.uid import RLELossless

from nbradiomics.dicom.masks.from_objects import Masks, masks_of
from nbradiomics.dicom.masks.rules import MaskRules
from nbradiomics.dicom.volume import Volume
from nbradiomics.system.quiet import quiet
from tests.support.segmentations import description, segmentation
from tests.support.structure_sets import OBLIQUE, volume_of

#: 7 x 11 pixels are not whole bytes.
SIZE = (11, 7, 6)
RNG = np.random.default_rng(3)


def blob(size: tuple[int, int, int] = SIZE) -> np.ndarray:
    """Voxels on some of the slices; one in the first, none in the last."""
    voxels = (RNG.random(size[::-1]) < 0.3).astype(np.uint8)
    voxels[2] = 0
    voxels[-1] = 0
    return voxels


def save(dataset: Dataset, folder: Path) -> Path:
    path = folder / "seg.dcm"
    with quiet():
        dataset.save_as(path)
    return path


def made(dataset: Dataset, volume: Volume, folder: Path, **rules: Any) -> Masks:
    return masks_of(volume, [save(dataset, folder)], MaskRules(**rules))


def array(masks: Masks, place: int = 0) -> np.ndarray:
    return sitk.GetArrayFromImage(masks.masks[place].image)


def told(masks: Masks) -> str:
    return " ".join(f"{one.severity} {one.roi}: {one.cause}" for one in masks.problems)


@pytest.mark.parametrize("direction", [None, OBLIQUE, np.diag([-1.0, -1.0, 1.0])])
@pytest.mark.parametrize("left_out", [True, False])
@pytest.mark.parametrize("backwards", [True, False])
def test_a_binary_segment_is_on_its_voxels(
    direction: np.ndarray | None, left_out: bool, backwards: bool, tmp_path: Path
) -> None:
    volume = volume_of(SIZE, spacing=(0.7, 1.3, 2.5), direction=direction)
    voxels = blob()
    dataset = segmentation(volume, voxels, [description(1, "x")], omit_empty_frames=left_out)
    if backwards:
        dataset.PerFrameFunctionalGroupsSequence = dataset.PerFrameFunctionalGroupsSequence[::-1]
        frames = dataset.pixel_array[::-1]
        dataset.PixelData = np.packbits(frames.ravel(), bitorder="little").tobytes()
        if len(dataset.PixelData) % 2:
            dataset.PixelData += b"\0"
    masks = made(dataset, volume, tmp_path)
    np.testing.assert_array_equal(array(masks), voxels)
    assert [mask.roi for mask in masks.masks] == ["lesion"]
    assert not masks.problems
    assert masks.masks[0].outlined is None


def test_segments_may_overlap_and_are_named_by_their_codes(tmp_path: Path) -> None:
    volume = volume_of(SIZE)
    voxels = np.stack([blob(), blob(), blob(), blob()], axis=-1)
    left = codes.SCT.Kidney
    kinds = [codes.SCT.Lesion, codes.SCT.Lesion, left, codes.SCT.Liver]
    segments = [description(number, f"SMITH {number}", kind) for number, kind in enumerate(kinds, 1)]
    masks = made(segmentation(volume, voxels, segments), volume, tmp_path)
    assert [mask.roi for mask in masks.masks] == ["kidney", "lesion-1", "lesion-2", "liver"]
    for place, number in enumerate([2, 0, 1, 3]):
        np.testing.assert_array_equal(array(masks, place), voxels[..., number])
    assert "SMITH" not in str([(mask.roi, mask.reader) for mask in masks.masks])
    rules = MaskRules(regions=[{"roi": "tumour", "names": ["smith [12]"], "several": "union"}])
    union = masks_of(volume, [tmp_path / "seg.dcm"], rules)
    np.testing.assert_array_equal(array(union), voxels[..., 0] | voxels[..., 1])


def test_a_code_that_is_not_known_needs_a_rule(tmp_path: Path) -> None:
    volume = volume_of(SIZE)
    dataset = segmentation(volume, blob(), [description(1, "x")])
    code = dataset.SegmentSequence[0].SegmentedPropertyTypeCodeSequence[0]
    code.CodingSchemeDesignator, code.CodeValue = "99SMITH", "SMITH"
    masks = made(dataset, volume, tmp_path)
    assert not masks.masks
    assert "1 region of 1 without a known name" in told(masks)
    assert "SMITH" not in told(masks)


def test_a_label_map_is_split_into_its_segments(tmp_path: Path) -> None:
    volume = volume_of(SIZE)
    labels = RNG.integers(0, 4, SIZE[::-1]).astype(np.uint8)
    kinds = [codes.SCT.Liver, codes.SCT.Kidney, codes.SCT.Lesion]
    segments = [description(number, "x", kind) for number, kind in enumerate(kinds, 1)]
    masks = made(segmentation(volume, labels, segments, "LABELMAP"), volume, tmp_path)
    assert [mask.roi for mask in masks.masks] == ["kidney", "lesion", "liver"]
    for place, number in enumerate([2, 3, 1]):
        np.testing.assert_array_equal(array(masks, place), labels == number)


@pytest.mark.parametrize("compressed", [False, True])
def test_fractions_from_the_limit_on_are_in_the_mask(compressed: bool, tmp_path: Path) -> None:
    volume = volume_of(SIZE)
    shares = RNG.choice([0, 0.2, 0.5, 0.7, 1.0], SIZE[::-1])
    options: dict[str, Any] = {"fractional_type": "PROBABILITY", "max_fractional_value": 10}
    if compressed:
        options["transfer_syntax_uid"] = RLELossless
    dataset = segmentation(volume, shares, [description(1, "x")], "FRACTIONAL", **options)
    masks = made(dataset, volume, tmp_path)
    np.testing.assert_array_equal(array(masks), shares >= 0.5)
    assert "voxels with a probability of at least 50" in told(masks)
    strict = masks_of(volume, [tmp_path / "seg.dcm"], MaskRules(fraction=0.7))
    np.testing.assert_array_equal(array(strict), shares >= 0.7)
    dataset.MaximumFractionalValue = 0
    assert "no Maximum Fractional Value" in told(made(dataset, volume, tmp_path))


def test_an_empty_segment_is_no_mask(tmp_path: Path) -> None:
    volume = volume_of(SIZE)
    voxels = np.stack([blob(), np.zeros(SIZE[::-1], np.uint8)], axis=-1)
    segments = [description(1, "x", codes.SCT.Liver), description(2, "y")]
    masks = made(segmentation(volume, voxels, segments), volume, tmp_path)
    assert [mask.roi for mask in masks.masks] == ["liver"]
    assert "error lesion: the segment has no voxels." in told(masks)


def test_what_lies_outside_the_image_is_told(tmp_path: Path) -> None:
    whole = volume_of(SIZE, spacing=(1, 1, 4))
    cropped = volume_of((6, 7, 3), spacing=(1, 1, 4), origin=(-17, 10, 104))
    cropped = replace(cropped, slices=whole.slices[1:4])
    voxels = np.ones(SIZE[::-1], np.uint8)
    masks = made(segmentation(whole, voxels, [description(1, "x")]), cropped, tmp_path)
    assert array(masks).all()
    assert "1.34 ml lie outside the image and are not in the mask; 0.50 ml are" in told(masks)
    away = replace(volume_of((6, 7, 3), origin=(900, 10, 104)), slices=whole.slices[1:4])
    masks = made(segmentation(whole, voxels, [description(1, "x")]), away, tmp_path)
    assert not masks.masks
    assert "lies outside the image" in told(masks)


@pytest.mark.parametrize("shift", [0.0, 0.2])
@pytest.mark.parametrize(
    ("stated", "thickness", "refused"), [(3.0, 1.0, False), (None, 1.0, True), (None, 3.0, False)]
)
def test_thin_planes_with_gaps_are_no_stripes(
    stated: float | None, thickness: float, refused: bool, shift: float, tmp_path: Path
) -> None:
    """Planes of 1 mm, 3 mm apart, on an image of 1 mm slices: between them nothing would be drawn."""
    volume = volume_of((20, 14, 6), spacing=(1.0, 1.0, 3.0))
    voxels = np.zeros((6, 14, 20), np.uint8)
    voxels[1:5, 4:10, 5:15] = 1
    dataset = segmentation(volume, voxels, [description(1, "x")])
    measures = dataset.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0]
    measures.SliceThickness = thickness
    del measures.SpacingBetweenSlices
    if stated:
        measures.SpacingBetweenSlices = stated
    fine = replace(
        volume_of((20, 14, 18), spacing=(1.0, 1.0, 1.0), origin=(-20.0, 10.0, 100.0 + shift)), series="1"
    )
    fine = replace(
        fine, slices=tuple(replace(one, sop_instance=f"{one.sop_instance}.1") for one in fine.slices)
    )
    masks = made(dataset, fine, tmp_path, other_series=True)
    assert ("their distance is not stated" in told(masks)) == refused
    assert len(masks.masks) == (not refused)
    if not refused:
        slices = np.flatnonzero(array(masks).any(axis=(1, 2)))
        assert len(slices) == slices[-1] - slices[0] + 1
        assert masks.masks[0].volume == pytest.approx(volume_in_ml(volume, voxels), rel=0.1)


def volume_in_ml(volume: Volume, voxels: np.ndarray) -> float:
    return float(voxels.sum() * np.prod(volume.image.GetSpacing()) / 1000)


def test_another_grid_is_resampled_by_nearest_neighbour_and_told(tmp_path: Path) -> None:
    fine = volume_of((40, 30, 16), spacing=(1.0, 1.0, 1.5))
    coarse = volume_of((20, 20, 8), spacing=(2.2, 1.8, 3.0), origin=(-19.3, 10.4, 100.4))
    voxels = np.zeros((16, 30, 40), np.uint8)
    voxels[4:12, 6:24, 8:30] = 1
    masks = made(segmentation(fine, voxels, [description(1, "x")]), coarse, tmp_path)
    expected = sitk.GetImageFromArray(voxels)
    expected.CopyInformation(fine.image)
    expected = sitk.Resample(expected, coarse.image, sitk.Transform(), sitk.sitkNearestNeighbor)
    np.testing.assert_array_equal(array(masks), sitk.GetArrayFromImage(expected))
    assert "on another grid than the series: it was resampled by nearest neighbour" in told(masks)


def test_frames_across_the_slices_of_the_same_grid_are_placed(tmp_path: Path) -> None:
    """A segmentation made on the sagittal view of the same voxels."""
    axial = volume_of((8, 9, 10), spacing=(1.0, 1.5, 2.0))
    turn = np.eye(3)[:, [1, 2, 0]]
    sagittal = volume_of((9, 10, 8), spacing=(1.5, 2.0, 1.0), direction=turn)
    voxels = (RNG.random((8, 10, 9)) < 0.3).astype(np.uint8)
    masks = made(segmentation(sagittal, voxels, [description(1, "x")]), axial, tmp_path)
    np.testing.assert_array_equal(array(masks), voxels.transpose(1, 2, 0))


def changed(dataset: Dataset, change: str) -> Dataset:
    frames = dataset.PerFrameFunctionalGroupsSequence
    if change == "one frame described less":
        dataset.PerFrameFunctionalGroupsSequence = frames[:-1]
    elif change == "position missing":
        del frames[0].PlanePositionSequence
    elif change == "segment missing":
        del dataset.SharedFunctionalGroupsSequence[0].SegmentIdentificationSequence
    elif change == "orientation":
        shared = dataset.SharedFunctionalGroupsSequence[0].PlaneOrientationSequence[0]
        shared.ImageOrientationPatient = [1, 0, 0, 1, 0, 0]
    elif change == "on another slice than its image":
        position = frames[0].PlanePositionSequence[0]
        position.ImagePositionPatient = copy.copy(frames[1].PlanePositionSequence[0].ImagePositionPatient)
        frames[1].PlanePositionSequence[0].ImagePositionPatient = [-20, 10, 100]
    elif change == "twice on one plane":
        frames[0].PlanePositionSequence = frames[1].PlanePositionSequence
        del frames[0].DerivationImageSequence
    elif change == "pixels cut short":
        dataset.PixelData = dataset.PixelData[:4]
    elif change == "kind":
        dataset.SegmentationType = "OTHER"
    return dataset


@pytest.mark.parametrize(
    "change",
    [
        "one frame described less",
        "position missing",
        "segment missing",
        "orientation",
        "on another slice than its image",
        "twice on one plane",
        "pixels cut short",
        "kind",
    ],
)
def test_a_damaged_segmentation_is_no_mask(change: str, tmp_path: Path) -> None:
    volume = volume_of(SIZE)
    dataset = changed(segmentation(volume, blob(), [description(1, "x")]), change)
    masks = made(dataset, volume, tmp_path)
    assert not masks.masks
    assert masks.problems
    assert all(one.severity == "error" for one in masks.problems if "standard" not in one.cause)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_changed_bytes_are_no_exception(data: st.DataObject, tmp_path: Path) -> None:
    volume = volume_of(SIZE)
    content = bytearray(_whole(tmp_path))
    if data.draw(st.booleans()):
        del content[data.draw(st.integers(0, 4000)) :]
    else:
        for _ in range(8):
            content[data.draw(st.integers(132, 4000))] = data.draw(st.integers(0, 255))
    path = tmp_path / "changed.dcm"
    path.write_bytes(content)
    masks = masks_of(volume, [path], MaskRules())
    assert all(mask.voxels > 0 for mask in masks.masks)


def _whole(folder: Path) -> bytes:
    path = folder / "seg.dcm"
    if not path.exists():
        save(segmentation(volume_of(SIZE), blob(), [description(1, "x")]), folder)
    return path.read_bytes()
