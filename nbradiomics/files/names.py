"""File names for things that are named by several words, and paths as tables name them."""

from __future__ import annotations

import hashlib
import os
import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path

from nbradiomics.errors import InputError
from nbradiomics.files.regular_file import exists

#: Bytes that file systems take for a name.
LONGEST = 255
#: Bytes of a name without the ending: a number and `_probability.nii.gz` or the like come behind it.
_LONGEST_STEM = 214
#: Characters of the hash that stands for the rest of a name that is too long.
_HASH = 12
#: Names that are devices on Windows, whatever ending follows.
_DEVICE = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³]) *(\..*)?", re.IGNORECASE)


def file_stems(parts: Sequence[Sequence[object]]) -> list[str]:
    """Give each thing a file name of its own, without the ending.

    The words are joined by ``_``, and what a file system may not take becomes ``-``. Of a name that is too
    long the end becomes a hash of the whole. Things whose names would be one get a number, also where they
    are one for some file system alone, to which capitals count for nothing, or how an accent is written.
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


def _plain(name: str) -> str:
    """A name that every file system takes, and that leaves room for an ending."""
    plain = re.sub(r"[^\w.+ -]", "-", name).strip(". ") or "-"
    if is_device(plain):
        plain = f"-{plain}"
    if len(plain.encode()) <= _LONGEST_STEM:
        return plain
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:_HASH]
    return f"{shortened(plain, _LONGEST_STEM - _HASH - 1)}-{digest}"


def is_device(name: str) -> bool:
    """Whether Windows takes a name for a device, such as ``con`` or ``nul.csv``."""
    return _DEVICE.fullmatch(name) is not None


def _alike(stem: str) -> str:
    """What two names have in common that some file system takes for one."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", stem).casefold())


def shortened(name: str, most: int) -> str:
    """Beginning of a name, in `most` bytes at most, that cuts no character in two."""
    return name.encode()[:most].decode("utf-8", "ignore").rstrip(". ")


def require_readable_name(path: str | Path) -> None:
    """Refuse a path with bytes that are no UTF-8: ITK cannot open it, and no table can hold it."""
    try:
        str(path).encode()
    except UnicodeEncodeError as error:
        shown = str(path).encode("utf-8", "backslashreplace").decode()
        raise InputError(
            f"the path {shown} holds bytes that are no UTF-8.", "Rename its folders and files."
        ) from error


def require_room(file: Path, *endings: str) -> None:
    """Refuse, before anything is computed, a name from which those of other files cannot be made.

    Parameters
    ----------
    file
        What the user names.
    endings
        What is put in the place of its ending for the files beside it.
    """
    longest = max((len(os.fsencode(ending)) for ending in endings), default=0)
    stem = len(os.fsencode(file.stem))
    if stem + longest > LONGEST or len(os.fsencode(file.name)) > LONGEST:
        raise InputError(
            f"the name {file.name[:40]}... has {len(os.fsencode(file.name))} bytes.",
            f"Choose one of {LONGEST - longest} bytes at most without its ending: there are files beside it.",
        )


def absolute_path(folder: Path, named: str | Path) -> Path:
    r"""Path of a file that a table or study file names, from the folder of that file on.

    Links are not followed: a linked file may lack the ending that tells its format. ``images\a.nii``, as
    Windows writes it, is ``images/a.nii`` where that is there.
    """
    as_written = Path(os.path.abspath(folder / named))
    require_readable_name(as_written)
    if os.sep != "\\" and "\\" in str(named) and not exists(as_written):
        here = Path(os.path.abspath(folder / str(named).replace("\\", "/")))
        return here if exists(here) else as_written
    return as_written
