"""Texture maps against PyRadiomics' own classes in voxel-based extraction."""

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk
from numpy.typing import NDArray

from nbradiomics.features.native.classes.textures import TEXTURES, TextureSettings
from nbradiomics.features.native.voxel.textures import voxel_features

Maps = dict[str, NDArray[np.float64]]
SPACING = (3.3, 0.9, 0.7)


def pyradiomics(
    values: NDArray[np.int32], inside: NDArray[np.bool_], name: str, settings: Mapping[str, Any]
) -> Maps:
    from radiomics import getFeatureClasses, setVerbosity

    setVerbosity(60)
    image, mask = (sitk.GetImageFromArray(array) for array in (values, inside.astype(np.uint8)))
    for each in (image, mask):
        each.SetSpacing(SPACING[::-1])
    with warnings.catch_warnings():
        # Means over no direction and roots of rounding errors: NaN on purpose.
        warnings.simplefilter("ignore", RuntimeWarning)
        features = getFeatureClasses()[name](image, mask, label=1, binWidth=1, voxelBased=True, **settings)
        features.enableAllFeatures()
        return {key: sitk.GetArrayFromImage(found)[inside] for key, found in features.execute().items()}


def native(
    values: NDArray[np.int32], inside: NDArray[np.bool_], name: str, settings: Mapping[str, Any]
) -> Maps:
    counted = inside if settings.get("maskedKernel", True) else np.ones_like(inside)
    levels = np.where(counted, values - values[counted].min() + 1, 0).astype(np.int32)
    parts = list(
        voxel_features(
            levels,
            np.flatnonzero(inside),
            TextureSettings.of(settings),
            name,
            radius=settings.get("kernelRadius", 1),
            spacing=SPACING,
            initial=settings.get("initValue", 0.0),
            batch=settings.get("voxelBatch", -1),
        )
    )
    return {feature: np.concatenate([part[feature] for part in parts]) for feature in parts[0]}


CASES: dict[str, dict[str, Any]] = {
    "default": {},
    "radius 2": {"kernelRadius": 2},
    "unmasked": {"maskedKernel": False},
    "batches": {"voxelBatch": 7, "initValue": -1.0},
    "2D": {"force2D": True, "force2Ddimension": 1},
    "distances": {"distances": [1, 2], "kernelRadius": 2},
    "weighted": {"weightingNorm": "euclidean"},
    "asymmetrical": {"symmetricalGLCM": False},
    "alpha": {"gldm_a": 2},
}


def region(levels: int, filled: float) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
    rng = np.random.default_rng(levels)
    inside = rng.random((4, 5, 6)) < filled
    inside[0, 0, 0] = True
    return rng.integers(1, levels + 1, inside.shape).astype(np.int32), inside


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("name", TEXTURES)
@pytest.mark.parametrize(("levels", "filled"), [(12, 1.0), (40, 0.4), (1, 0.7)])
def test_maps(name: str, case: str, levels: int, filled: float) -> None:
    values, inside = region(levels, filled)
    expected = pyradiomics(values, inside, name, CASES[case])
    found = native(values, inside, name, CASES[case])
    assert list(found) == list(expected)
    for feature, values_there in expected.items():
        loose = 1e-7 if feature in ("Imc1", "Imc2", "MCC") else 1e-12
        if feature == "ClusterShade":
            loose = 1e-12 * levels**3
        np.testing.assert_allclose(found[feature], values_there, rtol=1e-9, atol=loose, err_msg=feature)


@pytest.mark.parametrize("case", ["default", "batches", "2D", "weighted", "asymmetrical"])
@pytest.mark.parametrize("name", TEXTURES)
@pytest.mark.parametrize("chunk", [3, 7, 20])
def test_values_do_not_depend_on_chunks(
    name: str, case: str, chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Batches of 7 voxels, or of all, are cut by chunks, and chunks by batches."""
    values, inside = region(6, 0.3)
    whole = native(values, inside, name, CASES[case])
    monkeypatch.setattr("nbradiomics.features.native.voxel.kernel.CHUNK", chunk)
    for feature, found in native(values, inside, name, CASES[case]).items():
        np.testing.assert_array_equal(found, whole[feature], err_msg=feature)


def test_deprecated_features_have_no_map() -> None:
    values, inside = region(5, 1.0)
    places = np.flatnonzero(inside)
    assert list(voxel_features(values, places, TextureSettings(), "glcm", ["SumVariance"])) == []
