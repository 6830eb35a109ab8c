"""Masks against masks: values worked out by hand, empty masks, what is refused."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from nbradiomics.agreement import (
    WHOLE_IMAGE,
    Field,
    compare_both_ways,
    compare_masks,
    compare_regions,
    comparison_status,
)
from nbradiomics.agreement.metrics import METRIC, METRICS, VOLUMES
from nbradiomics.agreement.surface import DirectedDistances, surface_distances
from nbradiomics.agreement.surfels import neighbour_codes, surfel_areas
from nbradiomics.errors import AmbiguousError, InputError


def image(array: np.ndarray, spacing: tuple[float, float, float] = (1.0, 1.0, 1.0)) -> sitk.Image:
    """Mask from an array with axes z, y, x; spacing in mm in the order x, y, z."""
    made = sitk.GetImageFromArray(array.astype(np.uint8))
    made.SetSpacing(spacing)
    return made


def chances(array: np.ndarray, spacing: tuple[float, float, float] = (1.0, 1.0, 1.0)) -> sitk.Image:
    """Probability map from an array with axes z, y, x."""
    made = sitk.GetImageFromArray(array.astype(np.float32))
    made.SetSpacing(spacing)
    return made


def box(shape: tuple[int, int, int], *slices: slice) -> np.ndarray:
    array = np.zeros(shape, dtype=np.uint8)
    array[slices] = 1
    return array


def compare(mask: np.ndarray, reference: np.ndarray, spacing: tuple[float, float, float]) -> dict[str, float]:
    return compare_regions(image(mask, spacing), image(reference, spacing))


def test_overlap_by_hand() -> None:
    # Reference 10 voxels, mask 6, of which 4 are in both: TP 4, FP 2, FN 6, TN 28. A voxel has 6 mm^3.
    reference = box((1, 4, 10), slice(0, 1), slice(0, 1), slice(0, 10))
    mask = box((1, 4, 10), slice(0, 1), slice(0, 1), slice(0, 4))
    mask[0, 2, :2] = 1
    found = compare_masks(image(mask, (1, 2, 3)), image(reference, (1, 2, 3)))
    assert tuple(found.index) == (*VOLUMES, *METRICS)
    assert found.dtype == np.float64
    by_chance = (6 * 10 + 34 * 30) / 40**2
    expected = {
        "volume_ml": 0.036,
        "reference_ml": 0.060,
        "dice": 8 / 16,
        "jaccard": 4 / 12,
        "volumetric_similarity": 1 - 4 / 16,
        "sensitivity": 4 / 10,
        "precision": 4 / 6,
        "specificity": 28 / 30,
        "fprm": 2 / 10,
        "fnr": 6 / 10,
        "kappa": (32 / 40 - by_chance) / (1 - by_chance),
        "auc_binary": (4 / 10 + 28 / 30) / 2,
        "auc": math.nan,
        "volume_difference_ml": -0.024,
        # Centres: mask x (6 + 1) / 6, y 4 / 6 of 2 mm; reference x 4.5, y 0.
        "centroid_distance_mm": math.hypot(4.5 - 7 / 6, 2 * 4 / 6),
        # One component of the reference, found; of the mask's two one meets it.
        "lesion_sensitivity": 1,
        "lesion_precision": 1 / 2,
        "lesion_f1": 2 / 3,
    }
    for name, value in expected.items():
        assert found[name] == pytest.approx(value, nan_ok=True), name


def test_surfaces_of_two_boxes_by_hand() -> None:
    # 2 x 2 x 4 voxels of 1 mm, the mask one voxel further along x. Elements: 8 corners of sqrt(3) / 8, 20 on
    # edges of sqrt(2) / 2, 14 within faces of 1 mm^2. The reference's near end (4 corners, 4 on edges, 1
    # within) lies 1 mm outside the mask. At its far end the element in the middle of the face lies 1 mm
    # inside the mask, the others on the mask's sides: 0, as everywhere else. The other way it is mirrored.
    reference = box((4, 4, 8), slice(1, 3), slice(1, 3), slice(1, 5))
    mask = box((4, 4, 8), slice(1, 3), slice(1, 3), slice(2, 6))
    total = math.sqrt(3) + 10 * math.sqrt(2) + 14
    end = math.sqrt(3) / 2 + 2 * math.sqrt(2) + 1
    found = compare(mask, reference, (1.0, 1.0, 1.0))
    expected = {
        "hd_mm": 1,
        "hd95_mm": 1,
        "assd_mm": (end + 1) / total,
        "signed_distance_mm": (1 - end) / total,
        "nsd": 1,
        "centroid_distance_mm": 1,
    }
    for name, value in expected.items():
        assert found[name] == pytest.approx(value, abs=1e-12), name
    strict = compare_masks(image(mask), image(reference), tolerance_mm=0.9)
    assert strict["nsd"] == pytest.approx(1 - (end + 1) / total)


def test_signed_distance_tells_outward_from_inward() -> None:
    # A cube of 5 voxels in one of 7: each element of the inner one lies 1 voxel deep inside the outer one.
    outer = box((9, 9, 9), slice(1, 8), slice(1, 8), slice(1, 8))
    inner = box((9, 9, 9), slice(2, 7), slice(2, 7), slice(2, 7))
    spacing = (2.0, 2.0, 2.0)
    assert compare(outer, inner, spacing)["signed_distance_mm"] == pytest.approx(2)
    # From the outer one: corners, edges and faces are sqrt(3), sqrt(2) and 1 voxels away.
    corners, edges, faces = math.sqrt(3), 12 * 6 * math.sqrt(2) / 2, 6 * 36
    mean = (math.sqrt(3) * corners + math.sqrt(2) * edges + faces) / (corners + edges + faces)
    assert compare(inner, outer, spacing)["signed_distance_mm"] == pytest.approx(-2 * mean)


def test_roc_area_by_hand() -> None:
    # Inside 0.9, 0.5; outside 0.5, 0.1, 0.95. Of six pairs 0.9 wins two, 0.5 wins one and ties one: 3.5 / 6.
    mask = np.array([[[1, 1, 1, 0, 1]]])
    reference = np.array([[[1, 1, 0, 0, 0]]])
    probability = chances(np.array([[[0.9, 0.5, 0.5, 0.1, 0.95]]]))
    found = compare_regions(image(mask), image(reference), probability=probability)
    assert found["auc"] == pytest.approx(3.5 / 6)


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
    assert found["hd_mm"] == found["hd95_mm"] == pytest.approx(2 * distance)
    assert found["assd_mm"] == pytest.approx(1.5 * distance)
    assert found["signed_distance_mm"] == pytest.approx(-1.5 * distance)
    assert found["centroid_distance_mm"] == pytest.approx(2 * distance)


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


def test_a_distance_that_rounding_puts_beyond_the_tolerance_is_within() -> None:
    # Two slices three slices apart; headers hold 1.1 mm in single precision: 3.3000000715 mm.
    spacing = (1.0, 1.0, float(np.float32(1.1)))
    mask, reference = (box((6, 4, 4), slice(z, z + 1)) for z in (1, 4))
    near, far = (
        compare_masks(image(mask, spacing), image(reference, spacing), tolerance_mm=tolerance)["nsd"]
        for tolerance in (3.3, 3.29)
    )
    assert near == 1 > far


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


SHAPE = (3, 4, 5)
FULL = box(SHAPE, slice(1, 2), slice(1, 3), slice(2, 4))


def expected_of(entry: str, *, volume_ml: float, counted: int, in_box: bool, auc: float) -> float:
    """What an entry of the registry's three columns stands for; the mask that is not empty holds 4 voxels."""
    rules = {
        "NaN": math.nan,
        "A": volume_ml,
        "-B": -volume_ml,
        "TN / field": (counted - 4) / counted,
        "1 in the image, NaN in a box": math.nan if in_box else 1.0,
        "as for any mask": auc,
    }
    return rules[entry] if entry in rules else float(entry)


@pytest.mark.parametrize("field", [WHOLE_IMAGE, Field(margin_mm=1.0)])
@pytest.mark.parametrize("status", ["empty_mask", "empty_reference", "both_empty"])
def test_empty_masks_give_what_the_registry_says(status: str, field: Field) -> None:
    mask, reference = (
        FULL if status not in (f"empty_{side}", "both_empty") else np.zeros(SHAPE)
        for side in ("mask", "reference")
    )
    spacing = (1.0, 1.0, 2.0)
    # Inside the full mask 0.6; outside 0.2, but 0.8 in the first row of each slice: in the field of 1 mm
    # (z 0 to 2, y 0 to 3, x 1 to 4) these are 12 of 44 voxels, in the image 15 of 56.
    probability = np.full(SHAPE, 0.2)
    probability[:, 0] = 0.8
    probability[FULL > 0] = 0.6
    in_box = field.margin_mm is not None
    counted, above = (48, 12) if in_box else (60, 15)
    found = compare_regions(
        image(mask, spacing),
        image(reference, spacing),
        field=field,
        probability=chances(probability, spacing),
    )
    assert comparison_status(image(mask), image(reference)) == status
    auc = 1 - above / (counted - 4)
    for name, metric in METRIC.items():
        entry = {
            "empty_mask": metric.if_mask_empty,
            "empty_reference": metric.if_reference_empty,
            "both_empty": metric.if_both_empty,
        }[status]
        value = expected_of(entry, volume_ml=0.008, counted=counted, in_box=in_box, auc=auc)
        assert found[name] == pytest.approx(value, nan_ok=True), name
    assert found["volume_ml"] == pytest.approx(0.008 if mask.any() else 0)
    assert found["reference_ml"] == pytest.approx(0.008 if reference.any() else 0)


def test_status_of_two_regions_is_ok() -> None:
    assert comparison_status(image(FULL), image(FULL)) == "ok"


def test_without_background_what_counts_it_is_undefined() -> None:
    everything, part = np.ones((2, 3, 4)), box((2, 3, 4), slice(0, 1))
    found = compare_regions(image(part), image(everything), probability=chances(np.full((2, 3, 4), 0.5)))
    assert [math.isnan(found[name]) for name in ("specificity", "auc_binary", "auc")] == [True] * 3
    assert found["kappa"] == 0  # no better than chance: the reference is the same everywhere
    assert math.isnan(compare(everything, everything, (1, 1, 1))["kappa"])


def test_the_field_decides_how_much_background_counts() -> None:
    # Mask and reference together x 10 to 13; 2 mm at 1 mm spacing: x 8 to 15, and everything along y and z.
    mask, reference = (box((1, 1, 100), slice(0, 1), slice(0, 1), slice(x, x + 2)) for x in (10, 11))
    reference[0, 0, 13] = 1
    near = compare_masks(image(mask), image(reference), field=Field(margin_mm=2.0))
    assert near["specificity"] == pytest.approx(4 / 5)
    assert compare(mask, reference, (1, 1, 1))["specificity"] == pytest.approx(96 / 97)
    probability = chances(np.linspace(0, 1, 100).reshape(1, 1, 100))
    # In the field x 11, 12, 13 are inside; 14, 15 outside are above them and 8, 9, 10 below.
    ranked = compare_regions(
        image(mask), image(reference), field=Field(margin_mm=2.0), probability=probability
    )
    assert ranked["auc"] == pytest.approx(3 / 5)


def test_each_mask_has_its_own_probability() -> None:
    rng = np.random.default_rng(5)
    masks = [image(rng.random((4, 5, 6)) < 0.4) for _ in range(2)]
    maps = [chances(rng.random((4, 5, 6))) for _ in range(2)]
    there, back = compare_both_ways(*masks, probability=maps[0], reference_probability=maps[1])
    assert there == compare_regions(*masks, probability=maps[0])
    assert back == compare_regions(*masks[::-1], probability=maps[1])
    assert there["auc"] != back["auc"]


def test_files_and_labels(tmp_path: Path) -> None:
    mask = box((3, 4, 5), slice(0, 3), slice(0, 2), slice(0, 5)) * 2
    reference = box((3, 4, 5), slice(0, 3), slice(0, 2), slice(0, 5))
    reference[:, 3] = 7
    for name, array in (("mask", mask), ("reference", reference)):
        sitk.WriteImage(image(array), tmp_path / f"{name}.nii.gz")
    paths = tmp_path / "mask.nii.gz", str(tmp_path / "reference.nii.gz")
    sitk.WriteImage(chances(mask / 2), tmp_path / "probability.nii.gz")
    found = compare_masks(*paths, label=2, reference_label=1, probability=tmp_path / "probability.nii.gz")
    assert found["dice"] == found["auc"] == 1
    assert compare_masks(*paths, reference_label=7)["dice"] == 0
    with pytest.raises(AmbiguousError, match=r"reference.nii.gz has the labels 1, 7"):
        compare_masks(*paths)
    with pytest.raises(InputError, match=r"reference.nii.gz has no label 2; its labels: 1, 7"):
        compare_masks(*paths, label=2)
    with pytest.raises(InputError, match=r"mask.nii.gz has no label 5; its labels: 2"):
        compare_masks(*paths, label=5, reference_label=1)
    with pytest.raises(InputError, match="does not exist"):
        compare_masks(tmp_path / "none.nii.gz", paths[1], reference_label=1)


@pytest.mark.parametrize(
    ("value", "told"),
    [(1.5, "from 0 to 1.5"), (-0.1, "-0.1"), (math.nan, "NaN or inf"), (math.inf, "NaN or inf")],
)
def test_what_is_no_probability_is_refused(value: float, told: str, tmp_path: Path) -> None:
    values = np.zeros(SHAPE)
    values[0, 0, 0] = value
    sitk.WriteImage(chances(values), tmp_path / "map.nii.gz")
    with pytest.raises(InputError, match=rf"map.nii.gz contains .*{told}.*probabilities from 0 to 1"):
        compare_masks(image(FULL), image(FULL), probability=tmp_path / "map.nii.gz")
    with pytest.raises(InputError, match="probability map of the reference contains"):
        compare_both_ways(image(FULL), image(FULL), reference_probability=chances(values))


def test_different_grids_are_refused(tmp_path: Path) -> None:
    array = np.ones((3, 4, 5))
    sitk.WriteImage(image(array), tmp_path / "a.nii.gz")
    with pytest.raises(
        InputError, match=r"a.nii.gz and image in memory have different grids: spacing.*Resample"
    ):
        compare_masks(tmp_path / "a.nii.gz", image(array, (1.0, 1.0, 2.0)))
    with pytest.raises(InputError, match="different grids: size"):
        compare_regions(image(array), image(array[:2]))
    with pytest.raises(InputError, match="probability map of the mask and mask have different grids: size"):
        compare_regions(image(array), image(array), probability=chances(array[:2]))


@pytest.mark.parametrize("value", [-1.0, math.nan, math.inf])
def test_distances_that_are_none_are_refused(value: float) -> None:
    with pytest.raises(InputError, match=r"margin of the field is .* mm; a finite number of 0 or more"):
        Field(margin_mm=value)
    with pytest.raises(
        InputError, match=r"tolerance of the surface Dice is .* mm; a finite number of 0 or more"
    ):
        compare_regions(image(FULL), image(FULL), tolerance_mm=value)


def test_arrays_that_do_not_fit_are_refused() -> None:
    full = np.ones((2, 2, 2), dtype=bool)
    with pytest.raises(ValueError, match="different shapes"):
        surface_distances(full, full[:1], (1, 1, 1))
    with pytest.raises(ValueError, match="no surface"):
        surface_distances(full, ~full, (1, 1, 1))
