"""Read a table or a record of a run folder by what it must hold; a malformed one is named."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from nbradiomics.errors import InputError
from nbradiomics.files.regular_file import read_own_json
from nbradiomics.tables import read_text_table, with_names

REMEDY = "Run the stage that writes it again; the report reads these files as the stages write them."


@dataclass(frozen=True)
class Schema:
    """Columns that a table must have (text, numbers, True/False) and defaults of those it may lack."""

    text: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    defaults: Mapping[str, str] = field(default_factory=dict)
    #: Columns of numbers in which none may be missing.
    complete: tuple[str, ...] = ()
    #: Columns of numbers that the table may lack.
    more_numbers: tuple[str, ...] = ()


def read_by_schema(path: Path, schema: Schema) -> pd.DataFrame | None:
    """Read a CSV by its schema; ``None`` where it is not there.

    Everything is read as text first: a reader called ``01`` or a subject called ``NA`` stays that. Columns
    that the schema does not name stay text.

    Raises
    ------
    InputError
        When it is no table, lacks a column, or holds something else than its schema says.
    """
    if not path.exists():
        return None
    wanted = (*schema.text, *schema.numbers, *schema.flags)
    table, _ = with_names(read_text_table(path).reset_index(drop=True), wanted, where=str(path))
    missing = [name for name in wanted if name not in table]
    if missing:
        raise InputError(f"{path} lacks the columns {', '.join(missing)}.", REMEDY)
    return _typed(path, with_defaults(table, schema.defaults), schema)


def read_object(path: Path) -> dict[str, Any]:
    """Read a JSON object; empty where the file is not there.

    Raises
    ------
    InputError
        When it is no JSON, or holds something else than an object.
    """
    if not path.exists():
        return {}
    try:
        content = read_own_json(path)
    except (ValueError, OSError) as error:
        raise InputError(f"{path} cannot be read as JSON: {error}", REMEDY) from error
    if not isinstance(content, dict):
        raise InputError(f"{path} holds a {type(content).__name__}; an object was expected.", REMEDY)
    return content


def with_defaults(table: pd.DataFrame, defaults: Mapping[str, str]) -> pd.DataFrame:
    """Fill empty cells of the named columns, and add those that the table lacks."""
    for name, value in defaults.items():
        table[name] = table[name].replace("", value) if name in table else value
    return table


def _typed(path: Path, table: pd.DataFrame, schema: Schema) -> pd.DataFrame:
    for name in (*schema.numbers, *(name for name in schema.more_numbers if name in table)):
        try:
            table[name] = table[name].replace("", "nan").astype(float)
        except ValueError as error:
            raise InputError(f"{path}, column {name}: {error}; numbers were expected.", REMEDY) from error
    for name in schema.complete:
        if table[name].isna().any():
            raise InputError(f"{path}, column {name}: a value is missing; all were expected.", REMEDY)
    for name in schema.flags:
        values = table[name].str.lower().map({"true": True, "false": False})
        if values.isna().any():
            found = table.loc[values.isna(), name].iloc[0]
            raise InputError(f"{path}, column {name}: {found!r}; True or False was expected.", REMEDY)
        table[name] = values.astype(bool)
    return table
