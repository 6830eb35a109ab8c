"""Levels of a category: which there are, which look alike, and which are too many."""

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

#: More levels than this are looked at: are they free text, and how many are rare?
MOST_LEVELS = 10
FEWEST_PER_LEVEL = 5
_SHOWN = 5


def as_levels(texts: pd.Series) -> pd.Series:
    """Texts as levels: whole numbers that pandas has written as ``1.0`` because of a gap are ``1`` again."""
    filled = texts[texts != ""]
    if len(filled) and filled.str.fullmatch(r"-?\d+\.0").all():
        return texts.str.removesuffix(".0")
    return texts


def match_level(text: str, order: Sequence[str]) -> int | None:
    """Place of the level that a cell names, by its text or as the same number; None where there is none."""
    if text in order:
        return list(order).index(text)
    number = plain_number(text)
    same = [
        place for place, level in enumerate(order) if number is not None and plain_number(level) == number
    ]
    return same[0] if same else None


def too_many_levels(name: str, values: pd.Series, *, file: str) -> list[Problem]:
    """Many levels of a category that nobody declared: an error for free text, a warning for rare levels.

    Texts of which more than half stand in one row alone are names or remarks, and no groups.
    """
    counts = values.value_counts()
    single, rare = counts[counts == 1], counts[counts < FEWEST_PER_LEVEL]
    if len(counts) <= MOST_LEVELS or rare.empty:
        return []
    if 2 * len(single) > len(counts):
        found = (
            f"{name} holds {len(counts)} different texts, {len(single)} of them in one subject alone, "
            f"such as {_first(single)}: these look like free text or names."
        )
        remedy = "Merge rare levels, leave cells without a value empty, or declare the column as categorical."
        return [Problem(file, "", name, "error", found, remedy)]
    found = (
        f"{name} holds {len(counts)} levels, {len(rare)} of them in fewer than {FEWEST_PER_LEVEL} subjects "
        f"of the table, such as {_first(rare)}: their effects are hardly known."
    )
    return [Problem(file, "", name, "warning", found, "Merge rare levels where that makes sense.")]


def _first(counts: pd.Series) -> str:
    return ", ".join(f"{level!r}" for level in counts.index[:_SHOWN])


def level_warnings(cells: Cells, values: pd.Series) -> list[Problem]:
    """Warnings for levels that look alike, words and numbers that may mean that a value is missing."""
    levels = sorted(set(values.dropna()))
    problems = []
    for alike in _alike(levels):
        counts = ", ".join(f"{level!r} ({int((values == level).sum())})" for level in alike)
        found = f"{cells.name} has levels that differ in capitals or in the form of a number alone: {counts}."
        problems.append(cells.problem("warning", found, "Write them alike if they mean the same."))
    for word, count in doubtful_words(cells.texts[cells.there]).items():
        found = f"{cells.name}: {word!r} ({counted(count, 'cell')}) counts as a level."
        remedy = "Declare it as missing if it means that nothing is known."
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
