"""Dask clusters: processes of this machine, or the workers of a scheduler that is already there."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import weakref
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol, TypeVar
from urllib.parse import urlsplit

from nbradiomics.errors import InputError
from nbradiomics.execution.batch import Failure
from nbradiomics.execution.executors.crew import Crew, Source
from nbradiomics.execution.executors.dask_quiet import dask_configured, require_dask
from nbradiomics.execution.executors.protocol import Cases
from nbradiomics.execution.executors.scratch import scratch_folder
from nbradiomics.execution.executors.threads import VARIABLES
from nbradiomics.execution.executors.tied_worker import PARENT
from nbradiomics.execution.executors.window import Window
from nbradiomics.system.child_processes import starting_workers

Result = TypeVar("Result")
#: Seconds in which a scheduler must answer at the start.
_CONNECT = 20
#: Part of the machine's memory at which a worker of a local cluster is ended.
_MEMORY_SHARE = 0.9


class Startable(Source, Protocol):
    """A source of workers that can be started."""

    def start(self, tell: Callable[[str], None]) -> Any:
        """Start it, and return Dask's client."""
        ...


class DaskExecutor:
    """Computes cases on a Dask cluster, which is started when the first case is to be computed.

    Each worker gets one case at a time and computes it with one thread.

    Parameters
    ----------
    source
        Where the workers come from.
    tell
        Called with notes for the user.
    sees_within
        Seconds in which a worker must see the files of a case.
    answers_within
        Seconds in which the scheduler must answer.
    """

    def __init__(
        self,
        source: Startable,
        tell: Callable[[str], None] = lambda _: None,
        *,
        sees_within: float = 30.0,
        answers_within: float = 60.0,
    ) -> None:
        self.source, self.tell = source, tell
        self.sees_within, self.answers_within = sees_within, answers_within
        self._crew: Crew | None = None
        self._end: Callable[[], Any] = lambda: None

    def outcomes(
        self, function: Callable[..., Result], cases: Cases, stage: str
    ) -> Iterator[tuple[str, Result | Failure]]:
        """As `Executor.outcomes`.

        Raises
        ------
        InputError
            When the cluster cannot be started, or no worker of it can be used.
        """
        if len(cases):
            yield from Window(self._started(), function, cases, stage, self.sees_within).outcomes()

    def close(self) -> None:
        """End the cluster, or leave the scheduler."""
        self._end()
        self._crew = None

    def _started(self) -> Crew:
        if self._crew is None:
            client = self.source.start(self.tell)
            self._crew = Crew(client, self.source, self.tell, self.answers_within)
            self._end = weakref.finalize(self, _close, client, self.source)
        return self._crew


def _close(client: Any, source: Source) -> None:
    with contextlib.suppress(Exception):  # a scheduler that has gone
        client.close(timeout=2)
    source.close()


class LocalCluster:
    """Workers of this machine.

    Parameters
    ----------
    number
        Number of processes.
    """

    name = "the Dask cluster of this machine"
    patience = 120.0
    grace = 0.0

    def __init__(self, number: int) -> None:
        self.number = number
        self._cluster: Any = None
        self._folder = ""

    def start(self, _tell: Callable[[str], None]) -> Any:
        """Start scheduler and workers on the loopback address."""
        require_dask("dask", "distributed")
        self._folder = scratch_folder()
        with dask_configured(temporary_directory=self._folder), starting_workers():
            import distributed
            import psutil

            threads = dict.fromkeys(VARIABLES, "1")
            self._cluster = distributed.LocalCluster(
                n_workers=self.number,
                threads_per_worker=1,
                processes=True,
                host="127.0.0.1",
                dashboard_address=None,
                worker_dashboard_address=None,
                scheduler_kwargs={"dashboard_address": "127.0.0.1:0"},
                memory_limit=int(psutil.virtual_memory().total * _MEMORY_SHARE),
                local_directory=self._folder,
                silence_logs="CRITICAL",
                preload=["nbradiomics.execution.executors.tied_worker"],
                env={**threads, PARENT: str(os.getpid())},
            )
            return distributed.Client(self._cluster, set_as_default=False)

    def tend(self, left: int, idle: Iterable[str]) -> None:
        """Do nothing: Dask itself starts a process again that died."""

    def explain(self) -> str:
        """As `Source.explain`."""
        return "Use fewer processes (--jobs), or --executor local."

    def close(self) -> None:
        """End the workers and remove their folder."""
        if self._cluster is not None:
            with contextlib.suppress(Exception), dask_configured():
                self._cluster.close(timeout=10)
        shutil.rmtree(self._folder, ignore_errors=True)


class RunningScheduler:
    """The workers of a scheduler that is already there.

    Parameters
    ----------
    address
        ``tcp://host:port`` or ``tls://host:port``.
    """

    patience = 300.0
    grace = 3.0

    def __init__(self, address: str) -> None:
        self.address = address
        self.name = f"The Dask scheduler {address}"

    def start(self, tell: Callable[[str], None]) -> Any:
        """Connect to the scheduler."""
        require_dask("dask", "distributed")
        with dask_configured():
            import distributed

            try:
                place = urlsplit(self.address)
                # Dask would try for a long time where nobody listens.
                socket.create_connection((place.hostname or "", place.port or 0), _CONNECT).close()
                client = distributed.Client(self.address, timeout=_CONNECT, set_as_default=False)
            except (OSError, TimeoutError, TypeError, ValueError) as error:
                raise InputError(
                    f"{self.name} does not answer: {str(error).splitlines()[0]}.",
                    "Check the address, and whether the scheduler runs. For tls://, name the certificates in "
                    "the configuration of Dask (distributed.comm.tls).",
                ) from error
        many = [one for one in client.scheduler_info()["workers"].values() if int(one.get("nthreads", 1)) > 1]
        if many:
            tell(
                f"{len(many)} workers of {self.address} have several threads; each computes one case at a "
                "time. Start them with --nthreads 1, and as many processes as there are cores."
            )
        return client

    def tend(self, left: int, idle: Iterable[str]) -> None:
        """Do nothing: the workers are somebody else's."""

    def explain(self) -> str:
        """As `Source.explain`."""
        return (
            f"Start workers: dask worker {self.address} --nthreads 1 --nworkers N, in the same environment."
        )

    def close(self) -> None:
        """Do nothing: the scheduler goes on."""
