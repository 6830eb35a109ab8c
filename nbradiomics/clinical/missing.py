"""Which cells say that a value is missing: the usual codes, and those that the user declares."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from nbradiomics.clinical.numbers import plain_number

#: Written for a value that is missing, in any column and in any capitals: spreadsheets, R, SAS, SPSS and the
#: portals of public cohorts. Brackets and quotation marks around them do not count.
USUAL = frozenset(
    {"", "na", "n/a", "n.a.", "#n/a", "#n/a n/a", "#na", "#nv", "#n/d", "#null!", "<na>", "nan", "null"}
    | {".", "-", "--", "---", "\u2013", "\u2014", "?", "??"}
    | {"unknown", "unk", "unk.", "missing", "not available", "not known", "not recorded", "not reported"}
)
#: Missing in a column of numbers. In a category they may be a level of its own (no metastasis: none), so
#: there they stay one, with a warning.
IN_NUMBERS = frozenset({"none", "nil", "nd", "n.d.", "not done", "not applicable", "not evaluated"})
#: Answers of a test for which `-` is the other answer, and nothing that is missing.
_OPPOSITES = frozenset({"+", "++", "+++"})
_DASHES = frozenset({"-", "--", "\u2013", "\u2014"})


@dataclass(frozen=True)
class Codes:
    """What counts as missing in one column.

    Attributes
    ----------
    declared
        Codes that the user declared.
    words
        Whether the words count that may be a level of a category (``IN_NUMBERS``).
    """

    declared: tuple[str, ...] = ()
    words: bool = False


def find_missing(texts: pd.Series, codes: Codes) -> pd.Series:
    """Which cells are missing, bool, same index as `texts`."""
    plain = texts.map(_plain)
    usual = USUAL | (IN_NUMBERS if codes.words else frozenset())
    if plain.isin(_OPPOSITES).any():
        usual = usual - _DASHES
    declared = texts.map(lambda text: any(same_value(text, code) for code in codes.declared))
    missing: pd.Series = plain.isin(usual) | declared.astype(bool)
    return missing


def doubtful_words(texts: pd.Series) -> dict[str, int]:
    """Words in the levels of a category that may mean that a value is missing, with their number of cells."""
    found = texts[texts.map(_plain).isin(IN_NUMBERS)]
    return {str(word): int(count) for word, count in found.value_counts(sort=False).items()}


def same_value(text: str, other: str) -> bool:
    """Whether two cells say the same: in any capitals, and numbers however they are written."""
    if text.casefold() == other.casefold():
        return True
    number, wanted = plain_number(text), plain_number(other)
    return number is not None and number == wanted


def _plain(text: str) -> str:
    return text.casefold().strip("[]()'\"").strip() if len(text) > 1 else text.casefold()
