"""Feature maps against PyRadiomics' own voxel-based extraction: names, grids and the value of every voxel."""

import logging
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given, settings, strategies as st

from nbradiomics.errors import InputError
from nbradiomics.features.compliance.parity import allowed_difference
from nbradiomics.features.maps import feature_maps
from nbradiomics.features.native.voxel.correlation import symmetric_correlation
from nbradiomics.features.native.voxel.firstorder import first_order_maps
from nbradiomics.features.notes import listening
from nbradiomics.features.parameters import load_parameters
from tests.support.helpers import first_is_quick
from tests.support.native_cases import CASES, Case, make_case

Maps = dict[str, sitk.Image]


def pyradiomics(case: Case, content: Mapping[str, Any]) -> Maps:
    from radiomics.featureextractor import RadiomicsFeatureExtractor

    parameters = load_parameters(content)
    with listening(), warnings.catch_warnings():
        # Means over no direction, roots of rounding errors, and how PyRadiomics' schema is loaded.
        warnings.simplefilter("ignore")
        found = RadiomicsFeatureExtractor(parameters.content).execute(*case, label=1, voxelBased=True)
    return {name: one for name, one in found.items() if not name.startswith("diagnostics")}


def differing(mine: Maps, theirs: Maps) -> dict[str, int]:
    """Voxels in which a map is not the same, by feature; asserts the same names and grids."""
    assert list(mine) == list(theirs)
    values = {name: sitk.GetArrayFromImage(one) for name, one in theirs.items()}
    wrong = {}
    for name, expected in values.items():
        for about in ("GetSize", "GetSpacing", "GetDirection", "GetPixelID"):
            assert getattr(mine[name], about)() == getattr(theirs[name], about)(), name
        assert mine[name].GetOrigin() == pytest.approx(theirs[name].GetOrigin(), rel=1e-12)
        found = sitk.GetArrayFromImage(mine[name])
        suspects = np.argwhere(~np.isclose(found, expected, rtol=1e-9, atol=0, equal_nan=True))
        count = 0
        for place in map(tuple, suspects):
            here = {other: float(array[place]) for other, array in values.items()}
            count += not abs(found[place] - expected[place]) <= allowed_difference(name, here)
        if count:
            wrong[name] = count
    return wrong


def compare(case: Case, content: Mapping[str, Any]) -> dict[str, int]:
    return differing(feature_maps(*case, params=content), pyradiomics(case, content))


def cut(case: Case, reach: int = 3) -> Case:
    """The same image with the part of the mask around its middle voxel."""
    inside = sitk.GetArrayFromImage(case[1])
    middle = np.argwhere(inside)[inside.sum() // 2]
    kept = np.zeros_like(inside)
    box = tuple(slice(max(0, place - reach), place + reach) for place in middle)
    kept[box] = inside[box]
    mask = sitk.GetImageFromArray(kept)
    mask.CopyInformation(case[1])
    return case[0], mask


@pytest.mark.parametrize("name", first_is_quick(list(CASES)))
def test_generated_cases(name: str) -> None:
    width = 200 if name == "many_levels" else 25
    assert compare(cut(CASES[name]()), {"setting": {"binWidth": width}}) == {}


SETTINGS: dict[str, dict[str, Any]] = {
    "radius 2": {"voxelSetting": {"kernelRadius": 2}},
    "unmasked": {"voxelSetting": {"maskedKernel": False, "initValue": -1.5}},
    "batches": {"voxelSetting": {"voxelBatch": 7, "initValue": -1.5}},
    "single voxels": {"voxelSetting": {"voxelBatch": 1}},
    "slices": {"setting": {"force2D": True}},
    "slices across x": {
        "setting": {"force2D": True, "force2Ddimension": 2},
        "voxelSetting": {"kernelRadius": 2, "maskedKernel": False},
    },
    "weights": {"setting": {"weightingNorm": "euclidean"}},
    "weights of one": {"setting": {"weightingNorm": "no_weighting"}, "voxelSetting": {"voxelBatch": 11}},
    "asymmetrical": {"setting": {"symmetricalGLCM": False}},
    "distances": {"setting": {"distances": [1, 2], "gldm_a": 1}, "voxelSetting": {"kernelRadius": 2}},
    "bin count": {"setting": {"binCount": 16, "voxelArrayShift": 300}},
    "resampled": {
        "setting": {"resampledPixelSpacing": [1.2, 1.2, 1.2], "normalize": True, "normalizeScale": 100}
    },
    "resegmented": {"setting": {"resegmentRange": [250, 380]}},
    "filters": {"imageType": {"Original": {}, "LoG": {"sigma": [1.0]}, "Gradient": {"binWidth": 7}}},
    "wavelet": {"imageType": {"Wavelet": {"binWidth": 9}}, "featureClass": {"firstorder": [], "glcm": []}},
    "by name": {
        "featureClass": {
            "firstorder": ["StandardDeviation", "Mean"],
            "glcm": ["SumVariance", "MCC", "Contrast"],
            "gldm": ["DependencePercentage"],
            "shape": None,
            "ngtdm": [],
        },
        "voxelSetting": {"initValue": 3.5},
    },
}


@pytest.mark.parametrize("name", first_is_quick(list(SETTINGS)))
def test_settings(name: str) -> None:
    assert compare(cut(CASES["anisotropic"](), 2), SETTINGS[name]) == {}


@pytest.mark.parametrize("content", [{"setting": {"distances": [9]}}, {"setting": {"minimumROISize": 9999}}])
def test_same_refusals(content: dict[str, Any]) -> None:
    case = cut(CASES["anisotropic"](), 2)
    # PyRadiomics says "Error getting angle count." of neighbours that do not fit, as a RuntimeError.
    with pytest.raises((ValueError, RuntimeError)):
        pyradiomics(case, content)
    with pytest.raises(InputError, match=r"neighbour|minimum"):
        feature_maps(*case, params=content)


@pytest.mark.realdata
@pytest.mark.parametrize(
    ("image", "mask"),
    [
        ("pyradiomics/brain1_image.nrrd", "pyradiomics/brain1_label.nrrd"),
        ("sts_mr/STS_001_image.nii.gz", "sts_mr/STS_001_mask.nii.gz"),
    ],
)
def test_real_images(real_data: Path, image: str, mask: str) -> None:
    region = sitk.ReadImage(str(real_data / mask)) == 1
    case = cut((sitk.ReadImage(str(real_data / image)), region), 4)
    assert compare(case, {"setting": {"binWidth": 25}}) == {}
    # Each voxel by itself, so that the MCC is computed wherever it can be.
    assert compare(cut(case, 2), {"voxelSetting": {"voxelBatch": 1}}) == {}


@pytest.mark.slow
@pytest.mark.parametrize(("levels", "seed", "most"), [(2, 0, 8), (2, 3, 6), (3, 1, 1)])
def test_rounding_decides_where_the_mcc_vanishes(levels: int, seed: int, most: int) -> None:
    """The known exception: asymmetrical matrices of two or three grey levels.

    Where levels are independent, Imc2 and MCC are roots of 0; PyRadiomics takes the root of a rounding error,
    which is 0 or NaN (left out of the mean over directions), by the last bit of a sum or of a general
    eigenproblem. That decides otherwise in so many of 64 voxels; other builds of LAPACK may agree in more.
    498 random small regions (25,858 voxels, half of them with two or three levels) had 47 such voxels of the
    MCC and 12 of Imc2, all with asymmetrical matrices, and no other difference.
    """
    intensities = np.random.default_rng(seed).integers(0, levels, (4, 4, 4)) * 10.0
    case = make_case(intensities, np.ones((4, 4, 4), bool))
    wrong = compare(case, {"setting": {"binWidth": 5, "symmetricalGLCM": False}})
    assert set(wrong) <= {"original_glcm_MCC", "original_glcm_Imc2"}
    assert sum(wrong.values()) <= most
    assert compare(case, {"setting": {"binWidth": 5}}) == {}


def test_by_hand() -> None:
    """A row of three voxels 10, 30, 60: the first sees two, the middle one all three."""
    intensities = np.array([[[10.0, 30.0, 60.0]]])
    [found] = first_order_maps(intensities, np.array([[[1, 2, 3]]], np.int32), np.arange(3), reach=(1, 1, 3))
    np.testing.assert_allclose(found["Mean"], [20, 100 / 3, 45])
    np.testing.assert_allclose(found["Median"], [20, 30, 45])
    np.testing.assert_allclose(found["Energy"], [1000, 4600, 4500])
    np.testing.assert_allclose(found["Entropy"], np.log2([2, 3, 2]))
    np.testing.assert_allclose(found["90Percentile"], [28, 54, 57])
    np.testing.assert_allclose(found["RobustMeanAbsoluteDeviation"], [np.nan, 0, np.nan])


@st.composite
def symmetric_counts(draw: st.DrawFn) -> np.ndarray:
    levels = draw(st.integers(1, 9))
    pairs = draw(st.lists(st.tuples(*[st.integers(0, levels - 1)] * 2), min_size=1, max_size=40))
    counts = np.zeros((levels, levels))
    for first, second in pairs:
        counts[first, second] += 1
        counts[second, first] += 1
    return counts


@given(symmetric_counts())
@settings(deadline=None, max_examples=300)
def test_correlation_is_the_second_eigenvalue(counts: np.ndarray) -> None:
    of_row = counts.sum(axis=1)
    used = of_row > 0
    scaled = counts[np.ix_(used, used)] / np.sqrt(np.outer(of_row[used], of_row[used]))
    sizes = np.sort(np.abs(np.linalg.eigvalsh(scaled)))
    size = len(counts)
    found = symmetric_correlation(counts, of_row, np.empty((3, size), np.int64), np.empty((size + 5, size)))
    assert found == pytest.approx(sizes[-2] if len(sizes) > 1 else 0, abs=1e-7)
    shuffled = np.random.default_rng(0).permutation(size)
    again = symmetric_correlation(
        np.ascontiguousarray(counts[np.ix_(shuffled, shuffled)]),
        of_row[shuffled],
        np.empty((3, size), np.int64),
        np.empty((size + 5, size)),
    )
    assert again == pytest.approx(found, abs=1e-7)


def test_pyradiomics_stays_quiet() -> None:
    before = logging.getLogger("radiomics").handlers[:]
    feature_maps(*cut(CASES["tiny"]()), params={"featureClass": {"firstorder": ["Mean"]}})
    assert logging.getLogger("radiomics").handlers == before
