"""What PyRadiomics logs while it works, gathered for each extraction by itself, in threads too."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_LOGGER = logging.getLogger("radiomics")
#: The notes of the extraction that runs in this thread.
_notes: ContextVar[list[str] | None] = ContextVar("notes of PyRadiomics", default=None)


class _Gathering(logging.Handler):
    """Adds what is logged to the notes of the thread's own extraction."""

    def emit(self, record: logging.LogRecord) -> None:
        notes = _notes.get()
        if notes is not None:
            notes.append(record.getMessage())


def _is_for_others(_record: logging.LogRecord) -> bool:
    """Whether a record belongs to no extraction of ours, so that the other handlers get it as ever."""
    return _notes.get() is None


class _Listeners:
    """How many extractions listen: the logger is changed for the first of them and put back by the last."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.number = 0
        self.handler = _Gathering(level=logging.WARNING)
        self.silenced: list[logging.Handler] = []
        self.level = logging.NOTSET

    def begin(self) -> None:
        with self.lock:
            self.number += 1
            if self.number > 1:
                return
            self.silenced, self.level = _LOGGER.handlers[:], _LOGGER.level
            for handler in self.silenced:
                handler.addFilter(_is_for_others)
            _LOGGER.addHandler(self.handler)
            if _LOGGER.getEffectiveLevel() > logging.WARNING:
                _LOGGER.setLevel(logging.WARNING)

    def end(self) -> None:
        with self.lock:
            self.number -= 1
            if self.number > 0:
                return
            _LOGGER.removeHandler(self.handler)
            for handler in self.silenced:
                handler.removeFilter(_is_for_others)
            _LOGGER.setLevel(self.level)


_listeners = _Listeners()


@contextmanager
def listening() -> Iterator[list[str]]:
    """Gather what PyRadiomics warns of in this thread, which it would print; others' records are left alone.

    Yields
    ------
    list of str
        What was logged so far, in order; the caller's own, whatever other threads extract meanwhile.
    """
    notes: list[str] = []
    # The logger is made, with PyRadiomics' own handler, when it is imported: not while others listen.
    import radiomics  # noqa: F401

    before = _notes.get()
    _listeners.begin()
    _notes.set(notes)
    try:
        yield notes
    finally:
        _notes.set(before)
        _listeners.end()
