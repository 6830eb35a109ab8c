"""Find missing values: the usual codes, and the codes that the user declares."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from nbradiomics.clinical.numbers import plain_number

#: Codes of missing values in any column, in any capitals: of spreadsheets, R, SAS, SPSS and the portals of
#: public cohorts. Brackets and quotation marks around them are ignored.
USUAL = frozenset(
    {"", "na", "n/a", "n.a.", "#n/a", "#n/a n/a", "#na", "#nv", "#n/d", "#null!", "<na>", "nan", "null"}
    | {".", "-", "--", "---", "\u2013", "\u2014", "?", "??"}
    | {"unknown", "unk", "unk.", "missing", "not available", "not known", "not recorded", "not reported"}
)
#: Codes of missing values in a column of numbers. In a category they may be a level (no metastasis: none), so
#: they are kept as a level there, with a warning.
IN_NUMBERS = frozenset({"none", "nil", "nd", "n.d.", "not done", "not applicable", "not evaluated"})
#: Results of a test for which `-` is the negative result, not a missing value.
_OPPOSITES = frozenset({"+", "++", "+++"})
_DASHES = frozenset({"-", "--", "\u2013", "\u2014"})


@dataclass(frozen=True)
class Codes:
    """Codes that count as missing in one column.

    Attributes
    ----------
    declared
        Codes that the user declared.
    words
        Whether words count as missing that may be a level of a category (``IN_NUMBERS``).
    """

    declared: tuple[str, ...] = ()
    words: bool = False


def find_missing(texts: pd.Series, codes: Codes) -> pd.Series:
    """Whether each cell is missing, bool, same index as `texts`."""
    plain = texts.map(_plain)
    usual = USUAL | (IN_NUMBERS if codes.words else frozenset())
    if plain.isin(_OPPOSITES).any():
        usual = usual - _DASHES
    declared = texts.map(lambda text: any(same_value(text, code) for code in codes.declared))
    missing: pd.Series = plain.isin(usual) | declared.astype(bool)
    return missing


def doubtful_words(texts: pd.Series) -> dict[str, int]:
    """Words among the levels of a category that may mean a missing value, with their number of cells."""
    words = texts[texts.map(_plain).isin(IN_NUMBERS)]
    return {str(word): int(count) for word, count in words.value_counts(sort=False).items()}


def same_value(text: str, other: str) -> bool:
    """Whether two cells are equal as text, ignoring capitals, or as numbers."""
    if text.casefold() == other.casefold():
        return True
    number, other_number = plain_number(text), plain_number(other)
    return number is not None and number == other_number


def _plain(text: str) -> str:
    return text.casefold().strip("[]()'\"").strip() if len(text) > 1 else text.casefold()
