"""Workers as jobs of SLURM, by dask-jobqueue. The scheduler runs in this process."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from uuid import uuid4

from nbradiomics.errors import InputError
from nbradiomics.execution.executors.dask_quiet import MEMORY, dask_configured
from nbradiomics.execution.executors.scratch import scratch_folder
from nbradiomics.execution.executors.slurm_settings import SlurmSettings
from nbradiomics.execution.executors.threads import VARIABLES

#: Seconds between two looks at the queue.
_LOOK = 5.0
#: Seconds in which SLURM answers, or is asked again later.
_ANSWERS = 60.0
#: Seconds after which idle jobs beyond the minimum are given back.
_IDLE = 60.0
#: Jobs in a row that may end although their worker never came.
_VAIN = 5
#: Seconds after which a worker ends that no scheduler answers.
_DEATH_TIMEOUT = 60


class SlurmCluster:
    """Jobs of SLURM, each with one worker.

    Parameters
    ----------
    settings
        The jobs.
    """

    name = "The SLURM cluster"
    patience = float("inf")  # jobs may wait in the queue for days
    grace = 5.0

    def __init__(self, settings: SlurmSettings) -> None:
        self.settings = settings
        self.job_name = f"nbradiomics-{uuid4().hex[:8]}"
        self._cluster: Any = None
        self._folder = ""
        self._looked = self._busy = 0.0
        self._vain = 0
        #: Names of all workers that ever came.
        self._seen: set[str] = set()

    def start(self, _tell: Callable[[str], None]) -> Any:
        """Check that jobs can be submitted, and start the scheduler; `tend` submits the jobs."""
        for program in ("sbatch", "squeue", "scancel"):
            if shutil.which(program) is None:
                raise InputError(
                    f"SLURM's program {program} was not found.",
                    "Start the command on a machine from which jobs can be submitted.",
                )
        self._folder = scratch_folder()
        with dask_configured(self._folder):
            import distributed
            from dask_jobqueue import SLURMCluster

            self._cluster = SLURMCluster(**self._options())
            self._require_acceptable(self._cluster.job_script())
            self._busy = time.monotonic()
            return distributed.Client(self._cluster, set_as_default=False)

    def _options(self) -> dict[str, Any]:
        """Arguments of dask-jobqueue; all are given, so that a user's configuration of Dask changes none."""
        settings = self.settings
        logs = settings.logs and os.path.abspath(settings.logs)
        output = [] if logs else ["--output=/dev/null", "--error=/dev/null"]
        variables = {
            **dict.fromkeys(VARIABLES, "1"),
            **{f"DASK_DISTRIBUTED__WORKER__MEMORY__{name.upper()}": str(at) for name, at in MEMORY.items()},
            "DASK_DISTRIBUTED__WORKER__HTTP__ROUTES": "[]",
        }
        return {
            "queue": settings.queue,
            "account": settings.account,
            "cores": 1,
            "processes": 1,
            "job_cpu": settings.cores,
            "memory": settings.memory,
            "walltime": settings.walltime,
            "job_extra_directives": [*output, *settings.directives],
            "job_script_prologue": [
                *settings.setup,
                *(f"export {name}={value}" for name, value in variables.items()),
            ],
            "python": settings.python,
            "interface": settings.interface,
            "local_directory": settings.scratch,
            "log_directory": logs,
            "job_name": self.job_name,
            "nanny": True,
            "death_timeout": _DEATH_TIMEOUT,
            "worker_extra_args": ["--no-dashboard"],
            "shebang": "#!/usr/bin/env bash",
            "silence_logs": "CRITICAL",
            "scheduler_options": {"dashboard": False, "dashboard_address": ":0"},
        }

    def _require_acceptable(self, script: str) -> None:
        """Let SLURM check the job without submitting it."""
        file = Path(self._folder) / "job.sh"
        file.write_text(script)
        tested = subprocess.run(["sbatch", "--test-only", str(file)], capture_output=True, text=True)
        if tested.returncode:
            said = " ".join(tested.stderr.replace("sbatch: error: ", "").split())
            self.close()
            raise InputError(
                f"SLURM does not accept the jobs: {said}.",
                "Correct the file of --cluster (queue, account, cores, memory, walltime, directives).",
            )

    def tend(self, left: int, idle: Iterable[str]) -> None:
        """As `Source.tend`: replace jobs that have ended, and give back those that are idle for long."""
        now, unused = time.monotonic(), list(idle)
        if not unused:
            self._busy = now
        if now - self._looked < _LOOK:
            return
        self._looked = now
        self._drop_ended()
        wanted = min(max(left, self.settings.minimum), self.settings.maximum)
        known = len(self._cluster.worker_spec)
        if known > wanted and unused and now - self._busy > _IDLE:
            self._drop(unused[: known - wanted])
        elif known < wanted or len(self._cluster.workers) < known:
            self._cluster.scale(max(wanted, known))

    def _drop_ended(self) -> None:
        """Forget jobs that have ended; several in a row whose worker never came end the run.

        Jobs whose worker came before are no reason to end it: the walltime ends all of them at once.
        """
        arrived = {str(one["name"]) for one in self._cluster.scheduler_info["workers"].values()}
        jobs = {
            name: str(job.job_id)
            for name, job in list(self._cluster.workers.items())
            if job.job_id is not None
        }
        if not arrived <= self._seen:
            self._vain = 0
        self._seen |= arrived
        missing = [name for name in jobs if str(name) not in arrived]
        if not missing:
            return
        queued = self._queued()
        ended = [name for name in missing if queued is not None and jobs[name] not in queued]
        if not ended:
            return
        self._vain += 0 if arrived else sum(str(name) not in self._seen for name in ended)
        self._drop(ended)
        if self._vain >= _VAIN:
            raise InputError(
                f"{self._vain} jobs of {self.name} ended before their worker had started.",
                "Add `logs: FOLDER` to the file of --cluster, repeat the command, and read the logs. The "
                "jobs need the Python of this command (or `python`, `setup`), and must reach this machine by "
                "network (`interface`).",
            )

    def _queued(self) -> set[str] | None:
        """Numbers of the jobs of this run that wait or run; ``None`` if SLURM does not answer."""
        command = ["squeue", "--noheader", "--format=%A", f"--name={self.job_name}"]
        try:
            listed = subprocess.run(command, capture_output=True, text=True, timeout=_ANSWERS)
        except subprocess.TimeoutExpired:
            return None
        return None if listed.returncode else set(listed.stdout.split())

    def _drop(self, names: list[Any]) -> None:
        self._cluster.sync(self._cluster.scale_down, names)

    def explain(self) -> str:
        """As `Source.explain`."""
        return "Look at the queue with squeue."

    def close(self) -> None:
        """Cancel the jobs and end the scheduler."""
        if self._cluster is not None:
            with contextlib.suppress(Exception), dask_configured():
                self._cluster.close(timeout=20)
        shutil.rmtree(self._folder, ignore_errors=True)
