"""The workers of a Dask cluster: which are there, which can take a case, and how one was lost."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import urlsplit

from nbradiomics.errors import InputError
from nbradiomics.messages.wording import counted

#: Seconds between two questions to the scheduler about its workers, and more for each worker: the answer of a
#: large cluster is large.
_INTERVAL, _PER_WORKER = 0.5, 0.005
#: Seconds after a closed connection in which the scheduler may come back.
_GONE = 10.0
#: Seconds until the process that watches a worker (Dask's nanny) counts as gone.
_NANNY_TIMEOUT = 3.0
#: Seconds until a user hears that the work waits for workers.
_HEAR_AFTER = 20.0


class Source(Protocol):
    """Where workers come from.

    Attributes
    ----------
    name
        Name in messages: ``the scheduler tcp://...``.
    patience
        Seconds that the work waits while no worker can take a case.
    grace
        Seconds after which a lost worker is looked at: its machine or job ends a moment later than itself.
    """

    name: str
    patience: float
    grace: float

    def tend(self, left: int, idle: Iterable[str]) -> None:
        """Ask for workers for so many cases, and release some of the idle ones, which are named."""
        ...

    def explain(self) -> str:
        """Return what a user can do when no worker comes."""
        ...

    def close(self) -> None:
        """End what was started."""
        ...


@dataclass(frozen=True)
class Worker:
    """A worker as the scheduler describes it."""

    address: str
    name: str
    nanny: str | None
    paused: bool


@dataclass
class Crew:
    """The workers of a scheduler.

    Attributes
    ----------
    client
        Dask's client.
    source
        Where the workers come from.
    tell
        Called with notes for the user.
    answers_within
        Seconds in which the scheduler must answer.
    """

    client: Any
    source: Source
    tell: Callable[[str], None]
    answers_within: float = 60.0
    workers: dict[str, Worker] = field(default_factory=dict)
    unfit: dict[str, str] = field(default_factory=dict)
    _asked: float = -1e9
    _away: float = 0.0
    _usable: float = field(default_factory=time.monotonic)
    _told: set[str] = field(default_factory=set)

    @property
    def interval(self) -> float:
        """Seconds between two questions to the scheduler."""
        return _INTERVAL + _PER_WORKER * len(self.workers)

    def begin(self) -> None:
        """Begin a stage: in the time since the last one nobody waited for workers."""
        self._usable = time.monotonic()

    def look(self, *, now: bool = False) -> None:
        """Ask the scheduler about its workers, if the last answer is old.

        Raises
        ------
        InputError
            When the scheduler does not answer, or its connection stays closed.
        """
        if not now and not self.away and time.monotonic() - self._asked < self.interval:
            return
        try:
            if self.client.status != "running":  # Dask's client tries to connect again
                raise OSError("the connection was closed")
            state = self.client.sync(self.client.scheduler.identity, callback_timeout=self.answers_within)
        except (OSError, TimeoutError, ValueError) as error:
            self._note_absence(error)
            return
        self._away = 0.0
        self._asked = time.monotonic()
        self.workers = {
            address: Worker(address, str(one["name"]), one.get("nanny"), one.get("status") == "paused")
            for address, one in state["workers"].items()
        }

    def _note_absence(self, error: Exception) -> None:
        self._away = self._away or time.monotonic()
        if isinstance(error, TimeoutError) or time.monotonic() - self._away > _GONE:
            raise InputError(
                f"{self.source.name} does not answer any more: {error}.",
                "Start it again if it is yours, and repeat the command: what is stored in the run folder, or "
                "with --work, is not computed again.",
            ) from error

    @property
    def away(self) -> bool:
        """Whether the scheduler did not answer the last time."""
        return self._away > 0

    def free(self, busy: Iterable[str]) -> list[str]:
        """Addresses of the workers that can take a case."""
        taken = set(busy)
        return [
            one.address
            for one in self.workers.values()
            if not one.paused and one.address not in self.unfit and one.address not in taken
        ]

    def dismiss(self, address: str, reason: str) -> None:
        """Give a worker no further case."""
        self.unfit[address] = reason
        self._tell_once(f"The worker {address} is not used: {reason}.")

    def wait(self, busy: int, left: int) -> None:
        """Note whether any worker works or could work; end the run if none comes.

        Raises
        ------
        InputError
            When all workers are unfit, or none was usable for as long as the source has patience.
        """
        if busy or self.free(()):
            self._usable = time.monotonic()
            return
        if self.workers and all(address in self.unfit for address in self.workers):
            address, reason = next((one, self.unfit[one]) for one in self.workers)
            raise InputError(
                f"No worker of {self.source.name} can be used: {address}: {reason}.",
                "All workers must have the same versions as this command, and see the same files under the "
                "same paths.",
            )
        waited = time.monotonic() - self._usable
        paused = sum(one.paused for one in self.workers.values())
        state = f"{counted(len(self.workers), 'worker')}, {paused} of them paused by Dask (memory)"
        if waited > _HEAR_AFTER:
            self._tell_once(f"Waiting for workers of {self.source.name}; {counted(left, 'case')} left.")
        if waited > self.source.patience:
            raise InputError(
                f"{self.source.name} had no worker that could take a case for {waited:.0f} s: {state}.",
                self.source.explain(),
            )

    def died_alone(self, worker: Worker) -> bool:
        """Whether only the process of a lost worker ended: Dask's nanny, which watches it, still answers."""
        if worker.nanny is None:
            return False
        place = urlsplit(worker.nanny)
        try:
            socket.create_connection((place.hostname or "", place.port or 0), _NANNY_TIMEOUT).close()
        except OSError:
            return False
        return True

    def _tell_once(self, note: str) -> None:
        if note not in self._told:
            self._told.add(note)
            self.tell(note)
