"""The status of a run: what is done, failed, stale, missing or in work, and that nothing is written."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from typing_extensions import TypedDict

from nbradiomics.cohort import subject_of
from nbradiomics.errors import InputError
from nbradiomics.execution.execution import Execution, Stored
from nbradiomics.execution.record import WHOLE, read_records
from nbradiomics.execution.stage_names import StageName
from nbradiomics.execution.workspace import result_key
from nbradiomics.files.folder_in_use import working_in
from nbradiomics.files.sealed import write_sealed
from nbradiomics.workflows.folder import RunFolder
from nbradiomics.workflows.run import run
from nbradiomics.workflows.shards import run_shard
from nbradiomics.workflows.stages import STAGES
from nbradiomics.workflows.status import RunStatus, status
from tests.support.helpers import call, two_readers
from tests.workflows.test_shards import PARAMS, write_study


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study with its results; one image is damaged."""
    folder = tmp_path_factory.mktemp("made")
    two_readers(folder, 4)
    (folder / "s3.nii.gz").write_bytes(b"damaged")
    run(write_study(folder), folder / "out")
    return folder


@pytest.fixture
def study(made: Path, tmp_path: Path) -> Path:
    """A copy of both with the same dates, whose records name the files of the copy."""
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    for record in (tmp_path / "out" / "cache" / "record").iterdir():
        content = record.read_text(encoding="utf-8").partition("\n")[2]
        write_sealed(record, "record", json.loads(content.replace(str(made), str(tmp_path))))
    return tmp_path


def row(found: RunStatus, stage: str) -> dict[str, object]:
    return dict(found.stages.set_index("stage").loc[stage])


def snapshot(folder: Path) -> dict[str, tuple[int, bytes]]:
    return {
        str(path): (path.stat().st_mtime_ns, path.read_bytes() if path.is_file() else b"")
        for path in [folder, *sorted(folder.rglob("*"))]
    }


def test_a_run_that_is_done_is_complete_and_its_failures_are_counted(study: Path) -> None:
    before = snapshot(study)
    for verify in (False, True):
        found = status(study / "out", verify=verify)
        assert found.complete
        assert (found.running, len(found.changed), found.notes) == ([], 0, [])
        assert set(found.stages["state"]) == {"done"}
        counts = {"cases": 8, "done": 6, "failed": 2, "stale": 0, "missing": 0}
        assert counts.items() <= row(found, "extract").items()
        (cause,) = found.failures[found.failures["stage"] == "extract"].to_dict("records")
        assert cause["cases"] == 2
        assert "s3.nii.gz" in cause["cause"]
    assert snapshot(study) == before


def test_an_input_that_changed_makes_its_cases_stale_by_name(study: Path) -> None:
    shutil.copy(study / "s1_B.nii.gz", study / "s1_A.nii.gz")
    found = status(study / "out")
    assert not found.complete
    assert [Path(file).name for file in found.changed["file"]] == ["s1_A.nii.gz"]
    assert {"state": "stale", "done": 5, "stale": 1}.items() <= row(found, "extract").items()
    assert {"state": "stale", "stale": 1}.items() <= row(found, "compare").items()
    assert "s1_A.nii.gz" in str(row(found, "extract")["why"])
    assert row(found, "reproducibility")["state"] == "stale"
    run(study / "study.yaml", study / "out")
    assert status(study / "out").complete


def test_a_file_with_another_date_and_the_same_content_did_not_change(study: Path) -> None:
    os.utime(study / "s1_A.nii.gz")
    assert status(study / "out").complete


def test_a_change_that_keeps_size_and_date_is_found_by_verify(study: Path) -> None:
    file = study / "s1_A.nii.gz"
    before, content = file.stat(), bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert status(study / "out").complete
    found = status(study / "out", verify=True)
    assert [Path(name).name for name in found.changed["file"]] == ["s1_A.nii.gz"]


def test_a_table_that_changed_or_is_gone_makes_all_stages_stale(study: Path) -> None:
    for change in (lambda file: file.write_text(file.read_text() + "#"), lambda file: file.unlink()):
        change(study / "params.yaml")
        found = status(study / "out")
        assert set(found.stages["state"]) == {"stale"}
        assert "params.yaml" in found.changed["file"].item()


def test_results_that_are_gone_or_damaged_are_missing(study: Path) -> None:
    first, second, *_ = sorted((study / "out" / "cache" / "extract").iterdir())
    first.unlink()
    second.write_bytes(second.read_bytes()[:-3])
    assert {"state": "unfinished", "done": 5, "missing": 1}.items() <= row(
        status(study / "out"), "extract"
    ).items()
    assert row(status(study / "out", verify=True), "extract")["missing"] == 2
    done = run(study / "study.yaml", study / "out")
    assert any("Found damaged" in note for note in done.notes)
    assert status(study / "out", verify=True).complete


def test_a_run_that_stopped_shows_what_it_did_and_failures_so_far(study: Path) -> None:
    shutil.rmtree(study / "out")

    class Stop(BaseException):
        pass

    class Some:
        """Stops the run at the second case of the extraction."""

        def outcomes(self, function, cases, stage):  # type: ignore[no-untyped-def]
            from nbradiomics.execution.executors.local import InProcess

            for number, outcome in enumerate(InProcess().outcomes(function, cases, stage)):
                if stage == "extract" and number == 1:
                    raise Stop
                yield outcome

    execution = Execution(executor=Some())
    with pytest.raises(Stop):
        run(study / "study.yaml", study / "out", execution=execution)
    found = status(study / "out")
    extract = row(found, "extract")
    assert {"state": "unfinished", "cases": 8, "done": 2}.items() <= extract.items()
    assert "stopped before its end" in str(extract["why"])
    assert row(found, "reproducibility")["state"] == "not begun"
    assert not found.complete


def test_who_works_there_is_named(study: Path) -> None:
    with working_in(study / "out", "shard 1/4 of study 'x'", "key"):
        found = status(study / "out")
        assert found.running[0].startswith(f"shard 1/4 of study 'x', process {os.getpid()} on ")
        assert not found.complete
    assert status(study / "out").complete


def test_the_command_has_an_exit_code_and_the_same_content_as_json(
    study: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("status", study / "out") == 0
    assert "Complete." in capsys.readouterr().out
    (study / "s0.nii.gz").unlink()
    assert call("status", study / "out") == 3
    shown = capsys.readouterr().out
    assert "s0.nii.gz: it cannot be found" in shown
    assert "Not complete" in shown
    assert call("status", study / "out", "--json") == 3
    found = json.loads(capsys.readouterr().out)
    assert found["complete"] is False
    assert len(found["changed"]) == 1
    assert call("status", study) == 1
    assert "not the folder of a run" in capsys.readouterr().err


def test_a_folder_without_records_or_with_damaged_ones_is_told(study: Path) -> None:
    records = study / "out" / "cache" / "record"
    (records / "run-extract.json").write_bytes(b"{")
    found = status(study / "out")
    assert any("run-extract.json" in note for note in found.notes)
    assert not found.complete
    shutil.rmtree(records)
    found = status(study / "out")
    assert any("No run has recorded" in note for note in found.notes)
    assert not found.complete
    with pytest.raises(InputError, match="not a folder"):
        status(study / "nothing")


def test_what_a_shard_made_before_the_study_was_edited_is_stale(tmp_path: Path) -> None:
    two_readers(tmp_path, 4)
    study, out = write_study(tmp_path), tmp_path / "out"
    run_shard(study, out, "1/2")
    (tmp_path / "params.yaml").write_text(PARAMS.replace("Energy", "Range"))
    run_shard(study, out, "2/2")
    extract = row(status(out), "extract")
    assert (extract["state"], extract["cases"]) == ("stale", 8)
    assert "params.yaml" in str(extract["why"])
    run_shard(study, out, "1/2")
    assert row(status(out), "extract")["state"] == "unfinished"
    for shard in ("1-of-2", "2-of-2"):  # each shard computed its own subjects alone
        records, _ = read_records(out / "cache" / "record")
        names = [set(one["cases"]) for one in records if one["by"] == f"shard-{shard}" and one["stage"]]
        assert {len({subject_of(name) for name in cases}) for cases in names if cases} == {2}


def test_a_folder_that_was_copied_without_dates_is_complete(study: Path, tmp_path: Path) -> None:
    for path in (study / "out").rglob("*"):
        os.utime(path)
    shutil.move(study / "out", tmp_path / "moved")
    assert status(tmp_path / "moved", verify=True).complete


def test_the_stages_are_named_in_the_order_of_the_run_and_nothing_heavy_is_loaded() -> None:
    order = list(StageName)
    assert [stage.name for stage in STAGES] == [name for name in order if name != StageName.PERTURB]
    line = "import sys, nbradiomics.workflows.status; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", line], capture_output=True, text=True, check=True)
    heavy = {"matplotlib", "sklearn", "lifelines", "numba", "torch", "nbradiomics.report"}
    assert heavy & set(loaded.stdout.split()) == set()


class _Value(TypedDict):
    value: float


def _positive(value: float) -> _Value:
    if value <= 0:
        raise InputError("the sample has no event.", "Add subjects.")
    return {"value": value}


def test_a_sample_of_a_model_that_failed_is_not_missing_for_ever(tmp_path: Path) -> None:
    """Its failure is no failure of the stage, which goes on without it."""
    folder = RunFolder(tmp_path / "out")
    record = folder.recorder(WHOLE, "a run")
    execution = Execution(jobs=1, workspace=replace(folder.workspace, record=record))
    stored = Stored(lambda name: result_key("refits", name=name), _Value)
    with record.run([], ["outcome"]):
        record.begin("outcome")
        execution.map(_positive, {"sample 1": (1.0,), "sample 2": (0.0,)}, stage="refits", stored=stored)
        record.end([])
    found = row(status(folder.root), "outcome")
    assert [found[name] for name in ("state", "done", "failed", "missing")] == ["done", 1, 1, 0]
