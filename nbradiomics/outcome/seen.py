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
        Feature table. Without a column ``subject`` it stays unchanged. Without a column ``reader`` its rows
        count as automatic masks if there is a column ``in_training``.
    reader
        Reader whose masks the outcome models use; ``None`` if none was chosen.

    Returns
    -------
    features
        The remaining rows.
    seen
        Subjects whose automatic masks were left out of the outcome models, not only of the readers' ratings.
    sentences
        Sentences to report first: how many were left out, and for how many it is unknown.

    Raises
    ------
    InputError
        When no automatic mask remains although automatic masks were requested.
    """
    require_named_model(features)
    automatic = (
        features["reader"] == AUTO if "reader" in features else pd.Series(COLUMN in features, features.index)
    )
    if "subject" not in features or not automatic.any():
        return features, set(), []
    uses_automatic = reader in (None, AUTO)
    subjects = set(features.loc[automatic, "subject"].astype(str))
    seen = seen_subjects(features) & subjects
    remaining = features[~automatic_rows_of_seen(features)]
    if not uses_automatic:
        return remaining, set(), []
    if seen == subjects and (reader == AUTO or automatic.all()):
        raise InputError(
            f"the model was trained on all {len(subjects)} subjects with automatic masks.",
            "Use the masks of another reader, or subjects that are new to the model.",
        )
    sentences = (
        left_out_sentence(seen, len(subjects)),
        unknown_sentence(unknown_subjects(remaining), len(subjects) - len(seen)),
    )
    return remaining, seen, [text for text in sentences if text]


def with_reason(excluded: pd.DataFrame, seen: Collection[str]) -> pd.DataFrame:
    """Replace the reason of excluded subjects that the model was trained on."""
    return excluded.assign(reason=excluded["reason"].mask(excluded["subject"].isin(seen), REASON))
