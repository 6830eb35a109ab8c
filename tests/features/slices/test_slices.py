"""Features slice by slice: PyRadiomics' values for a mask of each slice, and no slice counts as a subject."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import SimpleITK as sitk

from nbradiomics.errors import InputError
from nbradiomics.features import extract_features
from nbradiomics.features.slices.extract import extract_slices
from nbradiomics.tables import extracted_columns, read_feature_table, write_table
from nbradiomics.tables.rows import Rows
from tests.support.helpers import ball, make_image

PARAMS: dict[str, Any] = {
    "setting": {"force2D": True, "binWidth": 20, "normalize": True, "normalizeScale": 100},
    "imageType": {"Original": {}, "Wavelet": {}},
    "featureClass": {"shape2D": ["MeshSurface"], "firstorder": ["Mean"], "glcm": ["Contrast"]},
}
LEAST = 30


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("slices")
    values = np.random.default_rng(0).normal(100, 30, (12, 24, 24)).astype(np.float32)
    image = make_image(values, (0.5, 0.7, 3.0))
    mask = make_image(ball((12, 24, 24), radius=5), (0.5, 0.7, 3.0))
    tilted = np.array([[1, 0, 0], [0, 0.8, -0.6], [0, 0.6, 0.8]])
    for one in (image, mask):
        one.SetDirection(tilted.ravel().tolist())
        one.SetOrigin((1.0, 2.0, 3.0))
    sitk.WriteImage(image, str(folder / "image.nrrd"))
    sitk.WriteImage(mask, str(folder / "mask.nrrd"))
    rows = {"subject": ["s", "t"], "image": "image.nrrd", "reader": "A", "mask": ["mask.nrrd", "none.nrrd"]}
    pd.DataFrame(rows).to_csv(folder / "cohort.csv", index=False)
    return folder / "cohort.csv"


def masks(cohort: Path) -> dict[int, sitk.Image]:
    """A mask of each slice of the region with enough voxels."""
    whole = sitk.ReadImage(str(cohort.parent / "mask.nrrd"))
    array = sitk.GetArrayFromImage(whole)
    made = {}
    for place in range(len(array)):
        if (array[place] > 0).sum() >= LEAST:
            only = np.zeros_like(array)
            only[place] = array[place]
            made[place] = sitk.GetImageFromArray(only)
            made[place].CopyInformation(whole)
    return made


@pytest.fixture(scope="module")
def each(cohort: Path) -> Any:
    return extract_slices(cohort, params=PARAMS, per_slice="each", min_slice_voxels=LEAST)


@pytest.mark.parametrize("engine", ["native", "pyradiomics"])
def test_a_slice_has_the_values_of_a_mask_of_it(engine: str, cohort: Path, each: Any) -> None:
    table = each.table[each.table["subject"] == "s"].set_index("slice")
    expected = masks(cohort)
    assert list(table.index) == list(expected)
    for place in list(expected)[:: 1 if engine == "native" else 4]:
        values = extract_features(cohort.parent / "image.nrrd", expected[place], params=PARAMS, engine=engine)
        found = table.loc[place, list(values.index)].astype(float)
        assert np.allclose(found, values, rtol=1e-9)


def test_position_and_voxels_are_stated_and_small_slices_counted(cohort: Path, each: Any) -> None:
    image = sitk.ReadImage(str(cohort.parent / "image.nrrd"))
    table = each.table[each.table["subject"] == "s"]
    axis = np.array(image.GetDirection()).reshape(3, 3)[:, 2]
    places = [image.TransformIndexToPhysicalPoint((0, 0, int(place))) for place in table["slice"]]
    assert np.allclose(table["slice_mm"], np.array(places) @ axis)
    whole = sitk.GetArrayFromImage(sitk.ReadImage(str(cohort.parent / "mask.nrrd")))
    sizes = (whole > 0).sum(axis=(1, 2))
    assert table["slice_voxels"].tolist() == sizes[sizes >= LEAST].tolist()
    small = int(((sizes > 0) & (sizes < LEAST)).sum())
    assert small
    assert each.notes == [
        f"{small} slices of 1 regions have fewer than {LEAST} voxels and were not measured."
    ]


def test_a_case_that_failed_has_a_row_and_a_reason(each: Any) -> None:
    row = each.table[each.table["subject"] == "t"]
    assert len(row) == 1
    assert row[["slice", *extracted_columns(each.table)]].isna().all(axis=None)
    assert [failure.case for failure in each.failures] == ["t/baseline/unspecified/tumour/A/1"]


@pytest.mark.parametrize("how", ["largest", "median"])
def test_one_row_for_a_region_is_of_its_slices_and_says_so(how: Any, cohort: Path, each: Any) -> None:
    done = extract_slices(cohort, params=PARAMS, per_slice=how, min_slice_voxels=LEAST)
    assert done.table["subject"].tolist() == ["s", "t"]
    names = extracted_columns(done.table)
    slices = each.table[each.table["subject"] == "s"]
    largest = slices.loc[slices["slice_voxels"].astype(int).idxmax(), names]
    expected = largest if how == "largest" else slices[names].median()
    assert np.allclose(done.table.loc[0, names].astype(float), expected.astype(float))
    assert set(done.table["variant"]) == {"largest_slice" if how == "largest" else "median_of_slices"}
    assert done.table["parameters"].iloc[0] != each.table["parameters"].iloc[0]


def test_slices_never_count_as_subjects(each: Any, tmp_path: Path) -> None:
    write_table(each.table, tmp_path / "each.csv")
    with pytest.raises(InputError, match="has a row for each slice"):
        read_feature_table(tmp_path / "each.csv")
    with pytest.raises(InputError, match="has a row for each slice"):
        Rows().of(each.table)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"setting": {"binWidth": 20}}, "force2D: true"),
        ({"setting": {"force2D": True, "force2Ddimension": 1}}, "force2Ddimension: 0"),
        ({"setting": {"force2D": True, "resampledPixelSpacing": [1, 1, 1]}}, "across the slices"),
        ({"featureClass": {"shape": None}}, "class shape"),
        ({"nbradiomics": {"families": ["stat", "morph"]}}, "family morph"),
        ({"nbradiomics": {"crop": "union"}}, "crop: union"),
    ],
)
def test_parameters_that_are_not_of_slices_are_refused(change: Any, match: str, cohort: Path) -> None:
    with pytest.raises(InputError, match=match):
        extract_slices(cohort, params={**PARAMS, **change})


def test_a_region_without_a_slice_of_enough_voxels_is_a_failure(cohort: Path) -> None:
    done = extract_slices(cohort, params=PARAMS, per_slice="each", min_slice_voxels=500)
    assert "no slice of the region has 500 voxels" in done.failures[0].cause
