"""Surface distances against google-deepmind's surface-distance, overlap against SimpleITK."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
import surface_distance
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import ndimage
from surface_distance import lookup_tables

from nbradiomics.agreement import compare_masks, compare_regions
from nbradiomics.agreement.surface import assd, hd95, surface_distances
from nbradiomics.agreement.surfels import surfel_areas

Spacing = tuple[float, float, float]
SPACINGS: list[Spacing] = [(1, 1, 1), (3.27, 0.9766, 0.9766), (0.3, 2, 7), (7, 0.3, 2), (2.5, 5, 0.4)]
TOLERANCE = 1e-6  # mm

pairs = st.tuples(*[st.integers(1, 7)] * 3).flatmap(
    lambda shape: st.tuples(arrays(np.bool_, shape), arrays(np.bool_, shape))
)


def witness(mask: np.ndarray, reference: np.ndarray, spacing: Spacing) -> tuple[float, float]:
    """HD95 and ASSD in mm by surface-distance."""
    with warnings.catch_warnings():
        # surface-distance 0.1 calls scipy.ndimage by names that SciPy has since deprecated.
        warnings.simplefilter("ignore", DeprecationWarning)
        found = surface_distance.compute_surface_distances(reference, mask, spacing)
    there, back = found["distances_gt_to_pred"], found["distances_pred_to_gt"]
    areas, areas_back = found["surfel_areas_gt"], found["surfel_areas_pred"]
    mean = (there @ areas + back @ areas_back) / (areas.sum() + areas_back.sum())
    return surface_distance.compute_robust_hausdorff(found, 95), mean


def ours(mask: np.ndarray, reference: np.ndarray, spacing: Spacing) -> tuple[float, float]:
    there, back = surface_distances(mask, reference, spacing)
    return hd95(there, back), assd(there, back)


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


def second_reader(mask: np.ndarray, seed: int) -> np.ndarray:
    """Another reader made from the expert's mask: shifted up to 2 voxels, then grown or shrunk by one."""
    rng = np.random.default_rng(seed)
    moved = ndimage.shift(mask.astype(np.uint8), rng.integers(-2, 3, size=3), order=0) > 0
    noise = rng.random(mask.shape) < 0.3
    grown = ndimage.binary_dilation(moved) if rng.random() < 0.5 else ndimage.binary_erosion(moved)
    return np.where(noise, moved, grown)


@pytest.mark.realdata
@pytest.mark.parametrize("case", ["STS_001", "STS_013", "STS_025", "STS_033", "STS_051"])
def test_real_tumours(case: str, real_data: Path) -> None:
    image = sitk.ReadImage(str(real_data / "sts_mr" / f"{case}_mask.nii.gz"))
    reference = sitk.GetArrayFromImage(image) > 0
    mask = second_reader(reference, seed=int(case[-3:]))
    drawn = sitk.GetImageFromArray(mask.astype(np.uint8))
    drawn.CopyInformation(image)
    found = compare_masks(drawn, image)
    expected = witness(mask, reference, image.GetSpacing()[::-1])
    np.testing.assert_allclose([found["hd95_mm"], found["assd_mm"]], expected, atol=TOLERANCE, rtol=0)
    assert 0.3 < found["dice"] < 1
    require_overlap_of_simpleitk(drawn, image)


@given(pairs)
def test_overlap_of_random_masks(masks: tuple[np.ndarray, np.ndarray]) -> None:
    assume(masks[0].any() and masks[1].any())
    first, second = (sitk.GetImageFromArray(mask.astype(np.uint8)) for mask in masks)
    require_overlap_of_simpleitk(first, second)


def require_overlap_of_simpleitk(mask: sitk.Image, reference: sitk.Image) -> None:
    measures = sitk.LabelOverlapMeasuresImageFilter()
    measures.Execute(sitk.Cast(mask != 0, sitk.sitkUInt8), sitk.Cast(reference != 0, sitk.sitkUInt8))
    found = compare_regions(mask, reference)
    assert found["dice"] == pytest.approx(measures.GetDiceCoefficient(1))
    assert found["jaccard"] == pytest.approx(measures.GetJaccardCoefficient(1))
    # ITK's volume similarity is signed: 2 (A - B) / (A + B).
    assert found["volumetric_similarity"] == pytest.approx(1 - abs(measures.GetVolumeSimilarity(1)) / 2)
    # What ITK calls false positive and false negative errors differs by version; the union overlap
    # does not, and gives the number of voxels in both.
    size, expected = (int(np.count_nonzero(sitk.GetArrayViewFromImage(m))) for m in (mask, reference))
    both = measures.GetUnionOverlap(1) * (size + expected) / (1 + measures.GetUnionOverlap(1))
    assert found["sensitivity"] == pytest.approx(both / expected)
    assert found["precision"] == pytest.approx(both / size)
