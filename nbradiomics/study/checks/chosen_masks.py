"""Warnings about the masks that a section chooses: too few subjects, subjects that the model may know."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from nbradiomics.cohort.in_training import unknown_sentence, unknown_subjects
from nbradiomics.messages.problem import Problem
from nbradiomics.messages.wording import counted
from nbradiomics.reproducibility.reasons import TOO_FEW
from nbradiomics.study.study import Study
from nbradiomics.tables import AUTO


def few_subjects(rows: pd.DataFrame, least: int, path: Path, section: str) -> list[Problem]:
    """Warn of fewer subjects than a stable feature needs.

    Parameters
    ----------
    rows
        Chosen rows of the cohort table.
    least
        Least number of subjects.
    path
        The study file.
    section
        Name of the section.
    """
    subjects = rows["subject"].nunique()
    if subjects >= least:
        return []
    found = f"the masks are of {counted(subjects, 'subject')}; {least} {TOO_FEW} for a stable feature."
    return [
        Problem(str(path), "", section, "warning", found, "Give more subjects: no feature can be stable.")
    ]


def unknown_training(study: Study, rows: pd.DataFrame, path: Path, section: str) -> list[Problem]:
    """Warn of automatic masks of subjects that the model may have been trained on.

    Parameters
    ----------
    study
        The study; a model that it runs says itself on whom it was trained.
    rows, path, section
        As in `few_subjects`.
    """
    if set(rows["reader"]) != {AUTO} or study.segment is not None:
        return []
    found = unknown_sentence(unknown_subjects(rows), rows["subject"].nunique())
    remedy = "Write yes or no in the column in_training of the cohort table; yes is left out."
    return [Problem(str(path), "", f"{section}.reader", "warning", found, remedy)] if found else []
