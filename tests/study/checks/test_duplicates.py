"""One file in two roles is found by its voxels, and what may well be so is left alone."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import SimpleITK as sitk

from nbradiomics.study.checks import check
from tests.support.helpers import ball, call, make_image, write_cohort, write_scan

HEADER = "subject,image,reader,mask"


@pytest.fixture
def scans(tmp_path: Path) -> Path:
    """Two subjects of two timepoints, and masks of three readers that differ."""
    for number, name in enumerate(("p", "q", "p2")):
        masks = {"A": ball(radius=3 + number), "B": ball(radius=2.5 + number, shift=1), "E": ball() * 0}
        write_scan(tmp_path, name, masks, seed=number)
    return tmp_path


def problems(folder: Path, rows: list[str], header: str = HEADER) -> list[tuple[str, str, str, str]]:
    table = check(write_cohort(folder, rows, header))
    return list(table[["row", "column", "severity", "problem"]].itertuples(index=False, name=None))


def copy_as(folder: Path, name: str, other: str) -> None:
    """A copy in another format and of another type."""
    image = sitk.ReadImage(str(folder / name))
    sitk.WriteImage(sitk.Cast(image, sitk.sitkFloat64), str(folder / other))


def test_the_image_as_its_mask_is_an_error(scans: Path) -> None:
    ((row, column, severity, problem),) = problems(scans, ["p,p.nii.gz,A,p.nii.gz"])
    assert (row, column, severity) == ("2", "mask", "error")
    assert "p.nii.gz" in problem


@pytest.mark.parametrize("levels", [2, 9])
def test_an_image_of_few_values_as_its_mask_is_an_error_too(levels: int, scans: Path) -> None:
    few = np.random.default_rng(0).integers(0, levels, (10, 12, 14)).astype(np.int16)
    sitk.WriteImage(make_image(few), str(scans / "few.nii.gz"))
    copy_as(scans, "few.nii.gz", "copy.nrrd")
    ((row, column, severity, problem),) = problems(scans, ["p,few.nii.gz,A,copy.nrrd"])
    assert (row, column, severity) == ("2", "mask", "error")
    assert "all its voxels are equal to its own image" in problem


def test_the_image_of_another_row_as_mask_is_an_error(scans: Path) -> None:
    few = np.random.default_rng(0).integers(0, 9, (10, 12, 14)).astype(np.int16)
    sitk.WriteImage(make_image(few), str(scans / "few.nii.gz"))
    rows = ["p,few.nii.gz,A,p_A.nii.gz", "q,q.nii.gz,A,few.nii.gz"]
    assert problems(scans, rows)[0][:3] == ("3", "mask", "error")
    assert "the image of line 2" in problems(scans, rows)[0][3]


@pytest.mark.parametrize("name", ["p_A.nii.gz", "copy.nii.gz", "copy.nrrd"])
def test_one_mask_of_two_readers_is_told_with_both_lines(name: str, scans: Path) -> None:
    shutil.copy(scans / "p_A.nii.gz", scans / "copy.nii.gz")
    copy_as(scans, "p_A.nii.gz", "copy.nrrd")
    rows = ["p,p.nii.gz,A,p_A.nii.gz", "q,q.nii.gz,A,q_A.nii.gz", f"p,p.nii.gz,B,{name}"]
    ((row, column, severity, problem),) = problems(scans, rows)
    assert (row, column, severity) == ("4", "mask", "warning")
    assert "line 2: reader 'A' there, 'B' here" in problem
    assert name in problem


def test_one_image_and_one_mask_of_two_subjects_are_told(scans: Path) -> None:
    found = problems(scans, ["p,p.nii.gz,A,p_A.nii.gz", "q,p.nii.gz,A,p_A.nii.gz"])
    assert [each[:3] for each in found] == [("3", "image", "warning"), ("3", "mask", "warning")]
    assert all("line 2: subject 'p' there, 'q' here" in each[3] for each in found)


def test_a_copied_image_of_another_subject_or_timepoint_is_told(scans: Path) -> None:
    copy_as(scans, "p.nii.gz", "copy.nrrd")
    for row, what in (("q,copy.nrrd,,,", "subject 'p'"), ("p,copy.nrrd,,,late", "timepoint 'baseline'")):
        rows = ["p,p.nii.gz,A,p_A.nii.gz,", row]
        ((line, column, severity, problem),) = problems(scans, rows, f"{HEADER},timepoint")
        assert (line, column, severity) == ("3", "image", "warning")
        assert what in problem


def test_two_readings_and_two_regions_that_are_one_are_told(scans: Path) -> None:
    rows = ["p,p.nii.gz,A,p_A.nii.gz,1,x", "p,p.nii.gz,A,p_A.nii.gz,2,x", "p,p.nii.gz,B,p_A.nii.gz,1,y"]
    found = problems(scans, rows, f"{HEADER},reading,roi")
    assert [each[:3] for each in found] == [("3", "mask", "warning"), ("4", "mask", "warning")]
    assert "reading 1 there, 2 here" in found[0][3]
    assert "roi 'x' there, 'y' here" in found[1][3]


def test_the_model_s_mask_as_a_reader_s_own_is_told(scans: Path) -> None:
    """Such a reader would agree with the model perfectly."""
    rows = ["p,p.nii.gz,auto,p_A.nii.gz,", "p,p.nii.gz,A,p_A.nii.gz,independent"]
    ((row, _, severity, problem),) = problems(scans, rows, f"{HEADER},reference_kind")
    assert (row, severity) == ("3", "warning")
    assert "reader 'auto' there, 'A' here" in problem


@pytest.mark.parametrize(
    "rows",
    [
        # One image of several readers' rows.
        ["p,p.nii.gz,A,p_A.nii.gz,,,1", "p,p.nii.gz,B,p_B.nii.gz,,,1"],
        # Both readers drew nothing.
        ["p,p.nii.gz,A,p_E.nii.gz,,,1", "p,p.nii.gz,B,p2_E.nii.gz,,,1", "q,q.nii.gz,A,q_E.nii.gz,,,1"],
        # One file, two labels.
        ["p,p.nii.gz,A,two.nii.gz,x,,1", "p,p.nii.gz,A,two.nii.gz,y,,2"],
        # An editing reader left the model's mask as it was; so did two.
        ["p,p.nii.gz,auto,p_A.nii.gz,,,1", "p,p.nii.gz,A,p_A.nii.gz,,edited,1"],
        ["p,p.nii.gz,B,p_A.nii.gz,,edited,1", "p,p.nii.gz,A,p_A.nii.gz,,edited,1"],
        # A consensus is the mask of the reader who prevailed.
        ["p,p.nii.gz,A,p_A.nii.gz,,,1", "p,p.nii.gz,C,p_A.nii.gz,,consensus,1"],
    ],
)
def test_what_may_well_be_so_is_left_alone(rows: list[str], scans: Path) -> None:
    two = np.maximum(ball(radius=2, shift=-4), ball(radius=2, shift=3) * 2)
    sitk.WriteImage(make_image(two), str(scans / "two.nii.gz"))
    found = problems(scans, rows, f"{HEADER},roi,reference_kind,label")
    assert [each for each in found if "empty" not in each[3]] == []


def test_one_mask_for_two_sequences_of_a_scan_is_left_alone(scans: Path) -> None:
    rows = ["p,p.nii.gz,A,p_A.nii.gz,T1", "p,p2.nii.gz,A,p_A.nii.gz,T2"]
    assert problems(scans, rows, f"{HEADER},sequence") == []


def test_what_was_found_is_found_again_from_the_stored_results(scans: Path) -> None:
    from nbradiomics.cohort import load_cohort
    from nbradiomics.execution.execution import Execution
    from nbradiomics.execution.workspace import Workspace
    from nbradiomics.study.checks.images import check_images

    rows = ["p,p.nii.gz,A,p_A.nii.gz", "p,p.nii.gz,B,p_A.nii.gz"]
    cohort = load_cohort(write_cohort(scans, rows))
    kept = Execution(workspace=Workspace(scans / "work"))
    runs = [check_images(cohort.table, cohort.path, execution=kept) for _ in range(2)]
    assert runs[0] == runs[1]
    assert len(runs[0]) == 1


@pytest.mark.parametrize("kind", [np.uint8, np.int16, np.float32])
def test_swapped_columns_are_called_so(kind: type, scans: Path) -> None:
    grey = np.random.default_rng(0).integers(0, 200, (10, 12, 14)).astype(kind)
    sitk.WriteImage(make_image(grey), str(scans / "grey.nii.gz"))
    ((row, column, severity, problem),) = problems(scans, ["p,p_A.nii.gz,A,grey.nii.gz"])
    assert (row, column, severity) == ("2", "mask", "error")
    assert "mask and image seem to be swapped" in problem
    assert "200 different values, and the image 2" in problem


def test_an_image_as_mask_of_another_image_is_called_so(scans: Path) -> None:
    grey = np.random.default_rng(0).integers(-500, 500, (10, 12, 14)).astype(np.int16)
    sitk.WriteImage(make_image(grey), str(scans / "grey.nii.gz"))
    ((row, column, severity, problem),) = problems(scans, ["p,p.nii.gz,A,grey.nii.gz"])
    assert (row, column, severity) == ("2", "mask", "error")
    assert "different values: it seems to be an image" in problem


def test_an_image_as_its_mask_is_never_measured(scans: Path) -> None:
    whole = np.random.default_rng(0).integers(-50, 50, (10, 12, 14)).astype(np.int16)  # 1 is among them
    sitk.WriteImage(make_image(whole), str(scans / "i.nrrd"))
    shutil.copy(scans / "i.nrrd", scans / "m.nrrd")
    (scans / "p.yaml").write_text("imageType: {Original: {}}\nfeatureClass: {firstorder: [Mean]}\n")
    for mask in ("i.nrrd", "m.nrrd"):
        cohort = write_cohort(scans, [f"p,i.nrrd,A,{mask}", "q,q.nii.gz,A,q_A.nii.gz"])
        out = scans / "f.csv"
        assert call("extract", cohort, "--params", scans / "p.yaml", "--out", out, "--jobs", 1) == 0
        assert pd.read_csv(out)["original_firstorder_Mean"].isna().tolist() == [True, False]
        (failure,) = pd.read_csv(scans / "f.failures.csv").to_dict("records")
        assert "is the image itself" in failure["cause"]
