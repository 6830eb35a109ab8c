"""The tables of habitats, from the results of the cases and the models."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from nbradiomics.cohort import Case
from nbradiomics.cohort.in_training import NO, YES
from nbradiomics.cohort.sites import Sites
from nbradiomics.habitats import schema
from nbradiomics.habitats.clusters.model import HabitatModel
from nbradiomics.habitats.description import mean_column
from nbradiomics.habitats.models import Fitted
from nbradiomics.habitats.region_values import shown
from nbradiomics.tables import write_table
from nbradiomics.tables.result import Result
from nbradiomics.tables.schema import Schema


@dataclass(frozen=True, repr=False)
class HabitatTables(Result):
    """Tables of habitats, with the columns of the schemas of the same names in `nbradiomics.habitats.schema`.

    Attributes
    ----------
    habitats
        One row per habitat of a region.
    regions
        One row per region: voxels without value, below the confidence, far from the model.
    features
        One row per region, a column per feature.
    interactions
        Spatial interaction matrices.
    thresholds
        Habitats at several least confidences.
    diffusion
        The ADC of the mean signal of each habitat.
    models, numbers
        The fitted models, and what spoke for their number of habitats.
    """

    habitats: pd.DataFrame
    regions: pd.DataFrame
    features: pd.DataFrame
    interactions: pd.DataFrame
    thresholds: pd.DataFrame
    diffusion: pd.DataFrame
    models: pd.DataFrame
    numbers: pd.DataFrame

    def write(self, folder: Path) -> None:
        """Write each table that has rows under the name of its schema; remove an earlier one without rows."""
        for field in fields(self):
            table: pd.DataFrame = getattr(self, field.name)
            file = folder / _SCHEMAS[field.name].file
            if len(table):
                write_table(table, file)
            else:
                file.unlink(missing_ok=True)


_SCHEMAS: dict[str, Schema] = {
    "habitats": schema.HABITATS,
    "regions": schema.HABITAT_REGIONS,
    "features": schema.HABITAT_FEATURES,
    "interactions": schema.HABITAT_INTERACTIONS,
    "thresholds": schema.HABITAT_THRESHOLDS,
    "diffusion": schema.HABITAT_DIFFUSION,
    "models": schema.HABITAT_MODELS,
    "numbers": schema.HABITAT_NUMBERS,
}
#: Names of the files.
FILES = tuple(one.file for one in _SCHEMAS.values())


def made_tables(
    cases: Mapping[str, tuple[Case, Mapping[str, Any] | None]],
    fitted: Sequence[Fitted],
    sites: Sites,
    in_fit: Collection[str],
) -> HabitatTables:
    """Make the tables.

    Parameters
    ----------
    cases
        Each case and its result, by name; None for one that failed, whose features are missing.
    fitted
        The models.
    sites
        Site of each scan.
    in_fit
        Subjects whose own data fitted their model.
    """
    means = [mean_column(channel) for channel in fitted[0].model.channels]
    made = [(case, payload) for case, payload in cases.values() if payload is not None]

    def rows(part: str) -> list[dict[str, Any]]:
        return [{**_index(case), **row} for case, payload in made for row in payload[part]]

    features = [
        {
            **_index(case),
            "in_training": case.in_training,
            "in_fit": YES if case.scan.subject in in_fit else NO,
            "site": sites.get(case.scan.key[:3], ""),
            **({} if payload is None else payload["features"]),
        }
        for case, payload in cases.values()
    ]
    names = list(made[0][1]["features"]) if made else []
    regions = [{**_index(case), **payload["region"]} for case, payload in made]
    tables = [row for one in fitted for row in _model_rows(one)]
    further = [*means, *(f"sd_{shown(channel)}" for channel in fitted[0].model.channels)]
    return HabitatTables(
        habitats=schema.HABITATS.table(rows("habitats"), means),
        regions=schema.HABITAT_REGIONS.table(regions),
        features=schema.HABITAT_FEATURES.table(features, names),
        interactions=schema.HABITAT_INTERACTIONS.table(rows("interactions")),
        thresholds=schema.HABITAT_THRESHOLDS.table(rows("thresholds"), means),
        diffusion=schema.HABITAT_DIFFUSION.table(rows("diffusion")),
        models=schema.HABITAT_MODELS.table(tables, further),
        numbers=schema.HABITAT_NUMBERS.table([row for one in fitted for row in _number_rows(one)]),
    )


def _index(case: Case) -> dict[str, Any]:
    return {**case.index(), "variant": case.scan.variant}


def _model_rows(one: Fitted) -> list[dict[str, Any]]:
    model, means = one.model, one.model.channel_means()
    distances = one.distances or (0.0,) * model.clusters
    return [
        {
            "model": one.name,
            "habitat": number + 1,
            "subjects": model.subjects,
            "voxels": model.voxels,
            "weight": model.weights[number],
            "distance": distances[number],
            **{mean_column(channel): means[number, place] for place, channel in enumerate(model.channels)},
            **_spreads(model, number),
        }
        for number in range(model.clusters)
    ]


def _spreads(model: HabitatModel, number: int) -> dict[str, float]:
    if not model.covariances:
        return {}
    spread = np.sqrt(np.diag(np.array(model.covariances[number]))) * np.array(model.scale)
    return {f"sd_{shown(channel)}": float(one) for channel, one in zip(model.channels, spread, strict=True)}


def _number_rows(one: Fitted) -> list[dict[str, Any]]:
    return [
        {
            "model": one.name,
            "clusters": candidate.clusters,
            "bic": candidate.bic,
            "silhouette": candidate.silhouette,
            "stability": candidate.stability,
            "stability_low": candidate.stability_low,
            "stable": candidate.stable,
            "valley": candidate.valley,
            "apart": candidate.apart,
            "chosen": candidate.clusters == one.model.clusters,
        }
        for candidate in one.candidates
    ]
