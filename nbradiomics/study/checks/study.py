"""The functions `check` and `survey`, and the checks of a study's tables and parameters."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from nbradiomics.cohort.columns import read_cohort_table
from nbradiomics.cohort.derived_regions import is_derived
from nbradiomics.cohort.in_training import require_known, unknown_sentence, unknown_subjects
from nbradiomics.cohort.lesions import COMPONENTS, least_volume, lesion_rule, require_lesions_told_apart
from nbradiomics.errors import InputError, NbradiomicsError
from nbradiomics.execution.execution import Execution
from nbradiomics.features.extract import require_able, resolve_label
from nbradiomics.features.parameters import Parameters, load_parameters
from nbradiomics.messages.problem import Problem, problem_of, told_once
from nbradiomics.segmentation.model import load_model
from nbradiomics.settings import spread
from nbradiomics.study.checks.columns import check_columns
from nbradiomics.study.checks.controls import check_controls
from nbradiomics.study.checks.derived_regions import check_derived_regions
from nbradiomics.study.checks.drawing import check_drawing
from nbradiomics.study.checks.few_columns import check_firth
from nbradiomics.study.checks.fold_filter import check_fold_filter
from nbradiomics.study.checks.found import Found, Measured, found_in
from nbradiomics.study.checks.images import check_images
from nbradiomics.study.checks.labels import overruled_labels
from nbradiomics.study.checks.outcomes import check_choice, check_outcomes, check_several
from nbradiomics.study.checks.parameters import check_settings
from nbradiomics.study.checks.perturbation import check_perturbation
from nbradiomics.study.checks.preparation import check_normalisation, check_preparation, warn_of_normalisation
from nbradiomics.study.checks.problem_table import problem_table
from nbradiomics.study.checks.processing import check_processing
from nbradiomics.study.checks.readers import check_readers
from nbradiomics.study.checks.repeatability import check_repeatability
from nbradiomics.study.checks.reproducibility import check_reproducibility
from nbradiomics.study.checks.segmentation import check_model, check_scans
from nbradiomics.study.checks.slices import check_slices
from nbradiomics.study.checks.validations import check_validations
from nbradiomics.study.checks.without_cohort import check_without_cohort, cohort_of
from nbradiomics.study.file import read_study
from nbradiomics.study.preparation import as_prepared, files_of_preparation
from nbradiomics.study.study import Study
from nbradiomics.tables import AUTO
from nbradiomics.tables.result import Result


@dataclass(frozen=True, repr=False)
class Survey(Result):
    """Result of `survey`: the problems, as in `check`, and the contents of the cohort.

    `found` is ``None`` if there is no readable cohort table.
    """

    problems: pd.DataFrame
    found: Found | None


@spread(execution=Execution)
def check(
    path: str | Path,
    *,
    params: str | Path | None = None,
    models: str | Path | None = None,
    execution: Execution = Execution(),  # noqa: B008 - frozen
) -> pd.DataFrame:
    """Find all problems of a study or a cohort at once, before anything is computed.

    Parameters
    ----------
    path
        A study file (``.yaml``, ``.yml``) or a cohort table.
    params
        For a cohort table: the parameter file or preset for the feature extraction, which may name the label
        of the masks. A study file names its own parameters.
    models
        Folder of imported models; see `nbradiomics.load_model`.
    execution
        Processes and progress display. Each of its fields may be given by its own name: ``jobs=4``.

    Returns
    -------
    pandas.DataFrame
        Columns file, row, column, severity, problem, remedy; no rows if there are no problems. `row` is the
        line of the file. An empty mask and a subject without outcome are warnings.

    Raises
    ------
    InputError
        When `path` does not exist, or `params` is given for a study file.

    Examples
    --------
    >>> problems = check("cohort.csv")
    >>> problems["severity"].tolist()
    []
    """
    return survey(path, params=params, models=models, execution=execution).problems


@spread(execution=Execution)
def survey(
    path: str | Path,
    *,
    params: str | Path | None = None,
    models: str | Path | None = None,
    execution: Execution = Execution(),  # noqa: B008 - frozen
) -> Survey:
    """Find all problems of a study or a cohort; summarise its subjects, scans, masks, spacing and volumes.

    Parameters
    ----------
    path, params, models, execution
        As in `check`.

    Returns
    -------
    Survey
        `problems`, the table of `check`, and `found`, whose ``lines()`` describe the cohort.

    Raises
    ------
    InputError
        As in `check`.

    Examples
    --------
    >>> for line in survey("cohort.csv").found.lines()[:1]:
    ...     print(line)
    Found: 3 subjects, 3 scans, 3 images.
    """
    path = Path(path)
    if path.suffix.lower() not in (".yaml", ".yml"):
        return _survey_cohort(path, params, execution)
    if params is not None:
        raise InputError(f"{path} is a study file, which names its own parameters.", "Leave out --params.")
    study, problems = read_study(path)
    if study is None:
        return Survey(problem_table(problems), None)
    problems += check_tables(study, path, models)
    table, _ = cohort_of(study)
    if table is None:
        return Survey(problem_table(problems), None)
    problems += _check_scans(study, models)
    measured: list[Measured] = []
    problems += _check_study_images(study, execution, measured)
    return Survey(problem_table(problems), found_in(table, measured, study_label(study)))


def _survey_cohort(path: Path, params: str | Path | None, execution: Execution) -> Survey:
    table, problems = read_cohort_table(path)
    parameters = load_parameters({})
    if params is not None:
        try:
            parameters = load_parameters(params)
        except InputError as error:  # the images are still checked
            problems.append(problem_of(error, Path(params), ""))
    label = int(resolve_label(parameters, None))
    measured: list[Measured] = []
    problems += overruled_labels(parameters, table, path, "label")
    problems += check_settings(parameters)
    problems += warn_of_normalisation(table, path, parameters, str(params))
    given = parameters if params is not None else None
    images = check_images(table, path, label=label, parameters=given, execution=execution, measured=measured)
    problems += told_once(images, len(table))
    return Survey(problem_table(problems), found_in(table, measured, label))


def check_tables(study: Study, path: Path, models: str | Path | None = None) -> list[Problem]:
    """List problems of all inputs of a study, except the content of images and masks."""
    cohort, problems = cohort_of(study)
    if study.cohort.is_file():
        problems += check_columns(study, path)
    if cohort is None:
        table, others = check_without_cohort(study, path)
        problems += others
    else:
        problems += check_preparation(study, cohort, path)
        table = _prepared(study, cohort)
        problems += _check_parameters(study, table, path)
        problems += check_normalisation(study, table, path, study_parameters(study))
        if study.outcome and study.outcome.clinical.is_file():
            problems += check_outcomes(
                study.outcome, table, study.cohort, study.subject_column, study.readers
            )
        if not table.empty:  # these checks need rows
            problems += _check_auto(study, table, path)
            problems += _check_lesions(study, table, path)
            problems += check_derived_regions(study, table, path)
            problems += _check_training(study, table, path)
            problems += check_choice(study.outcome, table, path) if study.outcome else []
            problems += check_several(study, table, path)
    try:
        require_able(study.extract.engine, study_parameters(study) or load_parameters({}))
    except InputError as error:
        problems.append(problem_of(error, path, "extract.engine"))
    problems += check_slices(study, path, study_parameters(study))
    problems += check_readers(study, table, path)
    problems += check_reproducibility(study, table, path)
    problems += check_fold_filter(study, path)
    problems += check_repeatability(study, path)
    problems += check_perturbation(study, table, path, study_parameters(study))
    problems += check_processing(study, table, path, study_parameters(study))
    problems += check_controls(study, table, path, study_parameters(study))
    problems += check_drawing(study, table, path, study_parameters(study), models)
    problems += check_validations(study, table, path)
    problems += check_firth(study, table, path)
    if study.segment:
        problems += check_model(study, study.segment, table, path, models)
    return problems


def _prepared(study: Study, table: pd.DataFrame) -> pd.DataFrame:
    """Return the table as it will be after the preparation; unchanged if its steps cannot be read."""
    try:
        readable = all(file.is_file() for file in files_of_preparation(study.prepare).values())
        return as_prepared(study.prepare, table) if readable else table
    except InputError:
        return table


def _check_scans(study: Study, models: str | Path | None) -> list[Problem]:
    if study.segment is None:
        return []
    try:
        model = load_model(study.segment.model, models=models)
    except NbradiomicsError:
        return []  # reported by `check_model`
    table, _ = read_cohort_table(study.cohort, study.columns)
    return check_scans(model, table, study.cohort)


def _check_study_images(study: Study, execution: Execution, measured: list[Measured]) -> list[Problem]:
    table, _ = read_cohort_table(study.cohort, study.columns)
    images = check_images(
        table,
        study.cohort,
        label=study_label(study),
        parameters=study_parameters(study),
        bins=study.prepare is None,  # prepared images have other intensities
        execution=execution,
        measured=measured,
    )
    return told_once(images, len(table))


def study_parameters(study: Study) -> Parameters | None:
    """Return the study's parameters; ``None`` if they are invalid, which another check reports."""
    try:
        return load_parameters(study.extract.params)
    except InputError:
        return None


def study_label(study: Study) -> int:
    """Return the label of masks for which the cohort table names none: that of the parameter file, or 1."""
    try:
        return int(resolve_label(load_parameters(study.extract.params), None))
    except InputError:
        return 1  # another check reports the invalid parameter file


def _check_parameters(study: Study, table: pd.DataFrame, path: Path) -> list[Problem]:
    try:
        parameters = load_parameters(study.extract.params)
    except InputError as error:
        return [problem_of(error, path, "extract.params")]
    return [*check_settings(parameters), *overruled_labels(parameters, table, path, "extract.params")]


def _check_lesions(study: Study, table: pd.DataFrame, path: Path) -> list[Problem]:
    with_model = study.segment is not None or bool((table["reader"] == AUTO).any())
    rule = lesion_rule(study.asked_lesions, table)
    try:
        least_volume(rule, study.lesion_min_ml)
        require_lesions_told_apart(rule, _lesions(table), with_model=with_model)
    except InputError as error:
        return [problem_of(error, path, "lesions")]
    if rule == COMPONENTS and len(set(table["reader"]) - {""}) + (study.segment is not None) > 1:
        found = "components of different readers do not correspond, so whole masks are compared."
        remedy = "Features have one row for each component; their reproducibility is not assessed."
        return [Problem(str(path), "", "lesions", "warning", found, remedy)]
    return []


def _lesions(table: pd.DataFrame) -> set[str]:
    """Names of the regions that readers drew."""
    return {roi for roi in _manual(table)["roi"] if not is_derived(roi)}


def _manual(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows with masks of readers."""
    return table[(table["mask"] != "") & (table["reader"] != AUTO)]


def _check_training(study: Study, table: pd.DataFrame, path: Path) -> list[Problem]:
    """Check the training subjects: a misspelt subject would wrongly count as new to the model."""
    stated = (study.segment.training_subjects if study.segment else None) or []
    column = "segment.training_subjects"
    try:
        elsewhere = require_known(stated, table["subject"])
    except InputError as error:
        return [problem_of(error, path, column)]
    remedy = "No change is needed if the model was also trained on subjects of other cohorts."
    return [Problem(str(path), "", column, "warning", elsewhere, remedy)] if elsewhere else []


def _check_auto(study: Study, table: pd.DataFrame, path: Path) -> list[Problem]:
    """Check that automatic masks have one source only, and exist if the outcome models need them."""
    present = (table["reader"] == AUTO).any()
    if study.segment and present:
        found = f"the cohort table already contains masks of reader {AUTO!r}."
        remedy = "Remove the section `segment`, or remove these rows."
        return [Problem(str(path), "", "segment", "error", found, remedy)]
    if study.outcome and study.outcome.reader == AUTO and not study.segment:
        if not present:
            found = f"reader {AUTO!r} is requested, but there are no automatic masks."
            remedy = "Add a section `segment`, or name another reader."
            return [Problem(str(path), "", "outcome.reader", "error", found, remedy)]
        found = unknown_sentence(unknown_subjects(table), table["subject"].nunique())
        remedy = "Write yes or no in the column in_training of the cohort table; yes is left out."
        return [Problem(str(path), "", "outcome.reader", "warning", found, remedy)] if found else []
    if study.outcome and study.outcome.reader not in {AUTO, *table["reader"]}:
        found = f"there is no reader {study.outcome.reader!r} in the cohort table."
        readers = ", ".join(sorted(set(table["reader"]) - {""}))
        return [Problem(str(path), "", "outcome.reader", "error", found, f"Its readers: {readers}.")]
    return []
