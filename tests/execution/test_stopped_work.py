"""Work that stops on an error: what its processes were writing at this moment does not stay."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from nbradiomics.errors import StorageError
from nbradiomics.execution.execution import Execution
from nbradiomics.files.atomic import is_temporary, whole
from nbradiomics.files.folder_in_use import working_in


def unfinished(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if is_temporary(path)]


def write(folder: Path, name: str) -> None:
    """`long` is in the middle of its file when `full` finds the disk full."""
    if name == "full":
        while not unfinished(folder):
            time.sleep(0.01)
        raise StorageError("the disk is full.", "Free space.")
    with whole(folder / "images" / name) as file:
        file.write_bytes(b"half")
        time.sleep(600)


def test_processes_that_are_ended_while_they_write_leave_no_file(tmp_path: Path) -> None:
    cases = {name: (tmp_path, name) for name in ("long", "full")}
    with pytest.raises(StorageError), working_in(tmp_path, "images", "images"):
        Execution(jobs=2).map(write, cases, stage="write")
    assert unfinished(tmp_path) == []
    assert list(tmp_path.rglob("*")) == [tmp_path / "images"]


def test_unfinished_files_stay_while_others_work_in_the_folder(tmp_path: Path) -> None:
    theirs = tmp_path / f".{'0' * 32}-image.nii.gz"
    theirs.write_bytes(b"half")
    (tmp_path / f".nbradiomics-working-{'0' * 32}").write_text("{}")
    with pytest.raises(StorageError), working_in(tmp_path, "images", ""):
        raise StorageError("the disk is full.", "Free space.")
    assert theirs.exists()
