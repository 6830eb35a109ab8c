"""Columns of a user's table under the names that we give them."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping

import pandas as pd

from nbradiomics.errors import InputError
from nbradiomics.messages.wording import quoted

#: No name of the user's own.
NO_COLUMNS: Mapping[str, str] = {}
#: Signs without width, which spreadsheets and web pages leave in names.
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")
_SHOWN = 5
_LONGEST = 60


def require_single_names(names: Iterable[object], where: str) -> None:
    """Raise `InputError` where several columns have one name: nobody can tell which is meant."""
    counts = Counter(str(name).strip() for name in names)
    repeated = [name for name, count in counts.items() if count > 1 and name]
    if repeated:
        plain = [name if name.isprintable() and len(name) < _LONGEST else quoted(name) for name in repeated]
        shown = ", ".join(plain[:_SHOWN]) + (" ..." if len(plain) > _SHOWN else "")
        raise InputError(f"{where}: several columns are called {shown}.", "Give each a name of its own.")


def with_names(
    table: pd.DataFrame, known: Iterable[str], given: Mapping[str, str] = NO_COLUMNS, *, where: str
) -> tuple[pd.DataFrame, list[str]]:
    """Rename columns to the names that we know: those that the user names, then whatever the capitals.

    Parameters
    ----------
    table
        Any table.
    known
        Our names, in small letters.
    given
        The user's column for some of our names (``{"subject": "PatientID"}``); one that the table lacks is
        passed over.
    where
        The table, for the messages.

    Returns
    -------
    table
        With our names.
    notes
        A sentence for what was renamed because of its capitals, and for each column that another replaces.

    Raises
    ------
    InputError
        When two columns differ in capitals or blanks alone and both could be meant.
    """
    notes = []
    for name, own in given.items():
        found = _alike(table, own)
        chosen = own if own in found else _one(found, own, where)
        if chosen is None or chosen == name:
            continue
        replaced = [column for column in _alike(table, name) if column != chosen]
        if replaced:
            notes.append(f"column {replaced[0]!r} is not used: {chosen!r} stands for it.")
        table = table.drop(columns=replaced).rename(columns={chosen: name})
    renamed = {}
    for name in known:
        chosen = _one(_alike(table, name), name, where)
        if chosen is not None and chosen != name:
            renamed[chosen] = name
    if renamed:
        verb = "is" if len(renamed) == 1 else "are"
        notes.append(
            f"{', '.join(map(repr, renamed))} {verb} read as {', '.join(map(repr, renamed.values()))}."
        )
    return table.rename(columns=renamed), notes


def _alike(table: pd.DataFrame, name: str) -> list[str]:
    """Columns that differ from a name in capitals and blanks alone, if at all."""
    wanted = plain_name(name)
    return [column for column in table.columns if plain_name(column) == wanted]


def plain_name(name: object) -> str:
    """A name without what people do not see or do not mind: capitals, blanks, signs without width."""
    return "".join(unicodedata.normalize("NFKC", _INVISIBLE.sub("", str(name))).split()).casefold()


def _one(found: list[str], name: str, where: str) -> str | None:
    if len(found) > 1:
        raise InputError(
            f"{where}: columns {', '.join(map(repr, found))} differ in capitals or blanks alone, and each "
            f"could be {name!r}.",
            "Remove or rename all but one.",
        )
    return found[0] if found else None
