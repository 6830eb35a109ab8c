"""Check the clinical table against the study and the cohort."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from nbradiomics.clinical import (
    EndpointReading,
    TargetReading,
    column_sentences,
    covariate_columns,
    declaration_problems,
    endpoint_problems,
    endpoint_sentences,
    read_clinical_table,
    read_clinical_with_notes,
    read_covariates,
    reading_of,
    target_of,
    target_problems,
)
from nbradiomics.clinical.cells import Cells
from nbradiomics.errors import InputError
from nbradiomics.messages.problem import Problem, problem_of
from nbradiomics.messages.wording import shortened
from nbradiomics.outcome.assembly import EVENTS_PER_FOLD, MINIMUM_SUBJECTS, outcome_array, rarest
from nbradiomics.outcome.prepared import check_meaning
from nbradiomics.outcome.site_column import read_sites
from nbradiomics.outcome.sites import refuse_folds
from nbradiomics.outcome.suspicion import SUSPICION_REMEDY, class_suspicions, suspicion_text, suspicions
from nbradiomics.study.checks.harmonisation import check_harmonisation
from nbradiomics.study.checks.masks_to_come import masks_to_come
from nbradiomics.study.file import read_study
from nbradiomics.study.study import Endpoint, Outcome, Readers, Study, covariates_of, models_of
from nbradiomics.tables import NO_COLUMNS


def check_outcomes(
    outcome: Outcome,
    cohort: pd.DataFrame,
    cohort_file: Path,
    columns: Mapping[str, str] = NO_COLUMNS,
    readers: Readers = Readers(),  # noqa: B008
) -> list[Problem]:
    """List problems of the clinical table that a study names.

    Warnings are a subject without outcome (not in the table, or without a time or event) and likely mistakes:
    levels that differ only in capitals, numbers that look like codes of missing values, a covariate that
    looks like the outcome. Every other problem is an error.

    Parameters
    ----------
    outcome
        The study's section `outcome`.
    cohort
        Table of the cohort, with a column `subject`.
    cohort_file
        File of the cohort table, for the messages.
    columns
        The user's name for the column `subject` of the clinical table, from `columns` of the study file.
    readers
        The study's section `readers`, whose subgroups can be columns of the table too.
    """
    file = outcome.clinical
    try:
        clinical, notes = read_clinical_with_notes(file, columns)
    except InputError as error:
        return [Problem(str(file), "", "", "error", error.problem, error.remedy)]
    # A separate table of the section `readers` has its own declarations.
    used = [*outcome.covariates, *(readers.subgroups if readers.clinical in (None, file) else [])]
    used += [name for endpoint in outcome.endpoints for name in endpoint.columns]
    used += [outcome.leave_out] if outcome.leave_out else []
    used += outcome.harmonise.columns if outcome.harmonise else []
    problems = [Problem(str(file), "1", "", "warning", note, "Nothing to do.") for note in notes]
    declared = declaration_problems(clinical, outcome, used, file=str(file))
    problems += [_for_readers(problem, readers) for problem in declared]
    for endpoint in outcome.endpoints:
        problems += _check_endpoint(outcome, endpoint, clinical, cohort, cohort_file)
    # Report a problem that two endpoints share, such as one of a covariate, only once.
    return list(dict.fromkeys(problems))


def _for_readers(problem: Problem, readers: Readers) -> Problem:
    """Correct the remedy for a column of the readers' clinical table: it is declared in their section."""
    if problem.severity == "error" and readers.clinical and problem.column in readers.subgroups:
        remedy = f"Declare the columns of {readers.clinical} in the section `readers`."
        return replace(problem, remedy=remedy)
    return problem


def describe_outcomes(study_file: Path) -> list[str]:
    """Describe how the clinical columns of a study are interpreted; empty if they cannot be read."""
    try:
        study, _ = read_study(study_file)
        if study is None or study.outcome is None:
            return []
        outcome = study.outcome
        clinical = read_clinical_table(outcome.clinical, study.subject_column)
        taken = [name for endpoint in outcome.endpoints for name in endpoint.columns]
        known = [name for name in taken if name not in outcome.covariates]
        columns, _ = covariate_columns(
            clinical, outcome.covariates, taken=known, declared=outcome, file=str(outcome.clinical)
        )
        if not {"subject", *taken} <= set(clinical):
            return []
    except InputError:  # reported as a problem
        return []
    rows = np.arange(len(clinical))
    lines: list[str] = []
    for endpoint in outcome.endpoints:
        reading = _read(clinical, endpoint, outcome)
        lines += endpoint_sentences(reading, endpoint, rows)
    return [*lines, *(sentence for column in columns for sentence in column_sentences(column))]


def _check_endpoint(
    outcome: Outcome, endpoint: Endpoint, clinical: pd.DataFrame, cohort: pd.DataFrame, cohort_file: Path
) -> list[Problem]:
    find = target_problems if endpoint.target else endpoint_problems
    problems = find(clinical, endpoint, file=str(outcome.clinical), declared=outcome)
    problems += [*_check_meaning(outcome, endpoint), *_check_sites(outcome, endpoint, clinical)]
    columns = {"subject", *endpoint.columns}
    if columns <= set(clinical) and len(columns) == 1 + len(endpoint.columns):
        reading = _read(clinical, endpoint, outcome)
        problems += _check_halves(reading)
        problems += _check_events(outcome, endpoint, reading, cohort)
        problems += _check_followed(endpoint, reading, cohort, cohort_file)
        problems += _check_suspicious(outcome, endpoint, clinical, reading, cohort)
        there = reading.table.notna().all(axis=1).to_numpy()
        known = reading.table[there].set_axis(pd.Index(_subjects(reading)[there], name="subject"))
        problems += check_harmonisation(outcome, endpoint, clinical, known, cohort)
    if "subject" in clinical:
        problems += _check_covariates(outcome, endpoint, clinical)
    return problems


def _check_sites(outcome: Outcome, endpoint: Endpoint, clinical: pd.DataFrame) -> list[Problem]:
    if "subject" not in clinical:
        return []
    try:
        _, problems = read_sites(clinical, outcome, endpoint, file=str(outcome.clinical))
    except InputError as error:
        return [problem_of(error, outcome.clinical, "leave_out")]
    return problems


def _check_meaning(outcome: Outcome, endpoint: Endpoint) -> list[Problem]:
    """Check that the settings have a meaning for the kind of the endpoint."""
    try:
        check_meaning(endpoint, models_of(outcome, endpoint))
        refuse_folds(outcome, outcome)
    except InputError as error:
        return [problem_of(error, outcome.clinical, f"outcome of {endpoint.name}")]
    return []


def check_choice(outcome: Outcome, cohort: pd.DataFrame, study_file: Path) -> list[Problem]:
    """Check that the cohort contains the timepoint, sequence and variant that the outcome models request."""
    problems = []
    for column in ("timepoint", "sequence", "variant"):
        requested, present = getattr(outcome, column), sorted(set(cohort[column]))
        if requested is not None and requested not in present:
            found = f"there is no {column} {requested!r} in the cohort table{_prepared(column)}."
            remedy = f"Choose from: {', '.join(present)}."
            problems.append(Problem(str(study_file), "", f"outcome.{column}", "error", found, remedy))
    return problems


def check_several(study: Study, cohort: pd.DataFrame, study_file: Path) -> list[Problem]:
    """Warn of several timepoints, sequences or variants of the models' masks, if none of them is chosen."""
    outcome = study.outcome
    if outcome is None:
        return []
    masks = masks_to_come(study, cohort)
    columns = ("timepoint", "sequence", "variant")
    for column in ("reader", *columns):
        chosen = getattr(outcome, column)
        masks = masks if chosen is None else masks[masks[column] == chosen]
    several = {column: sorted(set(masks[column])) for column in columns}
    return [
        Problem(
            *(str(study_file), "", f"outcome.{column}", "warning"),
            f"the masks of the outcome models have several values of {column}: {shortened(values)}. "
            "The models will not be fitted.",
            f"Choose one with the key {column} of outcome.",
        )
        for column, values in several.items()
        if len(values) > 1
    ]


def _prepared(column: str) -> str:
    return ", as it is after the preparation" if column == "variant" else ""


def _check_covariates(outcome: Outcome, endpoint: Endpoint, clinical: pd.DataFrame) -> list[Problem]:
    taken, file = endpoint.columns, str(outcome.clinical)
    try:
        _, problems = covariate_columns(
            clinical, covariates_of(outcome, endpoint), taken=taken, declared=outcome, file=file
        )
    except InputError as error:
        return [problem_of(error, outcome.clinical, "covariates")]
    return problems


def _check_suspicious(
    outcome: Outcome,
    endpoint: Endpoint,
    clinical: pd.DataFrame,
    reading: EndpointReading | TargetReading,
    cohort: pd.DataFrame,
) -> list[Problem]:
    """Warn about covariates that may be the outcome under another name."""
    try:
        covariates = covariates_of(outcome, endpoint)
        read = read_covariates(clinical, covariates, taken=endpoint.columns, declared=outcome)
    except InputError:  # reported by `_check_covariates`
        return []
    known = reading.table.notna().all(axis=1) & _subjects(reading).isin(set(cohort["subject"]))
    places = np.flatnonzero(known)
    table = reading.table.iloc[places]
    frame = pd.concat([read.numeric, read.categorical], axis=1).iloc[places]
    categories = list(map(str, read.categorical))
    if endpoint.target:
        found = class_suspicions(frame, table["class"].to_numpy(dtype=int), categories)
    else:
        y = outcome_array(table, endpoint)
        found = suspicions(frame, y, categories, time=endpoint.time, event=endpoint.event)
    file = str(outcome.clinical)
    return [
        Problem(file, "", name, "warning", suspicion_text(name, reasons), SUSPICION_REMEDY)
        for name, reasons in found.items()
    ]


def _read(clinical: pd.DataFrame, endpoint: Endpoint, outcome: Outcome) -> EndpointReading | TargetReading:
    read = target_of if endpoint.target else reading_of
    return read(clinical, endpoint, outcome, file=str(outcome.clinical))


def _cells(reading: EndpointReading | TargetReading) -> tuple[Cells, ...]:
    """Columns of an endpoint as text."""
    return (reading.cells,) if isinstance(reading, TargetReading) else (reading.time, reading.event)


def _subjects(reading: EndpointReading | TargetReading) -> pd.Series:
    return pd.Series(_cells(reading)[0].subjects, dtype=object)


def _check_events(
    outcome: Outcome, endpoint: Endpoint, reading: EndpointReading | TargetReading, cohort: pd.DataFrame
) -> list[Problem]:
    """Warn about too few events or subjects of a class; the other stages of the study can still be run."""
    known = reading.table[_subjects(reading).isin(set(cohort["subject"])).to_numpy()]
    classes = reading.classes if isinstance(reading, TargetReading) else ()
    counted, fewest = rarest(known, classes)
    folds = 1 if outcome.leave_out else outcome.folds
    needed = EVENTS_PER_FOLD * folds
    if cohort.empty:
        return []  # reported by the checks of the cohort table
    if reading.table.empty:
        return [
            Problem(
                str(outcome.clinical),
                "",
                "",
                "error",
                "the table has no rows.",
                "Add one row for each subject.",
            )
        ]
    if known.empty:
        in_table = next(iter(_subjects(reading)), "no row")
        in_cohort = cohort["subject"].iloc[0]
        found = (
            f"the clinical table contains no subject of the cohort: the cohort has {in_cohort}, this table "
            f"has {in_table}."
        )
        remedy = "Use the same subject names in both tables."
        return [Problem(str(outcome.clinical), "", "subject", "error", found, remedy)]
    if len(known) >= MINIMUM_SUBJECTS and fewest >= needed:
        return []
    each = "of each class" if endpoint.target else "events"
    found = (
        f"{len(known)} subjects of the cohort with {counted}; {folds} folds need "
        f"{MINIMUM_SUBJECTS} subjects and {needed} {each}. Models of {endpoint.name} will not be fitted."
    )
    remedy = "Add subjects, use fewer folds, or check that the subjects have the same names in both tables."
    return [Problem(str(outcome.clinical), "", endpoint.columns[-1], "warning", found, remedy)]


def _check_halves(reading: EndpointReading | TargetReading) -> list[Problem]:
    """Warn about a time without an event, or an event without a time: the models exclude such a subject."""
    problems: list[Problem] = []
    if isinstance(reading, TargetReading):
        return problems
    for present, absent in ((reading.event, reading.time), (reading.time, reading.event)):
        for place in np.flatnonzero(present.there & ~absent.there):
            subject, value = present.subjects[place], present.texts[place]
            found = f"subject {subject}: {absent.name} is missing, but {present.name} = {value}."
            remedy = "The subject is left out of the outcome models; give both values if they are known."
            problems.append(absent.problem("warning", found, remedy, absent.lines[place]))
    return problems


def _check_followed(
    endpoint: Endpoint, reading: EndpointReading | TargetReading, cohort: pd.DataFrame, cohort_file: Path
) -> list[Problem]:
    there = np.logical_or.reduce([cells.there for cells in _cells(reading)])
    known = set(_subjects(reading)[there])
    first = cohort.drop_duplicates("subject")
    without = first[~first["subject"].isin(known)]
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
