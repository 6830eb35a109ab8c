"""Measure the batch effects of a feature table."""

from __future__ import annotations

import pandas as pd

from nbradiomics.clinical import Declaration
from nbradiomics.harmonisation.batch_columns import check_batches, read_batches
from nbradiomics.harmonisation.confounding import confounded
from nbradiomics.harmonisation.finite import finite_values
from nbradiomics.harmonisation.request import check_design, combat_of, harmonised_features
from nbradiomics.harmonisation.settings import Harmonise
from nbradiomics.harmonisation.site_effects import (
    SiteEffects,
    measure_new_cohort,
    measure_site_effects,
)
from nbradiomics.harmonisation.site_settings import SiteEffectSettings
from nbradiomics.harmonisation.table_parts import require_subjects
from nbradiomics.tables import choose_features

_NO_DECLARATION = Declaration()


def effects_of_table(
    features: pd.DataFrame,
    clinical: pd.DataFrame | None,
    asked: Harmonise,
    settings: SiteEffectSettings,
    *,
    declared: Declaration = _NO_DECLARATION,
) -> tuple[SiteEffects, list[str]]:
    """Measure batch effects before and after a harmonisation.

    Parameters
    ----------
    features
        Feature table, one row per subject.
    clinical
        Clinical table with the batch columns and covariates, or None.
    asked
        What is harmonised, and how.
    settings
        How it is measured.
    declared
        Declarations about the clinical columns.

    Returns
    -------
    SiteEffects
    list of str
        Possible mistakes in the columns.

    Raises
    ------
    InputError
        When a column cannot be used, or a batch is too small.
    """
    require_subjects(features, clinical, asked.batch)
    batches, problems = read_batches(features, clinical, asked, declared=declared)
    check_batches(batches, features["subject"].astype(str).tolist(), asked)
    check_design(batches, asked)
    others = features.drop(columns=[name for name in batches if name in features])
    names = harmonised_features(choose_features(others).names, asked)
    values, notes = finite_values(features, names)
    effects = named_effects(
        values.reset_index(drop=True), batches.reset_index(drop=True), features["subject"], asked, settings
    )
    notes += confounded(batches, asked)
    return effects, [*notes, *(problem.problem for problem in problems if problem.severity == "warning")]


def named_effects(
    values: pd.DataFrame,
    batches: pd.DataFrame,
    subjects: pd.Series | pd.Index,
    asked: Harmonise,
    settings: SiteEffectSettings,
    *,
    first: int | None = None,
) -> SiteEffects:
    """Measure batch effects of all columns of a table, whatever they are called.

    Parameters
    ----------
    values
        Features, shape (subjects, features).
    batches
        Batches and covariates, in the same order.
    subjects
        Names of the subjects, in the same order.
    asked, settings
        What is harmonised, and how it is measured.
    first
        Number of rows of the cohort that fits the harmonisation, if those of a new cohort follow them.
    """
    plain = {f"feature {number}": str(name) for number, name in enumerate(values)}
    parts = (values.set_axis(list(plain), axis=1), batches)
    table = pd.concat([part.reset_index(drop=True) for part in parts], axis=1)
    table = table.assign(subject=[str(name) for name in subjects])
    combat = combat_of(asked)
    if first is None:
        found = measure_site_effects(combat, table, settings)
    else:
        found = measure_new_cohort(combat, table.iloc[:first], table.iloc[first:], settings)
    features, covariates = (part.assign(feature=part["feature"].map(plain)) for part in found[:2])
    return found._replace(features=features, covariates=covariates)
