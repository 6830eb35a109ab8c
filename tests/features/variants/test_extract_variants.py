"""Variants in memory: originals are untouched, and masks are those that would be written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import SimpleITK as sitk

from nbradiomics.errors import InputError
from nbradiomics.execution.workspace import Workspace
from nbradiomics.features.cohort import FeatureTable, extract_cohort
from nbradiomics.features.extract import read_pair
from nbradiomics.features.native.grid.spline_points import Splines
from nbradiomics.features.variants import extract as variants_module
from nbradiomics.perturbation import Variant, perturbed_image, perturbed_region, read_chain, seed_of
from nbradiomics.perturbation.grid import image_on, perturbed_grid
from nbradiomics.tables import INDEX
from tests.support.helpers import array, ball, make_image, write_cohort

SHAPE = (16, 40, 44)
SPACING = (1.1, 0.9, 2.0)
PARAMS: dict[str, Any] = {
    "setting": {"binWidth": 5, "normalize": True, "normalizeScale": 100, "resampledPixelSpacing": [1, 1, 1]},
    "imageType": {"Original": {}},
}
OWN_GRID = {**PARAMS, "setting": {"binWidth": 5}}
VARIANTS = (
    Variant(volume=0.2),
    Variant(contour=1),
    Variant(noise=1),
    Variant(rotation=7.0),
    Variant(rotation=7.0, volume=-0.2),
    Variant(noise=1, rotation=7.0, translation=(0.3, 0.0, 0.5), volume=0.1, contour=2),
)


def smooth(seed: int = 0) -> np.ndarray:
    """Anatomy: smoothed noise, with a little noise on it."""
    rng = np.random.default_rng(seed)
    image = sitk.DiscreteGaussian(make_image(rng.normal(0, 300, SHAPE)), 4.0)
    inside = ball(SHAPE, 6.0)
    return (array(image) + 100 + 60 * inside + rng.normal(0, 2, SHAPE)).astype(np.float32)


@pytest.fixture
def cohort(tmp_path: Path) -> Path:
    """One scan with two masks."""
    sitk.WriteImage(make_image(smooth(), SPACING), str(tmp_path / "s.nii.gz"))
    for reader, radius in {"A": 5.4, "B": 6.3}.items():
        shift = 3 * (reader == "B")
        sitk.WriteImage(make_image(ball(SHAPE, radius, shift), SPACING), str(tmp_path / f"{reader}.nii.gz"))
    return write_cohort(tmp_path, [f"s,s.nii.gz,{reader},{reader}.nii.gz" for reader in "AB"])


def extract(cohort: Path, params: Any = PARAMS, variants: Any = VARIANTS, **own: Any) -> FeatureTable:
    done = extract_cohort(cohort, params=params, variants=variants, **own)
    assert done.failures == []
    return done


def row(table: pd.DataFrame, reader: str, variant: str = "original") -> pd.Series:
    (found,) = table.index[(table["reader"] == reader) & (table["variant"] == variant)]
    return table.loc[found].drop([*INDEX, "parameters"]).astype(float)


def same(one: pd.Series, other: pd.Series) -> None:
    pd.testing.assert_series_equal(one, other, check_exact=True, check_names=False)


def written(cohort: Path, variant: Variant, params: Any, *, image: bool, engine: str = "native") -> pd.Series:
    """Features of reader A's variant, whose image and mask were made from the whole scan and written."""
    folder = cohort.parent
    volume, mask = read_pair(folder / "s.nii.gz", folder / "A.nii.gz", 1)
    union = sitk.Or(mask, read_pair(folder / "s.nii.gz", folder / "B.nii.gz", 1)[1])
    names = ("s", "baseline", "unspecified")
    perturbed = perturbed_image(volume, union, variant, seed_of(3, *names))
    region = perturbed_region(mask, perturbed, variant, seed_of(3, *names, "tumour", "A", 1))
    sitk.WriteImage(region, str(folder / "made.nii.gz"))
    if image:
        sitk.WriteImage(perturbed, str(folder / "image.nii.gz"))
    rows = [f"s,{'image' if image else 's'}.nii.gz,A,made.nii.gz"]
    (folder / "written").mkdir(exist_ok=True)
    other = write_cohort(folder, rows).rename(folder / "written.csv")
    return row(extract_cohort(other, params=params, engine=engine).table, "A")


@pytest.mark.parametrize("params", [PARAMS, OWN_GRID], ids=["resampled", "own grid"])
@pytest.mark.parametrize("engine", ["native", "pyradiomics"])
def test_originals_and_masks_are_those_of_a_plain_extraction(cohort: Path, params: Any, engine: str):
    changes = (Variant(volume=-0.3), Variant(volume=0.1, contour=2))
    done = extract(cohort, params, changes, seed=3, engine=engine).table
    plain = extract_cohort(cohort, params=params, engine=engine).table
    for reader in "AB":
        pd.testing.assert_series_equal(
            row(done, reader), row(plain, reader), check_exact=True, check_names=False
        )
    for change in changes[: 1 if engine == "pyradiomics" else None]:
        expected = written(cohort, change, params, image=False, engine=engine)
        found = row(done, "A", change.name)
        same(found, expected)
        assert found["original_shape_MeshVolume"] != row(plain, "A")["original_shape_MeshVolume"]


def test_noise_is_that_of_a_written_image(cohort: Path):
    """Without normalisation; with it the scale stays that of the original."""
    params = {**PARAMS, "setting": {**PARAMS["setting"], "normalize": False}}
    change = Variant(noise=1, volume=0.2, contour=1)
    done = extract(cohort, params, [change], seed=3).table
    expected = written(cohort, change, params, image=True)
    same(row(done, "A", change.name), expected)


@pytest.mark.parametrize("filters", [False, True])
def test_a_rotated_image_is_interpolated_once(cohort: Path, filters: bool):
    """On the grid that the perturbation defines, at the spacing of the features, by the same splines."""
    params = {**PARAMS, "imageType": {"Original": {}, **({"LoG": {"sigma": [2.0]}} if filters else {})}}
    change = Variant(rotation=7.0, translation=(0.4, 0.1, 0.0))
    table = extract(cohort, params, [change]).table
    found, original = row(table, "A", change.name), row(table, "A")
    volume, mask = read_pair(cohort.parent / "s.nii.gz", cohort.parent / "A.nii.gz", 1)
    union = sitk.Or(mask, read_pair(cohort.parent / "s.nii.gz", cohort.parent / "B.nii.gz", 1)[1])
    turned = perturbed_image(sitk.Normalize(volume) * 100, union, change, 0, (1.0, 1.0, 1.0))
    region = perturbed_region(mask, turned, change, 0)
    sitk.WriteImage(turned, str(cohort.parent / "turned.nii.gz"))
    sitk.WriteImage(region, str(cohort.parent / "there.nii.gz"))
    plain = {**params, "setting": {**params["setting"], "normalize": False}}
    other = write_cohort(cohort.parent, ["s,turned.nii.gz,A,there.nii.gz"])
    expected = row(extract_cohort(other, params=plain).table, "A")
    firstorder = [name for name in expected.index if "shape" in name or "firstorder" in name]
    np.testing.assert_allclose(found[firstorder], expected[firstorder], rtol=1e-5)
    assert found["original_firstorder_Mean"] != original["original_firstorder_Mean"]


def test_a_filter_beside_it_changes_no_value_of_the_original_image(cohort: Path):
    with_filter = extract(cohort, {**PARAMS, "imageType": {"Original": {}, "LoG": {"sigma": [2.0]}}}).table
    alone = extract(cohort).table
    pd.testing.assert_frame_equal(with_filter[alone.columns], alone, check_exact=True)


def test_splines_of_any_grid_are_those_of_itk():
    image = make_image(smooth(), SPACING)
    region = make_image(ball(SHAPE, 6.0), SPACING)
    grid = perturbed_grid(image, region, Variant(rotation=33.0, translation=(0.3, 0.2, 0.6)), (1.3, 1.0, 0.7))
    expected, found = array(image_on(image, grid)), array(Splines.of(image).on(grid))
    np.testing.assert_allclose(found, expected, atol=2e-5 * np.ptp(expected))
    needed = np.random.default_rng(0).random(found.shape) < 0.1
    some = array(Splines.of(image).on(grid, needed))
    np.testing.assert_array_equal(some, np.where(needed, found, 0))


def test_a_mask_beside_it_matters_only_where_the_image_changes(cohort: Path, tmp_path: Path):
    both = extract(cohort).table
    alone = write_cohort(tmp_path, ["s,s.nii.gz,A,A.nii.gz"])
    one = extract(alone).table
    for variant in ("original", "v0.2", "c1"):
        same(row(one, "A", variant), row(both, "A", variant))
    # The rotation is about the centre of all masks together.
    assert (row(one, "A", "r7") != row(both, "A", "r7")).any()


def test_seed_jobs_and_other_variants(cohort: Path):
    first = extract(cohort, seed=5).table
    pd.testing.assert_frame_equal(extract(cohort, seed=5, jobs=2).table, first)
    fewer = extract(cohort, variants=VARIANTS[4:], seed=5).table
    for variant in VARIANTS[4:]:
        same(row(fewer, "B", variant.name), row(first, "B", variant.name))
    other = extract(cohort, seed=6).table
    assert (row(other, "A", "n1") != row(first, "A", "n1")).any()
    same(row(other, "A", "r7"), row(first, "A", "r7"))


def test_results_are_stored_by_variant(cohort: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    work = Workspace(tmp_path / "work")
    plain = extract_cohort(cohort, params=PARAMS, workspace=work).table
    made: list[list[str]] = []
    original = variants_module._extract

    def noted(items: Any, *rest: Any) -> Any:
        made.append([one.name for one in items])
        return original(items, *rest)

    monkeypatch.setattr(variants_module, "_extract", noted)
    first = extract(cohort, variants=VARIANTS[:2], workspace=work).table
    again = extract(cohort, variants=VARIANTS[:3], workspace=work).table
    extract(cohort, variants=VARIANTS[:2], workspace=work)
    extract(cohort, variants=VARIANTS[:1], workspace=work, seed=1)
    assert [[name.split("/", 4)[-1] for name in names] for names in made] == [
        ["A/1/v0.2", "A/1/c1", "B/1/v0.2", "B/1/c1"],
        ["A/1/n1", "B/1/n1"],
        ["A/1/v0.2", "B/1/v0.2"],
    ]
    kept = again["variant"] != "n1"
    pd.testing.assert_frame_equal(again[kept].reset_index(drop=True), first)
    same(row(first, "A"), row(plain, "A"))


def test_a_variant_that_fails_is_a_failure_of_that_variant(cohort: Path, tmp_path: Path):
    sitk.WriteImage(make_image(np.full(SHAPE, 7, np.float32), SPACING), str(tmp_path / "s.nii.gz"))
    flat = {"setting": {"binWidth": 5}, "featureClass": {"shape": ["MeshVolume"], "firstorder": ["Mean"]}}
    done = extract_cohort(cohort, params=flat, variants=[Variant(noise=1), Variant(volume=0.2)])
    assert [one.case for one in done.failures] == [f"s/baseline/unspecified/tumour/{r}/1/n1" for r in "AB"]
    assert "noise can be estimated at 0 places" in done.failures[0].cause
    values = done.table["original_shape_MeshVolume"]
    assert values.isna().tolist() == [False, True, False] * 2
    assert done.table["variant"].tolist() == ["original", "n1", "v0.2"] * 2


def test_a_mask_that_cannot_be_read_fails_in_every_variant(cohort: Path, tmp_path: Path):
    sitk.WriteImage(make_image(np.zeros(SHAPE, np.uint8), SPACING), str(tmp_path / "B.nii.gz"))
    done = extract_cohort(cohort, params=PARAMS, variants=VARIANTS)
    assert len(done.failures) == 1 + len(VARIANTS)
    assert all("the mask is empty" in one.cause for one in done.failures)
    assert row(done.table, "A", "r7").notna().all()


@pytest.mark.parametrize(
    ("variants", "params", "said"),
    [
        ([Variant(reader=1)], PARAMS, "simulated readers"),
        ([Variant(noise=1)] * 2, PARAMS, "duplicates"),
        ([Variant(noise=1)], {**PARAMS, "nbradiomics": {"crop": "union"}}, "crop: union"),
    ],
)
def test_refused_before_work(cohort: Path, variants: Any, params: Any, said: str):
    with pytest.raises(InputError, match=said):
        extract_cohort(cohort, params=params, variants=variants)


def test_whole_chains_run(cohort: Path):
    table = extract(cohort, variants=read_chain("RTV")[::4] + read_chain("RTV")[1::4]).table
    volumes = table[table["reader"] == "A"].set_index("variant")["original_shape_VoxelVolume"]
    assert len(volumes) == 17
    larger = volumes[[name.endswith("_v0.15") for name in volumes.index]].to_numpy()
    smaller = volumes[[name.endswith("_v-0.15") for name in volumes.index]].to_numpy()
    np.testing.assert_allclose(larger / smaller, 1.15 / 0.85, rtol=0.02)
