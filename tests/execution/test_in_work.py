"""A case that kills a process without workers: the next process computes it last, in a worker of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from types import SimpleNamespace

import pytest

from nbradiomics.execution.execution import Execution, Stored
from nbradiomics.execution.in_work import InWork
from nbradiomics.execution.record import RECORD, remove_records
from nbradiomics.execution.workspace import Workspace, result_key
from nbradiomics.features.grouped import extract_items
from nbradiomics.workflows.folder import is_run_file
from tests.support.deadly import dies_first, dies_first_stored
from tests.support.paths import ROOT

SCRIPT = """
import sys
from pathlib import Path
from tests.execution.test_in_work import shard
shard(Path(sys.argv[1]), int(sys.argv[2]))
"""


def shard(folder: Path, deaths: int, jobs: int = 1) -> tuple[dict[str, str], list[str], list[str]]:
    """Compute four cases, of which the second kills its process; what is there, failed and said."""
    cases = {name: (deaths if name == "b" else 0, folder, name) for name in "abcd"}
    said: list[str] = []
    execution = Execution(jobs, workspace=Workspace(folder / "work"), tell=said.append)
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
    assert len(said) == 1
    assert said[0].startswith("b was in work in a process that was killed")
    assert (tmp_path / "b.calls").stat().st_size == 4
    # It has no result, so it stays a suspect: a repeated run, which has nothing else to do, does not die.
    assert len(left(tmp_path)) == 1
    assert len(shard(tmp_path, 99)[1]) == 1
    # With more memory it has a result.
    assert list(shard(tmp_path, 0)[0]) == list("abcd")
    assert left(tmp_path) == []


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_a_case_that_killed_workers_does_not_kill_the_process_that_computes_it_alone(tmp_path: Path) -> None:
    results, failures, _ = shard(tmp_path, 99, jobs=2)
    assert (list(results), len(failures)) == (["a", "c", "d"], 1)
    for jobs in (2, 1):  # one case is left, for which no further process is started
        assert len(shard(tmp_path, 99, jobs)[1]) == 1
    assert len(left(tmp_path)) == 1


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_items_of_a_group_that_kills_its_worker_are_computed_in_a_worker_too(tmp_path: Path) -> None:
    assert grouped(tmp_path) == (["s1/A", "s1/C"], ["s1/B"])


def grouped(folder: Path) -> tuple[list[str], list[str]]:
    """Extract three masks of a scan, of which one kills its process; an earlier process died of the group."""
    items = {name: Item(name, 99 if name == "s1/B" else 0) for name in ("s1/A", "s1/B", "s1/C")}
    execution = Execution(workspace=Workspace(folder / "work"))
    InWork(folder / "work" / RECORD, "extract").accuse("s1#0")
    key = partial(result_key, "deadly")
    batch = extract_items(items, measure, (folder,), lambda item: key(name=item.name), execution)
    return list(batch.results), [failure.case for failure in batch.failures]


@dataclass(frozen=True)
class Item:
    """A mask of the scan `s1`."""

    name: str
    deaths: int

    @property
    def scan(self) -> SimpleNamespace:
        return SimpleNamespace(name="s1")


def measure(items: tuple[Item, ...], folder: Path) -> dict[str, object]:
    for item in items:
        dies_first(item.deaths, folder, item.name.replace("/", "_"))
    row = {"values": {"mean": 1.0}, "missing": {}, "span": None}
    return {"cases": {item.name: row for item in items}, "failures": {}}


def test_only_what_names_a_case_without_result_stays(tmp_path: Path) -> None:
    in_work = InWork(tmp_path, "extract")
    in_work.accuse("a")
    in_work.accuse("a")
    in_work.accuse("b")
    assert {name: len(files) for name, files in in_work.suspects(["a", "b"]).items()} == {"a": 1, "b": 1}
    (a,) = in_work.suspects(["a"])["a"]
    (b,) = in_work.suspects(["b"])["b"]
    assert is_run_file(PurePosixPath("cache/record", a.name), ())
    in_work.acquit("b", [a])  # its process computes another case by now
    assert a.exists()
    other, damaged = tmp_path / "now-other.jsonl", tmp_path / "now-damaged.jsonl"
    other.write_text('["x", "compare", "", 0, ""]\n')
    damaged.write_text("[")
    for path in tmp_path.iterdir():
        os.utime(path, (0, 0))
    assert list(in_work.suspects(["b"])) == ["b"]
    assert sorted(tmp_path.iterdir()) == sorted([b, other])


def test_the_end_of_a_run_forgets_no_suspect(tmp_path: Path) -> None:
    InWork(tmp_path, "extract").accuse("a")
    for name in ("run.json", "run-extract.jsonl", "shard-1-of-2.json"):
        (tmp_path / name).write_text("")
    remove_records(tmp_path, but="run")
    assert {path.name.partition("-")[0] for path in tmp_path.iterdir()} == {"run.json", "run", "now"}


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
