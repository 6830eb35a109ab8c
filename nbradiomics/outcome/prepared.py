"""From two tables to the data of an evaluation: rows, features, stability rule, endpoint, covariates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nbradiomics.clinical import Endpoint
from nbradiomics.outcome.assembly import (
    OutcomeData,
    assemble,
    choose_rows,
    mixture_sentences,
    radiomic_columns,
)
from nbradiomics.outcome.seen import without_seen_masks
from nbradiomics.outcome.settings import OutcomeSettings, Predictors
from nbradiomics.outcome.stability import find_rule
from nbradiomics.tables import FeatureChoice, RowsOfReader, require_single_names

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
    """

    data: OutcomeData
    choice: FeatureChoice
    sentences: tuple[str, ...]


def prepare(
    features: pd.DataFrame,
    clinical: pd.DataFrame,
    endpoint: Endpoint,
    predictors: Predictors,
    rows: RowsOfReader,
    stable: Sequence[str] | None,
    settings: OutcomeSettings,
    *,
    folds: int,
) -> Prepared:
    """Prepare the data of an evaluation; `folds` decides how many events are needed.

    Raises
    ------
    InputError
        When the tables cannot be used, a feature is the outcome, or there are too few subjects or events.
    """
    features, clinical = features.rename(columns=str), clinical.rename(columns=str)
    require_single_names(clinical.columns, "the clinical table")
    features, seen, sentences = without_seen_masks(features, rows.reader)
    chosen = choose_rows(features, rows.wanted())
    choice = radiomic_columns(features, clinical, predictors.feature_names, endpoint)
    rule = find_rule(features, chosen, choice.names, stable=stable, settings=settings)
    data = assemble(chosen, clinical, choice.names, rule, endpoint, predictors, folds=folds, seen=seen)
    return Prepared(data, choice, (*sentences, *mixture_sentences(chosen)))
