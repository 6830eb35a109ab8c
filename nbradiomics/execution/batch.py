"""Run one function over many cases, in this process or in several, so that one bad case stays one."""

from __future__ import annotations

import os
import threading
import traceback
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from nbradiomics.errors import NbradiomicsError
from nbradiomics.system.child_processes import starting_workers, tie_to_parent
from nbradiomics.system.streams import end_if_asked
from nbradiomics.system.transient import passing_hint

Result = TypeVar("Result")

#: What to do about an exception that nobody foresaw.
FAULT = "This looks like a fault of nbradiomics: please report it with its traceback."

#: ``with progress("extract", 120) as advance: ...; advance()`` after each finished step.
Progress = Callable[[str, int], AbstractContextManager[Callable[[], None]]]


@contextmanager
def quiet(_stage: str, _total: int) -> Iterator[Callable[[], None]]:
    """Show no progress: the default of every library function."""
    yield lambda: None


@dataclass(frozen=True)
class Failure:
    """One case that a stage could not do.

    Attributes
    ----------
    case
        Name of the case, as in the cohort table.
    stage
        ``segment``, ``compare``, ``extract`` ...
    cause
        What was found and what was expected.
    hint
        What the user can do.
    details
        The traceback of an exception that nobody foresaw, empty for any other failure. It goes into a log,
        not into the table (`failures.write_failures`).
    """

    case: str
    stage: str
    cause: str
    hint: str
    details: str = ""


@dataclass
class Batch(Generic[Result]):
    """What a batch left: results by case, and failures. Each case is in exactly one of the two."""

    results: dict[str, Result] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)


def run_cases(
    function: Callable[..., Result],
    cases: Mapping[str, tuple[Any, ...]],
    *,
    stage: str,
    jobs: int = 1,
    progress: Progress = quiet,
    keep: Callable[[str, Result], None] | None = None,
) -> Batch[Result]:
    """Call ``function(*arguments)`` for each case.

    Parameters
    ----------
    function
        Importable from a module, so that another process can call it.
    cases
        Arguments of each call by the name of its case.
    stage
        Name of the stage, for failures and the progress bar.
    jobs
        Processes to use; 1 stays in this one. In workers the libraries are held to one thread each.
    progress
        Progress display.
    keep
        Called in this process with each result as it comes, so that a kill loses little.

    Returns
    -------
    Batch
        Results and failures in the order of `cases`. An exception in a case is a failure of that case;
        a worker that dies (out of memory, a crash in compiled code) is a failure of the case that
        killed it, and the others are done.
    """
    batch: Batch[Result] = Batch()
    outcomes: dict[str, Result | Failure] = {}
    with progress(stage, len(cases)) as advance:
        for name, outcome in _outcomes(function, cases, stage, jobs):
            outcomes[name] = outcome
            end_if_asked()
            if keep is not None and not isinstance(outcome, Failure):
                keep(name, outcome)
            advance()
    for name in cases:
        outcome = outcomes[name]
        if isinstance(outcome, Failure):
            batch.failures.append(outcome)
        else:
            batch.results[name] = outcome
    return batch


def _outcomes(
    function: Callable[..., Result], cases: Mapping[str, tuple[Any, ...]], stage: str, jobs: int
) -> Iterator[tuple[str, Result | Failure]]:
    if jobs == 1 or len(cases) < 2:
        for name, arguments in cases.items():
            yield _guarded(function, stage, name, arguments)
        return
    done: set[str] = set()
    try:
        for name, outcome in _parallel(function, cases, stage, jobs):
            done.add(name)
            yield name, outcome
    except _worker_died():
        # Nobody can say which case killed the worker: each of the rest gets a process of its own.
        for name in [name for name in cases if name not in done]:
            yield _alone(function, stage, name, cases[name])


def _parallel(
    function: Callable[..., Result], cases: Mapping[str, tuple[Any, ...]], stage: str, jobs: int
) -> Iterator[tuple[str, Result | Failure]]:
    from joblib import Parallel, delayed, parallel_config

    config = parallel_config(backend="loky", inner_max_num_threads=1, **tied_to_this())
    with config, workers_replaced_quietly():
        pool = Parallel(n_jobs=jobs, return_as="generator_unordered", batch_size=1)
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
    return _guarded(function, stage, name, arguments)


def _guarded(
    function: Callable[..., Result], stage: str, name: str, arguments: tuple[Any, ...]
) -> tuple[str, Result | Failure]:
    try:
        return name, function(*arguments)
    except Exception as error:  # whatever a library raises on one case must not stop the cohort
        return name, failure_of(name, stage, error)


def failure_of(case: str, stage: str, error: Exception) -> Failure:
    """A failure from an exception: one of ours says it itself, any other is kept with its traceback."""
    if isinstance(error, NbradiomicsError):
        return Failure(case, stage, error.problem, error.remedy, error.details)
    cause = " ".join(f"{type(error).__name__}: {error}".split())
    return Failure(case, stage, cause, hint_for(error), "".join(traceback.format_exception(error)))


def hint_for(error: Exception) -> str:
    """What a user can do about an exception that is not one of ours: only what is known of its kind."""
    if hint := passing_hint(error):
        return hint
    if isinstance(error, OSError):
        return "Check the path, its access rights and the free space of the disk."
    # SimpleITK has no exception of its own.
    if isinstance(error, RuntimeError) and "SimpleITK" in str(error):
        return "ITK refused this case: look at its image and mask in a viewer, or export them again."
    return FAULT
