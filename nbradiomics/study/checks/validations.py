"""Check the external cohorts of a study, by the rules with which their subjects are read later."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pandas as pd

from nbradiomics.clinical import (
    Endpoint as ClinicalEndpoint,
    covariate_columns,
    endpoint_problems,
    target_problems,
)
from nbradiomics.errors import InputError
from nbradiomics.features.parameters import load_parameters
from nbradiomics.files.regular_file import is_regular
from nbradiomics.messages.problem import Problem, errors_in, problem_of
from nbradiomics.outcome.assembly import TooFewError
from nbradiomics.outcome.external import external_task
from nbradiomics.outcome.external_cohort import (
    ExternalRows,
    absent_event,
    as_read,
    assemble_external,
    choose_external_rows,
    external_errors,
    with_class_names,
)
from nbradiomics.outcome.external_differences import differences
from nbradiomics.outcome.known_values import known_values
from nbradiomics.outcome.prepared import Prepared
from nbradiomics.study.checks.external_parameters import check_external_parameters
from nbradiomics.study.checks.models_to_come import ModelsToCome, features_to_come, models_to_come
from nbradiomics.study.external import ExternalCohort
from nbradiomics.study.external_tables import (
    read_external_clinical,
    read_external_features,
    rows_of_models,
)
from nbradiomics.study.study import (
    Outcome,
    Study,
    covariates_of,
)


def check_validations(study: Study, cohort: pd.DataFrame, path: Path) -> list[Problem]:
    """List problems of the external cohorts of a study.

    Too few events or subjects are warnings, because the other results can be computed, and so are signs of
    other units. Every other reason for which a validation would fail is an error.

    Parameters
    ----------
    study
        The study.
    cohort
        Table of its cohort, with a column `subject`.
    path
        The study file.
    """
    outcome = study.outcome
    if outcome is None or not outcome.external:
        return []
    stand_in = features_to_come(study, cohort)
    models = [models_to_come(study, outcome, endpoint, stand_in) for endpoint in outcome.endpoints]
    problems: list[Problem] = []
    for place, external in enumerate(outcome.external):
        problems += _check_parameters(study, external)
        wanted = [one for one in models if one.endpoint.name in (external.endpoints or [one.endpoint.name])]
        problems += _check_cohort(study, outcome, external, wanted, (path, f"outcome.validate.{place}"))
    # Endpoints share features and covariates: report each problem once.
    return list(dict.fromkeys(problems))


def _check_cohort(
    study: Study,
    outcome: Outcome,
    external: ExternalCohort,
    models: list[ModelsToCome],
    place: tuple[Path, str],
) -> list[Problem]:
    problems: list[Problem] = []
    features = _read(lambda: read_external_features(external), external.features, problems)
    clinical = _read(
        lambda: read_external_clinical(external, study.subject_column), external.clinical, problems
    )
    for one in models:
        cells = [] if clinical is None else list(_cell_problems(outcome, external, one, clinical))
        problems += cells
        if features is None or one.first is None:
            continue
        try:
            chosen = choose_external_rows(one.first, features, rows_of_models(outcome, features))
        except InputError as error:
            problems.append(problem_of(error, external.features, ""))
            continue
        if clinical is not None and not errors_in(cells):
            problems += _subject_problems(external, one, one.first, chosen, clinical, place)
    return problems


def _check_parameters(study: Study, external: ExternalCohort) -> list[Problem]:
    try:
        return list(check_external_parameters(external.features, load_parameters(study.extract.params)))
    except InputError:  # reported by the checks of the parameters
        return []


def _read(
    read: Callable[[], tuple[pd.DataFrame, list[str]]], file: Path, problems: list[Problem]
) -> pd.DataFrame | None:
    """Read a table and add its problems; ``None`` if it cannot be read."""
    if not is_regular(file):
        return None  # reported by `read_study`
    try:
        table, notes = read()
    except InputError as error:
        problems.append(problem_of(error, file, ""))
        return None
    problems += [Problem(str(file), "1", "", "warning", note, "Nothing to do.") for note in notes]
    return table.rename(columns=str)


def _cell_problems(
    outcome: Outcome, external: ExternalCohort, models: ModelsToCome, clinical: pd.DataFrame
) -> Iterator[Problem]:
    """Find problems of clinical columns, which are what they are in the cohort of the study."""
    endpoint, predictors, file = models.endpoint, models.predictors, str(external.clinical)
    rule: ClinicalEndpoint = endpoint
    declared = predictors
    if models.first is not None:
        rule, declared = as_read(models.first.data, predictors, endpoint, clinical)
        if set(endpoint.columns) <= set(clinical):
            clinical = with_class_names(clinical, models.first.data, endpoint)
    if absent := absent_event(clinical, endpoint):
        found = f"{endpoint.name} will not be validated on {external.name}: {absent.problem}"
        yield Problem(file, "", endpoint.event, "warning", found, absent.remedy)
    else:
        find = target_problems if endpoint.target else endpoint_problems
        yield from find(clinical, rule, file=file, declared=declared)
    covariates = covariates_of(outcome, endpoint)
    present = [name for name in covariates if name in clinical]
    for name in covariates:
        if name not in clinical:
            found = f"the external clinical table lacks the covariate {name!r}."
            yield Problem(file, "", name, "error", found, "Add it, in the unit of the study's table.")
    if "subject" in clinical:
        try:
            yield from covariate_columns(
                clinical, present, taken=endpoint.columns, declared=declared, file=file
            )[1]
        except InputError:
            return  # reported for the study's own table


def _subject_problems(
    external: ExternalCohort,
    models: ModelsToCome,
    first: Prepared,
    chosen: ExternalRows,
    clinical: pd.DataFrame,
    place: tuple[Path, str],
) -> Iterator[Problem]:
    """Find problems of the external subjects as a whole."""
    there, named = (list(map(str, table["subject"])) for table in (chosen.table, clinical))
    if not set(there) & set(named):
        first_row = f"has {named[0]}" if named else "has no row"
        found = f"no subject is in both tables: {external.features} has {there[0]}, this table {first_row}."
        remedy = "Use the same subject names in both tables."
        yield Problem(str(external.clinical), "", "subject", "error", found, remedy)
        return
    without = f"{models.endpoint.name} will not be validated on {external.name}: "
    try:
        data = assemble_external(first.data, chosen, clinical, models.endpoint, models.predictors)
    except InputError as error:
        yield _problem(error, place, without if isinstance(error, TooFewError) else "")
        return
    reasons = list(external_errors(first.data, data))
    for reason in reasons:
        yield _problem(reason, place, without if isinstance(reason, TooFewError) else "")
    if not reasons:
        try:
            external_task(first.data, data, models.settings)
        except InputError as error:
            yield _problem(error, place, without)
    for text in differences(known_values(first.data), replace(data, radiomic=(), volume=None)):
        yield Problem(str(place[0]), "", place[1], "warning", f"{external.name}: {text}", "Look at it.")


def _problem(error: InputError, place: tuple[Path, str], without: str) -> Problem:
    """Make a problem of an error: a warning if the other results can be computed without it."""
    severity: Literal["error", "warning"] = "warning" if without else "error"
    path, key = place
    return Problem(str(path), "", key, severity, f"{without}{error.problem}", error.remedy)
