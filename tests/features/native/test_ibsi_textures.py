"""The IBSI's texture families: reference values, plain Python on random regions, and what is undefined."""

import csv
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given, settings as examples, strategies as st

from nbradiomics.errors import InputError
from nbradiomics.features.compliance.ibsi import complies
from nbradiomics.features.ibsi_names.textures import (
    DIRECTIONAL_FORMS,
    PLAIN_FORMS,
    TEXTURE_FAMILIES,
    forms_of,
    texture_tags,
)
from nbradiomics.features.native.ibsi.textures import pairs
from nbradiomics.features.native.ibsi.textures.families import (
    Outline,
    TextureFamilySettings,
    texture_families,
)
from nbradiomics.features.native.ibsi.textures.ngt_formulas import ngt_formulas
from nbradiomics.features.native.levels.grey_levels import DiscreteRegion
from tests.support.ibsi_texture_oracle import Oracle

FAMILIES = tuple(TEXTURE_FAMILIES)
#: Requests every form of every family.
ALL_FORMS = DIRECTIONAL_FORMS


def discrete(levels: Any) -> DiscreteRegion:
    """A region, not cropped."""
    levels = np.ascontiguousarray(levels, np.int32)
    return DiscreteRegion(levels, np.unique(levels[levels > 0]).astype(np.int64), (3.0, 1.0, 1.0))


def values(levels: Any, families: tuple[str, ...] = FAMILIES, **settings: Any) -> dict[str, float]:
    """Every form."""
    return texture_families(discrete(levels), families, ALL_FORMS, TextureFamilySettings(**settings))


def assert_same(found: dict[str, float], oracle: Oracle, families: tuple[str, ...] = FAMILIES) -> None:
    expected: dict[str, float] = {}
    for family in families:
        for form in forms_of(family, ALL_FORMS):
            expected |= oracle.values(family, form)
    assert list(found) == list(expected)
    for tag, value in expected.items():
        # info_corr2 is the root of what vanishes; cluster shade and correlation vanish by cancellation.
        near = 1e-6 if "info_corr2" in tag else 1e-9 * max(1.0, oracle.highest**3 * ("shade" in tag))
        assert found[tag] == pytest.approx(value, rel=1e-9, abs=near, nan_ok=True), tag


@st.composite
def regions(draw: st.DrawFn) -> np.ndarray:
    """Small regions, with holes, lone voxels and empty slices, and levels with gaps."""
    shape = draw(st.tuples(st.integers(1, 4), st.integers(1, 5), st.integers(1, 5)))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    highest = draw(st.sampled_from([1, 2, 3, 4, 9, 40]))
    inside = rng.random(shape) < draw(st.sampled_from([0.15, 0.4, 0.7, 1.0]))
    inside.flat[rng.integers(inside.size)] = True
    return np.where(inside, rng.integers(1, highest + 1, shape), 0)


@given(levels=regions())
@examples(max_examples=60)
def test_every_form_of_every_family_is_what_plain_python_gives(levels: np.ndarray) -> None:
    assert_same(values(levels), Oracle(levels))


@given(
    levels=regions(),
    distances=st.tuples(*[st.integers(1, 3)] * 3),
    alpha=st.integers(0, 3),
    seed=st.integers(0, 2**32),
)
@examples(max_examples=25)
def test_distances_coarseness_and_the_morphological_mask(
    levels: np.ndarray, distances: tuple[int, int, int], alpha: int, seed: int
) -> None:
    wide = np.pad(levels, 2)
    outline = (wide > 0) | (np.random.default_rng(seed).random(wide.shape) < 0.8)
    names = dict(zip(("cm_distance", "ngt_distance", "ngl_distance"), distances, strict=True))
    found = texture_families(
        discrete(levels),
        FAMILIES,
        ALL_FORMS,
        TextureFamilySettings(**names, ngl_coarseness=alpha),
        Outline(outline, (2, 2, 2)),
    )
    assert_same(found, Oracle(wide, outline, **names, alpha=alpha))


@given(levels=regions(), axis=st.sampled_from([1, 2]))
@examples(max_examples=10)
def test_slices_across_another_axis(levels: np.ndarray, axis: int) -> None:
    assert_same(values(levels, slice_axis=axis), Oracle(np.moveaxis(levels, axis, 0)))
    turned = Outline(np.pad(levels > 0, 1), (1, 1, 1))
    with_outline = texture_families(
        discrete(levels), ["dzm"], ALL_FORMS, TextureFamilySettings(slice_axis=axis), turned
    )
    assert with_outline == values(levels, ("dzm",), slice_axis=axis)


@given(levels=regions())
@examples(max_examples=10)
def test_many_levels_are_counted_without_a_table(levels: np.ndarray) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pairs, "_TABLE", 0)
        assert_same(values(levels, ("cm",)), Oracle(levels), ("cm",))


@given(levels=regions(), chosen=st.sets(st.sampled_from([*DIRECTIONAL_FORMS, *PLAIN_FORMS]), min_size=1))
@examples(max_examples=20)
def test_a_form_has_the_same_value_alone_and_beside_others(levels: np.ndarray, chosen: set[str]) -> None:
    everything = values(levels)
    found = texture_families(discrete(levels), FAMILIES, chosen)
    assert list(found) == texture_tags(FAMILIES, chosen)
    for tag, value in found.items():
        assert value == everything[tag] or math.isnan(value) == math.isnan(everything[tag]) is True


@pytest.mark.realdata
def test_the_digital_phantom_has_every_reference_value(real_data: Path) -> None:
    folder = real_data / "ibsi1"
    image, mask = (
        sitk.GetArrayFromImage(sitk.ReadImage(str(folder / f"digital_phantom_{part}.nii.gz")))
        for part in ("image", "mask")
    )
    found = values(np.where(mask > 0, image, 0))
    with (folder / "reference_dig_phantom.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file, delimiter=";") if row["tag"].split("_")[0] in FAMILIES]
    assert {row["tag"] for row in rows} == set(found)
    assert len(rows) == 408
    wrong = [
        row["tag"]
        for row in rows
        if not complies(found[row["tag"]], float(row["reference value"]), float(row["tolerance"]))
    ]
    assert wrong == []


def test_one_grey_level() -> None:
    found = values(np.full((2, 3, 3), 5))
    for form in DIRECTIONAL_FORMS:
        # One cell: no entropy, and correlations divide by 0.
        assert found[f"cm_joint_max_{form}"] == found[f"cm_energy_{form}"] == 1
        assert (
            found[f"cm_joint_entr_{form}"]
            == found[f"cm_joint_var_{form}"]
            == found[f"cm_info_corr2_{form}"]
            == 0
        )
        assert math.isnan(found[f"cm_corr_{form}"])
        assert math.isnan(found[f"cm_info_corr1_{form}"])
    for form in PLAIN_FORMS:
        # The standard's choices.
        assert found[f"ngt_coarseness_{form}"] == 1e6
        assert [
            found[f"ngt_{name}_{form}"] for name in ("contrast", "busyness", "complexity", "strength")
        ] == [0] * 4


def test_a_lone_voxel_has_runs_and_zones_but_no_neighbours() -> None:
    found = values(np.full((1, 1, 1), 3))
    undefined = {tag for tag, value in found.items() if math.isnan(value)}
    assert undefined == {tag for tag in found if tag.startswith(("cm_", "ngt_"))}
    assert found["rlm_sre_3D_avg"] == found["szm_sze_2D"] == found["dzm_sde_3D"] == found["ngl_lde_2_5D"] == 1


def test_a_mean_leaves_out_slices_in_which_a_feature_is_undefined() -> None:
    pattern = np.array([[1, 2, 1], [2, 2, 3], [1, 3, 1]])
    alone = values(pattern[None])
    levels = np.zeros((5, 3, 3), int)
    levels[0], levels[2], levels[4, 1, 1] = pattern, pattern, 2  # an empty slice between, a lone voxel above
    found = values(levels)
    for tag in ("cm_contrast_2D_avg", "cm_corr_2D_comb", "ngt_busyness_2D"):
        assert found[tag] == pytest.approx(alone[tag])
    # A lone voxel is a zone and a run: the third of three slices.
    assert found["szm_z_perc_2D"] == pytest.approx((2 * alone["szm_z_perc_2D"] + 1) / 3)
    assert found["rlm_sre_2D_avg"] == pytest.approx((2 * alone["rlm_sre_2D_avg"] + 1) / 3)


def test_runs_of_one_slice_have_all_directions_in_three_dimensions() -> None:
    levels = np.full((1, 1, 4), 2)
    # One direction has a run of four, twelve have four runs of one.
    assert values(levels, ("rlm",))["rlm_lre_3D_avg"] == pytest.approx((16 + 12) / 13)
    # Pairs exist along one direction only; the others are left out.
    assert values(levels, ("cm",))["cm_joint_max_3D_avg"] == 1


def test_busyness_whose_divisor_vanishes_is_undefined() -> None:
    # Two voxels of level 1 and one of level 2: 1 * 2/3 = 2 * 1/3.
    found = values([[[1, 2, 1]]], ("ngt",))
    assert math.isnan(found["ngt_busyness_3D"])
    assert found["ngt_contrast_3D"] > 0


def test_voxels_without_neighbours_are_not_counted_in_ngt() -> None:
    levels = np.zeros((1, 3, 7), int)
    levels[0, 0, :3] = [1, 2, 4]
    alone = values(levels, ("ngt",))
    levels[0, 2, 6] = 9
    assert values(levels, ("ngt",)) == alone


def test_coarseness_has_a_maximum() -> None:
    # A single voxel of level 2 among 10^8 of level 1: sum p_i s_i is about 2 / 10^8.
    n, levels = np.array([10**8, 1]), np.array([1, 2])
    assert ngt_formulas(n, np.array([1e-8, 1.0]), levels)[0] == 1e6
    assert ngt_formulas(n, np.array([1.0, 1.0]), levels)[0] == pytest.approx(1)


def test_a_voxel_outside_the_morphological_mask_is_refused() -> None:
    levels = np.ones((1, 3, 3), int)
    outline = np.ones((1, 3, 3), bool)
    outline[0, 0, 0] = False
    with pytest.raises(ValueError, match="outside its morphological mask"):
        texture_families(discrete(levels), ["dzm"], ["3D"], outline=Outline(outline))
    with pytest.raises(ValueError, match="outside its morphological mask"):
        texture_families(
            discrete(levels), ["dzm"], ["2D"], outline=Outline(np.ones((1, 3, 3), bool), (0, 1, 0))
        )


def test_names_and_forms() -> None:
    assert {family: len(features) for family, features in TEXTURE_FAMILIES.items()} == {
        "cm": 25,
        "rlm": 16,
        "szm": 16,
        "dzm": 16,
        "ngt": 5,
        "ngl": 17,
    }
    assert forms_of("cm", ["3D_comb", "2D_avg"]) == ("2D_avg", "3D_comb")
    assert forms_of("szm", ["3D_comb", "2_5D_avg"]) == ("2_5D", "3D")
    assert forms_of("cm", ["3D"]) == ()
    with pytest.raises(InputError, match="no texture family 'glcm'"):
        forms_of("glcm", ["3D"])
    with pytest.raises(InputError, match="no aggregation '3D_mrg'"):
        texture_families(discrete([[[1, 2]]]), ["cm"], ["3D_mrg"])
    with pytest.raises(ValueError, match="at least 1"):
        TextureFamilySettings(cm_distance=0)
