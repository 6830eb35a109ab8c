"""The export of a cohort: sources found by pseudonym, failures one by one, no identifier in any table."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pydicom
import pytest
import SimpleITK as sitk

import nbradiomics as nb
from nbradiomics.dicom.export.schema import EXPORTS
from nbradiomics.dicom.pseudonyms import load_pseudonyms
from tests.dicom.export.test_export_masks import SERIES, export, seg_of
from tests.support.dicom_objects import errors_of
from tests.support.dicom_sources import PLANTED, ball, noise_image, write_classic
from tests.support.helpers import call


def cohort_of(folder: Path, subjects: list[str], **tags: object) -> Path:
    """A source with one series for each subject, and the tables that an ingest of it would write."""
    key = load_pseudonyms(folder / "key", folder / "out")
    image = noise_image()
    rows, series = [], []
    for number, subject in enumerate(subjects):
        uid = f"{SERIES}.{number}"
        own = {name: value for name, value in tags.items() if number == 0}
        write_classic(image, folder / "source" / "Müller Grete" / uid, uid, **own)
        sitk.WriteImage(image, str(folder / f"{subject}.nii.gz"))
        sitk.WriteImage(ball(image, (0.5, 0.5, 0.5), 0.4), str(folder / f"{subject}_m.nii.gz"))
        rows.append(
            {"subject": subject, "image": f"{subject}.nii.gz", "reader": "A", "mask": f"{subject}_m.nii.gz"}
        )
        series.append({"subject": subject, "series": key.name("series", uid), "vendor": "x"})
    (folder / "source" / "notes.txt").write_text("no DICOM")
    pd.DataFrame(rows).to_csv(folder / "cohort.csv", index=False)
    pd.DataFrame(series).to_csv(folder / "acquisition.csv", index=False)
    return folder / "cohort.csv"


def run(folder: Path, *options: str) -> int:
    given = ["--source", folder / "source", "--key", folder / "key", "--out", folder / "out", "--jobs", "1"]
    return call("export-dicom", folder / "cohort.csv", *given, *options)


def test_one_case_that_fails_does_not_stop_the_others_and_names_no_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cohort_of(tmp_path, ["aaa", "bbb", "ccc"], FrameOfReferenceUID=None)
    (tmp_path / "ccc_m.nii.gz").unlink()
    assert run(tmp_path) == 0
    out = tmp_path / "out"
    assert EXPORTS.read(out / "exports.csv")["subject"].tolist() == ["bbb"]
    failures = pd.read_csv(out / "exports.failures.csv")
    causes = dict(zip(failures["case"], failures["cause"], strict=True))
    assert "FrameOfReferenceUID is missing" in causes["aaa/baseline/unspecified/A/1"]
    assert "the mask of tumour" in causes["ccc/baseline/unspecified/A/1"]
    assert len(list(out.glob("*.dcm"))) == 1
    texts = [path.read_text() for path in out.iterdir() if path.suffix != ".dcm"]
    texts += [path.name for path in out.iterdir()] + list(capsys.readouterr())
    for secret in (*PLANTED.values(), SERIES, "Grete", "4711"):
        if len(str(secret)) > 1:  # the sex is one letter
            assert not any(str(secret) in text for text in texts), secret


def test_objects_are_filed_with_their_source(tmp_path: Path) -> None:
    cohort_of(tmp_path, ["aaa"])
    assert run(tmp_path) == 0
    (file,) = (tmp_path / "out").glob("*.dcm")
    seg = pydicom.dcmread(file)
    for name, value in PLANTED.items():
        if name != "InstitutionName":  # of the scanner, not of the patient or the study
            assert str(seg[name].value) == value
    assert "InstitutionName" not in seg
    assert (seg.ContentDate, seg.ContentTime) == (PLANTED["StudyDate"], PLANTED["StudyTime"])
    assert errors_of(file) == []


def test_a_second_export_keeps_the_files_and_removes_those_that_are_no_longer_made(tmp_path: Path) -> None:
    cohort_of(tmp_path, ["aaa", "bbb"])
    assert run(tmp_path) == 0
    files = sorted((tmp_path / "out").glob("*.dcm"))
    times = [file.stat().st_mtime_ns for file in files]
    assert run(tmp_path) == 0
    assert [file.stat().st_mtime_ns for file in files] == times
    table = pd.read_csv(tmp_path / "cohort.csv")
    table[table["subject"] == "bbb"].to_csv(tmp_path / "cohort.csv", index=False)
    assert run(tmp_path) == 0
    assert sorted((tmp_path / "out").glob("*.dcm")) == files[1:]


@pytest.mark.slow
def test_jobs_do_not_change_the_objects(tmp_path: Path) -> None:
    cohort_of(tmp_path, ["aaa", "bbb"])
    contents = []
    for jobs in (1, 2):
        nb.export_dicom(
            tmp_path / "cohort.csv",
            source=tmp_path / "source",
            key=tmp_path / "key",
            out=tmp_path / "out",
            jobs=jobs,
        )
        contents.append([file.read_bytes() for file in sorted((tmp_path / "out").glob("*.dcm"))])
        for file in (tmp_path / "out").glob("*.dcm"):
            file.unlink()
    assert contents[0] == contents[1]
    assert len(contents[0]) == 2


def test_another_key_finds_no_source(tmp_path: Path) -> None:
    cohort_of(tmp_path, ["aaa"])
    (tmp_path / "key").write_text("0123456789abcdef" * 4)
    assert run(tmp_path) == 1
    failures = pd.read_csv(tmp_path / "out" / "exports.failures.csv")
    assert "the source series of the scan is not in the folder" in failures["cause"][0]


def test_variants_are_refused(tmp_path: Path) -> None:
    path = cohort_of(tmp_path, ["aaa"])
    table = pd.read_csv(path).assign(variant="volume-1")
    table.to_csv(path, index=False)
    assert run(tmp_path) == 1


@pytest.mark.parametrize(
    ("tags", "emptied"),
    [
        ({"StudyID": "a study of more than 16 letters"}, "StudyID"),
        ({"PatientSex": "W", "PatientBirthDate": "unknown"}, "PatientBirthDate PatientSex"),
        (dict.fromkeys(["PatientName", "PatientID", "StudyDate", "StudyTime", "StudyID", "PatientSex"]), ""),
    ],
)
def test_values_that_are_missing_or_not_allowed_are_empty(
    tmp_path: Path, tags: dict[str, object], emptied: str
) -> None:
    image = noise_image()
    with pydicom.config.disable_value_validation():
        write_classic(image, tmp_path / "source", SERIES, **tags)
    done = export(tmp_path, image, {"tumour": ball(image, (0.5, 0.5, 0.5), 0.4)})
    file = seg_of(tmp_path, done)
    assert done.table["emptied"].iloc[0] == emptied
    seg = pydicom.dcmread(file)
    for name in tags:
        assert not seg[name].value
    assert errors_of(file) == []


@pytest.mark.parametrize("name", ["StudyInstanceUID", "FrameOfReferenceUID"])
def test_without_an_attribute_of_the_archive_nothing_is_written(tmp_path: Path, name: str) -> None:
    image = noise_image()
    write_classic(image, tmp_path / "source", SERIES, **{name: None})
    done = export(tmp_path, image, {"tumour": ball(image, (0.5, 0.5, 0.5), 0.4)})
    assert f"its attribute {name} is missing" in done.failures[0].cause
    assert list((tmp_path / "out").glob("*.dcm")) == []


def test_a_text_in_another_character_set_is_the_same_text(tmp_path: Path) -> None:
    image = noise_image()
    write_classic(
        image, tmp_path / "source", SERIES, SpecificCharacterSet="ISO_IR 100", PatientName="Müller^Jörg"
    )
    seg = pydicom.dcmread(seg_of(tmp_path, export(tmp_path, image, {"a": ball(image, (0.5, 0.5, 0.5), 0.4)})))
    assert seg.PatientName == "Müller^Jörg"
    assert seg.SpecificCharacterSet == "ISO_IR 192"


def test_an_unexpected_error_tells_nothing_of_the_source(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cohort_of(tmp_path, ["aaa"])

    def broken(*_arguments: object) -> None:
        raise ValueError(PLANTED["PatientID"])

    monkeypatch.setattr("nbradiomics.dicom.export.one_scan.identity_of", broken)
    assert run(tmp_path) == 1
    for path in (tmp_path / "out").iterdir():
        assert PLANTED["PatientID"] not in path.read_text()
    assert "unexpected ValueError" in (tmp_path / "out" / "exports.failures.csv").read_text()
    assert "one_scan" in (tmp_path / "out" / "exports.failures.log").read_text()


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--finding", "Neoplasm"], "finding"),
        (["--key", "missing"], "there is no key file missing"),
        (["--features", "acquisition.csv"], "no column with the name of a PyRadiomics feature"),
        (["--organ", "kidney=64033007"], "organ"),
        (["--source", "missing"], "is not a folder"),
        (["--series", "missing.csv"], "missing.csv"),
        (["--predictions", "missing.csv"], "missing.csv"),
    ],
)
def test_wrong_options_are_told(
    tmp_path: Path, options: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    cohort_of(tmp_path, ["aaa"])
    options = [str(tmp_path / text) if text == "acquisition.csv" else text for text in options]
    assert run(tmp_path, *options) == 1
    assert told in "".join(capsys.readouterr())
