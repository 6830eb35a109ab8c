"""What holds of every metric for any two masks: symmetry, bounds, and that only the shape counts."""

from __future__ import annotations

import math

import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import assume, given, strategies as st
from hypothesis.extra.numpy import arrays

from nbradiomics.agreement import Field, compare_both_ways, compare_regions
from nbradiomics.agreement.metrics import METRIC, METRICS, VOLUMES

Spacing = tuple[float, float, float]

pairs = st.tuples(*[st.integers(1, 5)] * 3).flatmap(
    lambda shape: st.tuples(arrays(np.bool_, shape), arrays(np.bool_, shape))
)
spacings = st.tuples(*[st.sampled_from([0.5, 0.9766, 1.0, 3.27])] * 3)
#: What does not ask how much background there is.
WITHOUT_BACKGROUND = [
    name for name in (*VOLUMES, *METRICS) if name not in METRIC or not METRIC[name].needs_background
]


def image(array: np.ndarray, spacing: Spacing) -> sitk.Image:
    made = sitk.GetImageFromArray(array.astype(np.uint8))
    made.SetSpacing(spacing)
    return made


def ranked(array: np.ndarray, spacing: Spacing) -> sitk.Image:
    """A probability map that takes five values, so that there are ties."""
    rough = (np.arange(array.size).reshape(array.shape) * 7 % 5 + 2 * array) / 10
    made = sitk.GetImageFromArray(rough.astype(np.float32))
    made.SetSpacing(spacing)
    return made


def compare(mask: np.ndarray, reference: np.ndarray, spacing: Spacing, **options: Field) -> dict[str, float]:
    return compare_regions(image(mask, spacing), image(reference, spacing), **options)


@given(pairs, spacings)
def test_symmetry(masks: tuple[np.ndarray, np.ndarray], spacing: Spacing) -> None:
    there, back = compare_both_ways(*(image(mask, spacing) for mask in masks))
    np.testing.assert_equal(there, compare(*masks, spacing))
    assert back == pytest.approx(compare(*masks[::-1], spacing), rel=1e-12, nan_ok=True)
    for name, metric in METRIC.items():
        if metric.symmetric:
            assert there[name] == pytest.approx(back[name], rel=1e-12, nan_ok=True), name
    assert there["sensitivity"] == pytest.approx(back["precision"], nan_ok=True)
    assert there["lesion_sensitivity"] == pytest.approx(back["lesion_precision"], nan_ok=True)
    assert there["volume_difference_ml"] == -back["volume_difference_ml"]
    assert there["volume_ml"] == back["reference_ml"]


@given(pairs, spacings)
def test_bounds(masks: tuple[np.ndarray, np.ndarray], spacing: Spacing) -> None:
    regions = [image(mask, spacing) for mask in masks]
    found = compare_regions(*regions, probability=ranked(masks[0], spacing))
    for name, metric in METRIC.items():
        if not math.isnan(found[name]):
            assert metric.low is None or found[name] >= metric.low, name
            assert metric.high is None or found[name] <= metric.high, name
    assume(masks[0].any() and masks[1].any())
    assert found["fnr"] == pytest.approx(1 - found["sensitivity"])
    assert found["dice"] == pytest.approx(2 * found["jaccard"] / (1 + found["jaccard"]))
    assert found["fprm"] - found["fnr"] == pytest.approx(
        found["volume_difference_ml"] / found["reference_ml"]
    )
    diagonal = math.dist((0, 0, 0), np.multiply(masks[0].shape[::-1], spacing))
    assert 0 <= found["assd_mm"] <= found["hd_mm"] <= diagonal
    assert found["hd95_mm"] <= found["hd_mm"]
    assert abs(found["signed_distance_mm"]) <= found["hd_mm"]


@given(arrays(np.bool_, (4, 5, 3)), spacings)
def test_a_mask_agrees_with_itself(mask: np.ndarray, spacing: Spacing) -> None:
    assume(mask.any() and not mask.all())
    region = image(mask, spacing)
    found = compare_regions(region, region, probability=image(mask, spacing))
    best = {"higher": 1.0, "lower": 0.0, "zero": 0.0}
    assert {name: found[name] for name in METRICS} == {name: best[METRIC[name].better] for name in METRICS}


@given(pairs, spacings, st.permutations([0, 1, 2]), st.tuples(*[st.booleans()] * 3))
def test_turning_and_flipping_both_changes_nothing(
    masks: tuple[np.ndarray, np.ndarray], spacing: Spacing, axes: list[int], flips: tuple[bool, bool, bool]
) -> None:
    by_axis = spacing[::-1]
    turned_spacing = tuple(by_axis[axis] for axis in axes)[::-1]
    flipped = [np.flip(mask, [axis for axis in range(3) if flips[axis]]) for mask in masks]
    turned = [np.transpose(mask, axes) for mask in flipped]
    plain, other = compare(*masks, spacing), compare(*turned, turned_spacing)
    for name in (*VOLUMES, *METRICS):
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


@given(pairs, spacings, st.sampled_from([0.25, 2.0, 8.0]))
def test_distances_scale_with_the_spacing_and_volumes_with_its_cube(
    masks: tuple[np.ndarray, np.ndarray], spacing: Spacing, factor: float
) -> None:
    # Powers of two, so that rounding cannot move the 95 % element among elements of equal area.
    x, y, z = spacing
    large = (factor * x, factor * y, factor * z)
    plain, scaled = (
        compare_regions(
            *(image(mask, size) for mask in masks), tolerance_mm=tolerance, field=Field(margin_mm=tolerance)
        )
        for size, tolerance in ((spacing, 1.0), (large, factor))
    )
    for name in (*VOLUMES, *METRICS):
        times = factor if name.endswith("_mm") else factor**3 if name.endswith("_ml") else 1
        assert scaled[name] == pytest.approx(times * plain[name], rel=1e-12, abs=1e-15, nan_ok=True), name


@given(pairs, spacings, st.integers(1, 3))
def test_empty_space_around_changes_only_what_counts_it(
    masks: tuple[np.ndarray, np.ndarray], spacing: Spacing, margin: int
) -> None:
    """A mask at the border of the image has the same surface as one inside."""
    plain = compare(*masks, spacing)
    padded = compare(*(np.pad(mask, margin) for mask in masks), spacing)
    for name in WITHOUT_BACKGROUND:
        np.testing.assert_equal(padded[name], plain[name], name)


@given(pairs, spacings)
def test_a_box_counts_the_same_background_wherever_the_image_ends(
    masks: tuple[np.ndarray, np.ndarray], spacing: Spacing
) -> None:
    assume(masks[0].any() or masks[1].any())
    field = Field(margin_mm=1.0)
    near, far = (compare(*(np.pad(mask, steps) for mask in masks), spacing, field=field) for steps in (2, 5))
    np.testing.assert_equal(near, far)
    # A margin that reaches every border is the whole image.
    np.testing.assert_equal(compare(*masks, spacing, field=Field(margin_mm=99.0)), compare(*masks, spacing))
