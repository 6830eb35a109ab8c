"""Summary lines of a table of reproducibility, with a caution in the same line."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from nbradiomics.cohort.in_training import (
    left_out_sentence,
    seen_subjects,
    unknown_sentence,
    unknown_subjects,
)
from nbradiomics.messages.wording import counted
from nbradiomics.reproducibility.stability import CAUTION_BELOW
from nbradiomics.tables import AUTO

_FEW_READERS = 3
#: How to read the interval of ICC(A,1).
LIMITS = (
    "The limits of ICC(A,1) are valid for these readers: 95 % intervals cover the true value in 97 to 99 %. "
    "For readers in general they are too narrow: in simulations with 50 subjects they cover it in 82 % with "
    "two readers, 86 % with three, 90 % with five."
)


def stable_text(table: pd.DataFrame) -> str:
    """Write the numbers of stable and undefined features, of subjects and of readers, with a caution.

    Parameters
    ----------
    table
        Table of `assess_reproducibility`; tables of older versions lack ``readers`` and ``note``.
    """
    stable, undefined = int(table["stable"].sum()), int(table["icc"].isna().sum())
    return f"{stable} of {len(table)} features stable, {undefined} undefined{rests_on(table)}"


def rests_on(table: pd.DataFrame) -> str:
    """Write the numbers of subjects and readers of a table, with a caution if they are small."""
    if table.empty:
        return ""
    few = int(table["note"].astype(str).str.contains("are needed").sum()) if "note" in table else 0
    judged = f", {few} not judged ({_minimum(table)})" if few else ""
    subjects = counted(int(table["subjects"].max()), "subject")
    return f"{judged}. From {subjects}{_raters(table)}{_caution(table)}"


def training_sentences(features: pd.DataFrame, readers: Sequence[str] | None) -> list[str]:
    """Say which subjects are left out because the model was trained on them, and for which this is unknown.

    Parameters
    ----------
    features
        Feature table.
    readers
        Compared readers; without `auto` there are no sentences.
    """
    if readers is None or AUTO not in readers:
        return []
    subjects = set(features.loc[features["reader"] == AUTO, "subject"].astype(str))
    seen, unknown = seen_subjects(features) & subjects, unknown_subjects(features)
    sentences = (
        left_out_sentence(seen, len(subjects)),
        unknown_sentence(unknown, len(subjects) - len(seen)),
    )
    return [text for text in sentences if text]


def _minimum(table: pd.DataFrame) -> str:
    return str(table.loc[table["note"].astype(str).str.contains("are needed"), "note"].iloc[0])


def _raters(table: pd.DataFrame) -> str:
    count = _readers(table)
    return "" if count is None else f" and {counted(count, 'reader')}"


def _readers(table: pd.DataFrame) -> int | None:
    if "readers" not in table or not len(table):
        return None
    return len(str(table["readers"].iloc[0]).split(", "))


def _caution(table: pd.DataFrame) -> str:
    """Write a caution if there are few subjects or few readers."""
    readers = _readers(table)
    few = []
    if len(table) and table["subjects"].max() < CAUTION_BELOW:
        few.append(f"fewer than {CAUTION_BELOW} subjects")
    if readers is not None and readers < _FEW_READERS:
        few.append("only two readers")
    return (
        f" (caution: {' and '.join(few)}; other subjects or readers would give other features)" if few else ""
    )
