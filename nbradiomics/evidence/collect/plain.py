"""Values that JSON can have: no missing number, no number of numpy."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

#: A path of a machine, of which only the name of the file is kept.
_PATH = re.compile(r"(?<![\w.])(/|~/|[A-Za-z]:\\)(?:[^\s/\\,;)]+[/\\])+([^\s/\\,;)]*)")


def plain(value: Any) -> Any:
    """Convert numbers, tables' cells and containers; what is missing or not finite becomes None.

    Of a path of the machine in a text only the name of the file is kept.
    """
    if isinstance(value, Mapping):
        return {plain(str(name)): plain(each) for name, each in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(each) for each in value]
    if value is None or value is pd.NA:
        return None
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, (int, np.integer)):
        return int(value)
    if isinstance(value, (float, np.floating)):
        return float(value) if math.isfinite(value) else None
    return _PATH.sub(lambda match: match[2], str(value))


def rows_of(table: pd.DataFrame, *columns: str) -> list[dict[str, Any]]:
    """Rows of a table as mappings, with the columns that it has; empty cells are None."""
    there = [name for name in columns if name in table]
    rows = table[there].itertuples(index=False, name=None)
    return [
        {name: None if cell == "" else plain(cell) for name, cell in zip(there, row, strict=True)}
        for row in rows
    ]


def counts_of(values: pd.Series) -> dict[str, int]:
    """How often each value occurs, in the order of the values."""
    counts = values.astype(str).value_counts().sort_index()
    return {str(name): int(number) for name, number in counts.items()}
