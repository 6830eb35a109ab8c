"""Problems of one file do not hide those of another, and where all is well a check says what is there."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
import SimpleITK as sitk

from nbradiomics.features.parameters import load_parameters
from nbradiomics.study.checks import check, survey
from nbradiomics.study.checks.found import found_in
from tests.support.helpers import ball, call, two_readers, write_cohort, write_scan

ENDPOINT = "{name: os, time: days, event: died}"
STUDY = f"""\
cohort: cohort.csv
extract: {{params: params.yaml}}
segment: {{model: nowhere}}
outcome:
  clinical: clinical.csv
  reader: A
  covariates: [agee]
  endpoints: [{ENDPOINT}]
"""


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """A study with something wrong in every file that it names."""
    two_readers(tmp_path, 3)
    (tmp_path / "s1_A.nii.gz").write_bytes(b"no image")
    (tmp_path / "clinical.csv").write_text("subject,days,died,age\ns0,100,1,3\ns1,-5,0,4\ns2,30,1,5\n")
    (tmp_path / "params.yaml").write_text("setting: {binWidth: wide}\n")
    (tmp_path / "study.yaml").write_text(STUDY)
    return tmp_path / "study.yaml"


def errors(path: Path) -> set[str]:
    """What the errors are about."""
    problems = check(path)
    wrong = problems[problems["severity"] == "error"]
    return {
        name
        for name, part in {
            "cohort": "cohort.csv does not exist",
            "unreadable": "cohort",
            "clinical": "days",
            "covariates": "agee",
            "params": "binWidth",
            "model": "nowhere",
            "image": "s1_A",
        }.items()
        if wrong["problem"].str.contains(part, regex=False).any()
    }


ALL = {"clinical", "covariates", "params", "model"}


def test_problems_of_every_file_are_reported_at_once(study: Path) -> None:
    assert errors(study) == {*ALL, "image"}


def test_a_cohort_that_is_not_there_hides_nothing_and_nothing_is_made_up(study: Path) -> None:
    (study.parent / "cohort.csv").unlink()
    assert errors(study) == {*ALL, "cohort", "unreadable"}
    text = " ".join(check(study)["problem"])
    assert "no subject of the cohort" not in text
    assert "has no outcome" not in text
    assert survey(study).found is None


@pytest.mark.parametrize(
    "content", [b"", b"\x00\x01\x02", "subject,image\n".encode("utf-16"), b"name,size\n1,2\n"]
)
def test_a_cohort_that_cannot_be_read_hides_nothing(study: Path, content: bytes) -> None:
    (study.parent / "cohort.csv").write_bytes(content)
    assert errors(study) >= ALL


@pytest.mark.parametrize(
    ("old", "new", "hidden"),
    [
        ("cohort: cohort.csv\n", "", {"image"}),
        ("reader: A", "reader: A\n  folds: many", set()),
        ("segment: {model: nowhere}", "segment: {model: nowhere, maps: perhaps}", set()),
        ("name: os, ", "", {"clinical"}),
        ("outcome:", "colour: red\noutcome:", set()),
        ("extract: {params: params.yaml}", "extract: {params: params.yaml, engine: [native]}", set()),
    ],
)
def test_a_wrong_value_of_the_study_file_hides_nothing_else(
    study: Path, old: str, new: str, hidden: set[str]
) -> None:
    study.write_text(STUDY.replace(old, new))
    found = errors(study)
    assert found >= {*ALL, "image"} - hidden - ({"clinical", "covariates"} if "name: os" in old else set())
    problems = check(study)
    of_study = problems[problems["file"] == str(study)]
    assert (of_study["severity"] == "error").any()
    # What was left out is named once.
    assert not problems.duplicated(["file", "column", "problem"]).any()


@pytest.mark.parametrize("name", ["clinical.csv", "params.yaml"])
def test_another_file_that_is_not_there_hides_nothing(study: Path, name: str) -> None:
    (study.parent / name).unlink()
    gone = {"clinical.csv": {"clinical", "covariates"}, "params.yaml": {"params"}}[name]
    assert errors(study) >= {*ALL, "image"} - gone
    assert check(study)["problem"].str.contains(name, regex=False).any()


def test_wrong_parameters_beside_a_cohort_do_not_hide_its_images(study: Path) -> None:
    problems = check(study.parent / "cohort.csv", params=study.parent / "params.yaml")
    assert problems["problem"].str.contains("binWidth").any()
    assert problems["problem"].str.contains("s1_A").any()


def test_a_sound_cohort_is_described(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    masks = {"A": ball(radius=3.0), "B": ball(radius=4.0), "C": ball() * 0}
    write_scan(tmp_path, "s0", masks)
    write_scan(tmp_path, "s1", {"A": ball(radius=3.0) * 2})
    for file in tmp_path.glob("s1*.nii.gz"):
        image = sitk.ReadImage(str(file))
        image.SetSpacing((0.5, 0.5, 4.0))
        sitk.WriteImage(image, str(file))
    rows = [
        "s0,s0.nii.gz,A,s0_A.nii.gz,",
        "s0,s0.nii.gz,B,s0_B.nii.gz,",
        "s0,s0.nii.gz,C,s0_C.nii.gz,",
        "s1,s1.nii.gz,A,s1_A.nii.gz,2",
        "s2,s1.nii.gz,,,",
    ]
    cohort = write_cohort(tmp_path, rows, "subject,image,reader,mask,label")
    found = survey(cohort).found
    assert found is not None
    assert (found.subjects, found.scans, found.images) == (3, 3, 2)
    assert found.masks == {"A": 2, "B": 1, "C": 1}
    assert found.without_mask == 1
    assert found.labels == {"1": 3, "2": 1}
    assert found.spacing == ((0.5, 1.0), (0.5, 1.0), (1.0, 4.0))
    small, large = (int(masks[reader].sum()) / 1000 for reader in "AB")
    assert sorted(found.volumes) == pytest.approx(sorted([small, large, small]))  # 0.5 * 0.5 * 4 = 1 mm3
    assert found.empty == 1
    assert call("check", cohort, "--jobs", 1) == 0
    printed = capsys.readouterr().out
    assert "Found: 3 subjects, 3 scans, 2 images." in printed
    assert "Masks by reader: A 2, B 1, C 1; 1 scans without a mask." in printed
    assert "Labels read: 1 (3 masks), 2 (1 masks)." in printed
    assert "Voxel size in mm: x 0.5 to 1, y 0.5 to 1, z 1 to 4." in printed
    assert f"Volumes in ml: median {small:.3g}, from {small:.3g} to {large:.3g}; 1 empty." in printed


def test_the_label_of_the_parameter_file_is_not_that_of_the_model(tmp_path: Path) -> None:
    rows = {"subject": ["s"] * 2, "timepoint": "b", "sequence": "q", "image": "i", "label": ""}
    table = pd.DataFrame({**rows, "reader": ["A", "auto"], "mask": ["a", "b"]})
    assert found_in(table, [], 3).labels == {"3": 1, "1": 1}
    assert load_parameters({}).label is None


def test_each_image_is_opened_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from nbradiomics.study.checks import images, masks

    opened: list[str] = []

    def counted(read: Callable[[object], sitk.Image]) -> Callable[[object], sitk.Image]:
        def opening(source: object) -> sitk.Image:
            opened.extend([str(source)] if not isinstance(source, sitk.Image) else [])
            return read(source)

        return opening

    monkeypatch.setattr(images, "read_image", counted(images.read_image))
    monkeypatch.setattr(masks, "read_mask", counted(masks.read_mask))
    survey(two_readers(tmp_path, 2))
    assert len(opened) == len(set(opened)) == 6
