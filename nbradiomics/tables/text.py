"""Bytes of a file as text: which encoding it is in, or what it is instead of a text."""

from __future__ import annotations

import codecs
from pathlib import Path

from nbradiomics.errors import InputError

#: What to do with a file that is no table.
SAVE_AS_CSV = "Save it as CSV in UTF-8 (in Excel: Save as, 'CSV UTF-8')."
#: Marks at the start of a text in another encoding than UTF-8; the longer ones first.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def read_bytes(path: Path) -> bytes:
    """Read a file; raise `InputError` when it is not there or may not be read."""
    if not path.is_file():
        raise InputError(f"{path} does not exist or is no file.", "Check the path of the table.")
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(
            f"{path} cannot be read: {error.strerror or error}.", "Check the file's rights."
        ) from error


def read_text(path: Path) -> str:
    """Read a text file in UTF-8, or in UTF-16 or UTF-32 with its mark; raise `InputError` for another."""
    return decode(read_bytes(path), path)


def decode(raw: bytes, path: Path) -> str:
    """Text of a file's bytes.

    An encoding without a mark is not guessed: the same byte is another letter in each, and names would change
    without a word.

    Raises
    ------
    InputError
        When they are in another encoding, or no text at all.
    """
    encoding = next((name for mark, name in _MARKS if raw.startswith(mark)), "utf-8")
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is no text in UTF-8: {_place(raw, error)}.", SAVE_AS_CSV) from error
    if "\0" in text:
        raise InputError(
            f"{path} is no text in UTF-8: it holds zero bytes, as UTF-16 without its mark (BOM) does.",
            SAVE_AS_CSV,
        )
    return text.lstrip("\ufeff")  # some programs write the mark twice


def _place(raw: bytes, error: UnicodeDecodeError) -> str:
    if error.encoding != "utf-8":
        return f"it is damaged {error.encoding.upper()} ({error.reason})"
    line = raw[: error.start].replace(b"\r\n", b"\n").replace(b"\r", b"\n").count(b"\n") + 1
    byte = raw[error.start : error.start + 1]
    letter = byte.decode("cp1252", errors="ignore")
    meant = f", which is {letter!r} in the encoding of Windows" if letter else ""
    return f"line {line} holds the byte 0x{byte.hex().upper()}{meant}"
