"""A folder of DICOM files to a cohort: tables, time points, masks, failures, and calls that continue."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pandas as pd
import pydicom
import pytest

from nbradiomics.cohort import load_cohort
from nbradiomics.dicom.ingest import conversion
from nbradiomics.dicom.ingest.cohort import Ingested, ingest
from nbradiomics.dicom.ingest.rules import IngestRules
from nbradiomics.dicom.ingest.schema import ACQUISITION, MASKS, NOT_CHOSEN
from nbradiomics.errors import InputError
from nbradiomics.images.io import read_image
from nbradiomics.study.checks import check
from tests.support.dicom_series import make_structure_set, uid, write, write_series
from tests.support.helpers import array

T2 = IngestRules(sequences={"T2w": {"description": "t2"}})  # type: ignore[dict-item]


def run(folder: Path, rules: IngestRules | None = None, **options: Any) -> Ingested:
    """Ingest ``in`` of a folder to ``out``."""
    return ingest(folder / "in", out=folder / "out", key=folder / "key", rules=rules, **options)


def causes(done: Ingested) -> str:
    return "\n".join(f"{failure.case}: {failure.cause}" for failure in done.failures)


def test_images_and_masks_become_a_cohort_that_passes_the_check(tmp_path: Path) -> None:
    images = write_series(tmp_path / "in" / "a", "T2 axial", InstitutionName="St. Elsewhere")
    write(make_structure_set(images), tmp_path / "in" / "b" / "x.dcm")
    done = run(tmp_path, T2)
    assert done.failures == []
    cohort = load_cohort(tmp_path / "out" / "cohort.csv")
    (case,) = cohort.cases()
    assert (case.scan.key[1], case.scan.key[2], case.roi, case.reader) == ("t1", "T2w", "gtv", "reader-1")
    expected = np.zeros((5, 6, 8))
    expected[:, 1:4, 2:6] = 1
    np.testing.assert_array_equal(array(case.masks[0].path), expected)
    (row,) = done.acquisition.to_dict("records")
    assert (row["vendor"], row["model"], row["te"], row["tr"], row["field_strength"]) == (
        "Siemens",
        "Aera",
        90.0,
        4000.0,
        1.5,
    )
    assert row["site"].startswith("site-")
    assert set(cohort.table["site"]) == {row["site"]}
    assert "error" not in set(check(tmp_path / "out" / "cohort.csv")["severity"])
    (mask,) = done.masks.to_dict("records")
    assert mask["volume"] == pytest.approx(5 * 12 * 9 / 1000)


def test_names_of_the_rules_replace_pseudonyms(tmp_path: Path) -> None:
    write_series(tmp_path / "in", "T2", InstitutionName="St. Elsewhere", ManufacturerModelName="Jane's")
    rules = T2.changed(sites={"elsewhere": "A"}, models={"^jane": "M1"})
    (row,) = run(tmp_path, rules).acquisition.to_dict("records")
    assert (row["site"], row["model"]) == ("A", "M1")


def test_time_points_are_numbered_by_date(tmp_path: Path) -> None:
    for place, date in enumerate(("20200301", "20191201", "20210301")):
        study = {"StudyDate": date, "StudyInstanceUID": uid("study", place)}
        write_series(tmp_path / "in" / str(place), f"T2 {place}", **study)
    # Studies of which nothing is wanted do not count.
    write_series(tmp_path / "in" / "other", "T1", StudyDate="20180101")
    done = run(tmp_path, T2)
    table = done.acquisition.sort_values("timepoint")
    assert table["timepoint"].tolist() == ["t1", "t2", "t3"]
    assert table["days"].tolist() == [0, 91, 456]
    assert done.not_chosen["reason"].tolist() == ["no rule matches"]


def test_a_study_without_a_date_among_others_is_a_failure(tmp_path: Path) -> None:
    dates: dict[str, Any] = {"StudyDate": None, "SeriesDate": None}
    write_series(tmp_path / "in" / "a", "T2 a")
    write_series(tmp_path / "in" / "b", "T2 b", **dates)
    write_series(tmp_path / "in" / "c", "T2 c", patient="P2", **dates)
    done = run(tmp_path, T2)
    assert "study date (0008,0020) is missing" in causes(done)
    assert len(done.acquisition) == 2
    assert done.acquisition["days"].isna().sum() == 1


@pytest.mark.parametrize(
    ("second", "part"),
    [
        ({"PatientID": ""}, "Patient ID (0010,0020) is missing"),
        ({"PatientBirthDate": "20110101"}, "several birth dates"),
        ({"IssuerOfPatientID": "hospital B"}, "several issuers (0010,0021)"),
        ({"SeriesInstanceUID": uid("P1", "T2 a"), "PatientID": "P9"}, "have 2 Patient IDs"),
    ],
)
def test_persons_are_never_mixed(tmp_path: Path, second: dict[str, Any], part: str) -> None:
    write_series(tmp_path / "in" / "a", "T2 a", IssuerOfPatientID="hospital A")
    write_series(tmp_path / "in" / "b", "T2 b", **second)
    assert part in causes(run(tmp_path, T2))


def test_nothing_is_dropped_silently(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    write_series(folder / "good", "T2 good")
    write_series(folder / "broken", "T2 broken", slices=[0, 1, 3], patient="P2")
    write_series(folder / "scout", "T2 scout", slices=1, ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"])
    write_series(folder / "report", "T2 report", slices=1, Modality="SR")
    write_series(folder / "none", "PD", patient="P3")
    write_series(folder / "no pixels", "T2", patient="P4", change=lambda data, _n: delattr(data, "PixelData"))
    images = write_series(tmp_path / "elsewhere", "T2 elsewhere", patient="P5")
    write(make_structure_set(images, series="lost"), folder / "lost")
    write(make_structure_set(list((folder / "none").iterdir()), series="unchosen"), folder / "unchosen")
    (folder / "archive").write_bytes(b"PK\x03\x04 and more")
    (folder / "cut").write_bytes((folder / "lost").read_bytes()[:300])
    (folder / "note.txt").write_text("hello")
    done = run(tmp_path, T2)
    told = causes(done)
    assert "1 slice of a stack of 4 (3 mm apart) missing" in told
    assert "a file has no pixels" in told
    assert "no series of the subject matches a rule" in told
    assert "the series that the masks refer to is not in the folder" in told
    assert "files: 1 file: it is an archive" in told
    assert done.files == {"not DICOM": 1, "archives": 1, "unreadable": 1}
    assert sorted(done.not_chosen["reason"]) == [
        "localiser",
        "masks of a series of which no image was made",
        "no image",
        "no rule matches",
    ]
    series = {one.header.series for one in _instances(folder)}
    tables = pd.concat([done.acquisition, done.not_chosen])["series"].tolist()
    failed = [failure.case for failure in done.failures if "series" in failure.case]
    assert len(series) == len(set(tables)) + len(failed)


def _instances(folder: Path) -> list[Any]:
    from nbradiomics.dicom.series.tree import read_tree
    from nbradiomics.execution.execution import Execution

    return read_tree(folder, skip=None, execution=Execution()).instances


def test_files_of_every_kind_and_name_are_found(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    first, second, third, *_ = write_series(folder / "a", "T2")
    second.rename(folder / "IMG 0002.jpg")
    bare = pydicom.dcmread(third)
    third.unlink()
    pydicom.dcmwrite(folder / "bare", bare, implicit_vr=True, little_endian=True, force_encoding=True)
    (folder / "bare").write_bytes(
        (folder / "bare").read_bytes().partition(b"DICM")[2] or (folder / "bare").read_bytes()
    )
    (folder / "a" / "loop").symlink_to(folder)
    index = pydicom.dcmread(first)
    index.SOPClassUID = index.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.1.3.10"
    write(index, folder / "DICOMDIR")
    done = run(tmp_path, T2)
    assert done.acquisition["slices"].tolist() == [5], causes(done)
    assert done.files == {"DICOMDIR": 1}


def test_a_second_call_converts_only_what_is_new(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    original = conversion.make_volume

    def counting(plan: Any) -> Any:
        made.append(plan.header.description)
        return original(plan)

    monkeypatch.setattr(conversion, "make_volume", counting)
    images = write_series(tmp_path / "in" / "a", "T2 a")
    first = run(tmp_path, T2)
    write_series(tmp_path / "in" / "b", "T2 b", patient="P2")
    second = run(tmp_path, T2)
    assert made == ["T2 a", "T2 b"]
    assert len(second.acquisition) == 2
    # A new mask, and a damaged image, are made again.
    write(make_structure_set(images), tmp_path / "in" / "mask")
    assert len(run(tmp_path, T2).masks) == 1
    assert made == ["T2 a", "T2 b", "T2 a"]
    file = tmp_path / "out" / first.acquisition["image"][0]
    file.write_bytes(b"damaged")
    run(tmp_path, T2)
    assert made == ["T2 a", "T2 b", "T2 a", "T2 a"]
    assert read_image(file).GetSize() == (8, 6, 5)


def test_a_call_that_was_stopped_leaves_no_table_and_continues(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_series(tmp_path / "in" / "a", "T2 a")
    write_series(tmp_path / "in" / "b", "T2 b", patient="P2")
    run(tmp_path, T2)
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "out" / "images").iterdir()}
    write_series(tmp_path / "in" / "c", "T2 c", patient="P3")

    def stopped(_plan: Any) -> Any:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(conversion, "make_volume", stopped)
        with pytest.raises(KeyboardInterrupt):
            run(tmp_path, T2)
    assert not (tmp_path / "out" / "cohort.csv").exists()
    assert len(run(tmp_path, T2).acquisition) == 3
    assert (
        before.items() <= {p: p.stat().st_mtime_ns for p in (tmp_path / "out" / "images").iterdir()}.items()
    )


def test_files_of_series_that_are_gone_are_removed(tmp_path: Path) -> None:
    write_series(tmp_path / "in" / "a", "T2 a")
    (image, *_) = write_series(tmp_path / "in" / "b", "T2 b", patient="P2")
    run(tmp_path, T2)
    for path in image.parent.iterdir():
        path.unlink()
    done = run(tmp_path, T2)
    assert [path.name for path in (tmp_path / "out" / "images").iterdir()] == [
        Path(done.acquisition["image"][0]).name
    ]


def test_another_folder_is_not_mixed_in(tmp_path: Path) -> None:
    write_series(tmp_path / "in", "T2 a")
    write_series(tmp_path / "in2", "T2 b", patient="P2")
    run(tmp_path, T2)
    options: dict[str, Any] = {"out": tmp_path / "out", "key": tmp_path / "key", "rules": T2}
    with pytest.raises(InputError, match="contains the results of"):
        ingest(tmp_path / "in2", **options)
    done = ingest(tmp_path / "in2", replacing=True, **options)
    assert len(list((tmp_path / "out" / "images").iterdir())) == len(done.acquisition) == 1


def test_pseudonyms_depend_on_the_key_alone(tmp_path: Path) -> None:
    write_series(tmp_path / "in", "T2 a")
    one = ingest(tmp_path / "in", out=tmp_path / "o1", key=tmp_path / "key")
    same = ingest(tmp_path / "in", out=tmp_path / "o2", key=tmp_path / "key")
    other = ingest(tmp_path / "in", out=tmp_path / "o3", key=tmp_path / "key2")
    subjects = [done.acquisition["subject"][0] for done in (one, same, other)]
    assert subjects[0] == subjects[1] != subjects[2]


def test_jobs_do_not_change_the_result(tmp_path: Path) -> None:
    for number in range(3):
        write_series(tmp_path / "in" / str(number), "T2 a", patient=f"P{number}")
    one = ingest(tmp_path / "in", out=tmp_path / "o1", key=tmp_path / "key", rules=T2)
    two = ingest(tmp_path / "in", out=tmp_path / "o2", key=tmp_path / "key", rules=T2, jobs=2)
    pd.testing.assert_frame_equal(one.acquisition, two.acquisition)
    for name in one.acquisition["image"]:
        assert (tmp_path / "o1" / name).read_bytes() == (tmp_path / "o2" / name).read_bytes()


def test_the_tables_are_those_of_their_schemas(tmp_path: Path) -> None:
    images = write_series(tmp_path / "in" / "a", "T2 a")
    write_series(tmp_path / "in" / "b", "T1")
    write(make_structure_set(images), tmp_path / "in" / "mask")
    done = run(tmp_path, T2)
    for schema, table in (
        (ACQUISITION, done.acquisition),
        (MASKS, done.masks),
        (NOT_CHOSEN, done.not_chosen),
    ):
        read = schema.read(tmp_path / "out" / schema.file)
        assert len(read) == 1
        assert list(read.columns) == schema.names
        filled = table.fillna({column.name: "" for column in schema.columns if column.kind == "text"})
        pd.testing.assert_frame_equal(read, filled, check_exact=True)


def test_the_header_of_an_image_holds_no_text(tmp_path: Path) -> None:
    write_series(tmp_path / "in", "T2 a")
    done = run(tmp_path, T2)
    header = nib.load(tmp_path / "out" / done.acquisition["image"][0]).header  # type: ignore[attr-defined]
    for name in ("descrip", "aux_file", "intent_name", "db_name", "data_type"):
        assert header[name].item().strip(b"\0") == b"", name
    assert list(header.extensions) == []
    assert (int(header["qform_code"]), int(header["sform_code"])) == (1, 1)
