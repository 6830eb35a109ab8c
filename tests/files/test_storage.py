"""A disk that is full, a quota, a read-only folder: told in words, and what was there before is intact."""

from __future__ import annotations

import errno
import os
import pickle
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from nbradiomics.errors import InputError, NbradiomicsError, StorageError
from nbradiomics.execution.batch import guarded
from nbradiomics.execution.workspace import Workspace
from nbradiomics.files import atomic
from nbradiomics.files.atomic import write_text
from nbradiomics.files.folder_in_use import working_in
from nbradiomics.files.owned_folder import Owner, claim, foreign_files, leftovers, remove_files
from nbradiomics.files.regular_file import read_whole
from nbradiomics.files.sealed import BrokenSealError, read_sealed, write_sealed


def failing(number: int) -> Any:
    def fail(*_arguments: object, **_options: object) -> None:
        raise OSError(number, os.strerror(number))

    return fail


@pytest.mark.parametrize("step", ["fsync", "replace"])
@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, ("disk is full", "MB are free in", "Free space there")),
        (errno.EDQUOT, ("quota on this disk is used up", "MB are free", "larger quota")),
        (errno.EFBIG, ("ulimit -f",)),
        (errno.EROFS, ("read-only", "another disk")),
        (errno.EACCES, ("no permission", "another folder")),
    ],
)
def test_an_error_at_any_step_is_told_and_changes_nothing(
    step: str, number: int, words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "table.csv"
    write_text("before", file)
    monkeypatch.setattr(atomic.os, step, failing(number))
    with pytest.raises(StorageError) as refusal:
        write_text("after", file)
    for word in (str(file), "run the same command again", *words):
        assert word in str(refusal.value)
    assert file.read_text() == "before"
    assert [path.name for path in tmp_path.iterdir()] == ["table.csv"]


def test_another_error_of_the_system_is_left_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(atomic.os, "fsync", failing(errno.EIO))
    with pytest.raises(OSError, match="output error") as refusal:
        write_text("after", tmp_path / "table.csv")
    assert not isinstance(refusal.value, StorageError)
    assert list(tmp_path.iterdir()) == []


def test_a_file_elsewhere_that_cannot_be_read_is_not_called_a_full_disk(tmp_path: Path) -> None:
    other = PermissionError(errno.EACCES, "Permission denied", "/elsewhere/image.nii.gz")
    with pytest.raises(PermissionError), atomic.whole(tmp_path / "file"):
        raise other


def test_a_full_disk_is_no_failure_of_a_case_and_survives_the_way_from_another_process() -> None:
    error = StorageError("it is full.", "Free space.", errno.EDQUOT)
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.problem, again.remedy, again.errno) == (
        "it is full. Free space.",
        "it is full.",
        "Free space.",
        errno.EDQUOT,
    )
    assert not isinstance(error, NbradiomicsError)

    def write() -> None:
        raise error

    with pytest.raises(StorageError):
        guarded(write, "segment", "s1", ())


def stale(times: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a file be stale some times when it is read, as if another machine had replaced it."""
    from nbradiomics.files import regular_file

    opening, left = regular_file.open_regular, [times]

    def open_stale(path: Path) -> Any:
        if left[0]:
            left[0] -= 1
            raise OSError(errno.ESTALE, os.strerror(errno.ESTALE))
        return opening(path)

    monkeypatch.setattr(regular_file, "open_regular", open_stale)


def test_a_result_that_another_machine_replaces_is_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "result.json"
    write_sealed(file, "extract", {"a": 1.0})
    stale(2, monkeypatch)
    assert read_sealed(file, "extract", dict[str, float]) == {"a": 1.0}
    # It is not damaged, but not there: it is made again without a note on damage.
    stale(100, monkeypatch)
    with pytest.raises(FileNotFoundError):
        read_sealed(file, "extract", dict[str, float])
    with pytest.raises(FileNotFoundError):
        read_whole(file, 10)


def test_a_damaged_result_is_told_from_one_that_is_not_there(tmp_path: Path) -> None:
    file = tmp_path / "result.json"
    write_sealed(file, "extract", {"a": 1.0})
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(BrokenSealError):
        read_sealed(file, "extract", dict[str, float])


STUDY = Owner("study", "one", "/study.yaml", "/cohort.csv")


def test_files_that_nfs_keeps_for_a_process_are_no_results(tmp_path: Path) -> None:
    (tmp_path / ".nfs000000000123abcd00000001").touch()
    claim(tmp_path, STUDY, lambda _path, _names: False)
    assert list(foreign_files(tmp_path)) == []
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a.csv").touch()
    (tmp_path / "sub" / ".nfs000000000123abcd00000002").touch()
    remove_files(tmp_path, lambda path: path.suffix == ".csv")  # its folder stays, without an error
    assert (tmp_path / "sub").is_dir()


def test_two_that_claim_a_new_folder_at_once_both_have_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other process marks the folder and writes a result after this one looked for the mark."""
    from nbradiomics.files import owned_folder

    look, looked = owned_folder.read_mark, []

    def late(folder: Path) -> Any:
        found = look(folder)
        if not looked:
            looked.append(True)
            claim(folder, STUDY, lambda _path, _names: True)
            (folder / "features.parquet").touch()
        return found

    monkeypatch.setattr(owned_folder, "read_mark", late)
    claim(tmp_path, STUDY, lambda _path, _names: True)
    assert (tmp_path / "features.parquet").exists()
    looked.clear()
    new = tmp_path / "new"
    with pytest.raises(InputError, match="contains the results of the study 'one'"):
        claim(new, Owner("study", "two", "/two.yaml", "/two.csv"), lambda _path, _names: True)
    assert (new / "features.parquet").exists()


def test_a_file_of_a_killed_run_goes_and_that_of_a_living_one_stays(tmp_path: Path) -> None:
    left, new = (tmp_path / f".{letter * 32}-features.parquet" for letter in "ab")
    left.touch()
    os.utime(left, (1, 1))
    claim(tmp_path, STUDY, lambda _path, _names: True)
    new.touch()  # of a run that began after this one had claimed the folder
    os.utime(new, (2**33, 2**33))
    with working_in(tmp_path, "the other run", "key"):
        thread = threading.Thread(target=lambda: remove_files(tmp_path, leftovers(tmp_path)))
        thread.start()
        thread.join()
        assert left.exists()  # it may be of the run that works there
    remove_files(tmp_path, leftovers(tmp_path))
    assert not left.exists()
    assert new.exists()


def test_a_workspace_loses_what_was_left_a_day_ago_and_nothing_else(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    workspace.save("extract", "k" * 64, {"a": 1})
    old, young = (tmp_path / "extract" / f".{letter * 32}-x.json" for letter in "ab")
    for file in (old, young):
        file.touch()
    os.utime(old, (1, 1))
    workspace.remove_leftovers()
    assert {path.name for path in (tmp_path / "extract").iterdir()} == {young.name, f"{'k' * 64}.json"}


WRITE = """
import sys
from pathlib import Path
from nbradiomics.execution.workspace import Workspace
workspace = Workspace(Path(sys.argv[1]))
for number in range(150):
    workspace.save("extract", "k" * 64, {"values": {"a": [0.5] * 2000}})
"""


def test_two_writers_of_one_result_leave_it_readable_at_every_moment(tmp_path: Path) -> None:
    writers = [subprocess.Popen([sys.executable, "-c", WRITE, str(tmp_path)]) for _ in range(2)]
    workspace, seen = Workspace(tmp_path), 0
    schema = dict[str, dict[str, list[float]]]
    while any(writer.poll() is None for writer in writers):
        found = workspace.load("extract", "k" * 64, schema)
        assert found in (None, {"values": {"a": [0.5] * 2000}})
        seen += found is not None
    assert [writer.returncode for writer in writers] == [0, 0]
    assert seen > 0
    assert not workspace.damaged
    assert [path.name for path in (tmp_path / "extract").iterdir()] == [f"{'k' * 64}.json"]
