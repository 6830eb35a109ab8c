"""Rows of a text whose cells are separated by commas, semicolons, tabs or bars."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from nbradiomics.errors import InputError

#: A row: the line of the file on which it begins, counted from 1, and its cells.
Row = tuple[int, list[str]]

_SEPARATORS = (",", ";", "\t", "|")
#: What Excel writes and reads as the first line: `sep=;`.
_STATED = re.compile(r'"?sep=(?P<separator>\\t|.)"?[,;\t|]*', re.IGNORECASE)
#: More columns than any table of features has (Excel takes 16,384).
MOST_COLUMNS = 32_768
#: Cells that are held as text at once; they take about two gigabytes.
MOST_CELLS = 20_000_000
_MOST_CHARACTERS = 4 << 20
#: Lines that are looked at to find the separator.
_LOOKED_AT = 200


def separated_rows(text: str, path: Path) -> list[Row]:
    """Split a text into rows and cells.

    The separator is what a first line ``sep=;`` says, else the one that gives all rows as many cells as the
    header, and most of them. Line ends of Windows, Unix and old Macs are read.

    Raises
    ------
    InputError
        When two separators fit alike, rows are separated differently, or quotes are wrong.
    """
    _require_few_cells(text, path)
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    _require_bounded(lines, path)
    stated = _STATED.fullmatch(lines[0].strip(" "))
    if stated:
        separator = "\t" if stated["separator"] == "\\t" else stated["separator"]
        _require_a_separator(separator, path)
    else:
        separator = _separator(lines[:_LOOKED_AT], path)
    rows = list(_split(lines, separator, path, before=1 if stated else 0))
    _require_one_separator(rows, separator, path)
    _require_no_swallowed_rows(rows, lines, separator, path)
    return rows


def _require_few_cells(text: str, path: Path) -> None:
    """Raise `InputError` for more cells than can be held, before any is made."""
    if max(map(text.count, _SEPARATORS)) + text.count("\n") + text.count("\r") > MOST_CELLS:
        raise InputError(
            f"{path} holds more than {MOST_CELLS:,} cells.",
            "Check that it is a table; write a larger one as Parquet (NAME.parquet).",
        )


def _require_bounded(lines: Sequence[str], path: Path) -> None:
    """Raise `InputError` for a line that no row of a table has."""
    for number, line in enumerate(lines, start=1):
        cells = 1 + max(map(line.count, _SEPARATORS))
        if len(line) > _MOST_CHARACTERS or cells > MOST_COLUMNS:
            raise InputError(
                f"{path}: line {number} holds {len(line):,} characters and {cells:,} cells; at most "
                f"{_MOST_CHARACTERS:,} characters and {MOST_COLUMNS:,} cells are read.",
                "Check that it is a table with a row per line.",
            )


def _require_a_separator(separator: str, path: Path) -> None:
    if separator in "\"' " or separator.isalnum():
        raise InputError(
            f"{path}: line 1 says that cells are separated by {separator!r}.",
            "Separate them by a comma, a semicolon, a tab or a bar.",
        )


def _require_no_swallowed_rows(rows: Sequence[Row], lines: Sequence[str], separator: str, path: Path) -> None:
    """Two stray quotation marks make one cell of all that stands between them: whole rows would be gone."""
    width = len(rows[0][1]) if rows else 0
    ends = [line for line, _ in rows[1:]] + [len(lines) + 1]
    for (line, cells), end in zip(rows, ends, strict=True):
        parts = [part for part in lines[line - 1 : end - 1] if part.strip()]
        if width < 2 or len(parts) < 2 or not any("\n" in cell for cell in cells):
            continue
        first, *inner, last = [_looks_like_a_row(part, separator, width, lines[0]) for part in parts]
        whole = (first and last) or (inner and all(inner))
        if whole or (len(cells) != width and any([*inner, last])):
            raise InputError(
                f"{path}: a quoted cell that begins on line {line} and ends on line {line + len(parts) - 1} "
                "holds what looks like whole rows.",
                "Remove the quotation mark that stands alone, or the line breaks within the cell.",
            )


def _looks_like_a_row(part: str, separator: str, width: int, header: str) -> bool:
    """Whether a line within a cell has as many cells as a row; in a sentence a blank follows the comma."""
    prose = f"{separator} " in part and f"{separator} " not in header
    return part.count(separator) + 1 == width and not prose


def _require_one_separator(rows: Sequence[Row], separator: str, path: Path) -> None:
    """A row that is all one cell, and holds another separator, comes from another file."""
    if max((len(cells) for _, cells in rows), default=0) < 2:
        return
    for line, cells in rows:
        other = next((mark for mark in _SEPARATORS if mark in cells[0]), None) if len(cells) == 1 else None
        if other:
            raise InputError(
                f"{path}: line {line} seems to be separated by {other!r}, and other rows by {separator!r}.",
                "Separate all rows alike.",
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
            "Close every quotation mark, with the separator right behind it, and write one inside a quoted "
            "cell twice; a cell holds "
            f"{csv.field_size_limit():,} characters at most.",
        ) from error


def _separator(lines: Sequence[str], path: Path) -> str:
    widths = {separator: _widths(lines, separator) for separator in _SEPARATORS}
    split = {separator: found for separator, found in widths.items() if found and found[0] > 1}
    if not split:
        return ","  # a single column
    fitting = {separator: found for separator, found in split.items() if len(set(found)) == 1} or split
    most = max(found[0] for found in fitting.values())
    best = [separator for separator, found in fitting.items() if found[0] == most]
    if len(best) > 1:
        named = " or ".join(repr(separator) for separator in best)
        raise InputError(
            f"{path}: cells may be separated by {named}; both split the header into {most}.",
            "Say which by a first line such as sep=; or put cells that hold the other in quotes.",
        )
    return best[0]


def _widths(lines: Sequence[str], separator: str) -> list[int]:
    """Number of cells of each row that holds any; the header's first."""
    try:
        rows = list(csv.reader(lines, delimiter=separator, skipinitialspace=True))
    except csv.Error:
        return []  # told when the file is split
    rows = rows[:-1] if len(lines) == _LOOKED_AT else rows  # the last may be cut off
    return [len(cells) for cells in rows if any(cell.strip() for cell in cells)]
