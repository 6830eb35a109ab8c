"""Read tables of every file format as text cells."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from nbradiomics.errors import InputError
from nbradiomics.tables.columns import require_single_names
from nbradiomics.tables.kinds import kind_of
from nbradiomics.tables.parquet import parquet_table
from nbradiomics.tables.separated import Row, separated_rows
from nbradiomics.tables.spreadsheet import as_written
from nbradiomics.tables.text import MOST_BYTES, SAVE_AS_CSV, decode, read_bytes, require_bounded
from nbradiomics.tables.workbook import cell_text, workbook_rows

#: Key in the `attrs` of a text table: the line number of its header in the file.
HEADER_LINE = "header_line"
_SHOWN = 3


def read_text_table(path: str | Path, kind: str = "table") -> pd.DataFrame:
    """Read a table with each cell as its text, without blanks at the ends.

    It reads text separated by commas, semicolons, tabs or bars, in UTF-8 or in UTF-16 with its mark (BOM); a
    sheet of an Excel workbook (``.xlsx``, if openpyxl is installed); and Parquet. The content of the file
    decides, not its name.

    Parameters
    ----------
    path
        File of the table.
    kind
        Kind of table that is expected, for messages.

    Returns
    -------
    pandas.DataFrame
        Row i is line i + 2 of the file; the index keeps this count when rows with only empty cells are left
        out. ``attrs["header_line"]`` is the line of the header. A first column without a name is called
        ``Unnamed: 0``.

    Raises
    ------
    InputError
        When the file cannot be read as a table, two columns have the same name, a filled column has no name,
        or a row has more cells than the header; the message says where.
    """
    path = Path(path)
    return text_table(read_bytes(path, kind), path)


def text_table(raw: bytes, path: Path) -> pd.DataFrame:
    """Read a table from the bytes of a file; see `read_text_table`."""
    if raw.startswith(b"\x1f\x8b"):
        raw = _unpacked(raw, path)
    kind = kind_of(raw, path)
    if kind == "parquet":
        return text_of(parquet_table(raw, path))
    rows = workbook_rows(raw, path) if kind == "workbook" else separated_rows(decode(raw, path), path)
    rows = [(line, [as_written(cell).strip() for cell in cells]) for line, cells in rows if any(cells)]
    if not rows:
        raise InputError(f"{path} is empty: it has no header.", "Give a table with a header and rows.")
    return _framed(rows, path)


def text_of(table: pd.DataFrame) -> pd.DataFrame:
    """Convert the cells of a typed table to text; a missing value becomes empty."""
    texts = {str(name): [cell_text(value) for value in table[name]] for name in table}
    return pd.DataFrame(texts, index=pd.RangeIndex(len(table)), dtype=object)


def _unpacked(raw: bytes, path: Path) -> bytes:
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(raw)) as file:
            text = file.read(MOST_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{path} is a damaged gzip file: {error}.", SAVE_AS_CSV) from error
    require_bounded(len(text), path)
    return text


def _framed(rows: Sequence[Row], path: Path) -> pd.DataFrame:
    (header_line, header), body = rows[0], rows[1:]
    _require_fitting(header, body, path)
    filled = [any(place < len(cells) and cells[place] for _, cells in body) for place in range(len(header))]
    used = [place for place, name in enumerate(header) if name or filled[place]]
    _require_named([place for place in used if not header[place]], path)
    names = [header[place] or f"Unnamed: {place}" for place in used]
    require_single_names(names, str(path))
    cells = [[row[place] if place < len(row) else "" for place in used] for _, row in body]
    index = pd.Index([line - 2 for line, _ in body], dtype="int64")
    table = pd.DataFrame(cells, index=index, columns=names, dtype=object)
    table.attrs[HEADER_LINE] = header_line
    return table


def _require_fitting(header: Sequence[str], body: Sequence[Row], path: Path) -> None:
    widths = {
        line: max((place + 1 for place, cell in enumerate(row) if cell), default=0) for line, row in body
    }
    longer = [line for line, width in widths.items() if width > len(header)]
    if longer:
        more = f" and {len(longer) - _SHOWN} more" if len(longer) > _SHOWN else ""
        raise InputError(
            f"{path}: rows have more cells than the header: {widths[longer[0]]} instead of {len(header)} on "
            f"line {', '.join(map(str, longer[:_SHOWN]))}{more}.",
            "Name every column (a merged header cell names only one), and put cells that contain the "
            "separator, such as a decimal comma, in quotes.",
        )


def _require_named(unnamed: Sequence[int], path: Path) -> None:
    """Refuse unnamed columns except the first, which holds row names as pandas and R write them."""
    places = [str(place + 1) for place in unnamed if place > 0]
    if places:
        raise InputError(
            f"{path}: column {', '.join(places)} has values but no name.",
            "Name it in the header, or empty it (a merged header cell names only one column).",
        )
