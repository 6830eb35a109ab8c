"""A hospital's clinical table for an ingested cohort: who is missing, and nothing that names a person."""

from __future__ import annotations

from pathlib import Path

import pytest

from nbradiomics.dicom.ingest.clinical import ingest_clinical
from nbradiomics.dicom.pseudonyms import load_pseudonyms
from nbradiomics.errors import InputError
from tests.support.helpers import call

IDS = ["007", "12", "A-3"]
TABLE = """mrn,name,age,stage,born,plane
007,Doe Jane,3,M,2010-01-02,x
 12 ,Roe Max,,L1,2011-02-03,y
99,Poe Al,9,M,2012-03-04,z
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A cohort of three patients, of whom the table lacks one and has another."""
    names = load_pseudonyms(tmp_path / "key", tmp_path / "data")
    subjects = [names.name("subject", one) for one in IDS]
    (tmp_path / "data").mkdir()
    rows = [f"{one},t1,T2w,{one}.nii.gz,," for one in subjects]
    header = "subject,timepoint,sequence,image,reader,mask"
    (tmp_path / "data" / "cohort.csv").write_text("\n".join([header, *rows]))
    rows = [f"{one},t1,T2w,{vendor}" for one, vendor in zip(subjects, ("GE", "GE", "Siemens"), strict=True)]
    rows.append(f"{subjects[2]},t2,T2w,Philips")
    (tmp_path / "data" / "acquisition.csv").write_text(
        "\n".join(["subject,timepoint,sequence,vendor,plane,slices", *(f"{row},axial,20" for row in rows)])
    )
    (tmp_path / "hospital.csv").write_text(TABLE)
    return tmp_path


def made(folder: Path, **changed: object) -> object:
    given = {"patients": "mrn", "keep": ["age", "stage"], "key": folder / "key"} | changed
    return ingest_clinical(folder / "hospital.csv", cohort=folder / "data" / "cohort.csv", **given)


def test_patients_become_the_subjects_of_the_cohort(folder: Path) -> None:
    done = made(folder, acquisition=["slices"])
    names = load_pseudonyms(folder / "key", folder / "data")
    found = done.table.set_index("subject")
    assert found.loc[names.name("subject", "007")].to_dict() == {"age": "3", "stage": "M", "slices": "20"}
    assert found.loc[names.name("subject", "12"), "age"] == ""
    assert found.loc[names.name("subject", "99"), "slices"] == ""
    assert done.without_row == [names.name("subject", "A-3")]
    assert (done.without_image, done.left_out) == (1, ["name", "born", "plane"])
    assert list(found.index) == sorted(found.index)


@pytest.mark.parametrize(
    ("changed", "part"),
    [
        ({"keep": ["born"]}, "holds dates"),
        ({"keep": ["mrn"]}, "holds Patient IDs"),
        ({"keep": []}, "No column"),
        ({"keep": ["agee"]}, "Did you mean 'age'"),
        ({"patients": "stage"}, "repeating a Patient ID"),
        ({"patients": "age"}, "without a Patient ID"),
        ({"patients": "name"}, "No patient of"),
        ({"acquisition": ["vendor"]}, "the images of 1 subject differ in 'vendor'"),
        ({"keep": ["plane"], "acquisition": ["plane"]}, "Both tables have a column"),
    ],
)
def test_what_identifies_or_does_not_fit_is_refused(
    folder: Path, changed: dict[str, object], part: str
) -> None:
    with pytest.raises(InputError) as caught:
        made(folder, **changed)
    assert part in str(caught.value)
    assert not any(name in str(caught.value) for name in ("007", "Doe", "2010"))


def test_names_and_free_text_are_refused(folder: Path) -> None:
    rows = [
        f"{number},Person {number},{'ok' if number % 3 else f'seen by Dr {number}'}" for number in range(30)
    ]
    (folder / "hospital.csv").write_text("\n".join(["mrn,name,remark", *rows]))
    for column in ("name", "remark"):
        with pytest.raises(InputError, match="names or free text"):
            made(folder, keep=[column])


def test_the_command_says_who_is_missing_and_makes_no_key(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--patients", "mrn", "--keep", "age", "--cohort", folder / "data" / "cohort.csv"]
    typed = ["ingest-clinical", folder / "hospital.csv", *options, "--out", folder / "clinical.csv"]
    assert call(*typed, "--key", folder / "key") == 0
    shown = capsys.readouterr()
    assert "3 patients, 2 with images, 1 without" in shown.out
    assert "1 subject of the cohort has no row" in shown.out
    assert "Left out: name, stage, born, plane." in shown.err
    assert call(*typed, "--key", folder / "other") == 1
    assert not (folder / "other").exists()
    assert "007" not in (folder / "clinical.csv").read_text()
