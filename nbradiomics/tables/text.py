"""Read the bytes of a file as text, and refuse other encodings and files that are not text."""

from __future__ import annotations

import codecs
from pathlib import Path

from nbradiomics.errors import InputError
from nbradiomics.files.regular_file import open_regular

#: Remedy for a file that is not a table.
SAVE_AS_CSV = "Save it as CSV in UTF-8 (in Excel: Save as, 'CSV UTF-8')."
#: Largest number of bytes of a text table.
MOST_BYTES = 256 << 20
#: Byte order marks at the start of a text, and the encoding; longer marks first.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def read_bytes(path: Path, kind: str = "table", *, most: int = MOST_BYTES) -> bytes:
    """Read a regular file of limited size.

    Parameters
    ----------
    path
        The file.
    kind
        Kind of file that is expected, for messages.
    most
        Largest number of bytes that the file may have.

    Raises
    ------
    InputError
        When the file does not exist, is a pipe or similar, may not be read, or is too large.
    """
    try:
        with open_regular(path) as file:
            raw = file.read(most + 1)
    except (
        FileNotFoundError,
        NotADirectoryError,
        ValueError,
    ) as error:  # ValueError: impossible file name
        raise InputError(
            f"{path} does not exist or is not a file.", f"Check the path of the {kind}."
        ) from error
    except OSError as error:
        raise InputError(
            f"{path} cannot be read: {error.strerror or error}.", "Check the file's permissions and name."
        ) from error
    require_bounded(len(raw), path, kind, most)
    return raw


def require_bounded(size: int, path: Path, kind: str = "table", most: int = MOST_BYTES) -> None:
    """Raise `InputError` for a file with more bytes than are read."""
    if size > most:
        allowed = f"{most >> 20} MB" if most >= 1 << 20 else f"{most >> 10} KB"
        raise InputError(
            f"{path} is larger than {allowed}, the limit for a {kind}.",
            f"Check that it is the right {kind}; split a larger one.",
        )


def read_text(path: Path, kind: str = "table", *, most: int = MOST_BYTES) -> str:
    """Read a text file in UTF-8, or in UTF-16 or UTF-32 with its mark; raise `InputError` for another file.

    See `read_bytes` for the parameters.
    """
    return decode(read_bytes(path, kind, most=most), path)


def decode(raw: bytes, path: Path) -> str:
    """Decode the bytes of a file to text.

    An encoding without a mark is not guessed: a byte is a different letter in each encoding, and names would
    change silently.

    Raises
    ------
    InputError
        When the bytes are in another encoding, or not text at all.
    """
    encoding = next((name for mark, name in _MARKS if raw.startswith(mark)), "utf-8")
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not text in UTF-8: {_place(raw, error)}.", SAVE_AS_CSV) from error
    if "\0" in text:
        raise InputError(
            f"{path} is not text in UTF-8: it has zero bytes, like UTF-16 without its mark (BOM).",
            SAVE_AS_CSV,
        )
    return text.lstrip("\ufeff")  # some programs write the mark twice


def _place(raw: bytes, error: UnicodeDecodeError) -> str:
    if error.encoding != "utf-8":
        return f"it is damaged {error.encoding.upper()} ({error.reason})"
    line = raw[: error.start].replace(b"\r\n", b"\n").replace(b"\r", b"\n").count(b"\n") + 1
    byte = raw[error.start : error.start + 1]
    letter = byte.decode("cp1252", errors="ignore")
    windows = f", which is {letter!r} in the Windows encoding" if letter else ""
    return f"line {line} has the byte 0x{byte.hex().upper()}{windows}"
