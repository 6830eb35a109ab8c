"""Rows of an Excel workbook (.xlsx), as the text that its cells hold."""

from __future__ import annotations

import datetime as dt
import io
import re
import warnings
from pathlib import Path
from typing import Any

from nbradiomics.errors import InputError
from nbradiomics.tables.separated import Row
from nbradiomics.tables.text import SAVE_AS_CSV


def workbook_rows(raw: bytes, path: Path) -> list[Row]:
    """Rows of the one sheet that holds cells; hidden sheets are passed over.

    A formula counts by the value that Excel has stored for it.

    Raises
    ------
    InputError
        When openpyxl is not installed, the workbook is damaged, several sheets hold cells, or a formula has
        no stored value.
    """
    sheets = {name: rows for name, rows in _sheets(raw, path).items() if rows}
    if len(sheets) > 1:
        raise InputError(
            f"{path} holds several sheets with cells: {', '.join(sheets)}.",
            "Save the one that counts as a file of its own, or hide the others.",
        )
    return next(iter(sheets.values()), [])


def _sheets(raw: bytes, path: Path) -> dict[str, list[Row]]:
    try:
        from openpyxl import load_workbook
    except ImportError as error:
        raise InputError(
            f"{path} is an Excel workbook, and the package openpyxl, which reads it, is not installed.",
            f"pip install openpyxl. Or: {SAVE_AS_CSV[0].lower()}{SAVE_AS_CSV[1:]}",
        ) from error
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of styles and validations, which change no cell
            values = load_workbook(io.BytesIO(raw), read_only=True, data_only=True)
            formulas = load_workbook(io.BytesIO(raw), read_only=True)
            return {
                sheet.title: _rows(sheet, formulas[sheet.title], path)
                for sheet in values.worksheets
                if sheet.sheet_state == "visible"
            }
    except InputError:
        raise
    except Exception as error:  # openpyxl lets through what zipfile, its XML parser and its own checks raise
        raise InputError(f"{path} is a damaged Excel workbook: {error}.", SAVE_AS_CSV) from error


def _rows(values: Any, formulas: Any, path: Path) -> list[Row]:
    rows = []
    for sheet in (values, formulas):
        sheet.reset_dimensions()  # some programs state a smaller range than they have written
    pairs = zip(values.iter_rows(), formulas.iter_rows(), strict=True)
    for line, (cells, sources) in enumerate(pairs, start=1):
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
    return rows


def _text(cell: Any) -> str:
    value = cell.value
    shown = str(getattr(cell, "number_format", ""))
    if isinstance(value, int) and not isinstance(value, bool) and re.fullmatch("0+", shown):
        return str(value).zfill(len(shown))  # 7 shown as 007
    return cell_text(value)


def cell_text(value: Any) -> str:
    """Text of a value that is typed already: a whole number without `.0`, a date as 2020-03-01, else `""`."""
    if value is None or value != value:
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, dt.datetime) and value.time() == dt.time():
        return value.date().isoformat()
    return str(value).strip()
