"""Summary lines of a table of reproducibility, with a caution in the same line."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from nbradiomics.cohort.in_training import (
    left_out_sentence,
    seen_subjects,
    unknown_sentence,
    unknown_subjects,
)
from nbradiomics.messages.wording import counted, percent
from nbradiomics.reproducibility.copies import copied
from nbradiomics.reproducibility.designs import Arrangement
from nbradiomics.reproducibility.levels import listed
from nbradiomics.reproducibility.reasons import TOO_FEW
from nbradiomics.reproducibility.schema import GENERALISED
from nbradiomics.reproducibility.stability import CAUTION_BELOW
from nbradiomics.tables import AUTO
from nbradiomics.tables.same_parameters import COLUMN as PARAMETERS

_FEW_READERS = 3
#: A feature that stays stable in this share of the samples would nearly always be stable in another study.
OFTEN = 0.95
#: How to read the interval of ICC(A,1) between readers.
LIMITS = (
    "The limits of ICC(A,1) are valid for these readers: 95 % intervals cover the true value of normally "
    "distributed features in 95 % or more. For readers in general they are too narrow: in simulations with "
    "50 subjects and readers who differ as much as the error, they cover it in 82 % with two readers, 85 % "
    "with three, 90 % with five."
)
#: How to read the generalised interval of an agreement form.
IN_GENERAL = (
    "The limits of ICC({form}) and of the repeatability coefficient are valid for {several} in general, of "
    "which these are a sample: in simulations 95 % intervals cover the true value in 94 to 96 %."
)
#: From this number of readers on the interval for readers in general is recommended.
ENOUGH_READERS = 5
_TOO_FEW_READERS = (
    f" With fewer than {ENOUGH_READERS} these limits are so wide that most reproducible features are not "
    "recognised."
)


def summary_sentences(
    table: pd.DataFrame, features: pd.DataFrame, arranged: Arrangement, written: str, threshold: float
) -> list[str]:
    """Say what was compared, who was left out, how many features are stable, and how to read the limits.

    Parameters
    ----------
    table
        Table of `assess_reproducibility`.
    features
        Feature table.
    arranged
        The compared rows.
    written
        Names of the written files.
    threshold
        Threshold of the lower limit.
    """
    masks = [arranged.reader] if arranged.reader else arranged.levels
    return [
        *([] if arranged.design.across == "reader" else [_compared(arranged)]),
        *training_sentences(features, masks),
        *_left_out(table, arranged),
        f"{stable_text(table)} -> {written}",
        *copied(features, arranged, list(table["feature"])),
        *_several_sites(arranged),
        *stays_text(table),
        *limits_text(table),
        *not_confirmed(table, threshold),
    ]


def not_confirmed(table: pd.DataFrame, threshold: float) -> list[str]:
    """Name the stable features whose CCC does not confirm the ICC: its limits assume no distribution."""
    if table.empty or not {"form", "interval", "ccc_low"} <= set(table.columns):
        return []  # a table of an earlier release
    if table["form"].iloc[0] not in ("1", "A,1"):
        return []  # the others are not about the same coefficient
    same = table["complete"] == table["subjects"] if "complete" in table else True
    doubtful = table[table["stable"] & same & ~(table["ccc_low"] >= threshold)]
    if doubtful.empty:
        return []
    names = listed(list(doubtful["feature"]))
    sentence = (
        f"Caution: for {len(doubtful)} of the stable features ({names}) the lower limit of the CCC is below "
        f"{threshold:g}. The limits of the ICC assume a normal distribution; those of the CCC do not."
    )
    return [sentence]


def stays_text(table: pd.DataFrame) -> list[str]:
    """Say how often the stable features stay stable in bootstrap samples; nothing without them."""
    if "stays" not in table or not table["stable"].any():
        return []
    share = table.loc[table["stable"], "stays"]
    sentence = (
        f"In bootstrap samples of the subjects, a stable feature stays stable in {percent(share.mean())} on "
        f"average; {int((share >= OFTEN).sum())} of {len(share)} in {percent(OFTEN)} or more (column stays)."
    )
    return [sentence]


def _left_out(table: pd.DataFrame, arranged: Arrangement) -> list[str]:
    """Name the subjects that never count, because they lack a row."""
    one_way = len(table) and table["form"].iloc[0] == "1"
    needed = 2 if one_way else len(arranged.levels)
    rows = np.bincount(arranged.subject_of_row, minlength=len(arranged.subjects))
    names = [name for name, count in zip(arranged.subjects, rows, strict=True) if count < needed]
    if not names:
        return []
    across = arranged.design.across
    lack = f"they have only one {across}" if one_way else f"they have no row of every {across}"
    return [f"{len(names)} of {counted(len(rows), 'subject')} do not count: {lack} ({listed(names)})."]


def _several_sites(arranged: Arrangement) -> list[str]:
    if not arranged.sites_differ:
        return []
    across = arranged.design.across
    sentence = (
        f"Caution: the site changes with the {across} in some subjects, so that the {across}s saw different "
        "images. Their differences contain those between sites."
    )
    return [sentence]


def _compared(arranged: Arrangement) -> str:
    design = arranged.design
    shown = listed(arranged.levels)
    reader = f", masks of {arranged.reader}" if arranged.reader else ""
    one = len(arranged.changing) == 1 and PARAMETERS not in arranged.changing
    verb = "differs" if one else "differ"
    also = f" Their {' and '.join(arranged.changing)} {verb} too." if arranged.changing else ""
    return f"{design.several.capitalize()} compared: {shown} ({len(arranged.levels)}){reader}.{also}"


def limits_text(table: pd.DataFrame) -> list[str]:
    """Return how to read the limits of the ICC, if there is something to know."""
    form = str(table["form"].iloc[0]) if "form" in table and len(table) else "A,1"
    if not form.startswith("A"):
        return []
    across = across_of(table)
    several = f"{across}s"
    if "interval" in table and len(table) and table["interval"].iloc[0] == GENERALISED:
        count = raters_of(table)
        few = count is not None and count < ENOUGH_READERS
        return [IN_GENERAL.format(form=form, several=several) + (_TOO_FEW_READERS if few else "")]
    if across == "reader" and form == "A,1":
        return [LIMITS]
    sentence = (
        f"The limits of ICC({form}) are valid for these {several}; for {several} in general they are too "
        "narrow if there are few of them and they differ systematically."
    )
    return [sentence]


def stable_text(table: pd.DataFrame) -> str:
    """Write the numbers of stable and undefined features, of subjects and of readers, with a caution.

    Parameters
    ----------
    table
        Table of `assess_reproducibility`; tables of older versions have ``readers`` and ``note`` instead of
        ``levels`` and ``reason``, or neither.
    """
    stable, undefined = int(table["stable"].sum()), int(table["icc"].isna().sum())
    return f"{stable} of {len(table)} features stable, {undefined} undefined{rests_on(table)}"


def rests_on(table: pd.DataFrame) -> str:
    """Write the numbers of subjects and readers of a table, with a caution if they are small."""
    if table.empty:
        return ""
    few = [text for text in _reasons(table) if TOO_FEW in text]
    judged = f", {len(few)} not judged ({few[0]})" if few else ""
    least, most = subjects_of_stable(table)
    subjects = counted(most, "subject") if least == most else f"{least} to {counted(most, 'subject')}"
    return f"{judged}. From {subjects}{_raters(table)}{_caution(table)}"


def subjects_of_stable(table: pd.DataFrame) -> tuple[int, int]:
    """Return the fewest subjects that a stable feature was measured in, and the most of any feature."""
    most = int(table["subjects"].max())
    stable = table.loc[table["stable"], "subjects"]
    return (int(stable.min()) if len(stable) else most), most


def training_sentences(features: pd.DataFrame, readers: Sequence[str] | None) -> list[str]:
    """Say which subjects are left out because the model was trained on them, and for which this is unknown.

    Parameters
    ----------
    features
        Feature table, or cohort table.
    readers
        Readers whose masks are used; without `auto` there are no sentences.
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


def _reasons(table: pd.DataFrame) -> list[str]:
    name = next((name for name in ("reason", "note") if name in table), None)
    return [] if name is None else [str(text) for text in table[name]]


def _raters(table: pd.DataFrame) -> str:
    count = raters_of(table)
    return "" if count is None else f" and {counted(count, across_of(table))}"


def across_of(table: pd.DataFrame) -> str:
    """What is compared; tables of older versions compare readers."""
    return str(table["across"].iloc[0]) if "across" in table and len(table) else "reader"


def raters_of(table: pd.DataFrame) -> int | None:
    """Return the number of compared readers, timepoints ...; ``None`` if the table does not say."""
    if len(table) and "raters" in table and pd.notna(table["raters"].iloc[0]):
        return int(table["raters"].iloc[0])
    if len(table) and "readers" in table:
        return len(str(table["readers"].iloc[0]).split(", "))
    return None


def _caution(table: pd.DataFrame) -> str:
    """Write a caution if there are few subjects or few readers."""
    readers = raters_of(table) if across_of(table) == "reader" else None
    few = []
    if len(table) and subjects_of_stable(table)[0] < CAUTION_BELOW:
        few.append(f"fewer than {CAUTION_BELOW} subjects")
    if readers is not None and readers < _FEW_READERS:
        few.append("only two readers")
    return (
        f" (caution: {' and '.join(few)}; other subjects or readers would give other features)" if few else ""
    )
