"""Features that are stable across readers, and the rule that decides it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from nbradiomics.cohort.components import is_component, refuse_components
from nbradiomics.errors import AmbiguousError, InputError
from nbradiomics.messages.wording import counted, share
from nbradiomics.outcome.settings import OutcomeSettings
from nbradiomics.reproducibility import CAUTION_BELOW, StabilitySettings
from nbradiomics.reproducibility.statistics.table import icc_of
from nbradiomics.tables import AUTO

if TYPE_CHECKING:
    import pandas as pd

#: Koo and Li 2016 judge the ICC by its 95 % interval; the level of other intervals does not change this.
ICC_CONFIDENCE = 0.95
#: Form of the ICC between readers, if none is stated.
_FORM = "A,1"
#: Columns with the same values in the readers' rows and in the rows of the outcome model.
CONTEXT = ("timepoint", "sequence", "roi", "variant", "engine", "reading")


@dataclass(frozen=True)
class Ratings:
    """Feature values from the masks of several readers, for subjects that all of them measured.

    Attributes
    ----------
    values
        Shape (features, subjects, readers); missing values are nan.
    features, subjects, readers
        Labels of the axes.
    """

    values: np.ndarray
    features: tuple[str, ...]
    subjects: tuple[str, ...]
    readers: tuple[str, ...]

    def of(self, subjects: Sequence[str] | pd.Index, features: Sequence[str] | pd.Index) -> Ratings:
        """Return the ratings of these subjects and features, as far as they exist.

        A subject that is named several times, as in a bootstrap sample, counts as often.
        """
        wanted, named = Counter(subjects), set(features)
        rows = [place for place, subject in enumerate(self.subjects) for _ in range(wanted[subject])]
        columns = [place for place, feature in enumerate(self.features) if feature in named]
        return Ratings(
            values=self.values[np.ix_(columns, rows, range(len(self.readers)))],
            features=tuple(self.features[place] for place in columns),
            subjects=tuple(self.subjects[place] for place in rows),
            readers=self.readers,
        )


@dataclass(frozen=True)
class Candidates:
    """A list of stable features that does not replace the filter of each fold: both apply.

    Attributes
    ----------
    names
        The features; none if the list is empty.
    text
        How the list was made, in a sentence.
    """

    names: tuple[str, ...]
    text: str


@dataclass(frozen=True)
class StabilityRule:
    """How stable features are found: by a list, by the ICC inside each fold, by both, or not at all.

    Attributes
    ----------
    kind
        ``list``, ``icc``, ``both`` or ``none``.
    text
        The rule in a sentence.
    stable
        The listed features that are in the table, for ``list`` and ``both``.
    absent
        The listed features that the table lacks.
    ratings
        The readers' values, for ``icc`` and ``both``.
    """

    kind: str
    text: str
    stable: tuple[str, ...] | None = None
    absent: tuple[str, ...] = ()
    ratings: Ratings | None = None


def stable_features(ratings: Ratings, criteria: StabilitySettings) -> list[str]:
    """Return the features whose lower 95 % limit of the ICC reaches the threshold.

    A feature is not stable if its limit is undefined, or if all readers measured it in fewer than the
    fewest subjects: two subjects with equal ratings would have an ICC of 1.
    """
    if not ratings.features:
        return []
    result = icc_of(ratings.values, criteria.form or _FORM, criteria.changed(confidence=ICC_CONFIDENCE))
    # A comparison with nan is false: an undefined limit does not pass.
    enough = np.asarray(result.subjects) >= criteria.min_subjects
    passed = (np.asarray(result.low) >= criteria.threshold) & enough
    return [name for name, good in zip(ratings.features, passed, strict=True) if good]


def without_candidates(rule: StabilityRule) -> list[str]:
    """Say that a list of stable features left none, in at most one sentence."""
    if rule.stable is None or rule.stable:
        return []
    sentence = (
        "No feature is on the list of stable features, so the radiomic model contains none: a comparison "
        "with it says nothing about features."
    )
    return [sentence]


def listed_rule(stable: Sequence[str], features: Sequence[str]) -> StabilityRule:
    """Make the rule for a list of stable features.

    Raises
    ------
    InputError
        When the list names features and the table contains none of them.
    """
    present = tuple(name for name in features if name in set(stable))
    absent = tuple(dict.fromkeys(name for name in stable if name not in set(features)))
    if stable and not present:
        raise InputError(
            f"none of the {len(absent)} stable features is in the feature table; the first is {absent[0]!r}.",
            "Give a list made from the same kind of features.",
        )
    text = (
        f"Candidates: {counted(len(present), 'feature')} of a given list of stable features. If the list was "
        "made from these subjects, it has seen the features, but not the outcomes, of the held-out subjects."
    )
    if absent:
        text += (
            f" The feature table lacks {counted(len(absent), 'feature')} of the list: {', '.join(absent)}."
        )
    return StabilityRule("list", text, stable=present, absent=absent)


def rated_rule(
    table: pd.DataFrame, chosen: pd.DataFrame, features: Sequence[str], settings: OutcomeSettings
) -> StabilityRule:
    """Make the rule for the readers' agreement, from a feature table with rows of several readers.

    Parameters
    ----------
    table
        The whole feature table.
    chosen
        Rows of the outcome model, one per subject.
    features
        Names of the features.
    settings
        Readers to compare, threshold of the ICC, smallest number of subjects that all readers measured.
    """
    readers, min_subjects = settings.stability_readers, settings.min_subjects
    if readers is not None and (len(set(readers)) < 2 or len(set(readers)) < len(readers)):
        raise InputError(
            f"the stability readers are {', '.join(readers) or 'none'}; two different readers or more were "
            "expected.",
            "Name two different readers or more.",
        )
    if "roi" in chosen and chosen["roi"].map(is_component).any():
        if readers is not None:
            refuse_components(chosen["roi"])
        text = (
            "No stability filter: it is unknown which components of two readers' masks are the same lesion."
        )
        return StabilityRule("none", text)
    names = _raters(table, chosen) if readers is None else list(readers)
    if len(names) < 2:
        seen = f"only the masks of {names[0]}" if names else "no masks of other readers"
        text = f"No stability filter: the feature table contains {seen}."
        return StabilityRule("none", text)
    ratings = _of_enough_subjects(_ratings(table, chosen, features, names), min_subjects)
    if readers is None and not ratings.subjects:
        text = f"No stability filter: no subject was measured by all of {', '.join(names)}."
        return StabilityRule("none", text)
    text = (
        f"A feature was stable in a fold if the lower {share(ICC_CONFIDENCE)} limit of {icc_text(settings)} "
        f"among the readers {', '.join(names)} reached {settings.icc_threshold:g} in that fold's "
        f"training subjects alone ({len(ratings.subjects)} subjects were measured by all of "
        f"them{_caution(len(ratings.subjects))}; a feature needs {min_subjects})."
    )
    return StabilityRule("icc", text, ratings=ratings)


def _of_enough_subjects(ratings: Ratings, minimum: int) -> Ratings:
    """Blank the features that all readers measured in too few subjects: their agreement is not assessed."""
    rated = np.isfinite(ratings.values).all(axis=2).sum(axis=1)
    values = np.where((rated < minimum)[:, None, None], np.nan, ratings.values)
    return replace(ratings, values=values)


def icc_text(settings: OutcomeSettings) -> str:
    """Name the ICC that decides, and the readers that its limit is valid for if they are not these."""
    general = " (for readers in general)" if settings.readers_in_general else ""
    return f"ICC({settings.icc_form}){general}"


def _caution(subjects: int) -> str:
    return f"; fewer than {CAUTION_BELOW}: read it with caution" if subjects < CAUTION_BELOW else ""


def _raters(table: pd.DataFrame, chosen: pd.DataFrame) -> list[str]:
    if "reader" not in table:
        return []
    readers = set(chosen["reader"].astype(str))
    same = _same_context(table, chosen)
    return [
        name for name in sorted(set(same["reader"].dropna().astype(str))) if name != AUTO or AUTO in readers
    ]


def _same_context(table: pd.DataFrame, chosen: pd.DataFrame) -> pd.DataFrame:
    for column in CONTEXT:
        if column in table:
            table = table[table[column].isin(chosen[column].unique())]
    return table


def _ratings(
    table: pd.DataFrame, chosen: pd.DataFrame, features: Sequence[str], readers: Sequence[str]
) -> Ratings:
    if "reader" not in table:
        raise InputError("the feature table has no column 'reader'.", "Name no stability readers.")
    rows = _same_context(table, chosen)
    rows = rows.assign(subject=rows["subject"].astype(str), reader=rows["reader"].astype(str))
    by_reader = [_rows_of(rows, name, features) for name in readers]
    shared = set.intersection(*(set(part.index) for part in by_reader)) & set(chosen["subject"].astype(str))
    subjects = sorted(shared)
    layers = [part.loc[subjects].to_numpy(dtype=np.float64).T for part in by_reader]
    values = np.stack(layers, axis=-1)
    values[~np.isfinite(values)] = np.nan
    return Ratings(values, tuple(features), tuple(subjects), tuple(readers))


def _rows_of(rows: pd.DataFrame, reader: str, features: Sequence[str]) -> Any:
    part = rows[rows["reader"] == reader].set_index("subject")[list(features)].dropna(how="all")
    if part.empty:
        readers = ", ".join(sorted(set(rows["reader"])))
        raise InputError(
            f"reader {reader!r} has no row that matches the rows of the outcome model.",
            f"Choose from: {readers}.",
        )
    if part.index.has_duplicates:
        twice = part.index[part.index.duplicated()][0]
        raise AmbiguousError(
            f"reader {reader!r} has several rows of subject {twice} to compare.",
            "Choose timepoint, sequence, roi, variant, engine and reading so that one row remains.",
        )
    return part


def find_rule(
    table: pd.DataFrame,
    chosen: pd.DataFrame,
    features: Sequence[str],
    *,
    stable: Sequence[str] | Candidates | None,
    settings: OutcomeSettings,
) -> StabilityRule:
    """Make the rule for a list (:func:`listed_rule`), for the readers (:func:`rated_rule`), or for both."""
    if isinstance(stable, Candidates):
        listed = listed_rule(stable.names, features)
        rated = rated_rule(table, chosen, features, settings)
        text = f"{stable.text} {listed.text} {rated.text}"
        kind = "list" if rated.ratings is None else "both"
        return replace(listed, kind=kind, text=text, ratings=rated.ratings)
    if isinstance(stable, str):
        raise InputError(f"stable is the text {stable!r}; a list was expected.", f"Give [{stable!r}].")
    if stable is not None and settings.stability_readers is not None:
        raise InputError(
            "both a list of stable features and stability readers were given.", "Give one of the two."
        )
    if stable is not None:
        return listed_rule(stable, features)
    return rated_rule(table, chosen, features, settings)
