"""The pairs of masks of an agreement table: each unordered pair once, and which of them count."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from nbradiomics.errors import AmbiguousError, InputError
from nbradiomics.messages.suggestion import did_you_mean
from nbradiomics.messages.wording import quoted
from nbradiomics.reproducibility.needed_agreement.settings import KINDS, METRICS
from nbradiomics.tables import AUTO

#: Columns of the agreement table that are read; the tests compare them with its schema. The last ones may be
#: missing in tables of users.
REQUIRED = ("subject", "reader", "reference")
CONTEXT = ("timepoint", "sequence", "roi", "variant")
OPTIONAL = (*CONTEXT, "reading", "reference_reading", "mask_kind", "reference_kind", "pair")
#: The two masks of a pair.
FIRST = ("reader", "reading")
SECOND = ("reference", "reference_reading")


def unordered_pairs(agreement: pd.DataFrame, metrics: Sequence[str]) -> pd.DataFrame:
    """Return each pair of masks once, with its kind and the metrics as numbers.

    Parameters
    ----------
    agreement
        Table with the columns `REQUIRED`, if possible `OPTIONAL`, and metrics. Both directions of a pair are
        the same pair.
    metrics
        The metrics to use; those that the table lacks are refused.

    Raises
    ------
    InputError
        When a column is missing, or a cell has an invalid value.
    AmbiguousError
        When a pair has several rows of one direction.
    """
    _require(agreement, [*REQUIRED, *metrics])
    names = [name for name in (*REQUIRED, *OPTIONAL, *metrics) if name in agreement]
    pairs = agreement[names].reset_index(drop=True).copy()
    for name in ("reading", "reference_reading"):
        pairs[name] = _readings(pairs[name]) if name in pairs else 1
    for name in (*REQUIRED, *(name for name in CONTEXT if name in pairs)):
        pairs[name] = pairs[name].fillna("").astype(str)
    for metric in metrics:
        pairs[metric] = _numbers(pairs[metric])
    pairs["pair"] = _kinds(pairs)
    return _each_once(pairs)


def _require(table: pd.DataFrame, names: Sequence[str]) -> None:
    missing = [name for name in names if name not in table]
    if missing:
        raise InputError(
            f"the agreement table has no column {', '.join(missing)}.",
            f"{did_you_mean(missing[0], map(str, table.columns))}Give the table of `nbradiomics compare`, or "
            f"choose metrics that it has ({', '.join(name for name in METRICS if name in table) or 'none'}).",
        )


def _readings(column: pd.Series) -> pd.Series:
    return _numbers(column).fillna(1)


def _numbers(column: pd.Series) -> pd.Series:
    numbers = pd.to_numeric(column, errors="coerce").astype(float)
    wrong = column[(numbers.isna() & column.notna() & (column.astype(str) != "")) | np.isinf(numbers)]
    if len(wrong):
        raise InputError(
            f"column {column.name} of the agreement table contains {quoted(wrong.tolist()[0])}.",
            "Give a number, or leave the cell empty if the value is undefined.",
        )
    return numbers


def _kinds(pairs: pd.DataFrame) -> pd.Series:
    """The kind of each pair; where the table does not say, the readers' names and the masks' kinds decide."""
    kinds = pd.Series("inter", index=pairs.index, dtype=object)
    kinds[(pairs[["reader", "reference"]] == AUTO).any(axis=1)] = "auto"
    one_reader = pairs["reader"] == pairs["reference"]
    kinds[one_reader] = "intra"
    kinds[one_reader & (pairs["reading"] == pairs["reference_reading"])] = "perturbed"
    for name in ("mask_kind", "reference_kind"):
        if name in pairs:
            kinds[pairs[name] == "edited"] = "edited"
            kinds[pairs[name] == "consensus"] = "consensus"
    if "pair" not in pairs:
        return kinds
    given = pairs["pair"].fillna("").astype(str)
    unknown = sorted(set(given) - {"", *KINDS})
    if unknown:
        raise InputError(
            f"column pair of the agreement table contains {unknown[0]!r}.", f"Allowed: {', '.join(KINDS)}."
        )
    return given.where(given != "", kinds)


def _each_once(pairs: pd.DataFrame) -> pd.DataFrame:
    """Keep one row of each unordered pair: the first of its two directions."""
    context = [name for name in CONTEXT if name in pairs]
    kinds = [name for name in ("mask_kind", "reference_kind") if name in pairs]
    twice = pairs.duplicated(["subject", *context, *FIRST, *SECOND, *kinds, "pair"])
    if twice.any():
        row = pairs[twice].iloc[0]
        raise AmbiguousError(
            f"{row['subject']}: the agreement table has several rows of {row['reader']} against "
            f"{row['reference']}.",
            "Keep one row for each ordered pair of masks, or add the columns timepoint, sequence and roi.",
        )
    sides = [tuple(pairs[name] for name in side) for side in (FIRST, SECOND)]
    swapped = (sides[1][0] < sides[0][0]) | ((sides[1][0] == sides[0][0]) & (sides[1][1] < sides[0][1]))
    for first, second in zip(FIRST, SECOND, strict=True):
        one, other = pairs[first], pairs[second]
        pairs[first], pairs[second] = one.where(~swapped, other), other.where(~swapped, one)
    kept = pairs.drop_duplicates(["subject", *context, *FIRST, *SECOND, "pair"])
    return kept.drop(columns=kinds).reset_index(drop=True)
