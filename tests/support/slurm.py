"""A SLURM of one node for a test: both daemons of Debian's slurm-wlm on loopback ports, without munge."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

PROGRAMS = ("slurmctld", "slurmd", "sinfo", "sbatch", "squeue", "scancel")
QUEUE = "short"
_CONFIG = """\
ClusterName=tests
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller_port}
SlurmdPort={node_port}
SlurmUser=root
SlurmdUser=root
AuthType=auth/none
CredType=cred/none
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
SchedulerType=sched/backfill
SchedulerParameters=batch_sched_delay=0,sched_interval=1,bf_interval=1
ReturnToService=2
KillWait=5
SlurmdParameters=config_overrides
NodeName={host} NodeAddr=127.0.0.1 CPUs=4 RealMemory=4000 State=UNKNOWN
PartitionName={queue} Nodes={host} Default=YES MaxTime=INFINITE State=UP
"""


@dataclass(frozen=True)
class Slurm:
    """A running SLURM.

    Attributes
    ----------
    environment
        Variables by which its programs find it.
    """

    environment: dict[str, str]

    def call(self, *arguments: str) -> str:
        """Output of one of its programs."""
        return subprocess.run(
            arguments, env=self.environment, capture_output=True, text=True, check=True, timeout=60
        ).stdout

    def wait_until_empty(self, patience: float = 60) -> None:
        """Wait until no job waits or runs."""
        until = time.monotonic() + patience
        while jobs := self.call("squeue", "--noheader"):
            assert time.monotonic() < until, jobs
            time.sleep(0.2)


def free_port() -> int:
    """A port of the loopback address that nobody listens on."""
    with socket.socket() as place:
        place.bind(("127.0.0.1", 0))
        return int(place.getsockname()[1])


def require_slurm() -> None:
    """Skip the test where SLURM is not installed; fail if NBRADIOMICS_SERVICES=required."""
    missing = [program for program in PROGRAMS if shutil.which(program) is None]
    if os.name != "posix" or os.geteuid() != 0:
        missing.append("the rights of root")
    if not missing:
        return
    text = f"SLURM cannot be started, missing: {', '.join(missing)} (Debian's package slurm-wlm)"
    if os.environ.get("NBRADIOMICS_SERVICES") == "required":
        pytest.fail(text)
    pytest.skip(text)


@contextmanager
def running_slurm(folder: Path) -> Iterator[Slurm]:
    """Start a SLURM in a folder, wait until its node takes jobs, and end it with all of its jobs."""
    require_slurm()
    for name in ("state", "spool"):
        (folder / name).mkdir(parents=True)
    host = socket.gethostname().split(".")[0]
    ports = {"controller_port": free_port(), "node_port": free_port()}
    config = folder / "slurm.conf"
    config.write_text(_CONFIG.format(host=host, folder=folder, queue=QUEUE, **ports))
    slurm = Slurm({**os.environ, "SLURM_CONF": str(config)})
    daemons = [
        _start(slurm, folder, name, *options)
        for name, options in (("slurmctld", ("-D", "-i")), ("slurmd", ("-D", "-N", host)))
    ]
    try:
        _wait_until_idle(slurm, folder)
        yield slurm
    finally:
        _end(slurm, daemons)


def _start(slurm: Slurm, folder: Path, name: str, *options: str) -> subprocess.Popen[bytes]:
    with open(folder / f"{name}.log", "wb") as log:
        return subprocess.Popen(
            [name, *options],
            env=slurm.environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def _wait_until_idle(slurm: Slurm, folder: Path, patience: float = 60) -> None:
    until = time.monotonic() + patience
    while True:
        told = subprocess.run(
            ["sinfo", "--noheader", "--format=%t"], env=slurm.environment, capture_output=True, text=True
        )
        if told.stdout.strip() == "idle":
            return
        if time.monotonic() > until:
            logs = "".join(path.read_text(errors="replace")[-2000:] for path in folder.glob("*.log"))
            raise RuntimeError(f"SLURM did not start: {told.stdout}{told.stderr}\n{logs}")
        time.sleep(0.2)


def _end(slurm: Slurm, daemons: list[subprocess.Popen[bytes]]) -> None:
    listed = subprocess.run(
        ["squeue", "--noheader", "--format=%A"], env=slurm.environment, capture_output=True, text=True
    )
    if listed.stdout.split():
        subprocess.run(["scancel", *listed.stdout.split()], env=slurm.environment, timeout=30)
        time.sleep(2)
    for daemon in reversed(daemons):
        daemon.terminate()
    for daemon in daemons:
        try:
            daemon.wait(timeout=10)
        except subprocess.TimeoutExpired:
            os.killpg(daemon.pid, signal.SIGKILL)
            daemon.wait()
