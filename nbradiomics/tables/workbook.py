"""Read the rows of an Excel workbook (.xlsx) as text."""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from nbradiomics.errors import InputError
from nbradiomics.system.quiet import quiet
from nbradiomics.tables.separated import Row
from nbradiomics.tables.text import SAVE_AS_CSV

#: Largest unpacked size of a workbook in bytes; its cells take ten times as much memory.
_MOST_BYTES = 64 << 20
#: Largest number of cells of all sheets, including empty ones.
_MOST_CELLS = 2_000_000
#: Largest number of stored rows of a sheet, and the last line of a sheet in Excel.
_MOST_ROWS = 200_000
_LAST_LINE = 1_048_576
_PICTURES = "xl/media/"
_ROW = re.compile(rb"<(?:\w+:)?row[\s/>]")
_CELL = re.compile(rb"<(?:\w+:)?c[\s/>]")
_CHUNK = 1 << 20
_TOO_LARGE = "Save the cells that you need as CSV; empty cells with a format count too."


def workbook_rows(raw: bytes, path: Path) -> list[Row]:
    """Read the rows of the only sheet with values; hidden sheets are ignored.

    For a formula the value is read that Excel has stored for it.

    Raises
    ------
    InputError
        When openpyxl is not installed, the workbook is damaged or too large, several sheets have values, or a
        formula has no stored value.
    """
    try:
        from openpyxl import load_workbook
    except ImportError as error:
        raise InputError(
            f"{path} is an Excel workbook, but the package openpyxl, which reads it, is not installed.",
            f"Run: pip install openpyxl. Or: {SAVE_AS_CSV[0].lower()}{SAVE_AS_CSV[1:]}",
        ) from error
    try:
        _require_bounded(raw, path)
        with quiet():  # about styles and validations, which do not change cells
            values, formulas = (
                load_workbook(io.BytesIO(raw), read_only=True, data_only=data_only, keep_links=False)
                for data_only in (True, False)
            )
            return _filled_rows(values, formulas, path)
    except InputError:
        raise
    except Exception as error:  # openpyxl passes on errors of zipfile, its XML parser and its own checks
        raise InputError(f"{path} is a damaged Excel workbook: {error}.", SAVE_AS_CSV) from error


def _require_bounded(raw: bytes, path: Path) -> None:
    """Check the unpacked size of a workbook before any of it is parsed."""
    total = 0
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        for info in archive.infolist():
            if info.filename.startswith(_PICTURES):
                continue  # they are never read
            total += info.file_size  # zipfile never unpacks more bytes
            if total > _MOST_BYTES:
                raise InputError(f"{path} unpacks to more than {_MOST_BYTES >> 20} MB.", _TOO_LARGE)
            _require_plain(archive, info, path)


def _require_plain(archive: zipfile.ZipFile, info: zipfile.ZipInfo, path: Path) -> None:
    """Refuse XML with too many cells, and entities, by which a few bytes may expand to gigabytes."""
    before, cells, rows = b"", 0, 0
    with archive.open(info) as file:
        while chunk := file.read(_CHUNK):
            cells, rows = cells + len(_CELL.findall(chunk)), rows + len(_ROW.findall(chunk))
            plain = (before + chunk).replace(b"\0", b"")  # UTF-16 as well as UTF-8
            if b"<!DOCTYPE" in plain or b"<!ENTITY" in plain:
                raise InputError(
                    f"{path}: {info.filename} declares a document type or entities; a workbook has none.",
                    SAVE_AS_CSV,
                )
            if cells > _MOST_CELLS or rows > _MOST_ROWS:
                problem = f"{path} has more than {_MOST_CELLS:,} cells or {_MOST_ROWS:,} rows in one sheet."
                raise InputError(problem, _TOO_LARGE)
            before = chunk[-32:]


def _filled_rows(values: Any, formulas: Any, path: Path) -> list[Row]:
    """Rows of the only visible sheet with values."""
    filled: dict[str, list[Row]] = {}
    remaining = _MOST_CELLS
    for sheet in values.worksheets:
        if sheet.sheet_state != "visible":
            continue
        rows, remaining = _rows(sheet, formulas[sheet.title], path, remaining)
        if rows:
            filled[sheet.title] = rows
        if len(filled) > 1:
            raise InputError(
                f"{path} has several sheets with values: {', '.join(filled)}.",
                "Save the required sheet as a separate file, or hide the others.",
            )
    return next(iter(filled.values()), [])


def _rows(values: Any, formulas: Any, path: Path, remaining: int) -> tuple[list[Row], int]:
    """Rows of a sheet that are not empty, and the number of cells that may still be read."""
    rows: list[Row] = []
    for sheet in (values, formulas):
        sheet.reset_dimensions()  # some programs state a smaller range than they wrote
    pairs = zip(values.iter_rows(), formulas.iter_rows(), strict=True)
    for line, (cells, sources) in enumerate(_readable(pairs, path), start=1):
        remaining -= 1 + len(cells)
        if remaining < 0 or line > _LAST_LINE:
            raise InputError(
                f"{path} has more than {_MOST_CELLS:,} cells, or rows beyond line {_LAST_LINE:,}.", _TOO_LARGE
            )
        for cell, source in zip(cells, sources, strict=True):
            # An empty text is a value; Excel marks it as `str`.
            if cell.value is None and source.data_type == "f" and cell.data_type != "str":
                raise InputError(
                    f"{path}: cell {source.coordinate} has a formula without a stored value.",
                    "Open the workbook in Excel and save it, or write the value instead of the formula.",
                )
        texts = [_text(cell) for cell in cells]
        if any(texts):
            rows.append((line, texts))
    return rows, remaining


def _readable(pairs: Iterator[Any], path: Path) -> Iterator[Any]:
    """Yield each row; raise `InputError` with its position for a row that cannot be read."""
    line = 0
    try:
        for pair in pairs:
            line += 1
            yield pair
    except (ValueError, OverflowError, ArithmeticError) as error:  # such as a number of 5,000 digits
        raise InputError(
            f"{path}: a row after line {line} has a cell that cannot be read: {error}.", SAVE_AS_CSV
        ) from error


def _text(cell: Any) -> str:
    value = cell.value
    shown = str(getattr(cell, "number_format", ""))
    if isinstance(value, int) and not isinstance(value, bool) and re.fullmatch("0+", shown):
        return str(value).zfill(len(shown))  # 7 shown as 007
    return cell_text(value)


def cell_text(value: Any) -> str:
    """Text of a typed value: whole numbers without `.0`, dates as 2020-03-01, missing values as `""`."""
    if value is None or value is pd.NaT or value is pd.NA or value != value:
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, dt.datetime) and value.time() == dt.time():
        return value.date().isoformat()
    return str(value).strip()
