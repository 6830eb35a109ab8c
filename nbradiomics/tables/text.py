"""Bytes of a file as text: which encoding it is in, or what it is instead of a text."""

from __future__ import annotations

import codecs
from pathlib import Path

from nbradiomics.errors import InputError
from nbradiomics.files.regular_file import open_regular

#: What to do with a file that is no table.
SAVE_AS_CSV = "Save it as CSV in UTF-8 (in Excel: Save as, 'CSV UTF-8')."
#: More than any table of cases and features holds that can be worked with as text.
MOST_BYTES = 256 << 20
#: Marks at the start of a text in another encoding than UTF-8; the longer ones first.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def read_bytes(path: Path, what: str = "table", *, most: int = MOST_BYTES) -> bytes:
    """Read a regular file of bounded size.

    Parameters
    ----------
    path
        The file.
    what
        What it should be, for the messages.
    most
        Bytes that it may hold.

    Raises
    ------
    InputError
        When it is not there, is no file but a pipe or the like, may not be read, or holds more.
    """
    try:
        with open_regular(path) as file:
            raw = file.read(most + 1)
    except (
        FileNotFoundError,
        NotADirectoryError,
        ValueError,
    ) as error:  # ValueError: no file has such a name
        raise InputError(f"{path} does not exist or is no file.", f"Check the path of the {what}.") from error
    except OSError as error:
        raise InputError(
            f"{path} cannot be read: {error.strerror or error}.", "Check the file's rights and name."
        ) from error
    require_bounded(len(raw), path, what, most)
    return raw


def require_bounded(size: int, path: Path, what: str = "table", most: int = MOST_BYTES) -> None:
    """Raise `InputError` for a file of more bytes than are read."""
    if size > most:
        allowed = f"{most >> 20} MB" if most >= 1 << 20 else f"{most >> 10} KB"
        raise InputError(
            f"{path} holds more than {allowed}, more than is read as a {what}.",
            f"Check that it is the {what} that is meant; split a larger one.",
        )


def read_text(path: Path, what: str = "table", *, most: int = MOST_BYTES) -> str:
    """Read a text file in UTF-8, or in UTF-16 or UTF-32 with its mark; raise `InputError` for another.

    See `read_bytes` for the parameters.
    """
    return decode(read_bytes(path, what, most=most), path)


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
