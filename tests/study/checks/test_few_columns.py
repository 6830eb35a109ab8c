"""`check` counts the columns of Firth's method before the features are computed."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from nbradiomics.messages.problem import Problem
from nbradiomics.study.checks.few_columns import check_firth
from nbradiomics.study.file import read_study
from tests.study.checks.test_validations import clinical_table

STUDY = """\
cohort: cohort.csv
extract: {{params: params.yaml}}
outcome:
  clinical: clinical.csv
  endpoints: [{{name: os, time: days, event: died}}]
  method: {method}
"""


def problems_of(folder: Path, method: str, classes: str) -> list[Problem]:
    (folder / "study.yaml").write_text(STUDY.format(method=method))
    (folder / "params.yaml").write_text(f"featureClass: {{{classes}}}\n")
    (folder / "cohort.csv").touch()
    clinical_table("s", 0).to_csv(folder / "clinical.csv", index=False)
    study, _ = read_study(folder / "study.yaml")
    assert study is not None
    cohort = pd.DataFrame({"subject": [f"s{place}" for place in range(30)]})
    return list(check_firth(study, cohort, folder / "study.yaml"))


@pytest.mark.parametrize(
    ("method", "classes", "warned"),
    [
        ("firth", "shape: [MeshVolume, Sphericity]", False),
        ("firth", "firstorder: , glcm: ", True),
        ("penalised", "firstorder: , glcm: ", False),
    ],
)
def test_more_features_than_events_are_warned_of(
    tmp_path: Path, method: str, classes: str, warned: bool
) -> None:
    problems = problems_of(tmp_path, method, classes)
    assert bool(problems) is warned
    for problem in problems:
        assert problem.severity == "warning"
        assert "models of os will not be fitted: Firth's method is for few columns" in problem.problem
        assert "selection: mrmr" in problem.remedy
