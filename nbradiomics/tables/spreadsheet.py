"""Protect text cells that a spreadsheet would run as a formula, and restore them when they are read.

A spreadsheet treats a cell of a CSV file that begins with ``=``, ``+``, ``-``, ``@``, a tab or a line end as
a formula, which may start programs. As OWASP advises (https://owasp.org/www-community/attacks/CSV_Injection)
an apostrophe is put before it. Plain numbers (``-1``, a subject ``+5``) are harmless and stay unchanged.
Other programs see the apostrophe; the readers of this package remove it, so that names match.
"""

from __future__ import annotations

import re

import pandas as pd

from nbradiomics.tables.numbers import DECIMAL

#: The characters that begin a formula, also in the full-width forms of East Asian scripts.
_RUN = re.compile(r"'*\s*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
#: A number, or a sign alone, is not a formula.
_PLAIN = re.compile(rf"[+-]?{DECIMAL}?(?:(?<=[\d.])[eE][+-]?\d+)?", re.ASCII)


def guarded(text: str) -> str:
    """Make a text a cell that a spreadsheet does not run."""
    return f"'{text}" if _RUN.match(text) and not _PLAIN.fullmatch(text.strip()) else text


def as_written(cell: str) -> str:
    """Restore the text of a cell that `guarded` made; any other cell is unchanged."""
    return cell[1:] if cell.startswith("'") and guarded(cell[1:]) == cell else cell


def guarded_table(table: pd.DataFrame) -> pd.DataFrame:
    """Copy a table with all texts and column names `guarded`; numbers stay numbers."""
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
