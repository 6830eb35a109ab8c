"""Recognise the format of a table file by its content, since its name may be wrong."""

from __future__ import annotations

import codecs
import io
import struct
import zipfile
from pathlib import Path
from typing import Literal

from nbradiomics.errors import InputError
from nbradiomics.tables.text import SAVE_AS_CSV

Kind = Literal["text", "workbook", "parquet"]

_NOT_READ = (
    (b"\xd0\xcf\x11\xe0", "an Excel file of the old kind (.xls), or a workbook with a password"),
    (b"%PDF", "a PDF"),
    (b"{\\rtf", "a document (RTF)"),
    (b"$FL2@(#)", "an SPSS file"),
    (b"$FL3@(#)", "an SPSS file"),
    (b"\x89HDF", "an HDF5 file"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
)
#: Kind of a ZIP file by one of its members.
_ZIPPED = {
    "xl/workbook.bin": "a binary Excel workbook (.xlsb)",
    "word/document.xml": "a Word document",
    "content.xml": "an OpenDocument file (.ods)",
    "Index/Document.iwa": "an Apple Numbers document",
}
_MARKUP = (
    (b"<!doctype html", "a web page (HTML) in spite of its name"),
    (b"<html", "a web page (HTML) in spite of its name"),
    (b"<table", "a web page (HTML) in spite of its name"),
    (b"<?xml", "an XML file in spite of its name"),
    (b"[{", "a JSON file"),
    (b'{"', "a JSON file"),
)


def kind_of(raw: bytes, path: Path) -> Kind:
    """Kind of a file by its content.

    Raises
    ------
    InputError
        When the kind is not supported; the message names it.
    """
    if raw.startswith(b"PAR1"):
        return "parquet"
    if raw.startswith(b"PK\x03\x04"):
        return _zipped(raw, path)
    start = b"".join(raw[:200].removeprefix(codecs.BOM_UTF8).split()).lower()
    kind = next((name for mark, name in _NOT_READ if raw.startswith(mark)), None)
    kind = kind or next((name for mark, name in _MARKUP if start.startswith(mark.replace(b" ", b""))), None)
    if kind:
        raise InputError(f"{path} is {kind}, which cannot be read as a table.", SAVE_AS_CSV)
    return "text"


def _zipped(raw: bytes, path: Path) -> Kind:
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            members = set(archive.namelist())
    # Invalid encodings of names, truncated fields, unknown versions.
    except (zipfile.BadZipFile, ValueError, struct.error, NotImplementedError) as error:
        raise InputError(f"{path} is a damaged ZIP or Excel file: {error}.", SAVE_AS_CSV) from error
    if "xl/workbook.xml" in members:
        return "workbook"
    kind = next((name for member, name in _ZIPPED.items() if member in members), "a ZIP archive")
    raise InputError(f"{path} is {kind}, which cannot be read as a table.", SAVE_AS_CSV)
