"""Choose an executor by the words of the option `--executor`."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from nbradiomics.errors import InputError
from nbradiomics.execution.executors.protocol import Executor
from nbradiomics.messages.suggestion import did_you_mean

#: Words for executors; an address of a Dask scheduler is the other choice.
WORDS = ("local", "dask", "slurm")
_ADDRESS = re.compile(r"(tcp|tls)://[^/]+:[0-9]{1,5}")


def uses_this_machine(word: str) -> bool:
    """Whether the executor computes in processes of this machine, so that their number is a setting."""
    return word in ("local", "dask")


def executor_named(
    word: str,
    *,
    jobs: int = 1,
    cluster: str | Path | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> Executor | None:
    """Make the executor of a word; nothing is started before the first case is computed.

    Parameters
    ----------
    word
        ``local`` (this process or processes of this machine), ``dask`` (a Dask cluster of processes of this
        machine), ``tcp://HOST:PORT`` or ``tls://HOST:PORT`` (a Dask scheduler), or ``slurm``.
    jobs
        Number of processes, for ``dask``.
    cluster
        YAML file of the jobs, for ``slurm``; see `slurm_settings.SlurmSettings`.
    tell
        Called with notes for the user.

    Returns
    -------
    Executor or None
        ``None`` for ``local``: the number of jobs decides.

    Raises
    ------
    InputError
        When the word is unknown, `cluster` is missing or not used, or the packages for clusters are missing.
    """
    if word not in WORDS and not _ADDRESS.fullmatch(word):
        guess = did_you_mean(word, WORDS)
        choices = "local, dask, slurm, or the address of a Dask scheduler such as tcp://host:8786"
        raise InputError(f"there is no executor {word!r}.", f"{guess}Choose {choices}.")
    if cluster is not None and word != "slurm":
        raise InputError(f"the executor {word} uses no file of a cluster.", "Leave out --cluster.")
    if word == "local":
        return None
    from nbradiomics.execution.executors.dask import DaskExecutor, LocalCluster, RunningScheduler
    from nbradiomics.execution.executors.dask_quiet import require_dask

    if word == "slurm":
        from nbradiomics.execution.executors.slurm import SlurmCluster
        from nbradiomics.execution.executors.slurm_settings import read_slurm_settings

        require_dask("dask", "distributed", "dask_jobqueue")
        if cluster is None:
            raise InputError(
                "the executor slurm needs a description of its jobs.",
                "Write a YAML file with partition, memory, walltime and number of workers, and name it with "
                "--cluster; docs/guides/cluster.md has an example.",
            )
        return DaskExecutor(SlurmCluster(read_slurm_settings(cluster)), tell)
    require_dask("dask", "distributed")
    return DaskExecutor(LocalCluster(jobs) if word == "dask" else RunningScheduler(word), tell)
