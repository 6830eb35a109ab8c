"""How work is done: with how many processes, what is shown meanwhile, and where results are kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from nbradiomics.errors import InputError
from nbradiomics.execution.batch import Batch, Failure
from nbradiomics.execution.executors import Cases, Executor, InProcess, Processes
from nbradiomics.execution.progress import Progress, quiet
from nbradiomics.execution.workspace import PASSING, Payload, Workspace
from nbradiomics.system.streams import end_if_asked

Result = TypeVar("Result")
#: Called with the name of a case and its result.
Keep = Callable[[str, Any], None]


def _unheard(_line: str) -> None:
    """Tell nobody: the default of every library function."""


def _always(_name: str, _payload: Payload) -> bool:
    return True


@dataclass(frozen=True)
class Stored:
    """How results are found again where there is a workspace.

    Attributes
    ----------
    key
        Gives the result key of a case by its name; asked only where there is a workspace, since it reads
        every input.
    schema
        Type of a result as JSON has it, such as a ``TypedDict``: what is stored and is of another is made
        again.
    holds
        Whether a stored result still holds, for results whose files lie outside the workspace.
    """

    key: Callable[[str], str]
    schema: Any
    holds: Callable[[str, Payload], bool] = _always


@dataclass(frozen=True)
class Execution:
    """How work is done; no result depends on it.

    Attributes
    ----------
    jobs
        Processes; 1 stays in this one.
    progress
        Progress display: ``with progress("extract", 120) as advance: ...``.
    workspace
        Where results are kept and found again; ``None`` computes everything.
    tell
        Called with sentences that the user should read while the work goes on.
    threads
        Threads of torch in each process; ``None`` leaves their number alone, or is one with several `jobs`.
    executor
        What computes the cases; unless given this process or, with several `jobs`, processes of this machine.

    Raises
    ------
    InputError
        When `jobs` or `threads` is less than 1.

    Examples
    --------
    >>> Execution(jobs=2).map(divmod, {"a": (7, 2), "b": (7, 0)}, stage="divide").results
    {'a': (3, 1)}
    """

    jobs: int = 1
    progress: Progress = quiet
    workspace: Workspace | None = None
    tell: Callable[[str], None] = _unheard
    threads: int | None = None
    executor: Executor | None = None

    def __post_init__(self) -> None:
        for name, number in (("jobs", self.jobs), ("threads", self.threads)):
            if number is not None and number < 1:
                raise InputError(f"{name} is {number}.", "Give a whole number from 1 up.")

    def map(
        self,
        function: Callable[..., Result],
        cases: Cases,
        *,
        stage: str,
        stored: Stored | None = None,
        keep: Keep | None = None,
    ) -> Batch[Result]:
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
            How results are found again; ``None`` computes all.
        keep
            Called in this process with each result that was computed, as it comes.

        Returns
        -------
        Batch
            Results and failures in the order of `cases`. An exception in a case is a failure of that case. A
            failure is never stored.
        """

        def make(names: Sequence[str], save: Keep) -> Batch[Result]:
            def kept(name: str, result: Result) -> None:
                save(name, result)
                if keep is not None:
                    keep(name, result)

            return self._compute(function, {name: cases[name] for name in names}, stage, kept)

        return self.find_or_make(list(cases), make, stage=stage, stored=stored)

    def find_or_make(
        self,
        names: Sequence[str],
        make: Callable[[Sequence[str], Keep], Batch[Any]],
        *,
        stage: str,
        stored: Stored | None,
    ) -> Batch[Any]:
        """Take results from the workspace, and make and keep those that are not there.

        Parameters
        ----------
        names
            The cases.
        make
            Makes the results of cases, and calls the function it is given with each result as it comes.
        stage, stored
            As in `map`.

        Returns
        -------
        Batch
            Results in the order of `names`, whatever was stored before, and the failures of `make`.
        """
        workspace = self.workspace
        if workspace is None or stored is None:
            return make(names, lambda _name, _result: None)
        keys = {name: stored.key(name) for name in names}
        loaded = {name: workspace.load(stage, keys[name], stored.schema) for name in names}
        there = {name: payload for name, payload in loaded.items() if payload is not None}
        found = {name: payload for name, payload in there.items() if stored.holds(name, payload)}
        if len(found) < len(there):
            workspace.unfit[stage] += len(there) - len(found)

        def save(name: str, payload: Payload) -> None:
            # What was changed while it was read has another key by now; nobody knows which content was read.
            if not payload.get(PASSING) and stored.key(name) == keys[name]:
                workspace.save(stage, keys[name], payload)

        fresh = make([name for name in names if name not in found], save)
        results = found | fresh.results
        return Batch({name: results[name] for name in names if name in results}, fresh.failures)

    def _compute(
        self, function: Callable[..., Result], cases: Cases, stage: str, keep: Keep
    ) -> Batch[Result]:
        batch: Batch[Result] = Batch()
        outcomes: dict[str, Result | Failure] = {}
        with self.progress(stage, len(cases)) as advance:
            for name, outcome in self._executor(len(cases)).outcomes(function, cases, stage):
                outcomes[name] = outcome
                end_if_asked()
                if not isinstance(outcome, Failure):
                    keep(name, outcome)
                advance()
        for name in cases:
            outcome = outcomes[name]
            if isinstance(outcome, Failure):
                batch.failures.append(outcome)
            else:
                batch.results[name] = outcome
        return batch

    def _executor(self, cases: int) -> Executor:
        if self.executor is not None:
            return self.executor
        return InProcess() if self.jobs == 1 or cases < 2 else Processes(self.jobs)
