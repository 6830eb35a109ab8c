"""Choose the columns of a table that are features."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import NamedTuple

import numpy as np
import pandas as pd

from nbradiomics.errors import InputError
from nbradiomics.messages.suggestion import did_you_mean
from nbradiomics.messages.wording import quoted
from nbradiomics.nomenclature.registry import CLASSES
from nbradiomics.tables.columns import plain_name, require_single_names
from nbradiomics.tables.index import DESCRIPTIVE, INDEX
from nbradiomics.tables.numbers import read_numbers
from nbradiomics.tables.typed import LINE, is_row_number

DIAGNOSTICS = "diagnostics_"
_IMAGE = (
    r"original|square|squareroot|logarithm|exponential|gradient|lbp-2D|lbp-3D-(?:m\d+|k)"
    r"|wavelet\d*-[HL]{1,3}|log-sigma-\d+(?:-\d+)*-mm-[23]D"
)
#: Filters of the IBSI, whose parameters follow: `gabor-5mm-2mm-1.5-average`.
_FILTERED = r"(?:mean|log|laws|gabor|wavelet|simoncelli|shannon)(?:-[A-Za-z0-9.]+)+"
#: Image, class (family of the IBSI) and feature, with any prefix (`T2_original_...`) or suffix.
_NAME = re.compile(
    rf"(?:.*[^A-Za-z0-9])?(?:{_IMAGE}|(?P<filter>{_FILTERED}))_(?P<class>{'|'.join(CLASSES)})_[A-Za-z0-9]\w*",
    re.IGNORECASE | re.DOTALL,
)
BY_NAME = "the columns with names of PyRadiomics or the IBSI"
_SHOWN = 5


def is_feature_name(name: object) -> bool:
    """Whether a name is that of a feature of PyRadiomics or the IBSI, maybe with a prefix.

    Such as ``wavelet-HLL_glcm_Contrast``, ``original_morph_moran_i`` or ``mean-5_stat_p90``.
    """
    return _NAME.fullmatch(str(name)) is not None


class NamedParts(NamedTuple):
    """Class or family of a feature, and whether its image is that of a filter of the IBSI."""

    class_: str
    of_ibsi_filter: bool


def named_parts(name: object) -> NamedParts | None:
    """Take the name of a feature apart; ``None`` if it is not one of PyRadiomics or the IBSI."""
    match = _NAME.fullmatch(str(name))
    if match is None:
        return None
    known = {each.lower(): each for each in CLASSES}
    return NamedParts(known[match["class"].lower()], match["filter"] is not None)


@dataclass(frozen=True)
class FeatureChoice:
    """The columns of a table that are its features.

    Attributes
    ----------
    names
        The features, in the table's order.
    left_out
        The other columns with values, except the index, row numbers and PyRadiomics' diagnostics.
    why
        Rule by which the features were chosen, in words.
    """

    names: tuple[str, ...]
    left_out: tuple[str, ...]
    why: str

    @property
    def sentence(self) -> str:
        """How many features were used, and which columns were left out."""
        left_out = _listed(self.left_out) or "none"
        other = (
            " Other columns can be chosen with `features`." if self.left_out and self.why == BY_NAME else ""
        )
        used = "1 feature was" if len(self.names) == 1 else f"{len(self.names)} features were"
        return f"{used} used ({self.why}); columns left out: {left_out}.{other}"


def choose_features(table: pd.DataFrame, patterns: Sequence[str] = ()) -> FeatureChoice:
    """Choose the features of a table.

    Parameters
    ----------
    table
        Feature table; see `nbradiomics.tables` for its index columns.
    patterns
        Names, or patterns as for file names (``original_shape_*``): the numeric columns that match any of
        them are the features. Without patterns, the columns with names of PyRadiomics or the IBSI are the
        features; if there are none, all numeric columns. PyRadiomics' ``diagnostics_...`` columns describe
        its run (image sizes, versions) and are never features.

    Raises
    ------
    InputError
        When two columns have the same name, a chosen feature has cells that are not numbers, or no numeric
        column matches a pattern.
    """
    if isinstance(patterns, str):
        raise InputError(
            f"the patterns are the text {patterns!r}; a list was expected.", f"Give [{patterns!r}]."
        )
    no_features = (*INDEX, *DESCRIPTIVE)
    columns = [str(name) for name in table.columns if name not in no_features and not is_row_number(name)]
    require_different(columns, "the feature table")
    columns = [name for name in columns if not name.startswith(DIAGNOSTICS)]
    candidates, why = _candidates(columns, patterns)
    named = any(map(is_feature_name, candidates))
    kinds = zip(table.columns, table.dtypes, strict=True)
    plain = {str(name) for name, kind in kinds if isinstance(kind, np.dtype) and kind.kind in "fiu"}
    names = [
        name
        for name in candidates
        if name in plain or _is_numeric(table, name, strict=named and is_feature_name(name))
    ]
    for pattern in patterns:
        if not any(fnmatchcase(name, pattern) for name in names):
            guess = did_you_mean(pattern, columns)
            raise InputError(
                f"no numeric column of the feature table matches {pattern!r}.",
                f"{guess}Columns: {_listed(columns) or 'none'}.",
            )
    chosen = set(names)
    left_out = [name for name in columns if name not in chosen and table[name].notna().any()]
    return FeatureChoice(tuple(names), tuple(left_out), why)


def require_different(columns: Sequence[str], where: str) -> None:
    """Refuse duplicate columns, which would count twice; names of features are compared without capitals."""
    require_single_names(columns, where)
    known: dict[str, str] = {}
    for name in columns:
        if is_feature_name(name):
            other = known.setdefault(plain_name(name), name)
            if other != name:
                raise InputError(
                    f"{where}: columns {other!r} and {name!r} differ only in capitals or blanks.",
                    "Remove or rename one.",
                )


def feature_columns(table: pd.DataFrame, patterns: Sequence[str] = ()) -> list[str]:
    """Names of the features of a feature table; see :func:`choose_features`."""
    return list(choose_features(table, patterns).names)


def extracted_columns(table: pd.DataFrame) -> list[str]:
    """Names of the features of a table that an extraction made: all columns that do not describe a row."""
    return [name for name in table.columns if name not in (*INDEX, *DESCRIPTIVE)]


def _candidates(columns: Sequence[str], patterns: Sequence[str]) -> tuple[list[str], str]:
    if patterns:
        matches = [name for name in columns if any(fnmatchcase(name, pattern) for pattern in patterns)]
        return matches, f"the numeric columns that match {', '.join(patterns)}"
    named = [name for name in columns if is_feature_name(name)]
    if named:
        return named, BY_NAME
    return list(columns), "all numeric columns, as none has a name of PyRadiomics or the IBSI"


def _is_numeric(table: pd.DataFrame, name: str, *, strict: bool) -> bool:
    """Whether a column is numeric; a column with errors is refused, or it would be left out silently.

    A column of words is not a feature, unless `strict`; a column of numbers with a few words has errors.
    """
    column = table[name]
    if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
        if pd.api.types.is_complex_dtype(column):
            raise InputError(
                f"column {name!r} has complex numbers.", "Give real numbers, such as their real part."
            )
        return True
    texts = column.reset_index(drop=True).dropna().astype(str).str.strip()
    texts = texts[texts != ""]
    numbers = read_numbers(texts)
    words = len(numbers.unread) - len(numbers.undecided)
    if len(texts) and (strict or 2 * words < len(texts)):
        place = next(iter(numbers.unread), texts.index[0])
        more = f" (and {len(numbers.unread) - 1} more cells)" if len(numbers.unread) > 1 else ""
        raise InputError(
            f"column {name!r} {'should have numbers' if strict else 'has numbers'}, but also "
            f"{quoted(texts[place])} {_place(table, place)}, which "
            f"{numbers.unread.get(place, 'is text')}{more}.",
            "Correct the cell or leave it empty; write decimals with a point.",
        )
    return False


def _place(table: pd.DataFrame, place: int) -> str:
    """Position of a row: its line if the table was read from a file, and its subject."""
    line = f"on line {int(table.index[place]) + 2}" if table.index.name == LINE else f"in row {place + 1}"
    return f"{line} ({table['subject'].iloc[place]})" if "subject" in table else line


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
