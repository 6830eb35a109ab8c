"""`check` says which criteria of `reproducibility` the filter inside the folds does not use."""

from __future__ import annotations

from pathlib import Path

import pytest

from nbradiomics.study.checks.fold_filter import check_fold_filter
from nbradiomics.study.file import read_study
from tests.study.checks.test_validations import clinical_table

STUDY = """\
cohort: cohort.csv
reproducibility: {{{reproducibility}}}
outcome:
  clinical: clinical.csv
  endpoints: [{{name: os, time: days, event: died}}]
"""


@pytest.mark.parametrize(
    ("reproducibility", "keys"),
    [
        ("threshold: 0.9, min_subjects: 12", []),
        ("confidence: 0.95, form: 'A,1'", []),
        ("readers_in_general: true", ["readers_in_general"]),
        ("form: '1', confidence: 0.9", ["form", "confidence"]),
    ],
)
def test_criteria_that_the_folds_do_not_use_are_warned_of(
    tmp_path: Path, reproducibility: str, keys: list[str]
) -> None:
    path = tmp_path / "study.yaml"
    path.write_text(STUDY.format(reproducibility=reproducibility))
    (tmp_path / "cohort.csv").touch()
    clinical_table("s", 0).to_csv(tmp_path / "clinical.csv", index=False)
    study, _ = read_study(path)
    assert study is not None
    problems = check_fold_filter(study, path)
    assert [problem.column for problem in problems] == [f"reproducibility.{key}" for key in keys]
    assert all(problem.severity == "warning" for problem in problems)
    assert all("limit of ICC(A,1) for these readers" in problem.problem for problem in problems)
