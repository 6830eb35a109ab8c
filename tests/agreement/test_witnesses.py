"""Every metric on real masks against another package: SimpleITK, scikit-learn, SciPy, MONAI.

Surface distances have a file of their own (`test_surface_distance.py`). MONAI is asked where it is installed
(`pip install monai`).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import assume, given, strategies as st
from hypothesis.extra.numpy import arrays
from sklearn import metrics as sklearn_metrics

from nbradiomics.agreement import Field, compare_regions, signed_distance_map
from nbradiomics.agreement.surfels import ALL_INSIDE, neighbour_codes, surfel_areas
from tests.support.helpers import array
from tests.support.second_reader import second_reader

CASES = ["STS_001", "STS_025", "STS_051"]

pairs = st.tuples(*[st.integers(1, 5)] * 3).flatmap(
    lambda shape: st.tuples(arrays(np.bool_, shape), arrays(np.bool_, shape))
)


@dataclass(frozen=True)
class Drawn:
    """A seeded second reader against an expert; the mask's probability map is rounded, so that values tie."""

    mask: sitk.Image
    reference: sitk.Image
    probability: sitk.Image


@pytest.fixture(scope="module", params=CASES)
def drawn(request: pytest.FixtureRequest, real_data: Path) -> Drawn:
    return drawn_case(request.param, real_data)


def drawn_case(case: str, real_data: Path) -> Drawn:
    expert = sitk.ReadImage(str(real_data / "sts_mr" / f"{case}_mask.nii.gz")) != 0
    inside = second_reader(sitk.GetArrayFromImage(expert) > 0, seed=int(case[-3:]))
    inside[0, :3, :3] = inside[-1, -2:, -2:] = True  # two small lesions that are not there
    mask = on_grid(inside.astype(np.uint8), expert)
    smooth = sitk.GetArrayFromImage(sitk.SmoothingRecursiveGaussian(sitk.Cast(mask, sitk.sitkFloat32), 3.0))
    rounded = np.round(np.clip(smooth, 0, 1), 3).astype(np.float32)
    return Drawn(mask, expert, on_grid(rounded, expert))


def on_grid(array: np.ndarray, grid: sitk.Image) -> sitk.Image:
    made = sitk.GetImageFromArray(array)
    made.CopyInformation(grid)
    return made


@pytest.mark.realdata
def test_overlap_of_simpleitk(drawn: Drawn) -> None:
    require_overlap_of_simpleitk(drawn.mask, drawn.reference)


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
    assert found["fprm"] == pytest.approx((size - both) / expected)
    assert found["fnr"] == pytest.approx(1 - both / expected)


@pytest.mark.realdata
def test_volumes_and_centres_of_simpleitk(drawn: Drawn) -> None:
    shapes = []
    for image in (drawn.mask, drawn.reference):
        shape = sitk.LabelShapeStatisticsImageFilter()
        shape.Execute(image)
        shapes.append((shape.GetPhysicalSize(1) / 1000, np.array(shape.GetCentroid(1))))
    (volume, centre), (expected, other) = shapes
    found = compare_regions(drawn.mask, drawn.reference)
    assert found["volume_ml"] == pytest.approx(volume)
    assert found["reference_ml"] == pytest.approx(expected)
    assert found["volume_difference_ml"] == pytest.approx(volume - expected)
    assert found["centroid_distance_mm"] == pytest.approx(np.linalg.norm(centre - other), abs=1e-6)


@pytest.mark.realdata
@pytest.mark.parametrize("field", [Field(), Field(margin_mm=5.0)])
def test_background_of_scikit_learn(drawn: Drawn, field: Field) -> None:
    inside, expected, chance = (array(image) for image in (drawn.mask, drawn.reference, drawn.probability))
    if field.margin_mm is not None:
        # The mask's added lesions lie at two corners of the image, so its box is cut at the border there.
        ends = [
            (np.flatnonzero((inside | expected).any(axis=rest))[[0, -1]]) for rest in ((1, 2), (0, 2), (0, 1))
        ]
        steps = [int(np.ceil(5.0 / step)) for step in drawn.mask.GetSpacing()[::-1]]
        part = tuple(slice(max(a - n, 0), b + n + 1) for (a, b), n in zip(ends, steps, strict=True))
        inside, expected, chance = inside[part], expected[part], chance[part]
    truth, called, score = expected.ravel(), inside.ravel(), chance.ravel()
    found = compare_regions(drawn.mask, drawn.reference, field=field, probability=drawn.probability)
    assert found["specificity"] == pytest.approx(sklearn_metrics.recall_score(truth, called, pos_label=0))
    assert found["kappa"] == pytest.approx(sklearn_metrics.cohen_kappa_score(truth, called))
    assert found["auc_binary"] == pytest.approx(sklearn_metrics.roc_auc_score(truth, called))
    assert found["auc"] == pytest.approx(sklearn_metrics.roc_auc_score(truth, score), rel=1e-12)
    assert 0.9 < found["auc"] < 1


@pytest.mark.realdata
def test_lesions_of_simpleitk(drawn: Drawn) -> None:
    found = compare_regions(drawn.mask, drawn.reference)
    shares = {}
    for name, image, other in (
        ("lesion_sensitivity", drawn.reference, drawn.mask),
        ("lesion_precision", drawn.mask, drawn.reference),
    ):
        labels = sitk.ConnectedComponent(image, True)
        number = int(array(labels).max())
        met = np.unique(array(sitk.Mask(labels, other)))
        shares[name] = (len(met) - 1) / number
        assert found[name] == pytest.approx(shares[name])
    assert shares["lesion_precision"] < 1
    assert found["lesion_f1"] == pytest.approx(2 / sum(1 / share for share in shares.values()))


@pytest.mark.realdata
def test_signed_distance_of_a_distance_map(drawn: Drawn) -> None:
    """ITK's distance map of the mask's surface elements, in single precision, at the reference's elements."""
    codes = [neighbour_codes(array(image) > 0) for image in (drawn.mask, drawn.reference)]
    elements = [(code > 0) & (code < ALL_INSIDE) for code in codes]
    surface = sitk.GetImageFromArray(elements[0].astype(np.uint8))
    surface.SetSpacing(drawn.mask.GetSpacing())
    distances = array(sitk.DanielssonDistanceMap(surface, useImageSpacing=True))
    sign = np.where(codes[0] == ALL_INSIDE, 1, np.where(codes[0] == 0, -1, 0))
    areas = surfel_areas(drawn.mask.GetSpacing()[::-1])[codes[1]]
    there = elements[1]
    mean = (distances * sign * areas)[there].sum() / areas[there].sum()
    found = compare_regions(drawn.mask, drawn.reference)
    assert found["signed_distance_mm"] == pytest.approx(mean, abs=0.01)
    assert abs(mean) > 0.05


@pytest.mark.realdata
def test_map_of_simpleitk(drawn: Drawn) -> None:
    # ITK's contour leaves out voxels at the border of the image.
    padded = [sitk.ConstantPad(image, [2] * 3, [2] * 3, 0) for image in (drawn.mask, drawn.reference)]
    contours = [sitk.LabelContour(image, fullyConnected=False) for image in padded]
    distance = sitk.SignedMaurerDistanceMap(contours[0], squaredDistance=False, useImageSpacing=True)
    there = array(contours[1]) > 0
    values = array(signed_distance_map(*padded))
    np.testing.assert_allclose(np.abs(values[there]), np.abs(array(distance)[there]), atol=1e-3)
    assert not values[~there].any()
    inside = array(padded[0]) > 0
    assert (values[there & inside] >= 0).all()
    assert (values[there & ~inside] < 0).all()


@pytest.mark.realdata
# MONAI 1.6 calls its own function with an option that it has deprecated.
@pytest.mark.filterwarnings("ignore:.*always_return_as_numpy:FutureWarning")
def test_monai(real_data: Path) -> None:
    monai = pytest.importorskip("monai.metrics")
    torch = pytest.importorskip("torch")
    drawn = drawn_case("STS_025", real_data)
    spacing = drawn.mask.GetSpacing()[::-1]
    # MONAI takes the border of what it crops for an edge; a margin keeps the border of the image away.
    padded = [np.pad(array(image), 2) for image in (drawn.mask, drawn.reference)]
    mask, reference = (torch.from_numpy(one.astype(np.float32))[None, None] for one in padded)
    found = compare_regions(drawn.mask, drawn.reference)
    options = {"include_background": True}
    assert found["dice"] == pytest.approx(float(monai.compute_dice(mask, reference, **options)))
    assert found["jaccard"] == pytest.approx(float(monai.compute_iou(mask, reference, **options)))
    plain = compare_regions(*(sitk.GetImageFromArray(one) for one in padded))
    counts = monai.get_confusion_matrix(mask, reference, **options)
    for ours, theirs in (
        ("sensitivity", "sensitivity"),
        ("precision", "precision"),
        ("specificity", "specificity"),
    ):
        value = float(monai.compute_confusion_matrix_metric(theirs, counts))
        assert plain[ours] == pytest.approx(value, rel=1e-6)
    nsd = monai.compute_surface_dice(mask, reference, [3.0], spacing=spacing, use_subvoxels=True, **options)
    assert found["nsd"] == pytest.approx(float(nsd), abs=1e-6)
    # Its Hausdorff distance runs between the outermost voxels, as the signed map does.
    images = [on_padded(one, drawn.mask) for one in padded]
    largest = max(np.abs(array(signed_distance_map(*way))).max() for way in (images, images[::-1]))
    hausdorff = monai.compute_hausdorff_distance(mask, reference, spacing=spacing, **options)
    assert largest == pytest.approx(float(hausdorff), rel=1e-6)
    assert found["hd_mm"] == pytest.approx(float(hausdorff), abs=np.linalg.norm(spacing))


def on_padded(values: np.ndarray, grid: sitk.Image) -> sitk.Image:
    made = sitk.GetImageFromArray(values)
    made.SetSpacing(grid.GetSpacing())
    return made
