"""Find the levels of a category, levels that look alike, and too many levels."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import pandas as pd

from nbradiomics.clinical.cells import Cells
from nbradiomics.clinical.missing import doubtful_words
from nbradiomics.clinical.numbers import plain_number
from nbradiomics.clinical.oddities import codes_among
from nbradiomics.messages.problem import Problem
from nbradiomics.messages.wording import counted

#: With more levels than this, the column is checked for free text and rare levels.
MOST_LEVELS = 10
FEWEST_PER_LEVEL = 5
_SHOWN = 5


def as_levels(texts: pd.Series) -> pd.Series:
    """Convert texts to levels: if all numbers end in ``.0``, as pandas writes them, this is removed."""
    filled = texts[texts != ""]
    if len(filled) and filled.str.fullmatch(r"-?\d+\.0").all():
        return texts.str.removesuffix(".0")
    return texts


def match_level(text: str, order: Sequence[str]) -> int | None:
    """Position of the level of a cell, by its text or as the same number; None if there is no such level."""
    if text in order:
        return list(order).index(text)
    number = plain_number(text)
    same = [
        place for place, level in enumerate(order) if number is not None and plain_number(level) == number
    ]
    return same[0] if same else None


def too_many_levels(name: str, values: pd.Series, *, file: str) -> list[Problem]:
    """Check an undeclared category with many levels: an error for free text, a warning for rare levels.

    If more than half of the texts occur in one row only, they are names or remarks, not groups.
    """
    counts = values.value_counts()
    single, rare = counts[counts == 1], counts[counts < FEWEST_PER_LEVEL]
    if len(counts) <= MOST_LEVELS or rare.empty:
        return []
    if 2 * len(single) > len(counts):
        found = (
            f"{name} has {len(counts)} different texts, {len(single)} of them in one subject only, "
            f"such as {_first(single)}: these look like free text or names."
        )
        remedy = "Merge rare levels, leave cells without a value empty, or declare the column as categorical."
        return [Problem(file, "", name, "error", found, remedy)]
    found = (
        f"{name} has {len(counts)} levels, {len(rare)} of them in fewer than {FEWEST_PER_LEVEL} subjects "
        f"of the table, such as {_first(rare)}: their effects cannot be estimated reliably."
    )
    return [Problem(file, "", name, "warning", found, "Merge rare levels if this makes sense.")]


def _first(counts: pd.Series) -> str:
    return ", ".join(f"{level!r}" for level in counts.index[:_SHOWN])


def level_warnings(cells: Cells, values: pd.Series) -> list[Problem]:
    """Warn about levels that look alike, and words and numbers that may be codes of missing values."""
    levels = sorted(set(values.dropna()))
    problems = []
    for alike in _alike(levels):
        counts = ", ".join(f"{level!r} ({int((values == level).sum())})" for level in alike)
        found = f"{cells.name} has levels that differ only in capitals or in the form of a number: {counts}."
        problems.append(cells.problem("warning", found, "Write them in the same way if they mean the same."))
    for word, count in doubtful_words(cells.texts[cells.there]).items():
        found = f"{cells.name}: {word!r} ({counted(count, 'cell')}) counts as a level."
        remedy = "Declare it as missing if it means that the value is unknown."
        problems.append(cells.problem("warning", found, remedy))
    numbers = {level: plain_number(level) for level in levels}
    if len(levels) > 1 and None not in numbers.values():
        problems += codes_among(cells, values.map(numbers).astype("float64"))
    return problems


def _alike(levels: Sequence[str]) -> list[list[str]]:
    groups: dict[object, list[str]] = defaultdict(list)
    for level in levels:
        number = plain_number(level)
        groups[level.casefold() if number is None else number].append(level)
    return [group for group in groups.values() if len(group) > 1]
