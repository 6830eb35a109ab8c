"""Carry out several studies of reproducibility, one after the other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

import pandas as pd

from nbradiomics.errors import InputError, NbradiomicsError
from nbradiomics.reproducibility.rules.settings import CombinedRules, ReproducibilityStudy
from nbradiomics.reproducibility.schema import REPRODUCIBILITY
from nbradiomics.reproducibility.settings import StabilitySettings
from nbradiomics.reproducibility.stability import assess_reproducibility
from nbradiomics.tables import RowsOfReader, read_feature_table


def study_results(
    section: CombinedRules,
    features: pd.DataFrame | None,
    *,
    own: Mapping[str, pd.DataFrame | None] = MappingProxyType({}),
    seed: int = 0,
) -> Iterator[tuple[str, pd.DataFrame | NbradiomicsError]]:
    """Yield the name and the table of each study, or why there is none.

    Parameters
    ----------
    section
        Studies and criteria.
    features
        Feature table of the studies that name none.
    own
        Feature tables of single studies, by name, instead of `features`; ``None`` if there is none.
    seed
        Seed of bootstrap samples.
    """
    for name, study in section.studies.items():
        try:
            yield name, _result(study, section.part(StabilitySettings), own.get(name, features), seed)
        except NbradiomicsError as error:
            yield name, error


def features_of_study(study: ReproducibilityStudy, features: pd.DataFrame | None) -> pd.DataFrame:
    """Return the feature table of a study.

    Raises
    ------
    InputError
        When there is none, or its file cannot be read.
    """
    if study.features is not None:
        return read_feature_table(study.features).table
    if features is None:
        raise InputError("the study has no feature table.", "Name one: features: FILE.")
    return features


def _result(
    study: ReproducibilityStudy, criteria: StabilitySettings, features: pd.DataFrame | None, seed: int
) -> pd.DataFrame:
    if study.table is not None:
        return REPRODUCIBILITY.read(study.table)
    return assess_reproducibility(
        features_of_study(study, features),
        across=study.across,
        levels=study.levels,
        seed=seed,
        rows=study.part(RowsOfReader),
        settings=criteria if study.form is None else criteria.changed(form=study.form),
    )
