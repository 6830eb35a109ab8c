"""The clinical table against the study and the cohort."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from nbradiomics.errors import InputError
from nbradiomics.outcome.assembly import EVENTS_PER_FOLD, MINIMUM_SUBJECTS
from nbradiomics.outcome.covariates import read_covariates
from nbradiomics.outcome.endpoints import as_numbers, endpoint_problems
from nbradiomics.problem import Problem
from nbradiomics.study import Endpoint, Outcome
from nbradiomics.tables import read_named_table


def check_outcomes(
    outcome: Outcome, cohort: pd.DataFrame, cohort_file: Path, columns: Mapping[str, str]
) -> list[Problem]:
    """List problems of the clinical table that a study names.

    A subject without outcome (not in the table, or with neither time nor event) is a warning; everything
    else is an error.

    Parameters
    ----------
    outcome
        The study's section.
    cohort
        Table of the cohort, with a column `subject`.
    cohort_file
        Where it was read from, for the messages.
    columns
        The clinical table's own column of the subject, as a study file's `columns` names it.
    """
    file = outcome.clinical
    try:
        clinical, notes = read_named_table(file, ["subject"], columns)
    except InputError as error:
        return [Problem(str(file), "", "", "error", error.problem, error.remedy)]
    problems = [Problem(str(file), "1", "", "warning", note, "Nothing to do.") for note in notes]
    for endpoint in outcome.endpoints:
        problems += endpoint_problems(clinical, endpoint.time, endpoint.event, file=str(file))
        if {"subject", endpoint.time, endpoint.event} <= set(clinical):
            problems += _check_halves(endpoint, clinical, file)
            problems += _check_events(outcome, endpoint, clinical, cohort)
            problems += _check_followed(endpoint, clinical, cohort, cohort_file)
        if "subject" in clinical:
            problems += _check_covariates(outcome, endpoint, clinical)
    return problems


def check_choice(outcome: Outcome, cohort: pd.DataFrame, study_file: Path) -> list[Problem]:
    """Make sure that the scans which the outcome models ask for are in the cohort."""
    problems = []
    for column in ("timepoint", "sequence"):
        wanted, there = getattr(outcome, column), sorted(set(cohort[column]))
        if wanted is not None and wanted not in there:
            found = f"no {column} {wanted!r} in the cohort table."
            remedy = f"Choose from: {', '.join(there)}."
            problems.append(Problem(str(study_file), "", f"outcome.{column}", "error", found, remedy))
    return problems


def _check_covariates(outcome: Outcome, endpoint: Endpoint, clinical: pd.DataFrame) -> list[Problem]:
    try:
        read_covariates(clinical, outcome.covariates, taken=(endpoint.time, endpoint.event))
    except InputError as error:
        return [Problem(str(outcome.clinical), "", "covariates", "error", error.problem, error.remedy)]
    return []


def _check_events(
    outcome: Outcome, endpoint: Endpoint, clinical: pd.DataFrame, cohort: pd.DataFrame
) -> list[Problem]:
    """Too few events are a warning: everything else of the study can still be done."""
    known = clinical[clinical["subject"].astype(str).isin(set(cohort["subject"]))]
    events = int((as_numbers(known[endpoint.event]) == 1).sum())
    needed = EVENTS_PER_FOLD * outcome.folds
    if cohort.empty:
        return []  # what is wrong with it is told elsewhere
    if clinical.empty:
        return [
            Problem(
                str(outcome.clinical), "", "", "error", "the table has no rows.", "Add a row per subject."
            )
        ]
    if known.empty:
        found = (
            f"no subject of the cohort is in the clinical table: {cohort['subject'].iloc[0]} there, "
            f"{clinical['subject'].iloc[0]} here."
        )
        remedy = "Let the subjects bear the same names in both tables."
        return [Problem(str(outcome.clinical), "", "subject", "error", found, remedy)]
    if len(known) >= MINIMUM_SUBJECTS and events >= needed:
        return []
    found = (
        f"{len(known)} subjects of the cohort with {events} events; {outcome.folds} folds need "
        f"{MINIMUM_SUBJECTS} subjects and {needed} events. Models of {endpoint.name} will not be fitted."
    )
    remedy = "Add subjects, use fewer folds, or look whether the subjects' names are the same in both tables."
    return [Problem(str(outcome.clinical), "", endpoint.event, "warning", found, remedy)]


def _check_halves(endpoint: Endpoint, clinical: pd.DataFrame, file: Path) -> list[Problem]:
    """A time without an event, or an event without a time."""
    problems = []
    half = clinical[clinical[endpoint.time].isna() != clinical[endpoint.event].isna()]
    for row, line in zip(half.to_dict("records"), half.index + 2, strict=True):
        column, other = endpoint.time, endpoint.event
        if pd.isna(row[other]):
            column, other = other, column
        found = f"subject {row['subject']}: no {column}, but {other} = {row[other]}."
        problems.append(
            Problem(str(file), str(line), column, "error", found, "Give both, or leave both empty.")
        )
    return problems


def _check_followed(
    endpoint: Endpoint, clinical: pd.DataFrame, cohort: pd.DataFrame, cohort_file: Path
) -> list[Problem]:
    known = clinical[clinical[endpoint.time].notna() | clinical[endpoint.event].notna()]
    first = cohort.drop_duplicates("subject")
    without = first[~first["subject"].isin(set(known["subject"].astype(str)))]
    remedy = "The subject is left out of the outcome models; add the outcome if it is known."
    return [
        Problem(
            str(cohort_file),
            str(line),
            "subject",
            "warning",
            f"subject {subject} has no outcome for endpoint {endpoint.name}.",
            remedy,
        )
        for line, subject in zip(without.index + 2, without["subject"], strict=True)
    ]
