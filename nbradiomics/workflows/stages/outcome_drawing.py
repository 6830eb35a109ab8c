"""The comparison of risks between masks, beside the outcome models of an endpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from nbradiomics import clinical
from nbradiomics.outcome import Predictors
from nbradiomics.outcome.drawing import DrawingResult, DrawingSettings, DrawingTables, assess_drawing
from nbradiomics.study.external_tables import rows_of_models
from nbradiomics.study.study import Endpoint, Outcome, covariates_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nbradiomics.outcome import Candidates, OutcomeSettings
    from nbradiomics.workflows.stages.base import Work


def assessed_drawing(
    work: Work,
    endpoint: Endpoint,
    table: pd.DataFrame,
    stable: Sequence[str] | Candidates | None,
    settings: OutcomeSettings,
) -> DrawingResult | None:
    """Compare the masks of the study, as the section `drawing` asks; ``None`` without it.

    Parameters
    ----------
    work
        State of the run, with all features.
    endpoint
        The endpoint.
    table
        Clinical table.
    stable, settings
        As for the evaluation of the endpoint.
    """
    section = work.study.outcome
    if section is None or section.drawing is None:
        return None
    return assess_drawing(
        DrawingTables(work.features, table, work.fold_masks, work.perturbed),
        drawing=section.drawing.part(DrawingSettings),
        endpoint=endpoint.part(clinical.Endpoint),
        predictors=_predictors(section, endpoint),
        rows=rows_of_models(section, work.features),
        stable=stable,
        settings=settings,
        execution=work.execution,
    )


def _predictors(section: Outcome, endpoint: Endpoint) -> Predictors:
    return section.part(Predictors).changed(covariates=covariates_of(section, endpoint))
