"""The native engine against PyRadiomics 3.1.4: whole extractions, feature by feature."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given, settings as hypothesis_settings, strategies as st

from nbradiomics.errors import InputError
from nbradiomics.features import extract_features
from nbradiomics.features.engines import native_engine as engine
from nbradiomics.features.parameters import load_parameters
from tests.support.native_cases import CASES, blob, compare_engines, make_case, texture

FIRST_AND_SHAPE = {"firstorder": None, "shape": None, "shape2D": None}
#: One class of each kind: shape, intensities, neighbours, runs or zones.
FEW = {"shape": None, "firstorder": None, "glcm": None, "glszm": None}
FIRST_ORDER = {"firstorder": None}
RESAMPLED = {"resampledPixelSpacing": [1.1, 1.0, 2.0]}


@pytest.mark.parametrize("case", CASES)
def test_first_order_and_shape_of_every_case(case: str) -> None:
    for setting in ({}, {"binCount": 32, "force2D": True}, {"binWidth": 0.1}):
        compare_engines(
            CASES[case](),
            {
                "setting": {"minimumROIDimensions": 1, **setting},
                "featureClass": FIRST_AND_SHAPE,
                "nbradiomics": {"limits": {"bins": 1_000_000}},
            },
        )


@pytest.mark.parametrize("case", CASES)
def test_every_class_of_every_case(case: str) -> None:
    assert compare_engines(CASES[case](), {"setting": {"minimumROIDimensions": 1}})


@pytest.mark.parametrize(
    "setting",
    [
        {"binWidth": 7.5},
        {"binCount": 16},
        {"normalize": True, "normalizeScale": 100, "removeOutliers": 1.5, "voxelArrayShift": 300},
        {"normalize": True, "binWidth": 0.3},
        {"preCrop": True, "padDistance": 2},
        {"additionalInfo": False, "label_channel": 0, "correctMask": True, "geometryTolerance": 1e-3},
        {"minimumROISize": 50, "minimumROIDimensions": 3},
        {"minimumROISize": 50_000},
        {"resegmentRange": [250, 350]},
        {"resegmentRange": [280], "resegmentShape": True},
        {"resegmentRange": [0.4, 0.9], "resegmentMode": "relative"},
        {"resegmentRange": [-1.5, 1], "resegmentMode": "sigma", "resegmentShape": True},
        {"resegmentRange": [10_000, 20_000]},
        {"force2D": True, "force2Ddimension": 0, "weightingNorm": "euclidean"},
        {"force2D": True, "force2Ddimension": 1, "distances": [1, 2]},
        {"force2D": True, "force2Ddimension": 2, "symmetricalGLCM": False},
        {"distances": [2], "weightingNorm": "infinity", "gldm_a": 2},
        {"distances": [1, 3], "weightingNorm": "manhattan"},
        {"weightingNorm": "no_weighting", "symmetricalGLCM": False},
    ],
    ids=lambda setting: "-".join(setting),
)
def test_every_setting(setting: dict[str, Any]) -> None:
    classes = dict.fromkeys(("shape", "firstorder", "glcm", "gldm", "glrlm", "glszm", "ngtdm"))
    compare_engines(CASES["anisotropic"](), {"setting": setting, "featureClass": classes})


@pytest.mark.parametrize(
    "setting",
    [
        RESAMPLED,
        {"resampledPixelSpacing": [0.72, 0.9, 3.1]},
        {"resampledPixelSpacing": [0, 0, 2.0], "padDistance": 9},
        {"resampledPixelSpacing": [40, 40, 40], "additionalInfo": False},
        {"interpolator": None, **RESAMPLED},
        {"preCrop": True, "normalize": True, "binWidth": 0.5, **RESAMPLED},
        *(
            {"interpolator": f"sitk{name}", **RESAMPLED}
            for name in ("NearestNeighbor", "Linear", "Gaussian", "LanczosWindowedSinc", "LabelGaussian")
        ),
        *({"interpolator": number, **RESAMPLED} for number in (1, 2, 3)),
    ],
    ids=lambda setting: "-".join(map(str, setting.values())),
)
def test_every_way_of_resampling(setting: dict[str, Any]) -> None:
    for case in ("anisotropic", "oblique", "one_slice"):
        compare_engines(CASES[case](), {"setting": setting, "featureClass": FEW})


# PyRadiomics looks for a function where SciPy no longer keeps it.
@pytest.mark.filterwarnings("ignore:Please import `map_coordinates`:DeprecationWarning")
@pytest.mark.parametrize(
    "image_types",
    [
        {"Wavelet": {}, "Original": {}},
        {"Wavelet": {"wavelet": "db3", "level": 2, "start_level": 1, "binWidth": 400}},
        {"Wavelet": {"wavelet": "haar", "force2D": True, "force2Ddimension": 0}},
        {"Wavelet": {"wavelet": "bior1.3"}, "LoG": {"sigma": [1.0, 2.5], "binWidth": 3}},
        {"LoG": {"sigma": [3, 30]}, "LBP3D": {}},
        {"Square": {}, "SquareRoot": {"binCount": 20}, "Logarithm": {}, "Exponential": {"binWidth": 5}},
        {"Gradient": {}},
        {"Gradient": {"gradientUseSpacing": False, "distances": [2]}, "Original": {"voxelArrayShift": 50}},
    ],
    ids=lambda types: "-".join(types),
)
def test_every_image_type(image_types: dict[str, Any]) -> None:
    for case in ("anisotropic", "negative"):
        setting: dict[str, Any] = {"binWidth": 60}
        if case == "anisotropic":
            setting["resampledPixelSpacing"] = [1, 1, 1]
        assert compare_engines(
            CASES[case](), {"setting": setting, "imageType": image_types, "featureClass": FEW}
        )


@pytest.mark.parametrize("method", ["default", "ror", "uniform", "var"])
def test_local_binary_patterns(method: str) -> None:
    # Variances go up to thousands: with as many grey levels PyRadiomics alone takes nine seconds.
    width = 100 if method == "var" else 1
    own = {"lbp2DMethod": method, "lbp2DRadius": 1.5, "lbp2DSamples": 9, "binWidth": width}
    setting = {"force2D": True, "force2Ddimension": 0}
    compare_engines(
        CASES["one_slice"](), {"setting": setting, "imageType": {"LBP2D": own}, "featureClass": FEW}
    )


@pytest.mark.parametrize(
    "classes",
    [
        {"firstorder": ["StandardDeviation", "Mean", "10Percentile"]},
        {"shape": ["Compactness1", "Compactness2", "SphericalDisproportion"]},
        {"glcm": ["Dissimilarity", "Homogeneity1", "Homogeneity2", "SumVariance", "SumAverage"]},
        {"gldm": ["GrayLevelNonUniformityNormalized", "DependencePercentage"], "shape2D": ["Perimeter"]},
        {"ngtdm": [], "glrlm": ["RunEntropy"], "shape": None},
        {},
    ],
    ids=str,
)
def test_features_by_name_and_deprecated_ones(classes: dict[str, Any]) -> None:
    compare_engines(CASES["anisotropic"](), {"featureClass": classes})


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("force2d", [True, False])
def test_shape_in_a_plane(axis: int, force2d: bool) -> None:
    inside = blob((18, 22, 24), seed=4)
    flat = np.zeros_like(inside)
    flat.swapaxes(0, axis)[9] = inside.swapaxes(0, axis)[9]
    case = make_case(texture(inside.shape, seed=1) * 100, flat, spacing=(0.7, 1.1, 2.5))
    classes = {"shape2D": ["SphericalDisproportion", "Sphericity"] if force2d else None, "shape": None}
    setting = {"force2D": force2d, "force2Ddimension": axis}
    compare_engines(case, {"setting": setting, "featureClass": classes})


def test_a_mask_on_another_grid_is_refused_or_corrected_alike() -> None:
    image, mask = CASES["anisotropic"]()
    moved = sitk.Image(mask)
    moved.SetOrigin([value + 0.4 for value in mask.GetOrigin()])
    part = mask[2:-2, 2:-2, 1:-1]
    nearly = sitk.Image(mask)
    nearly.SetOrigin([value + 1e-4 for value in mask.GetOrigin()])
    before = sitk.ProcessObject.GetGlobalDefaultCoordinateTolerance()
    for other in (moved, part, nearly):
        for setting in ({}, {"correctMask": True}, {"geometryTolerance": 0.01}):
            sitk.ProcessObject.SetGlobalDefaultCoordinateTolerance(1e-6)
            compare_engines((image, other), {"setting": setting, "featureClass": FEW})
    # PyRadiomics leaves its tolerance behind.
    sitk.ProcessObject.SetGlobalDefaultCoordinateTolerance(before)
    sitk.ProcessObject.SetGlobalDefaultDirectionTolerance(before)


def test_a_tolerance_is_put_back() -> None:
    process = sitk.ProcessObject
    before = process.GetGlobalDefaultCoordinateTolerance(), process.GetGlobalDefaultDirectionTolerance()
    parameters = load_parameters({"setting": {"geometryTolerance": 0.5}, "featureClass": FIRST_ORDER})
    engine.compute(*CASES["tiny"](), parameters)
    after = process.GetGlobalDefaultCoordinateTolerance(), process.GetGlobalDefaultDirectionTolerance()
    assert before == after


def test_an_image_of_zeros_has_no_logarithm() -> None:
    image, mask = CASES["flat"]()
    case = (image * 0, mask)
    with np.errstate(all="ignore"):
        compare_engines(case, {"imageType": {"Original": {}}, "featureClass": FEW})
        with pytest.raises(Exception, match=r"refuses|finite"):
            engine.compute(*case, load_parameters({"imageType": {"Logarithm": {}}, "featureClass": FEW}))


def test_a_label_of_an_image_type_is_refused() -> None:
    with pytest.raises(InputError, match="Original has its own label, 2"):
        load_parameters({"imageType": {"Original": {"label": 2}}, "featureClass": FIRST_ORDER})


@pytest.mark.parametrize(
    "dtype", [np.uint8, np.int8, np.int16, np.uint16, np.int32, np.int64, np.float32, float]
)
def test_every_number_type(dtype: type) -> None:
    shape = (9, 10, 11)
    array = (texture(shape, seed=3) * 15 + 60).astype(dtype)
    case = make_case(array, blob(shape, seed=3), spacing=(1.0, 1.0, 1.4))
    assert compare_engines(case, {"setting": {"binWidth": 2.0}, "featureClass": FEW})
    assert compare_engines(
        case, {"setting": {"resampledPixelSpacing": [0.9, 0.9, 0.9], "binWidth": 3.0}, "featureClass": FEW}
    )


def test_the_engine_is_chosen_by_name_and_says_what_it_is() -> None:
    image, mask = CASES["anisotropic"]()
    theirs, mine = (
        extract_features(image, mask, params={"featureClass": FEW}, engine=name)
        for name in ("pyradiomics", "native")
    )
    assert list(theirs.index) == list(mine.index)
    assert "values 2, as PyRadiomics 3.1.4" in engine.engine_version()


@st.composite
def extractions(draw: st.DrawFn) -> tuple[Any, dict[str, Any]]:
    """A small image with a random region, and settings."""
    shape = draw(st.tuples(*[st.integers(3, 7)] * 3))
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    array = rng.normal(0, draw(st.sampled_from([3, 40, 300])), shape) + draw(st.sampled_from([-50, 0, 500]))
    inside = rng.random(shape) < draw(st.sampled_from([0.2, 0.6, 0.95]))
    inside.ravel()[draw(st.integers(0, inside.size - 1))] = True
    dtype = draw(st.sampled_from([np.int16, np.float32, np.float64]))
    spacing = draw(st.tuples(*[st.sampled_from([0.5, 1.0, 3.2])] * 3))
    settings: dict[str, Any] = {
        "additionalInfo": False,  # its hash and centre would fail before the check of an empty mask
        "minimumROIDimensions": draw(st.integers(1, 3)),
        "force2D": draw(st.booleans()),
        "force2Ddimension": draw(st.integers(0, 2)),
        "distances": draw(st.sampled_from([[1], [2], [1, 2]])),
        "weightingNorm": draw(st.sampled_from([None, "euclidean", "no_weighting"])),
        "symmetricalGLCM": draw(st.booleans()),
        "gldm_a": draw(st.integers(0, 2)),
        "voxelArrayShift": draw(st.sampled_from([0, 100])),
        "normalize": draw(st.booleans()),
        draw(st.sampled_from(["binWidth", "binCount"])): draw(st.integers(1, 40)),
    }
    if draw(st.booleans()):
        settings["resegmentRange"], settings["resegmentMode"] = [-2, 2], "sigma"
    if draw(st.booleans()):
        settings["resampledPixelSpacing"] = [1, 1, 1]
    return make_case(array.astype(dtype), inside, spacing=spacing), settings


@given(extractions())
@hypothesis_settings(max_examples=40)
def test_any_image_mask_and_settings(drawn: tuple[Any, dict[str, Any]]) -> None:
    case, setting = drawn
    classes = dict.fromkeys(("shape", "firstorder", "glcm", "gldm", "glrlm", "glszm", "ngtdm"))
    compare_engines(case, {"setting": setting, "featureClass": classes})


@pytest.mark.realdata
@pytest.mark.parametrize("preset", ["t2w_mr_1mm", "t2w_mr_anisotropic"])
def test_presets_on_real_images(real_data: Path, preset: str) -> None:
    for name in ("brain1", "breast1"):
        image, mask = (
            sitk.ReadImage(str(real_data / "pyradiomics" / f"{name}_{kind}.nrrd"))
            for kind in ("image", "label")
        )
        region = sitk.Cast(mask == 1, sitk.sitkUInt8)
        region.CopyInformation(image)
        assert compare_engines((image, region), preset)


@pytest.mark.realdata
def test_the_digital_phantom(real_data: Path) -> None:
    image, mask = (
        sitk.ReadImage(str(real_data / "ibsi1" / f"digital_phantom_{kind}.nii.gz"))
        for kind in ("image", "mask")
    )
    region = sitk.Cast(mask == 1, sitk.sitkUInt8)
    region.CopyInformation(image)
    assert compare_engines((image, region), load_parameters("ibsi_digital_phantom").content)


@pytest.mark.realdata
@pytest.mark.slow
@pytest.mark.parametrize("name", ["STS_001", "STS_005"])
def test_real_tumours_with_filters(real_data: Path, name: str) -> None:
    image, mask = (
        sitk.ReadImage(str(real_data / "sts_mr" / f"{name}_{kind}.nii.gz")) for kind in ("image", "mask")
    )
    region = sitk.Cast(mask == 1, sitk.sitkUInt8)
    region.CopyInformation(image)
    assert compare_engines(
        (image, region),
        {
            "setting": {"resampledPixelSpacing": [2, 2, 2]},
            "imageType": {"Original": {}, "LoG": {"sigma": [2.0, 4.0]}, "Wavelet": {}, "Gradient": {}},
        },
    )
