"""Where cases are computed: in this process, in several of this machine, or by another executor."""

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
    """What computes cases: one more of these is all that another kind of machine needs."""

    def outcomes(
        self, function: Callable[..., Result], cases: Cases, stage: str
    ) -> Iterator[tuple[str, Result | Failure]]:
        """Call a function on each case, and give each with its result or failure as it comes, in any order.

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
    """Computes one case after the other in this process."""

    def outcomes(
        self, function: Callable[..., Result], cases: Cases, stage: str
    ) -> Iterator[tuple[str, Result | Failure]]:
        """As `Executor.outcomes`."""
        for name, arguments in cases.items():
            yield name, guarded(function, stage, name, arguments)


@dataclass(frozen=True)
class Processes:
    """Computes cases in several processes of this machine; in each the libraries are held to one thread.

    A worker that dies (out of memory, a crash in compiled code) is a failure of the case that killed it, and
    the others are done.
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
            # Nobody can say which case killed the worker: each of the rest gets a process of its own.
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
                found = pool(
                    delayed(_in_worker)(function, stage, name, arguments) for name, arguments in cases.items()
                )
            yield from found


def tied_to_this() -> dict[str, Any]:
    """Options of a pool of workers that end with this process; see `tied.tie_to_parent`."""
    lasting = threading.current_thread() is threading.main_thread()
    return {"initializer": tie_to_parent, "initargs": (os.getpid(), lasting)}


@contextmanager
def workers_replaced_quietly() -> Iterator[None]:
    """Let loky replace a worker that has grown by 300 MB without a word.

    Importing torch suffices, and nothing is lost. The warning comes from loky's own thread: made an error, it
    would end that thread, and the work would never.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="A worker stopped while some jobs were given")
        # Whoever stops the work knows that it was not done.
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
