"""Shards of a run: whatever they computed, the run that joins them writes the tables of a run without any."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from nbradiomics.errors import InputError
from nbradiomics.files.atomic import is_temporary
from nbradiomics.files.folder_in_use import is_sign, workers_in
from nbradiomics.files.owned_folder import MARK, foreign_files, read_mark
from nbradiomics.synthetic import make_cohort
from nbradiomics.workflows.folder import is_run_file
from nbradiomics.workflows.run import run
from nbradiomics.workflows.shards import run_shard
from nbradiomics.workflows.status import status
from tests.support.dask_cluster import wait_for
from tests.support.helpers import call, two_readers

STUDY = """
cohort: cohort.csv
extract: {params: params.yaml}
readers: {bootstraps: 100, consensus: [majority]}
reproducibility: {min_subjects: 2}
"""
PARAMS = "featureClass: {firstorder: [Mean, Energy], shape: [VoxelVolume]}\n"
VARIANTS = """
perturbation: {chain: T, reader: A}
processing: {grid: grid.yaml, reader: A}
"""
GRID = """
reference: params.yaml
alterations:
  bins: {setting: {binWidth: 10}}
"""
#: Files that say when and where a run was made.
_OF_THE_RUN = {"provenance.json", "evidence.json", "evidence.html", "report.html", MARK}


def write_study(folder: Path, more: str = "") -> Path:
    (folder / "params.yaml").write_text(PARAMS)
    (folder / "grid.yaml").write_text(GRID)
    (folder / "study.yaml").write_text(STUDY + more)
    return folder / "study.yaml"


def results(out: Path) -> dict[str, bytes]:
    """Every file of a run folder except its records and what tells of the run itself."""
    return {
        str(path.relative_to(out)): path.read_bytes()
        for path in sorted(out.rglob("*"))
        if path.is_file() and path.name not in _OF_THE_RUN and path.parent.name != "record"
    }


def computed(out: Path) -> dict[str, int]:
    """Times at which results of stages were stored: a result that is computed again has another one."""
    return {
        path.name: path.stat().st_mtime_ns
        for path in out.glob("cache/*/*.json")
        if len(path.stem) == 64 and path.parent.name != "parity"  # of the evidence, which a whole run writes
    }


@pytest.mark.parametrize(
    "more", ["", pytest.param(VARIANTS, marks=pytest.mark.slow)], ids=["plain", "variants"]
)
def test_shards_and_the_run_that_joins_them_give_what_one_run_gives(more: str, tmp_path: Path) -> None:
    two_readers(tmp_path, 5)
    study, out = write_study(tmp_path, more), tmp_path / "out"
    run(study, tmp_path / "whole")
    done = [run_shard(study, out, f"{i}/3") for i in (2, 1)]
    assert [one.subjects for one in done] == [2, 2]
    assert all(one.complete and not one.failures for one in done)
    assert not (out / "features.parquet").exists()  # no table of a part that could be taken for the whole
    assert not status(out).complete
    run_shard(study, out, "2/4")  # another division, in between
    run_shard(study, out, "3/3")
    kept = computed(out)
    joined = run(study, out)
    assert joined.complete
    assert results(out) == results(tmp_path / "whole")
    assert {name: kept[name] for name in kept} == {name: computed(out)[name] for name in kept}
    evidence = {path.name for path in out.glob("cache/parity/*.json")}
    assert set(kept) == set(computed(out)) - evidence  # nothing was left to compute, but for the evidence
    mark = read_mark(out)
    assert mark is not None
    assert list(foreign_files(out, is_run_file, mark.names)) == []
    assert status(out).complete


def test_a_shard_that_fails_says_so_and_the_run_says_it_again(tmp_path: Path) -> None:
    two_readers(tmp_path, 4)
    study, out = write_study(tmp_path), tmp_path / "out"
    (tmp_path / "s2.nii.gz").write_bytes(b"damaged")
    codes = {
        f"{i}/4": call("run", study, "--out", out, "--shard", f"{i}/4", "--jobs", 1) for i in range(1, 5)
    }
    assert sorted(codes.values()) == [0, 0, 0, 1]  # one subject each
    (table,) = out.glob("shards/failures-*.csv")
    listed = pd.read_csv(table)
    assert set(listed["case"].str.split("/").str[0]) == {"s2"}
    found = status(out)
    assert found.stages.set_index("stage").loc["extract", ["done", "failed"]].tolist() == [6, 2]
    assert (found.failures["stage"] == "extract").all()
    run(study, out)
    assert not (out / "shards").exists()
    run(study, tmp_path / "whole")
    assert results(out) == results(tmp_path / "whole")
    mended = pd.read_csv(out / "failures.csv")
    assert set(listed["case"]) <= set(mended["case"])


def test_a_shard_without_subjects_is_done_at_once(tmp_path: Path) -> None:
    two_readers(tmp_path, 2)
    study = write_study(tmp_path)
    done = [run_shard(study, tmp_path / "out", f"{i}/5") for i in range(3, 6)]
    assert [(one.subjects, one.complete) for one in done] == [(0, True)] * 3


def test_a_shard_replaces_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    two_readers(tmp_path, 2)
    study, out = write_study(tmp_path), tmp_path / "out"
    assert call("run", study, "--out", out, "--shard", "1/2", "--replace") == 1
    assert "--replace was given with --shard" in capsys.readouterr().err
    run(study, out)
    before = results(out)
    (tmp_path / "two").mkdir()
    two_readers(tmp_path / "two", 3)
    other = write_study(tmp_path / "two", "name: another\n")
    with pytest.raises(InputError, match="contains the results of the study"):
        run_shard(other, out, "1/2")
    assert results(out) == before


def start(study: Path, out: Path, *options: object) -> subprocess.Popen[bytes]:
    command = ["run", study, "--out", out, "--jobs", 1, *options]
    return subprocess.Popen(
        [sys.executable, "-m", "nbradiomics", *map(str, command)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


def finish(process: subprocess.Popen[bytes]) -> str:
    said, _ = process.communicate(timeout=600)
    assert process.returncode == 0, said.decode()
    return said.decode()


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_four_shards_at_once_one_killed_another_division_between_and_a_joining_run(tmp_path: Path) -> None:
    make_cohort(tmp_path, subjects=4)
    study, out = write_study(tmp_path, "segment: {model: synthetic-demo}\n"), tmp_path / "out"
    shards = [start(study, out, "--shard", f"{i}/4") for i in range(1, 5)]
    wait_for(lambda: list(out.glob("cache/segment/*.json")), patience=600, pause=0.02)
    shards[2].send_signal(signal.SIGKILL)
    shards[2].communicate()
    between = start(study, out, "--shard", "2/3")
    twice = start(study, out, "--shard", "1/4")
    seen = status(out)
    assert seen.running
    assert not seen.complete
    for process in (shards[0], shards[1], shards[3], between, twice):
        finish(process)
    finish(start(study, out))
    finish(start(study, tmp_path / "whole"))
    ours, theirs = results(out), results(tmp_path / "whole")
    assert ours.keys() == theirs.keys()
    assert [name for name in ours if ours[name] != theirs[name]] == []
    left = [path for path in out.rglob(".*") if is_temporary(path) or is_sign(path.name)]  # type: ignore[arg-type]
    assert left == []
    assert status(out, verify=True).complete


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_a_shard_of_another_study_is_refused_while_the_first_works(tmp_path: Path) -> None:
    two_readers(tmp_path, 4)
    study, out = write_study(tmp_path), tmp_path / "out"
    first = start(study, out, "--shard", "1/2")
    wait_for(lambda: list(out.glob(".nbradiomics-working-*")), pause=0.01)
    first.send_signal(signal.SIGSTOP)
    try:
        (tmp_path / "params.yaml").write_text(PARAMS.replace("Energy", "Range"))
        with pytest.raises(InputError, match=r"another run: shard 1/2 of study .*process \d+"):
            run_shard(study, out, "2/2")
        assert "shard 1/2" in status(out).running[0]
    finally:
        first.send_signal(signal.SIGCONT)
        first.kill()
        first.communicate()
    assert workers_in(out) == []
    assert run_shard(study, out, "2/2").complete
