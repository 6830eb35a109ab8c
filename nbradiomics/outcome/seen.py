"""Automatic masks of subjects that the model was trained on never enter an outcome model."""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd

from nbradiomics.cohort.in_training import (
    COLUMN,
    automatic_rows_of_seen,
    left_out_sentence,
    require_named_model,
    seen_subjects,
    unknown_sentence,
    unknown_subjects,
)
from nbradiomics.errors import InputError
from nbradiomics.tables import AUTO

REASON = "the model was trained on it"


def without_seen_masks(
    features: pd.DataFrame, reader: str | None
) -> tuple[pd.DataFrame, set[str], list[str]]:
    """Leave out the rows of automatic masks of subjects that the model was trained on.

    Parameters
    ----------
    features
        Feature table; without a column ``reader`` or ``subject`` it stays as it is, unless ``in_training``
        says of a row that it is a seen one.
    reader
        Whose masks the outcome models take, where that is said.

    Returns
    -------
    features
        The rows that are left.
    seen
        Subjects whose automatic masks were left out of the outcome models, not only of the readers' ratings.
    told
        What must be said first: how many, and of how many it is not known.

    Raises
    ------
    InputError
        When no automatic mask is left, and these were asked for.
    """
    require_named_model(features)
    automatic = (
        features["reader"] == AUTO if "reader" in features else pd.Series(COLUMN in features, features.index)
    )
    if "subject" not in features or not automatic.any():
        return features, set(), []
    own = reader in (None, AUTO)
    subjects = set(features.loc[automatic, "subject"].astype(str))
    seen = seen_subjects(features) & subjects
    left = features[~automatic_rows_of_seen(features)]
    if not own:
        return left, set(), []
    if seen == subjects and (reader == AUTO or automatic.all()):
        raise InputError(
            f"the model was trained on all {len(subjects)} subjects with automatic masks.",
            "Take another reader's masks, or subjects that are new to the model.",
        )
    told = (
        left_out_sentence(seen, len(subjects)),
        unknown_sentence(unknown_subjects(left), len(subjects) - len(seen)),
    )
    return left, seen, [text for text in told if text]


def with_reason(excluded: pd.DataFrame, seen: Collection[str]) -> pd.DataFrame:
    """Say of excluded subjects whose mask the model knew beforehand that this is why."""
    return excluded.assign(reason=excluded["reason"].mask(excluded["subject"].isin(seen), REASON))
