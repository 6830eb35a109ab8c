"""`check` says that the filter inside the folds does not use another level of the interval."""

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
    ("reproducibility", "warned"),
    [
        ("threshold: 0.9, min_subjects: 12, readers_in_general: true, form: 'C,1'", False),
        ("confidence: 0.95", False),
        ("confidence: 0.9", True),
    ],
)
def test_a_level_that_the_folds_do_not_use_is_warned_of(
    tmp_path: Path, reproducibility: str, warned: bool
) -> None:
    path = tmp_path / "study.yaml"
    path.write_text(STUDY.format(reproducibility=reproducibility))
    (tmp_path / "cohort.csv").touch()
    clinical_table("s", 0).to_csv(tmp_path / "clinical.csv", index=False)
    study, _ = read_study(path)
    assert study is not None
    problems = check_fold_filter(study, path)
    assert [problem.column for problem in problems] == ["reproducibility.confidence"] * warned
    assert all("those of 90\xa0% are for the tables" in problem.problem for problem in problems)
