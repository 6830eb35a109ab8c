"""What is only shown never ends the work: closed streams, full pipes, full disks behind them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.robustness.test_kills import STUDY, finish, hidden, outlived
from tests.support.helpers import two_readers

pytestmark = pytest.mark.skipif(os.name == "nt", reason="a shell and its streams")

COMMAND = f"{sys.executable} -m nbradiomics compare cohort.csv --out a.csv --jobs 1"


@pytest.mark.slow
@pytest.mark.parametrize(
    "line",
    [
        f"{COMMAND} 2>&-",
        f"{COMMAND} <&- >&- 2>&-",
        f"{COMMAND} >/dev/full 2>/dev/full",
        # Nobody reads any more before the first word is written.
        f"{{ sleep 0.1; {COMMAND}; echo $? >code; }} 2>&1 | true",
    ],
)
def test_a_table_is_made_whoever_listens(line: str, tmp_path: Path) -> None:
    two_readers(tmp_path, subjects=1)
    done = subprocess.run(["sh", "-c", line], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0
    assert done.stderr == ""
    if (tmp_path / "code").exists() or "true" in line:
        assert (tmp_path / "code").read_text() == "0\n"
    assert len((tmp_path / "a.csv").read_text().splitlines()) == 3


def test_a_disk_that_is_full_is_told_with_the_file(tmp_path: Path) -> None:
    two_readers(tmp_path, subjects=4)
    # A limit of the size of files stands for the disk; the system ends a process that does not ignore it.
    line = (
        # Python itself does not notice that a file of bytecode was cut off.
        f"ulimit -f 1; PYTHONDONTWRITEBYTECODE=1 {sys.executable} -m nbradiomics readers cohort.csv --out r "
        "--bootstraps 100 --jobs 1"
    )
    done = subprocess.run(["sh", "-c", line], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 1
    assert "Error: r/" in done.stderr
    assert "could not be written: the file is larger than the disk or a limit of the system" in done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert hidden(tmp_path / "r") == []


def begin(folder: Path, study: str, out: Path, *options: str) -> subprocess.Popen[bytes]:
    (folder / f"{study}.yaml").write_text(f"name: {study}\n{STUDY}")
    return subprocess.Popen(
        [sys.executable, "-m", "nbradiomics", "run", f"{study}.yaml", "--out", str(out), *options],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


def wait_for(pattern: str, folder: Path, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 120
    while not any(folder.glob(pattern)):
        assert process.poll() is None
        assert time.monotonic() < until
        time.sleep(0.01)


@pytest.mark.slow
def test_another_study_in_one_folder_is_refused_and_the_first_ends_when_it_is_asked_to(
    tmp_path: Path,
) -> None:
    two_readers(tmp_path, subjects=12)
    (tmp_path / "params.yaml").write_text("featureClass: {firstorder: [Mean], shape: [VoxelVolume]}\n")
    out = tmp_path / "out"
    first = begin(tmp_path, "one", out, "--jobs", "2")
    wait_for(".nbradiomics-working-*", out, first)
    second = begin(tmp_path, "two", out, "--replace", "--jobs", "1")
    first.send_signal(signal.SIGSTOP)  # it waits while the other is starting
    code, said = finish(second)
    first.send_signal(signal.SIGCONT)
    assert code == 1
    for words in ("written to by another run", "study 'one'", f"process {first.pid} on", "since 20"):
        assert words in said
    wait_for("cache/*/*", out, first)
    first.send_signal(signal.SIGTERM)
    code, said = finish(first)
    assert (code, said.splitlines()) == (
        143,
        ["Stopped. To continue a run, demo, training or command with --work, repeat the command."],
    )
    assert hidden(out) == []
    assert outlived(first) == []


_POOL = """
import time
from nbradiomics.execution.execution import Execution
if __name__ == "__main__":
    Execution(jobs=2).map(time.sleep, {str(number): (600,) for number in range(4)}, stage="wait")
"""


_AUGMENTATION = """
import numpy as np, time
from batchgenerators.dataloading import nondet_multi_threaded_augmenter as augmenter
from nbradiomics.segmentation.training.nnunet_classes import replaced
from nbradiomics.segmentation.training.trainers import tied_producer
class Loader:
    def set_thread_id(self, number): pass
    def __next__(self): return {"data": np.zeros(3)}
if __name__ == "__main__":
    with replaced(augmenter, producer=tied_producer):
        several = augmenter.NonDetMultiThreadedAugmenter(Loader(), None, 2)
        next(several)
        print("ready", flush=True)
        time.sleep(600)
"""


@pytest.mark.slow
def test_augmentation_does_not_outlive_a_training_that_was_killed(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(_AUGMENTATION)
    training = subprocess.Popen(
        [sys.executable, "train.py"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    assert training.stdout is not None
    assert training.stdout.readline() == b"ready\n"
    assert len(outlived(training, patience=0)) == 3  # itself and its two
    training.kill()
    training.communicate()
    assert outlived(training) == []


@pytest.mark.parametrize("seconds", [0.0, 2.0])
@pytest.mark.slow
def test_workers_do_not_outlive_a_parent_that_was_killed(seconds: float, tmp_path: Path) -> None:
    (tmp_path / "pool.py").write_text(_POOL)
    parent = subprocess.Popen(
        [sys.executable, "pool.py"], cwd=tmp_path, stderr=subprocess.PIPE, start_new_session=True
    )
    until = time.monotonic() + 60
    while workers(parent) < 2 and time.monotonic() < until:
        time.sleep(0.02)
    assert workers(parent) == 2
    time.sleep(seconds)
    parent.kill()
    assert outlived(parent) == []
    assert finish(parent) == (-signal.SIGKILL, "")


def workers(parent: subprocess.Popen[bytes]) -> int:
    listed = subprocess.run(["ps", "-o", "args=", "-s", str(parent.pid)], capture_output=True, text=True)
    return listed.stdout.count("popen_loky")
