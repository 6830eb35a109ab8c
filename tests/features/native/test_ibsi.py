"""The IBSI's switches, each by hand on a tiny case, and its bins against exact arithmetic."""

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given, strategies as st

from nbradiomics.errors import InputError
from nbradiomics.features import extract_features
from nbradiomics.features.compliance.ibsi import complies
from nbradiomics.features.compliance.ibsi_names import COMPUTED, plain_tag, reason
from nbradiomics.features.native.grid.ibsi_grid import resampled
from nbradiomics.features.native.levels.discretisation import discretise
from nbradiomics.features.native.levels.ibsi_bins import (
    edges_of_number,
    edges_of_width,
    ibsi_bin_edges,
    lower_limit,
)
from nbradiomics.features.parameters.ibsi import Ibsi
from tests.support.helpers import make_image


def features(
    values: np.ndarray,
    inside: np.ndarray,
    wanted: dict[str, list[str]],
    switches: dict[str, Any],
    **setting: Any,
) -> list[float]:
    """Some features of a region, under their switches."""
    found = extract_features(
        make_image(values.astype(np.float64)),
        make_image(inside.astype(np.uint8)),
        params={
            "setting": {"minimumROIDimensions": 1, **setting},
            "featureClass": wanted,
            "nbradiomics": {"ibsi": switches},
        },
        engine="native",
    )
    return [float(value) for value in found]


def row(*values: float) -> tuple[np.ndarray, np.ndarray]:
    """Voxels in a row along x, and a mask of all of them."""
    array = np.array(values, float).reshape(1, 1, -1)
    return array, np.ones(array.shape)


KURTOSIS = {"firstorder": ["Kurtosis"]}


def test_excess_kurtosis_is_three_less() -> None:
    # Second moment 1.25, fourth 2.5625.
    assert features(*row(1, 2, 3, 4), KURTOSIS, {}) == [pytest.approx(1.64)]
    assert features(*row(1, 2, 3, 4), KURTOSIS, {"excess_kurtosis": True}) == [pytest.approx(-1.36)]
    assert features(*row(5, 5, 5, 5), KURTOSIS, {"excess_kurtosis": True}) == [0]


def test_sample_covariance_lengthens_the_axes_alone() -> None:
    # Three voxels in a row: the variance is 2/3 by N, 1 by N - 1.
    wanted = {"shape": ["MajorAxisLength", "Elongation", "VoxelVolume"]}
    plain = features(*row(1, 2, 3), wanted, {})
    assert plain == [pytest.approx(4 * math.sqrt(2 / 3)), 0, 3]
    assert features(*row(1, 2, 3), wanted, {"sample_covariance": True}) == [pytest.approx(4), 0, 3]


def test_grid_alignment_puts_centre_on_centre() -> None:
    # Five voxels of 3 mm along x hold their own place in mm: 0 to 12, centre 6. Eight voxels of 2 mm around
    # the same centre lie at -1, 1, ... 13; PyRadiomics', corner on corner, at -0.5, 1.5, ...
    image = make_image(np.broadcast_to(np.arange(0.0, 15, 3), (2, 2, 5)).copy(), (3.0, 2.0, 2.0))
    inside = np.zeros((2, 2, 5), np.uint32)
    inside[:, :, 1:4] = 1
    mask = make_image(inside, (3.0, 2.0, 2.0))
    found = {on: resample(image, mask, 2.0, Ibsi(grid_alignment=on)) for on in (True, False)}
    # From 1.5 to 10.5 mm the region spans the voxels at 1 to 11 mm; those within 1.5 of 3, 6 or 9 are inside.
    assert found[True][0].GetOrigin() == (pytest.approx(1.0), 0, 0)
    assert values_of(found[True][0])[0, 0].tolist() == pytest.approx([1, 3, 5, 7, 9, 11])
    assert values_of(found[True][1])[0, 0].tolist() == [0, 1, 1, 1, 1, 0]
    assert found[False][0].GetOrigin()[0] == pytest.approx(-0.5)
    assert values_of(found[False][0])[0, 0, :6].tolist() == pytest.approx([0, 1.5, 3.5, 5.5, 7.5, 9.5])


def test_a_spacing_in_single_precision_does_not_move_the_grid() -> None:
    # 60 slices of 3.0000001 mm are 90 of 2 mm, not 91: half a voxel away.
    mask = np.zeros((60, 4, 4), np.uint32)
    mask[20:40, 1:3, 1:3] = 1
    third = float(np.float32(3) + np.float32(2.4e-7))
    assert third > 3
    origins = []
    for z in (3.0, third):
        image, region = (make_image(a, (2.0, 2.0, z)) for a in (mask.astype(np.float64), mask))
        origins.append(resample(image, region, 2.0, Ibsi(grid_alignment=True))[0].GetOrigin())
    assert origins[1] == pytest.approx(origins[0], abs=1e-4)


def test_mask_interpolation_takes_one_half_and_more() -> None:
    # Voxels of 2 mm become eight of 1 mm, 1/4 off their centre: at a corner of the block the mask is 27/64,
    # along an edge 9/16.
    inside = np.zeros((4, 4, 4), np.uint32)
    inside[1:3, 1:3, 1:3] = 1
    image, mask = make_image(inside.astype(np.float64), (2.0,) * 3), make_image(inside, (2.0,) * 3)
    assert values_of(resample(image, mask, 1.0, Ibsi(mask_interpolation=True))[1]).sum() == 64 - 8
    assert values_of(resample(image, mask, 1.0, Ibsi(rounding=True))[1]).sum() == 64


def test_half_way_between_two_slices_is_inside() -> None:
    # Slices of 3 mm at 1 and 2 become 2 mm: -1/6, 1/2, 7/6, 11/6, 5/2, 19/6; one half at 1/2 and 5/2. The
    # grid is cut to what the old slices reach, 1/2 to 5/2.
    inside = np.zeros((4, 3, 3), np.uint32)
    inside[1:3] = 1
    image, mask = (make_image(a, (2.0, 2.0, 3.0)) for a in (inside.astype(np.float64), inside))
    found = values_of(resample(image, mask, 2.0, Ibsi(mask_interpolation=True, grid_alignment=True))[1])
    assert found[:, 1, 1].tolist() == [1, 1, 1, 1]


@pytest.mark.parametrize("dtype", [np.int16, np.float32])
def test_rounding_is_to_the_nearest_whole_number(dtype: type) -> None:
    # 0, 3, 6, 9 at twice the resolution: 0, 0.75, 2.25, 3.75, 5.25, ...
    image = make_image(np.broadcast_to(np.array([0, 3, 6, 9], dtype), (2, 2, 4)).copy(), (2.0, 1.0, 1.0))
    mask = make_image(np.ones((2, 2, 4), np.uint32), (2.0, 1.0, 1.0))
    found = values_of(resample(image, mask, 1.0, Ibsi(rounding=True))[0])[0, 0]
    assert found.tolist() == [0, 1, 2, 4, 5, 7, 8, 9]
    plain = values_of(resample(image, mask, 1.0, Ibsi(grid_alignment=True))[0])[0, 0]
    cut = [0, 0, 2, 3, 5, 6, 8, 9]
    assert plain.tolist() == (cut if dtype is np.int16 else [0, 0.75, 2.25, 3.75, 5.25, 6.75, 8.25, 9])


def test_nothing_is_interpolated_or_rounded_where_the_spacing_is_as_wanted() -> None:
    image = make_image(np.random.default_rng(0).normal(size=(4, 4, 4)))
    mask = make_image(np.ones((4, 4, 4), np.uint32))
    switches = Ibsi(rounding=True, grid_alignment=True, mask_interpolation=True)
    found, region = resample(image, mask, 1.0, switches)
    assert (values_of(found) == values_of(image)).all()
    assert (values_of(region) == 1).all()


def test_the_morphological_mask_is_the_whole_region() -> None:
    values = np.ones((2, 2, 4))
    values[:, :, 3] = 50
    wanted = {"shape": ["VoxelVolume"], "firstorder": ["Maximum"]}
    assert features(values, values > 0, wanted, {}, resegmentRange=[0, 10]) == [12, 1]
    on = {"morphological_mask": True}
    assert features(values, values > 0, wanted, on, resegmentRange=[0, 10]) == [16, 1]


def test_outliers_and_range_are_found_on_the_same_region() -> None:
    # Of all seven voxels: mean 120/7, deviation 34.1; 1 deviation around it holds 0 and 10. Of the six within
    # the range: mean 10/3, deviation 4.7; it would leave out the 10s.
    case = row(0, 0, 0, 0, 10, 10, 100)
    wanted = {"firstorder": ["Energy", "Maximum"]}
    assert features(*case, wanted, {"outliers": 1}, resegmentRange=[0, 50]) == [200, 10]
    assert features(*case, wanted, {"outliers": 1}) == [200, 10]
    assert features(*case, wanted, {"outliers": 1}, resegmentRange=[5, 200]) == [200, 10]
    assert features(*case, wanted, {"outliers": 3}) == [10_200, 100]


def test_a_region_that_is_all_left_out_is_refused() -> None:
    with pytest.raises(InputError, match="1 voxels of the region remain"):
        features(*row(0, 0, 0, 0, 10, 100), KURTOSIS, {"outliers": 1}, resegmentRange=[5, 200])


LEVELS = {"firstorder": ["Uniformity"], "gldm": ["HighGrayLevelEmphasis"]}


def test_the_lower_bin_edge_is_the_limit_of_the_range() -> None:
    case, setting = row(30, 54, 80, 149), {"binWidth": 25}
    on = {"lower_bin_edge": True}
    # From 10: levels 1, 2, 3, 6. PyRadiomics, from 25: 1, 2, 3, 5. From the lowest, 30: 1, 1, 3, 5.
    assert features(*case, LEVELS, on, resegmentRange=[10, 200], **setting) == [0.25, (1 + 4 + 9 + 36) / 4]
    assert features(*case, LEVELS, {}, resegmentRange=[10, 200], **setting) == [0.25, (1 + 4 + 9 + 25) / 4]
    assert features(*case, LEVELS, on, **setting) == [0.375, (1 + 1 + 9 + 25) / 4]


def test_the_limit_says_nothing_of_filtered_images_or_other_units() -> None:
    assert lower_limit({"resegmentRange": [400, -1000]}, "original") == -1000
    assert lower_limit({"resegmentRange": [-1000, 400]}, "wavelet-LLH") is None
    assert lower_limit({"resegmentRange": [-3, 3], "resegmentMode": "sigma"}, "original") is None
    assert lower_limit({}, "original") is None


def test_an_intensity_on_an_edge_belongs_to_the_upper_bin() -> None:
    # 29 of 0 to 58 is the middle of 14 bins: the edge between levels 7 and 8, which PyRadiomics misses.
    assert levels([0, 28, 29, 58], {"binCount": 14}, Ibsi(bin_number=True)) == [1, 7, 8, 14]
    assert levels([0, 28, 29, 58], {"binCount": 14}, Ibsi()) == [1, 7, 7, 14]
    # One intensity only: as PyRadiomics.
    flat = {"binCount": 14}
    assert levels([7, 7], flat, Ibsi(bin_number=True)) == levels([7, 7], flat, Ibsi())


INTENSITIES = st.lists(st.integers(-2000, 4000), min_size=2, max_size=30)


@given(INTENSITIES, st.integers(1, 300))
def test_a_fixed_number_of_bins_is_the_formula(values: list[int], number: int) -> None:
    low, high = min(values), max(values)
    if low == high:
        return
    edges = edges_of_number(low, high, number)
    expected = [number if v == high else int(Fraction(number * (v - low), high - low)) + 1 for v in values]
    assert np.digitize(values, edges).tolist() == expected


@given(INTENSITIES, st.integers(1, 60), st.integers(0, 500))
def test_bins_of_a_fixed_width_are_the_formula(values: list[int], width: int, below: int) -> None:
    lower = min(values) - below
    edges = edges_of_width(lower, max(values), width)
    assert np.digitize(values, edges).tolist() == [(v - lower) // width + 1 for v in values]
    assert len(edges) == (max(values) - lower) // width + 2


@pytest.mark.parametrize(
    ("value", "reference", "tolerance", "expected"),
    [
        (2.1549, 2.15, 0.0, True),
        (2.1551, 2.15, 0.0, False),
        (45_985, 46_000, 0.0, True),
        (0.10349, 0.1, 0.003, True),
        (0.1036, 0.1, 0.003, False),
        (-4.68, -4.59, 0.09, True),
        (math.nan, 0.0, 1.0, False),
    ],
)
def test_a_value_complies_when_its_three_digits_are_within_the_tolerance(
    value: float, reference: float, tolerance: float, expected: bool
) -> None:
    assert complies(value, reference, tolerance) is expected


def test_tags_of_other_forms_and_of_the_image_are_no_features() -> None:
    assert plain_tag("cm_contrast_3D_avg") == "cm_contrast"
    assert plain_tag("szm_sze_3D") == "szm_sze"
    assert plain_tag("ivh_v10") == "ivh_v10"
    for other in (
        "cm_contrast_3D_comb",
        "cm_contrast_2_5D_avg",
        "cm_contrast",
        "szm_sze_2_5D",
        "vox_dim_x_init_img",
        "morph_mask_vox_count_reseg_roi",
    ):
        assert plain_tag(other) is None
    assert all(reason(tag) is None for tag in COMPUTED)
    assert reason("cm_sum_var") == "retired in PyRadiomics: the same as ClusterTendency"
    assert reason("no_such_tag") is None


def resample(
    image: sitk.Image, mask: sitk.Image, spacing: float, ibsi: Ibsi
) -> tuple[sitk.Image, sitk.Image]:
    settings = {
        "resampledPixelSpacing": [spacing] * 3,
        "interpolator": "sitkLinear",
        "padDistance": 0,
        "label": 1,
    }
    return resampled(image, mask, settings, ibsi)


def values_of(image: sitk.Image) -> np.ndarray:
    return sitk.GetArrayFromImage(image)


def levels(values: list[float], settings: dict[str, Any], ibsi: Ibsi) -> list[int]:
    array = np.array(values, float)
    edges = ibsi_bin_edges(array, settings, ibsi, limit=None)
    region, _ = discretise(array.reshape(1, 1, -1), np.arange(len(array)), (1.0,) * 3, settings, edges)
    return region.levels.ravel().tolist()
