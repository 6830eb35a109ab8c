"""Errors of a disk or folder that nothing can be written to, in words: which folder, how much is free."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nbradiomics.errors import StorageError

_AGAIN = "What was written before is intact: run the same command again to continue."
_FULL = f"Free space there, or choose a folder on another disk. {_AGAIN}"
_QUOTA = f"Remove files of yours there, ask for a larger quota, or choose another folder. {_AGAIN}"
_DENIED = f"Ask for the right to write there, or choose another folder. {_AGAIN}"
#: What the system says, in words, and what to do.
_CAUSES = {
    errno.ENOSPC: ("the disk is full", _FULL),
    errno.EDQUOT: ("your quota on this disk is used up", _QUOTA),
    errno.EFBIG: ("the file is larger than the disk or a limit of the system allows (ulimit -f)", _FULL),
    errno.EROFS: ("the disk is read-only", f"Choose a folder on another disk. {_AGAIN}"),
    errno.EACCES: ("there is no permission to write there", _DENIED),
    errno.EPERM: ("there is no permission to write there", _DENIED),
}


def storage_error(error: OSError, path: Path) -> StorageError | None:
    """Convert an error that occurred while a file was written.

    Parameters
    ----------
    error
        The error.
    path
        The file.

    Returns
    -------
    StorageError or None
        ``None`` if the error has nothing to do with space or rights.
    """
    if error.errno not in _CAUSES:
        return None
    cause, remedy = _CAUSES[error.errno]
    free = _free(path) if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG) else ""
    return StorageError(f"{path} could not be written: {cause}{free}.", remedy, error.errno)


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Convert an error of the system while a file or folder is written.

    Raises
    ------
    StorageError
        When the disk is full, a quota is used up, or the folder cannot be written to.
    """
    try:
        yield
    except StorageError:
        raise
    except OSError as error:
        ours = error.filename is None or Path(str(error.filename)).parent in (path, path.parent)
        if ours and (refused := storage_error(error, path)) is not None:
            raise refused from error
        raise


def full(path: Path) -> StorageError:
    """Return the error for a file that is incomplete although the system reported nothing."""
    problem = f"{path} could not be written completely: the disk is full, or its quota is used up"
    return StorageError(f"{problem}{_free(path)}.", _FULL)


def _free(path: Path) -> str:
    """Free space of the disk of a file, in words; empty if it is unknown."""
    for folder in path.absolute().parents:
        try:
            megabytes = shutil.disk_usage(folder).free / 1e6
        except OSError:
            continue
        return f" ({megabytes:,.0f} MB are free in {folder})"
    return ""
