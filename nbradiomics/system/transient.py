"""Temporary causes of errors: they come from the system, and say nothing about the file that was read."""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator
from contextlib import contextmanager

from nbradiomics.errors import TransientError

_MEMORY = (
    "memory ran out",
    "Use fewer processes (--jobs), close other programs, or use a larger machine.",
)
_AGAIN = "The file itself may be intact: run the command again when the cause is gone."
_RIGHTS = "Change the access rights of the file or its folder."
_OTHERS = {
    errno.EMFILE: ("too many files are open", "Use fewer processes (--jobs), or raise ulimit -n."),
    errno.ENFILE: ("too many files are open", "Close other programs, and run the command again."),
    errno.EACCES: ("there is no permission to read it", _RIGHTS),
    errno.EPERM: ("there is no permission to read it", _RIGHTS),
    errno.ENOSPC: ("the disk is full", "Make free space, also in the folder for temporary files."),
    errno.EIO: ("the disk reported an input/output error", "Check the disk or the network, and try again."),
}
#: Errors of the system that concern the path, not a temporary state.
_LASTING = {errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ELOOP, errno.ENAMETOOLONG, errno.EINVAL}
#: Messages of ITK, which has no exception class for it, when memory ran out.
_NO_MEMORY = re.compile(
    r"bad_alloc|fail\w* to allocate|(could|can) ?not allocate|out of memory", re.IGNORECASE
)


def transient_cause(error: BaseException) -> tuple[str, str] | None:
    """The temporary cause of an exception, and what to do; ``None`` for any other kind of exception."""
    if isinstance(error, OSError) and error.errno is not None:
        if error.errno == errno.ENOMEM:
            return _MEMORY
        if error.errno in _LASTING:
            return None
        return _OTHERS.get(error.errno, (f"the system reports: {error.strerror}", _AGAIN))
    if isinstance(error, MemoryError) or (isinstance(error, RuntimeError) and _NO_MEMORY.search(str(error))):
        return _MEMORY
    return None


def transient_hint(error: BaseException) -> str:
    """The temporary cause and what to do in two sentences; empty for any other kind of exception."""
    cause = transient_cause(error)
    return f"{cause[0].capitalize()}. {cause[1]}" if cause else ""


@contextmanager
def passing_named(name: object) -> Iterator[None]:
    """Report a temporary cause of an error while `name` is read.

    Raises
    ------
    TransientError
        Instead of the exception of the system or of ITK.
    """
    try:
        yield
    except (OSError, MemoryError, RuntimeError) as error:
        cause = transient_cause(error)
        if cause is None:
            raise
        raise TransientError(f"{name} could not be read: {cause[0]}.", cause[1]) from error
