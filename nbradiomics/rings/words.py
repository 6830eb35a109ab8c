"""Warnings about derived regions, summarised over a cohort."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from nbradiomics.cohort.names import name_of, scan_name
from nbradiomics.messages.wording import counted

if TYPE_CHECKING:
    import pandas as pd

_SHOWN = 3
#: Numbers, which make equal warnings of two regions different.
_NUMBER = re.compile(r"\d+(\.\d+)?")


def summarised(table: pd.DataFrame) -> list[str]:
    """One line for each kind of warning: how many regions have it, and the first ones.

    Parameters
    ----------
    table
        Columns of `rings.schema.ROIS`.
    """
    kinds: dict[str, list[tuple[str, str]]] = {}
    for row in table[table["warnings"].fillna("") != ""].to_dict("records"):
        scan = scan_name(row["subject"], row["timepoint"], row["sequence"], row["variant"])
        name = f"{scan}/{name_of(row['roi'], row['reader'])}/{row['reading']}"
        for warning in row["warnings"].split("; "):
            kinds.setdefault(_NUMBER.sub("#", warning), []).append((name, warning))
    return [_line(found) for found in kinds.values()]


def _line(found: list[tuple[str, str]]) -> str:
    first = found[0][1]
    if all(warning == first for _, warning in found):
        return f"{counted(len(found), 'derived region')}: {first} ({_names([name for name, _ in found])})."
    shown = "; ".join(f"{name}: {warning}" for name, warning in found[:_SHOWN])
    more = f"; and {len(found) - _SHOWN} more" if found[_SHOWN:] else ""
    return f"{counted(len(found), 'derived region')}: {shown}{more}."


def _names(names: list[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if names[_SHOWN:] else ""
    return f"{', '.join(names[:_SHOWN])}{more}"
