"""What a table of reproducibility says, with its caution in the same line."""

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
#: How the interval of ICC(A,1) may be read.
LIMITS = (
    "The limits of ICC(A,1) hold for these readers: for them they cover the truth in 97 to 99 % where 95 "
    "% are meant. For readers in general they are too narrow: simulated with 50 subjects, 82 % with two "
    "readers, 86 % with three, 90 % with five."
)


def stable_text(table: pd.DataFrame) -> str:
    """How many features are stable and undefined, from how many subjects and readers, and what that is worth.

    Parameters
    ----------
    table
        Table of `assess_reproducibility`; one of an older version lacks ``readers`` and ``note``.
    """
    stable, undefined = int(table["stable"].sum()), int(table["icc"].isna().sum())
    return f"{stable} of {len(table)} features stable, {undefined} undefined{rests_on(table)}"


def rests_on(table: pd.DataFrame) -> str:
    """From how many subjects and readers a table comes, with the caution that this calls for."""
    if table.empty:
        return ""
    few = int(table["note"].astype(str).str.contains("are needed").sum()) if "note" in table else 0
    judged = f", {few} not judged ({_least(table)})" if few else ""
    subjects = counted(int(table["subjects"].max()), "subject")
    return f"{judged}. From {subjects}{_raters(table)}{_caution(table)}"


def training_sentences(features: pd.DataFrame, readers: Sequence[str] | None) -> list[str]:
    """Who is left out because the model was trained on them, and of whom that is not known.

    Parameters
    ----------
    features
        Feature table.
    readers
        Readers who are compared; without `auto` among them there is nothing to say.
    """
    if readers is None or AUTO not in readers:
        return []
    subjects = set(features.loc[features["reader"] == AUTO, "subject"].astype(str))
    seen, unknown = seen_subjects(features) & subjects, unknown_subjects(features)
    told = (
        left_out_sentence(seen, len(subjects)),
        unknown_sentence(unknown, len(subjects) - len(seen)),
    )
    return [text for text in told if text]


def _least(table: pd.DataFrame) -> str:
    return str(table.loc[table["note"].astype(str).str.contains("are needed"), "note"].iloc[0])


def _raters(table: pd.DataFrame) -> str:
    count = _readers(table)
    return "" if count is None else f" and {counted(count, 'reader')}"


def _readers(table: pd.DataFrame) -> int | None:
    if "readers" not in table or not len(table):
        return None
    return len(str(table["readers"].iloc[0]).split(", "))


def _caution(table: pd.DataFrame) -> str:
    """Few subjects and few readers: a caution in the same line as the number."""
    readers = _readers(table)
    few = []
    if len(table) and table["subjects"].max() < CAUTION_BELOW:
        few.append(f"fewer than {CAUTION_BELOW} subjects")
    if readers is not None and readers < _FEW_READERS:
        few.append("only two readers")
    return f" (caution: {' and '.join(few)}; others would give another choice)" if few else ""
