"""Choose rows of the agreement table by kind of pair, and fill in the kinds that older tables lack."""

from __future__ import annotations

import pandas as pd

from nbradiomics.agreement.pairs import AUTO_PAIR, CONSENSUS, EDITED, INTER, INTRA
from nbradiomics.tables import AUTO

_KINDS = ("mask_kind", "reference_kind")


def complete_pairs(agreement: pd.DataFrame) -> pd.DataFrame:
    """Fill in missing kinds: a reader's mask counts as independent, and its pairs get the matching kind.

    Parameters
    ----------
    agreement
        Rows as `AGREEMENT` reads them; ``mask_kind``, ``reference_kind`` and ``pair`` may be empty.
    """
    table = agreement.copy()
    for name, kind in zip(("reader", "reference"), _KINDS, strict=True):
        drawn = (table[name] == AUTO).map({True: "automatic", False: "independent"})
        table[kind] = table[kind].where(table[kind] != "", drawn)
    table["pair"] = table["pair"].where(table["pair"] != "", _kinds(table))
    return table


def _kinds(table: pd.DataFrame) -> pd.Series:
    kinds = table[list(_KINDS)]
    pairs = pd.Series(INTER, index=table.index, dtype=object)
    pairs[(table[["reader", "reference"]] == AUTO).any(axis=1)] = AUTO_PAIR
    pairs[table["reader"] == table["reference"]] = INTRA
    pairs[(kinds == "edited").any(axis=1)] = EDITED
    pairs[table["reference_kind"] == "consensus"] = CONSENSUS
    return pairs


def of_kind(agreement: pd.DataFrame, *kinds: str) -> pd.DataFrame:
    """Return the rows of the named kinds of pair."""
    return agreement[agreement["pair"].isin(kinds)]


def independent_rows(agreement: pd.DataFrame) -> pd.DataFrame:
    """Return the pairs of independent masks of two readers, or of the model and an independent mask."""
    return of_kind(agreement, INTER, AUTO_PAIR)


def shown_rows(agreement: pd.DataFrame) -> tuple[pd.DataFrame, bool]:
    """Return the rows for tables and pictures of agreement, and whether their references are edited masks.

    Edited masks are used only if there is no independent pair at all.
    """
    independent = independent_rows(agreement)
    edited = of_kind(agreement, EDITED)
    return (independent, False) if len(independent) or edited.empty else (edited, True)
