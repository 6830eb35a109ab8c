"""`check` finds before the run that the masks of a comparison will not be there."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from nbradiomics.cohort.columns import cohort_table_of
from nbradiomics.features.parameters import load_parameters
from nbradiomics.messages.problem import Problem
from nbradiomics.study.checks.drawing import check_drawing, compares_automatic
from nbradiomics.study.file import read_study

STUDY = """\
cohort: cohort.csv
{further}
outcome:
  clinical: clinical.csv
  endpoints: [{{name: os, time: days, event: died}}]
  reader: A
  drawing: {drawing}
"""
SEGMENT = "segment: {model: synthetic-demo, maps: %s}"
READERS = {"A": 12, "B": 12, "C": 3}


def problems_of(
    folder: Path,
    drawing: str,
    further: str = "",
    readers: dict[str, int] = READERS,
    parameters: dict[str, object] | None = None,
    **columns: str,
) -> list[Problem]:
    (folder / "cohort.csv").touch()
    (folder / "clinical.csv").write_text("subject,days,died\ns0,1,1\n", encoding="utf-8")
    path = folder / "study.yaml"
    path.write_text(STUDY.format(further=further, drawing=drawing), encoding="utf-8")
    study, problems = read_study(path)
    assert study is not None, problems
    rows = [(f"s{place}", name) for name, number in readers.items() for place in range(number)]
    raw = pd.DataFrame(rows, columns=["subject", "reader"]).assign(image="i.nii", **columns)
    table, _ = cohort_table_of(raw.assign(mask=raw["reader"] + ".nii"), folder / "cohort.csv")
    return check_drawing(study, table, path, load_parameters(parameters or {}))


@pytest.mark.parametrize(
    ("drawing", "further", "readers", "column", "severity", "words"),
    [
        ("{folds: true}", "", {"A": 12, "B": 12}, "folds", "error", "the study does not segment"),
        ("{folds: true}", SEGMENT % "false", {"A": 12}, "folds", "error", "`segment.maps` is false"),
        (
            "{folds: true, drawing_readers: [B]}",
            SEGMENT % "true",
            {"A": 12, "B": 12},
            "folds",
            "error",
            "which drawing_readers leaves out",
        ),
        ("{drawing_readers: [B, D]}", "", {"A": 12, "B": 12}, "drawing_readers", "error", "no reader 'D'"),
        ("true", "lesions: components", {"A": 12, "B": 12}, "", "error", "are the same lesion"),
        ("true", "", {"A": 12}, "", "error", "no mask of another reader than A"),
        ("true", "", READERS, "", "warning", "3 subjects have masks of all compared readers (C drew 3)"),
        ("true", "", {"A": 12, "auto": 12}, "", "warning", "not recorded whether the model was trained"),
    ],
)
def test_masks_that_will_not_be_there(
    tmp_path: Path,
    drawing: str,
    further: str,
    readers: dict[str, int],
    column: str,
    severity: str,
    words: str,
) -> None:
    (problem,) = problems_of(tmp_path, drawing, further, readers)
    assert problem.column == ".".join(filter(None, ["outcome.drawing", column]))
    assert problem.severity == severity
    assert words in problem.problem
    assert problem.remedy


@pytest.mark.parametrize(
    ("drawing", "further", "readers"),
    [
        ("false", "", {"A": 12}),
        ("true", "", {"A": 12, "B": 12}),
        ("{drawing_readers: [B]}", "", READERS),
        ("{folds: true}", SEGMENT % "true", {"A": 12, "B": 12}),
        ("true", "perturbation: {chain: C, reader: A}", {"A": 12}),
    ],
)
def test_masks_that_will_be_there(
    tmp_path: Path, drawing: str, further: str, readers: dict[str, int]
) -> None:
    assert problems_of(tmp_path, drawing, further, readers) == []


def test_masks_of_folds_need_a_crop_of_their_own(tmp_path: Path) -> None:
    union = {"nbradiomics": {"crop": "union"}}
    (problem,) = problems_of(tmp_path, "{folds: true}", SEGMENT % "true", parameters=union)[:1]
    assert "crop: union" in problem.problem


def test_edited_masks_do_not_count_as_those_of_a_reader(tmp_path: Path) -> None:
    assert problems_of(tmp_path, "true", readers={"A": 12, "C": 3}, reference_kind="edited") == []


@pytest.mark.parametrize(
    ("drawing", "expected"), [("true", True), ("{drawing_readers: [B]}", False), ("false", False)]
)
def test_a_comparison_with_auto_needs_to_know_the_training_subjects(
    tmp_path: Path, drawing: str, expected: bool
) -> None:
    problems_of(tmp_path, drawing, SEGMENT % "true")
    study, _ = read_study(tmp_path / "study.yaml")
    assert study is not None
    assert compares_automatic(study) is expected
