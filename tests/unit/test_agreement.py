"""Masks against masks: values worked out by hand, empty masks, what is refused, and invariants."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import SimpleITK as sitk
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from nbradiomics.agreement import METRICS, compare_masks, compare_regions, comparison_status
from nbradiomics.agreement.overlap import overlap
from nbradiomics.agreement.surface import DirectedDistances, surface_distances
from nbradiomics.agreement.surfels import neighbour_codes, surfel_areas
from nbradiomics.errors import AmbiguousError, InputError

SYMMETRIC = ("dice", "jaccard", "volumetric_similarity", "hd95_mm", "assd_mm")

pairs = st.tuples(*[st.integers(1, 5)] * 3).flatmap(
    lambda shape: st.tuples(arrays(np.bool_, shape), arrays(np.bool_, shape))
)
spacings = st.tuples(*[st.sampled_from([0.5, 0.9766, 1.0, 3.27])] * 3)


def image(array: np.ndarray, spacing: tuple[float, float, float] = (1.0, 1.0, 1.0)) -> sitk.Image:
    """Mask from an array with axes z, y, x; spacing in mm in the order x, y, z."""
    made = sitk.GetImageFromArray(array.astype(np.uint8))
    made.SetSpacing(spacing)
    return made


def box(shape: tuple[int, int, int], *slices: slice) -> np.ndarray:
    array = np.zeros(shape, dtype=np.uint8)
    array[slices] = 1
    return array


def compare(mask: np.ndarray, reference: np.ndarray, spacing: tuple[float, float, float]) -> dict[str, float]:
    return compare_regions(image(mask, spacing), image(reference, spacing))


def test_overlap_by_hand() -> None:
    # Reference 10 voxels, mask 6, of which 4 are in both: TP 4, FP 2, FN 6.
    reference = box((1, 4, 10), slice(0, 1), slice(0, 1), slice(0, 10))
    mask = box((1, 4, 10), slice(0, 1), slice(0, 1), slice(0, 4))
    mask[0, 2, :2] = 1
    found = compare_masks(image(mask), image(reference))
    assert tuple(found.index) == METRICS
    assert found.dtype == np.float64
    expected = {
        "dice": 8 / 16,
        "jaccard": 4 / 12,
        "sensitivity": 4 / 10,
        "precision": 4 / 6,
        "fprm": 2 / 10,
        "fnr": 6 / 10,
        "volumetric_similarity": 1 - 4 / 16,
    }
    for name, value in expected.items():
        assert found[name] == pytest.approx(value), name


def test_false_positives_are_over_the_reference_and_may_exceed_one() -> None:
    reference, mask = np.zeros((2, 10, 10)), np.ones((2, 10, 10))
    reference[0, 0, :4] = 1
    assert compare(mask, reference, (1, 1, 1))["fprm"] == pytest.approx(196 / 4)


@pytest.mark.parametrize(("axis", "distance"), [(0, 3.0), (1, 1.5), (2, 0.5)])
def test_two_single_voxels_lie_as_far_apart_as_the_spacing_of_their_axis(axis: int, distance: float) -> None:
    # Spacing x 0.5, y 1.5, z 3 mm; array axes z, y, x. Each voxel has eight surface elements of one size.
    # Two steps apart, half of the elements are one step from the other voxel's nearest and half are two.
    mask, reference = np.zeros((5, 5, 5)), np.zeros((5, 5, 5))
    mask[2, 2, 2] = 1
    reference[tuple(4 if number == axis else 2 for number in range(3))] = 1
    found = compare(mask, reference, (0.5, 1.5, 3.0))
    assert found["hd95_mm"] == pytest.approx(2 * distance)
    assert found["assd_mm"] == pytest.approx(1.5 * distance)


def test_surfaces_by_hand() -> None:
    # A voxel of 1 mm against itself and its neighbour along x. The voxel: 8 corners of area
    # sqrt(3) / 8. The pair of voxels: the same 8 corners and, between them, 4 edges of area sqrt(2) / 2.
    # From the voxel: its outer four elements lie on the pair's, its inner four on the pair's edges: all 0.
    # From the pair: the 4 far corners are 1 mm away, everything else 0.
    corner, edge = math.sqrt(3) / 8, math.sqrt(2) / 2
    voxel, pair = np.zeros((3, 3, 4)), np.zeros((3, 3, 4))
    voxel[1, 1, 1] = 1
    pair[1, 1, 1:3] = 1
    found = compare(voxel, pair, (1.0, 1.0, 1.0))
    assert found["assd_mm"] == pytest.approx(4 * corner / (16 * corner + 4 * edge))
    assert found["hd95_mm"] == pytest.approx(1.0)  # the far corners are 19 % of the pair's area


def test_percentile_takes_the_element_that_completes_the_share() -> None:
    way = DirectedDistances(np.array([0.0, 1.0, 2.0, 3.0]), np.array([4.0, 4.0, 1.0, 1.0]))
    assert [way.percentile(share) for share in (0, 40, 41, 85, 95, 100)] == [0, 0, 1, 2, 3, 3]


def test_a_code_is_one_step_along_each_axis() -> None:
    codes = neighbour_codes(np.ones((1, 1, 1), dtype=bool))
    # Bit 7 - (4 z + 2 y + x) of the voxel's own place among the eight around each corner.
    assert codes.tolist() == [[[1, 2], [4, 8]], [[16, 32], [64, 128]]]


def test_area_of_a_flat_face_is_the_face() -> None:
    areas = surfel_areas((3.0, 2.0, 0.5))  # z, y, x
    assert areas[0b00001111] == pytest.approx(1.0)  # between two slices: 2 x 0.5
    assert areas[0b00110011] == pytest.approx(1.5)
    assert areas[0b01010101] == pytest.approx(6.0)
    assert areas[0] == areas[255] == 0


EMPTY_CASES = {
    "empty_mask": {
        "dice": 0,
        "jaccard": 0,
        "sensitivity": 0,
        "fprm": 0,
        "fnr": 1,
        "volumetric_similarity": 0,
    },
    "empty_reference": {"dice": 0, "jaccard": 0, "precision": 0, "volumetric_similarity": 0},
    "both_empty": {},
}


@pytest.mark.parametrize("status", list(EMPTY_CASES))
def test_empty_masks(status: str) -> None:
    empty, full = np.zeros((3, 4, 5)), box((3, 4, 5), slice(1, 2), slice(1, 3), slice(2, 4))
    mask = full if status == "empty_reference" else empty
    reference = full if status == "empty_mask" else empty
    assert comparison_status(image(mask), image(reference)) == status
    found = compare_masks(image(mask), image(reference))
    expected = pd.Series(EMPTY_CASES[status], index=list(METRICS), dtype=float)
    pd.testing.assert_series_equal(found, expected)


def test_status_of_two_regions_is_ok() -> None:
    full = box((3, 4, 5), slice(1, 2), slice(1, 3), slice(2, 4))
    assert comparison_status(image(full), image(full)) == "ok"


@settings(deadline=None)
@given(pairs, spacings)
def test_symmetry_and_bounds(
    masks: tuple[np.ndarray, np.ndarray], spacing: tuple[float, float, float]
) -> None:
    there, back = compare(*masks, spacing), compare(*masks[::-1], spacing)
    for name in SYMMETRIC:
        assert there[name] == pytest.approx(back[name], rel=1e-12, nan_ok=True), name
    assert there["sensitivity"] == pytest.approx(back["precision"], nan_ok=True)
    for name in METRICS[:7]:
        if name != "fprm":
            assert math.isnan(there[name]) or 0 <= there[name] <= 1
    assume(masks[0].any() and masks[1].any())
    assert there["fnr"] == pytest.approx(1 - there["sensitivity"])
    assert there["dice"] == pytest.approx(2 * there["jaccard"] / (1 + there["jaccard"]))
    diagonal = math.dist((0, 0, 0), np.multiply(masks[0].shape[::-1], spacing))
    assert 0 <= there["hd95_mm"] <= diagonal
    assert 0 <= there["assd_mm"] <= diagonal


@settings(deadline=None)
@given(arrays(np.bool_, (4, 5, 3)), spacings)
def test_a_mask_agrees_with_itself(mask: np.ndarray, spacing: tuple[float, float, float]) -> None:
    assume(mask.any())
    found = compare(mask, mask, spacing)
    best = dict.fromkeys(METRICS, 1.0) | dict.fromkeys(("fprm", "fnr", "hd95_mm", "assd_mm"), 0.0)
    assert found == best


@settings(deadline=None)
@given(pairs, spacings, st.permutations([0, 1, 2]), st.tuples(*[st.booleans()] * 3))
def test_turning_and_flipping_both_changes_nothing(
    masks: tuple[np.ndarray, np.ndarray],
    spacing: tuple[float, float, float],
    axes: list[int],
    flips: tuple[bool, bool, bool],
) -> None:
    by_axis = spacing[::-1]
    turned_spacing = tuple(by_axis[axis] for axis in axes)[::-1]
    flipped = [np.flip(mask, [axis for axis in range(3) if flips[axis]]) for mask in masks]
    turned = [np.transpose(mask, axes) for mask in flipped]
    plain, other = compare(*masks, spacing), compare(*turned, turned_spacing)
    for name in METRICS:
        assert other[name] == pytest.approx(plain[name], rel=1e-9, abs=1e-12, nan_ok=True), name


@pytest.mark.parametrize("seed", [1, 25, 59, 173, 188, 292, 303, 308])
def test_ties_at_the_percentile_do_not_depend_on_how_the_masks_lie(seed: int) -> None:
    """Five voxels have the area of 40 elements: 38 are 95 %, exactly but for rounding."""
    rng = np.random.default_rng(seed)
    masks = np.zeros((2, 2, 6, 6), dtype=bool)
    for mask in masks:
        mask.flat[rng.choice(72, 5, replace=False)] = True
    flips = [compare(*np.flip(masks, axes), (0.98, 0.98, 3.27))["hd95_mm"] for axes in [(), (1,), (2,), (3,)]]
    assert np.ptp(flips) == pytest.approx(0, abs=1e-9)


@settings(deadline=None)
@given(pairs, spacings, st.sampled_from([0.25, 2.0, 8.0]))
def test_distances_scale_with_the_spacing(
    masks: tuple[np.ndarray, np.ndarray], spacing: tuple[float, float, float], factor: float
) -> None:
    # Powers of two, so that rounding cannot move the 95 % element among elements of equal area.
    plain = compare(*masks, spacing)
    x, y, z = spacing
    scaled = compare(*masks, (factor * x, factor * y, factor * z))
    for name in METRICS:
        times = factor if name.endswith("_mm") else 1
        assert scaled[name] == pytest.approx(times * plain[name], rel=1e-12, nan_ok=True), name


@settings(deadline=None)
@given(pairs, spacings, st.integers(1, 3))
def test_empty_space_around_changes_nothing(
    masks: tuple[np.ndarray, np.ndarray], spacing: tuple[float, float, float], margin: int
) -> None:
    """A mask at the border of the image has the same surface as one inside."""
    padded = [np.pad(mask, margin) for mask in masks]
    np.testing.assert_equal(compare(*padded, spacing), compare(*masks, spacing))


def test_files_and_labels(tmp_path: Path) -> None:
    mask = box((3, 4, 5), slice(0, 3), slice(0, 2), slice(0, 5)) * 2
    reference = box((3, 4, 5), slice(0, 3), slice(0, 2), slice(0, 5))
    reference[:, 3] = 7
    for name, array in (("mask", mask), ("reference", reference)):
        sitk.WriteImage(image(array), tmp_path / f"{name}.nii.gz")
    paths = tmp_path / "mask.nii.gz", str(tmp_path / "reference.nii.gz")
    assert compare_masks(*paths, label=2, reference_label=1)["dice"] == 1
    assert compare_masks(*paths, reference_label=7)["dice"] == 0
    with pytest.raises(AmbiguousError, match=r"reference.nii.gz holds the labels 1, 7"):
        compare_masks(*paths)
    with pytest.raises(InputError, match=r"reference.nii.gz has no label 2; labels there: 1, 7"):
        compare_masks(*paths, label=2)
    with pytest.raises(InputError, match=r"mask.nii.gz has no label 5; labels there: 2"):
        compare_masks(*paths, label=5, reference_label=1)
    with pytest.raises(InputError, match="does not exist"):
        compare_masks(tmp_path / "none.nii.gz", paths[1], reference_label=1)


def test_different_grids_are_refused(tmp_path: Path) -> None:
    array = np.ones((3, 4, 5))
    sitk.WriteImage(image(array), tmp_path / "a.nii.gz")
    with pytest.raises(
        InputError, match=r"a.nii.gz and image in memory lie on different grids: spacing.*Resample"
    ):
        compare_masks(tmp_path / "a.nii.gz", image(array, (1.0, 1.0, 2.0)))
    with pytest.raises(InputError, match="different grids: size"):
        compare_regions(image(array), image(array[:2]))


def test_arrays_that_do_not_fit_are_refused() -> None:
    full = np.ones((2, 2, 2), dtype=bool)
    with pytest.raises(ValueError, match="different shapes"):
        surface_distances(full, full[:1], (1, 1, 1))
    with pytest.raises(ValueError, match="different shapes"):
        overlap(full, full[:1])
    with pytest.raises(ValueError, match="no surface"):
        surface_distances(full, ~full, (1, 1, 1))
