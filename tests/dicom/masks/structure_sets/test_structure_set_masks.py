"""Structure sets of every kind on a grid: what becomes a mask, and what is said."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given, settings, strategies as st
from pydicom.dataset import Dataset

from nbradiomics.dicom.masks.from_objects import Masks, masks_of
from nbradiomics.dicom.masks.rules import MaskRules
from nbradiomics.dicom.volume import Volume
from tests.support.structure_sets import OBLIQUE, contour, in_mm, structure_set, volume_of, write

SQUARE = [(9.5, 9.5), (19.5, 9.5), (19.5, 19.5), (9.5, 19.5)]
HOLE = [(12.5, 12.5), (15.5, 12.5), (15.5, 16.5), (12.5, 16.5)]


def square(low: float, high: float) -> list[tuple[float, float]]:
    return [(low, low), (high, low), (high, high), (low, high)]


def drawn(volume: Volume, *parts: tuple[Any, float], **options: Any) -> list[Dataset]:
    """Contours of polygons in pixels, each on its place along the slices."""
    return [contour(in_mm(volume, polygon, place), **options) for polygon, place in parts]


def made(folder: Path, volume: Volume, contours: Sequence[Dataset], name: str = "GTV", **rules: Any) -> Masks:
    path = write(structure_set(volume, {name: contours}), folder / "rs.dcm")
    return masks_of(volume, [path], MaskRules(**rules))


def voxels(masks: Masks) -> np.ndarray:
    (mask,) = masks.masks
    array = sitk.GetArrayFromImage(mask.image)
    assert mask.voxels == array.sum()
    return array


def told(masks: Masks) -> str:
    return " ".join(f"{one.severity}: {one.cause} {one.hint}" for one in masks.problems)


@pytest.mark.parametrize("direction", [None, OBLIQUE, np.diag([-1.0, 1.0, -1.0]), np.eye(3)[[1, 2, 0]]])
@pytest.mark.parametrize("spacing", [(1.0, 1.0, 3.0), (0.7, 1.3, 2.2)])
def test_a_square_is_on_its_pixels_in_any_orientation(
    direction: np.ndarray | None, spacing: tuple[float, float, float], tmp_path: Path
) -> None:
    volume = volume_of(spacing=spacing, direction=direction)
    masks = made(tmp_path, volume, drawn(volume, (SQUARE, 2), (SQUARE, 3)))
    expected = np.zeros((8, 30, 40), np.uint8)
    expected[2:4, 10:20, 10:20] = 1
    np.testing.assert_array_equal(voxels(masks), expected)
    assert not masks.problems
    mask = masks.masks[0]
    assert (mask.roi, mask.reader) == ("gtv", "reader-1")
    assert mask.volume == pytest.approx(200 * np.prod(spacing) / 1000)
    assert mask.outlined == pytest.approx(mask.volume)
    assert mask.image.GetPixelID() == sitk.sitkUInt8
    assert mask.image.GetDirection() == volume.image.GetDirection()
    assert mask.image.GetOrigin() == volume.image.GetOrigin()
    assert mask.image.GetSpacing() == volume.image.GetSpacing()


@settings(max_examples=25, deadline=None)
@given(
    st.floats(3, 12),
    st.floats(3, 12),
    st.tuples(st.floats(-500, 500), st.floats(-500, 500), st.floats(-500, 500)),
    st.booleans(),
)
def test_grid_and_contour_moved_together_change_nothing(
    tmp_path_factory: pytest.TempPathFactory,
    wide: float,
    high: float,
    origin: tuple[float, float, float],
    oblique: bool,
) -> None:
    folder = tmp_path_factory.mktemp("rs")
    angles = np.linspace(0, 2 * np.pi, 90, endpoint=False)
    polygon = np.column_stack([18.3 + wide * np.cos(angles), 14.2 + high * np.sin(angles)])
    plain = volume_of(spacing=(0.9, 1.1, 2.0))
    moved = volume_of(
        spacing=(0.9, 1.1, 2.0), origin=np.round(origin, 3), direction=OBLIQUE if oblique else None
    )
    first, second = (made(folder, one, drawn(one, (polygon, 4))) for one in (plain, moved))
    # Files have 16 characters for a coordinate: a centre on a contour may fall on either side.
    assert np.count_nonzero(voxels(first) != voxels(second)) <= 1


def test_an_inner_contour_is_a_hole_and_one_in_it_an_island(tmp_path: Path) -> None:
    volume = volume_of()
    masks = made(tmp_path, volume, drawn(volume, (SQUARE, 1), (HOLE, 1), (square(13.5, 14.5), 1)))
    assert voxels(masks).sum() == 100 - 12 + 1
    assert masks.masks[0].outlined == pytest.approx((100 - 12 + 1) * 3 / 1000)
    assert not masks.problems


def test_a_keyhole_is_a_hole(tmp_path: Path) -> None:
    volume = volume_of()
    keyhole = [*SQUARE, SQUARE[0], *HOLE[::-1], HOLE[-1]]
    masks = made(tmp_path, volume, drawn(volume, (keyhole, 1)))
    assert voxels(masks).sum() == 88
    assert not masks.problems


def test_two_regions_side_by_side_share_no_voxel(tmp_path: Path) -> None:
    volume = volume_of()
    left, right = [(5, 5), (10, 5), (12, 20), (5, 20)], [(10, 5), (25, 5), (25, 20), (12, 20)]
    whole = [(5, 5), (25, 5), (25, 20), (5, 20)]
    dataset = structure_set(
        volume,
        {name: drawn(volume, (part, 1)) for name, part in (("1", left), ("2", right), ("3", whole))},
    )
    path = write(dataset, tmp_path / "rs.dcm")
    masks = masks_of(volume, [path], MaskRules(others="number"))
    one, two, both = (sitk.GetArrayFromImage(mask.image) for mask in masks.masks)
    assert not (one & two).any()
    np.testing.assert_array_equal(one | two, both)


@pytest.mark.parametrize("change", [lambda p: p, lambda p: p[::-1], lambda p: p[2:] + p[:2]])
def test_a_contour_that_is_there_twice_counts_once(change: Any, tmp_path: Path) -> None:
    volume = volume_of()
    masks = made(tmp_path, volume, drawn(volume, (SQUARE, 1), (change(SQUARE), 1)))
    assert voxels(masks).sum() == 100
    assert "1 of 2 closed contours is there twice" in told(masks)


def test_contours_that_overlap_in_part_are_told(tmp_path: Path) -> None:
    volume = volume_of(spacing=(1.0, 1.0, 4.0))
    masks = made(tmp_path, volume, drawn(volume, (SQUARE, 1), (square(14.5, 24.5), 1)))
    assert voxels(masks).sum() == 200 - 2 * 25
    assert "overlap in part; 0.10 ml of 0.60 ml are affected" in told(masks)


def test_a_contour_that_crosses_itself_is_told(tmp_path: Path) -> None:
    volume = volume_of()
    angles = 2 * np.pi * np.array([0, 2, 4, 1, 3]) / 5
    star = np.column_stack([15 + 12 * np.cos(angles), 15 + 12 * np.sin(angles)])
    masks = made(tmp_path, volume, drawn(volume, (star, 1)))
    assert "cross themselves" in told(masks)
    eight = [(5, 5), (25, 20), (25, 5), (5, 20)]
    masks = made(tmp_path, volume, drawn(volume, (eight, 1)))
    assert "on 1 slice the mask and the area of the contours differ" in told(masks)


def test_slices_without_contours_stay_empty_and_are_counted(tmp_path: Path) -> None:
    volume = volume_of()
    masks = made(tmp_path, volume, drawn(volume, (SQUARE, 1), (SQUARE, 3), (SQUARE, 6)))
    assert voxels(masks).any(axis=(1, 2)).tolist() == [False, True, False, True, False, False, True, False]
    assert "3 slices between the first and the last of 3 slices with contours have none" in told(masks)


@pytest.mark.parametrize(
    ("place", "expected"), [(2.05, (2, False)), (2.3, (2, True)), (2.5, (2, True)), (2.6, (3, True))]
)
def test_a_contour_between_slices_is_on_the_nearest(
    place: float, expected: tuple[int, bool], tmp_path: Path
) -> None:
    volume = volume_of()
    masks = made(tmp_path, volume, drawn(volume, (SQUARE, place)))
    assert np.flatnonzero(voxels(masks).any(axis=(1, 2))).tolist() == [expected[0]]
    assert ("of the distance of two slices" in told(masks)) == expected[1]


def test_of_several_planes_on_one_slice_the_nearest_is_used(tmp_path: Path) -> None:
    volume = volume_of()
    masks = made(tmp_path, volume, drawn(volume, (square(4.5, 8.5), 1.7), (SQUARE, 2), (HOLE, 2.3)))
    assert voxels(masks).sum() == 100
    assert "2 of 3 closed contours are on a plane that is not the nearest" in told(masks)


def test_what_is_outside_the_image_is_told_with_its_volume(tmp_path: Path) -> None:
    volume = volume_of(spacing=(1.0, 1.0, 4.0))
    masks = made(tmp_path, volume, drawn(volume, (square(-5.5, 4.5), 0), (SQUARE, -1), (SQUARE, 7)))
    assert voxels(masks).sum() == 25 + 100
    assert "0.70 ml lie outside the image and are not in the mask; 0.50 ml are" in told(masks)
    masks = made(tmp_path, volume, drawn(volume, (SQUARE, 9)))
    assert not masks.masks
    assert "all contours lie outside the image" in told(masks)


@pytest.mark.parametrize("kind", ["POINT", "OPEN_PLANAR", "OPEN_NONPLANAR", "POINT_CLOUD", ""])
def test_contours_without_an_area_are_counted_and_alone_no_region(kind: str, tmp_path: Path) -> None:
    volume = volume_of()
    others = drawn(volume, ([(3, 3)], 1), (SQUARE, 1), kind=kind)
    masks = made(tmp_path, volume, others)
    assert not masks.masks
    assert "none of the 2 contours encloses an area" in told(masks)
    masks = made(tmp_path, volume, [*others, *drawn(volume, (SQUARE, 2))])
    assert voxels(masks).sum() == 100
    assert "2 contours without an area" in told(masks)


@pytest.mark.parametrize("points", [SQUARE[:1], SQUARE[:2], [*SQUARE[:2], SQUARE[0]], [SQUARE[0]] * 5])
def test_closed_contours_of_fewer_than_three_points_are_told(points: Any, tmp_path: Path) -> None:
    volume = volume_of()
    masks = made(tmp_path, volume, drawn(volume, (points, 1), (SQUARE, 2)))
    assert voxels(masks).sum() == 100
    assert "of fewer than three different points" in told(masks)
    assert not made(tmp_path, volume, drawn(volume, (points, 1))).masks


def test_a_region_smaller_than_a_voxel_is_no_mask(tmp_path: Path) -> None:
    volume = volume_of()
    masks = made(tmp_path, volume, drawn(volume, (square(5.2, 5.8), 1)))
    assert not masks.masks
    assert "no voxel's centre is within the 1 closed contour" in told(masks)


def test_contours_across_the_slices_are_refused(tmp_path: Path) -> None:
    volume = volume_of()
    sagittal = in_mm(volume, [(10, 5), (10, 20), (10, 20), (10, 5)], 0)
    sagittal[:, 2] = [100, 100, 115, 115]
    masks = made(tmp_path, volume, [*drawn(volume, (SQUARE, 1)), contour(sagittal)])
    assert not masks.masks
    assert "1 of 2 closed contours is not parallel to the image's slices" in told(masks)


def test_contours_that_name_another_slice_are_refused(tmp_path: Path) -> None:
    volume = volume_of()
    good = drawn(volume, (SQUARE, 2), images=["1.2.3.9.2"])
    assert not made(tmp_path, volume, good).problems
    masks = made(tmp_path, volume, [*good, *drawn(volume, (SQUARE, 3), images=["1.2.3.9.4"])])
    assert not masks.masks
    assert "1 of 2 closed contours is on another slice than the image that they name" in told(masks)
    masks = made(tmp_path, volume, drawn(volume, (SQUARE, 2), images=["9.9"]))
    assert voxels(masks).sum() == 100
    assert "drawn on images that are not in the series" in told(masks)


def test_a_contour_along_centres_is_told_with_both_volumes(tmp_path: Path) -> None:
    volume = volume_of(spacing=(1.0, 1.0, 10.0))
    masks = made(tmp_path, volume, drawn(volume, (square(5, 15), 2)))
    assert voxels(masks).sum() == 100
    assert "with all of these the region has 1.21 ml, with none 0.81 ml" in told(masks)


def test_a_region_in_another_frame_of_reference_is_refused(tmp_path: Path) -> None:
    volume = volume_of()
    dataset = structure_set(volume, {"GTV": drawn(volume, (SQUARE, 1))})
    dataset.StructureSetROISequence[0].ReferencedFrameOfReferenceUID = "9.9"
    masks = masks_of(volume, [write(dataset, tmp_path / "rs.dcm")], MaskRules())
    assert not masks.masks
    assert "another frame of reference" in told(masks)


def test_only_objects_of_the_series_are_used_unless_rules_say_so(tmp_path: Path) -> None:
    volume = volume_of()
    dataset = structure_set(volume, {"GTV": drawn(volume, (SQUARE, 1), images=["5.5"])})
    study = dataset.ReferencedFrameOfReferenceSequence[0].RTReferencedStudySequence[0]
    image = Dataset()
    image.ReferencedSOPInstanceUID = "5.5"
    series = study.RTReferencedSeriesSequence[0]
    series.SeriesInstanceUID, series.ContourImageSequence = "9.9", [image]
    path = write(dataset, tmp_path / "rs.dcm")
    other = masks_of(volume, [path], MaskRules())
    assert other == Masks()
    masks = masks_of(volume, [path], MaskRules(other_series=True))
    assert voxels(masks).sum() == 100
    assert masks.referring == [path]
    assert "does not name this series" in told(masks)


def test_a_region_drawn_on_another_series_of_the_object_is_not_this_one_s(tmp_path: Path) -> None:
    volume = volume_of()
    regions = {"GTV": drawn(volume, (SQUARE, 1)), "CTV": drawn(volume, (SQUARE, 1), images=["5.5"])}
    dataset = structure_set(volume, regions)
    other, image = Dataset(), Dataset()
    image.ReferencedSOPInstanceUID = "5.5"
    other.SeriesInstanceUID, other.ContourImageSequence = "5", [image]
    study = dataset.ReferencedFrameOfReferenceSequence[0].RTReferencedStudySequence[0]
    study.RTReferencedSeriesSequence.append(other)
    masks = masks_of(volume, [write(dataset, tmp_path / "rs.dcm")], MaskRules())
    assert [mask.roi for mask in masks.masks] == ["gtv"]


@pytest.mark.parametrize("explicit", [True, False])
def test_a_long_contour_is_read_whole(explicit: bool, tmp_path: Path) -> None:
    volume = volume_of((200, 200, 3))
    angles = np.linspace(0, 2 * np.pi, 1500, endpoint=False)
    circle = np.column_stack([100 + 80 * np.cos(angles), 100 + 80 * np.sin(angles)])
    dataset = structure_set(volume, {"GTV": drawn(volume, (circle, 1))})
    path = write(dataset, tmp_path / "rs.dcm", explicit=explicit)
    masks = masks_of(volume, [path], MaskRules())
    assert voxels(masks).sum() == pytest.approx(np.pi * 80**2, rel=2e-3)
    assert not masks.problems
