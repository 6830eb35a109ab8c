"""Cases on a Dask cluster: one on each worker at a time, so that a death is the fault of no other case.

Only the cases that are being computed are known to the scheduler. Its memory and that of this process do not
grow with their number, and everything that is lost is computed again by the rules of `lost_cases`, not by
those of Dask, which blames all cases of a dead worker.
"""

from __future__ import annotations

import pickle
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path, PurePath
from queue import Empty, SimpleQueue
from typing import Any, TypeVar
from uuid import uuid4

from nbradiomics.errors import InputError, StorageError
from nbradiomics.execution.batch import Failure, failure_of
from nbradiomics.execution.executors.crew import Crew, Worker
from nbradiomics.execution.executors.in_worker import Request, Unfit, compute, versions
from nbradiomics.execution.executors.lost_cases import (
    MOST_DEATHS,
    MOST_LOSSES,
    death_failure,
    loss_failure,
)
from nbradiomics.execution.executors.protocol import Cases
from nbradiomics.files.regular_file import exists

Result = TypeVar("Result")
#: Larger requests are sent to the worker as data: they would stay in the scheduler's description of the task.
_LARGE = 1_000_000
#: Seconds until a scheduler that does not answer is asked again.
_PAUSE = 0.5
#: Seconds to wait for an outcome before its worker is looked at.
_FETCH = 5.0


@dataclass
class _Running:
    """A case on a worker. The data of a large request are kept until it ends."""

    case: str
    worker: Worker
    future: Any = None
    data: Any = None


@dataclass
class _Tries:
    """How often the worker of a case was lost, and how often only its process died."""

    losses: int = 0
    deaths: int = 0


class _Lost:
    """In the place of an outcome that was lost with its worker."""


class Window:
    """The cases of one stage on a cluster.

    Parameters
    ----------
    crew
        The workers.
    function, cases, stage
        As in `Executor.outcomes`.
    sees_within
        Seconds in which a worker must see the files of a case.
    """

    def __init__(
        self,
        crew: Crew,
        function: Callable[..., Any],
        cases: Cases,
        stage: str,
        sees_within: float = 30.0,
    ) -> None:
        self.crew, self.function, self.cases, self.stage = crew, function, cases, stage
        self.sees_within = sees_within
        self.waiting = deque(cases)
        #: By address of the worker.
        self.running: dict[str, _Running] = {}
        self.lost: deque[tuple[float, _Running]] = deque()
        self.tries: dict[str, _Tries] = {}
        self.finished: SimpleQueue[_Running] = SimpleQueue()

    def outcomes(self) -> Iterator[tuple[str, Any]]:
        """Yield the name of each case and its result or failure, as they come."""
        self.crew.begin()
        try:
            while self.waiting or self.running or self.lost:
                self.crew.look()
                if self.crew.away:  # nothing is known, and nothing can be sent
                    time.sleep(_PAUSE)
                    continue
                yield from self._judge_lost()
                free = self.crew.free(self.running) if self.waiting else []
                for address in free[: len(self.waiting)]:
                    yield from self._begin(self.crew.workers[address])
                self._tend()
                yield from self._take_finished()
                self._notice_losses()
        finally:
            self._release_all()

    def _begin(self, worker: Worker) -> Iterator[tuple[str, Failure]]:
        """Send the next case to a worker; a case whose arguments cannot be made is a failure."""
        name = self.waiting.popleft()
        try:
            request: Any = self._request(name)
        except Exception as error:
            yield name, failure_of(name, self.stage, error)
            return
        client, where = self.crew.client, {"workers": [worker.address], "allow_other_workers": False}
        running = _Running(name, worker)
        try:
            if len(request.call) > _LARGE:
                request = running.data = client.scatter(request, workers=[worker.address], hash=False)
        except (OSError, TimeoutError, ValueError):  # the worker has gone
            self.lost.append((time.monotonic(), running))
            return
        key = f"nbradiomics-{uuid4().hex}"
        running.future = client.submit(compute, request, key=key, pure=False, retries=0, **where)
        self.running[worker.address] = running
        running.future.add_done_callback(lambda _: self.finished.put(running))

    def _request(self, name: str) -> Request:
        call, paths = _pickled((self.function, self.stage, name, self.cases[name]))
        seen = tuple(sorted(path for path in paths if exists(Path(path))))
        return Request(call, str(Path.cwd()), seen, self.sees_within, versions())

    def _tend(self) -> None:
        idle = () if self.waiting else self.crew.free(self.running)
        self.crew.source.tend(
            len(self.waiting) + len(self.running) + len(self.lost),
            [self.crew.workers[address].name for address in idle],
        )
        self.crew.wait(len(self.running), len(self.waiting) + len(self.lost))

    def _take_finished(self) -> Iterator[tuple[str, Any]]:
        """Wait a moment for a case to end, and take the outcomes of all that have ended."""
        pause = self.crew.interval
        while True:
            try:
                running = self.finished.get(timeout=pause)
            except Empty:
                return
            pause = 0.001
            if self.running.get(running.worker.address) is running:
                del self.running[running.worker.address]
                yield from self._outcome_of(running)
                if self.waiting and self.crew.free(self.running):
                    return

    def _outcome_of(self, running: _Running) -> Iterator[tuple[str, Any]]:
        outcome = self._fetch(running)
        if isinstance(outcome, _Lost):
            self.lost.append((time.monotonic(), running))
        elif isinstance(outcome, Unfit):
            self.crew.dismiss(running.worker.address, outcome.reason)
            self.waiting.appendleft(running.case)
        else:
            yield running.case, outcome

    def _fetch(self, running: _Running) -> Any:
        """Take an outcome from its worker, `_Lost` if it went with the worker."""
        from distributed import KilledWorker
        from distributed.client import FutureCancelledError

        try:
            return self._result(running)
        except (InputError, StorageError):  # the scheduler has gone; a worker can write nothing
            raise
        except (CancelledError, FutureCancelledError):
            self.crew.look(now=True)  # if the scheduler has gone, this says so
            return _Lost()
        except KilledWorker:  # the scheduler tried again by itself: the worker came back under its address
            return death_failure(running.case, self.stage)
        except (ImportError, AttributeError) as error:  # not even the module of `compute` could be loaded
            return Unfit(f"it has no nbradiomics of this version ({error})")
        except RuntimeError as error:
            if "deserialization" in str(error):
                raise InputError(
                    f"{self.crew.source.name} cannot read the work: {_first_cause(error)}.",
                    "Start the scheduler in the same environment as the workers and this command.",
                ) from error
            return failure_of(running.case, self.stage, error)
        except Exception as error:
            return failure_of(running.case, self.stage, error)
        finally:
            running.future.release()

    def _result(self, running: _Running) -> Any:
        """Wait for an outcome as long as its worker is there."""
        while True:
            try:
                return running.future.result(timeout=_FETCH)
            except TimeoutError:
                self.crew.look(now=True)
                if not self.crew.away and running.worker.address not in self.crew.workers:
                    return _Lost()

    def _notice_losses(self) -> None:
        """Find the cases whose workers the scheduler no longer knows."""
        for address in [one for one in self.running if one not in self.crew.workers]:
            running = self.running.pop(address)
            running.future.cancel()
            running.future.release()
            self.lost.append((time.monotonic(), running))

    def _judge_lost(self) -> Iterator[tuple[str, Failure]]:
        """Compute lost cases again, or give them up by the rules of `lost_cases`.

        It takes seconds to find out that a machine has gone; if hundreds have, the other cases go on between.
        """
        until = time.monotonic() + self.crew.interval
        while self.lost and time.monotonic() - self.lost[0][0] >= self.crew.source.grace:
            if time.monotonic() > until:
                return
            _, running = self.lost.popleft()
            name, tries = running.case, self.tries.setdefault(running.case, _Tries())
            tries.losses += 1
            gone = running.worker.address not in self.crew.workers
            tries.deaths += gone and self.crew.died_alone(running.worker)
            if tries.deaths >= MOST_DEATHS:
                yield name, death_failure(name, self.stage)
            elif tries.losses >= MOST_LOSSES:
                yield name, loss_failure(name, self.stage, tries.deaths)
            else:
                self.waiting.appendleft(name)

    def _release_all(self) -> None:
        """Forget what is still being computed, if the work was stopped."""
        for running in self.running.values():
            try:
                running.future.cancel()
            except Exception:  # the scheduler is gone; the error that is being raised says so
                return


def _first_cause(error: BaseException) -> str:
    while error.__cause__ is not None:
        error = error.__cause__
    return f"{type(error).__name__}: {error}".splitlines()[0]


def _pickled(call: tuple[Any, ...]) -> tuple[bytes, set[str]]:
    """Pickle a call, and collect the paths in it."""
    import cloudpickle

    paths: set[str] = set()

    class Pickler(cloudpickle.Pickler):  # type: ignore[misc]  # no type hints
        def persistent_id(self, value: Any) -> None:
            if isinstance(value, PurePath):
                paths.add(str(value))

    buffer = BytesIO()
    Pickler(buffer, protocol=pickle.HIGHEST_PROTOCOL).dump(call)
    return buffer.getvalue(), paths
