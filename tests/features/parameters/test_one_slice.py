"""What is said of images of one slice is true: what differs from the plane, or is missing, and no more."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

from nbradiomics.features.extract import extract_region
from nbradiomics.features.parameters import load_parameters
from nbradiomics.features.parameters.one_slice import effects_on_one_slice
from tests.support.helpers import make_image

MEAN: dict[str, Any] = {"firstorder": ["Mean", "Variance"]}
TEXTURES = {name: [] for name in ("firstorder", "glcm", "glrlm", "glszm", "gldm", "ngtdm")}
THICK, CUBE = (0.5, 0.5, 4.0), (1.0, 1.0, 1.0)


def measure(params: dict[str, Any], spacing: tuple[float, float, float] = CUBE) -> dict[str, float]:
    random = np.random.default_rng(0)
    noise = random.normal(100, 20, (1, 30, 34))
    voxels = noise + np.roll(noise, 1, 1) + np.roll(noise, 1, 2)
    mask = np.zeros(voxels.shape, np.uint8)
    mask[0, 8:22, 9:25] = random.random((14, 16)) < 0.95
    images = (make_image(array, spacing) for array in (voxels.astype(np.float32), mask))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = extract_region(*images, load_parameters(params), name="x").values
    return {name: float(value) for name, value in found.items()}


def told(params: dict[str, Any]) -> str:
    return "; ".join(one.problem for one in effects_on_one_slice(load_parameters(params)))


def setting(**values: Any) -> dict[str, Any]:
    return {"setting": {"binCount": 16, **values}}


def own(**values: Any) -> dict[str, Any]:
    return {**setting(), "featureClass": MEAN, "nbradiomics": values}


def test_the_preset_has_nothing_to_be_told() -> None:
    assert told({"setting": {"force2D": True}, "featureClass": {**TEXTURES, "shape2D": []}}) == ""
    assert effects_on_one_slice(load_parameters("image_2d")) == []


def test_textures_have_the_values_of_the_plane_without_force2d() -> None:
    space, plane = ({**setting(force2D=flat), "featureClass": TEXTURES} for flat in (False, True))
    assert told(space) == ""
    assert measure(space) == pytest.approx(measure(plane), rel=1e-9)


def test_shape_depends_on_the_thickness() -> None:
    params = {"featureClass": {"shape": ["Sphericity"]}}
    assert "class shape" in told(params)
    assert "class shape" in told({})
    assert measure(params) != measure(params, THICK)


def test_wavelets_across_the_slice_are_rounding_noise() -> None:
    params = {
        **setting(),
        "imageType": {"Wavelet": {}},
        "featureClass": {"firstorder": ["Range"], "glcm": []},
    }
    assert "rounding noise" in told(params)
    found = measure(params)
    assert found["wavelet-LLH_firstorder_Range"] < 1e-3 < found["wavelet-LHL_firstorder_Range"]
    # These look like textures.
    assert found["wavelet-LLH_glcm_JointEntropy"] > 1
    assert "wavelet" not in told({**params, **setting(force2D=True)})


def test_log_and_lbp3d_are_named() -> None:
    params = {"imageType": {"LoG": {"sigma": [2.0]}, "LBP3D": {}}, "featureClass": MEAN}
    assert "features of LoG will be missing" in told(params)
    assert "LBP3D" in told(params)
    assert not any(name.startswith("log") for name in measure(params))


def test_the_slice_keeps_its_thickness() -> None:
    params = {"featureClass": {"shape": ["VoxelVolume"]}}
    volumes = [measure({**params, **setting(resampledPixelSpacing=[1, 1, z])}, THICK) for z in (0, 1)]
    assert volumes[0] == volumes[1]
    assert "resampledPixelSpacing [1, 1, 1] has no effect" in told(setting(resampledPixelSpacing=[1, 1, 1]))
    assert "resampled" not in told(setting(resampledPixelSpacing=[1, 1, 0]))


def test_textures_of_single_lines_are_named() -> None:
    params = [{**setting(force2D=True, force2Ddimension=axis), "featureClass": TEXTURES} for axis in (0, 1)]
    assert [("single lines" in told(one)) for one in params] == [False, True]
    assert measure(params[0]) != measure(params[1])


@pytest.mark.parametrize("family", ["cm", "rlm", "szm", "dzm", "ngt", "ngl"])
def test_families_in_space_that_are_not_those_of_the_plane(family: str) -> None:
    directional = family in ("cm", "rlm")
    forms = ("3D_avg", "2D_avg") if directional else ("3D", "2D")
    space, plane = (measure(own(families=[family], aggregation=[form])) for form in forms)
    same = all(
        np.isclose(value, plane[name.replace(forms[0], forms[1])], rtol=1e-9, equal_nan=True)
        for name, value in space.items()
    )
    assert same == (family not in told(own(families=[family])).split())
    assert told(own(families=[family], aggregation=[forms[1]])) == ""


FILTERS: list[dict[str, Any]] = [
    *({"type": "mean", "support": 5, "boundary": boundary} for boundary in ("mirror", "periodic", "zero")),
    *({"type": "simoncelli", "boundary": boundary} for boundary in ("mirror", "periodic")),
    {"type": "shannon"},
    {"type": "simoncelli", "riesz": [0, 0, 1]},
    {"type": "log", "sigma": 2},
    {"type": "laws", "kernels": "L5E5L5"},
    {"type": "gabor", "sigma": 2, "wavelength": 3, "gamma": 1, "step": 45},
    {"type": "wavelet", "wavelet": "db2", "filter": "LHL"},
]


@pytest.mark.parametrize("stated", FILTERS, ids=str)
def test_filters_across_the_slice_are_named(stated: dict[str, Any]) -> None:
    flat = {**stated, "dimension": "2D"}
    for key, cut in (("kernels", 4), ("filter", 2), ("riesz", 2)):
        if key in flat:
            flat[key] = flat[key][:cut] if key != "riesz" else [0, 1]
    space, plane = ({**own(filters=[one]), "featureClass": MEAN} for one in (stated, flat))
    assert told(plane) == ""
    pairs = zip(measure(space).items(), measure(plane).values(), strict=True)
    differs = any(not np.isclose(one, other, rtol=1e-9) for (_, one), other in pairs)
    assert differs == ("filter across the slice" in told(space))
