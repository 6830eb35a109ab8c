"""How work is done: number of processes, display of progress, and storage of results."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

from nbradiomics.errors import InputError
from nbradiomics.execution.batch import Batch, Failure
from nbradiomics.execution.executors.choice import executor_named
from nbradiomics.execution.executors.local import InProcess, OneWorker, Processes
from nbradiomics.execution.executors.protocol import Cases, Executor
from nbradiomics.execution.in_work import InWork
from nbradiomics.execution.pieces import WithThreads
from nbradiomics.execution.progress import Progress, quiet
from nbradiomics.execution.record import RECORD
from nbradiomics.execution.workspace import PASSING, Payload, Workspace, result_key
from nbradiomics.messages.wording import counted
from nbradiomics.system.processors import processors
from nbradiomics.system.streams import end_if_asked

Result = TypeVar("Result")
#: Called with the name of a case and its result.
Keep = Callable[[str, Any], None]


def _silent(_line: str) -> None:
    """Show no notes: the default of every library function."""


def _always(_name: str, _payload: Payload) -> bool:
    return True


def _unchanged(result: Any) -> Any:
    return result


@contextmanager
def _ended(outcomes: Iterator[Any]) -> Iterator[None]:
    """End a generator of outcomes at once if the work is stopped, so that it leaves nothing behind."""
    try:
        yield
    finally:
        getattr(outcomes, "close", lambda: None)()


@dataclass(frozen=True)
class Stored:
    """How stored results are found again in a workspace.

    Attributes
    ----------
    key
        Returns the result key of a case for its name; called only if there is a workspace, because it
        reads every input.
    schema
        Type of a result as JSON has it, such as a ``TypedDict``; a stored result of another type is computed
        again.
    holds
        Whether a stored result is still valid, for results with files outside the workspace.
    """

    key: Callable[[str], str]
    schema: Any
    holds: Callable[[str, Payload], bool] = _always

    def key_of(self, name: str) -> str:
        """Key of a case; one that matches no stored result if the case lacks an input, which it then says."""
        try:
            return self.key(name)
        except InputError:
            return result_key("lacks an input", random=uuid4().hex)


class _Chosen(Mapping[str, tuple[Any, ...]]):
    """Some of the cases; arguments that are made at each access are not made before they are needed."""

    def __init__(self, cases: Cases, names: Sequence[str]) -> None:
        self._cases, self._names = cases, dict.fromkeys(names)

    def __getitem__(self, name: str) -> tuple[Any, ...]:
        if name not in self._names:
            raise KeyError(name)
        return self._cases[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


@dataclass(frozen=True)
class Execution:
    """How work is done; results do not depend on it.

    Attributes
    ----------
    jobs
        Number of processes; 1 works in this process.
    progress
        Progress display: ``with progress("extract", 120) as advance: ...``.
    workspace
        Where results are stored and found again; ``None`` computes everything.
    tell
        Called with notes that the user should read during the work.
    threads
        Threads in each process: of torch (``None`` leaves their number unchanged, or means one if there are
        several `jobs`), and for the features of one image (``None``: one).
    executor
        What computes the cases: ``"local"`` (the default: this process or, with several `jobs`, processes of
        this machine), ``"dask"`` (a Dask cluster of `jobs` processes on this machine), ``"tcp://host:port"``
        (a Dask scheduler that is already there), ``"slurm"``, or any object with `Executor.outcomes`. A
        cluster is started for the first case, and ends with `close`. A script that uses one starts its work
        under ``if __name__ == "__main__":``, because the workers import the script.
    cluster
        YAML file that describes the jobs, for ``"slurm"``.
    only
        Whether a case is computed, by its name; the others are neither results nor failures. By default all
        cases are computed.
    part
        What the cases are part of, such as an endpoint; it precedes their names in the record of a run. See
        `within`.

    Raises
    ------
    InputError
        When `jobs` or `threads` is less than 1, or there is no such executor.

    Examples
    --------
    >>> Execution(jobs=2).map(divmod, {"a": (7, 2), "b": (7, 0)}, stage="divide").results
    {'a': (3, 1)}
    """

    jobs: int = 1
    progress: Progress = quiet
    workspace: Workspace | None = None
    tell: Callable[[str], None] = _silent
    threads: int | None = None
    executor: Executor | str | None = None
    cluster: str | Path | None = None
    only: Callable[[str], bool] | None = None
    part: str = ""

    def __post_init__(self) -> None:
        for name, number in (("jobs", self.jobs), ("threads", self.threads)):
            if number is not None and number < 1:
                raise InputError(f"{name} is {number}.", "Give a whole number from 1 up.")
        if isinstance(self.executor, str) or (self.executor is None and self.cluster is not None):
            word, jobs = "local" if self.executor is None else self.executor, self.jobs
            chosen = executor_named(word, jobs=jobs, cluster=self.cluster, tell=self.tell)
            object.__setattr__(self, "executor", chosen)

    def with_workers(self) -> Execution:
        """Return the same with workers, so that a case that kills its process cannot end this one."""
        alone = self.executor is None and self.jobs == 1
        return replace(self, executor=OneWorker()) if alone else self

    def within(self, part: str) -> Execution:
        """Return the same for cases that are part of something.

        Two parts of a stage may have cases of the same name, such as ``sample 1``. In the record of a run
        they would replace each other; with this they are ``os: sample 1`` and ``efs: sample 1``. Names in
        results and failures, and keys of stored results, stay as they are.
        """
        return replace(self, part=self._recorded(part))

    def tell_if_crowded(self) -> None:
        """Tell the user if this machine has fewer processors than the processes have threads in sum."""
        total, there = self.jobs * (self.threads or 1), processors()
        here = self.executor is None or self.jobs > 1
        if here and (self.threads or 1) > 1 and total > there:
            several = counted(self.jobs, "process", "processes")
            self.tell(
                f"Note: {total} threads ({several} of {self.threads}) were requested for "
                f"{counted(there, 'processor')}: more threads than processors save no time and need more "
                "memory."
            )

    def _recorded(self, name: str) -> str:
        return f"{self.part}: {name}" if self.part else name

    def close(self) -> None:
        """End the cluster that the executor started, if there is one."""
        close = getattr(self.executor, "close", None)
        if close is not None:
            close()

    def map(
        self,
        function: Callable[..., Result],
        cases: Cases,
        *,
        stage: str,
        stored: Stored | None = None,
        keep: Keep | None = None,
        held: Callable[[Any], Any] = _unchanged,
    ) -> Batch[Any]:
        """Call ``function(*arguments)`` for each case, or take its result from the workspace.

        Parameters
        ----------
        function
            Importable from a module, so that another process can call it.
        cases
            Arguments of each call by the name of its case.
        stage
            Name of the stage, for failures, the progress bar and stored results.
        stored
            How stored results are found again; ``None`` computes all.
        keep
            Called in this process with each computed result, as soon as it is there.
        held
            Returns what is held of a result in the batch; the result itself is released, so that thousands of
            results need little memory.

        Returns
        -------
        Batch
            Results and failures in the order of `cases`. An exception in a case is a failure of that case.
            Failures are never stored.
        """

        def make(names: Sequence[str], save: Keep) -> Batch[Result]:
            def take(name: str, result: Result) -> Any:
                save(name, result)
                if keep is not None:
                    keep(name, result)
                return held(result)

            return self._compute(function, _Chosen(cases, names), stage, take)

        return self.find_or_make(list(cases), make, stage=stage, stored=stored, held=held)

    def find_or_make(
        self,
        names: Sequence[str],
        make: Callable[[Sequence[str], Keep], Batch[Any]],
        *,
        stage: str,
        stored: Stored | None,
        held: Callable[[Any], Any] = _unchanged,
    ) -> Batch[Any]:
        """Take results from the workspace; compute and store the others.

        Parameters
        ----------
        names
            Names of the cases.
        make
            Computes the results of the cases with these names, and calls its second argument with each; it
            returns what is held of them.
        stage, stored, held
            As in `map`; `held` is applied to stored results only.

        Returns
        -------
        Batch
            Results in the order of `names`, stored or computed, and the failures of `make`.
        """
        if self.only is not None:
            names = [name for name in names if self.only(name)]
        workspace = self.workspace
        if workspace is None or stored is None:
            return make(names, lambda _name, _result: None)
        keys = workspace.keys(stage, names, stored.key_of, recorded=self._recorded)
        valid = {}
        for name in names:
            payload = workspace.load(stage, keys[name], stored.schema)
            if payload is None:
                continue
            if stored.holds(name, payload):
                valid[name] = held(payload)
            else:
                workspace.unfit[stage] += 1

        def save(name: str, payload: Payload) -> None:
            # An input that changed meanwhile has another key now; it is unknown which content was read.
            if not payload.get(PASSING) and stored.key_of(name) == keys[name]:
                workspace.save(stage, keys[name], payload)

        fresh = make([name for name in names if name not in valid], save)
        results = valid | fresh.results
        return Batch({name: results[name] for name in names if name in results}, fresh.failures)

    def _compute(
        self, function: Callable[..., Any], cases: Cases, stage: str, take: Callable[[str, Any], Any]
    ) -> Batch[Any]:
        if self.threads is not None:
            function = WithThreads(function, self.threads)
        batch: Batch[Any] = Batch()
        outcomes: dict[str, Any] = {}
        computed = self._executor(len(cases), stage).outcomes(function, cases, stage)
        with self.progress(stage, len(cases)) as advance, _ended(computed):
            for name, outcome in computed:
                end_if_asked()
                if isinstance(outcome, Failure):
                    self.note(outcome)
                    outcomes[name] = outcome
                else:
                    outcomes[name] = take(name, outcome)
                advance()
        for name in cases:
            outcome = outcomes[name]
            if isinstance(outcome, Failure):
                batch.failures.append(outcome)
            else:
                batch.results[name] = outcome
        return batch

    def note(self, failure: Failure) -> None:
        """Record a failure as soon as it is known, so that the status of an unfinished run shows it."""
        if self.workspace is not None and self.workspace.record is not None:
            self.workspace.record.failed(replace(failure, case=self._recorded(failure.case)))

    def _executor(self, cases: int, stage: str) -> Executor:
        if self.executor is not None and not isinstance(self.executor, str):
            return self.executor
        in_work = (
            None if self.workspace is None else InWork(self.workspace.root / RECORD, self._recorded(stage))
        )
        if self.jobs > 1 and cases > 1:
            return Processes(self.jobs, in_work)
        return InProcess(in_work, self.tell)
