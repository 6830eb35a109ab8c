"""Find the columns of a user's table under the names of this package."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping

import pandas as pd

from nbradiomics.errors import InputError
from nbradiomics.messages.wording import quoted

#: No column names of the user.
NO_COLUMNS: Mapping[str, str] = {}
#: Characters of zero width, which spreadsheets and web pages leave in names.
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")
_SHOWN = 5
_LONGEST = 60


def require_single_names(names: Iterable[object], where: str) -> None:
    """Raise `InputError` if several columns have the same name, which would be ambiguous."""
    counts = Counter(str(name).strip() for name in names)
    repeated = [name for name, count in counts.items() if count > 1 and name]
    if repeated:
        plain = [name if name.isprintable() and len(name) < _LONGEST else quoted(name) for name in repeated]
        shown = ", ".join(plain[:_SHOWN]) + (" ..." if len(plain) > _SHOWN else "")
        raise InputError(
            f"{where}: several columns have the name {shown}.", "Give each column a different name."
        )


def with_names(
    table: pd.DataFrame, known: Iterable[str], given: Mapping[str, str] = NO_COLUMNS, *, where: str
) -> tuple[pd.DataFrame, list[str]]:
    """Rename columns to known names: first as the user specifies, then ignoring capitals and blanks.

    Parameters
    ----------
    table
        Any table.
    known
        Known names, in lower case.
    given
        The user's columns for some of the known names (``{"subject": "PatientID"}``); a column that the
        table lacks is ignored.
    where
        Name of the table in messages.

    Returns
    -------
    table
        The table with the known names.
    notes
        A sentence about columns renamed because of capitals or blanks, and about each replaced column.

    Raises
    ------
    InputError
        When two columns differ only in capitals or blanks and both fit a name.
    """
    notes = []
    for name, specified in given.items():
        matches = _alike(table, specified)
        chosen = specified if specified in matches else _only(matches, specified, where)
        if chosen is None or chosen == name:
            continue
        replaced = [column for column in _alike(table, name) if column != chosen]
        if replaced:
            notes.append(f"column {replaced[0]!r} is not used: {chosen!r} replaces it.")
        table = table.drop(columns=replaced).rename(columns={chosen: name})
    renamed = {}
    for name in known:
        chosen = _only(_alike(table, name), name, where)
        if chosen is not None and chosen != name:
            renamed[chosen] = name
    if renamed:
        verb = "is" if len(renamed) == 1 else "are"
        notes.append(
            f"{', '.join(map(repr, renamed))} {verb} read as {', '.join(map(repr, renamed.values()))}."
        )
    return table.rename(columns=renamed), notes


def _alike(table: pd.DataFrame, name: str) -> list[str]:
    """Columns that equal a name except for capitals and blanks."""
    plain = plain_name(name)
    return [column for column in table.columns if plain_name(column) == plain]


def plain_name(name: object) -> str:
    """Normalise a name: without capitals, blanks and characters of zero width."""
    return "".join(unicodedata.normalize("NFKC", _INVISIBLE.sub("", str(name))).split()).casefold()


def _only(matches: list[str], name: str, where: str) -> str | None:
    if len(matches) > 1:
        raise InputError(
            f"{where}: columns {', '.join(map(repr, matches))} differ only in capitals or blanks, and each "
            f"could be {name!r}.",
            "Remove or rename all except one.",
        )
    return matches[0] if matches else None
