"""Keep what libraries say about the content of a file away from terminals and logs."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from nbradiomics.system.quiet import quiet

#: Libraries whose warnings and log records hold values of the files that they read.
_LOGGERS = ("pydicom", "highdicom")


@contextmanager
def discreet() -> Iterator[None]:
    """Within a block, drop warnings, and the log records of libraries that read DICOM.

    ``Invalid value for VR PN: ...`` shows a name, and ``Reading file '...'`` a path. pydicom warns and logs;
    a program that has set up logging would write the record. As for `quiet`, other threads that call this
    wait.
    """
    loggers = [logging.getLogger(name) for name in _LOGGERS]
    with quiet():
        before = [(logger, logger.handlers, logger.propagate) for logger in loggers]
        for logger in loggers:
            # Without any handler a record goes to standard error; `pydicom.config.debug` adds one.
            logger.handlers, logger.propagate = [logging.NullHandler()], False
        try:
            yield
        finally:
            for logger, handlers, propagate in before:
                logger.handlers, logger.propagate = handlers, propagate
