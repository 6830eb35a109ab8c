"""Functions that end their own process, for cases of workers that die."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from nbradiomics.errors import StorageError
from nbradiomics.execution.execution import Execution


def dies_first(deaths: int, marks: Path, name: str) -> tuple[str, int]:
    """Kill the own process the first times, and answer afterwards: the name, and how often it was called."""
    calls = marks / f"{name}.calls"
    with open(calls, "a") as file:
        file.write(".")
    called = calls.stat().st_size
    if called <= deaths:
        os.kill(os.getpid(), signal.SIGKILL)
    return name, called


def until_told(marks: Path, name: str) -> str:
    """Say in a file which process has begun, and end when another file is there."""
    (marks / f"{name}.begun").write_text(str(os.getpid()))
    while not (marks / f"{name}.end").exists():
        time.sleep(0.05)
    return name


def nested(number: int) -> list[int]:
    """Compute cases with two processes inside a case, as far as a worker can."""
    batch = Execution(jobs=2).map(abs, {str(n): (-n,) for n in range(number)}, stage="inner")
    return list(batch.results.values())


def thread_counts() -> dict[str, int]:
    """Threads that the libraries would use here."""
    import numba
    import SimpleITK as sitk
    import torch
    from threadpoolctl import threadpool_info

    pools = {f"{one['user_api']} {one['prefix']}": one["num_threads"] for one in threadpool_info()}
    itk = sitk.ProcessObject.GetGlobalDefaultNumberOfThreads()
    return {**pools, "itk": itk, "torch": torch.get_num_threads(), "numba": numba.get_num_threads()}


def dies_first_stored(deaths: int, marks: Path, name: str) -> dict[str, str]:
    """As `dies_first`, with a result that can be stored."""
    return {"name": dies_first(deaths, marks, name)[0]}


def fills_the_disk(name: str) -> str:
    """Fail as a worker does whose disk is full."""
    raise StorageError(f"{name}.nii.gz could not be written: the disk is full.", "Free space there.")
