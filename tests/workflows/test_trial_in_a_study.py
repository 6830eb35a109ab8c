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


def work_in(folder: Path, *, trial: bool, more: str = "") -> tuple[Work, pd.DataFrame]:
    features, controls, clinical = trial_tables(0)
    clinical.to_csv(folder / "clinical.csv", index=False)
    (folder / "cohort.csv").touch()
    (folder / "study.yaml").write_text(STUDY.format(trial=str(trial).lower()) + more, encoding="utf-8")
    study = load_study(folder / "study.yaml")
    return Work(study, RunFolder(folder / "out"), Execution(), None, features=features), controls


def tried(work: Work) -> list[str]:
    return pd.read_csv(work.folder.file("outcome", "os", "controls.csv"))["features"].tolist()


def test_controls_of_the_run_are_tried_whether_the_study_asks_or_not(tmp_path: Path) -> None:
    work, controls = work_in(tmp_path, trial=False)
    assert Outcomes().run(work) == []
    assert not work.folder.file("outcome", "os", "controls.csv").exists()
    work, controls = work_in(tmp_path, trial=False, more="controls: {kinds: [shuffled]}\n")
    work.controls = controls
    assert Outcomes().run(work) == []
    assert tried(work) == ["real", "shuffled", "volume", "shape", "permuted outcome"]


def test_without_controls_the_study_asks(tmp_path: Path) -> None:
    work, _ = work_in(tmp_path, trial=True)
    assert Outcomes().run(work) == []
    assert tried(work) == ["real", "volume", "shape", "permuted outcome"]


@pytest.mark.parametrize("change", [{"reader": "B"}, {"variant": "noise-1"}])
def test_a_trial_that_fails_is_a_failure_and_the_evaluation_stays(
    tmp_path: Path, change: dict[str, str]
) -> None:
    work, controls = work_in(tmp_path, trial=True)
    work.controls = controls.assign(**change)
    (failure,) = Outcomes().run(work)
    assert failure.case == "os: trial"
    assert work.folder.file("outcome", "os", "performance.csv").exists()
    assert not work.folder.file("outcome", "os", "controls.csv").exists()
