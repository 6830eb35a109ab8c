"""What kind of file a table lies in, by its content: the name may promise another."""

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
#: A member of a ZIP file that tells what it is.
_ZIPPED = {
    "xl/workbook.bin": "a binary Excel workbook (.xlsb)",
    "word/document.xml": "a Word document",
    "content.xml": "an OpenDocument file (.ods)",
    "Index/Document.iwa": "an Apple Numbers document",
}
_MARKUP = (
    (b"<!doctype html", "a web page (HTML), whatever its name says"),
    (b"<html", "a web page (HTML), whatever its name says"),
    (b"<table", "a web page (HTML), whatever its name says"),
    (b"<?xml", "an XML file, whatever its name says"),
    (b"[{", "a JSON file"),
    (b'{"', "a JSON file"),
)


def kind_of(raw: bytes, path: Path) -> Kind:
    """Kind of a file by its first bytes.

    Raises
    ------
    InputError
        When it is of a kind that is not read; the message says which.
    """
    if raw.startswith(b"PAR1"):
        return "parquet"
    if raw.startswith(b"PK\x03\x04"):
        return _zipped(raw, path)
    start = b"".join(raw[:200].removeprefix(codecs.BOM_UTF8).split()).lower()
    found = next((what for mark, what in _NOT_READ if raw.startswith(mark)), None)
    found = found or next((what for mark, what in _MARKUP if start.startswith(mark.replace(b" ", b""))), None)
    if found:
        raise InputError(f"{path} is {found}, which is not read as a table.", SAVE_AS_CSV)
    return "text"


def _zipped(raw: bytes, path: Path) -> Kind:
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            members = set(archive.namelist())
    # Names in an impossible encoding, fields that are cut off, versions of the future.
    except (zipfile.BadZipFile, ValueError, struct.error, NotImplementedError) as error:
        raise InputError(f"{path} is a damaged ZIP or Excel file: {error}.", SAVE_AS_CSV) from error
    if "xl/workbook.xml" in members:
        return "workbook"
    found = next((what for member, what in _ZIPPED.items() if member in members), "a ZIP archive")
    raise InputError(f"{path} is {found}, which is not read as a table.", SAVE_AS_CSV)
