"""The demo as a user runs it: repeatable, continued after a kill, and true to what was put in."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from nbradiomics.errors import InputError
from nbradiomics.files.owned_folder import foreign_files, read_mark
from nbradiomics.tables import read_table
from nbradiomics.workflows import demo as demo_module
from nbradiomics.workflows.demo import run_demo
from nbradiomics.workflows.folder import is_run_file
from nbradiomics.workflows.run import RunResult
from tests.workflows.test_run import tables

#: Enough to kill the demo within a stage; its outcome models then are failures, equal ones.
SUBJECTS = 3


def start(out: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "nbradiomics", "demo", "--out", str(out), "--subjects", str(SUBJECTS)]
    return subprocess.Popen(command, start_new_session=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def kill_when(process: subprocess.Popen[bytes], folder: Path, files: int) -> None:
    """Kill a run, with its workers, as soon as a folder of its cache holds some results."""
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline and len(list(folder.glob("*.json"))) < files:
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, RunResult]:
    """A demo too small for outcome models, in one go."""
    out = tmp_path_factory.mktemp("small")
    return out, run_demo(out, subjects=SUBJECTS)


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="kills a process group")
def test_a_demo_that_was_killed_twice_ends_with_the_same_tables(
    small: tuple[Path, RunResult], tmp_path: Path
) -> None:
    out = tmp_path / "killed"
    kill_when(start(out), out / "cache" / "segment", 1)
    kill_when(start(out), out / "cache" / "extract", 4)
    last = start(out)
    printed, _ = last.communicate()
    assert last.returncode == 0
    lines = printed.decode().splitlines()
    assert len(lines) == 7  # five lines, the failure of the outcome models, and the report
    assert lines[0].startswith(f"  outcome os: {SUBJECTS} subjects")
    assert Path(lines[-1]) == out / "report.html"

    ours, theirs = tables(out), tables(small[0])
    assert set(ours) == set(theirs)
    assert [name for name in ours if ours[name] != theirs[name]] == []


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A demo of enough subjects to find what was put in, with quick intervals: refits take long."""
    out = tmp_path_factory.mktemp("demo")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(demo_module, "REFITS", 0)
        run_demo(out, subjects=40, jobs=2)
    return out


@pytest.mark.slow
def test_the_demo_finds_what_was_put_in(demo: Path) -> None:
    truth = json.loads((demo / "input" / "truth.json").read_text(encoding="utf-8"))
    bias = {reader["name"]: reader["bias_mm"] for reader in truth["readers"]}
    agreement = read_table(demo / "agreement.csv")
    assert (agreement["status"] == "ok").all()
    error = agreement.groupby(["reader", "reference"])[["fprm", "fnr"]].mean()
    for first in bias:
        for second in bias:
            if bias[first] > bias[second]:  # draws further outwards
                assert error.loc[(first, second), "fprm"] > error.loc[(first, second), "fnr"]
    dice = agreement[agreement["reader"] == "auto"]["dice"]
    assert dice.mean() > 0.85

    # The volume that was drawn is the volume that is measured, and it is stable.
    features = read_table(demo / "features.parquet")
    drawn = pd.read_csv(demo / "input" / "truth.csv").set_index("subject")["volume_ml"]
    measured = features[features["reader"] == "A"].set_index("subject")["original_shape_VoxelVolume"] / 1000
    assert np.corrcoef(drawn, measured.loc[drawn.index])[0, 1] > 0.95
    stable = pd.read_csv(demo / "reproducibility" / "readers.csv").set_index("feature")["stable"]
    assert stable["original_shape_VoxelVolume"]

    # The hazard depends on the tumour and on the clinic: each model finds its part.
    performance = pd.read_csv(demo / "outcome" / "os" / "performance.csv")
    c = performance[performance["metric"] == "harrell_c"].set_index("model")
    assert c.loc["radiomic", "low"] > 0.5
    assert c.loc["combined", "low"] > 0.5
    assert c.loc["combined", "value"] > c.loc["clinical", "value"]


@pytest.mark.slow
def test_every_file_of_the_demo_is_known_as_one(demo: Path) -> None:
    mark = read_mark(demo)
    assert mark is not None
    assert list(foreign_files(demo, is_run_file, mark.names)) == []


@pytest.mark.slow
def test_the_report_of_the_demo_says_that_it_is_synthetic(demo: Path) -> None:
    page = (demo / "report.html").read_text(encoding="utf-8")
    assert "Synthetic study" in page
    assert "not for clinical use" in page


@pytest.mark.slow
def test_a_demo_too_small_for_outcome_models_says_so_and_ends(small: tuple[Path, RunResult]) -> None:
    out, done = small
    assert done.complete
    assert [failure.stage for failure in done.failures] == ["outcome"]
    assert done.report.is_file()
    assert len(read_table(out / "features.parquet")) == 4 * SUBJECTS


def test_a_demo_of_another_seed_and_one_too_small_are_refused(tmp_path: Path) -> None:
    from nbradiomics.synthetic import make_cohort

    make_cohort(tmp_path / "input", subjects=1, seed=0)
    with pytest.raises(InputError, match="seed"):
        run_demo(tmp_path, seed=1)
    assert not (tmp_path / ".nbradiomics").exists()
    with pytest.raises(InputError, match="2 or more"):
        run_demo(tmp_path / "other", subjects=1)
