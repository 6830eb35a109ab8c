"""Columns of a cohort table as hospitals write them."""

from __future__ import annotations

from pathlib import Path

import pytest

from nbradiomics.cohort import load_cohort
from nbradiomics.cohort.columns import read_cohort_table
from nbradiomics.errors import InputError
from nbradiomics.messages.problem import Problem
from nbradiomics.study.checks import check
from nbradiomics.study.file import load_study
from tests.support.helpers import two_readers, write_cohort


def problems_of(folder: Path, rows: list[str], header: str) -> list[Problem]:
    return read_cohort_table(write_cohort(folder, rows, header))[1]


def test_capitals_are_read_with_a_note_told_once(tmp_path: Path) -> None:
    path = write_cohort(tmp_path, ["s1,a.nii,A,m.nii"], "SUBJECT, IMAGE ,READER,Mask")
    cohort = load_cohort(path)
    assert cohort.readers() == ["A"]
    (note,) = cohort.warnings
    assert (
        "'SUBJECT', 'IMAGE', 'READER', 'Mask' are read as 'subject', 'image', 'reader', 'mask'"
        in note.problem
    )


def test_a_batch_table_of_pyradiomics_needs_no_note(tmp_path: Path) -> None:
    assert problems_of(tmp_path, ["P1,a.nrrd,b.nrrd,2"], "ID,Image,Mask,Label") == []


def test_columns_that_collide_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="'Image', 'image' differ only in capitals or blanks"):
        load_cohort(write_cohort(tmp_path, ["1,a.nii,b.nii,m.nii"], "ID,Image,image,Mask"))
    with pytest.raises(InputError, match="'ID', 'PatientID' could each name the subject"):
        load_cohort(write_cohort(tmp_path, ["1,P,a.nii,m.nii"], "ID,PatientID,Image,Mask"))
    with pytest.raises(InputError, match="several columns have the name image"):
        load_cohort(write_cohort(tmp_path, ["1,a.nii,b.nii"], "subject,image,image"))


def test_a_missing_column_is_told_with_a_guess(tmp_path: Path) -> None:
    found = problems_of(tmp_path, ["s1,a.nii,A,m.nii"] * 300, "PatientID,image,raeder,mask")
    errors = {item.column: item.remedy for item in found if item.severity == "error"}
    assert set(errors) == {"subject", "reader"}
    assert errors["subject"].startswith("Is it 'PatientID'? ")
    assert errors["reader"].startswith("Did you mean 'raeder'? ")


@pytest.mark.parametrize("mark", [".", ","])
def test_minutes_are_read_with_decimal_commas_too(tmp_path: Path, mark: str) -> None:
    rows = [f"s{n};a{n}.nii;A;m{n}.nii;{n}{mark}5" for n in range(3)]
    table, problems = read_cohort_table(write_cohort(tmp_path, rows, "subject;image;reader;mask;minutes"))
    assert table["minutes"].astype(float).tolist() == [0.5, 1.5, 2.5]
    assert problems == []


@pytest.mark.parametrize(
    ("cell", "why"),
    [("1.5", "has a decimal comma, but '1.5' has a point"), ("12 min", "is not a number"), ("-1", "from 0")],
)
def test_minutes_that_do_not_agree_are_named_by_cell(tmp_path: Path, cell: str, why: str) -> None:
    rows = ["s1;a.nii;A;m.nii;2,5", f"s2;b.nii;A;n.nii;{cell}"]
    found = problems_of(tmp_path, rows, "subject;image;reader;mask;minutes")
    assert {item.column for item in found} == {"minutes"}
    assert any(why in item.problem for item in found)


def test_a_column_that_is_wrong_in_every_row_is_told_once(tmp_path: Path) -> None:
    rows = [f"s{n},a{n}.nii,A,m{n}.nii,{n} min" for n in range(300)]
    (once,) = problems_of(tmp_path, rows, "subject,image,reader,mask,minutes")
    assert (once.row, once.column) == ("2", "minutes")
    assert "299 more rows (lines 3-301)" in once.problem


def test_line_numbers_stay_those_of_the_file_below_a_separator_line(tmp_path: Path) -> None:
    path = tmp_path / "cohort.csv"
    path.write_text(
        "sep=\t\nsubject\timage\treader\tmask\tnote\ns1\ta.nii\tA\tm.nii\t\n\tb.nii\tA\tn.nii\t\n"
    )
    assert [(item.row, item.column) for item in read_cohort_table(path)[1]] == [
        ("2", "note"),
        ("4", "subject"),
    ]


# --- `columns` of a study ----------------------------------------------------------------------------


def write_study(folder: Path, columns: str, header: str, clinical: str = "subject,t,e") -> Path:
    two_readers(folder)
    lines = (folder / "cohort.csv").read_text(encoding="utf-8").splitlines()
    (folder / "cohort.csv").write_text("\n".join([header, *lines[1:]]) + "\n")
    (folder / "clinical.csv").write_text(f"{clinical}\ns0,100,1\ns1,200,0\ns2,300,1\n")
    path = folder / "study.yaml"
    outcome = "outcome: {clinical: clinical.csv, reader: A, endpoints: [{name: os, time: t, event: e}]}"
    path.write_text(f"cohort: cohort.csv\ncolumns: {{{columns}}}\n{outcome}\n")
    return path


def errors(path: Path) -> list[tuple[str, str]]:
    found = check(path)
    return [
        (row["column"], f"{row['problem']} {row['remedy']}")
        for row in found.to_dict("records")
        if row["severity"] == "error"
    ]


def test_a_study_names_its_own_columns_for_all_tables(tmp_path: Path) -> None:
    header = "Pat-Nr,T2,Arzt,Maske"
    columns = "subject: Pat-Nr, image: T2, reader: Arzt, mask: Maske"
    path = write_study(tmp_path, columns, header, "Pat-Nr,t,e")
    assert errors(path) == []
    study = load_study(path)
    assert load_cohort(study.cohort, study.columns).readers() == ["A", "B"]


def test_the_subject_may_be_named_in_one_of_the_tables_alone(tmp_path: Path) -> None:
    assert (
        errors(write_study(tmp_path, "subject: PatientID", "subject,image,reader,mask", "PatientID,t,e"))
        == []
    )


def test_columns_that_no_table_has_and_names_that_we_lack_are_refused_with_a_guess(tmp_path: Path) -> None:
    path = write_study(tmp_path, "subject: PatientId2, image: T1", "PatientID,T2,reader,mask")
    found = dict(errors(path))
    assert (
        "no column 'PatientId2' in cohort.csv or clinical.csv. Did you mean 'PatientID'?"
        in found["columns.subject"]
    )
    assert "no column 'T1' in cohort.csv." in found["columns.image"]
    assert {"subject", "image"} <= set(found)  # of the cohort table, where they are missing now
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("subject: PatientId2", "subjct: PatientID"))
    row = check(path).set_index("column").loc["columns.subjct"]
    assert row["row"] == "2"
    assert "Did you mean 'subject'?" in row["problem"]
    path.write_text(text.replace("image: T1", "image: PatientId2"))
    assert "cannot be used for two columns of the cohort table" in check(path)["problem"].iloc[0]


def test_masks_that_are_all_in_another_folder_are_told_once(tmp_path: Path) -> None:
    path = two_readers(tmp_path)
    path.write_text(
        path.read_text(encoding="utf-8").replace("_A.nii", "_old.nii").replace("_B.nii", "_old2.nii")
    )
    (once,) = check(path).to_dict("records")
    assert (once["row"], once["column"]) == ("2", "mask")
    assert "5 more rows (lines 3-7)" in once["problem"]
