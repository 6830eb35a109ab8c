"""The option `--threads` of the commands that measure features, and the key of the study file."""

from __future__ import annotations

from pathlib import Path

import pytest

from nbradiomics.execution.execution import Execution
from nbradiomics.study.file import read_study
from nbradiomics.workflows.folder import RunFolder
from nbradiomics.workflows.stages.base import Work
from tests.features.test_threads import cohort, divided  # noqa: F401 - fixtures
from tests.support.helpers import call

PARAMS = (
    "setting: {binWidth: 20}\nimageType: {Original: {}, Square: {}}\nfeatureClass: {firstorder: [], glcm: []}"
)


@pytest.fixture
def params(tmp_path: Path) -> Path:
    path = tmp_path / "params.yaml"
    path.write_text(PARAMS, encoding="utf-8")
    return path


def test_the_table_is_the_same_file(
    cohort: Path,  # noqa: F811
    params: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("nbradiomics.execution.execution.processors", lambda: 2)
    extract = ["extract", cohort, "--params", params, "--jobs", "1", "--out"]
    one, three = tmp_path / "one.csv", tmp_path / "three.csv"
    assert call(*extract, one) == 0
    assert "processors" not in capsys.readouterr().err
    assert call(*extract, three, "--threads", "3") == 0
    assert "3 threads (1 process of 3) were requested for 2 processors" in capsys.readouterr().err
    assert one.read_bytes() == three.read_bytes()


def test_another_engine_and_no_thread_are_refused(
    cohort: Path,  # noqa: F811
    params: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    extract = ["extract", cohort, "--params", params, "--out", tmp_path / "f.csv", "--threads"]
    assert call(*extract, "2", "--engine", "pyradiomics") == 1
    assert "one thread" in capsys.readouterr().err
    assert call(*extract, "0") == 1
    assert "greater than or equal to 1" in capsys.readouterr().err


def test_default_processes_leave_a_processor_for_each_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    from nbradiomics.cli import steps

    monkeypatch.setattr(steps, "processors", lambda: 8)
    assert [steps.processes(None, threads) for threads in (1, 2, 3, 16)] == [8, 4, 2, 1]
    assert steps.processes(5, 4) == 5


@pytest.mark.parametrize(
    ("jobs", "threads", "expected", "lines"), [(8, 1, 8, 0), (8, 2, 4, 1), (3, 2, 3, 0), (1, 16, 1, 0)]
)
def test_a_study_divides_its_processes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, jobs: int, threads: int, expected: int, lines: int
) -> None:
    monkeypatch.setattr("nbradiomics.workflows.stages.base.processors", lambda: 8)
    (tmp_path / "study.yaml").write_text(f"cohort: no.csv\nextract: {{threads: {threads}}}\n")
    told: list[str] = []
    study, _ = read_study(tmp_path / "study.yaml")
    work = Work(study, RunFolder(tmp_path / "out"), Execution(jobs, tell=told.append), cohort=None)  # type: ignore[arg-type]
    found = work.extraction()
    assert (found.jobs, found.threads) == (expected, None if threads == 1 else threads)
    assert len(told) == lines
