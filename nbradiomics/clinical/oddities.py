"""Warn about numbers that may be unintended: codes of missing values, names of groups."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from nbradiomics.clinical.cells import Cells
from nbradiomics.clinical.missing import doubtful_words
from nbradiomics.messages.problem import Problem
from nbradiomics.messages.wording import counted, short

#: Numbers that are often codes of missing values.
_CODES = (-1.0, *(sign * number for number in (9.0, 99.0, 999.0, 9999.0, 99999.0) for sign in (-1, 1)))
_CODES = (*_CODES, 88.0, 888.0, 8888.0, -7.0, -8.0, -77.0, -88.0, -777.0, -888.0)
#: A code is apart from the other values if its distance is larger than any gap among them; if it is in one
#: cell only, the distance must also exceed twice the largest gap or this fraction of their range.
_APART = 0.25
#: Whole numbers with more different values than this are not groups.
_MOST_GROUPS = 30
#: Repeated whole numbers with this many different values may be names of groups for any column name.
_FEW_VALUES = range(3, 9)
_GROUP = re.compile(
    r"site|cent(?:er|re|ro)|zentrum|klinik|hospital|clinic(?!al)|institut|scanner|vendor|manufactur|group|arm|(?:sub)?type|cohort|batch|"
    r"ward|country|region|cluster|class|race|ethnic|gender|histolog|patholog|treatment|therapy|protocol|reader|"
    r"code|cat(?:egory)?",
)
_IDENTIFIER = re.compile(r"id|mrn|nr|no|number|patient|record|accession|subject|row|index")


def number_warnings(cells: Cells, values: pd.Series, *, inferred: bool) -> list[Problem]:
    """Find warnings about a column of numbers.

    Parameters
    ----------
    cells, values
        The column, and its numbers.
    inferred
        Whether the kind was inferred, so that a category may have been read as numbers.
    """
    remedy = "Write 0 if it means that the amount is 0."
    words = [
        cells.problem(
            "warning", f"{cells.name}: {word!r} ({counted(count, 'cell')}) counts as missing.", remedy
        )
        for word, count in doubtful_words(cells.codes).items()
    ]
    groups = _may_be_groups(cells, values) if inferred else []
    return [*codes_among(cells, values), *words, *_may_be_thousands(cells), *groups]


def codes_among(cells: Cells, values: pd.Series) -> list[Problem]:
    """Warn about each number such as -9, 99 or -999 that is apart from the column's other values."""
    problems = []
    present = values.dropna()
    others = present[~present.isin(_CODES)]
    for code in _CODES:
        places = np.flatnonzero((values == code).to_numpy(dtype=bool))
        if len(places) and len(others) and _apart(code, others, repeated=len(places) > 1):
            text = f"{code:.15g}"
            found = (
                f"{cells.name} is {text} in {counted(len(places), 'cell')} "
                f"({cells.lines_of(places)}), apart from its other values ({short(others.min())} to "
                f"{short(others.max())}); it counts as a value."
            )
            remedy = f"If it is a code for a missing value, declare {text} as missing."
            problems.append(cells.problem("warning", found, remedy, cells.lines[places[0]]))
    return problems


def says_group(name: str) -> bool:
    """Whether the name of a column suggests groups: site, scanner, arm."""
    return any(_GROUP.match(word) for word in words_of(name))


def words_of(name: str) -> list[str]:
    """Words of a column's name in lower case: ``followUp_days`` is follow, up, days.

    If lower-case letters follow capitals, the last capital may belong to either word: for ``CTScan`` and
    ``PFStime`` the words of both readings are returned.
    """
    parts = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", name)
    parts += [part for pair in re.findall(r"([A-Z]{2,})([a-z]+)", name) for part in pair]
    return [part.casefold() for part in parts]


def _apart(code: float, others: pd.Series, *, repeated: bool) -> bool:
    low, high = float(others.min()), float(others.max())
    if low <= code <= high:
        return False
    if code < 0 <= low:
        return True
    distance = low - code if code < low else code - high
    gaps = np.diff(np.unique(others.to_numpy()))
    largest = float(gaps.max()) if len(gaps) else 0.0
    far = repeated or distance > 2 * largest or distance > _APART * (high - low)
    return distance > largest and far


def _may_be_thousands(cells: Cells) -> list[Problem]:
    """Warn about a column with both 950 and 1.234: the point may separate thousands."""
    filled = cells.texts[cells.there]
    pointed = filled[filled.str.contains(".", regex=False)]
    whole = filled[filled.str.fullmatch(r"\d{1,3}")]
    if pointed.empty or whole.empty or len(pointed) + len(whole) < len(filled):
        return []
    if not pointed.str.fullmatch(r"[1-9]\d{0,2}\.\d{3}").all():
        return []
    largest, smallest = pointed.astype(float).max(), whole.astype(float).min()
    if smallest < 100 or largest >= smallest:
        return []
    found = (
        f"{cells.name} has both {pointed.iloc[0]} and {whole.iloc[0]}: the point may separate thousands; it "
        "counts as a decimal point."
    )
    return [cells.problem("warning", found, "Write numbers without thousands separators.")]


def _may_be_groups(cells: Cells, values: pd.Series) -> list[Problem]:
    present = values.dropna()
    different = int(present.nunique())
    if different < 3 or not (present == present.round()).all():
        return []
    words = words_of(cells.name)
    if different <= _MOST_GROUPS and says_group(cells.name):
        reason = f"has {different} different whole numbers and its name suggests groups"
    elif different == len(present) and any(_IDENTIFIER.fullmatch(word) for word in words):
        reason = "has a different whole number for each subject and its name suggests an identifier"
    elif different in _FEW_VALUES and different < len(present):
        found = (
            f"{cells.name} has {different} different whole numbers and counts as a number, each step "
            "with the same effect."
        )
        remedy = f"If they are names, declare --categorical {cells.name}, or categorical: [{cells.name}]."
        return [cells.problem("warning", found, remedy)]
    else:
        return []
    found = f"{cells.name} {reason}; it counts as a number, each step with the same effect."
    remedy = "Declare it as categorical if the numbers are names, or as numeric if they are amounts."
    return [cells.problem("warning", found, remedy)]
