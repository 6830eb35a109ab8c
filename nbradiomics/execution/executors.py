"""Executors, which compute cases: in this process, in several processes, or in another way."""

from __future__ import annotations

import os
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from nbradiomics.execution.batch import Failure, guarded
from nbradiomics.system.child_processes import starting_workers, tie_to_parent

Result = TypeVar("Result")
#: Arguments of each call by the name of its case.
Cases = Mapping[str, tuple[Any, ...]]


class Executor(Protocol):
    """Computes cases. To use another kind of machine, implement this protocol."""

    def outcomes(
        self, function: Callable[..., Result], cases: Cases, stage: str
    ) -> Iterator[tuple[str, Result | Failure]]:
        """Call a function on each case; yield its name and result or failure as they come, in any order.

        Parameters
        ----------
        function
            Importable from a module, so that another process can call it.
        cases
            Arguments of each call by the name of its case.
        stage
            Name of the stage, for failures.
        """
        ...


@dataclass(frozen=True)
class InProcess:
    """Computes one case after another in this process."""

    def outcomes(
        self, function: Callable[..., Result], cases: Cases, stage: str
    ) -> Iterator[tuple[str, Result | Failure]]:
        """As `Executor.outcomes`."""
        for name, arguments in cases.items():
            yield name, guarded(function, stage, name, arguments)


@dataclass(frozen=True)
class Processes:
    """Computes cases in several processes of this machine; the libraries use one thread in each.

    If a worker dies (out of memory, a crash in compiled code), the case that it computed fails; the other
    cases are computed.
    """

    number: int

    def outcomes(
        self, function: Callable[..., Result], cases: Cases, stage: str
    ) -> Iterator[tuple[str, Result | Failure]]:
        """As `Executor.outcomes`."""
        done: set[str] = set()
        try:
            for name, outcome in self._together(function, cases, stage):
                done.add(name)
                yield name, outcome
        except _worker_died():
            # It is unknown which case killed the worker: compute each remaining case in a separate process.
            for name in [name for name in cases if name not in done]:
                yield _alone(function, stage, name, cases[name])

    def _together(
        self, function: Callable[..., Result], cases: Cases, stage: str
    ) -> Iterator[tuple[str, Result | Failure]]:
        from joblib import Parallel, delayed, parallel_config

        config = parallel_config(backend="loky", inner_max_num_threads=1, **tied_to_this())
        with config, workers_replaced_quietly():
            pool = Parallel(n_jobs=self.number, return_as="generator_unordered", batch_size=1)
            with starting_workers():
                outcomes = pool(
                    delayed(_in_worker)(function, stage, name, arguments) for name, arguments in cases.items()
                )
            yield from outcomes


def tied_to_this() -> dict[str, Any]:
    """Options of a pool whose workers end with this process; see `child_processes.tie_to_parent`."""
    main_thread = threading.current_thread() is threading.main_thread()
    return {"initializer": tie_to_parent, "initargs": (os.getpid(), main_thread)}


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


def _alone(
    function: Callable[..., Result], stage: str, name: str, arguments: tuple[Any, ...]
) -> tuple[str, Result | Failure]:
    from joblib.externals.loky import ProcessPoolExecutor

    with ProcessPoolExecutor(max_workers=1, **tied_to_this()) as pool:
        try:
            with starting_workers():
                future = pool.submit(_in_worker, function, stage, name, arguments)
            outcome: tuple[str, Result | Failure] = future.result()
            return outcome
        except _worker_died() as error:
            hint = "Look at the size of the image and at the memory; try this case alone with --jobs 1."
            return name, Failure(name, stage, f"the worker process died: {error}".splitlines()[0], hint)


def _worker_died() -> type[Exception]:
    from concurrent.futures.process import BrokenProcessPool

    return BrokenProcessPool  # loky's own errors derive from it


def _in_worker(
    function: Callable[..., Result], stage: str, name: str, arguments: tuple[Any, ...]
) -> tuple[str, Result | Failure]:
    import SimpleITK as sitk

    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
    return name, guarded(function, stage, name, arguments)
