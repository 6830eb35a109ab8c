"""Every problem is found at once, with its line, column, severity and remedy."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import SimpleITK as sitk

from nbradiomics.errors import InputError
from nbradiomics.study.checks import check
from tests.support.helpers import ball, make_image, two_readers, write_cohort, write_scan


def found(path: Path) -> list[tuple[str, str, str]]:
    problems = check(path)
    assert list(problems.columns) == ["file", "row", "column", "severity", "problem", "remedy"]
    return list(problems[["row", "column", "severity"]].itertuples(index=False, name=None))


def test_a_sound_cohort_has_no_problem(tmp_path: Path) -> None:
    assert found(two_readers(tmp_path)) == []


def test_every_problem_of_images_and_masks_is_found_at_once(tmp_path: Path) -> None:
    single = np.zeros_like(ball())
    single[5, 5, 5] = 1
    masks = {"good": ball(), "other": ball() * 2, "empty": ball() * 0, "single": single}
    write_scan(tmp_path, "s", masks)
    sitk.WriteImage(make_image(ball(), (1.0, 1.0, 2.0)), str(tmp_path / "s_grid.nii.gz"))
    image = sitk.ReadImage(str(tmp_path / "s.nii.gz"))
    image[0, 0, 0] = float("nan")
    sitk.WriteImage(image, str(tmp_path / "nan.nii.gz"))
    (tmp_path / "broken.nii.gz").write_bytes(b"no image")
    rows = [
        "ok,s.nii.gz,A,s_good.nii.gz",  # line 2
        "ok,s.nii.gz,B,s_other.nii.gz",  # label absent
        "ok,s.nii.gz,C,s_empty.nii.gz",
        "ok,s.nii.gz,D,s_single.nii.gz",
        "ok,s.nii.gz,E,s_grid.nii.gz",
        "ok,s.nii.gz,F,nowhere.nii.gz",
        "nan,nan.nii.gz,A,s_good.nii.gz",
        "broken,broken.nii.gz,,",
        "gone,gone.nii.gz,,",
    ]
    path = write_cohort(tmp_path, rows)
    assert found(path) == [
        ("3", "mask", "error"),
        ("4", "mask", "warning"),
        ("5", "mask", "error"),
        ("6", "mask", "error"),
        ("7", "mask", "error"),
        ("8", "image", "error"),
        ("9", "image", "error"),
        ("10", "image", "error"),
    ]
    texts = check(path)["problem"].tolist()
    parts = [
        "its labels: 2",
        "empty",
        "single voxel",
        "spacing",
        "does not exist",
        "1 voxels are not finite",
    ]
    assert all(part in text for part, text in zip(parts, texts, strict=False))


def write_study(folder: Path, extra: str = "", clinical: str | None = None) -> Path:
    two_readers(folder)
    default = "subject,os_days,os_event\ns0,100,1\ns1,200,0\ns2,300,1\n"
    (folder / "clinical.csv").write_text(clinical or default, encoding="utf-8")
    path = folder / "study.yaml"
    endpoint = "{name: os, time: os_days, event: os_event}"
    outcome = f"outcome: {{clinical: clinical.csv, reader: A, endpoints: [{endpoint}]}}"
    path.write_text(f"cohort: cohort.csv\n{outcome}\n{extra}", encoding="utf-8")
    return path


def errors(path: Path) -> pd.DataFrame:
    """Errors of a study; three subjects are too few for outcome models, which is a warning."""
    problems = check(path)
    return problems[~problems["problem"].str.contains("will not be fitted")]


def test_a_sound_study_has_no_problem(tmp_path: Path) -> None:
    assert len(errors(write_study(tmp_path))) == 0


def test_an_unknown_key_is_named_with_its_line(tmp_path: Path) -> None:
    path = write_study(tmp_path, "extract:\n  param: t2w_mr_1mm\n")
    problems = errors(path)
    assert problems[["row", "column", "severity"]].iloc[0].tolist() == ["4", "extract.param", "error"]
    assert "params" in problems["remedy"].iloc[0]


def test_an_unknown_key_of_the_parameter_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "params.yaml").write_text("setting: {binwidth: 5}\n", encoding="utf-8")
    problems = errors(write_study(tmp_path, "extract: {params: params.yaml}\n"))
    assert "binwidth" in problems["problem"].iloc[0]


def test_the_clinical_table_is_checked_against_the_cohort(tmp_path: Path) -> None:
    clinical = "subject,os_days,os_event\ns0,-5,1\ns1,,1\n"
    problems = errors(write_study(tmp_path, clinical=clinical))
    assert problems[["row", "column", "severity"]].to_numpy().tolist() == [
        ["2", "os_days", "error"],
        ["3", "os_days", "warning"],
        ["6", "subject", "warning"],
    ]
    assert "s2" in problems["problem"].iloc[2]
    assert "subject s1: os_days is missing, but os_event = 1." in problems["problem"].iloc[1]
    assert "left out of the outcome models" in problems["remedy"].iloc[1]


@pytest.mark.parametrize("cell", ["", "unknown"])
def test_a_time_without_an_event_is_no_error(tmp_path: Path, cell: str) -> None:
    clinical = f"subject,os_days,os_event\ns0,100,1\ns1,200,{cell}\ns2,300,0\n"
    problems = errors(write_study(tmp_path, clinical=clinical))
    assert problems[["row", "column", "severity"]].to_numpy().tolist() == [["3", "os_event", "warning"]]
    assert "subject s1: os_event is missing, but os_days = 200." in problems["problem"].iloc[0]


@pytest.mark.parametrize(
    ("extra", "column", "part"),
    [
        ("extract: {params: nowhere.yaml}\n", "extract.params", "no parameter file or preset"),
        ("extract: {engine: magic}\n", "extract.engine", "found: 'magic'"),
        ("segment: {model: nowhere}\n", "segment.model", "nowhere"),
    ],
)
def test_names_that_are_not_there_are_errors(tmp_path: Path, extra: str, column: str, part: str) -> None:
    problems = errors(write_study(tmp_path, extra))
    assert problems[["column", "severity"]].to_numpy().tolist() == [[column, "error"]]
    assert part in problems["problem"].iloc[0]


def test_paths_that_are_not_there_are_errors(tmp_path: Path) -> None:
    path = write_study(tmp_path)
    for name in ("clinical.csv", "cohort.csv"):
        (tmp_path / name).unlink()
    assert [(line, column) for line, column, _ in found(path)] == [("1", "cohort"), ("2", "outcome.clinical")]
    with pytest.raises(InputError, match="does not exist"):
        check(tmp_path / "nowhere.yaml")


def test_automatic_masks_that_nobody_makes_are_an_error(tmp_path: Path) -> None:
    path = write_study(tmp_path)
    path.write_text(path.read_text(encoding="utf-8").replace("reader: A", "reader: auto"))
    problems = errors(path)
    assert problems[["column", "severity"]].to_numpy().tolist() == [["outcome.reader", "error"]]


def test_the_label_of_the_parameter_file_is_the_one_that_is_looked_for(tmp_path: Path) -> None:
    write_scan(tmp_path, "s", {"A": ball() * 2})
    path = write_cohort(tmp_path, ["s,s.nii.gz,A,s_A.nii.gz"])
    params = tmp_path / "params.yaml"
    params.write_text("setting: {label: 2, binWidth: 2}\n", encoding="utf-8")
    assert len(check(path)) == 1
    assert len(check(path, params=params)) == 0


def test_a_label_of_the_cohort_wins_over_the_file_with_a_warning(tmp_path: Path) -> None:
    path = write_study(tmp_path, "extract: {params: params.yaml}\n")
    (tmp_path / "params.yaml").write_text("setting: {label: 2}\n", encoding="utf-8")
    text = (tmp_path / "cohort.csv").read_text(encoding="utf-8").splitlines()
    labelled = ["subject,image,reader,mask,label", *(f"{line},1" for line in text[1:])]
    (tmp_path / "cohort.csv").write_text("\n".join(labelled) + "\n")
    problems = check(path)
    assert "label 1 was requested and overrides label 2" in problems["problem"].iloc[0]
    assert set(problems["severity"]) == {"warning"}


def test_an_unknown_key_does_not_hide_the_other_problems(tmp_path: Path) -> None:
    path = write_study(
        tmp_path, "extract:\n  param: x\n", clinical="subject,os_days,os_event\ns0,-5,1\ns1,1,1\ns2,1,1\n"
    )
    (tmp_path / "s1_A.nii.gz").unlink()
    assert {"extract.param", "os_days", "mask"} <= set(check(path)["column"])


def test_a_wrong_grid_and_a_wrong_label_are_both_told(tmp_path: Path) -> None:
    write_scan(tmp_path, "s", {"A": ball()})
    sitk.WriteImage(make_image(ball() * 2, (1.0, 1.0, 2.0)), str(tmp_path / "s_A.nii.gz"))
    problems = check(write_cohort(tmp_path, ["s,s.nii.gz,A,s_A.nii.gz"]))["problem"].tolist()
    assert len(problems) == 2
    assert "spacing" in problems[0]
    assert "its labels: 2" in problems[1]
    assert all(str(tmp_path / "s_A.nii.gz") in problem for problem in problems)


def test_a_label_against_the_parameter_file_is_found_for_a_cohort_too(tmp_path: Path) -> None:
    write_scan(tmp_path, "s", {"A": ball()})
    path = write_cohort(tmp_path, ["s,s.nii.gz,A,s_A.nii.gz,1"], "subject,image,reader,mask,label")
    params = tmp_path / "params.yaml"
    params.write_text("setting: {label: 2}\n", encoding="utf-8")
    assert "label 1 was requested and overrides" in check(path, params=params)["problem"].iloc[0]


@pytest.mark.parametrize(
    ("old", "new", "column", "severity", "part"),
    [
        ("reader: A", "reader: A, timepoint: nope", "outcome.timepoint", "error", "no timepoint 'nope'"),
        ("reader: A", "reader: A, covariates: [os_days]", "covariates", "error", "cannot be a covariate"),
        ("reader: A", "reader: A, covariates: [none]", "covariates", "error", "no column 'none'"),
        ("reader: A", "reader: Z", "outcome.reader", "error", "no reader 'Z'"),
        ("reader: A", "reader: A", "os_event", "warning", "will not be fitted"),
    ],
)
def test_what_would_stop_the_outcome_models_is_found_beforehand(
    tmp_path: Path, old: str, new: str, column: str, severity: str, part: str
) -> None:
    path = write_study(tmp_path)
    path.write_text(path.read_text(encoding="utf-8").replace(old, new))
    problems = check(path).set_index(["column", "severity"])["problem"]
    assert part in problems.loc[(column, severity)]


def test_a_training_subject_that_is_not_in_the_cohort_is_an_error(tmp_path: Path) -> None:
    path = write_study(tmp_path, "segment: {model: synthetic-demo, training_subjects: [S0, s1]}\n")
    problems = check(path).set_index("column")
    assert "no subject 'S0'" in problems.loc["segment.training_subjects", "problem"]
    assert "s0" in problems.loc["segment.training_subjects", "remedy"]


def test_training_subjects_of_another_cohort_are_counted(tmp_path: Path) -> None:
    path = write_study(tmp_path, "segment: {model: synthetic-demo, training_subjects: [other, s1]}\n")
    found = check(path).set_index("column").loc["segment.training_subjects"]
    assert (found["severity"], found["problem"][:35]) == ("warning", "1 of 2 listed training subjects is ")


def test_a_rule_that_the_model_cannot_follow_is_found_beforehand(tmp_path: Path) -> None:
    path = write_study(tmp_path, "segment: {model: synthetic-demo}\nlesions: largest\n")
    lines = (tmp_path / "cohort.csv").read_text(encoding="utf-8").splitlines()
    regions = [f"{line},{'node' if number % 2 else 'primary'}" for number, line in enumerate(lines[1:])]
    (tmp_path / "cohort.csv").write_text("\n".join([f"{lines[0]},roi", *regions]) + "\n")
    assert "lesions" in check(path)["column"].tolist()


def test_a_clinical_table_of_other_subjects_is_an_error(tmp_path: Path) -> None:
    path = write_study(tmp_path, clinical="subject,os_days,os_event\nP0,100,1\nP1,200,0\n")
    problems = check(path).set_index(["column", "severity"])["problem"]
    assert problems.loc[("subject", "error")].str.contains("the cohort has s0, this table has P0").all()


def test_a_model_for_other_images_is_a_warning(tmp_path: Path) -> None:
    path = write_study(tmp_path, "segment: {model: synthetic-demo}\n")
    problems = check(path).set_index("column")
    assert problems.loc["segment.model", "severity"] == "warning"
    assert "not for clinical use" in problems.loc["segment.model", "problem"]


@pytest.mark.parametrize(
    ("section", "column", "words"),
    [
        ("readers: {metric: dise}", "readers.metric", "dise"),
        ("readers: {metric: hd95_mm}", "readers", "margin"),
        ("readers: {subgroups: [age]}", "readers.subgroups", "age"),
        ("readers: {margin: -1}", "readers.margin", "-1"),
        ("readers: {clinical: nowhere.csv}", "readers.clinical", "nowhere.csv"),
        ("readers: {marign: 0.1}", "readers.marign", "marign"),
    ],
)
def test_the_reader_study_is_checked_beforehand(
    tmp_path: Path, section: str, column: str, words: str
) -> None:
    two_readers(tmp_path)
    (tmp_path / "study.yaml").write_text(f"cohort: cohort.csv\n{section}\n")
    problems = check(tmp_path / "study.yaml")
    assert problems["column"].tolist() == [column]
    assert problems["severity"].tolist() == ["error"]
    assert words in problems["problem"].iloc[0]


def test_a_margin_in_mm_that_is_stated_is_accepted(tmp_path: Path) -> None:
    two_readers(tmp_path)
    (tmp_path / "study.yaml").write_text("cohort: cohort.csv\nreaders: {metric: hd95_mm, margin: 1.0}\n")
    assert check(tmp_path / "study.yaml").empty
