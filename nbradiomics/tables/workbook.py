"""Rows of an Excel workbook (.xlsx), as the text that its cells hold."""

from __future__ import annotations

import datetime as dt
import io
import re
import warnings
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from nbradiomics.errors import InputError
from nbradiomics.tables.separated import Row
from nbradiomics.tables.text import SAVE_AS_CSV

#: Bytes that a workbook may unfold to; its cells take ten times as much when they are read.
_MOST_BYTES = 64 << 20
#: Cells and rows of all sheets, empty ones included.
_MOST_CELLS = 2_000_000
#: Rows that are written of a sheet, and the last line that a sheet of Excel can have.
_MOST_ROWS = 200_000
_LAST_LINE = 1_048_576
_PICTURES = "xl/media/"
_ROW = re.compile(rb"<(?:\w+:)?row[\s/>]")
_CELL = re.compile(rb"<(?:\w+:)?c[\s/>]")
_CHUNK = 1 << 20
_TOO_LARGE = "Save the cells that count as CSV; empty, formatted rows and columns count too."


def workbook_rows(raw: bytes, path: Path) -> list[Row]:
    """Rows of the one sheet that holds cells; hidden sheets are passed over.

    A formula counts by the value that Excel has stored for it.

    Raises
    ------
    InputError
        When openpyxl is not installed, the workbook is damaged or unfolds to more than any table, several
        sheets hold cells, or a formula has no stored value.
    """
    try:
        from openpyxl import load_workbook
    except ImportError as error:
        raise InputError(
            f"{path} is an Excel workbook, and the package openpyxl, which reads it, is not installed.",
            f"pip install openpyxl. Or: {SAVE_AS_CSV[0].lower()}{SAVE_AS_CSV[1:]}",
        ) from error
    try:
        _require_bounded(raw, path)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of styles and validations, which change no cell
            values, formulas = (
                load_workbook(io.BytesIO(raw), read_only=True, data_only=data_only, keep_links=False)
                for data_only in (True, False)
            )
            return _filled_rows(values, formulas, path)
    except InputError:
        raise
    except Exception as error:  # openpyxl lets through what zipfile, its XML parser and its own checks raise
        raise InputError(f"{path} is a damaged Excel workbook: {error}.", SAVE_AS_CSV) from error


def _require_bounded(raw: bytes, path: Path) -> None:
    """Look at what a workbook unfolds to before anything of it is parsed."""
    total = 0
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        for info in archive.infolist():
            if info.filename.startswith(_PICTURES):
                continue  # nobody reads them
            total += info.file_size  # zipfile gives no byte more
            if total > _MOST_BYTES:
                raise InputError(f"{path} unfolds to more than {_MOST_BYTES >> 20} MB.", _TOO_LARGE)
            _require_plain(archive, info, path)


def _require_plain(archive: zipfile.ZipFile, info: zipfile.ZipInfo, path: Path) -> None:
    """Refuse XML of more cells than are read, and that by which a few bytes may stand for gigabytes."""
    before, cells, rows = b"", 0, 0
    with archive.open(info) as file:
        while chunk := file.read(_CHUNK):
            cells, rows = cells + len(_CELL.findall(chunk)), rows + len(_ROW.findall(chunk))
            plain = (before + chunk).replace(b"\0", b"")  # UTF-16 as well as UTF-8
            if b"<!DOCTYPE" in plain or b"<!ENTITY" in plain:
                raise InputError(
                    f"{path}: {info.filename} declares a document type or entities, which no workbook does.",
                    SAVE_AS_CSV,
                )
            if cells > _MOST_CELLS or rows > _MOST_ROWS:
                found = f"{path} holds more than {_MOST_CELLS:,} cells or {_MOST_ROWS:,} rows in one sheet."
                raise InputError(found, _TOO_LARGE)
            before = chunk[-32:]


def _filled_rows(values: Any, formulas: Any, path: Path) -> list[Row]:
    """Rows of the one visible sheet with cells."""
    filled: dict[str, list[Row]] = {}
    left = _MOST_CELLS
    for sheet in values.worksheets:
        if sheet.sheet_state != "visible":
            continue
        rows, left = _rows(sheet, formulas[sheet.title], path, left)
        if rows:
            filled[sheet.title] = rows
        if len(filled) > 1:
            raise InputError(
                f"{path} holds several sheets with cells: {', '.join(filled)}.",
                "Save the one that counts as a file of its own, or hide the others.",
            )
    return next(iter(filled.values()), [])


def _rows(values: Any, formulas: Any, path: Path, left: int) -> tuple[list[Row], int]:
    """Rows of a sheet that hold anything, and how many more cells may be read."""
    rows: list[Row] = []
    for sheet in (values, formulas):
        sheet.reset_dimensions()  # some programs state a smaller range than they have written
    pairs = zip(values.iter_rows(), formulas.iter_rows(), strict=True)
    for line, (cells, sources) in enumerate(_said(pairs, path), start=1):
        left -= 1 + len(cells)
        if left < 0 or line > _LAST_LINE:
            raise InputError(
                f"{path} holds more than {_MOST_CELLS:,} cells, or rows beyond {_LAST_LINE:,}.", _TOO_LARGE
            )
        for cell, source in zip(cells, sources, strict=True):
            # An empty text is a value: Excel marks it `str`.
            if cell.value is None and source.data_type == "f" and cell.data_type != "str":
                raise InputError(
                    f"{path}: cell {source.coordinate} holds a formula without a stored value.",
                    "Open the workbook in Excel and save it, or write the value instead of the formula.",
                )
        texts = [_text(cell) for cell in cells]
        if any(texts):
            rows.append((line, texts))
    return rows, left


def _said(pairs: Iterator[Any], path: Path) -> Iterator[Any]:
    """Give each of some rows; a row that cannot be read is told with its place."""
    line = 0
    try:
        for pair in pairs:
            line += 1
            yield pair
    except (ValueError, OverflowError, ArithmeticError) as error:  # such as a number of 5,000 digits
        raise InputError(
            f"{path}: a row after line {line} holds a cell that cannot be read: {error}.", SAVE_AS_CSV
        ) from error


def _text(cell: Any) -> str:
    value = cell.value
    shown = str(getattr(cell, "number_format", ""))
    if isinstance(value, int) and not isinstance(value, bool) and re.fullmatch("0+", shown):
        return str(value).zfill(len(shown))  # 7 shown as 007
    return cell_text(value)


def cell_text(value: Any) -> str:
    """Text of a value that is typed already: a whole number without `.0`, a date as 2020-03-01, else `""`."""
    if value is None or value is pd.NaT or value is pd.NA or value != value:
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, dt.datetime) and value.time() == dt.time():
        return value.date().isoformat()
    return str(value).strip()
