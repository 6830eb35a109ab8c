"""Derived regions of a cohort: rows, failures, resume; other stages take them as regions of their own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import SimpleITK as sitk

from nbradiomics import compare_cohort, extract_cohort
from nbradiomics.cohort import load_cohort
from nbradiomics.cohort.lesions import apply_lesion_rule
from nbradiomics.errors import InputError
from nbradiomics.execution.workspace import Workspace
from nbradiomics.rings import RegionsCohort, RegionSettings, add_regions
from nbradiomics.rings.words import summarised
from tests.support.helpers import array, ball, make_image, two_readers, write_cohort, write_scan

BOTH = RegionSettings(ring=2, rim=1)
NAMES = ["core-1mm", "ring-2mm", "rim-1mm"]
SHAPE = (16, 24, 24)


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return two_readers(tmp_path_factory.mktemp("cohort"), 2)


@pytest.fixture(scope="module")
def done(cohort: Path) -> RegionsCohort:
    return add_regions(cohort, out=cohort.parent / "rois", settings=BOTH)


def lesions(folder: Path, *, body: bool = False) -> Path:
    """One subject with two lesions side by side, drawn by A, and the body in the table."""
    masks = {"a": ball(SHAPE, 4, shift=-5), "b": ball(SHAPE, 4, shift=4)}
    if body:
        masks["body"] = np.ones(SHAPE, np.uint8)
        masks["body"][:, :10] = 0
    files = write_scan(folder, "s0", masks)
    rows = [f"s0,{files['image']},A,{files[name]},{name}" for name in masks]
    return write_cohort(folder, rows, "subject,image,reader,mask,roi")


def test_every_reader_gets_a_row_for_every_region(cohort, done):
    table = done.cohort.table
    assert sorted(set(table["roi"])) == [*NAMES[:1], "rim-1mm", "ring-2mm", "tumour"]
    assert len(table) == 4 * 4
    assert not done.failures
    for case in done.cohort.cases():
        image, mask = sitk.ReadImage(str(case.scan.image)), sitk.ReadImage(str(case.masks[0].path))
        assert (image.GetSize(), image.GetOrigin()) == (mask.GetSize(), mask.GetOrigin())
    parts = {case.roi: array(case.masks[0].path) for case in done.cohort.cases() if case.reader == "B"}
    assert np.array_equal(parts["rim-1mm"] + parts["core-1mm"], parts["tumour"])
    assert not (parts["ring-2mm"] & parts["tumour"]).any()
    assert load_cohort(done.cohort.write(cohort.parent / "with.csv").path).table.equals(done.cohort.table)


def test_the_table_has_the_volumes_of_the_masks(done):
    table = done.table.set_index(["subject", "reader", "roi"])
    for case in done.cohort.cases():
        if case.roi in NAMES:
            row = table.loc[(case.scan.subject, case.reader, case.roi)]
            assert row["voxels"] == array(case.masks[0].path).sum()
            assert row["volume_ml"] == pytest.approx(row["voxels"] / 1000)
            assert row["region"] == "tumour"
    assert table["width_mm"].xs("ring-2mm", level="roi").eq(2).all()
    assert table["thickness_mm"].xs("rim-1mm", level="roi").eq(1).all()


def test_processes_and_stored_results_change_nothing(cohort, done, tmp_path, monkeypatch):
    workspace = Workspace(tmp_path / "work")
    two = add_regions(cohort, out=tmp_path / "rois", settings=BOTH, jobs=2, workspace=workspace)
    pd.testing.assert_frame_equal(two.table, done.table)

    def never(*_: object) -> None:
        raise AssertionError("computed again")

    monkeypatch.setattr("nbradiomics.rings.one_region.parts_of", never)
    again = add_regions(cohort, out=tmp_path / "rois", settings=BOTH, workspace=workspace)
    pd.testing.assert_frame_equal(again.table, done.table)
    assert not again.failures
    gone = next((tmp_path / "rois").glob("*ring*"))
    gone.unlink()
    assert add_regions(cohort, out=tmp_path / "rois", settings=BOTH, workspace=workspace).failures


def test_united_lesions_have_one_ring_and_separate_ones_leave_each_other_out(tmp_path):
    table = lesions(tmp_path)
    united = add_regions(table, out=tmp_path / "u", settings=RegionSettings(ring=3))
    assert united.table["roi"].tolist() == ["ring-3mm"]
    apart = add_regions(table, out=tmp_path / "r", settings=RegionSettings(ring=3), lesions="roi")
    assert apart.table["roi"].tolist() == ["a/ring-3mm", "b/ring-3mm"]
    masks = {case.roi: array(case.masks[0].path) for case in apart.cohort.cases()}
    assert not (masks["a/ring-3mm"] & (masks["a"] | masks["b"])).any()
    assert (apart.table["other_lesions"] > 0).all()
    whole = array(united.cohort.cases()[-1].masks[0].path)
    assert np.array_equal(masks["a/ring-3mm"] | masks["b/ring-3mm"], whole)
    largest = add_regions(table, out=tmp_path / "l", settings=RegionSettings(ring=3), lesions="largest")
    assert largest.table["other_lesions"].item() > 0


def test_the_ring_ends_at_the_body_whose_rows_are_left_out(tmp_path):
    table = lesions(tmp_path, body=True)
    made = add_regions(table, out=tmp_path / "r", settings=RegionSettings(ring=3, body="body"))
    assert sorted(made.cohort.table["roi"]) == ["a", "b", "ring-3mm"]
    assert array(made.cohort.cases()[-1].masks[0].path)[:, :10].sum() == 0
    row = made.table.iloc[0]
    assert row["outside_body"] > 0.2
    assert "of the region lies outside the body" in row["warnings"]
    with pytest.raises(InputError, match="has no region 'skin'"):
        add_regions(table, out=tmp_path / "r", settings=RegionSettings(ring=3, body="skin"))


def test_a_scan_without_a_body_or_with_two_is_a_failure(tmp_path):
    masks = {"A": ball(SHAPE, 4), "skin": np.ones(SHAPE, np.uint8)}
    rows = []
    for name, readers in (("s0", "X"), ("s1", ""), ("s2", "XY")):
        files = write_scan(tmp_path, name, masks)
        rows.append(f"{name},{files['image']},A,{files['A']},tumour")
        rows += [f"{name},{files['image']},{reader},{files['skin']},skin" for reader in readers]
    table = write_cohort(tmp_path, rows, "subject,image,reader,mask,roi")
    made = add_regions(table, out=tmp_path / "r", settings=RegionSettings(ring=2, body="skin"))
    causes = [failure.cause for failure in made.failures]
    assert len(causes) == 2
    assert "no mask of the body" in causes[0]
    assert "several readers (X, Y)" in causes[1]
    assert made.table["volume_ml"].isna().tolist() == [False, True, True]
    assert made.cohort.table["roi"].tolist().count("ring-2mm") == 1


def test_a_thin_lesion_has_no_core_and_a_ring_cut_by_the_image_fails(tmp_path):
    files = write_scan(tmp_path, "s0", {"A": ball(SHAPE, 2.5)})
    cut = np.zeros(SHAPE, np.uint8)
    cut[:, 8:16, :8] = 1
    files |= {"A2": write_scan(tmp_path, "s1", {"A": cut})["A"]}
    rows = [f"s0,{files['image']},A,{files['A']}", f"s1,s1.nii.gz,A,{files['A2']}", "s2,none.nii.gz,A,no.nii"]
    table = write_cohort(tmp_path, rows)
    made = add_regions(table, out=tmp_path / "r", settings=RegionSettings(ring=2, rim=3))
    causes = {failure.case: failure.cause for failure in made.failures}
    assert "the core is empty" in next(cause for case, cause in causes.items() if "s0" in case)
    assert "lies outside the image" in next(cause for case, cause in causes.items() if "ring" in case)
    assert len([case for case in causes if case.startswith("s2")]) == 3
    rows_of = made.table.set_index(["subject", "roi"])
    assert rows_of.loc[("s1", "ring-2mm"), "outside_image"] > 0.3
    assert np.isnan(rows_of.loc[("s1", "ring-2mm"), "volume_ml"])
    assert np.isnan(rows_of.loc[("s0", "core-3mm"), "volume_ml"])
    assert ("s0", "core-3mm") not in set(
        zip(made.cohort.table["subject"], made.cohort.table["roi"], strict=True)
    )
    assert "border is that of the image" in rows_of.loc[("s1", "rim-3mm"), "warnings"]
    allowed = add_regions(table, out=tmp_path / "r2", settings=RegionSettings(ring=2, max_outside=1))
    assert allowed.table["volume_ml"].notna().tolist() == [True, True, False]
    assert "% of the ring lies outside the image" in allowed.table["warnings"].iloc[1]


def test_thick_slices_and_air_are_reported(tmp_path):
    image = make_image(np.where(ball(SHAPE, 6) > 0, 100.0, 0.0).astype(np.float32), (1.0, 1.0, 5.0))
    sitk.WriteImage(image, str(tmp_path / "i.nii.gz"))
    sitk.WriteImage(make_image(ball(SHAPE, 5), (1.0, 1.0, 5.0)), str(tmp_path / "m.nii.gz"))
    table = write_cohort(tmp_path, ["s0,i.nii.gz,A,m.nii.gz"])
    made = add_regions(table, out=tmp_path / "r", settings=RegionSettings(ring=2, rim=3))
    ring, rim, _core = made.table["warnings"]
    assert "lies within the slices only, which are 5 mm thick" in ring
    assert "have the lowest value of the image" in ring
    assert "the rim is 5 mm thick" in rim
    lines = summarised(made.table)
    assert any("s0/baseline/unspecified/ring-2mm/A/1" in line for line in lines)


def test_regions_that_are_there_already_are_refused_and_others_stay(cohort, done, tmp_path):
    with pytest.raises(InputError, match="already has regions named core-1mm, rim-1mm, ring-2mm"):
        add_regions(done.cohort, out=tmp_path / "r", settings=BOTH)
    wider = add_regions(done.cohort, out=tmp_path / "r", settings=RegionSettings(ring=4, max_outside=1))
    assert wider.table["region"].eq("tumour").all()
    assert {*NAMES, "ring-4mm", "tumour"} == set(wider.cohort.table["roi"])


def test_no_rule_for_lesions_unites_derived_regions(tmp_path):
    table = lesions(tmp_path)
    made = add_regions(table, out=tmp_path / "r", settings=RegionSettings(ring=2))
    for rule in ("union", "largest", "roi"):
        rois = [case.roi for case in apply_lesion_rule(made.cohort.cases(), rule)]
        assert rois == {"union": ["union"], "largest": ["largest"], "roi": ["a", "b"]}[rule] + ["ring-2mm"]
    only = made.cohort.table[made.cohort.table["roi"] == "ring-2mm"]
    with pytest.raises(InputError, match="no mask of a lesion"):
        add_regions(only, out=tmp_path / "r", ring=9)


def test_features_and_agreement_are_per_region(done):
    params = {"setting": {"label": 1}, "featureClass": {"firstorder": ["Mean"], "shape": ["VoxelVolume"]}}
    features = extract_cohort(done.cohort, params=params).table
    assert sorted(set(features["roi"])) == ["core-1mm", "rim-1mm", "ring-2mm", "tumour"]
    volumes = features.set_index(["subject", "reader", "roi"])["original_shape_VoxelVolume"].unstack()
    assert np.allclose(volumes["rim-1mm"] + volumes["core-1mm"], volumes["tumour"])
    pairs = compare_cohort(done.cohort).table
    assert sorted(set(pairs["roi"])) == ["core-1mm", "rim-1mm", "ring-2mm", "tumour"]
    assert len(pairs) == 2 * 2 * 4


@pytest.mark.parametrize(
    ("values", "part"),
    [
        ({}, "neither `ring` nor `rim`"),
        ({"rim": 2, "body": "skin"}, "`ring` is not given"),
        ({"ring": 0}, "ring"),
        ({"ring": float("nan")}, "ring"),
        ({"ring": 3, "max_outside": 2}, "max_outside"),
    ],
)
def test_settings_without_meaning_are_refused(values, part):
    with pytest.raises(InputError, match=part):
        RegionSettings(**values)
