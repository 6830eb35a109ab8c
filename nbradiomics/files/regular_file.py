"""Read regular files only: a pipe, a device or a socket may never end, or block forever."""

from __future__ import annotations

import errno
import json
import os
import stat
import time
from pathlib import Path
from typing import Any, BinaryIO

from nbradiomics.errors import InputError

#: A file was removed, or replaced on another machine (a stale handle of a network file system).
GONE = (errno.ENOENT, errno.ESTALE)
#: How often a file is opened again that is being replaced on another machine.
_ATTEMPTS = 5
#: Largest number of bytes of JSON files that this package wrote.
_LARGEST = 256 << 20
_KINDS = {
    stat.S_IFIFO: "a named pipe (FIFO)",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFDIR: "a folder",
}


def require_regular(path: Path) -> None:
    """Raise `InputError` if a path is neither a regular file nor a link to one.

    Raises
    ------
    OSError
        When the path does not exist, or access is denied.
    """
    _require(path, path.stat().st_mode)


def exists(path: Path) -> bool:
    """Whether a path exists; an impossible name, such as one of 5,000 letters, does not."""
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def is_regular(path: Path) -> bool:
    """Whether a path is a regular file or a link to one."""
    return exists(path) and stat.S_ISREG(path.stat().st_mode)


def open_regular(path: Path) -> BinaryIO:
    """Open a regular file to read its bytes.

    The check is repeated for the opened file, and opening a pipe does not wait for a writer.

    Raises
    ------
    InputError
        When the path is a pipe, a device, a socket or a folder.
    OSError
        When the path does not exist, or may not be read.
    """
    require_regular(path)  # a device may act when it is opened
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    try:
        _require(path, os.fstat(descriptor).st_mode)
        return os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


def read_whole(path: Path, most: int) -> bytes:
    """Read at most `most` bytes of a regular file, again from the start if it is replaced meanwhile.

    On a network file system the reader of a file that another machine replaces or removes gets an error
    (ESTALE) instead of the rest of the earlier file. Errors are those of `open_regular`.
    """
    for attempt in range(_ATTEMPTS):
        try:
            with open_regular(path) as file:
                return file.read(most)
        except OSError as error:
            if error.errno != errno.ESTALE:
                raise
            time.sleep(0.02 * attempt)
    raise FileNotFoundError(errno.ENOENT, "replaced or removed on another machine again and again", str(path))


def read_own_json(path: Path) -> Any:
    """Content of a JSON file that this package wrote, or of another file in its place.

    Raises
    ------
    ValueError
        When it is not JSON in UTF-8, not a regular file, or larger or deeper than the files of this package.
    OSError
        When the path does not exist, or may not be read.
    """
    try:
        text = read_whole(path, _LARGEST + 1)
        if len(text) > _LARGEST:
            raise ValueError(f"more than {_LARGEST >> 20} MB")
        return json.loads(text.decode("utf-8"))
    except InputError as error:
        raise ValueError(error.problem) from error
    except RecursionError as error:
        raise ValueError("its lists or objects are nested too deeply") from error


def _require(path: Path, mode: int) -> None:
    if not stat.S_ISREG(mode):
        kind = _KINDS.get(stat.S_IFMT(mode), "not a regular file")
        copy = "Copy its output into a file, and use that file."
        remedy = "Name a file." if stat.S_ISDIR(mode) else copy
        raise InputError(f"{path} is {kind}; a file was expected.", remedy)
