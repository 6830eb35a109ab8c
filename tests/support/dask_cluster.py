"""A Dask scheduler and its workers as processes of their own, over the loopback address."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.paths import ROOT
from tests.support.slurm import free_port


@dataclass
class Cluster:
    """Processes of a cluster; each worker has a process that watches it, Dask's nanny."""

    folder: Path
    port: int = field(default_factory=free_port)
    scheduler: subprocess.Popen[bytes] | None = None
    nannies: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"tcp://127.0.0.1:{self.port}"

    def start(self, workers: int) -> None:
        """Start the scheduler and its workers."""
        self.port = free_port()
        where = ("--host", "127.0.0.1", "--no-dashboard")
        self.scheduler = self._process("dask_scheduler", *where, "--port", str(self.port))
        wait_for(self._listens)
        for _ in range(workers):
            self.add_worker()

    def _listens(self) -> bool:
        with socket.socket() as place:
            return place.connect_ex(("127.0.0.1", self.port)) == 0

    def add_worker(self, *options: str) -> None:
        """Start a worker."""
        fixed = ("--nthreads", "1", "--no-dashboard", "--memory-limit", "0", "--death-timeout", "30")
        local = ("--host", "127.0.0.1", "--local-directory", str(self.folder))
        self.nannies.append(self._process("dask_worker", self.address, *fixed, *local, *options))

    def _process(self, name: str, *options: str) -> subprocess.Popen[bytes]:
        with open(self.folder / f"{name}.log", "ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", f"distributed.cli.{name}", *options],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """Kill a process and its children, as a machine that loses its power."""
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def stop(self) -> None:
        """Kill all processes."""
        for process in [*self.nannies, *([self.scheduler] if self.scheduler else [])]:
            if process.poll() is None:
                self.kill(process)
        self.nannies, self.scheduler = [], None


@contextmanager
def dask_cluster(folder: Path, workers: int = 2) -> Iterator[Cluster]:
    """Start a cluster whose files lie in a folder, and kill it at the end."""
    folder.mkdir(parents=True, exist_ok=True)
    cluster = Cluster(folder)
    try:
        cluster.start(workers)
        yield cluster
    finally:
        cluster.stop()


def wait_for(condition: object, patience: float = 240, pause: float = 0.05) -> None:
    """Wait until a function returns something true; so long only on a machine that is busy with much else."""
    assert callable(condition)
    until = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(pause)
