"""Workers, schedulers and commands that are killed in the middle of the work: nothing is lost or invented."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from nbradiomics.execution.execution import Execution
from nbradiomics.execution.executors.threads import VARIABLES
from tests.robustness.test_kills import finish, outlived
from tests.support.dask_cluster import Cluster, dask_cluster, wait_for
from tests.support.deadly import dies_first, until_told
from tests.support.helpers import two_readers

pytestmark = [pytest.mark.skipif(os.name == "nt", reason="signals"), pytest.mark.slow]
#: ITK's mean and standard deviation are among what is computed: their last digits depend on its threads.
PARAMS = """
imageType: {Original: {}, Wavelet: {}}
featureClass: {shape: , firstorder: , glcm: }
setting: {normalize: true, binWidth: 0.2}
"""
SUBJECTS = 10


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cohort")
    (folder / "params.yaml").write_text(PARAMS)
    return two_readers(folder, SUBJECTS)


@pytest.fixture(scope="module")
def expected(cohort: Path, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The table of an undisturbed serial run."""
    folder = tmp_path_factory.mktemp("serial")
    code, said = finish(extract(cohort, folder, "--jobs", "1"))
    assert code == 0, said
    return (folder / "features.csv").read_bytes()


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    with dask_cluster(tmp_path / "cluster") as started:
        yield started


def extract(cohort: Path, folder: Path, *options: str) -> subprocess.Popen[bytes]:
    """Start `extract` with a store in the folder."""
    out = ("--out", str(folder / "features.csv"), "--work", str(folder / "work"))
    params = str(cohort.with_name("params.yaml"))
    return subprocess.Popen(
        [sys.executable, "-m", "nbradiomics", "extract", str(cohort), "--params", params, *out, *options],
        cwd=folder,
        env=environment(folder),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


def environment(folder: Path) -> dict[str, str]:
    """Variables of a user, who sets no numbers of threads; a folder for temporary files if there is one."""
    given = {name: value for name, value in os.environ.items() if name not in VARIABLES}
    return {**given, "TMPDIR": str(folder / "tmp")} if (folder / "tmp").is_dir() else given


def stored(folder: Path) -> dict[str, int]:
    """Stored results, and when each was written."""
    return {path.name: path.stat().st_mtime_ns for path in (folder / "work").rglob("*.json")}


def clean(folder: Path) -> None:
    """Assert that nothing hidden and nothing of Dask is left."""
    assert [path for path in folder.rglob("*") if path.name.startswith((".", "dask-", "nbradiomics-"))] == []


def test_a_table_does_not_depend_on_the_executor(cohort: Path, expected: bytes, tmp_path: Path) -> None:
    for options in (("--jobs", "2"), ("--jobs", "2", "--executor", "dask")):
        folder = tmp_path / "-".join(options).strip("-")
        folder.mkdir()
        code, said = finish(extract(cohort, folder, *options))
        assert (code, "Dask" in said) == (0, False), said
        assert (folder / "features.csv").read_bytes() == expected
        clean(folder)


def test_a_worker_that_is_killed_in_the_middle_changes_nothing(
    cohort: Path, expected: bytes, cluster: Cluster, tmp_path: Path
) -> None:
    process = extract(cohort, tmp_path, "--executor", cluster.address)
    wait_for(lambda: len(stored(tmp_path)) >= 2)
    cluster.kill(cluster.nannies[0])
    code, said = finish(process)
    assert code == 0, said
    assert len(stored(tmp_path)) == 2 * SUBJECTS
    assert (tmp_path / "features.csv").read_bytes() == expected
    assert not (tmp_path / "features.failures.csv").exists()


def test_a_run_whose_scheduler_was_killed_says_so_and_continues_with_another(
    cohort: Path, expected: bytes, cluster: Cluster, tmp_path: Path
) -> None:
    process = extract(cohort, tmp_path, "--executor", cluster.address)
    wait_for(lambda: len(stored(tmp_path)) >= 2)
    assert cluster.scheduler is not None
    cluster.kill(cluster.scheduler)
    code, said = finish(process)
    assert code == 1
    assert "does not answer any more" in said
    assert "repeat the command" in said
    assert "Traceback" not in said
    assert not (tmp_path / "features.csv").exists()
    before = stored(tmp_path)
    assert 2 <= len(before) < 2 * SUBJECTS
    cluster.stop()
    cluster.start(workers=2)
    code, said = finish(extract(cohort, tmp_path, "--executor", cluster.address))
    assert code == 0, said
    assert (tmp_path / "features.csv").read_bytes() == expected
    assert before.items() <= stored(tmp_path).items()  # nothing was computed again


def test_only_the_case_that_kills_its_workers_fails(cluster: Cluster, tmp_path: Path) -> None:
    names = [str(number) for number in range(6)]
    cases = {name: (0, tmp_path, name) for name in names}
    cases |= {"dies twice": (2, tmp_path, "twice"), "dies always": (99, tmp_path, "always")}
    execution = Execution(executor=cluster.address)
    try:
        batch = execution.map(dies_first, cases, stage="deadly")
    finally:
        execution.close()
    assert set(batch.results) == {*names, "dies twice"}
    assert {batch.results[name] for name in names} == {(name, 1) for name in names}
    (failure,) = batch.failures
    assert failure.case == "dies always"
    assert "died 3 times" in failure.cause
    assert (tmp_path / "always.calls").stat().st_size == 3


def test_a_case_that_loses_its_machine_is_not_blamed(cluster: Cluster, tmp_path: Path) -> None:
    """The machine of the first case is killed with the process that watches the worker, four times."""
    cases = {name: (tmp_path, name) for name in ("first", "second")}
    (tmp_path / "second.end").touch()
    execution = Execution(executor=cluster.address)
    begun = tmp_path / "first.begun"
    try:
        outcomes = execution._executor(2, "slow").outcomes(until_told, cases, "slow")
        collected = {}
        thread = threading.Thread(target=lambda: collected.update(dict(outcomes)))
        thread.start()
        for _ in range(4):
            wait_for(lambda: begun.exists() and begun.read_text())
            worker = int(begun.read_text())
            begun.unlink()
            (nanny,) = [one for one in cluster.nannies if os.getpgid(worker) == one.pid]
            cluster.nannies.remove(nanny)
            cluster.add_worker()
            cluster.kill(nanny)
        (tmp_path / "first.end").touch()
        thread.join(240)
    finally:
        execution.close()
    assert collected == {"first": "first", "second": "second"}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_a_local_cluster_ends_with_its_command(
    number: signal.Signals, cohort: Path, expected: bytes, tmp_path: Path
) -> None:
    (tmp_path / "tmp").mkdir()
    options = ("--executor", "dask", "--jobs", "2")
    process = extract(cohort, tmp_path, *options)
    wait_for(lambda: len(stored(tmp_path)) >= 2)
    if number == signal.SIGINT:
        os.killpg(process.pid, number)  # as a terminal does
    else:
        process.send_signal(number)
    code, said = finish(process)
    assert outlived(process) == []
    assert code == (-number if number == signal.SIGKILL else 128 + number)
    assert said.strip().startswith("Stopped.") if number != signal.SIGKILL else said == ""
    if number == signal.SIGINT:  # after SIGKILL nobody is left who could remove the folder of the scheduler
        clean(tmp_path)
    else:
        code, said = finish(extract(cohort, tmp_path, *options))
        assert code == 0, said
        assert (tmp_path / "features.csv").read_bytes() == expected
        # A file that was being written stays in a folder of results for a day, because others may work there.
        for left in (tmp_path / "work").rglob(".*"):
            os.utime(left, (0, 0))
        assert finish(extract(cohort, tmp_path, *options))[0] == 0
        assert list((tmp_path / "work").rglob(".*")) == []
        assert list((tmp_path / "tmp").glob("nbradiomics-dask-*")) == []  # nor that of the killed command
