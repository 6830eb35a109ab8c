"""Batches of the subjects of an evaluation, and the step that harmonises their features inside each fold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from nbradiomics.clinical import Declaration, Endpoint
from nbradiomics.errors import InputError
from nbradiomics.harmonisation.batch_columns import read_batches, require_batches
from nbradiomics.harmonisation.outcome_guard import MOST_EXPLAINED, explained_share
from nbradiomics.harmonisation.request import harmonised_features
from nbradiomics.harmonisation.settings import Harmonise
from nbradiomics.messages.problem import Problem
from nbradiomics.outcome.solvers import has_competing
from nbradiomics.outcome.suspicion import class_suspicions, suspicions

if TYPE_CHECKING:
    from nbradiomics.outcome.settings import Predictors


@dataclass(frozen=True, eq=False)
class Harmonisation:
    """What the harmonisation inside each fold needs to know.

    Attributes
    ----------
    asked
        Its settings.
    batches
        Batches and covariates, indexed by subject; see `read_batches`.
    features
        Features that are harmonised.
    rated
        Features to which the readers' ratings belong, indexed by subject, if those of the model are others,
        as those of a control: they decide which features are stable. None if they are those of the model.
    """

    asked: Harmonise
    batches: pd.DataFrame
    features: tuple[str, ...]
    rated: pd.DataFrame | None = None

    @property
    def described(self) -> list[object]:
        """Everything that changes a result, ready for JSON."""
        cells = [
            [None if pd.isna(cell) else cell for cell in row] for row in self.batches.to_numpy().tolist()
        ]
        subjects = [str(name) for name in self.batches.index]
        asked = self.asked.model_dump(mode="json", exclude={"site_effects"})
        rated = [] if self.rated is None else [pd.util.hash_pandas_object(self.rated).tolist()]
        return [asked, subjects, list(self.batches), cells, list(self.features), *rated]

    def of(self, subjects: Sequence[str] | pd.Index) -> pd.DataFrame:
        """Batches and covariates of some subjects, in their order; a subject may be named several times."""
        return self.batches.loc[list(subjects)]

    def with_others(self, other: Harmonisation) -> Harmonisation:
        """Add the subjects of another cohort."""
        return replace(self, batches=pd.concat([self.batches, other.batches[list(self.batches)]]))


def read_harmonisation(
    chosen: pd.DataFrame,
    clinical: pd.DataFrame,
    names: Sequence[str],
    endpoint: Endpoint,
    predictors: Predictors,
    subjects: Sequence[str],
) -> tuple[Harmonisation | None, list[Problem]]:
    """Read the batches of the subjects that are analysed, and warnings; None if nothing is harmonised.

    Parameters
    ----------
    chosen
        Rows of the feature table, one per subject.
    clinical
        Clinical table.
    names
        The features.
    endpoint, predictors
        Columns of the outcome, and what was asked for.
    subjects
        Subjects that are analysed.

    Raises
    ------
    InputError
        As `read_batches`, when the batch of a subject is missing, or when no feature matches.
    """
    asked = predictors.harmonise
    if asked is None:
        return None, []
    rows = chosen[chosen["subject"].astype(str).isin(set(subjects))]
    batches, problems = read_batches(
        rows, clinical, asked, taken=endpoint.columns, declared=predictors.part(Declaration)
    )
    batches = batches.set_axis(pd.Index(rows["subject"].astype(str), name="subject")).loc[list(subjects)]
    require_batches(batches, subjects, asked)
    return Harmonisation(asked, batches, harmonised_features(names, asked)), problems


def refuse_outcome(batches: pd.DataFrame, asked: Harmonise, y: np.ndarray, endpoint: Endpoint) -> None:
    """Refuse batches and covariates whose content is the outcome.

    A harmonisation that keeps the effect of the outcome writes the outcome of every subject into its
    features.

    Parameters
    ----------
    batches
        Batches and covariates of the subjects with a known outcome.
    asked
        Names of the columns.
    y
        Their outcome, shape (subjects,).
    endpoint
        Columns of the outcome.

    Raises
    ------
    InputError
        When a column orders the subjects as the outcome does, or a covariate explains most of it.
    """
    # Neutral names: here the content decides, not what a name suggests.
    neutral = batches.set_axis([f"column {place}" for place in range(batches.shape[1])], axis=1)
    texts = [str(name) for name in neutral if not pd.api.types.is_numeric_dtype(neutral[name])]
    if endpoint.target:
        found = class_suspicions(neutral, y, texts)
    else:
        found = suspicions(neutral, y, texts, time=endpoint.time, event=endpoint.event)
    for place, name in enumerate(map(str, batches)):
        reasons = list(found.get(f"column {place}", ()))
        if name in asked.covariates:
            reasons += _explaining(batches[name], y, endpoint)
        if reasons:
            what = "batch" if name in asked.batch else "covariate of the harmonisation"
            raise InputError(
                f"the {what} {name} looks like the outcome ({'; '.join(reasons)}). Features that were "
                "harmonised with it would contain the outcome.",
                "Leave it out.",
            )


def _explaining(column: pd.Series, y: np.ndarray, endpoint: Endpoint) -> Iterator[str]:
    """Say which part of the outcome a covariate explains more of than one that was known at the scan can."""
    parts: dict[str, np.ndarray] = {}
    if endpoint.target:
        parts |= {f"a class of {endpoint.target}": (y == each).astype(np.float64) for each in np.unique(y)}
    else:
        time = rankdata(y["time"]).astype(np.float64)
        parts[endpoint.event] = y["event"].astype(np.float64)
        # Only with the event: a year of diagnosis goes honestly with the times of the censored.
        parts[f"{endpoint.time} of the subjects with the event"] = np.where(y["event"], time, np.nan)
        if has_competing(y):
            parts[f"the competing event of {endpoint.event}"] = y["competing"].astype(np.float64)
    for name, part in parts.items():
        share = explained_share(column, part)
        if share > MOST_EXPLAINED:
            yield (
                f"it explains {share:.0%} of the variance of {name}; {MOST_EXPLAINED:.0%} at most were "
                "expected of what is known at the scan"
            )
            return
