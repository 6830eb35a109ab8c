"""Short text representations of results, and tables of them in notebooks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from html import escape
from typing import Any

import pandas as pd

#: Number of rows of a table that a notebook shows.
_ROWS = 10


class Result:
    """Base of dataclasses with tables: a short ``repr`` instead of the long one of dataclasses."""

    def __repr__(self) -> str:
        """Name of the class, and a summary of each part: the size of a table, the length of a list."""
        parts = ", ".join(f"{name}: {text}" for name, value in self._parts() if (text := _summary(value)))
        return f"{type(self).__name__}({parts})"

    def _repr_html_(self) -> str:
        """The same, with the first rows of each table."""
        tables = [
            f"<h4>{escape(name)}</h4>{value.head(_ROWS).to_html(max_cols=12)}"
            for name, value in self._parts()
            if isinstance(value, pd.DataFrame) and len(value)
        ]
        return f"<p>{escape(repr(self))}</p>{''.join(tables)}"

    def _parts(self) -> Iterator[tuple[str, Any]]:
        for field in fields(self):  # type: ignore[arg-type]  # every result is a dataclass
            if field.repr:
                yield field.name, getattr(self, field.name)


def _summary(value: Any) -> str:
    """Summarise a part of a result in a few words; empty for ``None``."""
    if isinstance(value, pd.DataFrame):
        return f"{len(value)} rows x {len(value.columns)} columns"
    if isinstance(value, list | tuple | dict):
        return str(len(value))
    return "" if value is None else str(value) if len(str(value)) < 100 else "..."
