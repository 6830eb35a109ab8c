"""Cases on a Dask cluster: the results of this process, bounded memory, workers that are checked."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import SimpleITK as sitk

from nbradiomics.errors import InputError, StorageError
from nbradiomics.execution.batch import Failure, guarded
from nbradiomics.execution.execution import Execution
from nbradiomics.execution.executors import window
from nbradiomics.execution.executors.choice import executor_named
from nbradiomics.execution.executors.crew import Crew, Worker
from nbradiomics.execution.executors.dask import DaskExecutor, LocalCluster
from nbradiomics.execution.executors.in_worker import Request, Unfit, compute, versions
from nbradiomics.execution.executors.local import InProcess
from tests.support.deadly import dies_first, fills_the_disk, nested, thread_counts


@pytest.fixture(scope="module")
def cluster() -> Iterator[DaskExecutor]:
    """Two workers of this machine; the tests of a file share them."""
    executor = DaskExecutor(LocalCluster(2), sees_within=0.0)
    yield executor
    executor.close()


class Lazy(Mapping[str, tuple[Any, ...]]):
    """Cases that are made at each access, and counted."""

    def __init__(self, number: int) -> None:
        self.number, self.made = number, 0

    def __getitem__(self, name: str) -> tuple[Any, ...]:
        self.made += 1
        return int(name), 7

    def __iter__(self) -> Iterator[str]:
        return map(str, range(self.number))

    def __len__(self) -> int:
        return self.number


def test_a_cluster_gives_the_results_and_failures_of_this_process(cluster: DaskExecutor) -> None:
    cases = {"a": (7, 2), "b": (7, 0), "c": (9, 2)}
    plain = Execution().map(divmod, cases, stage="divide")
    batch = Execution(executor=cluster).map(divmod, cases, stage="divide")
    assert batch.results == plain.results
    assert [(one.case, one.cause) for one in batch.failures] == [("b", plain.failures[0].cause)]
    assert "Traceback" in batch.failures[0].details


def test_only_one_case_for_each_worker_is_made_and_sent(cluster: DaskExecutor) -> None:
    cases, done, most = Lazy(40), 0, 0
    for name, outcome in cluster.outcomes(divmod, cases, "divide"):
        assert outcome == divmod(int(name), 7)
        most = max(most, cases.made - done)
        done += 1
        assert cluster._crew is not None
        assert len(cluster._crew.client.futures) <= 3  # of two workers; and one that was just taken
    assert (done, cases.made) == (40, 40)
    assert most <= 2


def test_the_cases_of_an_execution_are_made_one_by_one() -> None:
    cases, most = Lazy(10), 0

    class Watching:
        def outcomes(
            self, function: Callable[..., Any], cases_: Mapping[str, tuple[Any, ...]], stage: str
        ) -> Iterator[tuple[str, Any | Failure]]:
            nonlocal most
            for number, name in enumerate(cases_):
                yield name, guarded(function, stage, name, cases_[name])
                most = max(most, cases.made - number)

    assert len(Execution(executor=Watching()).map(divmod, cases, stage="divide").results) == 10
    assert most == 1


def test_a_worker_computes_with_one_thread_and_can_map_cases_itself(cluster: DaskExecutor) -> None:
    (counts,) = Execution(executor=cluster).map(thread_counts, {"a": ()}, stage="count").results.values()
    assert {"itk", "torch", "numba"} < counts.keys()
    assert set(counts.values()) == {1}, counts
    (inner,) = Execution(executor=cluster).map(nested, {"a": (3,)}, stage="nest").results.values()
    assert inner == [0, 1, 2]


def test_this_process_computes_with_one_thread_of_itk_and_restores_their_number() -> None:
    before = sitk.ProcessObject.GetGlobalDefaultNumberOfThreads()
    try:
        sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(3)
        ((_, counts),) = InProcess().outcomes(thread_counts, {"a": ()}, "count")
        assert counts["itk"] == 1
        assert {count for name, count in counts.items() if name.startswith("blas")} == {1}
        assert sitk.ProcessObject.GetGlobalDefaultNumberOfThreads() == 3
    finally:
        sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(before)


def test_a_large_argument_and_a_large_result_arrive(cluster: DaskExecutor) -> None:
    text = "x" * 3_000_000
    batch = Execution(executor=cluster).map(str.upper, {"a": (text,)}, stage="large")
    assert batch.results == {"a": text.upper()}


def test_a_full_disk_of_a_worker_ends_the_work_whatever_the_executor(cluster: DaskExecutor) -> None:
    cases = {name: (name,) for name in "abcd"}
    for execution in (Execution(), Execution(jobs=2), Execution(executor=cluster)):
        with pytest.raises(StorageError, match=r"the disk is full\. Free space there\."):
            execution.map(fills_the_disk, cases, stage="segment")
    # The workers are there for the next stage.
    assert Execution(executor=cluster).map(str, {"a": (1,)}, stage="text").results == {"a": "1"}


@pytest.mark.slow
def test_a_case_that_kills_its_worker_three_times_is_a_failure(cluster: DaskExecutor, tmp_path: Path) -> None:
    cases = {name: (deaths, tmp_path, name) for name, deaths in (("a", 0), ("b", 99), ("c", 2), ("d", 0))}
    batch = Execution(executor=cluster).map(dies_first, cases, stage="deadly")
    assert batch.results == {"a": ("a", 1), "c": ("c", 3), "d": ("d", 1)}
    (failure,) = batch.failures
    assert failure.case == "b"
    assert "died 3 times" in failure.cause
    assert "memory" in failure.hint
    assert (tmp_path / "b.calls").stat().st_size == 3


@pytest.mark.slow
def test_a_case_that_kills_its_process_three_times_is_a_failure_on_this_machine_too(tmp_path: Path) -> None:
    names = [(str(number), 0) for number in range(12)]
    cases = {name: (deaths, tmp_path, name) for name, deaths in (*names[:3], ("b", 99), ("c", 2), *names[3:])}
    batch = Execution(jobs=2).map(dies_first, cases, stage="deadly")
    assert set(batch.results) == {*map(str, range(12)), "c"}
    (failure,) = batch.failures
    assert failure.case == "b"
    assert "died 3 times" in failure.cause
    assert "SIGKILL" in failure.cause
    # It died once together with others, and three times alone.
    assert (tmp_path / "b.calls").stat().st_size == 4


def test_a_cluster_with_other_versions_is_refused(
    cluster: DaskExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(window, "versions", lambda: {**versions(), "numpy": "1.0"})
    with pytest.raises(InputError, match=r"it has numpy .*; this command has numpy 1\.0"):
        list(cluster.outcomes(divmod, {"a": (7, 2)}, "divide"))
    assert cluster._crew is not None
    cluster._crew.unfit.clear()


def test_a_cluster_that_does_not_see_a_file_is_refused(
    cluster: DaskExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(window, "exists", lambda _: True)
    with pytest.raises(InputError, match=r"it does not see /nowhere/image\.nii\.gz"):
        list(cluster.outcomes(str, {"a": (Path("/nowhere/image.nii.gz"),)}, "read"))
    assert cluster._crew is not None
    cluster._crew.unfit.clear()


def test_a_worker_says_why_it_is_unfit(tmp_path: Path) -> None:
    call = window._pickled((divmod, "divide", "a", (7, 2)))[0]
    good = {"call": call, "folder": str(tmp_path), "paths": (), "patience": 0.0, "versions": versions()}
    assert compute(Request(**good)) == (3, 1)
    assert isinstance(compute(Request(**{**good, "paths": (str(tmp_path / "no"),)})), Unfit)
    assert isinstance(compute(Request(**{**good, "versions": {**versions(), "scipy": "none"}})), Unfit)
    assert isinstance(compute(Request(**{**good, "versions": {**versions(), "other": "1"}})), Unfit)


def test_paths_are_found_wherever_they_lie_in_the_arguments() -> None:
    deep = {"a": [(Path("x/1"), {"b": Path("x/2")})]}
    assert window._pickled((print, "s", "n", (deep, "x/3", Path("x/4"))))[1] == {"x/1", "x/2", "x/4"}


class NoWorkers:
    """A source without workers."""

    name, patience, grace = "The empty cluster", 0.0, 0.0

    def tend(self, left: int, idle: object) -> None: ...

    def explain(self) -> str:
        return "Start some."

    def close(self) -> None: ...


def test_a_cluster_without_a_usable_worker_ends_the_run() -> None:
    crew = Crew(None, NoWorkers(), lambda _: None)
    time.sleep(0.01)
    with pytest.raises(InputError, match="0 workers"):
        crew.wait(0, 5)
    crew.workers["tcp://w"] = Worker("tcp://w", "w", None, paused=True)
    with pytest.raises(InputError, match="1 of them paused"):
        crew.wait(0, 5)
    crew.wait(1, 5)


def test_the_time_between_two_stages_is_no_waiting_for_workers() -> None:
    source = NoWorkers()
    source.patience = 60.0
    crew = Crew(None, source, lambda _: None)
    crew._usable -= 3600
    with pytest.raises(InputError, match="had no worker"):
        crew.wait(0, 5)
    crew.begin()
    crew.wait(0, 5)


@pytest.mark.parametrize(
    ("word", "words"),
    [("dusk", "Did you mean 'dask'"), ("tcp://host", "no executor"), ("slurm", "--cluster"), ("", "no exec")],
)
def test_an_executor_that_is_not_there_is_refused(word: str, words: str) -> None:
    with pytest.raises(InputError) as error:
        Execution(executor=word)
    assert words in str(error.value)


def test_a_file_of_a_cluster_that_nothing_uses_is_refused() -> None:
    for executor in (None, "local", "dask"):
        with pytest.raises(InputError, match="uses no file of a cluster"):
            Execution(executor=executor, cluster="cluster.yaml")
    assert executor_named("local") is None
