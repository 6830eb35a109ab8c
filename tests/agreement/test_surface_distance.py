"""Surface metrics against google-deepmind's surface-distance."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
import surface_distance
from hypothesis import assume, given, settings, strategies as st
from hypothesis.extra.numpy import arrays
from scipy import ndimage
from surface_distance import lookup_tables

from nbradiomics.agreement import compare_masks, compare_regions
from nbradiomics.agreement.surface import assd, hd, hd95, surface_dice, surface_distances
from nbradiomics.agreement.surfels import surfel_areas
from tests.support.second_reader import second_reader

Spacing = tuple[float, float, float]
SPACINGS: list[Spacing] = [(1, 1, 1), (3.27, 0.9766, 0.9766), (0.3, 2, 7), (7, 0.3, 2), (2.5, 5, 0.4)]
TOLERANCE = 1e-6  # mm

pairs = st.tuples(*[st.integers(1, 7)] * 3).flatmap(
    lambda shape: st.tuples(arrays(np.bool_, shape), arrays(np.bool_, shape))
)


#: Tolerances of the surface Dice in mm.
WITHIN = (0, 0.5, 1, 3)


def witness(mask: np.ndarray, reference: np.ndarray, spacing: Spacing) -> list[float]:
    """HD, HD95 and ASSD in mm and surface Dice at every tolerance, by surface-distance."""
    with warnings.catch_warnings():
        # surface-distance 0.1 calls scipy.ndimage by names that SciPy has since deprecated.
        warnings.simplefilter("ignore", DeprecationWarning)
        found = surface_distance.compute_surface_distances(reference, mask, spacing)
    there, back = found["distances_gt_to_pred"], found["distances_pred_to_gt"]
    areas, areas_back = found["surfel_areas_gt"], found["surfel_areas_pred"]
    mean = (there @ areas + back @ areas_back) / (areas.sum() + areas_back.sum())
    hausdorff = [surface_distance.compute_robust_hausdorff(found, percent) for percent in (100, 95)]
    dice = [surface_distance.compute_surface_dice_at_tolerance(found, within) for within in WITHIN]
    return [*hausdorff, mean, *dice]


def ours(mask: np.ndarray, reference: np.ndarray, spacing: Spacing) -> list[float]:
    there, back = surface_distances(mask, reference, spacing)
    dice = [surface_dice(there, back, within) for within in WITHIN]
    return [hd(there, back), hd95(there, back), assd(there, back), *dice]


@pytest.mark.parametrize("spacing", SPACINGS)
def test_area_of_all_256_codes(spacing: Spacing) -> None:
    expected = lookup_tables.create_table_neighbour_code_to_surface_area(spacing)
    np.testing.assert_allclose(surfel_areas(spacing), expected, rtol=1e-12)


@settings(max_examples=200, deadline=None)
@given(pairs, st.sampled_from(SPACINGS))
def test_random_small_masks(masks: tuple[np.ndarray, np.ndarray], spacing: Spacing) -> None:
    assume(masks[0].any() and masks[1].any())
    np.testing.assert_allclose(ours(*masks, spacing), witness(*masks, spacing), atol=TOLERANCE, rtol=0)


@pytest.mark.parametrize("density", [0.02, 0.1, 0.3, 0.7])
@pytest.mark.parametrize("spacing", SPACINGS)
def test_random_masks_of_every_density(density: float, spacing: Spacing) -> None:
    """Hypothesis prefers nearly empty arrays; these hold many disconnected parts, holes and all codes."""
    rng = np.random.default_rng(11)
    for shape in [(9, 14, 12), (1, 20, 20), (30, 1, 4)]:
        masks = [ndimage.binary_dilation(rng.random(shape) < density / 2) | (rng.random(shape) < density)] * 2
        masks[1] = rng.random(shape) < density
        masks[1][0, 0, 0] = masks[0][-1, -1, -1] = True
        np.testing.assert_allclose(ours(*masks, spacing), witness(*masks, spacing), atol=TOLERANCE, rtol=0)


def shapes() -> dict[str, tuple[np.ndarray, np.ndarray]]:
    grid = np.indices((16, 24, 20))
    ball = sum((grid[i] - centre) ** 2 for i, centre in enumerate((8, 12, 10))) < 30
    empty = np.zeros_like(ball)
    voxel, far_voxel, border, slice_, two, hollow = (empty.copy() for _ in range(6))
    voxel[8, 12, 10] = True
    far_voxel[0, 0, 0] = True
    border[:5, :, 15:] = True
    slice_[8, 4:20, 3:17] = True
    two[1:4, 2:6, 3:8] = two[10:15, 15:22, 11:19] = True
    hollow[ball] = True
    hollow[ball & ndimage.binary_erosion(ball, iterations=2)] = False
    return {
        "single voxel": (voxel, ball),
        "two single voxels far apart": (voxel, far_voxel),
        "touching the border": (border, ball),
        "the whole volume": (np.ones_like(ball), ball),
        "one slice": (slice_, ball),
        "disconnected": (two, ball),
        "hollow": (hollow, ball),
        "the same": (ball, ball),
    }


@pytest.mark.parametrize("name", list(shapes()))
@pytest.mark.parametrize("spacing", SPACINGS)
def test_shapes(name: str, spacing: Spacing) -> None:
    mask, reference = shapes()[name]
    np.testing.assert_allclose(
        ours(mask, reference, spacing), witness(mask, reference, spacing), atol=TOLERANCE, rtol=0
    )


@pytest.mark.realdata
@pytest.mark.parametrize("case", ["STS_001", "STS_013", "STS_025", "STS_033", "STS_051"])
def test_real_tumours(case: str, real_data: Path) -> None:
    image = sitk.ReadImage(str(real_data / "sts_mr" / f"{case}_mask.nii.gz"))
    reference = sitk.GetArrayFromImage(image) > 0
    mask = second_reader(reference, seed=int(case[-3:]))
    drawn = sitk.GetImageFromArray(mask.astype(np.uint8))
    drawn.CopyInformation(image)
    spacing = image.GetSpacing()[::-1]
    np.testing.assert_allclose(
        ours(mask, reference, spacing), witness(mask, reference, spacing), atol=TOLERANCE, rtol=0
    )
    found = compare_masks(drawn, image)
    names = ["hd_mm", "hd95_mm", "assd_mm", "nsd"]
    np.testing.assert_allclose(
        found[names], np.take(witness(mask, reference, spacing), [0, 1, 2, -1]), atol=TOLERANCE, rtol=0
    )
    assert 0.3 < found["dice"] < 1


def test_one_empty_mask(monkeypatch: pytest.MonkeyPatch) -> None:
    """Surface Dice 0 in both; an undefined distance is infinite there and NaN here."""
    # surface-distance 0.1 uses a name that NumPy 2 has dropped.
    monkeypatch.setattr(np, "Inf", np.inf, raising=False)
    full = np.zeros((4, 5, 6), dtype=bool)
    full[1:3, 1:3, 1:4] = True
    empty = np.zeros_like(full)
    for mask, reference in ((full, empty), (empty, full)):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            theirs = surface_distance.compute_surface_distances(reference, mask, (1, 1, 1))
        found = compare_regions(*(sitk.GetImageFromArray(one.astype(np.uint8)) for one in (mask, reference)))
        assert surface_distance.compute_surface_dice_at_tolerance(theirs, 3.0) == found["nsd"] == 0
        assert surface_distance.compute_robust_hausdorff(theirs, 95) == np.inf
        assert np.isnan(found["hd95_mm"])
