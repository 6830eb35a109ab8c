"""The stage `outcome`: do the stable features predict the outcome?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial

import pandas as pd

from nbradiomics import clinical
from nbradiomics.errors import NbradiomicsError
from nbradiomics.execution.batch import Failure, failure_of
from nbradiomics.execution.stage_names import StageName
from nbradiomics.files.names import file_stems
from nbradiomics.outcome import (
    Candidates,
    ModelSettings,
    OutcomeResult,
    OutcomeSettings,
    Predictors,
    evaluate_outcome,
    try_outcome,
    validate_outcome,
    write_outcome,
)
from nbradiomics.outcome.drawing import with_drawing
from nbradiomics.report.model_card import write_card_beside
from nbradiomics.signature import write_models_beside
from nbradiomics.study.external import VALIDATION, ExternalCohort, validation_case
from nbradiomics.study.external_tables import (
    read_external_clinical,
    read_external_features,
    rows_of_models,
)
from nbradiomics.study.study import (
    Endpoint,
    Outcome,
    Study,
    covariates_of,
    models_of,
    validated_models,
    validated_predictors,
)
from nbradiomics.workflows.stages.base import Stage, Work
from nbradiomics.workflows.stages.outcome_drawing import assessed_drawing


class Outcomes(Stage):
    """Fits and validates the outcome models of every endpoint."""

    name = StageName.OUTCOME

    def wanted(self, work: Work) -> bool:
        """Whether the study has a section `outcome`."""
        return work.study.outcome is not None

    def run(self, work: Work) -> list[Failure]:
        """Write the tables of ``outcome/ENDPOINT/`` and ``outcome/ENDPOINT/validation/COHORT/``."""
        section = work.study.outcome
        assert section is not None
        table = clinical.read_clinical_table(section.clinical, work.study.subject_column)
        failures = []
        for case, parts, compute, further in _models(work, section, table):
            try:
                result = compute()
            except NbradiomicsError as error:
                failures.append(failure_of(case, self.name, error))
                continue
            for name, add in further.items():
                try:
                    result = add(result)
                except NbradiomicsError as error:  # the evaluation stays
                    failures.append(failure_of(f"{case}: {name}", self.name, error))
            folder = work.folder.file("outcome", *parts)
            write_models_beside(result, folder, name=case, parameters=work.study.extract.params)
            write_outcome(result, folder)
            write_card_beside(folder)
        return failures


#: What else is asked of the result of an evaluation, by name.
_Further = Mapping[str, Callable[[OutcomeResult], OutcomeResult]]
#: Name, folder and computation of the models of an endpoint, and what else is asked of them.
_Asked = tuple[str, tuple[str, ...], Callable[[], OutcomeResult], _Further]


def _models(work: Work, section: Outcome, table: pd.DataFrame) -> Iterator[_Asked]:
    """Yield the name, the folder and the computations of each cross-validation and external validation."""
    folders = file_stems([(endpoint.name,) for endpoint in section.endpoints])
    cohorts = file_stems([(external.name,) for external in section.external])
    for endpoint, folder in zip(section.endpoints, folders, strict=True):
        evaluate = partial(_evaluate, work, section, endpoint, table)
        yield endpoint.name, (folder,), evaluate, _further(work, section, endpoint, table)
        for external, name in zip(section.external, cohorts, strict=True):
            if endpoint.name in (external.endpoints or [endpoint.name]):
                case = validation_case(endpoint.name, external.name)
                validate = partial(_validate, work, endpoint, external, table)
                yield case, (folder, VALIDATION, name), validate, {}


def _evaluate(work: Work, section: Outcome, endpoint: Endpoint, table: pd.DataFrame) -> OutcomeResult:
    covariates = covariates_of(section, endpoint)
    result = evaluate_outcome(
        work.features,
        table,
        endpoint=endpoint.part(clinical.Endpoint),
        predictors=section.part(Predictors).changed(covariates=covariates),
        rows=rows_of_models(section, work.features),
        stable=candidates_of(work),
        settings=settings_of(work.study, models_of(section, endpoint)),
        execution=work.execution.within(endpoint.name),
    )
    result.summary["sentences"] += _notes(section, endpoint)
    return result


def _further(work: Work, section: Outcome, endpoint: Endpoint, table: pd.DataFrame) -> _Further:
    """The trial of the features and the comparison of masks, if the study asks for them."""
    further: dict[str, Callable[[OutcomeResult], OutcomeResult]] = {}
    if section.trial or work.study.controls:
        execution = work.execution.within(endpoint.name)
        further["trial"] = partial(try_outcome, controls=work.controls, execution=execution)
    if section.drawing:
        stable = candidates_of(work)
        settings = settings_of(work.study, models_of(section, endpoint))
        further["drawing"] = lambda result: with_drawing(
            result, assessed_drawing(work, endpoint, table, stable, settings)
        )
    return further


def _validate(work: Work, endpoint: Endpoint, external: ExternalCohort, table: pd.DataFrame) -> OutcomeResult:
    """Judge the models of an endpoint, fitted to all subjects of the study, on an external cohort."""
    section = work.study.outcome
    assert section is not None
    features, _ = read_external_features(external)
    outcomes, _ = read_external_clinical(external, work.study.subject_column)
    result = validate_outcome(
        (work.features, table),
        (features, outcomes),
        endpoint=endpoint.part(clinical.Endpoint),
        predictors=validated_predictors(section, endpoint),
        rows=rows_of_models(section, work.features, features),
        stable=candidates_of(work),
        settings=settings_of(work.study, validated_models(section, endpoint)),
        execution=work.execution.within(validation_case(endpoint.name, external.name)),
    )
    if section.leave_out:
        text = f"No {section.leave_out} was left out of these models: leave_out is for the cross-validation."
        result.summary["sentences"].append(text)
    result.summary["sentences"] += _notes(section, endpoint)
    return result


def candidates_of(work: Work) -> Candidates | None:
    """Return the features that meet the combined rules of the study; ``None`` without rules.

    If the rules have no result, no feature is a candidate.
    """
    rules = work.study.reproducibility.rules
    if not rules:
        return None
    text = f"Features had to meet the rules of reproducibility: {'; '.join(rules)}."
    if work.stable is None:
        return Candidates((), f"{text} The rules have no result, so that no feature is a candidate.")
    return Candidates(tuple(work.stable.loc[work.stable["stable"], "feature"]), text)


def _notes(section: Outcome, endpoint: Endpoint) -> list[str]:
    alone = covariates_of(section, endpoint) == section.covariates
    return [] if alone else [f"{endpoint.target} is the outcome here, and no covariate."]


def settings_of(study: Study, models: ModelSettings) -> OutcomeSettings:
    """Make the settings from those of the models, the study's seed and its criteria for stability."""
    stable = study.reproducibility
    return OutcomeSettings(
        **models.stated(),
        seed=study.seed,
        icc_threshold=stable.threshold,
        icc_form=stable.form or "A,1",
        readers_in_general=stable.readers_in_general,
        min_subjects=stable.min_subjects,
    )
