"""A study tries the model if it asks for it, or has controls; a trial that fails costs no evaluation."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from nbradiomics.execution.execution import Execution
from nbradiomics.study.file import load_study
from nbradiomics.workflows.folder import RunFolder
from nbradiomics.workflows.stages.base import Work
from nbradiomics.workflows.stages.outcome import Outcomes
from tests.support.trial_tables import trial_tables

STUDY = """\
cohort: cohort.csv
{controls}
outcome:
  clinical: clinical.csv
  endpoints: [{{name: os, time: months, event: dead}}]
  reader: A
  trial: {trial}
  folds: 2
  repeats: 1
  refits: 0
  bootstraps: 0
  penalizer: 0.2
  l1_ratio: 0
"""


def work_in(folder: Path, *, trial: bool = False, controls: bool = False) -> Work:
    features, of_controls, clinical = trial_tables(0)
    clinical.to_csv(folder / "clinical.csv", index=False)
    (folder / "cohort.csv").touch()
    text = STUDY.format(trial=str(trial).lower(), controls="controls: {}" if controls else "")
    (folder / "study.yaml").write_text(text, encoding="utf-8")
    study = load_study(folder / "study.yaml")
    made = of_controls if controls else None
    return Work(study, RunFolder(folder / "out"), Execution(), None, features=features, controls=made)


def tried(work: Work) -> list[str]:
    return pd.read_csv(work.folder.file("outcome", "os", "controls.csv"))["features"].tolist()


def test_controls_of_the_run_are_tried_whether_the_study_asks_or_not(tmp_path: Path) -> None:
    work = work_in(tmp_path, controls=True)
    assert Outcomes().run(work) == []
    assert tried(work) == ["real", "shuffled", "volume", "shape", "permuted outcome"]


def test_nothing_is_tried_unless_it_is_asked_for(tmp_path: Path) -> None:
    work = work_in(tmp_path)
    assert Outcomes().run(work) == []
    assert not work.folder.file("outcome", "os", "controls.csv").exists()


@pytest.mark.parametrize("controls", [False, True])
def test_without_controls_the_rest_is_tried(tmp_path: Path, controls: bool) -> None:
    work = work_in(tmp_path, trial=not controls, controls=controls)
    work.controls = None  # the stage made none, and its failure is listed
    assert Outcomes().run(work) == []
    assert tried(work) == ["real", "volume", "shape", "permuted outcome"]


@pytest.mark.parametrize("change", [{"reader": "B"}, {"variant": "noise-1"}])
def test_a_trial_that_fails_is_a_failure_and_the_evaluation_stays(
    tmp_path: Path, change: dict[str, str]
) -> None:
    work = work_in(tmp_path, controls=True)
    assert work.controls is not None
    work.controls = work.controls.assign(**change)
    (failure,) = Outcomes().run(work)
    assert failure.case == "os: trial"
    assert work.folder.file("outcome", "os", "performance.csv").exists()
    assert not work.folder.file("outcome", "os", "controls.csv").exists()
