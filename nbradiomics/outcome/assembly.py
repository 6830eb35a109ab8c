"""Join a feature table and a clinical table to the subjects, columns and endpoint of an evaluation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from nbradiomics.clinical import (
    COMPETING_EVENT,
    Description,
    Endpoint,
    EndpointReading,
    TargetReading,
    declaration_problems,
    describe,
    read_covariates,
    read_reading,
    read_target,
)
from nbradiomics.errors import AmbiguousError, InputError
from nbradiomics.messages.problem import raise_errors
from nbradiomics.messages.suggestion import did_you_mean
from nbradiomics.messages.wording import tally
from nbradiomics.outcome.harmonisation import Harmonisation, read_harmonisation, refuse_outcome
from nbradiomics.outcome.seen import NOBODY, LeftOut, with_reason
from nbradiomics.outcome.settings import Predictors
from nbradiomics.outcome.site_column import read_sites
from nbradiomics.outcome.solvers import survival_array
from nbradiomics.outcome.stability import StabilityRule
from nbradiomics.outcome.subject_schemas import EXCLUDED
from nbradiomics.tables import INDEX, FeatureChoice, choose_features, select
from nbradiomics.tables.same_parameters import partly_stated, require_one_hash

MINIMUM_SUBJECTS = 10
EVENTS_PER_FOLD = 2
SHOWN = 5
#: Features that are the volume of the region, the preferred one first.
VOLUMES = (
    "original_shape_MeshVolume",
    "original_shape_VoxelVolume",
    "original_morph_volume",
    "original_morph_vol_approx",
)


class TooFewError(InputError):
    """There are too few subjects, events or subjects of a class for the models."""


@dataclass(frozen=True)
class OutcomeData:
    """Data to which the models are fitted.

    Attributes
    ----------
    frame
        Features and covariates, one row per subject; the index is ``subject``, sorted.
    y
        Outcome in the order of `frame`: a time to an event as :func:`nbradiomics.outcome.survival_array`
        shapes it, or the number of the class among `classes`.
    radiomic
        Columns of `frame` that are features.
    numeric, categorical
        Columns of `frame` that are covariates.
    stability
        How stable features are found.
    excluded
        ``subject, reason`` of each subject that is in one of the tables and is not analysed.
    description
        How the clinical columns were read.
    volume
        Column of `frame` with the volume of the region; None if the feature table has none.
    classes
        Names of the classes of a target, the positive one of two last; empty for a time to an event.
    sites
        Site of each subject, shape (subjects,), if each site is held out once.
    harmonisation
        Batches of the subjects, if features are harmonised in each fold.
    """

    frame: pd.DataFrame
    y: np.ndarray
    radiomic: tuple[str, ...]
    numeric: tuple[str, ...]
    categorical: tuple[str, ...]
    stability: StabilityRule
    excluded: pd.DataFrame
    description: Description = field(default_factory=Description)
    volume: str | None = None
    classes: tuple[str, ...] = ()
    sites: np.ndarray | None = None
    harmonisation: Harmonisation | None = None

    @property
    def subjects(self) -> list[str]:
        """Names of the subjects, in the order of all arrays."""
        return [str(subject) for subject in self.frame.index]

    @property
    def models(self) -> tuple[str, ...]:
        """Names of the models that these columns allow."""
        clinical, combined = (("clinical",), ("combined",)) if self.numeric or self.categorical else ((), ())
        volume = ("volume",) if self.volume else ()
        return (*clinical, *volume, "radiomic", *combined)

    @property
    def blocks(self) -> dict[str, tuple[str, ...]]:
        """Columns of `frame` by what they are."""
        return {
            "radiomic": self.radiomic,
            "volume": (self.volume,) if self.volume else (),
            "numeric": self.numeric,
            "categorical": self.categorical,
        }

    @property
    def candidates(self) -> tuple[int, int]:
        """Number of columns of features and of covariates that a model could have, before any filter."""
        listed = self.stability.stable
        there = [name for name in self.radiomic if self.frame[name].notna().any()]
        features = len(there) if listed is None else len(set(listed) & set(there))
        levels = sum(max(1, self.frame[name].nunique() - 1) for name in self.categorical)
        return features, len(self.numeric) + levels

    def with_outcome(self, y: np.ndarray) -> OutcomeData:
        """Return the same subjects and columns with another endpoint."""
        return replace(self, y=y)

    def with_columns(self, columns: pd.DataFrame) -> OutcomeData:
        """Return the same subjects with other values of some columns, in the order of the subjects."""
        frame = self.frame.copy()
        frame[[str(name) for name in columns]] = columns.to_numpy()
        return replace(self, frame=frame)

    def drawn(self, places: np.ndarray) -> OutcomeData:
        """Return a sample of the subjects, in which one may be several times; `places` has its positions."""
        sites = None if self.sites is None else self.sites[places]
        return replace(self, frame=self.frame.iloc[places], y=self.y[places], sites=sites)


def choose_rows(features: pd.DataFrame, wanted: Mapping[str, object]) -> pd.DataFrame:
    """Choose the rows of a feature table that the outcome models use, one per subject.

    Raises
    ------
    InputError
        When the table lacks subjects, no row matches, or the rows were made with different parameters.
    AmbiguousError
        When a subject would have several rows; the message lists the choices.
    """
    if "subject" not in features:
        first_columns = ", ".join(map(str, features.columns[:SHOWN]))
        raise InputError(
            f"the feature table has no column 'subject'; it begins with {first_columns}.",
            f"{did_you_mean('subject', map(str, features.columns))}Name the subjects' column 'subject'.",
        )
    blank = int((features["subject"].isna() | (features["subject"].astype(str) == "")).sum())
    if blank:
        raise InputError(
            f"{blank} rows of the feature table name no subject.", "Name the subject of every row."
        )
    requested = {column: value for column, value in wanted.items() if value is not None}
    chosen = select(features, **requested)
    # Two engines are never mixed, even if each subject has one row.
    chosen = select(chosen, engine=wanted.get("engine"))
    if chosen["subject"].duplicated().any():
        chosen = select(
            chosen, **wanted
        )  # several rows of a subject: the error names the columns to choose in
    names = chosen["subject"].astype(str)
    twice = names[names.duplicated()].unique()
    if len(twice):
        raise AmbiguousError(
            f"{len(twice)} subjects have several rows of features, for example {twice[0]}; the index columns "
            f"({', '.join(column for column in INDEX[1:] if column in chosen) or 'there are none'}) "
            "do not distinguish them.",
            "Keep one row per subject, or add the index column in which the rows differ.",
        )
    require_one_hash(chosen)
    return chosen


def mixture_sentences(chosen: pd.DataFrame) -> list[str]:
    """Say whether the rows of the subjects are of several readers, timepoints or sequences."""
    silent = partly_stated(chosen)
    sentences = [silent] if silent else []
    for column in ("reader", "timepoint", "sequence"):
        counts = chosen[column].astype(str).value_counts().to_dict() if column in chosen else {}
        if len(counts) > 1:
            rows = tally((str(name), int(count)) for name, count in counts.items())
            sentences.append(
                f"Different subjects have rows of different {column}s, one row per subject: {rows}."
            )
    return sentences


def radiomic_columns(
    features: pd.DataFrame, clinical: pd.DataFrame, patterns: Sequence[str], endpoint: Endpoint
) -> FeatureChoice:
    """Choose the features, and check that none is an outcome or a clinical column.

    Parameters
    ----------
    features, clinical
        The tables.
    patterns
        Which columns are features; see :func:`nbradiomics.tables.choose_features`.
    endpoint
        Columns of the endpoint.

    Raises
    ------
    InputError
        When there is no feature, or a column has the name of the endpoint or of a clinical column.
    """
    endpoint_columns = {name.casefold() for name in endpoint.columns}
    leaking = [str(name) for name in features.columns if str(name).casefold() in endpoint_columns]
    if leaking:
        raise InputError(
            f"the feature table contains the outcome itself: {', '.join(leaking)}.",
            "Remove these columns: a model that sees them predicts nothing.",
        )
    choice = choose_features(features, patterns)
    shared = [name for name in choice.names if name in clinical]
    if shared:
        raise InputError(
            f"columns are in both the feature table and the clinical table: {', '.join(shared)}.",
            "Rename or remove them in one of the two, so that it is clear which are features.",
        )
    if not choice.names:
        raise InputError("the feature table contains no numeric feature.", "Give a table of features.")
    return choice


def assemble(
    chosen: pd.DataFrame,
    clinical: pd.DataFrame,
    names: Sequence[str],
    stability: StabilityRule,
    rule: Endpoint,
    predictors: Predictors,
    *,
    folds: int,
    left_out: LeftOut = NOBODY,
) -> OutcomeData:
    """Join features, covariates and endpoint, and record which subjects are left out and why.

    Infinite values count as missing. `left_out` has the reason for each subject whose rows were left out
    before. The subjects are sorted by name, so the order of rows in the tables does not matter.

    Raises
    ------
    InputError
        When the endpoint or a covariate cannot be used, or when too few subjects or events remain.
    """
    covariates = predictors.covariates
    used = (*covariates, *rule.columns, *filter(None, [predictors.leave_out]))
    used += predictors.harmonise.columns if predictors.harmonise else ()
    doubts = list(declaration_problems(clinical, predictors, used, file="clinical table"))
    raise_errors(doubts)
    endpoint = (read_target if rule.target else read_reading)(clinical, rule, predictors)
    read = read_covariates(clinical, covariates, taken=rule.columns, declared=predictors)
    values = _numbers(chosen, names)
    sites, site_problems = read_sites(clinical, predictors, rule)
    excluded = with_reason(_excluded(values, endpoint, rule, sites), left_out)
    table = endpoint.table
    subjects = sorted((set(values.index) & set(table.index)) - set(excluded["subject"]))
    classes = endpoint.classes if isinstance(endpoint, TargetReading) else ()
    _check_numbers(table.loc[subjects], classes, folds, excluded)
    volume = _volume(chosen, names, clinical)
    parts = [values, read.numeric, read.categorical]
    if volume and volume not in names:
        parts.append(_numbers(chosen, [volume]))
    frame = pd.concat([part.loc[subjects] for part in parts], axis=1)
    for column in (*read.numeric, *read.categorical):
        if frame[column].isna().all():
            raise InputError(
                f"covariate {column!r} is missing in all {len(subjects)} subjects.", "Leave it out."
            )
    y = outcome_array(table.loc[subjects], rule)
    harmonisation, batch_problems = read_harmonisation(chosen, clinical, names, rule, predictors, subjects)
    if harmonisation is not None:
        refuse_outcome(harmonisation.batches, harmonisation.asked, y, rule)
    doubts += [*endpoint.problems, *read.warnings, *site_problems, *batch_problems]
    return OutcomeData(
        frame=frame,
        y=y,
        radiomic=tuple(names),
        numeric=tuple(read.numeric.columns),
        categorical=tuple(read.categorical.columns),
        stability=stability,
        excluded=excluded,
        description=describe(
            read.columns, endpoint, rule, doubts, table.index.get_indexer(pd.Index(subjects))
        ),
        volume=volume,
        classes=classes,
        sites=None if sites is None else sites[subjects].to_numpy(dtype=object),
        harmonisation=harmonisation,
    )


def outcome_array(table: pd.DataFrame, rule: Endpoint) -> np.ndarray:
    """Turn the table of an endpoint without missing values into the `y` of `OutcomeData`."""
    if "class" in table:
        return table["class"].to_numpy(dtype=np.intp)
    competing = table["event"] == COMPETING_EVENT if rule.competing else None
    return survival_array(table["time"], table["event"] == 1, competing)


def _numbers(chosen: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    values = chosen[list(names)].astype("float64").replace([np.inf, -np.inf], np.nan)
    values.index = pd.Index(chosen["subject"].astype(str), name="subject")
    return values


def _volume(chosen: pd.DataFrame, names: Sequence[str], clinical: pd.DataFrame) -> str | None:
    """Find the column of the volume, unless it is the only feature or a clinical column.

    Its name may follow that of the region (`GTV_original_shape_MeshVolume`), if there is one such column.
    """
    known = [str(name) for name in chosen if name not in clinical]
    there = []
    for volume in VOLUMES:
        found = [name for name in known if name.endswith(volume)]
        if volume in found or len(found) == 1:
            there.append(volume if volume in found else found[0])
    numbers = [name for name in there if pd.api.types.is_numeric_dtype(chosen[name])]
    return numbers[0] if numbers and list(names) != numbers[:1] else None


def _excluded(
    values: pd.DataFrame,
    endpoint: EndpointReading | TargetReading,
    rule: Endpoint,
    sites: pd.Series | None,
) -> pd.DataFrame:
    table = endpoint.table
    empty = set(values.index[values.isna().all(axis=1)])
    zero = set()
    if isinstance(endpoint, EndpointReading):
        zero = set(table.index[endpoint.zero.to_numpy() & table["time"].isna().to_numpy()])
    parts = dict(zip(table.columns, rule.columns, strict=True))
    rows = []
    for subject in sorted(set(values.index) | set(table.index)):
        reasons = []
        if subject not in values.index:
            reasons.append("no row of features")
        elif subject in empty:
            reasons.append("no feature has a value")
        if subject not in table.index:
            reasons.append("not in the clinical table")
        else:
            outcome = table.loc[subject]
            for part, name in parts.items():
                why = "0" if part == "time" and subject in zero else "missing"
                reasons += [f"{name} is {why}"] if np.isnan(outcome[part]) else []
            reasons += [f"{sites.name} is missing"] if sites is not None and pd.isna(sites[subject]) else []
        if reasons:
            rows.append({"subject": subject, "reason": "; ".join(reasons)})
    return EXCLUDED.table(rows)


def _check_numbers(outcome: pd.DataFrame, classes: Sequence[str], folds: int, excluded: pd.DataFrame) -> None:
    subjects, (found, smallest) = len(outcome), rarest(outcome, classes)
    if subjects >= MINIMUM_SUBJECTS and smallest >= EVENTS_PER_FOLD * folds:
        return
    reasons = "; ".join(f"{count} x {why}" for why, count in excluded["reason"].value_counts().items())
    each = "of each class" if "class" in outcome else "events"
    asks, fewer = (f"{folds} folds need", "use fewer folds, ") if folds > 1 else ("a result needs", "")
    raise TooFewError(
        f"{subjects} subjects with {found} remain; {asks} at least {MINIMUM_SUBJECTS} "
        f"subjects and {EVENTS_PER_FOLD * folds} {each}. Left out: {reasons or 'none'}.",
        f"Add subjects, {fewer}or check that the subjects' names are the same in both tables.",
    )


def rarest(outcome: pd.DataFrame, classes: Sequence[str]) -> tuple[str, int]:
    """Say how many events, or subjects of each class, there are, and give the smallest number."""
    if "class" not in outcome:
        events = int((outcome["event"] == 1).sum())
        return f"{events} events", events
    counts = {name: int((outcome["class"] == number).sum()) for number, name in enumerate(classes)}
    listed = ", ".join(f"{count} x {name!r}" for name, count in counts.items()) or "no class"
    return listed, min(counts.values()) if len(counts) > 1 else 0
