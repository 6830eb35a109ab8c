"""The parts that the metrics are made of, each against a slow and simple computation."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import assume, given, strategies as st
from hypothesis.extra.numpy import arrays
from scipy.spatial.distance import cdist

from nbradiomics.agreement import Field, nearest, signed_distance_map
from nbradiomics.agreement.detection import Components, components, detection
from nbradiomics.agreement.field import bounding_box, joint_box, voxels_in
from nbradiomics.agreement.nearest import nearest_distances
from nbradiomics.agreement.overlap import Counts, overlap
from nbradiomics.agreement.roc import roc_area
from nbradiomics.errors import InputError

Spacing = tuple[float, float, float]
SPACINGS: list[Spacing] = [(1, 1, 1), (3.27, 0.9766, 0.9766), (0.3, 2, 7), (7, 0.3, 2)]

volumes = st.tuples(*[st.integers(1, 9)] * 3).flatmap(lambda shape: arrays(np.bool_, shape))


def slow_distances(goals: np.ndarray, places: np.ndarray, spacing: Spacing) -> np.ndarray:
    here = np.column_stack(np.unravel_index(places, goals.shape))
    return cdist(here * np.array(spacing), np.argwhere(goals) * np.array(spacing)).min(axis=1)


@given(volumes, st.sampled_from(SPACINGS))
def test_nearest_goal_of_every_place(goals: np.ndarray, spacing: Spacing) -> None:
    assume(goals.any())
    places = np.arange(goals.size)
    found = nearest_distances(goals, places, spacing)
    np.testing.assert_allclose(found, slow_distances(goals, places, spacing), rtol=1e-12)


@pytest.mark.parametrize(
    ("rows", "looks"), [(256, 2_000_000), (1, 2_000_000), (30, 2_000_000), (256, 0), (256, 900)]
)
@pytest.mark.parametrize("voxels_a_place", [0, 10**9])
@pytest.mark.parametrize("spacing", SPACINGS)
def test_nearest_goal_whoever_finds_it(
    rows: int, looks: int, voxels_a_place: int, spacing: Spacing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By rows, by the tree, by the map, or begun by the one and finished by another."""
    monkeypatch.setattr(nearest, "_ROWS", rows)
    monkeypatch.setattr(nearest, "_LOOKS", looks)
    monkeypatch.setattr(nearest, "_VOXELS_A_PLACE", voxels_a_place)
    rng = np.random.default_rng(3)
    for density in (0.0005, 0.01, 0.3):
        goals = rng.random((11, 23, 31)) < density
        goals[-1, 0, 30] = True
        places = np.flatnonzero(rng.random(goals.shape) < 0.1)
        found = nearest_distances(goals, places, spacing)
        np.testing.assert_allclose(found, slow_distances(goals, places, spacing), rtol=1e-12)


def test_rows_longer_than_short_integers_hold() -> None:
    goals = np.zeros((1, 2, 40_000), dtype=bool)
    goals[0, 0, 3] = True
    assert nearest_distances(goals, np.array([79_999]), (1, 1, 1)) == pytest.approx(np.hypot(39_996, 1))


def test_boxes() -> None:
    volume = np.zeros((4, 5, 6), dtype=np.uint8)
    assert bounding_box(volume) is None
    volume[1, 2, 3] = volume[2, 4, 0] = 200
    found = bounding_box(volume)
    assert found == (slice(1, 3), slice(2, 5), slice(0, 4))
    assert joint_box(None, found) == joint_box(found, None) == found
    assert joint_box(None, None) is None
    assert joint_box(found, (slice(0, 2),) * 3) == (slice(0, 3), slice(0, 5), slice(0, 4))
    assert voxels_in(found) == 24
    assert voxels_in(None) == 0


def test_a_field_says_what_it_counts() -> None:
    assert [str(Field()), str(Field(margin_mm=20.0)), str(Field(margin_mm=2.5))] == [
        "image",
        "box + 20 mm",
        "box + 2.5 mm",
    ]


def test_a_margin_is_whole_voxels_that_make_it_up() -> None:
    masks = (slice(10, 12), slice(10, 12), slice(3, 9))
    # 1 mm: a voxel of 3 mm, ten of 0.1 mm, two of 0.7 mm up to the border.
    found = Field(margin_mm=1.0).box(masks, shape=(40, 40, 10), spacing=(3.0, 0.1, 0.7))
    assert found == (slice(9, 13), slice(0, 22), slice(1, 10))
    # 2.1 / 0.3 is a little more than 7 in floating point.
    grown = Field(margin_mm=2.1).box(masks, shape=(40, 40, 10), spacing=(0.3, 0.3, 0.3))
    assert grown == (slice(3, 19), slice(3, 19), slice(0, 10))
    assert Field(margin_mm=1.0).box(None, shape=(4, 4, 4), spacing=(1, 1, 1)) is None


@given(*[st.integers(0, 10**6)] * 4)
def test_counts_of_the_swapped_pair(both: int, mask: int, reference: int, neither: int) -> None:
    counts = Counts(both, mask, reference, neither)
    there, back = overlap(counts), overlap(counts.swapped())
    np.testing.assert_equal(there["sensitivity"], back["precision"])
    np.testing.assert_equal(there["kappa"], back["kappa"])
    assert counts.swapped().swapped() == counts


def test_kappa_of_a_textbook() -> None:
    """Two raters, 20 and 15 of 50 agreed yes and no: 0.7 observed, 0.5 by chance."""
    assert overlap(Counts(20, 10, 5, 15))["kappa"] == pytest.approx((0.7 - 0.5) / (1 - 0.5))


@given(
    arrays(np.int8, (3, 4, 5), elements=st.integers(0, 6)),
    arrays(np.bool_, (3, 4, 5)),
)
def test_roc_area_counts_every_pair(values: np.ndarray, reference: np.ndarray) -> None:
    assume(reference.any() and not reference.all())
    inside, outside = values[reference][:, None], values[~reference][None]
    expected = (inside > outside).mean() + (inside == outside).mean() / 2
    assert roc_area(values, reference) == pytest.approx(expected, abs=1e-12)


def test_roc_area_of_hanley_and_mcneil_1982() -> None:
    """Their table I: 58 normal and 51 abnormal CT images rated 1 to 5; area 0.893."""
    normal, abnormal = np.repeat(range(1, 6), [33, 6, 6, 11, 2]), np.repeat(range(1, 6), [3, 2, 2, 11, 33])
    ratings = np.concatenate([normal, abnormal]).reshape(1, 1, -1)
    assert roc_area(ratings, np.arange(109).reshape(1, 1, -1) >= 58) == pytest.approx(0.893, abs=5e-4)


def test_roc_area_is_undefined_without_two_kinds() -> None:
    values = np.zeros((2, 2, 2))
    assert np.isnan([roc_area(values, np.full((2, 2, 2), inside)) for inside in (True, False)]).all()
    with pytest.raises(ValueError, match="different shapes"):
        roc_area(values, np.ones((1, 2, 2), dtype=bool))


def test_components_by_hand() -> None:
    region, other = np.zeros((2, 5, 9), dtype=bool), np.zeros((2, 5, 9), dtype=bool)
    region[0, 0, 0] = region[1, 1, 1] = True  # one: they share a corner
    region[0, 0, 4:6] = True
    region[:, 4, 8] = True
    other[0, 0, 5] = other[0, 2, 8] = other[0, 0, 7] = True
    assert components(region, other) == Components(number=3, met=1)
    assert components(other, region) == Components(number=3, met=1)
    assert components(np.zeros_like(region), region) == Components(0, 0)
    other[1, 1, 1] = True
    found = detection(components(other, region), components(region, other))
    assert found["lesion_sensitivity"] == pytest.approx(2 / 3)
    assert found["lesion_precision"] == pytest.approx(2 / 4)
    assert found["lesion_f1"] == pytest.approx(2 * 2 / 7)


def test_f1_is_zero_where_nothing_is_met() -> None:
    assert detection(Components(2, 0), Components(3, 0))["lesion_f1"] == 0


def ball(radius: float, spacing: Spacing = (1, 1, 1)) -> np.ndarray:
    grid = np.indices((31, 31, 31)) - 15
    return sum((axis * step) ** 2 for axis, step in zip(grid, spacing, strict=True)) <= radius**2


def image(array: np.ndarray, spacing: Spacing = (1, 1, 1)) -> sitk.Image:
    made = sitk.GetImageFromArray(array.astype(np.uint8))
    made.SetSpacing(spacing[::-1])
    made.SetOrigin((5, -3, 2))
    return made


def outermost(volume: np.ndarray) -> np.ndarray:
    """Voxels inside with a face neighbour outside, or at the border."""
    inner = volume.copy()
    for axis in range(3):
        for step in (-1, 1):
            moved = np.roll(volume, step, axis)
            np.moveaxis(moved, axis, 0)[0 if step == 1 else -1] = False
            inner &= moved
    return volume & ~inner


@pytest.mark.parametrize("spacing", [(1.0, 1.0, 1.0), (2.0, 1.0, 0.7)])
def test_map_of_two_concentric_balls(spacing: Spacing) -> None:
    small, large = image(ball(7, spacing), spacing), image(ball(10, spacing), spacing)
    for mask, reference, sign in ((large, small, 1), (small, large, -1)):
        mapped = signed_distance_map(mask, reference)
        assert mapped.GetOrigin() == reference.GetOrigin()
        assert mapped.GetSpacing() == reference.GetSpacing()
        assert mapped.GetPixelID() == sitk.sitkFloat32
        values = sitk.GetArrayFromImage(mapped)
        boundary = outermost(sitk.GetArrayViewFromImage(reference) > 0)
        np.testing.assert_array_equal(values != 0, boundary)
        # Both boundaries are rounded to voxels, and the nearest of the outermost voxels lies rather too near.
        assert np.abs(sign * values[boundary] - 3).max() < np.linalg.norm(spacing)
        assert np.mean(sign * values[boundary]) == pytest.approx(3, abs=0.25 * np.linalg.norm(spacing))


def test_map_of_a_shifted_box() -> None:
    mask, reference = np.zeros((12, 12, 14), dtype=bool), np.zeros((12, 12, 14), dtype=bool)
    reference[2:9, 2:9, 2:9] = True
    mask[2:9, 2:9, 4:11] = True
    spacing = (3.0, 2.0, 0.5)
    found = sitk.GetArrayFromImage(signed_distance_map(image(mask, spacing), image(reference, spacing)))
    # Two voxels of 0.5 mm: the near end falls short by 1 mm, the far end is reached past by 1 mm, its rim
    # runs along the mask's own sides, and the voxels of the sides lie on the mask's boundary or short of it.
    np.testing.assert_allclose(found[2:9, 2:9, 2], -1.0)
    np.testing.assert_allclose(found[3:8, 3:8, 8], 1.0)
    assert (found[2, 2:9, 8] == 0).all()
    assert (found[2, 2:9, 4:9] == 0).all()
    np.testing.assert_allclose(found[2, 2:9, 3], -0.5)
    assert (found[3:8, 3:8, 3:8] == 0).all()
    assert (found[~outermost(reference)] == 0).all()


def test_map_of_a_mask_with_itself_is_zero_also_at_the_border() -> None:
    mask = np.zeros((5, 6, 7), dtype=bool)
    mask[:3, :, 2:] = True
    assert not sitk.GetArrayFromImage(signed_distance_map(image(mask), image(mask))).any()
    # At the border of the image the mask ends, so a mask that fills it has its boundary there.
    full = np.ones_like(mask)
    found = sitk.GetArrayFromImage(signed_distance_map(image(full), image(mask)))
    assert found[2, 3, 4] == 2  # two voxels below, or two before, lie outermost ones
    assert found[0, 3, 4] == 0


def test_maps_of_empty_masks_are_refused() -> None:
    full, empty = image(np.ones((3, 3, 3))), image(np.zeros((3, 3, 3)))
    with pytest.raises(InputError, match="the mask is empty"):
        signed_distance_map(empty, full)
    with pytest.raises(InputError, match="the reference is empty"):
        signed_distance_map(full, empty)
    with pytest.raises(InputError, match="different grids"):
        signed_distance_map(full, image(np.ones((3, 3, 4))))
