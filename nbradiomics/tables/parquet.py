"""Read Parquet tables of users, and refuse damaged or oversized files and columns of unsuitable types."""

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
#: Largest number of characters of a cell: Parquet stores a text once that is repeated in many rows.
_MOST_CHARACTERS = 32_768
_REMEDY = "Give CSV or Parquet with a row per case and a column per value."


def parquet_table(raw: bytes, path: Path) -> pd.DataFrame:
    """Read a table with its types from the bytes of a Parquet file.

    Raises
    ------
    InputError
        When the file is damaged or too large, two columns have the same name, or a column has lists or bytes.
    """
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(io.BytesIO(raw))
        _require_bounded(file, path)
        _require_columns(file.schema_arrow, path)
        return _read(raw, file.schema_arrow, path)
    except InputError:
        raise
    except Exception as error:  # a damaged file can raise any error in Arrow or pandas
        raise InputError(f"{path} cannot be read as a table: {error}", _REMEDY) from error


def _require_bounded(file: pq.ParquetFile, path: Path) -> None:
    """Check the size that the file states, before any value is read."""
    rows, columns = file.metadata.num_rows, file.metadata.num_columns
    groups = [file.metadata.row_group(number) for number in range(file.metadata.num_row_groups)]
    size = sum(group.total_byte_size for group in groups)
    if columns > MOST_COLUMNS or rows * columns > _MOST_CELLS or size > _MOST_BYTES:
        raise InputError(
            f"{path} has {rows:,} rows of {columns:,} columns, {size >> 20:,} MB; at most {MOST_COLUMNS:,} "
            f"columns, {_MOST_CELLS:,} cells and {_MOST_BYTES >> 20:,} MB are read.",
            "Check that it is the right table; split a larger one.",
        )


def _require_columns(schema: pa.Schema, path: Path) -> None:
    import pyarrow.types as types

    require_single_names(schema.names, str(path))
    for field in schema:
        if types.is_nested(field.type) or "binary" in str(field.type):
            raise InputError(
                f"{path}: column {field.name!r} has the type {field.type}; numbers, text or dates "
                "were expected.",
                "Leave the column out, or write its values as separate columns.",
            )


def _read(raw: bytes, schema: pa.Schema, path: Path) -> pd.DataFrame:
    """Read the values; the length of texts is checked while repeated texts are still stored once."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    texts = [field.name for field in schema if "string" in str(field.type).split("<")[0]]
    file = pq.ParquetFile(io.BytesIO(raw), read_dictionary=texts, page_checksum_verification=True)
    try:
        table = file.read()
    except OSError as error:
        if "CRC" not in str(error):
            raise
        problem = f"{path} is damaged: its checksums and its values do not belong together."
        raise InputError(problem, "Copy it again, or repeat the command that wrote it.") from error
    for name in texts:
        place = table.schema.get_field_index(name)
        column = table.column(place)
        if not pa.types.is_dictionary(column.type):
            continue
        lengths = [pc.max(pc.utf8_length(chunk.dictionary)).as_py() or 0 for chunk in column.chunks]
        if max(lengths, default=0) > _MOST_CHARACTERS:
            raise InputError(
                f"{path}: a cell of column {name!r} has {max(lengths):,} characters; at most "
                f"{_MOST_CHARACTERS:,} are read.",
                "Check that it is the right table.",
            )
        table = table.set_column(place, schema.field(name), column.cast(schema.field(name).type))
    frame: pd.DataFrame = table.to_pandas()
    return frame
