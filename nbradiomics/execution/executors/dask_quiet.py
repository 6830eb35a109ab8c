"""Dask with the settings that the cases need, and without its messages on the terminal."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from nbradiomics.errors import InputError

#: Loggers that report lost connections and dead workers, which this package reports in its own words.
_LOGGERS = ("distributed", "distributed.client", "tornado.application", "asyncio", "bokeh")
#: A worker that has too much memory is ended and started again. Dask would otherwise pause it, and a paused
#: worker may wait forever; nothing is stored on the worker that could be moved to a disk.
MEMORY = {"target": False, "spill": False, "pause": False, "terminate": 0.95}
_CONFIG: dict[str, Any] = {
    **{f"distributed.worker.memory.{name}": value for name, value in MEMORY.items()},
    # Compiled code that holds Python's lock for minutes stops the heartbeat of a worker that is well.
    "distributed.scheduler.worker-ttl": "1 hour",
    "distributed.scheduler.http.routes": [],  # no page and no data over HTTP
    "distributed.worker.http.routes": [],
    "distributed.worker.profile.enabled": False,
    "distributed.admin.system-monitor.gil.enabled": False,
}


def require_dask(*packages: str) -> None:
    """Raise `InputError` with the command that installs Dask if it is missing."""
    from importlib.util import find_spec

    missing = [package for package in packages if find_spec(package) is None]
    if missing:
        raise InputError(
            f"{' and '.join(missing)} are not installed."
            if missing[1:]
            else f"{missing[0]} is not installed.",
            "Install the packages for clusters: pip install 'nbradiomics[cluster]'.",
        )


@contextmanager
def dask_configured(temporary_directory: str | None = None) -> Iterator[None]:
    """Start schedulers, workers and clients inside this context.

    Parameters
    ----------
    temporary_directory
        Folder for Dask's own files.
    """
    import dask

    silence()
    given = {"temporary-directory": temporary_directory} if temporary_directory else {}
    with warnings.catch_warnings(), dask.config.set({**_CONFIG, **given}):
        warnings.simplefilter("ignore")
        yield


def silence() -> None:
    """Keep the messages of Dask off the terminal."""
    import distributed  # noqa: F401 - its import sets the levels of the loggers

    for name in _LOGGERS:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
