"""`crop: union`: all masks of an image are measured on the same filtered images, and the table says so."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import SimpleITK as sitk

from nbradiomics.cohort import load_cohort
from nbradiomics.errors import InputError
from nbradiomics.execution.workspace import Workspace
from nbradiomics.features import extract_features
from nbradiomics.features.cohort import extract_cohort
from nbradiomics.tables import feature_columns
from tests.support.helpers import ball, make_image, write_cohort

SHAPE = (24, 30, 32)
BASE = {
    "setting": {"resampledPixelSpacing": [1.5, 1.5, 1.5], "binWidth": 5, "padDistance": 2},
    "imageType": {"Original": {}, "LoG": {"sigma": [3.0]}, "Wavelet": {}},
    "featureClass": {"firstorder": ["Mean", "Range"], "glcm": ["Contrast"], "shape": ["MeshVolume"]},
}
UNION = {**BASE, "nbradiomics": {"crop": "union"}}


@pytest.fixture
def cohort(tmp_path: Path) -> Path:
    """One image; A draws less than B."""
    texture = np.random.default_rng(0).normal(100, 20, SHAPE).astype(np.float32)
    image = sitk.SmoothingRecursiveGaussian(make_image(texture, (1.0, 1.0, 2.0)), 1.5)
    sitk.WriteImage(image, str(tmp_path / "s.nii.gz"))
    rows = []
    for reader, radius, shift in (("A", 4.0, -1), ("B", 7.0, 2)):
        mask = make_image(ball(SHAPE, radius, shift), (1.0, 1.0, 2.0))
        sitk.WriteImage(mask, str(tmp_path / f"{reader}.nii.gz"))
        rows.append(f"s,s.nii.gz,{reader},{reader}.nii.gz")
    return write_cohort(tmp_path, rows)


def values(table: pd.DataFrame, reader: str) -> pd.Series:
    return table.set_index("reader").loc[reader, feature_columns(table)].astype(float)


def test_the_original_image_is_pyradiomics_and_the_filtered_ones_share_a_grid(
    cohort: Path, tmp_path: Path
) -> None:
    apart = extract_cohort(load_cohort(cohort), params=BASE).table
    done = extract_cohort(load_cohort(cohort), params=UNION)
    assert done.failures == []
    for reader in "AB":
        own, together = values(apart, reader), values(done.table, reader)
        original = [name for name in own.index if name.startswith("original_")]
        assert together[original].to_dict() == pytest.approx(own[original].to_dict(), rel=1e-12)
        assert list(together.index) == list(own.index)
    # A's crop is the smaller one: its filtered values change.
    changed = (values(apart, "A") - values(done.table, "A")).abs()
    assert changed.drop([name for name in changed.index if name.startswith("original_")]).max() > 1e-3


def test_a_mask_is_measured_on_the_image_that_the_union_is_cropped_to(cohort: Path, tmp_path: Path) -> None:
    # With a crop wide enough for both, PyRadiomics' own way gives what the union gives.
    wide = {**BASE, "setting": {**BASE["setting"], "padDistance": 60}}
    apart = extract_cohort(load_cohort(cohort), params=wide).table
    together = extract_cohort(load_cohort(cohort), params={**wide, "nbradiomics": {"crop": "union"}}).table
    for reader in "AB":
        expected = values(apart, reader).to_dict()
        assert values(together, reader).to_dict() == pytest.approx(expected, rel=1e-9)


def test_a_mask_by_itself_is_its_own_union(cohort: Path, tmp_path: Path) -> None:
    files = tmp_path / "s.nii.gz", tmp_path / "A.nii.gz"
    alone = extract_features(*files, params=UNION)
    pd.testing.assert_series_equal(alone, extract_features(*files, params=BASE))


def test_the_table_says_it_and_tables_are_told_apart(cohort: Path, tmp_path: Path) -> None:
    table = extract_cohort(load_cohort(cohort), params=UNION).table
    assert table["engine"].str.endswith("; crop: union").all()
    assert not extract_cohort(load_cohort(cohort), params=BASE).table["engine"].str.contains("crop").any()


def test_results_are_kept_by_all_masks_of_the_scan(cohort: Path, tmp_path: Path) -> None:
    work = Workspace(tmp_path / "work")
    first = extract_cohort(load_cohort(cohort), params=UNION, workspace=work).table
    again = extract_cohort(load_cohort(cohort), params=UNION, workspace=work).table
    pd.testing.assert_frame_equal(first, again)
    larger = make_image(ball(SHAPE, 9.0, 2), (1.0, 1.0, 2.0))
    sitk.WriteImage(larger, str(tmp_path / "B.nii.gz"))
    changed = extract_cohort(load_cohort(cohort), params=UNION, workspace=work).table
    name = "log-sigma-3-0-mm-3D_firstorder_Mean"
    assert values(changed, "A")[name] != values(first, "A")[name]


def test_one_mask_that_cannot_be_measured_stops_no_other(cohort: Path, tmp_path: Path) -> None:
    sitk.WriteImage(make_image(ball(SHAPE, 3.0) * 0, (1.0, 1.0, 2.0)), str(tmp_path / "E.nii.gz"))
    single = np.zeros(SHAPE, np.uint8)
    single[12, 15, 16] = 1
    sitk.WriteImage(make_image(single, (1.0, 1.0, 2.0)), str(tmp_path / "F.nii.gz"))
    line = np.zeros(SHAPE, np.uint8)
    line[12, 15, 10:20] = 1
    sitk.WriteImage(make_image(line, (1.0, 1.0, 2.0)), str(tmp_path / "G.nii.gz"))
    cohort.write_text(
        cohort.read_text(encoding="utf-8") + "".join(f"s,s.nii.gz,{r},{r}.nii.gz\n" for r in "EFG")
    )
    done = extract_cohort(load_cohort(cohort), params=UNION)
    assert {failure.case.split("/")[4] for failure in done.failures} == set("EFG")
    assert values(done.table, "A").notna().all()
    assert values(done.table, "G").isna().all()


def test_pyradiomics_itself_refuses_it(cohort: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="native"):
        extract_features(tmp_path / "s.nii.gz", tmp_path / "A.nii.gz", params=UNION, engine="pyradiomics")
    with pytest.raises(InputError, match="native"):
        extract_cohort(load_cohort(cohort), params=UNION, engine="pyradiomics")
