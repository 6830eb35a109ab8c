"""A run that was ended at any moment continues: the same tables, and nothing hidden is left."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from itertools import product
from pathlib import Path

import pytest

from nbradiomics.synthetic import make_cohort
from tests.robustness.image_commands import COMMANDS, made
from tests.support.dask_cluster import wait_for
from tests.support.helpers import two_readers
from tests.support.paths import ROOT
from tests.support.run_files import hidden, tables
from tests.workflows.test_derived_stages import diffusion_cohort

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals")

STUDY = """
cohort: cohort.csv
extract: {params: params.yaml}
readers: {bootstraps: 100}
reproducibility: {min_subjects: 2}
"""


def start(folder: Path, out: Path, jobs: int) -> subprocess.Popen[bytes]:
    command = ["run", folder / "study.yaml", "--out", out, "--jobs", jobs]
    return subprocess.Popen(
        [sys.executable, "-m", "nbradiomics", *map(str, command)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,  # so that what outlives it can be found
    )


def finish(process: subprocess.Popen[bytes]) -> tuple[int, str]:
    _, errors = process.communicate(timeout=600)
    return process.returncode, errors.decode()


def catches(process: subprocess.Popen[bytes], number: signal.Signals) -> bool:
    """Whether a process has a handler of its own for a signal, where the system tells (Linux)."""
    try:
        lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
    except OSError:
        return False
    (caught,) = [line.split()[1] for line in lines if line.startswith("SigCgt")]
    return bool(int(caught, 16) >> (number - 1) & 1)


def outlived(process: subprocess.Popen[bytes], patience: float = 20) -> list[str]:
    """Processes of a session whose leader has ended, after some seconds."""
    until = time.monotonic() + patience
    while True:
        listed = subprocess.run(
            ["ps", "-o", "stat=,args=", "-s", str(process.pid)], capture_output=True, text=True
        ).stdout
        living = [line for line in listed.splitlines() if not line.startswith("Z")]
        if not living or time.monotonic() > until:
            return living
        time.sleep(0.2)


def series(folder: Path, kills: int, seed: int, study: str = STUDY) -> None:
    """End a run `kills` times, each time at a random moment, and let it go on."""
    (folder / "study.yaml").write_text(study)
    (folder / "params.yaml").write_text("featureClass: {firstorder: [Mean, Energy], shape: [VoxelVolume]}\n")
    begun = time.monotonic()
    code, said = finish(start(folder, folder / "whole", 1))
    assert code == 0, said
    took, expected = time.monotonic() - begun, tables(folder / "whole")
    assert {"features.parquet", "readers/tests.csv", "reproducibility/readers.csv"} <= expected.keys()
    chosen, out, done, completed = random.Random(seed), folder / "killed", 0, 0
    while done < kills or not completed:
        number = chosen.choice([signal.SIGKILL, signal.SIGTERM])
        left, listens = hidden(out), False
        process = start(folder, out, chosen.choice([1, 2]))
        if done < kills:
            try:
                process.wait(chosen.uniform(0, took))
            except subprocess.TimeoutExpired:
                listens = catches(process, signal.SIGTERM)
                process.send_signal(number)
                done += 1
        code, said = finish(process)
        assert outlived(process) == [], (seed, done)
        # Before the command has begun Python itself ends by a SIGTERM.
        killed = -number if number == signal.SIGKILL or not listens else 143
        assert code in (0, killed), (seed, done, code, said)
        assert "Traceback" not in said, (seed, done, said)
        # What an earlier kill left goes when a run enters the folder.
        assert number == signal.SIGKILL or set(hidden(out)) <= set(left), (seed, done)
        if code == 0:
            assert tables(out) == expected, (seed, done)
            assert hidden(out) == [], (seed, done)
            completed += 1
            shutil.rmtree(out)


@pytest.mark.slow
def test_a_run_that_was_ended_now_and_then_ends_with_the_same_tables(tmp_path: Path) -> None:
    two_readers(tmp_path)
    series(tmp_path, kills=3, seed=0)


def forked(folder: Path, kills: int, seed: int) -> None:
    """Kill serial runs that need not load Python each time; see `tests.support.forked_runs`."""
    two_readers(folder)
    (folder / "study.yaml").write_text(STUDY)
    (folder / "params.yaml").write_text("featureClass: {firstorder: [Mean, Energy], shape: [VoxelVolume]}\n")
    arguments = [folder / "study.yaml", folder / "killed", kills, seed]
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.forked_runs", *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "kills before each end" in done.stdout


@pytest.mark.slow
def test_a_serial_run_that_was_killed_twenty_times_ends_with_the_same_tables(tmp_path: Path) -> None:
    forked(tmp_path, kills=20, seed=1)


@pytest.mark.exhaustive
def test_a_serial_run_that_was_killed_a_hundred_times_ends_with_the_same_tables(tmp_path: Path) -> None:
    forked(tmp_path, kills=100, seed=2)


@pytest.mark.exhaustive
@pytest.mark.parametrize("seed", range(4))
def test_a_run_that_was_ended_a_hundred_times_ends_with_the_same_tables(seed: int, tmp_path: Path) -> None:
    make_cohort(tmp_path, subjects=2)
    series(tmp_path, kills=25, seed=seed, study=STUDY + "segment: {model: synthetic-demo}\n")


#: How commands are ended: each in one way, and the longest one in two; all pairs are exhaustive.
ENDED = [
    ("rois", signal.SIGHUP),
    ("prepare", signal.SIGINT),
    ("adc", signal.SIGTERM),
    ("habitats", signal.SIGTERM),
    ("habitats", signal.SIGKILL),
]
SIGNALS = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM, signal.SIGKILL)
PAIRS = [
    pytest.param(*pair, marks=pytest.mark.slow if pair in ENDED else pytest.mark.exhaustive)
    for pair in product(COMMANDS, SIGNALS)
]


@pytest.mark.parametrize(("command", "number"), PAIRS)
def test_images_of_a_command_that_was_ended_are_completed_by_the_next(
    command: str, number: signal.Signals, tmp_path: Path
) -> None:
    diffusion_cohort(tmp_path)

    def begin(out: str) -> subprocess.Popen[bytes]:
        asked = (*COMMANDS[command], "--out", f"{out}/o.csv", "--work", f"{out}_work", "--jobs", 2)
        return subprocess.Popen(
            [sys.executable, "-m", "nbradiomics", *map(str, asked)],
            cwd=tmp_path,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )

    assert finish(begin("whole"))[0] == 0
    process = begin("out")
    wait_for(lambda: list(tmp_path.glob("out/**/*.nii.gz")), patience=300, pause=0.005)
    if number == signal.SIGINT:
        os.killpg(process.pid, number)  # as a terminal does
    else:
        process.send_signal(number)
    code, said = finish(process)
    assert outlived(process) == []
    assert "Traceback" not in said
    if code:  # it may have ended just before
        assert code == (-number if number == signal.SIGKILL else 128 + number)
        assert not (tmp_path / "out" / "o.csv").exists()
    assert number == signal.SIGKILL or hidden(tmp_path / "out") == []
    code, said = finish(begin("out"))
    assert (code, hidden(tmp_path / "out")) == (0, []), said
    assert made(tmp_path / "out") == made(tmp_path / "whole")
