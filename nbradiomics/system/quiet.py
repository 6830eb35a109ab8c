"""Silence the warnings of libraries, also when several threads do so."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

_LOCK = threading.RLock()


@contextmanager
def quiet(message: str = "", category: type[Warning] = Warning) -> Iterator[None]:
    """Ignore warnings within a block; other threads that call this wait.

    Python's filters belong to the whole process. If two threads changed them at the same time, one would undo
    the filters of the other, or leave its own behind.

    Parameters
    ----------
    message
        Regular expression that the start of the warning must match.
    category
        Kind of the ignored warnings.
    """
    with _LOCK, warnings.catch_warnings():
        warnings.filterwarnings("ignore", message, category)
        yield
