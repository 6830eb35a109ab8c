"""From two tables to the data of an evaluation: rows, features, stability rule, endpoint, covariates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nbradiomics.clinical import Endpoint
from nbradiomics.errors import InputError
from nbradiomics.harmonisation.batch_columns import check_batches
from nbradiomics.harmonisation.request import check_design
from nbradiomics.outcome.assembly import (
    OutcomeData,
    assemble,
    choose_rows,
    mixture_sentences,
    radiomic_columns,
)
from nbradiomics.outcome.seen import without_seen_subjects
from nbradiomics.outcome.settings import (
    AUTO,
    FIRTH,
    PENALISED,
    WITH_NUMBER,
    ModelSettings,
    OutcomeSettings,
    Predictors,
)
from nbradiomics.outcome.stability import Candidates, find_rule
from nbradiomics.outcome.survival_trees import require_survival_trees
from nbradiomics.outcome.without_region import without_region
from nbradiomics.tables import INDEX, FeatureChoice, RowsOfReader, require_single_names
from nbradiomics.tables.same_parameters import COLUMN as PARAMETERS, parameter_hashes

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Prepared:
    """Data of an evaluation, and what to say first.

    Attributes
    ----------
    data
        Subjects, columns and outcome.
    choice
        Which columns are features, and why.
    sentences
        What to say first: masks that were left out, rows of different readers.
    rows
        Values of the index columns in the chosen rows: engine, region, timepoint ...
    chosen
        Index columns of these rows, one row per subject.
    """

    data: OutcomeData
    choice: FeatureChoice
    sentences: tuple[str, ...]
    rows: Mapping[str, tuple[str, ...]]
    chosen: pd.DataFrame


def prepare(
    features: pd.DataFrame,
    clinical: pd.DataFrame,
    endpoint: Endpoint,
    predictors: Predictors,
    rows: RowsOfReader,
    stable: Sequence[str] | Candidates | None,
    settings: OutcomeSettings,
    *,
    folds: int,
) -> Prepared:
    """Prepare the data of an evaluation; `folds` decides how many events are needed.

    Raises
    ------
    InputError
        When the tables cannot be used, a feature is the outcome, there are too few subjects or events, or a
        setting has no meaning for this kind of outcome or model.
    """
    check_meaning(endpoint, settings)
    features, clinical = features.rename(columns=str), clinical.rename(columns=str)
    require_single_names(clinical.columns, "the clinical table")
    features, left_out, sentences = without_seen_subjects(features, rows.reader)
    chosen = choose_rows(features, rows.wanted())
    absent, said = without_region(features, chosen, rows.wanted())
    left_out, sentences = {**absent, **left_out}, [*sentences, *said]
    candidates = features.drop(columns=_batch_columns(features, predictors))
    choice = radiomic_columns(candidates, clinical, predictors.feature_names, endpoint)
    rule = find_rule(features, chosen, choice.names, stable=stable, settings=settings)
    data = assemble(
        chosen, clinical, choice.names, rule, endpoint, predictors, folds=folds, left_out=left_out
    )
    if data.harmonisation is not None:
        check_batches(data.harmonisation.batches, data.subjects, data.harmonisation.asked)
        check_design(data.harmonisation.batches, data.harmonisation.asked)
    told = (*sentences, *mixture_sentences(chosen), *_order_unused(data, endpoint, predictors))
    index = chosen[[name for name in INDEX if name in chosen]]
    return Prepared(data, choice, told, rows_of(chosen), index)


def _batch_columns(features: pd.DataFrame, predictors: Predictors) -> list[str]:
    """Columns of the feature table that are batches and no features."""
    return [name for name in features if predictors.harmonise and name in predictors.harmonise.batch]


def _order_unused(data: OutcomeData, endpoint: Endpoint, predictors: Predictors) -> Iterator[str]:
    if endpoint.target in predictors.ordinal and len(data.classes) > 2:
        yield (
            f"The order of the classes of {endpoint.target} is not used: each class is predicted against all "
            "others. For a model of the order, name the higher classes as positive."
        )


def rows_of(chosen: pd.DataFrame) -> dict[str, tuple[str, ...]]:
    """Values of the index columns, except for the subject, and of `parameters`, in some rows of features."""
    columns = [name for name in INDEX if name in chosen and name not in ("subject", "reading")]
    found = {name: tuple(sorted(set(chosen[name].astype(str)))) for name in columns}
    hashes = parameter_hashes(chosen)
    return {**found, PARAMETERS: hashes} if hashes else found


def check_meaning(endpoint: Endpoint, settings: ModelSettings) -> None:
    """Refuse settings that have no meaning for a kind of outcome or of model.

    Raises
    ------
    InputError
        When horizons are given for a target, penalties for Firth's method or trees, competing events for
        either, or trees for a time to an event without the package that they need.
    """
    if endpoint.target and settings.horizons:
        raise InputError(
            "horizons are points in time, and a target has no time.", "Leave out horizons for a target."
        )
    if "selected" in settings.model_fields_set and settings.selection not in (*WITH_NUMBER, AUTO):
        raise InputError(
            f"selected is {settings.selected}, but the selection {settings.selection} has no number.",
            f"Leave out selected, or choose {', '.join((*WITH_NUMBER, AUTO))}.",
        )
    if settings.method == PENALISED:
        return
    if endpoint.competing:
        raise InputError(
            f"the method {settings.method} knows no competing events.",
            "Use the method penalised. The endpoints of a study share one method: for another one, make a "
            "second study.",
        )
    if not endpoint.target and settings.method != FIRTH:
        require_survival_trees(settings.method)
    given = sorted({"penalizer", "l1_ratio", "covariate_penalizer"} & settings.model_fields_set)
    if given:
        why = (
            "Firth's method has a penalty of its own, of a fixed strength"
            if settings.method == FIRTH
            else f"trees ({settings.method}) have no penalty"
        )
        raise InputError(f"{', '.join(given)}: {why}.", "Leave it out, or use the method penalised.")
