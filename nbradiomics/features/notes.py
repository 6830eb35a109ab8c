"""Collect the notes of an extraction, or the warnings that PyRadiomics logs, also in several threads."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from typing import TypeVar

from nbradiomics.execution.pieces import in_order

Item = TypeVar("Item")
Result = TypeVar("Result")

_LOGGER = logging.getLogger("radiomics")
#: Notes of the extraction that runs in this thread.
_notes: ContextVar[list[str] | None] = ContextVar("notes of PyRadiomics", default=None)


class _Collector(logging.Handler):
    """Add each log record to the notes of the extraction in this thread."""

    def emit(self, record: logging.LogRecord) -> None:
        notes = _notes.get()
        if notes is not None:
            notes.append(record.getMessage())


def _is_for_others(_record: logging.LogRecord) -> bool:
    """Whether a record belongs to no extraction of this package, so that the other handlers may get it."""
    return _notes.get() is None


class _Listeners:
    """Count the extractions that listen: the first one changes the logger, the last one restores it."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.number = 0
        self.handler = _Collector(level=logging.WARNING)
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
    """Collect the notes of the native engine in this thread.

    Yields
    ------
    list of str
        What `note` was told so far, in order; only by the caller, even if other threads extract features.
    """
    notes: list[str] = []
    before = _notes.get()
    _notes.set(notes)
    try:
        yield notes
    finally:
        _notes.set(before)


def pieces_in_order(function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
    """Call a function for each item as `pieces.in_order`; the notes come in this order too."""
    for result, notes in in_order(partial(_heard, function), items):
        for text in notes:
            note(text)
        yield result


def _heard(function: Callable[[Item], Result], item: Item) -> tuple[Result, list[str]]:
    with listening() as notes:
        return function(item), notes


def note(text: str) -> None:
    """Add a sentence to the notes of the extraction in this thread."""
    notes = _notes.get()
    if notes is not None:
        notes.append(text)


@contextmanager
def listening_to_pyradiomics() -> Iterator[list[str]]:
    """Collect PyRadiomics' warnings of this thread instead of printing them; other records are unaffected.

    Yields
    ------
    list of str
        Messages logged so far, in order; only those of the caller, even if other threads extract features.
    """
    # The import makes the logger with PyRadiomics' own handler: do it before the handlers are changed.
    import radiomics  # noqa: F401

    _listeners.begin()
    try:
        with listening() as notes:
            yield notes
    finally:
        _listeners.end()
