"""Negative controls: what each of them keeps, bit by bit, and what it destroys."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import SimpleITK as sitk
from hypothesis import given, strategies as st
from scipy.ndimage import distance_transform_edt

from nbradiomics.errors import InputError
from nbradiomics.execution.workspace import Workspace
from nbradiomics.features.cohort import FeatureTable, extract_cohort
from nbradiomics.features.controls import extract as module
from nbradiomics.features.controls.extract import extract_controls
from nbradiomics.features.controls.grid import FeatureGrid
from nbradiomics.features.controls.kinds import CONTROLS, control_of, variant_name
from nbradiomics.features.controls.neighbours import neighbours
from nbradiomics.features.controls.places import displaced
from nbradiomics.features.extract import extract_region, read_pair
from nbradiomics.features.parameters import load_parameters
from nbradiomics.tables import feature_columns
from tests.support.helpers import array, ball, make_image, write_cohort

SHAPE = (24, 44, 60)
SPACING = (1.1, 0.9, 2.0)
CLASSES: dict[str, Any] = {"shape": [], "firstorder": [], "glcm": ["Correlation", "Contrast"], "ngtdm": []}
RESAMPLED: dict[str, Any] = {
    "setting": {"binWidth": 5, "normalize": True, "normalizeScale": 100, "resampledPixelSpacing": [1, 1, 1]},
    "featureClass": CLASSES,
}
OWN_GRID = {"setting": {"binWidth": 5}, "featureClass": CLASSES}
CROPPED = {
    "setting": {"binWidth": 5, "preCrop": True},
    "imageType": {"Original": {}, "LoG": {"sigma": [2.0]}},
}
FLAT = {**RESAMPLED, "setting": {**RESAMPLED["setting"], "force2D": True, "resampledPixelSpacing": [1, 1, 0]}}
SEGMENTED = {
    **RESAMPLED,
    "setting": {**RESAMPLED["setting"], "resegmentRange": [-1, 1], "resegmentMode": "sigma"},
}
IBSI = {
    **RESAMPLED,
    "nbradiomics": {"ibsi": {"grid_alignment": True, "mask_interpolation": True, "outliers": 2}},
}
LOCAL = {
    **RESAMPLED,
    "setting": {**RESAMPLED["setting"], "padDistance": 7},
    "nbradiomics": {"families": ["loc"]},
}
FILTERED = {**RESAMPLED, "imageType": {"Original": {}, "LoG": {"sigma": [2.0]}, "Wavelet": {}}}
ALL = {
    "resampled": RESAMPLED,
    "own grid": OWN_GRID,
    "cropped": CROPPED,
    "2D": FLAT,
    "re-segmented": SEGMENTED,
    "IBSI": IBSI,
    "filtered": FILTERED,
    "local intensity": LOCAL,
}


def smooth(seed: int = 0, kind: type = np.float32) -> np.ndarray:
    """Anatomy: smoothed noise in a body with air around it."""
    rng = np.random.default_rng(seed)
    anatomy = array(sitk.DiscreteGaussian(make_image(rng.normal(0, 300, SHAPE)), 4.0)) + 200
    body = np.zeros(SHAPE, bool)
    body[:, 4:-4, 4:-4] = True
    return np.where(body, anatomy + rng.normal(0, 2, SHAPE), rng.uniform(0, 4, SHAPE)).astype(kind)


@pytest.fixture
def cohort(tmp_path: Path) -> Path:
    """One scan with the masks of two readers, who disagree about the place."""
    sitk.WriteImage(make_image(smooth(), SPACING), str(tmp_path / "s.nii.gz"))
    for reader, shift in {"A": -12, "B": -9}.items():
        sitk.WriteImage(make_image(ball(SHAPE, 6, shift), SPACING), str(tmp_path / f"{reader}.nii.gz"))
    return write_cohort(tmp_path, [f"s,s.nii.gz,{reader},{reader}.nii.gz" for reader in "AB"])


def controls(cohort: Path, params: Any = RESAMPLED, *kinds: str, **own: Any) -> FeatureTable:
    done = extract_controls(cohort, params=params, kinds=kinds or ("shuffled",), **{"reader": "A", **own})
    assert done.failures == []
    return done


def row(table: pd.DataFrame, variant: str = "original") -> pd.Series:
    (found,) = table.index[(table["reader"] == "A") & (table["variant"] == variant)]
    return table.loc[found, feature_columns(table)].astype(float)


def of_class(values: pd.Series, name: str, image: str = "original") -> pd.Series:
    chosen = values[[column for column in values.index if column.startswith(f"{image}_{name}_")]]
    assert len(chosen)
    return chosen


@pytest.mark.parametrize("params", ALL.values(), ids=ALL)
def test_the_grid_of_the_controls_is_that_of_the_features(cohort: Path, params: Any):
    """Without a change of voxels, what is left to do gives the features, bit by bit."""
    image, region = read_pair(cohort.parent / "s.nii.gz", cohort.parent / "A.nii.gz", 1)
    parameters = load_parameters(params)
    grid = FeatureGrid(image, parameters, "s")
    ready = grid.of(region, "A")
    unchanged = extract_region(ready.with_values(ready.values), ready.region, grid.rest, name="s")
    assert unchanged.values == extract_region(image, region, parameters, name="s").values
    assert (
        set(grid.rest.content.get("setting", {})) & {"normalize", "resampledPixelSpacing", "preCrop"} == set()
    )


@pytest.mark.parametrize(
    "params", [RESAMPLED, FLAT, SEGMENTED, IBSI], ids=["3D", "2D", "re-segmented", "IBSI"]
)
def test_shuffled_keeps_shape_and_histogram_and_loses_texture(cohort: Path, params: Any):
    real = row(extract_cohort(cohort, params=params).table)
    made = row(controls(cohort, params).table, "control-shuffled")
    for kept in ("shape", "firstorder"):
        np.testing.assert_allclose(of_class(made, kept), of_class(real, kept), rtol=1e-12)
    assert real["original_glcm_Correlation"] > 0.5
    assert abs(made["original_glcm_Correlation"]) < 0.05
    assert made["original_glcm_Contrast"] > 2.5 * real["original_glcm_Contrast"]


def test_shuffled_is_the_same_with_both_engines(cohort: Path):
    ours, theirs = (controls(cohort, engine=engine).table for engine in ("native", "pyradiomics"))
    columns = feature_columns(ours)
    assert set(theirs["engine"]) != set(ours["engine"])
    np.testing.assert_allclose(ours[columns], theirs[columns], rtol=1e-9, atol=1e-9)


def test_random_fills_the_range(cohort: Path):
    real = row(extract_cohort(cohort, params=RESAMPLED).table)
    made = row(controls(cohort, RESAMPLED, "random").table, "control-random")
    pd.testing.assert_series_equal(of_class(made, "shape"), of_class(real, "shape"), check_exact=True)
    low, high = (real[f"original_firstorder_{name}"] for name in ("Minimum", "Maximum"))
    assert low <= made["original_firstorder_Minimum"] < made["original_firstorder_Maximum"] <= high
    spread = np.sqrt(made["original_firstorder_Variance"]) / (high - low)
    assert spread == pytest.approx(1 / np.sqrt(12), abs=0.02)  # of a uniform distribution
    assert abs(made["original_glcm_Correlation"]) < 0.05


def test_neighbourhood_has_the_values_of_the_ring(cohort: Path):
    image = smooth()
    image[ball(SHAPE, 6, -12) > 0] += 1000
    sitk.WriteImage(make_image(image, SPACING), str(cohort.parent / "s.nii.gz"))
    table = controls(cohort, OWN_GRID, "neighbourhood", "ring", ring_mm=6).table
    drawn, ring = (row(table, f"control-{name}") for name in ("neighbourhood", "ring"))
    real = row(extract_cohort(cohort, params=OWN_GRID).table)
    pd.testing.assert_series_equal(of_class(drawn, "shape"), of_class(real, "shape"), check_exact=True)
    mean, deviation = ring["original_firstorder_Mean"], np.sqrt(ring["original_firstorder_Variance"])
    voxels = real["original_shape_VoxelVolume"] / np.prod(SPACING)
    assert abs(drawn["original_firstorder_Mean"] - mean) < 4 * deviation / np.sqrt(voxels)
    assert mean < real["original_firstorder_Mean"] - 500
    assert abs(drawn["original_glcm_Correlation"]) < 0.05 < ring["original_glcm_Correlation"]


def test_displaced_keeps_shape_and_meets_no_drawn_tumour(cohort: Path):
    """With the voxels of the image the shape is the same; a tenth of the region may meet a tumour."""
    image = smooth()
    image[(ball(SHAPE, 6, -12) | ball(SHAPE, 6, -9)) > 0] += 1000
    sitk.WriteImage(make_image(image, SPACING), str(cohort.parent / "s.nii.gz"))
    real = row(extract_cohort(cohort, params=OWN_GRID).table)
    for seed in range(10):
        made = row(controls(cohort, OWN_GRID, "displaced", seed=seed).table, "control-displaced")
        np.testing.assert_allclose(of_class(made, "shape"), of_class(real, "shape"), rtol=1e-9)
        mean, tumour = made["original_firstorder_Mean"], real["original_firstorder_Mean"]
        assert mean < tumour - 800  # reader B's part of the tumour is no other tissue


def test_whole_is_the_foreground_and_the_same_for_each_reader(cohort: Path):
    table = controls(cohort, OWN_GRID, "whole", reader=None).table
    a, b = (table[table["reader"] == reader][feature_columns(table)] for reader in "AB")
    np.testing.assert_array_equal(a, b)
    body = 24 * 36 * 52 * np.prod(SPACING)
    assert row(table, "control-whole")["original_shape_VoxelVolume"] == pytest.approx(body, rel=0.01)


def test_all_controls_of_all_masks_have_a_row(cohort: Path):
    params = {**OWN_GRID, "featureClass": {"firstorder": ["Mean"]}}
    table = controls(cohort, params, *CONTROLS, reader=None).table
    assert list(table["variant"]) == [variant_name(each) for each in CONTROLS] * 2
    assert list(table["reader"]) == ["A"] * 6 + ["B"] * 6
    assert table["original_firstorder_Mean"].notna().all()
    assert [control_of(name) for name in table["variant"]] == [*CONTROLS] * 2
    assert control_of("original") is None


@pytest.mark.slow  # starts processes
def test_controls_are_the_same_for_any_jobs(cohort: Path):
    kinds = ("shuffled", "displaced", "neighbourhood")
    one, two = (controls(cohort, OWN_GRID, *kinds, jobs=jobs, reader=None).table for jobs in (1, 2))
    pd.testing.assert_frame_equal(one, two, check_exact=True)


def test_results_are_seeded_and_stored(cohort: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    space = Workspace(tmp_path / "work")
    kinds = ("shuffled", "displaced", "neighbourhood")
    first = controls(cohort, OWN_GRID, *kinds, workspace=space, reader=None).table
    pd.testing.assert_frame_equal(  # a control depends on no other control, and on no other reader's
        first.query("variant == 'control-displaced' and reader == 'B'").reset_index(drop=True),
        controls(cohort, OWN_GRID, "displaced", reader="B").table,
        check_exact=True,
    )
    other = controls(cohort, OWN_GRID, *kinds, seed=1, reader=None).table
    assert (first["original_glcm_Contrast"] != other["original_glcm_Contrast"]).all()
    monkeypatch.setattr(module, "_extract", None)  # nothing is computed again
    again = controls(cohort, OWN_GRID, *kinds, workspace=space, reader=None).table
    pd.testing.assert_frame_equal(first, again, check_exact=True)


def test_another_mask_beside_changes_what_depends_on_it(cohort: Path, tmp_path: Path):
    space = Workspace(tmp_path / "work")
    kinds = ("shuffled", "ring")
    before = controls(cohort, OWN_GRID, *kinds, workspace=space).table
    sitk.WriteImage(make_image(ball(SHAPE, 7, -4), SPACING), str(tmp_path / "B.nii.gz"))
    after = controls(cohort, OWN_GRID, *kinds, workspace=space).table
    columns = feature_columns(before)
    same = (before[columns] == after[columns]).all(axis=1)
    assert list(same) == [True, False]


def test_whole_numbers_stay_whole(cohort: Path):
    sitk.WriteImage(make_image(smooth(kind=np.int16), SPACING), str(cohort.parent / "s.nii.gz"))
    params = {**OWN_GRID, "featureClass": {"firstorder": ["Minimum", "Maximum", "Median", "Energy"]}}
    table = controls(cohort, params, "shuffled", "random", "neighbourhood").table
    values = table[["original_firstorder_Minimum", "original_firstorder_Maximum"]]
    assert (values == values.round()).all(axis=None)
    real = row(extract_cohort(cohort, params=params).table)
    pd.testing.assert_series_equal(row(table, "control-shuffled"), real, check_exact=True, check_names=False)


@pytest.mark.parametrize(
    ("mask", "failing"),
    [
        (
            np.ones(SHAPE, np.uint8),
            {"neighbourhood": "0 voxels", "ring": "no tissue", "displaced": "no other"},
        ),
        (ball(SHAPE, 0.9), {name: "single voxel" for name in CONTROLS if name not in ("ring", "whole")}),
        (np.zeros(SHAPE, np.uint8), dict.fromkeys(CONTROLS, "the mask is empty")),
    ],
    ids=["fills the image", "one voxel", "empty"],
)
def test_a_control_that_cannot_be_made_is_a_failure_of_its_row(
    cohort: Path, mask: np.ndarray, failing: dict[str, str]
):
    mask = np.pad(mask[:, :, 1:], ((0, 0), (0, 0), (1, 0))) if mask.sum() == 0 else mask
    if failing.get("displaced") == "single voxel":
        mask = np.zeros(SHAPE, np.uint8)
        mask[12, 20, 30] = 1
    sitk.WriteImage(make_image(mask, SPACING), str(cohort.parent / "A.nii.gz"))
    params = {**OWN_GRID, "featureClass": {"firstorder": ["Mean"]}}
    done = extract_controls(cohort, params=params, kinds=CONTROLS, reader="A")
    assert {one.case.rpartition("-")[2]: one.stage for one in done.failures} == dict.fromkeys(
        failing, "controls"
    )
    for one in done.failures:
        assert failing[one.case.rpartition("-")[2]] in one.cause
    values = done.table.set_index("variant").reindex(columns=["original_firstorder_Mean"])
    lost = values["original_firstorder_Mean"].isna()
    assert set(lost.index[lost]) == {variant_name(name) for name in failing}  # type: ignore[arg-type]


def test_a_constant_image_has_no_tissue_and_nothing_to_shuffle(cohort: Path):
    sitk.WriteImage(make_image(np.full(SHAPE, 7.0, np.float32), SPACING), str(cohort.parent / "s.nii.gz"))
    params = {**OWN_GRID, "featureClass": {"firstorder": ["Mean"]}}
    done = extract_controls(cohort, params=params, kinds=CONTROLS, reader="A")
    values = done.table.set_index("variant")["original_firstorder_Mean"]
    assert values[["control-shuffled", "control-random"]].tolist() == [7, 7]
    assert values.drop(["control-shuffled", "control-random"]).isna().all()
    assert len(done.failures) == 4


def test_other_lesions_are_no_other_tissue(cohort: Path):
    """A second lesion, which the rule for lesions leaves out, is not in the ring and not a place."""
    folder = cohort.parent
    image = smooth()
    image[ball(SHAPE, 7, 8) > 0] += 1000
    sitk.WriteImage(make_image(image, SPACING), str(folder / "s.nii.gz"))
    sitk.WriteImage(make_image(ball(SHAPE, 7, 8), SPACING), str(folder / "second.nii.gz"))
    rows = ["s,s.nii.gz,first,A,A.nii.gz", "s,s.nii.gz,second,A,second.nii.gz"]
    table = write_cohort(folder, rows, "subject,image,roi,reader,mask")
    params = {**OWN_GRID, "featureClass": {"firstorder": ["90Percentile"]}}
    done = controls(
        table, params, "ring", "displaced", "neighbourhood", lesions="roi", roi="first", ring_mm=20
    )
    assert (done.table["original_firstorder_90Percentile"] < 900).all()
    assert set(done.table["roi"]) == {"first"}


def test_a_mask_on_another_grid_is_placed_as_in_an_extraction(cohort: Path):
    params = {**RESAMPLED, "setting": {**RESAMPLED["setting"], "correctMask": True}}
    mask = make_image(ball(SHAPE, 6, -12)[4:-2, 6:-2, 2:-30], SPACING)
    mask.SetOrigin((2 * 1.1, 6 * 0.9, 4 * 2.0))
    sitk.WriteImage(mask, str(cohort.parent / "A.nii.gz"))
    real = row(extract_cohort(cohort, params=params).table)
    table = controls(cohort, params, "shuffled", "displaced", "ring").table
    made = row(table, "control-shuffled")
    for kept in ("shape", "firstorder"):
        np.testing.assert_allclose(of_class(made, kept), of_class(real, kept), rtol=1e-12)
    volumes = row(table, "control-displaced")["original_shape_VoxelVolume"]
    assert volumes == pytest.approx(real["original_shape_VoxelVolume"], rel=0.05)


def test_what_cannot_be_controlled_is_refused(cohort: Path):
    with pytest.raises(InputError, match="crop: union"):
        extract_controls(cohort, params={"nbradiomics": {"crop": "union"}})
    with pytest.raises(InputError, match="no mask with reader 'C'"):
        extract_controls(cohort, params=OWN_GRID, reader="C")
    with pytest.raises(InputError, match="named twice"):
        extract_controls(cohort, params=OWN_GRID, kinds=("ring", "ring"))
    with pytest.raises(InputError, match="kinds"):
        extract_controls(cohort, params=OWN_GRID, kinds=("noise",))


def test_neighbours_are_near_free_and_a_sample_of_a_large_region():
    region = np.zeros((30, 90, 90), bool)
    region[8:22, 30:60, 30:60] = True
    free = np.ones_like(region)
    free[:, :25] = False
    spacing, width = (3.0, 1.0, 1.0), 12.0
    found = neighbours(region, free, spacing, width, np.random.default_rng(0))
    distance = distance_transform_edt(~region, sampling=spacing)
    place = tuple(found.T)
    assert (free[place] & ~region[place]).all()
    assert distance[place].max() <= width
    expected = distance[free & ~region & (distance <= width)]
    assert len(found) < len(expected)
    assert distance[place].mean() == pytest.approx(expected.mean(), rel=0.02)


@given(seed=st.integers(0, 10_000), shape=st.tuples(*[st.integers(6, 30)] * 3))
def test_a_displaced_region_is_the_same_region_elsewhere(seed: int, shape: tuple[int, int, int]):
    """The slices along every axis are those of the region or of its mirror image; or there is no place."""
    rng = np.random.default_rng(seed)
    region = np.zeros(shape, bool)
    first = rng.integers(0, np.array(shape) - 3)
    region[tuple(slice(low, low + 3) for low in first)] = rng.random((3, 3, 3)) < 0.7
    region[tuple(first)] = True
    free = (rng.random(shape) < 0.97) & ~region
    try:
        moved = displaced(region, free, rng)
    except InputError:
        return
    assert moved.sum() == region.sum()
    assert (moved & free).sum() >= 0.9 * region.sum()
    for axis in range(3):
        others = tuple(each for each in range(3) if each != axis)
        here, there = (np.trim_zeros(one.sum(axis=others)) for one in (region, moved))
        assert (here == there).all() or (here == there[::-1]).all()


def test_controls_of_voxels_are_refused_with_filters(tmp_path: Path) -> None:
    params = {"nbradiomics": {"filters": [{"type": "mean", "support": 3}]}}
    image = make_image(np.random.default_rng(0).normal(100, 20, (8, 8, 8)).astype(np.float32))
    sitk.WriteImage(image, str(tmp_path / "s.nii.gz"))
    sitk.WriteImage(make_image(ball((8, 8, 8), 3)), str(tmp_path / "A.nii.gz"))
    cohort = write_cohort(tmp_path, ["s,s.nii.gz,A,A.nii.gz"])
    with pytest.raises(InputError, match=r"requests filters.*shuffled"):
        extract_controls(cohort, params=params, kinds=("shuffled", "whole"))
    done = extract_controls(cohort, params=params, kinds=("whole",))
    assert done.table["mean-3_firstorder_Mean"].notna().all()
