"""Study file, cohort table, clinical table and parameters: everything but the images."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from nbradiomics.checks.found import Found, Measured, found_in
from nbradiomics.checks.images import check_images
from nbradiomics.checks.outcomes import check_choice, check_outcomes
from nbradiomics.checks.readers import check_readers
from nbradiomics.checks.segmentation import check_model, check_scans
from nbradiomics.checks.without_cohort import check_without_cohort, cohort_of
from nbradiomics.cohort_table import read_cohort_table
from nbradiomics.errors import InputError, NbradiomicsError
from nbradiomics.execution import Progress, quiet
from nbradiomics.features.extract import require_able, resolve_label
from nbradiomics.features.parameters import Parameters, load_parameters
from nbradiomics.lesions import require_lesions_told_apart
from nbradiomics.problem import Problem, problem_of, problem_table
from nbradiomics.segmentation.model import load_model
from nbradiomics.study import Study, read_study
from nbradiomics.tables import AUTO


@dataclass(frozen=True)
class Survey:
    """What `survey` gives: the problems, as `check` lists them, and what is there.

    `found` is ``None`` where there is no cohort table that can be read.
    """

    problems: pd.DataFrame
    found: Found | None


def check(
    path: str | Path,
    *,
    params: str | Path | None = None,
    models: str | Path | None = None,
    jobs: int = 1,
    progress: Progress = quiet,
) -> pd.DataFrame:
    """Find every problem of a study or a cohort at once, before anything is computed.

    Parameters
    ----------
    path
        A study file (``.yaml``, ``.yml``) or a cohort table.
    params
        For a cohort table: the parameter file or preset that the features will be extracted with, which may
        name the label of the masks. A study file names its own.
    models
        Folder of imported models; see `nbradiomics.load_model`.
    jobs
        Processes.
    progress
        Progress display.

    Returns
    -------
    pandas.DataFrame
        Columns file, row, column, severity, problem, remedy; without rows when all is well. `row` is the
        line of the file. An empty mask and a subject without outcome are warnings.

    Raises
    ------
    InputError
        When `path` itself is not there, or `params` are given for a study file.
    """
    return survey(path, params=params, models=models, jobs=jobs, progress=progress).problems


def survey(
    path: str | Path,
    *,
    params: str | Path | None = None,
    models: str | Path | None = None,
    jobs: int = 1,
    progress: Progress = quiet,
) -> Survey:
    """Find every problem of a study or a cohort, and what it holds: subjects, scans, masks, spacing, volumes.

    Parameters, problems and errors are those of `check`; ``survey(path).found.lines()`` says what is there.
    """
    path = Path(path)
    if path.suffix.lower() not in (".yaml", ".yml"):
        return _survey_cohort(path, params, jobs, progress)
    if params is not None:
        raise InputError(f"{path} is a study file, which names its parameters itself.", "Leave out --params.")
    study, problems = read_study(path)
    if study is None:
        return Survey(problem_table(problems), None)
    problems += check_tables(study, path, models)
    table, _ = cohort_of(study)
    if table is None:
        return Survey(problem_table(problems), None)
    problems += _check_scans(study, models)
    measured: list[Measured] = []
    problems += _check_study_images(study, jobs, progress, measured)
    return Survey(problem_table(problems), found_in(table, measured, study_label(study)))


def _survey_cohort(path: Path, params: str | Path | None, jobs: int, progress: Progress) -> Survey:
    table, problems = read_cohort_table(path)
    parameters = load_parameters({})
    if params is not None:
        try:
            parameters = load_parameters(params)
        except InputError as error:  # the images have problems of their own
            problems.append(problem_of(error, Path(params), ""))
    label = int(resolve_label(parameters, None))
    measured: list[Measured] = []
    problems += _check_labels(parameters, table, path, "label")
    problems += check_images(table, path, label=label, jobs=jobs, progress=progress, measured=measured)
    return Survey(problem_table(problems), found_in(table, measured, label))


def check_tables(study: Study, path: Path, models: str | Path | None = None) -> list[Problem]:
    """Problems of everything that a study names, but for the content of images and masks."""
    cohort, problems = cohort_of(study)
    if cohort is None:
        table, others = check_without_cohort(study, path)
        problems += others
    else:
        table = cohort
        problems += _check_parameters(study, table, path)
        problems += _check_auto(study, table, path)
        problems += _check_lesions(study, table, path)
        problems += _check_training(study, table, path)
        if study.outcome and study.outcome.clinical.is_file():
            problems += check_outcomes(study.outcome, table, study.cohort)
            problems += check_choice(study.outcome, table, path)
    try:
        require_able(study.extract.engine, _parameters(study))
    except InputError as error:
        problems.append(problem_of(error, path, "extract.engine"))
    problems += check_readers(study, table, path)
    if study.segment:
        problems += check_model(study, study.segment, table, path, models)
    return problems


def _check_scans(study: Study, models: str | Path | None) -> list[Problem]:
    if study.segment is None:
        return []
    try:
        model = load_model(study.segment.model, models=models)
    except NbradiomicsError:
        return []  # told by `check_model`
    table, _ = read_cohort_table(study.cohort)
    return check_scans(model, table, study.cohort)


def _check_study_images(
    study: Study, jobs: int, progress: Progress, measured: list[Measured]
) -> list[Problem]:
    table, _ = read_cohort_table(study.cohort)
    options: dict[str, Any] = {"jobs": jobs, "progress": progress, "measured": measured}
    return check_images(table, study.cohort, label=study_label(study), **options)


def _parameters(study: Study) -> Parameters:
    """The study's parameters; those of no file where they are wrong, which is told elsewhere."""
    try:
        return load_parameters(study.extract.params)
    except InputError:
        return load_parameters({})


def study_label(study: Study) -> int:
    """Label of masks for which the cohort table names none: the parameter file's, or 1."""
    try:
        return int(resolve_label(load_parameters(study.extract.params), None))
    except InputError:
        return 1  # the parameter file is a problem of its own, told elsewhere


def _check_parameters(study: Study, table: pd.DataFrame, path: Path) -> list[Problem]:
    try:
        parameters = load_parameters(study.extract.params)
    except InputError as error:
        return [problem_of(error, path, "extract.params")]
    return _check_labels(parameters, table, path, "extract.params")


def _check_labels(parameters: Parameters, table: pd.DataFrame, path: Path, column: str) -> list[Problem]:
    problems = []
    for label in sorted(set(_manual(table)["label"]) - {""}, key=str):
        try:
            resolve_label(parameters, label)
        except InputError as error:
            problems.append(problem_of(error, path, column))
    return problems


def _check_lesions(study: Study, table: pd.DataFrame, path: Path) -> list[Problem]:
    with_model = study.segment is not None or bool((table["reader"] == AUTO).any())
    try:
        require_lesions_told_apart(study.lesions, set(_manual(table)["roi"]), with_model=with_model)
    except InputError as error:
        return [problem_of(error, path, "lesions")]
    return []


def _manual(table: pd.DataFrame) -> pd.DataFrame:
    """Rows of the readers' masks."""
    return table[(table["mask"] != "") & (table["reader"] != AUTO)]


def _check_training(study: Study, table: pd.DataFrame, path: Path) -> list[Problem]:
    """A name that is misspelt would let a subject pass for unseen."""
    stated = (study.segment.training_subjects if study.segment else None) or []
    subjects = sorted(set(table["subject"]))
    folded = {name.casefold(): name for name in subjects}
    problems = []
    for subject in stated:
        if subject not in subjects:
            close = difflib.get_close_matches(subject.casefold(), folded, n=3)
            near = ", ".join(folded[name] for name in close)
            remedy = f"Did you mean {near}?" if near else "Name subjects of the cohort table only."
            found = f"no subject {subject!r} in the cohort table."
            problems.append(Problem(str(path), "", "segment.training_subjects", "error", found, remedy))
    return problems


def _check_auto(study: Study, table: pd.DataFrame, path: Path) -> list[Problem]:
    """Masks of the model come from one place, and are there when the outcome models ask for them."""
    present = (table["reader"] == AUTO).any()
    if study.segment and present:
        found = f"the cohort table already holds masks of reader {AUTO!r}."
        remedy = "Leave out the section `segment`, or remove these rows."
        return [Problem(str(path), "", "segment", "error", found, remedy)]
    if study.outcome and study.outcome.reader == AUTO and not study.segment:
        if not present:
            found = f"reader {AUTO!r} is asked for, and nothing makes or holds its masks."
            remedy = "Add a section `segment`, or name another reader."
            return [Problem(str(path), "", "outcome.reader", "error", found, remedy)]
        found = f"where the masks of reader {AUTO!r} come from is not recorded."
        remedy = "Make sure that the model had not seen these subjects; else the results are too good."
        return [Problem(str(path), "", "outcome.reader", "warning", found, remedy)]
    if study.outcome and study.outcome.reader not in {AUTO, *table["reader"]}:
        found = f"no reader {study.outcome.reader!r} in the cohort table."
        readers = ", ".join(sorted(set(table["reader"]) - {""}))
        return [Problem(str(path), "", "outcome.reader", "error", found, f"Readers there: {readers}.")]
    return []
