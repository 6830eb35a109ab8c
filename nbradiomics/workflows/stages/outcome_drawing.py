"""The comparison of risks between masks, beside the outcome models of an endpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from nbradiomics import clinical
from nbradiomics.outcome import Predictors
from nbradiomics.outcome.drawing import DrawingSettings, DrawingTables, assess_drawing
from nbradiomics.outcome.drawing.masks import DEPENDENT, ORIGIN
from nbradiomics.outcome.drawing_result import DrawingResult
from nbradiomics.study.external_tables import rows_of_models
from nbradiomics.study.study import Endpoint, Outcome, covariates_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nbradiomics.outcome import Candidates, OutcomeSettings
    from nbradiomics.workflows.stages.base import Work

#: Columns that identify the masks of a reader in a scan.
_OF_MASK = ["subject", "timepoint", "sequence", "reader", "reading"]


def assessed_drawing(
    work: Work,
    endpoint: Endpoint,
    table: pd.DataFrame,
    stable: Sequence[str] | Candidates | None,
    settings: OutcomeSettings,
) -> DrawingResult:
    """Compare the masks of the study, as the section `drawing` asks.

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
    assert section is not None
    assert section.drawing is not None
    features = with_origins(work.features, work.cohort.table)
    return assess_drawing(
        DrawingTables(features, table, work.fold_masks, work.perturbed),
        drawing=section.drawing.part(DrawingSettings),
        endpoint=endpoint.part(clinical.Endpoint),
        predictors=_predictors(section, endpoint),
        rows=rows_of_models(section, work.features),
        stable=stable,
        settings=settings,
        execution=work.execution.within(endpoint.name),
    )


def with_origins(features: pd.DataFrame, cohort: pd.DataFrame) -> pd.DataFrame:
    """Add how each mask was made; a mask of several regions depends on others if one of them does."""
    made = cohort[cohort[ORIGIN].isin(DEPENDENT)].drop_duplicates(_OF_MASK)
    origins = made.set_index(_OF_MASK)[ORIGIN]
    keys = pd.MultiIndex.from_frame(features[_OF_MASK])
    return features.assign(**{ORIGIN: origins.reindex(keys).fillna("").to_numpy()})


def _predictors(section: Outcome, endpoint: Endpoint) -> Predictors:
    return section.part(Predictors).changed(covariates=covariates_of(section, endpoint))
