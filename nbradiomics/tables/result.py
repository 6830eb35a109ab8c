"""How results show themselves: in a line or a few, and in a notebook as their tables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from html import escape
from typing import Any

import pandas as pd

#: Rows of a table that a notebook shows.
_ROWS = 10


class Result:
    """A result that shows what it holds: for dataclasses with tables, instead of their own long ``repr``."""

    def __repr__(self) -> str:
        """Name, and what each part holds: the size of a table, the length of a list."""
        held = ", ".join(f"{name}: {text}" for name, value in self._parts() if (text := _held(value)))
        return f"{type(self).__name__}({held})"

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
            yield field.name, getattr(self, field.name)


def _held(value: Any) -> str:
    """What a part of a result holds, in a few words; empty where there is nothing to say."""
    if isinstance(value, pd.DataFrame):
        return f"{len(value)} rows x {len(value.columns)} columns"
    if isinstance(value, list | tuple | dict):
        return str(len(value))
    return "" if value is None else str(value) if len(str(value)) < 100 else "..."
