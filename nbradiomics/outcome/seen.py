"""Subjects on whom a result would be too good never enter an outcome model.

These are automatic masks of subjects that the segmentation model was trained on, and subjects whose own data
fitted what made their features.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import pandas as pd

from nbradiomics.cohort import in_fit
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
#: Reason why each subject was left out.
LeftOut = Mapping[str, str]
NOBODY: LeftOut = MappingProxyType({})


def without_seen_subjects(
    features: pd.DataFrame, reader: str | None
) -> tuple[pd.DataFrame, LeftOut, list[str]]:
    """Leave out automatic masks of training subjects, and subjects whose own data made their features.

    The parameters, the remaining rows and the sentences are those of `without_seen_masks`; the second value
    is the reason for each subject that was left out.

    Raises
    ------
    InputError
        When no automatic mask remains although automatic masks were requested, or no subject remains.
    """
    fitted = in_fit.fitted_subjects(features)
    total = features["subject"].astype(str).nunique() if fitted else 0
    if fitted and len(fitted) == total:
        raise InputError(
            f"all {total} subjects of the feature table fitted what made their features (column "
            f"{in_fit.COLUMN}).",
            "Fit on other subjects than those who are evaluated, or use cross-fitting (leave out `fit_on`).",
        )
    if fitted:
        features = features[~features["subject"].astype(str).isin(fitted)]
    remaining, seen, sentences = without_seen_masks(features, reader)
    reasons = {**dict.fromkeys(seen, REASON), **dict.fromkeys(fitted, in_fit.REASON)}
    told = in_fit.left_out_sentence(fitted, total)
    return remaining, reasons, [*sentences, *([told] if told else [])]


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


def with_reason(excluded: pd.DataFrame, left_out: LeftOut) -> pd.DataFrame:
    """Replace the reason of excluded subjects that were left out by `without_seen_subjects`."""
    return excluded.assign(reason=excluded["subject"].map(left_out).fillna(excluded["reason"]))
