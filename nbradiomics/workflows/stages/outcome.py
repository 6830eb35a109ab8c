"""The stage `outcome`: do the stable features predict the outcome?"""

from __future__ import annotations

import pandas as pd

from nbradiomics import clinical
from nbradiomics.errors import NbradiomicsError
from nbradiomics.execution.batch import Failure, failure_of
from nbradiomics.execution.stage_names import StageName
from nbradiomics.files.names import file_stems
from nbradiomics.outcome import (
    ModelSettings,
    OutcomeResult,
    OutcomeSettings,
    Predictors,
    evaluate_outcome,
    write_outcome,
)
from nbradiomics.study.study import Endpoint, Outcome, Study, covariates_of, models_of
from nbradiomics.tables import RowsOfReader
from nbradiomics.workflows.stages.base import Stage, Work


class Outcomes(Stage):
    """Fits and validates the outcome models of every endpoint."""

    name = StageName.OUTCOME

    def wanted(self, work: Work) -> bool:
        """Whether the study has a section `outcome`."""
        return work.study.outcome is not None

    def run(self, work: Work) -> list[Failure]:
        """Write the tables of ``outcome/ENDPOINT/``."""
        section = work.study.outcome
        assert section is not None
        failures = []
        table = clinical.read_clinical_table(section.clinical, work.study.subject_column)
        folders = file_stems([(endpoint.name,) for endpoint in section.endpoints])
        for endpoint, folder in zip(section.endpoints, folders, strict=True):
            try:
                result = _evaluate(work, section, endpoint, table)
            except NbradiomicsError as error:
                failures.append(failure_of(endpoint.name, self.name, error))
                continue
            write_outcome(result, work.folder.file("outcome", folder))
        return failures


def _evaluate(work: Work, section: Outcome, endpoint: Endpoint, table: pd.DataFrame) -> OutcomeResult:
    rows = section.part(RowsOfReader).changed(reader=section.reader)
    if rows.reading is None and work.features["reading"].nunique() > 1:
        rows = rows.changed(reading=1)
    covariates = covariates_of(section, endpoint)
    result = evaluate_outcome(
        work.features,
        table,
        endpoint=endpoint.part(clinical.Endpoint),
        predictors=section.part(Predictors).changed(covariates=covariates),
        rows=rows,
        settings=settings_of(work.study, models_of(section, endpoint)),
        execution=work.execution,
    )
    if covariates != section.covariates:
        result.summary["sentences"].append(f"{endpoint.target} is the outcome here, and no covariate.")
    return result


def settings_of(study: Study, models: ModelSettings) -> OutcomeSettings:
    """Make the settings from those of the models, the study's seed and its criteria for stability."""
    stable = study.reproducibility
    return OutcomeSettings(
        **models.stated(),
        seed=study.seed,
        icc_threshold=stable.threshold,
        min_subjects=stable.min_subjects,
    )
