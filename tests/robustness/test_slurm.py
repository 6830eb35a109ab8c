"""A real SLURM of one node computes the cases: the same table, and jobs that end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.robustness.test_kills import finish
from tests.support.dask_cluster import wait_for
from tests.support.helpers import two_readers
from tests.support.slurm import QUEUE, Slurm, running_slurm

pytestmark = pytest.mark.slurm
PARAMS = "setting: {normalize: true, binWidth: 0.2}\nfeatureClass: {shape: , firstorder: , glcm: }\n"
CLUSTER = f"queue: {QUEUE}\nmemory: 900MB\nwalltime: '00:10:00'\nmaximum: 2\nlogs: logs\n"


@pytest.fixture(scope="module")
def slurm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slurm]:
    with running_slurm(tmp_path_factory.mktemp("slurm")) as started:
        yield started


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cohort")
    two_readers(folder, 8)
    (folder / "params.yaml").write_text(PARAMS)
    (folder / "cluster.yaml").write_text(CLUSTER)
    code, said = finish(extract(folder, "serial.csv", "--jobs", "1"))
    assert code == 0, said
    return folder


def extract(folder: Path, out: str, *options: str, slurm: Slurm | None = None) -> subprocess.Popen[bytes]:
    command = ["extract", "cohort.csv", "--params", "params.yaml", "--out", out, *options]
    return subprocess.Popen(
        [sys.executable, "-m", "nbradiomics", *command],
        cwd=folder,
        env=slurm.environment if slurm else None,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


def test_jobs_give_the_table_of_a_serial_run_and_end(slurm: Slurm, folder: Path) -> None:
    code, said = finish(
        extract(folder, "jobs.csv", "--executor", "slurm", "--cluster", "cluster.yaml", slurm=slurm)
    )
    logs = "".join(path.read_text() for path in (folder / "logs").glob("*"))
    assert code == 0, said + logs
    assert (folder / "jobs.csv").read_bytes() == (folder / "serial.csv").read_bytes()
    slurm.wait_until_empty()
    assert not list(folder.glob("slurm-*.out"))
    assert not (folder / "dask-scratch-space").exists()


def test_a_job_that_is_cancelled_is_replaced(slurm: Slurm, folder: Path) -> None:
    options = ("--executor", "slurm", "--cluster", "cluster.yaml", "--work", "cancelled")
    process = extract(folder, "cancelled.csv", *options, slurm=slurm)
    wait_for(lambda: list((folder / "cancelled").rglob("*.json")))
    assert len(list((folder / "cancelled").rglob("*.json"))) < 16  # there is work left
    first, *_ = slurm.call("squeue", "--noheader", "--states=RUNNING", "--format=%A").split()
    slurm.call("scancel", "--signal=KILL", "--full", first)
    code, said = finish(process)
    assert code == 0, said
    assert (folder / "cancelled.csv").read_bytes() == (folder / "serial.csv").read_bytes()
    slurm.wait_until_empty()


def test_jobs_of_a_command_that_was_killed_end_by_themselves(slurm: Slurm, folder: Path) -> None:
    options = ("--executor", "slurm", "--cluster", "cluster.yaml", "--work", "killed")
    process = extract(folder, "killed.csv", *options, slurm=slurm)
    wait_for(lambda: list((folder / "killed").rglob("*.json")))
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    slurm.wait_until_empty(patience=150)


def test_a_job_array_of_shards_gives_the_table_of_a_serial_run(slurm: Slurm, folder: Path) -> None:
    told = subprocess.run(
        [sys.executable, "-m", "nbradiomics", "extract", "--help"], capture_output=True, text=True
    )
    if "--shard" not in told.stdout:
        pytest.skip("this version has no option --shard")
    parts = "extract cohort.csv --params params.yaml --out shards.csv --work shards --jobs 1"
    command = f"{sys.executable} -m nbradiomics {parts} --shard $SLURM_ARRAY_TASK_ID/4"
    options = ("--array=1-4", "--mem=900M", f"--chdir={folder}", "--output=shard-%a.out")
    subprocess.run(
        ["sbatch", *options, "--wrap", command], env=slurm.environment, check=True, capture_output=True
    )
    slurm.wait_until_empty(patience=240)
    logs = "".join(path.read_text() for path in sorted(folder.glob("shard-*.out")))
    assert len(list((folder / "shards").rglob("extract/*.json"))) == 16, logs
    code, said = finish(extract(folder, "shards.csv", "--work", "shards", "--jobs", "1"))
    assert code == 0, said
    assert (folder / "shards.csv").read_bytes() == (folder / "serial.csv").read_bytes()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ((f"queue: {QUEUE}", "queue: none"), "invalid partition"),
        (("logs: logs", "python: /bin/false"), "ended before their worker had started"),
    ],
)
def test_jobs_that_cannot_work_are_told(
    change: tuple[str, str], words: str, slurm: Slurm, folder: Path
) -> None:
    (folder / "wrong.yaml").write_text(CLUSTER.replace(*change))
    code, said = finish(
        extract(folder, "no.csv", "--executor", "slurm", "--cluster", "wrong.yaml", slurm=slurm)
    )
    assert code == 1
    assert words in said, said
    assert not (folder / "no.csv").exists()
    slurm.wait_until_empty()
