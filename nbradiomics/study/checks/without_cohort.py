"""Check the other files of a study whose cohort table does not exist or cannot be read."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from nbradiomics.clinical import read_clinical_table
from nbradiomics.cohort.columns import DEFAULTS, read_cohort_table
from nbradiomics.errors import InputError
from nbradiomics.features.parameters import load_parameters
from nbradiomics.messages.problem import Problem, problem_of
from nbradiomics.study.checks.outcomes import check_outcomes
from nbradiomics.study.study import Study


def cohort_of(study: Study) -> tuple[pd.DataFrame | None, list[Problem]]:
    """Return the study's cohort and its problems; ``None`` if there is no table with a subject."""
    if not study.cohort.is_file():
        return None, []  # reported by `read_study`
    try:
        table, problems = read_cohort_table(study.cohort, study.columns)
    except InputError as error:
        return None, [problem_of(error, study.cohort, "")]
    return (table if (table["subject"] != "").any() else None), problems


def check_without_cohort(study: Study, path: Path) -> tuple[pd.DataFrame, list[Problem]]:
    """Return a substitute for the cohort table, and problems of the parameters and the clinical table.

    The substitute contains the subjects with an outcome, so that no subject is reported as missing.
    """
    problems = []
    try:
        load_parameters(study.extract.params)
    except InputError as error:
        problems.append(problem_of(error, path, "extract.params"))
    table = _substitute(study)
    if study.outcome and study.outcome.clinical.is_file() and (len(table) or not _is_readable(study)):
        problems += check_outcomes(study.outcome, table, study.cohort, study.subject_column, study.readers)
    return table, problems


def _is_readable(study: Study) -> bool:
    try:
        return study.outcome is not None and "subject" in read_clinical_table(
            study.outcome.clinical, study.subject_column
        )
    except InputError:
        return False


def _substitute(study: Study) -> pd.DataFrame:
    subjects: list[str] = []
    if study.outcome and _is_readable(study):
        clinical = read_clinical_table(study.outcome.clinical, study.subject_column)
        columns = [name for one in study.outcome.endpoints for name in one.columns]
        given = clinical[[name for name in columns if name in clinical]]
        known = (given.notna() & (given != "")).all(axis=1)
        subjects = [str(subject) for subject in clinical.loc[known, "subject"]]
    return pd.DataFrame({name: [str(DEFAULTS[name])] * len(subjects) for name in DEFAULTS}).assign(
        subject=subjects
    )
