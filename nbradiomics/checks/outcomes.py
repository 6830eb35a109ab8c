"""The clinical table against the study and the cohort."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from nbradiomics.errors import InputError
from nbradiomics.outcome.endpoints import endpoint_problems
from nbradiomics.problem import Problem
from nbradiomics.study import Endpoint, Outcome
from nbradiomics.tables import read_table


def check_outcomes(outcome: Outcome, cohort: pd.DataFrame, cohort_file: Path) -> list[Problem]:
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
    """
    file = outcome.clinical
    try:
        clinical = read_table(file)
    except InputError as error:
        return [Problem(str(file), "", "", "error", error.problem, error.remedy)]
    problems = []
    for column in outcome.covariates:
        if column not in clinical:
            held = ", ".join(map(str, clinical.columns))
            found = "a covariate that the clinical table lacks."
            problems.append(Problem(str(file), "1", column, "error", found, f"Choose from: {held}."))
    for endpoint in outcome.endpoints:
        problems += _check_endpoint(endpoint, clinical, file)
        problems += _check_followed(endpoint, clinical, cohort, cohort_file)
    return problems


def _check_endpoint(endpoint: Endpoint, clinical: pd.DataFrame, file: Path) -> list[Problem]:
    problems = endpoint_problems(clinical, endpoint.time, endpoint.event, file=str(file))
    if not {"subject", endpoint.time, endpoint.event} <= set(clinical):
        return problems
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
    if not {"subject", endpoint.time, endpoint.event} <= set(clinical):
        return []
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
