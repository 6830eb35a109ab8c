"""Features of the images of `filters`: what the values depend on, and what they do not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk
from numpy.typing import NDArray

from nbradiomics.errors import InputError
from nbradiomics.features import extract_features
from nbradiomics.features.engines.native_engine import compute, compute_pipelines, compute_together
from nbradiomics.features.native.grid.lattice import Lattice
from nbradiomics.features.native.grid.preparation import loaded
from nbradiomics.features.native.plan import Plan
from nbradiomics.features.parameters import load_parameters
from tests.support.helpers import ball, make_image

SHAPE = (20, 44, 40)
SPACING = (1.0, 1.0, 2.0)
FILTERS = [
    {"type": "mean", "support": 9},
    {"type": "log", "sigma": 3},
    {"type": "laws", "kernels": "L5E5E5", "pooling": "max", "energy": 3},
    {"type": "gabor", "sigma": 2, "wavelength": 4, "gamma": 1, "step": 90},
    {"type": "wavelet", "wavelet": "db2", "filter": "LLH", "level": 2, "pooling": "average"},
    {"type": "simoncelli", "level": 2},
    {"type": "shannon", "boundary": "mirror"},
    {"type": "log", "sigma": 2, "dimension": "2D", "boundary": "periodic"},
]
SETTING = {"resampledPixelSpacing": [1.5, 1.5, 1.5], "binWidth": 5}


def parameters(**setting: Any) -> dict[str, Any]:
    section = {"filters": FILTERS, **setting.pop("section", {})}
    return {
        "setting": {**SETTING, **setting},
        "featureClass": {"firstorder": ["Mean", "Range"], "glcm": ["Contrast"]},
        "nbradiomics": section,
    }


@pytest.fixture(scope="module")
def image() -> sitk.Image:
    texture = np.random.default_rng(0).normal(100, 20, SHAPE).astype(np.float32)
    return sitk.SmoothingRecursiveGaussian(make_image(texture, SPACING), 1.0)


def region(radius: float, shift: int = 0) -> sitk.Image:
    return sitk.Cast(make_image(ball(SHAPE, radius, shift), SPACING), sitk.sitkUInt8)


def filtered(values: dict[str, float]) -> dict[str, float]:
    return {name: value for name, value in values.items() if not name.startswith("original_")}


def test_the_values_do_not_depend_on_the_crop(image: sitk.Image) -> None:
    small = filtered(compute(image, region(6), load_parameters(parameters(padDistance=0))).values)
    large = filtered(compute(image, region(6), load_parameters(parameters(padDistance=40))).values)
    assert len(small) == 3 * len(FILTERS)
    assert small == pytest.approx(large, rel=1e-9)


def test_pre_crop_changes_no_value(image: sitk.Image) -> None:
    whole = parameters(resampledPixelSpacing=None, padDistance=1)
    whole["nbradiomics"]["filters"] = [one for one in FILTERS if "sigma" not in one]
    apart = filtered(compute(image, region(6), load_parameters(whole)).values)
    whole["setting"]["preCrop"] = True
    cropped = filtered(compute(image, region(6), load_parameters(whole)).values)
    assert cropped == pytest.approx(apart, rel=1e-12)


@pytest.mark.parametrize("section", [{}, {"crop": "union"}, {"ibsi": True}])
@pytest.mark.parametrize("spacing", [None, [1.5, 1.5, 1.5]])
def test_masks_together_have_the_values_of_each_alone(
    image: sitk.Image, section: dict[str, Any], spacing: Any
) -> None:
    own = parameters(section=section, resampledPixelSpacing=spacing)
    if spacing is None:
        own["nbradiomics"]["filters"] = [one for one in FILTERS if "sigma" not in one]
    read = load_parameters(own)
    regions = [region(6), region(4, 3)]
    together = compute_together(image, regions, read)
    for one, found in zip(regions, together, strict=True):
        assert not isinstance(found, InputError), found
        alone = compute(image, one, read)
        assert filtered(found.values) == pytest.approx(filtered(alone.values), rel=1e-9)
        assert list(found.values) == list(alone.values)


def test_pipelines_have_the_values_of_each_alone(image: sitk.Image) -> None:
    plans = [load_parameters(parameters(binWidth=width)) for width in (5, 10)]
    plans.append(load_parameters({**parameters(), "nbradiomics": {"filters": FILTERS[:1]}}))
    found = compute_pipelines(image, [(region(6), plan) for plan in plans])
    for plan, one in zip(plans, found, strict=True):
        assert not isinstance(one, InputError), one
        assert one.values == pytest.approx(compute(image, region(6), plan).values, rel=1e-9)


def test_normalisation_comes_before_the_filters(image: sitk.Image) -> None:
    mean, spread = (float(f(sitk.GetArrayViewFromImage(image))) for f in (np.mean, np.std))
    ready = (sitk.Cast(image, sitk.sitkFloat64) - mean) / spread * 100
    own = parameters(normalize=True, normalizeScale=100)
    alone = filtered(compute(ready, region(6), load_parameters(parameters())).values)
    found = filtered(compute(image, region(6), load_parameters(own)).values)
    assert found == pytest.approx(alone, rel=1e-3)


@pytest.mark.parametrize("ibsi", [False, True])
def test_the_lattice_continues_the_grid_of_the_features(image: sitk.Image, ibsi: bool) -> None:
    """On the crop it has the crop's own values, and beyond it ends with the image."""
    content = {"setting": SETTING, "nbradiomics": {"ibsi": {"grid_alignment": ibsi}}}
    read = load_parameters(content)
    plan = Plan.of(read)
    ground, _ = loaded(image, region(5), plan.settings, plan.ibsi)
    lattice = Lattice(image, ground, plan.settings, plan.ibsi)
    whole = lattice.whole
    values = lattice.values(whole)
    low = [-at for at in whole.lower]
    part: NDArray[np.float64] = values[
        tuple(slice(at, at + n) for at, n in zip(low, ground.GetSize()[::-1], strict=True))
    ]
    np.testing.assert_allclose(part, sitk.GetArrayFromImage(ground), rtol=1e-6)
    lengths = np.array(SHAPE) * np.array(SPACING[::-1])
    np.testing.assert_allclose(np.array(values.shape) * 1.5, lengths, atol=1.5)
    assert not np.any(values == 0)


def test_the_command_of_one_image_and_a_reason_when_a_filter_does_not_suit(image: sitk.Image) -> None:
    own = parameters(resampledPixelSpacing=None)
    with pytest.raises(InputError, match=r"log-3mm has a length in mm.*1 x 1 x 2 mm"):
        extract_features(image, region(6), params=own)
    row = extract_features(image, region(6), params=parameters())
    assert [name for name in row.index if name.startswith("mean-9_")] == [
        "mean-9_firstorder_Mean",
        "mean-9_firstorder_Range",
        "mean-9_glcm_Contrast",
    ]
