"""Jobs of SLURM that end: at their walltime all at once, or before they had a worker."""

from __future__ import annotations

import subprocess
from types import SimpleNamespace
from typing import Any

import pytest

from nbradiomics.errors import InputError
from nbradiomics.execution.executors import slurm
from nbradiomics.execution.executors.slurm import SlurmCluster
from nbradiomics.execution.executors.slurm_settings import SlurmSettings


class Queue:
    """Stands for SLURM and dask-jobqueue: jobs by the name of their worker."""

    def __init__(self) -> None:
        self.workers: dict[str, Any] = {}
        self.worker_spec = self.workers
        self.scheduler_info: dict[str, Any] = {"workers": {}}
        self.queued: set[str] = set()
        self._number = 0

    def scale(self, number: int) -> None:
        while len(self.workers) < number:
            self._number += 1
            self.workers[f"w{self._number}"] = SimpleNamespace(job_id=self._number)
            self.queued.add(str(self._number))

    def arrive(self) -> None:
        self.scheduler_info["workers"] = {f"tcp://{name}": {"name": name} for name in self.workers}

    def end(self) -> None:
        self.scheduler_info["workers"] = {}
        self.queued = set()

    def scale_down(self, names: list[str]) -> None:
        for name in names:
            del self.workers[name]

    @staticmethod
    def sync(function: Any, *arguments: Any) -> None:
        function(*arguments)


@pytest.fixture
def jobs(monkeypatch: pytest.MonkeyPatch) -> tuple[SlurmCluster, Queue]:
    monkeypatch.setattr(slurm, "_LOOK", 0.0)
    cluster = SlurmCluster(SlurmSettings(memory="1GB", walltime="04:00:00", maximum=8))
    cluster._cluster = queue = Queue()

    def squeue(*_arguments: object, **_options: object) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess([], 0, "\n".join(sorted(queue.queued)))

    monkeypatch.setattr(subprocess, "run", squeue)
    return cluster, queue


def test_jobs_that_all_reach_their_walltime_at_once_are_replaced(jobs: tuple[SlurmCluster, Queue]) -> None:
    cluster, queue = jobs
    for _ in range(3):
        cluster.tend(100, ())
        assert len(queue.queued) == 8
        queue.arrive()
        cluster.tend(100, ())
        queue.end()
    cluster.tend(100, ())
    assert len(queue.queued) == 8


def test_jobs_whose_workers_never_come_end_the_run(jobs: tuple[SlurmCluster, Queue]) -> None:
    cluster, queue = jobs
    cluster.tend(100, ())
    queue.end()
    with pytest.raises(InputError, match=r"8 jobs .* ended before their worker had started"):
        cluster.tend(100, ())


def test_a_queue_that_does_not_answer_ends_no_job(
    jobs: tuple[SlurmCluster, Queue], monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster, queue = jobs
    cluster.tend(100, ())

    def silent(*_arguments: object, **_options: object) -> None:
        raise subprocess.TimeoutExpired("squeue", 60)

    monkeypatch.setattr(subprocess, "run", silent)
    cluster.tend(100, ())
    assert len(queue.workers) == 8
