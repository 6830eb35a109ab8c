"""Split text tables into rows and cells, separated by commas, semicolons, tabs or bars."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from nbradiomics.errors import InputError

#: A row: its first line in the file, counted from 1, and its cells.
Row = tuple[int, list[str]]

_SEPARATORS = (",", ";", "\t", "|")
#: A first line such as `sep=;`, which Excel writes and reads.
_STATED = re.compile(r'"?sep=(?P<separator>\\t|.)"?[,;\t|]*', re.IGNORECASE)
#: Largest number of columns, more than any feature table has (Excel allows 16,384).
MOST_COLUMNS = 32_768
#: Largest number of cells that are kept as text; they take about two gigabytes.
MOST_CELLS = 20_000_000
_MOST_CHARACTERS = 4 << 20
#: Number of lines that are examined to find the separator.
_EXAMINED = 200


def separated_rows(text: str, path: Path) -> list[Row]:
    """Split a text into rows and cells.

    The separator is the one in a first line such as ``sep=;``; otherwise the one that gives all rows as many
    cells as the header, and the most cells. Line ends of Windows, Unix and old Macs are supported.

    Raises
    ------
    InputError
        When two separators fit equally well, rows use different separators, or quotes are wrong.
    """
    _require_few_cells(text, path)
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    _require_bounded(lines, path)
    stated = _STATED.fullmatch(lines[0].strip(" "))
    if stated:
        separator = "\t" if stated["separator"] == "\\t" else stated["separator"]
        _require_a_separator(separator, path)
    else:
        separator = _separator(lines[:_EXAMINED], path)
    rows = list(_split(lines, separator, path, before=1 if stated else 0))
    _require_one_separator(rows, separator, path)
    _require_no_swallowed_rows(rows, lines, separator, path)
    return rows


def _require_few_cells(text: str, path: Path) -> None:
    """Raise `InputError` for more cells than fit into memory, before any is created."""
    if max(map(text.count, _SEPARATORS)) + text.count("\n") + text.count("\r") > MOST_CELLS:
        raise InputError(
            f"{path} has more than {MOST_CELLS:,} cells.",
            "Check that it is a table; write a larger one as Parquet (NAME.parquet).",
        )


def _require_bounded(lines: Sequence[str], path: Path) -> None:
    """Raise `InputError` for a line that is too long for a row of a table."""
    for number, line in enumerate(lines, start=1):
        cells = 1 + max(map(line.count, _SEPARATORS))
        if len(line) > _MOST_CHARACTERS or cells > MOST_COLUMNS:
            raise InputError(
                f"{path}: line {number} has {len(line):,} characters and {cells:,} cells; at most "
                f"{_MOST_CHARACTERS:,} characters and {MOST_COLUMNS:,} cells are read.",
                "Check that it is a table with a row per line.",
            )


def _require_a_separator(separator: str, path: Path) -> None:
    if separator in "\"' " or separator.isalnum():
        raise InputError(
            f"{path}: line 1 declares the separator {separator!r}.",
            "Separate cells by a comma, a semicolon, a tab or a bar.",
        )


def _require_no_swallowed_rows(rows: Sequence[Row], lines: Sequence[str], separator: str, path: Path) -> None:
    """Refuse two stray quotation marks, which would merge whole rows into one cell."""
    width = len(rows[0][1]) if rows else 0
    ends = [line for line, _ in rows[1:]] + [len(lines) + 1]
    for (line, cells), end in zip(rows, ends, strict=True):
        parts = [part for part in lines[line - 1 : end - 1] if part.strip()]
        if width < 2 or len(parts) < 2 or not any("\n" in cell for cell in cells):
            continue
        first, *inner, last = [_looks_like_a_row(part, separator, width, lines[0]) for part in parts]
        has_rows = (first and last) or (inner and all(inner))
        if has_rows or (len(cells) != width and any([*inner, last])):
            raise InputError(
                f"{path}: a quoted cell that begins on line {line} and ends on line {line + len(parts) - 1} "
                "seems to contain whole rows.",
                "Remove the quotation mark without a partner, or the line breaks within the cell.",
            )


def _looks_like_a_row(part: str, separator: str, width: int, header: str) -> bool:
    """Whether a line within a cell has as many cells as a row, and no blanks after commas as in sentences."""
    prose = f"{separator} " in part and f"{separator} " not in header
    return part.count(separator) + 1 == width and not prose


def _require_one_separator(rows: Sequence[Row], separator: str, path: Path) -> None:
    """Refuse a row that is a single cell with another separator: it comes from another file."""
    if max((len(cells) for _, cells in rows), default=0) < 2:
        return
    for line, cells in rows:
        other = next((mark for mark in _SEPARATORS if mark in cells[0]), None) if len(cells) == 1 else None
        if other:
            raise InputError(
                f"{path}: line {line} seems to be separated by {other!r}, but other rows by {separator!r}.",
                "Use the same separator in all rows.",
            )


def _split(lines: Sequence[str], separator: str, path: Path, *, before: int) -> Iterator[Row]:
    text = (f"{line}\n" for line in islice(lines, before, None))
    reader = csv.reader(text, delimiter=separator, skipinitialspace=True, strict=True)
    line = before + 1
    try:
        for cells in reader:
            yield line, [cell.strip() for cell in cells]
            line = reader.line_num + before + 1
    except csv.Error as error:
        raise InputError(
            f"{path} cannot be read as CSV: the row that begins on line {line}: {error}.",
            "Close every quotation mark, directly before a separator, and double those inside a quoted cell; "
            f"a cell has at most {csv.field_size_limit():,} characters.",
        ) from error


def _separator(lines: Sequence[str], path: Path) -> str:
    widths = {separator: _widths(lines, separator) for separator in _SEPARATORS}
    split = {separator: counts for separator, counts in widths.items() if counts and counts[0] > 1}
    if not split:
        return ","  # a single column
    uniform = {separator: counts for separator, counts in split.items() if len(set(counts)) == 1} or split
    most = max(counts[0] for counts in uniform.values())
    best = [separator for separator, counts in uniform.items() if counts[0] == most]
    if len(best) > 1:
        names = " or ".join(repr(separator) for separator in best)
        raise InputError(
            f"{path}: cells may be separated by {names}; each splits the header into {most} cells.",
            "Name it in a first line such as sep=; or put cells that contain the other one in quotes.",
        )
    return best[0]


def _widths(lines: Sequence[str], separator: str) -> list[int]:
    """Number of cells of each row that is not empty, beginning with the header."""
    try:
        rows = list(csv.reader(lines, delimiter=separator, skipinitialspace=True))
    except csv.Error:
        return []  # reported when the file is split
    rows = rows[:-1] if len(lines) == _EXAMINED else rows  # the last row may be truncated
    return [len(cells) for cells in rows if any(cell.strip() for cell in cells)]
