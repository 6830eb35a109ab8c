"""A case that kills a process without workers: the next process computes it last, in a worker of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from nbradiomics.execution.execution import Execution, Stored
from nbradiomics.execution.in_work import InWork
from nbradiomics.execution.record import RECORD
from nbradiomics.execution.workspace import Workspace, result_key
from tests.support.deadly import dies_first_stored
from tests.support.paths import ROOT

SCRIPT = """
import sys
from pathlib import Path
from tests.execution.test_in_work import shard
shard(Path(sys.argv[1]), int(sys.argv[2]))
"""


def shard(folder: Path, deaths: int) -> tuple[dict[str, str], list[str], list[str]]:
    """Compute four cases in this process, of which the second kills it; what is there, failed and said."""
    cases = {name: (deaths if name == "b" else 0, folder, name) for name in "abcd"}
    said: list[str] = []
    execution = Execution(workspace=Workspace(folder / "work"), tell=said.append)
    stored = Stored(lambda name: result_key("deadly", name=name), dict[str, str])
    batch = execution.map(dies_first_stored, cases, stage="deadly", stored=stored)
    return batch.results, [failure.cause for failure in batch.failures], said


def killed(folder: Path, deaths: int) -> None:
    command = [sys.executable, "-c", SCRIPT, str(folder), str(deaths)]
    assert subprocess.run(command, cwd=ROOT, capture_output=True).returncode == -9


def left(folder: Path) -> list[Path]:
    return list((folder / "work" / RECORD).iterdir())


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_a_case_that_killed_the_process_is_computed_last_in_a_worker_and_becomes_a_failure(
    tmp_path: Path,
) -> None:
    killed(tmp_path, 99)
    assert len(left(tmp_path)) == 1
    results, failures, said = shard(tmp_path, 99)
    assert list(results) == ["a", "c", "d"]
    assert ["died 3 times" in cause for cause in failures] == [True]
    assert said == ["b was in work when an earlier process was killed: a worker computes it now."]
    assert (tmp_path / "b.calls").stat().st_size == 4
    assert left(tmp_path) == []


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_a_case_in_which_a_process_was_killed_by_chance_gives_its_result(tmp_path: Path) -> None:
    killed(tmp_path, 1)
    results, failures, _ = shard(tmp_path, 1)
    assert (list(results), failures, left(tmp_path)) == (list("abcd"), [], [])


def test_what_living_processes_have_in_work_and_other_stages_are_not_suspected(tmp_path: Path) -> None:
    first, other = InWork(tmp_path, "extract"), InWork(tmp_path, "compare")
    with first.kept():
        first.note("a long name of a case")
        first.note("b")
        assert InWork(tmp_path, "extract").suspects(["b"]) == {}
        (file,) = tmp_path.iterdir()
        kept = file.read_bytes().replace(str(os.getpid()).encode(), b"4194399")
    assert list(tmp_path.iterdir()) == []
    file.write_bytes(kept)
    assert InWork(tmp_path, "extract").suspects(["a", "b"]) == {"b": [file]}
    assert first.suspects(["a"]) == other.suspects(["b"]) == {}
    for damaged in (b"", b"[]", b"{", b"\xff\n"):
        file.write_bytes(damaged)
        assert first.suspects(["b"]) == {}


def test_a_folder_that_cannot_be_written_stops_no_work(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    in_work = InWork(tmp_path / "file" / "record", "extract")
    with in_work.kept():
        in_work.note("a")
    assert in_work.suspects(["a"]) == {}


def test_an_interrupted_stage_leaves_no_file(tmp_path: Path) -> None:
    class StopError(Exception):
        """Ends the work."""

    def stop(_name: str, _result: object) -> None:
        raise StopError

    execution = Execution(workspace=Workspace(tmp_path))
    with pytest.raises(StopError):
        execution.map(divmod, {"a": (7, 2)}, stage="divide", keep=stop)
    assert list((tmp_path / RECORD).iterdir()) == []
