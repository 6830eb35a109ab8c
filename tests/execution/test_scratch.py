"""The folder of a local Dask cluster: those of killed commands are removed, no other."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import pytest

from nbradiomics.execution.executors.scratch import scratch_folder


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs a table of processes")
def test_the_folders_of_killed_commands_are_removed_and_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    mine = Path(scratch_folder())
    left = mine.with_name(mine.name.replace(f"-{os.getpid()}-", "-4194399-"))
    machine = mine.name.split("-")[2]
    others = [left.name.replace(machine, "0" * 12), "nbradiomics-dask-abc", "other"]
    for name in (left.name, *others):
        (tmp_path / name).mkdir()
    (left / "file").write_text("")
    again = Path(scratch_folder())
    assert {path.name for path in tmp_path.iterdir()} == {mine.name, again.name, *others}
