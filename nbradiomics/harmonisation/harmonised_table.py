"""Harmonise a feature table, by named training subjects or by cross-fitting."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pandas as pd

from nbradiomics.clinical import Declaration
from nbradiomics.cohort.fitting_subjects import FittingPlan, FittingSubjects, fitting_plan
from nbradiomics.cohort.in_fit import fitted_subjects, with_fitted
from nbradiomics.errors import InputError
from nbradiomics.harmonisation.batch_columns import check_batches, read_batches, require_batches
from nbradiomics.harmonisation.confounding import confounded
from nbradiomics.harmonisation.finite import finite_values, impossible_values
from nbradiomics.harmonisation.request import combat_of, harmonised_features
from nbradiomics.harmonisation.schema import TREATMENTS
from nbradiomics.harmonisation.settings import Harmonise
from nbradiomics.harmonisation.table_parts import require_subjects
from nbradiomics.messages.wording import counted, shortened
from nbradiomics.settings import spread
from nbradiomics.tables import choose_features
from nbradiomics.tables.same_parameters import mixture_of_parameters
from nbradiomics.tables.schema import Column

#: Batches of a harmonised table.
HARMONISED_BATCHES = replace(
    TREATMENTS,
    name="Batches of a harmonised table",
    file="TABLE.batches.csv",
    row="a batch, in a context and by one fit",
    columns=(
        Column("context", "text", "timepoint, sequence, region, variant and engine", missing="not stated"),
        Column("fit", "text", "`named`: fitted on named subjects; `fold-1` ...: on the other folds"),
        *TREATMENTS.columns,
    ),
    key=("context", "fit", *TREATMENTS.key),
    note="`nbradiomics harmonise` writes it beside its table.",
)
#: Rows that differ in these columns are harmonised apart; the readers of a context are harmonised together.
CONTEXT = ("timepoint", "sequence", "roi", "variant", "engine")
_NO_DECLARATION = Declaration()


class HarmonisedTable(NamedTuple):
    """A harmonised feature table.

    Attributes
    ----------
    table
        The rows and columns of the feature table, with harmonised features and the column `in_fit`.
    batches
        What was done with each batch: the table `HARMONISED_BATCHES`.
    features
        The features that were harmonised.
    sentences
        What was done, and possible mistakes.
    """

    table: pd.DataFrame
    batches: pd.DataFrame
    features: tuple[str, ...]
    sentences: tuple[str, ...]


@spread(harmonise=Harmonise, fitting=FittingSubjects)
def harmonise_table(
    features: pd.DataFrame,
    clinical: pd.DataFrame | None,
    harmonise: Harmonise,
    fitting: FittingSubjects,
    *,
    seed: int = 0,
    declared: Declaration = _NO_DECLARATION,
) -> HarmonisedTable:
    """Harmonise a feature table by estimates of named subjects, or of the other folds.

    Parameters
    ----------
    features
        Feature table with a column `subject`.
    clinical
        Clinical table with the batch columns and covariates, one row per subject; None if the feature table
        has the batches and there are no covariates. No outcome belongs among the covariates.
    harmonise
        What is harmonised, and how. Each field except `features` is also a keyword of this function:
        ``batch="site"``.
    fitting
        Whose rows estimate the batch effects; each field is also a keyword: ``fit_folds=5``.
    seed
        Seed of the folds of the cross-fitting.
    declared
        Declarations about the clinical columns.

    Raises
    ------
    InputError
        When a column cannot be used, all subjects would fit, or a batch is too small or unseen.

    Examples
    --------
    >>> sites = clinical.assign(site=["north", "south"] * 20)
    >>> done = harmonise_table(features, sites, batch="site", fit_folds=2)
    >>> done.table.shape == (80, 5), set(done.table["in_fit"])
    (True, {'no'})
    """
    require_subjects(features, clinical, harmonise.batch)
    batches, problems = read_batches(features, clinical, harmonise, declared=declared)
    subjects = features["subject"].astype(str)
    require_batches(batches, subjects.tolist(), harmonise)
    sites = dict(zip(subjects, batches[harmonise.batch[0]].astype(str), strict=True))
    plan = fitting_plan(subjects, fitting, seed=seed, sites=sites)
    _require_others(plan, fitted_subjects(features))
    own = subjects.isin(plan.parts[0].fitted_on if fitting.fit_on is not None else set(subjects))
    check_batches(batches[own], subjects[own].tolist(), harmonise)
    others = features.drop(columns=[name for name in batches if name in features])
    names = harmonised_features(choose_features(others).names, harmonise)
    values, notes = finite_values(features, names)
    changed, treatments, apart = _harmonised(features, values, batches, plan, harmonise)
    notes += [*_apart(apart), *impossible_values(values, changed), *confounded(batches[own], harmonise)]
    told = [problem.problem for problem in problems if problem.severity == "warning"]
    sentences = (*_other_parameters(features), *_sentences(plan, names, harmonise), *notes, *told)
    table = features.assign(**{name: changed[name] for name in names})
    return HarmonisedTable(with_fitted(table, plan.fitted), treatments, tuple(names), sentences)


def _harmonised(
    features: pd.DataFrame,
    values: pd.DataFrame,
    batches: pd.DataFrame,
    plan: FittingPlan,
    harmonise: Harmonise,
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Harmonise each context by the fit of each part of the plan.

    Returns
    -------
    changed
        Harmonised values.
    treatments
        What was done with each batch: the table `HARMONISED_BATCHES`.
    apart
        Features that were not harmonised as the others: the table `FEATURE_NOTES`, of all fits.
    """
    subjects = features["subject"].astype(str)
    changed, treatments, apart = values.copy(), [], []
    plain = {f"feature {number}": str(name) for number, name in enumerate(values)}
    table = _plain(features, values, batches)
    for context, rows in _contexts(features):
        for part in plan.parts:
            known = rows & subjects.isin(part.fitted_on).to_numpy()
            new = rows & subjects.isin(part.applied_to).to_numpy()
            if not new.any():
                continue
            combat = combat_of(harmonise).fit(table[known])
            found = combat.transform(table[new]).iloc[:, 1 : 1 + values.shape[1]]
            changed.loc[new] = found.to_numpy()
            apart.append(combat.feature_notes_.assign(feature=combat.feature_notes_["feature"].map(plain)))
            treatments.append(combat.treatments(table[new]).assign(context=context, fit=part.name))
    done = HARMONISED_BATCHES.table(pd.concat(treatments).to_dict("records"))
    return changed, done, pd.concat(apart)


def _other_parameters(features: pd.DataFrame) -> Iterator[str]:
    """Say if different settings of the features would be harmonised as if they were sites."""
    mixture = mixture_of_parameters(features)
    if mixture:
        yield (
            f"Caution: {mixture}. Harmonisation does not make them comparable: extract all with one "
            "parameter file."
        )


def _apart(notes: pd.DataFrame) -> Iterator[str]:
    """Say which features were not harmonised as the others in a fit, and why."""
    for note, part in notes.groupby("note", sort=True):
        names = part["feature"].unique()
        yield f"{counted(len(names), 'feature')} not harmonised as the others ({note}): {shortened(names)}."


def _require_others(plan: FittingPlan, earlier: set[str]) -> None:
    everybody = {name for part in plan.parts for name in part.applied_to}
    if plan.fitted and everybody <= plan.fitted | earlier:
        before = " or an earlier step (in_fit)" if earlier else ""
        raise InputError(
            f"all {len(everybody)} subjects would fit the harmonisation that is applied to them{before}, so "
            "that no model can be evaluated on any.",
            "Name a part of the subjects, or use cross-fitting: --fit-folds 5.",
        )


def _contexts(features: pd.DataFrame) -> Iterator[tuple[str, np.ndarray]]:
    """Rows of each timepoint, sequence, region, variant and engine."""
    columns = [name for name in CONTEXT if name in features]
    if not columns:
        yield "", np.ones(len(features), dtype=bool)
        return
    keys = features[columns].astype(str).agg(", ".join, axis=1)
    for key in sorted(keys.unique()):
        yield str(key), (keys == key).to_numpy()


def _plain(features: pd.DataFrame, values: pd.DataFrame, batches: pd.DataFrame) -> pd.DataFrame:
    """Subjects, features under plain names, so that all are taken, and batches."""
    plain = [f"feature {number}" for number in range(values.shape[1])]
    return pd.concat([features["subject"].astype(str), values.set_axis(plain, axis=1), batches], axis=1)


def _sentences(plan: FittingPlan, names: Sequence[str], harmonise: Harmonise) -> Iterator[str]:
    fitted = len(plan.parts[0].fitted_on)
    if plan.fitted:
        yield (
            f"{counted(len(names), 'feature')} were harmonised between the levels of "
            f"{', '.join(harmonise.batch)}, by the estimates of {counted(fitted, 'subject')} (in_fit: yes); "
            "outcome models are not evaluated on them."
        )
    else:
        yield (
            f"{counted(len(names), 'feature')} were harmonised between the levels of "
            f"{', '.join(harmonise.batch)} by cross-fitting: those of each of {len(plan.parts)} folds by the "
            "estimates of the others."
        )
    if plan.note:
        yield plan.note
