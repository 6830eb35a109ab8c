"""A study that compares masks: the stage of the fold masks, the section, and their files."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path, PurePosixPath
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from nbradiomics.cohort import load_cohort
from nbradiomics.errors import InputError
from nbradiomics.execution.execution import Execution
from nbradiomics.execution.record import WHOLE
from nbradiomics.execution.stage_names import StageName
from nbradiomics.outcome.drawing_schema import DRAWING_TABLES
from nbradiomics.study.file import load_study
from nbradiomics.study.study import Drawing
from nbradiomics.workflows.folder import RunFolder, is_run_file
from nbradiomics.workflows.stages.base import Work
from nbradiomics.workflows.stages.drawing import features_of_folds
from nbradiomics.workflows.stages.outcome import Outcomes
from nbradiomics.workflows.status import status
from tests.support.drawings import drawn
from tests.support.helpers import ball, write_cohort, write_scan

STUDY = (
    "cohort: c.csv\noutcome: {{clinical: c.csv, endpoints: [{{name: os, time: t, event: e}}], drawing: {}}}\n"
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("true", Drawing()),
        ("false", None),
        ("{}", Drawing()),
        ("{folds: true, transfer: false}", Drawing(folds=True, transfer=False)),
        ("{drawing_readers: [B, auto]}", Drawing(drawing_readers=("B", "auto"))),
    ],
)
def test_a_study_asks_for_the_comparison_in_a_word_or_a_section(
    tmp_path: Path, text: str, expected: Drawing | None
) -> None:
    (tmp_path / "c.csv").write_text("subject\n", encoding="utf-8")
    file = tmp_path / "study.yaml"
    file.write_text(STUDY.format(text), encoding="utf-8")
    outcome = load_study(file).outcome
    assert outcome is not None
    assert outcome.drawing == expected


@pytest.mark.parametrize(
    "text", ["{drawing_readers: [B, B]}", "{reader: B}", "yes please", "{drawing_readers: []}"]
)
def test_a_comparison_that_cannot_be_meant_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "c.csv").write_text("subject\n", encoding="utf-8")
    file = tmp_path / "study.yaml"
    file.write_text(STUDY.format(text), encoding="utf-8")
    with pytest.raises(InputError, match="drawing"):
        load_study(file)


def test_the_files_of_the_comparison_belong_to_a_run() -> None:
    names = [Path(schema.file).name for schema in DRAWING_TABLES.values()]
    files = ["drawing/features.parquet", *(f"outcome/os/{name}" for name in names)]
    assert all(is_run_file(PurePosixPath(file), ()) for file in files)
    assert not is_run_file(PurePosixPath("drawing/mine.csv"), ())


def work_with_folds(folder: Path, folds: tuple[str, ...], outcome: str = "") -> Work:
    """Two scans with masks of a reader and of the model; the second fold of s1 left no mask."""
    rows = []
    for number in range(2):
        masks = {
            "A": ball(radius=3),
            "auto": ball(radius=4),
            "fold_0": ball(radius=4),
            "fold_1": ball(radius=2),
        }
        if number == 1:
            masks["fold_1"] = np.zeros_like(masks["fold_1"])
        files = write_scan(folder, f"s{number}", masks, seed=number)
        rows += [f"s{number},{files['image']},{who},{files[who]},yes" for who in ("A", "auto")]
        (folder / "run" / "maps").mkdir(parents=True, exist_ok=True)
        for fold in folds:
            target = folder / "run" / "maps" / f"s{number}_baseline_unspecified_{fold}.nii.gz"
            (folder / files[fold]).rename(target)
    write_cohort(folder, rows, "subject,image,reader,mask,in_training")
    (folder / "params.yaml").write_text("featureClass: {shape: [VoxelVolume]}\n", encoding="utf-8")
    (folder / "study.yaml").write_text(
        f"cohort: cohort.csv\nextract: {{params: params.yaml}}\n{outcome}", encoding="utf-8"
    )
    study = load_study(folder / "study.yaml")
    model: Any = SimpleNamespace(folds=folds)
    cohort = load_cohort(folder / "cohort.csv")
    return Work(study, RunFolder(folder / "run"), Execution(jobs=1), cohort, model=model)


def test_the_masks_of_the_folds_are_measured_and_an_empty_one_is_a_failure(tmp_path: Path) -> None:
    table, failures = features_of_folds(work_with_folds(tmp_path, ("fold_0", "fold_1")))
    assert table[["subject", "reader", "variant", "in_training"]].to_numpy().tolist() == [
        ["s0", "auto", "fold_0", "yes"],
        ["s1", "auto", "fold_0", "yes"],
        ["s0", "auto", "fold_1", "yes"],
        ["s1", "auto", "fold_1", "yes"],
    ]
    volumes = table["original_shape_VoxelVolume"]
    assert volumes[0] == volumes[1] > volumes[2] > 0
    assert np.isnan(volumes[3])
    (failure,) = failures
    assert failure.case.startswith("s1/")
    assert "/fold_1/" in failure.case
    assert failure.stage == "drawing"


def test_the_status_counts_the_masks_of_each_fold_and_an_empty_one_as_failed(tmp_path: Path) -> None:
    work = work_with_folds(tmp_path, ("fold_0", "fold_1"))
    record = work.folder.recorder(WHOLE, "a run")
    work.execution = replace(work.execution, workspace=replace(work.folder.workspace, record=record))
    with record.run([], [StageName.DRAWING]):
        record.begin(StageName.DRAWING)
        record.end(features_of_folds(work)[1])
    found = status(work.folder.root).stages.set_index("stage")
    counts = ["state", "cases", "done", "failed", "missing"]
    assert found.loc["drawing", counts].tolist() == ["done", 4, 3, 1, 0]


@pytest.mark.parametrize(("timepoint", "expected"), [("baseline", 4), ("later", 0)])
def test_the_masks_of_scans_that_no_outcome_model_uses_are_not_measured(
    tmp_path: Path, timepoint: str, expected: int
) -> None:
    outcome = (
        f"outcome: {{timepoint: {timepoint}, clinical: cohort.csv, endpoints: [{{name: os, target: t}}]}}\n"
    )
    table, _ = features_of_folds(work_with_folds(tmp_path, ("fold_0", "fold_1"), outcome))
    assert len(table) == expected


def test_one_fold_alone_has_nothing_to_compare(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="a model of 1 folds"):
        features_of_folds(work_with_folds(tmp_path, ("fold_0",)))


def work_with_models(folder: Path, drawing: str) -> Work:
    """Features of two readers and of edited masks, and outcome models of the first reader."""
    features, clinical = drawn({"A": 0.1, "B": 0.4, "E": 0.2}, subjects=30)
    features = features.assign(timepoint="baseline", sequence="T2w")
    clinical.to_csv(folder / "clinical.csv", index=False)
    (folder / "cohort.csv").touch()
    (folder / "study.yaml").write_text(MODELS.format(drawing), encoding="utf-8")
    cohort: Any = SimpleNamespace(
        table=features[["subject", "timepoint", "sequence", "reader", "reading"]].assign(
            reference_kind=np.where(features["reader"] == "E", "edited", "independent")
        )
    )
    study = load_study(folder / "study.yaml")
    return Work(study, RunFolder(folder / "out"), Execution(jobs=1), cohort, features=features)


MODELS = """\
cohort: cohort.csv
outcome:
  clinical: clinical.csv
  endpoints: [{{name: os, time: months, event: dead}}]
  reader: A
  drawing: {}
  folds: 2
  repeats: 1
  refits: 0
  bootstraps: 0
  penalizer: 0.2
  l1_ratio: 0
reproducibility: {{min_subjects: 5, threshold: 0.2}}
"""


def test_the_cohort_table_says_which_masks_were_edited(tmp_path: Path) -> None:
    work = work_with_models(tmp_path, "{transfer: false}")
    assert Outcomes().run(work) == []
    folder = tmp_path / "out" / "outcome" / "os"
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    assert summary["drawing"]["drawings"] == {"reader": 2, "edited": 1}
    groups = pd.read_csv(folder / "drawing_groups.csv")
    assert set(groups.loc[groups["masks"] == "edited", "second"]) == {"E, edited"}


def test_a_comparison_that_fails_is_a_failure_and_the_evaluation_stays(tmp_path: Path) -> None:
    assert Outcomes().run(work_with_models(tmp_path, "{transfer: false}")) == []
    (failure,) = Outcomes().run(work_with_models(tmp_path, "{drawing_readers: [Z]}"))
    assert failure.case == "os: drawing"
    folder = tmp_path / "out" / "outcome" / "os"
    assert (folder / "performance.csv").exists()
    assert not list(folder.glob("drawing*"))  # those of the first run are not those of this one
