"""Write a file so that a reader sees either the complete file or none, also on a network file system."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePath
from uuid import uuid4

from nbradiomics.files.storage import writing

#: Last characters of a name, including its ending, that its temporary name keeps.
_NAME_END = 40
#: Files that `whole` leaves when its process is killed.
_TEMPORARY = re.compile(r"\.[0-9a-f]{32}-.+")


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Yield a temporary path to write to; afterwards the written file replaces `path`.

    The temporary file is in the same folder, which is created if missing, and has the same ending, by which
    libraries choose a format. Its content is on the disk before it replaces `path`: a full disk or a used
    quota may be reported only then, above all by network file systems. It is removed if the writing fails.

    Raises
    ------
    StorageError
        When the disk is full, a quota is used up, or the folder cannot be written to. `path` is unchanged.
    """
    # Only the end of the name: with the whole name the temporary name might be too long for the file system.
    temporary = path.with_name(f".{uuid4().hex}-{path.name[-_NAME_END:]}")
    try:
        with writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            yield temporary
            _to_disk(temporary)
            os.replace(temporary, path)
    except OSError as error:
        if error.filename is None:
            error.filename = str(path)
        raise
    finally:
        with suppress(OSError):  # it says nothing new: the disk or the network failed before
            temporary.unlink(missing_ok=True)


def is_temporary(path: PurePath) -> bool:
    """Whether a file is an unfinished file of a killed process."""
    return bool(_TEMPORARY.fullmatch(path.name))


def write_text(text: str, path: Path) -> None:
    """Write a text file in UTF-8, completely or not at all.

    A lone surrogate, which UTF-8 cannot encode, is written as an escape sequence, as in JSON.
    """
    with whole(path) as temporary:
        temporary.write_text(text, encoding="utf-8", errors="backslashreplace")


def _to_disk(file: Path) -> None:
    """Wait until the content of a written file is on the disk, or an error says that it is not."""
    with open(file, "r+b") as opened:
        os.fsync(opened.fileno())
