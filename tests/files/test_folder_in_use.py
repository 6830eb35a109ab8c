"""Two runs that would mix their results are never in one folder; one that was killed keeps nobody out."""

from __future__ import annotations

import errno
import json
import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import IO

import pytest

from nbradiomics.errors import InputError
from nbradiomics.files import folder_in_use
from nbradiomics.files.folder_in_use import Worker, is_sign, others_in, workers_in, working_in
from nbradiomics.files.owned_folder import foreign_files
from nbradiomics.system.process_table import started, this_machine
from tests.support.dask_cluster import wait_for

WORK = """
import sys, time
from pathlib import Path
from typing import IO
from nbradiomics.errors import InputError
from nbradiomics.files.folder_in_use import working_in
folder, key, begin, seconds = sys.argv[1:]
time.sleep(max(0, float(begin) - time.time()))
try:
    with working_in(Path(folder), f"study {key}", key):
        print("in", flush=True)
        time.sleep(float(seconds))
except InputError as error:
    print("refused", error, flush=True)
"""


def start(folder: Path, key: str, *, begin: float = 0, seconds: float = 60) -> subprocess.Popen[str]:
    arguments = [sys.executable, "-c", WORK, str(folder), key, str(begin), str(seconds)]
    return subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True)


def said(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    with process.stdout as answers:
        return answers.readline().strip()


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def signs(folder: Path) -> list[str]:
    return [name for name in names(folder) if is_sign(name)]


def test_another_study_is_refused_by_name_until_the_first_was_killed(tmp_path: Path) -> None:
    first = start(tmp_path, "A")
    try:
        assert said(first) == "in"
        with pytest.raises(InputError) as refusal, working_in(tmp_path, "study B", "B"):
            pass
        for words in ("study A", f"process {first.pid}", socket.gethostname(), "since 20", "Wait until"):
            assert words in str(refusal.value)
        assert others_in(tmp_path)
        with working_in(tmp_path, "study A", "A"):  # the same once more
            assert len(signs(tmp_path)) == 2
        assert list(foreign_files(tmp_path)) == []
    finally:
        first.kill()
        first.wait()
    assert len(signs(tmp_path)) == 1
    assert not others_in(tmp_path)
    with working_in(tmp_path, "study B", "B"):
        assert len(signs(tmp_path)) == 1
    assert names(tmp_path) == []


def test_of_several_that_begin_at_once_one_goes_in(tmp_path: Path) -> None:
    begin = time.time() + 2
    several = [start(tmp_path, key, begin=begin, seconds=600) for key in "ABCDE"]
    answers = [said(process) for process in several]  # the one that is in stays until all have answered
    for process in several:
        process.kill()
        process.wait()
    assert sum(answer == "in" for answer in answers) == 1, answers
    assert sum(answer.startswith("refused") for answer in answers) == 4
    assert not others_in(tmp_path)
    assert signs(tmp_path) == []


def test_two_trainings_of_one_command_are_refused_too(tmp_path: Path) -> None:
    threads: list[str] = []

    def again() -> None:
        try:
            with working_in(tmp_path, "training", "training", alone=True):
                threads.append("in")
        except InputError as error:
            threads.append(str(error))

    with working_in(tmp_path, "training", "training", alone=True):
        with working_in(tmp_path, "a step of it", "step"):
            pass
        other = threading.Thread(target=again)
        other.start()
        other.join()
        # A look at the files of this process has not given its lock away.
        stranger = start(tmp_path, "X")
        assert said(stranger).startswith("refused")
        stranger.wait()
    assert "training" in threads[0]
    again()
    assert threads[1] == "in"


def leave(folder: Path, *, host: str, process: int, age: float = 0) -> Path:
    """What a run left, or keeps, that is none of this test's processes."""
    path = folder / f".nbradiomics-working-{'a' * 32}"
    content = {"what": "study A", "key": "A", "host": host, "process": process, "since": "today"}
    path.write_text(json.dumps(content))
    os.utime(path, (time.time() - age, time.time() - age))
    return path


#: Stands for the number of this process, which is another in each that runs tests.
OURS = 0


@pytest.mark.parametrize(
    ("host", "process", "age", "locks", "refused"),
    [
        ("elsewhere", 1, 0, True, True),  # a lock that is free here may be held there
        ("elsewhere", 1, 200, True, True),
        ("elsewhere", 1, 3600, True, False),
        ("here", OURS, 0, True, False),  # its number was given again
        ("here", OURS, 0, False, True),
        ("here", OURS, 3600, False, False),
        ("here", 2**22 + 1, 0, False, False),
        ("elsewhere", 1, 0, False, True),
    ],
)
def test_a_file_that_was_left_is_judged_by_what_can_be_known(
    host: str,
    process: int,
    age: float,
    locks: bool,
    refused: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if not locks:
        monkeypatch.setattr(folder_in_use, "fcntl", None)
    host = socket.gethostname() if host == "here" else host
    left = leave(tmp_path, host=host, process=process or os.getpid(), age=age)
    if refused:
        with pytest.raises(InputError, match="study A"), working_in(tmp_path, "study B", "B"):
            pass
    else:
        with working_in(tmp_path, "study B", "B"):
            pass
    assert left.exists() == refused
    assert len(names(tmp_path)) == refused


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null"])
def test_a_file_that_says_nothing_keeps_others_out_while_it_is_touched(
    content: bytes, tmp_path: Path
) -> None:
    left = leave(tmp_path, host="elsewhere", process=1)
    left.write_bytes(content)
    with pytest.raises(InputError, match="another run"), working_in(tmp_path, "study B", "B"):
        pass
    os.utime(left, (0, 0))
    with working_in(tmp_path, "study B", "B"):
        pass
    assert names(tmp_path) == []


def test_a_run_is_heard_of_now_and_then(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder_in_use, "_BEAT", 0.02)
    with working_in(tmp_path, "study A", "A"):
        (name,) = signs(tmp_path)
        os.utime(tmp_path / name, (0, 0))
        wait_for(lambda: (tmp_path / name).stat().st_mtime > 0)


def test_a_folder_that_was_made_for_nothing_goes_again(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no"), working_in(tmp_path / "new", "study", "A"):
        raise InputError("no", "")
    assert names(tmp_path) == []
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="is a file"), working_in(tmp_path / "file", "study", "A"):
        pass


HOLD = """
import fcntl, sys
file = open(sys.argv[1], "r+b", buffering=0)
fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
print("held", flush=True)
sys.stdin.readline()
"""
ENTER = """
import sys
from pathlib import Path
from typing import IO
import nbradiomics.files.folder_in_use as module
rename = module._Sign.rename
def late(self, beginning):
    print("looked", flush=True)
    sys.stdin.readline()
    rename(self, beginning)
    print("renamed", flush=True)
module._Sign.rename = late
with module.working_in(Path(sys.argv[1]), "study B", "B"):
    sys.stdin.readline()
"""


@pytest.mark.skipif(os.name == "nt", reason="holds a lock of POSIX")
def test_a_look_at_a_new_file_does_not_cost_its_run_the_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock, looked = folder_in_use._lock, []

    def disturbed(file: IO[bytes]) -> bool | None:
        if not looked:
            looked.append(True)
            other = subprocess.Popen(
                [sys.executable, "-c", HOLD, file.name],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            assert said(other) == "held"
            taken = lock(file)
            other.communicate("\n")
            assert taken is False
            return taken
        return lock(file)

    monkeypatch.setattr(folder_in_use, "_lock", disturbed)
    with working_in(tmp_path, "study A", "A"):
        stranger = start(tmp_path, "B")
        assert said(stranger).startswith("refused")
        stranger.wait()


def test_one_that_goes_in_between_two_looks_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = subprocess.Popen(
        [sys.executable, "-c", ENTER, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert other.stdin
    assert other.stdout
    assert other.stdout.readline().strip() == "looked"
    look = folder_in_use._worker

    def late(path: Path, sign: Path | None) -> Worker | None:
        monkeypatch.setattr(folder_in_use, "_worker", look)
        print(file=other.stdin, flush=True)
        assert other.stdout
        assert other.stdout.readline().strip() == "renamed"
        return look(path, sign)

    monkeypatch.setattr(folder_in_use, "_worker", late)
    with pytest.raises(InputError, match="study B"), working_in(tmp_path, "study A", "A"):
        pass
    other.communicate("\n")


@pytest.mark.parametrize(
    "content",
    ["[" * 100_000, '{"host": [1], "process": "x"}', '{"what": 7}'],
    ids=["deep", "types", "number"],
)
def test_what_is_no_sign_of_ours_names_nobody(content: str, tmp_path: Path) -> None:
    leave(tmp_path, host="elsewhere", process=1).write_text(content)
    with (
        pytest.raises(InputError, match=r"a run, process 0 .* 5 minutes after"),
        working_in(tmp_path, "B", "B"),
    ):
        pass


def test_a_touch_that_is_to_come_keeps_nobody_out(tmp_path: Path) -> None:
    leave(tmp_path, host="elsewhere", process=1, age=-(365 * 86400))
    with working_in(tmp_path, "study B", "B"):
        assert len(signs(tmp_path)) == 1


def leave_identified(folder: Path, **changes: object) -> Path:
    """What a run of this release keeps, with the identity of its machine and the start of its process."""
    content = {
        "what": "study A",
        "key": "A",
        "host": socket.gethostname(),
        "process": os.getpid(),
        "since": "today",
        "machine": this_machine(),
        "started": started(os.getpid()),
    }
    path = folder / f".nbradiomics-working-{'b' * 32}"
    path.write_text(json.dumps({**content, **changes}))
    return path


@pytest.mark.skipif(not this_machine(), reason="needs the process table of Linux")
@pytest.mark.parametrize(
    ("changes", "age", "refused"),
    [
        ({}, 0, True),  # alive, though its lock is free: a network file system may have lost it
        ({}, 3600, True),  # alive, though it was stopped for an hour
        ({"started": "1"}, 0, False),  # its number was given again
        ({"process": 2**22 + 1}, 0, False),
        ({"machine": "another boot pid:[1]"}, 0, True),  # a machine or container of the same name
        ({"machine": "another boot pid:[1]"}, 3600, False),
        ({"host": "elsewhere", "machine": "another boot pid:[1]"}, 200, True),
        ({"host": "elsewhere", "machine": "another boot pid:[1]"}, 400, False),
    ],
)
def test_no_lock_decides_whether_a_run_has_ended(
    changes: dict[str, object], age: float, refused: bool, tmp_path: Path
) -> None:
    left = leave_identified(tmp_path, **changes)
    os.utime(left, (time.time() - age, time.time() - age))
    assert [worker.what for worker in workers_in(tmp_path)] == ["study A"] * refused
    if refused:
        with pytest.raises(InputError, match="study A"), working_in(tmp_path, "study B", "B"):
            pass
    else:
        with working_in(tmp_path, "study B", "B"):
            pass
    assert left.exists() == refused


def test_a_look_from_outside_removes_nothing(tmp_path: Path) -> None:
    left = leave(tmp_path, host="elsewhere", process=1, age=3600)
    assert workers_in(tmp_path) == []
    assert left.exists()


def test_a_file_that_another_machine_removed_meanwhile_is_no_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    leave(tmp_path, host="elsewhere", process=1)

    def stale(*_arguments: object, **_options: object) -> None:
        raise OSError(errno.ESTALE, os.strerror(errno.ESTALE))

    monkeypatch.setattr(folder_in_use, "_lock", stale)
    assert not others_in(tmp_path)
