"""Run folders as users meet them: another study, a file of their own, a folder of an earlier release."""

import shutil
from pathlib import Path

import pytest

from nbradiomics.errors import InputError
from nbradiomics.execution.execution import Execution
from nbradiomics.execution.executors.local import InProcess
from nbradiomics.files.owned_folder import MARK, foreign_files, read_mark
from nbradiomics.workflows.folder import is_run_file
from nbradiomics.workflows.reader_study import run_reader_study
from nbradiomics.workflows.run import run
from tests.support.helpers import two_readers
from tests.support.run_files import tables

PARAMS = "featureClass: {firstorder: [Mean]}\n"


def make_study(folder: Path, name: str, subjects: int = 3) -> Path:
    folder.mkdir()
    two_readers(folder, subjects)
    (folder / "params.yaml").write_text(PARAMS)
    (folder / "study.yaml").write_text(
        f"name: {name}\ncohort: cohort.csv\nextract: {{params: params.yaml}}\n"
    )
    return folder / "study.yaml"


def content(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        and path.suffix != ".html"
        and path.name not in ("provenance.json", "evidence.json", MARK)
        and path.parent.name != "record"  # when and where each stage was done
    }


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study, and its results."""
    folder = tmp_path_factory.mktemp("made")
    run(make_study(folder / "one", "One"), folder / "results")
    return folder


@pytest.fixture
def results(made: Path, tmp_path: Path) -> Path:
    """A copy of both, as if they had been made here."""
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    for file in (tmp_path / "results" / MARK, tmp_path / "results" / "provenance.json"):
        file.write_text(file.read_text(encoding="utf-8").replace(str(made), str(tmp_path)))
    return tmp_path / "results"


def test_every_file_of_a_run_is_known_as_one(results: Path) -> None:
    mark = read_mark(results)
    assert mark is not None
    assert list(foreign_files(results, is_run_file, mark.names)) == []


@pytest.mark.slow
def test_every_file_of_a_reader_study_is_known_as_one(tmp_path: Path) -> None:
    cohort = two_readers(tmp_path)
    run_reader_study(cohort, tmp_path / "out", write_consensus=["majority"])
    mark = read_mark(tmp_path / "out")
    assert mark is not None
    assert list(foreign_files(tmp_path / "out", is_run_file, mark.names)) == []
    # Another cohort, and a whole study, are others' results.
    with pytest.raises(InputError, match="reader study"):
        run(make_study(tmp_path / "one", "One"), tmp_path / "out")
    run_reader_study(cohort, tmp_path / "out")
    assert not (tmp_path / "out" / "masks").exists()  # the consensus was not asked for again


@pytest.mark.slow
def test_another_study_changes_nothing_unless_it_is_to_replace_and_then_leaves_nothing(
    results: Path, tmp_path: Path
) -> None:
    other, before = make_study(tmp_path / "other", "Other", subjects=2), content(results)
    for ask in (
        lambda: run(other, results),
        lambda: run_reader_study(other.parent / "cohort.csv", results),
    ):
        with pytest.raises(InputError, match=r"the study 'One' .*--replace"):
            ask()
    assert content(results) == before
    run(other, results, replace=True)
    run(other, tmp_path / "fresh")
    assert content(results) == content(tmp_path / "fresh")


@pytest.mark.slow
def test_a_study_that_was_renamed_and_edited_goes_on(results: Path, tmp_path: Path) -> None:
    study = tmp_path / "one" / "study.yaml"
    (results / "notes.txt").write_text("mine")
    study.write_text(study.read_text(encoding="utf-8").replace("name: One", "name: Renamed\nseed: 3"))
    cohort = tmp_path / "one" / "cohort.csv"
    cohort.write_text("\n".join(cohort.read_text(encoding="utf-8").splitlines()[:-2]) + "\n")
    run(study, results)
    assert (results / "notes.txt").read_text(encoding="utf-8") == "mine"
    run(study, tmp_path / "fresh")
    assert {name for name in content(results) if "cache" not in name} == {
        *(name for name in content(tmp_path / "fresh") if "cache" not in name),
        "notes.txt",
    }


@pytest.mark.slow
def test_a_study_that_was_moved_with_its_data_goes_on(results: Path, tmp_path: Path) -> None:
    moved = (tmp_path / "one").rename(tmp_path / "moved")
    stored = {name for name in content(results) if "extract" in name}
    run(moved / "study.yaml", results)
    assert {name for name in content(results) if "extract" in name} == stored


def test_a_folder_of_an_earlier_release_goes_on_with_its_study_alone(results: Path, tmp_path: Path) -> None:
    (results / MARK).unlink()
    (results / "cache" / "nbradiomics-run").touch()
    with pytest.raises(InputError, match="the study 'One'"):
        run(make_study(tmp_path / "other", "Other"), results)
    run(tmp_path / "one" / "study.yaml", results)
    assert read_mark(results) is not None


def test_a_folder_that_is_moved_during_a_run_ends_it_in_words_and_goes_on_elsewhere(tmp_path: Path) -> None:
    study, out, moved = make_study(tmp_path / "study", "moving"), tmp_path / "out", tmp_path / "moved"

    class Moving:
        """Moves the folder in the middle of the comparison."""

        def outcomes(self, function, cases, stage):  # type: ignore[no-untyped-def]
            for outcome in InProcess().outcomes(function, cases, stage):
                if stage == "compare" and not moved.exists():
                    out.rename(moved)
                yield outcome

    with pytest.raises(InputError, match=r"was moved, removed or cleared while this run worked in it\."):
        run(study, out, execution=Execution(executor=Moving()))
    assert not (out / "report.html").exists()
    assert not (out / "features.parquet").exists()
    assert run(study, moved).complete
    run(study, tmp_path / "whole")
    for sign in moved.glob(".nbradiomics-working-*"):  # of this process, which is still there
        sign.unlink()
    assert tables(moved) == tables(tmp_path / "whole")
