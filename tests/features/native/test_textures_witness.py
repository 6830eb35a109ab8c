"""The native textures against PyRadiomics' own classes: the same names, values, NaN and refusals."""

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given, settings as examples, strategies as st
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from nbradiomics.errors import InputError
from nbradiomics.features.native.classes.textures import TEXTURES, TextureSettings, texture_features
from nbradiomics.features.native.levels.grey_levels import DiscreteRegion

Levels = NDArray[np.int32]


def discrete(levels: Levels, spacing: tuple[float, float, float] = (1.0, 1.0, 1.0)) -> DiscreteRegion:
    """Region of all voxels above 0, numbered from 1 as PyRadiomics does with a bin width of 1."""
    inside = levels > 0
    box = tuple(slice(where.min(), where.max() + 1) for where in np.nonzero(inside))
    cut = levels[box]
    cut = np.where(cut > 0, cut - levels[inside].min() + 1, 0).astype(np.int32)
    return DiscreteRegion(np.ascontiguousarray(cut), np.unique(cut[cut > 0]).astype(np.int64), spacing)


def pyradiomics(region: DiscreteRegion, name: str, settings: Mapping[str, Any]) -> dict[str, float]:
    """What PyRadiomics' class of that name gives for all its features."""
    from radiomics import getFeatureClasses, setVerbosity

    setVerbosity(60)
    image, mask = (
        sitk.GetImageFromArray(array) for array in (region.levels, (region.levels > 0).astype(np.uint8))
    )
    image.SetSpacing(region.spacing[::-1])
    mask.SetSpacing(region.spacing[::-1])
    with warnings.catch_warnings():
        # Means over no direction and divisions of nothing: NaN on purpose.
        warnings.simplefilter("ignore", RuntimeWarning)
        features = getFeatureClasses()[name](image, mask, label=1, binWidth=1, **settings)
        features.enableAllFeatures()
        return {key: float(value) for key, value in features.execute().items()}


def tolerance(name: str, value: float, others: Mapping[str, float], highest: int) -> float:
    """Relative 1e-9; more where a feature vanishes by cancellation or is a root of what vanishes."""
    if name in ("Imc1", "Imc2", "MCC"):
        return max(1e-6 * abs(value), 1e-7)
    if name == "ClusterShade":
        return 1e-9 * abs(value) + 1e-12 * (2 * highest) * others["ClusterTendency"]
    if name == "Correlation":
        return 1e-9 * abs(value) + 1e-12
    # Variances and entropies of what does not vary: a rounding of 1 squared or inside a logarithm.
    return 1e-9 * abs(value) + 1e-14 * name.endswith(("Variance", "Entropy"))


def assert_same(region: DiscreteRegion, settings: Mapping[str, Any], names: tuple[str, ...]) -> None:
    for name in names:
        try:
            expected = pyradiomics(region, name, settings)
        except RuntimeError:
            with pytest.raises(InputError, match="neighbour"):
                texture_features(region, TextureSettings.of(settings), {name: None})
            continue
        found = texture_features(region, TextureSettings.of(settings), {name: None})[name]
        assert list(found) == list(expected)
        for feature, value in expected.items():
            if name == "glcm" and feature == "Imc1" and 0 < expected["JointEntropy"] < 1e-8:
                # All but 1e-10 in one cell: a quotient of two such traces, rounded.
                continue
            close = pytest.approx(
                value, rel=0, abs=tolerance(feature, value, expected, region.highest), nan_ok=True
            )
            assert found[feature] == close, (name, feature, dict(settings))


def noise(shape: tuple[int, int, int], levels: int, seed: int = 0) -> Levels:
    return np.random.default_rng(seed).integers(1, levels + 1, shape).astype(np.int32)


def texture(size: int, levels: int) -> Levels:
    """A ball of smooth noise, which has runs and zones, with `levels` grey levels."""
    values = gaussian_filter(np.random.default_rng(0).standard_normal((size,) * 3), 1.5)
    values = (values - values.min()) / np.ptp(values)
    axes = np.indices(values.shape) - (size - 1) / 2
    inside = (axes**2).sum(axis=0) <= ((size - 1) / 2) ** 2
    return np.where(inside, np.minimum(values * levels, levels - 1).astype(np.int32) + 1, 0).astype(np.int32)


def disconnected() -> Levels:
    levels = np.zeros((5, 6, 7), np.int32)
    levels[0, 0, 0], levels[4, 5, 6], levels[2, 2, 2], levels[2, 2, 4] = 1, 2, 3, 3
    return levels


REGIONS = {
    "noise": noise((5, 6, 7), 8),
    "holes": np.where(noise((6, 6, 6), 3, 1) > 1, noise((6, 6, 6), 12), 0).astype(np.int32),
    "one slice": noise((1, 9, 8), 6),
    "line": noise((1, 1, 12), 4),
    "oblique line": np.where(np.eye(7, dtype=bool)[None], noise((1, 7, 7), 3), 0).astype(np.int32),
    "flat": np.ones((3, 4, 5), np.int32),
    "flat line": np.ones((1, 5, 1), np.int32),
    "disconnected": disconnected(),
    "gaps in the levels": noise((5, 5, 5), 5) ** 3,
    "two levels": noise((4, 5, 6), 2),
    "smooth": texture(14, 30),
}
SETTINGS: dict[str, dict[str, Any]] = {
    "default": {},
    "distance 2": {"distances": [2]},
    "distances 1, 2": {"distances": [1, 2]},
    "distances 1, 1, 2": {"distances": [1, 1, 2]},
    "distances 3, 5": {"distances": [3, 5]},
    "2D": {"force2D": True},
    "2D sagittal": {"force2D": True, "force2Ddimension": 2},
    "manhattan": {"weightingNorm": "manhattan"},
    "euclidean": {"weightingNorm": "euclidean"},
    "infinity": {"weightingNorm": "infinity", "distances": [1, 2]},
    "no weighting": {"weightingNorm": "no_weighting"},
    "unknown norm": {"weightingNorm": "taxicab"},
    "asymmetrical": {"symmetricalGLCM": False},
    "asymmetrical, weighted": {"symmetricalGLCM": False, "weightingNorm": "euclidean"},
    "alpha 1": {"gldm_a": 1},
    "alpha 3": {"gldm_a": 3, "distances": [1, 2]},
}


@pytest.mark.parametrize("setting", SETTINGS)
@pytest.mark.parametrize("name", REGIONS)
def test_region_and_setting(name: str, setting: str) -> None:
    assert_same(discrete(REGIONS[name], (3.3, 0.9, 0.7)), SETTINGS[setting], tuple(TEXTURES))


@pytest.mark.parametrize("levels", [10, 119, 121, 400, pytest.param(1000, marks=pytest.mark.slow)])
@pytest.mark.parametrize("symmetrical", [True, False])
def test_many_levels(levels: int, symmetrical: bool) -> None:
    # 120 levels are where the maximal correlation goes from all singular values to an iteration.
    names = tuple(TEXTURES) if symmetrical else ("glcm",)
    assert_same(discrete(texture(14, levels)), {"symmetricalGLCM": symmetrical}, names)


def test_levels_that_occur_only_together() -> None:
    # Two blocks of levels that never meet: the maximal correlation is 1 but for PyRadiomics' eps.
    levels = np.where(np.arange(24) < 12, noise((6, 6, 24), 100), 200 + noise((6, 6, 24), 100, 1))
    levels[:, :, 11:13] = 0
    levels[0, 0, 11] = 400
    assert_same(discrete(levels.astype(np.int32)), {}, ("glcm",))


@given(data=st.data())
@examples(max_examples=60)
def test_any_region_and_settings(data: st.DataObject) -> None:
    shape = data.draw(st.tuples(*[st.integers(1, 6)] * 3))
    highest = data.draw(st.sampled_from([1, 2, 3, 5, 20, 100]))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    inside = rng.random(shape) < data.draw(st.sampled_from([0.1, 0.3, 0.7, 1.0]))
    inside.flat[0] = True
    spacing = data.draw(st.tuples(*[st.sampled_from([0.2, 0.98, 1.0, 3.27])] * 3))
    settings = data.draw(
        st.fixed_dictionaries(
            {},
            optional={
                "distances": st.lists(st.integers(1, 3), min_size=1, max_size=3),
                "force2D": st.booleans(),
                "force2Ddimension": st.integers(0, 2),
                "weightingNorm": st.sampled_from(
                    ["manhattan", "euclidean", "infinity", "no_weighting", None]
                ),
                "symmetricalGLCM": st.booleans(),
                "gldm_a": st.integers(0, 4),
            },
        )
    )
    levels = np.where(inside, rng.integers(1, highest + 1, shape), 0).astype(np.int32)
    assert_same(discrete(levels, spacing), settings, tuple(TEXTURES))


@pytest.mark.realdata
@pytest.mark.parametrize(
    ("case", "width"),
    [("pyradiomics/brain1_%s.nrrd", 25), ("pyradiomics/brain1_%s.nrrd", 3), ("sts_mr/STS_001_%s.nii.gz", 25)],
)
def test_real_images(real_data: Path, case: str, width: float) -> None:
    label = "mask" if "sts" in case else "label"
    image, mask = (sitk.ReadImage(str(real_data / (case % part))) for part in ("image", label))
    values, inside = sitk.GetArrayFromImage(image).astype(float), sitk.GetArrayFromImage(mask) == 1
    levels = np.floor(values / width) - np.floor(values[inside].min() / width) + 1
    levels = np.where(inside, levels, 0).astype(np.int32)
    assert_same(discrete(levels, image.GetSpacing()[::-1]), {}, tuple(TEXTURES))


def test_names_order_and_deprecation_are_pyradiomics_own() -> None:
    from radiomics import getFeatureClasses

    classes = getFeatureClasses()
    assert {name: list(features.items()) for name, features in TEXTURES.items()} == {
        name: list(classes[name].getFeatureNames().items()) for name in TEXTURES
    }


@pytest.mark.parametrize(
    ("name", "feature"),
    [(name, feature) for name, known in TEXTURES.items() for feature, old in known.items() if old],
)
def test_deprecated_features_give_no_value(name: str, feature: str) -> None:
    from radiomics import getFeatureClasses

    region = discrete(REGIONS["noise"])
    image = sitk.GetImageFromArray(region.levels)
    expected = getFeatureClasses()[name](image, sitk.GetImageFromArray((region.levels > 0).astype(np.uint8)))
    expected.enableFeatureByName(feature)
    assert (
        dict(expected.execute()) == texture_features(region, TextureSettings(), {name: [feature]})[name] == {}
    )
