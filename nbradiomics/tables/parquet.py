"""Parquet tables of users: damaged, of a hostile shape, or with columns that are no columns of a table."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from nbradiomics.errors import InputError
from nbradiomics.tables.columns import require_single_names
from nbradiomics.tables.separated import MOST_COLUMNS

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

_MOST_CELLS = 200_000_000
_MOST_BYTES = 1 << 30
#: Characters of a cell: a text of a few bytes that stands in a million rows is stored once.
_MOST_CHARACTERS = 32_768
_REMEDY = "Give CSV or Parquet with a row per case and a column per value."


def parquet_table(raw: bytes, path: Path) -> pd.DataFrame:
    """Table of a Parquet file's bytes, with its types.

    Raises
    ------
    InputError
        When it is damaged or too large, two columns have one name, or a column holds lists or bytes.
    """
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(io.BytesIO(raw))
        _require_bounded(file, path)
        _require_columns(file.schema_arrow, path)
        return _read(raw, file.schema_arrow, path)
    except InputError:
        raise
    except Exception as error:  # Arrow and pandas let through whatever a damaged file makes them raise
        raise InputError(f"{path} cannot be read as a table: {error}", _REMEDY) from error


def _require_bounded(file: pq.ParquetFile, path: Path) -> None:
    """What a file says of itself, before a value is read."""
    rows, columns = file.metadata.num_rows, file.metadata.num_columns
    groups = [file.metadata.row_group(number) for number in range(file.metadata.num_row_groups)]
    size = sum(group.total_byte_size for group in groups)
    if columns > MOST_COLUMNS or rows * columns > _MOST_CELLS or size > _MOST_BYTES:
        raise InputError(
            f"{path} holds {rows:,} rows of {columns:,} columns, {size >> 20:,} MB; at most {MOST_COLUMNS:,} "
            f"columns, {_MOST_CELLS:,} cells and {_MOST_BYTES >> 20:,} MB are read.",
            "Check that it is the table that is meant; split a larger one.",
        )


def _require_columns(schema: pa.Schema, path: Path) -> None:
    import pyarrow.types as types

    require_single_names(schema.names, str(path))
    for field in schema:
        if types.is_nested(field.type) or "binary" in str(field.type):
            raise InputError(
                f"{path}: column {field.name!r} holds {field.type}; numbers, text or dates were expected.",
                "Leave the column out, or write its values as columns of their own.",
            )


def _read(raw: bytes, schema: pa.Schema, path: Path) -> pd.DataFrame:
    """Values of a table; texts are looked at where each is stored once, before they are multiplied."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    texts = [field.name for field in schema if "string" in str(field.type).split("<")[0]]
    table = pq.ParquetFile(io.BytesIO(raw), read_dictionary=texts).read()
    for name in texts:
        place = table.schema.get_field_index(name)
        column = table.column(place)
        if not pa.types.is_dictionary(column.type):
            continue
        lengths = [pc.max(pc.utf8_length(chunk.dictionary)).as_py() or 0 for chunk in column.chunks]
        if max(lengths, default=0) > _MOST_CHARACTERS:
            raise InputError(
                f"{path}: a cell of column {name!r} holds {max(lengths):,} characters; at most "
                f"{_MOST_CHARACTERS:,} are read.",
                "Check that it is the table that is meant.",
            )
        table = table.set_column(place, schema.field(name), column.cast(schema.field(name).type))
    frame: pd.DataFrame = table.to_pandas()
    return frame
