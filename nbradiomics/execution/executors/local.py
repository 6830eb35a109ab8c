"""Executors on this machine: in this process, or in several processes."""

from __future__ import annotations

import os
import re
import threading
import warnings
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from nbradiomics.execution.batch import Failure, guarded
from nbradiomics.execution.executors.lost_cases import MOST_DEATHS, death_failure
from nbradiomics.execution.executors.protocol import Cases
from nbradiomics.execution.executors.threads import one_thread_of_sums
from nbradiomics.execution.in_work import InWork
from nbradiomics.system.child_processes import starting_workers, tie_to_parent
from nbradiomics.system.garbage import spare_garbage_searches

Result = TypeVar("Result")


@dataclass(frozen=True)
class InProcess:
    """Computes one case after another in this process.

    A case in which an earlier process was killed comes last, and is computed in a worker: if it kills three
    workers it fails, and this process goes on.

    Attributes
    ----------
    in_work
        Where the present case is named for later processes; ``None`` names it nowhere.
    tell
        Called with notes for the user.
    """

    in_work: InWork | None = None
    tell: Callable[[str], None] = lambda _: None

    def outcomes(
        self, function: Callable[..., Result], cases: Cases, stage: str
    ) -> Iterator[tuple[str, Result | Failure]]:
        """As `Executor.outcomes`."""
        in_work = self.in_work
        if in_work is None:
            yield from _in_this_process(function, cases, stage, cases)
            return
        suspects = in_work.suspects(cases)
        with in_work.kept():
            names = (name for name in cases if name not in suspects)
            yield from _in_this_process(function, cases, stage, names, in_work.note)
        for name, outcome in _one_by_one(function, cases, stage, list(suspects), self._tell_of):
            yield name, outcome
            if not isinstance(outcome, Failure):
                in_work.acquit(name, suspects[name])

    def _tell_of(self, suspect: str) -> None:
        self.tell(
            f"{suspect} was in work in a process that was killed, or that works on another machine: a worker "
            "computes it now."
        )


def _in_this_process(
    function: Callable[..., Result],
    cases: Cases,
    stage: str,
    names: Iterable[str],
    note: Callable[[str], None] = lambda _: None,
) -> Iterator[tuple[str, Result | Failure]]:
    with one_thread_of_sums():
        for name in names:
            note(name)
            yield name, guarded(function, stage, name, cases[name])


@dataclass(frozen=True)
class Processes:
    """Computes cases in several processes of this machine; the libraries use one thread in each.

    If a worker dies (out of memory, a crash in compiled code), it is unknown which of the cases in work
    killed it. These cases are computed one after another in a process of their own; the others are computed
    together again. A case that kills its own process three times fails.

    Attributes
    ----------
    number
        Number of processes.
    in_work
        Where a case that killed its process is named for later processes; ``None`` names it nowhere.
    """

    number: int
    in_work: InWork | None = None

    def outcomes(
        self, function: Callable[..., Result], cases: Cases, stage: str
    ) -> Iterator[tuple[str, Result | Failure]]:
        """As `Executor.outcomes`."""
        remaining = list(cases)
        while remaining:
            in_work: dict[str, None] = {}
            done: set[str] = set()
            try:
                for name, outcome in self._together(function, cases, stage, remaining, in_work):
                    done.add(name)
                    in_work.pop(name, None)
                    yield name, outcome
            except _worker_died():
                # If no case was in work, one is computed alone, so that the loop ends.
                suspects = list(in_work) or [name for name in remaining if name not in done][:1]
                for name, outcome in _one_by_one(function, cases, stage, suspects):
                    if isinstance(outcome, Failure) and self.in_work is not None:
                        self.in_work.accuse(name)
                    yield name, outcome
                done.update(suspects)
            remaining = [name for name in remaining if name not in done]

    def _together(
        self,
        function: Callable[..., Result],
        cases: Cases,
        stage: str,
        names: Sequence[str],
        in_work: dict[str, None],
    ) -> Iterator[tuple[str, Result | Failure]]:
        """Compute cases in all processes; `in_work` gets the names of those that were sent to a process."""
        from joblib import Parallel, delayed, parallel_config

        def calls() -> Iterator[Any]:
            for name in names:
                in_work[name] = None
                yield delayed(_in_worker)(function, stage, name, cases[name])

        config = parallel_config(backend="loky", inner_max_num_threads=1, **tied_to_this())
        with config, workers_replaced_quietly():
            pool = Parallel(n_jobs=self.number, return_as="generator_unordered", batch_size=1)
            with starting_workers():
                outcomes = pool(calls())
            yield from outcomes


@dataclass(frozen=True)
class OneWorker:
    """Computes one case after another in a worker; a case that kills it three times fails."""

    def outcomes(
        self, function: Callable[..., Result], cases: Cases, stage: str
    ) -> Iterator[tuple[str, Result | Failure]]:
        """As `Executor.outcomes`."""
        return _one_by_one(function, cases, stage, list(cases))


def tied_to_this() -> dict[str, Any]:
    """Options of a pool whose workers end with this process; see `child_processes.tie_to_parent`."""
    main_thread = threading.current_thread() is threading.main_thread()
    return {"initializer": _begin_worker, "initargs": (os.getpid(), main_thread)}


def _begin_worker(parent: int, main_thread: bool) -> None:
    tie_to_parent(parent, main_thread)
    spare_garbage_searches()


@contextmanager
def workers_replaced_quietly() -> Iterator[None]:
    """Suppress loky's warning when it replaces a worker that has grown by 300 MB.

    Importing torch is enough for that, and no work is lost. The warning comes from a thread of loky: as an
    error it would end this thread, and the work would never end.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="A worker stopped while some jobs were given")
        # A user who stops the work knows that tasks are not done.
        warnings.filterwarnings("ignore", message=r"\d+ tasks ")
        yield


def _one_by_one(
    function: Callable[..., Result],
    cases: Cases,
    stage: str,
    names: Sequence[str],
    begin: Callable[[str], None] = lambda _: None,
) -> Iterator[tuple[str, Result | Failure]]:
    """Compute cases one after another in a single worker, which is replaced when it dies."""
    from joblib.externals.loky import ProcessPoolExecutor

    waiting, deaths, how = deque(names), 0, ""
    while waiting:
        with ProcessPoolExecutor(max_workers=1, **tied_to_this()) as pool:
            try:
                while waiting:
                    if not deaths:
                        begin(waiting[0])
                    with starting_workers():
                        future = pool.submit(_in_worker, function, stage, waiting[0], cases[waiting[0]])
                    outcome: tuple[str, Result | Failure] = future.result()
                    waiting.popleft()
                    deaths = 0
                    yield outcome
            except _worker_died() as error:
                deaths += 1
                how = _exit_code(error)
        if deaths == MOST_DEATHS:
            name = waiting.popleft()
            deaths = 0
            yield name, death_failure(name, stage, how)


def _exit_code(error: Exception) -> str:
    """How a worker ended, from loky's message: ``SIGKILL(-9)``; empty if it does not say."""
    code = re.search(r"exit codes of the workers are \{(.*)\}", str(error))
    return code[1] if code else ""


def _worker_died() -> type[Exception]:
    from concurrent.futures.process import BrokenProcessPool

    return BrokenProcessPool  # loky's own errors derive from it


def _in_worker(
    function: Callable[..., Result], stage: str, name: str, arguments: tuple[Any, ...]
) -> tuple[str, Result | Failure]:
    with one_thread_of_sums():
        return name, guarded(function, stage, name, arguments)
