"""Cells of text that a spreadsheet would run: they leave as text, and come back as they were.

A spreadsheet takes a cell of a CSV file that begins with ``=``, ``+``, ``-``, ``@``, a tab or a line end for
a formula, which may start programs. As OWASP advises (https://owasp.org/www-community/attacks/CSV_Injection)
an apostrophe is put before it. Plain numbers (``-1``, a subject ``+5``) run nothing and stay as they are.
Whoever reads our tables by other programs finds the apostrophe; our own readers take it away, so that names
join.
"""

from __future__ import annotations

import re

import pandas as pd

from nbradiomics.tables.numbers import DECIMAL

#: The signs that begin a formula, also in the full width of East Asian scripts.
_RUN = re.compile(r"'*\s*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
#: A number, or the sign alone, is no formula.
_PLAIN = re.compile(rf"[+-]?{DECIMAL}?(?:(?<=[\d.])[eE][+-]?\d+)?", re.ASCII)


def guarded(text: str) -> str:
    """The text as a cell that no spreadsheet runs."""
    return f"'{text}" if _RUN.match(text) and not _PLAIN.fullmatch(text.strip()) else text


def as_written(cell: str) -> str:
    """The text that `guarded` made a cell of; any other cell as it is."""
    return cell[1:] if cell.startswith("'") and guarded(cell[1:]) == cell else cell


def guarded_table(table: pd.DataFrame) -> pd.DataFrame:
    """A table whose texts, names of columns among them, are `guarded`; numbers stay numbers."""
    changed = table.copy(deep=False)
    for place, dtype in enumerate(table.dtypes):
        if pd.api.types.is_numeric_dtype(dtype) or pd.api.types.is_datetime64_any_dtype(dtype):
            continue
        cells = list(table.iloc[:, place])
        written = [guarded(cell) if isinstance(cell, str) else cell for cell in cells]
        if any(new is not old for new, old in zip(written, cells, strict=True)):
            changed.isetitem(place, pd.Series(written, dtype=object).array)
    changed.columns = [guarded(name) if isinstance(name, str) else name for name in table.columns]
    return changed
