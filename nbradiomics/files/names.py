"""Safe file names made from several words, and paths as written in tables."""

from __future__ import annotations

import hashlib
import os
import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path

from nbradiomics.errors import InputError
from nbradiomics.files.regular_file import exists

#: Largest number of bytes of a name on usual file systems.
LONGEST = 255
#: Largest number of bytes without the ending; a number and, say, `_probability.nii.gz` are appended.
_LONGEST_STEM = 214
#: Number of characters of the hash that replaces the end of a long name.
_HASH = 12
#: Names of devices on Windows, with any ending.
_DEVICE = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³]) *(\..*)?", re.IGNORECASE)


def file_stems(parts: Sequence[Sequence[object]]) -> list[str]:
    """Make a unique file name without ending for each sequence of words.

    The words are joined by ``_``, and characters that a file system may refuse become ``-``. The end of a
    name that is too long is replaced by a hash of the whole name. Equal names get a number, also if they are
    equal only on some file systems, which ignore capitals or how an accent is encoded.
    """
    taken: set[str] = set()
    numbers: dict[str, int] = {}
    stems = []
    for words in parts:
        plain = _plain("_".join(map(str, words)))
        stem = plain
        while _alike(stem) in taken:
            numbers[plain] = numbers.get(plain, 1) + 1
            stem = f"{plain}_{numbers[plain]}"
        taken.add(_alike(stem))
        stems.append(stem)
    return stems


def image_files(folder: Path, parts: Sequence[Sequence[object]]) -> list[Path]:
    """Absolute path of a compressed NIfTI file in a folder for each sequence of words."""
    return [Path(os.path.abspath(folder / f"{stem}.nii.gz")) for stem in file_stems(parts)]


def _plain(name: str) -> str:
    """Make a name valid on every file system, with room for an ending."""
    plain = re.sub(r"[^\w.+ -]", "-", name).strip(". ") or "-"
    if is_device(plain):
        plain = f"-{plain}"
    if len(plain.encode()) <= _LONGEST_STEM:
        return plain
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:_HASH]
    return f"{shortened(plain, _LONGEST_STEM - _HASH - 1)}-{digest}"


def is_device(name: str) -> bool:
    """Whether Windows treats a name as a device, such as ``con`` or ``nul.csv``."""
    return _DEVICE.fullmatch(name) is not None


def _alike(stem: str) -> str:
    """Normal form that is equal for names which some file system treats as the same."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", stem).casefold())


def shortened(name: str, most: int) -> str:
    """Shorten a name to at most `most` bytes without splitting a character."""
    return name.encode()[:most].decode("utf-8", "ignore").rstrip(". ")


def require_readable_name(path: str | Path) -> None:
    """Refuse a path with bytes that are not UTF-8: ITK cannot open it, and a table cannot contain it."""
    try:
        str(path).encode()
    except UnicodeEncodeError as error:
        shown = str(path).encode("utf-8", "backslashreplace").decode()
        raise InputError(
            f"the path {shown} has bytes that are not UTF-8.", "Rename its folders and files."
        ) from error


def require_room(file: Path, *endings: str) -> None:
    """Refuse, before any computation, a file name that is too long to derive the names of other files.

    Parameters
    ----------
    file
        The file that the user names.
    endings
        Endings that replace its ending in the names of the derived files.
    """
    longest = max((len(os.fsencode(ending)) for ending in endings), default=0)
    stem = len(os.fsencode(file.stem))
    if stem + longest > LONGEST or len(os.fsencode(file.name)) > LONGEST:
        raise InputError(
            f"the file name {file.name[:40]}... has {len(os.fsencode(file.name))} bytes, which is too long.",
            f"Choose a name of at most {LONGEST - longest} bytes without its ending; other names extend it.",
        )


def absolute_path(folder: Path, named: str | Path) -> Path:
    r"""Make a path from a table or study file absolute, relative to the folder of that file.

    Links are not followed: a linked file may lack the ending that shows its format. The Windows path
    ``images\a.nii`` becomes ``images/a.nii`` if that file exists.
    """
    as_written = Path(os.path.abspath(folder / named))
    require_readable_name(as_written)
    if os.sep != "\\" and "\\" in str(named) and not exists(as_written):
        converted = Path(os.path.abspath(folder / str(named).replace("\\", "/")))
        return converted if exists(converted) else as_written
    return as_written
